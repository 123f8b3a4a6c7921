"""How long it takes from a commit at the source until it is seen at the destination, while others write too."""

import statistics
import threading
import time

import harness
import workloads
from harness import OURS, Both, Ours, Used, rds, same
from peers import replicas

PROBES = 50                     # a second, of the transactions of --rate
WARM_UP = 1                     # seconds that don't count


class Probe:
    """A session that commits numbered rows by the clock, whether they arrive or not, and one that looks for them."""

    def __init__(self, both):
        self.both = both
        self.last = both.source.value("SELECT COALESCE(MAX(id), 0) FROM probe", db=workloads.SBTEST)
        self.written, self.seen = {}, {}
        self.failure = None

    @staticmethod
    def create(server):
        server.sql("CREATE TABLE probe (id INT PRIMARY KEY, at TIMESTAMP(6))", db=workloads.SBTEST)

    def arrives(self):
        """Commit one row and wait until it is seen: everything before it is there then."""
        self.last += 1
        self.both.source.sql(f"INSERT INTO probe VALUES ({self.last}, NOW(6))", db=workloads.SBTEST)
        rds.wait_until(lambda: self.both.destination.sql(f"SELECT id FROM probe WHERE id = {self.last}",
                                                         db=workloads.SBTEST), "the destination", 600)

    def measure(self, seconds):
        """The latencies of all rows but the first, in milliseconds."""
        rows = range(self.last + 1, self.last + (WARM_UP + seconds) * PROBES + 1)
        self.last = rows[-1]
        watcher = threading.Thread(target=self._watch, args=(rows,))
        watcher.start()
        self._write(rows)
        watcher.join()
        assert self.seen.keys() >= set(rows), "rows did not arrive"
        return [max(self.seen[n] - self.written[n], 0) * 1000 for n in rows[WARM_UP * PROBES:]]

    def _write(self, rows):
        begun = time.monotonic()
        with self.both.source.connect(workloads.SBTEST) as connection, connection.cursor() as cursor:
            for count, n in enumerate(rows):
                time.sleep(max(begun + count / PROBES - time.monotonic(), 0))
                cursor.execute(f"INSERT INTO probe VALUES ({n}, NOW(6))")
                self.written[n] = time.monotonic()

    def _watch(self, rows):
        """Looks for all that are missing, since they may arrive in another order."""
        oldest, deadline = rows[0], time.monotonic() + len(rows) / PROBES + 60
        with self.both.destination.connect(workloads.SBTEST) as connection, connection.cursor() as cursor:
            while oldest <= rows[-1] and time.monotonic() < deadline:
                cursor.execute(f"SELECT id FROM probe WHERE id >= {oldest}")
                now = time.monotonic()
                for (n,) in cursor.fetchall():
                    self.seen.setdefault(n, now)
                while oldest in self.seen:
                    oldest += 1
                time.sleep(0.0005)


def percentile(latencies, part):
    return sorted(latencies)[int(len(latencies) * part)]


class Leg:
    """One follower's turn: it catches up, then the writer begins."""

    def __init__(self, both, args):
        self.both, self.args = both, args
        self.latencies = []
        self.rates = []

    def probe(self):
        return Probe(self.both)

    def measure(self):
        probe = self.probe()
        probe.arrives()
        with workloads.writing(self.both.source, self.args.rows, self.args.rate - PROBES):
            before, start = workloads.commits(self.both.source), time.monotonic()
            self.latencies += probe.measure(self.args.seconds)
            self.rates.append((workloads.commits(self.both.source) - before) / (time.monotonic() - start) + PROBES)
        probe.arrives()


class OurLeg(Leg):
    def __init__(self, both, args):
        super().__init__(both, args)
        self.task = Ours(both, [workloads.SBTEST])
        self.task.run()

    def run(self):
        running = self.task.start()
        self.measure()
        used = Used(0, harness.cpu_seconds(running.process.pid), harness.peak_memory(running.process.pid))
        running.stop().succeeded()
        return used


class PeerLeg(Leg):
    def __init__(self, both, args, replica):
        super().__init__(both, args)
        self.replica = replica

    def run(self):
        self.replica.start()
        self.measure()
        self.replica.stop()
        return Used(0)


def latency(args):
    with harness.pair(args) as both:
        workloads.prepare(both.source, args.rows)
        Probe.create(both.source)
        legs = {OURS: OurLeg(both, args)}
        with replicas(both, args, (None, "optimistic")) as peers:
            for peer in peers:
                legs[peer.name] = PeerLeg(Both(both.source, peer.server), args, peer)
            taken = harness.in_turn(args.rounds, {name: leg.run for name, leg in legs.items()})
            legs[OURS].task.run()
            same(both, [workloads.SBTEST], thorough=True)
    print(f"commit until visible, at {args.rate} transactions a second, {args.seconds} s each time")
    report(legs)
    harness.report_used(taken[OURS])


def report(legs, wanted=1.5):
    """WANTED: at most so many times the best peer's."""
    for name, leg in legs.items():
        p50, p99 = percentile(leg.latencies, 0.5), percentile(leg.latencies, 0.99)
        print(f"  {name:36} p50 {p50:8.2f} ms, p99 {p99:8.2f} ms   (at {statistics.median(leg.rates):.0f}/s)")
    for part in (0.5, 0.99):
        values = {name: percentile(leg.latencies, part) for name, leg in legs.items()}
        best = min((name for name in values if name != OURS), key=values.get)
        print(f"  p{part * 100:.0f}: ratio to {best}: {values[OURS] / values[best]:.2f}" +
              (f", at most {wanted} wanted" if wanted else ""))
