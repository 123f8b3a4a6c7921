"""The catalogue of real servers: what is in it, what an account may see of it, and how long it takes."""

import threading
import time

import pytest

import rds
from probe import failed, probe                                       # pylint: disable=unused-import


@pytest.fixture
def server(pool, flavor):
    made = pool.get(flavor, "catalog")
    made.reset()
    return made


def read(probe, depth="schemas", databases=(), tables=()):            # pylint: disable=redefined-outer-name
    answer = probe.ask("catalog", depth=depth, databases=list(databases), tables=list(tables))
    assert answer["rc"] == "ok", answer
    return answer


def objects(answer, kind):
    return {f"{o['db']}.{o['name']}": o for o in answer["objects"] if o["kind"] == kind}


def column(table, name):
    (found,) = [c for c in table["columns"] if c["name"] == name]
    return found


def key(table, name):
    (found,) = [k for k in table["keys"] if k["name"] == name]
    return found


def said(thing, *names):
    return {name: thing.get(name) or None for name in names}


def parts(table, name):
    return [(table["columns"][p["column"]]["name"] if p["column"] < len(table["columns"]) else None, p.get("prefix", 0),
             bool(p.get("descending"))) for p in key(table, name)["parts"]]


# --- tables -----------------------------------------------------------------------------------------------------

COMMON = """CREATE TABLE d.t (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, tiny TINYINT(1), num DECIMAL(20,6) UNSIGNED, bits BIT(13), y YEAR,
  ts TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3), tm TIME(6), f FLOAT(7,4), dt DATETIME,
  name VARCHAR(30) CHARACTER SET gbk NOT NULL, txt TEXT CHARACTER SET latin1 COLLATE latin1_german1_ci, b BINARY(5), vb VARBINARY(300),
  lb LONGBLOB, e ENUM('a','it''s','\u00fc') CHARACTER SET utf8mb4 NOT NULL, s SET('x','y') CHARACTER SET utf8mb4, g POINT NOT NULL,
  PRIMARY KEY (id), UNIQUE KEY uq (name, e), UNIQUE KEY pre (txt(10)), KEY ord (tiny), SPATIAL KEY sp (g)
) ENGINE=%s DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"""


def test_columns_and_keys_of_a_table(server, probe):
    engine = "MyISAM" if server.flavor == "mysql56" else "InnoDB"       # SPATIAL
    server.sql("CREATE DATABASE d", COMMON % engine)
    assert probe.open(server)["rc"] == "ok"
    table = objects(read(probe, databases=["d"]), "table")["d.t"]["schema"]
    assert (table["db"], table["name"], table["engine"], table["collation"]) == ("d", "t", engine, "utf8mb4_bin")
    assert [c["name"] for c in table["columns"]] == "id tiny num bits y ts tm f dt name txt b vb lb e s g".split()
    types = [c["type"].lower() for c in table["columns"]]
    assert types == ["bigint", "tinyint", "decimal", "bit", "year", "timestamp", "time", "float", "datetime", "varchar",
                     "text", "binary", "varbinary", "longblob", "enum", "set", "geometry"]
    assert said(column(table, "id"), "unsigned", "nullable", "auto_increment") == {
        "unsigned": True, "nullable": None, "auto_increment": True}
    assert said(column(table, "num"), "unsigned", "nullable", "length", "scale") == {
        "unsigned": True, "nullable": True, "length": 20, "scale": 6}
    assert said(column(table, "ts"), "fsp", "generated") == {"fsp": 3, "generated": None}
    assert said(column(table, "name"), "charset", "collation", "length") == {
        "charset": "gbk", "collation": "gbk_chinese_ci", "length": 30}
    assert said(column(table, "txt"), "charset", "collation") == {"charset": "latin1", "collation": "latin1_german1_ci"}
    assert said(column(table, "vb"), "charset", "length") == {"charset": None, "length": 300}
    assert column(table, "e")["members"] == ["a", "it's", "\u00fc"]
    assert column(table, "e")["charset"] == "utf8mb4"
    assert table["keys"][0]["name"] == "PRIMARY"
    assert said(table["keys"][0], "primary", "unique", "not_null") == {"primary": True, "unique": True, "not_null": True}
    assert said(key(table, "uq"), "unique", "not_null") == {"unique": True, "not_null": True}
    assert parts(table, "uq") == [("name", 0, False), ("e", 0, False)]
    assert parts(table, "pre") == [("txt", 10, False)]
    assert said(key(table, "pre"), "unique", "not_null") == {"unique": True, "not_null": None}
    assert not key(table, "ord").get("unique")


NEW = {
    "mariadb": """CREATE TABLE d.t (a INT, v INT AS (a+1) VIRTUAL, st INT AS (a+2) STORED, hid INT INVISIBLE DEFAULT 1, j JSON,
                  notj LONGTEXT CHECK (JSON_VALID(notj) OR notj = ''), comp VARCHAR(99) COMPRESSED, u UUID, n4 INET4, n6 INET6,
                  au VARCHAR(9) COLLATE utf8mb4_uca1400_ai_ci, KEY dsc (a DESC, hid))""",
    "mysql9": """CREATE TABLE d.t (a INT, v INT AS (a+1) VIRTUAL, st INT AS (a+2) STORED, hid INT DEFAULT 1 INVISIBLE, j JSON,
                 ev DATETIME DEFAULT (NOW()), vec VECTOR(3), g GEOMETRYCOLLECTION SRID 4326, KEY dsc (a DESC, hid),
                 UNIQUE KEY fn ((a * 2), a), KEY hidden (hid) INVISIBLE)"""}


@pytest.mark.parametrize("modern", ("mariadb", "mysql9"))
def test_what_newer_versions_have(pool, probe, modern):
    server = pool.get(modern, "catalog")
    server.reset()
    server.sql("CREATE DATABASE d", NEW[modern])
    assert probe.open(server)["rc"] == "ok"
    table = objects(read(probe, databases=["d"]), "table")["d.t"]["schema"]
    flags = ("generated", "stored", "invisible")
    assert said(column(table, "a"), *flags) == {"generated": None, "stored": None, "invisible": None}
    assert said(column(table, "v"), *flags) == {"generated": True, "stored": None, "invisible": None}
    assert said(column(table, "st"), *flags) == {"generated": True, "stored": True, "invisible": None}
    assert said(column(table, "hid"), *flags) == {"generated": None, "stored": None, "invisible": True}
    assert parts(table, "dsc") == [("a", 0, True), ("hid", 0, False)]
    if modern == "mariadb":
        assert said(column(table, "j"), "type", "mariadb_json") == {"type": "LONGTEXT", "mariadb_json": True}
        assert not column(table, "notj").get("mariadb_json")
        assert said(column(table, "comp"), "compressed", "length", "type") == {
            "compressed": True, "length": 99, "type": "VARCHAR"}
        assert [column(table, c)["type"] for c in ("u", "n4", "n6")] == ["UUID", "INET4", "INET6"]
        assert column(table, "au")["collation"] == "utf8mb4_uca1400_ai_ci"
    else:
        assert [column(table, c)["type"] for c in ("j", "vec", "g")] == ["JSON", "VECTOR", "GEOMETRY"]
        assert not column(table, "ev").get("generated")
        assert column(table, "vec")["length"] == 3
        assert parts(table, "fn") == [(None, 0, False), ("a", 0, False)]
        assert said(key(table, "fn"), "unique", "not_null") == {"unique": True, "not_null": None}


def test_a_generated_invisible_primary_key_is_told(pool, probe):
    server = pool.get("mysql9", "catalog")
    server.reset()
    server.set_global(show_gipk_in_create_table_and_information_schema="OFF")
    server.sql("CREATE DATABASE d; SET sql_generate_invisible_primary_key=ON; CREATE TABLE d.t (a INT)")
    assert probe.open(server)["rc"] == "ok"
    found = objects(read(probe, "statements", ["d"]), "table")["d.t"]
    assert said(column(found["schema"], "my_row_id"), "invisible", "auto_increment") == {"invisible": True, "auto_increment": True}
    assert parts(found["schema"], "PRIMARY") == [("my_row_id", 0, False)]
    assert "my_row_id" in found["sql"]


def test_names_that_differ_by_case_or_accent_only(server, probe):
    server.sql("CREATE DATABASE cafe; CREATE DATABASE `caf\u00e9`; CREATE DATABASE CAFE")
    for db, col in (("cafe", "a"), ("caf\u00e9", "b"), ("CAFE", "c")):
        server.sql(f"CREATE TABLE `{db}`.t ({col} INT PRIMARY KEY); CREATE TABLE `{db}`.T ({col}{col} INT, UNIQUE({col}{col}));"
                   f"CREATE TABLE `{db}`.`od``d '\"na.me` (`x``y` INT)")
    assert probe.open(server)["rc"] == "ok"
    tables = objects(read(probe), "table")
    assert len(tables) == 9
    for db, col in (("cafe", "a"), ("caf\u00e9", "b"), ("CAFE", "c")):
        assert [c["name"] for c in tables[db + ".t"]["schema"]["columns"]] == [col]
        assert [c["name"] for c in tables[db + ".T"]["schema"]["columns"]] == [col * 2]
        assert [k["name"] for k in tables[db + ".T"]["schema"]["keys"]] == [col * 2]
        assert [c["name"] for c in tables[db + ".od`d '\"na.me"]["schema"]["columns"]] == ["x`y"]
        answer = probe.ask("table", db=db, table="od`d '\"na.me")
        assert answer["schema"]["name"] == "od`d '\"na.me", answer
        assert len(answer["schema"]["columns"]) == 1


FAMILY = """CREATE TABLE d.p (a INT, b INT, PRIMARY KEY (a, b)) ENGINE=InnoDB;
CREATE TABLE e.c (x INT, y INT, z INT, KEY (z), KEY (x, y),
  CONSTRAINT `f``1` FOREIGN KEY (x, y) REFERENCES d.p (a, b) ON DELETE CASCADE ON UPDATE SET NULL) ENGINE=InnoDB;
ALTER TABLE e.c ADD CONSTRAINT f2 FOREIGN KEY (z) REFERENCES d.p (a) ON UPDATE NO ACTION"""


def test_foreign_keys_also_of_an_account_that_may_only_select(server, probe):
    if server.flavor == "mysql9":
        server.set_global(restrict_fk_on_non_standard_key="OFF")
    server.sql("CREATE DATABASE d; CREATE DATABASE e", FAMILY)
    account = server._account("reader", "dts-Secret-1", "%")           # pylint: disable=protected-access
    server.sql(f"GRANT SELECT ON d.* TO {account}; GRANT SELECT ON e.* TO {account}")
    assert probe.open(server, account)["rc"] == "ok"
    for child in (objects(read(probe), "table")["e.c"]["schema"], probe.ask("table", db="e", table="c")["schema"]):
        f1, f2 = sorted(child["foreign_keys"], key=lambda fk: fk["name"])
        if f1["name"] == "f2":
            f1, f2 = f2, f1
        assert f1 == {"name": "f`1", "parent_db": "d", "parent_table": "p", "columns": ["x", "y"],
                      "parent_columns": ["a", "b"], "on_delete": "CASCADE", "on_update": "SET NULL"}, child
        assert said(f2, "columns", "parent_columns") == {"columns": ["z"], "parent_columns": ["a"]}
        assert f2["on_update"] in ("NO ACTION", "RESTRICT", None)


# --- other objects ----------------------------------------------------------------------------------------------

PROGRAMS = ("CREATE TABLE d.t (a INT) ENGINE=InnoDB", "CREATE VIEW d.v AS SELECT a FROM d.t",
            "CREATE VIEW d.broken AS SELECT a FROM d.t", "CREATE TABLE d.u (b INT)",
            "CREATE OR REPLACE VIEW d.broken AS SELECT b FROM d.u", "DROP TABLE d.u",
            "SET sql_mode='ANSI_QUOTES,STRICT_ALL_TABLES'", "CREATE TRIGGER d.tr BEFORE INSERT ON d.t FOR EACH ROW SET NEW.a = 1",
            "CREATE PROCEDURE d.p() SELECT 'p'", "CREATE FUNCTION d.p() RETURNS INT DETERMINISTIC RETURN 1",
            "SET time_zone='+03:00'", "CREATE EVENT d.ev ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO SELECT 1")


def test_every_kind_of_object_with_its_statement(server, probe):
    server.set_global(log_bin_trust_function_creators=1)
    server.sql("CREATE DATABASE d CHARACTER SET gbk")
    with server.connect("d") as connection:
        for statement in PROGRAMS:
            connection.cursor().execute(statement)
    assert probe.open(server)["rc"] == "ok"
    answer = read(probe, "statements", ["d"])
    kinds = [o["kind"] for o in answer["objects"]]
    assert kinds == ["database", "table", "view", "view", "procedure", "function", "trigger", "event"]
    by_kind = {o["kind"]: o for o in answer["objects"] if o["name"] != "broken"}
    for kind, o in by_kind.items():
        assert o["sql"].upper().startswith("CREATE ") and kind.upper() in o["sql"].upper(), o
        assert o["unsupported"] is None
    assert "gbk" in by_kind["database"]["sql"]
    assert by_kind["table"]["schema"]["triggers"] is True
    assert by_kind["trigger"]["table"] == "t"
    assert by_kind["view"]["definer"] == "root@localhost"
    for kind in ("trigger", "procedure", "function", "event"):
        assert by_kind[kind]["sql_mode"] == "ANSI_QUOTES,STRICT_ALL_TABLES"
        assert by_kind[kind]["definer"] == "root@localhost"
        assert by_kind[kind]["charset"] == "utf8mb4"
    assert by_kind["event"]["time_zone"] == "+03:00"
    (broken,) = [o for o in answer["objects"] if o["name"] == "broken"]
    assert broken["unsupported"]


@pytest.mark.parametrize("kind", ("mariadb",))
def test_what_only_mariadb_has(pool, probe, kind):
    server = pool.get(kind, "catalog")
    server.reset()
    server.sql("CREATE DATABASE d; CREATE SEQUENCE d.s START WITH 7; CREATE TABLE d.hist (a INT PRIMARY KEY) WITH SYSTEM VERSIONING;"
               "CREATE TABLE d.own (a INT PRIMARY KEY, f TIMESTAMP(6) AS ROW START, u TIMESTAMP(6) AS ROW END,"
               " PERIOD FOR SYSTEM_TIME(f, u)) WITH SYSTEM VERSIONING; SET sql_mode=ORACLE;"
               "CREATE PACKAGE d.pk AS FUNCTION f RETURN INT; END")
    assert probe.open(server)["rc"] == "ok"
    answer = read(probe, "statements", ["d"])
    assert "start with 7" in objects(answer, "sequence")["d.s"]["sql"]
    hist, own = (objects(answer, "table")["d." + name] for name in ("hist", "own"))
    assert hist["unsupported"] and own["unsupported"]
    assert [c["name"] for c in hist["schema"]["columns"]] == ["a", "row_start", "row_end"]
    assert [c["name"] for c in own["schema"]["columns"]] == ["a", "f", "u"]
    for c in hist["schema"]["columns"][1:] + own["schema"]["columns"][1:]:
        assert said(c, "generated", "stored", "fsp", "type") == {
            "generated": True, "stored": True, "fsp": 6, "type": "TIMESTAMP"}
    assert objects(answer, "procedure")["d.pk"]["unsupported"]


def test_tables_without_rows_of_their_own_are_marked(server, probe):
    server.sql("CREATE DATABASE d; CREATE TABLE d.m1 (a INT) ENGINE=MyISAM; CREATE TABLE d.m (a INT) ENGINE=MRG_MyISAM UNION=(d.m1)")
    assert probe.open(server)["rc"] == "ok"
    tables = objects(read(probe, databases=["d"]), "table")
    assert tables["d.m"]["unsupported"] and not tables["d.m1"]["unsupported"]


def test_an_account_sees_what_it_may(server, probe):
    server.set_global(log_bin_trust_function_creators=1)
    server.sql("CREATE DATABASE d; CREATE DATABASE other")
    with server.connect("d") as connection:
        for statement in PROGRAMS:
            connection.cursor().execute(statement)
    account = server._account("reader", "dts-Secret-1", "%")           # pylint: disable=protected-access
    server.sql(f"GRANT SELECT, SHOW VIEW ON d.* TO {account}")
    assert probe.open(server, account)["rc"] == "ok"
    answer = read(probe, "statements", ["d"])
    assert [o["kind"] for o in answer["objects"]] == ["database", "table", "view", "view"]
    server.sql(f"GRANT EXECUTE ON d.* TO {account}")
    answer = read(probe, "statements", ["d"])
    assert objects(answer, "procedure")["d.p"]["unsupported"]
    assert objects(answer, "procedure")["d.p"]["sql"] is None


def test_only_what_is_wanted(server, probe):
    server.sql("CREATE DATABASE d; CREATE DATABASE e")
    for i in range(12):
        server.sql(f"CREATE TABLE d.t{i} (a{i} INT PRIMARY KEY) ENGINE=InnoDB; CREATE TABLE e.t{i} (a INT)")
    server.sql("CREATE TRIGGER d.one BEFORE INSERT ON d.t1 FOR EACH ROW SET NEW.a1=1;"
               "CREATE TRIGGER d.two BEFORE INSERT ON d.t2 FOR EACH ROW SET NEW.a2=1; CREATE PROCEDURE d.p() SELECT 1")
    assert probe.open(server)["rc"] == "ok"
    some = read(probe, "statements", ["d"], ["d.t1", "d.t3"])           # a few: asked one by one
    many = read(probe, "statements", ["d"], [f"d.t{i}" for i in range(10)])
    for answer, names in ((some, ["t1", "t3"]), (many, [f"t{i}" for i in range(10)])):
        assert [o["name"] for o in answer["objects"] if o["kind"] == "table"] == names
        assert {o["name"] for o in answer["objects"] if o["kind"] == "trigger"} == ({"one"} if names == ["t1", "t3"] else {"one", "two"})
        assert not objects(answer, "procedure")
        for o in answer["objects"]:
            if o["kind"] == "table":
                assert [c["name"] for c in o["schema"]["columns"]] == ["a" + o["name"][1:]]
                assert len(o["schema"]["keys"]) == 1
    assert {o["db"] for o in read(probe, "names")["objects"]} == {"d", "e"}


def test_names_alone(server, probe):
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT, b INT NOT NULL, c INT, UNIQUE u (b), UNIQUE n (c), KEY (c)) ENGINE=InnoDB;"
               "CREATE TABLE d.w (a INT) ENGINE=InnoDB; CREATE VIEW d.v AS SELECT 1 AS x")
    assert probe.open(server)["rc"] == "ok"
    answer = read(probe, "names", ["d"])
    assert [(o["kind"], o["name"], o["sql"]) for o in answer["objects"]] == [
        ("database", "d", None), ("table", "t", None), ("table", "w", None), ("view", "v", None)]
    tables = objects(answer, "table")
    assert tables["d.t"]["schema"]["columns"] == [] and tables["d.t"]["schema"]["engine"] == "InnoDB"
    assert {k["name"]: k.get("not_null") or None for k in tables["d.t"]["schema"]["keys"]} == {"u": True, "n": None}
    assert tables["d.w"]["schema"]["keys"] == []
    assert answer["collations"] > 100


def test_identity(pool, server, probe):
    assert probe.open(server)["rc"] == "ok"
    first = read(probe, "names")["identity"]
    probe.ask("close")
    other = pool.get(server.flavor, "another")
    assert probe.open(other)["rc"] == "ok"
    assert first and first != read(probe, "names")["identity"]


# --- one table --------------------------------------------------------------------------------------------------

def test_a_table_that_is_not_there(server, probe):
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT) ENGINE=InnoDB; CREATE VIEW d.v AS SELECT a FROM d.t")
    for side, code in ((False, 3007), (True, 4002)):
        assert probe.open(server, destination=side)["rc"] == "ok"
        for name in (("d", "none"), ("none", "t"), ("d", "v")):
            failed(probe.ask("table", db=name[0], table=name[1]), code)
        assert probe.ask("table", db="d", table="t")["rc"] == "ok"
        probe.ask("close")


def test_a_table_is_read_whole_while_it_changes(server, probe):
    """Every version has as many columns as its key."""
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT NOT NULL, UNIQUE k (a)) ENGINE=InnoDB")
    stop = threading.Event()

    def change():
        with server.connect() as connection:
            cursor = connection.cursor()
            while not stop.is_set():
                cursor.execute("ALTER TABLE d.t ADD COLUMN b INT NOT NULL, DROP KEY k, ADD UNIQUE k (a, b)")
                cursor.execute("ALTER TABLE d.t DROP COLUMN b, DROP KEY k, ADD UNIQUE k (a)")

    changer = threading.Thread(target=change)
    assert probe.open(server)["rc"] == "ok"
    changer.start()
    try:
        seen = set()
        begun, deadline = time.monotonic(), time.monotonic() + rds.SECONDS
        while len(seen) < 2 or time.monotonic() < begun + 3:
            assert time.monotonic() < deadline, "only one version was ever seen"
            table = probe.ask("table", db="d", table="t")["schema"]
            assert len(table["columns"]) == len(key(table, "k")["parts"]), table
            seen.add(len(table["columns"]))
    finally:
        stop.set()
        changer.join()


def test_reading_can_be_cancelled(server, probe):
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT) ENGINE=InnoDB")
    assert probe.open(server)["rc"] == "ok"
    with server.connect() as locker:
        locker.cursor().execute("LOCK TABLES d.t WRITE")
        answer = probe.ask("cancel_after", ms=300, then={"op": "table", "db": "d", "table": "t"})
        assert answer["rc"] == "cancelled"
    rds.wait_until(lambda: server.sql("DROP TABLE d.t") == (), "the lock to go")


@pytest.mark.long
def test_ten_thousand_tables_take_no_minutes(server, probe):
    server.sql("CREATE DATABASE d")
    with server.connect("d") as connection:
        cursor = connection.cursor()
        for i in range(10000):
            cursor.execute(f"CREATE TABLE t{i} (a INT PRIMARY KEY, b VARCHAR(20), c INT, KEY (b))")
    assert probe.open(server)["rc"] == "ok"
    begin = time.monotonic()
    assert len(read(probe, "schemas")["objects"]) == 10001
    assert time.monotonic() - begin < 60
    begin = time.monotonic()
    assert len(read(probe, "names")["objects"]) == 10001
    assert time.monotonic() - begin < 30
