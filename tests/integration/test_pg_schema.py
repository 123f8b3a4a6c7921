"""Schema initialization between PostgreSQL servers: catalogues on both sides are compared, before and after the release."""

import conftest
import pytest

import pg_writers
import rds
from test_pg_pg import destination, task, told       # noqa: F401  pylint: disable=unused-import

SCHEMA = (
    "CREATE SCHEMA parts", "CREATE TYPE parts.mood AS ENUM ('sad', 'ok', 'happy')", "ALTER TYPE parts.mood ADD VALUE 'calm' BEFORE 'ok'",
    "CREATE DOMAIN parts.percent AS numeric(5,2) DEFAULT 0 CONSTRAINT in_range CHECK (VALUE BETWEEN 0 AND 100)",
    "CREATE TYPE parts.pair AS (a integer, b parts.percent, c text COLLATE \"C\")",
    "CREATE TYPE parts.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi)",
    "CREATE SEQUENCE free_numbers AS integer INCREMENT BY 5 START WITH 10 CYCLE", "CREATE SEQUENCE \"Down\" INCREMENT BY -1",
    "CREATE FUNCTION tripled(n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 3 * n'",
    "CREATE FUNCTION tripled(n bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 3 * n'",
    "CREATE TABLE parents (id integer PRIMARY KEY, code text UNIQUE, CONSTRAINT short CHECK (length(code) < 30))",
    "CREATE TABLE \"All Kinds\" (id bigserial, CONSTRAINT its_key PRIMARY KEY (id) INCLUDE (note), \"No\" integer GENERATED ALWAYS AS IDENTITY (START 100), parent integer "
    "REFERENCES parents ON DELETE CASCADE, note text COLLATE \"C\" DEFAULT 'it''s' NOT NULL, n integer DEFAULT tripled(2), made timestamptz DEFAULT now(),"
    " twice integer GENERATED ALWAYS AS (n * 2) STORED, feeling parts.mood DEFAULT 'ok', share parts.percent, both_ parts.pair, span parts.span, moods parts.mood[],"
    " tags text[], doc jsonb, free integer DEFAULT nextval('free_numbers'), CONSTRAINT positive CHECK (n > 0), UNIQUE (note, id))",
    "CREATE INDEX by_note ON \"All Kinds\" (lower(note) text_pattern_ops, n DESC NULLS LAST) WHERE n > 5",
    "CREATE INDEX by_note2 ON \"All Kinds\" (note COLLATE \"POSIX\") INCLUDE (n) WITH (fillfactor = 70)", "CREATE INDEX by_tags ON \"All Kinds\" USING gin (tags)",
    "CREATE INDEX by_doc ON \"All Kinds\" USING gin (doc jsonb_path_ops)", "CREATE INDEX by_span ON \"All Kinds\" USING gist (span)",
    "CREATE INDEX by_made ON \"All Kinds\" USING brin (made)", "CREATE INDEX by_hash ON \"All Kinds\" USING hash (n)",
    "CREATE UNIQUE INDEX once ON \"All Kinds\" (parent) WHERE n > 1000000", "CREATE UNIQUE INDEX plain_once ON \"All Kinds\" (\"No\")",
    "COMMENT ON TABLE \"All Kinds\" IS 'it''s a table'", "COMMENT ON COLUMN \"All Kinds\".\"No\" IS 'a number'", "COMMENT ON INDEX by_tags IS 'an index'",
    "COMMENT ON CONSTRAINT positive ON \"All Kinds\" IS 'a rule'",
    "ALTER TABLE \"All Kinds\" ADD CONSTRAINT later CHECK (n < 500) NOT VALID",
    "CREATE VIEW glad AS SELECT k.id, p.code FROM \"All Kinds\" k JOIN parents p ON p.id = k.parent WHERE k.feeling > 'ok'::parts.mood",
    "INSERT INTO parents SELECT i, 'code ' || i FROM generate_series(1, 50) i",
    "INSERT INTO \"All Kinds\" (parent, n, note, both_, span, moods, tags, doc) SELECT 1 + i % 50, i, repeat('n', 100) || i, ROW(i, 5, 'x')::parts.pair, "
    "parts.span(i, i + 1.5), ARRAY['sad', 'calm']::parts.mood[], ARRAY['a', i::text], jsonb_build_object('i', i) FROM generate_series(1, 400) i",
    "SELECT setval('\"Down\"', -7)", "ANALYZE",
)
OURS = "n.nspname IN ('public', 'parts')"
CATALOGUE = {
    "columns": "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, "
               f"a.attcollation::regcollation, col_description(c.oid, a.attnum) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid ="
               f" c.relnamespace LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum WHERE {OURS} AND c.relkind IN ('r', 'v', 'c') AND a.attnum > 0"
               " ORDER BY 1, a.attnum",
    "indexes": f"SELECT pg_get_indexdef(x.oid), obj_description(x.oid) FROM pg_class x JOIN pg_namespace n ON n.oid = x.relnamespace WHERE {OURS} AND x.relkind = 'i' ORDER BY 1",
    "constraints": "SELECT k.conname, pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint') FROM pg_constraint k JOIN pg_namespace n ON n.oid = "
                   f"k.connamespace WHERE {OURS} AND k.contype <> 'n' ORDER BY 1, 2",
    "types": "SELECT t.typname, t.typtype, t.typdefault, format_type(t.typbasetype, t.typtypmod), (SELECT string_agg(l.enumlabel, ',' ORDER BY l.enumsortorder) FROM pg_enum l "
             f"WHERE l.enumtypid = t.oid) FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE {OURS} AND t.typtype <> 'b' ORDER BY 1",
    "sequences": "SELECT schemaname, sequencename, start_value, min_value, max_value, increment_by, cycle, data_type FROM pg_sequences WHERE schemaname <> 'dts' ORDER BY 1, 2",
    "owners": "SELECT s.relname, d.deptype, d.refobjid::regclass, d.refobjsubid FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' WHERE d.deptype IN "
              "('a', 'i') AND d.classid = 'pg_class'::regclass AND s.relnamespace = 'public'::regnamespace ORDER BY 1",
    "views": "SELECT viewname, definition FROM pg_views WHERE schemaname IN ('public', 'parts') ORDER BY 1",
    "functions": f"SELECT pg_get_functiondef(p.oid) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {OURS} AND p.prolang <> 12 AND p.prokind = 'f' AND NOT "
                 "EXISTS (SELECT FROM pg_depend e WHERE e.objid = p.oid AND e.deptype IN ('e', 'i')) ORDER BY 1",
    "comments": f"SELECT c.relname, obj_description(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {OURS} AND c.relkind IN ('r', 'v') ORDER BY 1",
}


@pytest.fixture(params=["postgresql", "postgresql-newest"])
def source(pool, request):
    return conftest.skipping(pg_writers.fresh, pool, request.param)


def shown(server, what):
    return server.sql(CATALOGUE[what], db="shop")


def rows(server, table, columns="*"):
    return server.sql(f"SELECT {columns} FROM {table} ORDER BY 1", db="shop")


def test_all_that_a_table_has_comes_over(source, destination, task):
    """What rows in another order than the source's would not bear waits for the release, and so does what is taken from sequences."""
    source.sql(*SCHEMA, db="shop")
    made = task("public", "parts", **{"sync.copy_workers": 2})
    made.synchronize()
    for what in ("types", "sequences", "owners", "views", "functions", "comments"):
        assert shown(destination, what) == shown(source, what), what
    waiting = {name for (name, *_) in shown(source, "constraints")} - {name for (name, *_) in shown(destination, "constraints")}
    assert waiting == {"All Kinds_parent_fkey", "later"}
    assert not destination.sql("SELECT * FROM dts.rds_sync_index", db="shop")
    source.sql("INSERT INTO \"All Kinds\" (parent, n) VALUES (1, 7)", "UPDATE \"All Kinds\" SET n = n + 1, feeling = 'calm' WHERE id < 30",
               "DELETE FROM \"All Kinds\" WHERE id = 40", "SELECT nextval('\"Down\"'), nextval('free_numbers')", db="shop")
    made.synchronize()
    for table in ("\"All Kinds\"", "parents", "glad"):
        assert rows(destination, table) == rows(source, table), table
    assert not made.status()["progress"]["problems"]
    made.command("release").succeeded()
    for what in CATALOGUE:
        assert shown(destination, what) == shown(source, what), what
    for server in (source, destination):               # as after a switch-over
        server.sql("INSERT INTO \"All Kinds\" (parent, n) VALUES (1, 8)", db="shop")
    last = "SELECT id, \"No\", free FROM \"All Kinds\" ORDER BY id DESC LIMIT 1"
    assert destination.sql(last, db="shop") == source.sql(last, db="shop")
    assert destination.value("SELECT nextval('\"Down\"')", db="shop") == source.value("SELECT nextval('\"Down\"')", db="shop") == "-9"


def test_names_that_are_changed_are_changed_in_what_refers_to_them(source, destination, task):
    """And what falls with a column that is left out is left out; types that are needed come although their schema is not selected."""
    source.sql(*SCHEMA, db="shop")
    made = task("public.parents", "public.`All Kinds`", **{"objects.rename.1": "public -> other", "objects.rename.2": "public.parents -> other.elders",
                                                         "objects.exclude": "public.`All Kinds`.tags public.`All Kinds`.doc"})
    made.synchronize()
    indexes = {name: text for name, text in destination.sql("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'other'", db="shop")}
    assert {"by_note", "by_note2", "by_span", "by_made", "by_hash"} <= set(indexes) and not {"by_tags", "by_doc"} & set(indexes)
    assert destination.value("SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum "
                             "WHERE attname = 'free'", db="shop") == "nextval('other.free_numbers'::regclass)"
    kept = "id, parent, n, twice, feeling, share, both_, span, moods, free"
    assert rows(destination, "other.\"All Kinds\"", kept) == rows(source, "\"All Kinds\"", kept)
    made.command("release").succeeded()
    assert destination.value("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'", db="shop") == \
        "FOREIGN KEY (parent) REFERENCES other.elders(id) ON DELETE CASCADE"


def test_a_type_that_is_there_and_differs_is_named(source, destination, task):
    source.sql("CREATE TYPE mood AS ENUM ('sad', 'happy')", "CREATE TABLE t (id integer PRIMARY KEY, m mood)", "INSERT INTO t VALUES (1, 'happy')", db="shop")
    destination.sql("CREATE TYPE mood AS ENUM ('happy', 'sad')", db="shop")
    made = task()
    assert made.start("--until=synchronized").wait().code != 0
    (problem,) = told(made, "RS-4001")
    assert "public.mood" in problem["text"]
    destination.sql("DROP TYPE mood", "CREATE TYPE mood AS ENUM ('sad', 'happy')", db="shop")
    made.synchronize()
    assert rows(destination, "t") == rows(source, "t")


def test_rows_of_tables_that_inherit_are_there_once(source, destination, task):
    """A parent's SELECT reads its children, which are tables of the task as well; a partitioned table's rows are its partitions'."""
    source.sql("CREATE TABLE parent (id integer PRIMARY KEY, x text)", "CREATE TABLE child (y integer, PRIMARY KEY (id)) INHERITS (parent)",
               "CREATE TABLE cut (id integer, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
               "CREATE TABLE cut1 PARTITION OF cut FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
               "CREATE TABLE cut2 PARTITION OF cut FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')",
               "INSERT INTO parent SELECT i, 'p' FROM generate_series(1, 30) i", "INSERT INTO child SELECT i, 'c', i FROM generate_series(31, 60) i",
               "INSERT INTO cut SELECT i, date '2026-01-01' + i FROM generate_series(1, 50) i", db="shop")
    made = task()
    made.synchronize()
    source.sql("INSERT INTO parent VALUES (100, 'p')", "INSERT INTO child VALUES (101, 'c', 1)", "UPDATE parent SET x = 'new' WHERE id IN (5, 35)",
               "INSERT INTO cut VALUES (200, '2026-01-05'), (201, '2026-02-05')", "UPDATE cut SET day = '2026-02-20' WHERE id = 3",
               "DELETE FROM cut WHERE id = 4", "TRUNCATE ONLY parent", "INSERT INTO parent VALUES (102, 'after')", db="shop")
    made.synchronize()
    for table in ("ONLY parent", "child", "cut"):
        assert rows(destination, table) == rows(source, table), table
    made.command("release").succeeded()
    assert rows(destination, "parent") == rows(source, "parent")


def test_an_index_that_cant_be_made_is_told_and_keeps_nothing(source, destination, task):
    source.sql("CREATE SCHEMA tools", "CREATE EXTENSION pg_trgm SCHEMA tools", "CREATE TABLE t (id integer PRIMARY KEY, x text)", "INSERT INTO t VALUES (1, 'x')",
               "CREATE INDEX by_x ON t USING gin (x tools.gin_trgm_ops)", "CREATE INDEX by_x2 ON t (x)", db="shop")
    made = task()
    made.synchronize()
    assert rows(destination, "t") == rows(source, "t")
    assert [problem for problem in made.status()["progress"]["problems"] if "by_x" in json_text(problem)]
    assert destination.sql("SELECT indexname FROM pg_indexes WHERE tablename = 't' ORDER BY 1", db="shop") == (("by_x2",), ("t_pkey",))


def json_text(problem):
    return " ".join(str(value) for value in problem.values())


@pytest.mark.parametrize("source", ["postgresql"], indirect=True)
def test_killed_while_it_is_made_nothing_is_missing_or_there_twice(source, destination, task):
    source.sql(*SCHEMA, db="shop")
    made = task("public", "parts", **{"sync.copy_workers": 1})
    reached = {step for step in ("table-planned", "table-made:2", "indexes-built", "copy-done") if made.crash_at(step, sure=False)}
    assert {"table-planned", "table-made:2"} <= reached
    made.synchronize()
    assert not made.status()["progress"]["problems"]
    made.command("release").succeeded()
    for what in CATALOGUE:
        assert shown(destination, what) == shown(source, what), what
