"""What fails on the program's own host: disks that are full where it keeps its state, its log and its relay, and clocks that
are set while it runs, its own and the source's. None of them decides what is applied; all of them must be told as they are."""

import os
import re
import subprocess

import pytest

import compare
import conftest
import rds
import servers

both_products = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")

SHOP = "CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note TEXT) ENGINE=InnoDB"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")      # with which each line of the log begins
INSERT = "INSERT INTO shop.orders (note) VALUES ('{}')"


def same(pair):
    return compare.compare_databases(pair.source, pair.destination, ["shop"]) == []


def arrived(pair, note):
    return pair.destination.value("SELECT COUNT(*) FROM shop.orders WHERE note = %s", args=(note,)) == 1


def state(task):
    return task.status()["state"]


def followed(pair, program, *args, **settings):
    pair.source.sql(SHOP, INSERT.format("first"))
    task = program.task("shop", pair, ["shop"], settings=settings)
    running = task.start(*args)
    running.until(lambda: state(task) == "Synchronizing", "Synchronizing")
    return task, running


def write(pair, running, note):
    """A row, and its arrival."""
    pair.source.sql(INSERT.format(note))
    running.until(lambda: arrived(pair, note), f"the row '{note}'")


# --- disks that are full ------------------------------------------------------------------------------------------

PAGE = os.sysconf("SC_PAGE_SIZE")       # what a tmpfs gives to files


class Disk:
    """A file system of its own for a folder of the program's home, which all its commands see and nobody else."""

    def __init__(self, program, folder, size):
        self.path = program.home / folder
        self.path.mkdir(mode=0o700, exist_ok=True)
        script = f"mount -t tmpfs -o size={size},mode=700 tmpfs '{self.path}' && echo mounted && exec setpriv --pdeathsig KILL cat"
        self._keeper = servers.spawn([*servers.own_mounts(), "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._keeper.stdout.readline() == b"mounted\n"
        program.within = ["nsenter", "-t", str(self._keeper.pid), *(["-U", "--preserve-credentials"] if os.getuid() else []), "-m"]
        self._within = program.within

    def _run(self, script):
        subprocess.run([*self._within, "sh", "-c", script], check=False, cwd="/", stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def fill(self):
        """To the last byte: what is written in parts leaves none."""
        self._run(f"cat /dev/zero >'{self.path}/hog'; dd if=/dev/zero bs=1 count=4096 >>'{self.path}/hog'")

    def free(self):
        self._run(f"rm '{self.path}/hog'")

    def text(self, name):
        return subprocess.run([*self._within, "cat", str(self.path / name)], check=True, cwd="/", capture_output=True, text=True).stdout

    def close(self):
        self._keeper.kill()
        self._keeper.communicate()


@pytest.fixture
def disk(program):
    made = []

    def make(folder, size):
        made.append(conftest.skipping(Disk, program, folder, size))
        return made[-1]

    yield make
    program.close()
    for each in made:
        each.close()


@pytest.mark.pairs("mariadb-mariadb")
def test_no_room_for_the_state(pair, program, disk):
    """It is a cache: the task goes on, tells how it is when it is asked, and comes back after a kill."""
    room = disk("state", "2m")
    log = program.home / "log"
    task, running = followed(pair, program, f"--log-file={log}")
    room.fill()
    write(pair, running, "on a full disk")
    running.until(lambda: "local state can't be written" in log.read_text(encoding="utf-8"), "it to be told")
    asked = task.status()
    assert asked["live"] and asked["state"] == "Synchronizing"
    running.until(lambda: task.status()["updated"] > asked["updated"], "news from the process itself")
    running.kill()
    pair.source.sql(INSERT.format("while nothing ran"))
    running = task.start(f"--log-file={log}")
    running.until(lambda: arrived(pair, "while nothing ran"), "the row")
    room.free()
    write(pair, running, "with room")
    running.stop().succeeded()
    assert state(task) == "Stopped", "what is written is there again"
    assert "damaged" not in log.read_text(encoding="utf-8")
    assert same(pair) and task.status()["progress"]["counters"]["anomalies"] == 0


@pytest.mark.pairs("mariadb-mariadb")
def test_no_room_for_the_log(pair, program, disk):
    """Lines are lost then, and nothing else; the first that is not lost is a line of its own."""
    room = disk("log", "1m")
    task, running = followed(pair, program, f"--log-file={room.path}/log")
    room.fill()
    number = 1000
    while len(room.text("log").encode()) % PAGE:        # the last page of the file has room left
        number += 1
        program.run("task", "set", task.path, f"sync.incremental_max_rows={number}").succeeded()
    program.run("task", "set", task.path, "sync.incremental_max_rows=998").succeeded()
    write(pair, running, "unlogged")
    assert state(task) == "Synchronizing"
    room.free()
    program.run("task", "set", task.path, "sync.incremental_max_rows=999").succeeded()
    running.until(lambda: "incremental_max_rows=999" in room.text("log"), "the log to go on")
    running.stop().succeeded()
    assert same(pair)
    text = room.text("log")
    assert "incremental_max_rows=998" not in text, "it was never full"
    assert [line for line in text.splitlines() if any(time.start() for time in TIME.finditer(line))] == [], "two lines became one"


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("full", ("from the beginning", "in the end"))
def test_no_room_for_the_relay(pair, program, disk, full):
    """What is paused keeps the source's log as long as there is room, says so where there is none, and loses nothing."""
    room = disk("state", "2m")
    task, running = followed(pair, program)
    if full == "from the beginning":
        room.fill()
    task.command("pause").succeeded()
    rds.wait_until(lambda: state(task) in ("Suspending", "Paused"), "the pause")
    for number in range(100):
        pair.source.sql(f"INSERT INTO shop.orders (note) VALUES (CONCAT('{number}', {', '.join(['SHA2(RAND(), 512)'] * 400)}))")
    problems = running.until(lambda: (seen := task.status()["progress"])["relay"]["full"] and
                             [each for each in seen["problems"] if each["code"] == "RS-1019"], "a full relay, and the word of it")
    assert len(problems) == 1 and not problems[0]["fatal"], problems
    task.command("resume").succeeded()
    running.until(lambda: same(pair), "both sides to be the same")
    running.stop().succeeded()
    assert task.status()["progress"]["counters"]["anomalies"] == 0


# --- clocks that are set ------------------------------------------------------------------------------------------

LIBRARY = "/usr/lib/{}-linux-gnu/faketime/libfaketime.so.1"
SHIFTS = ("+3600s", "-3600s", "-400d", "+1d", "+0")


class Clock:
    """The wall clock of processes that are started with env; the others, and what durations are measured by, stay. Those that
    ask for the time more often than is good for reading a file see a change within a second."""

    def __init__(self, path, often=False):
        self._path = path
        library = LIBRARY.format(os.uname().machine)
        if not os.path.exists(library):
            raise servers.ServerUnavailable("a clock that can be set", f"there is no {library}")
        self.set("+0")
        self.env = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(path), "NO_FAKE_STAT": "1",
                    "FAKETIME_CACHE_DURATION" if often else "FAKETIME_NO_CACHE": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}

    def set(self, shift):
        """In one step, so that nobody reads half of it."""
        made = self._path.with_suffix(".new")
        made.write_text(f"{shift}\n", encoding="ascii")
        made.rename(self._path)


@pytest.fixture
def clock(tmp_path):
    return conftest.skipping(Clock, tmp_path / "clock")


def second(server):
    return server.value("SELECT UNIX_TIMESTAMP()")


@both_products
def test_the_program_s_clock_is_set(pair, program, clock):
    """Its lag is that of the rows, whatever the clock says; and what it tells is never taken for news when it is not."""
    program.env.update(clock.env)
    task, running = followed(pair, program)
    running.until(lambda: task.status()["progress"]["lag_seconds"] == 0, "no lag")
    for shift in SHIFTS:
        clock.set(shift)
        write(pair, running, shift)
        running.until(lambda: (seen := task.status()["progress"])["counters"]["inserts"] == SHIFTS.index(shift) + 1 and seen, "it to be told")  # pylint: disable=cell-var-from-loop
        assert task.status()["progress"]["lag_seconds"] < 60
    assert running.stop().succeeded() and same(pair)


@pytest.mark.pairs("mariadb-mariadb")
def test_the_program_s_clock_is_set_back_while_its_state_can_t_be_written(pair, program, clock, disk):
    """What was written last seems to be of the future then, and is none the newer for it."""
    program.env.update(clock.env)
    room, log = disk("state", "2m"), program.home / "log"
    task, running = followed(pair, program, f"--log-file={log}")
    room.fill()
    running.until(lambda: "local state can't be written" in log.read_text(encoding="utf-8"), "it to be told")
    clock.set("-3600s")
    write(pair, running, "after that")
    running.until(lambda: task.status()["progress"]["counters"]["inserts"] == 1, "news of it")
    running.stop().succeeded()


@pytest.mark.parametrize("kind", ("mariadb", "mysql56"))      # MySQL 9 takes minutes under a clock like that
def test_the_source_s_clock_is_set(pool, new_server, program, tmp_path, kind):
    """Its files are told apart by when they were begun: one that was begun before the others is no other log. What is
    written with the time of another day is that row."""
    clock = conftest.skipping(Clock, tmp_path / "clock", often=True)
    pair = conftest.Pair(kind, new_server(kind, env=clock.env), conftest.skipping(pool.get, "mariadb", "destination"))
    pair.destination.reset()
    task, running = followed(pair, program)
    for shift, days in (("-1d", -1), ("+1d", 1), ("+0", 0)):
        clock.set(shift)
        rds.wait_until(lambda: abs(second(pair.source) - second(pair.destination) - days * 86400) < 3600, "the source's clock")     # pylint: disable=cell-var-from-loop
        write(pair, running, f"{shift} in the old file")
        pair.source.sql("FLUSH BINARY LOGS")
        write(pair, running, f"{shift} in a new file")
        pair.source.sql("SET timestamp = 1000000000; " + INSERT.format(f"{shift} long ago") + "; SET timestamp = 2000000000; "
                        + INSERT.format(f"{shift} to come"))
        running.until(lambda: same(pair), "the rows")
        running.stop().succeeded()
        pair.source.sql(INSERT.format(f"{shift} while nothing ran"))
        running = task.start()
    running.until(lambda: same(pair), "the rows")
    running.until(lambda: task.status()["progress"]["lag_seconds"] == 0, "no lag")
    running.stop().succeeded()
    assert task.status()["progress"]["counters"]["anomalies"] == 0
