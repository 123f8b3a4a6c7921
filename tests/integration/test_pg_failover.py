"""A PostgreSQL standby in the source's place. It has the source's number, and its log goes on under the same places: whether it holds
what was applied its timelines tell. The task goes on exactly there, or says why it can't."""

import shutil
import types

import conftest
import pytest

import pg_writers
import rds
import servers

COLUMNS = {"k": "id, part, x, big, n", "f": "id, n, big", "u": "id, code, n, big", "loose": "n, big"}
SLOTS = 17                              # the release from which on a standby has slots


class Group:
    """A source, and a standby that follows it; of the newest release it has the task's slot as well."""

    def __init__(self, new_server, flavor):
        self.first = conftest.skipping(new_server, flavor)
        self.second = new_server(flavor)
        self.first.sql("CREATE DATABASE shop", "SELECT pg_create_physical_replication_slot('standby', true)")
        self.first.sql(pg_writers.TABLES, "INSERT INTO k SELECT i, 0, 'x', NULL, 0 FROM generate_series(1, 400) i",
                       "INSERT INTO loose SELECT i % 5, 'x' FROM generate_series(1, 60) i", "ANALYZE", db="shop")
        self.has_slots = int(self.first.version.split(".")[0]) >= SLOTS
        self._copy()

    def _copy(self):
        for server in (self.second, self.first):
            server.stop()
        shutil.rmtree(self.second.datadir)
        servers.copy_tree(self.first.datadir, self.second.datadir)
        (self.second.datadir / "standby.signal").touch()
        self.first.start()
        where = f"host=127.0.0.1 port={self.first.port} user=postgres password={self.first.password} dbname=postgres"
        self.second.restart(primary_conninfo=where, primary_slot_name="standby", hot_standby_feedback="on",
                            **({"sync_replication_slots": "on"} if self.has_slots else {}))

    def wait_for_standby(self):
        """Before anything is read that it does not have."""
        if self.has_slots:
            self.first.sql("ALTER SYSTEM SET synchronized_standby_slots = 'standby'", "SELECT pg_reload_conf()")
            rds.wait_until(lambda: self.first.value("SHOW synchronized_standby_slots") == "standby", "the setting")

    def caught_up(self):
        end = self.first.value("SELECT pg_current_wal_insert_lsn()")
        rds.wait_until(lambda: self.second.value(f"SELECT pg_last_wal_replay_lsn() >= '{end}'") == "t", "the standby to have everything")

    def has_slot(self):
        """That it would keep: the one of the source must have moved since the standby took it over, which takes a task that runs, and what
        is told in the log of transactions that are open."""
        def synchronized():
            self.first.sql("SELECT pg_log_standby_snapshot()", "UPDATE k SET n = n + 1 WHERE id = 300", db="shop")
            return self.second.sql("SELECT 1 FROM pg_replication_slots WHERE synced AND NOT temporary")

        if self.has_slots:
            rds.wait_until(synchronized, "the standby to have the slot")

    def fail_over(self):
        """At the address of the one that is gone."""
        self.first.kill()
        self.second.sql("SELECT pg_promote()")
        self.second.stop()
        self.second.port = self.first.port
        self.second.start()


@pytest.fixture(params=["postgresql", "postgresql-newest"])
def group(new_server, request):
    return Group(new_server, request.param)


@pytest.fixture
def destination(pool):
    made = conftest.skipping(pool.get, "postgresql", "jobs")
    made.reset()
    made.sql("CREATE DATABASE shop")
    return made


@pytest.fixture
def task(program, group, destination):
    """task(**settings)"""
    def make(**settings):
        pair = types.SimpleNamespace(source=group.first, destination=destination)
        keys = {"source.database": "shop", "destination.database": "shop", "sync.chunk_size": "64K", "sync.retry_connection": "30", "precheck.ignore": "CHECK_PG_FAILOVER",
                **settings}
        account = servers.Account("postgres", destination.password)
        return program.task("pg", pair, ["public"], flow="postgresql-to-postgresql", settings=keys, accounts=(account, account))

    return make


def same(source, destination):
    for name, columns in COLUMNS.items():
        assert pg_writers.rows(destination, name, columns) == pg_writers.rows(source, name, columns), name


def told(task, code):
    return [problem for problem in task.status()["progress"]["problems"] if problem["code"] == code]


def test_a_task_goes_on_with_the_standby_that_has_its_slot_and_with_no_other(group, destination, task):
    """While the source's applications write; the standby goes on from where it had come."""
    made, seed = task(), rds.seed()
    group.wait_for_standby()
    made.synchronize()
    running, writers = made.start(), pg_writers.Writers(group.first, seed)
    try:
        group.has_slot()
        rds.wait_until(lambda: sum(writers.done.values()) > 60, "transactions")
        group.first.kill()
    finally:
        writers.end()
    group.fail_over()
    group.second.sql("INSERT INTO f VALUES (900, 1, 'of the standby')", "UPDATE k SET n = n + 1", db="shop")
    if group.has_slots:
        running.until(lambda: ("900", "1", "of the standby") in destination.sql("SELECT * FROM f", db="shop"), "what the standby wrote")
        assert told(made, "RS-3013")
        running.stop()
        made.synchronize()
        same(group.second, destination)
        assert not told(made, "RS-3013")
    else:
        running.until(lambda: told(made, "RS-3003"), "the loss of the slot")
        assert "a standby has taken the source's place" in told(made, "RS-3003")[0]["hint"]
        assert not destination.sql("SELECT 1 FROM f WHERE id = 900", db="shop")


@pytest.mark.skipif(not rds.LONG, reason="RDS_SYNC_LONG is not set")
@pytest.mark.parametrize("group", ["postgresql-newest"], indirect=True)
def test_a_standby_that_lacks_what_was_applied_is_refused(group, destination, task):
    """Behind where it took over its log has other transactions under the same places."""
    made = task()
    made.synchronize()
    running = made.start()
    group.has_slot()
    running.stop()
    group.caught_up()
    group.second.stop()
    group.first.sql("INSERT INTO f VALUES (800, 1, 'lost')", db="shop")
    made.synchronize()
    group.first.kill()
    group.second.options.pop("primary_conninfo")
    group.second.start()
    group.fail_over()
    group.second.sql("INSERT INTO f SELECT i, 1, repeat(md5(i::text), 40) FROM generate_series(900, 999) i", db="shop")
    assert made.start("--until=synchronized").wait().code != 0
    assert "synchronized_standby_slots" in told(made, "RS-3012")[0]["hint"]
    assert destination.sql("SELECT id FROM f WHERE id >= 800", db="shop") == (("800",),)


@pytest.mark.parametrize("group", ["postgresql-newest"], indirect=True)
def test_a_standby_that_takes_over_while_tables_are_copied_is_refused(group, destination, task):
    """What was read for the copy may be what it lacks."""
    made = task(**{"sync.copy_workers": 1})
    group.wait_for_standby()
    assert made.crash_at("chunk-after-commit")
    group.caught_up()
    group.fail_over()
    assert made.start("--until=synchronized").wait().code != 0
    assert told(made, "RS-3012")


@pytest.mark.parametrize("group", ["postgresql"], indirect=True)
def test_a_server_that_was_put_back_to_an_earlier_state_is_refused(group, destination, task):
    """It has the source's number and timeline, and less of its log."""
    made = task()
    made.synchronize()
    group.second.stop()
    (group.second.datadir / "standby.signal").unlink()
    group.first.sql("INSERT INTO f SELECT i, 1, repeat(md5(i::text), 40) FROM generate_series(900, 999) i", db="shop")
    made.synchronize()
    group.first.stop()
    group.second.port = group.first.port
    group.second.start()
    assert made.start("--until=synchronized").wait().code != 0
    assert "synchronized_standby_slots" in told(made, "RS-3012")[0]["hint"]
    assert destination.value("SELECT count(*) FROM f", db="shop") == "100"
