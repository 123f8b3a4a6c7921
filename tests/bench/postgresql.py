"""Benches with PostgreSQL on one side or on both."""

import subprocess
import time

import harness
import latency
import pg_peers
import workloads
from harness import OURS, Both, Ours, Used, discarded, quiet, servers
from pg_peers import DATABASE, Dump, Limit, Mark, ParallelDump, Pgloader, Watcher, psql, recreate, replication

PROBES = 50                     # a second, of the transactions of --rate
KINDS = (("integer", "i * {n} % 1000003"), ("smallint", "i * {n} % 30000"), ("varchar(12)", "left(md5((i + {n})::text), i % 13)"),
         ("numeric(12,2)", "i * {n} / 100.0"), ("date", "date '2000-01-01' + (i * {n}) % 9000"), ("bigint", "i::bigint * i * {n}"),
         ("timestamp", "timestamp '2001-01-01' + (i::bigint * {n} % 700000000) * interval '1 s'"), ("boolean", "i % 2 = 0"),
         ("double precision", "i::float8 / {n}"), ("char(4)", "NULL"), ("jsonb", "jsonb_build_object('n', i, 'tags', array[i, {n}])"),
         ("text", "repeat(md5(i::text), i % 8)"))


def pgbench(one, *words):
    """The options of pgbench before those of the connection, for its database is the last word."""
    return ["pgbench", "-h", str(one.workdir), "-p", str(one.port), "-U", one.superuser, *words, DATABASE]


def fill(source, scale):
    """pgbench's tables, of which one has no key, and one of 100 columns."""
    recreate(source)
    quiet(pgbench(source, "-i", "-q", "-s", str(scale)))
    kinds = [KINDS[n % len(KINDS)] for n in range(99)]
    columns = ", ".join(f"c{n} {kind}" for n, (kind, _) in enumerate(kinds))
    values = ", ".join(value.format(n=n + 1) for n, (_, value) in enumerate(kinds))
    source.sql("ALTER TABLE pgbench_history REPLICA IDENTITY FULL", f"CREATE TABLE wide (id integer PRIMARY KEY, {columns})",
               f"INSERT INTO wide SELECT i, {values} FROM generate_series(1, {scale * 1000}) g(i)", "CREATE INDEX ON wide (c0)", "ANALYZE", db=DATABASE)


def sums(one):
    """{(table, rows, the sum of their digests)}: what both sides must have alike."""
    tables = one.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1", db=DATABASE)
    return {(name, *one.sql(f"SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {name} t", db=DATABASE)[0]) for (name,) in tables}


def same(one, other):
    differences = sorted(sums(one) ^ sums(other))
    if differences:
        raise SystemExit("\n".join(["the sides differ", *map(str, differences)]))


def ours(both, **settings):
    accounts = tuple(servers.Account("postgres", side.password) for side in (both.source, both.destination))
    return Ours(both, ["public"], flow="postgresql-to-postgresql", accounts=accounts,
                **{"source.database": DATABASE, "destination.database": DATABASE, **settings})


def counted(both, run):
    """RUN, and what everybody used for it."""
    before = harness.spent(both.source, both.destination)
    used = run()
    used = Used(used) if isinstance(used, float) else used
    used.all_cpu = harness.spent(both.source, both.destination) - before
    return used


def forget(source):
    """What a task keeps at its source."""
    for (slot,) in source.sql("SELECT slot_name FROM pg_replication_slots"):
        source.sql(f"SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '{slot}' AND active")
        harness.rds.wait_until(lambda slot=slot: not source.sql("SELECT FROM pg_replication_slots WHERE active"
                                                                f" AND slot_name = '{slot}'"), "the slot to be free")
        source.sql(f"SELECT pg_drop_replication_slot('{slot}')")
    for (name,) in source.sql("SELECT pubname FROM pg_publication", db=DATABASE):
        source.sql(f'DROP PUBLICATION "{name}"', db=DATABASE)


def copy(args):
    """Into an empty database each time."""
    def from_empty(run):
        def fresh():
            recreate(both.destination)
            both.destination.sql("CHECKPOINT")
            used = counted(both, run)
            same(both.source, both.destination)
            forget(both.source)
            return used
        return fresh

    with harness.pair(args, flavor=pg_peers.server) as both:
        fill(both.source, args.scale)
        runs = {OURS: lambda: ours(both).run(), **{kind.name: kind(both).run for kind in (Dump, ParallelDump, Limit)}}
        taken = harness.in_turn(args.rounds, {name: from_empty(run) for name, run in runs.items()})
    print(f"full copy of pgbench's tables, scale {args.scale}, and {args.scale * 1000:,} rows of 100 columns")
    harness.report(taken, {Dump.name: 0.9, ParallelDump.name: 0.9, Limit.name: 1.1})


def catch_up(args):
    with harness.pair(args, flavor=pg_peers.server) as both:
        fill(both.source, args.scale)
        mark = Mark(both.source)
        recreate(both.destination)
        task = ours(both)
        task.run()

        def write():
            quiet(pgbench(both.source, "-N", "-n", "-c4", "-j1", f"-t{args.transactions // 4}"))
            mark.set()

        def caught_up():
            used = task.run()
            mark.await_at(both.destination)
            return used

        with replication(both, args, mark) as peer:
            beside = Both(both.source, peer.server)
            taken = harness.in_turn(args.rounds, {OURS: lambda: counted(both, caught_up), peer.name: lambda: counted(beside, peer.run)},
                                    before=write)
            same(both.source, both.destination)
            same(both.source, peer.server)
    print(f"catching up {args.transactions:,} transactions of pgbench -N, scale {args.scale}")
    harness.report(taken, 0.5)
    harness.report_applied(taken[OURS])


# --- latency -------------------------------------------------------------------------------------------------

class Leg:
    """One follower's turn: it has caught up, then the writers begin, and every row of probe is looked for."""

    def __init__(self, both, args, mark):
        self.both, self.args, self.mark = both, args, mark
        self.latencies, self.rates = [], []

    def measure(self):
        source, seconds = self.both.source, self.args.seconds
        self.mark.set()
        self.mark.await_at(self.both.destination)
        (after,), = source.sql("SELECT coalesce(max(id), 0) FROM probe", db=DATABASE)
        count = PROBES * seconds
        watcher = Watcher(self.both.destination, after, count, seconds + 60)
        watcher.start()
        with subprocess.Popen(pgbench(source, "-N", "-n", "-c2", f"-R{self.args.rate - PROBES}", f"-T{seconds + 1}"), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as load:
            quiet(pgbench(source, "-n", "-c1", f"-R{PROBES}", f"-t{count}", "-f", self._script()))
            said = load.communicate()[0]
        watcher.join()
        written = source.sql(f"SELECT id, extract(epoch FROM pg_xact_commit_timestamp(xmin)) FROM probe WHERE id > {after}", db=DATABASE)
        assert len(watcher.seen) == len(written) == count, "rows did not arrive"
        first = min(float(at) for _, at in written)
        self.latencies += [max(watcher.seen[int(n)] - float(at), 0) * 1000 for n, at in written if float(at) >= first + 1]
        self.rates.append(float(said.split("tps = ")[1].split()[0]) + PROBES)

    def _script(self):
        path = harness.scratch() / "probe.sql"
        path.write_text("INSERT INTO probe DEFAULT VALUES;\n", encoding="ascii")
        return str(path)


class OurLeg(Leg):
    def __init__(self, both, args, mark):
        super().__init__(both, args, mark)
        self.task = ours(both)
        self.task.run()

    def run(self):
        running = self.task.start()
        begun = time.monotonic()
        self.measure()
        pid = running.process.pid
        used = Used(time.monotonic() - begun, harness.cpu_seconds(pid), harness.peak_memory(pid))
        running.stop().succeeded()
        return used


class PeerLeg(Leg):
    def __init__(self, both, args, mark, peer):
        super().__init__(both, args, mark)
        self.peer = peer

    def run(self):
        self.peer.start()
        self.measure()
        self.peer.stop()
        return Used(0)


def lag(args):
    with harness.pair(args, flavor=pg_peers.server) as both:
        fill(both.source, args.scale)
        both.source.sql("CREATE TABLE probe (id bigserial PRIMARY KEY)", db=DATABASE)
        mark = Mark(both.source)
        recreate(both.destination)
        legs = {OURS: OurLeg(both, args, mark)}
        with replication(both, args, mark) as peer:
            beside = Both(both.source, peer.server)
            legs[peer.name] = PeerLeg(beside, args, mark, peer)
            taken = harness.in_turn(args.rounds, {name: counting(leg) for name, leg in legs.items()})
            legs[OURS].task.run()
            same(both.source, both.destination)
    print(f"commit until visible, at {args.rate} transactions of pgbench -N a second, {args.seconds} s each time")
    latency.report(legs)
    harness.report_used(taken[OURS])
    print(f"  all CPU of servers and clients, the writers' included{harness.of_all_cpu(taken, peer.name)}")


def counting(leg):
    return lambda: counted(leg.both, leg.run)


# --- from MySQL ----------------------------------------------------------------------------------------------

def same_sbtest(source, destination):
    for number in range(1, workloads.TABLES + 1):
        text = f"SELECT id, k, c, pad FROM {workloads.SBTEST}.sbtest{number} ORDER BY id"
        theirs = subprocess.run(["mariadb", f"--socket={source.socket}", "--user=root", "-N", "-B", "-e", text], check=True, capture_output=True)
        here = subprocess.run(psql(destination, "-A", "-t", "-F", "\t", "-c", text.replace("c, pad", "rtrim(c), rtrim(pad)")), check=True, capture_output=True)
        if theirs.stdout != here.stdout:
            raise SystemExit(f"the sides differ: sbtest{number}")


def from_mysql(args):
    with discarded(harness.mariadb(args)) as source, discarded(pg_peers.server(args)) as destination:
        both = Both(source, destination)
        workloads.prepare(source, args.rows)

        def us():
            accounts = (servers.Account("root", ""), servers.Account("postgres", destination.password))
            return Ours(both, [workloads.SBTEST], flow="mysql-to-postgresql", accounts=accounts, **{"destination.database": DATABASE}).run()

        def from_empty(run):
            def fresh():
                recreate(destination)
                used = counted(both, run)
                same_sbtest(source, destination)
                return used
            return fresh

        runs = {OURS: us, Pgloader.name: Pgloader(both, workloads.SBTEST).run}
        taken = harness.in_turn(args.rounds, {name: from_empty(run) for name, run in runs.items()})
    print(f"full copy of {workloads.TABLES} sysbench tables, {args.rows:,} rows, from MariaDB to PostgreSQL")
    harness.report(taken, {Pgloader.name: 0.5})
