"""Tables that are changed by an online-DDL tool: a working table is made beside them, filled while their rows change, and takes
their place by a RENAME."""

import pytest

import compare
import rds

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")


def begun(pair, program, include):
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4", "CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, v INT) ENGINE=InnoDB",
                    "INSERT INTO shop.orders (v) VALUES (1), (2), (3)")
    task = program.task("online", pair, include)
    task.synchronize()
    return task


def gh_ost(pair, name, alter, after_each=lambda: None):
    """What gh-ost does: the binary log instead of triggers, rows in chunks, changes behind them, and an atomic swap."""
    ghost, gone, log = f"_{name}_gho", f"_{name}_del", f"_{name}_ghc"
    for statement in (f"CREATE /* gh-ost */ TABLE `shop`.`{log}` (id BIGINT AUTO_INCREMENT PRIMARY KEY, hint VARCHAR(64) CHARACTER SET ascii NOT NULL, value VARCHAR(4096) "
                      "CHARACTER SET ascii NOT NULL, UNIQUE KEY hint_uidx (hint)) AUTO_INCREMENT=256", f"CREATE /* gh-ost */ TABLE `shop`.`{ghost}` LIKE `shop`.`{name}`",
                      f"ALTER /* gh-ost */ TABLE `shop`.`{ghost}` {alter}",
                      f"INSERT /* gh-ost `shop`.`{log}` */ INTO `shop`.`{log}` (id, hint, value) VALUES (NULLIF(1, 0), 'state', 'x') ON DUPLICATE KEY UPDATE value = VALUES(value)",
                      f"INSERT /* gh-ost */ IGNORE INTO `shop`.`{ghost}` (id, v) SELECT id, v FROM `shop`.`{name}`", f"UPDATE shop.{name} SET v = v + 10 WHERE id = 1",
                      f"REPLACE INTO `shop`.`{ghost}` (id, v) SELECT id, v FROM shop.{name} WHERE id = 1", f"DELETE FROM shop.{name} WHERE id = 2",
                      f"DELETE /* gh-ost */ FROM `shop`.`{ghost}` WHERE id = 2", f"CREATE /* gh-ost */ TABLE `shop`.`{gone}` (id INT AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB "
                      "COMMENT='ghost-cut-over-sentry'", f"DROP /* gh-ost */ TABLE IF EXISTS `shop`.`{gone}`",
                      f"RENAME /* gh-ost */ TABLE `shop`.`{name}` TO `shop`.`{gone}`, `shop`.`{ghost}` TO `shop`.`{name}`",
                      f"INSERT INTO shop.{name} (v) VALUES (100)", f"DROP /* gh-ost */ TABLE IF EXISTS `shop`.`{log}`", f"DROP /* gh-ost */ TABLE IF EXISTS `shop`.`{gone}`",
                      f"UPDATE shop.{name} SET v = v + 1"):
        pair.source.sql(statement)
        after_each()


def test_the_whole_database(pair, program):
    task = begun(pair, program, ["shop"])
    gh_ost(pair, "orders", "ADD COLUMN w INT NOT NULL DEFAULT 7, MODIFY v BIGINT")
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["shop"]) == []
    assert not [name for (name,) in pair.destination.sql("SHOW TABLES FROM shop") if name.startswith("_")]


def test_the_program_comes_and_goes_meanwhile(pair, program):
    task = begun(pair, program, ["shop"])
    gh_ost(pair, "orders", "ADD COLUMN w INT NOT NULL DEFAULT 7", task.synchronize)
    assert compare.compare_databases(pair.source, pair.destination, ["shop"]) == []


def test_the_table_alone_stops_by_name_when_another_takes_its_place(pair, program):
    """The working table is not part of the task: its rows are not at the destination."""
    task = begun(pair, program, ["shop.orders"])
    gh_ost(pair, "orders", "ADD COLUMN w INT NOT NULL DEFAULT 7")
    ended = task.run("--until=synchronized").exited(1)
    assert "_orders_gho" in ended.err and "RS-40" in ended.err, ended.err
    assert pair.destination.sql("SELECT id, v FROM shop.orders ORDER BY id") == ((1, 11), (3, 3)), "all before it is there"
    again = task.run("--until=synchronized").exited(1)
    assert "_orders_gho" in again.err, "it is not passed over by starting anew"


def test_a_table_that_is_renamed_away_is_told(pair, program):
    task = begun(pair, program, ["shop.orders"])
    pair.source.sql("INSERT INTO shop.orders (v) VALUES (4)", "RENAME TABLE shop.orders TO shop.orders_old", "INSERT INTO shop.orders_old (v) VALUES (5)")
    task.synchronize()
    (problem,) = task.status()["progress"]["problems"]
    assert problem["code"] == "RS-3007" and "shop.orders" in problem["text"] and not problem["fatal"], problem
    assert pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 4
