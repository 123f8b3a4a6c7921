"""What is told to Prometheus, read by its own parser: in a file, and over HTTP."""

import http.client
import pathlib
import stat

import pytest
from prometheus_client.parser import text_string_to_metric_families

import rds
import servers

pytestmark = pytest.mark.pairs("mariadb-mariadb")

NAME = 'a "task" \\ 任务'


def metrics(text):
    """{name: {labels without the task: value}}; each has a help and a type, and the task's label."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.name.startswith("rds_sync_") and family.documentation and family.type in ("gauge", "counter"), family
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("task") == NAME
            found.setdefault(sample.name, {})[tuple(labels.values())] = sample.value
    return found


def state(found):
    (name,) = [name for (name,), value in found["rds_sync_state"].items() if value == 1]
    return name


@pytest.fixture
def task(pair, program):
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, n INT)",
                    "INSERT INTO d.t SELECT seq, 0 FROM d.seq_1_to_100")
    return program.task("t", pair, ["d"], settings={"task.name": NAME, "sync.metrics_file": "t.prom"})


def caught_up(running, task):
    running.until(lambda: (task.status()["progress"] or {}).get("caught_up"), "the task to follow")


def test_the_file_tells_what_the_status_tells(pair, task):
    path = pathlib.Path(task.path).with_name("t.prom")
    running = task.start()
    caught_up(running, task)
    pair.source.sql("UPDATE d.t SET n = 1 WHERE id <= 30", "DELETE FROM d.t WHERE id = 31", "CREATE TABLE d.u (id INT PRIMARY KEY)")
    pair.destination.sql("DELETE FROM d.t WHERE id = 99")
    pair.source.sql("UPDATE d.t SET n = 2 WHERE id = 99")

    def told():
        found = metrics(path.read_text(encoding="utf-8"))
        noted = found.get("rds_sync_anomalies_total", {}).get(()) == 1 and "RS-6002" in [labels[0] for labels in found.get("rds_sync_problems_total", ())]
        return found if noted and state(found) == "Synchronizing" else None

    found = running.until(told, "the anomaly")
    assert found["rds_sync_consistent"][()] == 1
    assert found["rds_sync_copy_rows"][()] == 100 and found["rds_sync_tables"][()] == 2
    changes = found["rds_sync_changes_total"]
    assert (changes["update",], changes["delete",], changes["ddl",]) == (31, 1, 1)
    assert found["rds_sync_problems_total"]["RS-6002",] == 1
    assert found["rds_sync_lag_seconds"][()] >= 0 and found["rds_sync_throttled"][()] == 0
    assert found["rds_sync_checkpoint_timestamp_seconds"][()] <= found["rds_sync_updated_timestamp_seconds"][()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    running.stop().succeeded()
    assert [p.name for p in path.parent.glob("*prom*")] == ["t.prom"], "nothing but the file is left"
    assert state(metrics(path.read_text(encoding="utf-8"))) == "Stopped"


def test_counters_never_fall(pair, task):
    """What is applied as it arrives counts when it is committed, so that nothing has to be taken back where it fails."""
    pair.source.sql("CREATE TABLE d.wide (id INT PRIMARY KEY, v LONGTEXT)")
    running = task.start()
    caught_up(running, task)
    counters = lambda: task.status()["progress"]["counters"]
    waiting = "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'"
    with pair.destination.connect() as other:
        with other.cursor() as cursor:
            cursor.execute("START TRANSACTION")
            cursor.execute("UPDATE d.t SET n = 7 WHERE id = 1")
        pair.source.sql("START TRANSACTION", *(f"INSERT INTO d.wide VALUES ({n}, REPEAT('x', 1 << 20))" for n in range(12)),
                        "UPDATE d.t SET n = 1 WHERE id = 1", "COMMIT")
        running.until(lambda: pair.destination.value(waiting) == 1, "the transaction to wait for a lock")
        assert counters()["inserts"] == 0 and counters()["transactions"] == 0
        other.rollback()
    running.until(lambda: counters().items() >= {"inserts": 12, "updates": 1, "transactions": 1}.items(), "it to count")
    running.stop().succeeded()


def test_a_table_that_is_dropped_is_told_of_no_more(pair, task):
    running = task.start()
    caught_up(running, task)
    tables = lambda: {table["table"]: table["rows"] for table in task.status()["progress"]["tables"]}
    assert tables() == {"t": 100}
    pair.source.sql("DROP TABLE d.t")
    running.until(lambda: tables() == {}, "the table to go")
    pair.source.sql("CREATE TABLE d.t (id INT PRIMARY KEY)", "INSERT INTO d.t VALUES (1)")
    running.until(lambda: tables() == {"t": 0}, "the table to come back")
    running.stop().succeeded()


def ask(port, method="GET", path="/metrics"):
    conn = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        conn.request(method, path)
        answer = conn.getresponse()
        return answer.status, answer.read().decode()
    finally:
        conn.close()


def reachable(port):
    try:
        return ask(port)
    except OSError:
        return None


def test_http_answers_with_the_same_to_readers_only(pair, program, task):
    port = servers.free_port()
    program.run("task", "set", task.path, "sync.metrics_file=", f"sync.metrics_listen=127.0.0.1:{port}").succeeded()
    running = task.start()
    running.until(lambda: reachable(port), "an answer")
    caught_up(running, task)
    rds.wait_until(lambda: state(metrics(ask(port)[1])) == "Synchronizing", "Synchronizing")
    code, text = ask(port)
    assert code == 200 and metrics(text)["rds_sync_copy_rows"][()] == 100
    secrets = [text for text in (pair.source.socket, str(task.path)) if text in ask(port)[1]]
    assert not secrets
    assert ask(port, path="/")[0] == 404 and ask(port, "POST")[0] == 405 and ask(port, "HEAD") == (200, "")
    other = program.task("other", pair, ["d"], rename=["d -> e"], settings={"sync.metrics_listen": f"127.0.0.1:{port}"})
    other.synchronize()
    (problem,) = other.status()["progress"]["problems"]
    assert problem["code"] == "RS-1003" and str(port) in problem["text"] and not problem["fatal"]
    running.stop().succeeded()
    assert reachable(port) is None


@pytest.mark.parametrize("address", ["0.0.0.0:9187", "[::]:9187", "10.1.2.3:9187", "127.0.0.1", "localhost:9187", "127.0.0.1:0"])
def test_an_address_that_others_reach_must_be_meant(program, task, address):
    refused = program.run("task", "set", task.path, f"sync.metrics_listen={address}").succeeded()
    refused = task.run().exited(2)
    assert "RS-1005" in refused.err and "metrics_listen" in refused.err
    program.run("task", "set", task.path, "sync.metrics_public=yes").succeeded()
    if address in ("10.1.2.3:9187", "0.0.0.0:9187", "[::]:9187"):
        task.precheck().succeeded()
    else:
        task.run().exited(2)
