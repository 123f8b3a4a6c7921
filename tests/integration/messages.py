"""Readers of the message formats, written from their documents without a look at what writes them, and what a server itself
says of its rows, to compare with.

A reader is fed the values of messages, in order, and keeps the tables that they make: tables["db.table"][id] is a row, a
dictionary of values as `truth` gives them. It complains (AssertionError) of a message that does not fit what came before.
Rows are known by their column `id`.

Avro is read by Avro's own library (python3-avro) with the schema in kafka/Record.avsc, which is DTS' Record.avsc.
"""

import codecs
import datetime
import decimal
import io
import json
import pathlib
import struct

import avro.io
import avro.schema

import type_tables

SCHEMA = pathlib.Path(__file__).parent / "kafka" / "Record.avsc"

BINARY = ("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "geometry", "point", "linestring", "polygon",
          "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection", "vector")
TEXT = ("char", "varchar", "tinytext", "text", "mediumtext", "longtext")
NUMBER = ("tinyint", "smallint", "mediumint", "int", "bigint", "bit")


# --- what the server says ----------------------------------------------------------------------------------------

def kinds(server, db, table):
    """{column: data type} in the columns' order."""
    return dict(server.sql("SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s"
                           " ORDER BY ORDINAL_POSITION", args=(db, table)))


def _expression(name, kind, numbers):
    name = f"`{name}`"
    if numbers and kind in ("enum", "set"):
        return f"CAST(CAST({name} AS UNSIGNED) AS CHAR)"
    if kind in BINARY:
        return f"HEX({name})"
    if kind in ("float", "double"):
        return f"{name} + 0e0"
    if kind == "bit":
        return f"CAST(CAST({name} AS UNSIGNED) AS CHAR)"
    if kind in TEXT + ("enum", "set", "json"):
        return f"CONVERT({name} USING utf8mb4)"
    return f"CAST({name} AS CHAR)"


def comparable(kind, value):
    """A value as text, or as a number or bytes where its text has several forms."""
    if value is None:
        return None
    if kind in BINARY:
        return bytes.fromhex(value)
    if kind in NUMBER:
        return int(value)
    if kind == "float":
        return struct.pack("<f", float(value) + 0.0)
    if kind == "double":
        return struct.pack("<d", float(value) + 0.0)
    if kind == "decimal":
        return decimal.Decimal(value)
    if kind == "year":
        return int(value)
    if kind in ("time", "datetime", "timestamp") and "." in value:
        return value.rstrip("0").rstrip(".")
    return value


def number(kind, value):
    """The same where ENUM and SET are numbers."""
    return int(value) if value is not None and kind in ("enum", "set") else comparable(kind, value)


def truth(server, db, table, numbers=False, zone="+00:00"):
    """{id: {column: value}} as a SELECT gives it, instants by the clock of ZONE; NUMBERS: of ENUM and SET."""
    columns = kinds(server, db, table)
    connection = server.connect(db, charset="utf8mb4")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION time_zone = %s, sql_mode = ''", (zone,))
            cursor.execute("SELECT " + ", ".join(_expression(*column, numbers) for column in columns.items()) + f" FROM `{table}`")
            rows = [{name: number(kind, value) if numbers else comparable(kind, value)
                     for (name, kind), value in zip(columns.items(), row)} for row in cursor.fetchall()]
    finally:
        connection.close()
    return {row["id"]: row for row in rows}


# --- the readers -------------------------------------------------------------------------------------------------

class Reader:
    """TYPES: {"db.table": {column: data type}}."""

    def __init__(self, types, member_numbers=False):
        self.types, self.member_numbers = types, member_numbers
        self.tables = {name: {} for name in types}
        self.statements, self.operations = [], []
        self.partition = 0                              # that the next message is of
        self._came = {name: {} for name in types}       # by which partition each row came last

    def put(self, table, row):
        self.tables[table][row["id"]] = row
        self._came[table][row["id"]] = self.partition

    def state(self, statement):
        """TRUNCATE TABLE takes away what came by its partition."""
        self.statements.append(statement)
        for table in [name for name in self.tables if statement == "TRUNCATE TABLE `{}`.`{}`".format(*name.split("."))]:
            self.tables[table] = {key: row for key, row in self.tables[table].items() if self._came[table][key] != self.partition}

    def take(self, table, key):
        assert key in self.tables[table], f"{table} has no row {key}"
        return self.tables[table].pop(key)

    def change(self, table, old, new):
        """OLD: what the message says of the row as it was, by which it must be the one that is here."""
        row = self.take(table, old["id"])
        differing = {name: (value, row[name]) for name, value in old.items() if row[name] != value}
        assert not differing, f"{table} {old['id']} was not so: {differing}"
        self.put(table, {**row, **new})

    def remove(self, table, old):
        row = self.take(table, old["id"])
        assert {name: row[name] for name in old} == old, f"{table}: another row {old['id']} is deleted than is there"

    def _text_values(self, table, row):
        return {name: None if value is None else self._text_value(self.types[table][name], value) for name, value in row.items()}

    def _text_value(self, kind, value):
        if kind in BINARY:
            return value.encode("latin-1")
        return number(kind, value) if self.member_numbers else comparable(kind, value)


class CanalJson(Reader):
    """https://github.com/alibaba/canal: FlatMessage; DTS: "Data formats of a Kafka cluster"."""

    MEMBERS = {"data", "database", "es", "gtid", "id", "isDdl", "mysqlType", "old", "pkNames", "sql", "sqlType", "table", "ts", "type"}

    def feed(self, value):
        message = json.loads(value.decode())
        assert set(message) == self.MEMBERS, message.keys()
        self.operations.append(message["type"])
        if message["isDdl"]:
            assert message["data"] is message["old"] is message["sqlType"] is message["mysqlType"] is message["pkNames"] is None
            self.state(message["sql"])
            return
        table = f"{message['database']}.{message['table']}"
        (data,) = message["data"]
        assert all(value is None or isinstance(value, str) for value in data.values())
        assert all(value is None or value == str(int(value)) for name, value in data.items() if self.types[table][name] in NUMBER)
        assert set(data) <= set(message["sqlType"]) and set(data) <= set(message["mysqlType"])
        row = self._text_values(table, data)
        if message["type"] in ("INSERT", "INIT"):
            assert message["old"] is None
            self.put(table, row)
        elif message["type"] == "DELETE":
            assert message["old"] is None
            self.remove(table, row)
        else:
            assert message["type"] == "UPDATE"
            (old,) = message["old"]
            self.change(table, {"id": row["id"], **self._text_values(table, old)}, row)


class SharePlexJson(Reader):
    """DTS: "Data formats of a Kafka cluster"; NATIVE: as Quest's SharePlex writes it."""

    def __init__(self, types, native=False):
        super().__init__(types, member_numbers=native)
        self.native = native

    def feed(self, value):
        message = json.loads(value.decode(), parse_float=str, parse_int=str)
        meta = message["meta"]
        self.operations.append(meta["op"])
        if meta["op"] in ("ddl", "truncate"):
            self.state(message["sql"]["ddl"])
            return
        table = meta["table"]
        data = self._values(table, message["data"])
        assert ("key" in message) == (meta["op"] == "upd")
        if meta["op"] == "ins":
            self.put(table, data)
        elif meta["op"] == "del":
            self.remove(table, data)
        else:
            assert meta["op"] == "upd"
            key = self._values(table, message["key"])
            self.change(table, key, data)

    def _values(self, table, row):
        if self.native:
            row = {name: self._native(table, name, value) for name, value in row.items()}
        return self._text_values(table, row)

    def _native(self, table, name, value):
        kind = self.types[table][name]
        if value is None or kind not in ("date", "datetime", "timestamp"):
            return value
        day, clock = value.split("T")
        seconds, nanoseconds = clock.split(".")
        assert len(nanoseconds) == 9
        return day if kind == "date" else f"{day} {seconds}.{nanoseconds}"


class Branches(avro.io.DatumReader):
    """Tells which record of a union a value is: in its member `branch`."""

    def read_union(self, writers_schema, readers_schema, decoder):
        chosen = writers_schema.schemas[decoder.read_long()]
        value = self.read_data(chosen, chosen, decoder)
        return {**value, "branch": chosen.name} if chosen.type == "record" else value


class DtsAvro(Reader):
    """https://github.com/LioRoger/subscribe_example: Record.avsc, and how its examples read the values of MySQL."""

    BRANCHES = {**dict.fromkeys(NUMBER, "Integer"), "decimal": "Decimal", "float": "Float", "double": "Float",
                **dict.fromkeys(("date", "time", "datetime", "year"), "DateTime"), "timestamp": "Timestamp",
                **dict.fromkeys(TEXT + ("inet4", "inet6"), "Character"),
                **dict.fromkeys(("enum", "set", "json", "uuid"), "TextObject"),
                **dict.fromkeys(BINARY, "BinaryGeometry"), **dict.fromkeys(BINARY[:6] + ("vector",), "BinaryObject")}
    # What the dataTypeNumber of DTS' documents is of each; its examples choose how to read a value by it.
    NUMBERS = {"tinyint": 1, "smallint": 2, "mediumint": 9, "int": 3, "bigint": 8, "bit": 16, "decimal": 246, "float": 4, "double": 5,
               "date": 10, "time": 11, "datetime": 12, "timestamp": 7, "year": 13, "char": 254, "varchar": 253, "enum": 247,
               "set": 248, "json": 245, "binary": 254, "varbinary": 253, "geometry": 255, "point": 255, "longtext": 252, "blob": 252}

    def __init__(self, types, version="1.2.3"):
        """VERSION: of the source; None: not looked at."""
        super().__init__(types)
        self.version = version
        self.use(avro.schema.parse(SCHEMA.read_text(encoding="ascii")).schemas[-1])

    def use(self, schema):
        """What follows was written with that one."""
        self.reader = Branches(schema)

    def decode(self, value):
        stream = io.BytesIO(value)
        record = self.reader.read(avro.io.BinaryDecoder(stream))
        assert stream.tell() == len(value), "there is more than the record"
        return record

    def feed(self, value):
        record = self.decode(value)
        self.operations.append(record["operation"])
        assert record["source"] == {"sourceType": "MySQL", "version": self.version or record["source"]["version"]}
        if record["operation"] in ("BEGIN", "COMMIT", "HEARTBEAT"):
            assert record["fields"] is record["beforeImages"] is record["afterImages"] is None
            return
        if record["operation"] == "DDL":
            self.state(record["afterImages"])
            return
        table = record["objectName"]
        before, after = (self._image(table, record, name) for name in ("beforeImages", "afterImages"))
        if record["operation"] in ("INSERT", "INIT"):
            assert before is None
            self.put(table, after)
        elif record["operation"] == "DELETE":
            assert after is None
            self.remove(table, before)
        else:
            assert record["operation"] == "UPDATE"
            self.change(table, before, after)

    def _image(self, table, record, name):
        values = record[name]
        if values is None:
            return None
        assert len(values) == len(record["fields"])
        row = {}
        for field, value in zip(record["fields"], values):
            kind = self.types[table][field["name"]]
            if value != "NONE":
                row[field["name"]] = None if value is None else self._value(kind, field["dataTypeNumber"], value)
        return row

    def _value(self, kind, number, value):
        assert value["branch"] == self.BRANCHES[kind]
        assert number == self.NUMBERS.get(kind, number)
        if "charset" in value:
            return value["value"].decode(PYTHON_CHARSETS.get(value["charset"], value["charset"]), "servers_latin1"
                                         if value["charset"] == "latin1" else "strict")
        if "timestamp" in value:
            return self._instant(value)
        if "year" in value:
            return self._moment(kind, value)
        if "type" in value:
            assert isinstance(value["value"], bytes) == (kind in BINARY)
            return value["value"]
        return comparable(kind, value["value"])

    @staticmethod
    def _instant(value):
        if value["timestamp"] == 0:
            return "0000-00-00 00:00:00"
        moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=value["timestamp"], microseconds=value["millis"])
        return comparable("timestamp", moment.isoformat(" ", "microseconds"))

    @staticmethod
    def _moment(kind, value):
        if kind == "year":
            return value["year"]
        day = "{year:04}-{month:02}-{day:02}".format(**value) if value["year"] is not None else None
        if kind == "date":
            assert value["hour"] is value["millis"] is None
            return day
        parts = [value[name] for name in ("hour", "minute", "second", "millis")]
        assert min(parts) >= 0 or max(parts) <= 0
        sign, (hour, minute, second, micros) = "-" if min(parts) < 0 else "", map(abs, parts)
        clock = f"{sign}{hour:02}:{minute:02}:{second:02}.{micros:06}"
        assert (kind == "time") == (day is None)
        return comparable(kind, clock if day is None else f"{day} {clock}")


PYTHON_CHARSETS = {**type_tables.PYTHON_CHARSETS, "latin1": "cp1252", "utf8mb3": "utf-8", "greek": "iso8859_7", "koi8r": "koi8_r",
                   "hebrew": "iso8859_8", "binary": "latin-1"}


def _servers_latin1(failure):
    """The five holes of code page 1252 are control characters to the servers."""
    return "".join(chr(byte) for byte in failure.object[failure.start:failure.end]), failure.end


codecs.register_error("servers_latin1", _servers_latin1)
