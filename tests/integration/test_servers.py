"""The servers themselves: whatever else is tested stands on them."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pymysql
import pytest

import servers

SERVERS_PY = pathlib.Path(servers.__file__)


def gone(pid, seconds=60):
    """Whether the process ends within that time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not servers.lives(pid):
            return True
        time.sleep(0.01)
    return False


def start_by_command(flavor, *options):
    # pylint: disable-next=consider-using-with
    process = subprocess.Popen([sys.executable, str(SERVERS_PY), "start", flavor, *options], text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    line = process.stdout.readline()
    if not line:
        error = process.communicate()[1]
        if "is not available" in error:
            pytest.skip(error.strip())
        pytest.fail(error)
    return process, json.loads(line)


def event_types(server):
    rows = server.sql(f"SHOW BINLOG EVENTS IN '{server.log_position()[0]}'")
    return [row[2] for row in rows]


@pytest.mark.smoke
def test_starts_logs_rows_and_stops_without_a_trace(new_server, flavor):
    server = new_server(flavor)
    pid = server.pid
    assert server.value("SELECT @@log_bin") == 1
    assert server.value("SELECT @@binlog_format") == "ROW"
    assert server.value("SELECT @@server_id") > 1
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)")
    assert any(kind.startswith("Write_rows") for kind in event_types(server)), event_types(server)
    server.stop()
    assert not server.running
    assert gone(pid)
    with pytest.raises(pymysql.err.OperationalError):
        server.connect()


def test_data_and_port_survive_restart_and_kill(new_server, flavor):
    server = new_server(flavor)
    port = server.port
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)")
    server.restart(binlog_row_image="MINIMAL")
    assert server.value("SELECT @@binlog_row_image") == "MINIMAL"
    server.sql("INSERT INTO d.t VALUES (2)")
    server.kill()
    assert not server.running
    server.start()
    assert server.port == port
    assert server.sql("SELECT a FROM d.t ORDER BY a") == ((1,), (2,))


def test_listens_on_loopback_only(new_server, flavor):
    server = new_server(flavor)
    server.connect(tcp=True).close()
    listening = [line.split() for table in ("tcp", "tcp6")
                 for line in pathlib.Path(f"/proc/{server.pid}/net/{table}").read_text().splitlines()[1:]]
    addresses = [fields[1].split(":")[0] for fields in listening
                 if fields[3] == "0A" and int(fields[1].split(":")[1], 16) == server.port]
    assert addresses == ["0100007F"]


def test_two_of_a_kind_differ(new_server, flavor):
    one, other = new_server(flavor), new_server(flavor)
    assert one.port != other.port
    assert one.value("SELECT @@server_id") != other.value("SELECT @@server_id")
    if flavor != "mariadb":
        assert one.value("SELECT @@server_uuid") != other.value("SELECT @@server_uuid")


def test_options_arrive(new_server, flavor):
    plain = new_server(flavor, local_infile=False, server_id=77)
    assert plain.value("SELECT @@local_infile") == 0
    assert plain.value("SELECT @@server_id") == 77
    assert new_server(flavor).value("SELECT @@local_infile") == 1


def test_temporary_tables_survive_the_start_of_another_server(new_server, flavor):
    """They share no temporary directory: at its start each server empties its own of what looks like its tables."""
    servers_tmp = {new_server(flavor).value("SELECT @@tmpdir") for _ in range(2)}
    assert len(servers_tmp) == 2


@pytest.mark.parametrize("mode", ("ON", "OFF"))
@pytest.mark.parametrize("mysql", ("mysql56", "mysql9"))
def test_gtids_on_and_off(new_server, mysql, mode):
    server = new_server(mysql, gtid=mode == "ON")
    server.sql("CREATE DATABASE d")
    assert server.value("SELECT @@gtid_mode") == mode
    assert ("Gtid" in event_types(server)) == (mode == "ON")


@pytest.mark.parametrize("modern", ("mariadb", "mysql9"))
def test_full_row_metadata(new_server, modern):
    assert new_server(modern, binlog_row_metadata="FULL").value("SELECT @@binlog_row_metadata") == "FULL"


def test_accounts_have_the_documented_rights_and_no_more(new_server, flavor):
    server = new_server(flavor)
    server.sql("CREATE DATABASE shop; CREATE TABLE shop.t (a INT) ENGINE=InnoDB; CREATE DATABASE other;"
               "CREATE TABLE other.t (a INT) ENGINE=InnoDB")
    source = server.source_account("shop")
    destination = server.destination_account("shop", name="writer")
    with server.connect(user=source.name, password=source.password) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT * FROM shop.t")
        cursor.execute("SHOW BINARY LOG STATUS" if flavor == "mysql9" else "SHOW MASTER STATUS")
        for forbidden in ("SELECT * FROM other.t", "INSERT INTO shop.t VALUES (1)", "FLUSH TABLES WITH READ LOCK",
                          "CREATE DATABASE dts"):
            with pytest.raises(pymysql.err.MySQLError):
                cursor.execute(forbidden)
    with server.connect(user=destination.name, password=destination.password) as connection:
        cursor = connection.cursor()
        cursor.execute("INSERT INTO shop.t VALUES (1)")
        cursor.execute("CREATE DATABASE dts")
        with pytest.raises(pymysql.err.MySQLError):
            cursor.execute("SELECT * FROM other.t")


def test_reset_leaves_an_empty_server(new_server, flavor):
    server = new_server(flavor)
    before = server.value("SELECT @@GLOBAL.max_connections")
    if flavor == "mysql9":                      # a limit under which nothing could be read
        server.set_global(max_execution_time=1)
    server.sql("CREATE DATABASE `od``d`; CREATE TABLE `od``d`.t (a INT)")
    account = server.source_account("od`d")
    server.set_global(max_connections=17)
    server.set_global(max_connections=18)
    session = server.connect(user=account.name, password=account.password)
    server.reset()
    assert server.databases() == []
    assert server.sql("SELECT user FROM mysql.user WHERE user = 'dts'") == ()
    assert server.value("SELECT @@GLOBAL.max_connections") == before
    with pytest.raises(pymysql.err.MySQLError):
        session.ping(reconnect=False)


@pytest.mark.parametrize("modern", ("mariadb", "mysql9"))
def test_tls_with_our_certificate(new_server, modern):
    server = new_server(modern, tls=True)
    account = server.source_account()
    made = servers.certificates()
    with server.connect(tcp=True, user=account.name, password=account.password,
                        ssl={"ca": str(made / "ca.pem")}) as connection:
        cursor = connection.cursor()
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        assert cursor.fetchone()[1]


@pytest.mark.parametrize("end", ("end of input", "SIGTERM", "SIGINT"))
def test_command_keeps_a_server_until_told(end):
    process, told = start_by_command("mariadb", "--option", "binlog_row_metadata=FULL")
    with pymysql.connect(host=told["host"], port=told["port"], user=told["user"]) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT @@binlog_row_metadata")
        assert cursor.fetchone() == ("FULL",)
    if end == "end of input":
        process.stdin.close()
    else:
        process.send_signal(getattr(signal, end))
    assert process.wait(120) == 0
    assert gone(told["pid"])
    assert not os.path.exists(told["socket"])


def test_server_dies_with_a_killed_test(flavor):
    process, told = start_by_command(flavor)
    process.kill()
    process.wait()
    assert gone(told["pid"])


def test_leftovers_of_dead_processes_are_removed(monkeypatch, request):
    """Where nobody else looks for some."""
    folder = tempfile.mkdtemp(prefix="rds-", dir="/tmp")                # a socket's path has 107 bytes
    request.addfinalizer(lambda: shutil.rmtree(folder))
    monkeypatch.setenv("TMPDIR", folder)
    process, told = start_by_command("mariadb")
    left = pathlib.Path(told["socket"]).parent.parent
    process.kill()
    process.wait()
    assert left.is_dir()
    assert gone(told["pid"])
    process, told = start_by_command("mariadb")
    process.communicate()
    assert not left.exists()


def test_a_server_that_does_not_start_says_why(new_server, flavor):
    with pytest.raises(servers.ServerFailed, match="no.such.option"):
        new_server(flavor, no_such_option=1)


def test_an_unavailable_server_is_named(monkeypatch):
    monkeypatch.setattr(servers.MariaDB, "_program", staticmethod(lambda: None))
    with pytest.raises(servers.ServerUnavailable) as caught:
        servers.MariaDB().start()
    assert caught.value.name == "MariaDB"
