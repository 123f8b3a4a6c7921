"""Schema changes at the source while its rows change: each kind of the guide, with mapped names, killed in the middle."""

import pytest

import compare
import rds

# Each is executed at the source in turn; rows are written between them.
CHANGES = (
    "ALTER TABLE orders ADD COLUMN note VARCHAR(40) DEFAULT 'é' AFTER id",
    "ALTER TABLE orders ADD COLUMN (p INT, q DECIMAL(10,2) NOT NULL DEFAULT 1.5)",
    "ALTER TABLE orders MODIFY p BIGINT UNSIGNED, DROP COLUMN q",
    "ALTER TABLE orders CHANGE p price BIGINT UNSIGNED NULL FIRST",
    "CREATE INDEX by_note ON orders (note)",
    "ALTER TABLE orders ADD UNIQUE KEY one (id, price)",
    "DROP INDEX by_note ON orders",
    "CREATE TABLE made (id INT PRIMARY KEY, v TEXT) DEFAULT CHARSET=utf8mb4",
    "CREATE TABLE liked LIKE made",
    "INSERT INTO made VALUES (1, 'one'), (2, 'two')",
    "INSERT INTO liked VALUES (7, 'seven')",
    "RENAME TABLE made TO remade",
    "RENAME TABLE remade TO swap, liked TO remade, swap TO liked",
    "INSERT INTO remade VALUES (8, 'eight')",
    "ALTER TABLE liked RENAME TO liked2",
    "TRUNCATE TABLE remade",
    "DROP TABLE liked2",
    "CREATE TABLE IF NOT EXISTS orders (x INT)",
    "DROP TABLE IF EXISTS never_there",
    "ALTER TABLE orders CONVERT TO CHARACTER SET utf8mb4",
    "CREATE VIEW cheap AS SELECT id, note FROM orders WHERE price < 10",
    "ALTER VIEW cheap AS SELECT id FROM orders WHERE price < 20",
    "DROP VIEW cheap",
    "CREATE PROCEDURE p1() SELECT 1",
    "DROP PROCEDURE p1",
    "CREATE FUNCTION f1() RETURNS INT DETERMINISTIC NO SQL RETURN 1",
    "DROP FUNCTION f1",
)

# At which change of the list above the program kills itself, and where.
CRASHES = ((0, "ddl-intended"), (2, "ddl-executed"), (11, "ddl-done"), (12, "ddl-executed"), (15, "ddl-executed"))


def start(pair, program, settings=None):
    pair.source.set_global(log_bin_trust_function_creators=1)
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET latin1")
    pair.source.sql("CREATE TABLE orders (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(20)) ENGINE=InnoDB", db="shop")
    pair.source.sql("INSERT INTO orders (v) VALUES ('a'), ('b'), ('é')", db="shop")
    pair.destination.set_global(log_bin_trust_function_creators=1)
    task = program.task("ddl", pair, ["shop"], rename=["shop -> shop_copy"], settings=settings)
    task.synchronize()
    return task


def same(pair):
    return compare.compare_databases(pair.source, pair.destination, {"shop": "shop_copy"})


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
def test_each_kind_on_a_live_task(pair, program):
    task = start(pair, program)
    for change in CHANGES:
        pair.source.sql(change, db="shop")
        pair.source.sql("INSERT INTO orders (v) VALUES ('x')", "UPDATE orders SET v = 'y' WHERE id % 3 = 0", db="shop")
    task.run("--until=synchronized").succeeded()
    assert same(pair) == []


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_killed_around_a_change(pair, program):
    task = start(pair, program)
    crashes = dict(CRASHES)
    for number, change in enumerate(CHANGES):
        pair.source.sql(change, db="shop")
        pair.source.sql("INSERT INTO orders (v) VALUES ('x')", db="shop")
        if number in crashes:
            program.env["RDS_SYNC_CRASH_AT"] = crashes[number]
            assert task.run("--until=synchronized").code == -9, change
            del program.env["RDS_SYNC_CRASH_AT"]
            task.run("--until=synchronized").succeeded()
            assert same(pair) == [], change
    task.run("--until=synchronized").succeeded()
    assert same(pair) == []


@pytest.mark.pairs("mariadb-mariadb")
def test_a_change_that_fails_stops_by_name(pair, program):
    task = start(pair, program)
    pair.destination.sql("ALTER TABLE shop_copy.orders ADD COLUMN extra INT")
    pair.source.sql("ALTER TABLE shop.orders ADD COLUMN extra INT")
    result = task.run("--until=synchronized").exited(1)
    assert "RS-4012" in result.err and "extra" in result.err
    pair.destination.sql("ALTER TABLE shop_copy.orders DROP COLUMN extra")
    task.run("--until=synchronized").succeeded()
    assert same(pair) == []


def meeting(pair, program):
    """A task one of whose tables comes to another database than its own, in which no table of that name is at the source."""
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY, v INT)", "INSERT INTO shop.orders VALUES (1, 1), (2, 2)",
                    "CREATE DATABASE crm", "CREATE TABLE crm.notes (id INT PRIMARY KEY)")
    task = program.task("names", pair, ["shop", "crm"], rename=["shop.orders -> crm.orders"])
    task.synchronize()
    return task


def refused(pair, task, *statements):
    pair.source.sql(*statements)
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-1016" in ended.err and "shop.orders" in ended.err, ended.err
    assert list(pair.destination.sql("SELECT * FROM crm.orders ORDER BY id")) == [(1, 1), (2, 2)]


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_what_would_drop_another_table_at_the_destination(pair, program):
    task = meeting(pair, program)
    refused(pair, task, "DROP TABLE IF EXISTS crm.orders")
    program.run("task", "set", task.path, "objects.exclude=crm.orders").succeeded()
    pair.source.sql("CREATE TABLE crm.orders (id INT PRIMARY KEY, v INT)", "INSERT INTO crm.orders VALUES (7, 7)", "INSERT INTO crm.notes VALUES (1)")
    task.synchronize()
    assert pair.destination.value("SELECT COUNT(*) FROM crm.notes") == 1
    refused(pair, task, "DROP DATABASE crm")
    program.run("task", "set", task.path, "objects.exclude=", "objects.include=shop").succeeded()
    pair.source.sql("INSERT INTO shop.orders VALUES (3, 3)")
    task.synchronize()
    assert pair.destination.value("SELECT COUNT(*) FROM crm.orders") == 3


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("statements", (["CREATE TABLE IF NOT EXISTS crm.orders (id INT PRIMARY KEY, v INT)", "INSERT INTO crm.orders VALUES (7, 7)"],
                                        ["CREATE OR REPLACE TABLE crm.orders (id INT PRIMARY KEY)"],
                                        ["CREATE TABLE crm.late (id INT PRIMARY KEY, v INT)", "RENAME TABLE crm.late TO crm.orders"]))
def test_what_would_come_to_another_table_at_the_destination(pair, program, statements):
    refused(pair, meeting(pair, program), *statements)


def columns(server, db, table):
    return [tuple("" if value in (None, "NULL") else str(value).lower().strip("'").replace("()", "").replace("default_generated ", "") for value in row)
            for row in server.sql("SELECT COLUMN_NAME, IS_NULLABLE, COLUMN_DEFAULT, EXTRA FROM information_schema.COLUMNS WHERE "
                                  f"TABLE_SCHEMA = '{db}' AND TABLE_NAME = '{table}' ORDER BY ORDINAL_POSITION")]


@pytest.mark.pairs("mysql56-mariadb", "mysql56-mysql9")
def test_a_timestamp_that_says_nothing_means_what_it_meant_at_the_source(pair, program):
    """explicit_defaults_for_timestamp is off there, and on at the destination."""
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.old (id INT PRIMARY KEY, v INT)", "INSERT INTO shop.old VALUES (1, 1)")
    task = program.task("ddl", pair, ["shop"], rename=["shop -> shop_copy", "shop.old.moved -> moved2"])
    task.synchronize()
    pair.source.sql("CREATE TABLE shop.new (id INT PRIMARY KEY, a TIMESTAMP, b TIMESTAMP, c TIMESTAMP NULL, d TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3))",
                    "ALTER TABLE shop.old ADD b TIMESTAMP NOT NULL", "INSERT INTO shop.old (id, v) VALUES (2, 2)",
                    "ALTER TABLE shop.old ADD first TIMESTAMP AFTER id, ADD moved TIMESTAMP", "INSERT INTO shop.old (id, v) VALUES (3, 3)",
                    "ALTER TABLE shop.old MODIFY v TIMESTAMP NULL, DROP COLUMN first", "INSERT INTO shop.new (id) VALUES (1)", "UPDATE shop.new SET id = 2")
    task.synchronize()
    for table in ("new", "old"):
        there = [tuple(value.replace("moved2", "moved") for value in row) for row in columns(pair.destination, "shop_copy", table)]
        assert there == columns(pair.source, "shop", table)
    assert pair.source.sql("SELECT id, b, moved FROM shop.old ORDER BY id") == pair.destination.sql("SELECT id, b, moved2 FROM shop_copy.old ORDER BY id")
    assert pair.source.sql("SELECT * FROM shop.new") == pair.destination.sql("SELECT * FROM shop_copy.new")


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_password_in_a_definition_is_written_nowhere(pair, program):
    """A FEDERATED table's, for example; here of an engine that all servers have. The relay is the source's log as it is, values and
    all; a task that fails begins to keep that."""
    task = start(pair, program, {"sync.relay_quota": 0})
    pair.source.sql("CREATE TABLE shop.far (id INT PRIMARY KEY) ENGINE=InnoDB CONNECTION='mysql://root:much-secret@127.0.0.1:1/d/t'")
    task.run("--until=synchronized").succeeded()
    pair.destination.sql("ALTER TABLE shop_copy.far ADD COLUMN extra INT")
    pair.source.sql("ALTER TABLE shop.far ADD COLUMN extra INT, CONNECTION='mysql://root:much-secret@127.0.0.1:1/d/t'")
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-4012" in ended.err and "mysql://root:***@127.0.0.1" in ended.err
    shown = program.run("event", "show", "ddl")
    assert "mysql://root:***@" in shown.out and "much-secret" not in shown.out + ended.err + ended.out
    assert program.files_holding("much-secret") == []


@pytest.mark.pairs("mariadb-mariadb")
def test_a_change_that_is_not_selected_is_left_out(pair, program):
    task = start(pair, program)
    task.replace("[sync]", "[sync]\nddl = none")
    pair.source.sql("CREATE TABLE shop.later (id INT PRIMARY KEY)", "INSERT INTO shop.orders (v) VALUES ('z')")
    task.run("--until=synchronized").succeeded()
    assert not pair.destination.sql("SHOW TABLES FROM shop_copy LIKE 'later'")
    assert pair.destination.value("SELECT COUNT(*) FROM shop_copy.orders WHERE v = 'z'") == 1


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
def test_a_table_that_does_not_say_its_character_set(pair, program):
    """It has its database's, whatever the session's database is; of a table that is not selected nobody needs to know."""
    task = start(pair, program)
    pair.source.sql("CREATE DATABASE other DEFAULT CHARACTER SET utf8mb4", "CREATE TABLE other.t (id INT PRIMARY KEY, v VARCHAR(20))",
                    "CREATE TABLE shop.plain (id INT PRIMARY KEY, v VARCHAR(20))", "INSERT INTO shop.plain VALUES (1, 'é')",
                    "CREATE TABLE shop.bare (id INT PRIMARY KEY)", "ALTER TABLE shop.bare ADD v VARCHAR(20)",
                    "INSERT INTO shop.bare VALUES (1, 'ö')", "CREATE TABLE other.u2 LIKE other.t")
    pair.source.sql("CREATE TABLE shop.from_there (id INT PRIMARY KEY, v VARCHAR(20))", "CREATE TABLE u (v TEXT)", db="other")
    pair.source.sql("CREATE TABLE at_home (id INT PRIMARY KEY, v VARCHAR(20))", "INSERT INTO at_home VALUES (1, 'ü')", db="shop")
    task.synchronize()
    assert same(pair) == []


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_database_whose_character_set_changed_before_it_was_asked_for(pair, program):
    """What a table has that was made before can't be told: it is not guessed."""
    task = start(pair, program)
    pair.source.sql("CREATE TABLE shop.plain (id INT PRIMARY KEY, v VARCHAR(20))", "INSERT INTO shop.plain VALUES (1, 'x')",
                    "ALTER DATABASE shop CHARACTER SET utf8mb4")
    for _ in range(2):
        result = task.run("--until=synchronized").exited(1)
        assert "RS-4013" in result.err and "does not say its character set" in result.err, "also when it is only begun again"
    event = program.run("event", "show", task.path, "--json").succeeded().json["event"]
    program.run("event", "skip", task.path, event["id"]).succeeded()
    pair.source.sql("INSERT INTO shop.orders (v) VALUES ('later')", "ALTER DATABASE shop CHARACTER SET latin1")
    task.synchronize()
    assert pair.destination.value("SELECT COUNT(*) FROM shop_copy.plain") == 1


@pytest.mark.pairs("mariadb-mariadb")
def test_a_database_whose_character_set_changed_behind_a_table_that_says_its_own(pair, program):
    task = start(pair, program)
    pair.source.sql("CREATE TABLE shop.plain (id INT PRIMARY KEY, v VARCHAR(20)) CHARACTER SET utf8mb3", "INSERT INTO shop.plain VALUES (1, 'x')",
                    "ALTER DATABASE shop CHARACTER SET utf8mb4")
    task.synchronize()
    assert same(pair) == []


# --- the time and the time zone of a statement ---------------------------------------------------------------------

def make_zone(server):
    """A time zone with a name, which only this server knows."""
    server.sql("REPLACE INTO mysql.time_zone VALUES (77, 'N')", "REPLACE INTO mysql.time_zone_name VALUES ('Test/Zone', 77)",
               "REPLACE INTO mysql.time_zone_transition_type VALUES (77, 0, 19800, 0, 'TST')")


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
@pytest.mark.source(env={"TZ": "JST-9"})
@pytest.mark.parametrize("zone", ("-05:00", "SYSTEM", "Test/Zone"))
def test_a_change_means_the_times_of_the_sources_session(pair, program, zone):
    """What is filled in is the time of the source's statement, and times without a zone are in that of its session."""
    task = start(pair, program)
    make_zone(pair.source)
    pair.source.sql(f"SET time_zone = '{zone}'", "ALTER TABLE shop.orders ADD COLUMN a DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),"
                    " ADD COLUMN b TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, ADD COLUMN c TIMESTAMP NOT NULL DEFAULT '2020-01-01 00:00:00'",
                    "CREATE TABLE shop.cut (t TIMESTAMP NOT NULL PRIMARY KEY) PARTITION BY RANGE (UNIX_TIMESTAMP(t))"
                    " (PARTITION p1 VALUES LESS THAN (UNIX_TIMESTAMP('2030-01-01 00:00:00')))",
                    "ALTER TABLE shop.cut ADD PARTITION (PARTITION p2 VALUES LESS THAN (UNIX_TIMESTAMP('2031-01-01 00:00:00')))",
                    "INSERT INTO shop.cut VALUES ('2029-12-31 23:59:59'), ('2030-01-01 00:00:00')", "ALTER TABLE shop.cut DROP PARTITION p1")
    second = pair.source.value("SELECT UNIX_TIMESTAMP()")
    rds.wait_until(lambda: pair.source.value("SELECT UNIX_TIMESTAMP()") > second, "another second than that of the statements")
    task.synchronize()
    assert not same(pair)
    bound = "SELECT MAX(PARTITION_DESCRIPTION) FROM information_schema.PARTITIONS WHERE TABLE_NAME = 'cut'"
    assert pair.source.value(bound) == pair.destination.value(bound)


# --- from before a change ------------------------------------------------------------------------------------------

@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
def test_a_task_that_comes_back_from_before_changes_which_keep_the_number_of_columns(pair, program):
    """Rows of the log are read by the schema of their time, not by that of today, which looks like it."""
    task = start(pair, program)
    pair.source.sql("INSERT INTO orders (v) VALUES ('before')", "ALTER TABLE orders DROP COLUMN v, ADD COLUMN w VARCHAR(20) DEFAULT 'new'", "INSERT INTO orders (w) VALUES ('x')",
                    "ALTER TABLE orders ADD COLUMN v INT, ADD COLUMN u VARCHAR(20) FIRST", "UPDATE orders SET u = 'first', v = id", "ALTER TABLE orders DROP COLUMN w",
                    "ALTER TABLE orders CHANGE u w VARCHAR(20) AFTER v", "INSERT INTO orders (w, v) VALUES ('last', 5)", "DELETE FROM orders WHERE id = 2", db="shop")
    task.synchronize()
    assert same(pair) == []
    assert task.status()["progress"]["counters"]["anomalies"] == 0
