"""The flows to AnalyticDB for PostgreSQL, in the console's words, through a protocol double (greenplum.py): each answer of their forms
has its effect, and what is there is what the source has, whatever is killed."""

import types

import conftest
import pytest

import greenplum
import rds
import servers
import test_greenplum
import test_pg_sync
from test_precheck import fails, passes, precheck

STEPS = test_pg_sync.STEPS
OWN = {"sync.incremental": None, "sync.existing_tables": None, "destination.host": None, "destination.port": None,
       "destination.connection": None, "destination.instance": "gp-1", "destination.instance_type": "ads", "destination.region": "cn-beijing",
       "destination.database": "shop", "precheck.ignore": "CHECK_GP_UNIQUE"}


@pytest.fixture
def source(pool):
    server = conftest.skipping(pool.get, "mariadb", "source")
    server.reset()
    test_pg_sync.fill(server)
    server.sql("CREATE TABLE shop.m (id INT, region INT, code VARCHAR(20) NOT NULL, v INT, PRIMARY KEY (id, region), UNIQUE (region, code))",
               f"INSERT INTO shop.m SELECT seq, seq % 7, CONCAT('c', seq), seq FROM shop.seq_1_to_{test_pg_sync.ROWS}")
    return server


@pytest.fixture
def destination(pool):
    server = conftest.skipping(pool.get, "postgresql", "jobs")
    server.reset()
    made = greenplum.Greenplum(server, "analyticdb")
    made.make("shop")
    yield made
    made.close()


@pytest.fixture
def task(program, source, destination):
    """task(**settings), whose destination is an instance of the registry."""
    def make(*objects, **settings):
        program.registry(f"[gp-1]\nengine = analyticdb-postgresql\nregion = cn-beijing\nhost = {destination.host}\nport = {destination.port}\n")
        pair = types.SimpleNamespace(source=source, destination=destination)
        accounts = (servers.Account("root", ""), servers.Account("postgres", destination.password))
        return program.task("adb", pair, objects or ["shop"], flow="mysql-to-analyticdb-postgresql", settings={**OWN, **settings}, accounts=accounts)

    return make


def rows(destination, query):
    return test_pg_sync.lines(destination.sql(query, db="shop"))


def test_killed_at_each_step_with_a_writer_at_work(source, destination, task):
    made, seed = task(), rds.seed()
    with test_greenplum.Writer(source, seed):
        reached = {step for step in STEPS if made.crash_at(step, sure=False)}
    made.synchronize()
    test_greenplum.same(source, destination)
    assert reached == set(STEPS)


@pytest.mark.parametrize("existing", ("clear", "ignore"))
def test_existing_tables_are_emptied_or_added_to(source, destination, task, existing):
    """analyticdb.existing_tables; they are emptied once, also where the task is killed behind that."""
    destination.sql("CREATE SCHEMA shop", "CREATE TABLE shop.m (id int, region int, code text, v int, PRIMARY KEY (id, region))",
                    "INSERT INTO shop.m VALUES (7000, 1, 'old', 1), (1, 1, 'old', 1)", "CREATE TABLE shop.k (a int, b int)",
                    "INSERT INTO shop.k VALUES (7000, 1)", db="shop")
    made = task(**{"analyticdb.existing_tables": existing})
    if existing == "clear":
        assert fails(made, "CHECK_PG_EMPTIED", "warning")["objects"] == ["shop.k", "shop.m"]
    else:
        assert precheck(made)[0]["CHECK_PG_EMPTIED"]["verdict"] == "skipped"
    made = task(**{"analyticdb.existing_tables": existing, "precheck.ignore": "CHECK_GP_UNIQUE CHECK_PG_EMPTIED"})
    for step in ("planned", "table-made", "chunk-after-commit"):
        made.crash_at(step)
    made.synchronize()
    old = rows(destination, "SELECT id FROM shop.m WHERE id = 7000"), rows(destination, "SELECT a FROM shop.k WHERE a = 7000")
    if existing == "clear":
        assert old == ([], [])
        test_greenplum.same(source, destination)
    else:
        assert [len(one) for one in old] == [1, 1]
    source.sql("UPDATE shop.m SET v = -1 WHERE id = 5")
    made.synchronize()
    assert rows(destination, "SELECT v FROM shop.m WHERE id = 5") == rows(source, "SELECT v FROM shop.m WHERE id = 5")


def test_tables_that_are_to_become_one_are_refused(task):
    """analyticdb.merge_tables"""
    passes(task(), "CHECK_PG_VERSION")
    made = task(**{"analyticdb.merge_tables": "yes"})
    assert "merge_tables" in fails(made, "CHECK_MERGE_TABLES")["explain"]
    assert "RS-6003" in str(made.run("--until=synchronized").exited(1))


def test_only_the_operations_that_were_chosen_come(source, destination, task):
    """analyticdb.postgresql_operations"""
    made = task(**{"analyticdb.postgresql_operations": "insert alter-table"})
    made.synchronize()
    source.sql("INSERT INTO shop.m VALUES (7000, 1, 'new', 1)", "DELETE FROM shop.m WHERE id = 1", "UPDATE shop.m SET v = -1 WHERE id = 2",
               "ALTER TABLE shop.m ADD w INT", "CREATE TABLE shop.z (id INT PRIMARY KEY)", "TRUNCATE TABLE shop.k",
               "INSERT INTO shop.m VALUES (7001, 1, 'newer', 1, 5)")
    made.synchronize()
    assert rows(destination, "SELECT id, v, w FROM shop.m WHERE id IN (1, 2, 7000, 7001) ORDER BY id") == [
        ("1", "1", ""), ("2", "2", ""), ("7000", "1", ""), ("7001", "1", "5")]
    assert destination.sql("SELECT to_regclass('shop.z')", db="shop") == (("",),)
    assert len(rows(destination, "SELECT a FROM shop.k")) > 0
    assert destination.refused == []


@pytest.mark.parametrize("quoted, name", (("yes", "Orders"), ("no", "orders")))
def test_names_keep_their_case_where_they_are_quoted(source, destination, task, quoted, name):
    """analyticdb.quote_names"""
    source.sql("CREATE TABLE shop.Orders (id INT PRIMARY KEY)", "INSERT INTO shop.Orders VALUES (1), (2)")
    task("shop.Orders", **{"analyticdb.quote_names": quoted}).synchronize()
    assert len(rows(destination, f'SELECT id FROM shop."{name}"')) == 2
