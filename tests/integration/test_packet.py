"""A transaction's statements travel in one packet. What one of them answers decides whether any of it is committed: the server
goes on behind an answer that is not the right one, unless it is told to look, and may have undone everything before it where it
stops."""

import pymysql
import pytest

import compare
import conftest
import proxy
import rds

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")

TABLES = ("first (id INT PRIMARY KEY, v INT)", "second (id INT PRIMARY KEY, v INT)", "audit (what INT, note VARCHAR(20))")
SETTINGS = {"sync.lock_for_keyless": "yes", "precheck.ignore": "CHECK_PRIMARY_KEY"}


def new_task(program, pair):
    pair.source.sql("CREATE DATABASE shop", *[f"CREATE TABLE shop.{table}" for table in TABLES],
                    "INSERT INTO shop.first VALUES (1, 0), (2, 0)", "INSERT INTO shop.second VALUES (1, 0), (2, 0)")
    return program.task("shop", pair, ["shop"], settings=SETTINGS)


def following(task):
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    return running


def commit(server, *statements):
    with server.connect("shop", autocommit=False) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        connection.commit()


def arrived(pair, n):
    return pair.destination.value(f"SELECT COUNT(*) FROM shop.audit WHERE what = {n}") > 0


def logged(program):
    return "".join(path.read_text(encoding="utf-8") for path in program.home.rglob("*.log"))


def as_committed_once(pair, task, anomalies=0):
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    assert task.status()["progress"]["counters"]["anomalies"] == anomalies


def piece_with(hole, text):
    """What is sent with that text in it, once it is, and what tells that it was; it goes on to the server."""
    pieces = []

    def forward(link, piece):
        pieces.append(piece)
        link.server.sendall(piece)

    return pieces, hole.trap(text, forward)


def test_a_small_transaction_is_one_packet(pair, program):
    """With its COMMIT: with each row by itself a distant destination would take a second for ten of them."""
    hole = proxy.Proxy(pair.destination)
    task = new_task(program, conftest.Pair("through the network", pair.source, pair.destination))
    task.replace(f"port = {pair.destination.port}", f"port = {hole.port}")
    running = following(task)
    pieces, caught = piece_with(hole, b"77008")
    commit(pair.source, "UPDATE first SET v = 77001 WHERE id = 1", "INSERT INTO second VALUES (77002, 0)",
           "DELETE FROM first WHERE id = 2", *[f"INSERT INTO audit VALUES ({n}, 'n')" for n in range(77003, 77009)])
    assert caught.wait(rds.SECONDS)
    running.until(lambda: arrived(pair, 77008), "the transaction")
    running.stop().succeeded()
    assert all(str(n).encode() in pieces[0] for n in range(77001, 77009)), pieces
    assert b"rds_sync_position` SET" in pieces[0] and b"DELETE" in pieces[0] and pieces[0].endswith(b";COMMIT")
    as_committed_once(pair, task)
    hole.close()


@pytest.mark.parametrize("log", ("ROW", "STATEMENT"))
def test_how_the_server_is_told_to_look(pair, program, log):
    """A statement may say itself what the one before it must have met, unless the server would log it so: there it would be
    executed again, behind another one. Where nothing of that can be said it is looked at behind the statement."""
    pair.destination.set_global(binlog_format=log)
    hole = proxy.Proxy(pair.destination)
    task = new_task(program, conftest.Pair("through the network", pair.source, pair.destination))
    task.replace(f"port = {pair.destination.port}", f"port = {hole.port}")
    running = following(task)
    pieces, caught = piece_with(hole, b"77001")
    commit(pair.source, "UPDATE first SET v = 77001 WHERE id = 1", "DELETE FROM first WHERE id = 2",
           "UPDATE second SET v = 77002 WHERE id = 1", "INSERT INTO second VALUES (3, 0)")
    assert caught.wait(rds.SECONDS)
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.second WHERE v = 77002") == 1, "the transaction")
    running.stop().succeeded()
    # the position's; first's DELETE and UPDATE; an INSERT, which fails by itself but does not look back; second's UPDATE
    chained, apart = (2, 2) if log == "ROW" else (0, 4)
    assert pieces[0].count(b" WHERE ROW_COUNT()=1 AND ") == chained, pieces
    assert pieces[0].count(b"(ROW_COUNT()<>1)") == apart and pieces[0].endswith(b";COMMIT"), pieces
    as_committed_once(pair, task)
    hole.close()


# COM_SET_OPTION; a statement that another one follows; the same, after which the proxy ends the connection; a statement that
# has the server look at the answer of the one before it
REFUSALS = {"option": (lambda piece: piece[4:5] == b"\x1B", 1047), "statements": (lambda piece: is_two(piece), 1064),
            "connection": (lambda piece: is_two(piece), 0), "guards": (lambda piece: is_two(piece) and b"ROW_COUNT()" in piece, 1064)}


def is_two(piece):
    return piece[4:5] == b"\x03" and b";" in piece[5:]


@pytest.fixture(params=sorted(REFUSALS))
def narrow(request, pair):
    """A way to the destination on which a packet is one statement, and the pair with it."""
    way = proxy.Proxy(pair.destination)
    way.refuse_packets(*REFUSALS[request.param])
    yield way, conftest.Pair("through a proxy", pair.source, way)
    way.close()


def test_a_proxy_that_takes_one_statement_a_packet(pair, narrow, program):
    """Each statement goes by itself, and still nothing is committed behind an answer that is not the right one."""
    way, between = narrow
    task = new_task(program, between)
    running = following(task)
    commit(pair.source, "UPDATE first SET v = 1 WHERE id = 1", "INSERT INTO second VALUES (3, 0)",
           "DELETE FROM first WHERE id = 2", "INSERT INTO audit VALUES (1, 'once')")
    running.until(lambda: arrived(pair, 1), "the transaction")
    pair.destination.sql("DELETE FROM shop.second WHERE id = 1")
    commit(pair.source, "UPDATE first SET v = 2 WHERE id = 1", "UPDATE second SET v = 1 WHERE id = 1",
           "INSERT INTO audit VALUES (2, 'once')")
    running.until(lambda: arrived(pair, 2), "the transaction with a row that is missing")
    running.stop().succeeded()
    as_committed_once(pair, task, anomalies=1)
    assert 0 < way.refused <= 2
    assert logged(program).count("one statement a packet only") == 1


@pytest.mark.pairs("mysql9-mysql9")
def test_a_proxy_that_takes_no_files(pair, program):
    """The server would take them: rows are copied with INSERT all the same."""
    pair.destination.set_global(local_infile="ON")
    way = proxy.Proxy(pair.destination)
    way.refuse_packets(lambda piece: piece[5:].startswith(b"LOAD DATA LOCAL"), 1047)
    task = new_task(program, conftest.Pair("through a proxy", pair.source, way))
    pair.source.sql("INSERT INTO shop.audit VALUES (1, 'once'), (1, 'once')")
    task.synchronize()
    assert way.refused > 0 and logged(program).count("rows are copied with INSERT") == 1
    as_committed_once(pair, task)
    way.close()


def test_a_row_that_is_missing_in_the_middle(pair, program):
    """The server does not come to the COMMIT behind it; all is taken back and applied once more, and the row is counted."""
    task = new_task(program, pair)
    running = following(task)
    pair.destination.sql("DELETE FROM shop.second WHERE id = 1")
    commit(pair.source, "UPDATE first SET v = 1 WHERE id = 1", "UPDATE second SET v = 1 WHERE id = 1",
           "INSERT INTO audit VALUES (1, 'once')")
    running.until(lambda: arrived(pair, 1), "the transaction")
    running.stop().succeeded()
    as_committed_once(pair, task, anomalies=1)


@pytest.mark.parametrize("missing", ("first WHERE id = 2", "first WHERE id = 1", "second WHERE id = 1"))
def test_a_row_that_is_missing_among_those_that_look_back(pair, program, missing):
    """What comes behind it meets nothing then, up to what fails by that."""
    task = new_task(program, pair)
    running = following(task)
    pair.destination.sql(f"DELETE FROM shop.{missing}")
    commit(pair.source, "UPDATE first SET v = 1 WHERE id = 1", "DELETE FROM first WHERE id = 2",
           "UPDATE second SET v = 1 WHERE id = 1", "UPDATE second SET v = 2 WHERE id = 2")
    running.until(lambda: pair.destination.value("SELECT v FROM shop.second WHERE id = 2") == 2, "the transaction")
    running.stop().succeeded()
    as_committed_once(pair, task, anomalies=1)


def test_a_lock_that_is_not_given_in_the_middle(pair, program):
    """The server takes back that statement alone: what it had executed before must not stay."""
    pair.destination.set_global(innodb_lock_wait_timeout=1)
    task = new_task(program, pair)
    running = following(task)
    with pair.destination.connect("shop", autocommit=False) as other, other.cursor() as cursor:
        cursor.execute("SELECT * FROM second WHERE id = 1 FOR UPDATE")
        commit(pair.source, "UPDATE first SET v = 1 WHERE id = 1", "UPDATE second SET v = 1 WHERE id = 1",
               "INSERT INTO audit VALUES (1, 'once')")
        running.until(lambda: task.status()["state"] == "Retrying", "the wait to end")
        assert pair.destination.sql("SELECT v FROM shop.first WHERE id = 1") == ((0,),)
        assert not arrived(pair, 1)
        other.rollback()
    running.until(lambda: arrived(pair, 1), "the transaction")
    running.stop().succeeded()
    as_committed_once(pair, task)


def is_locked(server, table):
    with server.connect("shop", autocommit=False) as connection, connection.cursor() as cursor:
        try:
            cursor.execute(f"SELECT * FROM {table} WHERE id = 1 FOR UPDATE NOWAIT")
        except pymysql.err.OperationalError:
            return True
        connection.rollback()
        return False


def test_a_deadlock_in_the_middle(pair, program):
    """The server takes the whole transaction back, whose last statement must not be committed by itself."""
    task = new_task(program, pair)
    pair.destination.sql("CREATE DATABASE heavy", "CREATE TABLE heavy.t (id INT PRIMARY KEY AUTO_INCREMENT)")
    running = following(task)
    with pair.destination.connect("shop", autocommit=False) as other, other.cursor() as cursor:
        cursor.execute("INSERT INTO heavy.t VALUES " + ", ".join(["()"] * 2000))        # the lighter one is taken back
        cursor.execute("SELECT * FROM second WHERE id = 1 FOR UPDATE")
        commit(pair.source, "UPDATE first SET v = 1 WHERE id = 1", "UPDATE second SET v = 1 WHERE id = 1",
               "INSERT INTO audit VALUES (1, 'once')")
        running.until(lambda: is_locked(pair.destination, "first"), "the first statement")
        cursor.execute("SELECT * FROM first WHERE id = 1 FOR UPDATE")
        assert not arrived(pair, 1)
        other.rollback()
    rds.wait_until(lambda: arrived(pair, 1), "the transaction")
    running.stop().succeeded()
    as_committed_once(pair, task)


def waiting(server):
    """The sessions that wait for a lock of somebody's name."""
    return [session for (session,) in server.sql("SELECT ID FROM information_schema.PROCESSLIST WHERE STATE = 'User lock'")]


def is_gone(server, session):
    return not server.sql(f"SELECT 1 FROM information_schema.PROCESSLIST WHERE ID = {session}")


@pytest.mark.parametrize("let_go", (False, True), ids=("and its session is ended", "and its session goes on"))
def test_killed_while_the_server_executes_a_packet(pair, program, let_go):
    """The server has the COMMIT as well: it comes to it behind the program's death, or does not."""
    task = new_task(program, pair)
    running = following(task)
    pair.destination.sql("CREATE TRIGGER shop.holds AFTER INSERT ON shop.audit FOR EACH ROW DO GET_LOCK('held', 600)")
    with pair.destination.connect("shop") as other, other.cursor() as cursor:
        cursor.execute("DO GET_LOCK('held', 0)")
        commit(pair.source, "UPDATE first SET v = 1 WHERE id = 1", "INSERT INTO audit VALUES (1, 'once')")
        (session,) = running.until(lambda: waiting(pair.destination), "its last row to be executed")
        assert not arrived(pair, 1)
        running.kill()
        if let_go:
            cursor.execute("DO RELEASE_LOCK('held')")
        else:
            running = task.start()
        rds.wait_until(lambda: is_gone(pair.destination, session), "the dead program's session to end")
        cursor.execute("DO RELEASE_LOCK('held')")
        running = task.start() if let_go else running
        running.until(lambda: arrived(pair, 1) and task.status()["live"] and task.status()["state"] == "Synchronizing", "the transaction")
    running.stop().succeeded()
    pair.destination.sql("DROP TRIGGER shop.holds")
    as_committed_once(pair, task)
