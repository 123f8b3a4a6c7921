"""MySQL to PostgreSQL, against real servers: what is there is what the source has, nothing lost and nothing twice, whatever is
killed."""

import random
import threading
import types

import conftest
import pymysql
import pytest

import rds
import servers

ROWS = 1000
STEPS = ("attached", "table-made", "chunk-before-commit:2", "chunk-after-commit", "keyless-loaded", "copy-done", "apply-before-commit",
         "apply-after-commit")
TABLES = {"t": "id, u, v", "k": "a, b", "p": "id, v", "c": "id, p, v"}


def fill(server):
    """With shop.t (a key, and a unique one that moves), shop.k (no key), and shop.c, whose rows go and change with those of shop.p."""
    server.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, u INT UNIQUE, v VARCHAR(200), KEY by_v (v))",
               "CREATE TABLE shop.k (a INT, b INT)", "CREATE TABLE shop.p (id INT PRIMARY KEY, v INT)",
               "CREATE TABLE shop.c (id INT PRIMARY KEY, p INT, v INT, FOREIGN KEY (p) REFERENCES shop.p (id) ON DELETE CASCADE ON UPDATE CASCADE)",
               f"INSERT INTO shop.t SELECT seq, seq, REPEAT('x', 150) FROM shop.seq_1_to_{ROWS}",
               "INSERT INTO shop.k SELECT seq % 50, seq % 3 FROM shop.seq_1_to_200", "INSERT INTO shop.p SELECT seq, seq FROM shop.seq_1_to_50",
               "INSERT INTO shop.c SELECT seq, 1 + seq % 50, seq FROM shop.seq_1_to_200", "ANALYZE TABLE shop.t")


@pytest.fixture
def source(pool):
    server = conftest.skipping(pool.get, "mariadb", "source")
    server.reset()
    fill(server)
    return server


@pytest.fixture(params=["postgresql", "postgresql-newest"])
def destination(pool, request):
    server = conftest.skipping(pool.get, request.param, "jobs")
    server.reset()
    server.sql("CREATE DATABASE shop")
    return server


@pytest.fixture
def task(program, source, destination):
    """task(**settings)"""
    def make(name="pg", include=("shop",), **settings):
        pair = types.SimpleNamespace(source=source, destination=destination)
        accounts = (servers.Account("root", ""), servers.Account("postgres", destination.password))
        keys = {"destination.database": "shop", "sync.chunk_size": "64K", **settings}
        return program.task(name, pair, include, flow="mysql-to-postgresql", settings=keys, accounts=accounts)

    return make


def lines(rows):
    return sorted(tuple("" if one is None else str(one) for one in row) for row in rows)


def same(source, destination):
    for name, columns in TABLES.items():
        query = f"SELECT {columns} FROM shop.{name}"
        assert lines(destination.sql(query, db="shop")) == lines(source.sql(query)), name


class Writer:
    """Changes all tables until it is told to end, in transactions that are now and then taken back."""

    def __init__(self, source, seed):
        self._random = random.Random(seed)
        self._end = threading.Event()
        self._connection = source.connect("shop", autocommit=False)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._end.wait(0.002):
            try:
                with self._connection.cursor() as cursor:
                    for _ in range(self._random.randint(1, 5)):
                        cursor.execute(*self._statement())
                (self._connection.commit if self._random.random() < 0.9 else self._connection.rollback)()
            except pymysql.err.MySQLError as error:
                if error.args[0] not in rds.MEANWHILE + rds.IN_THE_WAY:     # a schema change of the test's
                    raise
                self._connection.rollback()

    def _statement(self):
        draw = self._random
        one, other, text = draw.randint(1, 2 * ROWS), draw.randint(1, 2 * ROWS), f"{draw.random():.12f}"
        few, more = draw.randint(1, 60), draw.randint(1, 60)
        return draw.choice((("INSERT IGNORE INTO t VALUES (%s, %s, %s)", (one, other, text)), ("UPDATE t SET v = %s WHERE id = %s", (text, one)),
                            ("UPDATE IGNORE t SET u = %s WHERE id = %s", (other, one)), ("UPDATE IGNORE t SET id = %s WHERE id = %s", (other, one)),
                            ("REPLACE INTO t VALUES (%s, %s, %s)", (one, other, text)), ("DELETE FROM t WHERE id = %s", (one,)),
                            ("INSERT INTO k (a, b) VALUES (%s, %s)", (one % 50, one % 3)), ("DELETE FROM k WHERE a = %s LIMIT 1", (one % 50,)),
                            ("UPDATE k SET b = 4 WHERE a = %s LIMIT 1", (one % 50,)),
                            ("INSERT IGNORE INTO p (id, v) VALUES (%s, %s)", (few, one)), ("UPDATE IGNORE p SET id = %s WHERE id = %s", (few, more)),
                            ("DELETE FROM p WHERE id = %s", (few,)), ("INSERT IGNORE INTO c VALUES (%s, %s, %s)", (one, few, one)),
                            ("UPDATE c SET v = v + 1 WHERE id = %s", (one,))))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self._connection.close()


def test_tables_and_their_changes_come_to_a_schema(source, destination, task):
    made = task()
    made.synchronize()
    same(source, destination)
    indexes = destination.sql("SELECT indexname FROM pg_indexes WHERE schemaname = 'shop' AND tablename = 't' ORDER BY 1", db="shop")
    assert indexes == (("t.by_v",), ("t.u",), ("t_pkey",))
    source.sql("UPDATE shop.t SET v = 'new' WHERE id <= 10", "UPDATE shop.t SET id = id + 5000 WHERE id > 990", "DELETE FROM shop.t WHERE id = 20",
               "UPDATE shop.t SET u = NULL WHERE id = 30", "UPDATE shop.t SET u = 30 WHERE id = 31", "INSERT INTO shop.k VALUES (1, 1)",
               "DELETE FROM shop.k WHERE a = 7 LIMIT 1", "DELETE FROM shop.p WHERE id = 3", "UPDATE shop.p SET id = 100 WHERE id = 4")
    made.synchronize()
    same(source, destination)


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_killed_at_each_step_nothing_is_lost_or_there_twice(source, destination, task):
    made, seed = task(**{"sync.copy_workers": 1}), rds.seed()
    with Writer(source, seed):
        reached = {step for step in STEPS if made.crash_at(step, sure=False)}
    made.synchronize()
    same(source, destination)
    assert reached == set(STEPS)


@pytest.mark.parametrize("destination", ["postgresql-newest"], indirect=True)
@pytest.mark.parametrize("round_", range(20 if rds.LONG else 1))
def test_killed_at_random_nothing_is_lost_or_there_twice(source, destination, task, round_):
    made, seed = task(), rds.seed(70 + round_)
    draw = random.Random(seed)
    with Writer(source, seed):
        for _ in range(4):
            running = made.start()
            threading.Event().wait(draw.uniform(0.3, 2))
            running.kill()
    made.synchronize()
    same(source, destination)


# ---------------------------------------------------------------- schema changes

# Each is executed at the source in turn. The rows that are there get values by it, are converted, renamed and dropped.
CHANGES = (
    "ALTER TABLE t ADD COLUMN (n INT NOT NULL, d DECIMAL(8,2) NOT NULL DEFAULT 1.5, s VARCHAR(9) DEFAULT 'it''s', b BIT(4) NOT NULL DEFAULT b'101')",
    "ALTER TABLE t ADD COLUMN m TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3), ADD COLUMN l DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)",
    "ALTER TABLE t ADD COLUMN (e ENUM('x','y') NOT NULL, y YEAR NOT NULL DEFAULT 1999, i TIME NOT NULL, f BINARY(3) NOT NULL DEFAULT 'a', o TEXT)",
    "INSERT INTO t (id, u, v, n, d, s, e, i) VALUES (7001, 7001, 'seven', 1, 2.25, NULL, 'y', '11:11:11')",
    "ALTER TABLE t MODIFY n BIGINT UNSIGNED NOT NULL, MODIFY d DECIMAL(12,4), MODIFY e ENUM('z','x','y'), MODIFY b BIT(7), MODIFY y INT, MODIFY v TEXT",
    "UPDATE t SET n = 18446744073709551615, b = b'1000001', e = 'z' WHERE id = 7001",
    "ALTER TABLE t MODIFY n VARCHAR(30), MODIFY d INT",
    "ALTER TABLE t CHANGE s t VARCHAR(20) FIRST, DROP COLUMN i, ADD KEY by_t (t), RENAME KEY by_v TO by_w",
    "ALTER TABLE t RENAME COLUMN n TO o, RENAME COLUMN o TO n",
    "UPDATE t SET n = 'text', o = '5' WHERE id < 20",
    "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, u), DROP KEY u, ADD UNIQUE KEY two (u, id)",
    "DELETE FROM t WHERE id = 30",
    "CREATE INDEX by_p ON c (v, p)",
    "DROP INDEX by_p ON c",
    "CREATE TABLE made (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT, KEY some (v(10)))",
    "CREATE TABLE liked LIKE made",
    "INSERT INTO made (v) VALUES ('one'), ('two')",
    "INSERT INTO liked VALUES (7, 'seven')",
    "RENAME TABLE made TO swap, liked TO made, swap TO liked",
    "INSERT INTO made (v) VALUES ('eight')",
    "ALTER TABLE liked RENAME TO liked2, ADD COLUMN w INT DEFAULT 4",
    "CREATE TABLE liked (id INT PRIMARY KEY, v INT, KEY some (v))",
    "TRUNCATE TABLE made",
    "INSERT INTO made (v) VALUES ('one again')",
    "CREATE OR REPLACE TABLE liked (a INT)",
    "CREATE TABLE IF NOT EXISTS liked (x INT)",
    "INSERT INTO liked VALUES (1), (1)",
    "DROP TABLE liked2",
    "DROP TABLE IF EXISTS never_there",
    "ALTER TABLE c DROP FOREIGN KEY c_ibfk_1, CONVERT TO CHARACTER SET latin1, COMMENT = 'text'",
    "CREATE TABLE chosen AS SELECT id, v FROM t WHERE id < 10",
    "CREATE VIEW seen AS SELECT id FROM t",
    "DROP VIEW seen",
)
DDL_STEPS = ("ddl-intended", "ddl-executed", "ddl-done")


# What is asked of a column so that both servers say the same; {} is its name in the server's quotation marks.
SAID = {"bit": ("LPAD(BIN({}), 64, '0')", "LPAD({}::text, 64, '0')"), "timestamp": ("DATE_FORMAT({}, '%Y-%m-%d %H:%i:%s.%f')", "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"),
        "datetime": ("DATE_FORMAT({}, '%Y-%m-%d %H:%i:%s.%f')", "to_char({}, 'YYYY-MM-DD HH24:MI:SS.US')"), "binary": ("HEX({})", "upper(encode({}, 'hex'))")}


def columns(source, table):
    """What is written of a table, as each side is asked for it."""
    rows = source.sql("SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'shop' AND table_name = "
                      f"'{table}' AND generation_expression IS NULL ORDER BY ordinal_position")
    said = [(name, SAID.get(kind, ("CAST({} AS CHAR)", "{}::text"))) for name, kind in rows]
    return (", ".join(f"IFNULL({mine.format(f'`{name}`')}, 'NULL')" for name, (mine, _) in said),
            ", ".join(f"COALESCE({theirs.format(f'{chr(34)}{name}{chr(34)}')}, 'NULL')" for name, (_, theirs) in said))


def everything_is_the_same(source, destination):
    tables = [row[0] for row in source.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop' ORDER BY 1")]
    there = destination.sql("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'shop'::regnamespace ORDER BY 1", db="shop")
    assert [row[0] for row in there] == sorted(tables)
    for table in tables:
        mine, theirs = columns(source, table)
        of_source = source.sql("SET time_zone = '+00:00'", f"SELECT {mine} FROM shop.`{table}`")
        assert sorted(destination.sql(f'SELECT {theirs} FROM shop."{table}"', db="shop")) == sorted(of_source), table


def definitions(destination):
    """Columns and indexes, but for their order and for the names that the server gives."""
    of_columns = destination.sql("SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.atthasdef FROM "
                                 "pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relkind = 'r' AND c.relnamespace = 'shop'::regnamespace "
                                 "AND a.attnum > 0 AND NOT a.attisdropped", db="shop")
    of_keys = destination.sql("SELECT t.relname, CASE WHEN i.indisprimary THEN '' ELSE x.relname END, i.indisunique, i.indisprimary, "
                              "pg_get_indexdef(i.indexrelid, 1, false), pg_get_indexdef(i.indexrelid, 2, false) FROM pg_index i JOIN pg_class x ON "
                              "x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid WHERE t.relnamespace = 'shop'::regnamespace", db="shop")
    return sorted(map(str, of_columns)), sorted(map(str, of_keys))


def as_made_anew(destination, task):
    """What the changes have made of the tables is what they are when they are made as the source has them."""
    changed = definitions(destination)
    destination.sql("DROP SCHEMA shop CASCADE", "DROP SCHEMA dts CASCADE", db="shop")
    task(name="anew").synchronize()
    assert changed == definitions(destination)


def test_schema_changes_are_followed(source, destination, task):
    made = task()
    made.synchronize()
    source.sql("SET time_zone = '+05:30'", *CHANGES, db="shop")
    made.synchronize()
    everything_is_the_same(source, destination)
    as_made_anew(destination, task)


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_killed_in_a_schema_change_it_is_made_once(source, destination, task):
    made = task()
    made.synchronize()
    reached = []
    for at in range(0, len(CHANGES), 3):
        source.sql(*CHANGES[at:at + 3], db="shop")
        step = DDL_STEPS[at // 3 % 3]
        if made.crash_at(f"{step}:{1 + at // 9 % 2}", sure=False):
            reached.append(step)
    assert set(reached) == set(DDL_STEPS)
    made.synchronize()
    everything_is_the_same(source, destination)


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_values_that_the_source_alone_knows_stop_the_task_where_there_are_rows(source, destination, task):
    made = task()
    made.synchronize()
    source.sql("CREATE TABLE empty (id INT PRIMARY KEY)", "ALTER TABLE empty ADD COLUMN drawn VARCHAR(40) NOT NULL DEFAULT (UUID())",
               "ALTER TABLE empty MODIFY id DOUBLE", "ALTER TABLE empty MODIFY id INT", db="shop")
    made.synchronize()
    source.sql("ALTER TABLE t ADD COLUMN drawn VARCHAR(40) NOT NULL DEFAULT (UUID())", "INSERT INTO t (id, u) VALUES (9000, 9000)", db="shop")
    failed = made.run("--until=synchronized").exited(1)
    assert "RS-4012" in str(failed) and "drawn: copy the table anew" in str(failed), failed
    assert destination.sql("SELECT count(*) FROM shop.t WHERE id = 9000", db="shop") == (("0",),)


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_numbers_go_on_where_the_source_s_were(source, destination, task):
    source.sql("CREATE TABLE counted (id INT AUTO_INCREMENT PRIMARY KEY, v INT)", "INSERT INTO counted (v) VALUES (1), (2)", db="shop")
    made = task()
    made.synchronize()
    source.sql("INSERT INTO counted (id, v) VALUES (40, 3)", "INSERT INTO counted (v) VALUES (4)", "DELETE FROM counted WHERE v = 4", db="shop")
    made.synchronize()
    made.command("release").succeeded()
    destination.sql("INSERT INTO shop.counted (v) VALUES (5)", db="shop")
    assert destination.sql("SELECT id FROM shop.counted WHERE v = 5", db="shop") == (("42",),)


# ---------------------------------------------------------------- values without a place

ODD = "('0000-00-00', '2020-02-30 10:11:12', '-01:30:00', 'a\\0b', 'x')"
WRITTEN = {"null": ("", "", "", "", "x"), "nearest": ("0001-01-01", "2020-02-29 10:11:12", "00:00:00", "ab", "x")}


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_values_without_a_place_become_what_was_chosen(source, destination, task):
    odd = "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'"
    source.sql(odd, "CREATE TABLE odd (id INT PRIMARY KEY, d DATE, m DATETIME, t TIME, s VARCHAR(9), v VARCHAR(9))",
               "CREATE TABLE pair (d DATE, m DATETIME, t TIME, s VARCHAR(9), v VARCHAR(9))",
               "CREATE TABLE named (d DATE PRIMARY KEY)", f"INSERT INTO pair VALUES {ODD}, {ODD}", db="shop")
    source.sql(odd, "INSERT INTO odd SELECT 1, pair.* FROM pair LIMIT 1", db="shop")
    refused = task().run("--until=synchronized").exited(1)
    assert "RS-4007" in str(refused) and "unfit_values" in str(refused), refused
    for policy, written in WRITTEN.items():
        destination.sql("DROP SCHEMA IF EXISTS shop CASCADE", "DROP SCHEMA dts CASCADE", db="shop")
        made = task(name=policy, **{"postgresql.unfit_values": policy})
        made.synchronize()
        source.sql(odd, "INSERT INTO odd SELECT 2, d, m, t, s, v FROM odd WHERE id = 1", "UPDATE odd SET v = 'y' WHERE id = 1",
                   "UPDATE pair SET v = 'y' LIMIT 1", "DELETE FROM odd WHERE id = 1", "UPDATE odd SET id = 1", db="shop")
        made.synchronize()
        assert destination.sql("SELECT d, m, t, s, v FROM shop.odd", db="shop") == (written,)
        assert set(destination.sql("SELECT d, m, t, s, v FROM shop.pair", db="shop")) == {written, written[:-1] + ("y",)}
        source.sql("UPDATE pair SET v = 'x'", "UPDATE odd SET v = 'x'", db="shop")
        assert any("a value has no place" in line and 'column="d"' in line for line in made.program.logged())
    source.sql(odd, "INSERT INTO named VALUES ('0000-00-00')", db="shop")
    assert "column d" in str(made.run("--until=synchronized").exited(1))


# ---------------------------------------------------------------- objects of a running task

SIDE_STEPS = ("side-made", "side-asks", "side-awaited", "side-joins", "side-joined")


def states(made):
    return {row["table"]: row["state"] for row in made.status()["progress"]["tables"]}


def synchronizing(running, made):
    running.until(lambda: set(states(made)) == set(TABLES) and set(states(made).values()) == {"synchronizing"}, "all tables to be synchronizing")


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_tables_are_added_by_a_program_that_is_killed(source, destination, program, task):
    made = task(include=("shop.t",))
    made.synchronize()
    program.run("task", "set", made.path, "objects.include=shop").succeeded()
    with Writer(source, rds.seed()):
        reached = {step for step in SIDE_STEPS if made.crash_at(step, sure=False)}
        rds.insist(source, "ALTER TABLE shop.p ADD COLUMN w INT DEFAULT 3")
        made.synchronize()
    made.synchronize()
    same(source, destination)
    assert reached == set(SIDE_STEPS)
    assert made.status()["progress"]["counters"]["anomalies"] == 0


@pytest.mark.parametrize("destination", ["postgresql-newest"], indirect=True)
def test_tables_rest_are_copied_anew_and_taken_out_while_the_others_go_on(source, destination, program, task):
    made = task()
    running = made.start()

    def tables(verb, *names):
        program.run("table", verb, made.path, *names).succeeded()

    with Writer(source, rds.seed()):
        synchronizing(running, made)
        tables("suspend", "shop.t")
        tables("suspend", "shop.k")
        running.until(lambda: states(made)["t"] == states(made)["k"] == "suspended", "the tables to rest")
        still = destination.sql("SELECT count(*), max(id), max(v) FROM shop.t", db="shop")
        for statement in ("ALTER TABLE shop.k ADD COLUMN w INT DEFAULT 3", "INSERT INTO shop.t (id, v) VALUES (9000, 'z')",
                          "INSERT INTO shop.p (id, v) VALUES (9000, 1)"):
            rds.insist(source, statement)
        running.until(lambda: destination.sql("SELECT 1 FROM shop.p WHERE id = 9000", db="shop"), "a row of a table that goes on")
        assert destination.sql("SELECT count(*), max(id), max(v) FROM shop.t", db="shop") == still
        tables("resume", "shop.t")
        tables("resync", "shop.k")
        synchronizing(running, made)
    running.stop().succeeded()
    made.synchronize()
    same(source, destination)
    program.run("task", "set", made.path, "objects.include=shop.t shop.p shop.c").succeeded()
    source.sql("INSERT INTO t (id, v) VALUES (9001, 'z')", db="shop")
    left = destination.sql("SELECT count(*) FROM shop.k", db="shop")
    source.sql("DELETE FROM k LIMIT 1", db="shop")
    made.synchronize()
    assert destination.sql("SELECT count(*) FROM shop.k", db="shop") == left
    assert destination.sql("SELECT v FROM shop.t WHERE id = 9001", db="shop") == (("z",),)


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_a_table_that_stopped_the_task_is_copied_anew(source, destination, program, task):
    made = task()
    made.synchronize()
    source.sql("ALTER TABLE t ADD COLUMN drawn VARCHAR(40) NOT NULL DEFAULT (UUID())", "INSERT INTO t (id, u) VALUES (9000, 9000)", db="shop")
    made.run("--until=synchronized").exited(1)
    program.run("table", "resync", made.path, "shop.t").succeeded()
    made.synchronize()
    everything_is_the_same(source, destination)


# ---------------------------------------------------------------- the precheck


def finding(made, code):
    return next(one for one in made.precheck().json["findings"] if one["code"] == code)


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_what_the_precheck_finds_at_the_destination_is_mended_by_its_remedy(source, destination, task):
    source.sql("CREATE TABLE placed (id INT PRIMARY KEY, at POINT)", "CREATE VIEW seen AS SELECT id FROM t", db="shop")
    destination.sql("CREATE SCHEMA shop", "CREATE TABLE shop.t (id int)", "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0", db="shop")
    made = task()
    same_names, typed, left = (finding(made, code) for code in ("CHECK_PG_SAME_OBJ", "CHECK_PG_TYPES", "CHECK_PG_LEFT_OUT"))
    assert (same_names["verdict"], same_names["objects"]) == ("failed", ["shop.t"])
    assert (typed["verdict"], typed["objects"]) == ("failed", ["shop.placed"]) and "column at" in str(typed)
    assert left["verdict"] == "warning" and "shop.seen" in str(left)
    destination.sql("DROP TABLE shop.t", db="shop")
    mended = task(name="mended", **{"objects.exclude": "shop.placed.at"})
    assert {finding(mended, code)["verdict"] for code in ("CHECK_PG_SAME_OBJ", "CHECK_PG_TYPES")} == {"passed"}
    in_latin = finding(task(name="latin", **{"destination.database": "latin"}), "CHECK_PG_WRITABLE")
    assert in_latin["verdict"] == "failed" and "LATIN1" in str(in_latin)
