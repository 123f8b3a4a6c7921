#!/usr/bin/python3
"""Makes inputs for the fuzz targets from the recorded logs of tests/unit/data.

    tests/fuzz/seeds.py DIRECTORY      fills DIRECTORY/binlog_event, rows, json and gtid

libFuzzer's -merge=1 then chooses the few that are kept in corpus/.
"""

import gzip
import hashlib
import pathlib
import struct
import sys

RECORDED = pathlib.Path(__file__).resolve().parents[1] / "unit" / "data"
TABLE_MAP = 19
ROWS = {23, 24, 25, 30, 31, 32, 39, *range(166, 172)}
LONGEST = 1500


def events(data):
    """(type, whole event without checksum, body) of a log."""
    checksum, at = 0, 4
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 9)[0]
        event = data[at:at + length]
        if event[4] == 15:
            checksum = 4 if data[at + length - 5] == 1 and (b"MariaDB" in event or event[21:23] > b"5.") else 0
        end = length - (checksum if event[4] != 15 else 0)
        whole = event[:9] + struct.pack("<I", end) + event[13:end]
        yield event[4], whole, whole[19:]
        at += length


def keep(directory, data):
    if len(data) <= LONGEST:
        (directory / hashlib.sha1(data).hexdigest()[:16]).write_bytes(data)


def seeds_of(path, out):
    flavor = b"\1" if path.name.startswith("mariadb") else b"\0"
    current, seen, tables = b"", {}, {}
    for kind, whole, body in events(gzip.decompress(path.read_bytes())):
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= 6:
            keep(out / "binlog_event", flavor + whole)
        if kind == TABLE_MAP:
            current = bytes([kind]) + struct.pack("<H", len(body)) + body
            name = body[8:40]
        elif kind in ROWS and current and len(body) < 65536:
            tables[name] = tables.get(name, 0) + 1
            if tables[name] <= 8:
                keep(out / "rows", flavor + current + bytes([kind]) + struct.pack("<H", len(body)) + body)
            if b"documents" in name and b"mysql9" in path.name.encode():
                document(out / "json", body)


def document(directory, body):
    """The first JSON column of an INSERT into documents (id, j, k)."""
    row = body[10 + 1 + 1:]
    if row[0] & 2 == 0:
        length = struct.unpack_from("<I", row, 5)[0]
        doc = row[9:9 + length]
        if length == len(doc):
            keep(directory, struct.pack("<H", length) + doc + b"\0\3$.a\3\5\2\0\1\6$.b[1]\2\4\1\2\4$[0]")


def gtids(directory):
    one, two = "aaaaaaaa-0000-0000-0000-000000000001", "bbbbbbbb-0000-0000-0000-000000000002"
    binary = struct.pack("<Q", 1) + bytes(15) + b"\1" + struct.pack("<QQQQQ", 2, 1, 4, 7, 8)
    tagged = struct.pack("<Q", 1 << 56 | 1 << 8 | 1) + bytes(15) + b"\1\4tb" + struct.pack("<QQQ", 1, 5, 6)
    for text in ("", f"{one}:1-5:7", f"{one}:1-5:tag:3,\n{two}:9", "0-1-5,7-2-100", f"{one}:x:1 - 2 , {two}:1:3:5:7:9",
                 "0-1-18446744073709551615"):
        for data in (b"", b"|" + binary, b"|" + tagged):
            keep(directory, text.encode() + data)


def main():
    out = pathlib.Path(sys.argv[1])
    for name in ("binlog_event", "rows", "json", "gtid"):
        (out / name).mkdir(parents=True, exist_ok=True)
    for path in sorted(RECORDED.glob("*.binlog.gz")):
        seeds_of(path, out)
    gtids(out / "gtid")


if __name__ == "__main__":
    main()
