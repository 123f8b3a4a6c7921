"""Verification: what it looks at in each mode, what it finds under every kind of key, and how fast it goes."""

import random
import signal
import threading
import time

import pytest

import compare
import rds

PAIRS = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")

ROWS = 400
# what a table looks like, and the n-th row's values
TABLES = {
    "plain": ("id INT UNSIGNED NOT NULL PRIMARY KEY, s VARCHAR(40) CHARACTER SET utf8mb4, d DECIMAL(20,6), t DATETIME(3),"
              " e ENUM('x','y','z'), b BLOB, i BIGINT, j SET('p','q'), k BIT(9), y YEAR, u TIME(2), l CHAR(5) CHARACTER SET latin1",
              lambda n: f"({n * 3}, {f'{chr(39)}é{n}{chr(39)}' if n % 5 else 'NULL'}, {n}.25, '2024-02-29 00:00:00.{n % 1000:03}',"
                        f" {n % 3 + 1}, X'00{n % 256:02x}', {-n}, {n % 4}, {n % 512}, {1990 + n % 50}, '-0:00:0{n % 10}.5', 'x{n}')"),
    "negative": ("id BIGINT NOT NULL PRIMARY KEY, v INT", lambda n: f"({n - 200}, {n})"),
    "large": ("id BIGINT UNSIGNED NOT NULL PRIMARY KEY, v INT", lambda n: f"({2**64 - 1 - n * 7}, {n})"),
    "accents": ("id VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL PRIMARY KEY, v INT",
                lambda n: f"('{'é' if n % 2 else 'E'}{n}', {n})"),
    "padded": ("id CHAR(12) CHARACTER SET latin1 NOT NULL PRIMARY KEY, v INT", lambda n: f"('{n:04} x', {n})"),
    "composite": ("a INT NOT NULL, b VARCHAR(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL, v INT, PRIMARY KEY (a, b)",
                  lambda n: f"({n % 7 - 3}, 'k{n}', {n})"),
    "member": ("id ENUM('d','b','c','a') NOT NULL, n INT NOT NULL, v INT, PRIMARY KEY (id, n)",
               lambda n: f"({n % 4 + 1}, {n}, {n})"),
    "bytes": ("id VARBINARY(4) NOT NULL PRIMARY KEY, v INT", lambda n: f"(X'{n:04x}00', {n})"),
    "floats": ("id INT NOT NULL PRIMARY KEY, f FLOAT, v DOUBLE", lambda n: f"({n}, {n}.1, {n}e-7)"),
    "nokey": ("id INT, v INT", lambda n: f"({n // 2}, {n // 2})"),
}
KEYLESS = {"nokey"}
# of the n-th row: the condition that finds it at the destination
WHERE = {
    "plain": lambda n: f"id = {n * 3}", "negative": lambda n: f"id = {n - 200}", "large": lambda n: f"id = {2**64 - 1 - n * 7}",
    "accents": lambda n: f"id = '{'é' if n % 2 else 'E'}{n}'", "padded": lambda n: f"id = '{n:04} x'",
    "composite": lambda n: f"a = {n % 7 - 3} AND b = 'k{n}'", "member": lambda n: f"id + 0 = {n % 4 + 1} AND n = {n}",
    "bytes": lambda n: f"id = X'{n:04x}00'", "floats": lambda n: f"id = {n}", "nokey": lambda n: f"id = {n // 2}",
}


def fill(server, rows=ROWS):
    server.sql("CREATE DATABASE d")
    for name, (columns, row) in TABLES.items():
        server.sql(f"CREATE TABLE {name} ({columns}) ENGINE=InnoDB", db="d")
        for first in range(0, rows, 200):
            server.sql(f"INSERT INTO {name} VALUES " + ", ".join(row(n) for n in range(first, min(first + 200, rows))), db="d")


CHANGED_BY_WRITERS = range(10, ROWS)


def changed(name):
    return "s = CONCAT(COALESCE(s, ''), '!')" if name == "plain" else "v = v + 1"


def plant(server, names=TABLES):
    """A row missing, one extra and one different in each table; what verify must say of it."""
    expected = []
    for name in names:
        _, row = TABLES[name]
        limit = " LIMIT 1" if name in KEYLESS else ""
        server.sql(f"DELETE FROM {name} WHERE {WHERE[name](100)}{limit}", f"INSERT INTO {name} VALUES {row(ROWS + 5)}",
                   f"UPDATE {name} SET {changed(name)} WHERE {WHERE[name](200)}{limit}", db="d")
        kinds = ["extra", "extra", "missing", "missing"] if name in KEYLESS else ["different", "extra", "missing"]
        expected += [(name, kind) for kind in kinds]
    return sorted(expected)


def found(told):
    return sorted((each["table"], each["kind"]) for each in told["differences"])


@pytest.fixture
def both(pair):
    for server in (pair.source, pair.destination):
        fill(server)
    return pair


def verify_beside(task, names, *args, seconds=300):
    """Tables are compared one after another, and what differs is waited for at each: that is done at the same time here. What
    each run says, and its exit code."""
    runs = [task.program.start("verify", task.path, "--json", f"--tables=d.{name}", *args) for name in names]
    return [run.wait(seconds) for run in runs]


def task_of(program, pair, **settings):
    return program.task("t", pair, ["d"], settings={"sync.existing_tables": "ignore", **settings})


# --- what is found -----------------------------------------------------------------------------------------

@PAIRS
def test_every_kind_of_difference_under_every_kind_of_key(both, program):
    task = task_of(program, both)
    told = task.verify().succeeded().json
    assert told["same"] and told["complete"] and told["tables"] == len(TABLES)
    assert told["rows_compared"] == ROWS * len(TABLES)
    expected = plant(both.destination)
    told = task.verify().exited(1).json
    assert found(told) == expected
    assert sum(r["missing"] + r["extra"] + r["different"] for r in told["ranges"]) == len(expected)
    assert {r["table"] for r in told["ranges"]} == set(TABLES)


@PAIRS
def test_digests_of_both_servers_agree(both, program):
    """Only what has no digest is read: floats, and tables without a key."""
    told = task_of(program, both).verify().succeeded().json
    assert told["rows_read"] == 2 * ROWS * 2


@PAIRS
def test_values_that_change_places_are_different(both, program):
    """Checksums that are linear stay the same then."""
    both.destination.sql("UPDATE negative SET v = 201 - v WHERE v IN (100, 101)", db="d")
    told = task_of(program, both).verify().exited(1).json
    assert found(told) == [("negative", "different")] * 2


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_row_too_large_for_a_digest_is_read(pair, program):
    for server, last in ((pair.source, "a"), (pair.destination, "b")):
        server.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, a LONGBLOB NOT NULL, `b,``c` LONGBLOB NOT NULL)",
                   "INSERT INTO d.t VALUES (1, '', '')")
        half = server.value("SELECT @@GLOBAL.max_allowed_packet") // 2 - 1000
        server.sql(f"UPDATE d.t SET a = REPEAT('x', {half})",
                   f"UPDATE d.t SET `b,``c` = CONCAT(REPEAT('y', {half}), '{last}')")
    told = task_of(program, pair).verify().exited(1).json
    assert [(each["kind"], each["columns"]) for each in told["differences"]] == [("different", ["b,`c"])]


# --- modes -------------------------------------------------------------------------------------------------

@PAIRS
def test_counting_finds_numbers_alone(both, program):
    task = task_of(program, both)
    assert task.command("verify", "--mode=count", "--json").succeeded().json["rows_read"] == 0
    both.destination.sql("DELETE FROM plain WHERE id = 3; UPDATE negative SET v = 0; INSERT INTO nokey VALUES (1, 1)", db="d")
    told = task.command("verify", "--mode=count", "--json").exited(1).json
    assert [(each["table"], each["kind"], each["key"]) for each in told["differences"]] == \
        [("nokey", "count", f"{ROWS} / {ROWS + 1}"), ("plain", "count", f"{ROWS} / {ROWS - 1}")]


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_sample_is_a_part_of_every_table(pair, program):
    for server in (pair.source, pair.destination):
        server.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT); CREATE TABLE d.small (a INT)",
                   "INSERT INTO d.small VALUES (1)")
        for first in range(0, 60000, 10000):
            server.sql("INSERT INTO d.t VALUES " + ", ".join(f"({n}, {n})" for n in range(first, first + 10000)))
    task = task_of(program, pair)
    told = task.command("verify", "--sample=25", "--json").succeeded().json
    assert (told["mode"], told["sample"], told["tables"]) == ("sample", 25, 2)
    assert told["ranges_total"] == 13 and 4 <= told["ranges_compared"] <= 5
    assert 10001 <= told["rows_compared"] <= 20001
    pair.destination.sql("UPDATE d.small SET a = 2; UPDATE d.t SET v = 0")
    told = task.command("verify", "--sample=10", "--json").exited(1).json
    assert {each["table"] for each in told["differences"]} == {"small", "t"}
    assert task.command("verify", "--sample=100", "--json").exited(1).json["ranges_compared"] == 13


@pytest.mark.pairs("mariadb-mariadb")
def test_only_some_tables(both, program):
    plant(both.destination)
    task = task_of(program, both)
    told = task.command("verify", "--tables=d.plain,d.nokey", "--json").exited(1).json
    assert told["tables"] == 2 and {each["table"] for each in told["differences"]} == {"plain", "nokey"}
    assert "belongs to the task" in task.command("verify", "--tables=d.none").exited(2).err


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("option", ("--mode=all", "--sample=5", "--sample=101", "--timeout=0", "--timeout=5y", "--max-rows=x",
                                    "--mode=count --sample=20", "--max-bytes=-1", "--tables=a.b.c.d"))
def test_options_are_read_strictly(option, pair, program):
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT)")
    result = task_of(program, pair).command("verify", *option.split()).exited(2)
    assert "1001" in result.err or "1005" in result.err or "1016" in result.err, result.err


# --- speed -------------------------------------------------------------------------------------------------

@pytest.mark.pairs("mariadb-mariadb")
def test_a_limit_of_rows_holds(both, program):
    started = time.monotonic()
    told = task_of(program, both).command("verify", "--max-rows=2000", "--json").succeeded().json
    seconds = time.monotonic() - started
    rows = 2 * ROWS * (len(TABLES) + 2)
    assert told["seconds"] >= rows / 2000 * 0.6 and seconds < rows / 2000 * 12


@pytest.mark.pairs("mariadb-mariadb")
def test_time_that_is_over(both, program):
    result = task_of(program, both).command("verify", "--max-rows=100", "--timeout=2s", "--json").exited(2)
    assert result.json["complete"] is False and result.json["error"]["code"] == "RS-7002"
    assert result.json["tables"] < len(TABLES)


# --- while writers write -----------------------------------------------------------------------------------

@PAIRS
def test_what_is_on_its_way_is_no_difference(pair, program):
    """A writer changes rows all the time; what was planted is found, and nothing else."""
    fill(pair.source)
    task = program.task("t", pair, ["d"])
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    seed = rds.seed()
    print(f"seed {seed}")
    with Writer(pair.source, seed) as writer:
        for name in ("plain", "accents", "floats"):
            pair.destination.sql(f"UPDATE {name} SET {changed(name)} WHERE {WHERE[name](3)}", db="d")
        told = verify_beside(task, ("accents", "floats", "plain"))
        rest = [name for name in TABLES if name not in ("accents", "floats", "plain")]
        task.command("verify", "--tables=" + ",".join(f"d.{name}" for name in rest), "--json", seconds=300).succeeded()
        writer.check()
    assert [found(each.exited(1).json) for each in told] == [[("accents", "different")], [("floats", "different")], [("plain", "different")]]
    running.stop().succeeded()


@pytest.mark.pairs("mariadb-mariadb")
def test_what_is_on_its_way_for_long_is_no_difference(pair, program):
    """It arrives much later than the lag lets expect, which was none when it was looked at."""
    fill(pair.source)
    task = program.task("t", pair, ["d"])
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    running.process.send_signal(signal.SIGSTOP)
    pair.source.sql("UPDATE plain SET s = 'late'", "INSERT INTO negative VALUES (100000, 1)", db="d")
    told = task.program.start("verify", "--json", task.path)
    time.sleep(9)                                                     # without that it would be told after six
    assert not told.ended, told.describe()
    running.process.send_signal(signal.SIGCONT)
    told.wait(seconds=180).succeeded()
    running.stop().succeeded()


@pytest.mark.pairs("mariadb-mariadb")
def test_what_differs_in_all_tables_settles_together(pair, program):
    """Each alone takes six seconds, and one after the other they would take a minute."""
    fill(pair.source)
    task = program.task("t", pair, ["d"])
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    expected = plant(pair.destination)
    told = task.verify(seconds=300).exited(1).json
    assert found(told) == expected and told["seconds"] < 6 * len(TABLES) * 0.9
    running.stop().succeeded()


class Writer:
    """Changes, adds and removes rows from 10 on in some tables, until it is left; or does what STATEMENT says."""

    def __init__(self, server, seed, names=(), statement=None):
        self._random = random.Random(seed)
        self._names = names or sorted(set(TABLES) - KEYLESS)
        self._statement = statement or self._any_statement
        self._connection = server.connect(db="d", autocommit=True)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._error = None
        self.written = 0

    def _any_statement(self, choice):
        name = choice.choice(self._names)
        n = choice.choice(CHANGED_BY_WRITERS)
        kind = choice.randrange(4)
        if kind == 0:
            return f"DELETE FROM {name} WHERE {WHERE[name](n)}"
        if kind == 1:
            return f"REPLACE INTO {name} VALUES {TABLES[name][1](n)}"
        return f"UPDATE {name} SET {changed(name)} WHERE {WHERE[name](n)}"

    def _write(self):
        try:
            while not self._ending.wait(0.004):
                with self._connection.cursor() as cursor:
                    cursor.execute(self._statement(self._random))
                self.written += 1
        except Exception as error:                                    # pylint: disable=broad-exception-caught
            self._error = error

    def more(self, number):
        """Wait for so many more changes."""
        until = self.written + number
        rds.wait_until(lambda: self._error or self.written >= until, f"{number} more changes")
        self.check()

    def check(self):
        rds.wait_until(lambda: self._error or self.written > 10, "some changes")
        assert self._error is None, self._error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        self._thread.join()
        self._connection.close()


class Swapped:
    """Two tables of the same form, a and b, that swap their names and get columns while their rows are changed."""

    def __init__(self, server):
        self._server = server
        server.sql("CREATE DATABASE d")
        for name, first in (("a", 0), ("b", 1000)):
            server.sql(f"CREATE TABLE {name} (id INT PRIMARY KEY, v INT)",
                       f"INSERT INTO {name} VALUES " + ", ".join(f"({n}, {first + n})" for n in range(300)), db="d")

    def writer(self, seed):
        return Writer(self._server, seed,
                      statement=lambda choice: f"UPDATE {choice.choice('ab')} SET v = v + 1 WHERE id = {choice.randrange(300)}")

    def swap(self, number, *more):
        """For the NUMBER-th time; MORE statements after it."""
        self._server.sql("RENAME TABLE a TO c, b TO a, c TO b", f"ALTER TABLE a ADD COLUMN x{number} INT DEFAULT {number}",
                         f"ALTER TABLE b ADD COLUMN x{number} INT DEFAULT {number}", *more, db="d")
