"""Decoding a log alone, its rows dropped, against the server's own tool, its text dropped."""

import os
import subprocess
import time

import harness
import workloads
from harness import OURS

PEER = "mariadb-binlog -v"


def run(argv):
    start = time.monotonic()
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL) as process:
        used = harness.watch(process)
        used.wall = time.monotonic() - start
    assert process.returncode == 0, argv
    return used


def decode(args):
    if args.log:
        compared(args, args.log)
    else:
        with harness.discarded(harness.mariadb(args, binlog_row_metadata="FULL", max_binlog_size="1G")) as server:
            log = workloads.make_log(server, args.size)
            server.stop()
            compared(args, log)


def compared(args, log):
    program = harness.binary().parent / "tests" / "bench" / "decode_bench"
    decoded = subprocess.run([program, log], check=True, capture_output=True, text=True).stdout.strip()
    taken = harness.in_turn(args.rounds, {OURS: lambda: run([program, log]), PEER: lambda: run([*PEER.split(), log])})
    print(f"decoding a log of {os.path.getsize(log) / harness.MIB:.0f} MiB, {decoded}")
    harness.report(taken, 0.1)
