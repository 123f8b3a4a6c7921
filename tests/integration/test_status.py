"""`status --json` is a contract: what is printed is what rds-sync-status(1) lists, and the other way round."""

import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import time

import pytest

from test_change_objects import Writer, make

pytestmark = pytest.mark.pairs("mariadb-mariadb")

PAGE = pathlib.Path(__file__).parents[2] / "man" / "rds-sync-status.1"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UNITS = {None, "bytes", "rows", "seconds", "rows a second", "bytes a second", "percent"}


def documented():
    """{path: (types, unit)} of the page."""
    found = {}
    for path, text in re.findall(r"^\.It Va (\S+)\n(.+)\.$", PAGE.read_text(encoding="utf-8"), re.MULTILINE):
        kinds, _, unit = text.partition(", ")
        assert path not in found and (unit or None) in UNITS, path
        found[path] = (set(kinds.lower().split(" or ")), unit or None)
    return found


def kind(value):
    if isinstance(value, str):
        return {"string", "time"} if TIME.fullmatch(value) else {"string"}
    names = {bool: {"boolean"}, int: {"integer", "number"}, float: {"number"}, dict: {"object"}, list: {"array"},
             type(None): {"null"}}
    return names[type(value)]


def flatten(value, path=""):
    """Each member with its path; the three phases count as one."""
    if isinstance(value, dict):
        for name, member in value.items():
            below = f"{path}.*" if path == "progress.phases" else f"{path}.{name}".lstrip(".")
            yield below, member
            yield from flatten(member, below)
    elif isinstance(value, list):
        for element in value:
            yield from flatten(element, f"{path}[]")


def members(printed):
    """What was printed; the error of a file that can't be read has the members of the other one."""
    return [(path if not path.startswith("error.") else f"progress.{path}", value) for path, value in flatten(printed)]


def check(printed, seen):
    page = documented()
    for path, value in members(printed):
        assert path in page, f"{path} is printed and not in {PAGE.name}"
        assert kind(value) & page[path][0], f"{path} is {value!r}, which is not: {page[path][0]}"
        seen.add(path)
    return printed


def test_what_is_printed_and_what_the_page_lists_are_the_same(pair, program):
    """Of a task that was never run, one that is at work, one that failed, and a file that can't be read."""
    seen = set()
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1)")
    task = program.task("t", pair, ["d"], settings={"verify.continuous": "yes"})
    assert check(task.status(), seen)["progress"] is None
    running = task.start()
    running.until(lambda: (check(task.status(), seen)["progress"] or {}).get("caught_up"), "the task to follow")
    pair.destination.sql("CREATE TRIGGER d.slow AFTER INSERT ON d.t FOR EACH ROW DO SLEEP(0.1)")     # a statement is listed from 10 ms on
    pair.source.sql("INSERT INTO d.t VALUES (2)")
    running.until(lambda: check(task.status(), seen)["progress"]["tables"][0]["last_change"], "the change")
    running.until(lambda: check(task.status(), seen)["progress"]["slow_statements"], "the slow statement")
    pair.destination.sql("INSERT INTO d.t VALUES (9)")
    running.until(lambda: check(task.status(), seen)["progress"]["verify"]["differences"], "the row to be found")
    pair.destination.sql("DROP TABLE d.t")
    pair.source.sql("INSERT INTO d.t VALUES (3)")
    assert running.wait().code == 1
    failed = check(task.status(), seen)
    assert failed["state"] == "Failed" and failed["progress"]["error"]["code"] == "RS-4002"
    assert failed["progress"]["problems"][-1]["fatal"]
    program.task_file("bad", "[task]\nflaw = 1\n")
    listed = program.run("status", "--json").succeeded().json
    assert sorted(check(one, seen)["task"] for one in listed) == ["bad", "t"]
    (bad,) = [one for one in listed if "error" in one]
    assert set(bad) == {"task", "file", "error"}
    alone = program.run("status", "--json", "bad").exited(2).json
    assert alone == {"error": bad["error"]}
    missing = set(documented()) - seen
    assert not missing, f"in {PAGE.name} and not printed: {sorted(missing)}"


class SavedState:
    """The file with what a process saved last, held so that the process can't write to it."""

    def __init__(self, home):
        (path,) = (home / "state").rglob("*.db")
        self.file = sqlite3.connect(path, timeout=60, isolation_level=None)

    def tell(self, state):
        """From now on, and as of now, it has STATE."""
        while True:
            now = time.time_ns() // 1000
            if not self.file.in_transaction:
                self.file.execute("BEGIN IMMEDIATE")
            ((text,),) = self.file.execute("SELECT json FROM progress")
            self.file.execute("UPDATE progress SET state = ?, json = ?, saved = ?", (state, json.dumps({**json.loads(text), "state": state}), now))
            self.file.execute("COMMIT")
            self.file.execute("BEGIN IMMEDIATE")
            if self.file.execute("SELECT saved FROM progress").fetchall() == [(now,)]:      # nobody came between
                return


def test_the_running_process_is_asked_before_the_file_that_it_saved(pair, program):
    """What is saved may be older than what the process told somebody already."""
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
    task = program.task("t", pair, ["d"])
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "following")
    saved = SavedState(program.home)

    def truth():
        saved.tell("Failed")
        return task.status()["state"] == "Synchronizing"
    running.until(truth, "what the process says")
    running.kill()
    assert task.status()["state"] == "Failed", "which is what the file says"
    saved.file.close()


def test_the_lag_is_no_more_than_it_is_while_somebody_writes(pair, program):
    """The source tells seconds: what is applied at once would be up to one behind. Asked all through a second it is nothing."""
    make(pair, "d.t")
    task = program.task("t", pair, ["d"])
    with Writer(pair.source, ["d.t"]):
        running = task.start()
        running.until(lambda: task.status()["state"] == "Synchronizing", "following")

        def small():
            """Eleven times, with a tenth of a second between them."""
            for _ in range(11):
                if task.status()["progress"]["lag_seconds"] > 0.3:
                    return False
                time.sleep(0.1)
            return True
        running.until(small, "a lag that is as small as it is")
    running.stop().succeeded()


def test_a_process_that_does_not_answer_is_told(pair, program):
    """What it saved last is not what it is now: how old that is stands beside it."""
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY)")
    task = program.task("t", pair, ["d"])
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing" and task.status()["answers"], "following")
    os.kill(running.process.pid, signal.SIGSTOP)
    try:
        told = task.status()
        shown = task.command("status").succeeded().out
        listed = program.run("status").succeeded().out
    finally:
        running.go_on()
    assert (told["live"], told["answers"], told["state"]) == (True, False, "Synchronizing")
    for text in (shown, listed):
        assert "its process does not answer, this is what it saved " in text, text
    running.stop().succeeded()
    assert task.status()["answers"] is None
    assert "answer" not in task.command("status").succeeded().out


def test_what_is_read_and_not_applied_yet_is_told_as_memory(pair, program):
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(1000)); INSERT INTO shop.t VALUES (1, '')")
    task = program.task("shop", pair, ["shop"])
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    with pair.destination.connect(autocommit=False) as other, other.cursor() as cursor:
        cursor.execute("SELECT * FROM shop.t WHERE id = 1 FOR UPDATE")
        pair.source.sql("UPDATE shop.t SET v = 'x' WHERE id = 1", "INSERT INTO shop.t VALUES " + ",".join(f"({n}, REPEAT('x', 1000))" for n in range(2, 1002)))
        running.until(lambda: task.status()["progress"]["memory_bytes"] > 1_000_000, "what waits, in memory")
    running.until(lambda: task.status()["progress"]["memory_bytes"] == 0, "that nothing waits")
    running.stop().succeeded()
    assert pair.destination.value("SELECT COUNT(*) FROM shop.t") == 1001


def test_the_page_is_read_as_it_is_meant():
    """A path that is not found in the page must not be taken for one that is."""
    page = documented()
    assert len(page) == PAGE.read_text(encoding="utf-8").count("\n.It Va ")
    assert page["progress.lag_seconds"] == ({"number", "null"}, "seconds")
    assert page["progress.tables[].rows"] == ({"integer"}, "rows")
    with pytest.raises(AssertionError, match="is printed and not"):
        check({"task": "t", "speed": 1}, set())
    with pytest.raises(AssertionError, match="which is not"):
        check({"task": None}, set())


def asked(program, line):
    """What the process that runs the only task answers."""
    (path,) = (program.home / "state/rds-sync").glob("*.sock")
    folder = os.open(path.parent, os.O_PATH)            # an address has no room for a long path
    with socket.socket(socket.AF_UNIX) as to:
        to.settimeout(60)
        to.connect(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)
        to.sendall(line.encode() + b"\n")
        told = b""
        while not told.endswith(b"\n"):
            piece = to.recv(1 << 20)
            assert piece, f"it ended behind {told[-200:]}"
            told += piece
    return json.loads(told)


def test_who_asks_again_is_told_of_tables_that_changed_alone(pair, program):
    pair.source.sql("CREATE DATABASE d", *(f"CREATE TABLE d.t{n:03} (id INT PRIMARY KEY)" for n in range(70)))
    task = program.task("t", pair, ["d"])
    running = task.start()
    running.until(lambda: (task.status()["progress"] or {}).get("caught_up"), "the task to follow")
    first = asked(program, "status 1")
    assert first["ok"] and "tables" not in first["progress"] and [len(piece) for piece in first["tables"]["pieces"]] == [64, 6]
    assert len(asked(program, "status")["progress"]["tables"]) == 70
    serials = []

    def again():
        return asked(program, "status " + " ".join(map(str, serials)))["tables"]

    def at_rest():
        serials[:] = asked(program, "status 1")["tables"]["serials"]
        return again() == {"serials": serials, "pieces": [None, None]}

    running.until(at_rest, "nothing to change any more")
    pair.source.sql("INSERT INTO d.t069 VALUES (1)")
    changed = running.until(lambda: (told := again())["pieces"][1] and told["pieces"][1][5]["inserts"] == 1 and told, "the change to be told")
    assert changed["serials"][0] == serials[0] and changed["pieces"][0] is None and changed["serials"][1] != serials[1]
    assert changed["pieces"][1][5]["table"] == "t069"
