"""The full copy to Kafka and following to it in each format, against librdkafka's producer and Debezium's embedded engine; and
how long a commit takes to be seen there."""

import json
import statistics
import subprocess
import sys
import time

import harness
import latency
import workloads
from harness import OURS, Both, Ours, rds, scratch
from kafka_peers import Broker, Debezium, Producer, Reader, producer

import messages

FORMATS = {"avro": messages.DtsAvro, "canal-json": messages.CanalJson, "shareplex-json": messages.SharePlexJson}
TARGETS = {"avro": 0.7, "canal-json": 0.7, "shareplex-json": None}      # of the producer's speed
DEBEZIUM = 8                                                            # times its speed
WORDS = {"INSERT": "ins", "UPDATE": "upd", "DELETE": "del", "INIT": "ins"}      # what SharePlex calls them


class Queue(Ours):
    """A task of the program from the source to a topic."""

    def __init__(self, source, broker, topic, form, **settings):    # pylint: disable=super-init-not-called
        self.program = rds.Program(harness.binary(), scratch())
        keys = {**{f"destination.{key}": None for key in ("account", "password_env", "connection")}, "sync.existing_tables": None,
                "source.connection": None, "sync.incremental": None,
                "destination.topic": topic, "kafka.format": form, **{f"kafka.{key}": value for key, value in settings.items()}}
        self.task = self.program.task("bench", Both(source, broker), [workloads.SBTEST], flow="mysql-to-kafka", settings=keys)


class Leg:
    """One format: ours and the producer's, which sends what ours has sent."""

    def __init__(self, source, broker, form):
        self.source, self.broker, self.form = source, broker, form
        self.producer = Producer(broker)
        self.topics = 0
        self.types = {f"{workloads.SBTEST}.{name}": messages.kinds(source, workloads.SBTEST, name)
                      for (name,) in source.sql(f"SHOW TABLES FROM {workloads.SBTEST} LIKE 'sbtest%'")}
        self.tables = None

    def topic(self):
        self.topics += 1
        made = f"{self.form}-{self.topics}"
        self.broker.make(made)
        return made

    def judge(self, found):
        """Feed a reader that is not ours; end when what it makes of the messages is not what the source has."""
        for _, _, value in found:
            if self.tables is None:
                self.tables = self._judge(value)
            self.tables.feed(value)
        for name, rows in self.tables.tables.items():
            if rows != messages.truth(self.source, *name.split(".")):
                sys.exit(f"{self.form}: the messages of {name} do not come to what the source has")

    def _judge(self, value):
        judge = FORMATS[self.form](self.types)
        if self.form == "avro":
            judge.version = judge.decode(value)["source"]["version"]
        return judge

    def kinds(self, expected):
        """End when the judge did not see exactly so many changes of each kind; it forgets what it saw."""
        seen, self.tables.operations = self.tables.operations, []
        for kind, count in expected.items():
            word = WORDS[kind] if self.form == "shareplex-json" else kind
            if seen.count(word) != count:
                sys.exit(f"{self.form}: {seen.count(word)} messages of {kind}, {count} wanted")

    def raw(self, count):
        """The producer into a topic of its own, which has all of it then."""
        topic = self.topic()
        used = self.producer.run(topic)
        complete(topic, self.broker, count)
        self.broker.remove(topic)
        return used


def complete(topic, broker, count):
    """End when the topic has another number of messages."""
    reader = Reader(broker, topic)
    seen = reader.count()
    reader.close()
    if seen != count:
        sys.exit(f"{topic}: {seen} messages, {count} wanted")


# --- the full copy ---------------------------------------------------------------------------------------

class CopyLeg(Leg):
    def __init__(self, source, broker, form, rows):
        super().__init__(source, broker, form)
        self.rows = rows
        topic = self.topic()
        Queue(source, broker, topic, form).run()
        reader = Reader(broker, topic)
        self.judge(self.producer.keep(reader.rest()))
        self.kinds({"INIT": rows})
        reader.close()
        broker.remove(topic)

    def run(self):
        topic = self.topic()
        used = Queue(self.source, self.broker, topic, self.form).run()
        complete(topic, self.broker, self.rows)
        self.broker.remove(topic)
        return used


def copy(args):
    def debezium():
        engine.forget()
        broker.make(Debezium.name[:8])
        used = engine.run(Debezium.name[:8], "initial_only", workloads.SBTEST, args.rows)
        complete(Debezium.name[:8], broker, args.rows)
        broker.remove(Debezium.name[:8])
        return used

    with harness.discarded(harness.mysql9(args)) as source, harness.discarded(Broker()) as broker:
        workloads.prepare(source, args.rows)
        legs = {form: CopyLeg(source, broker, form, args.rows) for form in FORMATS}
        engine = Debezium(source, broker, [workloads.SBTEST])
        runs = {}
        for form, leg in legs.items():
            runs[form] = leg.run
            runs[raw(form)] = lambda leg=leg: leg.raw(args.rows)
        taken = harness.in_turn(args.rounds, {**runs, Debezium.name: debezium})
        packet = source.value("SELECT @@max_allowed_packet") / harness.MIB
    print(f"full copy of {args.rows:,} rows of sysbench's to Kafka")
    report(taken, args.rows, packet)


# --- following -------------------------------------------------------------------------------------------

CHANGES = {"INSERT": 1, "UPDATE": 2, "DELETE": 1}       # of a transaction of oltp_write_only


class FollowLeg(Leg):
    def __init__(self, source, broker, form, changes):
        super().__init__(source, broker, form)
        self.changes = changes
        self.destination = self.topic()
        self.task = Queue(source, broker, self.destination, form)
        self.task.run()
        self.reader = Reader(broker, self.destination)
        self.judge(self.reader.rest())
        self.tables.operations = []

    def warm_up(self, transactions):
        self.task.run()
        self.judge(self.producer.keep(self.reader.rest()))
        self.kinds({kind: count * transactions for kind, count in CHANGES.items()})

    def run(self):
        used = self.task.run()
        seen = self.reader.count()
        if seen != self.changes:
            sys.exit(f"{self.form}: {seen} messages of {self.changes} changes")
        return used


def follow(args):
    changes = args.transactions * sum(CHANGES.values())

    def debezium():
        topic = f"debezium-{len(debeziums)}"
        debeziums.append(topic)
        broker.make(topic)
        used = engine.run(topic, "no_data", f"{workloads.SBTEST}.sbtest", changes)
        complete(topic, broker, changes)
        return used

    debeziums = []
    with harness.discarded(harness.mysql9(args)) as source, harness.discarded(Broker()) as broker:
        workloads.prepare(source, args.rows)
        source.sql(f"CREATE TABLE {workloads.SBTEST}.marker (id INT AUTO_INCREMENT PRIMARY KEY)")
        legs = {form: FollowLeg(source, broker, form, changes) for form in FORMATS}
        engine = Debezium(source, broker, [workloads.SBTEST])
        broker.make("marker")
        engine.begin("marker", source, f"{workloads.SBTEST}.marker")
        for leg in legs.values():
            leg.task.run()
            leg.reader.count()
        workloads.write(source, args.rows, "oltp_write_only", args.transactions)
        for leg in legs.values():
            leg.warm_up(args.transactions)
        runs = {}
        for form, leg in legs.items():
            runs[form] = leg.run
            runs[raw(form)] = lambda leg=leg: leg.raw(changes)
        debezium()
        taken = harness.in_turn(args.rounds, {**runs, Debezium.name: debezium},
                                before=lambda: workloads.write(source, args.rows, "oltp_write_only", args.transactions))
        packet = source.value("SELECT @@max_allowed_packet") / harness.MIB
    print(f"following {args.transactions:,} transactions of oltp_write_only, {changes:,} changes, to Kafka")
    report(taken, changes, packet)


# --- how long a commit takes to be seen ------------------------------------------------------------------

class TopicProbe(latency.Probe):
    """As Probe, but looks for the rows in their topic."""

    def __init__(self, source, reader):
        super().__init__(Both(source, None))
        self.reader = reader

    def arrives(self):
        self.last += 1
        self.both.source.sql(f"INSERT INTO probe VALUES ({self.last}, NOW(6))", db=workloads.SBTEST)
        self._watch([self.last])

    def _watch(self, rows):
        for value in self.reader.follow():
            self.seen[int(json.loads(value)["data"][0]["id"])] = time.monotonic()
            if rows[-1] in self.seen:
                return


class FollowedLeg(latency.Leg):
    """Ours: one topic for each table, as Canal JSON."""

    def __init__(self, source, broker, args):
        super().__init__(Both(source, None), args)
        self.broker = broker
        self.task = Queue(source, broker, "bench", "canal-json", topics="table")
        self.task.run()
        self.used = []

    def probe(self):
        return TopicProbe(self.both.source, self.reader)

    def run(self):
        running = self.task.start()
        self.reader = Reader(self.broker, f"{workloads.SBTEST}.probe")
        self.measure()
        self.reader.close()
        used = harness.Used(0, harness.cpu_seconds(running.process.pid), harness.peak_memory(running.process.pid))
        running.stop().succeeded()
        return used


class ClockLeg:
    """librdkafka's producer: a message for each transaction, which is seen beside nothing else."""

    SIZE = 500

    def __init__(self, broker, args):
        self.broker, self.args = broker, args
        self.latencies, self.rates = [], [args.rate]
        broker.make("clock")

    def run(self):
        reader = Reader(self.broker, "clock")
        list(reader.rest())
        total = self.args.rate * (latency.WARM_UP + self.args.seconds)
        words = producer(self.broker, "clock", "-r", self.args.rate, latency.WARM_UP + self.args.seconds, self.SIZE)
        with subprocess.Popen(words) as process:
            found = []
            for value in reader.follow():
                found.append((time.monotonic() - int(value[:20]) / 1e9) * 1000)
                if len(found) == total:
                    break
        assert process.returncode == 0
        reader.close()
        self.latencies += found[latency.WARM_UP * self.args.rate:]
        return harness.Used(0)


def lag(args):
    with harness.discarded(harness.mysql9(args)) as source, harness.discarded(Broker()) as broker:
        workloads.prepare(source, args.rows)
        latency.Probe.create(source)
        legs = {OURS: FollowedLeg(source, broker, args), Producer.name: ClockLeg(broker, args)}
        taken = harness.in_turn(args.rounds, {name: leg.run for name, leg in legs.items()})
    print(f"commit until committed in Kafka and read, at {args.rate} transactions a second, {args.seconds} s each time")
    latency.report(legs, None)
    harness.report_used(taken[OURS])


# --- figures ---------------------------------------------------------------------------------------------

def raw(form):
    return f"{Producer.name}, {form}"


def report(taken, rows, packet):
    """Rows a second of all; ratios of speeds, more is better."""
    for name, runs in taken.items():
        cpu, peak = statistics.median(used.cpu for used in runs), max(used.peak for used in runs)
        print(f"  {f'{OURS}, {name}' if name in FORMATS else name:40} {rows / harness.median(runs):10,.0f} rows/s"
              f"   (runs: {', '.join(f'{used.wall:.2f} s' for used in runs)}; CPU {cpu:.2f} s, peak {peak:.0f} MiB)")
    for form, target in TARGETS.items():
        ratio = harness.median(taken[raw(form)]) / harness.median(taken[form])
        times = harness.median(taken[Debezium.name]) / harness.median(taken[form])
        wanted = f" (at least {target} wanted)" if target else ""
        print(f"  {form}: {ratio:.2f} of the producer's speed{wanted}, {times:.1f} times Debezium's (at least {DEBEZIUM} wanted)")
    harness.promise([used for form in FORMATS for used in taken[form]], packet)
