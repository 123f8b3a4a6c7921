#!/usr/bin/python3
"""Benchmarks: rds-sync and a peer in turn, on servers with the same settings, several times.

    bench.py NAME [--rows N] [--rounds N] … [--small]

    copy         the full copy of 8 sysbench tables, against mydumper + myloader (4 threads each)
    copy-limit   the same, against LOAD DATA of the same rows from ready files, 4 sessions, indexes afterwards
    wide         the full copy of rows of 100 columns and of rows of up to 1 MiB, against both
    tables       the full copy of many small tables, against mydumper + myloader
    catchup      catching up a backlog of sysbench's oltp_write_only, against MariaDB's own replication
    hot          the same, 10 rows take half of the updates
    inserts      the same with oltp_insert
    random       the same with the crash oracle's random schemas and writers
    live         the full copy while sysbench writes, then following it: the memory against what is promised
    latency      from a commit at the source until it is seen at the destination, against MariaDB's own replication
    beside       following sysbench while both sides are compared all the time, against following alone
    verify       comparing all rows on demand, against CHECKSUM TABLE and against "mariadb-dump | md5sum" of both sides
    decode       decoding a log alone, its rows dropped, against "mariadb-binlog -v" into /dev/null; needs decode_bench
                 too ("make check TESTS=") and no optimisation switched off
    messages     writing the rows of a log as Kafka's messages, which are dropped, in each format, beside decoding it alone
    kafka-copy   the full copy of 8 sysbench tables to Kafka in each format, against librdkafka's producer, which sends the same
                 messages from a file, and Debezium's embedded engine; needs kafka_producer ("make check TESTS=") and a JDK
    kafka        following a backlog of sysbench's oltp_write_only to Kafka, against the same
    kafka-latency  from a commit at the source until a reader of what is committed sees it, beside librdkafka's producer
    pg-copy      the full copy of pgbench's tables and a wide one between PostgreSQL servers, against pg_dump into psql, pg_dump and
                 pg_restore with 4 processes, and binary COPY through pipes with 4 sessions, keys and indexes afterwards
    pg-catchup   catching up a backlog of pgbench -N, against PostgreSQL's own logical replication
    pg-latency   from a commit at the source until it is seen at the destination, against the same
    pg-from-mysql  the full copy of 8 sysbench tables from MariaDB to PostgreSQL, against pgloader
    screens      what the screens take where 100,000 objects are selected: the first picture, each key, nothing; five times what
                 is aimed at ends it
    memory-transaction, memory-payload, memory-tables, memory-sides
                 the peak of memory for a transaction of many rows, a payload of MySQL 9 that unpacks to 1 GiB, many
                 tables (and what they cost when nothing happens), and many that catch up at once; each fails when it is more
                 than promised
    list         the names of all of them

Prints the medians and their ratio, the program's own CPU time and its peak memory, and of what follows a log the share
of transactions that were applied in parallel. Machines are noisy: only the ratio means something. Every bench starts
its own servers, and ends with both sides compared. Those of PostgreSQL tell the ratio in CPU seconds of servers and clients too. No server of a pair waits for the disk, or with --durable all do at
every commit. --small takes seconds and shows only that it works. Needs mydumper
and sysbench; RDS_SYNC_BIN names the program.
"""

import argparse

import copies
import decode
import latency
import memory
import postgresql
import screens
import streams
import to_kafka
import verify

# What each does, its sizes, and those of --small.
BENCHES = {
    "copy": (copies.copy, {"rows": 2000000}, {"rows": 20000}),
    "copy-limit": (copies.copy_limit, {"rows": 2000000}, {"rows": 20000}),
    "wide": (copies.wide, {"rows": 200000}, {"rows": 5000}),
    "tables": (copies.tables, {"rows": 1000000, "tables": 1000}, {"rows": 1000, "tables": 20}),
    "catchup": (streams.catchup, {"rows": 400000, "transactions": 100000}, {"rows": 8000, "transactions": 500}),
    "hot": (streams.hot, {"rows": 400000, "transactions": 100000}, {"rows": 8000, "transactions": 500}),
    "inserts": (streams.inserts, {"rows": 400000, "transactions": 100000}, {"rows": 8000, "transactions": 500}),
    "random": (streams.random, {"transactions": 10000}, {"transactions": 200}),
    "live": (streams.live, {"rows": 2000000, "rate": 300}, {"rows": 20000, "rate": 100}),
    "latency": (latency.latency, {"rows": 400000, "rate": 1000, "seconds": 30}, {"rows": 8000, "rate": 200, "seconds": 3}),
    "beside": (verify.beside, {"rows": 400000, "transactions": 60000}, {"rows": 8000, "transactions": 1000}),
    "verify": (verify.on_demand, {"rows": 2000000}, {"rows": 20000}),
    "decode": (decode.decode, {"size": 1024}, {"size": 8}),
    "messages": (decode.messages, {"size": 1024}, {"size": 8}),
    "kafka-copy": (to_kafka.copy, {"rows": 400000}, {"rows": 8000}),
    "kafka": (to_kafka.follow, {"rows": 40000, "transactions": 100000}, {"rows": 8000, "transactions": 500}),
    "kafka-latency": (to_kafka.lag, {"rows": 400000, "rate": 1000, "seconds": 30}, {"rows": 8000, "rate": 200, "seconds": 3}),
    "pg-copy": (postgresql.copy, {"scale": 60}, {"scale": 2}),
    "pg-catchup": (postgresql.catch_up, {"scale": 20, "transactions": 100000}, {"scale": 2, "transactions": 1000}),
    "pg-latency": (postgresql.lag, {"scale": 20, "rate": 1000, "seconds": 30}, {"scale": 2, "rate": 200, "seconds": 3}),
    "pg-from-mysql": (postgresql.from_mysql, {"rows": 2000000}, {"rows": 20000}),
    "screens": (screens.screens, {"tables": 100000, "seconds": 10}, {"tables": 1000, "seconds": 2}),
    "memory-transaction": (memory.transaction, {"rows": 10000000}, {"rows": 100000}),
    "memory-payload": (memory.payload, {"size": 1024}, {"size": 64}),
    "memory-tables": (memory.tables, {"tables": 10000}, {"tables": 100}),
    "memory-sides": (memory.sides, {"tables": 16, "size": 100}, {"tables": 3, "size": 4}),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bench", choices=(*BENCHES, "list"))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--small", action="store_true", help="sizes and rounds for a try")
    parser.add_argument("--durable", action="store_true", help="every commit waits for the disk")
    parser.add_argument("--rows", type=int, help="in all tables together")
    parser.add_argument("--tables", type=int)
    parser.add_argument("--scale", type=int, help="pgbench's: 100,000 accounts each")
    parser.add_argument("--transactions", type=int, help="of each round")
    parser.add_argument("--rate", type=int, help="transactions a second of the writer")
    parser.add_argument("--seconds", type=int, help="of each measurement (latency)")
    parser.add_argument("--seed", type=int, default=1, help="of the random schema")
    parser.add_argument("--size", type=int, help="MiB of the log (at most 1024) or of the payload")
    parser.add_argument("--log", help="decode this log instead of making one")
    args = parser.parse_args()
    if args.bench == "list":
        print(*BENCHES, sep="\n")
    else:
        start(args.bench, args)


def start(name, args):
    """With the sizes that were given, else the bench's own."""
    run, full, small = BENCHES[name]
    sizes = {"rounds": 1 if args.small else 3, **(small if args.small else full)}
    given = {size: value for size, value in vars(args).items() if value is not None}
    run(argparse.Namespace(**{**vars(args), **sizes, **given}))


if __name__ == "__main__":
    main()
