"""The relay: what the source writes while the task copies or is paused is kept here, so that the source may purge it."""

import contextlib
import random
import time

import compare
import conftest
import proxy
import pytest
import rds
import servers

SHOP = ("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(4000), n INT) "
        "ENGINE=InnoDB")

every_kind = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")


def purge(source):
    """Leave nothing of the log but a file that is empty."""
    source.sql("FLUSH BINARY LOGS")
    file = source.log_position()[0]

    def purged():               # a server keeps what somebody is still reading, without a word
        source.sql(f"PURGE BINARY LOGS TO '{file}'")
        return source.sql("SHOW BINARY LOGS")[0][0] == file
    rds.wait_until(purged, "the purge")


def same(pair):
    return compare.compare_databases(pair.source, pair.destination, ["shop"]) == []


def relay(task):
    return task.status()["progress"]["relay"]


def state(task):
    return task.status()["state"]


def write(source, n, text="x"):
    for i in range(n):
        source.sql(f"INSERT INTO shop.orders (note, n) VALUES (REPEAT('{text}', {50 + i % 300}), {i})",
                   f"UPDATE shop.orders SET n = n + 1 WHERE id % 7 = {i % 7}")


def up_to_the_end(source, task, running, seconds=None):
    """Wait until the relay has all that the source has written."""
    end = source.log_position()

    def reached():
        file, _, offset = (relay(task)["position"] or ":0").rpartition(":")
        return (file, int(offset)) >= end
    running.until(reached, f"the relay to come to {end}", seconds)


def paused(task, running):
    task.command("pause").succeeded()
    running.until(lambda: state(task) in ("Suspending", "Paused"), "the pause")


def followed(pair, program, **settings):
    pair.source.sql(SHOP)
    write(pair.source, 5)
    task = program.task("shop", pair, ["shop"], settings=settings)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "following")
    return task, running


@every_kind
def test_the_log_is_purged_under_a_paused_task(pair, program):
    task, running = followed(pair, program)
    paused(task, running)
    write(pair.source, 20)
    up_to_the_end(pair.source, task, running)
    purge(pair.source)
    write(pair.source, 3)
    up_to_the_end(pair.source, task, running)
    task.command("resume").succeeded()
    write(pair.source, 3)
    running.until(lambda: same(pair), "both to be the same")
    running.until(lambda: relay(task)["bytes"] == 0, "the relay to be emptied")
    assert running.stop().code == 0
    assert "RS-" not in running.err


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_the_log_is_purged_while_the_destination_cant_be_reached(pair, program):
    way = proxy.Proxy(pair.destination)
    task, running = followed(conftest.Pair("by another way", pair.source, way), program)
    way.refuse()
    write(pair.source, 20)
    up_to_the_end(pair.source, task, running)
    running.until(lambda: state(task) == "Retrying", "Retrying")
    purge(pair.source)
    way.admit()
    write(pair.source, 3)
    running.until(lambda: same(pair), "both to be the same")
    running.until(lambda: state(task) == "Synchronizing" and relay(task)["bytes"] == 0, "the relay to be emptied")
    assert running.stop().code == 0
    way.close()


@pytest.mark.long
@pytest.mark.pairs("mariadb-mariadb")
def test_a_failure_after_a_while_that_went_well_is_tried_again_at_once(pair, program):
    """Half a minute is waited after many failures in a row only."""
    way = proxy.Proxy(pair.source)
    pair.source.sql(SHOP)
    task = program.task("shop", conftest.Pair("by another way", way, pair.destination), ["shop"])
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "following")
    paused(task, running)
    running.until(lambda: relay(task)["filling"], "the log to go to the relay")
    way.refuse()
    before = way.connections
    running.until(lambda: way.connections >= before + 4, "attempts, with longer and longer pauses")
    way.admit()
    running.until(lambda: relay(task)["filling"], "the log to go to the relay again")
    well = time.monotonic()
    running.until(lambda: time.monotonic() > well + 31 and relay(task)["filling"], "a while in which it goes well")
    way.cut()
    write(pair.source, 1)
    up_to_the_end(pair.source, task, running, 25)
    running.stop()
    way.close()


def leaves_out(task, what):
    progress = task.status()["progress"]
    told = [p["text"] for p in progress["problems"] if p["code"] == "RS-1020"]
    return progress["relay"]["leaves_out"] == what and (what is None or len(told) == 1)


# "relay-head:2" is the head of the second file.
@pytest.mark.pairs("mysql9-mysql9")
@pytest.mark.parametrize("step", [None, "relay-head", "relay-left"] + [pytest.param(step, marks=pytest.mark.long) for step in (
    "relay-written", "relay-head:2", "chunk-after-commit:2", "relay-packet:9", "relay-read")])
def test_what_comes_behind_a_place_that_is_gtids_alone_is_kept(pair, program, step):
    """The account can't write the heartbeat, so that the copy begins where GTIDs say, in the middle of a file."""
    pair.source.sql(SHOP, "INSERT INTO shop.orders (note, n) VALUES " + ", ".join(["(REPEAT('y', 100), 1)"] * 2000))
    task = program.task("shop", pair, ["shop"], accounts=(pair.source.source_account("shop"), servers.Account("root", "")),
                        settings={"sync.full_max_rows": 10, "sync.chunk_size": "64K"})
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["progress"] and relay(task)["filling"] and state(task) == "Initializing", "the relay")
    assert pair.destination.value("SELECT COUNT(*) FROM dts.rds_sync_task WHERE p0_file IS NULL")
    running.kill()
    for _ in range(2):
        write(pair.source, 5)
        pair.source.sql("FLUSH BINARY LOGS")
    if step is None:
        running = task.start("--skip-precheck-warnings")
        running.until(lambda: task.status()["progress"], "the numbers")
        up_to_the_end(pair.source, task, running)
        purge(pair.source)
        assert state(task) == "Initializing" and leaves_out(task, None)
        running.kill()
    program.run("task", "set", task.path, "sync.full_max_rows=0").succeeded()
    if step:
        program.env["RDS_SYNC_CRASH_AT"] = step
        task.start("--skip-precheck-warnings").wait().exited(-9)
        del program.env["RDS_SYNC_CRASH_AT"]
    running = task.start("--skip-precheck-warnings")
    write(pair.source, 5)
    running.until(lambda: same(pair), "both to be the same")
    running.until(lambda: state(task) == "Synchronizing" and relay(task)["bytes"] == 0, "the relay to be emptied")
    running.stop()


@pytest.mark.pairs("mysql9-mysql9")
def test_what_the_server_passed_over_does_not_come_where_nothing_came_behind_it(pair, program):
    """The relay begins with the head of a file whose transactions are all before the copy: it is no place to go on from."""
    pair.source.sql("CREATE DATABASE shop", "DROP DATABASE shop", SHOP,
                    "INSERT INTO shop.orders (note, n) VALUES " + ", ".join(["(REPEAT('y', 100), 1)"] * 2000))
    task = program.task("shop", pair, ["shop"], accounts=(pair.source.source_account("shop"), servers.Account("root", "")),
                        settings={"sync.full_max_rows": 30, "sync.chunk_size": "64K"})
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["progress"] and relay(task)["filling"] and state(task) == "Initializing", "the relay")
    dumped = "SELECT TIME FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'"
    running.until(lambda: max(pair.source.sql(dumped), default=(0,))[0] >= 4, "heartbeats, of which the first tells the log's end")
    program.run("task", "set", task.path, "sync.full_max_rows=0").succeeded()
    running.until(lambda: state(task) == "Synchronizing", "following")
    pair.source.sql("INSERT INTO shop.orders (n) VALUES (7)")
    running.until(lambda: same(pair), "the row that came")
    running.stop().succeeded()
    counters = task.status()["progress"]["counters"]
    assert (counters["ddls"], counters["inserts"]) == (0, 1), counters


# --- what sides need ----------------------------------------------------------------------------------------------

both_dialects = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")


def suspended(pair, program, **settings):
    pair.source.sql(SHOP, "CREATE TABLE shop.resting (id INT PRIMARY KEY, n INT)", "INSERT INTO shop.resting VALUES (0, 0)")
    task = program.task("shop", pair, ["shop"], settings=settings)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "following")
    program.run("table", "suspend", task.path, "shop.resting").succeeded()
    return task, running


def write_both(source, n):
    first = source.value("SELECT MAX(id) + 1 FROM shop.resting")
    for i in range(first, first + n):
        source.sql(f"INSERT INTO shop.resting VALUES ({i}, 0)", "UPDATE shop.resting SET n = n + 1", f"DELETE FROM shop.resting WHERE id = {i} - 7")
    write(source, n)


def there_and_same(pair):
    try:
        return same(pair)
    except Exception:                                                 # pylint: disable=broad-exception-caught
        return False            # a table is being made anew


def joined(pair, task, running):
    running.until(lambda: there_and_same(pair), "both to be the same")
    running.until(lambda: state(task) == "Synchronizing" and relay(task)["bytes"] == 0 and leaves_out(task, None), "the relay to be emptied")
    assert task.status()["progress"]["counters"]["anomalies"] == 0


@both_dialects
@pytest.mark.parametrize("how", ("followed", "paused", "killed"))
def test_what_a_suspended_table_needs_is_kept(pair, program, how):
    task, running = suspended(pair, program)
    if how == "paused":
        paused(task, running)
    for _ in range(2):
        write_both(pair.source, 10)
        up_to_the_end(pair.source, task, running)
        purge(pair.source)
    if how == "killed":
        running.kill()
        write_both(pair.source, 5)
        running = task.start()
    if how == "paused":
        task.command("resume").succeeded()
    running.until(lambda: state(task) == "Synchronizing", "following")
    write_both(pair.source, 5)
    program.run("table", "resume", task.path, "shop.resting").succeeded()
    joined(pair, task, running)
    assert running.stop().code == 0
    assert "RS-" not in running.err


@both_dialects
@pytest.mark.parametrize("step", ["relay-written:2", "relay-left"] + [pytest.param(step, marks=pytest.mark.long) for step in (
    "relay-head", "relay-packet:40", "relay-read", "side-asks")])
def test_killed_while_it_is_kept_for_a_suspended_table(pair, program, step):
    task, running = suspended(pair, program)
    running.stop()
    program.env["RDS_SYNC_CRASH_AT"] = step
    running = task.start()
    with contextlib.suppress(AssertionError):       # of a command, too, whose answer was cut off
        running.until(lambda: relay(task)["filling"], "the relay")
        write_both(pair.source, 10)
        up_to_the_end(pair.source, task, running)
        program.run("table", "resume", task.path, "shop.resting")
        running.until(lambda: same(pair), "both to be the same")
    assert running.wait().code == -9
    del program.env["RDS_SYNC_CRASH_AT"]
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "following")
    write_both(pair.source, 3)
    program.run("table", "resume", task.path, "shop.resting")         # it may have been
    joined(pair, task, running)
    running.stop()


@both_dialects
def test_a_start_that_does_not_come_to_know_what_rests_keeps_what_is_kept_for_it(pair, program):
    """The task itself has gone past where the relay ends, so that it has no use for it."""
    way = proxy.Proxy(pair.destination)
    task, running = suspended(conftest.Pair("by another way", pair.source, way), program)
    write_both(pair.source, 10)
    up_to_the_end(pair.source, task, running)
    purge(pair.source)
    program.run("task", "set", task.path, "sync.relay_quota=0").succeeded()
    running.until(lambda: relay(task)["quota"] == 0, "the relay to be told that it ends here")
    rows = "SELECT COUNT(*) FROM shop.orders"
    write_both(pair.source, 5)
    running.until(lambda: pair.destination.value(rows) == pair.source.value(rows), "the task itself to go on")
    running.stop().succeeded()
    program.run("task", "set", task.path, "sync.relay_quota=1G").succeeded()
    way.refuse_packets(lambda piece: b"WHERE t.`parent`=" in piece, 0)
    running = task.start()
    running.until(lambda: way.refused > 2, "three attempts that end where sides are read")
    way.refuse_packets(lambda piece: False, 0)
    running.until(lambda: state(task) == "Synchronizing", "following")
    program.run("table", "resume", task.path, "shop.resting").succeeded()
    joined(pair, task, running)
    running.stop().succeeded()
    way.close()


@both_dialects
@pytest.mark.parametrize("how", ["paused", pytest.param("followed", marks=pytest.mark.long)])
def test_what_a_table_needs_that_is_being_added_is_kept(pair, program, how):
    pair.source.sql(SHOP, "CREATE TABLE shop.more LIKE shop.orders",
                    "INSERT INTO shop.more (note, n) VALUES " + ", ".join(["(REPEAT('y', 100), 1)"] * 2000))
    task = program.task("shop", pair, ["shop.orders"], settings={"sync.full_max_rows": 10, "sync.chunk_size": "64K"})
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "following")
    program.run("task", "set", task.path, "objects.include=shop").succeeded()
    running.until(lambda: pair.destination.sql("SHOW TABLES FROM shop LIKE 'more'") and relay(task)["filling"], "its copy")
    if how == "paused":
        paused(task, running)
    write(pair.source, 10)
    pair.source.sql("UPDATE shop.more SET n = n + 1", "DELETE FROM shop.more WHERE id % 10 = 3", "INSERT INTO shop.more (n) VALUES (1), (2)")
    up_to_the_end(pair.source, task, running)
    purge(pair.source)
    program.run("task", "set", task.path, "sync.full_max_rows=0").succeeded()
    if how == "paused":
        task.command("resume").succeeded()
    write(pair.source, 3)
    joined(pair, task, running)
    assert running.stop().code == 0


@pytest.mark.pairs("mariadb-mariadb")
def test_what_the_task_itself_needs_comes_first(pair, program):
    """What is kept for a suspended table has filled the quota when the task is paused: that has to give way, and says so."""
    task, running = suspended(pair, program, **{"sync.relay_quota": "400K"})
    chance = random.Random(rds.seed())

    def full():
        pair.source.sql(*[f"INSERT INTO shop.orders (note) VALUES ('{chance.getrandbits(4000):x}')" for _ in range(50)])
        return relay(task)["full"]

    running.until(full, "the quota")
    rows = "SELECT COUNT(*) FROM shop.orders"
    running.until(lambda: pair.destination.value(rows) == pair.source.value(rows), "the task to go on all the same")
    paused(task, running)
    running.until(lambda: leaves_out(task, "objects"), "the word that not all is kept")
    write_both(pair.source, 3)
    up_to_the_end(pair.source, task, running)
    purge(pair.source)
    task.command("resume").succeeded()
    running.until(lambda: pair.destination.value(rows) == pair.source.value(rows), "what was kept of it")
    program.run("table", "resume", task.path, "shop.resting")
    running.until(lambda: "RS-3003" in [p["code"] for p in task.status()["progress"]["problems"]], "the word that its log is gone")
    program.run("table", "resync", task.path, "shop.resting").succeeded()
    joined(pair, task, running)
    running.stop()


# --- the copy, kills, quotas ----------------------------------------------------------------------------------------

@every_kind
def test_the_log_is_purged_under_a_running_copy(pair, program):
    """The copy is slow; the program is killed in its midst, and goes on with what it had kept."""
    pair.source.sql(SHOP, "INSERT INTO shop.orders (note, n) VALUES " + ", ".join(["(REPEAT('y', 100), 1)"] * 3000))
    task = program.task("shop", pair, ["shop"], settings={"sync.full_max_rows": 10, "sync.chunk_size": "64K"})
    running = task.start()
    running.until(lambda: relay(task)["position"] if task.status()["progress"] else None, "the relay")
    write(pair.source, 10)
    pair.source.sql("ALTER TABLE shop.orders ADD COLUMN later INT")
    write(pair.source, 10)
    up_to_the_end(pair.source, task, running)
    purge(pair.source)
    write(pair.source, 3)
    up_to_the_end(pair.source, task, running)
    assert state(task) == "Initializing"
    running.kill()
    task.replace("full_max_rows = 10", "full_max_rows = 0")
    task.synchronize()
    assert same(pair)


@every_kind
@pytest.mark.source(binlog_checksum="NONE")
def test_what_is_kept_survives_a_kill_and_files_that_follow_each_other(pair, program):
    task, running = followed(pair, program)
    paused(task, running)
    for _ in range(3):
        write(pair.source, 4)
        pair.source.sql("FLUSH BINARY LOGS")
    pair.source.sql("CREATE TABLE shop.others (id INT PRIMARY KEY, d DECIMAL(20, 5))", "INSERT INTO shop.others VALUES (1, 2)")
    pair.source.sql("FLUSH BINARY LOGS")
    up_to_the_end(pair.source, task, running)
    running.kill()
    pair.source.sql(f"PURGE BINARY LOGS TO '{pair.source.log_position()[0]}'")
    task.synchronize()
    assert same(pair)


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_killed_in_the_midst_of_a_file_of_the_log_that_ended_soon(pair, program):
    """Before anything of it was noted in the relay but its beginning."""
    task, running = followed(pair, program, **{"sync.incremental_max_rows": 20})
    paused(task, running)
    running.until(lambda: relay(task)["filling"], "the log to go to the relay")
    before = pair.source.value("SELECT COUNT(*) FROM shop.orders")
    pair.source.sql("; ".join(["INSERT INTO shop.orders (n) VALUES (1)"] * 100 + ["FLUSH BINARY LOGS", "INSERT INTO shop.orders (n) VALUES (2)"]))
    up_to_the_end(pair.source, task, running)
    task.command("resume").succeeded()
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.orders") > before + 10, "some of it to arrive")
    running.kill()
    task.replace("incremental_max_rows = 20", "incremental_max_rows = 0")
    task.synchronize()
    assert same(pair)


COMPRESSED = {"mariadb": {"log_bin_compress": "ON", "log_bin_compress_min_len": "10"},
              "mysql9": {"binlog_transaction_compression": "ON"}}


@pytest.mark.parametrize("product", sorted(COMPRESSED))
def test_a_compressed_log(pool, program, product):
    pair = conftest.skipping(pool.pair, f"{product}-{product}", COMPRESSED[product])
    pair.reset()
    task, running = followed(pair, program)
    paused(task, running)
    write(pair.source, 30, "compressed")
    up_to_the_end(pair.source, task, running)
    purge(pair.source)
    task.command("resume").succeeded()
    running.until(lambda: same(pair), "both to be the same")
    assert running.stop().code == 0


@every_kind
def test_a_log_that_is_reset_under_a_pause_is_noticed(pair, program):
    task, running = followed(pair, program)
    second = pair.source.value("SELECT UNIX_TIMESTAMP()")
    paused(task, running)
    write(pair.source, 5)
    up_to_the_end(pair.source, task, running)
    rds.wait_until(lambda: pair.source.value("SELECT UNIX_TIMESTAMP()") > second, "the next second")
    pair.source.sql("RESET BINARY LOGS AND GTIDS" if pair.source.flavor == "mysql9" else "RESET MASTER")
    write(pair.source, 30)
    running.until(lambda: [p for p in task.status()["progress"]["problems"] if p["code"] == "RS-3003"], "it to be told")
    task.command("resume")
    assert running.wait().code == 1
    assert task.status()["progress"]["error"]["code"] == "RS-3003", task.status()
    assert not same(pair)


@pytest.mark.pairs("mariadb-mariadb")
def test_at_its_quota_it_says_how_long_the_source_keeps_its_log_and_goes_on_when_that_is_raised(pair, program):
    task, running = followed(pair, program, **{"sync.relay_quota": "80K"})
    paused(task, running)
    for i in range(60):
        pair.source.sql(f"INSERT INTO shop.orders (note) VALUES (CONCAT({', '.join(['SHA2(RAND(), 512)'] * 25)}))")

    def full():
        progress = task.status()["progress"]
        return progress if progress["relay"]["full"] and not progress["relay"]["filling"] and "RS-1019" in [p["code"] for p in progress["problems"]] else None

    seen = running.until(full, "the quota, and the word that it is reached")
    assert seen["relay"]["bytes"] <= 80 * 1024
    told = [p for p in seen["problems"] if p["code"] == "RS-1019"]
    assert len(told) == 1 and "keeps its log" in told[0]["text"] and not told[0]["fatal"], seen["problems"]
    assert state(task) == "Suspending"
    program.run("task", "set", task.path, "sync.relay_quota=1G").succeeded()
    up_to_the_end(pair.source, task, running)
    running.until(lambda: not relay(task)["full"], "room")
    purge(pair.source)
    task.command("resume").succeeded()
    running.until(lambda: same(pair), "both to be the same")
    assert running.stop().code == 0


@pytest.mark.pairs("mariadb-mariadb")
def test_it_goes_when_the_task_is_released(pair, program):
    task, running = followed(pair, program)
    paused(task, running)
    write(pair.source, 3)
    up_to_the_end(pair.source, task, running)
    kept = sorted((program.home / "state").rglob("*.relay/*"))
    assert kept and all(path.stat().st_mode & 0o777 == 0o600 for path in kept)
    assert running.stop().code == 0
    assert kept == sorted((program.home / "state").rglob("*.relay/*")), "it is there for the next start"
    task.command("release").succeeded()
    assert not list((program.home / "state").rglob("*.relay*"))


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
@pytest.mark.parametrize("step", ("relay-head", "relay-written", "relay-packet:40", "relay-read", "relay-left"))
def test_killed_on_its_way_into_and_out_of_the_relay(pair, program, step):
    rds.needs_steps(program.binary)
    task, running = followed(pair, program)
    assert running.stop().code == 0
    write(pair.source, 3)
    program.env["RDS_SYNC_CRASH_AT"] = step
    running = task.start()
    with contextlib.suppress(AssertionError):       # of a command, too, whose answer was cut off
        running.until(lambda: state(task) == "Synchronizing", "following")
        paused(task, running)
        write(pair.source, 10)
        up_to_the_end(pair.source, task, running)
        task.command("resume")
        running.until(lambda: same(pair), "both to be the same")
    assert running.wait().code == -9
    del program.env["RDS_SYNC_CRASH_AT"]
    write(pair.source, 3)
    task.synchronize()
    assert same(pair)
