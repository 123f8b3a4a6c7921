"""What happens to a source: each fault is named by its cause, and nothing is skipped, lost or applied twice."""

import ctypes
import pathlib
import re
import struct
import subprocess
import threading
import zlib

import pytest

import compare
import conftest
import proxy
import rds
import servers

SHOP = """CREATE DATABASE shop;
CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(40), text LONGTEXT) ENGINE=InnoDB;
INSERT INTO shop.orders (note, text) VALUES ('a', 'A'), ('b', 'B'), ('c', 'C')"""
INSERT = "INSERT INTO shop.orders (note) VALUES ('{}')"
HEADER = struct.Struct("<IBIIIH")      # of an event in the log

every_product = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")


def same(pair):
    try:
        return compare.compare_databases(pair.source, pair.destination, ["shop"]) == []
    except Exception:                                                 # pylint: disable=broad-exception-caught
        return False            # the database is not there yet


def notes(server):
    try:
        return [note for (note,) in server.sql("SELECT note FROM shop.orders ORDER BY id")]
    except Exception:                                                 # pylint: disable=broad-exception-caught
        return []               # the table is not there yet


def id_of(task_id, reader=0):
    """Under which the program reads the log."""
    library = ctypes.CDLL("libxxhash.so.0")
    library.XXH64.restype = ctypes.c_uint64
    digest = library.XXH64(task_id.encode(), ctypes.c_size_t(len(task_id)), ctypes.c_ulonglong(reader))
    return 0x40000000 | digest & 0x3fffffff


@pytest.mark.pairs("mariadb-mariadb")
def test_a_replica_that_has_our_id_keeps_it(pair, program):
    """The server ends the dump of whoever had the id before: two that insist on it would never get anywhere."""
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"])
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    own = id_of(pair.destination.value("SELECT id FROM dts.rds_sync_task"))
    with subprocess.Popen(["mariadb-binlog", f"--socket={pair.source.socket}", "--user=root", "--read-from-remote-server", "--stop-never",
                           f"--stop-never-slave-server-id={own}", "--raw", f"--result-file={program.home}/other-", pair.source.log_position()[0]]) as other:
        try:
            running.until(lambda: "same server_" in running.err, "the server to end our dump")
            pair.source.sql(INSERT.format("behind it"))
            running.until(lambda: same(pair), "what comes behind it")
            pair.source.sql(*[INSERT.format("more")] * 10)
            running.until(lambda: same(pair), "more")
            assert other.poll() is None, "the other one was not driven away"
        finally:
            other.kill()
    running.stop().succeeded()


def own_source(kind, pool, new_server, **options):
    destination = conftest.skipping(pool.get, kind.replace("mysql56", "mariadb"), "destination")
    destination.reset()
    return conftest.Pair(kind, new_server(kind, **options), destination)


# --- a row that is in the log and can't be read yet -----------------------------------------------------------------

PLUGIN = {"mariadb": ("rpl_semi_sync_master", None), "mysql9": ("rpl_semi_sync_source", "semisync_source.so")}


class Stall:
    """Semi-synchronous replication without anybody who acknowledges: commits stay between the log and the engine."""

    def __init__(self, source):
        self.source, (self.prefix, plugin) = source, PLUGIN[source.flavor]
        if plugin:
            source.sql(f"INSTALL PLUGIN rpl_semi_sync_source SONAME '{plugin}'")
        self._set(timeout=3600000, wait_point="AFTER_SYNC")
        if source.flavor == "mariadb":
            self._set(wait_no_slave=1)
        else:
            self._set(wait_no_replica=1)
        self._set(enabled=1)
        self._writer = None

    def _set(self, **values):
        for name, value in values.items():
            self.source.sql(f"SET GLOBAL {self.prefix}_{name} = %s", args=(value,))

    def write(self, note):
        before = self.source.log_position()
        self._writer = threading.Thread(target=self.source.sql, args=(INSERT.format(note),))
        self._writer.start()
        rds.wait_until(lambda: self.source.log_position() != before, "the row to be in the log")
        assert note not in notes(self.source), "the row can be read: nothing is stalled"

    def end(self):
        self._set(enabled=0)
        self._writer.join(60)
        assert not self._writer.is_alive()


@pytest.mark.pairs("mariadb-mariadb")
def test_the_places_of_a_task_have_their_own_gtids(pair, program):
    """Asked for while transactions are written, many in one domain and such whose bytes take a while in another."""
    pair.source.sql(SHOP)
    done = threading.Event()

    def write(domain, size):
        with pair.source.connect("shop") as connection, connection.cursor() as cursor:
            cursor.execute(f"SET gtid_domain_id = {domain}")
            while not done.is_set():
                cursor.execute(f"INSERT INTO orders (id, text) VALUES ({10 + domain}, REPEAT('x', {size}))")
                cursor.execute(f"DELETE FROM orders WHERE id = {10 + domain}")

    writers = [threading.Thread(target=write, args=arguments) for arguments in ((0, 1), (7, 2000000))]
    for writer in writers:
        writer.start()
    try:
        for number in range(3):
            program.task(f"shop{number}", pair, ["shop"], settings={"objects.rename.1": f"shop -> shop{number}"}).synchronize()
    finally:
        done.set()
        for writer in writers:
            writer.join()
    places = pair.destination.sql("SELECT p0_file, p0_offset, p0_gtid FROM dts.rds_sync_task UNION ALL"
                                  " SELECT p1_file, p1_offset, p1_gtid FROM dts.rds_sync_task")
    assert len(places) == 6
    for file, offset, gtid in places:
        assert set(gtid.split(",")) == set(pair.source.value(f"SELECT BINLOG_GTID_POS('{file}', {offset})").split(","))


def test_the_gtids_of_a_place_behind_an_event_larger_than_a_packet(pool, new_server, program):
    """The server does not tell them, so that they are asked for until nothing is written meanwhile."""
    pair = own_source("mariadb", pool, new_server, max_allowed_packet=1 << 20)
    pair.source.sql(SHOP, "UPDATE shop.orders SET text = REPEAT('x', 900000)", "UPDATE shop.orders SET text = REPEAT('y', 900000)")
    assert pair.source.value("SELECT BINLOG_GTID_POS(%s, %s)", args=pair.source.log_position()) is None
    between, told = proxy.Proxy(pair.source), []

    def disturb(piece):
        """Something is written whenever the log's end is asked for, until its GTIDs are asked for by its place."""
        if b"BINLOG_GTID_POS" in piece:
            told.append(piece)
        elif b"SHOW MASTER STATUS" in piece and not told:
            pair.source.sql(INSERT.format("more"))
        return False

    between.refuse_packets(disturb, 0)
    try:
        program.task("shop", conftest.Pair("through a proxy", between, pair.destination), ["shop"]).synchronize()
    finally:
        between.close()
    assert told, "nothing was asked for by its place"
    assert pair.destination.value("SELECT p0_gtid FROM dts.rds_sync_task"), "it began without GTIDs"
    assert pair.destination.value("SELECT COUNT(*) FROM dts.rds_sync_position WHERE gtid <> ''"), "it goes on without GTIDs"


def test_a_start_without_a_heartbeat_behind_an_event_larger_than_a_packet(pool, new_server, program):
    """The place of a snapshot is one whose GTIDs the server does not tell."""
    pair = own_source("mariadb", pool, new_server, max_allowed_packet=1 << 20)
    pair.source.sql(SHOP, *(f"UPDATE shop.orders SET text = {text}" for text in ("REPEAT('x', 900000)", "REPEAT('y', 900000)", "'z'")))
    assert pair.source.value("SELECT BINLOG_GTID_POS(%s, %s)", args=pair.source.log_position()) is None
    accounts = (pair.source.source_account("shop"), servers.Account("root", ""))
    task = program.task("shop", pair, ["shop"], accounts=accounts)
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert same(pair)
    assert pair.destination.value("SELECT p0_gtid FROM dts.rds_sync_task") == pair.source.value("SELECT @@GLOBAL.gtid_binlog_pos")


@pytest.mark.parametrize("kind", ("mariadb", "mysql9"))
def test_a_row_whose_acknowledgement_is_stalled_while_the_task_starts(pool, new_server, program, kind):
    """It is in the log before the start, and in no SELECT until after the copy."""
    pair = own_source(kind, pool, new_server)
    pair.source.sql(SHOP)
    account = pair.source.source_account("shop")        # may write no heartbeat, which would stall as well
    stall = Stall(pair.source)
    stall.write("stalled")
    try:
        task = program.task("shop", pair, ["shop"], accounts=(account, servers.Account("root", "")))
        running = task.start("--skip-precheck-warnings")
        running.until(lambda: notes(pair.destination)[:3] == ["a", "b", "c"], "the copy")
        running.until(lambda: task.status()["progress"]["phases"]["full"]["state"] == "done", "the copy's end")
    finally:
        stall.end()
    pair.source.sql(INSERT.format("after"))
    running.until(lambda: same(pair), "both sides to be the same")
    assert "stalled" in notes(pair.destination)
    running.stop().succeeded()


@pytest.mark.parametrize("kind", ("mariadb", "mysql9"))
def test_a_heartbeat_waits_behind_a_stalled_acknowledgement(pool, new_server, program, kind):
    """The start is no safe one before the row can be read: the task waits for that."""
    pair = own_source(kind, pool, new_server)
    pair.source.sql(SHOP)
    stall = Stall(pair.source)
    stall.write("stalled")
    task = program.task("shop", pair, ["shop"])
    running = task.start("--skip-precheck-warnings")
    try:
        running.until(lambda: pair.source.value(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%%`dts`%%' AND id <> CONNECTION_ID()"),
            "the heartbeat to wait")
        assert notes(pair.destination) == []
    finally:
        stall.end()
    running.until(lambda: same(pair), "both sides to be the same")
    assert "stalled" in notes(pair.destination)
    running.stop().succeeded()


def test_what_was_applied_and_is_not_committed_yet_is_no_sign_of_a_reset(pool, new_server, program):
    """A stream has it as soon as it is in the log; where only ids are known to go on from, the server must be asked for those as well."""
    pair = own_source("mysql9", pool, new_server)
    pair.source.sql(SHOP)
    account = pair.source.source_account("shop")
    task = program.task("shop", pair, ["shop"], accounts=(account, servers.Account("root", "")))
    task.synchronize()
    stall = Stall(pair.source)
    running = task.start()
    stall.write("stalled")
    try:
        running.until(lambda: "stalled" in notes(pair.destination), "the row")
        running.stop().succeeded()
        pair.destination.sql("UPDATE dts.rds_sync_position SET `file` = NULL, `offset` = 0, `log` = NULL")
        running = task.start()
        running.until(lambda: task.status()["state"] == "Synchronizing", "it to go on")
    finally:
        stall.end()
    pair.source.sql(INSERT.format("after"))
    running.until(lambda: same(pair), "both sides to be the same")
    running.stop().succeeded()


# --- a log that lost changes ------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ("mariadb", "mysql9", "mysql56"))
def test_a_log_that_lost_changes_stops_the_task(pool, new_server, program, kind):
    """A change without a transaction that the server could not log: an incident stands in its place."""
    pair = own_source(kind, pool, new_server, max_binlog_stmt_cache_size=4096, binlog_stmt_cache_size=4096)
    pair.source.sql(SHOP, "CREATE TABLE shop.old (id INT PRIMARY KEY, note LONGTEXT) ENGINE=MyISAM")
    task = program.task("shop", pair, ["shop"], settings={"sync.lock_for_keyless": "yes"})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.source.sql(INSERT.format("before"))
    try:
        pair.source.sql("INSERT INTO shop.old VALUES (1, 'small'), (2, REPEAT('x', 60000)), (3, REPEAT('y', 60000))")
    except Exception:                                                 # pylint: disable=broad-exception-caught
        pass                    # it is in the table all the same
    pair.source.sql(INSERT.format("after"))
    assert pair.source.value("SELECT COUNT(*) FROM shop.old")
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-3005" in ended.err
    assert notes(pair.destination) == ["a", "b", "c", "before"]
    error = task.status()["progress"]["error"]
    assert error["hint"] and re.search(r"at binlog\.\d+:\d+", error["detail"]), error
    assert "RS-3005" in task.run("--until=synchronized").exited(1).err, "it is not passed over by starting anew"


# --- a log with something in it that nobody knows -----------------------------------------------------------------

UNKNOWN = 200               # a type that no server has


def append_event(path, server_id, flags, kind=UNKNOWN):
    """An event behind the last one, which no transaction is around."""
    at = path.stat().st_size
    body = bytes(20)
    length = HEADER.size + len(body) + 4
    event = HEADER.pack(0, kind, server_id, length, at + length, flags) + body
    with open(path, "ab") as file:
        file.write(event + struct.pack("<I", zlib.crc32(event)))


@pytest.mark.parametrize("kind", ("mariadb", "mysql9", "mysql56"))
@pytest.mark.parametrize("ignorable", (False, True))
def test_an_event_of_an_unknown_type(pool, new_server, program, kind, ignorable):
    """It may have changed rows: the task stops before it, and again, unless the event says itself that it can be passed over."""
    pair = own_source(kind, pool, new_server)
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"])
    task.synchronize()
    pair.source.sql(INSERT.format("before"))
    path = pathlib.Path(pair.source.datadir) / pair.source.log_position()[0]
    pair.source.stop()
    append_event(path, 1, 0x80 if ignorable else 0)
    pair.source.start()
    pair.source.sql(INSERT.format("after"))
    if ignorable:
        task.synchronize()
        assert notes(pair.destination) == ["a", "b", "c", "before", "after"]
        return
    for _ in range(2):
        assert "RS-5002" in task.run("--until=synchronized").exited(1).err
        assert str(UNKNOWN) in task.status()["progress"]["error"]["primary"]
        assert notes(pair.destination) == ["a", "b", "c", "before"]


@pytest.mark.parametrize("kind", ("mariadb", "mysql9", "mysql56"))
def test_an_event_that_was_damaged(pool, new_server, program, kind):
    """A disk that turned one bit in a row: its checksum tells, and it is not applied."""
    pair = own_source(kind, pool, new_server)
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"])
    task.synchronize()
    pair.source.sql(INSERT.format("before"), INSERT.format("of one letter"), INSERT.format("after"))
    path = pathlib.Path(pair.source.datadir) / pair.source.log_position()[0]
    pair.source.stop()
    log = path.read_bytes()
    letter = log.rindex(b"of one letter")           # that of the row: the statement's text, where it is there, comes before
    path.write_bytes(log[:letter] + bytes([log[letter] ^ 1]) + log[letter + 1:])
    pair.source.start()
    for _ in range(2):
        assert "RS-5003" in task.run("--until=synchronized").exited(1).err
        assert notes(pair.destination) == ["a", "b", "c", "before"]
    path.write_bytes(log)
    task.synchronize()
    assert notes(pair.destination) == ["a", "b", "c", "before", "of one letter", "after"]


# --- row images of a session ------------------------------------------------------------------------------------

CHANGES = {
    "an update": "UPDATE orders SET note = 'x' WHERE id = 1",
    "an update of a long column": "UPDATE orders SET text = NULL WHERE id = 2",
    "a new key": "UPDATE orders SET id = 30 WHERE id = 3",
    "a row with defaults": "INSERT INTO orders (note) VALUES ('new')",
    "a deleted row": "DELETE FROM orders WHERE id = 2",
    "a row without a key": "UPDATE loose SET note = 'b' WHERE text = 'A'",
    "a deleted row without a key": "DELETE FROM loose WHERE text = 'A'",
}


@every_product
@pytest.mark.parametrize("image", ("MINIMAL", "NOBLOB"))
@pytest.mark.parametrize("change", CHANGES)
def test_a_session_that_logs_incomplete_rows(pair, program, image, change):
    """What such an image says may be all that there is to say, and is applied; else the task stops and names it."""
    pair.source.sql(SHOP, "CREATE TABLE shop.loose (note VARCHAR(40), text LONGTEXT) ENGINE=InnoDB",
                    "INSERT INTO shop.loose VALUES ('a', 'A'), ('a', 'B')")
    task = program.task("shop", pair, ["shop"], settings={"precheck.ignore": "CHECK_PRIMARY_KEY",
                                                          "sync.lock_for_keyless": "yes"})
    task.synchronize()
    before = pair.destination.sql("SELECT * FROM shop.orders; SELECT * FROM shop.loose")
    pair.source.sql(f"SET SESSION binlog_row_image = {image}; {CHANGES[change]}", db="shop")
    pair.source.sql(INSERT.format("after"))
    ended = task.run("--until=synchronized")
    if ended.code == 0:
        assert same(pair) and task.status()["progress"]["counters"]["anomalies"] == 0
        return
    assert "RS-3009" in ended.exited(1).err and "FULL" in task.status()["progress"]["error"]["hint"]
    assert pair.destination.sql("SELECT * FROM shop.orders; SELECT * FROM shop.loose") == before
    assert "after" not in notes(pair.destination)
    assert "RS-3009" in task.run("--until=synchronized").exited(1).err, "it is not passed over by starting anew"


# --- a log above 4 GiB ------------------------------------------------------------------------------------------

FILLER = 60 << 20           # what a server reads of a log at once
XID = 16


def events(log, at):
    while at < len(log):
        length = HEADER.unpack_from(log, at)[3]
        yield at, length
        at += length


def moved(event, shift):
    """The event as it stands so much later in the file."""
    fields = list(HEADER.unpack_from(event))
    fields[4] = (fields[4] + shift) & 0xffffffff
    event = HEADER.pack(*fields) + event[HEADER.size:-4]
    return event + struct.pack("<I", zlib.crc32(event))


def enlarge(path, end):
    """The last transaction before END grows beyond 4 GiB, by events that nobody reads: most of them is a hole. How much
    longer the file is now."""
    log = path.read_bytes()
    commit = max(at for at, length in events(log, 4) if log[at + 4] == XID and at + length <= end)     # MariaDB may have noted a checkpoint behind it
    count = (1 << 32) // FILLER + 2
    shift = count * FILLER
    with open(path, "r+b") as file:
        for number in range(count):
            at = commit + number * FILLER
            file.seek(at)
            file.write(HEADER.pack(0, 160, 1, FILLER, (at + FILLER) & 0xffffffff, 0x80) + bytes(200000))
        file.truncate(commit + shift)
        file.seek(commit + shift)
        for at, length in events(log, commit):
            file.write(moved(log[at:at + length], shift))
    return shift


@pytest.mark.parametrize("kind", ("mariadb", "mysql9", "mysql56", "mysql9 without GTIDs"))
@pytest.mark.long
def test_a_place_beyond_4_gib(pool, new_server, program, kind):
    """Events have 32 bits for where they stand, and so has the oldest way to say where to read from."""
    flavor, _, without = kind.partition(" ")
    refused = without or flavor == "mysql56"
    pair = own_source(flavor, pool, new_server, **({} if flavor == "mariadb" else {"gtid": not without}))
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"])
    task.synchronize()
    pair.source.sql("FLUSH BINARY LOGS", INSERT.format("large"))
    file, end = pair.source.log_position()
    task.synchronize()
    pair.source.sql(*[INSERT.format("beyond")] * 3, "FLUSH BINARY LOGS", INSERT.format("of the next file"))
    pair.source.stop()
    shift = enlarge(pathlib.Path(pair.source.datadir) / file, int(end))
    pair.destination.sql(f"UPDATE dts.rds_sync_position SET `offset` = `offset` + {shift} WHERE file = '{file}'")
    assert pair.destination.value("SELECT `offset` FROM dts.rds_sync_position WHERE worker = 0") >= int(end) + shift
    pair.source.start()
    if refused:
        ended = task.run("--until=synchronized").exited(1)
        assert "RS-3003" in ended.err and "4 GiB" in ended.err
        assert notes(pair.destination) == ["a", "b", "c", "large"]
        return
    program.env["RDS_SYNC_CRASH_AT"] = "apply-after-commit:1"
    assert task.run("--until=synchronized", seconds=180).code == -9
    del program.env["RDS_SYNC_CRASH_AT"]
    assert pair.destination.value(f"SELECT `offset` > {int(end) + shift} OR file <> '{file}' FROM dts.rds_sync_position WHERE worker = 0")
    task.synchronize()
    assert notes(pair.destination) == notes(pair.source)
    assert same(pair) and task.status()["progress"]["counters"]["anomalies"] == 0
