"""README's table of dialects, cell by cell, against what messages are like; and random values through every format."""

import json
import pathlib
import random
import struct

import messages
from conftest import skipping
from test_messages import FORMATS, PARTITIONS, compare, java_hash, message_probe  # noqa: F401  pylint: disable=unused-import

import rds

README = pathlib.Path(__file__).parents[2] / "README.md"
STATEMENTS = ("CREATE TABLE d.x (a INT)", "ALTER TABLE d.x ADD b INT", "CREATE INDEX i ON d.x (a)", "DROP INDEX i ON d.x",
              "RENAME TABLE d.x TO d.y", "TRUNCATE TABLE d.y", "DROP TABLE d.y", "CREATE DATABASE d2")
KEYS = [(text, number) for text in ("x", "y", "polygenelubricants", "a,b", "") for number in range(8)]


def table():
    """{label: (cell of dts, cell of canal)}."""
    section = README.read_text(encoding="utf-8").split("### Messages for Kafka")[1].split("\n#")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("| ")]
    assert rows[0][1:] == ["`dts` (the default)", "`canal`"]
    return {label: (dts, canal) for label, dts, canal in rows[1:]}


def one(values, of):
    """The only key of OF whose value is VALUES."""
    (found,) = (name for name, value in of.items() if value == values)
    return found


class Seen:
    """What messages of a dialect are like, in README's words."""

    def __init__(self, probe, place, canal):
        self.canal, self.probe, self.place = canal, probe, place
        self.json, self.shareplex = ("canal of Canal", "shareplex of Quest") if canal else ("canal", "shareplex")

    def copied(self, how, name, **more):
        return [message for message in self.probe.messages(how, "copy", **more) if f'"table":"{name}"' in message.value.decode()]

    def rows(self):
        return [json.loads(message.value) for message in self.copied(self.json, "t")]

    def kind_of_copied(self):
        return "`{}`".format(*{row["type"] for row in self.rows()})

    def kinds_of_statements(self):
        told = [json.loads(message.value) for message in self.probe.messages(self.json, *self.place)]
        kinds = list(dict.fromkeys(change["type"] for change in told if change["isDdl"]))
        if len(kinds) == 1:
            return f"`{kinds[0]}`"
        order = ("CREATE", "ALTER", "ERASE", "RENAME", "TRUNCATE", "CINDEX", "DINDEX")
        assert set(kinds) == {*order, "QUERY"}
        return ", ".join(f"`{kind}`" for kind in order) + ", else `QUERY`"

    def members(self):
        return one([row["data"][0]["e"] for row in self.rows()], {"text": ["b", "a"], "number": ["2", "1"]})

    def mysql_type(self):
        types = self.rows()[0]["mysqlType"]
        return one((types["v"], types["u"]), {"`varchar`, `int unsigned`": ("varchar", "int unsigned"),
                                              "`varchar(20)`, as the server shows it": ("varchar(20)", "int(10) unsigned")})

    def sql_type(self):
        small, large = (row["sqlType"] for row in self.rows())
        assert small["id"] == large["id"] == 4
        return one((small["u"], large["u"], small["b"], large["b"]), {
            "that of the column": (-5, -5, 2004, 2004),
            "that of the value: NULL, and unsigned values with the uppermost bit, have others": (4, -5, -4, 2004)})

    def key(self):
        by_table = {message.key for message in self.copied(self.json, "t", partitioning="table")}
        by_key = {message.key for message in self.copied(self.json, "k", partitioning="key")}
        if by_table == by_key == {None}:
            return "none"
        assert by_table == {b"d.t"} and by_key == {(text.replace(",", "\\,") + f",{number}").encode() for text, number in KEYS}
        return "what its partition comes of: `db.table`, or the values of the key, `,` between several"

    def _partition(self, hash_):
        return abs(hash_) % PARTITIONS if self.canal else (hash_ & 0x7fffffff) % PARTITIONS

    def by_table(self):
        found = {name: {message.partition for message in self.copied(self.json, name, partitioning="table")} for name in ("t", "k", "u")}
        return one(found, {cell: {name: {self._partition(java_hash(text.format(name)))} for name in found}
                           for cell, text in (("`db.table`", "d.{}"), ("the table's name", "{}"))})

    def by_key(self):
        found = {}
        for message in self.copied(self.json, "k", partitioning="key"):
            (row,) = json.loads(message.value)["data"]
            found[row["a"], int(row["b"])] = message.partition
        one_text = {(a, b): self._partition(java_hash(a.replace(",", "\\,") + f",{b}")) for a, b in KEYS}
        each = {(a, b): self._partition(java_hash("d") ^ java_hash(a) ^ java_hash(str(b))) for a, b in KEYS}
        return one(found, {"the key's text": one_text, "the database's and each value's, by exclusive or": each})

    def negative(self):
        """Of a key of one column, whose hash either dialect takes as it is, but for the database's."""
        found, hashes = {}, {}
        for message in self.copied(self.json, "u", partitioning="key"):
            (row,) = json.loads(message.value)["data"]
            found[row["a"]] = message.partition
            hashes[row["a"]] = java_hash(row["a"]) ^ (java_hash("d") if self.canal else 0)
        assert min(hashes.values()) < 0 < max(hashes.values())
        return one(found, {"without its sign: `hash & 0x7fffffff`": {a: (h & 0x7fffffff) % PARTITIONS for a, h in hashes.items()},
                           "its absolute value": {a: abs(h) % PARTITIONS for a, h in hashes.items()}})

    def shareplex_key(self):
        (change,) = (found for message in self.probe.messages(self.shareplex, *self.place)
                     if (found := json.loads(message.value))["meta"]["op"] == "upd")
        return one(list(change["key"]), {"all columns as they were": ["id", "u", "v", "e", "d", "b"], "the columns of the key": ["id"]})

    def shareplex_values(self):
        row = json.loads(self.copied(self.shareplex, "d.t")[0].value)["data"]
        return one((row["id"], row["d"]), {"strings": ("1", "2024-05-24 15:58:48"),
                                           "numbers without quotes, times as `2024-05-24T15:58:48.000000000`":
                                               (1, "2024-05-24T15:58:48.000000000")})


CELLS = {"type of a copied row": Seen.kind_of_copied, "type of a schema change": Seen.kinds_of_statements, "ENUM and SET in JSON": Seen.members,
         "`mysqlType`": Seen.mysql_type, "`sqlType` (`java.sql.Types`)": Seen.sql_type, "the message's key": Seen.key,
         "partition by table: hash of": Seen.by_table, "partition by key: hash of": Seen.by_key, "a negative hash": Seen.negative,
         "SharePlex, `key` of an update": Seen.shareplex_key, "SharePlex, values": Seen.shareplex_values}


def test_the_table_of_readme_says_what_messages_are_like(pool, message_probe):                # pylint: disable=redefined-outer-name
    server = skipping(pool.get, "mariadb", "source")
    server.reset()
    server.sql("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, u INT UNSIGNED, v VARCHAR(20), e ENUM('a','b'), d DATETIME, b BLOB)",
               "INSERT INTO d.t VALUES (1, 1, NULL, 'b', '2024-05-24 15:58:48', NULL), (2, 4294967295, 'x', 'a', NULL, 'b')",
               "CREATE TABLE d.k (a VARCHAR(30), b INT, PRIMARY KEY (a, b))", "CREATE TABLE d.u (a VARCHAR(30) PRIMARY KEY)",
               "INSERT INTO d.k VALUES " + ", ".join(f"('{text}', {number})" for text, number in KEYS),
               "INSERT INTO d.u SELECT CONCAT('some text of ', seq) FROM d.seq_1_to_20")
    place = server.log_position()
    server.sql("UPDATE d.t SET v = 'y' WHERE id = 1", *STATEMENTS)
    probe, claimed = message_probe(server, "d"), table()
    assert claimed.keys() == CELLS.keys()
    found = {label: tuple(look(Seen(probe, place, canal)) for canal in (False, True)) for label, look in CELLS.items()}
    assert found == claimed


# --- random values -------------------------------------------------------------------------------------------------------

def _double(draw):
    while True:
        (value,) = struct.unpack("<d", draw.randbytes(8))
        if value == value and abs(value) < 1.7e308 and (value == 0 or abs(value) > 2.3e-308):
            return repr(value)


def _text(draw, most):
    return "_utf8mb4 X'" + "".join(chr(draw.choice((draw.randrange(1, 0x80), draw.randrange(0x80, 0xd800), draw.randrange(0x10000, 0x110000))))
                                   for _ in range(draw.randrange(most))).encode().hex() + "'"


COLUMNS = {
    "i8": ("TINYINT", lambda draw: draw.randrange(-128, 128)), "u64": ("BIGINT UNSIGNED", lambda draw: draw.getrandbits(draw.randrange(65))),
    "i64": ("BIGINT", lambda draw: draw.getrandbits(63) * draw.choice((1, -1))),
    "n": ("DECIMAL(65,30)", lambda draw: f"{draw.choice(('', '-'))}{draw.getrandbits(draw.randrange(116))}.{draw.getrandbits(draw.randrange(99)):030}"),
    "d": ("DOUBLE", _double), "bits": ("BIT(64)", lambda draw: draw.getrandbits(draw.randrange(65))),
    "t": ("TIME(6)", lambda draw: f"'{draw.randrange(-838, 839)}:{draw.randrange(60)}:{draw.randrange(60)}.{draw.randrange(10 ** 6):06}'"),
    "dt": ("DATETIME(6)", lambda draw: draw.choice(("'0000-00-00'", f"'{draw.randrange(1, 10000):04}-{draw.randrange(13):02}-{draw.randrange(32):02}"
                                                    f" {draw.randrange(24)}:0:{draw.randrange(60)}.{draw.randrange(10 ** 6):06}'"))),
    "ts": ("TIMESTAMP(3) NULL", lambda draw: f"FROM_UNIXTIME({draw.randrange(1, 2 ** 31 - 1)}.{draw.randrange(1000):03})"),
    "y": ("YEAR", lambda draw: draw.choice((0, draw.randrange(1901, 2156)))), "b": ("BLOB", lambda draw: "X'" + draw.randbytes(draw.randrange(200)).hex() + "'"),
    "fixed": ("BINARY(12)", lambda draw: "X'" + draw.randbytes(draw.randrange(13)).hex() + "'"),
    "v": ("TEXT CHARACTER SET utf8mb4", lambda draw: _text(draw, 60)), "e": ("ENUM('a','ü','c''d')", lambda draw: draw.randrange(4)),
    "s": ("SET('x','y','z','ä')", lambda draw: draw.randrange(16)),
    "l": ("VARCHAR(40) CHARACTER SET latin1", lambda draw: "_latin1 X'" + draw.randbytes(draw.randrange(40)).hex() + "'"),
}


def test_random_values_are_read_as_the_server_has_them(pool, message_probe):                  # pylint: disable=redefined-outer-name
    seed = rds.seed()
    draw = random.Random(seed)
    server = skipping(pool.get, "mariadb", "source")
    server.reset()
    server.sql("CREATE DATABASE r", "CREATE TABLE r.t (id INT PRIMARY KEY, " + ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items()) + ")")
    session = server.connect("r")

    def values(names):
        return {name: "NULL" if draw.random() < 0.1 else COLUMNS[name][1](draw) for name in names}

    def write(statement):
        with session.cursor() as cursor:
            cursor.execute(statement)

    write("SET SESSION sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'")
    for number in range(150):
        write(f"INSERT INTO t VALUES ({number}, {', '.join(map(str, values(COLUMNS).values()))})")
    types = {"r.t": messages.kinds(server, "r", "t")}
    readers = {how: made(types) for how, (_, _, made) in FORMATS.items()}
    probe = message_probe(server, "r")
    for how, reader in readers.items():
        for message in probe.messages(how, "copy"):
            reader.feed(message.value)
        compare(reader, server, how)
    place = server.log_position()
    for _ in range(150):
        changed = values(draw.sample(list(COLUMNS), draw.randrange(1, 6)))
        write(f"UPDATE t SET {', '.join(f'{name} = {value}' for name, value in changed.items())} WHERE id = {draw.randrange(150)}")
    write("DELETE FROM t WHERE id % 7 = 0")
    session.close()
    for how, reader in readers.items():
        for message in probe.messages(how, *place):
            reader.feed(message.value)
        compare(reader, server, how)
