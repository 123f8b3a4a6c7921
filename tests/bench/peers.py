"""Those that rds-sync is measured against: mydumper with myloader, LOAD DATA from ready files, MariaDB's replication."""

import concurrent.futures
import contextlib
import re
import shutil
import sys

from harness import discarded, mariadb_options, quiet, scratch, servers, timed

SESSIONS = 4


class Loader:
    """mydumper and myloader, 4 threads each."""

    name = "mydumper + myloader"

    def __init__(self, both, database):
        self.both, self.database = both, database

    def run(self):
        dump = scratch()
        seconds = timed(self._copy, dump)
        shutil.rmtree(dump)
        return seconds

    def _copy(self, dump):
        quiet(["mydumper", f"--socket={self.both.source.socket}", "--user=root", f"--database={self.database}",
               f"--threads={SESSIONS}", f"--outputdir={dump}", "--chunk-filesize=32"])
        quiet(["myloader", f"--socket={self.both.destination.socket}", "--user=root", f"--threads={SESSIONS}",
               f"--directory={dump}", "--overwrite-tables", "--enable-binlog"])


class Limit:
    """The same rows by LOAD DATA LOCAL from files that are there already, 4 sessions, secondary indexes afterwards."""

    name = "LOAD DATA from ready files"

    def __init__(self, both, database):
        self.both, self.database = both, database
        self.files = scratch()
        self.tables = [name for (name,) in both.source.sql(f"SHOW TABLES FROM {database}")]
        self.creates, self.indexes, self.loads = [], [], []
        for table in self.tables:
            self._plan(table)

    def _plan(self, table):
        """Write the table's files, and the statements: tables of many bytes are loaded in parts, in ranges of the key."""
        create = self.both.source.sql(f"SHOW CREATE TABLE {table}", db=self.database)[0][1]
        keys = re.findall(r"^  ((?:UNIQUE )?KEY .*?),?$", create, re.M)
        self.creates.append(re.sub(r",\n  (?:UNIQUE )?KEY .*?(?=,?\n)", "", create))
        if keys:
            self.indexes.append(f"ALTER TABLE {table} " + ", ".join(f"ADD {key}" for key in keys))
        low, high = self.both.source.sql(f"SELECT MIN(id), MAX(id) FROM {table}", db=self.database)[0]
        parts = max(1, 2 * SESSIONS // len(self.tables))
        step = (high - low) // parts + 1
        for part in range(parts):
            path = self.files / f"{table}.{part}"
            begin = low + part * step
            self.both.source.sql(f"SELECT * INTO OUTFILE '{path}' CHARACTER SET binary FROM {table}"
                                 f" WHERE id BETWEEN {begin} AND {begin + step - 1}", db=self.database)
            self.loads.append(f"LOAD DATA LOCAL INFILE '{path}' INTO TABLE {table} CHARACTER SET binary")

    def run(self):
        return timed(self._load)

    def _load(self):
        self.both.destination.sql(f"CREATE DATABASE {self.database}")
        with concurrent.futures.ThreadPoolExecutor(SESSIONS) as sessions:
            for statements in (self.creates, self.loads, self.indexes):
                list(sessions.map(self._execute, statements))

    def _execute(self, statement):
        quiet(["mariadb", f"--socket={self.both.destination.socket}", "--user=root", "--local-infile",
               self.database, "-e", statement])


STILL = 60      # seconds after which a replica that has not moved is taken to have come to no end


class Clone(servers.MariaDB):
    """A server that begins with the data of another, which is stopped for that moment."""

    def __init__(self, original, args):
        super().__init__(**mariadb_options(args.durable))
        self.original = original

    def template(self):             # pylint: disable=arguments-differ
        return self.original.datadir

    def _prepare(self):
        fresh = self.workdir is None
        super()._prepare()
        if fresh:
            for log in self.datadir.glob("binlog.*"):
                log.unlink()


class Replica:
    """MariaDB's own replication, of a source whose replica begins as a clone of our destination.

    MODE is None for one thread, or the slave_parallel_mode of 4.
    """

    def __init__(self, source, clone, position, mode):
        self.source, self.server, self.mode = source, clone, mode
        self.name = f"replication, {f'4 threads, {mode}' if mode else 'serial'}"
        file, offset = position
        clone.sql(f"SET GLOBAL slave_parallel_threads = {4 if mode else 0}",
                  *([f"SET GLOBAL slave_parallel_mode = '{mode}'"] if mode else []),
                  f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={source.port}, MASTER_USER='bench',"
                  f" MASTER_PASSWORD='bench', MASTER_LOG_FILE='{file}', MASTER_LOG_POS={offset}")

    def run(self):
        """Catch up with what the source has now."""
        file, offset = self.source.log_position()
        seconds = timed(self._until, file, offset)
        self.stop()
        return seconds

    def start(self):
        self.server.sql("START SLAVE")

    def stop(self):
        self.server.sql("STOP SLAVE")

    def _until(self, file, offset):
        self.start()
        begun = self._place()
        while (waited := self.server.value(f"SELECT MASTER_POS_WAIT('{file}', {offset}, {STILL})")) == -1:
            before, begun = begun, self._place()
            if before == begun:
                sys.exit(self._stands(begun))
        assert waited is not None, self.server.sql("SHOW SLAVE STATUS")

    def _place(self):
        return self.server.value("SELECT @@GLOBAL.gtid_slave_pos")

    def _stands(self, place):
        """MariaDB's may wait for a lock of a transaction that it has prepared itself, whose XA COMMIT comes behind."""
        prepared = ", ".join(xid.decode() if isinstance(xid, bytes) else xid for *_, xid in self.server.sql("XA RECOVER"))
        return (f"{self.name} has stood still for {STILL} s at {place}; XA transactions that it has prepared: {prepared or 'none'}. "
                "That is the peer's, not ours: begin again")


MODES = (None, "optimistic", "conservative")


@contextlib.contextmanager
def replicas(both, args, modes=MODES):
    """A replica of the source in each of the modes, with the data that the destination has now."""
    both.source.sql("CREATE USER bench@'%' IDENTIFIED BY 'bench'", "GRANT REPLICATION SLAVE ON *.* TO bench@'%'")
    position = both.source.log_position()
    both.destination.stop()
    with contextlib.ExitStack() as stack:
        clones = [stack.enter_context(discarded(Clone(both.destination, args))) for _ in modes]
        both.destination.start()
        yield [Replica(both.source, clone, position, mode) for clone, mode in zip(clones, modes)]
