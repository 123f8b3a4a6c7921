"""Secondary indexes are left out while large tables are copied, and are all there afterwards, whatever happened between."""

import re

import pytest

import compare

SAME_PRODUCT = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
TABLES = (
    "CREATE TABLE parents (id INT PRIMARY KEY, code INT NOT NULL, note VARCHAR(300), KEY code (code), KEY note (note(20)))",
    "CREATE TABLE children (id INT PRIMARY KEY, parent INT, code INT, note VARCHAR(300), KEY parent (parent), KEY both_ (code, parent),"
    " CONSTRAINT c1 FOREIGN KEY (parent) REFERENCES parents (id), CONSTRAINT c2 FOREIGN KEY (code) REFERENCES parents (code))",
    "CREATE TABLE many (id INT PRIMARY KEY, a INT, b INT, note VARCHAR(300), words TEXT, UNIQUE KEY u (a), KEY `odd``KEY ``` (b DESC) COMMENT"
    " 'it''s, \"this\"\nand\tthat', KEY `ключ` (note(10), b), FULLTEXT KEY words (words), KEY three (b, a, id))",
    "CREATE TABLE counted (name VARCHAR(40) PRIMARY KEY, n BIGINT UNSIGNED NOT NULL AUTO_INCREMENT, note VARCHAR(300), KEY n (n), KEY note (note))",
    "CREATE TABLE keyless (a INT, b INT, note VARCHAR(300), KEY a (a), KEY b (b))",
)
ROWS = 1500


def fill(server):
    server.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4")
    if server.version.startswith("9."):     # new servers refuse foreign keys to keys that are not unique; old ones' arrive
        server.sql("SET GLOBAL restrict_fk_on_non_standard_key = OFF")
    for table in TABLES:
        server.sql(table, db="shop")
    if server.version.startswith("9."):
        server.sql("SET GLOBAL restrict_fk_on_non_standard_key = ON")
    note = "REPEAT('n', 200)"
    for first in range(0, ROWS, 500):
        numbers = range(first, first + 500)
        server.sql("INSERT INTO parents VALUES " + ",".join(f"({n}, {n}, {note})" for n in numbers), db="shop")
        server.sql("INSERT INTO children VALUES " + ",".join(f"({n}, {n}, {n}, {note})" for n in numbers), db="shop")
        server.sql("INSERT INTO many VALUES " + ",".join(f"({n}, {n}, {n % 7}, {note}, 'some words')" for n in numbers), db="shop")
        server.sql("INSERT INTO counted (name, note) VALUES " + ",".join(f"('name {n}', {note})" for n in numbers), db="shop")
        server.sql("INSERT INTO keyless VALUES " + ",".join(f"({n}, {n}, {note})" for n in numbers), db="shop")
    for table in TABLES:
        server.sql(f"ANALYZE TABLE {table.split()[2]}", db="shop")


def definitions(server):
    made = {name: server.sql(f"SHOW CREATE TABLE shop.{name}")[0][1] for (name,) in server.sql("SHOW TABLES FROM shop")}
    return {name: sorted(re.sub(r" AUTO_INCREMENT=\d+", "", text).replace(",\n", "\n").split("\n")) for name, text in made.items()}


def shop(pair, program, **settings):
    fill(pair.source)
    pair.destination.sql("FLUSH BINARY LOGS")               # what follows is in a file of its own
    return program.task("indexes", pair, ["shop"], settings={"sync.lock_for_keyless": "yes", "sync.chunk_size": "64K", **settings})


def judge(pair):
    assert definitions(pair.source) == definitions(pair.destination)
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    assert not pair.destination.sql("SELECT * FROM dts.rds_sync_index")


def left_out(pair):
    """A statement of the destination's log that dropped them says that they were. It is read as bytes, since names may be any."""
    (file,) = (row[0] for row in pair.destination.sql("SHOW BINARY LOGS")[-1:])
    with pair.destination.connect(use_unicode=False) as connection, connection.cursor() as cursor:
        cursor.execute(f"SHOW BINLOG EVENTS IN '{file}'")
        return {m.decode() for row in cursor.fetchall() for m in re.findall(rb"ALTER TABLE `shop`\.`(\w+)` DROP KEY", row[5])}


@SAME_PRODUCT
def test_all_are_there_afterwards(pair, program):
    task = shop(pair, program)
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert left_out(pair) == {"many", "keyless"}      # foreign keys and AUTO_INCREMENT need the others
    judge(pair)


@pytest.mark.pairs("mysql56-mariadb", "mysql56-mysql9", "mariadb-mysql9")
def test_between_products(pair, program):
    task = shop(pair, program)
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert left_out(pair) == {"many", "keyless"}
    for name in ("parents", "children", "many", "counted", "keyless"):
        names = [sorted({row[2] for row in server.sql(f"SHOW INDEX FROM shop.{name}")}) for server in (pair.source, pair.destination)]
        assert names[0] == names[1]
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])


@SAME_PRODUCT
@pytest.mark.parametrize("steps", (("indexes-noted",), ("indexes-noted:2",), ("chunk-after-commit", "indexes-built"), ("indexes-built:2",),
                                   ("indexes-built", "indexes-built"), ("table-copied",), ("indexes-noted", "copy-done")))
def test_killed(pair, program, steps):
    task = shop(pair, program)
    for step in steps:
        program.env["RDS_SYNC_CRASH_AT"] = step
        assert task.run("--until=synchronized", "--skip-precheck-warnings").code == -9
    program.env.pop("RDS_SYNC_CRASH_AT")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    judge(pair)


@pytest.mark.pairs("mariadb-mariadb")
def test_release_of_an_unfinished_copy_makes_them(pair, program):
    task = shop(pair, program)
    program.env["RDS_SYNC_CRASH_AT"] = "chunk-after-commit:3"
    assert task.run("--until=synchronized", "--skip-precheck-warnings").code == -9
    program.env.pop("RDS_SYNC_CRASH_AT")
    assert definitions(pair.source) != definitions(pair.destination)
    task.command("release").succeeded()
    assert definitions(pair.source) == definitions(pair.destination)
