"""A day of a busy pair of servers in a few minutes: quiet and busy hours, nightly batches, deployments, maintenance of both
servers, pauses, purges, kills, a network that fails. What an hour brings is drawn from a seed; both sides are compared four
times a day, and what the process takes of the machine must not grow."""

import os
import pathlib

import pymysql
import pytest

import compare
import conftest
import oracle
import proxy
import rds

COMMITS = int(os.environ.get("RDS_SYNC_DAY", 3000))             # of the busiest hour
SHARES = (5, 5, 2, 2, 2, 5, 10, 30, 60, 100, 100, 70, 40, 60, 100, 100, 60, 40, 30, 30, 20, 10, 5, 5)  # of an hour, in percent


def place(text):
    file, _, offset = (text or ":0").rpartition(":")
    return file, int(offset)


class Day(oracle.Oracle):
    """The oracle's schema and writers, and one process that is to live through it."""

    def __init__(self, pair, program, seed, hole):
        super().__init__(pair, program, seed)
        self.hole = hole
        self.crew = []
        self.task = self.running = None
        self.commits = 0

    # ---- writers

    def begin(self):
        self.crew = [oracle.Writer(self.pair.source, self.database, self.schema, self.random.random(), 0.005) for _ in range(3)]
        for writer in self.crew:
            writer.start()

    def rest(self):
        for writer in self.crew:
            writer.stopping.set()
        for writer in self.crew:
            writer.join()
            if writer.error:
                raise writer.error
            self.commits += writer.commits
        self.crew = []

    # ---- what an hour may bring

    def nothing(self):
        pass

    def batch(self):
        """One transaction of many rows, and one that takes them back."""
        for text in ("BEGIN; INSERT INTO big (v, w) SELECT v, w FROM big LIMIT 3000; UPDATE big SET v = 'batch' WHERE id % 3 = 0; COMMIT",
                     "DELETE FROM big WHERE id > 4000"):
            rds.wait_until(lambda text=text: self.among_others(text), "a batch among the writers")

    def among_others(self, text):
        """Whether it was done: the writers' locks may make it a deadlock's victim."""
        try:
            self.pair.source.sql(text, db=self.database)
        except pymysql.err.OperationalError as error:
            if error.args[0] not in (1205, 1213, 1020):
                raise
            return False
        return True

    def deployment(self):
        number = self.random.randrange(10**9)
        self.pair.source.sql(f"ALTER TABLE big ADD COLUMN x{number} INT DEFAULT {number % 100}",
                             f"CREATE TABLE made{number} (id INT PRIMARY KEY) SELECT 1 AS id", f"ALTER TABLE big DROP COLUMN x{number}", db=self.database)

    def housekeeping(self):
        """The log goes on in a new file, and what has been applied is purged."""
        self.pair.source.sql("FLUSH BINARY LOGS")
        for (file,) in self.pair.destination.sql("SELECT file FROM dts.rds_sync_position WHERE worker = 0 AND file IS NOT NULL"):
            self.pair.source.sql(f"PURGE BINARY LOGS TO '{file}'")

    def destination_restarts(self):
        self.pair.destination.restart()

    def destination_dies(self):
        self.pair.destination.kill()
        self.pair.destination.start()

    def source_restarts(self):
        self.rest()
        self.pair.source.restart()

    def paused(self):
        self.task.command("pause").succeeded()
        rds.wait_until(lambda: self.task.status()["state"] in ("Suspending", "Paused"), "the pause")
        self.pair.source.sql("FLUSH BINARY LOGS")

    def killed(self):
        self.running.kill()
        self.lives += 1
        self.start()

    def network_fails(self):
        self.hole.cut()

    KINDS = ("nothing", "batch", "deployment", "housekeeping", "paused", "killed", "network_fails", "destination_restarts", "destination_dies",
             "source_restarts")

    # ---- the day

    def start(self):
        self.running = self.task.start("--skip-precheck-warnings")
        pid = self.running.process.pid
        self.running.until(lambda: self.task.status()["pid"] == pid, "it to live")

    def caught_up(self):
        """Both sides the same, while it runs."""
        self.rest()
        end = self.pair.source.log_position()
        self.task.command("resume")
        self.running.until(lambda: (state := self.task.status())["state"] == "Synchronizing"
                           and place(state["progress"]["applied_position"]) >= end, "it to catch up", 600)
        differences = compare.compare_databases(self.pair.source, self.pair.destination, [self.database])
        assert not differences, "\n".join(map(str, differences))
        assert self.task.status()["progress"]["counters"]["anomalies"] == 0

    def plan(self):
        """What each of 24 hours brings: every kind at least twice."""
        hours = [*self.KINDS, *self.KINDS, *self.random.choices(self.KINDS, k=4)]
        self.random.shuffle(hours)
        return hours

    def hour(self, number, what):
        print(f"{number:2}:00 {what}")
        self.begin()
        getattr(self, what)()
        if not self.crew:
            self.begin()
        target = COMMITS * SHARES[number] // 100
        self.running.until(lambda: any(writer.error for writer in self.crew) or sum(writer.commits for writer in self.crew) >= target,
                           f"{target} commits", 600)
        self.rest()
        self.task.command("resume")

    def takes(self):
        """Memory (KiB) and open files of the process."""
        status = pathlib.Path(f"/proc/{self.running.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0]), len(os.listdir(f"/proc/{self.running.process.pid}/fd"))

    def live(self):
        self.schema.create(self.pair.source, self.database)
        self._fill()
        between = conftest.Pair("through a network", self.pair.source, self.hole)
        self.task = self.program.task("day", between, [self.database], settings={"sync.lock_for_keyless": "yes", "sync.chunk_size": "64K"})
        self.start()
        self.running.until(lambda: self.task.status()["state"] == "Synchronizing", "Synchronizing")
        for number, what in enumerate(self.plan()):
            self.hour(number, what)
            if number % 6 == 5:
                self.caught_up()
        memory, files = self.takes()
        assert memory < 384 * 1024 and files < 100, (memory, files)
        self.running.stop().succeeded()
        print(f"day: seed {self.seed}, {self.commits} commits, {self.lives} kills, {memory // 1024} MiB, {files} files")
        oracle.note_run(pair=str(self.pair), of="day", seed=self.seed, commits=self.commits, kills=self.lives, differences=0, failure="")


@pytest.mark.long
@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("kind", conftest.PAIRS)
def test_a_day(new_server, program, kind):
    source, destination = kind.split("-")
    pair = conftest.Pair(kind, new_server(source), new_server(destination))
    hole = proxy.Proxy(pair.destination)
    try:
        Day(pair, program, rds.seed(24), hole).live()
    finally:
        hole.close()
