"""Kafka's messages of every column type, copied and followed, against a server's own SELECT: what writes them is driven by
message_probe, without a Kafka; what reads them (messages.py) was written from the formats' documents."""

import contextlib
import dataclasses
import json
import subprocess

import avro.schema
import pytest

import messages
import servers
import type_tables
from conftest import skipping
from test_types import Corpus, Session

# What is known of the format, by others' computation: its fingerprint (CRC-64-AVRO of the canonical form).
FINGERPRINT = 0xaeeb166779c4c478

# format, dialect, and what reads it.
FORMATS = {
    "avro": ("avro", "dts", messages.DtsAvro),
    "canal": ("canal-json", "dts", messages.CanalJson),
    "canal of Canal": ("canal-json", "canal", lambda types: messages.CanalJson(types, member_numbers=True)),
    "shareplex": ("shareplex-json", "dts", messages.SharePlexJson),
    "shareplex of Quest": ("shareplex-json", "canal", lambda types: messages.SharePlexJson(types, native=True)),
}
PARTITIONS = 7


@dataclasses.dataclass
class Message:
    key: bytes
    value: bytes
    partition: int


@dataclasses.dataclass
class Probe:
    path: str
    server: servers.Server
    db: str

    def messages(self, how, *words, partitioning="zero"):
        """Of the rows as they are (copy), or of what the log has from a place on (file and offset)."""
        form, dialect, _ = FORMATS[how]
        argv = [self.path, self.server.host, self.server.port, self.db, form, dialect, partitioning, PARTITIONS, *words]
        done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        for line in done.stdout.splitlines():
            message = json.loads(line)
            yield Message(None if message["key"] is None else bytes.fromhex(message["key"]), bytes.fromhex(message["value"]),
                          message["partition"])


@pytest.fixture
def message_probe(binary):
    path = binary.parent / "tests" / "integration" / "message_probe"
    return lambda server, db: Probe(str(path), server, db)


def java_hash(text):
    """String.hashCode: https://docs.oracle.com/javase/8/docs/api/java/lang/String.html#hashCode--"""
    value = 0
    units = text.encode("utf-16-be")
    for at in range(0, len(units), 2):
        value = value * 31 + int.from_bytes(units[at:at + 2], "big") & 0xffffffff
    return value - (1 << 32) if value >> 31 else value


def compare(reader, server, how):
    numbers = "of" in how
    for name in reader.types:
        db, table = name.split(".")
        expected = messages.truth(server, db, table, numbers)
        got = reader.tables[name]
        assert got.keys() == expected.keys(), (how, name)
        for key, row in expected.items():
            differing = {column: (got[key].get(column, "nothing"), value) for column, value in row.items()
                         if got[key].get(column, "nothing") != value}
            assert not differing, (how, name, key, differing)


@pytest.mark.parametrize("kind", ("mariadb", "mysql9", "mysql56"))
def test_every_type(kind, pool, message_probe):
    server = skipping(pool.get, kind, "source")
    server.reset()
    # JSON can't hold what is no text; unit/test_message shows that it is refused.
    shapes = [dataclasses.replace(shape, keyless=False) for shape in type_tables.shapes(kind, kind) if shape.name != "text_raw"]
    corpus = Corpus(server, shapes, [])
    corpus.fill()
    types = {f"types.{shape.name}": messages.kinds(server, "types", shape.name) for shape in shapes}
    readers = {how: made(types) for how, (_, _, made) in FORMATS.items()}
    probe = message_probe(server, "types")
    place = server.log_position()
    for how, reader in readers.items():
        for message in probe.messages(how, "copy"):
            reader.feed(message.value)
        compare(reader, server, how)
        assert set(reader.operations) == {{"avro": "INIT", "canal": "INIT", "canal of Canal": "INSERT"}.get(how, "ins")}, how
    corpus.stream()
    with contextlib.closing(Session(server)) as session:
        session.run("SET SESSION binlog_row_image = 'MINIMAL'")
        session.run("UPDATE integers SET s8 = 5, u64 = NULL WHERE id >= 3000")
        session.run("DELETE FROM integers WHERE id >= 5000")
    for how, reader in readers.items():
        for message in probe.messages(how, *place):
            reader.feed(message.value)
        compare(reader, server, how)
        assert reader.statements == ["CREATE TABLE done (id int primary key)"], how


def test_rows_stay_in_the_partition_of_their_key(pool, message_probe):
    server = skipping(pool.get, "mariadb", "source")
    server.reset()
    server.sql("CREATE DATABASE p", "CREATE TABLE p.t (id INT PRIMARY KEY, v INT, name VARCHAR(20))")
    place = server.log_position()
    server.sql(*(f"INSERT INTO p.t VALUES ({i}, 0, 'n{i}')" for i in range(40)), "UPDATE p.t SET v = id + 1",
               "UPDATE p.t SET id = id + 1000 WHERE id >= 20", "DELETE FROM p.t WHERE id % 3 = 0")
    reader = messages.CanalJson({"p.t": messages.kinds(server, "p", "t")})
    for message in message_probe(server, "p").messages("canal", *place, partitioning="key"):
        reader.feed(message.value)
        (data,) = json.loads(message.value)["data"]
        assert message.key == data["id"].encode()
        assert message.partition == (java_hash(data["id"]) & 0x7fffffff) % PARTITIONS
    compare(reader, server, "canal")
    # An UPDATE that moves a row is its removal there and its making here.
    moved = sum((java_hash(str(i)) & 0x7fffffff) % PARTITIONS != (java_hash(str(i + 1000)) & 0x7fffffff) % PARTITIONS
                for i in range(20, 40))
    assert moved
    assert reader.operations.count("INSERT") == 40 + moved
    assert reader.operations.count("UPDATE") == 40 + 20 - moved


def crc_64_avro(data):
    """https://avro.apache.org/docs/1.11.1/specification/#schema-fingerprints"""
    value = empty = 0xc15d213aa4d7a795
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (empty if value & 1 else 0)
    return value


def test_the_schema_for_a_registry_is_that_of_the_definition(binary):
    path = binary.parent / "tests" / "integration" / "message_probe"
    ours = avro.schema.parse(subprocess.run([path, "schema"], capture_output=True, text=True, check=True).stdout)
    definition = avro.schema.parse(messages.SCHEMA.read_text(encoding="ascii")).schemas[-1]
    assert ours.canonical_form == definition.canonical_form
    assert crc_64_avro(ours.canonical_form.encode()) == FINGERPRINT
