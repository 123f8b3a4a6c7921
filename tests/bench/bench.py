#!/usr/bin/python3
"""Benchmarks: rds-sync and a peer in turn, on the same servers with the same settings, several times.

    bench.py copy      the full copy, against mydumper + myloader (4 threads each)
    bench.py live      the full copy while sysbench writes, then following it: the memory against what is promised
    bench.py catchup   catching up a backlog of sysbench's oltp_write_only, against MariaDB's own replication
    bench.py decode    decoding a log alone, its rows dropped, against "mariadb-binlog -v" into /dev/null; needs
                       decode_bench too ("make check TESTS=") and no optimisation switched off

Prints both medians and their ratio, the program's own CPU time and its peak memory. Machines are noisy: only the ratio
means something. Each run starts its own servers, and ends with both sides compared. Needs mydumper and sysbench;
RDS_SYNC_BIN names the program.
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import compare              # noqa: E402  pylint: disable=wrong-import-position
import rds                  # noqa: E402  pylint: disable=wrong-import-position
import servers              # noqa: E402  pylint: disable=wrong-import-position

DATABASE = "sbtest"


class Both:
    def __init__(self, source, destination):
        self.source, self.destination = source, destination


def quiet(argv):
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def sysbench(server, args, *words):
    return ["sysbench", "--db-driver=mysql", f"--mysql-socket={server.socket}", "--mysql-user=root",
            f"--mysql-db={DATABASE}", f"--tables={args.tables}", f"--table-size={args.rows}", "--rand-type=uniform",
            "oltp_write_only", *words]


def prepare(server, args):
    server.sql(f"CREATE DATABASE {DATABASE}")
    quiet(sysbench(server, args, "--threads=2", "prepare"))


def same(both, thorough=False):
    if thorough:
        return not compare.compare_databases(both.source, both.destination, [DATABASE])
    names = [row[0] for row in both.source.sql(f"SHOW TABLES FROM {DATABASE}")]
    return all(both.source.sql(f"CHECKSUM TABLE {DATABASE}.{name}")[0][1]
               == both.destination.sql(f"CHECKSUM TABLE {DATABASE}.{name}")[0][1] for name in names)


def report(what, ours, theirs):
    mine, peer = statistics.median(ours), statistics.median(theirs)
    print(f"{what}: {mine:.2f} s against {peer:.2f} s, ratio {mine / peer:.3f} "
          f"(runs: {', '.join(f'{a / b:.3f}' for a, b in zip(ours, theirs))})")


class Ours:
    """A task of the program between two servers; each run() ends when it is synchronized."""

    def __init__(self, both, home):
        home.mkdir()
        self.program = rds.Program(pathlib.Path(os.environ["RDS_SYNC_BIN"]), home)
        self.task = self.program.task("bench", both, [DATABASE])
        self.log = home / "log"

    def run(self):
        argv = [self.program.binary, "run", str(self.task.path), "--until=synchronized", "--skip-precheck-warnings"]
        start = time.monotonic()
        with open(self.log, "wb") as log, \
                subprocess.Popen(argv, env=self.program.env, stdout=log, stderr=log) as process:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = status
        assert status == 0, self.log.read_text(encoding="utf-8")[-2000:]
        return {"wall": time.monotonic() - start, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss}


def copy_peer(both, home, round_):
    dump = home / f"dump{round_}"
    start = time.monotonic()
    quiet(["mydumper", f"--socket={both.source.socket}", "--user=root", f"--database={DATABASE}", "--threads=4",
           f"--outputdir={dump}", "--chunk-filesize=32"])
    quiet(["myloader", f"--socket={both.destination.socket}", "--user=root", "--threads=4", f"--directory={dump}",
           "--overwrite-tables", "--enable-binlog"])
    wall = time.monotonic() - start
    shutil.rmtree(dump)
    return wall


def drop(server):
    server.sql(f"DROP DATABASE IF EXISTS {DATABASE}", "DROP DATABASE IF EXISTS dts")


def bench_copy(args):
    ours, theirs, cpu, peak = [], [], [], []
    with servers.MariaDB() as source, servers.MariaDB() as destination, tempfile.TemporaryDirectory() as temp:
        both, home = Both(source, destination), pathlib.Path(temp)
        prepare(source, args)
        for round_ in range(args.runs):
            used = Ours(both, home / f"home{round_}").run()
            ours.append(used["wall"])
            cpu.append(used["cpu"])
            peak.append(used["peak"])
            assert same(both, thorough=round_ == 0), "the sides differ"
            drop(destination)
            theirs.append(copy_peer(both, home, round_))
            assert same(both), "the peer's sides differ"
            drop(destination)
    print(f"full copy of {args.tables} tables, {args.tables * args.rows:,} rows; peer: mydumper + myloader, 4 threads")
    report("time", ours, theirs)
    print(f"own CPU {statistics.median(cpu):.1f} s, peak memory {max(peak) / 1024:.0f} MiB")


PROMISED_MIB = 256 + 64 + 64     # sync.memory, what the program itself needs, one packet of the servers' largest size


def writer(server, args):
    """Writes until it is terminated; how much, its report says."""
    return subprocess.Popen(sysbench(server, args, "--threads=2", f"--rate={args.rate}", "--time=0", "run"),
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def commits(server):
    return int(server.sql("SHOW GLOBAL STATUS LIKE 'Com_commit'")[0][1])


def bench_live(args):
    with servers.MariaDB() as source, servers.MariaDB() as destination, tempfile.TemporaryDirectory() as temp:
        both = Both(source, destination)
        prepare(source, args)
        task = Ours(both, pathlib.Path(temp) / "home")
        before = commits(source)
        with writer(source, args) as load:
            copied = task.run()
            assert load.poll() is None, "the writer ended by itself"
            following = task.run()
            load.terminate()
        written = commits(source) - before
        followed = task.run()
        assert same(both, thorough=True), "the sides differ"
    peak = max(used["peak"] for used in (copied, following, followed)) / 1024
    print(f"full copy of {args.tables} tables, {args.tables * args.rows:,} rows, while {written:,} transactions were written: "
          f"{copied['wall']:.1f} s until synchronized, own CPU {copied['cpu']:.1f} s; both sides are the same afterwards")
    print(f"peak memory {peak:.0f} MiB of {PROMISED_MIB} MiB promised")
    assert peak <= PROMISED_MIB, "more memory than promised"


def replica_of(source, replica, threads):
    file, offset = source.log_position()[:2]
    replica.sql("STOP SLAVE", "RESET SLAVE ALL", f"SET GLOBAL slave_parallel_threads={threads}",
                f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={source.port}, MASTER_USER='bench', "
                f"MASTER_PASSWORD='bench', MASTER_LOG_FILE='{file}', MASTER_LOG_POS={offset}")


def wait_for_replica(source, replica):
    file, offset = source.log_position()[:2]
    waited = replica.sql(f"SELECT MASTER_POS_WAIT('{file}', {offset}, 600)")[0][0]
    assert waited is not None and waited >= 0, replica.sql("SHOW SLAVE STATUS")


def bench_catchup(args):
    ours, cpu, theirs = [], [], {0: [], 4: []}
    with servers.MariaDB() as source, servers.MariaDB() as destination, servers.MariaDB() as replica, \
            tempfile.TemporaryDirectory() as temp:
        both, home = Both(source, destination), pathlib.Path(temp)
        source.sql("CREATE USER bench@'%' IDENTIFIED BY 'bench'", "GRANT REPLICATION SLAVE ON *.* TO bench@'%'")
        prepare(source, args)
        task = Ours(both, home / "home")
        task.run()
        copy_peer(Both(source, replica), home, 0)
        for round_ in range(args.runs):
            threads = 4 if round_ % 2 else 0
            replica_of(source, replica, threads)
            quiet(sysbench(source, args, "--threads=4", f"--events={args.transactions}", "--time=0", "run"))
            used = task.run()
            ours.append(used["wall"])
            cpu.append(used["cpu"])
            start = time.monotonic()
            replica.sql("START SLAVE")
            wait_for_replica(source, replica)
            theirs[threads].append(time.monotonic() - start)
            replica.sql("STOP SLAVE")
        assert same(both, thorough=True), "the sides differ"
    print(f"catching up {args.transactions:,} transactions of oltp_write_only; peer: MariaDB's own replication")
    median, threads = min((statistics.median(times), threads) for threads, times in theirs.items() if times)
    print(f"time: {statistics.median(ours):.2f} s against {median:.2f} s ({threads or 'no'} parallel threads), ratio "
          f"{statistics.median(ours) / median:.2f}; own CPU {statistics.median(cpu):.1f} s")


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


def make_log(server, args):
    """A log of args.size MiB: half of it sysbench's, half of it rows of many types."""
    def wants(part):
        file, offset = server.log_position()
        return file.endswith(".000001") and offset < args.size * part * 1024 * 1024

    args.rows = min(args.rows, 20000)
    prepare(server, args)
    while wants(0.5):
        quiet(sysbench(server, args, "--threads=2", "--events=10000", "--time=0", "run"))
    server.sql(MIXED, db=DATABASE)
    while wants(1):
        server.sql(*MIXED_ROUND, db=DATABASE)
    server.sql("FLUSH BINARY LOGS")
    return server.datadir / "binlog.000001"


def timed(argv):
    """Seconds on the clock, and of the processor."""
    start = time.monotonic()
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
    assert status == 0, argv
    return time.monotonic() - start, used.ru_utime + used.ru_stime


def bench_decode(args):
    program = pathlib.Path(os.environ["RDS_SYNC_BIN"]).parent / "tests" / "bench" / "decode_bench"
    with tempfile.TemporaryDirectory() as temp:
        log = args.log
        if not log:
            with servers.MariaDB(binlog_row_metadata="FULL", max_binlog_size="1G") as server:
                log = shutil.copy(make_log(server, args), temp)
        decoded = subprocess.run([program, log], check=True, capture_output=True, text=True).stdout.strip()
        ours, theirs = [], []
        for _ in range(args.runs):
            ours.append(timed([program, log]))
            theirs.append(timed(["mariadb-binlog", "-v", log]))
        print(f"decoding a log of {os.path.getsize(log) / 1024 ** 2:.0f} MiB, {decoded}; peer: mariadb-binlog -v")
    report("time", *([wall for wall, _ in runs] for runs in (ours, theirs)))
    report("CPU", *([cpu for _, cpu in runs] for runs in (ours, theirs)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bench", choices=("copy", "live", "catchup", "decode"))
    parser.add_argument("--tables", type=int, default=8)
    parser.add_argument("--rows", type=int, default=250000, help="in each table")
    parser.add_argument("--transactions", type=int, default=20000)
    parser.add_argument("--rate", type=int, default=300, help="transactions a second of the writer (live)")
    parser.add_argument("--size", type=int, default=256, help="MiB of the log, at most 1024 (decode)")
    parser.add_argument("--log", help="decode this log instead of making one (decode)")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    {"copy": bench_copy, "live": bench_live, "catchup": bench_catchup, "decode": bench_decode}[args.bench](args)


if __name__ == "__main__":
    main()
