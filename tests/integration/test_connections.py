"""Connections to real servers: what each kind of session is, and what each way to fail is called."""

import contextlib
import json
import socket
import subprocess
import threading
import time

import pytest

import rds
import servers
from probe import failed, probe                                     # pylint: disable=unused-import


@pytest.fixture
def server(pool, flavor):
    made = pool.get(flavor, "connections")
    made.reset()
    return made


VERSIONS = {"mariadb": 101100, "mysql9": 90000, "mysql56": 50600}


# --- sessions ---------------------------------------------------------------------------------------------

def test_tells_product_and_version(server, probe):
    answer = probe.open(server)
    assert answer["rc"] == "ok", answer
    assert VERSIONS[server.flavor] <= answer["version"] < VERSIONS[server.flavor] + 10000
    assert answer["mariadb"] == (server.flavor == "mariadb")
    assert answer["thread"] == int(probe.value("SELECT CONNECTION_ID()"))
    assert answer["address"] == f"127.0.0.1:{server.port}"
    assert answer["cipher"] is None


def test_default_authentication_works_without_tls(server, probe):
    account = server.source_account()
    for _ in range(2):          # with and without the server's cache of hashes
        assert probe.open(server, account)["rc"] == "ok"
        assert probe.value("SELECT CURRENT_USER()") == "dts@%"
        probe.ask("close")


def test_a_socket_can_be_named(server, probe):
    assert probe.open(server, socket=server.socket)["rc"] == "ok"


PINNED = {"time_zone": "+00:00", "autocommit": "1", "sql_quote_show_create": "1", "wait_timeout": "86400",
          "sql_select_limit": "18446744073709551615", "sql_safe_updates": "0", "unique_checks": "1"}
WRITE_MODE = {"NO_AUTO_VALUE_ON_ZERO", "ALLOW_INVALID_DATES", "STRICT_ALL_TABLES", "NO_ENGINE_SUBSTITUTION"}


def test_a_connection_can_be_compressed(server, probe):
    assert probe.open(server, compressed=True)["rc"] == "ok"
    assert probe.ask("query", sql="SHOW STATUS LIKE 'Compression'")["rows"] == [["Compression", "ON"]]
    probe.ask("close")
    assert probe.open(server)["rc"] == "ok"
    assert probe.ask("query", sql="SHOW STATUS LIKE 'Compression'")["rows"] == [["Compression", "OFF"]]


@pytest.mark.parametrize("session", ("catalog", "read", "write"))
def test_sessions_do_not_depend_on_the_server_s_settings(server, probe, session):
    server.set_global(time_zone="+05:00", autocommit=0, sql_mode="ANSI_QUOTES,NO_BACKSLASH_ESCAPES,NO_ZERO_DATE",
                      wait_timeout=7, foreign_key_checks=1, sql_safe_updates=1)
    if server.flavor == "mariadb":
        server.set_global(max_statement_time=60)
    elif server.flavor == "mysql9":
        server.set_global(max_execution_time=60000)
    account = server.source_account()       # no privilege that a pinned setting would need
    assert probe.open(server, account, session=session)["rc"] == "ok"
    for name, value in PINNED.items():
        assert probe.value(f"SELECT @@SESSION.{name}") == value, name
    mode = probe.value("SELECT @@SESSION.sql_mode")
    assert set(filter(None, mode.split(","))) == (WRITE_MODE if session == "write" else set())
    assert probe.value("SELECT @@SESSION.foreign_key_checks") == ("0" if session == "write" else "1")
    names = "utf8mb4" if session == "catalog" else "binary"
    for variable in ("client", "connection"):
        assert probe.value(f"SELECT @@SESSION.character_set_{variable}") == names
    assert probe.value("SELECT @@SESSION.character_set_results") in (names, None)
    isolation = "transaction_isolation" if server.flavor == "mysql9" else "tx_isolation"
    assert probe.value(f"SELECT @@SESSION.{isolation}") == "REPEATABLE-READ"
    if server.flavor == "mariadb":
        assert float(probe.value("SELECT @@SESSION.max_statement_time")) == 0
        assert probe.value("SELECT @@SESSION.check_constraint_checks") == ("0" if session == "write" else "1")
    elif server.flavor == "mysql9":
        assert probe.value("SELECT @@SESSION.max_execution_time") == "0"


def test_an_update_counts_the_rows_it_found(server, probe):
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY, b INT) ENGINE=InnoDB; INSERT INTO d.t VALUES (1,1),(2,1)")
    assert probe.open(server, session="write")["rc"] == "ok"
    assert probe.ask("exec", sql="UPDATE d.t SET b=1")["affected"] == 2
    assert probe.ask("exec", sql="DELETE FROM d.t WHERE a=9")["affected"] == 0


def test_results_stream_or_are_buffered(server, probe):
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT) ENGINE=InnoDB; INSERT INTO d.t VALUES (1),(NULL),(3)")
    assert probe.open(server)["rc"] == "ok"
    for stream in (False, True):
        answer = probe.ask("query", sql="SELECT a FROM d.t ORDER BY a", stream=stream)
        assert (answer["rc"], answer["rows"]) == ("eof", [[None], ["1"], ["3"]])
    answer = probe.ask("query", sql="SELECT no_such FROM d.t", stream=True)
    assert failed(answer, 2010, native=1054)["detail"].startswith("1054 (42S22): ")
    assert probe.ask("query", sql="DO 1")["rows"] == []


def test_results_of_a_statement_that_is_executed_are_thrown_away(server, probe):
    server.sql("CREATE DATABASE d; CREATE PROCEDURE d.p() BEGIN SELECT 1; SELECT 2; END")
    assert probe.open(server)["rc"] == "ok"
    assert probe.ask("exec", sql="CALL d.p()")["rc"] == "ok"
    assert probe.ask("exec", sql="SELECT 1 UNION SELECT 2")["rc"] == "ok"
    assert probe.value("SELECT 5") == "5"


def test_variables_that_exist_and_that_do_not(server, probe):
    assert probe.open(server)["rc"] == "ok"
    assert probe.ask("variable", name="log_bin")["value"] == "ON"
    assert probe.ask("variable", name="no_such_variable")["value"] is None


@pytest.mark.parametrize("session", ("catalog", "read", "write"))
def test_quoted_text_arrives_as_it_was(server, probe, session):
    assert probe.open(server, session=session)["rc"] == "ok"
    text = "it's \\ \"quoted\"\r\n\t%_ \x1a\u4e2d\U0001f600"
    quoted = probe.ask("quote", text=text + "\0.")["quoted"]
    assert probe.value(f"SELECT HEX({quoted})") == (text + "\0.").encode().hex().upper()


def test_the_server_never_gets_a_file_of_this_machine(server, probe, tmp_path):
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a TEXT)")
    (tmp_path / "secret").write_text("secret\n")
    for session in ("catalog", "read", "write"):
        assert probe.open(server, session=session)["rc"] == "ok"
        assert probe.ask("exec", sql=f"LOAD DATA LOCAL INFILE '{tmp_path}/secret' INTO TABLE d.t")["rc"] == "fail"
        assert server.sql("SELECT * FROM d.t") == ()
        probe.ask("close")


# --- ways to fail ------------------------------------------------------------------------------------------

def test_wrong_password(server, probe):
    account = server.source_account()
    answer = failed(probe.open(server, account, password="wrong"), 2004, retry="never")
    assert answer["primary"] == f"source 127.0.0.1:{server.port}: connecting failed"
    assert "wrong" not in json.dumps(answer)
    assert answer["hint"]


def test_unknown_account(server, probe):
    failed(probe.open(server, user="nobody-at-all", password="x"), 2004)


def test_unknown_host(probe):
    failed(probe.ask("open", host="no-such-host.invalid", port=3306, user="root"), 2003, native=2005)


def test_refused_port(probe):
    answer = failed(probe.ask("open", host="127.0.0.1", port=servers.free_port(), user="root"), 2001, retry="later")
    assert "listens" in answer["hint"]


def test_missing_socket(probe, tmp_path):
    failed(probe.ask("open", socket=str(tmp_path / "none"), user="root"), 2001)


@pytest.fixture
def black_hole():
    """A port at which nobody ever says anything; with a full backlog nobody even answers."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    yield listener
    listener.close()


def test_a_server_that_says_nothing(probe, black_hole):
    begin = time.monotonic()
    failed(probe.ask("open", host="127.0.0.1", port=black_hole.getsockname()[1], user="root", connect_timeout=1), 2002,
           retry="later")
    assert 0.9 < time.monotonic() - begin < 60


def test_a_server_that_does_not_even_answer(probe, black_hole):
    port = black_hole.getsockname()[1]
    fillers = []
    try:
        for _ in range(3):      # the kernel holds two for a backlog of 0, and then drops what comes
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        failed(probe.ask("open", host="127.0.0.1", port=port, user="root", connect_timeout=1), 2002, retry="later")
    finally:
        for filler in fillers:
            filler.close()


def test_what_is_no_database_server(probe):
    def answer(listener):
        peer, _ = listener.accept()
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        seen = probe.ask("open", host="127.0.0.1", port=listener.getsockname()[1], user="root", connect_timeout=5)
        thread.join()
    assert seen["rc"] == "fail" and 2001 <= seen["code"] <= 2009, seen


def sessions(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM information_schema.processlist"
                       " WHERE user NOT IN ('system user', 'event_scheduler')")
        return cursor.fetchone()[0]


def test_too_many_connections(new_server, flavor, probe):
    server = new_server(flavor)
    account = server.source_account()
    held = [server.connect()]
    rds.wait_until(lambda: sessions(held[0]) == 1, "the end of the sessions that made the account")
    with held[0].cursor() as cursor:
        cursor.execute(f"SET GLOBAL max_connections = {1 if flavor != 'mariadb' else 10}")
    try:
        while len(held) < 20:
            try:
                held.append(server.connect(user=account.name, password=account.password))
            except Exception:                                         # pylint: disable=broad-except
                break
        failed(probe.open(server, account), 2008, retry="later")
    finally:
        for one in held:
            one.close()


def test_a_locked_out_host(server, probe):
    server.sql("CREATE USER elsewhere@'192.0.2.1' IDENTIFIED BY 'x'")
    assert probe.open(server, user="elsewhere", password="x")["code"] in (2004, 2005)


def test_a_missing_privilege(server, probe):
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT)")
    assert probe.open(server, server.source_account())["rc"] == "ok"
    failed(probe.ask("query", sql="SELECT * FROM d.t"), 2011, native=1142)
    failed(probe.ask("exec", sql="CREATE DATABASE e"), 2011, native=1044)


def test_names_on_the_destination(server, probe):
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)")
    assert probe.open(server, destination=True, session="write")["rc"] == "ok"
    failed(probe.ask("exec", sql="INSERT INTO d.t VALUES (1)"), 4006)
    failed(probe.ask("exec", sql="INSERT INTO d.t VALUES (99999999999)"), 4007)
    failed(probe.ask("exec", sql="INSERT INTO d.none VALUES (1)"), 4002)
    failed(probe.ask("exec", sql="INSERT INTO d.t (no_such) VALUES (1)"), 4003)
    failed(probe.ask("exec", sql="CREATE TABLE d.t (a INT)"), 4001)


def test_a_read_only_destination(server, probe):
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY) ENGINE=InnoDB")
    account = server.destination_account("d")
    server.set_global(read_only=1)
    assert probe.open(server, account, destination=True, session="write")["rc"] == "ok"
    failed(probe.ask("exec", sql="INSERT INTO d.t VALUES (1)"), 4005, retry="later")


def test_lock_timeout(server, probe):
    server.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1)")
    assert probe.open(server, session="write")["rc"] == "ok"
    assert probe.ask("exec", sql="SET innodb_lock_wait_timeout=1")["rc"] == "ok"
    with server.connect(autocommit=False) as other:
        other.cursor().execute("SELECT * FROM d.t FOR UPDATE")
        failed(probe.ask("exec", sql="DELETE FROM d.t"), 2012, retry="now", native=1205)


def test_killed_by_another_session(server, probe):
    thread = probe.open(server)["thread"]
    server.sql(f"KILL {thread}")
    failed(probe.ask("exec", sql="DO 1"), 2006, retry="reconnect")


def test_killed_while_it_waits(server, probe):
    thread = probe.open(server)["thread"]

    def kill():
        rds.wait_until(lambda: server.sql("SELECT 1 FROM information_schema.processlist WHERE info LIKE 'DO SLEEP(60)%'"),
                       "the statement to run")
        server.sql(f"KILL {thread}")

    killer = threading.Thread(target=kill)
    killer.start()
    answer = probe.ask("exec", sql="DO SLEEP(60)")
    killer.join()
    failed(answer, 2006, retry="reconnect")


def test_a_server_that_goes_away(new_server, flavor, probe):
    server = new_server(flavor)
    assert probe.open(server)["rc"] == "ok"
    server.kill()
    failed(probe.ask("exec", sql="DO 1"), 2006, retry="reconnect")
    failed(probe.open(server), 2001, retry="later")


# --- cancelling ---------------------------------------------------------------------------------------------

def test_a_statement_can_be_cancelled_from_another_thread(server, probe):
    assert probe.open(server)["rc"] == "ok"
    begin = time.monotonic()
    answer = probe.ask("cancel_after", ms=200, then={"op": "query", "sql": "SELECT SLEEP(60)"})
    assert answer["rc"] == "cancelled" and answer["code"] == 6001, answer
    assert time.monotonic() - begin < 20
    assert probe.ask("exec", sql="DO 1")["rc"] == "cancelled"
    probe.ask("close")
    assert probe.open(server)["rc"] == "ok"


def test_connecting_can_be_cancelled(probe, black_hole):
    begin = time.monotonic()
    answer = probe.ask("cancel_after", ms=200,
                       then={"op": "open", "host": "127.0.0.1", "port": black_hole.getsockname()[1], "user": "root",
                             "connect_timeout": 60})
    assert answer["rc"] == "cancelled", answer
    assert time.monotonic() - begin < 20


def test_a_read_timeout(server, probe):
    assert probe.open(server, read_timeout=1)["rc"] == "ok"
    failed(probe.ask("query", sql="SELECT SLEEP(30)"), 2006, retry="reconnect")


# --- encryption ---------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def certificates():
    return servers.certificates()


@pytest.fixture
def tls_server(pool, request):
    return pool.get(request.param, "tls", tls=True)


modern = pytest.mark.parametrize("tls_server", ("mariadb", "mysql9"), indirect=True)


@contextlib.contextmanager
def relay(host, server):
    """The server under another address."""
    def pass_on(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        finally:
            target.close()

    def serve():
        peer, _ = listener.accept()
        inner = socket.create_connection((server.host, server.port))
        threads.append(threading.Thread(target=pass_on, args=(inner, peer)))
        threads[-1].start()
        pass_on(peer, inner)

    threads = [threading.Thread(target=serve)]
    with socket.create_server((host, 0)) as listener:
        threads[0].start()
        yield listener.getsockname()[1]
        for thread in threads:
            thread.join(20)


@modern
def test_encrypted_and_verified(tls_server, probe, certificates):
    assert probe.open(tls_server, tls=True, ca=str(certificates / "ca.pem"))["cipher"]
    probe.ask("close")
    answer = probe.open(tls_server, tls=True, ca=str(certificates / "ca.pem"), session="write",
                        cert=str(certificates / "client-cert.pem"), key=str(certificates / "client-key.pem"))
    assert answer["cipher"]


@modern
def test_encrypted_without_a_ca(tls_server, probe):
    assert probe.open(tls_server, tls=True)["cipher"]


@modern
def test_not_encrypted_where_that_is_chosen(tls_server, probe):
    assert probe.open(tls_server)["cipher"] is None


@modern
def test_a_certificate_of_another_ca(tls_server, probe, tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=another", "-keyout",
                    tmp_path / "key.pem", "-out", tmp_path / "ca.pem"], check=True, capture_output=True)
    answer = failed(probe.open(tls_server, tls=True, ca=str(tmp_path / "ca.pem")), 2007, retry="never")
    assert "certificate" in answer["hint"]


@pytest.mark.parametrize("product", ("mariadb", "mysql9"))
def test_a_certificate_that_has_expired(new_server, product, probe, certificates, tmp_path):
    (tmp_path / "ext").write_text("subjectAltName=IP:127.0.0.1\n", encoding="ascii")
    for argv in (("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "key.pem", "-out", "request.pem"),
                 ("x509", "-req", "-in", "request.pem", "-CA", certificates / "ca.pem", "-CAkey", certificates / "ca-key.pem",
                  "-set_serial", "77", "-days", "0", "-extfile", "ext", "-out", "cert.pem")):
        subprocess.run(["openssl", *argv], cwd=tmp_path, check=True, capture_output=True)
    server = new_server(product, tls=True, ssl_cert=tmp_path / "cert.pem", ssl_key=tmp_path / "key.pem")
    assert probe.open(server, tls=True)["cipher"]           # nobody looks at it
    probe.ask("close")
    answer = rds.wait_until(lambda: (seen := expired(probe, server, certificates))["rc"] != "ok" and seen, "the end of its second")
    assert "certificate" in failed(answer, 2007, retry="never")["hint"]


def expired(probe, server, certificates):
    answer = probe.open(server, tls=True, ca=str(certificates / "ca.pem"))
    if answer["rc"] == "ok":
        probe.ask("close")
    return answer


@modern
def test_a_certificate_for_another_host(tls_server, probe, certificates):
    with relay("127.0.0.2", tls_server) as port:
        answer = failed(probe.ask("open", host="127.0.0.2", port=port, user="root", tls=True,
                                  ca=str(certificates / "ca.pem")), 2007)
    assert "certificate" in answer["hint"]


@modern
def test_a_ca_that_is_no_file(tls_server, probe, tmp_path):
    failed(probe.open(tls_server, tls=True, ca=str(tmp_path / "none.pem")), 2007)


@pytest.mark.parametrize("kind", ("mariadb", "mysql56"))
def test_a_server_that_offers_no_encryption(new_server, kind, probe):
    answer = failed(probe.open(new_server(kind, skip_ssl=True), tls=True), 2007, retry="never")
    assert "No SSL" in answer["hint"]


def test_a_server_whose_encryption_is_too_old(new_server, probe):
    answer = failed(probe.open(new_server("mysql56", tls=True), tls=True), 2007, retry="never")
    assert "TLS 1.0" in answer["hint"]


def test_a_server_that_demands_encryption(new_server, probe):
    server = new_server("mysql9", tls=True, require_secure_transport=True)
    account = server.source_account()
    answer = failed(probe.open(server, account), 2007)
    assert "SSL" in answer["hint"]


def packet(number, body):
    return len(body).to_bytes(3, "little") + bytes([number]) + body


@contextlib.contextmanager
def impostor():
    """A server that asks for the password in clear text; what it is told is in the list."""
    greeting = (b"\x0a5.7.0-impostor\0" + b"\1\0\0\0" + b"12345678\0" + b"\xff\xf7" + b"\x21" + b"\2\0" + b"\xff\x81\x15" +
                bytes(10) + b"123456789012\0" + b"mysql_native_password\0")
    heard = []

    def serve():
        peer, _ = listener.accept()
        peer.settimeout(10)
        with contextlib.suppress(ConnectionError):          # who does not believe it hangs up
            peer.sendall(packet(0, greeting))
            heard.append(peer.recv(4096))
            peer.sendall(packet(2, b"\xfemysql_clear_password\0"))
            heard.append(peer.recv(4096))
        peer.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], heard
        thread.join(20)


@pytest.mark.parametrize("tls", (False, True))
def test_nobody_talks_the_password_out_of_us(probe, tls):
    with impostor() as (port, heard):
        answer = probe.ask("open", host="127.0.0.1", port=port, user="dts", password="dts-Secret-1", tls=tls)
    assert answer["rc"] == "fail" and answer["code"] in (2004, 2007), answer
    assert b"dts-Secret-1" not in b"".join(heard)
    assert heard[0]


# --- the client's own defaults ------------------------------------------------------------------------------

def test_option_files_are_read_where_asked(server, probe, tmp_path):
    account = server.source_account()
    (tmp_path / "my.cnf").write_text(f"[client]\nuser={account.name}\npassword={account.password}\n"
                                     f"host=127.0.0.1\nport={server.port}\nmax-allowed-packet=1048576\n")
    assert probe.ask("open", option_file=str(tmp_path / "my.cnf"))["rc"] == "ok"
    assert probe.value("SELECT CURRENT_USER()") == "dts@%"
    assert probe.ask("query", sql="SELECT LENGTH(REPEAT('x', 4000000)), REPEAT('x', 4000000)")["rc"] == "eof"


def test_an_option_file_that_is_missing(probe, tmp_path):
    failed(probe.ask("open", option_file=str(tmp_path / "none.cnf")), 1003)
