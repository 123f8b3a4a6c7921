"""A PostgreSQL server as a source (source/pg_*): its tables copied in chunks and as of one moment, and what its log brings of them."""

import collections
import pathlib
import random
import threading

import pytest

import pg_writers
import probe
import rds
import servers

RS_E_SCHEMA_DRIFT, RS_E_SOURCE_TABLE_GONE, RS_E_SQL_DENIED = 5004, 3007, 2011
TASK = "6f1c2a3e-0000-4000-8000-00000000beef"
NAME = "rds_sync_6f1c2a3e_0000_4000_8000_00000000beef"
ABSENT = "<absent>"


@pytest.fixture(params=["postgresql", "postgresql-newest"])
def server(pool, request):
    return pg_writers.fresh(pool, request.param)


class Source(probe.Lines):
    def open(self, server, objects="public", user="postgres"):
        self.server = server
        return self.ok("open", host="127.0.0.1", port=server.port, user=user, password=servers.PostgreSQL.password, database="shop", task=TASK,
                       objects=objects)

    def ok(self, op, **args):
        answer = self.ask(op, **args)
        assert answer.get("rc", "ok") == "ok", answer
        return answer

    def tables(self):
        return {table["name"]: table for table in self.ok("catalog")["tables"]}

    def until(self, place):
        return self.ok("next", until=place, timeout=1000 * rds.SECONDS)["items"]

    def now(self):
        """All that came until now. A row of no interest moves the log's end: what is under way lies before it."""
        place = self.ok("end")["at"]
        self.server.sql("CREATE TABLE IF NOT EXISTS tick (n int)", "INSERT INTO tick VALUES (1)", db="shop")
        return self.until(place)


@pytest.fixture
def source(binary):
    made = Source(pathlib.Path(binary).parent / "tests/integration/pg_source_probe")
    yield made
    made.ask("close")
    made.close()


def place(text):
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


def rows_of(items, table):
    return [(item["op"], *row) for item in items if item["kind"] == "rows" and item["table"] == table for row in item["rows"]]


TYPES = {
    "smallint": ("-32768", "32767"), "integer": ("-2147483648", "0"), "bigint": ("-9223372036854775808", "1"),
    "numeric": ("'NaN'", "'-Infinity'::float8::text::numeric", "123456789012345678901234567890.000000000000000000001", "-0.50"),
    "numeric(10,2)": ("99999999.99", "0"), "real": ("'NaN'", "'-Infinity'", "0.1", "-0.0"), "double precision": ("'Infinity'", "0.1", "1e308"),
    "money": ("12.34", "-0.01"), "boolean": ("true", "false"), "text": (r"E'tab\there\nline\\back''quote\rend'", "''", r"'\N'", "'ü€𝄞'"),
    "character(5)": ("'ab'", "''"), "character varying(8)": ("'x  '", "'12345678'"), "\"char\"": ("'a'",), "bytea": (r"'\x00ff5c'", r"'\x'"),
    "date": ("'infinity'", "'-infinity'", "'4713-01-01 BC'", "'2026-11-30'"), "time(3) without time zone": ("'24:00:00'", "'00:00:00.123'"),
    "time with time zone": ("'12:00:00+14'",), "timestamp without time zone": ("'infinity'", "'2026-11-30 12:34:56.789012'"),
    "timestamp with time zone": ("'-infinity'", "'2026-11-30 12:34:56.5+05:45'"), "interval": ("'-1 year 2 mons -3 days 04:05:06.7'", "'0'"),
    "uuid": ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",), "json": ("'{\"a\" : [1,  2]}'",), "jsonb": ("'{\"b\": 1, \"a\": \"\\u00fc\"}'",),
    "inet": ("'192.168.0.1/24'", "'::1'"), "cidr": ("'10.0.0.0/8'",), "macaddr": ("'08:00:2b:01:02:03'",), "bit(5)": ("B'10101'",),
    "bit varying(9)": ("B''", "B'1'"), "point": ("'(1.5,-2)'",), "box": ("'(1,1),(0,0)'",), "path": ("'[(0,0),(1,1)]'",), "circle": ("'<(0,0),1>'",),
    "integer[]": ("'{1,NULL,3}'", "'{}'", "'[0:1]={5,6}'"), "text[]": (r"""'{"a,b","c\"d",NULL,"NULL"}'""",), "int4range": ("'[1,5)'", "'empty'"),
    "tsvector": ("'a fat cat'::tsvector",), "xml": ("'<a>b</a>'",), "public.mood": ("'sad'", "'so so'"), "public.posint": ("7",),
    "public.pair": ("ROW(1, 'a,b')",), "oid": ("4294967295",), "pg_lsn": ("'16/B374D848'",),
}


def test_a_value_is_the_same_copied_and_followed(server, source):
    """Of every type, with what is at its ends, NULL among them."""
    server.sql("CREATE TYPE mood AS ENUM ('sad', 'so so'); CREATE DOMAIN posint AS integer CHECK (VALUE > 0); CREATE TYPE pair AS (a integer, b text)", db="shop")
    most = max(map(len, TYPES.values()))
    server.sql("CREATE TABLE t (id integer PRIMARY KEY, " + ", ".join(f"c{n} {name}" for n, name in enumerate(TYPES)) + ")", db="shop")
    insert = [f"INSERT INTO t VALUES ({n}, " + ", ".join(values[n] if n < len(values) else "NULL" for values in TYPES.values()) + ")" for n in range(most + 1)]
    server.sql(*insert, db="shop")
    source.open(server)
    at = source.ok("fence")["at"]
    told = source.tables()["t"]
    assert [kind for _, kind, _ in told["columns"]] == ["integer", *TYPES] and told["key"] == ["id"]
    copied = source.ok("copy", table="public.t", rows=0)["rows"]
    assert len(copied) == most + 1 and all(row[1:].count(None) == sum(n >= len(v) for v in TYPES.values()) for n, row in enumerate(copied))
    server.sql("DELETE FROM t", *insert, db="shop")
    source.ok("stream", **{"from": at})
    came = rows_of(source.now(), "t")
    assert [row[0] for row in came] == ["delete"] * (most + 1) + ["insert"] * (most + 1)
    assert [row[2] for row in came if row[0] == "insert"] == copied


KEYS = {
    "integer": lambda r: str(r.randint(-2**31, 2**31 - 1)), "numeric": lambda r: f"{r.choice((1, 7, 99))}.{r.choice(('0', '00', '10', '1'))}{r.randint(0, 99)}",
    "text": lambda r: "".join(r.choice("aAbé\t\\'\"%_ \n") for _ in range(r.randint(0, 6))),
    "text COLLATE \"C\"": lambda r: "".join(r.choice("aAbé€") for _ in range(r.randint(0, 6))),
    "bytea": lambda r: "\\x" + bytes(r.choice((0, 9, 92, 255)) for _ in range(r.randint(0, 4))).hex(),
    "timestamp": lambda r: r.choice(("-infinity", "infinity", "2026-01-01", f"{r.randint(1, 9999):04}-02-03 04:05:06.7")),
    "double precision": lambda r: r.choice(("NaN", "-0", "0", "Infinity", repr(r.uniform(-1e9, 1e9)))), "uuid": lambda r: f"{r.getrandbits(128):032x}",
    "boolean": lambda r: r.choice(("true", "false")), "character(3)": lambda r: r.choice(("a", "ab", "abc", "B", "é")),
}


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def test_chunks_together_hold_each_row_once(server, source):
    """By keys of one or two columns of types that are compared each in its own way."""
    seed = rds.seed()
    draw = random.Random(seed)
    source.open(server, "public\n! public.tick")
    made = {}
    for n in range(12):
        parts = [draw.choice(list(KEYS)) for _ in range(draw.randint(1, 2))]
        server.sql(f"CREATE TABLE t{n} (" + ", ".join(f"\"K {i}\" {kind}" for i, kind in enumerate(parts)) + ", v text, PRIMARY KEY (" +
                   ", ".join(f"\"K {i}\"" for i in range(len(parts))) + "))", db="shop")
        rows = {tuple(KEYS[kind](draw) for kind in parts) for _ in range(60)}
        server.sql(*(f"INSERT INTO t{n} VALUES ({', '.join(map(quoted, row))}, 'v') ON CONFLICT DO NOTHING" for row in rows), db="shop")
        made[n] = parts
    source.tables()
    for n, parts in made.items():
        each = draw.randint(1, 20)
        whole = source.ok("copy", table=f"public.t{n}", rows=0)["rows"]
        answer = source.ok("copy", table=f"public.t{n}", rows=each)
        assert sorted(answer["rows"]) == sorted(whole), (seed, n, parts)
        assert len(whole) == int(server.value(f"SELECT count(*) FROM t{n}", db="shop"))
        assert answer["chunks"] == len(whole) // each + 1, (seed, n, parts, each, len(whole))


def merged(before, after):
    """What the log does not tell of a row that was changed stays."""
    return [old if new == ABSENT else new for old, new in zip(before, after)]


class Rebuilt:
    """Rows by key, from a copy and from items. Up to `met` (a place) what was copied may have seen them already."""

    def __init__(self, rows, key, met):
        self.key, self.met = key, met
        self.rows = {self.of(row): row for row in rows}

    def of(self, row):
        return tuple(row[i] for i in self.key)

    def apply(self, items, table):
        transaction, strict = [], False
        for item in items:
            if item["kind"] == "begin":
                transaction = []
            elif item["kind"] == "rows" and item["table"] == table:
                transaction += [(item["op"], *row) for row in item["rows"]]
            elif item["kind"] == "commit":
                strict = place(item["at"]) > self.met
                for op, before, after in transaction:
                    self.change(op, before, after, strict)

    def change(self, op, before, after, strict):
        old = self.rows.pop(self.of(before), None) if before else None
        assert not strict or (old is None) == (op == "insert"), (op, before, after)
        if after is None:
            return
        assert not strict or self.of(after) not in self.rows, after
        if old is None and ABSENT in after[:5]:
            old = self.rows.get(self.of(after), after)                    # it was copied under its new key
        self.rows[self.of(after)] = merged(old, after) if old else after


def test_what_was_copied_under_a_writer_and_followed_equals_the_source(server, source):
    """Chunks are read at any time after the fence; a table without a key as of one moment, which the log's place tells exactly."""
    seed = rds.seed()
    server.sql(pg_writers.TABLES, db="shop")
    writers = pg_writers.Writers(server, seed)
    try:
        rds.wait_until(lambda: sum(writers.done.values()) > 20, "the writers to be at work")
        source.open(server, "public\n! public.tick")
        at = source.ok("fence")["at"]
        assert set(source.tables()) == {"k", "f", "u", "loose"}
        copied = {table: source.ok("copy", table=f"public.{table}", rows=7)["rows"] for table in ("k", "f", "u")}
        met = place(source.ok("end")["at"])
        moment = place(source.ok("freeze")["at"])
        loose = source.ok("copy", table="public.loose", rows=0)["rows"]
        before = sum(writers.done.values())
        rds.wait_until(lambda: sum(writers.done.values()) > before + 40, "changes behind the copy")
    finally:
        writers.end()
    source.ok("stream", **{"from": at})
    items = source.now()
    places = [place(item["at"]) for item in items if item["at"]]
    assert places == sorted(places), seed
    for table, key, columns in (("k", (0, 1), "id, part, x, big, n"), ("f", (0,), "id, n, big"), ("u", (1,), "id, code, n, big")):
        rebuilt = Rebuilt(copied[table], key, met)
        rebuilt.apply(items, table)
        assert sorted((row[:5] for row in rebuilt.rows.values()), key=repr) == pg_writers.rows(server, table, columns), (seed, table)
    left = collections.Counter(map(tuple, loose))
    for number, item in enumerate(items):
        if item["kind"] == "rows" and item["table"] == "loose" and commit_of(items, number) > moment:
            for old, new in item["rows"]:
                if old:
                    assert left[tuple(old)] > 0, (seed, old)
                    left[tuple(old)] -= 1
                if new:
                    left[tuple(new)] += 1
    assert sorted(map(list, left.elements()), key=repr) == pg_writers.rows(server, "loose", "n, big"), seed


def commit_of(items, number):
    return next(place(item["at"]) for item in items[number:] if item["kind"] == "commit")


def test_tables_whose_rows_nothing_names_are_not_published(server, source):
    """Else the source's own applications could not change their rows any more."""
    server.sql("CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE nameless (n integer); INSERT INTO nameless VALUES (1); "
               "CREATE UNLOGGED TABLE unlogged (id integer PRIMARY KEY); CREATE TABLE other (id integer PRIMARY KEY)", db="shop")
    source.open(server, "public\n! public.other")
    source.ok("fence")
    assert server.sql("SELECT tablename FROM pg_publication_tables", db="shop") == (("t",),)
    assert server.sql("UPDATE nameless SET n = 2 RETURNING n", db="shop") == (("2",),)
    told = source.tables()
    assert "REPLICA IDENTITY" in told["nameless"]["unsupported"] and told["t"]["unsupported"] is None


def test_nothing_is_left_at_the_source_after_a_release(server, source):
    server.sql("CREATE TABLE t (id integer PRIMARY KEY)", db="shop")
    source.open(server)
    source.ok("stream", **{"from": source.ok("fence")["at"]})
    assert server.value("SELECT slot_name FROM pg_replication_slots") == NAME
    source.ok("release")
    assert not server.sql("SELECT 1 FROM pg_replication_slots") and not server.sql("SELECT 1 FROM pg_publication", db="shop")
    source.ok("release")


def test_a_fence_that_is_made_again_begins_anew(server, source):
    """A start that was broken off left a slot, which no task goes on from."""
    server.sql("CREATE TABLE t (id integer PRIMARY KEY)", db="shop")
    source.open(server)
    first = place(source.ok("fence")["at"])
    server.sql("INSERT INTO t VALUES (1)", db="shop")
    second = source.ok("fence")["at"]
    assert place(second) > first
    source.tables()
    source.ok("stream", **{"from": second})
    server.sql("INSERT INTO t VALUES (2)", db="shop")
    assert rows_of(source.now(), "t") == [("insert", None, ["2"])]


def test_a_commit_that_waits_for_a_standby_has_not_passed(server, source):
    """It is in the log, and nobody can read it yet."""
    server.sql("CREATE TABLE t (id integer PRIMARY KEY)", db="shop")
    source.open(server)
    assert source.ok("passed", at=source.ok("end")["at"])["yes"]
    server.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()")
    rds.wait_until(lambda: server.value("SHOW synchronous_standby_names") == "nobody", "the setting")
    writer = threading.Thread(target=server.sql, args=("INSERT INTO t VALUES (1)",), kwargs={"db": "shop"})
    writer.start()
    try:
        rds.wait_until(lambda: server.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"), "the commit to wait")
        place_then = source.ok("end")["at"]
        assert not source.ok("passed", at=place_then)["yes"]
        assert server.value("SELECT count(*) FROM t", db="shop") == "0"
    finally:
        server.sql("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
        writer.join()
    rds.wait_until(lambda: source.ok("passed", at=place_then)["yes"], "it to have passed")


def test_what_the_log_brings_of_another_table_than_was_known_stops(server, source):
    server.sql("CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE u (id integer PRIMARY KEY)", db="shop")
    source.open(server)
    at = source.ok("fence")["at"]
    source.tables()
    source.ok("stream", **{"from": at})
    server.sql("ALTER TABLE t ADD note text; INSERT INTO t VALUES (1, 'x')", db="shop")
    probe.failed(source.ask("next", until=source.ok("end")["at"], timeout=1000 * rds.SECONDS), RS_E_SCHEMA_DRIFT)


def test_tables_that_are_emptied_are_told_in_their_place(server, source):
    server.sql("CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE u (id integer PRIMARY KEY); INSERT INTO t VALUES (1)", db="shop")
    source.open(server)
    at = source.ok("fence")["at"]
    source.tables()
    source.ok("stream", **{"from": at})
    server.sql("BEGIN", "INSERT INTO t VALUES (2)", "TRUNCATE t, u", "INSERT INTO t VALUES (3)", "COMMIT", db="shop")
    came = [(item["kind"], item.get("table")) for item in source.now() if item["kind"] != "heartbeat"]
    begun = came.index(("rows", "t"))
    assert came[begun - 1:begun + 5] == [("begin", None), ("rows", "t"), *came[begun + 1:begun + 3], ("rows", "t"), ("commit", None)]
    assert sorted(came[begun + 1:begun + 3]) == [("truncate", "t"), ("truncate", "u")]


def test_partitions_are_their_table(server, source):
    server.sql("CREATE TABLE p (id integer PRIMARY KEY, v text) PARTITION BY RANGE (id); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10); "
               "CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20); INSERT INTO p VALUES (1, 'a'), (11, 'b')", db="shop")
    source.open(server)
    at = source.ok("fence")["at"]
    assert set(source.tables()) == {"p"}
    assert sorted(source.ok("copy", table="public.p", rows=1)["rows"]) == [["1", "a"], ["11", "b"]]
    source.ok("stream", **{"from": at})
    server.sql("UPDATE p SET id = 12 WHERE id = 1; INSERT INTO p VALUES (2, 'c')", db="shop")
    came = rows_of(source.now(), "p")
    assert came[-1] == ("insert", None, ["2", "c"]) and {row[0] for row in came[:-1]} <= {"update", "delete", "insert"}
    rebuilt = Rebuilt([["1", "a"], ["11", "b"]], (0,), 0)
    for op, before, after in came:
        rebuilt.change(op, before, after, True)
    assert sorted(rebuilt.rows.values()) == pg_writers.rows(server, "p", "id, v")


def test_an_account_that_owns_nothing_is_told_what_it_lacks(server, source):
    server.sql("CREATE TABLE t (id integer PRIMARY KEY)", db="shop")
    server.sql(f"CREATE ROLE sync LOGIN REPLICATION PASSWORD '{servers.PostgreSQL.password}'")
    server.sql("GRANT SELECT ON t TO sync", db="shop")
    source.open(server, user="sync")
    answer = probe.failed(source.ask("fence"), RS_E_SQL_DENIED)
    assert "GRANT CREATE ON DATABASE" in answer["hint"]
    source.tables()
    server.sql("DROP TABLE t", db="shop")
    probe.failed(source.ask("copy", table="public.t", rows=0), RS_E_SOURCE_TABLE_GONE)
