"""Tables that are changed online by the tool itself, pt-online-schema-change, under a writer, while a task follows. What stops a
task, other tools' statements, and what may come between them, is in test_online_ddl.py and test_online_left_out.py."""

import shutil
import subprocess

import pytest

import compare
from test_online_left_out import Writer, leftovers

ROWS = 2000
CHANGES = ("ADD COLUMN w INT NOT NULL DEFAULT 7, MODIFY v BIGINT, ADD KEY by_v (v)", "ADD COLUMN x VARCHAR(9) DEFAULT 'é', DROP KEY by_v")


def pt_osc(server, alter):
    return ["pt-online-schema-change", f"--alter={alter}", "--execute", "--chunk-size=100", "--sleep=0.01", "--recursion-method=none", "--no-version-check",
            "--no-check-replication-filters", "--max-load=Threads_running=1000", "--critical-load=Threads_running=1000", "--charset=utf8mb4",
            f"h={server.host},P={server.port},u=root,D=shop,t=orders"]


def columns(server):
    return [name for (name,) in server.sql("SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'shop' AND TABLE_NAME = 'orders'")]


def change_under_a_writer(pair, program, setting, tool):
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4", "CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, v INT) ENGINE=InnoDB",
                    "INSERT INTO shop.orders (v) VALUES " + ", ".join(f"({n})" for n in range(ROWS)))
    task = program.task("online", pair, ["shop"], settings={"sync.online_ddl": setting})
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "following")
    with Writer(pair.source):
        for alter, column in zip(CHANGES, "wx"):
            done = subprocess.run(tool(pair.source, alter), env=program.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300, check=False)
            assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
            running.until(lambda column=column: column in columns(pair.destination), "the column at the destination")
    running.stop().succeeded()
    assert task.status()["progress"]["counters"]["anomalies"] == 0
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["shop"]) == []
    assert leftovers(pair) == []
    assert not task.status()["progress"]["problems"]


# With "dms" as with "yes": the tool's tables are like any other, since none has a name that DMS gives.
@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
@pytest.mark.parametrize("setting", ["gh-ost", pytest.param("yes", marks=pytest.mark.long), pytest.param("dms", marks=pytest.mark.long)])
def test_pt_online_schema_change(pair, program, setting):
    if not shutil.which("pt-online-schema-change"):
        pytest.skip("pt-online-schema-change is not available")
    change_under_a_writer(pair, program, setting, pt_osc)
