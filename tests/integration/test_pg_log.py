"""Reading a PostgreSQL server's log (db/pg_log): where copy and log meet, what is confirmed, and what goes wrong."""

import os
import pathlib
import signal
import threading

import pytest

import pg_writers
import probe
import rds
import servers

RS_E_CONN_LOST, RS_E_CONN_TIMEOUT, RS_E_SQL, RS_E_SQL_DENIED, RS_E_SOURCE_PREREQ, RS_E_BINLOG_PURGED = 2006, 2002, 2010, 2011, 3008, 3003


@pytest.fixture(params=["postgresql", "postgresql-newest"])
def server(pool, request):
    made = pool.get(request.param, "log", **pg_writers.OPTIONS)
    made.reset()
    made.sql("CREATE DATABASE shop")
    made.sql("CREATE TABLE t (id integer PRIMARY KEY, note text); CREATE PUBLICATION p FOR TABLE t; CREATE PUBLICATION \"o'd\"\"d\" FOR TABLE t",
             db="shop")
    return made


class Log(probe.Lines):
    def open(self, server, user="postgres"):
        return self.ask("open", host="127.0.0.1", port=server.port, user=user, password=servers.PostgreSQL.password, database="shop")

    def start(self, slot, at="0/0", publications=("p",), patience=60):
        return self.ask("start", slot=slot, publications=publications, protocol=1, patience=patience, **{"from": at})

    def until(self, server):
        """All that came up to a row that is written for that now, with its commit."""
        return self.ask("next", timeout=1000 * rds.SECONDS, until=mark(server))


@pytest.fixture
def log(binary):
    made = Log(pathlib.Path(binary).parent / "tests/integration/pg_log_probe")
    yield made
    made.close()


@pytest.fixture
def another(binary):
    made = Log(pathlib.Path(binary).parent / "tests/integration/pg_log_probe")
    yield made
    made.close()


def mark(server):
    """A place that the commit of a new row alone lies behind. The end of the log may lie further on than that commit ends: other
    records follow it, or a page begins."""
    before = server.value("SELECT pg_current_wal_insert_lsn() + 1")
    server.sql("INSERT INTO t SELECT coalesce(max(id), 0) + 1, 'mark' FROM t", db="shop")
    return before


def inserted(answer):
    assert answer["rc"] == "ok", answer
    return [int(words[1][0]) for words in answer["messages"] if words[0] == "insert"]


def failed(answer, code, *texts):
    assert answer["rc"] == "fail" and answer["code"] == code, answer
    for text in texts:
        assert text in f"{answer['primary']} {answer['detail']} {answer['hint']}", answer
    return answer


def test_what_a_snapshot_has_and_what_the_log_brings_is_everything_once(server, log):
    """With a writer at work all the time: no row is in both, none in neither."""
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            server.sql(";".join(f"INSERT INTO t VALUES ({number + i})" for i in range(20)), db="shop")
            number += 20

    writer = threading.Thread(target=write)
    writer.start()
    try:
        rds.wait_until(lambda: server.value("SELECT count(*) FROM t", db="shop") != "0", "the writer to be at work")
        assert log.open(server)["rc"] == "ok"
        slot = log.ask("make", slot="meets")
        assert slot["rc"] == "ok", slot
        began = int(server.value("SELECT count(*) FROM t", db="shop"))
        copied = [int(number) for (number,) in server.sql("BEGIN ISOLATION LEVEL REPEATABLE READ", f"SET TRANSACTION SNAPSHOT '{slot['snapshot']}'",
                                                          "SELECT id FROM t", db="shop")]
        rds.wait_until(lambda: int(server.value("SELECT count(*) FROM t", db="shop")) > began, "rows behind the snapshot")
    finally:
        stop.set()
        writer.join()
    assert log.start("meets", slot["from"])["rc"] == "ok"
    followed = inserted(log.until(server))
    assert copied and followed
    assert sorted(copied + followed) == sorted(int(number) for (number,) in server.sql("SELECT id FROM t", db="shop"))


def test_what_was_confirmed_does_not_come_again_and_what_was_not_does(server, log, another):
    assert log.open(server)["rc"] == "ok"
    assert log.ask("make", slot="again")["rc"] == "ok"
    assert log.start("again")["rc"] == "ok"
    assert inserted(log.until(server)) == [1]
    safe = log.until(server)
    assert inserted(safe) == [2]
    assert log.ask("confirm", at=safe["messages"][-1][1])["rc"] == "ok"
    rds.wait_until(lambda: server.value("SELECT confirmed_flush_lsn FROM pg_replication_slots") == safe["messages"][-1][1], "the slot to move")
    assert inserted(log.until(server)) == [3]
    os.kill(log.process.pid, signal.SIGKILL)
    rds.wait_until(lambda: server.value("SELECT active FROM pg_replication_slots") == "f", "the killed one's session to end")
    assert another.open(server)["rc"] == "ok"
    assert another.start("again")["rc"] == "ok"
    assert inserted(another.until(server)) == [3, 4]
    log.close = lambda: None


def test_a_slot_of_a_database_in_which_nothing_happens_moves(server, log):
    """Others write to the server's log: what is behind the last change is safe as well, else the log is kept for nothing."""
    server.sql("CREATE DATABASE other")
    assert log.open(server)["rc"] == "ok"
    assert log.ask("make", slot="idle")["rc"] == "ok"
    assert log.start("idle")["rc"] == "ok"
    before = server.value("SELECT confirmed_flush_lsn FROM pg_replication_slots")
    server.sql("CREATE TABLE busy AS SELECT generate_series(1, 50000)", db="other")
    target = server.value("SELECT pg_current_wal_insert_lsn()")

    def moved():
        answer = log.ask("next", timeout=200)
        assert answer["rc"] == "again", answer
        assert log.ask("confirm", at=answer["end"])["rc"] == "ok"
        return server.value(f"SELECT confirmed_flush_lsn >= '{target}' FROM pg_replication_slots") == "t"

    rds.wait_until(moved, "the slot to move")
    assert server.value(f"SELECT confirmed_flush_lsn > '{before}' FROM pg_replication_slots") == "t"


def test_names_are_quoted(server, log):
    assert log.open(server)["rc"] == "ok"
    assert log.ask("make", slot="quoted")["rc"] == "ok"
    assert log.start("quoted", publications=["o'd\"d", "p"])["rc"] == "ok"
    assert inserted(log.until(server)) == [1]


def test_a_session_that_reads_is_one_at_a_time(server, log, another):
    assert log.open(server)["rc"] == another.open(server)["rc"] == "ok"
    assert log.ask("make", slot="busy")["rc"] == "ok"
    assert log.start("busy")["rc"] == "ok"
    answer = failed(another.start("busy"), RS_E_SQL, "Another session reads the replication slot busy")
    assert answer["retry"] == "later"


def test_a_slot_that_is_gone_is_named(server, log, another):
    assert log.open(server)["rc"] == another.open(server)["rc"] == "ok"
    assert log.ask("make", slot="gone")["rc"] == "ok"
    assert another.ask("drop", slot="gone")["rc"] == "ok"
    assert another.ask("drop", slot="gone")["rc"] == "ok"
    failed(log.start("gone"), RS_E_BINLOG_PURGED, "The replication slot gone was dropped")


def test_a_slot_that_the_server_gave_up_for_its_size_is_named(server, log, another):
    server.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '16MB'", "SELECT pg_reload_conf()")
    assert log.open(server)["rc"] == another.open(server)["rc"] == "ok"
    assert log.ask("make", slot="fat")["rc"] == "ok"
    for _ in range(4):
        server.sql("INSERT INTO t SELECT coalesce((SELECT max(id) FROM t), 0) + i, repeat('x', 1000) FROM generate_series(1, 4000) i",
                   "SELECT pg_switch_wal()", db="shop")
    server.sql("CHECKPOINT")
    rds.wait_until(lambda: server.value("SELECT wal_status FROM pg_replication_slots") == "lost", "the slot to be given up")
    failed(another.start("fat"), RS_E_BINLOG_PURGED, "max_slot_wal_keep_size")


def test_more_slots_than_the_server_may_have(server, log):
    assert log.open(server)["rc"] == "ok"
    assert [log.ask("make", slot=f"s{n}")["rc"] for n in range(3)] == ["ok"] * 3
    failed(log.ask("make", slot="s3"), RS_E_SQL, "max_replication_slots")


def test_an_account_that_may_not(server, log):
    server.sql("CREATE ROLE reader LOGIN PASSWORD '" + servers.PostgreSQL.password + "'")
    failed(log.open(server, "reader"), RS_E_SQL_DENIED)


def test_a_log_that_is_not_logical(pool, log):
    other = pool.get("postgresql", "not logical", wal_level="replica")
    other.reset()
    other.sql("CREATE DATABASE shop")
    assert log.open(other)["rc"] == "ok"
    failed(log.ask("make", slot="s"), RS_E_SOURCE_PREREQ, "wal_level = logical")


def sender_of(server):
    return int(server.value("SELECT active_pid FROM pg_replication_slots WHERE active"))


def test_a_server_that_goes_silent_is_given_up(server, log):
    """No packet, no reset: it is asked first, and then not waited for."""
    assert log.open(server)["rc"] == "ok"
    assert log.ask("make", slot="silent")["rc"] == "ok"
    assert log.start("silent", patience=4)["rc"] == "ok"
    assert log.ask("next", timeout=6000)["rc"] == "again"              # it answers, so it is not given up
    sender = sender_of(server)
    os.kill(sender, signal.SIGSTOP)
    try:
        assert failed(log.ask("next", timeout=1000 * rds.SECONDS), RS_E_CONN_TIMEOUT, "silent")["retry"] == "reconnect"
    finally:
        os.kill(sender, signal.SIGCONT)


@pytest.mark.parametrize("server", ["postgresql"], indirect=True)
def test_a_server_that_has_nothing_to_say_is_not_given_up(server, log):
    """It says nothing by itself where it is told every few seconds what is safe: it must be asked, however patient one is."""
    assert log.open(server)["rc"] == "ok"
    assert log.ask("make", slot="idle")["rc"] == "ok"
    writer = int(server.value("SELECT pid FROM pg_stat_activity WHERE backend_type = 'background writer'"))
    os.kill(writer, signal.SIGSTOP)                                    # it writes to the log now and then, which would be told
    try:
        assert log.start("idle", patience=22)["rc"] == "ok"
        for _ in range(46):
            answer = log.ask("next", timeout=500)
            assert answer["rc"] == "again"
            assert log.ask("confirm", at=answer["end"])["rc"] == "ok"
    finally:
        os.kill(writer, signal.SIGCONT)


def test_a_session_that_is_ended_and_a_server_that_ends(server, log, another):
    assert log.open(server)["rc"] == "ok"
    assert log.ask("make", slot="ended")["rc"] == "ok"
    assert log.start("ended")["rc"] == "ok"
    os.kill(sender_of(server), signal.SIGTERM)
    assert failed(log.ask("next", timeout=1000 * rds.SECONDS), RS_E_CONN_LOST)["retry"] == "reconnect"
    assert another.open(server)["rc"] == "ok"
    assert another.start("ended")["rc"] == "ok"
    assert inserted(another.until(server)) == [1]
    stopper = threading.Thread(target=server.stop)                    # which waits for those who read the log
    stopper.start()
    try:
        answer = another.ask("next", timeout=1000 * rds.SECONDS)
        assert answer["rc"] == "eof" or answer["code"] == RS_E_CONN_LOST, answer
    finally:
        stopper.join()
        server.start()


def test_a_server_is_known_by_its_number(server, log):
    assert log.open(server)["rc"] == "ok"
    assert log.ask("system")["system"] == server.value("SELECT system_identifier FROM pg_control_system()")
