"""What a test started ends with it; shown with a stand-in for rds-sync that does what makes that hard."""

import os
import pathlib
import signal
import subprocess
import sys
import threading

import pytest

import guard
import rds
import test_servers

# Forks a worker that leaves the session, as a detached task does, and says its pid.
DETACHES = """\
#!/bin/sh
setsid sh -c 'echo $$; exec sleep 600' &
sleep 600
"""

A_TEST = """\
import pathlib, sys, time
sys.path.insert(0, {here!r})
import rds
program = rds.Program({binary!r}, pathlib.Path({home!r}))
running = program.start()
print(int(rds.wait_until(lambda: running.out, "the worker")), running.process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def detaching(tmp_path):
    path = tmp_path / "detaches"
    path.write_text(DETACHES, encoding="ascii")
    path.chmod(0o755)
    return path


def test_a_worker_that_left_its_session_ends_with_the_test(detaching, tmp_path):
    program = rds.Program(detaching, tmp_path / "home")
    running = program.start()
    worker = int(running.until(lambda: running.out, "the worker"))
    program.close()
    assert test_servers.gone(worker)
    assert running.ended


def test_everything_ends_with_a_killed_test(detaching, tmp_path):
    text = A_TEST.format(here=str(pathlib.Path(rds.__file__).parent), binary=str(detaching),
                         home=str(tmp_path / "home"))
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True) as test:
        pids = [int(word) for word in test.stdout.readline().split()]
        test.kill()
    assert len(pids) == 2
    assert all(test_servers.gone(pid) for pid in pids)


def test_a_killed_group_is_gone_and_its_output_kept(tmp_path):
    running = rds.Program("/bin/sh", tmp_path / "home").start("-c", "echo said; sleep 600 & wait")
    running.until(lambda: "said" in running.out, "a word")
    running.kill()
    assert running.process.returncode == -signal.SIGKILL
    assert running.out == "said\n"


def test_waiting_ends_when_the_process_has_ended(tmp_path):
    running = rds.Program("/bin/sh", tmp_path / "home").start("-c", "echo why >&2; exit 3")
    with pytest.raises(AssertionError, match="(?s)ended with 3.*why"):
        running.until(lambda: False, "what never comes")


def test_a_command_that_does_not_end_fails(tmp_path):
    with pytest.raises(AssertionError, match="no end after"):
        rds.Program("/bin/sleep", tmp_path / "home").run("600", seconds=0.2)


def test_unmarked_processes_live(tmp_path):
    with subprocess.Popen(["/bin/sleep", "600"]) as bystander:
        assert guard.kill_marked(f"{guard.HOME_MARK}={tmp_path}") == []
        assert bystander.poll() is None
        bystander.kill()


def test_a_process_is_found_while_it_takes_up_another_program(tmp_path):
    """Its environment can't be read just then."""
    again = tmp_path / "again"
    again.write_text('#!/bin/sh\nsleep 0.001\nexec "$0"\n', encoding="ascii")
    again.chmod(0o755)
    with subprocess.Popen([again], env={**os.environ, guard.HOME_MARK: str(tmp_path)}) as restless:
        mark = f"{guard.HOME_MARK}={tmp_path}"
        rds.wait_until(lambda: restless.pid in guard.marked(mark), "the process")
        missed = [n for n in range(2000) if not guard._is_marked(str(restless.pid), mark, ())]     # pylint: disable=protected-access
        restless.kill()
    assert missed == []


def test_a_session_that_is_over_is_forgotten():
    """Its number is given away again: it would be a stranger that is killed."""
    with subprocess.Popen(["/bin/sleep", "600"], start_new_session=True) as living, \
            subprocess.Popen(["/bin/true"], start_new_session=True) as over:
        over.wait()
        assert guard.living({living.pid, over.pid}) == {living.pid}
        living.kill()


def test_a_guard_forgets_the_sessions_that_are_over(monkeypatch):
    told, ours = os.pipe()
    monkeypatch.setattr(guard, "LOOKS_EVERY", 0.05)
    living, forgotten = guard.living, threading.Event()

    def look(sessions):
        found = living(sessions)
        if sessions - found:
            forgotten.set()
        return found

    def end():
        forgotten.wait(rds.SECONDS)
        os.close(ours)

    monkeypatch.setattr(guard, "living", look)
    saved = os.dup(0)
    os.dup2(told, 0)
    os.close(told)
    try:
        with subprocess.Popen(["/bin/true"], start_new_session=True) as over, \
                subprocess.Popen(["/bin/sleep", "600"], start_new_session=True) as other:
            over.wait()
            os.write(ours, f"{over.pid}\n{other.pid}\n".encode())
            threading.Thread(target=end).start()
            assert guard.told() == {other.pid}
            other.kill()
    finally:
        os.dup2(saved, 0)
        os.close(saved)


def test_secrets_in_files_are_found(tmp_path):
    program = rds.Program("/bin/true", tmp_path / "home")
    (program.home / "state/log").write_text("password=geheim\n", encoding="ascii")
    assert program.files_holding("geheim") == [program.home / "state/log"]
    assert program.files_holding("secret") == []
