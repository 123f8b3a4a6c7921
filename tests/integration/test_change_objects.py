"""Objects are added to a running task and taken out of it, and the rest goes on meanwhile."""

import contextlib
import sqlite3
import threading
import time

import pymysql
import pytest

import compare

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")


class Writer:
    """Inserts, updates and deletes rows of TABLES all the time, one transaction for two tables."""

    def __init__(self, server, tables):
        self.server, self.tables = server, list(tables)
        self.rounds, self.failure, self.ended = 0, None, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        assert self.failure is None, self.failure

    def run(self):
        try:
            connection = self.server.connect(autocommit=False)
            with connection.cursor() as cursor:
                while not self.ended.is_set():
                    self.round(cursor)
                    connection.commit()
                    time.sleep(0.005)
            connection.close()
        except pymysql.err.Error as error:
            self.failure = error

    def round(self, cursor):
        self.rounds += 1
        for table in self.tables:
            cursor.execute(f"INSERT INTO {table} (a, b) VALUES (%s, %s)", (self.rounds, "w" * (self.rounds % 50)))
            cursor.execute(f"UPDATE {table} SET b = CONCAT('u', %s) WHERE a = %s", (self.rounds, self.rounds // 2))
            cursor.execute(f"DELETE FROM {table} WHERE a = %s", (self.rounds - 40,))


def make(pair, *tables, rows=200, key=True):
    for table in tables:
        db = table.split(".")[0]
        pair.source.sql(f"CREATE DATABASE IF NOT EXISTS {db}",
                        f"CREATE TABLE {table} ({'id INT PRIMARY KEY AUTO_INCREMENT,' if key else ''} a INT, b VARCHAR(200)"
                        f"{', KEY (a)' if key else ''})",
                        f"INSERT INTO {table} (a, b) VALUES " + ",".join(f"(-{i}, 'r{i}')" for i in range(1, rows + 1)))


def told(task):
    return task.status()["progress"] or {}


def remembered(task):
    """What the host's history says of its objects."""
    (path,) = (task.program.home / "state").rglob("*.db")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as state:
        return [text.rstrip() for (text,) in state.execute("SELECT text FROM history WHERE kind = 'objects' ORDER BY n")]


def state_of(task, name):
    for table in told(task).get("tables", ()):
        if f"{table['database']}.{table['table']}" == name:
            return table["state"]
    return None


def set_objects(task, include):
    return task.program.run("task", "set", task.path, f"objects.include={include}")


def same(pair, *databases):
    return compare.compare_databases(pair.source, pair.destination, list(databases)) == []


def synchronizing(running, task, *names):
    running.until(lambda: all(state_of(task, name) == "synchronizing" for name in names), f"{names} to be synchronizing")


def test_a_table_is_added_while_both_are_written(pair, program):
    make(pair, "d.old", "d.new")
    task = program.task("t", pair, ["d.old"])
    running = task.start()
    with Writer(pair.source, ["d.old", "d.new"]):
        synchronizing(running, task, "d.old")
        set_objects(task, "d.old d.new").succeeded()
        synchronizing(running, task, "d.old", "d.new")
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    assert told(task)["counters"]["anomalies"] == 0
    set_objects(task, "d.old").succeeded()
    running.until(lambda: remembered(task) == ["added: d.new", "joined: d.new", "taken out: d.new"], "the history to tell all of it")
    running.stop().succeeded()


def test_what_runs_goes_on_while_a_large_table_is_copied(pair, program):
    """A row that is inserted into an old table when the copy has begun arrives before the copy ends."""
    make(pair, "d.old")
    make(pair, "d.large", rows=5000)
    for _ in range(3):
        pair.source.sql("INSERT INTO d.large (a, b) SELECT a, REPEAT('x', 150) FROM d.large")
    task = program.task("t", pair, ["d.old"], settings={"sync.full_max_rows": 200})
    running = task.start()
    synchronizing(running, task, "d.old")
    set_objects(task, "d.old d.large").succeeded()
    running.until(lambda: state_of(task, "d.large") == "joining", "the large table to be joining")
    pair.source.sql("INSERT INTO d.old (a, b) VALUES (77, 'meanwhile')")
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM d.old WHERE a = 77") == 1, "the row")
    assert state_of(task, "d.large") == "joining"
    program.run("task", "set", task.path, "sync.full_max_rows=0").succeeded()
    synchronizing(running, task, "d.old", "d.large")
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    running.stop().succeeded()


def numbers(task, name):
    """What the status counts of a table."""
    for table in told(task).get("tables", ()):
        if f"{table['database']}.{table['table']}" == name:
            return {of: table[of] for of in ("rows", "inserts", "updates", "deletes", "copying")}
    return {}


def test_what_was_done_to_a_table_before_it_joined_goes_on_being_counted(pair, program):
    make(pair, "d.old", rows=5)
    make(pair, "d.new", rows=3000)
    task = program.task("t", pair, ["d.old"], settings={"sync.full_max_rows": 20})
    running = task.start()
    running.until(lambda: state_of(task, "d.old") == "synchronizing", "following")
    set_objects(task, "d.old d.new").succeeded()
    running.until(lambda: numbers(task, "d.new").get("copying"), "the copy")
    pair.source.sql("INSERT INTO d.new (a) VALUES (7), (8), (9)", "UPDATE d.new SET b = 'u' WHERE a IN (-1, -2)", "DELETE FROM d.new WHERE a = -3")
    program.run("task", "set", task.path, "sync.full_max_rows=0").succeeded()
    synchronizing(running, task, "d.old", "d.new")
    done = {"inserts": 3, "updates": 2, "deletes": 1}
    running.until(lambda: numbers(task, "d.new").items() >= done.items(), f"{done} to be counted")
    assert 2999 <= numbers(task, "d.new")["rows"] <= 3003, numbers(task, "d.new")
    pair.source.sql("INSERT INTO d.new (a) VALUES (10)")
    running.until(lambda: numbers(task, "d.new")["inserts"] == 4, "one more to be counted")
    running.stop().succeeded()


def test_a_whole_database_and_tables_with_and_without_a_key(pair, program):
    make(pair, "d.old", "e.a", "e.b")
    make(pair, "e.nokey", key=False, rows=30)
    task = program.task("t", pair, ["d"])
    running = task.start()
    with Writer(pair.source, ["d.old", "e.a", "e.b"]):
        synchronizing(running, task, "d.old")
        set_objects(task, "d e").succeeded()
        running.until(lambda: state_of(task, "e.a") is not None, "the database to be joining")
        pair.source.sql("CREATE TABLE e.made (id INT PRIMARY KEY)", "INSERT INTO e.made VALUES (1), (2)",
                        "ALTER TABLE e.a ADD COLUMN c INT DEFAULT 5", "ALTER TABLE d.old ADD COLUMN c INT DEFAULT 6",
                        "INSERT INTO e.nokey (a, b) VALUES (1, 'x'), (1, 'x')")
        synchronizing(running, task, "d.old", "e.a", "e.b", "e.nokey", "e.made")
        pair.source.sql("CREATE TABLE e.later (id INT PRIMARY KEY)", "INSERT INTO e.later VALUES (3)",
                        "DELETE FROM e.nokey WHERE a = 1 LIMIT 1")
    running.until(lambda: same(pair, "d", "e"), "both sides to be the same")
    assert told(task)["counters"]["anomalies"] == 0
    running.stop().succeeded()


def test_what_was_changed_while_nothing_ran_is_found_at_the_start(pair, program):
    make(pair, "d.old", "d.new", "e.t")
    task = program.task("t", pair, ["d.old"])
    task.synchronize()
    set_objects(task, "d.old d.new e").succeeded()
    pair.source.sql("INSERT INTO d.old (a) VALUES (5)", "INSERT INTO d.new (a) VALUES (5)")
    task.synchronize()
    assert same(pair, "d", "e")
    set_objects(task, "d.new e").succeeded()
    pair.source.sql("INSERT INTO d.old (a) VALUES (6)", "INSERT INTO d.new (a) VALUES (6)")
    task.synchronize()
    assert pair.destination.value("SELECT COUNT(*) FROM d.old WHERE a = 6") == 0
    assert pair.destination.value("SELECT COUNT(*) FROM d.new WHERE a = 6") == 1


def test_a_table_that_is_taken_out_stays_as_it_is(pair, program):
    make(pair, "d.kept", "d.out")
    task = program.task("t", pair, ["d"])
    running = task.start()
    synchronizing(running, task, "d.kept", "d.out")
    program.run("task", "set", task.path, "objects.exclude=d.out").succeeded()
    running.until(lambda: state_of(task, "d.out") is None, "the table to be left")
    pair.source.sql("INSERT INTO d.out (a) VALUES (7)", "ALTER TABLE d.out ADD COLUMN c INT",
                    "INSERT INTO d.kept (a) VALUES (7)")
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM d.kept WHERE a = 7") == 1, "the other table's row")
    assert pair.destination.value("SELECT COUNT(*) FROM d.out") == 200
    assert told(task)["state"] == "Synchronizing"
    # It is there already, and so can't be added again until it is dropped.
    program.run("task", "set", task.path, "objects.exclude=").succeeded()
    running.until(lambda: any("d.out" in p["text"] or p["code"] == "RS-6003" for p in told(task)["problems"]), "a finding")
    pair.destination.sql("DROP TABLE d.out")
    task.command("resume").succeeded()
    synchronizing(running, task, "d.kept", "d.out")
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    running.stop().succeeded()


def test_names_of_what_is_synchronized_stay(pair, program):
    make(pair, "d.t")
    task = program.task("t", pair, ["d.t"])
    running = task.start()
    synchronizing(running, task, "d.t")
    answer = program.run("task", "set", task.path, "objects.rename.1=d.t -> d.u")
    assert answer.code != 0 and "RS-1016" in answer.err and "d.t" in answer.err
    pair.source.sql("INSERT INTO d.t (a) VALUES (8)")
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    running.stop().succeeded()


@pytest.mark.pairs("mariadb-mariadb")
def test_a_family_is_added_and_taken_out_as_a_whole(pair, program):
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.parent (id INT PRIMARY KEY)",
                    "CREATE TABLE d.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES d.parent (id) "
                    "ON DELETE CASCADE)",
                    "CREATE TABLE d.other (id INT PRIMARY KEY)", "INSERT INTO d.parent VALUES (1), (2), (3)",
                    "INSERT INTO d.child VALUES (10, 1), (20, 2), (30, 3)")
    task = program.task("t", pair, ["d.parent"])
    running = task.start()
    synchronizing(running, task, "d.parent")
    set_objects(task, "d.parent d.child").succeeded()
    running.until(lambda: any(p["code"] == "RS-1018" and "d.child" in p["text"] for p in told(task)["problems"]), "refused")
    set_objects(task, "d.other").succeeded()
    running.until(lambda: state_of(task, "d.parent") is None, "the parent to be left")
    pair.destination.sql("DROP TABLE d.parent")
    set_objects(task, "d.other d.parent d.child").succeeded()
    synchronizing(running, task, "d.parent", "d.child", "d.other")
    pair.source.sql("DELETE FROM d.parent WHERE id = 2")
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    set_objects(task, "d.other d.child").succeeded()
    running.until(lambda: any(p["code"] == "RS-1018" and "d.parent" in p["text"] for p in told(task)["problems"]), "refused")
    assert state_of(task, "d.parent") == "synchronizing"
    pair.source.sql("DELETE FROM d.parent WHERE id = 3")
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    running.stop().succeeded()


def test_an_added_table_may_refer_to_one_that_is_there(pair, program):
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.parent (id INT PRIMARY KEY)", "INSERT INTO d.parent VALUES (1), (2)",
                    "CREATE TABLE d.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES d.parent (id))",
                    "INSERT INTO d.child VALUES (10, 1)")
    task = program.task("t", pair, ["d.parent"], rename=["d.parent -> d.mother"])
    running = task.start()
    synchronizing(running, task, "d.parent")
    set_objects(task, "d.parent d.child").succeeded()
    synchronizing(running, task, "d.parent", "d.child")
    pair.source.sql("INSERT INTO d.parent VALUES (3)", "INSERT INTO d.child VALUES (30, 3)")
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM d.child JOIN d.mother ON p = mother.id") == 2, "the rows")
    assert "mother" in pair.destination.sql("SHOW CREATE TABLE d.child")[0][1]
    running.stop().succeeded()


# --- single tables ----------------------------------------------------------------------------------------------------

def table(task, action, *names):
    return task.program.run("table", action, task.path, *names)


def arrived(pair, running, name, where, count=1):
    running.until(lambda: pair.destination.value(f"SELECT COUNT(*) FROM {name} WHERE {where}") == count, f"rows of {name}")


def test_a_suspended_table_rests_and_goes_on_where_it_was(pair, program):
    make(pair, "d.good", "d.bad")
    make(pair, "d.nokey", key=False, rows=20)
    task = program.task("t", pair, ["d"], settings={"precheck.ignore": "CHECK_PRIMARY_KEY"})
    running = task.start()
    with Writer(pair.source, ["d.good", "d.bad"]):
        synchronizing(running, task, "d.good", "d.bad", "d.nokey")
        table(task, "suspend", "d.bad").succeeded()
        table(task, "suspend", "d.nokey").succeeded()
        running.until(lambda: state_of(task, "d.bad") == state_of(task, "d.nokey") == "suspended", "the tables to rest")
        assert "suspended" in table(task, "list").succeeded().out
        frozen = pair.destination.sql("SELECT COUNT(*), MAX(id) FROM d.bad")
        pair.source.sql("INSERT INTO d.bad (a) VALUES (5001)", "INSERT INTO d.good (a) VALUES (5001)",
                        "ALTER TABLE d.bad ADD COLUMN c INT DEFAULT 4", "INSERT INTO d.bad (a, c) VALUES (5002, 9)",
                        "INSERT INTO d.nokey (a, b) VALUES (1, 'x'), (1, 'x')", "DELETE FROM d.nokey WHERE a < -15")
        arrived(pair, running, "d.good", "a = 5001")
        assert pair.destination.sql("SELECT COUNT(*), MAX(id) FROM d.bad") == frozen
        running.stop().succeeded()
        running = task.start()
        running.until(lambda: task.status()["live"] and state_of(task, "d.bad") == "suspended", "the table to rest still")
        table(task, "resume", "d.bad").succeeded()
        told_of = []
        running.until(lambda: told_of.append(state_of(task, "d.bad")) or told_of[-1] == "synchronizing", "the table to join")
        assert None not in told_of, "it is told of at any moment"
        synchronizing(running, task, "d.good", "d.bad")
        assert state_of(task, "d.nokey") == "suspended"
        table(task, "resume", "d.nokey").succeeded()
        synchronizing(running, task, "d.good", "d.bad", "d.nokey")
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    assert told(task)["counters"]["anomalies"] == 0
    running.stop().succeeded()


def test_a_table_is_synchronized_anew_while_the_others_go_on(pair, program):
    make(pair, "d.good", "d.bad")
    task = program.task("t", pair, ["d"])
    running = task.start()
    with Writer(pair.source, ["d.good", "d.bad"]):
        synchronizing(running, task, "d.good", "d.bad")
        pair.destination.sql("ALTER TABLE d.bad DROP COLUMN b")
        running.wait()
        assert told(task)["state"] == "Failed"
        table(task, "resync", "d.bad").succeeded()
        running = task.start()
        synchronizing(running, task, "d.good", "d.bad")
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    running.stop().succeeded()


def stopped_beside(task):
    """The event, where tables beside the task have stopped at one."""
    shown = task.program.run("event", "show", task.path, "--json").json
    return shown["event"] and shown["event"]["side"] and shown


def test_an_event_at_which_tables_beside_the_task_stop_can_be_decided_about(pair, program):
    """… as any other, while the task goes on and after it has ended."""
    make(pair, "d.good", "d.bad")
    task = program.task("t", pair, ["d"])
    running = task.start()
    synchronizing(running, task, "d.good", "d.bad")
    table(task, "suspend", "d.bad").succeeded()
    pair.destination.sql("ALTER TABLE d.bad MODIFY b VARCHAR(4)")
    pair.source.sql("INSERT INTO d.bad VALUES (9001, 1, 'too long'), (9002, 1, 'ok'), (9003, 1, 'as long')", "INSERT INTO d.good (a) VALUES (7)")
    table(task, "resume", "d.bad").succeeded()
    first = running.until(lambda: stopped_beside(task), "it to stop")
    assert first["error"]["code"] == first["event"]["error"]["code"] == "RS-4007" and first["event"]["table"] == "bad"
    assert first["event"]["row"][0]["after"] == "9001"
    assert "event show t\"" in first["error"]["hint"], first["error"]
    arrived(pair, running, "d.good", "a = 7")
    shown = program.run("event", "show", task.path).succeeded()
    assert "beside" in shown.out and "RS-4007" in shown.err and "table suspend" not in shown.out, shown
    program.run("event", "skip", task.path, first["event"]["id"]).succeeded()
    second = running.until(lambda: (now := stopped_beside(task)) and now["event"]["id"] != first["event"]["id"] and now, "it to stop at the next")
    assert second["event"]["row"][0]["after"] == "9003"
    running.stop().succeeded()
    assert "RS-1018" in task.run("--until=synchronized").exited(1).err
    assert stopped_beside(task)["event"]["id"] == second["event"]["id"]
    pair.destination.sql("ALTER TABLE d.bad MODIFY b VARCHAR(200)")
    program.run("event", "retry", task.path, second["event"]["id"]).succeeded()
    task.synchronize()
    assert state_of(task, "d.bad") == "synchronizing" and told(task)["failing"] is None
    assert pair.destination.sql("SELECT id FROM d.bad WHERE id > 9000") == ((9002,), (9003,))
    assert program.run("event", "list", task.path, "--json").succeeded().json[0]["passed"]


def test_what_was_counted_of_a_table_goes_on_being_counted(pair, program):
    """… while it is on a way of its own, too."""
    make(pair, "d.t", "d.u")
    task = program.task("t", pair, ["d"])
    running = task.start()
    synchronizing(running, task, "d.t", "d.u")
    counted = lambda: {row["table"]: row["inserts"] for row in told(task)["tables"]}["t"]
    pair.source.sql("INSERT INTO d.t (a) VALUES (7001), (7002), (7003)")
    running.until(lambda: counted() == 3, "the rows to be counted")
    seen = []
    table(task, "resync", "d.t").succeeded()
    running.until(lambda: seen.append(counted()) or state_of(task, "d.t") == "synchronizing", "the table to join")
    table(task, "suspend", "d.t").succeeded()
    seen.append(counted())
    table(task, "resume", "d.t").succeeded()
    pair.source.sql("INSERT INTO d.t (a) VALUES (7004)")
    running.until(lambda: seen.append(counted()) or seen[-1] == 4, "the next row to be counted")
    assert seen == sorted(seen) and seen[0] == 3, seen
    running.stop().succeeded()


def test_a_table_of_the_users_is_emptied_at_his_word_alone(pair, program):
    make(pair, "d.t")
    pair.destination.sql("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY AUTO_INCREMENT, a INT, b VARCHAR(200), KEY (a))",
                         "INSERT INTO d.t (id, a) VALUES (90000, 1)")
    task = program.task("t", pair, ["d"], settings={"sync.existing_tables": "ignore"})
    running = task.start()
    synchronizing(running, task, "d.t")
    refused = table(task, "resync", "d.t")
    assert refused.code != 0 and "RS-1022" in refused.err and "--force" in refused.err
    assert state_of(task, "d.t") == "synchronizing"
    table(task, "resync", "d.t", "--force").succeeded()
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    synchronizing(running, task, "d.t")
    running.stop().succeeded()


def test_tables_can_be_suspended_while_nothing_runs(pair, program):
    make(pair, "d.good", "d.bad")
    task = program.task("t", pair, ["d"])
    task.synchronize()
    table(task, "suspend", "d.bad").succeeded()
    pair.source.sql("INSERT INTO d.good (a) VALUES (1)", "INSERT INTO d.bad (a) VALUES (1)")
    task.synchronize()
    assert pair.destination.value("SELECT COUNT(*) FROM d.good WHERE a = 1") == 1
    assert pair.destination.value("SELECT COUNT(*) FROM d.bad WHERE a = 1") == 0
    refused = table(task, "suspend", "d.bad")
    assert refused.code != 0 and "RS-1018" in refused.err
    table(task, "resume", "d.bad").succeeded()
    task.synchronize()
    assert same(pair, "d")


@pytest.mark.pairs("mariadb-mariadb")
def test_what_was_decided_about_events_of_a_suspended_table_goes_with_it(pair, program):
    make(pair, "d.good", "d.bad")
    task = program.task("t", pair, ["d"])
    task.synchronize()
    decided = "SELECT task FROM dts.rds_sync_event"
    for action, left in (("resume", [(task.status()["id"],)]), ("resync", [])):
        table(task, "suspend", "d.bad").succeeded()
        pair.destination.sql("DELETE FROM dts.rds_sync_event",
                             "INSERT INTO dts.rds_sync_event (task, file, `offset`, ordinal, digest, decision, passed) "
                             "SELECT id, 'binlog.000001', 4, 0, 0, 'skip', 1 FROM dts.rds_sync_task WHERE parent IS NOT NULL")
        table(task, action, "d.bad").succeeded()
        task.synchronize()
        assert list(pair.destination.sql(decided)) == left


@pytest.mark.pairs("mariadb-mariadb")
def test_tables_that_were_suspended_one_by_one_go_on_by_one_command(pair, program):
    make(pair, "d.good", "d.bad", "d.worse")
    task = program.task("t", pair, ["d"])
    running = task.start()
    synchronizing(running, task, "d.good", "d.bad", "d.worse")
    for name in ("d.bad", "d.worse"):
        table(task, "suspend", name).succeeded()
    pair.source.sql("INSERT INTO d.bad (a) VALUES (1)", "INSERT INTO d.worse (a) VALUES (1)")
    table(task, "resume", "d.bad", "d.worse").succeeded()
    synchronizing(running, task, "d.bad", "d.worse")
    table(task, "suspend", "d.bad").succeeded()
    table(task, "resync", "d.bad", "d.worse").succeeded()
    synchronizing(running, task, "d.good", "d.bad", "d.worse")
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    running.stop().succeeded()


def purged(server, first):
    server.sql(f"PURGE BINARY LOGS TO '{first}'")
    return server.sql("SHOW BINARY LOGS")[0][0] == first


def test_a_table_whose_log_is_gone_can_only_be_synchronized_anew(new_server, program):
    class Pair:
        source, destination = new_server("mariadb"), new_server("mariadb")
    pair = Pair()
    make(pair, "d.good", "d.bad")
    task = program.task("t", pair, ["d"], settings={"sync.relay_quota": 0})   # else the relay keeps it
    running = task.start()
    synchronizing(running, task, "d.good", "d.bad")
    table(task, "suspend", "d.bad").succeeded()
    pair.source.sql("INSERT INTO d.bad (a) VALUES (6)", "FLUSH BINARY LOGS", "INSERT INTO d.good (a) VALUES (6)",
                    "FLUSH BINARY LOGS", "INSERT INTO d.good (a) VALUES (7)")
    arrived(pair, running, "d.good", "a IN (6, 7)", 2)
    running.until(lambda: told(task)["applied_position"].startswith("binlog.000003"), "the position to move")
    running.until(lambda: purged(pair.source, "binlog.000003"), "the end of sessions that keep the files")
    table(task, "resume", "d.bad").succeeded()
    running.until(lambda: any(p["code"] == "RS-3003" for p in told(task)["problems"]), "the log to be missed")
    assert told(task)["state"] == "Synchronizing"
    table(task, "resync", "d.bad").succeeded()
    synchronizing(running, task, "d.good", "d.bad")
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    running.stop().succeeded()


def test_a_family_is_suspended_as_a_whole(pair, program):
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.parent (id INT PRIMARY KEY)",
                    "CREATE TABLE d.child (id INT PRIMARY KEY, p INT, FOREIGN KEY (p) REFERENCES d.parent (id) "
                    "ON DELETE CASCADE)",
                    "INSERT INTO d.parent VALUES (1), (2), (3)", "INSERT INTO d.child VALUES (10, 1), (20, 2), (30, 3)")
    task = program.task("t", pair, ["d"])
    running = task.start()
    synchronizing(running, task, "d.parent", "d.child")
    refused = table(task, "suspend", "d.child")
    if "mysql9" not in pair.name:       # since 9.6 the log has what a cascade does
        assert refused.code != 0 and "RS-1018" in refused.err and "d.parent" in refused.err
        table(task, "suspend", "d.child", "d.parent").succeeded()
    pair.source.sql("DELETE FROM d.parent WHERE id = 2")
    refused = table(task, "resume", "d.child")
    if "mysql9" not in pair.name:
        assert refused.code != 0 and "d.parent" in refused.err
        table(task, "resume", "d.child", "d.parent").succeeded()
    synchronizing(running, task, "d.parent", "d.child")
    running.until(lambda: same(pair, "d"), "both sides to be the same")
    running.stop().succeeded()


def test_a_comparison_leaves_out_what_rests_and_what_is_yet_to_join(pair, program):
    """They differ, and are no difference; also where nothing runs, and for whom asks for them by name."""
    make(pair, "d.good", "d.bad")
    task = program.task("t", pair, ["d"])
    task.synchronize()
    table(task, "suspend", "d.bad").succeeded()
    pair.source.sql("INSERT INTO d.bad (a) VALUES (1)", "CREATE TABLE d.new (id INT PRIMARY KEY)")
    task.synchronize()
    found = task.verify().succeeded().json
    assert found["same"] and found["tables"] == 2 and found["left_out"] == "d.bad", found
    assert "d.bad" in task.command("verify").succeeded().out
    none = task.command("verify", "--tables=d.bad").exited(2)
    assert "suspended" in none.err and "d.bad" in none.err
    table(task, "resume", "d.bad").succeeded()
    task.synchronize()
    found = task.verify().succeeded().json
    assert found["tables"] == 3 and found["left_out"] is None, found
    pair.source.sql("CREATE DATABASE later", "CREATE TABLE later.t (id INT PRIMARY KEY)", "INSERT INTO later.t VALUES (1)")
    set_objects(task, "d later").succeeded()
    found = task.verify().succeeded().json
    assert found["same"] and found["left_out"] == "later", "nothing has begun with it"


def test_a_run_that_ends_without_what_was_to_join_says_so(pair, program):
    make(pair, "d.old", "d.new")
    task = program.task("t", pair, ["d.old"])
    task.synchronize()
    pair.destination.sql("CREATE TABLE d.new (id INT PRIMARY KEY)")
    set_objects(task, "d.old d.new").succeeded()
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-1018" in ended.err and "d.new" in ended.err and "exists" in ended.err, ended
    pair.destination.sql("DROP TABLE d.new")
    task.synchronize()
    assert state_of(task, "d.new") == "synchronizing"
    assert same(pair, "d")


def test_a_paused_task_refuses_at_once_and_answers_others(pair, program):
    make(pair, "d.good", "d.bad")
    task = program.task("t", pair, ["d"])
    running = task.start()
    synchronizing(running, task, "d.good", "d.bad")
    task.command("pause").succeeded()
    refused = task.program.run("table", "suspend", task.path, "d.bad", seconds=50).exited(2)
    assert "RS-1018" in refused.err and "paused" in refused.err and "rds-sync resume t" in refused.err
    task.command("resume").succeeded()
    synchronizing(running, task, "d.good", "d.bad")
    with pair.destination.connect(db="d", autocommit=False) as other, other.cursor() as cursor:
        cursor.execute("SELECT * FROM dts.rds_sync_position FOR UPDATE")
        pair.source.sql("INSERT INTO d.good (a) VALUES (5)")
        waiting = program.start("table", "suspend", task.path, "d.bad")
        running.until(lambda: any("table suspend d.bad" in log.read_text("utf-8") for log in program.home.rglob("*.log")),
                      "the command to have come")
        program.run("task", "set", task.path, "sync.full_max_rows=1000", seconds=50).succeeded()
        assert not waiting.ended, waiting.describe()
        other.rollback()
    waiting.wait().succeeded()
    running.until(lambda: state_of(task, "d.bad") == "suspended", "the table to rest")
    running.stop().succeeded()


@pytest.mark.parametrize("command", ("table suspend", "reanchor"))
def test_a_command_that_is_refused_leaves_a_task_that_failed_what_it_was(pair, program, command):
    """Nothing was done, and nothing of what is known of the failure is lost."""
    make(pair, "d.good", "d.bad")
    pair.destination.sql("CREATE DATABASE d", "CREATE TABLE d.bad (id INT PRIMARY KEY AUTO_INCREMENT, a INT, b VARCHAR(200), KEY (a))")
    task = program.task("t", pair, ["d"], settings={"sync.existing_tables": "ignore"})
    task.synchronize()
    pair.destination.sql("ALTER TABLE d.bad MODIFY b VARCHAR(4)")
    pair.source.sql("UPDATE d.bad SET b = 'too long'")
    task.run().exited(1)
    before = task.status()
    assert before["state"] == "Failed" and before["progress"]["failing"] is not None
    refused = program.run(*command.split(), task.path, *(["d.none"] if " " in command else []))
    assert refused.code != 0 and "RS-10" in refused.err, refused
    after = task.status()
    assert after["state"] == "Failed"
    for what in ("error", "failing", "problems", "counters"):
        assert after["progress"][what] == before["progress"][what], what
