#!/usr/bin/python3
"""The judge: are two servers' tables the same, row by row? Written without a look at the program under test.

Values are made comparable on the server, by an expression for each kind of column, so that no client conversion can
hide a difference: bytes as HEX(), FLOAT and DOUBLE by their exact double, ENUM and SET by number and text, instants in
UTC. Where source and destination store the same characters in the same character set their bytes are compared;
otherwise the characters. Tables with a key are compared by key, others as multisets.

First every row of both sides is hashed and the hashes are added up, which takes no memory; only where count or sum
differ are the rows themselves read and the differences named.

From a shell:   compare.py --source PORT --destination PORT shop shop2=shop2_copy
"""

import argparse
import collections
import dataclasses
import decimal
import hashlib
import ipaddress
import json
import sys

import pymysql
import pymysql.cursors

LISTED = 20                     # differences named for each table; the rest is counted


@dataclasses.dataclass(frozen=True)
class Difference:
    """KIND is missing, extra or different (a row), or missing table, view or column, or extra table or column."""

    table: str
    kind: str
    key: tuple = ()
    detail: str = ""

    def __str__(self):
        key = f" {self.key!r}" if self.key else ""
        return f"{self.table}: {self.kind}{key}{': ' + self.detail if self.detail else ''}"


@dataclasses.dataclass(frozen=True)
class Target:
    """What a source's table is called in the destination, and those of its columns that have another name there."""

    database: str
    table: str
    columns: tuple = ()         # pairs of (source's name, destination's name)

    def column(self, name):
        return dict(self.columns).get(name, name)


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """A server given by its address; tests use servers.Server instead, which has the same connect()."""

    port: int
    host: str = "127.0.0.1"
    user: str = "root"
    password: str = ""

    def connect(self, **kw):
        return pymysql.connect(host=self.host, port=self.port, user=self.user, password=self.password, **kw)


@dataclasses.dataclass(frozen=True)
class Column:
    name: str
    data_type: str              # as in information_schema, lower case
    charset: str


def quote(name):
    return "`" + name.replace("`", "``") + "`"


# --- reading ---------------------------------------------------------------------------------------------

class Side:
    """One server, through a session in which nothing is converted."""

    def __init__(self, server):
        self.connection = server.connect(charset="utf8mb4", conv={}, use_unicode=True, autocommit=True,
                                         read_timeout=600)
        self.rows("SET SESSION time_zone = '+00:00', sql_mode = ''")
        ((version,),) = self.rows("SELECT VERSION()")
        self.signed_zero = "MariaDB" not in version

    def rows(self, statement, *args):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, args or None)
            return cursor.fetchall()

    def stream(self, statement):
        with self.connection.cursor(pymysql.cursors.SSCursor) as cursor:
            cursor.execute(statement)
            while block := cursor.fetchmany(1000):
                yield from block

    def tables(self, database):
        return [name for (name,) in self.rows(
            "SELECT table_name FROM information_schema.tables"
            f" WHERE table_schema = {literal(database)} AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
            " ORDER BY table_name")]

    def views(self, database):
        return [name for (name,) in self.rows(
            f"SELECT table_name FROM information_schema.views WHERE table_schema = {literal(database)}"
            " ORDER BY table_name")]

    def columns(self, database, table):
        found = self.rows(
            "SELECT column_name, data_type, character_set_name FROM information_schema.columns"
            f" WHERE table_schema = {literal(database)} AND table_name = {literal(table)} ORDER BY ordinal_position")
        return [Column(name, kind.lower(), {"utf8": "utf8mb3"}.get(charset, charset)) for name, kind, charset in found]

    def key(self, database, table):
        """The columns of the primary key, or else of a unique key without NULL, prefix or expression; or none."""
        parts = self.rows(
            "SELECT index_name, column_name, nullable, sub_part FROM information_schema.statistics"
            f" WHERE table_schema = {literal(database)} AND table_name = {literal(table)} AND non_unique = 0"
            " ORDER BY index_name != 'PRIMARY', index_name, seq_in_index")
        indexes = collections.defaultdict(list)
        for index, column, nullable, sub_part in parts:
            indexes[index].append(column if nullable != "YES" and sub_part is None else None)
        return next((columns for columns in indexes.values() if None not in columns), [])

    def close(self):
        self.connection.close()


def literal(text):
    """A string literal that no sql_mode and no character set reads otherwise."""
    return f"CONVERT(X'{text.encode().hex()}' USING utf8mb4)" if text else "''"


# --- making values comparable ----------------------------------------------------------------------------

BINARY = {"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob", "vector",
          "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
          "geometrycollection", "geomcollection"}
TEXT = {"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}


NUMBERS = decimal.Context(prec=1000, Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)


def _number(value):
    return repr(float(value))


def _unsigned_zero(value):
    return repr(float(value) + 0.0)


def _uuid(value):
    return value.replace("-", "").lower()


def _address(value):
    address = ipaddress.ip_address(value)
    return str(getattr(address, "ipv4_mapped", None) or address)


def _address_of_hex(value):
    return _address(bytes.fromhex(value).decode() if len(value) not in (8, 32) else
                    str(ipaddress.ip_address(bytes.fromhex(value))))


def _document(value):
    """A JSON document by its value: order of keys, spaces and trailing zeros don't count."""
    text = bytes.fromhex(value).decode("utf-8")
    return repr(_ordered(json.loads(text, parse_float=_fraction)))


def _fraction(digits):
    return NUMBERS.create_decimal(digits).normalize(NUMBERS)


def _ordered(node):
    if isinstance(node, dict):
        return ("object", sorted((key, _ordered(value)) for key, value in node.items()))
    if isinstance(node, list):
        return [_ordered(value) for value in node]
    return node


def expression(own, other, signed_zero=True):
    """(expression, function or None) that make a value of column OWN comparable with one of column OTHER.

    SIGNED_ZERO: both servers can store -0, which MySQL keeps and MariaDB makes 0.
    """
    name, kind = quote(own.name), own.data_type
    pair = {kind, other.data_type}
    characters = f"HEX(CONVERT({name} USING utf8mb4))"
    if "uuid" in pair:
        return (f"HEX({name})" if kind in BINARY else f"CAST({name} AS CHAR)"), _uuid
    if pair & {"inet4", "inet6"}:
        if kind in BINARY:
            return f"HEX({name})", _address_of_hex
        return f"CAST({name} AS CHAR)", _address
    if "json" in pair:
        return characters, None if pair == {"json"} else _document
    if kind in ("float", "double"):
        return f"{name}*1e0", _number if signed_zero else _unsigned_zero
    if kind in ("enum", "set"):
        return f"CONCAT(CAST({name} AS UNSIGNED), ' ', {characters})", None
    if kind == "bit":
        return f"HEX({name}+0)", None
    if kind in BINARY:
        return f"HEX({name})", None
    if kind in TEXT:
        return (f"HEX({name})" if own.charset == other.charset else characters), None
    return f"CAST({name} AS CHAR)", None            # integers, decimals, dates and times, years


class Reader:
    """The comparable rows of one side of a table."""

    def __init__(self, side, database, table, columns, others, key, signed_zero):
        self.side = side
        made = [expression(own, other, signed_zero) for own, other in zip(columns, others)]
        self.statement = f"SELECT {', '.join(text for text, _ in made)} FROM {quote(database)}.{quote(table)}"
        self.functions = [(at, function) for at, (_, function) in enumerate(made) if function]
        self.key_at = [at for at, column in enumerate(columns) if column.name in key]

    def rows(self):
        for row in self.side.stream(self.statement):
            row = list(row)
            for at, function in self.functions:
                if row[at] is not None:
                    row[at] = function(row[at])
            yield tuple(row)

    def key(self, row):
        return tuple(row[at] for at in self.key_at)

    def sum(self):
        """(rows, sum of their hashes): equal for equal multisets, whatever their order."""
        count = total = 0
        for row in self.rows():
            packed = repr(row).encode("utf-8", "surrogatepass")
            total += int.from_bytes(hashlib.blake2b(packed, digest_size=16).digest(), "big")
            count += 1
        return count, total % (1 << 128)


# --- comparing -------------------------------------------------------------------------------------------

def compare_tables(source, destination, mapping):
    """The differences between tables: MAPPING is {(database, table): Target or (database, table)}."""
    ours, theirs = Side(source), Side(destination)
    try:
        return [difference for (database, table), target in mapping.items()
                for difference in _compare_table(ours, theirs, database, table, _target(target))]
    finally:
        ours.close()
        theirs.close()


def compare_databases(source, destination, mapping):
    """The differences between all tables of databases: MAPPING is {database: database}, or names that don't change.

    Views are compared by name.
    """
    if not isinstance(mapping, dict):
        mapping = {name: name for name in mapping}
    ours, theirs = Side(source), Side(destination)
    try:
        differences = []
        for database, target in mapping.items():
            names = ours.tables(database)
            for extra in sorted(set(theirs.tables(target)) - set(names)):
                differences.append(Difference(f"{target}.{extra}", "extra table"))
            for name in names:
                differences += _compare_table(ours, theirs, database, name, Target(target, name))
            there = theirs.views(target)
            differences += [Difference(f"{database}.{view}", "missing view", detail=f"no {target}.{view}")
                            for view in ours.views(database) if view not in there]
        return differences
    finally:
        ours.close()
        theirs.close()


def _target(target):
    return target if isinstance(target, Target) else Target(*target)


def _compare_table(ours, theirs, database, table, target):
    label = f"{database}.{table}"
    own = ours.columns(database, table)
    if not own:
        raise LookupError(f"the source has no table {label}")
    found = {column.name: column for column in theirs.columns(target.database, target.table)}
    if not found:
        return [Difference(label, "missing table", detail=f"no {target.database}.{target.table}")]
    wanted = [target.column(column.name) for column in own]
    differences = [Difference(label, "missing column", detail=name) for name in wanted if name not in found]
    differences += [Difference(label, "extra column", detail=name) for name in found if name not in wanted]
    both = [column for column in own if target.column(column.name) in found]
    others = [found[target.column(column.name)] for column in both]
    key = ours.key(database, table)
    signed_zero = ours.signed_zero and theirs.signed_zero
    left = Reader(ours, database, table, both, others, key, signed_zero)
    right = Reader(theirs, target.database, target.table, others, both, [target.column(name) for name in key],
                   signed_zero)
    if left.sum() != right.sum():
        differences += (_by_key if key else _as_multiset)(label, left, right, both)
    return differences


def _by_key(label, left, right, columns):
    expected, differences = {}, []
    for row in left.rows():
        expected[left.key(row)] = row
    seen = collections.Counter()
    for row in right.rows():
        key = right.key(row)
        seen[key] += 1
        if key not in expected or seen[key] > 1:
            differences.append(Difference(label, "extra", key))
        elif row != expected[key]:
            differences.append(Difference(label, "different", key, _detail(expected[key], row, columns)))
    differences += [Difference(label, "missing", key) for key in expected if not seen[key]]
    return _shortened(label, differences)


def _as_multiset(label, left, right, _columns):
    counts = collections.Counter(left.rows())
    counts.subtract(collections.Counter(right.rows()))
    differences = [Difference(label, "missing" if count > 0 else "extra", row, f"{abs(count)} times")
                   for row, count in counts.items() if count]
    return _shortened(label, differences)


def _detail(expected, found, columns):
    return "; ".join(f"{column.name}: {_short(one)} became {_short(other)}"
                     for column, one, other in zip(columns, expected, found) if one != other)


def _short(value):
    return repr(value) if value is None or len(value) <= 80 else f"{value[:60]!r}… ({len(value)} characters)"


def _shortened(label, differences):
    if not differences:
        return [Difference(label, "changed while it was read")]
    hidden = len(differences) - LISTED
    more = [Difference(label, "more", detail=f"{hidden} further differences")] if hidden > 0 else []
    return differences[:LISTED] + more


# --- the command -----------------------------------------------------------------------------------------

def main():
    parser = argparse.ArgumentParser(description="Compare databases of two servers row by row, as root, without TLS.")
    parser.add_argument("--source", type=int, required=True, metavar="PORT")
    parser.add_argument("--destination", type=int, required=True, metavar="PORT")
    parser.add_argument("database", nargs="+", help="NAME, or NAME=NAME-IN-THE-DESTINATION")
    args = parser.parse_args()
    mapping = {name: target or name for name, _, target in (text.partition("=") for text in args.database)}
    differences = compare_databases(Endpoint(args.source), Endpoint(args.destination), mapping)
    for difference in differences:
        print(difference)
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
