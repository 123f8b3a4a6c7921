"""The log explains every pause, retry and anomaly: with the published code, the task, and where it stood."""

import json
import re

import pymysql
import pytest

import rds

pytestmark = pytest.mark.pairs("mariadb-mariadb")


def told(task):
    return task.status()["progress"] or {}


class Log:
    """The lines of a run's log, as they come."""

    def __init__(self, program):
        self.folder = program.home / "state/rds-sync"

    def lines(self):
        return [json.loads(line) for path in self.folder.glob("*.log") for line in path.read_text("utf-8").splitlines(keepends=True)
                if line.endswith("\n")]                                # the last may be there in part

    def find(self, message, **fields):
        """Those that begin so, and have these fields."""
        return [line for line in self.lines() if line["message"].startswith(message)
                and all(line.get(name) == value for name, value in fields.items())]


@pytest.fixture
def log(program):
    return Log(program)


def following(pair, program, settings=None):
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, n INT)",
                    "INSERT INTO d.t SELECT seq, 0 FROM d.seq_1_to_100")
    task = program.task("t", pair, ["d"], settings=settings)
    running = program.start("run", "--log-format=json", task.path)
    running.until(lambda: task.status()["state"] == "Synchronizing" and told(task)["caught_up"], "the task to follow")
    return task, running


def test_a_pause_a_limit_and_an_end_are_explained(pair, program, log):
    task, running = following(pair, program)
    task.command("pause").succeeded()
    running.until(lambda: log.find("paused", code="RS-6001", level="info"), "the pause in the log")
    (paused,) = log.find("paused")
    assert 'task="t"' in paused["message"] and re.search(r"position=\S+:\d+", paused["message"]) and paused["error"]
    assert len(log.find("told to pause")) == 1 and log.find("command from another process task=t command=pause")
    task.command("resume").succeeded()
    running.until(lambda: told(task).get("caught_up"), "the task to follow")
    program.run("task", "set", task.path, "sync.incremental_max_rows=10").succeeded()
    pair.source.sql("UPDATE d.t SET n = 1")
    running.until(lambda: log.find("held back by the limit incremental_max_rows"), "the limit in the log")
    running.stop().succeeded()
    states = [line["message"].split()[1:3] for line in log.find("state ")]
    assert ["from=Synchronizing", "to=Suspending"] in states and states[-1][1] == "to=Stopped"
    assert all(before[1][3:] == after[0][5:] for before, after in zip(states, states[1:])), states
    assert log.find("phase full done done=100") and log.find("phase incremental running")
    assert len(log.find("stopped", code="RS-6001")) == 1 and len(log.find("paused")) == 1
    assert "incremental_max_rows=10 " in log.find("limits ")[-1]["message"]


def test_retries_anomalies_and_failures_are_explained(pair, program, log):
    task, running = following(pair, program, {"sync.retry_other": 0})
    pair.destination.sql("DELETE FROM d.t WHERE id = 5")
    pair.source.sql("UPDATE d.t SET n = 1 WHERE id = 5")
    running.until(lambda: log.find("anomaly", code="RS-6002", level="warn"), "the anomaly in the log")
    (anomaly,) = log.find("anomaly")
    assert 'task="t"' in anomaly["message"] and "position=" in anomaly["message"]
    assert "updates without a row: 1" in anomaly["detail"]
    program.run("task", "set", task.path, "sync.retry_connection=60").succeeded()

    def retried():  # the first that is killed may be the relay's, which the stream has left
        for (session,) in pair.source.sql("SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND = 'Binlog Dump'"):
            try:
                pair.source.sql(f"KILL {session}")
            except pymysql.err.OperationalError as gone:
                assert gone.args[0] == 1094, gone
        return log.find("retrying", level="warn")

    running.until(retried, "the retry in the log")
    retry = log.find("retrying")[0]
    assert retry["code"].startswith("RS-20") and retry["error"]
    assert re.search(r"failures=1 pause=\d+\.\ds failing_for=\d+\.\ds retry_for=3600s", retry["message"]), retry
    running.until(lambda: log.find("state from=Retrying to=Synchronizing"), "the task to follow again")
    pair.destination.sql("DROP TABLE d.t")
    pair.source.sql("INSERT INTO d.t VALUES (1000, 0)")
    assert running.wait().code == 1
    (failed,) = log.find("task failed", level="error")
    assert failed["code"] == "RS-4002" and "not to be retried" in failed["message"] and failed["error"]
    assert log.find("state from=Synchronizing to=Failed")
    codes = {problem["code"] for problem in told(task)["problems"]}
    assert codes <= {line.get("code") for line in log.lines()}, "whatever the status tells is in the log"


def test_an_alert_is_told_to_the_log_and_to_the_command(pair, program, log):
    """A failure, at once: also where the process ends because of it."""
    heard = program.home / "heard"
    command = f'echo "$RDS_SYNC_ALERT $RDS_SYNC_ALERT_EVENT $RDS_SYNC_ALERT_STATE $RDS_SYNC_ALERT_CODE $RDS_SYNC_ALERT_TEXT" > {heard}'
    task, running = following(pair, program, {"alert.command": command})
    assert told(task)["alerts"] == []
    pair.destination.sql("DROP TABLE d.t")
    pair.source.sql("INSERT INTO d.t VALUES (1000, 0)")
    assert running.wait().code == 1
    rds.wait_until(lambda: heard.exists() and heard.read_text() == "state raised Failed RS-4002 t: alert state raised: state Failed (RS-4002)\n", "the command")
    assert len(log.find("alert state raised: state Failed (RS-4002)", level="warn")) == 1
    assert told(task)["alerts"] == ["state"]
    assert program.start("run", "--log-format=json", task.path).wait().code == 1
    assert told(task)["alerts"] == ["state"] and not [line for line in log.find("alert ") if " over" in line["message"]]
