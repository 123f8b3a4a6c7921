"""The command line where no synchronization is needed: task files, wrong use, bad input, what is not running."""

import json
import os
import pathlib
import pty
import shutil
import signal
import socket
import sqlite3
import uuid

import pytest

import servers

LEAST = """[task]
flow = mysql-to-mysql
[source]
host = 127.0.0.1
port = 1
account = dts
[destination]
host = 127.0.0.1
port = 1
account = dts
[objects]
include = shop
"""


@pytest.fixture
def task(program):
    return program.task_file("shop", LEAST)


def refused(result, code, *texts):
    """Status 2, the error's code, and all TEXTS somewhere in what was said."""
    result.exited(2)
    assert f"RS-{code} " in result.err, result
    for text in texts:
        assert text in result.err, result
    return result


# --- wrong use --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("words, text", (
    (["dance"], "there is no command"),
    (["task"], "needs one word more"),
    (["run"], "needs TASK"),
    (["run", "a", "b"], "can't do anything"),
    (["status", "--until=synchronized"], "has no option"),
    (["run", "shop", "--until=tomorrow"], "--until"),
    (["task", "new"], "--flow"),
    (["--log-level=loud", "status"], "trace"),
))
def test_wrong_use_is_told_and_how_it_is_done(program, task, words, text):       # pylint: disable=unused-argument
    refused(program.run(*words), 1001, text)


def commands(program):
    listed = program.run("--help").succeeded().out
    return [line.split("rds-sync ")[1].split("  ")[0] for line in listed.splitlines() if line.startswith("  rds-sync ")]


def test_every_command_has_help(program):
    found = commands(program)
    assert len(found) > 10
    for command in found:
        words = [word for word in command.split() if word.isalpha() and word.islower()]
        told = program.run(*words, "--help").succeeded()
        assert told.out.startswith(f"Usage: rds-sync {' '.join(words)}") and "--log-level" in told.out
        assert told.err == ""


def test_version(program):
    assert program.run("--version").succeeded().out.startswith("rds-sync ")


def test_output_that_cannot_be_written_is_no_success(binary, program):
    running = servers.spawn([binary, "--help"], env=program.env, stdout=open("/dev/full", "w", encoding="ascii"))
    assert running.wait(60) == 2


# --- no terminal ------------------------------------------------------------------------------------------

def test_without_a_terminal_the_screens_name_what_to_use_instead(program):
    refused(program.run(), 1013, "rds-sync prompt", "rds-sync run", "rds-sync status")


def test_a_dumb_terminal_is_none(binary, program):
    reader, terminal = pty.openpty()
    running = servers.spawn([binary], env={**program.env, "TERM": "dumb"}, stdin=terminal, stdout=terminal,
                            stderr=terminal)
    os.close(terminal)
    told = b""
    try:
        while b"rds-sync status" not in told:
            told += os.read(reader, 4096)
    finally:
        assert running.wait(60) == 2
        os.close(reader)
    assert b"RS-1013" in told


# --- task files -------------------------------------------------------------------------------------------

def test_a_task_made_on_the_command_line_reads_back(program):
    path = program.run("task", "new", "--flow=mysql-to-mysql", "--set", "task.name=shop", "source.host=10.0.0.1",
                       "source.password_env=P", "--set=objects.include=shop `odd name`.t",
                       "objects.rename.1=shop -> shop_copy").succeeded().out.strip()
    assert path == str(program.tasks / "shop.ini")
    assert os.stat(path).st_mode & 0o777 == 0o600
    shown = program.run("task", "show", "shop").succeeded().out
    for line in ("host = 10.0.0.1", "password_env = P", "include = shop `odd name`.t", "rename.1 = shop -> shop_copy",
                 "; memory = 256M"):
        assert line in shown.splitlines()
    assert any(line.startswith("shop ") and "10.0.0.1" in line
               for line in program.run("task", "list").succeeded().out.splitlines())


def test_defaults_are_shown_of_keys_that_the_flow_takes(program):
    program.run("task", "new", "--flow=mysql-to-kafka", "task.name=k", "source.host=10.0.0.1").succeeded()
    shown = program.run("task", "show", "k").succeeded().out.splitlines()
    assert "; format = avro" in shown and "; retry_other = 10" in shown and "[source]" in shown
    assert not {"; task_type = small", "; triggers = cut-over", "[two_way]", "[verify]"} & set(shown)


def test_setting_keeps_comments_and_refuses_what_is_not_valid(program):
    task = program.task_file("shop", "; mine\n" + LEAST)
    program.run("task", "set", "shop", "source.port=3307", "sync.memory=128M", "objects.include=").succeeded()
    text = task.path.read_text(encoding="utf-8")
    assert text.startswith("; mine\n") and "port = 3307" in text and "include" not in text
    for setting in ("source.prot=1", "source.port=0", "sync.full=perhaps"):
        refused(program.run("task", "set", "shop", setting), 1005)
    refused(program.run("task", "set", "shop", "nonsense"), 1001, "KEY=VALUE")
    assert task.path.read_text(encoding="utf-8") == text


def test_a_password_is_not_taken_from_the_command_line(program, task):
    secret = "Tr0ub4dor"
    told = refused(program.run("task", "set", "shop", f"source.password={secret}"), 1011, "source.password_env",
                   "source.password_file", "source.password_command", "source.option_file")
    refused(program.run("task", "new", "--flow=zero-etl", "--set", f"destination.password={secret}"), 1011,
            "destination.password_env")
    assert secret not in told.err + told.out
    assert program.files_holding(secret) == []
    assert [task.path] == list(program.tasks.iterdir())


def test_a_password_in_the_file_is_not_shown(program):
    program.task_file("shop", LEAST.replace("account = dts", "account = dts\npassword = Tr0ub4dor", 1))
    told = program.run("task", "show", "shop").succeeded()
    assert "password = ***" in told.out and "Tr0ub4dor" not in told.out


def test_a_password_that_others_can_read_is_refused(program):
    task = program.task_file("shop", LEAST.replace("account = dts", "account = dts\npassword = Tr0ub4dor", 1), 0o644)
    assert "Tr0ub4dor" not in refused(program.run("precheck", task.path), 1011, "600").err


def test_a_task_that_is_not_there(program):
    for command in (["run"], ["precheck"], ["status"], ["stop"], ["verify"], ["task", "show"]):
        refused(program.run(*command, "nobody"), 1006, "nobody")
    refused(program.run("run", program.home / "nobody.ini"), 1006, "nobody.ini")


DAMAGE = {
    "a key twice": ("host = 127.0.0.1\n", "host = 127.0.0.1\nhost = 10.0.0.1\n", 1004, ":5:"),
    "a mark inside a value": ("account = dts", "account = dts;x", 1004, ":6:"),
    "a line that is none": ("[objects]", "[objects", 1004, ":11:"),
    "a section twice": ("[destination]", "[source]", 1004, ":7:"),
    "an unknown key": ("account = dts", "acount = dts", 1005, "account"),
    "a wrong value": ("port = 1\n", "port = many\n", 1005, "port"),
    "nonsense": (LEAST, "\x00\x01\x02 binary\n", 1004, ":1:"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_task_file_is_refused_with_its_place(program, what):
    old, new, code, text = DAMAGE[what]
    task = program.task_file("shop", LEAST.replace(old, new, 1))
    refused(program.run("run", task.path), code, str(task.path), text)
    (listed,) = program.run("status", "--json").succeeded().json
    assert listed["error"]["code"] == f"RS-{code}" and listed["file"] == str(task.path)
    assert f"RS-{code}" in program.run("task", "list").succeeded().out


def test_a_copied_task_file_is_noticed(program):
    identity = uuid.uuid4()
    text = LEAST.replace("[task]", f"[task]\nid = {identity}")
    program.task_file("shop", text)
    program.task_file("shop2", text)
    refused(program.run("run", "shop2"), 1007, str(identity), str(program.tasks / "shop.ini"))
    refused(program.run("precheck", "shop2"), 1007)


@pytest.mark.parametrize("line, text", (("flow = mysql-to-mysql", "flow"), ("include = shop", "object")))
def test_an_incomplete_task_says_what_it_lacks(program, line, text):
    task = program.task_file("shop", LEAST.replace(line, ""))
    refused(task.run(), 1005, text)
    assert task.status()["state"] == "NotConfigured"


# --- status, commands -------------------------------------------------------------------------------------

def test_status_of_a_task_that_never_ran(program, task):
    told = task.status()
    assert told == {"task": "shop", "id": None, "flow": "mysql-to-mysql", "file": str(task.path), "state": "NotStarted",
                    "live": False, "answers": None, "pid": None, "updated": None, "progress": None}
    assert program.run("status").succeeded().out.split() == ["shop", "Not", "started"]


def test_commands_to_a_task_that_does_not_run(program, task):
    for command in ("pause", "resume", "stop"):
        refused(task.command(command), 1009, "rds-sync run shop")
    refused(task.command("release"), 1009)
    assert program.run("status", "nobody", "--json").exited(2).json["error"]["code"] == "RS-1006"


def test_a_damaged_local_state_is_no_obstacle(program, task):
    identity = str(uuid.uuid4())
    task.replace("[task]", f"[task]\nid = {identity}")
    state = program.home / "state/rds-sync"
    state.mkdir(mode=0o700)
    for content in (b"", b"not a database, only text " * 50, os.urandom(9000)):
        (state / f"{identity}.db").write_bytes(content)
        assert task.status()["state"] == "NotStarted"


def test_a_state_that_was_left_behind_by_a_dead_process_is_interrupted(program, task):
    identity = str(uuid.uuid4())
    task.replace("[task]", f"[task]\nid = {identity}")
    state = program.home / "state/rds-sync"
    state.mkdir(mode=0o700)
    with sqlite3.connect(state / f"{identity}.db") as file:
        file.executescript(
            "CREATE TABLE progress(one INTEGER PRIMARY KEY CHECK(one = 1), state TEXT, json TEXT, pid TEXT,"
            " saved INTEGER); CREATE TABLE history(n INTEGER PRIMARY KEY, kind TEXT, text TEXT, at INTEGER);"
            "PRAGMA user_version = 1")
        file.execute("INSERT INTO progress VALUES(1, 'Synchronizing', ?, '4194303', 1700000000000000)",
                     [json.dumps({"state": "Synchronizing", "lag_seconds": 0.5})])
    file.close()
    told = task.status()
    assert told["state"] == "Interrupted" and told["live"] is False and told["progress"]["lag_seconds"] == 0.5
    assert "Interrupted, resumable" in task.command("status").succeeded().out


def test_a_state_directory_that_cannot_be_made(program, task):
    shutil.rmtree(program.home / "state")
    (program.home / "state").write_text("a file in the way", encoding="ascii")
    refused(task.run(), 1012, "XDG_STATE_HOME")
    assert task.status()["state"] == "NotStarted"


def test_a_task_is_exported_without_its_secrets_and_imported_as_another(program, task):
    program.run("task", "set", "shop", "source.password_env=P", "task.name=shop").succeeded()
    text = task.path.read_text(encoding="utf-8")
    task.path.write_text(text.replace("[destination]", "[destination]\npassword = Tr0ub4dor"), encoding="utf-8")
    (own,) = [line for line in task.path.read_text(encoding="utf-8").splitlines() if line.startswith("id =")]
    out = program.home / "shop.txt"
    assert program.run("task", "export", "shop", f"--output={out}").succeeded().out == ""
    exported = out.read_text(encoding="utf-8")
    assert "Tr0ub4dor" not in exported and own not in exported and "password_env = P" in exported
    assert out.stat().st_mode & 0o777 == 0o600
    assert program.run("task", "export", "shop").succeeded().out == exported
    path = program.run("task", "import", out).succeeded().out.strip()
    assert path == str(program.tasks / "shop-2.ini")
    assert program.run("task", "export", "shop-2").succeeded().out.replace("shop-2", "shop", 1) == exported
    assert program.run("task", "import", "--name=night", out).succeeded().out.strip().endswith("/night.ini")
    (other,) = [line for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines() if line.startswith("id =")]
    assert other != own
    program.run("task", "set", "shop-2", "alert.command=true").succeeded()
    assert program.run("task", "import", path).succeeded().err.endswith(": alert.command\n")
    refused(program.run("task", "import", program.home / "nothing"), 1003, "nothing")
    out.write_text("[task]\nflaw = 1\n", encoding="utf-8")
    refused(program.run("task", "import", out), 1005, "flaw")


def test_changes_of_a_file_at_the_same_time_are_all_there(program, task):
    """Each reads the file, changes a key and writes it: none takes another's change back."""
    keys = {"sync.full_max_rows": 7, "sync.full_max_queries": 8, "sync.copy_workers": 9, "sync.apply_workers": 10, "task.note": 11,
            "sync.retry_connection": 12, "alert.lag": 13, "verify.budget": 14}
    for _ in range(3):
        running = [program.start("task", "set", "shop", f"{key}={value}") for key, value in keys.items()]
        for one in running:
            one.wait().succeeded()
        text = task.path.read_text(encoding="utf-8")
        for key, value in keys.items():
            assert f"{key.split('.')[1]} = {value}\n" in text, text
        program.run("task", "set", "shop", *(f"{key}=" for key in keys)).succeeded()


def test_usage_is_told_of_tasks_that_never_ran(program, task):                   # pylint: disable=unused-argument
    (told,) = program.run("usage", "--json").succeeded().json
    assert told["task"] == "shop" and told["changes"] == 0 and told["full"] == {"running_seconds": 0, "cost": 0}
    assert told["incremental"]["cost"] is None and told["cost"] is None and told["currency"] is None
    (program.tasks.parent / "prices.ini").write_text("[default]\ncurrency = CNY\nincremental_hour = 2.5\n", encoding="utf-8")
    (told,) = program.run("usage", "--json", "shop").succeeded().json
    assert told["incremental"]["cost"] == 0 and told["currency"] == "CNY"
    assert "free" in program.run("usage").succeeded().out
    (program.tasks.parent / "prices.ini").write_text("[default]\nhour = 2.5\n", encoding="utf-8")
    refused(program.run("usage"), 1004, "prices.ini:2")


# --- forms ------------------------------------------------------------------------------------------------

FORMS = pathlib.Path(__file__).resolve().parents[2] / "forms"


def test_the_forms_are_in_order(program):
    assert program.run("form", "lint").succeeded().out == ""
    program.env["RDS_SYNC_FORMS"] = str(FORMS)
    assert program.run("form", "lint").succeeded().out == ""


def test_a_form_that_is_not_in_order_is_named(program):
    copy = program.home / "forms"
    shutil.copytree(FORMS, copy)
    form = copy / "mysql.part"
    form.write_text(form.read_text(encoding="utf-8").replace("bind = {side}.host", "bind = {side}.hots"), encoding="utf-8")
    program.env["RDS_SYNC_FORMS"] = str(copy)
    told = program.run("form", "lint").exited(1).out
    assert f"{form}:" in told and "source.hots" in told


# --- flows that can't be started ------------------------------------------------------------------------

@pytest.mark.parametrize("flow, settings", (
    ("fdw", ["source.host=a", "destination.host=b"]),
    ("mysql-to-maxcompute", ["source.host=a", "destination.project=p", "objects.include=shop"]),
    ("zero-etl", ["source.instance=pg", "destination.instance=gp", "objects.include=public"])))
def test_a_flow_that_cannot_be_started_says_so(program, flow, settings):
    path = program.run("task", "new", f"--flow={flow}", "task.name=later", *settings).succeeded().out.strip()
    assert ("Defined" if flow == "zero-etl" else "Not started") in program.run("status", path).succeeded().out
    refused(program.run("run", path), 1015, flow)
    told = program.run("precheck", path).exited(1)
    assert "can't be started by this version" in told.out and flow in told.out
    program.run("task", "set", path, "sync.memory=1G").succeeded()
    refused(program.run("precheck", path), 1005, "sync.memory", "no use for it")


# --- logs -------------------------------------------------------------------------------------------------

def test_a_log_file_that_cannot_be_written(program, task):                         # pylint: disable=unused-argument
    refused(program.run("--log-file=/dev/null/log", "status"), 1003, "/dev/null/log")


def test_ending_signals_end_a_precheck(program):
    """A host that answers nothing keeps the precheck waiting; SIGTERM ends it at once."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        task = program.task_file("shop", LEAST.replace("port = 1", f"port = {silent.getsockname()[1]}"))
        running = program.start("precheck", task.path)
        silent.settimeout(60)
        connection, _ = silent.accept()
        running.process.send_signal(signal.SIGTERM)
        running.wait(8).exited(2)
        connection.close()
