"""MySQL into Greenplum's family, through a protocol double (greenplum.py): what is there is what the source has, by statements that the
family takes, nothing lost and nothing twice, whatever is killed."""

import json
import subprocess
import types

import conftest
import pytest

import greenplum
import rds
import servers
import test_pg_sync

STEPS = test_pg_sync.STEPS
TABLES = {**test_pg_sync.TABLES, "m": "id, region, code, v"}


@pytest.fixture
def source(pool):
    """As that of test_pg_sync, and shop.m, all of whose unique keys have a column in common."""
    server = conftest.skipping(pool.get, "mariadb", "source")
    server.reset()
    test_pg_sync.fill(server)
    server.sql("CREATE TABLE shop.m (id INT, region INT, code VARCHAR(20) NOT NULL, v INT, PRIMARY KEY (id, region), UNIQUE (region, code))",
               f"INSERT INTO shop.m SELECT seq, seq % 7, CONCAT('c', seq), seq FROM shop.seq_1_to_{test_pg_sync.ROWS}")
    return server


@pytest.fixture(params=["greenplum-6", "greenplum-7"])
def destination(pool, request):
    server = conftest.skipping(pool.get, "postgresql", "jobs")
    server.reset()
    made = greenplum.Greenplum(server, request.param)
    made.make("shop")
    yield made
    made.close()


@pytest.fixture
def task(program, source, destination):
    """task(**settings)"""
    def make(**settings):
        pair = types.SimpleNamespace(source=source, destination=destination)
        accounts = (servers.Account("root", ""), servers.Account("postgres", destination.password))
        keys = {"destination.database": "shop", "sync.chunk_size": "64K", "precheck.ignore": "CHECK_GP_UNIQUE", **settings}
        return program.task("gp", pair, ["shop"], flow="mysql-to-postgresql", settings=keys, accounts=accounts)

    return make


def same(source, destination):
    for name, columns in TABLES.items():
        query = f"SELECT {columns} FROM shop.{name}"
        assert test_pg_sync.lines(destination.sql(query, db="shop")) == test_pg_sync.lines(source.sql(query)), name
    assert destination.refused == []


class Writer(test_pg_sync.Writer):
    """Changes shop.m as well."""

    def _statement(self):
        draw = self._random
        one, other, few = draw.randint(1, 2 * test_pg_sync.ROWS), draw.randint(1, 2 * test_pg_sync.ROWS), draw.randint(0, 6)
        if draw.random() < 0.7:
            return super()._statement()
        return draw.choice((("INSERT IGNORE INTO m VALUES (%s, %s, %s, %s)", (one, few, f"c{other}", one)),
                            ("UPDATE m SET v = v + 1 WHERE id BETWEEN %s AND %s", (one, one + 20)),
                            ("UPDATE IGNORE m SET region = %s WHERE id = %s", (few, one)),
                            ("UPDATE IGNORE m SET code = %s WHERE id = %s", (f"c{other}", one)),
                            ("DELETE FROM m WHERE id = %s", (one,))))


def test_tables_are_spread_by_what_their_unique_keys_have_in_common(source, destination, task):
    task().synchronize()
    same(source, destination)
    assert {name: destination.distribution(f"shop.{name}", "shop") for name in TABLES} == {
        "t": ("by", "id"), "k": ("randomly", ""), "p": ("by", "id"), "c": ("by", "id"), "m": ("by", "region")}
    unique = destination.sql("SELECT indexrelid::regclass::text FROM pg_index WHERE indisunique AND indrelid IN ('shop.t'::regclass, 'shop.m'::regclass) "
                             "ORDER BY 1", db="shop")
    assert sorted(unique) == [('shop."m.region"',), ("shop.m_pkey",), ("shop.t_pkey",)]


def test_changes_come_by_statements_that_the_family_takes(source, destination, task):
    made = task()
    made.synchronize()
    source.sql("UPDATE shop.t SET v = 'new' WHERE id <= 10", "UPDATE shop.t SET id = id + 5000 WHERE id > 990", "DELETE FROM shop.t WHERE id = 20",
               "UPDATE shop.t SET u = NULL WHERE id = 30", "UPDATE shop.t SET u = 30 WHERE id = 31", "INSERT INTO shop.k VALUES (1, 1)",
               "UPDATE shop.k SET b = 9 WHERE a = 8 LIMIT 1", "DELETE FROM shop.k WHERE a = 7 LIMIT 1", "DELETE FROM shop.p WHERE id = 3",
               "UPDATE shop.p SET id = 100 WHERE id = 4", "UPDATE shop.m SET region = 6 WHERE id = 8", "UPDATE shop.m SET code = 'x' WHERE id = 9",
               "UPDATE shop.m SET v = 0 WHERE id > 500")
    made.synchronize()
    same(source, destination)


# What is done to the destination, and what the source does then: deletes and inserts, an update, an insert, a delete, a row that comes and goes.
@pytest.mark.parametrize("destination", ["greenplum-7"], indirect=True)
def test_what_the_destination_lacks_or_has_too_many_of_is_counted(source, destination, task):
    made = task()
    made.synchronize()
    cases = (("DELETE FROM shop.m WHERE id = 5", "UPDATE shop.m SET v = 1 WHERE id < 9"),
             ("INSERT INTO shop.m VALUES (3000, 3, 'own', 0)", "INSERT INTO shop.m VALUES (3000, 3, 'c3000', 1), (3001, 4, 'c3001', 1)"),
             ("DELETE FROM shop.m WHERE id = 7", "DELETE FROM shop.m WHERE id BETWEEN 6 AND 8"),
             ("INSERT INTO shop.t VALUES (5000, 1, '')", "INSERT INTO shop.t VALUES (5000, 5000, 'x'); DELETE FROM shop.t WHERE id >= 5000"),
             ("DELETE FROM shop.k WHERE a = 9", "DELETE FROM shop.k WHERE a = 9 LIMIT 1; DELETE FROM shop.k WHERE a = 9"))
    for n, (meddling, change) in enumerate(cases):
        (before,) = source.sql("SELECT COUNT(*) FROM shop.k WHERE a = 9")
        destination.sql(meddling, db="shop")
        source.sql("BEGIN", *change.split("; "), "COMMIT", db="shop")
        made.synchronize()
        assert made.status()["progress"]["counters"]["anomalies"] == (before[0] if n == 4 else 1), meddling
        same(source, destination)


@pytest.mark.parametrize("destination", ["greenplum-6"], indirect=True)
def test_columns_of_the_destination_s_own_come_along(source, destination, task):
    """Also where a row goes to another segment, by itself or with its parent, which no UPDATE can do; and where copy and stream overlap."""
    source.sql("CREATE TABLE shop.o (id INT PRIMARY KEY)", "CREATE TABLE shop.l (o INT, n INT, v INT, PRIMARY KEY (o, n), FOREIGN KEY (o) "
               "REFERENCES shop.o (id) ON UPDATE CASCADE ON DELETE CASCADE)", "INSERT INTO shop.o VALUES (1), (2), (3)",
               "INSERT INTO shop.l SELECT 1 + seq % 3, seq, seq FROM shop.seq_1_to_30")
    made = task(**{"fields.table.1": "shop.l: partitioned primary o n distribution o"})
    made.crash_at("copy-done")
    for name in "ml":
        destination.sql(f"ALTER TABLE shop.{name} ADD own text", f"UPDATE shop.{name} SET own = 'of ' || v", db="shop")
    changes = ("UPDATE shop.m SET code = CONCAT(code, '!') WHERE v < 30", "DELETE FROM shop.m WHERE v = 4", "UPDATE shop.m SET region = 9 WHERE v = 8",
               "UPDATE shop.l SET n = n + 100 WHERE v > 20", "UPDATE shop.o SET id = 7 WHERE id = 2", "UPDATE shop.l SET o = 3, n = 500 WHERE v = 6",
               "DELETE FROM shop.o WHERE id = 1")
    source.sql(*changes)
    made.synchronize()
    source.sql("UPDATE shop.m SET region = region + 1 WHERE v > 990", "UPDATE shop.o SET id = 8 WHERE id = 3", "INSERT INTO shop.m VALUES (9000, 1, 'x', 9000)")
    made.synchronize()
    same(source, destination)
    assert test_pg_sync.lines(destination.sql("SELECT o, n, v FROM shop.l", db="shop")) == test_pg_sync.lines(source.sql("SELECT o, n, v FROM shop.l"))
    for name in "ml":
        assert destination.sql(f"SELECT v, own FROM shop.{name} WHERE own IS DISTINCT FROM 'of ' || v AND v <> 9000", db="shop") == ()
    assert made.status()["progress"]["counters"]["anomalies"] == 0


@pytest.mark.parametrize("destination", ["greenplum-6"], indirect=True)
def test_tables_are_made_renamed_emptied_and_dropped_while_it_runs(source, destination, task):
    made = task()
    made.synchronize()
    source.sql("CREATE TABLE one (a INT, b INT, c VARCHAR(20), PRIMARY KEY (a, b), UNIQUE (b, c), KEY (c))", "INSERT INTO one VALUES (1, 1, 'x'), (2, 2, 'y')",
               "CREATE TABLE two LIKE one", "INSERT INTO two VALUES (3, 3, 'z')", "RENAME TABLE one TO swap, two TO one, swap TO two",
               "UPDATE one SET a = 4", "UPDATE two SET b = 5 WHERE a = 1", "CREATE TABLE three (a INT)", "INSERT INTO three VALUES (1), (1)",
               "TRUNCATE TABLE k", "INSERT INTO k VALUES (5, 5)", "DROP TABLE c", "CREATE DATABASE other", "DROP DATABASE other", db="shop")
    made.synchronize()
    for name, columns in {"one": "a, b, c", "two": "a, b, c", "three": "a", "k": "a, b"}.items():
        query = f"SELECT {columns} FROM shop.{name}"
        assert test_pg_sync.lines(destination.sql(query, db="shop")) == test_pg_sync.lines(source.sql(query)), name
    assert [destination.distribution(f"shop.{name}", "shop") for name in ("one", "two", "three")] == [("by", "b"), ("by", "b"), ("randomly", "")]
    assert destination.sql("SELECT count(*) FROM pg_class WHERE oid = to_regclass('shop.c')", db="shop") == (("0",),)
    assert destination.refused == []


# Those of test_pg_sync that leave keys as they are.
CHANGES = [change for change in test_pg_sync.CHANGES[:12] if "PRIMARY KEY" not in change] + [
    "ALTER TABLE m ADD w INT NOT NULL DEFAULT 7, ADD KEY by_w (w)", "ALTER TABLE m ADD UNIQUE (region, w, id)", "ALTER TABLE m DROP KEY region_2, DROP KEY by_w",
    "CREATE INDEX by_p ON c (v, p)", "DROP INDEX by_p ON c", "ALTER TABLE k ADD x VARCHAR(10) DEFAULT 'y'", "ALTER TABLE t DROP KEY u"]


@pytest.mark.parametrize("destination", ["greenplum-6"], indirect=True)
def test_tables_are_altered_but_for_what_spreads_their_rows(source, destination, task):
    made = task()
    made.synchronize()
    source.sql(*CHANGES, db="shop")
    made.synchronize()
    test_pg_sync.everything_is_the_same(source, destination)
    assert destination.refused == []
    source.sql("UPDATE m SET w = w + id", "ALTER TABLE m DROP PRIMARY KEY", db="shop")
    assert "RS-4013" in str(made.run("--until=synchronized").exited(1))


@pytest.mark.parametrize("destination", ["cloudberry"], indirect=True)
def test_field_mapping_says_how_tables_lie(source, destination, task):
    """Also where it gives a table another primary key than the one by which its rows are found, or one that the source has not."""
    fields = ("shop.t: partitioned primary id v distribution v", "shop.p: replicated primary id", "shop.m: partitioned primary id region distribution id",
              "shop.c: partitioned primary id distribution id")
    source.sql("ALTER TABLE shop.t MODIFY v VARCHAR(200) NOT NULL")
    made, seed = task(**{f"fields.table.{n}": line for n, line in enumerate(fields, 1)}), rds.seed()
    with Writer(source, seed):
        made.crash_at("copy-done")
    made.synchronize()
    same(source, destination)
    assert {name: destination.distribution(f"shop.{name}", "shop") for name in "tpmc"} == {
        "t": ("by", "v"), "p": ("replicated", ""), "m": ("by", "id"), "c": ("by", "id")}


@pytest.mark.parametrize("destination", ["analyticdb"], indirect=True)
def test_what_the_precheck_says_of_distribution_keys(destination, task):
    found = {one["code"]: one for one in task().precheck().json["findings"]}
    assert found["CHECK_PG_VERSION"]["verdict"] == found["CHECK_GP_FIELDS"]["verdict"] == "passed"
    assert found["CHECK_GP_UNIQUE"]["verdict"] == "warning" and "shop.t: u" in json.dumps(found["CHECK_GP_UNIQUE"])
    mended = {"fields.table.1": "shop.t: replicated primary id"}
    found = {one["code"]: one for one in task(**mended).precheck().json["findings"]}
    assert found["CHECK_GP_UNIQUE"]["verdict"] == "passed"
    found = {one["code"]: one for one in task(**mended, **{"fields.table.2": "shop.k: replicated primary a",
                                                           "fields.table.3": "shop.p: partitioned primary x distribution x"}).precheck().json["findings"]}
    assert found["CHECK_GP_FIELDS"]["verdict"] == "failed" and found["CHECK_GP_FIELDS"]["objects"] == ["shop.k", "shop.p"]
    assert destination.refused == []


@pytest.mark.parametrize("destination", ["greenplum-6"], indirect=True)
def test_killed_at_each_step_nothing_is_lost_or_there_twice(source, destination, task):
    made, seed = task(**{"sync.copy_workers": 2}), rds.seed()
    with Writer(source, seed):
        reached = {step for step in STEPS if made.crash_at(step, sure=False)}
    made.synchronize()
    same(source, destination)
    assert reached == set(STEPS)


@pytest.mark.parametrize("destination", ["greenplum-6"], indirect=True)
@pytest.mark.parametrize("step", ("chunk-before-commit", "apply-before-commit"))
def test_a_process_that_was_taken_over_writes_nothing(source, destination, task, program, tmp_path, step):
    """There no row is locked that says whose the task is: its sessions are ended before that changes."""
    made = task(**{"sync.copy_workers": 1})
    if step.startswith("apply"):
        made.synchronize()
        source.sql("UPDATE shop.t SET v = 'one' WHERE id < 100")
    (tmp_path / "other").mkdir()
    other = rds.Program(program.binary, tmp_path / "other")
    other.env.update({k: v for k, v in program.env.items() if k.startswith("RDS_TEST_")})
    hung = made.stand_at(step)
    try:
        other.run("run", made.path, "--until=synchronized").succeeded()
        source.sql("UPDATE shop.t SET v = 'two' WHERE id < 100")
        hung.go_on()
        rds.wait_until(lambda: hung.ended, "the earlier process to give up", process=hung)
        assert "RS-4010" in hung.err
        other.run("run", made.path, "--until=synchronized").succeeded()
    finally:
        hung.kill()
        other.close()
    same(source, destination)


@pytest.mark.parametrize("destination", ["greenplum-6"], indirect=True)
def test_the_double_refuses_what_the_family_does(destination, tmp_path):
    script = """CREATE TABLE public.a (id int PRIMARY KEY, u int) DISTRIBUTED BY (id); CREATE TABLE public.b (id int) DISTRIBUTED RANDOMLY;
CREATE UNIQUE INDEX a_u ON public.a (u);
CREATE UNIQUE INDEX a_id ON public.a (u, id);
CREATE UNIQUE INDEX b_id ON public.b (id);
CREATE TABLE public.c (id int PRIMARY KEY, d int) DISTRIBUTED BY (d);
INSERT INTO public.a VALUES (1, 1) ON CONFLICT DO NOTHING;
UPDATE public.a SET id = 2;
UPDATE public.a SET u = 2;
WITH d AS (DELETE FROM public.b RETURNING 1) INSERT INTO public.a SELECT 1 FROM d;
WITH d AS (DELETE FROM public.b RETURNING 1) SELECT count(*) FROM d;
SELECT version();
"""
    (tmp_path / "script").write_text(script, encoding="ascii")
    ran = subprocess.run(["psql", "-X", "-q", "-A", "-t", "-h", destination.host, "-p", str(destination.port), "-U", "postgres", "-d", "shop", "-f",
                          tmp_path / "script"], env={"PGPASSWORD": destination.password, "PATH": "/usr/bin:/bin", "LC_ALL": "C"}, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    told = [line.split("ERROR:  ")[1] for line in ran.stderr.splitlines() if "ERROR:  " in line]
    assert told == ["UNIQUE index must contain all columns in the table's distribution key", "UNIQUE and DISTRIBUTED RANDOMLY are incompatible",
                    "PRIMARY KEY definition must contain all columns in the table's distribution key", 'syntax error at or near "ON"',
                    "Cannot parallelize an UPDATE statement that updates the distribution columns",
                    "only one modifying WITH clause allowed per query"], ran.stderr
    assert ran.stdout.splitlines() == ["", "", "0", greenplum.PRODUCTS["greenplum-6"][0]]
