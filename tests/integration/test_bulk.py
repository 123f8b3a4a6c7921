"""The full copy's two fast ways: rows as parameters of a prepared statement, many at a time (MariaDB), and chunks whose
bounds are computed where a key is one number. Whatever can't go these ways must take the others, in the same chunk."""

import time

import pytest

import compare
import conftest
import proxy

KEYS = {
    "close": "id INT PRIMARY KEY",
    "far": "id BIGINT PRIMARY KEY",
    "ends": "id BIGINT PRIMARY KEY",
    "top": "id BIGINT UNSIGNED PRIMARY KEY",
    "filled": "id INT UNSIGNED ZEROFILL PRIMARY KEY",
    "text": "id VARCHAR(20) PRIMARY KEY",
    "pair": "a INT, id INT, PRIMARY KEY (a, id)",
    "one": "id TINYINT PRIMARY KEY",
    "none": "id INT PRIMARY KEY",
}
ROWS = 6000
IDS = {
    "close": [i for i in range(-ROWS, 2 * ROWS) if i % 3 == 0],
    "far": [i * 1000 for i in range(ROWS)],
    "ends": [-2 ** 63, *range(ROWS), 2 ** 63 - 1],
    "top": range(2 ** 64 - ROWS, 2 ** 64),
    "filled": range(ROWS),
    "text": range(ROWS),
    "one": [-128],
}
PAD = "0123456789" * 10


def start(pair, program, settings=None):
    task = program.task("copy", pair, ["bulk"], settings={"sync.chunk_size": "64K", **(settings or {})})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["bulk"])
    return task


def status(server, name):
    return int(server.sql(f"SHOW GLOBAL STATUS LIKE '{name}'")[0][1])


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_bounds_of_chunks(pair, program):
    pair.source.sql("CREATE DATABASE bulk")
    for name, key in KEYS.items():
        pair.source.sql(f"CREATE TABLE {name} ({key}, pad CHAR(100) NOT NULL)", db="bulk")
        if name in IDS:
            rows = ", ".join(f"({i}, '{PAD}')" for i in IDS[name])
            pair.source.sql(f"INSERT INTO {name} VALUES {rows}", db="bulk")
    pair.source.sql(f"INSERT INTO pair SELECT id % 3, id, '{PAD}' FROM filled", "ANALYZE TABLE " + ", ".join(KEYS), db="bulk")
    start(pair, program)
    chunks = {row[0]: row[1:] for row in pair.destination.sql(
        "SELECT name, COUNT(*), SUM(n_rows), MAX(n_rows) FROM dts.rds_sync_chunk GROUP BY name")}
    for name in KEYS:
        n, rows, largest = map(int, chunks[name])
        assert rows == len(IDS.get(name, range(ROWS if name == "pair" else 0)))
        assert rows < 10 and n == 1 or n >= 6 and largest <= ROWS / 5, (name, n, largest)


@pytest.mark.pairs("mariadb-mariadb")
def test_rows_as_parameters(pair, program):
    pair.source.sql("CREATE DATABASE bulk")
    pair.source.sql(
        "CREATE TABLE plain (id INT PRIMARY KEY, b BIT(3), s SET('a', 'b'), l VARCHAR(20) CHARACTER SET latin1, d DOUBLE, "
        "n DECIMAL(30, 10), t TIMESTAMP(6) NULL, x BLOB, g INT AS (id * 2) STORED, KEY (d))",
        "INSERT INTO plain (id, b, s, l, d, n, t, x) SELECT seq, seq % 8, seq % 4, CHAR(128 + seq % 128 USING latin1), "
        "seq / 7, seq / 7, FROM_UNIXTIME(1 + seq / 3), CHAR(seq % 256, 9, 10, 92, 0) FROM seq_1_to_3000",
        "UPDATE plain SET b = NULL, s = NULL, l = NULL, d = NULL, n = NULL, t = NULL, x = NULL WHERE id % 5 = 0",
        "CREATE TABLE keyless (v INT, w VARCHAR(5) NOT NULL)",
        "INSERT INTO keyless SELECT seq % 7, '' FROM seq_1_to_3000", db="bulk")
    before = status(pair.destination, "Com_load"), status(pair.destination, "Com_stmt_execute")
    start(pair, program, {"sync.lock_for_keyless": "yes"})
    assert status(pair.destination, "Com_load") == before[0]
    assert status(pair.destination, "Com_stmt_execute") >= before[1] + 6


@pytest.mark.pairs("mariadb-mariadb")
def test_rows_that_are_no_parameters(pair, program):
    """In the middle of a chunk: one that is too large, and one with ENUM's error value, which a strict session refuses."""
    pair.source.sql("CREATE DATABASE bulk")
    pair.source.sql(
        "CREATE TABLE large (id INT PRIMARY KEY, b LONGBLOB)",
        "INSERT INTO large SELECT seq, REPEAT('x', IF(seq = 50, 9 << 20, seq)) FROM seq_1_to_100",
        "CREATE TABLE wrong (id INT PRIMARY KEY, e ENUM('a', 'b'))",
        "INSERT IGNORE INTO wrong SELECT seq, IF(seq = 50, 'c', 'b') FROM seq_1_to_100", db="bulk")
    assert pair.source.sql("SELECT e + 0 FROM bulk.wrong WHERE id = 50")[0][0] == 0
    before = status(pair.destination, "Com_load")
    start(pair, program)
    assert status(pair.destination, "Com_load") >= before + 2


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.destination(binlog_format="STATEMENT")
def test_log_of_statements(pair, program):
    """Such a server takes no rows as parameters."""
    pair.source.sql("CREATE DATABASE bulk")
    pair.source.sql("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(10))", "INSERT INTO t SELECT seq, seq FROM seq_1_to_1000",
                    db="bulk")
    start(pair, program)


@pytest.mark.pairs("mariadb-mariadb")
def test_value_that_does_not_fit(pair, program):
    """The destination's column became shorter between two attempts: the copy stops, and no value is cut."""
    pair.source.sql("CREATE DATABASE bulk")
    pair.source.sql("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40), pad CHAR(100))",
                    f"INSERT INTO t SELECT seq, IF(seq = 5990, REPEAT('v', 40), 'v'), '{PAD}' FROM seq_1_to_6000",
                    "ANALYZE TABLE t", db="bulk")
    program.env["RDS_SYNC_CRASH_AT"] = "chunk-after-commit"
    task = program.task("copy", pair, ["bulk"], settings={"sync.chunk_size": "64K", "sync.copy_workers": "1"})
    assert task.run("--until=synchronized", "--skip-precheck-warnings").code == -9
    program.env.pop("RDS_SYNC_CRASH_AT")
    pair.destination.sql("ALTER TABLE bulk.t MODIFY v VARCHAR(10)")
    result = task.run("--until=synchronized", "--skip-precheck-warnings")
    assert result.code == 1 and "1406" in result.err and "loading bulk.t" in result.err, str(result)
    assert pair.destination.sql("SELECT COUNT(*) FROM bulk.t WHERE v != 'v'")[0][0] == 0


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_an_account_that_may_have_few_sessions(pair, program):
    """The task needs some in any case; it is copied and followed by as many workers as there is room for beside them."""
    pair.source.sql("CREATE DATABASE bulk")
    for n in range(4):
        pair.source.sql(f"CREATE TABLE t{n} (id INT PRIMARY KEY, pad CHAR(100) NOT NULL)",
                        f"INSERT INTO t{n} VALUES " + ", ".join(f"({i}, '{PAD}')" for i in range(ROWS)), db="bulk")
    accounts = (pair.source.source_account("bulk"), pair.destination.destination_account("bulk"))
    pair.source.sql("ALTER USER 'dts'@'%' WITH MAX_USER_CONNECTIONS 5")
    pair.destination.sql("ALTER USER 'dts'@'%' WITH MAX_USER_CONNECTIONS 3")
    task = program.task("copy", pair, ["bulk"], accounts=accounts,
                        settings={"sync.chunk_size": "64K", "sync.copy_workers": 8})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["bulk"])
    told = [p["text"] for p in task.status()["progress"]["problems"] if p["code"] == "RS-2008"]
    assert told and all("1226" in text for text in told), told


@pytest.mark.pairs("mariadb-mariadb")
def test_tables_that_were_copied_are_noted_together(pair, program):
    """At most ten times a second, however many there are: each note is a transaction that all of them wait for."""
    count = 200
    pair.source.sql("CREATE DATABASE bulk", *(f"CREATE TABLE bulk.t{n} (id INT PRIMARY KEY)" for n in range(count)))
    way, notes = proxy.Proxy(pair.destination), []

    def note(piece):
        if b"INSERT INTO `dts`.`rds_sync_table`" in piece and b"'copied'" in piece:
            notes.append(piece)
        return False                # it goes on
    way.refuse_packets(note, 0)
    task = program.task("copy", conftest.Pair("watched", pair.source, way), ["bulk"])
    begun = time.monotonic()
    task.synchronize()
    assert 0 < len(notes) <= (time.monotonic() - begun) / 0.1 + 2, [piece.count(b"'copied'") for piece in notes]
    assert not compare.compare_databases(pair.source, pair.destination, ["bulk"])
    way.close()
