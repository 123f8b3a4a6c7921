#!/usr/bin/python3
"""Records what real servers write: binary logs and, beside each, the rows that the server itself SELECTs afterwards.

    tests/unit/data/record.py [--to DIRECTORY] [--seed N] [NAME…]

makes NAME.binlog.gz and NAME.rows for each recording, all by default, in this directory; --seed is that of the random
ones. test_recorded.c decodes a
log, replays it into tables in memory and compares them with the rows. A .rows file has one line for each of these:

    server FLAVOR VERSION
    collation ID CHARSET NAME                        what SHOW COLLATION says, of those that the tables use
    table DB NAME
    column NAME CHARSET COLLATION FLAGS TYPE         - for none; FLAGS: n nullable, g generated, i invisible
    primary INDEX…                                   columns of the primary key, from 0
    row VALUE…                                       canonical value in hexadecimal, = for none of it, - for NULL;
                                                     a long one as #LENGTH:CRC32
"""

import argparse
import gzip
import json
import pathlib
import random
import struct
import sys
import zlib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "integration"))

import servers                                      # pylint: disable=wrong-import-position

LONG = 100          # bytes of a value from which on only its checksum is kept
INTS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}


def ints():
    columns, rows = [], [[], [], [], []]
    for name, bits in INTS.items():
        columns += [f"{name[0]}{bits} {name}", f"u{bits} {name} unsigned"]
        rows[0] += [-(1 << bits - 1), 0]
        rows[1] += [(1 << bits - 1) - 1, (1 << bits) - 1]
        rows[2] += [-1, 1 << bits - 1]
        rows[3] += ["NULL", "NULL"]
    columns += ["y year", "bit1 bit(1)", "bit7 bit(7)", "bit8 bit(8)", "bit33 bit(33)", "bit64 bit(64)", "z int(5) zerofill"]
    rows[0] += ["1901", "b'0'", 0, 0, 0, 0, 0]
    rows[1] += ["2155", "b'1'", 127, 255, (1 << 33) - 1, (1 << 64) - 1, 4294967295]
    rows[2] += ["0", 1, 64, 128, 1 << 32, 1, 42]
    rows[3] += ["NULL"] * 7
    return "ints", columns, rows


def decimals():
    shapes = [(1, 0), (9, 0), (9, 9), (10, 2), (18, 9), (19, 10), (30, 15), (65, 0), (65, 30), (38, 30), (20, 1),
              (4, 3), (12, 8)]
    columns = [f"d{p}_{s} decimal({p},{s})" for p, s in shapes] + ["du decimal(20,6) unsigned", "f float", "d double",
                                                                    "fu float unsigned", "f74 float(7,4)"]

    def text(p, s, digit):
        return (digit * (p - s) or "0") + ("." + digit * s if s else "")

    rows = [[text(p, s, "9") for p, s in shapes] + [text(20, 6, "9"), "3.402823466e38", "1.7976931348623157e308",
                                                    "1e-38", "999.9999"],
            ["-" + text(p, s, "9") for p, s in shapes] + ["0.000001", "-3.402823466e38", "-1.7976931348623157e308",
                                                          "16777216", "-0.0001"],
            ["0"] * len(shapes) + ["0", "0", "0", "0", "0"],
            ["-" + (text(p, s, "0")[:-1] + "1") for p, s in shapes] + ["1.5", "0.1", "0.1", "1.17549435e-38", "1.5"],
            [text(p, s, "1") for p, s in shapes] + ["123456789.123456", "-1e-10", "-1e-10", "123456.789", "-1.5"],
            ["NULL"] * (len(shapes) + 5),
            ["5"] + [text(p, s, "7") for p, s in shapes[1:]] + ["1", "1e15", "1e15", "3.3333333", "2"],
            ["-3"] + ["-" + text(p, s, "5") for p, s in shapes[1:]] + ["1", "1e16", "123456789012345678", "1e10", "0"]]
    return "decimals", columns, rows


def temporals(name="temporals", fractions=range(7)):
    columns, rows = ["d date"], [["'0000-00-00'"], ["'9999-12-31'"], ["'2024-02-29'"], ["'2024-00-00'"], ["NULL"],
                                 ["'0001-01-01'"], ["'1970-01-01'"], ["'2023-12-00'"], ["'1999-07-15'"]]
    for f in fractions:
        columns += [f"t{f} time({f}) null", f"dt{f} datetime({f}) null", f"ts{f} timestamp({f}) null"]
        nines, ones = ("." + "9" * f, "." + "0" * (f - 1) + "1") if f else ("", "")
        rows[0] += ["'-838:59:59'", "'0000-00-00 00:00:00'", "'0000-00-00 00:00:00'"]
        rows[1] += ["'838:59:59'", f"'9999-12-31 23:59:59{nines}'", f"'2038-01-19 03:14:07{nines}'"]
        rows[2] += [f"'-00:00:00{ones}'", f"'2024-02-29 12:34:56{ones}'", f"'1970-01-01 00:00:01{ones}'"]
        rows[3] += [f"'-12:34:56{nines}'", "'2024-00-00 10:00:00'", f"'2024-02-29 23:59:59{nines}'"]
        rows[4] += ["NULL", "NULL", "NULL"]
        rows[5] += [f"'-01:00:00{ones}'", f"'0001-01-01 00:00:00{ones}'", f"'2000-12-31 23:59:59{ones}'"]
        rows[6] += ["'00:00:00'", f"'1970-01-01 00:00:00{nines}'", "'2026-11-22 08:00:00'"]
        rows[7] += [f"'-837:00:01{nines}'", f"'2023-12-00 01:02:03{ones}'", f"'2001-02-03 04:05:06{nines}'"]
        rows[8] += [f"'100:59:59{nines}'", f"'1999-07-15 00:00:00{nines}'", f"'1999-07-15 00:00:00{ones}'"]
    return name, columns, rows


def strings():
    columns = ["c0 char(0)", "c10 char(10) character set utf8mb4", "c255 char(255) character set utf8mb4",
               "c64 char(64) character set utf8mb4 collate utf8mb4_bin", "cl char(20) character set latin1",
               "v10 varchar(10) character set latin1", "v300 varchar(300) character set utf8mb4",
               "vg varchar(20) character set gbk", "vu varchar(20) character set ucs2",
               "bi binary(16)", "b255 binary(255)", "vb varbinary(255)", "vb3 varbinary(300)",
               "tt tinytext character set utf8mb4", "t text character set latin1", "mt mediumtext character set utf8mb4",
               "lt longtext character set utf8mb4", "tb tinyblob", "bl blob", "mb mediumblob", "lb longblob"]
    rows = [["''"] * len(columns),
            ["''", "repeat(_utf8mb4 x'f09f9880', 10)", "repeat(_utf8mb4 x'f09f9880', 255)", "repeat('x', 64)",
             "_latin1 x'80e9ff8d'", "'0123456789'", "repeat(_utf8mb4 x'e4b8ad', 300)", "_utf8mb4 x'e4b8ade69687'",
             "_utf8mb4 x'c3a9e4b8ad'", "x'ffffffffffffffffffffffffffffffff'", "repeat(x'ff', 255)",
             "repeat(x'00', 255)", "repeat('v', 300)", "repeat('t', 255)", "repeat(_latin1 x'e9', 1000)",
             "repeat('m', 70000)", "repeat('l', 300)", "repeat(x'01', 255)", "repeat(x'0002', 500)", "x'00'",
             "repeat(x'03', 66000)"],
            ["NULL"] * len(columns),
            ["''", "'a b'", "'trailing  '", "'''\"\\\\'", "'x '", "'v  '", "'a\\tb\\nc'", "'plain'", "'ucs'", "x'0100'",
             "x'00'", "x'0100'", "x'00'", "'%_'", "'a'", "'b'", "'c '", "x'0a00'", "x'5c'", "x'27'", "x'22'"]]
    return "strings", columns, rows


def enums():
    many = ",".join(f"'m{i}'" for i in range(300))
    columns = ["e enum('a','it''s','','x,y')", f"e3 enum({many})", "s set('a','b','c')", "s9 set(" +
               ",".join(f"'f{i}'" for i in range(9)) + ")", "s17 set(" + ",".join(f"'f{i}'" for i in range(17)) + ")",
               "s64 set(" + ",".join(f"'f{i}'" for i in range(64)) + ")",
               "eu enum('\u00e9','\u4e2d') character set utf8mb4"]
    rows = [[1, 1, 1, 1, 1, 1, 1], [4, 300, 7, 511, (1 << 17) - 1, (1 << 64) - 1, 2], ["NULL"] * 7,
            [2, 256, 0, 256, 65536, 1 << 63, 1]]
    return "enums", columns, rows


def geometries():
    columns = ["g geometry", "p point", "l linestring", "po polygon", "mp multipoint", "gc geometrycollection"]
    rows = [["ST_GeomFromText('POINT(1 2)')", "ST_GeomFromText('POINT(-1.5 2.25)')",
             "ST_GeomFromText('LINESTRING(0 0,1 1,2 2)')", "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')",
             "ST_GeomFromText('MULTIPOINT(1 1,2 2)')", "ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1))')"],
            ["NULL"] * 6,
            ["ST_GeomFromText('POINT(1 2)', 4326)"] + ["NULL"] * 5]
    return "geometries", columns, rows


DOCUMENTS = [
    {}, [], None, True, False, 0, 1, -1, 32767, 32768, -32768, -32769, 65535, 65536, 2147483647, -2147483648, 4294967295,
    9223372036854775807, -9223372036854775808, 18446744073709551615, 1.5, -0.25, 1e100, 1e-7, "text", "", "\u00e9\u4e2d",
    "\U0001f600", "quote\" back\\ slash/ \b\f\n\r\t \x01\x1f\x7f", {"a": 1, "bb": [1, 2, {"c": None}], "": "empty"},
    {"z": 1, "aa": 2, "b": 3, "B": 4}, [[[[[]]]]], [True, False, None], {"k" * 300: "v" * 300}, list(range(300)),
    {"n": {"n": {"n": [1.0, 2.5e-9]}}}, ["x" * 127, "y" * 128, "z" * 20000],
]


def json_rows():
    literals = ["'" + json.dumps(d).replace("\\", "\\\\").replace("'", "''") + "'" for d in DOCUMENTS]
    literals += [f"'{n}'" for n in ("1.0", "100.0", "1e15", "1e14", "1e16", "123456789012345678.5", "-0.0", "1e308",
                                    "1e-308", "0.1", "1E2", "3.14159265358979", "[1.0, 1e0, 10.50]")]
    literals += ["CONCAT('[', REPEAT('\"0123456789abcdef0123456789abcdef\",', 2200), '1.5, 70000, null]')",
                 "CONCAT('{', (SELECT GROUP_CONCAT(CONCAT('\"key', n, '\":', n * 1000)) FROM types.numbers), '}')"]
    return literals


MYSQL_JSON = [
    "CAST(CAST('2024-02-29' AS DATE) AS JSON)", "CAST(CAST('2024-02-29 12:34:56.000001' AS DATETIME(6)) AS JSON)",
    "CAST(CAST('-838:59:59' AS TIME) AS JSON)", "CAST(CAST('12:34:56.5' AS TIME(1)) AS JSON)",
    "CAST(TIMESTAMP('2024-02-29 12:34:56') AS JSON)", "JSON_OBJECT('d', CAST('12.50' AS DECIMAL(10,2)))",
    "JSON_ARRAY(CAST(-99999999999999999999.999 AS DECIMAL(40,3)), CAST(0 AS DECIMAL(5,2)), CAST(-0.5 AS DECIMAL(3,2)))",
    "CAST(x'cafebabe00' AS JSON)", "JSON_ARRAY(b'101', x'00')", "CAST(ST_GeomFromText('POINT(1 2)') AS JSON)",
    "JSON_ARRAY(CAST(2024 AS YEAR))", "CAST(REPEAT(x'ab', 200) AS JSON)", "JSON_OBJECT('t', CAST('-00:00:00.000001' AS TIME(6)))",
]


def create(server, name, columns, rows, options="", key="id int primary key"):
    columns = [key] + columns
    server.sql(f"CREATE TABLE types.{name} ({', '.join(columns)}) {options}")
    for i, row in enumerate(rows):
        server.sql(f"SET sql_mode='ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone='+00:00';"
                   f"INSERT INTO types.{name} VALUES ({i}, {', '.join(str(v) for v in row)})")


COMMON = (ints, decimals, temporals, strings, enums, geometries)


def common(server):
    server.sql("CREATE DATABASE types CHARACTER SET utf8mb4", "FLUSH BINARY LOGS")
    for make in COMMON:
        create(server, *make())


def changes(server):
    """Inserts, updates and deletes of several rows, keys changed, columns left alone, all under one image option."""
    server.sql("CREATE TABLE types.changes (id int primary key, a varchar(20), b int unsigned, c text, d blob,"
               " n decimal(8,2) default 1.5, g bigint generated always as (b + 1) virtual,"
               " h varchar(30) generated always as (concat(a, '!')) stored)",
               "INSERT INTO types.changes (id, a, b, c) VALUES (1, 'one', 1, 'text'), (2, 'two', 2, NULL), (3, NULL, NULL, '')",
               "INSERT INTO types.changes (id, a, b) SELECT id + 10, a, 4294967000 FROM types.changes",
               "UPDATE types.changes SET b = 7 WHERE id < 3", "UPDATE types.changes SET c = repeat('c', 300), d = x'0001'",
               "UPDATE types.changes SET id = 100, a = NULL WHERE id = 1", "UPDATE types.changes SET n = -n WHERE id > 10",
               "DELETE FROM types.changes WHERE id IN (2, 12)", "UPDATE types.changes SET d = NULL WHERE id = 3",
               "CREATE TABLE types.keyless (a int, b varchar(10))",
               "INSERT INTO types.keyless VALUES (1, 'x'), (2, 'y')", "UPDATE types.keyless SET b = 'z' WHERE a = 1",
               "BEGIN; UPDATE types.changes SET a = 'lost' WHERE id = 3; ROLLBACK",
               "CREATE TABLE types.wide (id int primary key, " + ", ".join(f"c{i} int" for i in range(100)) + ")",
               "INSERT INTO types.wide (id, c0, c50, c99) VALUES (1, 5, NULL, 7)",
               "UPDATE types.wide SET c8 = 8, c97 = -1", "INSERT INTO types.wide (id) VALUES (2)")


def random_double(dice):
    while True:
        shape = dice.randrange(4)
        if shape == 0:
            value = struct.unpack("d", dice.randbytes(8))[0]
        elif shape == 1:
            value = round(dice.uniform(-1e6, 1e6), dice.randrange(6))
        elif shape == 2:
            value = dice.uniform(-1, 1) * 10 ** dice.randrange(-30, 30)
        else:
            value = float(dice.randrange(-2 ** 60, 2 ** 60))
        if value == value and abs(value) < 1.7e308 and (value == 0 or abs(value) > 1e-300):
            return value


def random_fraction(dice, digits):
    return "." + "".join(dice.choice("0123456789") for _ in range(digits)) if digits else ""


def random_time(dice, fsp):
    sign, hour = dice.choice(["", "-"]), dice.choice([0, dice.randrange(24), dice.randrange(838)])
    return f"'{sign}{hour:02}:{dice.randrange(60):02}:{dice.randrange(60):02}{random_fraction(dice, fsp)}'"


def random_date(dice):
    return f"{dice.choice([dice.randrange(1, 9999), dice.randrange(1970, 2040)]):04}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"


def random_datetime(dice, fsp):
    return (f"'{random_date(dice)} {dice.randrange(24):02}:{dice.randrange(60):02}:{dice.randrange(60):02}"
            f"{random_fraction(dice, fsp)}'")


def random_timestamp(dice, fsp):
    return f"FROM_UNIXTIME({dice.randrange(1, 2 ** 31 - 1)}{random_fraction(dice, fsp)})"


def random_decimal(dice, precision, scale):
    digits = dice.randrange(1, precision + 1)
    number = dice.randrange(10 ** digits)
    return f"{dice.choice(['', '-'])}{number // 10 ** scale}.{number % 10 ** scale:0{scale}}" if scale else str(number)


def randoms(server, rows=60):
    """Random values of the types that are written in many ways; always the same ones."""
    dice = random.Random(ARGUMENTS.seed)
    server.sql("CREATE DATABASE types CHARACTER SET utf8mb4", "FLUSH BINARY LOGS")
    shapes = ((30, 10), (18, 0), (9, 4), (65, 30), (20, 19))
    columns = ["d double", "f float", "i bigint", "u bigint unsigned", "y year", "b bit(17)", "dd date"]
    columns += [f"n{p} decimal({p},{s})" for p, s in shapes]
    columns += [f"{t}{f} {name}({f}) null" for f in range(7) for t, name in (("t", "time"), ("dt", "datetime"),
                                                                           ("ts", "timestamp"))]
    values = [[repr(random_double(dice)), repr(struct.unpack("f", struct.pack("f", dice.uniform(-1, 1) * 10 ** dice.randrange(-30, 30)))[0]),
               dice.randrange(-2 ** 63, 2 ** 63) >> dice.randrange(64), dice.randrange(2 ** 64) >> dice.randrange(64),
               dice.randrange(1901, 2156), dice.randrange(2 ** 17), f"'{random_date(dice)}'"] +
              [random_decimal(dice, p, s) for p, s in shapes] +
              [make(dice, f) for f in range(7) for make in (random_time, random_datetime, random_timestamp)]
              for _ in range(rows)]
    create(server, "randoms", columns, values)


# --- recordings ------------------------------------------------------------------------------------------


def mariadb(server):
    common(server)
    server.sql("SET GLOBAL mysql56_temporal_format = OFF")
    create(server, *temporals("old_temporals"))
    server.sql("SET GLOBAL mysql56_temporal_format = ON")
    create(server, "addresses", ["u uuid", "i4 inet4", "i6 inet6", "bi binary(16)"],
           [["'00000000-0000-0000-0000-000000000000'", "'0.0.0.0'", "'::'", "''"],
            ["'123e4567-e89b-12d3-a456-426655440000'", "'192.168.0.1'", "'2001:db8::ff00:42:8329'", "'x'"],
            ["NULL"] * 4,
            ["'ffffffff-ffff-ffff-ffff-ffffffffff00'", "'255.255.255.255'", "'::ffff:192.168.0.0'", "x'00ff'"],
            ["'f47ac10b-58cc-4372-a567-0e02b2c3d400'", "'10.0.0.0'", "'fe80::1:0:0'", "NULL"],
            ["'6ccd780c-baba-1026-9564-5b8c656024db'", "'1.2.3.0'", "'::1.2.3.4'", "NULL"],
            ["NULL", "NULL", "'1:0:0:2:0:0:0:3'", "NULL"], ["NULL", "NULL", "'1:0:2:0:3:0:4:0'", "NULL"],
            ["NULL", "NULL", "'0:0:0:0:0:0:1:0'", "NULL"], ["NULL", "NULL", "'1::'", "NULL"]])
    create(server, "compressed", ["vc varchar(1000) compressed", "tc text compressed", "bc blob compressed",
                                  "vbc varbinary(200) compressed", "lc longtext character set utf8mb4 compressed"],
           [["''"] * 5, ["repeat('a', 1000)", "repeat('b', 5000)", "repeat(x'00', 700)", "repeat('v', 200)", "repeat('l', 70000)"],
            ["'short'", "'s'", "x'00'", "x'0100'", "'x'"], ["NULL"] * 5])
    create(server, "documents", ["j json"], [["'{\"a\": 1}'"], ["NULL"]])
    create(server, "hidden", ["a int invisible default 5, b int generated always as (id * 2) virtual,"
                              " c int generated always as (id * 3) stored"], [])
    server.sql("INSERT INTO types.hidden (id) VALUES (1), (2)", "UPDATE types.hidden SET a = 6 WHERE id = 2")
    server.sql("CREATE SEQUENCE types.seq")
    changes(server)
    server.sql("XA START 'gtrid','bqual',7; INSERT INTO types.keyless VALUES (3, 'xa'); XA END 'gtrid','bqual',7;"
               "XA PREPARE 'gtrid','bqual',7; XA COMMIT 'gtrid','bqual',7")


def mariadb_compressed(server):
    server.sql("CREATE DATABASE types CHARACTER SET utf8mb4", "FLUSH BINARY LOGS")
    server.sql("SET GLOBAL log_bin_compress = ON; SET GLOBAL log_bin_compress_min_len = 10")
    changes(server)
    create(server, *strings())


def mariadb_minimal(server):
    server.sql("CREATE DATABASE types CHARACTER SET utf8mb4", "FLUSH BINARY LOGS")
    changes(server)


def mysql_documents(server):
    server.sql("SET SESSION cte_max_recursion_depth = 10000; SET SESSION group_concat_max_len = 10000000;"
               "CREATE TABLE types.numbers AS WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5000)"
               " SELECT n FROM r")
    server.sql("CREATE TABLE types.documents (id int primary key, j json, k json)")
    for i, literal in enumerate(json_rows() + MYSQL_JSON):
        server.sql("SET SESSION group_concat_max_len = 10000000;"
                   f"INSERT INTO types.documents VALUES ({i}, {literal}, NULL)")
    server.sql("INSERT INTO types.documents VALUES (1000, NULL, '[1]')", "DROP TABLE types.numbers")


def mysql9(server):
    common(server)
    mysql_documents(server)
    create(server, "vectors", ["v vector(3), w vector"],
           [["to_vector('[1,2,3]')", "NULL"], ["NULL", "to_vector('[-1.5]')"]])
    create(server, "hidden", ["a int invisible default 5, b int generated always as (id * 2) virtual,"
                              " c int generated always as (id * 3) stored, key ((a + 1))"], [])
    server.sql("INSERT INTO types.hidden (id) VALUES (1), (2)", "UPDATE types.hidden SET a = 6 WHERE id = 2")
    server.sql("SET sql_generate_invisible_primary_key = ON; CREATE TABLE types.gipk (a int);"
               "INSERT INTO types.gipk VALUES (7)")
    server.sql("CREATE TABLE types.tags (id int primary key, a int, key ((cast(a as unsigned) + 1)))",
               "SET gtid_next = 'AUTOMATIC:tag_one'; INSERT INTO types.tags VALUES (1, 1); SET gtid_next = 'AUTOMATIC'")
    changes(server)
    server.sql("XA START 'gtrid','bqual',7; INSERT INTO types.keyless VALUES (3, 'xa'); XA END 'gtrid','bqual',7;"
               "XA PREPARE 'gtrid','bqual',7; XA COMMIT 'gtrid','bqual',7")


def mysql9_payload(server):
    server.sql("CREATE DATABASE types CHARACTER SET utf8mb4", "FLUSH BINARY LOGS")
    server.sql("SET GLOBAL binlog_transaction_compression = ON")
    changes(server)
    create(server, *strings())


def mysql9_partial(server):
    server.sql("CREATE DATABASE types CHARACTER SET utf8mb4", "FLUSH BINARY LOGS")
    server.sql("CREATE TABLE types.partial (id int primary key, j json, v int, k json)",
               "INSERT INTO types.partial VALUES (1, '{\"a\": 1, \"b\": [1, 2, 3], \"c\": {\"d\": \"text\"}}', 1, '[1, 2]'),"
               " (2, '[1, {\"x\": \"a long text that can be replaced in place\"}, \"s\"]', 2, NULL),"
               " (3, NULL, 3, '{\"k\": 1.5}')")
    for change in ("j = JSON_SET(j, '$.a', 2)", "j = JSON_SET(j, '$.c.d', 'other')", "j = JSON_REMOVE(j, '$.b[1]')",
                   "j = JSON_SET(j, '$.new', JSON_ARRAY(1, '2'))", "j = JSON_REPLACE(j, '$[1].x', 'short')",
                   "j = JSON_SET(j, '$[5]', 'end'), v = v + 1", "k = JSON_SET(k, '$.k', 2), j = JSON_REMOVE(j, '$[0]')",
                   "k = JSON_REMOVE(k, '$[0]')", "v = v * 2", "j = '{\"whole\": true}'", "j = NULL",
                   "j = JSON_OBJECT('\u00e9\"', 1, 'a b', JSON_ARRAY()), k = JSON_OBJECT('deep', JSON_OBJECT('er', 1))",
                   "j = JSON_SET(j, '$.\"\u00e9\\\\\"\"', 2, '$.\"a b\"[0]', 'x'), k = JSON_SET(k, '$.deep.er', 'er')",
                   "j = JSON_SET(j, '$.\"a b\"[1]', 'y'), k = JSON_REMOVE(k, '$.deep.er')",
                   "k = JSON_REPLACE(k, '$.deep', 1, '$.deep', 2)"):
        server.sql(f"UPDATE types.partial SET {change}")


def mysql56(server):
    common(server)
    changes_without_generated(server)


def changes_without_generated(server):
    server.sql("CREATE TABLE types.changes (id int primary key, a varchar(20), b int unsigned, c text, d blob,"
               " n decimal(8,2) default 1.5)",
               "INSERT INTO types.changes (id, a, b, c) VALUES (1, 'one', 1, 'text'), (2, 'two', 2, NULL), (3, NULL, NULL, '')",
               "UPDATE types.changes SET b = 4294967295 WHERE id < 3", "UPDATE types.changes SET c = repeat('c', 300), d = x'0001'",
               "UPDATE types.changes SET id = 100, a = NULL WHERE id = 1", "DELETE FROM types.changes WHERE id = 2",
               "CREATE TABLE types.keyless (a int, b varchar(10)) ENGINE=MyISAM",
               "INSERT INTO types.keyless VALUES (1, 'x'), (2, 'y')", "UPDATE types.keyless SET b = 'z' WHERE a = 1")


def mysql56_v1(server):
    server.sql("CREATE DATABASE types CHARACTER SET utf8mb4", "FLUSH BINARY LOGS")
    changes_without_generated(server)


RECORDINGS = {
    "mariadb": (servers.MariaDB, {"binlog_row_metadata": "NO_LOG"}, mariadb),
    "mariadb-full": (servers.MariaDB, {"binlog_row_metadata": "FULL"}, mariadb),
    "mariadb-compressed": (servers.MariaDB, {"binlog_checksum": "NONE"}, mariadb_compressed),
    "mariadb-minimal": (servers.MariaDB, {"binlog_row_image": "MINIMAL", "binlog_row_metadata": "MINIMAL"}, mariadb_minimal),
    "mariadb-noblob": (servers.MariaDB, {"binlog_row_image": "NOBLOB"}, mariadb_minimal),
    "mysql9": (servers.MySQL9, {"binlog_row_metadata": "MINIMAL"}, mysql9),
    "mysql9-full": (servers.MySQL9, {"binlog_row_metadata": "FULL"}, mysql9),
    "mysql9-payload": (servers.MySQL9, {"binlog_row_metadata": "FULL"}, mysql9_payload),
    "mysql9-partial": (servers.MySQL9, {"binlog_row_metadata": "MINIMAL", "binlog_row_value_options": "PARTIAL_JSON"},
                       mysql9_partial),
    "mysql9-partial-minimal": (servers.MySQL9, {"binlog_row_image": "MINIMAL", "binlog_row_value_options": "PARTIAL_JSON"},
                               mysql9_partial),
    "mysql9-minimal": (servers.MySQL9, {"binlog_row_image": "MINIMAL"}, mariadb_minimal),
    "mariadb-random": (servers.MariaDB, {}, randoms),
    "mysql9-random": (servers.MySQL9, {}, randoms),
    "mysql56-random": (servers.MySQL56, {"binlog_checksum": "CRC32", "gtid": True}, randoms),
    "mysql56": (servers.MySQL56, {}, mysql56),
    "mysql56-v1": (servers.MySQL56, {"log_bin_use_v1_row_events": 1, "binlog_checksum": "NONE"}, mysql56_v1),
}


# --- what the server holds afterwards --------------------------------------------------------------------


def canonical(name, kind):
    """An expression for the canonical value of a column, in hexadecimal."""
    name = servers.quote(name)
    if kind in INTS or kind in ("decimal", "year", "date", "time", "datetime", "timestamp", "uuid", "inet4", "inet6"):
        return f"HEX(CAST({name} AS CHAR CHARACTER SET latin1))"
    if kind in ("enum", "set"):         # + 0 would make a double of it
        return f"HEX(CAST(CAST({name} AS UNSIGNED) AS CHAR CHARACTER SET latin1))"
    if kind in ("float", "double"):
        return f"{name} + 0e0"
    if kind == "json":
        return f"HEX(CAST({name} AS CHAR CHARACTER SET utf8mb4))"
    if kind == "bit":
        return f"HEX(CAST({name} AS BINARY))"
    return f"HEX({name})"


def value_text(value, kind, column_type):
    if value is None:
        return "-"
    if kind in ("float", "double"):
        return repr(value).encode().hex()
    if kind in INTS:                    # zerofill
        return str(int(bytes.fromhex(value))).encode().hex()
    if kind == "bit":
        bits = int(column_type.split("(")[1].rstrip(")"))
        return value.rjust((bits + 7) // 8 * 2, "0").lower()
    if len(value) > 2 * LONG:
        raw = bytes.fromhex(value)
        return f"#{len(raw)}:{zlib.crc32(raw):08x}"
    return value.lower() if value else "="


def describe(server, out):
    collations = set()
    tables = server.sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'types'"
                        " AND table_type = 'BASE TABLE' ORDER BY table_name")
    for (table,) in tables:
        out.append(f"table types {table}")
        columns = server.sql(
            "SELECT column_name, data_type, character_set_name, collation_name, is_nullable, extra, column_type"
            f" FROM information_schema.columns WHERE table_schema = 'types' AND table_name = '{table}'"
            " ORDER BY ordinal_position")
        for name, _, charset, collation, nullable, extra, kind in columns:
            flags = ("n" if nullable == "YES" else "") + ("g" if "GENERATED" in extra and "DEFAULT_GEN" not in extra else "")
            flags += "i" if "INVISIBLE" in extra else ""
            out.append(f"column {name} {charset or '-'} {collation or '-'} {flags or '-'} {kind}")
            collations.add(collation)
        primary = server.sql("SELECT column_name FROM information_schema.key_column_usage WHERE table_schema = 'types'"
                             f" AND table_name = '{table}' AND constraint_name = 'PRIMARY' ORDER BY ordinal_position")
        names = [c[0] for c in columns]
        out.append(" ".join(["primary"] + [str(names.index(p)) for (p,) in primary]))
        chosen = ", ".join(canonical(c[0], c[1]) for c in columns)
        rows = server.sql(f"SET time_zone = '+00:00'; SELECT {chosen} FROM types.{table} ORDER BY 1")
        for row in rows:
            out.append("row " + " ".join(value_text(v, c[1], c[6]) for v, c in zip(row, columns)))
    wanted = [(i, charset, name) for name, charset, i, *_ in server.sql("SHOW COLLATION") if name in collations | {"binary"}]
    return [f"collation {i} {charset} {name}" for i, charset, name in sorted(wanted)]


def record(name):
    kind, options, fill = RECORDINGS[name]
    with kind(**options) as server:
        fill(server)
        lines = []
        head = [f"server {server.flavor} {server.version}", *describe(server, lines)]
        log = server.log_position()[0]
        server.sql("FLUSH BINARY LOGS")
        written = gzip.compress((server.datadir / log).read_bytes(), 9, mtime=0)
        (ARGUMENTS.to / f"{name}.binlog.gz").write_bytes(written)
        (ARGUMENTS.to / f"{name}.rows").write_text("\n".join(head + lines) + "\n", encoding="utf-8")
        server.discard()
    print(name, len(written), flush=True)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", type=pathlib.Path, default=HERE)
    parser.add_argument("--seed", type=int, default=20240229)
    parser.add_argument("names", nargs="*", choices=[[], *RECORDINGS], metavar="NAME")
    return parser.parse_args()


if __name__ == "__main__":
    ARGUMENTS = arguments()
    for wanted_name in ARGUMENTS.names or RECORDINGS:
        record(wanted_name)
