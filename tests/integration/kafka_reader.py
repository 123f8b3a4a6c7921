"""What a consumer of a Kafka topic sees, through a client that is not ours: messages that are committed, and the tables that
they come to."""

import collections
import json
import re
import struct

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, Producer, TopicPartition

import rds

Message = collections.namedtuple("Message", "topic partition offset key value headers")
Batch = collections.namedtuple("Batch", "codec records")
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")     # as batches number them
WAIT = rds.SECONDS  # for one message of those that are there


def _consumer(broker):
    return Consumer({"bootstrap.servers": f"{broker.host}:{broker.ports['plain']}", "group.id": "reader",
                     "isolation.level": "read_committed", "enable.auto.commit": False, "enable.partition.eof": True})


def topics(broker):
    """The names of all topics that there are."""
    consumer = _consumer(broker)
    try:
        return set(consumer.list_topics(timeout=WAIT).topics)
    finally:
        consumer.close()


def shape(broker, topic):
    """How many partitions it has, and replicas of the first."""
    consumer = _consumer(broker)
    try:
        partitions = consumer.list_topics(topic, timeout=WAIT).topics[topic].partitions
        return len(partitions), len(partitions[0].replicas)
    finally:
        consumer.close()


def read(broker, names):
    """All committed messages of the topics, in the order of each partition."""
    consumer = _consumer(broker)
    try:
        known = consumer.list_topics(timeout=WAIT).topics
        partitions = [(name, number) for name in names for number in known[name].partitions]
        consumer.assign([TopicPartition(name, number, OFFSET_BEGINNING) for name, number in partitions])
        found, open_ = [], set(partitions)
        while open_:
            one = consumer.poll(WAIT)
            assert one is not None, f"nothing comes of {open_}"
            if one.error() is None:
                found.append(Message(one.topic(), one.partition(), one.offset(), one.key(), one.value(),
                                     {name: value.decode() for name, value in one.headers() or ()}))
            else:
                assert one.error().code() == KafkaError._PARTITION_EOF, one.error()        # pylint: disable=protected-access
                open_.discard((one.topic(), one.partition()))
        return found
    finally:
        consumer.close()


def name_of(text):
    """A topic's name for a test's."""
    return re.sub(r"\W+", "-", text)[:200]


def batches(broker, topic):
    """The batches of messages that the broker has of a topic's partition 0, in its file: https://kafka.apache.org/documentation/#recordbatch."""
    data = (broker.workdir / f"data/{topic}-0/{0:020}.log").read_bytes()
    found, at = [], 0
    while at + 61 <= len(data):
        length, = struct.unpack_from(">i", data, at + 8)
        if length == 0:
            break                                       # room that is not written to yet
        attributes, = struct.unpack_from(">h", data, at + 21)
        records, = struct.unpack_from(">i", data, at + 57)
        if not attributes & 0x20:                       # the end of a transaction
            found.append(Batch(CODECS[attributes & 7], records))
        at += 12 + length
    return found


def change(message):
    """What a message of Canal JSON says."""
    return json.loads(message.value)


def hang(broker, topic, seconds):
    """Opens a transaction that nobody ends in partition 0 of the topic; the broker takes it back after so many seconds."""
    producer = Producer({"bootstrap.servers": f"{broker.host}:{broker.ports['plain']}", "transactional.id": f"hangs-in-{topic}",
                         "transaction.timeout.ms": seconds * 1000})
    producer.init_transactions(WAIT)
    producer.begin_transaction()
    producer.produce(topic, key=b'["nobody"]', value=b"{}", partition=0)
    producer.flush(WAIT)


class Tables:
    """Tables rebuilt from Canal JSON: {(database, table): {key: (kind, row)}}, and of tables without a key a counter of rows. What
    can't be after what came before, as a message that comes twice or not at all, is a fault. While changes overlap with the copy
    they may be older than the row that was copied: from the first change of a row on, each must find what the one before it left.
    TRUNCATE takes away what has come of its table by its own partition."""

    def __init__(self):
        self.rows = collections.defaultdict(dict)
        self.keyless = collections.defaultdict(collections.Counter)
        self.came = {}  # {(database, table): {key, or text of a row without one: partition}}
        self.kinds = collections.Counter()
        self.statements = []
        self.faults = []
        self._partition = 0

    def take(self, messages):
        for message in messages:
            self.one(json.loads(message.value), message.partition)
        return self

    def _truncate(self, table, partition):
        for row in [row for row, where in self.came.get(table, {}).items() if where == partition]:
            self.rows[table].pop(row, None)
            self.keyless[table].pop(row, None)
            del self.came[table][row]

    def one(self, change, partition=0):
        self.kinds[change["type"]] += 1
        table = (change["database"], change["table"])
        if change["isDdl"]:
            self.statements.append(change["sql"])
            if change["sql"].startswith("TRUNCATE"):
                self._truncate(table, partition)
            return
        self._partition = partition
        for number, row in enumerate(change["data"]):
            old = {**row, **change["old"][number]} if change["type"] == "UPDATE" else row
            if change["pkNames"]:
                self._keyed(table, change, old, row)
            else:
                self._keyless(table, change["type"], old, row)

    def _keyed(self, table, change, old, row):
        kind, rows = change["type"], self.rows[table]
        before, after = (tuple(one[name] for name in change["pkNames"]) for one in (old, row))
        was, found = rows.get(before, (None, None))
        if (kind == "INIT" and after in rows) or (kind == "INSERT" and was not in (None, "INIT")):
            self.faults.append(f"{kind} of a row that is there: {table} {row}")
        if kind in ("UPDATE", "DELETE") and was not in (None, "INIT") and found != old:
            self.faults.append(f"{kind} of another row than is there: {table} {old} {found}")
        if kind in ("UPDATE", "DELETE"):
            rows.pop(before, None)
        if kind != "DELETE":
            rows[after] = (kind, row)
            self.came.setdefault(table, {})[after] = self._partition

    def _keyless(self, table, kind, old, row):
        counter = self.keyless[table]
        if kind in ("UPDATE", "DELETE"):
            text = json.dumps(old, sort_keys=True)
            if counter[text] == 0:
                self.faults.append(f"{kind} of a row that is not there: {table} {old}")
            counter[text] -= 1
        if kind != "DELETE":
            text = json.dumps(row, sort_keys=True)
            counter[text] += 1
            self.came.setdefault(table, {})[text] = self._partition

    def lines(self, database, table):
        """The table's rows, sorted, each as a list of texts in the order of its columns' names."""
        rows = [row for _, row in self.rows[database, table].values()]
        rows += [json.loads(text) for text in self.keyless[database, table].elements()]
        return sorted(([row[name] for name in sorted(row)] for row in rows), key=json.dumps)


def source_lines(server, database, table, columns):
    """The same of the source, for tables of numbers and plain text."""
    names = sorted(columns)
    rows = server.sql("SELECT " + ", ".join(f"CAST(`{name}` AS CHAR)" for name in names) + f" FROM `{database}`.`{table}`")
    return sorted((list(row) for row in rows), key=json.dumps)
