"""The full-screen program in real terminals, against real servers."""

import contextlib
import itertools
import os
import pathlib
import signal
import socket
import subprocess

import pytest

import compare
import rds
import terminal
import test_servers
from test_reanchor import purge

pytestmark = pytest.mark.pairs("mariadb-mariadb")


@pytest.fixture
def shop(pair, program):
    """A task for a database with a few rows."""
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(40));"
                    "INSERT INTO shop.orders (note) VALUES " + ", ".join(f"({n})" for n in range(500)))
    return program.task("shop", pair, ["shop"])


@pytest.fixture
def screen(program, tmp_path):
    """Opens terminals with the program in them; they are gone when the test ends."""
    opened = []

    def make(*args, **kw):
        folder = tmp_path / f"terminal-{len(opened)}"
        folder.mkdir()
        opened.append(terminal.Terminal(program, folder, *args, **kw))
        return opened[-1]

    yield make
    for each in opened:
        each.hang_up()


def same(pair):
    return compare.compare_databases(pair.source, pair.destination, ["shop"]) == []


def on_to_dashboard(shown, *steps):
    """Through these steps of the wizard, pressing Next, ignoring what may be ignored."""
    for step in steps:
        shown.press("C-n")
        shown.until(step)
    for ignored in itertools.count(1):
        if shown.until_any("Check Pass", "If it is ignored:") == "Check Pass":
            break
        shown.press("i")
        shown.until_any("Check Pass", f"{ignored} ignored")
    shown.until("[ Close and start ]")
    shown.press("Enter")
    shown.until("Synchronizing")


def to_dashboard(screen, task):
    shown = screen("--wizard", task.path)
    shown.until("● Source & destination")
    on_to_dashboard(shown, "● Objects", "● Advanced settings", "● Review", "● Precheck")
    return shown


@pytest.mark.smoke
def test_from_the_wizard_to_a_live_synchronization_and_out(pair, shop, screen):
    shown = to_dashboard(screen, shop)
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('from the stream')")
    shown.until("INSERT 1")
    rds.wait_until(lambda: same(pair), "both sides to be the same")
    pair.destination.sql("DELETE FROM shop.orders WHERE note = 'from the stream'")
    shown.press("v")
    shown.until("Compare both sides")
    shown.press("Enter")
    shown.until("1 difference")
    shown.until("r Repair") # the key bar has it when the comparison has ended
    shown.press("r")
    shown.until("Repair the destination?")
    shown.press("Right", "Enter")
    shown.until("Repaired 1 of 1 ranges")
    rds.wait_until(lambda: same(pair), "both sides to be the same again")
    shown.press("a")
    shown.until("Compare both sides")
    shown.press("Enter")
    shown.until("Both sides are the same")
    shown.press("q")
    shown.until("Leave rds-sync?")
    shown.press("Right", "Right", "Enter")
    assert shown.exit_code() == 0
    assert shop.status()["state"] == "Stopped"
    shop.verify().succeeded()


def test_who_holds_the_lock_for_which_a_task_waits_is_told(pair, shop, screen):
    pair.source.sql("CREATE TABLE shop.rests (id INT PRIMARY KEY)")
    shown = to_dashboard(screen, shop)
    with pair.destination.connect() as holder:
        holder.cursor().execute("BEGIN")
        holder.cursor().execute("SELECT * FROM shop.orders WHERE id = 7 FOR UPDATE")
        pair.source.sql("UPDATE shop.orders SET note = 'waits' WHERE id = 7")
        shown.press("w")
        shown.until("Why is it slow?", "It waits for a lock", f"connection {holder.thread_id()} (root@localhost)", f"KILL {holder.thread_id()};")
        holder.rollback()
    shown.until("It keeps up with the source")
    shop.program.run("table", "suspend", shop.path, "shop.rests").succeeded()
    (side,), = pair.destination.sql(f"SELECT id FROM dts.rds_sync_task WHERE parent = '{shop.status()['id']}'")
    for owner in shop.status()["id"], side:
        with pair.destination.connect() as holder:      # marked as the task's own connections are
            holder.cursor().execute(f"SELECT GET_LOCK('rds-sync.{owner}.79', 0)")
            holder.cursor().execute("BEGIN")
            holder.cursor().execute("SELECT * FROM shop.orders WHERE id = 7 FOR UPDATE")
            pair.source.sql(f"UPDATE shop.orders SET note = '{owner}' WHERE id = 7")
            shown.until("It waits for a lock", f"another connection of this task, {holder.thread_id()}")
            holder.rollback()
        shown.until("It keeps up with the source")
    rds.wait_until(lambda: same(pair), "both sides to be the same")


def notes_of(pair, number):
    return [note for (note,) in pair.destination.sql(f"SELECT note FROM shop.orders WHERE id = {number}")]


def fail_at(pair, shop, shown, number):
    """To the troubles of the task, which has stopped at this row, since its note does not fit."""
    shown.until("shop · Synchronizing")
    pair.source.sql(f"INSERT INTO shop.orders (id, note) VALUES ({number}, 'much too long for it')")
    shown.until("shop · Synchronization failed", "RS-4007")
    rds.wait_until(lambda: (status := shop.status())["state"] == "Failed" and not status["live"], "the task to rest")
    shown.press("t")
    shown.until("shop · Trouble", "RS-4007", "i Skip", "w Replace")


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_an_event_that_is_refused_is_left_out_replaced_and_tried_again(pair, shop, screen):
    shown = to_dashboard(screen, shop)
    pair.destination.sql("ALTER TABLE shop.orders MODIFY note VARCHAR(12)")
    fail_at(pair, shop, shown, 1001)
    shown.press("e")
    shown.until("INSERT shop.orders", "* id", "1001", "'much too long for it'")
    shown.press("Escape")
    shown.until("w Replace", without=["'much too long for it'"])
    shown.press("i")
    shown.until("Leave this event out?", "[ Leave out ]")
    shown.press("Right", "Enter")
    rds.wait_until(lambda: shop.status()["state"] == "Synchronizing", "the task to go on without the row")
    shown.press("Escape")
    fail_at(pair, shop, shown, 1002)
    shown.press("w")
    shown.until("Replace this event", "Executed in place of the row", "VALUES (1002, 'much too long for it')")
    shown.press("C-u")
    shown.type("INSERT INTO shop.orders VALUES (1002, 'short')")
    shown.press("Enter")
    rds.wait_until(lambda: notes_of(pair, 1002) == ["short"], "what was executed instead")
    rds.wait_until(lambda: shop.status()["state"] == "Synchronizing", "the task to go on")
    shown.press("Escape")
    fail_at(pair, shop, shown, 1003)
    pair.destination.sql("ALTER TABLE shop.orders MODIFY note VARCHAR(40)")
    shown.press("r")
    shown.until("shop · Trouble", without=["i Skip"])
    rds.wait_until(lambda: notes_of(pair, 1003) == ["much too long for it"], "the row that was tried again")
    shown.press("l")
    shown.until("Events that were decided", "left out: ", "replaced: ", "→ INSERT INTO shop.orders VALUES (1002, 'short')")
    shown.press("Escape", "Escape")
    shown.until("shop · Synchronizing")
    assert notes_of(pair, 1001) == []


def table_states(task):
    return {table["table"]: table["state"] for table in task.status()["progress"]["tables"]}


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_the_table_of_an_event_that_is_refused_rests_and_comes_again(pair, shop, screen):
    """The task goes on without it; it is copied anew once the destination takes its rows, straight from the next such event, too."""
    pair.source.sql("CREATE TABLE shop.carts (id INT PRIMARY KEY)")
    shown = to_dashboard(screen, shop)
    pair.destination.sql("ALTER TABLE shop.orders MODIFY note VARCHAR(12)")
    fail_at(pair, shop, shown, 1001)
    shown.press("z")
    shown.until("Suspend tables?", "shop.orders", "[ Suspend tables ]")
    shown.press("Right", "Enter")
    rds.wait_until(lambda: shop.status()["state"] == "Synchronizing" and table_states(shop)["orders"] == "suspended",
                   "the task to go on without the table")
    pair.source.sql("INSERT INTO shop.carts VALUES (1); INSERT INTO shop.orders (id, note) VALUES (1002, 'while it rests')")
    rds.wait_until(lambda: [n for (n,) in pair.destination.sql("SELECT id FROM shop.carts")] == [1], "a row of another table")
    assert notes_of(pair, 1001) == notes_of(pair, 1002) == []
    pair.destination.sql("ALTER TABLE shop.orders MODIFY note VARCHAR(40)")
    shown.press("Escape")
    shown.until("shop · Synchronizing")
    shown.press("T")
    shown.until("shop · Tables", "Suspended")
    shown.press("/")
    shown.type("orders")
    shown.press("Enter")
    shown.until("shop.orders", without=["shop.carts"])
    shown.press("a")
    shown.until("Copy tables anew?", "shop.orders", "[ Copy anew ]")
    shown.press("Right", "Enter")
    rds.wait_until(lambda: same(pair), "both sides to be the same")
    rds.wait_until(lambda: table_states(shop)["orders"] == "synchronizing", "the table to be among the others")
    shown.press("Escape")
    pair.destination.sql("UPDATE shop.orders SET note = 'x'", "ALTER TABLE shop.orders MODIFY note VARCHAR(12)")
    fail_at(pair, shop, shown, 1003)
    pair.destination.sql("ALTER TABLE shop.orders MODIFY note VARCHAR(40)")
    shown.press("n")
    shown.until("Copy tables anew?", "shop.orders", "[ Copy anew ]")
    shown.press("Right", "Enter")
    rds.wait_until(lambda: same(pair), "both sides to be the same again")
    shown.until("shop · Trouble", without=["i Skip"])
    rds.wait_until(lambda: shop.status()["state"] == "Synchronizing", "the task to go on")


def test_the_first_page_tests_connections_while_one_types(shop, screen):
    shown = screen("--wizard", shop.path)
    shown.until("● Source & destination")
    shown.press("M-c")
    shown.until("✓ 10.11")
    shown.press("C-e")
    shown.type("-2")
    shown.until("shop-2")
    assert "shop-2" not in shop.path.read_text(encoding="utf-8")
    shown.press("C-n")
    shown.until("● Objects")
    rds.wait_until(lambda: "shop-2" in shop.path.read_text(encoding="utf-8"), "the draft to be written")


def test_objects_of_a_real_source_are_chosen_and_renamed(pair, shop, screen):
    pair.source.sql("CREATE VIEW shop.notes AS SELECT note FROM shop.orders; CREATE PROCEDURE shop.fill() SELECT 1; CREATE DATABASE crm;"
                    "CREATE TABLE crm.leads (id INT PRIMARY KEY); CREATE TABLE crm.customers (id INT PRIMARY KEY)")
    shown = screen("--wizard", shop.path)
    shown.until("● Source & destination")
    shown.press("C-n")
    shown.until("● Objects", "shop ✓", "3 tables")
    shown.press("End", "Right")
    shown.until("notes ✓", "fill ✓", "procedure")
    shown.press("Home", "Right", "Down", "Space", "Down", "Space")
    shown.until("2 marked")
    shown.press(">", "b")
    shown.until("Batch edit", "2 tables of crm")
    shown.press("Tab", "Tab")
    shown.type("^(.).*$")
    shown.press("Tab")
    shown.type(r"\1_2026")
    shown.until("c_2026", "l_2026", "2 of 2 get other names")
    shown.press("C-n")
    shown.until("leads → l_2026", "customers → c_2026")
    shown.press("C-n")
    shown.until("● Advanced settings")
    rds.wait_until(lambda: "crm.leads -> l_2026" in shop.path.read_text(encoding="utf-8"), "the draft to be written")


def look_until(shown, text, not_yet):
    """A button is pressed until the columns that it looks at have arrived."""
    while shown.until_any(text, not_yet) != text:
        shown.press("Enter")


def mark(shown, pattern, count):
    shown.press("-", "+")
    shown.until("Mark by pattern")
    shown.type(pattern)
    shown.press("Enter")
    shown.until(f"{count} tables fit", f"{count} marked")


def test_what_is_asked_about_marked_tables_is_verified_at_a_real_source(pair, shop, screen):
    """One condition, and one column, of many: a table that lacks it is named. What was left out is not at the destination."""
    pair.source.sql("CREATE DATABASE crm; CREATE TABLE crm.bare (id INT PRIMARY KEY)",
                    *(f"CREATE TABLE crm.t{n:02} (id INT PRIMARY KEY, amount INT, secret VARCHAR(9))" for n in range(30)),
                    *(f"INSERT INTO crm.t{n:02} VALUES (1, 1, 's'), (2, {n + 2}, 's')" for n in range(30)))
    shown = screen("--wizard", shop.path)
    shown.until("● Source & destination")
    shown.press("C-n")
    shown.until("● Objects", "shop ✓", "32 tables")
    mark(shown, "crm.*", 31)
    shown.press("w")
    shown.until("Rows of the 31 marked tables")
    shown.type("amount > 1")
    shown.press("Tab", "Right", "Enter")
    look_until(shown, "✗ crm.bare:", "The columns of")
    shown.press("Escape")
    shown.until("31 marked", without=["Rows of the 31"])
    mark(shown, "crm.t*", 30)
    shown.press("w")
    shown.until("Rows of the 30 marked tables")
    shown.type("amount > 1")
    shown.press("Tab", "Right", "Enter")
    look_until(shown, "all of them have what it compares", "The columns of")
    shown.press("Left", "Enter")
    shown.until("30 marked", without=["Rows of the 30"])
    shown.press("c")
    shown.until("Columns of marked tables", "[ Preview ]")
    shown.type("sec*")
    shown.press("Tab", "Tab", "Right", "Enter")
    look_until(shown, "30 columns of 30 marked tables are left out", "not arrived yet")
    shown.press("Left", "Enter")
    shown.until("30 columns of 30 marked tables are left out", without=["[ Preview ]"])
    shown.press("C-n")
    shown.until("● Advanced settings")
    on_to_dashboard(shown, "● Review", "● Precheck")
    shown.until("shop · Synchronizing")
    assert [tuple(pair.destination.sql(f"SELECT * FROM crm.t{n:02}")) for n in range(30)] == [((2, n + 2),) for n in range(30)]


def test_a_source_that_hangs_holds_no_key_up(pair, program, screen):
    with socket.create_server(("127.0.0.1", 0)) as silent:      # takes connections, and never says a word
        task = program.task("shop", pair, ["shop"], settings={"source.host": "127.0.0.1", "source.port": silent.getsockname()[1]})
        shown = screen("--wizard", task.path)
        shown.until("● Source & destination")
        shown.press("C-n")
        shown.until("● Objects")
        shown.until_any("loading 0", "RS-2002")
        shown.press("/")
        shown.type("ord")
        shown.until("Filter ord")
        shown.press("Enter", "i")
        shown.until("Select by name")
        shown.type("crm.leads -> buyers")
        shown.press("Enter")
        shown.until("leads → buyers")
        shown.press("C-p")
        shown.until("● Source & destination")
        shown.press("C-n")
        shown.until("● Objects", "Selected objects  1 database, 1 table")
        shown.press("C-n")
        shown.until("● Advanced settings")
        shown.press("C-n")
        shown.until("● Review")
        shown.press("C-n")
        shown.until("CHECK_CONN_SRC  running")                  # for ten seconds
        shown.press("C-p")                                      # what is still being checked is not done
        shown.until_any("● Review  ○ Precheck", "● Review  ✗ Precheck")


@contextlib.contextmanager
def hanging(server):
    """It takes what is sent, and answers nothing."""
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


@pytest.mark.parametrize("side", ("source", "destination"))
def test_a_server_that_hangs_while_a_task_runs_holds_no_screen_up(pair, shop, screen, side):
    shown = to_dashboard(screen, shop)
    pair.source.sql("UPDATE shop.orders SET note = 'waits' WHERE id = 7")
    rds.wait_until(lambda: same(pair), "both sides to be the same")
    with hanging(getattr(pair, side)):
        if side == "destination":
            pair.source.sql("UPDATE shop.orders SET note = 'waits again' WHERE id = 7")
        for key, place in (("T", "shop · Tables"), ("l", "shop · Log"), ("h", "shop · History"), ("z", "shop · Graphs"), ("w", "Why is it slow?"),
                           ("t", "shop · Trouble")):
            shown.press(key)
            shown.until(place)
            if key == "t" and side == "destination":
                shown.until_any("for the destination. W says more.", "RS-2")     # once it is noticed, which takes a while
            shown.press("Escape")
            shown.until_any("shop · Synchronizing", "shop · Retrying")
    rds.wait_until(lambda: same(pair), "both sides to be the same")


def test_a_wrong_password_is_said_beside_its_button(program, shop, screen):
    for name in list(program.env):
        if name.startswith("RDS_TEST_SOURCE"):
            program.env[name] = "wrong"
    shown = screen("--wizard", shop.path)
    shown.until("● Source & destination")
    shown.press("M-c")
    shown.until("RS-2004")


def test_a_task_whose_precheck_failed_is_still_to_be_configured(pair, shop, screen):
    pair.destination.sql("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY)")
    shown = screen("--wizard", shop.path)
    shown.until("● Source & destination")
    for step in ("● Objects", "● Advanced settings", "● Review", "● Precheck"):
        shown.press("C-n")
        shown.until(step)
    shown.until("Success rate", "1 warning", "CHECK_SAME_OBJ", "? Help", without=["Check Pass"])
    rds.wait_until(lambda: shop.status()["state"] == "PrecheckFailed", "the verdict to be noted")
    shown.press("q")
    assert shown.exit_code() == 0
    again = screen("--wizard", shop.path)
    again.until("Configure Task", "○ Precheck")


def test_a_hang_up_leaves_the_task_at_work(pair, shop, screen):
    shown = to_dashboard(screen, shop)
    pid = shop.status()["pid"]
    shown.hang_up()
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('after the hang-up')")
    rds.wait_until(lambda: same(pair), "the row to arrive")
    status = shop.status()
    assert (status["state"], status["pid"]) == ("Synchronizing", pid)
    shop.command("stop").succeeded()
    assert shop.status()["state"] == "Stopped"


def test_detaching_gives_the_shell_back_and_another_screen_takes_over(pair, shop, screen):
    shown = to_dashboard(screen, shop)
    shown.press("d")
    assert shown.exit_code() == 0
    assert shop.status()["live"]
    other = screen()
    other.until("Synchronizing")
    other.press("Enter")
    other.until("process")
    other.press("p")
    other.until("· Paused ·")
    assert shop.status()["state"] == "Suspending"
    other.press("r")
    other.until("· Synchronizing ·")
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('after the pause')")
    rds.wait_until(lambda: same(pair), "the row to arrive")
    other.press("x")
    other.until("Stop shop?")
    other.press("Right", "Enter")
    other.until("Stopped")
    other.press("q")
    assert other.exit_code() == 0


def test_a_task_that_was_stopped_is_started_from_the_list(pair, shop, screen):
    shop.synchronize()
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('meanwhile')")
    shown = screen()
    shown.until("shop")
    shown.press("r")
    shown.until("shop · Synchronizing")
    rds.wait_until(lambda: same(pair), "the row to arrive")


def to_a_new_beginning(screen):
    """From the list to the question before the task begins anew, as the failure's remedy says."""
    shown = screen()
    shown.until("shop")
    shown.press("r")
    shown.until("shop · Synchronization failed")
    shown.until("key b under Trouble")
    shown.press("t")
    shown.until("b Begin anew")
    shown.press("b")
    shown.until("Begin anew where the source is now?")
    return shown


def begin_anew(pair, shown):
    shown.type("shop")
    shown.press("Enter")
    shown.until("The task begins anew")
    shown.press("Enter", "Escape")
    shown.until("shop · Synchronizing")
    rds.wait_until(lambda: same(pair), "both sides to be the same")


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_task_whose_log_is_lost_begins_anew(pair, shop, screen):
    shop.synchronize()
    pair.source.sql("UPDATE shop.orders SET note = 'in the gap' WHERE id = 7")
    purge(pair.source)
    shown = to_a_new_beginning(screen)
    shown.until("compared and repaired: 1")
    begin_anew(pair, shown)


def test_what_begins_anew_deletes_rows_of_others_once_that_was_said(pair, program, screen):
    for server in (pair.source, pair.destination):
        server.sql("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(40))")
    pair.source.sql("INSERT INTO shop.orders VALUES (1, 'a'), (2, 'b')")
    pair.destination.sql("INSERT INTO shop.orders VALUES (9, 'of somebody')")
    task = program.task("shop", pair, ["shop"], settings={"sync.existing_tables": "ignore"})
    task.synchronize()
    pair.source.sql("DELETE FROM shop.orders WHERE id = 2")
    purge(pair.source)
    shown = to_a_new_beginning(screen)
    shown.until("Were at the destination before the task")
    shown.until("Delete and begin anew")
    assert pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 3
    begin_anew(pair, shown)


def test_a_small_terminal_says_what_it_needs_and_grows(shop, screen):
    shown = screen("--wizard", shop.path, width=40, height=10)
    shown.until("needs 80x24")
    shown.resize(80, 24)
    shown.until("● Source & destination")
    shown.resize(1, 1)
    shown.resize(60, 16)
    shown.until("Step 1/5")


def test_a_terminal_of_40x10_is_no_trap(screen):
    shown = screen(width=40, height=10)
    shown.until("needs 80x24", "40x10")
    shown.press("q")
    assert shown.exit_code() == 0


@pytest.mark.parametrize("term", ("xterm-256color", "screen-256color", "linux", "vt100", "no-such-terminal"))
@pytest.mark.parametrize("lang", ("C.UTF-8", "C"))
def test_every_terminal_shows_the_list(shop, screen, term, lang):
    shown = screen(env={"TERM": term, "LANG": lang})
    seen = ["Data Synchronization", shop.name, "? Help"]
    if lang == "C.UTF-8" and term != "linux":
        shown.until(*seen, "─")
    else:
        shown.until(*seen, without=["─"])
    shown.press("q")
    assert shown.exit_code() == 0


def processes_of(task):
    """Who waits for the program, and the program."""
    listed = subprocess.run(["pgrep", "-f", f"^[^ ]*rds-sync --wizard {task.path}"], check=True, capture_output=True, text=True)
    one, other = (int(pid) for pid in listed.stdout.split())
    return (one, other) if f"PPid:\t{one}\n" in pathlib.Path(f"/proc/{other}/status").read_text(encoding="ascii") else (other, one)


def test_a_killed_program_gives_the_terminal_back(shop, screen):
    """The alternate screen is left, and what is typed is shown again, line by line."""
    shown = screen("--wizard", shop.path)
    shown.until("● Source & destination")
    shown.until_alternate(True)
    os.kill(processes_of(shop)[-1], signal.SIGKILL)
    assert shown.exit_code() == 137
    shown.until_alternate(False)
    modes = subprocess.run(["stty", "-a", "-F", shown.tmux("display", "-p", "#{pane_tty}").strip()], check=True,
                           capture_output=True, text=True).stdout
    assert " echo " in modes and " icanon " in modes


def test_nothing_uses_the_terminal_when_who_waits_is_killed(shop, screen):
    shown = screen("--wizard", shop.path)
    shown.until("● Source & destination")
    waiting, program = processes_of(shop)
    os.kill(waiting, signal.SIGKILL)
    assert shown.exit_code() == 137
    rds.wait_until(lambda: test_servers.gone(program), "the program's end")


def test_a_file_is_edited_with_one_s_own_editor_and_holds_then(program, screen, tmp_path):
    """The editor has the terminal for itself, as a shell would give it; one that is stopped is not left behind."""
    editor = tmp_path / "editor"
    editor.write_text("""#!/bin/sh
printf 'editing %s: ' "${1##*/}" >/dev/tty
kill -TSTP 0
read -r host </dev/tty
printf '[rm-typed]\\nengine = mysql\\nhost = %s\\n' "$host" >"$1"
""")
    editor.chmod(0o700)
    at = screen(env={"VISUAL": str(editor)})
    at.until("There are no tasks yet", "Help")
    at.press("E")
    at.until("instances.ini")
    at.press("Enter")
    at.until("editing instances.ini:")
    at.type("10.1.2.3")
    at.press("Enter")
    at.until("holds from now on", "Help")
    assert "host = 10.1.2.3" in (program.home / "config/rds-sync/instances.ini").read_text()
    at.press("n")
    at.until("MySQL to MySQL")
    at.press("Enter")
    at.until("Instance ID", "[ Next ]")
