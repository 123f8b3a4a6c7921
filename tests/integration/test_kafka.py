"""A Kafka cluster as the destination: how it is connected to, what it says of itself, and how that is chosen from."""

import json
import pathlib
import socket
import types

import conftest
import pytest

import rds
import servers


@pytest.fixture(scope="module")
def kafka():
    """One broker for all the tests here, with the topics orders (3 partitions) and audit."""
    broker = servers.Kafka()
    try:
        conftest.skipping(broker.start)
        broker.create("orders", 3)
        broker.create("audit")
        yield broker
    finally:
        broker.discard()


@pytest.fixture
def topics(binary, program):
    """Asks the cluster that a task with these settings of its destination has: topics(port=…, connection=…)."""
    def ask(what="topics", **settings):
        probe = pathlib.Path(binary).parent / "tests/integration/job_probe"
        words = ["cancel", what[7:]] if what.startswith("cancel ") else [what]
        task = task_of(program, **settings)
        running = rds.Running(program, [str(probe), *words, str(task.path)], f"topics-{id(words)}")
        return json.loads(running.wait().succeeded().out)

    return ask


def task_of(program, port, **settings):
    end = types.SimpleNamespace(host="127.0.0.1", port=port)
    own = {f"destination.{key}": None for key in ("account", "password_env", "connection")}
    own.update({f"destination.{key}": value for key, value in settings.items()})
    return program.task("queue", types.SimpleNamespace(source=end, destination=end), ["shop"], flow="mysql-to-kafka",
                        settings={"destination.topic": "orders", "sync.existing_tables": None, **own})


LOGIN = {"account": servers.Kafka.ACCOUNT.name, "password": servers.Kafka.ACCOUNT.password}


# --- destination.connection, destination.encrypted, destination.ca, destination.cert, destination.key ----------------------

@pytest.mark.parametrize("listener, settings", [
    ("plain", {"connection": "no-ssl"}), ("plain", {}),
    ("sasl", {"connection": "scram-sha-256", **LOGIN}), ("sasl", {"connection": "scram-sha-512", **LOGIN}), ("sasl", {"connection": "plain", **LOGIN}),
    ("tls", {"connection": "ssl", "ca": "ca.pem"}), ("tls", {"connection": "ssl", "ca": "ca.pem", "cert": "client-cert.pem", "key": "client-key.pem"}),
    ("sasl_tls", {"connection": "scram-sha-256", "encrypted": "yes", "ca": "ca.pem", **LOGIN})])
def test_the_ways_to_a_cluster(kafka, topics, tmp_path, listener, settings):
    made = servers.certificates()
    for key in ("ca", "cert", "key"):
        if key in settings:
            own = tmp_path / settings[key]
            own.write_bytes((made / settings[key]).read_bytes())
            own.chmod(0o600)
            settings = {**settings, key: own}
    found = topics(port=kafka.ports[listener], **settings)
    assert found["ok"], found
    assert found["topics"] == [["audit", 1, False], ["orders", 3, False]]
    assert found["summary"].startswith(f"Kafka {'.'.join(kafka.version.split('.')[:2])}, ") and found["summary"].endswith("1 broker, 2 topics")
    assert found["version"] == "1.0"


@pytest.mark.parametrize("listener, settings, code, hint", [
    ("sasl", {"connection": "scram-sha-256", "account": "sync", "password": "wrong-Geheim"}, 2004, "password"),
    ("sasl", {"connection": "scram-sha-256", "account": "nobody", "password": "wrong-Geheim"}, 2004, "account"),
    ("sasl", {"connection": "plain", "account": "sync", "password": "wrong-Geheim"}, 2004, "password"),
    ("sasl", {"connection": "scram-sha-256", "account": "sync"}, 1005, "Give both"),
    ("sasl", {}, 2005, "SCRAM-SHA-256"),
    ("plain", {"connection": "scram-sha-256", **LOGIN}, 2004, "takes no login"),
    ("tls", {}, 2007, "TLS"),
    ("tls", {"connection": "ssl"}, 2007, "authority"),
    ("plain", {"connection": "ssl"}, 2007, "TLS")])
def test_what_is_wrong_with_the_way_is_told(kafka, topics, listener, settings, code, hint):
    found = topics(port=kafka.ports[listener], **settings)
    assert not found["ok"] and found["error"]["code"] == code, found
    assert hint in found["error"]["hint"] and "destination" in found["error"]["primary"], found
    assert "Geheim" not in json.dumps(found), found


# --- why is it slow? ------------------------------------------------------------------------------------------------------

def test_the_way_to_the_cluster_is_measured(kafka, topics):
    found = topics("why", port=kafka.ports["sasl"], connection="scram-sha-256", **LOGIN)["destination"]
    assert found["known"] and 0 < found["seconds"] < rds.SECONDS and found["error"] is None, found
    found = topics("why", port=servers.free_port())["destination"]
    assert not found["known"] and found["error"]["code"] == 2001, found


# --- what is no cluster ----------------------------------------------------------------------------------------------------

def test_nobody_listens(topics):
    found = topics(port=servers.free_port())
    assert found["error"]["code"] == 2001 and "[thrd:" not in str(found), found


def test_giving_up_does_not_wait_for_a_server_that_says_nothing(topics):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert topics("cancel topics", port=silent.getsockname()[1])["seconds"] < 9      # of ten


def test_an_address_that_swallows_packets(topics):
    """A full queue of connections: further ones are neither taken nor refused."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        found = topics(port=port)
        for one in waiting:
            one.close()
    assert found["error"]["code"] == 2002 and "firewall" in found["error"]["hint"], found
