"""Ends what a test started, also when the test itself was killed.

rds-sync outlives the process that started it when it is told to (detach), and its worker would outlive a killed test.
Every process of a run therefore carries a mark in its environment, and in its session; a guard process waits for the
end of the test process, however it comes, and kills what carries the mark.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time

RUN_MARK = "RDS_SYNC_TEST_RUN"
HOME_MARK = "RDS_SYNC_TEST_HOME"

# Seconds between two looks at which sessions are still there: far less than it takes to use up all numbers of processes.
LOOKS_EVERY = 2

PF_KTHREAD = 0x200000       # of the kernel's own processes: linux/sched.h


def kill_marked(mark, sessions=(), number=signal.SIGKILL):
    """Signal NUMBER to every process with MARK ("NAME=value") in its environment or in one of SESSIONS; their pids."""
    killed = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            handle = os.pidfd_open(int(entry))          # so that the pid can't come to mean another process
            try:
                if _is_marked(entry, mark, sessions):
                    signal.pidfd_send_signal(handle, number)
                    killed.append(int(entry))
            finally:
                os.close(handle)
    return killed


def marked(mark):
    """The pids that kill_marked would kill."""
    return kill_marked(mark, number=0)


def living(sessions):
    """Those of SESSIONS that still have a process: the number of any other may come to mean a stranger's session."""
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                found.add(int(_fields(entry)[3]))
    return found & sessions


def _fields(pid):
    with open(f"/proc/{pid}/stat", "rb") as stat:
        return stat.read().rpartition(b")")[2].split()


def _is_marked(pid, mark, sessions):
    fields = _fields(pid)
    if fields[0] in (b"Z", b"X"):
        return False
    if int(fields[3]) in sessions:
        return True
    try:
        return mark.encode() in _environment(pid).split(b"\0")
    except PermissionError:                             # another user's, or one that guards its secrets
        return False


def _environment(pid):
    """While a process takes up another program it has none that could be read, and no arguments: that is waited for."""
    while not (environment := _read(pid, "environ")):
        if _read(pid, "cmdline") or not _may_have_a_program(pid):
            return _read(pid, "environ")                # as it is, now that it has none or has been taken up
        time.sleep(0.001)
    return environment


def _read(pid, name):
    with open(f"/proc/{pid}/{name}", "rb") as file:
        return file.read()


def _may_have_a_program(pid):
    fields = _fields(pid)
    return fields[0] not in (b"Z", b"X") and not int(fields[6]) & PF_KTHREAD


class Guard:
    """A process that outlives this one for just long enough."""

    def __init__(self, mark):
        # pylint: disable-next=consider-using-with
        self._process = subprocess.Popen([sys.executable, "-S", "-E", __file__, mark], stdin=subprocess.PIPE,
                                         text=True, start_new_session=True)

    def watch(self, session):
        self._process.stdin.write(f"{session}\n")
        self._process.stdin.flush()


def main():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sessions = living(told())
    while kill_marked(sys.argv[1], sessions):
        pass


def told():
    """The sessions that were told until the end of stdin, without those that were seen to be over."""
    sessions, rest, looked = set(), b"", time.monotonic()
    while True:
        ready = select.select([0], [], [], LOOKS_EVERY if sessions else None)[0]
        if time.monotonic() >= looked + LOOKS_EVERY:
            sessions, looked = living(sessions), time.monotonic()
        if ready:
            data = os.read(0, 4096)
            if not data:
                return sessions
            *lines, rest = (rest + data).split(b"\n")
            sessions.update(map(int, lines))


if __name__ == "__main__":
    main()
