"""The peak of memory against what is promised: one huge transaction, a payload that unpacks to much, many tables."""

import concurrent.futures
import sys
import time

import harness
import workloads
from harness import Ours, rds, same

DATABASE = "peak"
PACKET = {"max_allowed_packet": "16M"}      # a small one, since it is part of the promise


def followed(what, both, database, write):
    """Each of WRITE's statements in a transaction of its own, which is waited for; the peak of all."""
    task = Ours(both, [database])
    runs = [task.run()]
    for statements in write:
        both.source.sql(*statements, db=database)
        runs.append(task.run())
        same(both, [database])
    print(what)
    print(f"  seconds: {', '.join(f'{used.wall:.1f}' for used in runs)}")
    harness.report_used(runs)
    harness.promise(runs, harness.packet(both))
    return task


def transaction(args):
    """Transactions of --rows rows: inserted, changed, deleted."""
    with harness.pair(args, **PACKET) as both:
        both.source.sql(f"CREATE DATABASE {DATABASE}",
                        f"CREATE TABLE {DATABASE}.t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(40))")
        followed(f"one transaction that inserts {args.rows:,} rows, one that changes them, one that deletes them",
                 both, DATABASE,
                 [[f"INSERT INTO t SELECT NULL, seq, MD5(seq) FROM seq_1_to_{args.rows}"],
                  ["UPDATE t SET a = a + 1"], ["DELETE FROM t"]])


ROW_KIB = 16


def payload(args):
    """A compressed transaction of MySQL 9 that unpacks to --size MiB."""
    rows = args.size * 1024 // ROW_KIB
    with harness.pair(args, harness.mysql9, **PACKET, binlog_transaction_compression="ON") as both:
        both.source.sql(f"CREATE DATABASE {DATABASE}",
                        f"CREATE TABLE {DATABASE}.t (id INT PRIMARY KEY, body MEDIUMTEXT)")
        followed(f"a payload of {rows:,} rows that unpacks to {args.size} MiB", both, DATABASE,
                 [[f"SET SESSION cte_max_recursion_depth = {rows}",
                   "INSERT INTO t WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n"
                   f" WHERE i < {rows}) SELECT i, REPEAT(SHA2(i, 256), {ROW_KIB * 16}) FROM n"]])
        unpacked = both.source.value(
            "SELECT MAX(last_transaction_uncompressed_bytes)"
            " FROM performance_schema.binary_log_transaction_compression_stats"
            " WHERE log_type = 'BINARY' AND compression_type = 'ZSTD'")
        if unpacked < args.size * harness.MIB:
            sys.exit(f"the payload unpacks to {unpacked} bytes only")


def tables(args):
    """The full copy of --tables tables, then a change in each of them."""
    with harness.pair(args, **PACKET) as both:
        workloads.many(both.source, args.tables, 3)
        task = followed(f"{args.tables:,} tables, copied and changed", both, workloads.MANY,
                        [[f"UPDATE t{n} SET k = k + 1 WHERE id = 2" for n in range(args.tables)]])
        idle(task)


def sides(args):
    """--tables suspended tables, with --size MiB of changes each to catch up with, resumed at once: each on its own way."""
    rows = args.size * 1024 // ROW_KIB
    tables = [f"{DATABASE}.t{n}" for n in range(args.tables)]
    with harness.pair(args, **PACKET) as both:
        both.source.sql(f"CREATE DATABASE {DATABASE}",
                        *(f"CREATE TABLE {table} (id INT PRIMARY KEY, body MEDIUMTEXT)" for table in tables))
        task = Ours(both, [DATABASE])
        running = task.start()
        await_tables(task, running, "synchronizing")
        change_tables(task, "suspend", tables)
        await_tables(task, running, "suspended")
        for table in tables:
            both.source.sql(f"INSERT INTO {table} SELECT seq, REPEAT(SHA2(seq, 256), {ROW_KIB * 16}) FROM seq_1_to_{rows}",
                            *(f"INSERT INTO {table} VALUES ({rows + n}, 'x')" for n in range(1, 100)), db=DATABASE)
        begun = time.monotonic()
        change_tables(task, "resume", tables)
        await_tables(task, running, "synchronizing")
        used = harness.Used(0, harness.cpu_seconds(running.process.pid), harness.peak_memory(running.process.pid))
        print(f"{args.tables} tables that were suspended catch up with {args.size} MiB each")
        print(f"  seconds: {time.monotonic() - begun:.1f}")
        running.stop().succeeded()
        same(both, [DATABASE])
        harness.report_used([used])
        harness.promise([used], harness.packet(both))


def change_tables(task, verb, tables):
    """Each by a command of its own, all of them at once."""
    with concurrent.futures.ThreadPoolExecutor(4) as some:
        for done in [some.submit(task.program.run, "table", verb, task.task.path, table, seconds=600) for table in tables]:
            done.result().succeeded()


def await_tables(task, running, state):
    def all_are():
        tables = (task.task.status()["progress"] or {}).get("tables")
        return tables and all(table["state"] == state for table in tables)
    rds.wait_until(all_are, f"all tables to be {state}", 1200, running)


IDLE_SECONDS = 20


def idle(task):
    """What a task costs to which nothing happens."""
    running = task.start()
    rds.wait_until(lambda: (task.task.status()["progress"] or {}).get("caught_up"), "the log's end", 600, running)
    time.sleep(2)               # the last numbers are saved
    pid = running.process.pid
    cpu, written = harness.cpu_seconds(pid), harness.written_bytes(pid)
    time.sleep(IDLE_SECONDS)
    cpu, written = harness.cpu_seconds(pid) - cpu, harness.written_bytes(pid) - written
    print(f"  idle: {cpu / IDLE_SECONDS:.2%} of a core, {written / IDLE_SECONDS / 1024:.1f} KiB/s written")
    running.stop()
