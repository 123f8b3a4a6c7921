"""Those that writing to Kafka is measured against: librdkafka's producer with ready messages, and Debezium's embedded engine;
their broker, and a reader of what all write."""

import pathlib
import struct
import subprocess
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

import harness
from harness import rds, scratch, servers

import fetch

HERE = pathlib.Path(__file__).parent
WAIT = 60                       # seconds for whatever a broker does
AT_ONCE = 10000                 # messages that the reader takes


class Broker(servers.Kafka):
    """A broker with Java as it is by itself."""

    JAVA = ["java", "-Xmx1g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]

    @property
    def address(self):
        return f"{self.host}:{self.ports['plain']}"

    @property
    def port(self):             # as an end of a task has it
        return self.ports["plain"]

    def make(self, topic, partitions=1):
        admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(WAIT)

    def remove(self, topic):
        admin = AdminClient({"bootstrap.servers": self.address, "log_level": 0})
        admin.delete_topics([topic])[topic].result(WAIT)


class Reader:
    """Reads a topic as whoever wants to see what is committed alone; goes on where it was."""

    def __init__(self, broker, topic):
        self.topic = topic
        self.consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "bench", "isolation.level": "read_committed",
                                  "enable.auto.commit": False, "enable.partition.eof": True, "log_level": 0})
        self.places = [TopicPartition(topic, number, OFFSET_BEGINNING)
                       for number in self.consumer.list_topics(topic, timeout=WAIT).topics[topic].partitions]

    def rest(self):
        """(partition, key, value) of all messages that are new."""
        self.consumer.assign(self.places)
        open_ = {place.partition for place in self.places}
        deadline = time.monotonic() + WAIT
        while open_:
            found = self.consumer.consume(AT_ONCE, 0.1)        # waits so long for so many
            assert found or time.monotonic() < deadline, f"nothing comes of {self.topic}"
            for one in found:
                deadline = time.monotonic() + WAIT
                if one.error() is None:
                    yield one.partition(), one.key(), one.value()
                else:
                    assert one.error().code() == KafkaError._PARTITION_EOF, one.error()     # pylint: disable=protected-access
                    open_.discard(one.partition())
        self.places = [now if now.offset >= 0 else before        # nothing was there
                       for before, now in zip(self.places, self.consumer.position(self.places))]

    def follow(self):
        """The value of each message that is new, at once when it is there; ends when nothing comes for long."""
        self.consumer.assign(self.places)
        while (one := self.consumer.poll(WAIT)) is not None:
            if one.error() is None:
                self.places = [TopicPartition(self.topic, one.partition(), one.offset() + 1)]
                yield one.value()
        sys.exit(f"nothing comes of {self.topic}")

    def count(self):
        return sum(1 for _ in self.rest())

    def close(self):
        self.consumer.close()


class Producer:
    """librdkafka's with the messages of a file."""

    name = "librdkafka's producer"
    TRANSACTION = 50000         # messages

    def __init__(self, broker):
        harness.beside("kafka_producer")                              # told of before anything is measured
        self.broker = broker
        self.file = scratch() / "messages"

    def keep(self, messages):
        """What is to be sent; the messages are handed on."""
        with open(self.file, "wb") as file:
            for partition, key, value in messages:
                file.write(struct.pack("=iii", partition, -1 if key is None else len(key), len(value)) + (key or b"") + value)
                yield partition, key, value

    def run(self, topic):
        return watched(producer(self.broker, topic, self.TRANSACTION, self.file))[0]


def producer(broker, topic, *words):
    return [harness.beside("kafka_producer"), broker.address, topic, "lz4", *map(str, words)]


class Debezium:
    """Debezium's embedded engine into a topic: as JSON without schemas, the messages awaited batch by batch."""

    name = "Debezium's embedded engine"
    OFFSETS = "org.apache.kafka.connect.storage.FileOffsetBackingStore"
    HISTORY = "io.debezium.storage.file.history.FileSchemaHistory"

    def __init__(self, source, broker, databases):
        self.source, self.broker, self.databases = source, broker, databases
        self.home = scratch()
        self.libraries = fetch.cached("debezium-3.6", lambda folder: fetch.copy_maven(HERE / "debezium/pom.xml", folder))
        fetch.run("javac", "-cp", f"{self.libraries}/*", "-d", self.home, HERE / "debezium/Follow.java")

    def start(self, topic, mode, tables, count):
        """Goes on where it was; MODE says what becomes of the rows that are there when it runs the first time."""
        engine = {
            "name": "bench", "connector.class": "io.debezium.connector.mysql.MySqlConnector", "topic.prefix": "bench",
            "database.hostname": self.source.host, "database.port": self.source.port, "database.user": "root",
            "database.password": "", "database.ssl.mode": "disabled", "database.server.id": 99,
            "database.include.list": ",".join(self.databases), "snapshot.mode": mode, "include.schema.changes": "false",
            "tombstones.on.delete": "false", "key.converter.schemas.enable": "false", "value.converter.schemas.enable": "false",
            "offset.storage": self.OFFSETS, "offset.storage.file.filename": self.home / "offsets",
            "schema.history.internal": self.HISTORY, "schema.history.internal.file.filename": self.home / "history"}
        sends = {"bootstrap.servers": self.broker.address, "acks": "all", "enable.idempotence": "true", "compression.type": "lz4"}
        paths = []
        for name, settings in (("engine", engine), ("producer", sends)):
            paths.append(self.home / f"{name}.properties")
            paths[-1].write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")
        return ["java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", f"{self.home}:{self.libraries}/*", "Follow", *paths,
                topic, f"bench.{tables}", str(count)]

    def begin(self, topic, server, table):
        """Follow from now on: rows are put into the empty table until one of them is in the topic."""
        words = self.start(topic, "no_data", table, 1)
        with subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None:
                server.sql(f"INSERT INTO {table} VALUES ()")
                time.sleep(0.2)
        assert process.returncode == 0

    def run(self, topic, mode, tables, count):
        used, told = watched(self.start(topic, mode, tables, count))
        used.wall = int(told) / 1e9
        return used

    def forget(self):
        for name in ("offsets", "history"):
            (self.home / name).unlink(missing_ok=True)


def watched(words):
    """What a command used that must succeed, and what it said."""
    begun = time.monotonic()
    with subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        used = harness.watch(process)
        used.wall = time.monotonic() - begun
        said, failed = process.stdout.read(), process.stderr.read()
    assert process.returncode == 0, f"{words}: {failed[-4000:]}"
    return used, said
