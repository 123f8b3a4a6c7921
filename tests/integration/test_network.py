"""What happens between the program and its servers: connections that are cut, that swallow everything without a word, that
are slow, that die when all but the answer has passed. No row is lost or doubled, and whoever looks is told."""

import contextlib
import dataclasses
import random
import threading
import time

import pymysql
import pytest

import compare
import conftest
import proxy
import rds

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")

SHOP = ("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4", "CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, v INT NOT NULL, "
        "note VARCHAR(3000))", "CREATE TABLE shop.audit (what INT)")
SETTINGS = {"sync.lock_for_keyless": "yes", "precheck.ignore": "CHECK_PRIMARY_KEY"}


@dataclasses.dataclass
class Between:
    """Proxies in front of both servers; whoever writes or compares goes past them."""

    source: proxy.Proxy
    destination: proxy.Proxy

    def of(self, side):
        return getattr(self, side)


@pytest.fixture
def network(pair):
    pair.source.sql(*SHOP)
    made = Between(proxy.Proxy(pair.source), proxy.Proxy(pair.destination))
    yield made
    made.source.close()
    made.destination.close()


def new_task(program, network, **settings):
    return program.task("shop", conftest.Pair("through the network", network.source, network.destination), ["shop"],
                        settings={**SETTINGS, **settings})


def same(pair):
    return not compare.compare_databases(pair.source, pair.destination, ["shop"])


def fill(pair, rows, size=1000):
    pair.source.sql("INSERT INTO shop.orders (v, note) VALUES " + ", ".join([f"(0, REPEAT('x', {size}))"] * rows))


def state(task):
    return task.status()["state"]


# --- nothing passes, and nobody says so ---------------------------------------------------------------------------

NOTICED = 90            # seconds: 10 for the log, 20 for what waits or was sent; and patience for a busy machine


def noticed_and_over(task, running, hole):
    seen = running.until(lambda: (told := task.status())["state"] == "Retrying" and told["progress"]["error"], "the silence to be noticed", NOTICED)
    assert seen["code"] in ("RS-2002", "RS-2006"), seen
    hole.restore()


@pytest.mark.parametrize("side", ("source", "destination"))
def test_a_black_hole_while_changes_are_applied(pair, program, network, side):
    """Before the kernel gives up on what was sent a quarter of an hour goes by."""
    task = new_task(program, network)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing")
    network.of(side).swallow()
    pair.source.sql("INSERT INTO shop.orders (v) VALUES (1)", "INSERT INTO shop.audit VALUES (1), (1)")
    noticed_and_over(task, running, network.of(side))
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.audit") == 2, "the changes")
    running.stop().succeeded()
    assert same(pair)


def some_rows(pair):
    try:
        return pair.destination.value("SELECT COUNT(*) FROM shop.orders")
    except pymysql.err.MySQLError:
        return 0                # it is not there yet


@pytest.mark.parametrize("side", ("source", "destination"))
def test_a_black_hole_while_rows_are_copied(pair, program, network, side):
    for _ in range(8):
        fill(pair, 1000)
    pair.source.sql("ANALYZE TABLE shop.orders")            # by which the chunks are cut
    task = new_task(program, network, **{"sync.chunk_size": "64K", "sync.copy_workers": "2"})
    network.of(side).slow(rate=100_000)
    running = task.start("--until=synchronized")
    running.until(lambda: some_rows(pair), "the copy to begin")
    network.of(side).swallow()
    network.of(side).slow()
    noticed_and_over(task, running, network.of(side))
    running.wait().succeeded()
    assert same(pair)


# --- connections that are cut -------------------------------------------------------------------------------------

@pytest.mark.parametrize("side", ("source", "destination"))
def test_a_pause_while_nobody_comes_in(pair, program, network, side):
    """It rests then, instead of trying again without a pause in between, and goes on when it is told to."""
    task = new_task(program, network)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing")
    network.of(side).refuse()
    fill(pair, 1)           # an idle destination is not missed
    running.until(lambda: state(task) == "Retrying", "Retrying")
    task.command("pause").succeeded()
    assert state(task) == "Suspending"
    tried, since = network.of(side).connections, time.monotonic()
    assert task.status()["progress"]["counters"]["retries"] < 20
    fill(pair, 3)
    network.of(side).admit()
    came = network.of(side).connections - tried
    assert state(task) == "Suspending" and came <= 6 + 2 * (time.monotonic() - since), "but for the relay, after longer and longer pauses, nobody tries again"
    task.command("resume").succeeded()
    running.until(lambda: same(pair), "the rows")
    running.stop().succeeded()


def write(pair, stop, r):
    with pair.source.connect(db="shop", autocommit=False) as connection, connection.cursor() as cursor:
        while not stop.is_set():
            try:
                for n in sorted(r.randint(1, 300) for _ in range(r.choice((1, 1, 3, 30)))):
                    cursor.execute(*r.choice((("REPLACE INTO orders VALUES (%s, %s, 'n')", (n, r.randint(0, 9))),
                                              ("UPDATE orders SET v = v + 1 WHERE id = %s", (n,)), ("DELETE FROM orders WHERE id = %s", (n,)),
                                              ("INSERT INTO audit VALUES (%s)", (n,)))))
                connection.commit()
            except pymysql.err.OperationalError as error:           # others write beside the same rows, which are not there
                if error.args[0] not in rds.IN_THE_WAY:
                    raise
                connection.rollback()
            stop.wait(r.random() * 0.02)


def test_cut_again_and_again(pair, program, network):
    """Also while it is just coming back, and in the middle of a copy."""
    r = random.Random(rds.seed(11))
    for _ in range(3):
        fill(pair, 1000)
    task = new_task(program, network, **{"sync.chunk_size": "64K"})
    stop = threading.Event()
    writers = [threading.Thread(target=write, args=(pair, stop, random.Random(r.random()))) for _ in range(3)]
    for writer in writers:
        writer.start()
    running = task.start()
    try:
        running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM dts.rds_sync_task"), "the end of the precheck, which is not tried again")
        for _ in range(24 if rds.LONG else 12):
            seen = network.source.connections + network.destination.connections
            running.until(lambda: network.source.connections + network.destination.connections > seen, "new connections")   # pylint: disable=cell-var-from-loop
            time.sleep(r.choice((0, 0.01, 0.1, 0.5, 1)))
            for side in r.choice((("source",), ("destination",), ("source", "destination"))):
                network.of(side).cut()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing")
    running.stop().succeeded()
    task.synchronize()
    assert same(pair)
    assert task.status()["progress"]["counters"]["anomalies"] == 0


# The packet that brings the COMMIT: a small transaction's brings its rows too; by itself it comes behind many statements.
COMMITS = {"with its rows": (b";COMMIT", ()), "by itself": (b"\x03COMMIT", ("UPDATE loose SET v = v + 1",))}


@pytest.mark.parametrize("commit", sorted(COMMITS))
def test_a_commit_that_arrives_after_its_connection_died(pair, program, network, commit):
    """The answer to a COMMIT is lost, and so seems the COMMIT; it reaches the server when the program is already coming
    back, which must find out what became of it before it applies anything. What it finds there ends the row of failures, whose
    pauses grow."""
    packet, more = COMMITS[commit]
    pair.source.sql("CREATE TABLE shop.loose (v INT)", "INSERT INTO shop.loose VALUES " + ", ".join(f"({n})" for n in range(40)))
    r = random.Random(rds.seed(5))
    task = new_task(program, network)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing")
    hole = network.destination
    for n in range(12):
        came = hole.connections
        late = (0, 0, 1, 2, 3, 5, 8)[n % 7]             # connections that come before it

        def deliver(link, piece, came=came, late=late, pause=r.random() * 0.1):
            threading.Thread(target=finish, args=(link.lose_client(), piece, came + late, pause)).start()

        def finish(server, piece, connections, pause):
            with contextlib.suppress(AssertionError, OSError):          # so many do not come; the program has ended that session
                rds.wait_until(lambda: hole.connections >= connections, "the program to come back")
                time.sleep(pause)
                server.sendall(piece)
                time.sleep(1)
            server.close()

        caught = hole.trap(packet, deliver)
        pair.source.sql("BEGIN", f"INSERT INTO audit VALUES ({n}), ({n})", *more, "COMMIT", db="shop")
        assert caught.wait(rds.SECONDS)
        running.until(lambda: pair.destination.value(f"SELECT COUNT(*) FROM shop.audit WHERE what = {n}") >= 2, "the change")   # pylint: disable=cell-var-from-loop
    running.stop().succeeded()
    assert not [line for line in program.logged() if "retrying failures=5" in line]
    task.synchronize()
    assert same(pair)


def unanswered(link, piece):
    """PIECE reaches the server, and its answer nobody."""
    server = link.lose_client()
    server.sendall(piece)
    server.recv(1)                      # the server has done it
    server.close()


def test_chunks_whose_commit_was_not_answered_are_progress(pair, program, network):
    """What the next attempt finds of them ends the row of failures."""
    fill(pair, 1000)
    pair.source.sql("ANALYZE TABLE shop.orders")
    task = new_task(program, network, **{"sync.chunk_size": "64K", "sync.copy_workers": 1})
    hole, lost = network.destination, []

    def lose(link, piece):
        lost.append(piece)
        if len(lost) < 6:
            hole.trap(b"`dts`.`rds_sync_chunk` SET", counted)
        unanswered(link, piece)

    def counted(link, piece):           # the chunk's mark gets its number of rows, and then comes the end
        hole.trap(b"\x03COMMIT", lose)
        link.server.sendall(piece)

    hole.trap(b"`dts`.`rds_sync_chunk` SET", counted)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing")
    running.stop().succeeded()
    assert len(lost) == 6 <= len([line for line in program.logged() if "retrying failures=" in line])
    assert not [line for line in program.logged() if "retrying failures=5" in line]
    assert same(pair)


ONE, MANY, LARGE = ["INSERT INTO orders VALUES (100, 1, 'a')"], [f"INSERT INTO orders VALUES ({n}, 1, 'b')" for n in range(200, 400)], \
    ["INSERT INTO orders SELECT id + 20000, v, REPEAT('y', 3000) FROM orders"]
# Changes, whether they wait for each other, and what they count for: transactions, inserts, updates, anomalies.
UNANSWERED = {"a small transaction": (ONE, (1, 1, 0, 0)), "a row that is not there": (["UPDATE orders SET v = 1 WHERE id = 3"], (1, 0, 1, 1)),
              "beside others": (MANY, (200, 200, 0, 0)), "as it arrives": (LARGE, (1, 4000, 0, 0))}


@pytest.mark.parametrize("what", sorted(UNANSWERED))
def test_what_came_although_its_commit_was_not_answered_is_counted(pair, program, network, what):
    """Once, and its anomalies are told."""
    changes, expected = UNANSWERED[what]
    fill(pair, 4000 if what == "as it arrives" else 10, 10)
    task = new_task(program, network)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing")
    if expected[3]:
        pair.destination.sql("DELETE FROM shop.orders WHERE id = 3")
    program.run("pause", task.path).succeeded()
    pair.source.sql(*changes, db="shop")
    last = pair.source.value("SELECT MAX(id) FROM shop.orders")

    def tried(link, piece):             # the first packet that moves the position with rows; whatever ends that transaction
        network.destination.trap(b"\x03COMMIT" if expected[3] else b"COMMIT", unanswered)
        if not network.destination.look(link, piece):
            link.server.sendall(piece)

    network.destination.trap(b"`rds_sync_position` SET `file`", tried)
    program.run("resume", task.path).succeeded()
    running.until(lambda: pair.destination.value("SELECT MAX(id) FROM shop.orders") == last and pair.destination.value(
        "SELECT COUNT(*) FROM shop.orders") == pair.source.value("SELECT COUNT(*) FROM shop.orders"), "the changes")

    def told():
        counters = task.status()["progress"]["counters"]
        return tuple(counters[name] for name in ("transactions", "inserts", "updates", "anomalies"))

    running.until(lambda: state(task) == "Synchronizing" and told() == expected, "what came to be counted")
    serial = task.status()["progress"]["counters"]
    assert serial["parallel"] + sum(serial["serial"].values()) == expected[0], serial
    running.stop().succeeded()
    assert [line for line in program.logged() if "retrying failures=" in line]
    assert same(pair)


def test_what_came_although_a_pause_did_not_wait_for_its_answer_is_counted(pair, program, network):
    fill(pair, 10)
    task = new_task(program, network)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing")
    sent, given_up = threading.Event(), threading.Event()

    def deliver(link, piece):
        sent.set()
        given_up.wait(rds.SECONDS)
        link.server.sendall(piece)

    network.destination.trap(b"unheard", deliver)
    pair.source.sql("INSERT INTO orders VALUES (100, 1, 'unheard')", db="shop")
    assert sent.wait(rds.SECONDS)
    program.run("pause", task.path).succeeded()
    given_up.set()
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.orders WHERE id = 100") == 1, "the row")
    program.run("resume", task.path).succeeded()

    def told():
        counters = task.status()["progress"]["counters"]
        return counters["transactions"], counters["inserts"]

    running.until(lambda: state(task) == "Synchronizing" and told() == (1, 1), "what came to be counted")
    running.stop().succeeded()
    assert same(pair)


@pytest.mark.parametrize("when", ("it is over before the program is back", "it waits for a lock"))
def test_a_schema_change_whose_connection_dies(pair, program, network, when):
    """It goes on at the server, and nobody hears of its end: the program, which comes back meanwhile, must find out."""
    task = new_task(program, network)
    fill(pair, 10)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing")
    left = []

    def deliver(link, piece):
        left.append(link.lose_client())
        left[-1].sendall(piece)

    with pair.destination.connect(db="shop", autocommit=False) as other, other.cursor() as cursor:
        if when == "it waits for a lock":
            cursor.execute("SELECT COUNT(*) FROM orders")
        came = network.destination.connections
        caught = network.destination.trap(b"\x03ALTER TABLE", deliver)
        pair.source.sql("ALTER TABLE shop.orders ADD COLUMN w INT DEFAULT 5", "INSERT INTO shop.orders (v, w) VALUES (1, 6)", "UPDATE shop.orders SET w = w + 1")
        assert caught.wait(rds.SECONDS)
        running.until(lambda: network.destination.connections > came, "the program to come back")
        other.rollback()
    running.until(lambda: "w" in columns(pair) and pair.destination.value("SELECT COUNT(*) FROM shop.orders WHERE w = 7") == 1, "the changes")
    for server in left:
        server.close()
    running.stop().succeeded()
    task.synchronize()
    assert same(pair) and task.status()["progress"]["counters"]["anomalies"] == 0


def columns(pair):
    return [name for (name,) in pair.destination.sql("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'orders'")]


# --- a link that is slow --------------------------------------------------------------------------------------------

def test_a_slow_link(pair, program, network):
    """Slow is not dead: nothing is given up, and the lag says how late it is."""
    fill(pair, 100)
    for side in ("source", "destination"):
        network.of(side).slow(rate=60_000, delay=0.005)
    task = new_task(program, network)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing", 180)
    network.source.slow(rate=20_000, delay=0.005)       # until that was seen
    fill(pair, 300)
    running.until(lambda: (task.status()["progress"]["lag_seconds"] or 0) >= 3 and some_rows(pair) == 100, "the lag, while they are on their way")
    network.source.slow(rate=60_000, delay=0.005)
    running.until(lambda: some_rows(pair) == 400, "the changes", 180)
    assert task.status()["progress"]["counters"]["retries"] == 0
    running.stop().succeeded()
    assert same(pair)


@pytest.mark.long
def test_a_row_that_takes_longer_than_a_silence_may(pair, program, network):
    """Half a minute from the source, and as long to the destination, in the copy and in the log: as long as some of it comes, none is silent."""
    pair.source.sql("CREATE TABLE shop.large (id INT PRIMARY KEY, body LONGTEXT) DEFAULT CHARSET=latin1", "INSERT INTO shop.large VALUES (1, REPEAT('x', 1200000))")
    for side in ("source", "destination"):
        network.of(side).slow(rate=40_000)
    task = new_task(program, network)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing", 600)
    pair.source.sql("INSERT INTO shop.large VALUES (2, REPEAT('y', 1200000))", "UPDATE shop.large SET body = 'short' WHERE id = 1")
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.large WHERE body = 'short'") == 1, "the changes", 600)
    assert task.status()["progress"]["counters"]["retries"] == 0
    running.stop().succeeded()
    assert same(pair)


# --- how long it is tried again -----------------------------------------------------------------------------------

@pytest.mark.long
def test_a_lost_connection_is_tried_again_as_long_as_the_task_says(pair, program, network):
    """A minute here, whatever other failures are given."""
    task = new_task(program, network, **{"sync.retry_connection": "1", "sync.retry_other": "0"})
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing")
    begun = time.monotonic()
    network.destination.refuse()
    pair.source.sql("INSERT INTO shop.audit VALUES (1), (1)")
    running.until(lambda: state(task) == "Retrying", "it to be noticed")
    ended = running.wait(180).exited(1)
    assert time.monotonic() - begun >= 55 and "RS-20" in ended.err, ended.err
    assert state(task) == "Failed"
    network.destination.admit()
    task.synchronize()
    assert same(pair)
