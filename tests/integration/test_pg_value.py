"""What columns and values of MySQL's become in PostgreSQL (codec/pg_value): servers of both kinds say so."""

import pathlib
import struct

import pytest

import probe

RS_E_NOT_SUPPORTED, RS_E_DEST_DATA, RS_E_VALUE = 1015, 4007, 5005


@pytest.fixture
def ask(binary):
    made = probe.Lines(pathlib.Path(binary).parent / "tests/integration/pg_value_probe")

    def convert(column, *values, charset=None, unfit="stop", nullable=True):
        canonical = [value if value is None else (value if isinstance(value, bytes) else str(value).encode()).hex() for value in values]
        return made.ask("convert", type=column, charset=charset, unfit=unfit, nullable=nullable, values=canonical)

    yield convert
    made.close()


@pytest.fixture(scope="module", params=["postgresql", "postgresql-newest"])
def server(pool, request):
    made = pool.get(request.param, "values")
    made.reset()
    made.sql("CREATE DATABASE shop")
    return made


def floats(*numbers):
    return struct.pack(f"<{len(numbers)}f", *numbers)


# MySQL's type, canonical values, and what PostgreSQL prints of them as text; None where they are NULL.
FITS = [
    ("tinyint", ["-128", "127", None], ["-128", "127", None]),
    ("tinyint(3) unsigned", ["0", "255"], ["0", "255"]),
    ("smallint", ["-32768", "32767"], ["-32768", "32767"]),
    ("smallint unsigned", ["65535"], ["65535"]),
    ("mediumint unsigned", ["16777215"], ["16777215"]),
    ("int", ["-2147483648", "2147483647"], ["-2147483648", "2147483647"]),
    ("int(10) unsigned", ["4294967295"], ["4294967295"]),
    ("bigint", ["-9223372036854775808", "9223372036854775807"], ["-9223372036854775808", "9223372036854775807"]),
    ("bigint unsigned", ["18446744073709551615"], ["18446744073709551615"]),
    ("year", ["0000", "2155"], ["0", "2155"]),
    ("decimal(65,30)", ["9" * 35 + "." + "9" * 30, "-0." + "0" * 29 + "1"], ["9" * 35 + "." + "9" * 30, "-0." + "0" * 29 + "1"]),
    ("decimal(5,0)", ["-99999"], ["-99999"]),
    ("float", ["0.10000000149011612", "3.4028234663852886e38", "-1.1754943508222875e-38"], ["0.1", "3.4028235e+38", "-1.1754944e-38"]),
    ("double", ["0.1", "1.7976931348623157e308", "5e-324"], ["0.1", "1.7976931348623157e+308", "5e-324"]),
    ("bit(1)", [b"\1", b"\0"], ["1", "0"]),
    ("bit(10)", [b"\2\5", b"\0\0"], ["1000000101", "0000000000"]),
    ("bit(64)", [b"\xff" * 8], ["1" * 64]),
    ("date", ["0001-01-01", "9999-12-31", "2024-02-29"], ["0001-01-01", "9999-12-31", "2024-02-29"]),
    ("time", ["00:00:00", "23:59:59", "24:00:00"], ["00:00:00", "23:59:59", "24:00:00"]),
    ("time(6)", ["12:34:56.000001"], ["12:34:56.000001"]),
    ("datetime(3)", ["2026-11-30 12:00:00.120"], ["2026-11-30 12:00:00.12"]),
    ("timestamp(6)", ["2026-11-30 12:00:00.000001"], ["2026-11-30 12:00:00.000001+00"]),
    ("varchar(5)", ["héllo", "", "a\tb\\n", None], ["héllo", "", "a\tb\\n", None]),
    ("varchar(0)", [""], [""]),
    ("text", ["日本 😀\r\n\b\f\v"], ["日本 😀\r\n\b\f\v"]),
    ("varbinary(10)", [b"\0\xff\\", b""], ["\\x00ff5c", "\\x"]),
    ("binary(3)", [b"a\0\0"], ["\\x610000"]),
    ("longblob", [bytes(range(256))], ["\\x" + bytes(range(256)).hex()]),
    ("enum('so so','é')", ["1", "2", "0"], ["so so", "é", ""]),
    ("set('a','b','c')", ["5", "0", "7"], ["a,c", "", "a,b,c"]),
    ("json", ['{"a": [1, 2.50, "\\u0000"], "a": null}'], ['{"a": [1, 2.50, "\\u0000"], "a": null}']),
    ("uuid", ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"], ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("inet4", ["192.0.2.1"], ["192.0.2.1"]),
    ("inet6", ["2001:db8::1", "::ffff:192.0.2.1"], ["2001:db8::1", "::ffff:192.0.2.1"]),
    ("vector(3)", [floats(1.5, -2, 0.1)], ["{1.5,-2,0.1}"]),
]


def hexed(text):
    return None if text is None else text.encode().hex()


def stored(server, answer):
    """What a table of that type has after COPY, as hexadecimal of its text."""
    assert answer["rc"] == "ok", answer
    rows = "".join(f"{line}\n" for line in answer["copy"])
    found = server.sql(f"SET client_min_messages = warning; DROP TABLE IF EXISTS t; CREATE TABLE t (n serial, c {answer['type']});\n"
                       f"COPY t (c) FROM STDIN;\n{rows}\\.\n"
                       "SET TimeZone = 'UTC'; SET extra_float_digits = 3;\n"
                       "SELECT CASE WHEN c IS NULL THEN 'NULL' ELSE encode(convert_to(format('%s', c), 'UTF8'), 'hex') END FROM t ORDER BY n",
                       db="shop")
    return [None if text == "NULL" else text for (text,) in found]


@pytest.mark.parametrize("column, values, expected", FITS, ids=[column for column, *_ in FITS])
def test_values_that_fit_arrive_as_they_are(server, ask, column, values, expected):
    answer = ask(column, *values)
    assert answer["rc"] == "ok" and answer["changed"] == 0, answer
    assert stored(server, answer) == [hexed(text) for text in expected]


@pytest.mark.parametrize("charset, value, expected", [("latin1", b"h\xe9llo \x80", "héllo €"), ("gbk", b"\xd6\xd0", "中"), ("utf8mb3", "é".encode(), "é"),
                                                      ("ucs2", b"\x00\xe9", "é"), ("sjis", b"\x93\xfa", "日")])
def test_texts_of_other_character_sets(server, ask, charset, value, expected):
    assert stored(server, ask("varchar(20)", value, charset=charset)) == [hexed(expected)]


UNFIT = [
    ("date", "0000-00-00", "0001-01-01"), ("date", "2024-00-15", "2024-01-15"), ("date", "2023-02-30", "2023-02-28"),
    ("date", "1900-02-29", "1900-02-28"), ("date", "0000-05-03", "0001-01-01"),
    ("datetime", "0000-00-00 00:00:00", "0001-01-01 00:00:00"), ("datetime(2)", "2024-04-31 10:11:12.50", "2024-04-30 10:11:12.5"),
    ("timestamp", "0000-00-00 00:00:00", "0001-01-01 00:00:00+00"),
    ("time", "-00:00:01", "00:00:00"), ("time", "838:59:59", "24:00:00"), ("time(3)", "24:00:00.001", "24:00:00"),
    ("varchar(9)", b"a\0b\0", "ab"), ("text", b"\0", ""),
]


@pytest.mark.parametrize("column, value, nearest", UNFIT, ids=[f"{column} {value}" for column, value, _ in UNFIT])
def test_values_that_have_no_place(server, ask, column, value, nearest):
    stopped = ask(column, value)
    assert stopped["rc"] == "fail" and stopped["code"] == RS_E_DEST_DATA and "column c" in stopped["primary"], stopped
    emptied = ask(column, value, None, unfit="null")
    assert stored(server, emptied) == [None, None] and emptied["changed"] == 1
    assert ask(column, value, unfit="null", nullable=False)["code"] == RS_E_DEST_DATA
    moved = ask(column, value, unfit="nearest", nullable=False)
    assert stored(server, moved) == [hexed(nearest)] and moved["changed"] == 1


def test_what_no_type_has_room_for_is_named(ask):
    answer = ask("geometry", b"")
    assert answer["rc"] == "fail" and answer["code"] == RS_E_NOT_SUPPORTED and "geometry" in answer["primary"], answer


def test_a_text_that_is_none_in_its_character_set(ask):
    answer = ask("varchar(9)", b"\xff", charset="gbk")
    assert answer["rc"] == "fail" and answer["code"] == RS_E_VALUE and "gbk" in answer["primary"], answer


def test_names_longer_than_usual_have_room(server, ask):
    names = ["é" * 100, "b" * 63]
    answer = ask(f"set({','.join(repr(name) for name in names)})", "3")
    assert answer["type"] == "character varying(164)"
    assert stored(server, answer) == [hexed(",".join(names))]
