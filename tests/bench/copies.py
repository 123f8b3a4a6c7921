"""The full copy, against mydumper with myloader and against the limit."""

import harness
import workloads
from harness import OURS, Ours, drop, same
from peers import Limit, Loader


def in_pairs(what, args, database, fill, peers, targets):
    """FILL(source) makes the rows; us and PEERS copy them in turn into the same destination, empty each time."""
    first = set()

    def from_empty(name, run):
        def fresh():
            drop(both.destination, [database])
            used = run()
            same(both, [database], thorough=name not in first)
            first.add(name)
            return used
        return fresh

    with harness.pair(args) as both:
        fill(both.source)
        runs = {OURS: lambda: Ours(both, [database]).run()}
        runs.update({kind.name: kind(both, database).run for kind in peers})
        taken = harness.in_turn(args.rounds, {name: from_empty(name, run) for name, run in runs.items()})
    print(f"full copy of {what}")
    harness.report(taken, targets)


def sbtest(peers, targets):
    def bench(args):
        in_pairs(f"{workloads.TABLES} sysbench tables, {args.rows:,} rows", args, workloads.SBTEST,
                 lambda source: workloads.prepare(source, args.rows), peers, targets)
    return bench


copy = sbtest([Loader], {Loader.name: 0.6})
copy_limit = sbtest([Limit], {Limit.name: 1.2})


def wide(args):
    in_pairs(f"{args.rows:,} rows of 100 columns and {args.rows // 10:,} wide ones", args, workloads.WIDE,
             lambda source: workloads.wide(source, args.rows), [Loader, Limit], {Loader.name: 0.7, Limit.name: 1.2})


def tables(args):
    in_pairs(f"{args.tables:,} tables of {args.rows // args.tables:,} rows", args, workloads.MANY,
             lambda source: workloads.many(source, args.tables, args.rows // args.tables), [Loader], {Loader.name: 0.7})
