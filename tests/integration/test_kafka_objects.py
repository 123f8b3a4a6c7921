"""Objects of a running task that writes to Kafka are added, taken out, suspended and copied anew, while a writer changes them: the
tables that a consumer rebuilds are the source's, and no message is lost or there twice, whatever is killed."""

import random
import time

import kafka_reader
import pytest

import rds
from test_change_objects import set_objects, state_of, synchronizing, table, told
from test_kafka_sync import ROWS, Writer, source, task  # pylint: disable=unused-import

COLUMNS = {"t": ("id", "v"), "k": ("a", "b"), "n": ("id", "v")}
ADDING = ["side-noted", "side-made", "planned", "chunk-before-commit:2", "keyless-loaded", "copy-done", "side-asks", "side-awaited", "side-joins",
          "side-joined", "kafka-fenced:2"]
ANEW = ["side-noted", "side-made", "side-saved", "side-emptied", "planned", "chunk-before-commit:2", "copy-done", "side-joins", "side-joined"]


@pytest.fixture
def shop(source):
    """The source with a third table, shop.n."""
    source.sql("CREATE TABLE shop.n (id INT PRIMARY KEY, v VARCHAR(200))", f"INSERT INTO shop.n SELECT seq, REPEAT('n', 150) FROM shop.seq_1_to_{ROWS}",
               "ANALYZE TABLE shop.n")
    return source


class Writers:
    """One for shop.t and shop.k, one for shop.n."""

    def __init__(self, shop, seed):
        self._all = [Writer(shop, seed), Writer(shop, seed + 1, name="n")]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self._all:
            one.__exit__()


def rebuilt(broker, made, shop, names, topics=None):
    found = kafka_reader.Tables().take(kafka_reader.read(broker, topics or [made.prefix]))
    assert not found.faults, found.faults[:5]
    for name in names:
        assert found.lines("shop", name) == kafka_reader.source_lines(shop, "shop", name, COLUMNS[name]), name
    return found


def kept(broker, before):
    """The topics in which something of tasks is kept."""
    return {name for name in kafka_reader.topics(broker) - before if name.startswith("rds-sync-")}


def keeps(broker, before, number):
    """So many; the broker hears of a topic's end a moment after whoever had it removed."""
    rds.wait_until(lambda: len(kept(broker, before)) == number, f"{number} topics to be kept")


def goes_on(running, made, name):
    """Changes of a table come to its topic."""
    def counted():
        return next(one["updates"] for one in told(made)["tables"] if f"{one['database']}.{one['table']}" == name)

    before = counted()
    running.until(lambda: counted() > before, f"changes of {name}")


def objects(made, *names):
    return set_objects(made, " ".join(f"shop.{name}" for name in names)).succeeded()


def all_here(running, made, *names):
    synchronizing(running, made, *(f"shop.{name}" for name in names))


def test_tables_are_added_to_a_task_that_runs_and_taken_out(broker, shop, task):
    before, made = kafka_reader.topics(broker), task(**{"kafka.partitions": "key", "kafka.topics": "table", "kafka.topic_name": "added.{table}",
                                                        "kafka.topic_partitions": 3})
    objects(made, "t")
    running = made.start()
    all_here(running, made, "t")
    assert "added.n" not in kafka_reader.topics(broker)
    with Writers(shop, rds.seed()):
        objects(made, "t", "n", "k")
        all_here(running, made, "t", "n", "k")
        keeps(broker, before, 1)                        # a side leaves nothing behind
        objects(made, "t", "k")
        running.until(lambda: state_of(made, "shop.n") is None, "it to be left")
    running.stop().succeeded()
    made.synchronize()
    assert not rebuilt(broker, made, shop, ["t", "k"], ["added.t", "added.k"]).statements
    shop.sql("UPDATE shop.n SET v = 'not told'")
    made.synchronize()
    assert b"not told" not in b"".join(one.value for one in kafka_reader.read(broker, ["added.n"]))


def test_a_table_that_fails_the_precheck_is_not_added_and_the_rest_goes_on(shop, task):
    made, long = task(**{"kafka.topics": "table", "kafka.topic_name": 230 * "x" + "{table}"}), 20 * "z"
    shop.sql(f"CREATE TABLE shop.{long} (id INT PRIMARY KEY)")
    objects(made, "t")
    running = made.start()
    all_here(running, made, "t")
    objects(made, "t", long)
    running.until(lambda: any(one["code"] == "RS-6003" and long in one["text"] for one in told(made)["problems"]), "the problem to be told")
    with Writers(shop, rds.seed()):
        goes_on(running, made, "shop.t")
    running.stop().succeeded()


@pytest.mark.parametrize("partitions, ignored", (("key", "yes"), ("zero", "no")) if rds.LONG else (("key", "yes"),))
def test_a_table_rests_goes_on_and_is_copied_anew(broker, shop, task, partitions, ignored):
    made = task(**{"kafka.partitions": partitions, "kafka.ignore_ddl": ignored})
    broker.create(made.prefix, 3)
    running = made.start()
    with Writers(shop, rds.seed()):
        all_here(running, made, "t", "n", "k")
        for name in ("shop.n", "shop.k"):
            table(made, "suspend", name).succeeded()
        running.until(lambda: state_of(made, "shop.n") == state_of(made, "shop.k") == "suspended", "the tables to rest")
        for statement in ("UPDATE shop.n SET v = 'while it rests' WHERE id <= 10", "DELETE FROM shop.n WHERE id BETWEEN 100 AND 200",
                          "DELETE FROM shop.k LIMIT 20"):
            rds.insist(shop, statement)
        goes_on(running, made, "shop.t")
        table(made, "resume", "shop.k").succeeded()
        all_here(running, made, "t", "k")
        table(made, "resync", "shop.n").succeeded()
        all_here(running, made, "t", "k", "n")
        table(made, "resync", "shop.k").succeeded()
        all_here(running, made, "t", "k", "n")
    running.stop().succeeded()
    made.synchronize()
    found = rebuilt(broker, made, shop, ["t", "k", "n"])
    each = 3 if partitions == "key" else 1
    assert sorted(found.statements) == ["TRUNCATE TABLE `shop`.`k`"] * each + ["TRUNCATE TABLE `shop`.`n`"] * each


# --- what else can be done with a task ------------------------------------------------------------------------------------

def event(made, verb, *args):
    return made.program.run("event", verb, made.path, *args)


def test_a_message_that_no_broker_takes_is_seen_retried_and_left_out(broker, source, task, tmp_path):
    """Nothing is executed in its place: that is said before it is noted."""
    made = task(**{"kafka.compression": "none"})
    source.sql("ALTER TABLE shop.t MODIFY v LONGTEXT")
    made.synchronize()
    source.sql("BEGIN; INSERT INTO shop.t VALUES (5001, 'before'), (5002, REPEAT('q', 2000000)), (5003, 'behind'); UPDATE shop.t SET v = 'later' WHERE id = 1; COMMIT")
    assert "RS-4007" in made.run("--until=synchronized").exited(1).err
    shown = event(made, "show").succeeded()
    assert "5002" in shown.out and "event skip" in shown.out and "event edit" not in shown.out
    instead = tmp_path / "instead.sql"
    instead.write_text("DELETE FROM shop.t WHERE id = 5002", encoding="utf-8")
    assert "RS-1015" in event(made, "edit", f"--sql={instead}").exited(2).err
    event(made, "retry").succeeded()
    assert "RS-4007" in made.run("--until=synchronized").exited(1).err
    event(made, "skip").succeeded()
    made.synchronize()
    found = kafka_reader.Tables().take(kafka_reader.read(broker, [made.prefix]))
    assert not found.faults and [row["v"] for key, (_, row) in sorted(found.rows["shop", "t"].items()) if key in (("1",), ("5001",), ("5002",), ("5003",))] == [
        "later", "before", "behind"]
    progress = told(made)
    assert progress["counters"]["skipped"] == 1 and "verify" not in next(one["hint"] for one in progress["problems"] if one["code"] == "RS-6011")


def test_what_was_decided_behind_a_transaction_that_hangs_is_withdrawn(broker, source, task):
    before, made = kafka_reader.topics(broker), task(**{"kafka.compression": "none"})
    source.sql("ALTER TABLE shop.t MODIFY v LONGTEXT")
    made.synchronize()
    source.sql("INSERT INTO shop.t VALUES (5002, REPEAT('q', 2000000))")
    assert "RS-4007" in made.run("--until=synchronized").exited(1).err
    kafka_reader.hang(broker, *kept(broker, before), 3)
    event(made, "skip").succeeded()
    event(made, "retry").succeeded()
    assert "RS-4007" in made.run("--until=synchronized").exited(1).err


def test_a_table_whose_message_no_broker_takes_rests_and_goes_on_anew(broker, shop, task):
    made = task(**{"kafka.compression": "none"})
    shop.sql("ALTER TABLE shop.n MODIFY v LONGTEXT")
    made.synchronize()
    shop.sql("INSERT INTO shop.n VALUES (5002, REPEAT('q', 2000000))", "UPDATE shop.t SET v = 'good' WHERE id = 1")
    assert "RS-4007" in made.run("--until=synchronized").exited(1).err
    table(made, "suspend", "shop.n").succeeded()
    running = made.start()
    running.until(lambda: told(made)["caught_up"] and state_of(made, "shop.n") == "suspended", "the rest to go on")
    shop.sql("DELETE FROM shop.n WHERE id = 5002")
    table(made, "resync", "shop.n").succeeded()
    all_here(running, made, "t", "n", "k")
    running.stop().succeeded()
    rebuilt(broker, made, shop, ["t", "n", "k"])


@pytest.mark.parametrize("words", (("verify",), ("reanchor",), ("repair",)))
def test_what_has_no_meaning_for_a_queue_is_said_before_it_is_begun(task, words):
    made = task()
    assert "RS-1015" in made.program.run(*words, made.path, *(["shop.t"] if words == ("repair",) else [])).exited(2).err


# sync.relay_quota, sync.incremental_max_bytes, sync.full_max_bytes, sync.full_max_queries, alert.lag, alert.command
def test_a_task_is_limited_paused_watched_and_released(broker, shop, task, tmp_path):
    before, heard = kafka_reader.topics(broker), tmp_path / "heard"
    made = task(**{"sync.relay_quota": "80K", "alert.lag": 1, "alert.command": f"echo $RDS_SYNC_ALERT >> {heard}", "sync.full_max_bytes": "40K",
                   "sync.full_max_queries": 100})
    running = made.start()
    running.until(lambda: told(made).get("throttled"), "the copy to be held back")
    change = lambda *settings: made.program.run("task", "set", made.path, *settings).succeeded()
    change("sync.full_max_bytes=0")
    all_here(running, made, "t", "n", "k")
    made.command("pause").succeeded()
    running.until(lambda: made.status()["state"] == "Suspending", "the pause")
    for _ in range(10):
        shop.sql("UPDATE shop.t SET v = SHA2(RAND(), 512)")
    running.until(lambda: told(made)["relay"]["full"] and told(made)["alerts"] == ["lag"], "the quota to be reached, and the alert")
    change("sync.relay_quota=1G", "sync.incremental_max_bytes=100K")
    made.command("resume").succeeded()
    running.until(lambda: told(made).get("throttled"), "changes to be held back")
    change("sync.incremental_max_bytes=0")
    running.until(lambda: told(made)["caught_up"] and told(made)["alerts"] == [], "it to have caught up")
    running.until(lambda: heard.exists() and "lag" in heard.read_text(encoding="utf-8"), "the command to be told")
    keeps(broker, before, 1)
    made.command("release").succeeded()
    running.wait()
    keeps(broker, before, 0)
    assert made.status()["state"] == "Released"
    rebuilt(broker, made, shop, ["t", "n", "k"])


def test_a_task_is_reset_with_tables_on_ways_of_their_own(broker, shop, task):
    before, made = kafka_reader.topics(broker), task()
    running = made.start()
    all_here(running, made, "t", "n", "k")
    table(made, "suspend", "shop.n").succeeded()
    running.until(lambda: state_of(made, "shop.n") == "suspended", "it to rest")
    keeps(broker, before, 2)
    running.stop().succeeded()
    made.program.run("reset", made.path, "--yes").succeeded()
    keeps(broker, before, 0)


# --- killed --------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("first, second", zip(ADDING, ADDING) if rds.LONG else (("side-noted", "side-joins"),))
def test_tables_are_added_by_a_program_that_is_killed(broker, shop, task, binary, first, second):
    rds.needs_steps(binary)
    before, made = kafka_reader.topics(broker), task(**{"kafka.partitions": "key"})
    broker.create(made.prefix, 3)
    objects(made, "t")
    made.synchronize()
    objects(made, "t", "n", "k")
    with Writers(shop, rds.seed()):
        made.crash_at(first)
        made.crash_at(second, sure=False)
        made.synchronize()
    made.synchronize()
    rebuilt(broker, made, shop, ["t", "n", "k"])
    keeps(broker, before, 1)


@pytest.mark.parametrize("step", ANEW if rds.LONG else ("side-emptied",))
def test_a_table_is_copied_anew_by_a_program_that_is_killed(broker, shop, task, program, binary, step):
    rds.needs_steps(binary)
    before, made = kafka_reader.topics(broker), task(**{"kafka.partitions": "key"})
    broker.create(made.prefix, 3)
    made.synchronize()
    with Writers(shop, rds.seed()):
        program.env["RDS_SYNC_CRASH_AT"] = step
        codes = [table(made, what, "shop.n", "shop.k").code for what in ("suspend", "resume", "resync")]
        crashed = made.crash_at(step, sure=False)
        assert crashed or -9 in codes, codes
        made.synchronize()
        if state_of(made, "shop.n") == "suspended":
            table(made, "resume", "shop.n", "shop.k").succeeded()
        made.synchronize()
    made.synchronize()
    rebuilt(broker, made, shop, ["t", "n", "k"])
    keeps(broker, before, 1)


def test_a_large_table_without_a_key_is_copied_in_parts_and_by_a_program_that_is_killed_again(broker, shop, task, binary):
    """A transaction has a quarter of an hour: readers are told that what is committed of it is nothing before it begins again."""
    rds.needs_steps(binary)
    made = task()
    made.crash_at("keyless-part:3")
    made.crash_at("keyless-part:1000", sure=False)
    made.synchronize()
    assert rebuilt(broker, made, shop, ["t", "n", "k"]).statements == ["TRUNCATE TABLE `shop`.`k`"]


class Life:
    """A task whose objects are changed and whose program is killed, all at random."""

    def __init__(self, made, seed):
        self.made, self.chance, self.kills = made, random.Random(seed), 0
        self.chosen = {"t", "n"}
        objects(made, *self.chosen)
        made.synchronize()
        self.start()

    def start(self):
        self.running = self.made.start()
        pid = self.running.process.pid
        self.running.until(lambda: self.made.status()["pid"] == pid, "it to live")

    def step(self):
        what = self.chance.choice(["suspend", "resume", "resync", "resync", "kill", "kill", "kill", "add"])
        print(what)
        if what == "kill":
            self.running.kill()
            self.kills += 1
            self.start()
        elif what == "add":
            self.chosen = {"t", "n", "k"}
            objects(self.made, *self.chosen)
        else:
            table(self.made, what, f"shop.{self.chance.choice(sorted(self.chosen))}")
        time.sleep(self.chance.random() ** 2 * 2)

    def end(self):
        for name in self.chosen:
            table(self.made, "resume", f"shop.{name}")
        all_here(self.running, self.made, *self.chosen)
        self.running.stop().succeeded()
        self.made.synchronize()


@pytest.mark.long
@pytest.mark.parametrize("round_", range(8))
def test_random_changes_of_objects_and_kills(broker, shop, task, round_):
    made, seed = task(**{"kafka.partitions": "key"}), rds.seed(700 + round_)
    broker.create(made.prefix, 3)
    with Writers(shop, seed):
        life = Life(made, seed)
        for _ in range(20):
            life.step()
    life.end()
    print("kills", life.kills)
    rebuilt(broker, made, shop, life.chosen)
