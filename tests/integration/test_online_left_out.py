"""Online schema changes whose working tables are no part of the task (sync.online_ddl): what they come to is done to the
destination's table itself, and where that can't be derived the task stops by name."""

import threading

import pytest

import compare
import rds

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")

ADDED = "ADD COLUMN w INT NOT NULL DEFAULT 7, MODIFY v BIGINT, ADD KEY by_v (v)"


class Writer:
    """Writes to the table all the time, through the swap, as an application does."""

    def __init__(self, server):
        self.server, self.ended, self.error = server, threading.Event(), None
        self.thread = threading.Thread(target=self.write)

    def write(self):
        number = 0
        while self.error is None and not self.ended.wait(0.005):
            number += 1
            try:
                self.server.sql(f"INSERT INTO shop.orders (v) VALUES ({number})", f"UPDATE shop.orders SET v = v + 1 WHERE id % 7 = {number % 7}",
                                f"DELETE FROM shop.orders WHERE id = {number * 3}")
            except Exception as error:  # shown by who waits
                if error.args[0] not in (1205, 1213):       # the tool's triggers lock rows, too
                    self.error = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        assert self.error is None, self.error


def begun(pair, program, include=("shop",), setting="gh-ost", **settings):
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4", "CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, v INT) ENGINE=InnoDB",
                    "INSERT INTO shop.orders (v) VALUES (1), (2), (3), (4)")
    task = program.task("online", pair, list(include), settings={"sync.online_ddl": setting, **settings})
    task.synchronize()
    return task


def tools_triggers(ghost, columns="id, v"):
    """pt-online-schema-change's, in the order in which it makes them."""
    new = ", ".join(f"NEW.{c}" for c in columns.split(", "))
    return [f"CREATE TRIGGER shop.pt_osc_shop_orders_del AFTER DELETE ON shop.orders FOR EACH ROW DELETE IGNORE FROM shop.{ghost} WHERE id <=> OLD.id",
            f"CREATE TRIGGER shop.pt_osc_shop_orders_upd AFTER UPDATE ON shop.orders FOR EACH ROW REPLACE INTO shop.{ghost} ({columns}) VALUES ({new})",
            f"CREATE TRIGGER shop.pt_osc_shop_orders_ins AFTER INSERT ON shop.orders FOR EACH ROW REPLACE INTO shop.{ghost} ({columns}) VALUES ({new})"]


def change_online(pair, ghost, gone, alter, *, remark="", made="LIKE shop.orders", proven=True, after_each=lambda: None, columns="id, v"):
    """What the tools do, with triggers: the way that a writer can be at work all the while."""
    triggers = ["ins", "upd", "del"]
    statements = [f"CREATE {remark} TABLE shop.{ghost} {made}", f"ALTER {remark} TABLE shop.{ghost} {alter}"]
    statements += tools_triggers(ghost, columns) if proven else []
    statements += [f"INSERT {remark} IGNORE INTO shop.{ghost} ({columns}) SELECT {columns} FROM shop.orders LOCK IN SHARE MODE",
                   f"RENAME {remark} TABLE shop.orders TO shop.{gone}, shop.{ghost} TO shop.orders"]
    statements += [f"DROP TRIGGER shop.pt_osc_shop_orders_{kind}" for kind in triggers] if proven else []
    statements += [f"DROP {remark} TABLE IF EXISTS shop.{gone}"]
    for statement in statements:
        rds.insist(pair.source, statement)
        after_each()


def created(pair):
    """SHOW CREATE TABLE's text under the working table's name, as pt-online-schema-change makes it."""
    text = pair.source.sql("SHOW CREATE TABLE shop.orders")[0][1]
    return text[text.index("("):]


def same(pair):
    return compare.compare_databases(pair.source, pair.destination, ["shop"])


def leftovers(pair):
    return [name for (name,) in pair.destination.sql("SHOW TABLES FROM shop") if name != "orders"]


def test_with_a_writer_at_work(pair, program):
    task = begun(pair, program)
    running = task.start()
    with Writer(pair.source):
        change_online(pair, "_orders_new", "_orders_old", ADDED, made=created(pair))
        running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'shop' AND COLUMN_NAME = 'w'") == 1,
                      "the column at the destination")
        change_online(pair, "_orders_gho", "_orders_del", "ADD COLUMN x VARCHAR(9) DEFAULT 'é', DROP COLUMN w", remark="/* gh-ost */")
    running.stop()
    task.synchronize()
    assert same(pair) == []
    assert leftovers(pair) == []


@pytest.mark.parametrize("step", ["ddl-intended", "ddl-executed", "ddl-done"])
def test_killed_at_the_swap(pair, program, step):
    task = begun(pair, program, setting="dms")
    change_online(pair, "tp_17_ogt_orders", "tp_17_del_orders", ADDED, proven=False)
    pair.source.sql("ALTER TABLE shop.orders ADD COLUMN y INT", "INSERT INTO shop.orders (v) VALUES (9)")
    program.env["RDS_SYNC_CRASH_AT"] = step
    assert task.run("--until=synchronized").code == -9
    del program.env["RDS_SYNC_CRASH_AT"]
    task.synchronize()
    assert same(pair) == []
    assert leftovers(pair) == []


def test_the_program_comes_and_goes_meanwhile(pair, program):
    task = begun(pair, program, ["shop.orders"])
    change_online(pair, "_orders_gho", "_orders_del", ADDED, remark="/* gh-ost */", after_each=task.synchronize)
    pair.source.sql("INSERT INTO shop.orders (v) VALUES (5)")
    task.synchronize()
    assert same(pair) == []
    assert not task.status()["progress"]["problems"]


def in_two_steps():
    """gh-ost --cut-over=two-step: in between there is no such table."""
    return ["alter /* gh-ost */ table shop.orders rename shop._orders_del", "alter /* gh-ost */ table shop._orders_gho rename shop.orders"]


def filled(pair, ghost="_orders_gho"):
    """The working table as it is before the cut-over."""
    pair.source.sql(f"CREATE /* gh-ost */ TABLE shop.{ghost} LIKE shop.orders", f"ALTER /* gh-ost */ TABLE shop.{ghost} {ADDED}",
                    f"INSERT /* gh-ost */ IGNORE INTO shop.{ghost} (id, v) SELECT id, v FROM shop.orders")


def cut_over(pair, program, between=lambda task: None, before_end=lambda task: None):
    task = begun(pair, program)
    filled(pair)
    first, second = in_two_steps()
    pair.source.sql(first)
    between(task)
    pair.source.sql(second, "DROP /* gh-ost */ TABLE IF EXISTS shop._orders_del", "INSERT INTO shop.orders (v) VALUES (8)")
    before_end(task)
    task.synchronize()
    assert same(pair) == []
    assert leftovers(pair) == []
    assert not task.status()["progress"]["problems"]


def test_a_cut_over_in_two_steps(pair, program):
    def between(task):
        task.synchronize()
        assert pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 4, "it stays until the other is in its place"
    cut_over(pair, program, between)


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("step", ["ddl-done:3", "ddl-intended", "ddl-executed"])
def test_killed_at_a_cut_over_in_two_steps(pair, program, step):
    def kill(task):
        program.env["RDS_SYNC_CRASH_AT"] = step
        assert task.run("--until=synchronized").code == -9
        del program.env["RDS_SYNC_CRASH_AT"]
    cut_over(pair, program, before_end=kill)


def test_a_cut_over_in_two_steps_that_is_taken_back(pair, program):
    """What was done to the table meanwhile, under a name that is none of the task's, nobody knows."""
    task = begun(pair, program)
    filled(pair)
    pair.source.sql(in_two_steps()[0], "INSERT INTO shop._orders_del (v) VALUES (5)", "RENAME TABLE shop._orders_del TO shop.orders")
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-40" in ended.err and "moved away" in ended.err and "table resync" in ended.err, ended.err
    pair.source.sql("DROP TABLE shop._orders_gho")
    program.run("table", "resync", "online", "shop.orders").succeeded()
    task.synchronize()
    assert same(pair) == []


@pytest.mark.parametrize("alter, columns, proven", [
    ("ADD UNIQUE KEY one (v)", "id, v", True),
    ("ADD COLUMN at DATETIME DEFAULT CURRENT_TIMESTAMP", "id, v", True),
    ("CHANGE v u INT", "id", True),
    ("ADD COLUMN w INT", "id, v", False)], ids=["unique", "now", "renamed", "unproven"])
def test_what_can_not_be_derived_stops_by_name(pair, program, alter, columns, proven):
    task = begun(pair, program)
    change_online(pair, "_orders_new", "_orders_old", alter, proven=proven, columns=columns)
    pair.source.sql("INSERT INTO shop.orders (id) VALUES (100)")
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-40" in ended.err and "shop.orders" in ended.err and "table resync" in ended.err, ended.err
    assert pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 4, "all before it is there"
    program.run("table", "resync", "online", "shop.orders").succeeded()
    task.synchronize()
    assert same(pair) == []


def stops_and_is_mended(pair, program, task):
    """By name, with a remedy that does it."""
    pair.source.sql("INSERT INTO shop.orders (v) VALUES (3)")
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-40" in ended.err and "shop.orders" in ended.err and "table resync" in ended.err, ended.err
    program.run("table", "resync", "online", "shop.orders").succeeded()
    task.synchronize()
    assert same(pair) == []
    pair.source.sql("INSERT INTO shop.orders (v) VALUES (4)", "UPDATE shop.orders SET v = 2 WHERE v = 3")
    task.synchronize()
    assert same(pair) == []


@pytest.mark.parametrize("before", (True, False), ids=("of the table", "that it gets"))
def test_foreign_keys_stop_by_name(pair, program, before):
    """The tools drop and rename them, each in its own way."""
    task = begun(pair, program)
    pair.source.sql("CREATE TABLE shop.parent (id INT PRIMARY KEY) ENGINE=InnoDB", "INSERT INTO shop.parent VALUES (1), (2), (3), (4)")
    key = "CONSTRAINT {} FOREIGN KEY (v) REFERENCES shop.parent (id)"
    if before:
        pair.source.sql("ALTER TABLE shop.orders ADD " + key.format("f"))
    task.synchronize()
    change_online(pair, "_orders_new", "_orders_old", "ADD COLUMN w INT, ADD " + key.format("_f"))
    stops_and_is_mended(pair, program, task)


def test_a_change_that_was_under_way_at_the_start_stops_by_name(pair, program):
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, v INT) ENGINE=InnoDB",
                    "INSERT INTO shop.orders (v) VALUES (1), (2), (3), (4)")
    filled(pair)
    task = program.task("online", pair, ["shop"], settings={"sync.online_ddl": "gh-ost", "precheck.ignore": "CHECK_GHOST CHECK_LEFT_OUT"})
    task.synchronize()
    pair.source.sql("RENAME /* gh-ost */ TABLE shop.orders TO shop._orders_del, shop._orders_gho TO shop.orders",
                    "DROP /* gh-ost */ TABLE shop._orders_del")
    stops_and_is_mended(pair, program, task)


def test_a_table_that_is_emptied_by_a_new_one_is_not_taken_for_a_copy(pair, program):
    task = begun(pair, program)
    pair.source.sql("CREATE TABLE shop._orders_new LIKE shop.orders", "ALTER TABLE shop._orders_new AUTO_INCREMENT = 1000",
                    "RENAME TABLE shop.orders TO shop._orders_old, shop._orders_new TO shop.orders")
    ended = task.run("--until=synchronized").exited(1)
    assert "_orders_new" in ended.err, ended.err


def test_the_users_own_expressions(pair, program):
    task = begun(pair, program, **{"sync.online_ddl_shadow": "^shadow_(.+)$", "sync.online_ddl_trash": "^trash_"})
    change_online(pair, "shadow_orders", "trash_orders", ADDED, remark="/* gh-ost */", proven=False)
    pair.source.sql("CREATE TABLE shop._orders_gho LIKE shop.orders")
    task.synchronize()
    assert same(pair) == [], "with the table that has gh-ost's name, and is a table here"


def test_a_working_table_that_was_there_before_is_left_out(pair, program):
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY, v INT)", "CREATE TABLE shop._orders_gho LIKE shop.orders",
                    "CREATE TABLE shop._kept_old LIKE shop.orders", "INSERT INTO shop._orders_gho VALUES (1, 1)")
    task = program.task("online", pair, ["shop", "shop._kept_old"], settings={"sync.online_ddl": "gh-ost", "precheck.ignore": "CHECK_LEFT_OUT"})
    task.synchronize()
    assert sorted(leftovers(pair)) == ["_kept_old"], "what is named itself is a table like any other"
    assert task.precheck().code == 0
