"""The full-screen program in every kind of terminal, and what happens to terminals: sizes that change and change again, text that
is pasted, being stopped and gone on with, and being cut off. tmux is the terminal; TERM says what the program takes it for."""

import contextlib
import fcntl
import os
import pathlib
import pty
import random
import select
import signal
import socket
import struct
import termios
import time

import pytest

import rds
import servers
from test_screens import same, screen, shop, to_dashboard               # pylint: disable=unused-import

pytestmark = pytest.mark.pairs("mariadb-mariadb")

KINDS = ("xterm-256color", "vt100", *(pytest.param(term, marks=pytest.mark.long) for term in ("screen", "linux", "screen-256color", "xterm", "rxvt")))
every_kind = pytest.mark.parametrize("term", KINDS)


def wizard(screen, shop, term, **kw):                                   # pylint: disable=redefined-outer-name
    shown = screen("--wizard", shop.path, env={"TERM": term, **kw.pop("env", {})}, **kw)
    shown.until("Task name", "F1 Help")
    return shown


@every_kind
def test_sizes_that_change_and_change_again(screen, shop, term):         # pylint: disable=redefined-outer-name
    """Whatever came in between, what is there at the end fits, and what was typed is still there."""
    seed = rds.seed()
    print(f"seed {seed}")
    choice = random.Random(seed)
    shown = wizard(screen, shop, term)
    shown.press("C-e")
    shown.type("-kept")
    shown.until("shop-kept")
    for _ in range(60):
        shown.resize(choice.randint(1, 200), choice.randint(1, 60))
        if choice.randrange(3) == 0:
            shown.press(choice.choice(("Tab", "BTab", "Down", "F1", "Escape")) if choice.randrange(4) else "C-l")
    shown.resize(40, 10)
    shown.until("needs 80x24")
    shown.resize(132, 43)
    shown.press("C-l")
    while shown.until_any("shop-kept", "Esc Close") == "Esc Close":      # the keys, of whatever is behind them
        shown.press("Escape")
    assert shown.exit_file.read_text() == "", "it goes on"


@every_kind
def test_text_that_is_pasted(screen, shop, term):                        # pylint: disable=redefined-outer-name
    """Goes into the field as one line, and presses no key there: neither Enter nor what leaves the program."""
    shown = wizard(screen, shop, term)
    shown.press("C-e")
    shown.paste("-pasted\nq\n\tx")
    shown.until("shop-pasted q", "Task name")
    assert shown.exit_file.read_text() == "", "it goes on"


@every_kind
def test_stopped_and_gone_on_with(screen, shop, term):                   # pylint: disable=redefined-outer-name
    """The shell gets its terminal back as it was, and the program its picture."""
    shown = wizard(screen, shop, term, jobs=True)
    shown.press("C-e")
    shown.type("-kept")
    shown.until("shop-kept")
    shown.press("C-z")
    shown.until("stopped with 148", without=["F1 Help"])        # nor a line of its own for the shell
    shown.until_alternate(False)
    shown.press("Enter")
    shown.until("shop-kept", "Task name", "F1 Help", without=["stopped with 148"])      # vt100 has no other screen to go back to
    shown.press("Escape")
    shown.until("Data Synchronization")
    shown.press("q")
    assert shown.exit_code() == 0


def test_what_runs_here_is_not_stopped(pair, screen, shop):              # pylint: disable=redefined-outer-name
    """Its servers would hang up on it: it asks for the background instead."""
    shown = to_dashboard(screen, shop)
    shown.press("C-z")
    shown.until("Suspend rds-sync?", "Go on in the background")
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('meanwhile')")
    rds.wait_until(lambda: same(pair), "the row to arrive")
    shown.press("Right", "Enter")
    assert shown.exit_code() == 0
    assert shop.status()["live"]


@every_kind
def test_cut_off(screen, shop, term):                                    # pylint: disable=redefined-outer-name
    """Where nothing runs nothing is left: no process, and no processor's time."""
    shown = wizard(screen, shop, term)
    pids = [int(path.name) for path in pathlib.Path("/proc").iterdir() if path.name.isdigit() and is_ours(path, shop)]
    assert pids
    shown.hang_up()
    rds.wait_until(lambda: not any(is_ours(pathlib.Path(f"/proc/{pid}"), shop) for pid in pids), "the program's end")


def is_ours(path, task):
    try:
        words = (path / "cmdline").read_bytes().split(b"\0")
        state = (path / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return words[0].endswith(b"rds-sync") and os.fsencode(str(task.path)) in words and state != "Z"


@every_kind
def test_signals(screen, shop, term):                                    # pylint: disable=redefined-outer-name
    """One that ends it: the terminal is as it was before."""
    shown = wizard(screen, shop, term)
    for path in pathlib.Path("/proc").iterdir():
        if path.name.isdigit() and is_ours(path, shop):
            os.kill(int(path.name), signal.SIGTERM)
            break
    shown.exit_code()
    shown.until_alternate(False)


def test_a_terminal_that_nobody_describes_is_told(program):
    """For some seconds, so all that is written is looked at; and in the log, as is the locale that this host lacks."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = servers.spawn([program.binary], env={**program.env, "TERM": "xterm-odd", "LANG": "zz_ZZ.UTF-8"}, stdin=far, stdout=far,
                            stderr=far, start_new_session=True)
    os.close(far)
    written = bytearray()

    def told():
        while select.select([near], [], [], 0)[0]:
            written.extend(os.read(near, 65536))
        return all(text in written for text in (b"no description of the terminal xterm-odd", b"taken for", b"Help"))

    rds.wait_until(told, "the picture")
    assert [line for line in program.logged() if "wanted=zz_ZZ.UTF-8 used=C.UTF-8" in line]
    assert [line for line in program.logged() if "TERM=xterm-odd used=xterm" in line]
    os.write(near, b"q")
    process.wait(rds.SECONDS)
    os.close(near)


def test_what_others_wrote_on_the_screen_is_mended(screen, shop):        # pylint: disable=redefined-outer-name
    """As "wall" does."""
    shown = wizard(screen, shop, "xterm-256color")
    pathlib.Path(shown.tmux("display", "-p", "#{pane_tty}").strip()).write_text("\033[3;1HBroadcast message", encoding="ascii")
    shown.until("Broadcast message")
    shown.press("C-l")
    shown.until("Task name", "F1 Help", without=["Broadcast"])


def test_keys_that_arrive_in_pieces(screen, shop):                       # pylint: disable=redefined-outer-name
    """Over a slow line, where the user has said so: an arrow whose bytes come one by one is no Esc, which would leave the page."""
    shown = wizard(screen, shop, "xterm-256color", env={"ESCDELAY": "60000"})
    shown.press("C-e")
    for piece in ("\033", "[", "D"):
        shown.type(piece)
        rds.wait_until(lambda: not shown.unread(), "the program to read it")
    shown.type("-")
    shown.until("sho-p", "Task name")


def test_alt_and_a_digit_is_a_step_of_the_wizard(screen, shop):          # pylint: disable=redefined-outer-name
    """Where a page has a use for it; elsewhere it is the function key, which some terminals keep for themselves."""
    shown = wizard(screen, shop, "xterm-256color")
    shown.press("C-n")
    shown.until("Selected objects")
    shown.press("M-1")
    shown.until("Task name", "F1 Help")
    shown.press("Escape")
    shown.until("n New")
    shown.press("M-1")
    shown.until("Esc Close")


# --- what it costs -------------------------------------------------------------------------------------------------------

def spent(pids):
    """Seconds of the processor's, and how often a thread went to sleep."""
    ticks = naps = 0
    for process in (pathlib.Path(f"/proc/{pid}") for pid in pids):
        ticks += sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:13]))
        for thread in (process / "task").iterdir():
            with contextlib.suppress(OSError):                           # it has ended meanwhile
                naps += next(int(line.split()[1]) for line in (thread / "status").read_text().splitlines() if line.startswith("voluntary"))
    return ticks / os.sysconf("SC_CLK_TCK"), naps


def ours(task):
    return [path.name for path in pathlib.Path("/proc").iterdir() if path.name.isdigit() and is_ours(path, task)]


def second(task, written):
    """What a second costs in which nobody touches the screen: share of a processor, wake-ups, bytes."""
    pids, since, before, size = ours(task), time.monotonic(), spent(ours(task)), written.stat().st_size
    time.sleep(3)                                                        # what is looked at is that nothing happens
    after, took = spent(pids), time.monotonic() - since
    cost = [(now - then) / took for now, then in zip((*after, written.stat().st_size), (*before, size))]
    print(f"{cost[0]:.2%} of a processor, {cost[1]:.1f} wake-ups and {cost[2]:.0f} bytes a second")
    return cost


def costs_at_most(task, shown, tmp_path, *limits):
    """Once what was begun has come to rest."""
    written = tmp_path / "written"
    written.touch()
    shown.record(written)
    rds.wait_until(lambda: all(cost < limit for cost, limit in zip(second(task, written), limits)), f"less than {limits}")
    assert ours(task), "it is still there"


def test_a_page_that_nobody_touches(screen, shop, tmp_path):             # pylint: disable=redefined-outer-name
    """The aim is 1 % of a processor; five times that fails, and five times as many wake-ups as there are, and more bytes than a
    tenth of a line of 9,600 baud."""
    costs_at_most(shop, wizard(screen, shop, "xterm-256color"), tmp_path, 0.05, 20, 96)


def test_a_dashboard_that_nobody_touches(pair, screen, shop, tmp_path):  # pylint: disable=redefined-outer-name
    """With the engine in the same process, which follows a source that is at rest: four pictures a second, half of that line."""
    shown = to_dashboard(screen, shop)
    rds.wait_until(lambda: same(pair), "the copy's end")
    costs_at_most(shop, shown, tmp_path, 0.05, 160, 480)


@pytest.fixture
def listener():
    """Somebody who takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def test_a_picture_comes_before_any_traffic(program, screen, listener):  # pylint: disable=redefined-outer-name
    """Of the list and of the first page; the one that asks the source for its objects is there though nobody ever answers."""
    side = {"host": "127.0.0.1", "port": listener.getsockname()[1], "account": "dts", "password_env": "RDS_TEST_SECRET", "connection": "no-ssl"}
    program.env["RDS_TEST_SECRET"] = "x"
    program.task_file("silent", rds.task_text({
        "task.name": "silent", "task.flow": "mysql-to-mysql", "objects.include": "shop", "sync.schema": "yes", "sync.full": "yes",
        "sync.incremental": "yes", **{f"source.{key}": value for key, value in side.items()},
        **{f"destination.{key}": value for key, value in side.items()}}))
    shown = screen()
    shown.until("silent", "Not started", "? Help")
    shown.press("m")
    shown.until("Task name", "F1 Help")
    assert not select.select([listener], [], [], 0)[0], "nobody was asked anything"
    shown.press("C-n")
    shown.until("Source objects", "< Remove")
    rds.wait_until(lambda: select.select([listener], [], [], 0)[0], "a question")
