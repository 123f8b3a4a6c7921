"""Letting go of a task leaves the destination as the source was at one moment, whatever came before."""

import re

import pytest

import compare
import rds

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")


def waits(server):
    """Whether somebody waits for a row there."""
    return server.value("SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'") > 0


def cut_off(pair, program):
    """A task whose last round of lanes was cut off: some transactions are there although some before them are not."""
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY); CREATE TABLE shop.audit (what INT)")
    task = program.task("cut", pair, ["shop"], settings={"sync.lock_for_keyless": "yes", "precheck.ignore": "CHECK_PRIMARY_KEY"})
    task.synchronize()
    with pair.destination.connect(autocommit=False) as early, pair.destination.connect(autocommit=False) as late:
        early.cursor().execute("INSERT INTO shop.t VALUES (0)")         # in the way until all has been read
        late.cursor().execute("INSERT INTO shop.t VALUES (150)")        # in the way of the lanes that have rows of t
        pair.source.sql("INSERT INTO shop.t VALUES (0)")
        program.env["RDS_SYNC_CRASH_AT"] = "lane-committed"
        running = task.start()
        program.env.pop("RDS_SYNC_CRASH_AT")
        running.until(lambda: waits(pair.destination), "the first row to be in the way")
        changes = [change for n in range(1, 151) for change in
                   (f"INSERT INTO t VALUES ({n})", f"INSERT INTO audit VALUES ({n}), ({n}), ({n})")]
        # What is found by its value makes a table without a key one thing, which one lane has.
        pair.source.sql(*changes[:2], "UPDATE audit SET what = 0 WHERE what = 1", *changes[2:], db="shop")
        end = ":".join(map(str, pair.source.log_position()))
        running.until(lambda: (task.status()["progress"]["source_position"] or "").startswith(end), "all to be read")
        early.rollback()
        assert running.wait().code == -9
        pair.destination.end_sessions(early, late)          # what was sent would be executed, and committed, also after its death
        late.rollback()
    assert pair.destination.sql("SELECT (SELECT COUNT(*) FROM shop.t) < 150, (SELECT COUNT(*) FROM shop.audit)") == ((1, 450),)
    return task


def test_what_is_ahead_is_caught_up_with_first(pair, program):
    task = cut_off(pair, program)
    task.command("release").succeeded()
    assert task.status()["state"] == "Released"
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])


def purged(server):
    server.sql(f"PURGE BINARY LOGS TO '{server.log_position()[0]}'")
    return len(server.sql("SHOW BINARY LOGS")) == 1


def test_what_is_ahead_and_can_t_be_caught_up_with_is_told(pair, program):
    """The log that would be needed is gone: letting go would leave what never was, and be silent about it."""
    task = cut_off(pair, program)
    pair.source.sql("FLUSH BINARY LOGS")
    rds.wait_until(lambda: purged(pair.source), "the end of the program's session, which keeps the file")
    ended = task.command("release").exited(1)
    assert "RS-3003" in ended.err and "others come before" in ended.err, ended.err
    assert pair.destination.value("SELECT COUNT(*) FROM dts.rds_sync_task") == 1


@pytest.mark.pairs("mariadb-mariadb")
def test_sequences_go_on_where_the_source_s_were(pair, program):
    """The first row that is written after the cut-over gets a number that none has: also where the sequence was made while the
    task ran, or gives out lower and lower numbers."""
    pair.source.sql("CREATE DATABASE shop; CREATE SEQUENCE shop.s; CREATE SEQUENCE shop.down START WITH -1 INCREMENT BY -10 MAXVALUE -1"
                    " MINVALUE -100000 CACHE 5; CREATE TABLE shop.t (id INT PRIMARY KEY DEFAULT NEXTVAL(shop.s), v INT)",
                    "INSERT INTO shop.t (v) VALUES (1), (2); SELECT NEXTVAL(shop.down)")
    task = program.task("t", pair, ["shop"], rename=["shop -> copy"])
    task.synchronize()
    assert pair.destination.value("SELECT NEXTVAL(copy.s)") > 2, "already when the copy is made"
    pair.source.sql("CREATE SEQUENCE shop.later START WITH 7")
    task.synchronize()
    pair.source.sql("INSERT INTO shop.t (v) VALUES (3); SELECT SETVAL(shop.s, 5000); INSERT INTO shop.t (v) VALUES (4)",
                    *["SELECT NEXTVAL(shop.later), NEXTVAL(shop.down)"] * 30)
    task.command("release").succeeded()
    pair.destination.sql("INSERT INTO copy.t (v) VALUES (5)")
    assert pair.destination.value("SELECT id FROM copy.t WHERE v = 5") > pair.source.value("SELECT MAX(id) FROM shop.t")
    assert pair.destination.value("SELECT NEXTVAL(copy.later)") > 36
    assert pair.destination.value("SELECT NEXTVAL(copy.down)") < -301


def counter(server, table):
    """What SHOW CREATE TABLE says of where it goes on."""
    found = re.search(r"AUTO_INCREMENT=(\d+)", server.sql(f"SHOW CREATE TABLE {table}")[0][1])
    return int(found.group(1)) if found else 1


def test_numbers_that_only_the_source_has_given(pair, program):
    """To rows that came and went within a batch, or were never written: none is given again. One that is further stays."""
    tables = ("gone", "untouched", "ahead")
    pair.source.sql("CREATE DATABASE shop", *[f"CREATE TABLE shop.{t} (id INT PRIMARY KEY AUTO_INCREMENT, v INT)" for t in tables],
                    "CREATE TABLE shop.without (id INT PRIMARY KEY)")
    task = program.task("t", pair, ["shop"], rename=["shop -> copy"])
    task.synchronize()
    with pair.source.connect(autocommit=False) as connection:
        cursor = connection.cursor()
        cursor.execute("INSERT INTO shop.gone (v) VALUES (1), (2), (3)")
        cursor.execute("DELETE FROM shop.gone")
        connection.commit()
    pair.source.sql("ALTER TABLE shop.ahead AUTO_INCREMENT = 20")
    task.synchronize()
    pair.destination.sql("ALTER TABLE copy.ahead AUTO_INCREMENT = 500")
    with pair.source.connect(autocommit=False) as connection:
        connection.cursor().execute("INSERT INTO shop.untouched (v) VALUES (1), (2)")
        connection.rollback()
    program.env["RDS_SYNC_CRASH_AT"] = "counter-raised"
    task.command("release")
    del program.env["RDS_SYNC_CRASH_AT"]
    task.command("release").succeeded()
    assert counter(pair.source, "shop.untouched") >= 3
    for table in ("gone", "untouched"):
        assert counter(pair.destination, f"copy.{table}") == counter(pair.source, f"shop.{table}"), table
    assert counter(pair.destination, "copy.ahead") == 500


def test_the_first_row_after_the_cut_over(pair, program):
    """Its number is none that the source has given to a row before the copy or to one that is there."""
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY AUTO_INCREMENT, v INT); CREATE TABLE shop.still LIKE shop.t",
                    *[f"INSERT INTO shop.{table} (v) VALUES (1), (2), (3)" for table in ("t", "still")], "DELETE FROM shop.still WHERE id = 3")
    task = program.task("t", pair, ["shop"])
    task.synchronize()
    pair.source.sql("INSERT INTO shop.t (v) VALUES (4), (5)", "DELETE FROM shop.t WHERE v = 4")
    task.synchronize()
    task.command("release").succeeded()
    pair.destination.sql("INSERT INTO shop.t (v) VALUES (6); INSERT INTO shop.still (v) VALUES (6)")
    assert pair.destination.sql("SELECT (SELECT id FROM shop.t WHERE v = 6), (SELECT id FROM shop.still WHERE v = 6)") == ((6, 4),)
