"""Another server in the source's place: a replica that took over has files of other names, begun at other times, and only
GTIDs tell where in them the task goes on. It goes on exactly there, or says why it can't; with a server that has nothing
to do with the source it never does."""

import random
import threading

import pytest

import compare
import conftest
import rds
import servers

SHOP = """CREATE DATABASE shop;
CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(100)) ENGINE=InnoDB;
CREATE TABLE shop.loose (note VARCHAR(100)) ENGINE=InnoDB"""
INSERT = "INSERT INTO shop.orders (note) VALUES ('{}')"
LOOSE = "INSERT INTO shop.loose VALUES ('{}')"

SETTINGS = {"precheck.ignore": "CHECK_PRIMARY_KEY", "sync.lock_for_keyless": "yes", "sync.retry_connection": "30"}

with_ids = pytest.mark.parametrize("kind", ("mariadb", "mysql9", "mysql56"))


class Group:
    """A source and a replica whose log has files of another name; between them replication of the servers' own."""

    def __init__(self, kind, new_server, destination, **options):
        self.kind = kind
        gtid = {} if kind == "mariadb" else {"gtid": options.pop("gtid", True)}
        logs = {"log_slave_updates": True, **options}
        self.first = new_server(kind, **gtid, **logs)
        self.second = new_server(kind, **gtid, **logs, log_bin="standby", server_id=7000, read_only=0)
        self.source, self.destination = self.first, destination
        self._new_server = new_server

    def replicate(self):
        where = f"HOST='127.0.0.1', {{0}}_PORT={self.first.port}, {{0}}_USER='root', {{0}}_PASSWORD=''"
        if self.kind == "mariadb":
            self.second.sql(f"CHANGE MASTER TO MASTER_{where.format('MASTER')}, MASTER_USE_GTID=slave_pos; START SLAVE")
        elif self.kind == "mysql56":
            self.second.sql(f"CHANGE MASTER TO MASTER_{where.format('MASTER')}, MASTER_AUTO_POSITION=1; START SLAVE")
        else:
            self.second.sql(f"CHANGE REPLICATION SOURCE TO SOURCE_{where.format('SOURCE')}, SOURCE_AUTO_POSITION=1, "
                            "GET_SOURCE_PUBLIC_KEY=1; START REPLICA")

    def replica(self, words):
        """STOP, START or RESET … of the replica, in the words of its version."""
        old, new = ("SLAVE", "REPLICA")
        self.second.sql(words.format(new if self.kind == "mysql9" else old))

    def ids(self, server):
        return server.value("SELECT @@GLOBAL.gtid_binlog_pos" if self.kind == "mariadb" else
                            "SELECT @@GLOBAL.gtid_executed").replace("\n", "")

    def caught_up(self):
        rds.wait_until(lambda: self.ids(self.second) == self.ids(self.first), "the replica to catch up")

    def promote(self, port=None):
        """The replica takes over: it is no replica any more, and listens on the port of the one that is gone."""
        self.replica("STOP {0}; RESET {0} ALL")
        if port:
            self.second.stop()
            self.second.port = port
            self.second.start()
        self.source = self.second

    def same(self):
        try:
            return compare.compare_databases(self.source, self.destination, ["shop"]) == []
        except Exception:                                             # pylint: disable=broad-exception-caught
            return False            # something is not there yet


@pytest.fixture
def group(request, kind, pool, new_server):
    destination = conftest.skipping(pool.get, kind.replace("mysql56", "mariadb"), "destination")
    destination.reset()
    return Group(kind, new_server, destination, **getattr(request, "param", {}))


def synchronized(group, program):
    group.first.sql(SHOP, *[INSERT.format("before"), LOOSE.format("before")] * 20)
    task = program.task("shop", group, ["shop"], settings=SETTINGS)
    task.synchronize()
    group.first.sql(*[INSERT.format("followed"), LOOSE.format("followed")] * 5)
    task.synchronize()
    assert group.same()
    return task


def go_to(task, before, after):
    """Give the task another address for its source."""
    task.replace(f"port = {before.port}\n", f"port = {after.port}\n")


def identity(group):
    return group.destination.value("SELECT identity FROM dts.rds_sync_task")


def codes(task):
    return [problem["code"] for problem in task.status()["progress"]["problems"]]


def anomalies(task):
    return task.status()["progress"]["counters"]["anomalies"]


def refused(group, task, code):
    rows = group.destination.value("SELECT COUNT(*) FROM shop.orders")
    known = identity(group)
    ended = task.run("--until=synchronized").exited(1)
    assert code in ended.err, ended
    assert task.status()["progress"]["error"]["code"] == code
    assert group.destination.value("SELECT COUNT(*) FROM shop.orders") == rows, "something was applied"
    assert identity(group) == known
    return task.status()["progress"]["error"]


# --- replicas that have everything ------------------------------------------------------------------------------

@with_ids
def test_a_running_task_goes_on_with_the_replica_that_took_over(group, program):
    group.replicate()
    group.first.sql(SHOP, *[INSERT.format("before"), LOOSE.format("before")] * 20)
    task = program.task("shop", group, ["shop"], settings=SETTINGS)
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    chance = random.Random(rds.seed())
    write(group.first, chance, 200)
    group.caught_up()
    running.until(group.same, "both sides to be the same")
    before = identity(group)
    port = group.first.port
    group.first.kill()
    group.promote(port)
    write(group.second, chance, 200)
    running.until(group.same, "the new server's changes", seconds=180)
    assert identity(group) != before
    write(group.second, chance, 50)
    running.until(group.same, "more of them")
    running.until(lambda: "RS-3013" in codes(task), "the news that another server answers")
    running.stop().succeeded()
    assert anomalies(task) == 0
    group.source.restart()
    write(group.second, chance, 50)
    task.synchronize()
    assert group.same() and anomalies(task) == 0


def write(server, chance, n):
    for _ in range(n):
        server.sql(chance.choice((INSERT.format(chance.random()), LOOSE.format(chance.random()),
                                  f"UPDATE shop.orders SET note = '{chance.random()}' WHERE id = {chance.randrange(1, 60)}",
                                  f"DELETE FROM shop.orders WHERE id = {chance.randrange(1, 60)}",
                                  f"BEGIN; {INSERT.format('one')}; {LOOSE.format('of two')}; COMMIT")))


@with_ids
@pytest.mark.parametrize("step", ("nothing", "failover-decided", "failover-saved"))
def test_a_stopped_task_is_given_the_replica_s_address(group, program, step):
    group.replicate()
    task = synchronized(group, program)
    group.first.sql(*[INSERT.format("while stopped"), LOOSE.format("while stopped")] * 5)
    group.caught_up()
    group.promote()
    group.second.sql(*[INSERT.format("of the new"), LOOSE.format("of the new")] * 5, "ALTER TABLE shop.orders ADD n INT",
                     "FLUSH BINARY LOGS", INSERT.format("of the next file"))
    go_to(task, group.first, group.second)
    if step != "nothing":
        program.env["RDS_SYNC_CRASH_AT"] = f"{step}:1"
        assert task.run("--until=synchronized").code == -9
        del program.env["RDS_SYNC_CRASH_AT"]
    task.synchronize()
    assert group.same() and anomalies(task) == 0
    group.second.sql(LOOSE.format("after"))
    task.synchronize()
    assert group.same() and anomalies(task) == 0


@with_ids
def test_a_replica_that_lags_behind_is_waited_for(group, program):
    group.replicate()
    task = synchronized(group, program)
    group.caught_up()
    group.replica("STOP {0} SQL_THREAD")
    group.first.sql(*[INSERT.format("late"), LOOSE.format("late")] * 5)
    task.synchronize()
    rds.wait_until(lambda: fetched(group), "the replica to fetch what it does not apply")
    group.first.kill()
    go_to(task, group.first, group.second)
    running = task.start()
    running.until(lambda: "RS-3011" in codes(task), "the replica to be found behind")
    assert task.status()["state"] == "Retrying"
    group.source = group.second
    assert not group.same()
    group.replica("START {0} SQL_THREAD")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    assert group.same()
    group.promote()
    group.second.sql(LOOSE.format("of the new"))
    running.until(group.same, "the new row")
    running.stop().succeeded()
    assert anomalies(task) == 0


def fetched(group):
    words = "SHOW REPLICA STATUS" if group.kind == "mysql9" else "SHOW SLAVE STATUS"
    with group.second.connect() as connection, connection.cursor() as cursor:
        cursor.execute(words)
        names = [column[0] for column in cursor.description]
        row = dict(zip(names, cursor.fetchone()))
    file, offset = (("Source_Log_File", "Read_Source_Log_Pos") if group.kind == "mysql9" else
                    ("Master_Log_File", "Read_Master_Log_Pos"))
    return (row[file], row[offset]) == group.first.log_position()


@with_ids
@pytest.mark.parametrize("step", ("ddl-intended", "ddl-executed"))
def test_a_schema_change_that_was_being_made_when_the_replica_took_over(group, program, step):
    """Whether it was made is told by the destination, and which one it was by its id."""
    group.replicate()
    task = synchronized(group, program)
    group.first.sql("ALTER TABLE shop.orders ADD n INT", INSERT.format("behind it"), "CREATE TABLE shop.more (id INT PRIMARY KEY)")
    group.caught_up()
    program.env["RDS_SYNC_CRASH_AT"] = step
    assert task.run("--until=synchronized").code == -9
    del program.env["RDS_SYNC_CRASH_AT"]
    group.promote()
    group.second.sql("ALTER TABLE shop.orders ADD o INT", "INSERT INTO shop.orders (n, o) VALUES (1, 2)", LOOSE.format("of the new"))
    go_to(task, group.first, group.second)
    task.synchronize()
    assert group.same() and anomalies(task) == 0


@pytest.mark.parametrize("kind", ("mariadb", "mysql9"))
def test_a_replica_that_lacks_the_schema_change_that_was_being_made_is_refused(group, program):
    group.replicate()
    task = synchronized(group, program)
    group.caught_up()
    group.promote()
    group.first.sql("ALTER TABLE shop.orders ADD n INT")
    program.env["RDS_SYNC_CRASH_AT"] = "ddl-executed"
    assert task.run("--until=synchronized").code == -9
    del program.env["RDS_SYNC_CRASH_AT"]
    group.second.sql(*[INSERT.format("of the new")] * 3)
    go_to(task, group.first, group.second)
    refused(group, task, "RS-3012")


@pytest.mark.parametrize("kind", ("mariadb", "mysql9"))
@pytest.mark.parametrize("end", ("COMMIT", "ROLLBACK"))
def test_what_was_prepared_before_the_replica_took_over(group, program, end):
    """The rows are in the old server's log, the end is in the new one's."""
    group.replicate()
    task = synchronized(group, program)
    run(group.first, "XA START 'x', 'y'", INSERT.format("prepared"), LOOSE.format("prepared"), "XA END 'x', 'y'", "XA PREPARE 'x', 'y'")
    group.first.sql(LOOSE.format("behind it"))
    task.synchronize()
    assert group.destination.value("SELECT COUNT(*) FROM dts.rds_sync_xa WHERE xid <> ''") > 0, "the rows are stored"
    group.caught_up()
    group.promote()
    go_to(task, group.first, group.second)
    group.second.sql(LOOSE.format("of the new"))
    task.synchronize()
    rows = group.destination.value("SELECT COUNT(*) FROM shop.orders WHERE note = 'prepared'")
    assert rows == 0
    group.second.sql(f"XA {end} 'x', 'y'", LOOSE.format("after it"))
    task.synchronize()
    assert group.destination.value("SELECT COUNT(*) FROM shop.orders WHERE note = 'prepared'") == (end == "COMMIT")
    assert group.same() and anomalies(task) == 0
    assert group.destination.value("SELECT COUNT(*) FROM dts.rds_sync_xa WHERE xid <> ''") == 0


@with_ids
def test_a_log_that_is_kept_only_in_part_when_the_replica_takes_over(group, program):
    """The relay is full, and what it keeps is of the old server's files."""
    group.replicate()
    group.first.sql(SHOP, *[INSERT.format("before"), LOOSE.format("before")] * 20)
    task = program.task("shop", group, ["shop"], settings={**SETTINGS, "sync.relay_quota": "80K"})
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    program.run("pause", "shop").succeeded()
    chance = random.Random(rds.seed())
    filled = []

    def full():
        filled.append(group.first.sql(*[INSERT.format(chance.getrandbits(256)), LOOSE.format(chance.getrandbits(256))] * 100))
        return task.status()["progress"]["relay"]["full"]

    running.until(full, "the quota", seconds=120)
    group.caught_up()
    port = group.first.port
    group.first.kill()
    group.promote(port)
    write(group.second, chance, 50)
    program.run("resume", "shop").succeeded()
    running.until(group.same, "the new server's changes, and all that was not kept", seconds=180)
    assert "RS-3013" in codes(task)
    running.stop().succeeded()
    assert anomalies(task) == 0


# --- logs of another order --------------------------------------------------------------------------------------

def as_id(kind, source, number, domain=0):
    """The next transaction of a session gets this id and was made at a moment that goes with it."""
    if kind == "mariadb":
        return f"SET gtid_domain_id = {domain}, server_id = {source}, gtid_seq_no = {number}, timestamp = {1700000000 + number}"
    return f"SET gtid_next = '{source}:{number}'"


def run(server, *statements):
    with server.connect() as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize("kind", ("mariadb", "mysql9"))
def test_a_log_that_has_the_same_transactions_in_another_order(group, program):
    """As a replica writes it that applies in parallel: what was applied already comes behind what is new."""
    kind = group.kind
    sources = (1, 1) if kind == "mariadb" else ("11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222")

    def write_as(server, which, number, *statements):
        run(server, as_id(kind, sources[which], number, 5 + which), *statements)

    def adopt_heartbeats():
        if kind == "mariadb":
            server, last = group.ids(group.first).split(",")[0].split("-")[1:]
            for number in range(1, int(last) + 1):
                run(group.second, as_id(kind, server, number), "CREATE DATABASE IF NOT EXISTS dts")
        else:
            own = group.first.value("SELECT @@server_uuid")
            for number in range(1, 30):
                if group.first.value(f"SELECT GTID_SUBSET('{own}:{number}', @@GLOBAL.gtid_executed)"):
                    run(group.second, as_id(kind, own, number), "CREATE DATABASE IF NOT EXISTS dts")

    for server in (group.first, group.second):
        for number, statement in enumerate(SHOP.split(";"), 1):
            write_as(server, 0, number, statement)
    task = program.task("shop", group, ["shop"], settings=SETTINGS)
    task.synchronize()
    write_as(group.first, 1, 1, LOOSE.format("of the other"))
    write_as(group.first, 0, 4, LOOSE.format("of the one"))
    task.synchronize()
    adopt_heartbeats()
    write_as(group.second, 1, 1, LOOSE.format("of the other"))
    write_as(group.second, 1, 2, LOOSE.format("new, before one that was applied"))
    write_as(group.second, 0, 4, LOOSE.format("of the one"))
    write_as(group.second, 0, 5, LOOSE.format("new, behind it"))
    go_to(task, group.first, group.second)
    group.source = group.second
    program.env["RDS_SYNC_CRASH_AT"] = "apply-after-commit:1"
    running = task.start()
    running.process.wait(60)
    assert running.process.returncode == -9
    del program.env["RDS_SYNC_CRASH_AT"]
    task.synchronize()
    assert group.same()
    write_as(group.second, 1, 3, LOOSE.format("the next"))
    task.synchronize()
    assert group.same() and anomalies(task) == 0


# --- servers that are refused -----------------------------------------------------------------------------------

@with_ids
def test_a_server_that_lacks_what_was_applied_is_refused(group, program):
    group.replicate()
    task = synchronized(group, program)
    group.caught_up()
    group.promote()
    group.source = group.first
    group.first.sql(INSERT.format("errant"))
    task.synchronize()
    group.second.sql(*[INSERT.format("of the new")] * 3)
    go_to(task, group.first, group.second)
    error = refused(group, task, "RS-3012")
    assert group.ids(group.second) in error["detail"].replace("\n", "")
    go_to(task, group.second, group.first)
    task.synchronize()
    assert group.same(), "with the first server it still goes on"


@with_ids
def test_a_replica_whose_log_was_reset_is_refused(group, program):
    group.replicate()
    task = synchronized(group, program)
    group.caught_up()
    group.promote()
    group.second.sql("RESET BINARY LOGS AND GTIDS" if group.kind == "mysql9" else "RESET MASTER")
    group.second.sql(*[INSERT.format("of the new")] * 100)
    go_to(task, group.first, group.second)
    refused(group, task, "RS-2009")


@with_ids
def test_a_replica_that_purged_what_was_not_applied_is_refused(group, program):
    group.replicate()
    task = synchronized(group, program)
    group.first.sql(INSERT.format("to be purged"), "FLUSH BINARY LOGS", INSERT.format("there"))
    group.caught_up()
    group.promote()
    group.second.sql("FLUSH BINARY LOGS")
    purge(group.second)
    go_to(task, group.first, group.second)
    error = refused(group, task, "RS-3003")
    assert "anew" in error["hint"]


def purge(server):
    """All files but the current one; a server keeps those that a crash of its engines would need, for a moment."""
    def oldest():
        server.sql(f"PURGE BINARY LOGS TO '{server.log_position()[0]}'")
        return server.sql("SHOW BINARY LOGS")[0][0]
    rds.wait_until(lambda: oldest() == server.log_position()[0], "the log to be purged")


def test_other_data_under_the_same_numbers_is_refused(pool, new_server, program):
    """MariaDB's ids are numbers that servers of another group have too."""
    destination = conftest.skipping(pool.get, "mariadb", "destination")
    destination.reset()
    first, other = new_server("mariadb", server_id=11), new_server("mariadb", server_id=11, log_bin="standby")
    pair = conftest.Pair("mariadb-mariadb", first, destination)
    pair.same = lambda: compare.compare_databases(first, destination, ["shop"]) == []
    pair.first = first
    task = synchronized(pair, program)
    rds.wait_until(lambda: other.value("SELECT UNIX_TIMESTAMP()") > first.value(
        "SELECT UNIX_TIMESTAMP(MAX(create_time)) + 2 FROM information_schema.tables WHERE table_schema = 'shop'"), "a second")
    other.sql(SHOP, *[INSERT.format("other"), LOOSE.format("other")] * 40)
    assert first.value("SELECT @@gtid_binlog_pos").split("-")[:2] == other.value("SELECT @@gtid_binlog_pos").split("-")[:2]
    go_to(task, first, other)
    refused(pair, task, "RS-2009")


@pytest.mark.parametrize("kind", ("mysql9", "mysql56"))
@pytest.mark.parametrize("group", ({"gtid": False},), indirect=True)
def test_without_ids_no_other_server_is_taken(group, program):
    task = synchronized(group, program)
    go_to(task, group.first, group.second)
    assert "GTID" in refused(group, task, "RS-2009")["hint"]


@pytest.mark.parametrize("kind", ("mariadb", "mysql9"))
def test_in_the_middle_of_the_copy_no_other_server_is_taken(group, program):
    group.replicate()
    group.first.sql(SHOP, *[INSERT.format("before"), LOOSE.format("before")] * 20)
    group.caught_up()
    task = program.task("shop", group, ["shop"], settings=SETTINGS)
    program.env["RDS_SYNC_CRASH_AT"] = "chunk-after-commit:1"
    assert task.run("--until=synchronized").code == -9
    del program.env["RDS_SYNC_CRASH_AT"]
    group.promote()
    go_to(task, group.first, group.second)
    assert "copy" in refused(group, task, "RS-2009")["hint"]
    go_to(task, group.second, group.first)
    group.source = group.first
    task.synchronize()
    assert group.same()
