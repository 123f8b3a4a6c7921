"""A task is one process's at a time: who comes later takes it over, whatever the earlier one was doing, and the earlier
one notices when it wakes up, writes nothing, and leaves the task alone."""

import pathlib

import pytest

import compare
import rds
import servers

PAIRS = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")


@pytest.fixture
def other_host(program, tmp_path):
    """The same program with a state directory, and so a lock, of its own."""
    home = tmp_path / "other"
    home.mkdir()
    other = rds.Program(pathlib.Path(program.binary), home)
    yield other
    other.close()


def hang(program, other_host, task, step):
    other_host.env.update({k: v for k, v in program.env.items() if k.startswith("RDS_TEST_")})
    return task.stand_at(step, "--skip-precheck-warnings")


def assert_leaves_it(hung):
    hung.go_on()
    rds.wait_until(lambda: hung.ended, "the earlier process to give up", process=hung)
    assert hung.process.returncode != 0
    assert "RS-4010" in hung.err and "another process has taken over" in hung.err


# From just before a transaction to just before its end; the deeper, the more locks the earlier one holds.
@PAIRS
@pytest.mark.parametrize("step", ("apply-batch", "apply-begun", "apply-before-commit", "packet-executed"))
def test_while_the_earlier_one_is_applying(pair, program, other_host, step):
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)", "INSERT INTO shop.t VALUES (0, 0)")
    task = program.task("apply", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.source.sql("INSERT INTO shop.t VALUES (1, 1)")
    hung = hang(program, other_host, task, step)
    try:
        other_host.run("run", task.path, "--until=synchronized", "--skip-precheck-warnings").succeeded()
        pair.source.sql("UPDATE shop.t SET v = v + 1")
        assert_leaves_it(hung)
        assert pair.destination.value("SELECT SUM(v) FROM shop.t") == 1
        other_host.run("run", task.path, "--until=synchronized", "--skip-precheck-warnings").succeeded()
    finally:
        hung.kill()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])


@PAIRS
@pytest.mark.parametrize("step", ("planned", "table-made", "chunk-marked", "chunk-before-commit", "table-copied", "copy-done"))
def test_while_the_earlier_one_is_copying(pair, program, other_host, step):
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(200))")
    for i in range(5):
        pair.source.sql("INSERT INTO shop.t VALUES " + ",".join(f"({n}, '{'x' * 150}')" for n in range(i * 200, i * 200 + 200)))
    task = program.task("copy", pair, ["shop"], settings={"sync.chunk_size": "64K"})
    hung = hang(program, other_host, task, step)
    try:
        other_host.run("run", task.path, "--until=synchronized", "--skip-precheck-warnings").succeeded()
        assert_leaves_it(hung)
    finally:
        hung.kill()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_table_that_the_earlier_one_is_still_adding_is_copied_anew(pair, program, other_host):
    """What that one copies from then on, before it notices, is none of the new copy."""
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "CREATE TABLE shop.u (id INT PRIMARY KEY, v VARCHAR(200))")
    for i in range(5):
        pair.source.sql("INSERT INTO shop.u VALUES " + ",".join(f"({n}, '{'x' * 150}')" for n in range(i * 400, i * 400 + 400)))
    pair.source.sql("ANALYZE TABLE shop.u")
    task = program.task("add", pair, ["shop.t"], settings={"sync.chunk_size": "64K", "sync.copy_workers": 1})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    task.program.run("task", "set", task.path, "objects.include=shop.t shop.u").succeeded()
    hung = hang(program, other_host, task, "chunk-after-commit")
    other_host.env["RDS_SYNC_STOP_AT"] = "side-saved"
    asked = other_host.start("table", "resync", task.path, "shop.u")
    del other_host.env["RDS_SYNC_STOP_AT"]
    try:
        asked.until(lambda: rds.is_stopped(asked.process.pid), "the new copy to be stored")
        hung.go_on()
        hung.until(lambda: any(p["code"] == "RS-4010" for p in task.status()["progress"]["problems"]), "the earlier one to lose the table")
        pair.source.sql("INSERT INTO shop.t VALUES (1)")
        assert_leaves_it(hung)
        asked.go_on()
        asked.wait().succeeded()
        other_host.run("run", task.path, "--until=synchronized", "--skip-precheck-warnings").succeeded()
    finally:
        hung.kill()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_wait_for_an_earlier_session_that_is_interrupted_is_no_answer(pair, program):
    """A session that can't be ended stands in the way, and so it does when the words that wait for it are ended instead."""
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (0)")
    account = pair.destination.destination_account("shop")
    task = program.task("wait", pair, ["shop"], accounts=(servers.Account("root", ""), account))
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.source.sql("INSERT INTO shop.t VALUES (1)")
    waiting = "SELECT ID FROM information_schema.PROCESSLIST WHERE USER <> 'root' AND INFO LIKE '%GET_LOCK(''rds-sync.%'"
    with pair.destination.connect() as earlier:
        with earlier.cursor() as cursor:
            cursor.execute(f"SELECT GET_LOCK('rds-sync.{task.status()['id']}.3', 0)")
            assert cursor.fetchone() == (1,)
        running = task.start("--until=synchronized", "--skip-precheck-warnings")
        (words,) = rds.wait_until(lambda: pair.destination.sql(waiting), "the program to wait", process=running)
        pair.destination.sql(f"KILL QUERY {words[0]}")
        running.until(lambda: "RS-" in running.err, "it to say so")
        assert pair.destination.value("SELECT COUNT(*) FROM shop.t") == 1
    running.wait().succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_while_the_earlier_one_has_nothing_to_do(pair, program, other_host):
    """It does not go on saying that it synchronizes until the next change comes: it looks whether the task is still its own."""
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (0)")
    task = program.task("idle", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    earlier = task.start("--skip-precheck-warnings")
    earlier.until(lambda: task.status()["state"] == "Synchronizing", "the earlier process to follow")
    other_host.env.update({k: v for k, v in program.env.items() if k.startswith("RDS_TEST_")})
    other_host.env["RDS_SYNC_STOP_AT"] = "attached"     # before it reads the log, where a server has but one reader of a name
    other = other_host.start("run", task.path, "--skip-precheck-warnings")
    try:
        rds.wait_until(lambda: earlier.ended, "the earlier process to give up", process=other)
        assert earlier.process.returncode != 0 and "RS-4010" in earlier.err, earlier.describe()
    finally:
        other.kill()
        earlier.kill()


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_while_the_earlier_one_is_paused(pair, program, other_host):
    """It does not go on saying what it was before, and keeps the source's log no more; whoever tells it to go on means it."""
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (0)")
    task = program.task("rest", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    earlier = task.start("--skip-precheck-warnings")
    earlier.until(lambda: task.status()["state"] == "Synchronizing", "the earlier process to follow")
    program.run("pause", task.path).succeeded()
    other_host.env.update({k: v for k, v in program.env.items() if k.startswith("RDS_TEST_")})
    other_host.run("run", task.path, "--until=synchronized", "--skip-precheck-warnings").succeeded()
    rds.wait_until(lambda: earlier.ended, "the earlier process to give up")
    assert earlier.process.returncode != 0 and "RS-4010" in earlier.err, earlier.describe()
    told = task.status()
    assert told["state"] == "Failed" and told["progress"]["error"]["code"] == "RS-4010", told


@pytest.mark.pairs("mariadb-mariadb")
def test_the_earlier_one_can_be_told_to_take_it_back(pair, program, other_host):
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (0)")
    task = program.task("back", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.source.sql("INSERT INTO shop.t VALUES (1)")
    hung = hang(program, other_host, task, "apply-begun")
    try:
        other = other_host.start("run", task.path, "--skip-precheck-warnings")
        rds.wait_until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.t") == 2, "the other to go on", process=other)
        assert_leaves_it(hung)
    finally:
        hung.kill()
    back = task.start("--skip-precheck-warnings")
    try:
        rds.wait_until(lambda: other.ended, "the other to give up", process=other)
        assert "RS-4010" in other.err, other.err
        pair.source.sql("INSERT INTO shop.t VALUES (2)")
        rds.wait_until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.t") == 3, "the first to go on", process=back)
    finally:
        back.kill()
        other.kill()
