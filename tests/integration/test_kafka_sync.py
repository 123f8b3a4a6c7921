"""MySQL to Kafka, against a real broker and read by a client that is not ours: the tables that its messages come to are the
source's, and no message is lost or there twice, whatever is killed."""

import functools
import json
import pathlib
import random
import signal
import threading

import conftest
import kafka_reader
import kafka_task
import pymysql
import pytest

import rds

ROWS = 1000
STEPS = ("kafka-fenced", "chunk-before-commit:2", "chunk-after-commit", "keyless-loaded", "copy-done", "apply-before-position",
         "apply-before-commit", "apply-after-commit")


@pytest.fixture
def source(pool):
    """With shop.t (key id) and shop.k (no key), and a writer's account."""
    server = conftest.skipping(pool.get, "mariadb", "source")
    server.reset()
    server.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(200))", "CREATE TABLE shop.k (a INT, b INT)",
               f"INSERT INTO shop.t SELECT seq, REPEAT('x', 150) FROM shop.seq_1_to_{ROWS}",
               "INSERT INTO shop.k SELECT seq % 50, seq % 3 FROM shop.seq_1_to_200", "ANALYZE TABLE shop.t")
    return server


@pytest.fixture
def task(program, source, broker, request):
    """task(**settings): its topics begin with the test's name."""
    return functools.partial(kafka_task.make, program, source, broker, kafka_reader.name_of(request.node.name))


def tables(broker, task, source, topics=None):
    """The tables that the messages come to, which are the source's."""
    found = kafka_reader.Tables().take(kafka_reader.read(broker, topics or [task.prefix]))
    assert not found.faults, found.faults[:5]
    for name, columns in (("t", ("id", "v")), ("k", ("a", "b"))):
        assert found.lines("shop", name) == kafka_reader.source_lines(source, "shop", name, columns), name
    return found


class Writer:
    """Changes both tables until it is told to end, in transactions that are now and then taken back. name: another table like t,
    which it changes alone."""

    def __init__(self, source, seed, name=None):
        self._random = random.Random(seed)
        self._name = name
        self._end = threading.Event()
        self._connection = source.connect("shop", autocommit=False)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        cursor = self._connection.cursor()
        while not self._end.wait(0.002):
            try:
                for _ in range(self._random.randint(1, 5)):
                    cursor.execute(*self._statement())
                (self._connection.commit if self._random.random() < 0.9 else self._connection.rollback)()
            except pymysql.err.OperationalError as error:           # a test changes the same rows
                if error.args[0] not in rds.IN_THE_WAY:
                    raise
                self._connection.rollback()

    def _statement(self):
        draw = self._random
        one, other, text = draw.randint(1, 3 * ROWS), draw.randint(1, 3 * ROWS), f"{draw.random():.12f}"
        t = self._name or "t"
        keyed = ((f"INSERT IGNORE INTO {t} VALUES (%s, %s)", (one, text)), (f"UPDATE {t} SET v = %s WHERE id = %s", (text, one)),
                 (f"UPDATE IGNORE {t} SET id = %s WHERE id = %s", (other, one)), (f"DELETE FROM {t} WHERE id = %s", (one,)))
        keyless = (("INSERT INTO k VALUES (%s, %s)", (one % 50, one % 3)), ("DELETE FROM k WHERE a = %s LIMIT 1", (one % 50,)))
        return draw.choice(keyed if self._name else keyed + keyless)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self._connection.close()


# --- destination.topic, destination.version, kafka.partitions, kafka.topics, kafka.topic_name, kafka.topic_partitions, kafka.format,
# kafka.dialect, kafka.compression, kafka.acks

@pytest.mark.parametrize("partitions, dialect, compression, kind, used", (("zero", "dts", "none", "INIT", {0}), ("key", "canal", "gzip", "INSERT", {0, 1, 2})))
def test_a_table_and_its_changes_come_to_a_topic(broker, source, task, partitions, dialect, compression, kind, used):
    made = task(**{"kafka.partitions": partitions, "kafka.dialect": dialect, "kafka.compression": compression})
    broker.create(made.prefix, 3)
    made.synchronize()
    first = tables(broker, made, source)
    assert first.kinds == {kind: ROWS + 200}
    source.sql("UPDATE shop.t SET v = 'new' WHERE id <= 10", "UPDATE shop.t SET id = id + 5000 WHERE id > 990", "DELETE FROM shop.t WHERE id = 20",
               "INSERT INTO shop.k VALUES (1, 1)", "DELETE FROM shop.k WHERE a = 7 LIMIT 1")
    made.synchronize()
    assert tables(broker, made, source).kinds["UPDATE"] >= 10
    assert {one.partition for one in kafka_reader.read(broker, [made.prefix])} == used
    stored = b"".join(path.read_bytes() for path in broker.workdir.glob(f"data/{made.prefix}-*/*.log"))
    assert (b"x" * 150 in stored) == (compression == "none") and (b"\x1f\x8b\x08" in stored) == (compression == "gzip")


def test_each_table_has_a_topic_of_its_own_which_is_made(broker, source, task):
    made = task(**{"kafka.topics": "table", "kafka.topic_name": "own.{database}.{table}", "kafka.topic_partitions": 2, "kafka.partitions": "key",
                   "kafka.format": "shareplex-json", "destination.version": "1.0"})
    made.synchronize()
    found = [json.loads(one.value) for one in kafka_reader.read(broker, ["own.shop.t"])]
    assert sorted(int(one["data"]["id"]) for one in found) == list(range(1, ROWS + 1)) and found[0]["meta"]["op"]
    assert {one.partition for one in kafka_reader.read(broker, ["own.shop.t"])} == {0, 1}
    assert len(kafka_reader.read(broker, ["own.shop.k"])) == 200
    assert source.value("SELECT COUNT(*) FROM shop.t") == ROWS


def test_a_topic_is_made_with_the_partitions_and_replicas_that_were_chosen(broker, program, task):
    made = task(**{"kafka.topic_partitions": 4, "kafka.topic_replicas": 2})
    found = {one["code"]: one for one in made.precheck().json["findings"]}
    assert found["CHECK_KAFKA_TOPICS"]["verdict"] == "failed" and "replication factor" in str(found["CHECK_KAFKA_TOPICS"]).lower()
    program.run("task", "set", made.path, "kafka.topic_replicas=1").succeeded()
    found = {one["code"]: one for one in made.precheck().json["findings"]}
    assert f"{made.prefix} will be made: 4 partitions, 1 replica" in str(found["CHECK_KAFKA_TOPICS"])
    assert made.prefix not in kafka_reader.topics(broker)
    made.synchronize()
    assert kafka_reader.shape(broker, made.prefix) == (4, 1)


def test_what_the_brokers_have_not_confirmed_is_told(broker, source, task):
    made = task()
    running = made.start()

    def told():
        return made.status()["progress"]["delivery"]

    running.until(lambda: made.status()["state"] == "Synchronizing", "it to follow")
    running.until(lambda: told()["uncommitted_messages"] == 0, "that nothing is on its way")
    broker.process.send_signal(signal.SIGSTOP)
    try:
        source.sql("UPDATE shop.t SET v = 'waits' WHERE id <= 10")
        running.until(lambda: told()["lag_seconds"] > 1, "the changes to be on their way")
        assert told()["uncommitted_messages"] >= 10
    finally:
        broker.process.send_signal(signal.SIGCONT)
    running.until(lambda: told()["uncommitted_messages"] == 0 and told()["lag_seconds"] < 1, "them to have arrived")
    running.stop()
    assert tables(broker, made, source).kinds["UPDATE"] == 10


@pytest.mark.parametrize("settings", ({"kafka.partitions": "key"}, {"kafka.topics": "table", "kafka.topic_name": "room.{database}.{table}"}),
                         ids=("partitions", "topics"))
def test_messages_for_which_there_is_no_room_yet_come_once_and_in_order(broker, source, task, settings):
    """The library holds a sixteenth of the memory, which is full while the broker is stopped: it takes some of those that it is given
    together."""
    made = task(**settings, **{"sync.memory": "32M", "kafka.topic_partitions": 3})
    running = made.start()

    def on_their_way():
        return made.status()["progress"]["delivery"]["uncommitted_messages"]

    running.until(lambda: made.status()["state"] == "Synchronizing" and on_their_way() == 0, "it to follow")
    broker.process.send_signal(signal.SIGSTOP)
    try:
        source.sql("BEGIN", *(statement for turn in range(10) for statement in
                              (f"UPDATE shop.t SET v = '{turn:0150}'", f"INSERT INTO shop.k VALUES ({turn}, {turn})")), "COMMIT")
        running.until(lambda: on_their_way() > 1000, "what there is room for")
    finally:
        broker.process.send_signal(signal.SIGCONT)
    running.until(lambda: made.status()["state"] == "Synchronizing" and on_their_way() == 0, "them to have arrived")
    running.stop().succeeded()
    made.synchronize()
    topics = ["room.shop.t", "room.shop.k"] if "kafka.topics" in settings else [made.prefix]
    assert tables(broker, made, source, topics).kinds["UPDATE"] == 10 * ROWS


def test_rows_that_foreign_keys_change_are_told_before(source, task):
    made = task()
    found = {one["code"]: one for one in made.precheck().json["findings"]}
    assert found["CHECK_CASCADES"]["verdict"] == "passed"
    source.sql("CREATE TABLE shop.child (id INT PRIMARY KEY, t INT, CONSTRAINT follows FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE)")
    found = {one["code"]: one for one in made.precheck().json["findings"]}
    assert found["CHECK_CASCADES"]["verdict"] == "warning" and "shop.child: follows" in str(found["CHECK_CASCADES"])


# --- kafka.ignore_ddl, kafka.ddl_topic -----------------------------------------------------------------------------------

def test_schema_changes_come_to_a_topic_of_their_own_once(broker, source, task, binary):
    rds.needs_steps(binary)
    made = task(**{"kafka.ignore_ddl": "no", "kafka.ddl_topic": "statements"})
    made.synchronize()
    source.sql("ALTER TABLE shop.t ADD COLUMN more INT DEFAULT 5", "UPDATE shop.t SET more = 6 WHERE id = 1", "CREATE TABLE shop.n (id INT PRIMARY KEY)",
               "INSERT INTO shop.n VALUES (1), (2)")
    made.crash_at("ddl-before-commit:2")
    made.synchronize()
    told = kafka_reader.Tables().take(kafka_reader.read(broker, ["statements"]))
    assert [text.split("(")[0].strip() for text in told.statements] == ["ALTER TABLE shop.t ADD COLUMN more INT DEFAULT 5", "CREATE TABLE shop.n"]
    found = kafka_reader.Tables().take(kafka_reader.read(broker, [made.prefix]))
    assert not found.faults and not found.statements
    assert found.lines("shop", "n") == [["1"], ["2"]]
    assert {"id": "1", "v": "x" * 150, "more": "6"} in [row for _, row in found.rows["shop", "t"].values()]


# --- exactly once --------------------------------------------------------------------------------------------------------

def test_killed_at_each_step_nothing_is_lost_or_there_twice(broker, source, task, binary):
    rds.needs_steps(binary)
    made, seed = task(**{"kafka.partitions": "key", "sync.copy_workers": 1}), rds.seed()
    broker.create(made.prefix, 3)
    with Writer(source, seed):
        reached = {step for step in STEPS if made.crash_at(step, sure=False)}
    made.synchronize()
    tables(broker, made, source)
    assert reached == set(STEPS)


@pytest.mark.parametrize("round_", range(20 if rds.LONG else 1))
def test_killed_at_random_nothing_is_lost_or_there_twice(broker, source, task, round_):
    made, seed = task(**{"kafka.partitions": "key"}), rds.seed(50 + round_)
    draw = random.Random(seed)
    broker.create(made.prefix, 3)
    with Writer(source, seed):
        for _ in range(3):
            running = made.start()
            threading.Event().wait(draw.uniform(0.3, 2))
            running.kill()
    made.synchronize()
    tables(broker, made, source)


@pytest.mark.long
def test_the_broker_is_killed(broker, source, task):
    made, seed = task(**{"kafka.partitions": "key"}), rds.seed()
    broker.create(made.prefix, 3)
    with Writer(source, seed):
        running = made.start()
        for _ in range(3):
            threading.Event().wait(random.Random(seed).uniform(1, 6))
            broker.kill()
            broker.start()
        running.until(lambda: made.status()["state"] == "Synchronizing", "it to go on")
        running.stop()
    made.synchronize()
    tables(broker, made, source)


def test_what_stands_behind_a_transaction_that_hangs_is_known_all_the_same(broker, source, task):
    before, made = kafka_reader.topics(broker), task()
    running = made.start()
    running.until(lambda: made.status()["state"] == "Synchronizing", "it to follow")
    kept = {name for name in kafka_reader.topics(broker) - before if name.startswith("rds-sync-")}.pop()
    kafka_reader.hang(broker, kept, 15)
    source.sql("UPDATE shop.t SET v = 'behind' WHERE id <= 10")
    rds.wait_until(lambda: kafka_reader.Tables().take(kafka_reader.read(broker, [made.prefix])).kinds["UPDATE"] == 10, "the changes",
                   process=running)
    running.kill()
    made.synchronize()
    assert tables(broker, made, source).kinds["UPDATE"] == 10


@pytest.mark.parametrize("step", ("chunk-before-commit:2", "apply-before-commit"))
def test_a_process_that_was_taken_over_from_writes_nothing_and_leaves_the_task_alone(broker, source, task, program, tmp_path, binary, step):
    rds.needs_steps(binary)
    other = rds.Program(pathlib.Path(program.binary), tmp_path / "other")
    made = task()
    if step.startswith("apply"):
        made.synchronize()
        source.sql("UPDATE shop.t SET v = 'changed' WHERE id < 10")
    other.env.update({key: value for key, value in program.env.items() if key.startswith("RDS_TEST_")})
    hung = made.stand_at(step)
    try:
        other.run("run", made.path, "--until=synchronized").succeeded()
        hung.go_on()
        rds.wait_until(lambda: hung.ended, "the earlier process to give up", process=hung)
        assert hung.process.returncode != 0 and "RS-4010" in hung.err
    finally:
        hung.kill()
        other.close()
    tables(broker, made, source)
