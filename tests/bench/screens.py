"""What the screens take, in a terminal of 80x24 whose other end is here. Aims: what takes five times as much ends it."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import termios
import time

import harness
from harness import rds, scratch, servers

PICTURE, KEY, IDLE = 50, 16, 1          # ms to the first picture, ms from a key to what it changes, % of a processor
SLACK = 5
SETTLED = 3                             # seconds after which files that were written before the start are not read again
QUIET = 0.15                            # seconds in which nothing more comes of a key
KEYS = {"Down": b"\x1b[B", "PgDn": b"\x1b[6~", "End": b"\x1b[F", "Home": b"\x1b[H", "remove": b"<", "undo": b"u", "redo": b"\x12",
        "undo again": b"u"}


class Line:
    """The program in a terminal of its own."""

    def __init__(self, program, *args):
        self.fd, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.started = time.monotonic()
        self.process = servers.spawn([program.binary, *map(str, args)], env={**program.env, "TERM": "xterm-256color"}, stdin=end,
                                     stdout=end, stderr=end, start_new_session=True)
        os.close(end)
        self.written = b""

    def read(self, seconds):
        """Whether anything came within SECONDS."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        self.written += os.read(self.fd, 65536)
        return True

    def until(self, text):
        """Milliseconds from the start until it is there."""
        while text.encode() not in re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]|\x1b\(B", b"", self.written):
            if not self.read(60):
                sys.exit(f"{text!r} never came")
        return (time.monotonic() - self.started) * 1000

    def press(self, key):
        """Milliseconds until something of it is seen."""
        while self.read(QUIET):
            pass
        os.write(self.fd, key)
        pressed = time.monotonic()
        if not self.read(60):
            sys.exit(f"{key!r} does nothing")
        return (time.monotonic() - pressed) * 1000

    def pids(self):
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(children, encoding="ascii") as file:
            return [self.process.pid, *map(int, file.read().split())]

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.fd)


def judge(what, taken, aim, unit):
    print(f"  {what:44} {statistics.median(taken):8.2f} {unit}, at most {max(taken):.2f}; aim {aim}")
    return statistics.median(taken) <= SLACK * aim


def task_of(program, names):
    """Selected by name; its servers are nowhere."""
    side = {"host": "127.0.0.1", "port": 1, "account": "dts", "password_env": "RDS_TEST_SECRET", "connection": "no-ssl"}
    program.env["RDS_TEST_SECRET"] = "x"
    (program.tasks / "large.objects").write_text("".join(f"base.orders_{n:06}_log\n" for n in range(names)), encoding="ascii")
    return program.task_file("large", rds.task_text({
        "task.name": "large", "task.flow": "mysql-to-mysql", "objects.objects_file": "large.objects", "sync.schema": "yes",
        "sync.full": "yes", "sync.incremental": "yes", **{f"source.{key}": value for key, value in side.items()},
        **{f"destination.{key}": value for key, value in side.items()}}))


def idle(line, seconds):
    """Percent of a processor."""
    before, since = sum(map(harness.cpu_seconds, line.pids())), time.monotonic()
    while time.monotonic() < since + seconds:
        line.read(1)
    return 100 * (sum(map(harness.cpu_seconds, line.pids())) - before) / (time.monotonic() - since)


def settle(line):
    """The task is read, and stands in the list."""
    line.until("large")
    since = time.monotonic()
    while time.monotonic() < since + SETTLED:
        line.read(SETTLED)


def screens(args):
    program = rds.Program(harness.binary(), scratch())
    task = task_of(program, args.tables)
    pictures, keys, idles = [], {name: [] for name in KEYS}, []
    for _ in range(args.rounds):
        line = Line(program)
        pictures.append(line.until("? Help"))
        settle(line)
        idles.append(idle(line, args.seconds))
        line.end()
        line = Line(program, "--wizard", task.path)
        line.until("F1 Help")
        line.press(b"\x0e")
        line.until("tries again")
        line.press(b"\t")
        line.press(b"\x1b[C")
        for name, key in KEYS.items():
            keys[name].append(line.press(key))
        line.end()
    print(f"The screens, {args.tables:,} objects selected")
    good = [judge("the first picture", pictures, PICTURE, "ms"), judge("nobody touches the list", idles, IDLE, "%"),
            *(judge(f"key: {name}", taken, KEY, "ms") for name, taken in keys.items())]
    if not all(good):
        sys.exit(f"more than {SLACK} times what is aimed at")
