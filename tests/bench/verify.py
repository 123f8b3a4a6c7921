"""Comparison: what it costs beside following, and how long all rows take on demand."""

import concurrent.futures
import contextlib
import resource
import subprocess
import time

import harness
import workloads
from harness import OURS, Ours, Used, same, timed
from latency import Probe

ALONE = "following alone"
SWITCHES = ("verify.continuous", "verify.incremental")


class Following:
    """Following sysbench, which writes as fast as it can: from its first transaction until its last one has arrived."""

    def __init__(self, both, args):
        self.both, self.args = both, args
        self.ours = Ours(both, [workloads.SBTEST])
        self.ours.run()
        self.compared, self.shares = [], []

    def run(self, compares):
        task, word = self.ours.task, "yes" if compares else "no"
        task.program.run("task", "set", task.path, *(f"{switch}={word}" for switch in SWITCHES)).succeeded()
        running, probe = self.ours.start(), Probe(self.both)
        probe.arrives()
        before, cpu = self._told(), harness.cpu_seconds(running.process.pid)
        used = Used(timed(self._write, probe), harness.cpu_seconds(running.process.pid) - cpu,
                    harness.peak_memory(running.process.pid))
        if compares:
            time.sleep(1.5)         # until the numbers are told
            told = self._told()
            self.compared.append((told["rows"] + told["checked"] - before["rows"] - before["checked"]) / used.wall)
            self.shares.append(max(told["source_share"] or 0, told["destination_share"] or 0))
            assert told["found"] == 0, told
        running.stop().succeeded()
        return used

    def _write(self, probe):
        workloads.write(self.both.source, self.args.rows, "oltp_write_only", self.args.transactions)
        probe.arrives()

    def _told(self):
        return self.ours.task.status()["progress"]["verify"]


def beside(args):
    with harness.pair(args) as both:
        workloads.prepare(both.source, args.rows)
        Probe.create(both.source)
        following = Following(both, args)
        taken = harness.in_turn(args.rounds, {OURS: lambda: following.run(True), ALONE: lambda: following.run(False)})
        same(both, [workloads.SBTEST], thorough=True)
    print(f"following {args.transactions:,} transactions of oltp_write_only as they are written, {args.rows:,} rows, with all"
          " tables and all changed rows compared meanwhile")
    harness.report(taken, {ALONE: 1.11})
    print(f"  compared: {', '.join(f'{rate:,.0f}' for rate in following.compared)} rows a second;"
          f" at most {max(following.shares):.1f} % of a server's time")


# --- on demand -------------------------------------------------------------------------------------------

class Peer:
    """Something that is made of both sides beside each other, and is the same where they are."""

    def __init__(self, both):
        self.both = both

    def run(self):
        return timed(self._compare)

    def _compare(self):
        with concurrent.futures.ThreadPoolExecutor(2) as sides:
            source, destination = sides.map(self.of, (self.both.source, self.both.destination))
        assert source == destination and source, (source, destination)


class Checksum(Peer):
    """It tells whether tables differ, and nothing of where."""

    name = "CHECKSUM TABLE of both sides"

    @staticmethod
    def of(server):
        return harness.checksums(server, [workloads.SBTEST])


class Dump(Peer):
    name = "mariadb-dump | md5sum of both sides"

    @staticmethod
    def of(server):
        words = ["mariadb-dump", f"--socket={server.socket}", "--user=root", "--single-transaction", "--skip-dump-date",
                 "--no-create-info", "--order-by-primary", workloads.SBTEST]
        with contextlib.ExitStack() as stack:
            dump = stack.enter_context(subprocess.Popen(words, stdout=subprocess.PIPE))
            md5 = subprocess.run(["md5sum"], stdin=dump.stdout, check=True, capture_output=True, text=True)
        assert dump.returncode == 0
        return md5.stdout


def on_demand(args):
    with harness.pair(args) as both:
        workloads.prepare(both.source, args.rows)
        ours = Ours(both, [workloads.SBTEST])
        ours.run()

        def verify():
            start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
            told = ours.task.verify(seconds=3600).succeeded().json
            assert told["same"] and told["rows_compared"] == args.rows // workloads.TABLES * workloads.TABLES, told
            wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
            return Used(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, after.ru_maxrss / 1024)

        peers = {kind.name: kind(both).run for kind in (Checksum, Dump)}
        taken = harness.in_turn(args.rounds, {OURS: verify, **peers})
    print(f"comparing all of {args.rows:,} rows of {workloads.TABLES} tables, which are the same")
    harness.report(taken, {Dump.name: None, Checksum.name: None})
