"""Running rds-sync from a test: task files, commands, processes, and waiting for conditions.

    def test_copies(pair, program):
        pair.source.sql("CREATE DATABASE shop; …")
        task = program.task("shop", pair, ["shop"])
        task.run("--until=synchronized").succeeded()
        assert compare.compare_databases(pair.source, pair.destination, ["shop"]) == []
"""

import itertools
import json
import os
import pathlib
import random
import signal
import subprocess
import time

import pymysql
import pytest

import guard
import servers

LONG = os.environ.get("RDS_SYNC_LONG") == "1"      # tests/all --long
SECONDS = 300 if LONG else 120  # for whatever is not told how long it may take; a long run may have to share the machine


def seed(number=1):
    """What a random test starts from: RDS_SYNC_SEED where it is given; a new one every time in a long run, which looks
    for what nobody has seen yet; else NUMBER, so that a run of tests/all is about the change and not about luck."""
    if given := os.environ.get("RDS_SYNC_SEED"):
        return int(given)
    if LONG:
        return random.SystemRandom().randrange(1 << 30)
    return number


ASKED = 3       # times


# What servers answer while the program makes or changes what is asked for: no such database, column or table, and one whose
# definition is another since the transaction began.
MEANWHILE = (1049, 1054, 1146, 1412)
# … and to whoever waits for rows of others too long, or for somebody who waits for his.
IN_THE_WAY = (1205, 1213)


def needs_steps(binary):
    """Skip the test where the program can't be made to end or to stand still at a step: src/base/fault.h."""
    if b"RDS_SYNC_CRASH_AT" not in pathlib.Path(binary).read_bytes():
        pytest.skip("built without --enable-debug")


def wait_until(condition, what, seconds=None, process=None):
    """Call CONDITION until it returns something true, and return that. WHAT completes "waited for …". That a server does not have
    yet what it asks for is no more than false, and so is a status without the numbers that it looks at.

    Fails when the time is over, with the last value seen, and at once when PROCESS (a Running) has ended.
    """
    seconds = seconds or SECONDS
    deadline = time.monotonic() + seconds
    pause = 0.005
    while True:
        ended = process is not None and process.ended       # before the look: the last thing it does may be what is awaited
        try:
            if seen := condition():
                return seen
        except pymysql.err.MySQLError as error:
            if error.args[0] not in MEANWHILE:
                raise
            seen = error
        except TypeError as error:
            if "NoneType" not in str(error):
                raise
            seen = error
        if ended:
            raise AssertionError(f"waited for {what}, but {process.describe()}")
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}; last seen: {seen!r}"
                                 + (f"; {process.describe()}" if process else ""))
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def insist(server, statement):
    """Execute it, again where rows that others are changing are in its way: who is taken back of two that wait for each other
    is the server's choice."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return server.sql(statement)
        except pymysql.err.OperationalError as error:
            if error.args[0] not in IN_THE_WAY or time.monotonic() > deadline:
                raise


def is_stopped(pid):
    """By a signal, as RDS_SYNC_STOP_AT does it."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "T"


def is_silent(told):
    """Whether this status is the file's word, which is older, although there is a process that could answer: one that is just beginning
    or ending, or has a lot to do."""
    try:
        return told.get("answers") is False and not is_stopped(told["pid"])
    except FileNotFoundError:
        return True                     # it has just ended


class Result:
    """What a command that has ended left."""

    def __init__(self, argv, code, out, err):
        self.argv = argv
        self.code = code
        self.out = out
        self.err = err

    def __str__(self):
        return f"{' '.join(self.argv)} ended with {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"

    def exited(self, code):
        """Fail unless the exit code is CODE; the result itself, so that one can go on with it."""
        assert self.code == code, f"expected exit code {code}\n{self}"
        return self

    def succeeded(self):
        return self.exited(0)

    @property
    def json(self):
        try:
            return json.loads(self.out)
        except ValueError:
            raise AssertionError(f"no JSON on stdout\n{self}") from None


class Running:
    """A command that runs beside the test, in a session of its own."""

    def __init__(self, program, argv, number):
        self.argv = [pathlib.Path(argv[0]).name, *argv[1:]]
        argv = [*program.within, *argv]
        self._files = [program.home / f"command-{number}.{stream}" for stream in ("out", "err")]
        with open(self._files[0], "wb") as out, open(self._files[1], "wb") as err:
            self.process = servers.spawn(argv, env=program.env, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                         cwd=program.home, start_new_session=True)
        program.watch(self.process.pid)

    @property
    def out(self):
        return self._files[0].read_text(encoding="utf-8", errors="replace")

    @property
    def err(self):
        return self._files[1].read_text(encoding="utf-8", errors="replace")

    def go_on(self):
        """After stand_at."""
        self.process.send_signal(signal.SIGCONT)

    @property
    def ended(self):
        return self.process.poll() is not None

    def describe(self):
        state = f"ended with {self.process.returncode}" if self.ended else "is still running"
        return f"{' '.join(self.argv)} {state}\n--- stdout\n{self.out[-2000:]}\n--- stderr\n{self.err[-4000:]}"

    def wait(self, seconds=None):
        """Wait for its end. Fails when that does not come."""
        seconds = seconds or SECONDS
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            text = self.describe()
            self.kill()
            raise AssertionError(f"no end after {seconds} s: {text}") from None
        return Result(self.argv, self.process.returncode, self.out, self.err)

    def stop(self, seconds=None):
        """SIGTERM: checkpoint and end."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        """SIGKILL to every process of it, at one moment: a crash."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def until(self, condition, what, seconds=None):
        return wait_until(condition, what, seconds, self)


class Task:
    """A task file, and the commands that take one."""

    def __init__(self, program, name, path):
        self.program = program
        self.name = name
        self.path = path

    def command(self, verb, *args, seconds=None):
        return self.program.run(verb, self.path, *args, seconds=seconds)

    def run(self, *args, seconds=None):
        return self.command("run", *args, seconds=seconds)

    def start(self, *args):
        """`run` beside the test; see Running."""
        return self.program.start("run", self.path, *args)

    def synchronize(self, seconds=None):
        """Run until all that the source had committed is in the destination."""
        return self.run("--until=synchronized", seconds=seconds).succeeded()

    def stand_at(self, step, *args):
        """A run that has come to a named step (src/base/fault.h), where it stands still until it is told to go on."""
        self.program.env["RDS_SYNC_STOP_AT"] = step
        running = self.start(*args)
        del self.program.env["RDS_SYNC_STOP_AT"]
        wait_until(lambda: is_stopped(running.process.pid), f"the program to stand still at {step}", process=running)
        return running

    def crash_at(self, step, sure=True):
        """Run until it kills itself at a named step, "step" or "step:2" (src/base/fault.h); whether it did. SURE: it must."""
        self.program.env["RDS_SYNC_CRASH_AT"] = step
        ended = self.run("--until=synchronized")
        del self.program.env["RDS_SYNC_CRASH_AT"]
        assert ended.code in ((-9,) if sure else (-9, 0)), f"{step} was not reached\n{ended}"
        return ended.code == -9

    def precheck(self, *args):
        return self.command("precheck", "--json", *args)

    def status(self):
        """As the process tells it, where there is one; only whoever does not answer when he is asked again is not waited for."""
        for _ in range(ASKED):
            if not is_silent(told := self.command("status", "--json").succeeded().json):
                break
        return told

    def verify(self, seconds=None):
        return self.command("verify", "--json", seconds=seconds)

    def replace(self, old, new):
        """Change the file's text."""
        text = self.path.read_text(encoding="utf-8")
        assert old in text
        self.path.write_text(text.replace(old, new), encoding="utf-8")


class Program:
    """rds-sync with a home of its own below HOME, and everything that is started with it."""

    def __init__(self, binary, home):
        self.binary = str(binary)
        self.home = pathlib.Path(home)
        self.tasks = self.home / "config/rds-sync/tasks"
        self.tasks.mkdir(parents=True)
        for folder in ("state", "cache", "run"):
            (self.home / folder).mkdir(mode=0o700)
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("XDG_", "MYSQL_", "MARIADB_", "LC_", "PG")) and name != "LANGUAGE"}
        self.env = {**kept, "HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config"),
                    "XDG_STATE_HOME": str(self.home / "state"), "XDG_CACHE_HOME": str(self.home / "cache"),
                    "XDG_RUNTIME_DIR": str(self.home / "run"), "LANG": "C.UTF-8", "TZ": "Asia/Shanghai",
                    guard.RUN_MARK: str(servers.run_dir()), guard.HOME_MARK: str(self.home)}
        self.within = []            # words before every command: where, and as whom, it runs
        self._started = []
        self._numbers = itertools.count(1)      # threads start commands, too
        self._tasks = 0

    _guard = None               # one for the whole test process

    def watch(self, session):
        if Program._guard is None:
            Program._guard = guard.Guard(f"{guard.RUN_MARK}={servers.run_dir()}")
        Program._guard.watch(session)

    def start(self, *args):
        """Start a command beside the test."""
        running = Running(self, [self.binary, *map(str, args)], next(self._numbers))
        self._started.append(running)
        return running

    def run(self, *args, seconds=None):
        """Run a command to its end."""
        return self.start(*args).wait(seconds)

    def task(self, name, pair, include, *, rename=(), settings=None, accounts=None, flow="mysql-to-mysql"):
        """Write the task file NAME for a PAIR (anything with .source and .destination) and the objects to INCLUDE.

        RENAME lists what stands after "rename.N =". SETTINGS overrides keys: {"sync.schema": "no"}; None leaves a key
        out. ACCOUNTS are (source's, destination's); without them root is used.
        """
        self._tasks += 1
        keys = {"task.name": name, "task.flow": flow}
        sides = (("source", pair.source), ("destination", pair.destination))
        for (side, server), account in zip(sides, accounts or (servers.Account("root", ""),) * 2):
            variable = f"RDS_TEST_{side.upper()}_{self._tasks}"
            self.env[variable] = account.password
            keys.update({f"{side}.host": server.host, f"{side}.port": server.port, f"{side}.account": account.name,
                         f"{side}.password_env": variable, f"{side}.connection": "no-ssl"})
        keys.update({"sync.schema": "yes", "sync.full": "yes", "sync.incremental": "yes",
                     "sync.existing_tables": "check", "objects.include": " ".join(include)})
        keys.update({f"objects.rename.{number}": text for number, text in enumerate(rename, 1)})
        keys.update(settings or {})
        return self.task_file(name, task_text(keys))

    def registry(self, text):
        """Writes instances.ini."""
        (self.home / "config/rds-sync/instances.ini").write_text(text, encoding="utf-8")

    def keyed_task(self, name, keys):
        """A task file of {"section.key": value}."""
        return self.task_file(name, task_text(keys))

    def task_file(self, name, text, mode=0o600):
        """A task file of exactly this text."""
        path = self.tasks / f"{name}.ini"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return Task(self, name, path)

    def logged(self):
        """The lines of its logs, of all tasks, in the order of their time."""
        return sorted(line for path in self.home.rglob("*.log")
                      for line in path.read_text(encoding="utf-8", errors="replace").splitlines())

    def files_holding(self, secret):
        """The files below its home in which SECRET stands: for passwords, there should be none."""
        return [path for path in self.home.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]

    def close(self):
        """End everything that was started, and what that started."""
        for running in self._started:
            if not running.ended:
                running.kill()
        while guard.kill_marked(f"{guard.HOME_MARK}={self.home}"):
            pass


def task_text(keys):
    """A task file from {"section.key": value}; keys with the value None are left out."""
    sections = {}
    for name, value in keys.items():
        section, _, key = name.partition(".")
        if value is not None:
            sections.setdefault(section, []).append(f"{key} = {value}")
    return "\n".join(f"[{section}]\n" + "".join(f"{line}\n" for line in lines) for section, lines in sections.items())
