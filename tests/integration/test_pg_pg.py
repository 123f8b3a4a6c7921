"""PostgreSQL to PostgreSQL, between real servers: what is there is what the source has, nothing lost and nothing twice, whatever is
killed."""

import json
import random
import threading
import types

import conftest
import pytest

import pg_writers
import rds
import servers
import terminal

STEPS = ("planned", "attached", "table-made", "chunk-before-commit:2", "chunk-after-commit", "keyless-loaded", "copy-done",
         "apply-before-commit", "apply-after-commit")
COLUMNS = {"k": "id, part, x, big, n", "f": "id, n, big", "u": "id, code, n, big", "loose": "n, big"}
BIG = "(SELECT string_agg(md5((i * {0})::text), '') FROM generate_series(1, 200) i)"
SLOT, PUBLICATION = "SELECT slot_name FROM pg_replication_slots", "SELECT pubname FROM pg_publication"


@pytest.fixture(params=["postgresql", "postgresql-newest"])
def source(pool, request):
    """With tables by a key of two columns, by one that the log tells whole, and without one; rows that are out of line."""
    made = conftest.skipping(pg_writers.fresh, pool, request.param)
    made.sql(pg_writers.TABLES, f"INSERT INTO k SELECT i, i % 7, 'x', CASE WHEN i % 5 = 0 THEN {BIG.format('g.i')} END, 0 FROM generate_series(1, 400) g(i)",
             f"INSERT INTO f SELECT i, 0, {BIG.format('g.i')} FROM generate_series(1, 30) g(i)",
             f"INSERT INTO u SELECT i, 'c' || i, 0, {BIG.format('g.i')} FROM generate_series(1, 60) g(i)",
             "INSERT INTO loose SELECT i % 5, 'x' FROM generate_series(1, 60) i", "ANALYZE", db="shop")
    return made


@pytest.fixture
def destination(pool, source):
    """Of the other release."""
    made = conftest.skipping(pool.get, "postgresql" if source.flavor == "postgresql-newest" else "postgresql-newest", "jobs")
    made.reset()
    made.sql("CREATE DATABASE shop")
    return made


@pytest.fixture
def task(program, source, destination):
    """task(*objects, **settings)"""
    def make(*objects, **settings):
        pair = types.SimpleNamespace(source=source, destination=destination)
        accounts = (servers.Account("postgres", source.password), servers.Account("postgres", destination.password))
        keys = {"source.database": "shop", "destination.database": "shop", "sync.chunk_size": "64K", **settings}
        return program.task("pg", pair, objects or ["public"], flow="postgresql-to-postgresql", settings=keys, accounts=accounts)

    return make


def same(source, destination, tables=COLUMNS):
    for name in tables:
        assert pg_writers.rows(destination, name, COLUMNS[name]) == pg_writers.rows(source, name, COLUMNS[name]), name


def test_tables_and_their_changes_come_over(source, destination, task):
    """Of rows that are out of line the log does not tell again what was not touched."""
    made = task()
    made.synchronize()
    same(source, destination)
    keys = destination.sql("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'k'", db="shop")
    assert [key.split(" USING ")[1] for (key,) in keys] == ["btree (id, part)"]
    source.sql("UPDATE k SET n = n + 1 WHERE id <= 20", "UPDATE k SET part = part + 10 WHERE id = 25", "DELETE FROM k WHERE id = 30",
               f"UPDATE k SET big = {BIG.format(7)} WHERE id = 40", "UPDATE f SET n = 1, big = NULL WHERE id = 2", "UPDATE f SET id = 99 WHERE id = 3",
               "UPDATE loose SET n = 9 WHERE ctid = (SELECT min(ctid) FROM loose)", "DELETE FROM loose WHERE ctid = (SELECT max(ctid) FROM loose)",
               "INSERT INTO loose VALUES (NULL, NULL), (1, '1.0')", db="shop")
    made.synchronize()
    same(source, destination)


@pytest.mark.parametrize("source", ["postgresql"], indirect=True)
def test_places_in_the_log_are_told_as_the_server_writes_them(source, program, task):
    """To people; to programs as they are stored."""
    made = task()
    made.synchronize()
    told, place = made.command("status").succeeded().out, made.status()["progress"]["applied_position"]
    number = int(place.removeprefix("wal:"))
    shown = f"{number >> 32:X}/{number & 0xFFFFFFFF:X}"
    assert shown in told and any(f"position={shown}" in line for line in program.logged())
    assert not [line for line in [*told.splitlines(), *program.logged()] if "wal:" in line]


@pytest.mark.parametrize("source", ["postgresql"], indirect=True)
def test_killed_at_each_step_nothing_is_lost_or_there_twice(source, destination, task):
    made, writers = task(**{"sync.copy_workers": 1}), pg_writers.Writers(source, rds.seed())
    try:
        reached = {step for step in STEPS if made.crash_at(step, sure=False)}
    finally:
        writers.end()
    made.synchronize()
    same(source, destination)
    assert reached == set(STEPS)


@pytest.mark.parametrize("source", ["postgresql-newest"], indirect=True)
@pytest.mark.parametrize("round_", range(20 if rds.LONG else 1))
def test_killed_at_random_nothing_is_lost_or_there_twice(source, destination, task, round_):
    seed = rds.seed(70 + round_)
    made, draw, writers = task(), random.Random(seed), pg_writers.Writers(source, seed)
    try:
        for _ in range(4):
            running = made.start()
            threading.Event().wait(draw.uniform(0.3, 2))
            running.kill()
    finally:
        writers.end()
    made.synchronize()
    same(source, destination)


@pytest.mark.parametrize("source", ["postgresql"], indirect=True)
def test_rows_that_move_under_the_copy_keep_what_was_not_touched(source, destination, task):
    """The log does not tell it, and a row that moved from what is not copied yet to what was copied is nowhere at the destination."""
    made = task("public.k", **{"sync.copy_workers": 1})
    running = made.stand_at("chunk-after-commit", "--until=synchronized")
    source.sql("UPDATE k SET id = 0 WHERE id = 400", "UPDATE k SET id = 401 WHERE id = 5", "UPDATE k SET part = 50 WHERE id = 10",
               "UPDATE k SET id = -1 WHERE id = 395", "DELETE FROM k WHERE id = -1", "UPDATE k SET id = -2 WHERE id = 390",
               "UPDATE k SET id = -3, n = 7 WHERE id = -2", db="shop")
    running.go_on()
    running.wait().succeeded()
    same(source, destination, ["k"])


def test_a_row_without_a_key_is_found_by_text_that_is_padded(source, destination, task):
    source.sql("CREATE TABLE padded (n integer, c character(6))", "ALTER TABLE padded REPLICA IDENTITY FULL",
               "INSERT INTO padded VALUES (1, 'gone'), (2, 'old'), (3, 'stays')", db="shop")
    made = task("public.padded")
    made.synchronize()
    source.sql("DELETE FROM padded WHERE n = 1", "UPDATE padded SET c = 'new' WHERE n = 2", db="shop")
    made.synchronize()
    assert pg_writers.rows(destination, "padded", "n, c") == pg_writers.rows(source, "padded", "n, c")


def test_tables_that_are_emptied_are_emptied_in_their_place(source, destination, task):
    """By transactions of which some are taken back; and while the tables are copied, whose rows may be those of afterwards."""
    made = task(**{"sync.copy_workers": 1})
    running = made.stand_at("chunk-after-commit", "--until=synchronized")
    source.sql("TRUNCATE k, loose", "INSERT INTO k VALUES (1, 1, 'new', 'new'), (2, 2, 'new', 'new')", db="shop")
    running.go_on()
    running.wait().succeeded()
    same(source, destination)
    source.sql("BEGIN", "INSERT INTO f VALUES (700, 1, 'gone')", "TRUNCATE f", "INSERT INTO f VALUES (701, 1, 'there')", "COMMIT",
               "BEGIN", "TRUNCATE k", "ROLLBACK", "UPDATE k SET x = 'kept'", db="shop")
    made.synchronize()
    same(source, destination)
    assert destination.sql("SELECT id FROM f", db="shop") == (("701",),)


def confirmed(source):
    """How far the source need not keep its log any more, in bytes of it."""
    return int(source.value("SELECT (confirmed_flush_lsn - '0/0')::bigint FROM pg_replication_slots"))


def end_of(source):
    return int(source.value("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"))


@pytest.mark.parametrize("source", ["postgresql"], indirect=True)
def test_the_source_keeps_its_log_until_the_destination_has_it(source, destination, task):
    """While it is paused, too; and where what is written is none of the task's, it need not be kept. A release leaves nothing there."""
    made = task()
    running = made.start()
    running.until(lambda: made.status()["state"] == "Synchronizing", "following")
    source.sql("CREATE TABLE none_of_ours (n integer)", "DROP TABLE none_of_ours", db="postgres")
    written = end_of(source)
    running.until(lambda: confirmed(source) >= written, "what is none of ours to be confirmed")
    made.command("pause").succeeded()
    running.until(lambda: made.status()["state"] in ("Suspending", "Paused"), "the pause")
    before = end_of(source)                 # up to which the last that was said before the pause may be heard of only now
    source.sql("INSERT INTO f VALUES (500, 1, 'paused')", db="shop")
    written = end_of(source)
    assert confirmed(source) <= before < written
    made.command("resume").succeeded()
    running.until(lambda: confirmed(source) >= written, "what was written in the pause to be confirmed")
    same(source, destination)
    running.stop()
    assert source.sql(SLOT) and source.sql(PUBLICATION, db="shop")
    made.command("release").succeeded()
    assert not source.sql(SLOT) and not source.sql(PUBLICATION, db="shop")


@pytest.mark.parametrize("source", ["postgresql"], indirect=True)
def test_a_slot_that_is_further_than_what_was_applied_is_refused(source, destination, task):
    """The server would pass over what is between without a word. It begins where the task does."""
    made = task()
    assert made.crash_at("planned")
    start = json.loads(destination.value("SELECT kept FROM dts.rds_sync_task", db="shop"))["p0"]["offset"]
    assert confirmed(source) == start
    made.synchronize()
    source.sql("INSERT INTO f VALUES (500, 1, 'passed over')", db="shop")
    source.sql("SELECT pg_replication_slot_advance(slot_name, pg_current_wal_lsn()) FROM pg_replication_slots", db="shop")
    source.sql("INSERT INTO f VALUES (501, 1, 'behind it')", db="shop")
    assert made.start("--until=synchronized").wait().code != 0
    lost = told(made, "RS-3003")
    assert lost and source.value("SELECT slot_name FROM pg_replication_slots") in lost[0]["text"] and "release the task" in lost[0]["hint"]
    assert not destination.sql("SELECT id FROM f WHERE id >= 500", db="shop")


@pytest.mark.parametrize("source", ["postgresql"], indirect=True)
def test_who_holds_the_lock_for_which_a_task_waits_is_told(source, destination, task, program, tmp_path):
    made = task()
    running = made.start()
    running.until(lambda: made.status()["state"] == "Synchronizing", "following")
    with terminal.Terminal(program, tmp_path, width=100) as shown:
        shown.until("PG → PG", "Synchronizing")
        shown.press("Enter")
        shown.until("Lag", "w Why slow?")
        with destination.session("BEGIN; SELECT id FROM k WHERE id = 7 FOR UPDATE;", db="shop"):
            holder = destination.value("SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction' AND query LIKE '%FOR UPDATE%'")
            source.sql("UPDATE k SET n = n + 1 WHERE id = 7", db="shop")
            shown.press("w")
            shown.until("It waits for a lock", "a lock on public.k", f"connection {holder}", "executes nothing", f"SELECT pg_terminate_backend({holder});")
        shown.until("It keeps up with the source", " ms, destination ")
    running.stop().succeeded()
    same(source, destination)


def told(task, code):
    return [problem for problem in task.status()["progress"]["problems"] if problem["code"] == code]


@pytest.mark.parametrize("source", ["postgresql-newest"], indirect=True)
def test_a_source_that_keeps_much_of_its_log_is_told_and_one_that_gave_it_up_named(source, destination, task):
    """While the task rests nobody reads it: whoever looks must learn how long that can go on."""
    made = task()
    running = made.start()
    running.until(lambda: made.status()["state"] == "Synchronizing", "following")
    made.command("pause").succeeded()
    running.until(lambda: made.status()["state"] in ("Suspending", "Paused"), "the pause")
    source.sql("ALTER SYSTEM SET max_slot_wal_keep_size = '48MB'", "SELECT pg_reload_conf()")
    rds.wait_until(lambda: source.value("SHOW max_slot_wal_keep_size") == "48MB", "the setting")
    source.sql(*["SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000)) FROM generate_series(1, 34)"], db="postgres")
    running.until(lambda: told(made, "RS-3018"), "what is kept to be told")
    progress = made.status()["progress"]
    assert progress["log_kept_bytes"] > max(30_000_000, progress["log_room_bytes"]) and progress["log_room_bytes"] >= 0
    source.sql("SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000)) FROM generate_series(1, 60)", "SELECT pg_switch_wal()", "CHECKPOINT",
               db="postgres")
    assert source.value("SELECT wal_status FROM pg_replication_slots") == "lost"
    made.command("resume")                              # which may see it fail, and say so
    running.until(lambda: told(made, "RS-3003"), "the slot that was given up to be named")
    assert "release the task" in told(made, "RS-3003")[0]["hint"]
    running.stop()


ADD_STEPS = ("side-made", "planned", "table-made", "chunk-before-commit", "copy-done", "side-asks", "side-awaited", "side-joins", "side-joined")


def slots(source):
    return [name for (name,) in source.sql(SLOT)]


def sync_state(made):
    return {table["table"]: table["state"] for table in made.status()["progress"]["tables"]}


@pytest.mark.parametrize("source", ["postgresql", "postgresql-newest"], indirect=True)
def test_tables_are_added_to_a_running_task_and_copied_anew(source, destination, task):
    """While they are written to; what keeps the log for them goes when they have joined."""
    made, writers = task("public.k"), pg_writers.Writers(source, rds.seed())
    try:
        running = made.start()
        rds.wait_until(lambda: made.status()["state"] == "Synchronizing", "the task to follow")
        made.program.run("task", "set", made.path, "objects.include=public").succeeded()
        rds.wait_until(lambda: sync_state(made) == dict.fromkeys(COLUMNS, "synchronizing"), "the tables to have joined", 60)
        made.program.run("table", "resync", made.path, "public.f").succeeded()
        rds.wait_until(lambda: sync_state(made) == dict.fromkeys(COLUMNS, "synchronizing"), "the table to have joined again", 60)
        rds.wait_until(lambda: len(slots(source)) == 1, "the log to be kept for the task alone")
        running.kill()
    finally:
        writers.end()
    made.synchronize()
    same(source, destination)


@pytest.mark.parametrize("source", ["postgresql"], indirect=True)
@pytest.mark.parametrize("step", ADD_STEPS if rds.LONG else ("side-joins", "side-joined"))
def test_a_table_is_added_by_a_program_that_is_killed(source, destination, task, step):
    made = task("public.k")
    made.synchronize()
    made.program.run("task", "set", made.path, "objects.include=public").succeeded()
    writers = pg_writers.Writers(source, rds.seed())
    try:
        assert made.crash_at(step)
        made.crash_at(step, sure=False)
        made.synchronize()
    finally:
        writers.end()
    made.synchronize()
    same(source, destination)
    assert len(slots(source)) == 1
