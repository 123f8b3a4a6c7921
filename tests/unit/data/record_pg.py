#!/usr/bin/python3
"""Records what real PostgreSQL servers send of their logs by pgoutput and, beside it, the rows that the server itself has then.

    tests/unit/data/record_pg.py [--to DIRECTORY] [NAME…]

makes NAME.pgoutput.gz and NAME.pgrows.gz for each recording, in this directory. test_pgoutput.c decodes the messages, replays them into
tables in memory and compares those with the rows. Each message is preceded by its length, four bytes, big-endian. What has the rows has, for each table,
a line "table SCHEMA.NAME" and its rows as COPY writes them, in the order of their bytes.
"""

import argparse
import contextlib
import gzip
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "integration"))

import servers                                      # pylint: disable=wrong-import-position

SCHEMA = """
CREATE SCHEMA "Odd ""name";
CREATE TYPE mood AS ENUM ('sad', 'so so', 'glad');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TYPE pair AS (x integer, y text);
CREATE TABLE keyed (id integer PRIMARY KEY, note text, n numeric(12,3), at timestamptz);
CREATE TABLE wide (a integer, b text, c text, d bytea, PRIMARY KEY (b, a));
ALTER TABLE wide ALTER c SET STORAGE EXTERNAL, ALTER d SET STORAGE EXTERNAL;
CREATE TABLE whole (a integer, b text, c text);
ALTER TABLE whole ALTER c SET STORAGE EXTERNAL;
ALTER TABLE whole REPLICA IDENTITY FULL;
CREATE TABLE indexed (a integer NOT NULL, b text NOT NULL, c double precision);
CREATE UNIQUE INDEX indexed_b ON indexed (b);
ALTER TABLE indexed REPLICA IDENTITY USING INDEX indexed_b;
CREATE TABLE types (id bigserial PRIMARY KEY, m mood, p positive, r pair, l integer[], j jsonb, u uuid, i interval, net inet, b boolean,
                    g integer GENERATED ALWAYS AS (1) STORED, span int4range, pt point, bits bit varying(9), cash money, doc xml);
CREATE TABLE "Odd ""name"."Tab le" ("Id" integer PRIMARY KEY, "wi th" text);
CREATE TABLE emptied (id integer PRIMARY KEY);
CREATE TABLE emptied_child (id integer PRIMARY KEY REFERENCES emptied);
CREATE TABLE logged (id integer, note text);
CREATE PUBLICATION everything FOR ALL TABLES;
"""

TABLES = ["public.keyed", "public.wide", "public.whole", "public.indexed", "public.types", '"Odd ""name"."Tab le"', "public.emptied",
          "public.emptied_child"]

CHANGES = [
    "INSERT INTO keyed VALUES (1, 'one', 1.5, '2026-11-30 12:00:00.25+02'), (2, NULL, 'NaN', 'infinity'), (3, '', -0.001, '-infinity')",
    "UPDATE keyed SET note = E'tab\\t, line\\n, back\\\\slash, \\'quote' WHERE id = 1; DELETE FROM keyed WHERE id = 3;"
    " UPDATE keyed SET id = 20, note = 'moved' WHERE id = 2",
    "INSERT INTO wide VALUES (1, 'k', repeat('long ', 2000), decode(repeat('00ff', 4000), 'hex')), (2, 'k', NULL, '')",
    "UPDATE wide SET a = 5 WHERE a = 1; UPDATE wide SET d = 'new' WHERE a = 5; UPDATE wide SET b = 'é', c = 'short' WHERE a = 2",
    "INSERT INTO whole VALUES (1, 'same', repeat('x', 9000)), (1, 'same', NULL), (1, 'same', NULL)",
    "UPDATE whole SET b = 'other' WHERE ctid = (SELECT min(ctid) FROM whole); DELETE FROM whole WHERE ctid = (SELECT max(ctid) FROM whole)",
    "INSERT INTO indexed VALUES (1, 'a', 0.1), (2, 'b', 'Infinity'), (3, 'c', '-0'); UPDATE indexed SET c = 1e-300 WHERE a = 1;"
    " UPDATE indexed SET b = 'z' WHERE a = 2; DELETE FROM indexed WHERE a = 3",
    "INSERT INTO types (m, p, r, l, j, u, i, net, b, span, pt, bits, cash, doc) VALUES"
    " ('so so', 7, '(1,\"a,b\")', '{1,NULL,3}', '{\"k\": [1, 2.50]}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '1 mon -2 days 03:04:05.006',"
    "  '2001:db8::/32', true, '[1,5)', '(1.5,-2)', B'1010', 12.34, '<a>b</a>'), (NULL, NULL, NULL, '{{1,2},{3,4}}', 'null', NULL, NULL,"
    "  NULL, NULL, 'empty', NULL, B'', NULL, NULL)",
    "INSERT INTO \"Odd \"\"name\".\"Tab le\" VALUES (1, '日本'), (2, '😀')",
    # schemas that change between changes
    "ALTER TABLE keyed ADD COLUMN extra text; INSERT INTO keyed VALUES (4, 'four', 0, NULL, 'own');"
    " ALTER TABLE keyed DROP COLUMN n; UPDATE keyed SET extra = 'later' WHERE id = 4",
    # parts that are taken back
    "BEGIN; INSERT INTO keyed VALUES (30, 'kept'); SAVEPOINT a; INSERT INTO keyed VALUES (31, 'gone'); ROLLBACK TO a;"
    " INSERT INTO keyed VALUES (32, 'kept'); COMMIT",
    "BEGIN; INSERT INTO keyed VALUES (40, 'never'); ROLLBACK",
    # whole tables
    "INSERT INTO emptied VALUES (1), (2); INSERT INTO emptied_child VALUES (1)",
    "TRUNCATE emptied CASCADE",
    "INSERT INTO emptied VALUES (3); TRUNCATE emptied, emptied_child RESTART IDENTITY; INSERT INTO emptied VALUES (4)",
    "SELECT pg_logical_emit_message(true, 'rds', 'in a transaction'), pg_logical_emit_message(false, 'rds', 'alone')",
    "INSERT INTO logged VALUES (1, 'a table without a key, of which only rows are added')",
]

# Larger than what the server keeps of one in memory, so that it is sent before it ends.
LARGE = [
    "BEGIN; INSERT INTO keyed (id, note) SELECT 1000 + i, repeat('large ', 20) FROM generate_series(1, 1500) i; SAVEPOINT a;"
    " UPDATE keyed SET note = repeat('undone ', 20) WHERE id > 1000; ROLLBACK TO a; DELETE FROM keyed WHERE id > 2400; COMMIT",
    "BEGIN; INSERT INTO keyed (id, note) SELECT 5000 + i, repeat('never ', 40) FROM generate_series(1, 1500) i; ROLLBACK",
    "BEGIN; SAVEPOINT a; INSERT INTO keyed (id, note) SELECT 6000 + i, repeat('half ', 40) FROM generate_series(1, 1000) i; RELEASE a;"
    " ALTER TABLE keyed ADD COLUMN late integer; INSERT INTO keyed (id, late) VALUES (7001, 1);"
    " UPDATE keyed SET late = 2 WHERE id = 6001; COMMIT",
]

PREPARED = [
    "BEGIN; INSERT INTO keyed (id, note) VALUES (101, 'prepared'); PREPARE TRANSACTION 'to be kept'",
    "BEGIN; INSERT INTO keyed (id, note) VALUES (102, 'prepared'); PREPARE TRANSACTION 'to be dropped'",
    "COMMIT PREPARED 'to be kept'",
    "ROLLBACK PREPARED 'to be dropped'",
    "BEGIN; INSERT INTO keyed (id, note) SELECT 8000 + i, repeat('large ', 40) FROM generate_series(1, 1000) i; PREPARE TRANSACTION 'a large one'",
    "COMMIT PREPARED 'a large one'",
]

ORIGIN = ["SELECT pg_replication_origin_create('elsewhere')",
          "SELECT pg_replication_origin_session_setup('elsewhere'); BEGIN; INSERT INTO keyed (id, note) VALUES (200, 'from elsewhere');"
          " SELECT pg_replication_origin_xact_setup('0/ABCDEF', '2026-01-01 00:00:00+00'); COMMIT"]

RECORDINGS = {                # name: (server, protocol, options, what is done)
    "pg15-1": (servers.PostgreSQL, 1, {"messages": "true"}, CHANGES + LARGE + ORIGIN),
    "pg15-2": (servers.PostgreSQL, 2, {"messages": "true", "streaming": "on"}, CHANGES + LARGE),
    "pg15-3": (servers.PostgreSQL, 3, {"streaming": "on", "two_phase": "true"}, CHANGES + LARGE + PREPARED),
    "newest-4": (servers.NewestPostgreSQL, 4, {"messages": "true", "streaming": "parallel", "two_phase": "true"}, CHANGES + LARGE + PREPARED + ORIGIN),
    "newest-binary": (servers.NewestPostgreSQL, 4, {"binary": "true"}, CHANGES),
}


def messages(server, protocol, options):
    words = {"proto_version": protocol, "publication_names": "everything", **options}
    array = ", ".join(f"'{name}', '{value}'" for name, value in words.items())
    rows = server.sql(f"SELECT encode(data, 'hex') FROM pg_logical_slot_get_binary_changes('recorded', NULL, NULL, {array})", db="recorded")
    return [bytes.fromhex(data) for (data,) in rows]


def rows_of(server, table):
    columns = server.sql(f"SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid ="
                         f" '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''", db="recorded")[0][0]
    return sorted(server._psql(f"COPY (SELECT {columns} FROM {table}) TO STDOUT", "recorded").stdout.encode().splitlines())


@contextlib.contextmanager
def packed(path):
    """A file that is the same for the same content."""
    with open(path, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as file:
        yield file


def record(name, directory):
    kind, protocol, options, changes = RECORDINGS[name]
    with kind(name, logical_decoding_work_mem="64kB", max_prepared_transactions=4) as server:
        server.sql("CREATE DATABASE recorded")
        server.sql(SCHEMA, db="recorded")
        two_phase = ", false, true" if "two_phase" in options else ""
        server.sql(f"SELECT pg_create_logical_replication_slot('recorded', 'pgoutput'{two_phase})", db="recorded")
        for change in changes:
            server.sql(change, db="recorded")
        found = messages(server, protocol, options)
        with packed(directory / f"{name}.pgrows.gz") as rows:
            for table in TABLES:
                rows.write(b"table " + table.replace('""', '\0').replace('"', "").replace('\0', '"').encode() + b"\n")
                rows.writelines(line + b"\n" for line in rows_of(server, table))
    with packed(directory / f"{name}.pgoutput.gz") as log:
        for message in found:
            log.write(struct.pack(">I", len(message)) + message)
    kinds = {}
    for message in found:
        kinds[chr(message[0])] = kinds.get(chr(message[0]), 0) + 1
    print(name, kinds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", type=pathlib.Path, default=HERE)
    parser.add_argument("names", nargs="*", default=list(RECORDINGS))
    args = parser.parse_args()
    for name in args.names:
        record(name, args.to)


if __name__ == "__main__":
    main()
