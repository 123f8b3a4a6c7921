"""What happens to brokers and topics while a task writes to them: it says what is wrong, waits, and goes on with no message lost
or there twice; what can't be gone on with is named. Read by clients that are not ours."""

import json
import random
import threading

import conftest
import kafka_reader
import kafka_task
import pytest
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic
from test_kafka_sync import ROWS, Writer, source, tables                    # pylint: disable=unused-import

import rds
import servers

# A broker that was killed is taken for gone, and let in again, within seconds.
# Whoever logs in has but the rights that he is given.
SOON = {"authorizer_class_name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super_users": "User:ANONYMOUS;User:CN=rds-sync test client", "broker_heartbeat_interval_ms": 500, "broker_session_timeout_ms": 6000, "log_cleaner_dedupe_buffer_size": 16 << 20}
FOLLOWS = "Synchronizing"


@pytest.fixture(scope="module")
def one():
    made = servers.Kafka(auto_create_topics_enable="true", **SOON)
    try:
        conftest.skipping(made.start)
        yield made
    finally:
        made.discard()


@pytest.fixture
def broker(one):                                                      # pylint: disable=redefined-outer-name
    """A broker that makes topics for whoever asks for them; it runs, whatever became of it before."""
    return one if one.running else one.start()


@pytest.fixture
def task_to(program, source, request):                                # pylint: disable=redefined-outer-name
    """task_to(broker, **settings): a task whose topic, of that many partitions, has the test's name."""
    prefix = kafka_reader.name_of(request.node.name)

    def make(where, partitions=3, **settings):
        made = kafka_task.make(program, source, where, prefix, **{"kafka.partitions": "key", **settings})
        make_topic(where, prefix, partitions)
        return made

    return make


def admin(broker):                                                    # pylint: disable=redefined-outer-name
    return AdminClient({"bootstrap.servers": broker.address})


def make_topic(broker, name, partitions):                             # pylint: disable=redefined-outer-name
    client = admin(broker)
    client.create_topics([NewTopic(name, partitions, 3 if len(broker.peers) > 1 else 1)])[name].result(rds.SECONDS)
    rds.wait_until(lambda: name in kafka_reader.topics(broker), "the topic")


def remove_topic(broker, name):                                       # pylint: disable=redefined-outer-name
    client = admin(broker)
    client.delete_topics([name])[name].result(rds.SECONDS)
    rds.wait_until(lambda: name not in kafka_reader.topics(broker), "the topic to go")


def follows(task):
    return task.status()["state"] == FOLLOWS


def told(task, code, state="Retrying"):
    """The error of a status that says so."""
    return rds.wait_until(lambda: (seen := task.status())["state"] == state and (seen["progress"]["error"] or {}).get("code") == code
                          and seen["progress"]["error"], f"{state} with {code}")


def updates(broker, task):                                            # pylint: disable=redefined-outer-name
    return kafka_reader.Tables().take(kafka_reader.read(broker, [task.prefix])).kinds["UPDATE"]


# --- the broker is not there -------------------------------------------------------------------------------------------------

def test_a_broker_that_is_down_is_named_and_waited_for(broker, source, task_to):
    made = task_to(broker, **{"sync.memory": "64M"})
    made.synchronize()
    broker.kill()
    running = made.start()
    error = told(made, "RS-2001")
    assert "destination" in error["primary"] and "broker runs" in error["hint"], error
    broker.start()
    running.until(lambda: follows(made), "it to follow")
    broker.kill()
    source.sql("ALTER TABLE shop.t MODIFY v MEDIUMTEXT", "UPDATE shop.t SET v = REPEAT('y', 20000)")        # more than is held
    assert "destination" in told(made, "RS-2001")["primary"]
    broker.start()
    running.until(lambda: follows(made) and updates(broker, made) == ROWS, "the changes")
    running.stop().succeeded()
    tables(broker, made, source)


# --- topics: kafka.on_topic_change -------------------------------------------------------------------------------------------

@pytest.mark.long
def test_a_topic_that_is_removed_is_named_and_not_made_by_the_way(broker, source, task_to):
    made = task_to(broker)
    running = made.start()
    running.until(lambda: follows(made), "it to follow")
    remove_topic(broker, made.prefix)
    source.sql("UPDATE shop.t SET v = 'lost' WHERE id <= 10")
    rds.wait_until(lambda: f"the topic {made.prefix} is not there" in json.dumps(told(made, "RS-4019")), "its name")
    running.stop()
    assert made.prefix not in kafka_reader.topics(broker)


@pytest.mark.parametrize("when", ("meanwhile", "paused"))
def test_a_topic_that_became_another_one_is_noticed_and_gone_on_with_where_that_is_wanted(broker, source, task_to, when):
    made = task_to(broker)
    running = made.start()
    running.until(lambda: follows(made), "it to follow")
    if when == "paused":
        running.stop().succeeded()
    remove_topic(broker, made.prefix)
    make_topic(broker, made.prefix, 3)
    source.sql("UPDATE shop.t SET v = 'new' WHERE id <= 10")
    if when == "paused":
        running = made.start()
    running.until(lambda: made.status()["state"] in ("Failed", "Synchronization failed"), "it to stop")
    error = made.status()["progress"]["error"]
    assert error["code"] == "RS-4019" and made.prefix in error["primary"] and "on_topic_change" in error["hint"], error
    running.stop()
    assert kafka_reader.read(broker, [made.prefix]) == []
    made.replace("[kafka]\n", "[kafka]\non_topic_change = take\n")
    made.synchronize()
    assert updates(broker, made) == 10
    assert any("gone on with" in line for line in made.program.logged())


def test_partitions_that_are_added_are_told_of_and_taken_where_that_is_wanted(broker, source, task_to):
    made = task_to(broker, partitions=2)
    made.synchronize()
    client = admin(broker)
    client.create_partitions([NewPartitions(made.prefix, 4)])[made.prefix].result(rds.SECONDS)
    rds.wait_until(lambda: len(client.list_topics(timeout=rds.SECONDS).topics[made.prefix].partitions) == 4, "the partitions")
    running = made.start()
    running.until(lambda: follows(made), "it to follow")
    source.sql("UPDATE shop.t SET v = 'old places' WHERE id <= 100")
    running.until(lambda: updates(broker, made) == 100, "the changes")
    problem = next(one for one in made.status()["progress"]["problems"] if one["code"] == "RS-4019")
    assert f"{made.prefix} (2, 4)" in json.dumps(problem)
    running.stop().succeeded()
    assert {one.partition for one in kafka_reader.read(broker, [made.prefix])} == {0, 1}
    made.replace("[kafka]\n", "[kafka]\non_topic_change = take\n")
    source.sql("UPDATE shop.t SET v = 'new places' WHERE id <= 100")
    made.synchronize()
    assert {one.partition for one in kafka_reader.read(broker, [made.prefix])} == {0, 1, 2, 3}


def test_a_task_that_its_destination_has_forgotten_does_not_begin_anew_by_itself(broker, source, task_to, program):
    before, made = kafka_reader.topics(broker), task_to(broker)

    def forgotten(running=None):
        remove_topic(broker, kept)
        source.sql("UPDATE shop.t SET v = UUID() WHERE id <= 10")
        ended = (running or made.start("--until=synchronized")).wait().exited(1)
        assert "RS-4016" in ended.err and kept in ended.err and "rds-sync reset" in ended.err, ended
        assert len(kafka_reader.read(broker, [made.prefix])) == ROWS + 200

    made.synchronize()
    kept, = (name for name in kafka_reader.topics(broker) - before if name.startswith("rds-sync-"))
    forgotten()
    assert kept not in kafka_reader.topics(broker)
    text = made.path.read_text(encoding="utf-8")
    program.run("reset", made.path, "--yes").succeeded()
    made.path.write_text(text, encoding="utf-8")
    remove_topic(broker, made.prefix)
    running = made.start()
    running.until(lambda: follows(made), "it to follow")
    forgotten(running)


# --- accounts, rights, certificates ------------------------------------------------------------------------------------------

LOGIN = {"destination.account": servers.Kafka.ACCOUNT.name}
WAYS = {
    "scram": ("sasl", {"destination.connection": "scram-sha-256", **LOGIN}),
    "scram-tls": ("sasl_tls", {"destination.connection": "scram-sha-512", "destination.encrypted": "yes", "destination.ca": "ca.pem", **LOGIN}),
    "plain": ("sasl", {"destination.connection": "plain", **LOGIN}),
    "certificate": ("tls", {"destination.connection": "ssl", "destination.ca": "ca.pem", "destination.cert": "client-cert.pem",
                            "destination.key": "client-key.pem"}),
}


@pytest.fixture
def way(broker, task_to, program, tmp_path):                          # pylint: disable=redefined-outer-name
    """way("scram"): a task that goes that way, as an account that may do all, or with a certificate."""
    def make(name):
        port, settings = WAYS[name]
        settings = dict(settings)
        for key in [key for key in settings if settings[key].endswith(".pem")]:
            own = tmp_path / settings[key]
            own.write_bytes((servers.certificates() / settings[key]).read_bytes())
            own.chmod(0o600)
            settings[key] = own
        if "destination.account" in settings:
            program.env["RDS_TEST_KAFKA"] = servers.Kafka.ACCOUNT.password
            settings["destination.password_env"] = "RDS_TEST_KAFKA"
            acl(broker, "--add", "--allow-principal", "User:sync", "--operation", "All", "--topic", "*", "--transactional-id", "*", "--cluster")
        return task_to(broker, port=port, **settings)

    return make


def acl(broker, *words):                                              # pylint: disable=redefined-outer-name
    broker.tool("AclCommand", *words)


def fails(task, running, code):
    running.until(lambda: "ailed" in task.status()["state"], "it to fail")
    error = task.status()["progress"]["error"]
    assert error["code"] == code, error
    running.wait()
    return error


@pytest.mark.parametrize("name", WAYS if rds.LONG else ("scram-tls", "certificate"))
def test_whole_tasks_go_each_way_and_are_killed(broker, source, way, name):
    made, seed = way(name), rds.seed(60)
    draw = random.Random(seed)
    with Writer(source, seed):
        for _ in range(2):
            running = made.start()
            threading.Event().wait(draw.uniform(0.5, 3))
            running.kill()
    made.synchronize()
    tables(broker, made, source)
    assert not made.program.files_holding(servers.Kafka.ACCOUNT.password)


@pytest.mark.long
def test_rights_that_are_taken_away_are_named(broker, source, way):
    made = way("scram")
    running = made.start()
    running.until(lambda: follows(made), "it to follow")
    acl(broker, "--add", "--deny-principal", "User:sync", "--operation", "Write", "--topic", made.prefix)
    source.sql("UPDATE shop.t SET v = 'denied' WHERE id <= 10")
    assert "WRITE" in fails(made, running, "RS-2011")["hint"]
    acl(broker, "--remove", "--force", "--deny-principal", "User:sync", "--operation", "Write", "--topic", made.prefix)
    made.synchronize()
    tables(broker, made, source)


@pytest.mark.long
def test_an_account_that_is_removed_is_named(broker, source, way):
    made = way("scram")
    running = made.start()
    running.until(lambda: follows(made), "it to follow")
    entity = ("--alter", "--entity-type", "users", "--entity-name", "sync")
    broker.tool("ConfigCommand", *entity, "--delete-config", "SCRAM-SHA-256")
    broker.kill()
    broker.start()
    source.sql("UPDATE shop.t SET v = 'nobody' WHERE id <= 10")
    assert "password" in fails(made, running, "RS-2004")["hint"]
    broker.tool("ConfigCommand", *entity, "--add-config", f"SCRAM-SHA-256=[password={servers.Kafka.ACCOUNT.password}]")
    made.synchronize()
    tables(broker, made, source)


# --- the broker itself ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("spare, code, remedy", ((True, "RS-4004", "make room"), pytest.param(False, "RS-2001", "disk is full", marks=pytest.mark.long)))
def test_a_broker_whose_disk_is_full(source, task_to, spare, code, remedy):
    """One that has no other ends itself; else what is on the disk has no leader any more."""
    small = servers.Kafka(room="16m", spare=spare, log_segment_bytes=1 << 20, **SOON)
    try:
        conftest.skipping(small.start)
        made = task_to(small, **{"kafka.compression": "none"})
        source.sql("ALTER TABLE shop.t MODIFY v MEDIUMTEXT")
        running = made.start()
        running.until(lambda: follows(made), "it to follow")
        for number in range(20):
            source.sql(f"UPDATE shop.t SET v = CONCAT(REPEAT('{number % 10}', 9000), id) WHERE id <= 100")
        error = told(made, code)
        assert "destination" in error["primary"] and remedy in error["hint"], error
        small.kill()
        small.limit("400m")
        small.start()
        running.until(lambda: follows(made), "it to go on")
        running.stop().succeeded()
        made.synchronize()
        tables(small, made, source)
    finally:
        small.discard()


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_transaction_that_the_broker_has_given_up_is_written_once(broker, source, task_to, binary):
    """The process stands still for longer than transaction.timeout.ms, in the middle of a transaction."""
    rds.needs_steps(binary)
    made = task_to(broker)
    made.synchronize()
    source.sql("UPDATE shop.t SET v = 'once' WHERE id <= 10")
    running = made.stand_at("apply-before-commit")
    threading.Event().wait(330)                                     # it is 300 s, and brokers look every 10
    running.go_on()
    running.until(lambda: follows(made) and updates(broker, made) == 10, "the changes")
    running.stop().succeeded()
    tables(broker, made, source)


@pytest.mark.long
def test_an_id_that_the_broker_has_forgotten(source, task_to):
    """A task with nothing to do is not heard of for longer than transactional.id.expiration.ms."""
    forgetful = servers.Kafka(transactional_id_expiration_ms=4000, transaction_remove_expired_transaction_cleanup_interval_ms=1000,
                              producer_id_expiration_ms=4000, **SOON)
    try:
        conftest.skipping(forgetful.start)
        made = task_to(forgetful)
        running = made.start()
        running.until(lambda: follows(made), "it to follow")
        for number in range(3):
            threading.Event().wait(12)
            source.sql(f"UPDATE shop.t SET v = 'after a while {number}' WHERE id <= 10")
            running.until(lambda: updates(forgetful, made) == 10 * (number + 1), "the changes")    # pylint: disable=cell-var-from-loop
        running.until(lambda: follows(made), "it to follow")
        running.stop().succeeded()
        tables(forgetful, made, source)
    finally:
        forgetful.discard()
