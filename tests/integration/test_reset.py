"""A task that is reset is what it was before it was configured: both servers and this host forget it, and the rows stay."""

import pytest

import rds

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")

SHOP = ("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, v CHAR(100) NOT NULL DEFAULT 'v', n INT, KEY of_n (n))",
        "INSERT INTO shop.t (id, n) VALUES " + ", ".join(f"({n}, {n})" for n in range(3000)), "ANALYZE TABLE shop.t")


def meta(server):
    """What the destination knows of tasks."""
    return server.value("SELECT COUNT(*) FROM dts.rds_sync_task") + server.value("SELECT COUNT(*) FROM dts.rds_sync_position")


def rows(server):
    return server.value("SELECT COUNT(*) FROM shop.t")


def indexes(server):
    return server.value("SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = 'shop' AND INDEX_NAME = 'of_n'")


def reset(program, task):
    """Without anybody who could be asked it is done only where that is said to be meant."""
    before = task.path.read_text(encoding="utf-8")
    assert "--yes" in task.command("reset").exited(2).err
    assert task.path.read_text(encoding="utf-8") == before
    done = task.command("reset", "--yes").succeeded()
    text = task.path.read_text(encoding="utf-8")
    assert "name = shop" in text and "flow = mysql-to-mysql" in text
    assert "[source]" not in text and "[destination]" not in text and "[objects]" not in text
    assert task.status()["state"] == "NotConfigured" and task.status()["progress"] is None
    assert "RS-1005" in program.run("run", task.path).exited(2).err
    return done, before


def begin_anew(task, before):
    """With what was configured, under the id that it has now: on top of what is there."""
    identity = [line for line in task.path.read_text(encoding="utf-8").splitlines() if line.startswith("id = ")]
    assert len(identity) == 1 and identity[0] not in before
    lines = [identity[0] if line.startswith("id = ") else line for line in before.splitlines()]
    task.path.write_text("\n".join(lines).replace("existing_tables = check", "existing_tables = ignore") + "\n", encoding="utf-8")
    task.path.chmod(0o600)
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()


def test_while_it_follows(pair, program):
    """The process that runs it ends in order, without having failed; what it had arrived is there."""
    pair.source.sql(*SHOP)
    task = program.task("shop", pair, ["shop"])
    running = task.start()
    running.until(lambda: (task.status()["progress"] or {}).get("caught_up"), "the task to follow")
    pair.source.sql("DELETE FROM shop.t WHERE id < 10")
    running.until(lambda: rows(pair.destination) == 2990, "the changes")
    _, before = reset(program, task)
    assert running.wait().code == 0
    assert meta(pair.destination) == 0 and rows(pair.destination) == 2990
    pair.source.sql("INSERT INTO shop.t (id) VALUES (1)")
    begin_anew(task, before)
    assert rows(pair.destination) == 2991 and meta(pair.destination) > 0


def test_in_the_middle_of_the_copy_and_with_tables_on_ways_of_their_own(pair, program):
    """Indexes that were left out for the copy are made, those of tables that were being added as well."""
    pair.source.sql(*SHOP)
    task = program.task("shop", pair, ["shop"], settings={"sync.chunk_size": "64K", "sync.copy_workers": 1})
    assert task.crash_at("chunk-after-commit")
    there = rows(pair.destination)
    assert 0 < there < 3000 and indexes(pair.destination) == 0
    _, before = reset(program, task)
    assert meta(pair.destination) == 0 and rows(pair.destination) == there and indexes(pair.destination) == 1
    begin_anew(task, before)
    assert rows(pair.destination) == 3000
    running = task.start()
    running.until(lambda: (task.status()["progress"] or {}).get("caught_up"), "the task to follow")
    program.run("table", "suspend", task.path, "shop.t").succeeded()
    reset(program, task)
    assert running.wait().code == 0 and meta(pair.destination) == 0


def test_without_a_source(pair, program, new_server):
    """A task whose source is gone for good is reset all the same, and what could not be done there is told; without the
    destination nothing is done."""
    source, destination = new_server(pair.source.flavor), new_server(pair.destination.flavor)
    source.sql(*SHOP)
    lone = type(pair)("lone", source, destination)
    task = program.task("shop", lone, ["shop"])
    task.synchronize()
    source.kill()
    destination.stop()
    before = task.path.read_text(encoding="utf-8")
    refused = task.command("reset", "--yes").exited(2)
    assert "RS-2001" in refused.err and task.path.read_text(encoding="utf-8") == before
    destination.start()
    done, _ = reset(program, task)
    assert "Left behind:" in done.out and "source" in done.out, done
    assert meta(destination) == 0 and rows(destination) == 3000


def test_killed_when_the_destination_has_forgotten_it(pair, program):
    """What the file still has is not run as a new task, on top of the rows that are there."""
    pair.source.sql(*SHOP)
    task = program.task("shop", pair, ["shop"], settings={"sync.existing_tables": "ignore"})
    task.synchronize()
    program.env["RDS_SYNC_CRASH_AT"] = "reset-forgotten"
    assert task.command("reset", "--yes").code == -9
    del program.env["RDS_SYNC_CRASH_AT"]
    assert meta(pair.destination) == 0
    pair.source.sql("UPDATE shop.t SET n = 7 WHERE id = 5")
    refused = task.run("--until=synchronized").err
    assert "RS-1012" in refused and "rds-sync reset shop" in refused, refused
    assert pair.destination.value("SELECT n FROM shop.t WHERE id = 5") == 5 and meta(pair.destination) == 0
    _, before = reset(program, task)
    begin_anew(task, before)


def test_before_it_has_begun(pair, program):
    """No server is needed for that."""
    task = program.task("shop", pair, ["shop"], settings={"source.host": "192.0.2.1", "destination.host": "192.0.2.1"})
    reset(program, task)


def test_by_another_host(pair, program, tmp_path):
    """What one host runs is not forgotten by another that only has its file, which would be emptied in vain."""
    (tmp_path / "other").mkdir()
    other = rds.Program(program.binary, tmp_path / "other")
    pair.source.sql(*SHOP)
    task = program.task("shop", pair, ["shop"])
    task.synchronize()
    other.env.update({name: value for name, value in program.env.items() if name.startswith("RDS_TEST_")})
    before = task.path.read_text(encoding="utf-8")
    assert "not run on this host" in other.run("reset", task.path, "--yes").exited(2).err
    assert task.path.read_text(encoding="utf-8") == before and meta(pair.destination) > 0
    other.run("run", task.path, "--until=synchronized").succeeded()
    other.run("reset", task.path, "--yes").succeeded()
    assert meta(pair.destination) == 0 and rows(pair.destination) == 3000
    other.close()


def test_it_is_gone_from_where_the_list_looks(pair, program):
    """Its log that was kept here, and its state."""
    pair.source.sql(*SHOP)
    task = program.task("shop", pair, ["shop"])
    running = task.start()
    running.until(lambda: (task.status()["progress"] or {}).get("caught_up"), "the task to follow")
    task.command("pause").succeeded()
    pair.source.sql("UPDATE shop.t SET n = 0")
    identity = task.status()["id"]
    rds.wait_until(lambda: task.status()["progress"]["relay"]["bytes"] > 0, "the log to be kept here")
    reset(program, task)
    assert running.wait().code == 0
    assert [path for path in (program.home / "state/rds-sync").iterdir() if identity in path.name and path.suffix != ".log"] == []
