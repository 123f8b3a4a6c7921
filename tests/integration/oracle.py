"""The crash oracle: a random schema, random writers, a program that is killed again and again, and a comparison.

Everything random comes from one seed, which is printed; the interleaving of threads, processes and servers is not
repeatable, so a seed that failed is run several times to see it again. Used by test_crash.py and, by hand:

    oracle.py --pair mariadb-mariadb --kills 5 --seeds 40 --seed 7

RDS_SYNC_LEDGER names a file that gets a line for each run, of which thousands can so be done in parts.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import random
import string
import sys
import threading
import time

import pymysql

import compare
import lost_log
import rds

# Steps of the program at which it can be made to kill itself (src/base/fault.h).
STEPS = (
    "attached", "planned", "table-planned", "table-made", "schema-done", "chunk-marked", "chunk-loaded",
    "chunk-before-commit", "chunk-after-commit", "keyless-loaded", "whole-paused", "table-copied", "copy-done", "apply-begun",
    "apply-before-commit", "packet-executed", "apply-after-commit", "lane-committed",
)

WORDS = ("", "a", "A", "é", "e", "a ", "ä", "中文", "O'Neil\\", "tab\tnew\nline", "x" * 30, "0", "NULL", "\\N", "😀")

# Column types that every server of the pairs has: how one is declared, and how a value is made.
TYPES = {
    "TINYINT": lambda r: r.choice((-128, 0, 127)),
    "SMALLINT UNSIGNED": lambda r: r.choice((0, 32768, 65535)),
    "INT": lambda r: r.randint(-2**31, 2**31 - 1),
    "BIGINT UNSIGNED": lambda r: r.choice((0, 2**63, 2**64 - 1, r.getrandbits(60))),
    "DECIMAL(20,6)": lambda r: f"{r.randint(-10**13, 10**13)}.{r.randint(0, 999999):06}",
    "FLOAT": lambda r: r.choice((0.1, 16777216.0, -1.5e-30, r.random())),
    "DOUBLE": lambda r: r.choice((0.1, 1e300, -2.5e-200, r.random())),
    "DATE": lambda r: f"20{r.randint(10, 40)}-0{r.randint(1, 9)}-1{r.randint(0, 9)}",
    "DATETIME(6)": lambda r: f"2024-03-31 0{r.randint(0, 9)}:30:00.{r.randint(0, 999999):06}",
    "TIMESTAMP NULL": lambda r: f"2024-10-27 0{r.randint(0, 9)}:15:0{r.randint(0, 9)}",
    "TIME(3)": lambda r: r.choice(("-838:59:59.000", "00:00:00.125", "12:34:56.789")),
    "YEAR": lambda r: r.choice((1901, 2024, 2155)),
    "VARCHAR(40)": lambda r: r.choice(WORDS),
    "VARCHAR(40) CHARACTER SET latin1": lambda r: r.choice(("", "a", "é", "ÿ", "x" * 40)),
    "CHAR(10)": lambda r: r.choice(("", "a", "b c", "中")),
    "TEXT": lambda r: r.choice(WORDS) * r.randint(0, 50),
    "BINARY(8)": lambda r: r.choice((b"", b"\0" * 8, b"ab\0\0", os.urandom(8))),
    "VARBINARY(30)": lambda r: bytes(r.getrandbits(8) for _ in range(r.randint(0, 30))),
    "BLOB": lambda r: bytes(r.getrandbits(8) for _ in range(r.randint(0, 300))),
    "ENUM('x','y','1','')": lambda r: r.choice(("x", "y", "1")),
    "SET('p','q','r')": lambda r: r.choice(("", "p", "p,r", "p,q,r")),
    "BIT(12)": lambda r: r.getrandbits(12).to_bytes(2, "big"),
}


# Conditions on rows that mean the same to the program and to every server, by a column's type.
FILTERS = {
    "TINYINT": "{} >= 0", "SMALLINT UNSIGNED": "{} IN (0, 65535)", "INT": "NOT ({} < 0)", "BIGINT UNSIGNED": "{} < 9223372036854775808",
    "DECIMAL(20,6)": "{} <> 0 AND {} > -5000000000000.5", "YEAR": "{} BETWEEN 1901 AND 2024", "ENUM('x','y','1','')": "{} = 'x' OR {} IS NULL",
    "BIT(12)": "{} < 2048", "small unique": "{} > 100 OR {} IS NULL",
}


@dataclasses.dataclass
class Table:
    name: str
    columns: list               # (name, type)
    key: str                    # kind of key: int, text, composite, unique, none
    parent: str = ""            # table that a foreign key refers to
    create: str = ""
    nullable: set = dataclasses.field(default_factory=set)

    def filter(self, r):
        """A condition that some of its rows meet; None: for all of them."""
        possible = [FILTERS[kind].replace("{}", f"`{name}`") for name, kind in self.columns if kind in FILTERS]
        possible += [f"`{name}` IS NOT NULL" for name in sorted(self.nullable)]
        possible += ["`id` < 2000 OR `id` BETWEEN 2500 AND 3000"] if self.name == "big" else []
        if self.parent or self.name.startswith("f") or r.random() < 0.3:
            return None             # what foreign keys do is not in the log
        return r.choice(possible) if possible else None

    def key_columns(self):
        return {"int": ["id"], "text": ["k"], "composite": ["a", "b"], "unique": ["u"], "none": []}[self.key]


class Schema:
    """Random tables; some with foreign keys that cascade, one with a trigger that writes to another."""

    def __init__(self, r, tables=5):
        self.random = r
        self.xa = r.choice((0.15, 0.02, 0))     # share of transactions; many keep the others from being applied in lanes
        self.tables = []
        for n in range(tables):
            self.tables.append(self._table(n))
        self._family()
        self._plain("big", [("v", "VARCHAR(40)"), ("w", "TEXT")], "int")
        self._plain("cases", [("w", "VARCHAR(40)")], "none")
        self._values()
        self._audit()

    def _columns(self):
        count = self.random.randint(2, 8)
        return [(f"c{i}", self.random.choice(list(TYPES))) for i in range(count)]

    def _table(self, n):
        r = self.random
        table = Table(f"t{n}", self._columns(), ("int", "text", "composite", "unique", "none")[n % 5])
        keys = {
            "int": ["`id` INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY"],
            "text": ["`k` VARCHAR(30) NOT NULL PRIMARY KEY"],
            "composite": ["`a` SMALLINT NOT NULL, `b` VARCHAR(20) CHARACTER SET latin1 NOT NULL, PRIMARY KEY (`b`, `a`)"],
            "unique": ["`u` BIGINT NOT NULL, UNIQUE KEY (`u`)"],
            "none": [],
        }[table.key]
        parts = list(keys)
        for name, kind in table.columns:
            null = r.random() < 0.6
            if null:
                table.nullable.add(name)
            parts.append(f"`{name}` {kind}{'' if null or 'NULL' in kind else ' NOT NULL'}")
        if table.key != "none" and r.random() < 0.5:
            parts.append("`s` INT NULL, UNIQUE KEY `second` (`s`)")
            table.columns.append(("s", "small unique"))
            table.nullable.add("s")
        charset = r.choice(("utf8mb4", "utf8mb4", "latin1", "utf8"))
        if any("中" in word for word in WORDS) and charset != "utf8mb4":
            charset = "utf8mb4"
        table.create = f"CREATE TABLE `{table.name}` ({', '.join(parts)}) ENGINE=InnoDB DEFAULT CHARSET={charset}"
        return table

    def _family(self):
        """Grandparent, parent, child: deletes and changes of keys cascade inside the storage engine."""
        for name, parent, action in (("g", "", ""), ("p", "g", "ON DELETE CASCADE ON UPDATE CASCADE"),
                                     ("c", "p", "ON DELETE CASCADE ON UPDATE CASCADE"),
                                     ("n", "g", "ON DELETE SET NULL ON UPDATE CASCADE")):
            link = f", `ref` INT NULL, KEY (`ref`), CONSTRAINT `fk_{name}` FOREIGN KEY (`ref`) " \
                   f"REFERENCES `f{parent}` (`id`) {action}" if parent else ""
            table = Table(f"f{name}", [("v", "INT")], "int", parent=f"f{parent}" if parent else "", nullable={"v"})
            table.create = f"CREATE TABLE `f{name}` (`id` INT NOT NULL PRIMARY KEY, `v` INT{link}) ENGINE=InnoDB"
            self.tables.append(table)

    def _plain(self, name, columns, key):
        """"big" is large enough for many chunks; rows of "cases" differ only in what collations don't see."""
        parts = ["`id` INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY"] if key == "int" else []
        parts += [f"`{column}` {kind}" for column, kind in columns]
        self.tables.append(Table(name, columns, key, nullable={column for column, _ in columns},
                                 create=f"CREATE TABLE `{name}` ({', '.join(parts)}) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"))

    def _values(self):
        """Few unique values, some of which the collation calls equal, that wander from row to row."""
        self.tables.append(Table("vals", [("s", "small unique"), ("w", "unique word")], "int", nullable={"s", "w"},
                                 create="CREATE TABLE `vals` (`id` INT UNSIGNED NOT NULL PRIMARY KEY, `s` INT, "
                                 "`w` VARCHAR(20), UNIQUE KEY (`s`), UNIQUE KEY (`w`)) ENGINE=InnoDB DEFAULT "
                                 "CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"))

    def _audit(self):
        self.tables.append(Table("audit", [("what", "VARCHAR(40)")], "none", nullable={"what"},
                                 create="CREATE TABLE `audit` (`what` VARCHAR(40)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"))
        self.trigger = "CREATE TRIGGER `watch` AFTER INSERT ON `t0` FOR EACH ROW INSERT INTO `audit` VALUES ('in')"

    def create(self, server, database):
        server.sql(f"CREATE DATABASE `{database}` DEFAULT CHARACTER SET utf8mb4")
        for table in self.tables:
            server.sql(table.create, db=database)
        server.sql(self.trigger, db=database)


class Writer(threading.Thread):
    """One session that changes random rows in random transactions until it is told to stop."""

    def __init__(self, server, database, schema, seed, pause):
        super().__init__(daemon=True)
        self.random = random.Random(seed)
        self.server, self.database, self.schema, self.pause = server, database, schema, pause
        self.xa = schema.xa
        # MySQL 5.6 knows no temporary tables in transactions where it has GTIDs.
        self.partly = 0 if server.flavor == "mysql56" and server.gtid else 0.15
        self.stopping = threading.Event()
        self.commits = 0
        self.prepared = 0
        self.error = None

    def run(self):
        try:
            connection = self.server.connect(db=self.database, autocommit=False, init_command="SET SESSION sql_mode='', innodb_lock_wait_timeout=2")
            with connection.cursor() as cursor:
                while not self.stopping.is_set():
                    self._transaction(connection, cursor)
                    self.stopping.wait(self.random.random() * self.pause)
            connection.close()
        except Exception as error:      # pylint: disable=broad-except
            self.error = error

    def _transaction(self, connection, cursor):
        r = self.random
        try:
            how = self._xa if r.random() < self.xa else self._plain
            self.commits += how(connection, cursor, r.choice((1, 1, 1, 2, 5, 40)), r.random() < 0.1)
        except pymysql.err.OperationalError as error:
            if error.args[0] not in (1205, 1213, 1020):
                raise
            connection.rollback()

    def _changes(self, cursor, count):
        tables = self.schema.tables[:-1]
        chosen = self.random.sample(tables, self.random.choice((1, 1, 2, len(tables))))
        for _ in range(count):
            with contextlib.suppress(pymysql.err.IntegrityError):
                self._change(cursor, self.random.choice(chosen))

    def _plain(self, connection, cursor, count, undone):
        """Some are partly rolled back, which is logged because a temporary table vanishes there."""
        partly = self.random.random() < self.partly
        if partly:
            cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS gone (id INT) ENGINE=InnoDB")
            connection.commit()
        self._changes(cursor, count)
        if partly:
            cursor.execute("SAVEPOINT a")
            self._changes(cursor, count)
            cursor.execute("DROP TEMPORARY TABLE gone")
            cursor.execute("ROLLBACK TO a")
            self._changes(cursor, 1)
        (connection.rollback if undone else connection.commit)()
        return not undone

    def _xa(self, connection, cursor, count, undone):
        """Prepared for a while, so that others come between."""
        connection.commit()
        self.prepared += 1
        xid = f"'{self.ident}','{self.prepared}'"
        cursor.execute(f"XA START {xid}")
        try:
            self._changes(cursor, count)
            cursor.execute(f"XA END {xid}")
            cursor.execute(f"XA PREPARE {xid}")
        except pymysql.err.OperationalError as error:
            if error.args[0] == 1397:       # MySQL 9 does not know it at its end, once in 100,000 times: gone with its session
                connection.close()
                connection.connect()
                return False
            if error.args[0] not in (1205, 1213, 1020, 1402, 1613, 1614):
                raise
            with contextlib.suppress(pymysql.err.OperationalError):
                cursor.execute(f"XA END {xid}")
            cursor.execute(f"XA ROLLBACK {xid}")
            return False
        self.stopping.wait(self.random.choice((0, 0, 0.01, 0.3)))
        cursor.execute(f"XA {'ROLLBACK' if undone else 'COMMIT'} {xid}")
        return not undone

    def _value(self, table, name, kind):
        r = self.random
        if name in table.nullable and r.random() < 0.2:
            return None
        if kind == "small unique":
            return r.randint(1, 300)
        if kind == "unique word":
            return r.choice(("ab", "aB", "Ab", "AB")) + r.choice("xyzXYZ") + r.choice(string.ascii_letters)
        return TYPES[kind](r)

    def _key(self, table):
        r = self.random
        return {
            "int": lambda: [r.randint(1, 4000 if table.name == "big" else 200)],
            "text": lambda: [r.choice(WORDS[:8]) + r.choice(string.ascii_letters)],
            "composite": lambda: [r.randint(1, 12), r.choice("aAbBé")],
            "unique": lambda: [r.randint(-50, 50)],
            "none": lambda: [],
        }[table.key]()

    def _change(self, cursor, table):
        roll = self.random.random()
        if table.key == "none":         # each of its changes reads the whole table: it must not grow without end
            if roll < 0.4:
                return
            roll = (roll - 0.4) / 0.6 + (0.06 if roll < 0.67 else 0)
        if roll < 0.45:
            self._insert_row(cursor, table)
        elif roll < 0.75:
            self._update_row(cursor, table)
        elif roll < 0.8 and table.key != "none":
            self._change_key(cursor, table)
        else:
            self._remove_row(cursor, table)

    def _insert_row(self, cursor, table):
        names, values = list(table.key_columns()), self._key(table)
        for name, kind in table.columns:
            names.append(name)
            values.append(self._value(table, name, kind))
        if table.parent:
            names.append("ref")
            values.append(self.random.choice((None, self.random.randint(1, 200))))
        verb = self.random.choice(("INSERT", "INSERT", "REPLACE"))
        marks = ", ".join(["%s"] * len(values))
        cursor.execute(f"{verb} INTO `{table.name}` (`{'`, `'.join(names)}`) VALUES ({marks})", values)

    def _where(self, table):
        if table.key == "none":
            return " LIMIT 1", []
        names = table.key_columns()
        return " WHERE " + " AND ".join(f"`{name}`=%s" for name in names), self._key(table)

    def _update_row(self, cursor, table):
        name, kind = self.random.choice(table.columns)
        where, key = self._where(table)
        cursor.execute(f"UPDATE `{table.name}` SET `{name}`=%s{where}", [self._value(table, name, kind)] + key)

    def _change_key(self, cursor, table):
        names = table.key_columns()
        where, key = self._where(table)
        assignments = ", ".join(f"`{name}`=%s" for name in names)
        cursor.execute(f"UPDATE `{table.name}` SET {assignments}{where}", self._key(table) + key)

    def _remove_row(self, cursor, table):
        where, key = self._where(table)
        cursor.execute(f"DELETE FROM `{table.name}`{where}", key)


@dataclasses.dataclass
class Outcome:
    differences: list
    kills: int
    commits: int
    failure: str = ""

    @property
    def clean(self):
        return not self.differences and not self.failure


def past_runs(pair):
    """What the ledger has of a pair's kills at random moments: one dictionary a run. Others say what they are runs OF."""
    path = os.environ.get("RDS_SYNC_LEDGER")
    if not path or not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as ledger:
        return [run for run in map(json.loads, ledger) if run["pair"] == str(pair) and not run.get("of")]


def note_run(**run):
    if path := os.environ.get("RDS_SYNC_LEDGER"):
        with open(path, "a", encoding="utf-8") as ledger:
            ledger.write(json.dumps(run) + "\n")


class Oracle:
    def __init__(self, pair, program, seed, *, writers=3, pause=0.04, rows=400, filtered=False, relay=None):
        self.pair, self.program, self.seed = pair, program, seed
        self.random = random.Random(seed)
        self.schema = Schema(self.random)
        self.database = "oracle"
        self.pause = pause
        self.writers = writers
        self.rows = rows
        self.relay = relay
        self.of = "filters" if filtered else ""
        self.filters = {table.name: condition for table in self.schema.tables if (condition := table.filter(self.random))} \
            if filtered else {}
        self.lives = 0                  # that ended by a kill
        self.reached = set()            # the named steps at which the program did kill itself
        self.parallel = 0               # transactions that were applied in lanes, of the lives that ended in peace
        print(f"oracle: seed {seed}, pair {pair}")

    def _write(self, server, transactions, plain=False):
        """Random transactions in a session of their own, and nothing but changes of rows where they are to be plain."""
        writer = Writer(server, self.database, self.schema, self.random.random(), 0)
        if plain:
            writer.xa = writer.partly = 0
        connection = server.connect(db=self.database, charset="utf8mb4")
        connection.autocommit(False)
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION sql_mode=''")
            for _ in range(transactions):
                writer._transaction(connection, cursor)             # pylint: disable=protected-access
        connection.close()

    def _fill(self):
        self._write(self.pair.source, self.rows)
        connection = self.pair.source.connect(db=self.database, charset="utf8mb4")
        with connection.cursor() as cursor:
            rows = [(n, f"row {n}", "x" * self.random.randint(0, 300)) for n in range(1, 4001, 2)]
            cursor.executemany("REPLACE INTO `big` (`id`, `v`, `w`) VALUES (%s, %s, %s)", rows)
            connection.commit()
        connection.close()

    def _task(self):
        settings = {"sync.lock_for_keyless": "yes", "sync.copy_workers": "3", "sync.chunk_size": "64K"}
        if self.relay is not None:
            settings["sync.relay_quota"] = self.relay
        settings.update({f"objects.filter.{n}": f"{self.database}.{table}: {condition}"
                         for n, (table, condition) in enumerate(self.filters.items(), 1)})
        return self.program.task(f"oracle-{self.seed}", self.pair, [self.database], settings=settings)

    def _progress(self):
        """How much the destination's meta tables say was done; 0 before there are any. Lanes' rows in them go with a process."""
        try:
            with self.pair.destination.connect() as connection, connection.cursor() as cursor:
                cursor.execute("SELECT (SELECT COUNT(*) FROM dts.rds_sync_table) + (SELECT COUNT(*) FROM dts.rds_sync_chunk)"
                               " + (SELECT COALESCE(SUM(moves + `offset` DIV 20000), 0) FROM dts.rds_sync_position WHERE worker = 0)")
                return int(cursor.fetchone()[0])
        except (pymysql.err.ProgrammingError, pymysql.err.OperationalError) as error:
            if error.args[0] not in (1049, 1146):       # no such database, no such table
                raise
            return 0

    def _until_progress(self, process, more):
        """Wait until that much more is done, whatever it takes; a program that stands still is a failure of its own."""
        target = self._progress() + more
        rds.wait_until(lambda: process.ended or self._progress() >= target, f"{more} more steps of progress")

    def _run_until_killed(self, task, step):
        """One life of the program: to a step, or until some random amount of work is done, and a bit."""
        if step:
            # The steps of the first minute come once in a life, those of applying again and again; chunks come to an end.
            nth = self.random.randint(1, 4) if step.startswith(("apply", "packet", "txn")) else self.random.randint(1, 2) if step.startswith("chunk") else 1
            self.program.env["RDS_SYNC_CRASH_AT"] = f"{step}:{nth}"
        process = task.start("--skip-precheck-warnings")
        self.program.env.pop("RDS_SYNC_CRASH_AT", None)
        if step:
            self._until_progress(process, 300)      # a table's copy may be many steps
        else:
            self._until_progress(process, self.random.choice((0, 1, 2, 5, 10, 20, 30)))
            time.sleep(self.random.uniform(0, 0.05))
        if not process.ended:
            process.kill()
            return ""
        if process.process.returncode != -9:
            return process.describe()
        self.reached.update([step] if step else [])
        return ""

    def _calm_life(self, task):
        """Some following without a fault, so that every run has enough of it, behind what copy and stream have both."""
        process = task.start("--skip-precheck-warnings")
        rds.wait_until(lambda: process.ended or (task.status()["progress"] or {}).get("consistent"), "the end of the copy")
        self._until_progress(process, 40)
        if process.ended:
            return process.describe()
        return self._judge(task, process.stop())

    def _judge(self, task, result):
        """How a life in peace ended; a change that does not find its row is a difference that was covered up."""
        if result.code != 0:
            return str(result)
        counters = task.status()["progress"]["counters"]
        self.parallel += counters["parallel"]
        return f"{counters['anomalies']} anomalies" if counters["anomalies"] else ""

    def _backlog(self, writers):
        """Sometimes the program finds more than it gathers at a time when it comes back."""
        more = self.random.choice((0, 60))
        target = sum(writer.commits for writer in writers) + more
        rds.wait_until(lambda: any(writer.error for writer in writers)
                       or sum(writer.commits for writer in writers) >= target, f"{more} more commits")

    def _expected(self):
        """The source's database that the destination's is to be like: where rows are filtered, a copy of those that count."""
        if not self.filters:
            return [self.database]
        server = self.pair.source
        server.sql("CREATE DATABASE `expected`")
        for table in self.schema.tables:
            server.sql(f"CREATE TABLE `expected`.`{table.name}` LIKE `{self.database}`.`{table.name}`")
            server.sql(f"SET SESSION sql_mode=''; INSERT INTO `expected`.`{table.name}` SELECT * FROM `{self.database}`.`{table.name}` "
                       f"WHERE {self.filters.get(table.name, '1')}")
        return {"expected": self.database}

    def _begin(self):
        """The source with its writers at work, and the task."""
        self.schema.create(self.pair.source, self.database)
        self._fill()
        task = self._task()
        writers = [Writer(self.pair.source, self.database, self.schema, self.random.random(), self.pause)
                   for _ in range(self.writers)]
        for writer in writers:
            writer.start()
        return task, writers

    def _end(self, task, writers, failure):
        """Some of it in peace, then all that is left, and the comparison."""
        self._backlog(writers)
        if not failure:
            failure = self._calm_life(task)
        for writer in writers:
            writer.stopping.set()
        for writer in writers:
            writer.join()
            if writer.error:
                raise writer.error
        commits = sum(writer.commits for writer in writers)
        if not failure:
            result = task.run("--until=synchronized", "--skip-precheck-warnings")
            failure = self._judge(task, result)
        differences = compare.compare_databases(self.pair.source, self.pair.destination, self._expected()) if not failure else []
        print(f"oracle: seed {self.seed}: {self.lives} lives, {commits} commits, {self.parallel} in lanes, "
              f"{'failure' if failure else len(differences)} differences")
        note_run(pair=str(self.pair), of=self.of, seed=self.seed, kills=self.lives, commits=commits, parallel=self.parallel,
                 differences=len(differences), failure=failure[-2000:])
        return Outcome(differences, self.lives, commits, failure)

    def _kill_again_and_again(self, task, writers, lives):
        """A life for each: the step at which it ends, or None for a random moment."""
        for step in lives:
            self._backlog(writers)
            failure = self._run_until_killed(task, step)
            self.lives += 1
            if failure:
                return failure
        return ""

    def run(self, kills, steps=()):
        """KILLS random kills and one at each of STEPS, in the order in which a task comes to them."""
        self.of = self.of or ("steps" if steps else "")
        task, writers = self._begin()
        failure = self._kill_again_and_again(task, writers, list(steps) + [None] * kills)
        return self._end(task, writers, failure)

    # --- the log is lost ---------------------------------------------------------------------------------

    def _spoil(self):
        """Rows at the destination that nobody has written, others that are missing or different."""
        self._write(self.pair.destination, 40, plain=True)

    def _lose_log(self, task, writers):
        """What the task needs of it, with what is committed meanwhile. How long it takes to notice; and a failure."""
        target = sum(writer.commits for writer in writers) + 20
        rds.wait_until(lambda: any(writer.error for writer in writers)
                       or sum(writer.commits for writer in writers) >= target, "commits that are to be lost")
        self.random.choice((lost_log.purge, lost_log.reset))(self.pair.source)
        began = time.monotonic()
        result = task.run("--until=synchronized", "--skip-precheck-warnings")
        failure = "" if result.code == 1 and "RS-3003" in result.err else f"the lost log was not noticed: {result}"
        return time.monotonic() - began, failure

    def _anchor(self, task, took):
        """Killed some times before it is let be, at any moment of what it takes."""
        for _ in range(self.random.randint(0, 2)):
            process = self.program.start("reanchor", task.path, "--yes")
            time.sleep(self.random.uniform(0, 1.5 * took))
            process.kill()
            self.lives += 1
        result = task.command("reanchor", "--yes")
        return "" if result.code == 0 else str(result)

    def run_anchored(self, kills):
        """The log is lost to a task that follows, or that copies, and the task is anchored anew: killed KILLS times while it
        mends what differs, in between which the log is lost again now and then."""
        self.of = "anchors"
        task, writers = self._begin()
        failure = self._kill_again_and_again(task, writers, [self.random.choice(("chunk-after-commit", "apply-after-commit"))])
        self._spoil()
        for number in range(kills):
            if not failure and (number == 0 or self.random.random() < 0.25):
                took, failure = self._lose_log(task, writers)
                failure = failure or self._anchor(task, took)
            failure = failure or self._kill_again_and_again(task, writers, [None])
        return self._end(task, writers, failure)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pair", default="mariadb-mariadb")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--steps", action="store_true", help="also one kill at each named step")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randint(1, 10**6))
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, counted from --seed")
    parser.add_argument("--anchored", action="store_true", help="the log is lost, and the task anchored anew")
    parser.add_argument("--filtered", action="store_true", help="some tables' rows are filtered")
    parser.add_argument("--metadata", choices=("FULL", "MINIMAL"), help="binlog_row_metadata of the source")
    parser.add_argument("--gtid", choices=("on", "off"), help="whether the source has GTIDs (MySQL)")
    parser.add_argument("--program", default=os.environ.get("RDS_SYNC_BIN", "rds-sync"))
    args = parser.parse_args()
    import conftest                     # pylint: disable=import-outside-toplevel
    import pathlib                      # pylint: disable=import-outside-toplevel
    import tempfile                     # pylint: disable=import-outside-toplevel
    pool = conftest.Pool()
    failed = 0
    try:
        options = {"binlog_row_metadata": args.metadata} if args.metadata else {}
        if args.gtid:
            options["gtid"] = args.gtid == "on"
        for seed in range(args.seed, args.seed + args.seeds):
            pair = pool.pair(args.pair, options)
            pair.reset()
            with tempfile.TemporaryDirectory() as home:
                program = rds.Program(pathlib.Path(args.program), pathlib.Path(home))
                oracle = Oracle(pair, program, seed, filtered=args.filtered, relay=0 if args.anchored else None)
                outcome = oracle.run_anchored(args.kills) if args.anchored else oracle.run(args.kills, STEPS if args.steps else ())
                program.close()
            for difference in outcome.differences:
                print(difference)
            if outcome.failure:
                print(outcome.failure)
            failed += not outcome.clean
    finally:
        pool.close()
    print(f"{args.seeds - failed} seeds clean, {failed} not")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
