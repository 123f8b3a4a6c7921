"""What the precheck says of a Kafka cluster that has access control lists, and of topics that take less than is sent; the account may
do what each step names, and no more."""

import types
import uuid

import conftest
import kafka_reader
import pytest

import servers


@pytest.fixture(scope="module")
def guarded():
    """A broker whose accounts may do what they were allowed (servers.Kafka.allow); who does not log in may do all."""
    made = servers.Kafka(authorizer_class_name="org.apache.kafka.metadata.authorizer.StandardAuthorizer", super_users="User:ANONYMOUS")
    try:
        conftest.skipping(made.start)
        yield made
    finally:
        made.discard()


@pytest.fixture
def source(pool):
    """With shop.t."""
    server = conftest.skipping(pool.get, "mariadb", "source")
    server.reset()
    server.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v MEDIUMTEXT)", "INSERT INTO shop.t VALUES (1, 'x')")
    return server


@pytest.fixture
def task(program, source, guarded, request):
    """task(**settings), with a login or without, into a topic that has the test's name."""
    def make(login=True, **settings):
        there = types.SimpleNamespace(host=guarded.host, port=guarded.ports["sasl" if login else "plain"])
        account = guarded.ACCOUNT if login else servers.Account(None, "")
        keys = {"destination.connection": "scram-sha-256" if login else None, "source.connection": None, "sync.incremental": None,
                "sync.existing_tables": None, "kafka.format": "canal-json", "task.id": str(uuid.uuid4()),
                "destination.topic": kafka_reader.name_of(request.node.name), **settings}
        if not login:
            keys["destination.password_env"] = None
        made = program.task("queue", types.SimpleNamespace(source=source, destination=there), ["shop"], flow="mysql-to-kafka", settings=keys,
                            accounts=(servers.Account("root", ""), account))
        made.topic, made.kept = keys["destination.topic"], f"rds-sync-{keys['task.id']}"
        return made

    return make


def findings(made):
    """By code: verdict, and all that is said."""
    return {one["code"][12:]: (one["verdict"], str(one)) for one in made.precheck().json["findings"] if one["code"].startswith("CHECK_KAFKA")}


def test_what_an_account_may_not_do_is_named(guarded, task):
    made = task()
    guarded.create(made.topic)

    found = findings(made)                                              # nothing at all
    assert found["TOPICS"][0] == "failed" and made.topic in found["TOPICS"][1] and made.kept in found["TOPICS"][1]
    assert found["TRANSACTIONS"][0] == "failed" and "at-least-once" in found["TRANSACTIONS"][1]

    guarded.allow("cluster", "kafka-cluster", "create")                 # it may make topics, but not see them
    found = findings(made)
    assert found["TOPICS"][0] == "failed" and "TOPIC_ALREADY_EXISTS" in found["TOPICS"][1]

    guarded.allow("topic", made.topic, "describe")                      # see it
    found = findings(made)
    assert found["TOPICS"][0] == "passed" and found["RIGHTS"][0] == "failed"
    assert f"{made.topic}: TOPIC_AUTHORIZATION_FAILED" in found["RIGHTS"][1]

    guarded.allow("topic", made.topic, "write")
    guarded.create(made.kept)
    guarded.allow("topic", made.kept, "write")
    found = findings(made)
    assert found["RIGHTS"][0] == "failed" and f"{made.topic}:" not in found["RIGHTS"][1]
    assert f"{made.kept}: TOPIC_AUTHORIZATION_FAILED" in found["RIGHTS"][1]
    assert found["MESSAGE_SIZE"][0] == "passed" and "DescribeConfigs" in found["MESSAGE_SIZE"][1]

    guarded.allow("topic", made.kept, "read")
    assert findings(made)["RIGHTS"][0] == "passed"
    assert not kafka_reader.batches(guarded, made.topic) and not kafka_reader.batches(guarded, made.kept)


def test_an_account_that_is_denied_transactions_writes_without_them(guarded, task):
    made = task()
    for name in (made.topic, made.kept):
        guarded.create(name)
        guarded.allow("topic", name, "write", "read", "describe")
    told = made.run("--until=synchronized")
    assert told.code != 0 and "TRANSACTIONAL_ID_AUTHORIZATION_FAILED" in told.err and "at-least-once" in told.err
    made.replace("format = canal-json", "format = canal-json\ndelivery = at-least-once")
    assert "TRANSACTIONS" not in {code for code, (verdict, _) in findings(made).items() if verdict != "skipped"}
    made.synchronize()
    assert kafka_reader.Tables().take(kafka_reader.read(guarded, [made.topic])).lines("shop", "t") == [["1", "x"]]
    guarded.allow("transactional_id", "rds-sync-", "write", "describe", prefixed=True)
    made.replace("delivery = at-least-once", "delivery = exactly-once")
    made.synchronize()


def test_topics_that_take_less_than_is_sent(guarded, source, task, program):
    made = task(login=False)
    guarded.create(made.topic, max_message_bytes=100000)
    verdict, told = findings(made)["MESSAGE_SIZE"]
    assert verdict == "warning" and "kafka.batch_size" in told and "shop.t" not in told
    remedy, = [one["remedy"] for one in made.precheck().json["findings"] if one["code"] == "CHECK_KAFKA_MESSAGE_SIZE"]
    program.run(*remedy.split()[1:]).succeeded()
    verdict, told = findings(made)["MESSAGE_SIZE"]
    assert verdict == "passed" and "allow wider rows" in told
    source.sql("INSERT INTO shop.t VALUES (2, REPEAT('x', 120000))")
    verdict, told = findings(made)["MESSAGE_SIZE"]
    assert verdict == "warning" and "shop.t" in told
