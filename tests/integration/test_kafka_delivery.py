"""How messages are given to Kafka: without transactions nothing is lost, and what is there twice is a run of changes that were not yet
noted as written; acknowledgements, compression and batches as the broker has them."""

import functools
import itertools
import json
import pathlib
import random
import threading
import time

import conftest
import kafka_reader
import kafka_task
import pytest

import rds

ROWS = 1000
AT_LEAST_ONCE = {"kafka.delivery": "at-least-once", "sync.copy_workers": 1}


@pytest.fixture
def source(pool):
    """With shop.t, of 1,000 rows, and shop.log, which is empty."""
    server = conftest.skipping(pool.get, "mariadb", "source")
    server.reset()
    server.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(200))",
               "CREATE TABLE shop.log (id INT PRIMARY KEY, unit INT)",
               f"INSERT INTO shop.t SELECT seq, REPEAT('x', 150) FROM shop.seq_1_to_{ROWS}", "ANALYZE TABLE shop.t")
    return server


@pytest.fixture
def task(program, source, broker, request):
    """task(**settings), into a topic of one partition that has the test's name."""
    return functools.partial(kafka_task.make, program, source, broker, kafka_reader.name_of(request.node.name))


class Log:
    """Adds to shop.log until it is told to end: unit after unit of one to five rows, numbered without a gap, and a change of t with
    each."""

    def __init__(self, source, seed):
        self._random = random.Random(seed)
        self._end = threading.Event()
        self._connection = source.connect("shop", autocommit=False)
        self.first = {}                          # the number of a unit's first row
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        cursor, numbers = self._connection.cursor(), itertools.count(1)
        for unit in itertools.count(1):
            rows = [(next(numbers), unit) for _ in range(self._random.randint(1, 5))]
            self.first[unit] = rows[0][0]
            cursor.executemany("INSERT INTO log VALUES (%s, %s)", rows)
            cursor.execute(*self._change())
            self._connection.commit()
            if self._end.wait(0.003):
                return

    def _change(self):
        draw = self._random
        one, other, text = draw.randint(1, 2 * ROWS), draw.randint(1, 2 * ROWS), f"{draw.random():.12f}"
        return draw.choice((("INSERT IGNORE INTO t VALUES (%s, %s)", (one, text)), ("UPDATE t SET v = %s WHERE id = %s", (text, one)),
                            ("UPDATE IGNORE t SET id = %s WHERE id = %s", (other, one)), ("DELETE FROM t WHERE id = %s", (one,))))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self._connection.close()


def state(broker, made, source):
    """What a reader of keyed rows comes to, who minds no repetition, is what the source has. The messages."""
    messages = kafka_reader.read(broker, [made.prefix])
    found = kafka_reader.Tables().take(messages)
    for name, columns in (("t", ("id", "v")), ("log", ("id", "unit"))):
        assert found.lines("shop", name) == kafka_reader.source_lines(source, "shop", name, columns), name
    return messages


def repeated(messages, log):
    """The runs of shop.log that come again, as pairs of the first and the last row; each begins with a unit, and there is no gap."""
    rows = [(int(row["id"]), int(row["unit"])) for one in map(kafka_reader.change, messages) if one["table"] == "log" and one["type"] == "INSERT"
            for row in one["data"]]
    copied = {int(row["id"]) for one in map(kafka_reader.change, messages) if one["table"] == "log" and one["type"] == "INIT" for row in one["data"]}
    if not rows:                                # all were there before the copy began
        return []
    assert set(range(1, rows[0][0])) <= copied
    runs = []
    for (before, _), (number, unit) in itertools.pairwise(rows):
        assert number <= before + 1, f"{before + 1} to {number - 1} are missing"
        if number <= before:
            assert log.first[unit] == number, f"{number} is within its unit"
            runs.append((number, before))
    return runs


# --- kafka.delivery --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("step, again", (("kafka-acknowledged:2", 1), ("apply-after-commit", 0)))
def test_killed_while_it_follows_only_what_was_not_noted_comes_again(broker, source, task, binary, step, again):
    rds.needs_steps(binary)
    made, seed = task(**AT_LEAST_ONCE), rds.seed()
    broker.create(made.prefix)
    made.synchronize()
    with Log(source, seed) as log:
        rds.wait_until(lambda: len(log.first) > 20, "some transactions")
        made.crash_at(step)
    made.synchronize()
    runs = repeated(state(broker, made, source), log)
    assert len(runs) == again


def test_killed_in_the_copy_a_chunk_comes_again(broker, source, task, binary):
    rds.needs_steps(binary)
    made = task(**AT_LEAST_ONCE, **{"kafka.compression": "none"})
    broker.create(made.prefix)
    made.crash_at("chunk-after-commit")
    made.crash_at("chunk-before-commit:2")
    once = {row["id"] for one in map(kafka_reader.change, kafka_reader.read(broker, [made.prefix])) for row in one["data"]}
    made.synchronize()
    rows = [row["id"] for one in map(kafka_reader.change, state(broker, made, source)) for row in one["data"]]
    assert ROWS <= len(rows) <= ROWS + len(once) and set(rows) == {str(number) for number in range(1, ROWS + 1)}
    assert len(rows) < 2 * ROWS                 # and the first chunk does not


@pytest.mark.parametrize("step, times", (("kafka-acknowledged:2", 2), ("kafka-journal", 1), ("ddl-before-commit", 1)))
def test_a_schema_change_and_its_position_are_noted_together(broker, source, task, binary, step, times):
    """They are two records: a crash between them must not leave the new table with the old position."""
    rds.needs_steps(binary)
    made = task(**AT_LEAST_ONCE, **{"kafka.ignore_ddl": "no"})
    broker.create(made.prefix)
    made.synchronize()
    source.sql("ALTER TABLE shop.t ADD COLUMN more INT DEFAULT 5")
    made.crash_at(step)
    source.sql("UPDATE shop.t SET more = 6 WHERE id <= 3")
    made.synchronize()
    found = kafka_reader.Tables().take(kafka_reader.read(broker, [made.prefix]))
    assert found.statements == ["ALTER TABLE shop.t ADD COLUMN more INT DEFAULT 5"] * times
    assert [row["more"] for _, row in found.rows["shop", "t"].values() if "more" in row] == ["6"] * 3


@pytest.mark.parametrize("round_", range(20 if rds.LONG else 1))
def test_killed_at_random_nothing_is_lost(broker, source, task, round_):
    made, seed = task(**AT_LEAST_ONCE), rds.seed(70 + round_)
    draw = random.Random(seed)
    broker.create(made.prefix)
    with Log(source, seed) as log:
        for _ in range(3):
            running = made.start()
            threading.Event().wait(draw.uniform(0.3, 2))
            running.kill()
    made.synchronize()
    assert len(repeated(state(broker, made, source), log)) <= 3


def test_who_was_taken_over_from_notes_nothing_and_leaves_the_task_alone(broker, source, task, program, tmp_path, binary):
    rds.needs_steps(binary)
    other = rds.Program(pathlib.Path(program.binary), tmp_path / "other")
    made = task(**AT_LEAST_ONCE)
    broker.create(made.prefix)
    made.synchronize()
    source.sql("INSERT INTO shop.log VALUES (1, 1)")
    other.env.update({key: value for key, value in program.env.items() if key.startswith("RDS_TEST_")})
    hung, begun = made.stand_at("kafka-acknowledged:2"), time.monotonic()
    try:
        other.run("run", made.path, "--until=synchronized").succeeded()
        source.sql("INSERT INTO shop.log VALUES (2, 2)")
        other.run("run", made.path, "--until=synchronized").succeeded()
        rds.wait_until(lambda: time.monotonic() > begun + 1.5, "the time after which it looks")
        hung.go_on()
        rds.wait_until(lambda: hung.ended, "the earlier process to give up", process=hung)
        assert hung.process.returncode != 0 and "RS-4010" in hung.err
    finally:
        hung.kill()
        other.close()
    made.synchronize()
    rows = [row["id"] for one in map(kafka_reader.change, state(broker, made, source)) if one["table"] == "log" for row in one["data"]]
    assert rows == ["1", "1", "2"]


def test_either_way_goes_on_where_the_other_was(broker, source, task, binary):
    """What a crash left of a journal is put right by whoever comes next."""
    rds.needs_steps(binary)
    made = task(**AT_LEAST_ONCE, **{"kafka.ignore_ddl": "no"})
    broker.create(made.prefix)
    made.synchronize()
    source.sql("ALTER TABLE shop.log ADD COLUMN more INT")
    made.crash_at("kafka-journal")
    made.replace("at-least-once", "exactly-once")
    source.sql("INSERT INTO shop.log VALUES (1, 1, 1)")
    made.synchronize()
    made.replace("exactly-once", "at-least-once")
    source.sql("INSERT INTO shop.log VALUES (2, 2, 2)")
    made.synchronize()
    found = kafka_reader.Tables().take(kafka_reader.read(broker, [made.prefix]))
    assert not found.faults and len(found.statements) == 1
    assert found.lines("shop", "log") == [["1", "1", "1"], ["2", "2", "2"]]


# --- kafka.acks, kafka.compression, kafka.batch_size, kafka.linger ----------------------------------------------------------

def test_who_waits_for_no_acknowledgement_does_not_hear_of_a_refusal(broker, source, task):
    made = task(**AT_LEAST_ONCE, **{"kafka.acks": "1", "kafka.compression": "none", "sync.retry_other": 0,
                                    "precheck.ignore": "CHECK_KAFKA_MESSAGE_SIZE"})
    broker.create(made.prefix, max_message_bytes=1000)
    source.sql("DELETE FROM shop.t WHERE id > 1", "UPDATE shop.t SET v = REPEAT('y', 200)", "ALTER TABLE shop.t MODIFY v VARCHAR(5000)",
               "UPDATE shop.t SET v = REPEAT('y', 2000)")
    told = made.run("--until=synchronized")
    assert told.code != 0 and "MSG_SIZE_TOO_LARGE" in told.err
    made.replace("acks = 1", "acks = 0")
    made.synchronize()
    assert not kafka_reader.read(broker, [made.prefix])
    made.replace("at-least-once", "exactly-once")
    told = made.run("--until=synchronized")
    assert told.code != 0 and "RS-1005" in told.err and "kafka.acks" in told.err and "kafka.delivery = at-least-once" in told.err


@pytest.mark.parametrize("compression", kafka_reader.CODECS)
def test_the_broker_has_what_was_chosen(broker, source, task, compression):
    made = task(**{"kafka.compression": None if compression == "lz4" else compression, "kafka.batch_size": "5K"})
    broker.create(made.prefix)
    made.synchronize()
    batches = kafka_reader.batches(broker, made.prefix)
    assert {one.codec for one in batches} == {compression} and sum(one.records for one in batches) == ROWS
    assert 6 <= max(one.records for one in batches) <= 15           # of 400 bytes each


def rows_of(broker, made, source):
    """shop.t as the messages have it, which is the source's."""
    found = kafka_reader.Tables().take(kafka_reader.read(broker, [made.prefix]))
    assert not found.faults, found.faults[:5]
    assert found.lines("shop", "t") == kafka_reader.source_lines(source, "shop", "t", ("id", "v"))
    return found


@pytest.mark.parametrize("settings", ({}, AT_LEAST_ONCE), ids=("exactly", "at-least"))
def test_no_more_is_sent_at_once_than_the_topic_takes(broker, source, task, program, settings):
    """A broker refuses the whole batch, and its transaction with it."""
    made = task(**settings, **{"kafka.compression": "none", "kafka.batch_size": "4M", "precheck.ignore": "CHECK_KAFKA_MESSAGE_SIZE",
                               "sync.retry_other": 0, "sync.chunk_size": "4M"})
    broker.create(made.prefix, max_message_bytes=100000)
    made.synchronize()
    source.sql("UPDATE shop.t SET v = REPEAT('y', 150)")
    made.synchronize()
    assert rows_of(broker, made, source).kinds["UPDATE"] == ROWS
    assert 150 <= max(one.records for one in kafka_reader.batches(broker, made.prefix)) <= 300
    assert "less is sent at once" in str(program.logged())


def test_a_topic_that_takes_less_than_before_gets_less_at_once(broker, source, task, program):
    made = task(**{"kafka.compression": "none"})
    broker.create(made.prefix)
    running = made.start()
    running.until(lambda: made.status()["state"] == "Synchronizing", "it to follow")
    broker.alter(made.prefix, max_message_bytes=50000)
    source.sql("UPDATE shop.t SET v = REPEAT('z', 150)")
    running.until(lambda: kafka_reader.Tables().take(kafka_reader.read(broker, [made.prefix])).kinds["UPDATE"] == ROWS, "the changes")
    running.stop().succeeded()
    assert rows_of(broker, made, source).kinds["UPDATE"] == ROWS
    assert "(max.message.bytes), kafka.batch_size is 900K" in str(program.logged())


def test_messages_wait_for_others_as_long_as_was_said(broker, source, task):
    """The rows come one by one, at 250 a second; with few milliseconds they would be sent as they come."""
    source.sql("DELETE FROM shop.t WHERE id > 250")
    made = task(**{"kafka.linger": 30000, "sync.full_max_rows": 250, "sync.chunk_size": "1M"})
    broker.create(made.prefix)
    made.synchronize()
    assert [one.records for one in kafka_reader.batches(broker, made.prefix)] == [250]


# --- kafka.max_message, kafka.oversize ----------------------------------------------------------------------------------------

LARGE = {"kafka.max_message": "10K", "kafka.compression": "none"}


def cut(broker, made):
    """The messages that were cut: what they say, and their headers."""
    return [(kafka_reader.change(one), one.headers) for one in kafka_reader.read(broker, [made.prefix]) if one.headers]


def with_long_rows(source):
    source.sql("DELETE FROM shop.t WHERE id > 3", "ALTER TABLE shop.t MODIFY v MEDIUMTEXT", "UPDATE shop.t SET v = REPEAT('l', 20000) WHERE id = 2")


@pytest.mark.parametrize("policy", ("stop", "key-only", "side-file"))
def test_a_message_that_is_too_large(broker, source, task, program, policy):
    with_long_rows(source)
    made = task(**LARGE, **{"kafka.oversize": policy})
    broker.create(made.prefix)
    if policy == "stop":
        refused = "RS-4007 shop.t: a message of"
        assert refused in made.run("--until=synchronized").exited(1).err            # copied
        made.replace("max_message = 10K", "max_message = 30K")
        made.synchronize()
        source.sql("INSERT INTO shop.t VALUES (4, REPEAT('m', 40000))")
        assert refused in made.run("--until=synchronized").exited(1).err            # followed
        return
    made.synchronize()
    source.sql("INSERT INTO shop.t VALUES (4, REPEAT('m', 15000)), (5, 'short')", "UPDATE shop.t SET id = 6, v = CONCAT(v, 'n') WHERE id = 4")
    made.synchronize()
    found = cut(broker, made)
    assert [(one["type"], one["data"]) for one, _ in found] == [("INIT", [{"id": "2"}]), ("INSERT", [{"id": "4"}]), ("UPDATE", [{"id": "6"}])]
    assert found[2][0]["old"] == [{"id": "4"}]
    assert {headers["rds-sync-oversize"] for _, headers in found} == {policy} and int(found[0][1]["rds-sync-size"]) > 20000
    state_dir = program.home / "state/rds-sync"
    if policy == "key-only":
        assert not list(state_dir.glob("*.large"))
        return
    paths = [state_dir / headers["rds-sync-file"] for _, headers in found]
    assert sorted(paths) == sorted(state_dir.glob("*.large/*")) and {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    whole = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    assert [one["data"][0]["v"] for one in whole] == ["l" * 20000, "m" * 15000, "m" * 15000 + "n"]
    assert [one["id"] for one in whole] == [one["id"] for one, _ in found]


@pytest.mark.parametrize("policy", ("key-only", "side-file"))
def test_a_schema_change_that_is_too_large(broker, source, task, program, policy):
    made = task(**LARGE, **{"kafka.ignore_ddl": "no"})
    broker.create(made.prefix)
    made.synchronize()
    statement = f"ALTER TABLE shop.t ADD COLUMN more INT DEFAULT 5 /* {'c' * 20000} */"
    source.sql(statement)
    assert "RS-4007" in (told := made.run("--until=synchronized").exited(1).err) and "schema change" in told
    made.replace("max_message = 10K", f"max_message = 10K\noversize = {policy}")
    source.sql("UPDATE shop.t SET more = 6 WHERE id <= 3")
    made.synchronize()
    (message, headers), = cut(broker, made)
    assert message["isDdl"] and message["sql"] == "" and message["table"] == "t" and message["type"] == "DDL"
    assert headers["rds-sync-oversize"] == policy and int(headers["rds-sync-size"]) > 20000
    if policy == "side-file":
        whole = json.loads((program.home / "state/rds-sync" / headers["rds-sync-file"]).read_text(encoding="utf-8"))
        assert {**whole, "sql": ""} == message and "c" * 20000 in whole["sql"]
    assert [row["more"] for _, row in kafka_reader.Tables().take(kafka_reader.read(broker, [made.prefix])).rows["shop", "t"].values()
            if "more" in row] == ["6"] * 3


def test_files_are_those_of_what_was_committed_whatever_is_killed(broker, source, task, program, binary):
    rds.needs_steps(binary)
    with_long_rows(source)
    made = task(**LARGE, **{"kafka.oversize": "side-file", "sync.copy_workers": 1})
    broker.create(made.prefix)
    directory = program.home / "state/rds-sync"

    def files():
        return sorted(str(path.relative_to(directory)) for path in directory.glob("*.large/*"))

    def exactly_those():
        assert sorted(headers["rds-sync-file"] for _, headers in cut(broker, made)) == files()

    for step in ("kafka-file", "chunk-before-commit", "chunk-after-commit"):
        made.crash_at(step)
    made.synchronize()
    exactly_those()
    for number, step in enumerate(("kafka-file", "apply-before-commit", "apply-after-commit"), 10):
        source.sql(f"INSERT INTO shop.t VALUES ({number}, REPEAT('{step}', 2000))")
        made.crash_at(step)
    made.synchronize()
    exactly_those()
    assert len(files()) == 4
    (directory / files()[0]).unlink()                           # by a reader, who has no more use for it
    source.sql("INSERT INTO shop.t VALUES (20, REPEAT('more', 5000))")
    made.synchronize()
    assert len(files()) == 4


def test_a_row_without_a_key_has_a_file_and_no_message_of_its_key(broker, source, task):
    source.sql("DROP TABLE shop.t", "CREATE TABLE shop.k (v MEDIUMTEXT)", "INSERT INTO shop.k VALUES (REPEAT('k', 20000))")
    made = task(**LARGE, **{"kafka.oversize": "key-only"})
    broker.create(made.prefix)
    told = made.run("--until=synchronized")
    assert told.code != 0 and "has no key" in told.err
    made.replace("oversize = key-only", "oversize = side-file")
    made.synchronize()
    (message, headers), = cut(broker, made)
    assert message["data"] == [{}] and headers["rds-sync-oversize"] == "side-file"
