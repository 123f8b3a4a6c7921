"""DTS' Avro in Confluent's wire format, with a schema registry that is not ours (Apicurio, by Confluent's API): what the topic has is
read by the five bytes of the documents and by Avro's own library, with the schema that the registry gives for the id.

https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format"""

import json
import pathlib
import struct
import subprocess

import avro.schema
import conftest
import kafka_reader
import kafka_task
import messages
import pytest
from registry import Client, Gate

import rds
import servers

PASSWORD = "Registry-Geheim-7"
TABLES = ("a", "b")
RECORD = "com.alibaba.dts.formats.avro.Record"
OTHER = {"type": "record", "name": "Other", "fields": [{"name": "x", "type": "int"}]}


@pytest.fixture
def source(pool):
    server = conftest.skipping(pool.get, "mariadb", "source")
    server.reset()
    server.sql("CREATE DATABASE shop", *(f"CREATE TABLE shop.{name} (id INT PRIMARY KEY, v VARCHAR(20))" for name in TABLES),
               *(f"INSERT INTO shop.{name} SELECT seq, CONCAT('v', seq) FROM shop.seq_1_to_20" for name in TABLES))
    return server


@pytest.fixture
def task(program, source, broker, request):
    """task(address, **settings): with a topic for each table, whose names begin with the test's."""
    prefix = kafka_reader.name_of(request.node.name)

    def make(address, **settings):
        return kafka_task.make(program, source, broker, prefix, **{
            "kafka.format": "avro", "kafka.topics": "table", "kafka.topic_name": prefix + "-{table}", "kafka.ignore_ddl": "no",
            "kafka.schema_registry": address, "precheck.ignore": "CHECK_KAFKA_REGISTRY",
            **{f"kafka.{key}": value for key, value in settings.items()}})

    return make


@pytest.fixture
def password_file(tmp_path):
    path = tmp_path / "registry-password"
    path.write_text(PASSWORD + "\n", encoding="ascii")
    path.chmod(0o600)
    return path


def finding(task):
    """The precheck's verdict of the registry, and all that it says."""
    one, = (one for one in task.precheck().json["findings"] if one["code"] == "CHECK_KAFKA_REGISTRY")
    return one["verdict"], str(one)


def read(broker, client, source, task, tables=TABLES):
    """The tables that the messages come to are the source's. {topic: the ids in its messages}, and the reader of each."""
    ids, readers = {}, {}
    for name in tables:
        topic = f"{task.prefix}-{name}"
        reader = readers[name] = messages.DtsAvro({f"shop.{name}": messages.kinds(source, "shop", name)}, version=None)
        for message in kafka_reader.read(broker, [topic]):
            magic, number = struct.unpack(">bI", message.value[:5])
            assert magic == 0
            if number not in ids.setdefault(topic, set()):
                ids[topic].add(number)
                reader.use(avro.schema.parse(client.schema(number)))
            reader.feed(message.value[5:])
        assert reader.tables[f"shop.{name}"] == messages.truth(source, "shop", name), name
    return ids, readers


# --- kafka.schema_registry, kafka.subject_name, kafka.registry_account, kafka.registry_password_file, kafka.registry_ca,
# kafka.register_schema

def test_each_message_names_the_schema_that_the_registry_has(broker, registry, source, task):
    client, made = Client(registry), task(registry.url)
    verdict, said = finding(made)
    assert verdict == "passed" and "0 schemas are registered, 2 will be" in said
    assert not [subject for subject in client.subjects() if subject.startswith(made.prefix)]
    made.synchronize()
    verdict, said = finding(made)
    assert verdict == "passed" and "2 schemas are registered" in said
    read(broker, client, source, made)
    source.sql("UPDATE shop.a SET v = 'new' WHERE id < 5", "DELETE FROM shop.b WHERE id = 7", "ALTER TABLE shop.b COMMENT 'x'",
               "INSERT INTO shop.b VALUES (100, NULL)", "CREATE TABLE shop.new (id INT PRIMARY KEY)", "INSERT INTO shop.new VALUES (1)")
    made.synchronize()
    ids, readers = read(broker, client, source, made, (*TABLES, "new"))
    assert [statement[:11] for statement in readers["b"].statements] == ["ALTER TABLE"]
    assert all(len(found) == 1 for found in ids.values())
    assert {f"{made.prefix}-{name}-value" for name in (*TABLES, "new")} <= client.subjects()


@pytest.mark.parametrize("strategy, subject", (("record", RECORD), ("topic-record", "{topic}-" + RECORD)))
def test_subjects_by_the_strategy_that_is_chosen(broker, registry, source, task, strategy, subject):
    client, made = Client(registry), task(registry.url, subject_name=strategy)
    before = client.subjects()
    made.synchronize()
    read(broker, client, source, made)
    assert client.subjects() - before == {subject.format(topic=f"{made.prefix}-{name}") for name in TABLES}


def test_a_login_over_tls_whose_password_is_written_nowhere(broker, registry, source, task, program, password_file):
    with Gate(registry, account=f"sync:{PASSWORD}", tls=True) as gate:
        made = task(gate.url, registry_account="sync", registry_password_file=password_file,
                    registry_ca=servers.certificates() / "ca.pem")
        made.synchronize()
        read(broker, Client(registry), source, made)
        assert gate.asked
    assert program.files_holding(PASSWORD) == [password_file]


@pytest.mark.parametrize("wrong, code, named", (
    ({"registry_password_file": None}, "RS-2004", "kafka.registry_account"), ({"registry_ca": None}, "RS-2007", "kafka.registry_ca"),
    ({"registry_password_file": "missing"}, "RS-1011", "missing")))
def test_a_login_that_is_refused_is_told_and_not_tried_again(broker, registry, task, password_file, wrong, code, named):
    with Gate(registry, account=f"sync:{PASSWORD}", tls=True) as gate:
        made = task(gate.url, **{"registry_account": "sync", "registry_password_file": password_file,
                                 "registry_ca": servers.certificates() / "ca.pem", **wrong})
        verdict, said = finding(made)
        assert verdict == "failed" and named in said and PASSWORD not in said
        told = made.run("--until=synchronized").exited(1)
        assert code in told.err and named in told.err and PASSWORD not in told.err + told.out
    assert not any(kafka_reader.read(broker, [name]) for name in kafka_reader.topics(broker) if name.startswith(made.prefix))


def test_a_schema_that_is_to_be_there_is_not_registered(broker, registry, source, task, binary):
    client = Client(registry)
    with Gate(registry) as gate:
        made = task(gate.url, register_schema="no")
        verdict, said = finding(made)
        assert verdict == "failed" and "kafka.register_schema" in said
        told = made.run("--until=synchronized").exited(1)
        assert "RS-4018" in told.err and "kafka.register_schema" in told.err
        assert not [subject for subject in client.subjects() if subject.startswith(made.prefix)]
        schema = subprocess.run([binary.parent / "tests/integration/message_probe", "schema"], capture_output=True, text=True, check=True)
        for name in TABLES:
            client.register(f"{made.prefix}-{name}-value", schema.stdout.strip())
        made.synchronize()
        assert not [path for _, path in gate.asked if path.endswith("/versions")]
    read(broker, client, source, made)


def test_a_subject_with_another_schema_is_told(registry, task):
    client = Client(registry)
    made = task(registry.url)
    client.register(f"{made.prefix}-a-value", json.dumps(OTHER), compatibility="FULL")
    verdict, said = finding(made)
    assert verdict == "failed" and f"{made.prefix}-a-value has another schema" in said and f"{made.prefix}-b-value" not in said
    told = made.run("--until=synchronized").exited(1)
    assert "RS-4018" in told.err and f"{made.prefix}-a-value" in told.err and "HTTP 409" in told.err


def test_a_registry_in_trouble_is_asked_again_and_only_missed_where_a_topic_is_new(broker, registry, source, task):
    client = Client(registry)
    with Gate(registry) as gate:
        made = task(gate.url)
        gate.fail[:] = [503, 500]
        running = made.start()
        running.until(lambda: made.status()["state"] == "Synchronizing", "it to follow")
        assert not gate.fail
        gate.fail[:] = [503] * 100
        asked = len(gate.asked)
        source.sql("UPDATE shop.a SET v = 'meanwhile'")
        rds.wait_until(lambda: len(kafka_reader.read(broker, [f"{made.prefix}-a"])) == 40, "what needs no registry", process=running)
        assert len(gate.asked) == asked
        source.sql("CREATE TABLE shop.new (id INT PRIMARY KEY)", "INSERT INTO shop.new VALUES (1)")
        running.until(lambda: made.status()["state"] == "Retrying", "it to be missed")
        gate.silent.set()                    # it takes the request, and says nothing
        gate.fail.clear()
        asked = len(gate.asked)
        running.until(lambda: len(gate.asked) > asked, "it to be asked")
        running.stop()
        gate.silent.clear()
        made.synchronize()
    read(broker, client, source, made, (*TABLES, "new"))


def test_a_precheck_that_asks_a_silent_registry_can_be_given_up(program, registry, task, binary):
    with Gate(registry) as gate:
        made = task(gate.url)
        gate.silent.set()
        with subprocess.Popen([pathlib.Path(binary).parent / "tests/integration/job_probe", "cancel", "precheck", made.path], env=program.env,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asking:
            rds.wait_until(lambda: gate.asked, "the question")
            told, _ = asking.communicate(timeout=rds.SECONDS)
    assert json.loads(told)["seconds"] < 5, "what it would wait is ten"


def test_a_registry_that_is_down_at_the_start_is_waited_for(broker, registry, source, task):
    def missed():
        told = made.status()
        return told["state"] == "Retrying" and (told["progress"]["error"] or {}).get("code") == "RS-2001"

    with Gate(registry, down=True) as gate:
        made = task(gate.url)
        verdict, said = finding(made)
        assert verdict == "warning" and "whether the registry runs" in said
        running = made.start()
        running.until(missed, "it to be missed")
        gate.up()
        running.until(lambda: made.status()["state"] == "Synchronizing", "it to follow")
        running.stop()
    read(broker, Client(registry), source, made)
