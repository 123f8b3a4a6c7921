"""A PostgreSQL server whose log is read, and sessions that change its rows meanwhile."""

import collections
import contextlib
import random
import subprocess
import threading

import rds


OPTIONS = {"max_replication_slots": 3, "wal_sender_timeout": "60s", "max_prepared_transactions": 10}


def finish_prepared(server):
    for gid, db in server.sql("SELECT gid, database FROM pg_prepared_xacts"):
        server.sql(f"COMMIT PREPARED '{gid}'", db=db)


def fresh(pool, flavor):
    """One with an empty database, shop, and without slots."""
    made = pool.get(flavor, "log", **OPTIONS)
    finish_prepared(made)
    for (slot,) in made.sql("SELECT slot_name FROM pg_replication_slots"):
        made.sql(f"SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '{slot}' AND active")
        rds.wait_until(lambda slot=slot: not made.sql(f"SELECT 1 FROM pg_replication_slots WHERE slot_name = '{slot}' AND active"), "the slot to be free")
        made.sql(f"SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '{slot}'")
    made.reset()
    made.sql("CREATE DATABASE shop")
    return made


class Writers:
    """Transactions of several sessions on the tables k (a key that changes, values out of line), f (told whole), u (told by another key
    than its primary one) and loose (no key, rows twice). Some are prepared first, and committed or rolled back a moment later."""

    def __init__(self, server, seed):
        self._server, self._stop, self.errors, self.done = server, threading.Event(), [], collections.Counter()
        self._threads = [threading.Thread(target=self._write, args=(random.Random(f"{seed} {n}"), n)) for n in range(3)]
        for thread in self._threads:
            thread.start()

    def _change(self, draw):
        one, other = draw.randint(0, 40), draw.randint(0, 40)
        large = f"(SELECT string_agg(md5(i::text), '') FROM generate_series({draw.randint(1, 99)}, {draw.randint(400, 600)}) i)"
        return draw.choice((
            f"INSERT INTO k VALUES ({one}, {other}, 'x', {large}) ON CONFLICT (id, part) DO UPDATE SET n = k.n + 1",
            f"UPDATE k SET n = n + 1 WHERE id = {one}", f"UPDATE k SET big = {large} WHERE id = {one}", f"DELETE FROM k WHERE id = {one} AND part = {other}",
            f"UPDATE k SET part = part + 100 WHERE id = {one} AND part < 100", f"UPDATE f SET n = n + 1 WHERE id = {one}",
            f"INSERT INTO f VALUES ({one}, 0, {large}) ON CONFLICT DO NOTHING", f"UPDATE f SET id = id + 1000 WHERE id = {one}",
            f"INSERT INTO u VALUES ({one}, 'c{other}', 0, {large}) ON CONFLICT DO NOTHING", f"UPDATE u SET n = n + 1 WHERE id = {one}",
            f"UPDATE u SET code = code || 'x' WHERE id = {one} AND length(code) < 9", f"UPDATE u SET id = id + 1000 WHERE id = {one}",
            f"DELETE FROM u WHERE id IN ({one}, {other} + 1000)",
            f"INSERT INTO loose VALUES ({one % 5}, {large}), ({one % 5}, NULL)", f"DELETE FROM loose WHERE ctid = (SELECT min(ctid) FROM loose WHERE n = {one % 5})",
            f"UPDATE loose SET n = n + 1 WHERE ctid = (SELECT max(ctid) FROM loose)"))

    def _write(self, draw, number):
        while not self._stop.is_set():
            words = ["BEGIN"]
            for turn in range(draw.randint(1, 6)):
                inner = draw.random()
                words += [f"SAVEPOINT s{turn}", self._change(draw), f"ROLLBACK TO s{turn}"] if inner < 0.15 else \
                         [f"SAVEPOINT s{turn}", self._change(draw), f"RELEASE s{turn}"] if inner < 0.3 else [self._change(draw)]
            ends, gid = draw.random(), f"{number}-{draw.getrandbits(64)}"
            words.append("ROLLBACK" if ends < 0.1 else f"PREPARE TRANSACTION '{gid}'" if ends < 0.25 else "COMMIT")
            try:
                self._server.sql(*words, db="shop")
                if 0.1 <= ends < 0.25:
                    self._stop.wait(draw.choice((0, 0.05)))
                    self._server.sql(f"ROLLBACK PREPARED '{gid}'" if ends < 0.14 else f"COMMIT PREPARED '{gid}'", db="shop")
                self.done[number] += 1
            except subprocess.CalledProcessError:                         # a deadlock, or the server is down
                self.errors.append(number)
                self._stop.wait(0.02)

    def end(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        with contextlib.suppress(subprocess.CalledProcessError):         # the server is down
            finish_prepared(self._server)


TABLES = """CREATE TABLE k (id integer, part integer, x text, big text, n integer DEFAULT 0, made integer GENERATED ALWAYS AS (n * 2) STORED, PRIMARY KEY (id, part));
CREATE TABLE f (id integer PRIMARY KEY, n integer, big text); ALTER TABLE f REPLICA IDENTITY FULL;
CREATE TABLE u (id integer PRIMARY KEY, code text NOT NULL, n integer, big text); CREATE UNIQUE INDEX u_code ON u (code);
ALTER TABLE u REPLICA IDENTITY USING INDEX u_code;
CREATE TABLE loose (n integer, big text); ALTER TABLE loose REPLICA IDENTITY FULL"""


def rows(server, table, columns):
    """Of a table in shop, sorted; NULL is None."""
    answer = server.sql(f"SELECT {', '.join(f'coalesce({column}::text, chr(1))' for column in columns.split(', '))} FROM {table}", db="shop")
    return sorted(([None if value == "\x01" else value for value in row] for row in answer), key=repr)
