"""Decoding a log alone, its rows dropped, against the server's own tool, its text dropped; and writing its rows as messages."""

import os
import statistics
import subprocess
import time

import harness
import workloads
from harness import OURS

PEER = "mariadb-binlog -v"
FORMATS = ("avro", "canal-json", "shareplex-json")


def run(argv):
    start = time.monotonic()
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        used = harness.watch(process)
        used.wall = time.monotonic() - start
    assert process.returncode == 0, argv
    return used


def decode(args):
    of_a_log(args, compared)


def messages(args):
    of_a_log(args, encoded)


def of_a_log(args, measure):
    if args.log:
        measure(args, args.log)
    else:
        with harness.discarded(harness.mariadb(args, binlog_row_metadata="FULL", max_binlog_size="1G")) as server:
            log = workloads.make_log(server, args.size)
            server.stop()
            measure(args, log)


def decode_bench(*words):
    return [harness.beside("decode_bench"), *words]


def encoded(args, log):
    """CPU time, which a busy machine disturbs least: what a format takes beside decoding."""
    taken = harness.in_turn(args.rounds, {"": lambda: run(decode_bench(log)),
                                          **{f: lambda f=f: run(decode_bench("-m", f, log)) for f in FORMATS}})
    cpu = {name: statistics.median(used.cpu for used in runs) for name, runs in taken.items()}
    print(f"decoding alone: {cpu['']:.2f} s of CPU time")
    for name in FORMATS:
        done = subprocess.run(decode_bench("-m", name, log), check=True, capture_output=True, text=True).stdout.splitlines()[-1]
        count, size = (int(word) for word in done.split() if word.isdigit())
        own = max(cpu[name] - cpu[""], 1e-9)
        print(f"  {name:16} {own:6.2f} s beside decoding ({own / cpu['']:.2f} of it), {count / own:10,.0f} messages/s,"
              f" {size / own / harness.MIB:6.0f} MiB/s, {size / count:.0f} bytes each")


def compared(args, log):
    decoded = subprocess.run(decode_bench(log), check=True, capture_output=True, text=True).stdout.strip()
    taken = harness.in_turn(args.rounds, {OURS: lambda: run(decode_bench(log)), PEER: lambda: run([*PEER.split(), log])})
    print(f"decoding a log of {os.path.getsize(log) / harness.MIB:.0f} MiB, {decoded}")
    harness.report(taken, 0.1)
