"""The precheck of a PostgreSQL source on real servers: each check is failed, what it prints as its remedy is executed as it
stands, and then it passes."""

import conftest
import pytest

import rds
import servers
from test_precheck import bad, fails, passes, precheck

FLOW = "postgresql-to-analyticdb-postgresql"


@pytest.fixture(params=["postgresql", "postgresql-newest"])
def server(pool, request):
    made = conftest.skipping(pool.get, request.param, "jobs")
    made.reset()
    made.sql("CREATE DATABASE shop", "CREATE DATABASE gp")
    return made


one_release = pytest.mark.parametrize("server", ["postgresql"], indirect=True)


@pytest.fixture
def task_at(program):
    """Makes a task from the server's database shop to its database gp: task_at(server, **{"objects.include": "public"})."""
    def make(server, **settings):
        program.env["RDS_TEST_PG"] = settings.pop("password", server.password)
        program.env["RDS_TEST_GP"] = server.password
        program.registry(f"[gp-1]\nengine = analyticdb-postgresql\nhost = 127.0.0.1\nport = {server.port}\n")
        keys = {"task.name": "shop", "task.flow": FLOW, "task.id": "6a0c0000-0000-4000-8000-00000000000b",
                "source.instance_type": "self-managed", "source.host": "127.0.0.1", "source.port": server.port,
                "source.account": "postgres", "source.password_env": "RDS_TEST_PG", "source.database": "shop", "source.connection": "no-ssl",
                "destination.instance": "gp-1", "destination.account": "postgres", "destination.password_env": "RDS_TEST_GP",
                "destination.database": "gp", "objects.include": "public", **settings}
        return program.keyed_task("shop", keys)

    return make


def carry_out(server, finding):
    assert finding["remedy"] and finding["remedy_where"] == "source", finding
    server.sql(finding["remedy"], db="shop")


def mend(server, task, code, verdict="failed"):
    """Fails, is mended by its remedy, passes. The finding as it was."""
    finding = fails(task, code, verdict)
    carry_out(server, finding)
    passes(task, code)
    return finding


def test_a_healthy_source_passes(server, task_at):
    """But for the flow, which can't be started yet."""
    server.sql("CREATE TABLE orders (id int PRIMARY KEY, note text)", "CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id)",
               "CREATE TABLE parts_1 PARTITION OF parts DEFAULT", db="shop")
    found, passed = precheck(task_at(server))
    assert not passed and set(bad(found)) == {"CHECK_FLOW"}, bad(found)
    assert found["CHECK_CONN_SRC"]["found"].startswith("PostgreSQL " + server.version.split(".", maxsplit=1)[0])
    assert found["CHECK_SAME_REGION"]["verdict"] == "skipped" and len(found) > 15


@one_release
def test_servers_and_databases_that_are_not_there(server, task_at, program):
    found, _ = precheck(task_at(server, **{"source.database": "none"}))
    assert found["CHECK_CONN_SRC"]["verdict"] == "failed" and "none" in str(found["CHECK_CONN_SRC"])
    assert {found[code]["verdict"] for code in ("CHECK_AUTH_SRC", "CHECK_OBJECTS", "CHECK_PG_SLOTS", "CHECK_PG_IDENTITY")} == {"skipped"}
    assert found["CHECK_CONN_DEST"]["verdict"] == "passed"
    found, _ = precheck(task_at(server, **{"destination.database": "none"}))
    assert found["CHECK_CONN_DEST"]["verdict"] == "failed" and "none" in str(found["CHECK_CONN_DEST"])
    assert found["CHECK_CONN_SRC"]["verdict"] == "passed"
    assert not program.files_holding(server.password)


@one_release
def test_the_regions_of_a_zero_etl_task(server, program):
    program.env["RDS_TEST_PG"] = server.password
    program.registry(f"[pg-1]\nengine = postgresql\nhost = 127.0.0.1\nport = {server.port}\n")
    keys = {"task.name": "t", "task.flow": "zero-etl", "objects.include": "public"}
    for side, database in (("source", "shop"), ("destination", "gp")):
        keys.update({f"{side}.instance": "pg-1", f"{side}.account": "postgres", f"{side}.password_env": "RDS_TEST_PG",
                     f"{side}.database": database, f"{side}.region": "cn-beijing"})
    assert "cn-beijing" in passes(program.keyed_task("t", keys), "CHECK_SAME_REGION")["found"]
    finding = fails(program.keyed_task("t", {**keys, "destination.region": "cn-shanghai"}), "CHECK_SAME_REGION")
    assert finding["found"] == "cn-beijing and cn-shanghai"


# --- the account --------------------------------------------------------------------------------------------------------

def test_an_account_without_privileges(server, task_at):
    server.sql("CREATE ROLE owner", "CREATE ROLE guest LOGIN PASSWORD 'g'")
    server.sql("REVOKE ALL ON SCHEMA public FROM PUBLIC", "CREATE TABLE orders (id int PRIMARY KEY)", 'CREATE TABLE "Odd ""one" (id int PRIMARY KEY)',
               "CREATE SCHEMA other; CREATE TABLE other.t (id int PRIMARY KEY)", "ALTER TABLE orders OWNER TO owner",
               'ALTER TABLE "Odd ""one" OWNER TO owner', db="shop")
    task = task_at(server, password="g", **{"source.account": "guest"})
    finding = mend(server, task, "CHECK_AUTH_SRC")
    for what in ("REPLICATION", "CREATE ON DATABASE shop", "SELECT on 2 tables", "owner's role of 2 tables"):
        assert what in finding["found"], finding
    assert set(finding["objects"]) == {"public.orders", 'public.Odd "one'} and finding["remedy"].count("GRANT owner TO guest") == 1
    assert set(bad(precheck(task)[0])) == {"CHECK_FLOW"}
    server.sql("ALTER TABLE orders OWNER TO postgres", db="shop")
    finding = fails(task, "CHECK_AUTH_SRC")
    assert "superuser" in finding["explain"] and not finding["remedy"] or "GRANT postgres" not in finding["remedy"]


def test_an_account_that_is_enough(server, task_at):
    """With what the precheck asks for a publication and a slot can be made, and with nothing less."""
    server.sql("CREATE ROLE owner LOGIN REPLICATION PASSWORD 'o'", "GRANT CREATE ON DATABASE shop TO owner")
    server.sql("CREATE TABLE orders (id int PRIMARY KEY)", "ALTER TABLE orders OWNER TO owner", db="shop")
    assert set(bad(precheck(task_at(server, password="o", **{"source.account": "owner"}))[0])) == {"CHECK_FLOW"}
    server.sql("SET ROLE owner", "CREATE PUBLICATION p FOR TABLE orders", "SELECT pg_create_logical_replication_slot('s', 'pgoutput')",
               "SELECT pg_drop_replication_slot('s')", "DROP PUBLICATION p", db="shop")


# --- the log -------------------------------------------------------------------------------------------------------------

def test_a_server_that_is_set_up_otherwise(new_server, task_at):
    """All that takes a restart, at once: the level of the log, slots, and sessions that read it."""
    server = new_server("postgresql", wal_level="replica", max_replication_slots=1, max_wal_senders=1)
    server.sql("CREATE DATABASE shop", "CREATE DATABASE gp", "SELECT pg_create_physical_replication_slot('taken')")
    server.sql("CREATE TABLE orders (id int PRIMARY KEY)", db="shop")
    task = task_at(server)
    for code in ("CHECK_PG_WAL_LEVEL", "CHECK_PG_SLOTS", "CHECK_PG_SENDERS"):
        finding = fails(task, code)
        assert "restarted" in finding["explain"]
        carry_out(server, finding)
    assert "taken" in fails(task, "CHECK_PG_SLOTS")["explain"]
    for option in ("wal_level", "max_replication_slots", "max_wal_senders"):
        del server.options[option]                                    # which go before what ALTER SYSTEM says
    server.restart()
    for code in ("CHECK_PG_WAL_LEVEL", "CHECK_PG_SLOTS", "CHECK_PG_SENDERS"):
        passes(task, code)
    server.sql("CREATE TABLE loose (a int); ALTER TABLE loose REPLICA IDENTITY FULL", db="shop")
    assert "2 free slots" in fails(task, "CHECK_PG_SLOTS")["needed"], "one to copy the table without a key from"
    server.sql("DROP TABLE loose", "SELECT pg_create_logical_replication_slot('rds_sync_6a0c0000_0000_4000_8000_00000000000b', 'pgoutput')", db="shop")
    passes(task, "CHECK_PG_SLOTS")                                    # its own does not count


def test_a_log_that_is_not_kept(server, task_at):
    server.sql("CREATE TABLE orders (id int PRIMARY KEY)", db="shop")
    server.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '64MB'", "SELECT pg_reload_conf()")
    newest = int(server.version.split(".", maxsplit=1)[0]) >= 18
    if newest:
        server.sql("ALTER SYSTEM SET idle_replication_slot_timeout = '1d'", "SELECT pg_reload_conf()")
    task = task_at(server)
    rds.wait_until(lambda: precheck(task)[0]["CHECK_PG_RETENTION"]["verdict"] == "warning", "the settings to be read")
    finding = fails(task, "CHECK_PG_RETENTION", "warning")
    assert "max_slot_wal_keep_size = 64MB" in finding["found"] and ("idle_replication_slot_timeout = 1d" in finding["found"]) == newest
    carry_out(server, finding)
    rds.wait_until(lambda: precheck(task)[0]["CHECK_PG_RETENTION"]["verdict"] == "passed", "the settings to be read")


def test_a_standby_that_could_take_over(server, task_at):
    server.sql("CREATE TABLE orders (id int PRIMARY KEY)", db="shop")
    task = task_at(server)
    passes(task, "CHECK_PG_FAILOVER")
    server.sql("SELECT pg_create_physical_replication_slot('standby')")
    try:
        assert fails(task, "CHECK_PG_FAILOVER", "warning")["found"] == "1 standby"
        if server.flavor == "postgresql-newest":
            server.sql("ALTER SYSTEM SET synchronized_standby_slots = 'standby'", "SELECT pg_reload_conf()")
            rds.wait_until(lambda: server.value("SHOW synchronized_standby_slots") == "standby", "the setting")
            passes(task, "CHECK_PG_FAILOVER")
            server.sql("ALTER SYSTEM RESET synchronized_standby_slots", "SELECT pg_reload_conf()")
            rds.wait_until(lambda: server.value("SHOW synchronized_standby_slots") == "", "the setting to go")
    finally:
        server.sql("SELECT pg_drop_replication_slot('standby')")


def test_transactions_that_stay_prepared_and_a_standby(new_server, task_at):
    server = new_server("postgresql", max_prepared_transactions=5)
    server.sql("CREATE DATABASE shop", "CREATE DATABASE gp")
    server.sql("CREATE TABLE orders (id int PRIMARY KEY)", db="shop")
    server.sql("BEGIN", "INSERT INTO orders VALUES (1)", "PREPARE TRANSACTION 'held'", db="shop")
    task = task_at(server)
    rds.wait_until(lambda: precheck(task)[0]["CHECK_PG_PREPARED"]["verdict"] == "failed", "it to stay for a moment")
    assert fails(task, "CHECK_PG_PREPARED")["objects"] == ["held"]
    server.sql("ROLLBACK PREPARED 'held'", db="shop")
    passes(task, "CHECK_PG_PREPARED")
    passes(task, "CHECK_PG_PRIMARY")
    server.stop()
    (server.datadir / "standby.signal").touch()
    server.start()
    assert "standby" in fails(task, "CHECK_PG_PRIMARY")["found"]


# --- the tables ------------------------------------------------------------------------------------------------------------

def test_tables_whose_rows_can_not_be_told_apart(server, task_at):
    server.sql("CREATE TABLE keyless (a int)", "CREATE TABLE silent (id int PRIMARY KEY); ALTER TABLE silent REPLICA IDENTITY NOTHING",
               'CREATE TABLE "Odd ""one" (a int)', "CREATE TABLE whole (a int); ALTER TABLE whole REPLICA IDENTITY FULL",
               "CREATE TABLE parts (a int) PARTITION BY RANGE (a); CREATE TABLE parts_1 PARTITION OF parts DEFAULT",
               "CREATE TABLE by_index (a int NOT NULL); CREATE UNIQUE INDEX i ON by_index (a); ALTER TABLE by_index REPLICA IDENTITY USING INDEX i",
               "CREATE SCHEMA other; CREATE TABLE other.keyless (a int)", db="shop")
    finding = mend(server, task_at(server), "CHECK_PG_IDENTITY")
    assert set(finding["objects"]) == {"public.keyless", "public.silent", 'public.Odd "one', "public.parts", "public.parts_1"}
    assert "ALTER TABLE public.silent REPLICA IDENTITY DEFAULT;" in finding["remedy"]
    for table in ("keyless", "silent", '"Odd ""one"', "parts", "by_index", "whole"):
        server.sql(f"DROP PUBLICATION IF EXISTS p; CREATE PUBLICATION p FOR TABLE {table}", db="shop")
        column = "id" if table == "silent" else "a"
        server.sql(f"INSERT INTO {table} VALUES (1); UPDATE {table} SET {column} = 2; DELETE FROM {table}", db="shop")


@one_release
def test_what_can_not_be_brought_over(server, task_at):
    server.sql("CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (extra int, PRIMARY KEY (id)) INHERITS (parent)",
               "CREATE TABLE typed (id int PRIMARY KEY, u uuid, tags text[], v tsvector, b bit(3), fine text)",
               "CREATE UNLOGGED TABLE fleeting (id int PRIMARY KEY)", "CREATE VIEW seen AS SELECT 1 AS x", "CREATE SEQUENCE numbers", db="shop")
    found, _ = precheck(task_at(server))
    assert found["CHECK_PG_INHERITED"]["verdict"] == "failed" and found["CHECK_PG_INHERITED"]["objects"] == ["public.parent"]
    types = found["CHECK_PG_SOURCE_TYPES"]
    assert types["verdict"] == "failed" and types["found"] == "4 columns" and "public.typed.tags: text[]" in types["explain"]
    left = found["CHECK_PG_LEFT_OUT"]
    assert left["verdict"] == "warning" and left["ignorable"]
    for what in ("table public.fleeting: unlogged", "view public.seen", "sequence public.numbers"):
        assert what in left["explain"], left
    without = {"objects.include": "public.child public.typed", "objects.exclude": "public.typed.u public.typed.tags public.typed.v public.typed.b"}
    assert set(bad(precheck(task_at(server, **without))[0])) == {"CHECK_FLOW"}


@one_release
def test_objects_that_are_not_there(server, task_at):
    server.sql("CREATE TABLE orders (id int PRIMARY KEY)", db="shop")
    finding = fails(task_at(server, **{"objects.include": "public.orders public.gone nowhere"}), "CHECK_OBJECTS")
    assert set(finding["objects"]) == {"public.gone", "nowhere"}
