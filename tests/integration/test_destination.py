"""What happens at the destination while a task is at work: locks, killed sessions and servers, values that don't fit, keys
that are taken, tables that go. What passes is waited for; what does not stops the task by name; no row is lost or doubled
either way. A full disk is in test_no_space.py."""

import contextlib
import random
import threading
import time

import pymysql
import pytest

import compare
import conftest
import rds
import servers

every_product = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
both_products = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")

SHOP = ("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4", "CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, code INT NULL, "
        "note VARCHAR(40), UNIQUE KEY (code))", "CREATE TABLE shop.audit (what INT)", "INSERT INTO shop.orders VALUES (1, 10, 'a'), (2, 20, 'b')")
SETTINGS = {"sync.lock_for_keyless": "yes", "precheck.ignore": "CHECK_PRIMARY_KEY"}


def begun(pair, program, accounts=None, **settings):
    pair.source.sql(*SHOP)
    task = program.task("shop", pair, ["shop"], accounts=accounts, settings={**SETTINGS, **settings})
    task.synchronize()
    return task


def same(pair):
    return not compare.compare_databases(pair.source, pair.destination, ["shop"])


def counters(task):
    return task.status()["progress"]["counters"]


def stopped(task, code, *words):
    """Run until it stops with CODE, saying the WORDS, and that not only once."""
    for _ in range(2):
        ended = task.run("--until=synchronized").exited(1)
        assert f"RS-{code}" in ended.err and all(word in ended.err for word in words), ended.err


def retrying(task, running, code):
    told = running.until(lambda: (seen := task.status())["state"] == "Retrying" and seen, "Retrying")
    assert told["progress"]["error"]["code"] == f"RS-{code}", told["progress"]["error"]


# --- what passes ----------------------------------------------------------------------------------------------------

@every_product
def test_a_row_that_another_session_holds_locked(pair, program):
    pair.destination.set_global(innodb_lock_wait_timeout=1)
    task = begun(pair, program)
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    with pair.destination.connect(autocommit=False) as other:
        other.cursor().execute("SELECT * FROM shop.orders FOR UPDATE")
        pair.source.sql("INSERT INTO shop.audit VALUES (1), (1)", "UPDATE shop.orders SET note = 'x'")
        retrying(task, running, 2012)
        other.rollback()
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.orders WHERE note = 'x'") == 2, "the changes")
    running.stop().succeeded()
    assert same(pair) and counters(task)["anomalies"] == 0


@both_products
def test_deadlocks_with_another_session(pair, program):
    """The program is chosen to give way, for the other has changed more rows: it is taken back as a whole, and does it again."""
    task = begun(pair, program)
    pair.source.sql("INSERT INTO shop.orders (id) VALUES " + ", ".join(f"({n})" for n in range(10, 400)))
    task.synchronize()
    done = threading.Event()
    deadlocks = "SELECT VARIABLE_VALUE FROM {}.GLOBAL_STATUS WHERE VARIABLE_NAME = 'Innodb_deadlocks'" \
        if pair.destination.flavor == "mariadb" else "SELECT COUNT FROM {}.INNODB_METRICS WHERE NAME = 'lock_deadlocks'"
    deadlocks = deadlocks.format("information_schema")
    before = int(pair.destination.value(deadlocks))
    pair.destination.sql("CREATE DATABASE heavy; CREATE TABLE heavy.t (id INT PRIMARY KEY AUTO_INCREMENT)")

    def disturb(seed):
        r = random.Random(seed)
        with pair.destination.connect(db="shop", autocommit=False) as connection, connection.cursor() as cursor:
            while not done.is_set():
                with contextlib.suppress(pymysql.err.OperationalError):
                    cursor.execute("INSERT INTO heavy.t VALUES " + ", ".join(["()"] * 300))
                    for n in r.sample(range(10, 400), 8):
                        cursor.execute(f"SELECT * FROM orders WHERE id = {n} FOR UPDATE")
                        time.sleep(0.001)
                connection.rollback()

    disturber = threading.Thread(target=disturb, args=(rds.seed(4),))    # one alone: two would lock each other
    running = task.start()
    disturber.start()
    r = random.Random(rds.seed(3))
    try:
        for number in range(4000):
            pair.source.sql("BEGIN", *(f"UPDATE shop.orders SET note = '{number}' WHERE id = {n}" for n in r.sample(range(10, 400), 12)),
                            f"INSERT INTO shop.audit VALUES ({number})", "COMMIT")
            if number % 20 == 0 and int(pair.destination.value(deadlocks)) > before + 10:
                break
        assert int(pair.destination.value(deadlocks)) > before, "no deadlock came about"
    finally:
        done.set()
        disturber.join()
    running.stop().succeeded()
    task.synchronize()
    assert same(pair) and counters(task)["anomalies"] == 0


def transaction(cursor, r):
    for n in sorted(r.randint(3, 300) for _ in range(r.choice((1, 1, 3, 40)))):
        cursor.execute(*r.choice((("REPLACE INTO orders VALUES (%s, NULL, %s)", (n, r.randint(0, 9))),
                                  ("UPDATE orders SET note = %s WHERE id = %s", (r.random(), n)), ("DELETE FROM orders WHERE id = %s", (n,)),
                                  ("INSERT INTO audit VALUES (%s)", (n,)))))


def write(pair, stop, r):
    with pair.source.connect(db="shop", autocommit=False) as connection, connection.cursor() as cursor:
        while not stop.is_set():
            try:
                transaction(cursor, r)
                connection.commit()
            except pymysql.err.OperationalError as error:           # others write beside the same rows, which are not there
                if error.args[0] not in rds.IN_THE_WAY:
                    raise
                connection.rollback()
            stop.wait(r.random() * 0.02)


@contextlib.contextmanager
def writers(pair, r):
    stop = threading.Event()
    threads = [threading.Thread(target=write, args=(pair, stop, random.Random(r.random()))) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@both_products
def test_sessions_that_are_killed_again_and_again(pair, program):
    """Or only what they are just doing, which may be a COMMIT."""
    r = random.Random(rds.seed(7))
    account = pair.destination.destination_account("shop", privileged=True)
    pair.source.sql(*SHOP)
    task = program.task("shop", pair, ["shop"], accounts=(servers.Account("root", ""), account), settings=SETTINGS)
    killed = 0
    with writers(pair, r):
        running = task.start()
        running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
        while killed < (150 if rds.LONG else 50):
            assert not running.ended, running.describe()
            for number, command in pair.destination.sql("SELECT ID, COMMAND FROM information_schema.processlist WHERE USER = %s", args=(account.name,)):
                with contextlib.suppress(pymysql.err.OperationalError):     # it has just gone
                    if r.random() < 0.5:
                        pair.destination.sql(f"KILL {'QUERY ' if command != 'Sleep' and r.random() < 0.7 else ''}{number}")
                        killed += 1
            time.sleep(r.choice((0, 0.05, 0.3)))
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    running.stop().succeeded()
    task.synchronize()
    assert same(pair) and counters(task)["anomalies"] == 0


@both_products
@pytest.mark.parametrize("what", ("QUERY", "CONNECTION"))
def test_killed_in_the_middle_of_a_transaction(pair, program, what):
    """While it waits for a lock, with a part of the transaction done: nothing of that stays, and none of it comes twice."""
    account = pair.destination.destination_account("shop", privileged=True)
    task = begun(pair, program, accounts=(servers.Account("root", ""), account))
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    waits = "SELECT ID FROM information_schema.processlist WHERE USER = %s AND COMMAND = 'Query' AND INFO LIKE '%%orders%%'"
    with pair.destination.connect(autocommit=False) as other, other.cursor() as cursor:
        cursor.execute("SELECT * FROM shop.orders WHERE id = 1 FOR UPDATE")
        pair.source.sql("BEGIN; INSERT INTO shop.audit VALUES (1), (1); UPDATE shop.orders SET note = 'x' WHERE id = 1; INSERT INTO shop.audit VALUES (2); COMMIT")
        waiting = running.until(lambda: pair.destination.sql(waits, args=(account.name,)), "the program to wait")
        pair.destination.sql(f"KILL {what} {waiting[0][0]}")
        other.rollback()
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.audit") == 3, "the changes")
    running.stop().succeeded()
    assert same(pair) and counters(task)["anomalies"] == 0


@pytest.mark.parametrize("product", ("mariadb", "mysql9"))
def test_a_server_that_is_killed_again_and_again(pool, new_server, program, product):
    r = random.Random(rds.seed(13))
    pair = conftest.Pair(product, conftest.skipping(pool.get, product, "source"), new_server(product))
    pair.source.reset()
    pair.source.sql(*SHOP)
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    with writers(pair, r):
        running = task.start()
        for _ in range(4):
            running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
            time.sleep(r.random())
            pair.destination.kill()
            running.until(lambda: task.status()["state"] == "Retrying", "it to be noticed")
            pair.destination.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    running.stop().succeeded()
    task.synchronize()
    assert same(pair) and counters(task)["anomalies"] == 0


@both_products
def test_a_server_that_is_read_only_for_a_while(pair, program):
    account = pair.destination.destination_account("shop")
    task = begun(pair, program, accounts=(servers.Account("root", ""), account))
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    pair.destination.set_global(read_only=1)
    pair.source.sql("INSERT INTO shop.audit VALUES (1), (1)", "DELETE FROM shop.orders WHERE id = 1")
    retrying(task, running, 4005)
    pair.destination.set_global(read_only=0)
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 1, "the changes")
    running.stop().succeeded()
    assert same(pair) and counters(task)["anomalies"] == 0


@both_products
def test_what_passes_is_not_waited_for_where_the_task_says_so(pair, program):
    """The other of its two windows: lost connections are still tried again."""
    account = pair.destination.destination_account("shop")
    task = begun(pair, program, accounts=(servers.Account("root", ""), account), **{"sync.retry_other": "0"})
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    for (session,) in pair.destination.sql("SELECT ID FROM information_schema.processlist WHERE USER = %s", args=(account.name,)):
        with contextlib.suppress(pymysql.err.OperationalError):     # it has just gone
            pair.destination.sql(f"KILL {session}")
    pair.source.sql("INSERT INTO shop.audit VALUES (1), (1)")
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.audit") == 2, "the rows, by another connection")
    pair.destination.set_global(read_only=1)
    pair.source.sql("DELETE FROM shop.orders WHERE id = 1")
    ended = running.wait().exited(1)
    assert "RS-4005" in ended.err, ended.err
    pair.destination.set_global(read_only=0)
    task.synchronize()
    assert same(pair)


NOT_KNOWN = "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1180, MESSAGE_TEXT = 'Got error 168 during COMMIT'"


def refuse_rows(server):
    """With a number that says nothing of the rows."""
    server.sql(f"CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW {NOT_KNOWN}", db="shop")


@every_product
def test_an_error_that_is_not_known_is_tried_again(pair, program):
    """It may pass. What is tried again and for how long is told, and the event is known by then."""
    task = begun(pair, program)
    refuse_rows(pair.destination)
    running = task.start()
    pair.source.sql("INSERT INTO shop.audit VALUES (1), (1)", "INSERT INTO shop.orders VALUES (3, 30, 'x')")
    told = running.until(lambda: (seen := task.status()["progress"])["state"] == "Retrying" and seen["failing"] and
                         "tried again for" in (seen["note"] or "") and seen, "it to be tried again")
    assert told["error"]["code"] == "RS-2010" and told["error"]["native"] == 1180, told["error"]
    assert (told["failing"]["table"], told["failing"]["kind"]) == ("orders", "INSERT")
    pair.destination.sql("DROP TRIGGER shop.refuse")
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 3, "the row")
    running.stop().succeeded()
    assert same(pair) and counters(task)["anomalies"] == 0


@pytest.mark.pairs("mariadb-mariadb")
def test_what_is_tried_again_just_now_can_be_decided_upon(pair, program):
    """Somebody who has seen it stop at the event does not have to hit the pause between two attempts."""
    task = begun(pair, program)
    pair.destination.sql(f"CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW BEGIN DO SLEEP(1); {NOT_KNOWN}; END", db="shop")
    running = task.start()
    pair.source.sql("INSERT INTO shop.orders VALUES (3, 30, 'x')", "INSERT INTO shop.audit VALUES (1), (1)")
    event = running.until(lambda: task.status()["progress"]["failing"], "it to stop there")["id"]
    running.until(lambda: not task.status()["progress"]["failing"], "the next attempt")
    program.run("event", "skip", task.path, event).succeeded()
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.audit") == 2, "what comes behind it")
    running.stop().succeeded()
    assert pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 2 and counters(task)["skipped"] == 1


@both_products
def test_an_error_that_is_not_known_ends_it_when_its_time_is_over(pair, program):
    """… and the event can be left out then as any other."""
    task = begun(pair, program, **{"sync.retry_other": "0"})
    refuse_rows(pair.destination)
    pair.source.sql("INSERT INTO shop.orders VALUES (3, 30, 'x')", "INSERT INTO shop.audit VALUES (1), (1)")
    stopped(task, 2010, "1180")
    program.run("event", "skip", task.path).succeeded()
    task.synchronize()
    assert pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 2
    assert pair.destination.value("SELECT COUNT(*) FROM shop.audit") == 2


def test_a_server_that_is_down_is_waited_for_as_a_lost_connection(pool, new_server, program):
    """Nobody listening where a server was is no other failure, which would end it at once here."""
    pair = conftest.Pair("mariadb", pool.get("mariadb", "source"), new_server("mariadb"))
    pair.source.reset()
    task = begun(pair, program, **{"sync.retry_other": "0"})
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    pair.destination.kill()
    pair.source.sql("INSERT INTO shop.audit VALUES (1), (1)")
    running.until(lambda: (seen := task.status()["progress"])["state"] == "Retrying" and seen["error"]["code"] == "RS-2001", "it to be refused")
    pair.destination.start()
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.audit") == 2, "the rows")
    running.stop().succeeded()
    assert same(pair)


# --- what others do there -----------------------------------------------------------------------------------------------

@both_products
def test_triggers_that_are_made_later(pair, program):
    """What they do beside comes on top of the source's rows, and what they change in them is changed: the task says so as soon as it
    looks at its tables, and no row of its own is lost or doubled."""
    task = begun(pair, program)
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    pair.destination.sql("CREATE TABLE seen (id INT)", "CREATE TRIGGER watch AFTER INSERT ON orders FOR EACH ROW INSERT INTO seen VALUES (NEW.id)",
                         db="shop")
    pair.source.sql(*[f"INSERT INTO shop.orders (id) VALUES ({n})" for n in range(10, 40)])
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 32, "the rows")
    running.stop().succeeded()
    pair.source.sql(*[f"INSERT INTO shop.orders (id) VALUES ({n})" for n in range(50, 90)], "UPDATE shop.orders SET note = 'x'", "DELETE FROM shop.orders WHERE id < 20")
    task.synchronize()
    told = task.status()["progress"]
    assert ["RS-4017" in each["code"] and "shop.orders" in each["text"] and not each["fatal"] for each in told["problems"]] == [True], told["problems"]
    assert told["error"] is None and told["counters"]["anomalies"] == 0
    assert pair.destination.sql("SELECT id FROM shop.seen ORDER BY id") == tuple((n,) for n in (*range(10, 40), *range(50, 90)))
    pair.destination.sql("DROP TRIGGER shop.watch; DROP TABLE shop.seen")
    assert same(pair)


# --- what does not ----------------------------------------------------------------------------------------------------

@every_product
def test_a_value_that_does_not_fit_any_more(pair, program):
    task = begun(pair, program)
    pair.destination.sql("ALTER TABLE shop.orders MODIFY note VARCHAR(5)")
    pair.source.sql("INSERT INTO shop.audit VALUES (1)", "INSERT INTO shop.orders VALUES (3, 30, 'too long for it')", "INSERT INTO shop.audit VALUES (2)")
    stopped(task, 4007, "shop.orders")
    assert [what for (what,) in pair.destination.sql("SELECT what FROM shop.audit")] in ([], [1])
    pair.destination.sql("ALTER TABLE shop.orders MODIFY note VARCHAR(40)")
    task.synchronize()
    assert same(pair)


@every_product
@pytest.mark.parametrize("when", ("while it runs", "between two runs"))
def test_a_table_that_was_dropped(pair, program, when):
    task = begun(pair, program)
    (kept,) = pair.destination.sql("SHOW CREATE TABLE shop.orders")
    running = task.start() if when == "while it runs" else None
    if running:
        running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    pair.destination.sql("DROP TABLE shop.orders")
    pair.source.sql("INSERT INTO shop.audit VALUES (1)", "INSERT INTO shop.orders VALUES (3, 30, 'c')", "INSERT INTO shop.audit VALUES (2)")
    if running:
        ended = running.wait().exited(1)
        assert "RS-4002" in ended.err and "shop.orders" in ended.err, ended.err
    stopped(task, 4002, "shop.orders")
    assert (2,) not in pair.destination.sql("SELECT what FROM shop.audit")
    pair.destination.sql(kept[1], db="shop")
    pair.destination.sql("INSERT INTO shop.orders VALUES (1, 10, 'a'), (2, 20, 'b')")
    task.synchronize()
    assert same(pair) and counters(task)["anomalies"] == 0


@every_product
@pytest.mark.parametrize("change", ("INSERT INTO shop.orders VALUES (3, 99, 'mine')", "UPDATE shop.orders SET code = 99 WHERE id = 2"))
def test_a_unique_value_that_is_taken(pair, program, change):
    """By a row that is not the source's: it gives way, and that is counted, or stops the task where it shall."""
    task = begun(pair, program, **{"sync.on_anomaly": "stop"})
    pair.destination.sql("INSERT INTO shop.orders VALUES (77, 99, 'not the source''s')")
    pair.source.sql(change, "INSERT INTO shop.audit VALUES (1), (1)")
    stopped(task, 6002)
    task.replace("on_anomaly = stop", "on_anomaly = count")
    task.synchronize()
    assert same(pair) and counters(task)["anomalies"] >= 1


@every_product
@pytest.mark.parametrize("kept", ("INT NULL", "DATETIME NOT NULL"))
def test_a_row_whose_key_changes_is_not_in_its_own_way(pair, program, kept):
    """Another one has a unique value that it takes, and gives it up; it has another one itself, which stays what it is."""
    shape = f"id INT PRIMARY KEY, code INT NULL, kept {kept}, UNIQUE KEY (code), UNIQUE KEY (kept)"
    pair.source.sql("CREATE DATABASE shop", f"CREATE TABLE shop.t ({shape})", "INSERT INTO shop.t VALUES (1, 10, 20200101), (2, 20, 20200102)")
    pair.destination.sql("CREATE DATABASE shop", f"CREATE TABLE shop.t ({shape}, own INT DEFAULT 5)")
    task = program.task("shop", pair, ["shop.t"], settings={"sync.existing_tables": "ignore"})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.destination.sql("INSERT INTO shop.t VALUES (77, 99, 20200103, 6)", "UPDATE shop.t SET own = 7 WHERE id = 1")
    pair.source.sql("UPDATE shop.t SET id = 3, code = 99 WHERE id = 1")
    task.synchronize()
    found = pair.destination.sql("SELECT id, code, kept = 20200101, own FROM shop.t ORDER BY id")
    assert found == ((2, 20, 0, 5), (3, 99, 1, 7), (77, None, 0, 6)), found


@every_product
def test_a_unique_value_that_is_taken_where_the_destination_has_columns_of_its_own(pair, program):
    """While copy and stream overlap: the row that has it is a later version, copied already."""
    pair.source.sql(*SHOP)
    pair.destination.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4", "CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, code INT NULL, "
                         "note VARCHAR(40), own INT DEFAULT 5, UNIQUE KEY (code), UNIQUE KEY (note(3), code))")
    task = program.task("shop", pair, ["shop.orders"], settings={"sync.existing_tables": "ignore"})
    running = task.stand_at("planned", "--until=synchronized", "--skip-precheck-warnings")
    pair.source.sql("UPDATE shop.orders SET code = 11 WHERE id = 1", "UPDATE shop.orders SET code = 12 WHERE id = 1",
                    "UPDATE shop.orders SET code = 11 WHERE id = 2")
    running.go_on()
    running.wait().succeeded()
    assert pair.destination.sql("SELECT id, code, note, own FROM shop.orders ORDER BY id") == ((1, 12, "a", 5), (2, 11, "b", 5))
