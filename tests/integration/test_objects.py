"""What the selected objects become at the destination: views by name, and columns that are the source's alone."""


import pymysql
import pytest

import rds

every_product = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")


def tables(server, database):
    return sorted((name, kind) for name, kind in server.sql(f"SHOW FULL TABLES FROM {database}"))


# --- views -----------------------------------------------------------------------------------------------

SHOP = ("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(20));"
        "INSERT INTO shop.orders VALUES (1, 'one'), (2, 'two'); CREATE TABLE shop.other (id INT PRIMARY KEY);"
        "CREATE VIEW shop.notes AS SELECT note FROM shop.orders WHERE id > 1; CREATE VIEW shop.ids AS SELECT id FROM shop.orders")


@every_product
def test_a_view_selected_by_name_is_made(pair, program):
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop.orders", "shop.notes"])
    task.synchronize()
    assert tables(pair.destination, "shop") == [("notes", "VIEW"), ("orders", "BASE TABLE")]
    assert pair.destination.sql("SELECT * FROM shop.notes") == (("two",),)
    assert "the same" in task.command("verify").succeeded().out


@every_product
def test_a_view_selected_by_name_follows_its_database_and_its_table(pair, program):
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop.orders", "shop.notes"], rename=["shop -> copy", "shop.orders -> copy.bought"])
    task.synchronize()
    assert tables(pair.destination, "copy") == [("bought", "BASE TABLE"), ("notes", "VIEW")]
    assert pair.destination.sql("SELECT * FROM copy.notes") == (("two",),)


@pytest.mark.pairs("mariadb-mariadb")
def test_a_view_that_lacks_its_table_is_told_and_stops_nothing(pair, program):
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop.other", "shop.notes"])
    task.synchronize()
    assert tables(pair.destination, "shop") == [("other", "BASE TABLE")]
    (problem,) = task.status()["progress"]["problems"]
    assert "view shop.notes" in problem["text"] and not problem["fatal"]


# --- columns ---------------------------------------------------------------------------------------------

@every_product
def test_a_column_is_left_out_where_changes_of_tables_are_not_followed(pair, program):
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, a INT); INSERT INTO shop.orders VALUES (1, 1)")
    task = program.task("shop", pair, ["shop"], settings={"sync.ddl": "create-table"})
    running = task.start()
    running.until(lambda: rows(pair) == [(1, 1)], "the copy")
    pair.source.sql("ALTER TABLE shop.orders ADD COLUMN extra INT NOT NULL DEFAULT 7 AFTER id",
                    "INSERT INTO shop.orders VALUES (2, 70, 2)", "UPDATE shop.orders SET a = 10, extra = 71 WHERE id = 1",
                    "CREATE TABLE shop.later (id INT PRIMARY KEY)")
    running.until(lambda: rows(pair) == [(1, 10), (2, 2)], "the changes without the new column")
    running.stop().succeeded()
    pair.source.sql("DELETE FROM shop.orders WHERE id = 1", "INSERT INTO shop.orders VALUES (3, 72, 3)")
    task.synchronize()
    assert rows(pair) == [(2, 2), (3, 3)]
    assert ("later", "BASE TABLE") in tables(pair.destination, "shop")


def rows(pair):
    try:
        return list(pair.destination.sql("SELECT id, a FROM shop.orders ORDER BY id"))
    except Exception:                                                 # pylint: disable=broad-exception-caught
        return None             # it is not there yet


@every_product
def test_a_column_that_the_destination_lost_stops_the_task_by_name(pair, program):
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, a INT); INSERT INTO shop.orders VALUES (1, 1)")
    task = program.task("shop", pair, ["shop"])
    task.synchronize()
    pair.destination.sql("ALTER TABLE shop.orders DROP COLUMN a")
    pair.source.sql("INSERT INTO shop.orders VALUES (2, 2)")
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-4003" in ended.err and "shop.orders has no column a" in ended.err
    assert task.status()["progress"]["error"]["hint"]
    pair.destination.sql("ALTER TABLE shop.orders ADD COLUMN a INT; UPDATE shop.orders SET a = 1")
    task.synchronize()
    assert rows(pair) == [(1, 1), (2, 2)]


# --- events ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("zone", ("+03:00", "SYSTEM"))
def test_an_event_keeps_its_time_zone_and_does_not_run(pair, program, zone):
    """Its times would be others in another zone."""
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY)", f"SET time_zone = '{zone}'",
                    "CREATE EVENT shop.nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 03:00:00' DO DELETE FROM shop.t")
    program.task("shop", pair, ["shop"]).synchronize()
    columns = "TIME_ZONE, STARTS, INTERVAL_VALUE, INTERVAL_FIELD"
    made = [server.sql(f"SELECT {columns} FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'shop'") for server in (pair.source, pair.destination)]
    assert made[0] == made[1] and made[0][0][0] == zone
    assert pair.destination.value("SELECT STATUS FROM information_schema.EVENTS WHERE EVENT_SCHEMA = 'shop'") != "ENABLED"


# --- tables without snapshots ----------------------------------------------------------------------------

@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_table_without_key_and_transactions_is_locked_while_it_is_copied(pair, program):
    """No snapshot holds it: what is added while it is read would come from the log a second time."""
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.log (note VARCHAR(20)) ENGINE=MyISAM; INSERT INTO shop.log VALUES ('a'), ('a')")
    task = program.task("shop", pair, ["shop"])
    hung = task.stand_at("keyless-loaded", "--until=synchronized", "--skip-precheck-warnings")
    with pytest.raises(pymysql.err.OperationalError, match="1205"):
        pair.source.sql("SET lock_wait_timeout = 1", "INSERT INTO shop.log VALUES ('b')")
    hung.go_on()
    hung.wait().succeeded()
    pair.source.sql("INSERT INTO shop.log VALUES ('b')")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert sorted(pair.destination.sql("SELECT note FROM shop.log")) == [("a",), ("a",), ("b",)]
