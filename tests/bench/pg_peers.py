"""Those that rds-sync is measured against where PostgreSQL is: its dump and its logical replication, binary COPY, pgloader."""

import concurrent.futures
import contextlib
import shutil
import subprocess
import sys
import threading

from harness import discarded, quiet, scratch, servers, timed

SESSIONS = 4
DATABASE = "bench"
LARGE = 4000                    # pages from which on a table is copied in parts by the limit
PUBLICATION = SUBSCRIPTION = "peer"


def options(durable):
    """Every server's: the data fit into memory, and nobody waits for the disk, or with --durable all do."""
    return {"durable": durable, "shared_buffers": "512MB", "max_wal_size": "16GB", "checkpoint_timeout": "1h", "max_connections": 100,
            "maintenance_work_mem": "64MB", "max_replication_slots": 20, "max_wal_senders": 20, "track_commit_timestamp": "on",
            "wal_sender_timeout": "10min"}


def server(args, **more):
    return servers.PostgreSQL(**{**options(args.durable), **more})


def words(one, program, *more, database=DATABASE):
    return [str(one.programs().parent / "bin" / program), "-h", str(one.workdir), "-p", str(one.port), "-U", one.superuser, "-d", database, *more]


def psql(one, *more, database=DATABASE):
    return words(one, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *more, database=database)


def piped(*commands):
    """Run commands, the output of each the input of the next."""
    running, read = [], None
    for number, command in enumerate(commands):
        last = number == len(commands) - 1
        running.append(subprocess.Popen(command, stdin=read, stdout=subprocess.DEVNULL if last else subprocess.PIPE))  # pylint: disable=consider-using-with
        if read:
            read.close()
        read = running[-1].stdout
    failed = [command for process, command in zip(running, commands) if process.wait() != 0]
    if failed:
        sys.exit(f"failed: {failed}")


def recreate(one, database=DATABASE):
    one.sql("SET client_min_messages = warning", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    one.sql(f"CREATE DATABASE {database}")


class Dump:
    """pg_dump into psql."""

    name = "pg_dump | psql"

    def __init__(self, both):
        self.both = both

    def run(self):
        return timed(piped, words(self.both.source, "pg_dump"), psql(self.both.destination))


class ParallelDump(Dump):
    """pg_dump into a directory, then pg_restore, 4 processes each."""

    name = f"pg_dump -j{SESSIONS}, pg_restore -j{SESSIONS}"

    def run(self):
        files = scratch()
        seconds = timed(self._copy, files / "dump")
        shutil.rmtree(files)
        return seconds

    def _copy(self, dump):
        quiet(words(self.both.source, "pg_dump", "-Fd", f"-j{SESSIONS}", "-Z0", "-f", str(dump)))
        quiet(words(self.both.destination, "pg_restore", f"-j{SESSIONS}", str(dump)))


class Limit(Dump):
    """The same rows by binary COPY through pipes, 4 sessions, large tables in parts by their pages, keys and indexes afterwards."""

    name = "binary COPY through pipes"

    def run(self):
        return timed(self._copy)

    def _copy(self):
        source, destination = self.both.source, self.both.destination
        piped(words(source, "pg_dump", "--section=pre-data"), psql(destination))
        with concurrent.futures.ThreadPoolExecutor(SESSIONS) as sessions:
            list(sessions.map(self._part, self._parts()))
        piped(words(source, "pg_dump", "--section=post-data"), psql(destination))

    def _parts(self):
        """(table, condition), the largest first."""
        tables = self.both.source.sql("SELECT oid::regclass, pg_relation_size(oid) / 8192 FROM pg_class WHERE relkind = 'r'"
                                      " AND relnamespace = 'public'::regnamespace ORDER BY 2 DESC", db=DATABASE)
        for table, pages in tables:
            step = int(pages) // SESSIONS + 1
            if int(pages) < LARGE:
                yield table, "true"
            else:
                yield from ((table, f"ctid >= '({n * step},0)' AND ctid < '({(n + 1) * step},0)'") for n in range(SESSIONS))

    def _part(self, part):
        table, where = part
        piped(psql(self.both.source, "-c", f"COPY (SELECT * FROM {table} WHERE {where}) TO STDOUT (FORMAT binary)"),
              psql(self.both.destination, "-c", f"COPY {table} FROM STDIN (FORMAT binary)"))


class Pgloader:
    """pgloader with its own default of workers, by its own default rules for types."""

    name = "pgloader"

    def __init__(self, both, database):
        self.both, self.database = both, database
        both.source.sql("CREATE USER IF NOT EXISTS loader@'%' IDENTIFIED BY 'loader'", f"GRANT ALL ON {database}.* TO loader@'%'")

    def run(self):
        return timed(self._load)

    def _load(self):
        source, destination = self.both.source, self.both.destination
        quiet(["pgloader", "--quiet", f"mysql://loader:loader@127.0.0.1:{source.port}/{self.database}",
               f"postgresql://postgres:{destination.password}@127.0.0.1:{destination.port}/{DATABASE}"])


# --- its own replication -------------------------------------------------------------------------------------

UNTIL_SEEN = "DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM mark WHERE n = {}) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$"


class Mark:
    """A row that is written behind everything else: who has it, has it all."""

    def __init__(self, source):
        self.source, self.last = source, 0
        source.sql("CREATE TABLE mark (n integer PRIMARY KEY)", db=DATABASE)

    def set(self):
        self.last += 1
        self.source.sql(f"INSERT INTO mark VALUES ({self.last})", db=DATABASE)

    def await_at(self, one):
        quiet(psql(one, "-c", UNTIL_SEEN.format(self.last)))


class Replication:
    """PostgreSQL's own, to a server that begins with what the source has when this is made."""

    name = "logical replication"

    def __init__(self, source, one, mark):
        self.server, self.mark = one, mark
        recreate(one)
        piped(words(source, "pg_dump"), psql(one))
        source.sql(f"CREATE PUBLICATION {PUBLICATION} FOR ALL TABLES", db=DATABASE)
        one.sql(f"CREATE SUBSCRIPTION {SUBSCRIPTION} CONNECTION 'host=127.0.0.1 port={source.port} user=postgres"
                f" password={source.password} dbname={DATABASE}' PUBLICATION {PUBLICATION} WITH (copy_data = false, enabled = false,"
                " create_slot = false, slot_name = peer)", db=DATABASE)
        source.sql("SELECT pg_create_logical_replication_slot('peer', 'pgoutput')", db=DATABASE)

    def start(self):
        self.server.sql(f"ALTER SUBSCRIPTION {SUBSCRIPTION} ENABLE", db=DATABASE)

    def stop(self):
        self.server.sql(f"ALTER SUBSCRIPTION {SUBSCRIPTION} DISABLE", db=DATABASE)

    def run(self):
        """Catch up with the mark."""
        seconds = timed(self._until)
        self.stop()
        return seconds

    def _until(self):
        self.start()
        self.mark.await_at(self.server)


@contextlib.contextmanager
def replication(both, args, mark):
    with discarded(server(args)) as one:
        yield Replication(both.source, one, mark)


class Watcher(threading.Thread):
    """Notes at a server when each row of the table probe is seen first, in whatever order they come, until COUNT more of them are."""

    TEXT = """
        DO $$ DECLARE got integer := 0; found integer; until timestamptz := clock_timestamp() + interval '{limit} s';
        BEGIN
            WHILE got < {count} AND clock_timestamp() < until LOOP
                INSERT INTO pg_temp.seen SELECT id, clock_timestamp() FROM probe p
                    WHERE id > {after} AND NOT EXISTS (SELECT FROM pg_temp.seen s WHERE s.id = p.id);
                GET DIAGNOSTICS found = ROW_COUNT;
                got := got + found;
                PERFORM pg_sleep(0.0005);
            END LOOP;
        END $$;
        SELECT id, extract(epoch FROM at) FROM pg_temp.seen;"""

    def __init__(self, one, after, count, limit):
        super().__init__()
        self.server, self.text = one, self.TEXT.format(after=after, count=count, limit=limit)
        self.seen = {}

    def run(self):
        rows = self.server.sql("CREATE TEMP TABLE seen (id bigint PRIMARY KEY, at timestamptz)", self.text, db=DATABASE)
        self.seen = {int(row): float(at) for row, at in rows}
