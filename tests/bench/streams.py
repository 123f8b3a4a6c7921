"""Following: backlogs of several kinds against MariaDB's own replication, and how long a commit takes to arrive."""

import harness
import workloads
from harness import OURS, Both, Ours, same
from peers import replicas


def catch_up(what, args, databases, make, target):
    """MAKE(source) makes tables and returns what writes a round's backlog; all catch up with the same one in turn."""
    with harness.pair(args) as both:
        write = make(both.source)
        task = Ours(both, databases)
        task.run()
        with replicas(both, args) as peers:
            taken = harness.in_turn(args.rounds, {OURS: task.run, **{peer.name: peer.run for peer in peers}},
                                    before=write)
            same(both, databases, thorough=True)
            for peer in peers:
                same(Both(both.source, peer.server), databases)
    print(f"catching up {args.transactions:,} transactions {what}")
    harness.report(taken, target)
    harness.report_applied(taken[OURS])


def backlog(what, script, target):
    def bench(args):
        def make(source):
            workloads.prepare(source, args.rows)
            return lambda: workloads.write(source, args.rows, script, args.transactions)
        catch_up(f"of {what}, {args.rows:,} rows", args, [workloads.SBTEST], make, target)
    return bench


catchup = backlog("oltp_write_only", "oltp_write_only", 0.45)
hot = backlog("oltp_write_only, 10 rows take half of the updates", workloads.HOT, 0.3)
inserts = backlog("oltp_insert", "oltp_insert", 0.3)


def random(args):
    def make(source):
        schema = workloads.RandomSchema(source, args.seed)
        schema.write(500)
        return lambda: schema.write(args.transactions)
    catch_up(f"of a random schema, seed {args.seed}", args, [workloads.RandomSchema.database], make, None)


def live(args):
    """The full copy while sysbench writes, then following it."""
    with harness.pair(args) as both:
        workloads.prepare(both.source, args.rows)
        task = Ours(both, [workloads.SBTEST])
        with workloads.writing(both.source, args.rows, args.rate):
            runs = [task.run(), task.run()]
        runs.append(task.run())
        same(both, [workloads.SBTEST], thorough=True)
        packet = harness.packet(both)
    print(f"full copy of {args.rows:,} rows while {args.rate} transactions a second are written: {runs[0].wall:.2f} s until"
          " synchronized; both sides are the same afterwards")
    harness.report_used(runs)
    harness.report_applied(runs)
    harness.promise(runs, packet)
