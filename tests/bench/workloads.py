"""What is copied and followed: sysbench's tables and writers, and tables of our own."""

import contextlib
import pathlib
import subprocess

from harness import quiet, rds

import oracle

SBTEST = "sbtest"
HOT = str(pathlib.Path(__file__).with_name("hot.lua"))
TABLES = 8                      # of sysbench


def sysbench(server, rows, script, *words, tables=TABLES):
    return ["sysbench", "--db-driver=mysql", f"--mysql-socket={server.socket}", "--mysql-user=root",
            f"--mysql-db={SBTEST}", f"--tables={tables}", f"--table-size={rows // tables}", "--rand-type=uniform",
            script, *words]


def prepare(server, rows, tables=TABLES):
    server.sql(f"CREATE DATABASE {SBTEST}")
    quiet(sysbench(server, rows, "oltp_write_only", "--threads=2", "prepare", tables=tables))


def write(server, rows, script, transactions):
    quiet(sysbench(server, rows, script, "--threads=4", f"--events={transactions}", "--time=0", "run"))


@contextlib.contextmanager
def writing(server, rows, rate):
    """oltp_write_only at RATE transactions a second while the block runs."""
    words = sysbench(server, rows, "oltp_write_only", "--threads=2", f"--rate={rate}", "--time=0", "run")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield
            assert process.poll() is None, "the writer ended by itself"
        finally:
            process.kill()


def commits(server):
    return int(server.sql("SHOW GLOBAL STATUS LIKE 'Com_commit'")[0][1])


class RandomSchema:
    """The crash oracle's schema and writers, which are never killed here."""

    database = "oracle"

    def __init__(self, server, seed):
        self.server, self.seed = server, seed
        self.schema = oracle.Schema(oracle.random.Random(seed))
        self.schema.create(server, self.database)

    def write(self, transactions):
        """So many commits, or a few more."""
        self.seed += 1
        writers = [oracle.Writer(self.server, self.database, self.schema, f"{self.seed}-{n}", 0) for n in range(3)]
        for writer in writers:
            writer.start()
        rds.wait_until(lambda: sum(writer.commits for writer in writers) >= transactions or
                       any(writer.error for writer in writers), "the writers", 3600)
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join()
            if writer.error:
                raise writer.error


# --- rows of our own -------------------------------------------------------------------------------------

WIDE = "wide"
# Documents, text, and binary values of up to 1 MiB: one row in 200 has that much, one in 10 has 64 KiB.
WIDE_TABLE = "CREATE TABLE documents (id INT AUTO_INCREMENT PRIMARY KEY, doc JSON, body MEDIUMTEXT, data LONGBLOB)"
WIDE_ROWS = """
    INSERT INTO documents (doc, body, data) SELECT
        JSON_OBJECT('number', seq, 'name', MD5(seq), 'tags', JSON_ARRAY(seq, 'a', NULL, 1.5),
                    'text', REPEAT(SHA1(seq), seq % 30)),
        REPEAT(CONCAT('Zeile ', seq, ' – ', MD5(seq), '\\n'), seq % 100),
        REPEAT(RANDOM_BYTES(1024), CASE WHEN seq % 200 = 0 THEN 1024 WHEN seq % 10 = 0 THEN 64 ELSE seq % 5 END)
    FROM seq_1_to_{rows}"""
NARROW_KINDS = (
    ("INT", "seq * {n} % 1000003"), ("SMALLINT UNSIGNED", "seq * {n} % 65536"),
    ("VARCHAR(12)", "LEFT(MD5(seq + {n}), seq % 13)"), ("DECIMAL(12,2)", "seq * {n} / 100"),
    ("DATE", "'2000-01-01' + INTERVAL (seq * {n}) % 9000 DAY"), ("BIGINT", "seq * seq * {n}"),
    ("DATETIME", "'2001-01-01' + INTERVAL (seq * {n}) % 700000000 SECOND"), ("TINYINT", "seq % 100"),
    ("DOUBLE", "seq / {n}"), ("CHAR(4)", "NULL"))


def wide(server, rows):
    """ROWS narrow rows of 100 columns, and a tenth as many wide ones."""
    server.sql(f"CREATE DATABASE {WIDE}")
    server.sql(WIDE_TABLE, WIDE_ROWS.format(rows=max(rows // 10, 1)), db=WIDE)
    kinds = [NARROW_KINDS[n % len(NARROW_KINDS)] for n in range(99)]
    columns = ", ".join(f"c{n} {kind}" for n, (kind, _) in enumerate(kinds))
    values = ", ".join(value.format(n=n + 1) for n, (_, value) in enumerate(kinds))
    server.sql(f"CREATE TABLE narrow (id INT AUTO_INCREMENT PRIMARY KEY, {columns}, KEY (c0), KEY (c2))",
               f"INSERT INTO narrow SELECT NULL, {values} FROM seq_1_to_{rows}", db=WIDE)


MANY = "many"


def many(server, tables, rows):
    """TABLES tables of ROWS rows each."""
    server.sql(f"CREATE DATABASE {MANY}")
    with server.connect(MANY, autocommit=True) as connection, connection.cursor() as cursor:
        for n in range(tables):
            cursor.execute(f"CREATE TABLE t{n} (id INT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, c CHAR(120) NOT NULL,"
                           " pad CHAR(60) NOT NULL, KEY (k))")
            cursor.execute(f"INSERT INTO t{n} SELECT NULL, seq * 7919 % 1009, SHA2(seq, 256), MD5(seq) FROM seq_1_to_{rows}")


# --- a log -----------------------------------------------------------------------------------------------

MIXED = """
    CREATE TABLE mixed (id INT AUTO_INCREMENT PRIMARY KEY, tiny TINYINT UNSIGNED, big BIGINT, price DECIMAL(20, 4),
        ratio DOUBLE, single FLOAT, day DATE, at DATETIME(6), stamp TIMESTAMP(3) NULL, span TIME, born YEAR,
        kind ENUM('one', 'two', 'three'), tags SET('a', 'b', 'c', 'd'), bits BIT(12), name VARCHAR(100),
        raw BINARY(16), body TEXT, data BLOB, doc JSON, address INET6)"""
MIXED_ROUND = ("""
    INSERT INTO mixed SELECT NULL, seq % 256, (RAND() - 0.5) * 1e18, (RAND() - 0.3) * 1e9, RAND() * 1e6 - 5e5, RAND(),
        '2000-01-01' + INTERVAL RAND() * 9000 DAY, '2000-01-01' + INTERVAL RAND() * 7e8 SECOND,
        '2001-01-01' + INTERVAL RAND() * 7e8 SECOND, SEC_TO_TIME(RAND() * 1e5), 1990 + seq % 60, 1 + seq % 3, seq % 16,
        seq % 4096, REPEAT(MD5(seq), 1 + seq % 3), UNHEX(MD5(RAND())), REPEAT(SHA1(seq), seq % 8),
        UNHEX(REPEAT(SHA1(seq), seq % 6)), JSON_OBJECT('number', seq, 'text', MD5(seq)), '2001:db8::1' FROM seq_1_to_4000""",
               "UPDATE mixed SET price = price + 1, at = at + INTERVAL 1 SECOND, name = NULL WHERE id % 2 = 0",
               "DELETE FROM mixed")


def make_log(server, mebibytes):
    """The path of a log of that size: half of it sysbench's, half of it rows of many types."""
    def wants(part):
        file, offset = server.log_position()
        return file.endswith(".000001") and offset < mebibytes * part * 1024 * 1024

    rows = 160000
    prepare(server, rows)
    while wants(0.5):
        write(server, rows, "oltp_write_only", 10000)
    server.sql(MIXED, db=SBTEST)
    while wants(1):
        server.sql(*MIXED_ROUND, db=SBTEST)
    server.sql("FLUSH BINARY LOGS")
    return server.datadir / "binlog.000001"
