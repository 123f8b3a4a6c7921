"""The demo, with the real program and with stand-ins that lie about what they did."""

import os
import pathlib
import signal
import subprocess
import types

import pytest

import guard
import rds
import terminal
import test_servers

DEMO = pathlib.Path(__file__).parent.parent / "demo"


def surroundings(binary, tmp_path):
    """The demo's temporary files are in TMP_PATH, so that what stays behind is seen."""
    return dict(os.environ, RDS_SYNC_BIN=str(binary), TMPDIR=str(tmp_path), RDS_SYNC_TEST_RUN=str(tmp_path))


@pytest.fixture
def run(tmp_path):
    """Starts the demo, of which nothing is left after the test."""
    started = []

    def start(binary, *arguments, **kw):
        # pylint: disable-next=consider-using-with
        started.append(subprocess.Popen([DEMO, "--scale=3", *arguments], env=surroundings(binary, tmp_path), text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        **kw))
        return started[-1]

    yield start
    while guard.kill_marked(f"{guard.RUN_MARK}={tmp_path}"):         # whatever has its output keeps that open
        pass
    for demo in started:
        demo.communicate()


def stand_in(tmp_path, body):
    path = tmp_path / "stand-in"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="ascii")
    path.chmod(0o755)
    return path


def nothing_left(tmp_path):
    return not list(tmp_path.glob("rds-sync-tests.*")) and guard.marked(f"{guard.RUN_MARK}={tmp_path}") == []


def wait_for_nothing(tmp_path):
    """The terminal, which ends after it was told to, carries the mark as well."""
    rds.wait_until(lambda: nothing_left(tmp_path), "nothing to be left")


@pytest.mark.smoke
def test_both_sides_are_the_same(run, binary, tmp_path):
    demo = run(binary, "--headless")
    output = demo.communicate(timeout=300)[0]
    assert demo.returncode == 0, output
    assert "both sides are the same" in output.splitlines()[-1]
    wait_for_nothing(tmp_path)


def test_a_program_that_only_says_so_is_found_out(run, tmp_path):
    """And where there is no terminal, screens are not tried."""
    demo = run("/bin/true")
    output = demo.communicate(timeout=300)[0]
    assert demo.returncode == 1, output
    assert "shop.orders: missing table" in output
    wait_for_nothing(tmp_path)


@pytest.mark.parametrize("command", ("run", "verify"))
def test_a_failing_command_fails_the_demo(run, tmp_path, command):
    demo = run(stand_in(tmp_path, f'[ "$1" != {command} ]'))
    output = demo.communicate(timeout=300)[0]
    assert demo.returncode == 1, output
    assert f"rds-sync {command}" in output


def heed_signals():
    """A test run in the background, or by nohup, has some of them ignored, and a shell can't change that."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL))
def test_nothing_is_left_after_a_signal(run, tmp_path, number):
    """Also not a worker that left its session, as a detached task does."""
    worker = tmp_path / "worker"
    demo = run(stand_in(tmp_path, f"setsid sh -c 'echo $$ >{worker}; exec sleep 600' & sleep 600"),
               start_new_session=True, preexec_fn=heed_signals)
    for line in demo.stdout:
        if "synchronizing" in line:
            break
    rds.wait_until(lambda: worker.exists() and worker.read_text(), "the worker")
    if number == signal.SIGINT:                 # which a terminal sends to all of them
        os.killpg(demo.pid, number)
    else:
        demo.send_signal(number)
    demo.communicate(timeout=300)
    assert demo.returncode != 0
    assert test_servers.gone(int(worker.read_text(encoding="ascii")))
    wait_for_nothing(tmp_path)


def test_enter_starts_a_killed_program_again(run, tmp_path):     # pylint: disable=unused-argument
    """Also where nothing of it was left to put the terminal back, as after pkill -9."""
    body = '[ "$1" != --wizard ] || { tput smcup; stty raw -echo; kill -9 $$; }; echo started again; read -r _'
    demo = types.SimpleNamespace(binary=DEMO, env=surroundings(stand_in(tmp_path, body), tmp_path), home=tmp_path)
    with terminal.Terminal(demo, tmp_path, "--scale=3", env={"TERM": "screen"}) as shown:
        shown.until("Enter starts it again")
        shown.until_alternate(False)
        shown.press("Enter")
        shown.until("started again")
        shown.press("Enter")
        assert shown.exit_code() == 0
    wait_for_nothing(tmp_path)


def test_a_program_that_was_left_behind_can_be_shown_again(run, tmp_path):     # pylint: disable=unused-argument
    """The demo ends its servers when it ends: not while the task goes on in the background."""
    body = '[ "$1" != status ] || { echo \'"live": true\'; exit; }; [ "$1" = --wizard ] || { echo shown again; read -r _; }'
    demo = types.SimpleNamespace(binary=DEMO, env=surroundings(stand_in(tmp_path, body), tmp_path), home=tmp_path)
    with terminal.Terminal(demo, tmp_path, "--scale=3", env={"TERM": "screen"}) as shown:
        shown.until("goes on in the background; Enter shows it again")
        shown.press("Enter")
        shown.until("shown again")
        shown.press("Enter", "q", "Enter")
        assert shown.exit_code() == 0
    wait_for_nothing(tmp_path)
