"""Another server in the source's place: a replica that took over has files of other names, begun at other times, and only
GTIDs tell where in them the task goes on. It goes on exactly there, or says why it can't; with a server that has nothing
to do with the source it never does."""

import contextlib
import random
import re

import pytest

import compare
import conftest
import rds

SHOP = """CREATE DATABASE shop;
CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(100)) ENGINE=InnoDB;
CREATE TABLE shop.loose (note VARCHAR(100)) ENGINE=InnoDB"""
INSERT = "INSERT INTO shop.orders (note) VALUES ('{}')"
LOOSE = "INSERT INTO shop.loose VALUES ('{}')"

SETTINGS = {"precheck.ignore": "CHECK_PRIMARY_KEY", "sync.lock_for_keyless": "yes", "sync.retry_connection": "30"}

# For the module, so that the tests of one product come behind each other and share its servers.
with_ids = pytest.mark.parametrize("kind", ("mariadb", "mysql9", "mysql56"), scope="module")
of_both_dialects = pytest.mark.parametrize("kind", ("mariadb", "mysql9"), scope="module")


class Group:
    """A source and a replica whose log has files of another name; between them replication of the servers' own."""

    def __init__(self, kind, pool, destination, **options):
        self.kind = kind
        gtid = {} if kind == "mariadb" else {"gtid": options.pop("gtid", True)}
        self.first = pool.get(kind, "of a group", **gtid, log_slave_updates=True, **options)
        self.second = pool.get(kind, "its replica", **gtid, log_slave_updates=True, log_bin="standby", server_id=7000, read_only=0,
                               **options)
        self.source, self.destination = self.first, destination
        self.ports = {server: server.port for server in (self.first, self.second)}
        self.replica("STOP {0}; RESET {0} ALL")
        for server in self.ports:
            server.reset()
            self.reset_log(server)

    def reset_log(self, server):
        server.sql("RESET BINARY LOGS AND GTIDS" if self.kind == "mysql9" else "RESET MASTER")
        if self.kind == "mariadb":
            server.sql("SET GLOBAL gtid_slave_pos = ''")

    def close(self):
        """Both run at addresses of their own, for whoever uses them next."""
        for server, port in self.ports.items():
            if server.port != port:
                server.stop()
                server.port = port
        for server in self.ports:
            if not server.running:
                server.start()
            server.roll_back_prepared()                               # it would hold its tables

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
        self.second.sql(words.format("REPLICA" if self.kind == "mysql9" else "SLAVE"))

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

    def take_over(self, task):
        """The replica, with all that the source has; the task is given its address."""
        self.caught_up()
        self.promote()
        self.go_to(task, self.second)

    def go_to(self, task, server):
        """Give the task another address for its source."""
        before = self.second if server is self.first else self.first
        task.replace(f"port = {before.port}\n", f"port = {server.port}\n")
        self.source = server

    def identity(self):
        return self.destination.value("SELECT identity FROM dts.rds_sync_task")

    def same(self):
        try:
            return compare.compare_databases(self.source, self.destination, ["shop"]) == []
        except Exception:                                             # pylint: disable=broad-exception-caught
            return False            # something is not there yet


@pytest.fixture
def group(request, kind, pool):
    destination = conftest.skipping(pool.get, kind.replace("mysql56", "mariadb"), "destination")
    destination.reset()
    made = conftest.skipping(Group, kind, pool, destination, **getattr(request, "param", {}))
    yield made
    made.close()


def change(server, note, n=5):
    server.sql(*[INSERT.format(note), LOOSE.format(note)] * n)


def write(server, chance, n):
    for _ in range(n):
        server.sql(chance.choice((INSERT.format(chance.random()), LOOSE.format(chance.random()),
                                  f"UPDATE shop.orders SET note = '{chance.random()}' WHERE id = {chance.randrange(1, 60)}",
                                  f"DELETE FROM shop.orders WHERE id = {chance.randrange(1, 60)}",
                                  f"BEGIN; {INSERT.format('one')}; {LOOSE.format('of two')}; COMMIT")))


def make_task(group, program, **settings):
    group.first.sql(SHOP)
    change(group.first, "before", 20)
    return program.task("shop", group, ["shop"], settings={**SETTINGS, **settings})


def synchronized(group, program, **settings):
    task = make_task(group, program, **settings)
    task.synchronize()
    change(group.first, "followed")
    exact(group, task)
    return task


def following(group, program, **settings):
    task = make_task(group, program, **settings)
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    return task, running


def exact(group, task):
    task.synchronize()
    assert group.same() and progress(task)["counters"]["anomalies"] == 0


def ended_exact(group, task, running):
    running.until(group.same, "both sides to be the same", seconds=180)
    running.stop().succeeded()
    assert progress(task)["counters"]["anomalies"] == 0


def progress(task):
    return task.status()["progress"]


def codes(task):
    return [problem["code"] for problem in progress(task)["problems"]]


def refused(group, task, code):
    """The error; nothing has changed at the destination."""
    rows, known = (group.destination.value("SELECT COUNT(*) FROM shop.orders"), group.identity())
    ended = task.run("--until=synchronized").exited(1)
    assert code in ended.err, ended
    assert progress(task)["error"]["code"] == code
    assert (group.destination.value("SELECT COUNT(*) FROM shop.orders"), group.identity()) == (rows, known)
    return progress(task)["error"]


# --- replicas that have everything ------------------------------------------------------------------------------

@with_ids
def test_a_running_task_goes_on_with_the_replica_that_took_over(group, program):
    group.replicate()
    task, running = following(group, program)
    chance = random.Random(rds.seed())
    write(group.first, chance, 200)
    group.caught_up()
    running.until(group.same, "both sides to be the same")
    before, port = group.identity(), group.first.port
    group.first.kill()
    group.promote(port)
    write(group.second, chance, 200)
    running.until(group.same, "the new server's changes", seconds=180)
    assert group.identity() != before
    write(group.second, chance, 50)
    running.until(lambda: "RS-3013" in codes(task), "the news that another server answers")
    ended_exact(group, task, running)
    group.source.restart()
    write(group.second, chance, 50)
    exact(group, task)


@with_ids
@pytest.mark.parametrize("step", (None, "failover-decided", "failover-saved"))
def test_a_stopped_task_is_given_the_replica_s_address(group, program, step):
    group.replicate()
    task = synchronized(group, program)
    change(group.first, "while stopped")
    group.take_over(task)
    change(group.second, "of the new")
    group.second.sql("ALTER TABLE shop.orders ADD n INT", "FLUSH BINARY LOGS", INSERT.format("of the next file"))
    if step:
        task.crash_at(step)
    exact(group, task)
    group.second.sql(LOOSE.format("after"))
    exact(group, task)


@with_ids
def test_a_replica_that_lags_behind_is_waited_for(group, program):
    """Until it has caught up it lacks what the destination has: nothing can be said of differences."""
    group.replicate()
    task = synchronized(group, program, **{"verify.continuous": "yes"})
    group.caught_up()
    group.replica("STOP {0} SQL_THREAD")
    change(group.first, "late")
    task.synchronize()
    rds.wait_until(lambda: fetched(group), "the replica to fetch what it does not apply")
    group.first.kill()
    group.go_to(task, group.second)
    running = task.start()
    running.until(lambda: "RS-3011" in codes(task) and task.status()["state"] == "Retrying", "the replica to be found behind")
    assert not group.same()
    assert "RS-2009" in task.verify().exited(2).err
    group.replica("START {0} SQL_THREAD")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    assert group.same()
    group.promote()
    group.second.sql(LOOSE.format("of the new"))
    running.until(group.same, "the new row")
    task.verify().exited(0)
    passed = progress(task)["verify"]["passes"]
    running.until(lambda: progress(task)["verify"]["passes"] > passed + 1, "a pass that began after it")
    assert progress(task)["verify"]["found"] == 0
    ended_exact(group, task, running)


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
    task.crash_at(step)
    group.take_over(task)
    group.second.sql("ALTER TABLE shop.orders ADD o INT", "INSERT INTO shop.orders (n, o) VALUES (1, 2)", LOOSE.format("of the new"))
    exact(group, task)


@of_both_dialects
def test_a_replica_that_lacks_the_schema_change_that_was_being_made_is_refused(group, program):
    group.replicate()
    task = synchronized(group, program)
    group.caught_up()
    group.promote()
    group.first.sql("ALTER TABLE shop.orders ADD n INT")
    task.crash_at("ddl-executed")
    group.second.sql(*[INSERT.format("of the new")] * 3)
    group.go_to(task, group.second)
    refused(group, task, "RS-3012")


@of_both_dialects
@pytest.mark.parametrize("end", ("COMMIT", "ROLLBACK"))
def test_what_was_prepared_before_the_replica_took_over(group, program, end):
    """The rows are in the old server's log, the end is in the new one's."""
    group.replicate()
    task = synchronized(group, program)
    run(group.first, "XA START 'x', 'y'", INSERT.format("prepared"), LOOSE.format("prepared"), "XA END 'x', 'y'", "XA PREPARE 'x', 'y'")
    group.first.sql(LOOSE.format("behind it"))
    task.synchronize()
    assert group.destination.value("SELECT COUNT(*) FROM dts.rds_sync_xa WHERE xid <> ''") > 0, "the rows are stored"
    group.take_over(task)
    group.second.sql(LOOSE.format("of the new"))
    task.synchronize()
    prepared = "SELECT COUNT(*) FROM shop.orders WHERE note = 'prepared'"
    assert group.destination.value(prepared) == 0
    group.second.sql(f"XA {end} 'x', 'y'", LOOSE.format("after it"))
    exact(group, task)
    assert group.destination.value(prepared) == (end == "COMMIT")
    assert group.destination.value("SELECT COUNT(*) FROM dts.rds_sync_xa WHERE xid <> ''") == 0


@with_ids
def test_a_log_that_is_kept_only_in_part_when_the_replica_takes_over(group, program):
    """The relay is full, and what it keeps is of the old server's files."""
    group.replicate()
    task, running = following(group, program, **{"sync.relay_quota": "80K"})
    program.run("pause", "shop").succeeded()
    chance = random.Random(rds.seed())

    def full():
        group.first.sql(*[INSERT.format(chance.getrandbits(256)), LOOSE.format(chance.getrandbits(256))] * 100)
        return progress(task)["relay"]["full"]

    running.until(full, "the quota")
    group.caught_up()
    port = group.first.port
    group.first.kill()
    group.promote(port)
    write(group.second, chance, 50)
    program.run("resume", "shop").succeeded()
    running.until(group.same, "the new server's changes, and all that was not kept", seconds=180)
    assert "RS-3013" in codes(task)
    ended_exact(group, task, running)


@of_both_dialects
def test_a_suspended_table_while_the_replica_takes_over(group, program):
    """What was kept for it is of the old server's files; the new server has it as well."""
    group.replicate()
    task, running = following(group, program)
    program.run("table", "suspend", "shop", "shop.loose").succeeded()
    chance = random.Random(rds.seed())
    write(group.first, chance, 30)
    running.until(lambda: progress(task)["relay"]["bytes"] > 0, "what it needs to be kept")
    group.caught_up()
    port = group.first.port
    group.first.kill()
    group.promote(port)
    write(group.second, chance, 30)
    running.until(lambda: "RS-3013" in codes(task) and progress(task)["relay"]["leaves_out"] == "objects", "the word that this is not kept")
    rows = "SELECT COUNT(*) FROM shop.orders"
    running.until(lambda: group.destination.value(rows) == group.second.value(rows), "the task's own to go on", seconds=180)
    program.run("table", "resume", "shop", "shop.loose").succeeded()
    write(group.second, chance, 10)
    ended_exact(group, task, running)


def remedy_told(task, code):
    return any(p["code"] == code and "table resync shop" in (p["hint"] or "") for p in progress(task)["problems"])


@of_both_dialects
def test_a_suspended_table_whose_log_the_new_server_lacks(group, program):
    """What was kept for it was of the old server's files: it is copied anew by one command."""
    group.replicate()
    task, running = following(group, program)
    program.run("table", "suspend", "shop", "shop.loose").succeeded()
    change(group.first, "while it rests")
    group.caught_up()
    port = group.first.port
    group.first.kill()
    group.promote(port)
    change(group.second, "of the new")
    rows = "SELECT COUNT(*) FROM shop.orders"
    running.until(lambda: group.destination.value(rows) == group.second.value(rows), "the task's own to go on", seconds=180)
    running.until(lambda: remedy_told(task, "RS-1020"), "the word that this is not kept")
    group.second.sql("FLUSH BINARY LOGS")
    change(group.second, "of the next file")
    file = group.second.log_position()[0]
    running.until(lambda: progress(task)["applied_position"].startswith(file), "the task to need only that")
    running.stop().succeeded()
    purge(group.second)
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    program.run("table", "resume", "shop", "shop.loose").succeeded()
    running.until(lambda: remedy_told(task, "RS-3003"), "the word that its log is gone")
    program.run("table", "resync", "shop", "shop.loose").succeeded()
    change(group.second, "meanwhile")
    ended_exact(group, task, running)


@of_both_dialects
def test_a_table_that_is_being_copied_into_the_task(group, program):
    """What was read of it is in no position: it is copied anew from the new server, by one command."""
    group.replicate()
    group.first.sql(SHOP, "CREATE TABLE shop.more (id INT PRIMARY KEY, v VARCHAR(100))",
                    "INSERT INTO shop.more VALUES " + ", ".join(f"({n}, 'before')" for n in range(5000)))
    task = program.task("shop", group, ["shop.orders", "shop.loose"], settings={**SETTINGS, "sync.full_max_rows": 100, "sync.chunk_size": "64K"})
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    program.run("task", "set", task.path, "objects.include=shop").succeeded()
    running.until(lambda: group.destination.value("SELECT COUNT(*) FROM shop.more") > 0, "its copy")
    group.caught_up()
    port = group.first.port
    group.first.kill()
    group.promote(port)
    change(group.second, "of the new")
    running.until(lambda: remedy_told(task, "RS-2009"), "it to be told", seconds=180)
    program.run("task", "set", task.path, "sync.full_max_rows=0").succeeded()
    program.run("table", "resync", "shop", "shop.more").succeeded()
    change(group.second, "meanwhile")
    ended_exact(group, task, running)


# --- what is ahead of the position ------------------------------------------------------------------------------

def cut_off(group, task):
    """Killed when some of the transactions that were applied beside each other are there, and others before them are not.
    The table without a key shows whether one of them comes again: all its changes are in one lane."""
    group.first.sql(*[statement for note in range(100) for statement in
                      (INSERT.format(note), f"INSERT INTO shop.loose VALUES ('{note}'), ('{note}'), ('{note}')")])
    task.crash_at("lane-committed")
    return group.destination.sql("SELECT ahead FROM dts.rds_sync_position WHERE ahead IS NOT NULL")


@with_ids
@pytest.mark.parametrize("lives, later", ((1, ()), (2, ("failover-saved", "apply-after-commit", "apply-after-commit:2"))))
def test_transactions_that_were_being_applied_beside_each_other(group, program, lives, later):
    """Places say nothing of them in the new log, their ids do, however often the program is killed on the way."""
    group.replicate()
    task = synchronized(group, program)
    for _ in range(lives):
        assert any("\n/" in ahead for (ahead,) in cut_off(group, task)), "nothing was ahead"
    group.take_over(task)
    write(group.second, random.Random(rds.seed()), 100)
    with limited(task, 4):
        for step in later:
            task.crash_at(step)
    exact(group, task)
    group.second.sql(LOOSE.format("after"))
    exact(group, task)


@pytest.mark.long
@of_both_dialects
@pytest.mark.parametrize("number", range(12))
def test_killed_anywhere_before_and_after_the_replica_took_over(group, program, number):
    seed = rds.seed() + number
    print(f"seed {seed - number}")
    chance = random.Random(seed)
    group.replicate()
    task = synchronized(group, program)
    group.first.sql("CREATE TABLE shop.late (id INT PRIMARY KEY)")
    for life in range(chance.randrange(1, 4)):
        write(group.first, chance, 80)
        if chance.random() < 0.3:
            group.first.sql(f"ALTER TABLE shop.late ADD c{life} INT")
        write(group.first, chance, 80)
        task.crash_at(anywhere(chance), sure=False)
    group.take_over(task)
    write(group.second, chance, 40)
    group.second.sql("ALTER TABLE shop.late ADD d INT")
    write(group.second, chance, 40)
    for _ in range(chance.randrange(4)):
        task.crash_at(anywhere(chance, "failover-decided", "failover-saved"), sure=False)
        write(group.second, chance, 10)
    exact(group, task)


def anywhere(chance, *steps):
    steps += ("lane-committed", "apply-before-position", "apply-begun", "apply-before-commit", "packet-executed", "apply-after-commit",
              "ddl-intended", "ddl-executed", "ddl-done")
    return f"{chance.choice(steps)}:{chance.choice((1, 1, 2, 3, 5))}"


@contextlib.contextmanager
def limited(task, rows):
    """So many rows a second, so that they go to the destination in many transactions."""
    task.replace("[sync]\n", f"[sync]\nincremental_max_rows = {rows}\n")
    yield
    task.replace(f"incremental_max_rows = {rows}\n", "")


@of_both_dialects
def test_a_replica_that_lacks_one_of_them_is_refused(group, program):
    group.replicate()
    task = synchronized(group, program)
    group.caught_up()
    group.promote()
    assert cut_off(group, task)
    group.second.sql(INSERT.format("of the new"))
    group.go_to(task, group.second)
    refused(group, task, "RS-3012")
    group.go_to(task, group.first)
    exact(group, task)


@of_both_dialects
def test_those_that_an_earlier_version_left_without_ids(group, program):
    group.replicate()
    task = synchronized(group, program)
    assert cut_off(group, task)
    as_version_6_left_them(group.destination)
    group.take_over(task)
    assert "rds-sync reanchor --force shop" in refused(group, task, "RS-2009")["hint"]
    group.go_to(task, group.first)
    exact(group, task)
    assert group.destination.value("SELECT version FROM dts.rds_sync_task") == 8


def as_version_6_left_them(destination):
    for worker, ahead in destination.sql("SELECT worker, ahead FROM dts.rds_sync_position WHERE ahead IS NOT NULL"):
        places = "".join(line for line in ahead.splitlines(keepends=True) if not line.startswith("/"))
        destination.sql(f"UPDATE dts.rds_sync_position SET ahead = '{places}' WHERE worker = {worker}")
    destination.sql("UPDATE dts.rds_sync_task SET version = 6")


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


class Writers:
    """Two, of one group or of two domains, whose transactions get their numbers here."""

    def __init__(self, kind):
        self._kind = kind
        self._sources = (1, 1) if kind == "mariadb" else ("11111111-1111-1111-1111-111111111111",
                                                           "22222222-2222-2222-2222-222222222222")

    def write(self, server, which, number, statement=None):
        run(server, as_id(self._kind, self._sources[which], number, 5 + which), statement or LOOSE.format(f"{which}:{number}"))

    def write_all(self, server, transactions):
        """(writer, number, statements), one behind the other."""
        run(server, *(each for which, number, statements in transactions
                      for each in (as_id(self._kind, self._sources[which], number, 5 + which), "BEGIN", *statements, "COMMIT")))

    def adopt(self, server, other):
        """The other has the server's own transactions too, which are our heartbeat's."""
        if self._kind == "mariadb":
            source, last = server.value("SELECT @@GLOBAL.gtid_binlog_pos").split(",")[0].split("-")[1:]
            numbers = range(1, int(last) + 1)
        else:
            source = server.value("SELECT @@server_uuid")
            last = max(map(int, re.findall(r"\d+", server.value("SELECT @@GLOBAL.gtid_executed").partition(f"{source}:")[2].partition(",")[0])), default=0)
            numbers = [n for n in range(1, last + 1) if server.value(f"SELECT GTID_SUBSET('{source}:{n}', @@GLOBAL.gtid_executed)")]
        for number in numbers:
            run(other, as_id(self._kind, source, number), "CREATE DATABASE IF NOT EXISTS dts")


@of_both_dialects
def test_a_log_that_has_the_same_transactions_in_another_order(group, program):
    """As a replica writes it that applies in parallel: what was applied already comes behind what is new. That stays so
    for whoever goes on in the middle of it."""
    writers = Writers(group.kind)
    for server in (group.first, group.second):
        for number, statement in enumerate(SHOP.split(";"), 1):
            writers.write(server, 0, number, statement)
    task = program.task("shop", group, ["shop"], settings=SETTINGS)
    task.synchronize()
    for which, number in ((1, 1), (0, 4), (0, 5)):
        writers.write(group.first, which, number)
    task.synchronize()
    writers.adopt(group.first, group.second)
    for which, number in ((1, 1), (1, 2), (0, 4), (1, 3), (1, 4), (0, 5), (1, 5), (0, 6)):
        writers.write(group.second, which, number)
    group.go_to(task, group.second)
    with limited(task, 2):
        task.crash_at("apply-after-commit")
        task.crash_at("apply-after-commit")
    task.synchronize()
    assert group.same()
    writers.write(group.second, 1, 6)
    exact(group, task)


class Orders:
    """Two servers that write the same transactions of two writers, each in an order of its own, as replicas do that apply in
    parallel; one runs behind the other until it is to take over."""

    def __init__(self, group, chance):
        self.group, self.chance, self.writers = group, chance, Writers(group.kind)
        self.numbers = [4, 1]                                         # the next of each writer
        self.lacks = {group.first: [], group.second: []}
        for server in self.lacks:
            for number, statement in enumerate(SHOP.split(";"), 1):
                self.writers.write(server, 0, number, statement)

    def other(self, server):
        return self.group.second if server is self.group.first else self.group.first

    def write(self, server, n):
        """So many more transactions of each writer."""
        new = self._new(n)
        self.writers.write_all(server, self._mixed(new))
        self.lacks[self.other(server)] += new

    def catch_up(self, server, more):
        """All that it lacks, and what only it has so far among that."""
        new = self._new(more)
        self.writers.write_all(server, self._mixed(self.lacks[server] + new))
        self.lacks[server] = []
        self.lacks[self.other(server)] += new

    def _new(self, n):
        """(writer, number, statement): what the writers do has nothing in common."""
        new = [(0, self.numbers[0] + i, "INSERT INTO shop.loose VALUES ('{0}'), ('{0}'), ('{0}')") for i in range(n)]
        new += [(1, self.numbers[1] + i, "INSERT INTO shop.orders VALUES ({0}, 'made'); UPDATE shop.orders SET note = '{0}' WHERE id = {0} - 5")
                for i in range(n)]
        self.numbers = [next_one + n for next_one in self.numbers]
        return [(which, number, statement.format(number).split(";")) for which, number, statement in new]

    def _mixed(self, transactions):
        """Those of each writer in their order."""
        left = [[each for each in transactions if each[0] == which] for which in (0, 1)]
        mixed = []
        while any(left):
            mixed.append(self.chance.choice([each for each in left if each]).pop(0))
        return mixed


PLACED = "SELECT COUNT(*) FROM dts.rds_sync_position WHERE file IS NOT NULL"


@of_both_dialects
@pytest.mark.parametrize("again", (False, True), ids=("once", "there and back"))
def test_domains_in_another_order_with_something_ahead(group, program, again):
    """The server that took over has all that lanes had brought at other places and in another order, what is new among it;
    and the one after that yet another, before the task has come to what the first had when it took over."""
    seed = rds.seed()
    print(f"seed {seed}")
    orders = Orders(group, random.Random(seed))
    task = program.task("shop", group, ["shop"], settings=SETTINGS)
    task.synchronize()
    orders.write(group.first, 1)
    task.synchronize()
    orders.writers.adopt(group.first, group.second)
    orders.write(group.first, 80)
    task.crash_at("lane-committed")
    assert any("\n/" in ahead for (ahead,) in group.destination.sql("SELECT ahead FROM dts.rds_sync_position WHERE ahead IS NOT NULL"))
    orders.catch_up(group.second, 30)
    group.go_to(task, group.second)
    with limited(task, 4):
        for step in ("failover-saved", "apply-after-commit", "apply-after-commit:2"):
            task.crash_at(step)
        assert group.destination.value(PLACED) == 0, "it has not come to what the new one had"
        if again:
            orders.catch_up(group.first, 30)
            group.go_to(task, group.first)
            for step in ("failover-saved", "apply-after-commit", "apply-after-commit:2"):
                task.crash_at(step)
            assert group.destination.value(PLACED) == 0, "… nor to what the next had"
    exact(group, task)
    orders.write(group.source, 3)
    exact(group, task)


@pytest.mark.long
@of_both_dialects
@pytest.mark.parametrize("number", range(8))
def test_killed_anywhere_between_logs_of_another_order(group, program, number):
    """One takes over after the other, whatever is under way."""
    seed = rds.seed() + number
    print(f"seed {seed - number}")
    chance = random.Random(seed)
    orders = Orders(group, chance)
    task = program.task("shop", group, ["shop"], settings=SETTINGS)
    task.synchronize()
    orders.write(group.first, 1)
    task.synchronize()
    orders.writers.adopt(group.first, group.second)
    for _ in range(chance.randrange(2, 5)):
        orders.write(group.source, chance.randrange(20, 80))
        for _ in range(chance.randrange(1, 3)):
            task.crash_at(anywhere(chance, "failover-decided", "failover-saved"), sure=False)
        next_one = orders.other(group.source)
        orders.catch_up(next_one, chance.randrange(40))
        group.go_to(task, next_one)
        with limited(task, chance.choice((40, 400))):
            for _ in range(chance.randrange(4)):
                task.crash_at(anywhere(chance, "failover-decided", "failover-saved"), sure=False)
    exact(group, task)
    orders.write(group.source, 3)
    exact(group, task)


@of_both_dialects
def test_while_places_in_the_new_log_say_nothing_yet(group, program):
    """Transactions are applied one behind the other, and neither is the destination called consistent nor compared."""
    group.replicate()
    task = synchronized(group, program, **{"verify.continuous": "yes"})
    group.take_over(task)
    change(group.second, "of the new", 200)
    before = progress(task)["verify"]["passes"]
    with limited(task, 50):
        running = task.start()
        running.until(lambda: group.destination.value("SELECT COUNT(*) FROM shop.loose WHERE note = 'of the new'"), "the first rows")
        seen = progress(task)
        if not group.destination.value(PLACED):                       # else it was over before it was looked at
            assert not seen["consistent"] and seen["verify"]["passes"] == before and seen["counters"]["parallel"] == 0, seen
    program.run("task", "set", "shop", "sync.incremental_max_rows=0").succeeded()
    running.until(lambda: group.destination.value(PLACED), "a place in the new log")
    running.until(lambda: progress(task)["consistent"] and progress(task)["verify"]["passes"] > before + 1, "a pass over both sides")
    task.verify().exited(0)
    assert progress(task)["verify"]["found"] == 0
    ended_exact(group, task, running)


# --- decisions about events that the destination refuses ---------------------------------------------------------

def decide(task):
    """Has the event at which it stops left out; what is said of that."""
    task.run("--until=synchronized").exited(1)
    event = task.program.run("event", "show", task.path, "--json").succeeded().json["event"]
    task.program.run("event", "skip", task.path, event["id"]).succeeded()
    return event


def lacking(group):
    rows = [set(map(tuple, server.sql("SELECT id, note FROM shop.orders"))) for server in (group.source, group.destination)]
    return sorted(note for _, note in rows[0] - rows[1]), rows[1] - rows[0]


@of_both_dialects
def test_what_was_decided_about_a_row_holds_in_the_new_log(group, program):
    """Its place is another one there; it is the same event."""
    group.replicate()
    task = synchronized(group, program)
    group.destination.sql("ALTER TABLE shop.orders MODIFY note VARCHAR(10)")
    group.first.sql("BEGIN", INSERT.format("fits"), INSERT.format("that is too long"), INSERT.format("this fits"), "COMMIT")
    event = decide(task)
    assert event["gtid"] and event["id"].endswith("/2")
    group.take_over(task)
    group.second.sql("FLUSH BINARY LOGS", INSERT.format("of the new"))
    task.synchronize()
    assert lacking(group) == (["that is too long"], set())
    assert progress(task)["counters"]["skipped"] == 1 and group.destination.value("SELECT SUM(passed) FROM dts.rds_sync_event") == 1


@of_both_dialects
@pytest.mark.parametrize("when", ("before", "after"))
def test_what_was_decided_about_a_statement_holds_in_the_new_log(group, program, when):
    """Also where it was decided while its place in the new log says nothing yet."""
    group.replicate()
    task = synchronized(group, program)
    group.destination.sql("ALTER TABLE shop.orders ADD n INT")
    group.first.sql("ALTER TABLE shop.orders ADD n INT", INSERT.format("behind it"))
    if when == "before":
        decide(task)
    group.take_over(task)
    if when == "after":
        event = decide(task)
        assert event["id"] == event["gtid"] + "/0"
    group.second.sql("INSERT INTO shop.orders (note, n) VALUES ('of the new', 7)")
    exact(group, task)
    assert progress(task)["counters"]["skipped"] == 1 and group.destination.value("SELECT MAX(n) FROM shop.orders") == 7


@of_both_dialects
def test_what_is_decided_anew_takes_the_place_of_what_was_decided_before(group, program):
    group.replicate()
    task = synchronized(group, program)
    group.destination.sql("ALTER TABLE shop.orders ADD n INT")
    group.first.sql("ALTER TABLE shop.orders ADD n INT")
    decide(task)
    group.destination.sql("UPDATE dts.rds_sync_event SET digest = digest ^ 1")  # it was about something else
    group.take_over(task)
    decide(task)
    exact(group, task)
    assert group.destination.value("SELECT COUNT(*) FROM dts.rds_sync_event") == 1


# --- servers that are refused -----------------------------------------------------------------------------------

@with_ids
def test_a_server_that_lacks_what_was_applied_is_refused(group, program):
    group.replicate()
    task = synchronized(group, program)
    group.caught_up()
    group.promote()
    group.first.sql(INSERT.format("errant"))
    task.synchronize()
    group.second.sql(*[INSERT.format("of the new")] * 3)
    group.go_to(task, group.second)
    error = refused(group, task, "RS-3012")
    assert group.ids(group.second) in error["detail"].replace("\n", "")
    group.go_to(task, group.first)
    exact(group, task)


@with_ids
def test_a_replica_whose_log_was_reset_is_refused(group, program):
    group.replicate()
    task = synchronized(group, program)
    group.take_over(task)
    group.reset_log(group.second)
    group.second.sql(*[INSERT.format("of the new")] * 100)
    refused(group, task, "RS-2009")


@with_ids
def test_a_replica_that_purged_what_was_not_applied_is_refused(group, program):
    group.replicate()
    task = synchronized(group, program)
    group.first.sql(INSERT.format("to be purged"), "FLUSH BINARY LOGS", INSERT.format("there"))
    group.take_over(task)
    group.second.sql("FLUSH BINARY LOGS")
    purge(group.second)
    error = refused(group, task, "RS-3003")
    assert "anew" in error["hint"]


def purge(server):
    """All files but the current one; a server keeps those that a crash of its engines would need, for a moment."""
    def oldest():
        server.sql(f"PURGE BINARY LOGS TO '{server.log_position()[0]}'")
        return server.sql("SHOW BINARY LOGS")[0][0]
    rds.wait_until(lambda: oldest() == server.log_position()[0], "the log to be purged")


@pytest.mark.parametrize("kind", ("mariadb",), scope="module")
def test_other_data_under_the_same_numbers_is_refused(group, program, new_server):
    """MariaDB's ids are numbers that servers of another group have too."""
    task = synchronized(group, program)
    other = new_server("mariadb", server_id=group.first.value("SELECT @@server_id"), log_bin="standby")
    rds.wait_until(lambda: other.value("SELECT UNIX_TIMESTAMP()") > group.first.value(
        "SELECT UNIX_TIMESTAMP(MAX(create_time)) + 2 FROM information_schema.tables WHERE table_schema = 'shop'"), "a second")
    other.sql(SHOP)
    change(other, "other", 40)
    assert group.ids(group.first).split("-")[:2] == group.ids(other).split("-")[:2]
    group.go_to(task, other)
    refused(group, task, "RS-2009")


@pytest.mark.parametrize("kind", ("mysql9", "mysql56"), scope="module")
@pytest.mark.parametrize("group", ({"gtid": False},), indirect=True)
def test_without_ids_no_other_server_is_taken(group, program):
    task = synchronized(group, program)
    group.go_to(task, group.second)
    assert "GTID" in refused(group, task, "RS-2009")["hint"]


@of_both_dialects
@pytest.mark.parametrize("step", ("chunk-after-commit", "copy-done"))
def test_before_the_end_of_the_copy_a_comparison_is_needed(group, program, step):
    """What was read for the copy is in no position: that the replica lacks some of it, only its rows show."""
    group.replicate()
    task = make_task(group, program)
    group.caught_up()
    group.promote()
    group.first.sql("INSERT INTO shop.orders VALUES (10, 'errant') ON DUPLICATE KEY UPDATE note = 'errant'", LOOSE.format("errant"))
    group.second.sql("INSERT INTO shop.orders VALUES (1000, 'of the new')", "DELETE FROM shop.orders WHERE id = 7")
    task.crash_at(step)
    group.go_to(task, group.second)
    error = refused(group, task, "RS-2009")
    assert "copy" in error["hint"] and "rds-sync reanchor --force shop" in error["hint"]
    program.run("reanchor", "--force", "--yes", "shop").succeeded()
    exact(group, task)
    group.second.sql(LOOSE.format("after"))
    exact(group, task)


@of_both_dialects
def test_in_the_middle_of_the_copy_it_goes_on_with_the_first_server(group, program):
    group.replicate()
    task = make_task(group, program)
    group.caught_up()
    task.crash_at("chunk-after-commit")
    group.promote()
    group.go_to(task, group.second)
    refused(group, task, "RS-2009")
    group.go_to(task, group.first)
    exact(group, task)
