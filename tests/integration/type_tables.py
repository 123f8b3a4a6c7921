"""Tables with every column type at its limits, and neighbours that a careless comparison would take for equal.

A Shape is a set of columns with their values as SQL expressions; row i takes the i-th value of each column, and the
last row is NULL throughout. A Key is a type as a primary key. Values are in ASCII: bytes stand in hexadecimal.
"""

import dataclasses
import json

COMMON = ("mariadb", "mysql56", "mysql9")
BIG = "9" * 35


@dataclasses.dataclass(frozen=True)
class Column:
    name: str
    declaration: str
    values: tuple = ()          # none: the server makes them (generated columns)

    def value(self, row):
        return self.values[row % len(self.values)]


@dataclasses.dataclass(frozen=True)
class Shape:
    name: str
    columns: tuple
    options: str = ""           # of the table
    keyless: bool = True        # there is also a table without a key
    extra: str = ""             # further definitions: keys
    before: str = ""            # a statement for the session that creates the table

    @property
    def written(self):
        return [column for column in self.columns if column.values]

    @property
    def rows(self):
        """Each with the values of the written columns."""
        count = max(len(column.values) for column in self.written)
        rows = [[column.value(i) for column in self.written] for i in range(count)]
        return rows + [[column.values[0] if "not null" in column.declaration else "NULL" for column in self.written]]

    @property
    def names(self):
        return ", ".join(f"`{column.name}`" for column in self.written)

    def definition(self, key):
        parts = [key] if key else []
        parts += [f"`{column.name}` {column.declaration}" for column in self.columns]
        return ", ".join(parts + ([self.extra] if self.extra else []))


@dataclasses.dataclass(frozen=True)
class Key:
    """VALUES differ under the column's collation."""

    name: str
    declaration: str
    values: tuple


def col(name, declaration, *values):
    return Column(name, declaration, tuple(str(value) for value in values))


def key(name, declaration, *values):
    return Key(name, declaration, tuple(str(value) for value in values))


PYTHON_CHARSETS = {"latin1": "cp1252", "ucs2": "utf-16-be", "utf16": "utf-16-be", "utf16le": "utf-16-le",
                   "utf32": "utf-32-be", "utf8": "utf-8", "utf8mb4": "utf-8", "ujis": "euc_jp", "sjis": "shift_jis", "binary": "utf-8"}


def text(charset, value):
    """VALUE as a literal of CHARSET."""
    encoded = value.encode(PYTHON_CHARSETS.get(charset, charset)).hex()
    return f"_{charset} X'{encoded}'" if encoded else "''"


def texts(charset, *values):
    return [text(charset, value) for value in values]


# --- numbers -----------------------------------------------------------------------------------------------------

def integers():
    columns = []
    for name, bits in (("tinyint", 8), ("smallint", 16), ("mediumint", 24), ("int", 32), ("bigint", 64)):
        half, whole = 1 << bits - 1, 1 << bits
        columns.append(col(f"s{bits}", name, -half, -half + 1, -1, 0, 1, half - 1, half - 2))
        columns.append(col(f"u{bits}", f"{name} unsigned", 0, 1, half - 1, half, half + 1, whole - 2, whole - 1))
    columns.append(col("z", "int(8) zerofill", 0, 42, 4294967295))
    columns.append(col("zb", "bigint(20) unsigned zerofill", 0, 7, (1 << 64) - 1))
    columns.append(col("yes", "boolean", 0, 1))
    return Shape("integers", tuple(columns))


def decimals():
    def column(precision, scale, attributes=""):
        top = f"{'9' * (precision - scale) or '0'}.{'9' * scale or '0'}"
        least = f"0.{'0' * (scale - 1)}1" if scale else "1"
        signed = [top, f"-{top}", "0", least, f"-{least}", "-0.0"]
        return col(f"d{precision}_{scale}{'u' if attributes else ''}", f"decimal({precision},{scale}){attributes}",
                   *([top, "0", least] if attributes else signed))

    shapes = ((65, 30), (65, 0), (1, 0), (30, 30), (9, 9), (10, 2), (18, 9), (19, 10), (20, 1), (38, 30))
    return Shape("decimals", tuple(column(*shape) for shape in shapes) +
                 (column(65, 30, " unsigned"), col("dz", "decimal(12,3) zerofill", 0, "1.5", "999999999.999")))


def floats():
    singles = ("0.1", "-0e0", "0e0", "16777216", "16777215", "3.402823466e38", "-3.402823466e38", "1.175494351e-38",
               "1.401298464e-45", "-1.401298464e-45", "2.802596929e-45", "1e-40", "123456.789", "0.30000001", "1e15")
    doubles = ("0.1", "-0e0", "0e0", "9007199254740993", "9007199254740992", "1.7976931348623157e308",
               "-1.7976931348623157e308", "2.2250738585072014e-308", "4.9406564584124654e-324", "1e-310",
               "0.30000000000000004", "0.3", "123456789012345678", "1e15", "1e-5", "2.5e-320", "1e22", "1e23")
    return Shape("floats", (
        col("f", "float", *singles), col("f74", "float(7,4)", "0.1", "999.9999", "-999.9999", "0.0001", "-0e0", "1.5"),
        col("fu", "float unsigned", "0", "0.1", "3e38"), col("d", "double", *doubles),
        col("d103", "double(10,3)", "0.001", "1234567.891", "-1.005"), col("du", "double unsigned", "0", "1e308"),
        col("fz", "float zerofill", "0", "1.5")))


def bits():
    columns = [col(f"b{n}", f"bit({n})", 0, 1, (1 << n) - 1, 1 << n - 1)
               for n in (1, 2, 7, 8, 9, 12, 16, 17, 31, 32, 33, 48, 63, 64)]
    return Shape("bits", tuple(columns))


# --- dates and times ---------------------------------------------------------------------------------------------

# The hour that is missing and the one that comes twice in Berlin, in UTC; local 02:30 of 2024-10-27 is both of two.
DST = ("2024-03-31 00:59:59", "2024-03-31 01:00:00", "2024-10-27 00:30:00", "2024-10-27 01:30:00", "2024-10-27 00:59:59",
       "2024-10-27 01:00:00")


def fraction(digits, text_):
    return f".{text_[:digits]}" if digits else ""


def dates():
    return Shape("dates", (
        col("y", "year", 0, 1901, 2155, 2000, 1970, 2024, "'0000'", "'0'"),
        col("d", "date", "'0000-00-00'", "'2025-00-15'", "'2025-02-00'", "'0000-01-01'", "'0001-01-01'", "'9999-12-31'",
            "'2024-02-29'", "'1970-01-01'", "'1969-12-31'", "'2025-02-31'", "'1582-10-10'")))


def times():
    columns = []
    for n in range(7):
        nines, one, half = fraction(n, "999999"), fraction(n, "0" * (n - 1) + "1"), fraction(n, "500000")
        columns.append(col(f"t{n}", f"time({n})", "'-838:59:59'", "'838:59:59'", "'00:00:00'", f"'-00:00:00{one}'",
                           f"'00:00:00{one}'", f"'-00:00:01{nines}'", f"'12:34:56{half}'", f"'-837:59:59{nines}'",
                           f"'100:00:00{nines}'"))
        columns.append(col(f"dt{n}", f"datetime({n})", "'0000-00-00 00:00:00'", f"'9999-12-31 23:59:59{nines}'",
                           f"'0001-01-01 00:00:00{one}'", "'2025-00-15 10:00:00'", "'2025-02-31 23:59:59'",
                           f"'2024-03-31 02:30:00{half}'", f"'1000-01-01 00:00:00{nines}'"))
        columns.append(col(f"ts{n}", f"timestamp({n}) null", "'0000-00-00 00:00:00'", f"'1970-01-01 00:00:01{half}'",
                           f"'2038-01-19 03:14:07{nines}'", *(f"'{instant}{one}'" for instant in DST)))
    return Shape("times", tuple(columns))


# --- strings -----------------------------------------------------------------------------------------------------

WORDS = ("", "a", "A", "a ", "a  ", "é", "e", "z\tt\nn\r\\N\\", "'\"`\\'", "\0a", "NULL", "\x1a", "%_")


def strings(charset, *more):
    """All the text types in one character set."""
    values = texts(charset, *WORDS, *more)
    declared = f"character set {charset}"
    long = f"REPEAT({text(charset, more[0] if more else 'x')}, {{}})"
    return Shape(f"text_{charset}", (
        col("c", f"char(20) {declared}", *values), col("c255", f"char(255) {declared}", "''", long.format(255)),
        col("v", f"varchar(20) {declared}", *values), col("v300", f"varchar(300) {declared}", "''", long.format(300)),
        col("tt", f"tinytext {declared}", *values), col("t", f"text {declared}", *values, long.format(700)),
        col("m", f"mediumtext {declared}", *values, long.format(17000)), col("l", f"longtext {declared}", *values)))


def raw_strings(surrogates):
    """Bytes that their character set does not have, where the servers let them in, and the edges of those it has.

    SURROGATES: both servers take halves of surrogate pairs for UTF-8, which MySQL has refused since 8.0.
    """
    return Shape("text_raw", (
        col("l", "varchar(10) character set latin1", "X'818D8F909D'", "X'80FF'", "X'00'"),
        col("g", "varchar(10) character set gbk", "X'A2A1FEFE'", "X'815C'", "X'D6D05C'", "X'A1A2'", "X'BF27'"),
        col("u3", "varchar(10) character set utf8", *(["X'EDA080'"] if surrogates else []), "X'EFBFBF'", "X'C280'"),
        col("u4", "varchar(10) character set utf8mb4", "X'F48FBFBF'", *(["X'EDBFBF'"] if surrogates else []), "X'F0908080'"),
        col("u2", "varchar(10) character set ucs2", "X'D800'", "X'FFFF'", "X'0041DC00'"),
        col("a", "varchar(10) character set ascii", "X'7F'", "X'41'"),
        col("b5", "varchar(10) character set big5", "X'A15C'", "X'F9FE'"),
        col("sj", "varchar(10) character set sjis", "X'835C'", "X'DF'"),
        col("cp", "varchar(10) character set cp932", "X'815C'", "X'FA54'"),
        col("uj", "varchar(10) character set ujis", "X'8FA2AF'", "X'A1A1'")))


def mixed_strings():
    """Several character sets in one table, under one with a default of its own."""
    return Shape("text_mixed", (
        col("d", "varchar(20)", *texts("gbk", "中文", "a", "A")),
        col("l", "varchar(20) character set latin1 collate latin1_general_cs", *texts("latin1", "é", "É", "ÿ")),
        col("b", "varchar(20) character set utf8mb4 collate utf8mb4_bin", *texts("utf8mb4", "😀", "é", "é ")),
        col("g", "varchar(20) character set greek", *texts("utf8mb4", "αβγ", "ΑΒΓ")),
        col("k", "varchar(20) character set koi8r", *texts("utf8mb4", "привет", "ПРИВЕТ")),
        col("u", "text character set utf16", *texts("utf16", "😀", "中", "")),
        col("x", "text character set utf32", *texts("utf32", "😀", "中", "")),
        col("h", "char(10) character set hebrew", *texts("utf8mb4", "שלום", "a"))), options="DEFAULT CHARSET=gbk")


def binaries():
    return Shape("binaries", (
        col("b1", "binary(1)", "''", "X'00'", "X'20'", "X'FF'"),
        col("b16", "binary(16)", "X'00'", "''", "X'61'", "X'6100'", "X'6120'", "X'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00'",
            "X'000102030405060708090A0B0C0D0E0F'", "X'275C0A0D091A00'"),
        col("b255", "binary(255)", "REPEAT(X'FF',255)", "REPEAT(X'00',255)", "X'01'"),
        col("v", "varbinary(300)", "''", "X'00'", "X'0000'", "X'6100'", "X'61'", "X'61200D0A'", "REPEAT(X'5C',300)",
            "REPEAT(X'27',256)"),
        col("t", "tinyblob", "''", "X'00'", "REPEAT(X'00',255)", "X'FFFEFD'"),
        col("o", "blob", "''", "X'00'", "REPEAT(X'0A00270D5C',300)", "X'30'", "X'5C4E'", "X'5C'", "REPEAT(X'FF',65535)"),
        col("m", "mediumblob", "''", "REPEAT(X'DEADBEEF',20000)", "X'00'", "X'61'", "X'6162'", "X'0D0A'", "X'09'"),
        col("l", "longblob", "X'00'", "''", "X'61'", "REPEAT(X'091A',40000)", "X'6100'", "X'20'", "X'2020'")))


def enums():
    many = ",".join(f"'m{i}'" for i in range(300))
    flags = {n: ",".join(f"'f{i}'" for i in range(n)) for n in (9, 17, 33, 64)}
    return Shape("enums", (
        col("e", "enum('a','b','1','','0','it''s','x,y')", 1, "''", "'1'", "'0'", 3, 7, "'nothing of it'", 6),
        col("e3", f"enum({many})", 1, 255, 256, 300, "'nothing of it'"),
        col("el", "enum('é','e','ä') character set latin1 collate latin1_bin", 1, 2, 3),
        col("eg", "enum('中','文','1') character set gbk", 1, 2, "'1'"),
        col("eu", "enum('中','文','é') character set ucs2", 1, 2, 3),
        col("s", "set('a','b','1','c d')", 0, 1, 2, 3, 7, 8, 15, "'1'"),
        col("s9", f"set({flags[9]})", 0, 256, 511), col("s17", f"set({flags[17]})", 0, 65536, 131071),
        col("s33", f"set({flags[33]})", 0, 1 << 32, (1 << 33) - 1),
        col("s64", f"set({flags[64]})", 0, 1, 1 << 63, (1 << 64) - 1, (1 << 63) - 1),
        col("sl", "set('é','ä','ü') character set latin1", 0, 1, 5, 7),
        col("sg", "set('中','文') character set gbk", 0, 1, 2, 3)), options="DEFAULT CHARSET=utf8mb4")


# --- geometries and documents ------------------------------------------------------------------------------------

def shape_of(wkt, srid=0):
    return f"ST_GeomFromText('{wkt}', {srid})" if srid else f"ST_GeomFromText('{wkt}')"


def geometries(srid=4326):
    return Shape("geometries", (
        col("g", "geometry", shape_of("POINT(1 2)"), shape_of("POINT(1 2)", srid),
            shape_of("POLYGON((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1))"), shape_of("POINT(-1e-10 1e10)")),
        col("p", "point", shape_of("POINT(1 2)"), shape_of("POINT(2 1)"), shape_of("POINT(0.1 -0.2)")),
        col("l", "linestring", shape_of("LINESTRING(0 0,1 1)"), shape_of("LINESTRING(1 1,0 0)")),
        col("o", "polygon", shape_of("POLYGON((0 0,1 0,1 1,0 0))"), shape_of("POLYGON((0 0,1 1,1 0,0 0))")),
        col("mp", "multipoint", shape_of("MULTIPOINT(1 1,2 2)"), shape_of("MULTIPOINT(2 2)")),
        col("ml", "multilinestring", shape_of("MULTILINESTRING((0 0,1 1),(2 2,3 3))")),
        col("mo", "multipolygon", shape_of("MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))")),
        col("gc", "geometrycollection", shape_of("GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))"))))


DOCUMENTS = (
    {}, [], None, True, False, 0, -1, 32768, 65536, 4294967296, 9223372036854775807, -9223372036854775808,
    18446744073709551615, 9007199254740993, 1.5, -0.25, 1e100, 1e-7, 0.1, "text", "", "é中😀",
    "quote\" back\\ slash/ \b\f\n\r\t \x01\x1f\x7f'", {"a": 1, "bb": [1, 2, {"c": None}], "": "empty"},
    {"z": 1, "aa": 2, "b": 3, "B": 4, "é": 5}, {"k" * 300: "v" * 300}, list(range(40)),
    {"a": {"b": {"c": [[[[{"d": 1.0}]]]]}}}, ["x" * 127, "y" * 128, "z" * 40000], {"a\"b": "c\\", "d'": "'"})


def documents_text():
    return [text("utf8mb4", json.dumps(document)) for document in DOCUMENTS]


# What only MySQL's own functions can put into a document: values that its text does not tell apart, and decimals, whose
# text would be read back as a double.
MYSQL_DOCUMENTS = (
    "'1.0'", "'-0.0'", "'1e15'", "'1e16'", "'123456789012345678.5'", "'1e308'", "'[1.0, 1e0, 10.50]'",
    "CAST(CAST('2024-02-29' AS DATE) AS JSON)", "CAST(CAST('2024-02-29 12:34:56.000001' AS DATETIME(6)) AS JSON)",
    "CAST(CAST('-838:59:59' AS TIME) AS JSON)", "CAST(x'cafebabe00' AS JSON)", "JSON_ARRAY(b'101', x'00')",
    "JSON_OBJECT('d', CAST('12.50' AS DECIMAL(10,2)))", "CAST(CAST('1.10' AS DECIMAL(10,2)) AS JSON)",
    "JSON_ARRAY(CAST(-99999999999999999999.999 AS DECIMAL(40,3)), CAST(0 AS DECIMAL(5,2)), 1, '1.10')",
    f"JSON_OBJECT('', JSON_ARRAY(CAST('{BIG}.123456789012345678901234567890' AS DECIMAL(65,30)), '\"'))",
    "JSON_OBJECT('a\"b\\\\', CAST('2.000' AS DECIMAL(10,3)), 'a.b', JSON_OBJECT('$', CAST('3.000' AS DECIMAL(10,3))))",
    "JSON_OBJECT('n', CAST('18446744073709551616' AS DECIMAL(30,0)))",
    "JSON_ARRAY(CAST('-0.00' AS DECIMAL(3,2)))",
    "CAST(CONCAT(REPEAT('[', 100), '1.5', REPEAT(']', 100)) AS JSON)",
    "CAST(CONCAT('[', REPEAT('\"0123456789abcdef0123456789abcdef\",', 2200), '1.5, 70000, null]') AS JSON)")


# --- what the flavours have of their own -------------------------------------------------------------------------

def of_mariadb():
    return [
        Shape("documents", (col("j", "json", *documents_text(), "'{ \"a\" :1.10,  \"a\":2 }'", "'1.10'"),)),
        Shape("addresses", (
            col("u", "uuid", "'00000000-0000-0000-0000-000000000000'", "'123e4567-e89b-12d3-a456-426655440000'",
                "'ffffffff-ffff-ffff-ffff-ffffffffff00'", "'6ccd780c-baba-1026-9564-5b8c656024db'"),
            col("i4", "inet4", "'0.0.0.0'", "'192.168.0.1'", "'255.255.255.255'", "'10.0.0.0'"),
            col("i6", "inet6", "'::'", "'2001:db8::ff00:42:8329'", "'::ffff:192.168.0.0'", "'fe80::1:0:0'", "'::1.2.3.4'",
                "'1:0:0:2:0:0:0:3'"))),
        Shape("compressed", (
            col("v", "varchar(1000) compressed", "''", "REPEAT('a',1000)", "'a'", "'A'"),
            col("t", "text compressed character set latin1", "''", "REPEAT('b',5000)", "'b '"),
            col("b", "blob compressed", "''", "REPEAT(X'00',700)", "X'00'", "X'0000'"),
            col("vb", "varbinary(200) compressed", "REPEAT('v',200)", "''", "X'0100'"),
            col("l", "longtext compressed character set utf8mb4", "REPEAT('l',70000)", text("utf8mb4", "é")))),
        generated("PERSISTENT"),
        Shape("hidden", (col("a", "int invisible", 1, 2), col("b", "varchar(20) invisible not null default 'x'", "'y'", "''"),
                         col("c", "int", 5, 6, 7))),
        Shape("uca", (col("u", "varchar(20) character set utf8mb4 collate uca1400_ai_ci", *texts("utf8mb4", "é", "e", "É")),)),
    ]


def deep_decimals():
    """MySQL has 30 digits after the point, and no type with more."""
    return Shape("deep_decimals", (col("d", "decimal(65,38)", "0." + "0" * 37 + "1", "-" + "9" * 27 + "." + "9" * 38, "0"),
                                col("e", "decimal(38,38)", "0." + "1" * 38)))


def old_temporals():
    """MariaDB's own formats, which tables made before 10.1.2 still have; for fractions they differ from MySQL's."""
    shape = times()
    return dataclasses.replace(shape, name="old_times", before="SET GLOBAL mysql56_temporal_format = OFF")


def of_mysql9():
    return [
        Shape("documents", (col("j", "json", *documents_text(), *MYSQL_DOCUMENTS), col("k", "json", "'[1]'", "'[1.0]'"))),
        Shape("vectors", (col("v", "vector(3)", "to_vector('[1,2,3]')", "to_vector('[1,2,3.0000002]')",
                              "to_vector('[-0.0,1e-37,3.4e38]')"),
                          col("w", "vector", "to_vector('[-1.5]')", "to_vector('[1]')"))),
        generated("STORED"),
        Shape("hidden", (col("a", "int invisible", 1, 2), col("b", "varchar(20) not null default 'x' invisible", "'y'", "''"),
                         col("c", "int", 5, 6, 7))),
        Shape("located", (col("g", "geometry not null srid 4326", shape_of("POINT(1 2)", 4326), shape_of("POINT(2 1)", 4326)),
                          col("p", "point srid 0", shape_of("POINT(1 2)"))), keyless=False),
        Shape("text_new", (
            col("a", "varchar(20) character set utf8mb4 collate utf8mb4_0900_as_cs", *texts("utf8mb4", "é", "É", "e", "e ")),
            col("b", "varchar(20) character set utf8mb4 collate utf8mb4_0900_bin", *texts("utf8mb4", "é", "e", "e ")))),
    ]


def only_mysql9():
    """What MariaDB lacks altogether."""
    return [
        Shape("text_gb18030", (col("c", "char(20) character set gb18030", *texts("gb18030", "中文😀", "a", "A")),)),
        Shape("functional", (col("a", "int", 1, 2, 3), col("b", "varchar(20)", "'x'", "'X'"),
                             col("j", "json", "'[1,2]'", "'[3]'")),
              extra="KEY ((a + 1)), KEY ((lower(b))), KEY ((CAST(j AS UNSIGNED ARRAY)))"),
    ]


def generated(stored):
    return Shape("generated", (
        col("a", "int", 1, 2, 3), col("b", "varchar(20)", "'x'", "'Y'", "''"),
        Column("v", "bigint generated always as (a * 2) virtual"),
        Column("s", f"varchar(30) generated always as (concat(b, '!')) {stored}"),
        Column("d", f"decimal(10,2) generated always as (a / 3) {stored}")), extra="KEY (v), KEY (s)")


def shapes(flavor, destination):
    """The tables of one source, with what both it and the destination can hold."""
    found = [integers(), decimals(), floats(), bits(), dates(), times(), raw_strings("mysql9" not in (flavor, destination)), mixed_strings(), binaries(), enums(),
             geometries(),
             strings("latin1", "ÿ€"), strings("gbk", "中文"), strings("ucs2", "中é"), strings("utf16", "中😀"),
             strings("utf8", "中é"), strings("utf8mb4", "😀中"), strings("binary")]
    if flavor == "mariadb":
        found += of_mariadb() + [old_temporals()] + ([deep_decimals()] if destination == "mariadb" else [])
    elif flavor == "mysql9":
        found += of_mysql9() + (only_mysql9() if destination == "mysql9" else [])
    return found


def keys(flavor):
    found = [
        key("s8", "tinyint", -128, -1, 0, 1, 127), key("u8", "tinyint unsigned", 0, 127, 128, 255),
        key("u16", "smallint unsigned", 0, 32768, 65535), key("s24", "mediumint", -8388608, 0, 8388607),
        key("u24", "mediumint unsigned", 0, 8388608, 16777215), key("u32", "int unsigned", 0, 2147483648, 4294967295),
        key("s64", "bigint", -(1 << 63), -1, 0, (1 << 63) - 1), key("u64", "bigint unsigned", 0, 1, 1 << 63, (1 << 64) - 1),
        key("ai", "int auto_increment", 0, -5, 7), key("dec", "decimal(65,30)", f"-{BIG}.5", "0", "0.1", BIG),
        key("flt", "float", "0.1", "0.2", "-1.5e-30", "16777216", "3.4e38"),
        key("dbl", "double", "0.1", "0.30000000000000004", "0.3", "4.9406564584124654e-324", "1e308"),
        key("bit", "bit(64)", 0, 1, 1 << 63, (1 << 64) - 1), key("year", "year", 0, 1901, 2000, 2155),
        key("date", "date", "'0000-00-00'", "'2025-00-15'", "'9999-12-31'"),
        key("time", "time(6)", "'-838:59:59'", "'-00:00:00.000001'", "'00:00:00'", "'838:59:59'"),
        key("dt", "datetime(3)", "'0000-00-00 00:00:00'", "'2024-03-31 02:30:00.125'", "'9999-12-31 23:59:59.999'"),
        key("ts", "timestamp(6) default '2000-01-01 00:00:00'", *(f"'{instant}.000001'" for instant in DST)),
        key("txt", "varchar(20) character set utf8mb4", *texts("utf8mb4", "a", "b ", "é", "ß", "中", "😀", "", "'\\\0")),
        key("lat", "char(20) character set latin1", *texts("latin1", "a", "é\\", "ß", "ÿ", "")),
        key("gbk", "varchar(20) character set gbk", "X'815C'", "X'D6D0'", "'a'", "X'A1A2'"),
        key("ucs", "varchar(20) character set ucs2", *texts("ucs2", "a", "中", "é", "")),
        key("bin", "varchar(20) character set utf8mb4 collate utf8mb4_bin", *texts("utf8mb4", "a", "A", "é", "e")),
        key("b16", "binary(16)", "''", "X'61'", "X'6120'", "X'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00'", "X'275C0A0D091A'"),
        key("vb", "varbinary(20)", "''", "X'00'", "X'0000'", "X'61'", "X'6100'"),
        key("enm", "enum('b','a','1','')", "'b'", "'a'", 3, 4), key("set", "set('a','b','c')", 0, 1, 2, 7),
        key("s64m", f"set({','.join(f'{chr(39)}f{i}{chr(39)}' for i in range(64))})", 0, 1, 1 << 63, (1 << 64) - 1)]
    if flavor == "mariadb":
        found += [key("uuid", "uuid", "'00000000-0000-0000-0000-000000000000'", "'123e4567-e89b-12d3-a456-426655440000'",
                      "'ffffffff-ffff-1fff-bfff-ffffffffff00'"),
                  key("inet6", "inet6", "'::'", "'fe80::'", "'::1.2.3.4'", "'2001:db8::1'"),
                  key("inet4", "inet4", "'0.0.0.0'", "'10.0.0.0'", "'255.255.255.255'")]
    return found
