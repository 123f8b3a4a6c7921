"""Running a task from the command line: to its end, commanded from elsewhere, ended and killed."""

import datetime
import json
import re
import shutil
import signal

import pytest

import compare
import lost_log
import servers

pytestmark = pytest.mark.pairs("mariadb-mariadb")


@pytest.fixture
def shop(pair, program):
    """A task for a database with a few rows."""
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(40));"
                    "INSERT INTO shop.orders (note) VALUES " + ", ".join(f"({n})" for n in range(500)))
    return program.task("shop", pair, ["shop"])


def same(pair):
    return compare.compare_databases(pair.source, pair.destination, ["shop"]) == []


def state_is(task, *states):
    return lambda: task.status()["state"] in states


def synchronizing(task, pair):
    """RUN beside the test, once it has caught up with what there is."""
    running = task.start()
    running.until(lambda: same_quietly(pair), "both sides to be the same")
    running.until(state_is(task, "Synchronizing"), "Synchronizing")
    return running


def same_quietly(pair):
    try:
        return same(pair)
    except Exception:                                                 # pylint: disable=broad-exception-caught
        return False            # the database is not there yet


def insert(pair, note):
    pair.source.sql(f"INSERT INTO shop.orders (note) VALUES ('{note}')")


def test_the_journal_gets_a_line_where_the_state_changes(shop):
    """Not one a second, for as long as the task runs: standard error is the stream that systemd names."""
    journal = shop.program.home / "journal"
    shop.program.within = ["bash", "-c", 'exec 2>>"$0"; export JOURNAL_STREAM=$(stat -c %d:%i "$0"); exec "$@"', str(journal)]
    running = shop.start()
    shop.program.within = []

    def taken():
        return datetime.datetime.fromisoformat(shop.status()["progress"]["taken"].replace("Z", "+00:00"))

    running.until(state_is(shop, "Synchronizing"), "Synchronizing")
    begun = taken()
    running.until(lambda: taken() > begun + datetime.timedelta(seconds=3), "three seconds of it")
    running.stop()
    told = journal.read_text(encoding="utf-8")
    states = re.findall(r"^\S+ shop: (\w+)", told, re.MULTILINE)
    assert "Synchronizing" in states, told
    assert all(one != next_one for one, next_one in zip(states, states[1:])), told


def test_nothing_is_synchronizing_before_the_destination_is_consistent(shop):
    running = shop.start()
    seen = []

    def look():
        told = shop.status()
        seen.append((told["state"], (told["progress"] or {}).get("consistent")))
        return told["state"] == "Synchronizing"

    running.until(look, "Synchronizing")
    assert ("Synchronizing", False) not in seen, seen
    running.stop().succeeded()


# --- to the end -------------------------------------------------------------------------------------------

def test_until_synchronized_ends_when_all_has_arrived(pair, shop):
    ended = shop.run("--until=synchronized").succeeded()
    assert same(pair)
    assert "shop: " in ended.err and "\r" not in ended.err and "\x1b" not in ended.err
    assert ended.out == ""
    told = shop.status()
    assert told["state"] in ("Finished", "Stopped") and told["live"] is False and told["progress"]["consistent"]
    insert(pair, "later")
    again = shop.run("--until=synchronized").succeeded()
    assert same(pair)
    assert "Precheck" not in again.err, "a task that was begun is gone on with"


def test_who_only_looks_into_the_log_is_no_replica(pair, shop):
    """A server ends the dump of whoever reads under the id of another one that comes, for which MariaDB has that one wait."""
    said = pair.source.log.stat().st_size
    shop.run("--until=synchronized").succeeded()
    with open(pair.source.log, encoding="utf-8", errors="replace") as log:
        log.seek(said)
        dumps = re.findall(r"Start binlog_dump to slave_server\((\d+)\), pos\([^,]*, (\d+)\)", log.read())
    replicas = {place for reader, place in dumps if reader != "0"}
    assert ("0", "4") in dumps and replicas and "4" not in replicas, dumps


def test_a_file_without_an_id_gets_one_and_keeps_the_rest(shop):
    before = shop.path.read_text(encoding="utf-8")
    shop.run("--until=synchronized").succeeded()
    after = shop.path.read_text(encoding="utf-8").splitlines()
    (added,) = [line for line in after if line.startswith("id = ")]
    assert [line for line in after if line != added and line] == [line for line in before.splitlines() if line]
    assert shop.status()["id"] == added.removeprefix("id = ")


def test_what_phases_came_to_is_still_known_in_the_next_run(pair, shop):
    shop.run("--until=synchronized").succeeded()
    before = shop.status()["progress"]["phases"]
    assert before["schema"]["done"] > 0
    insert(pair, "later")
    shop.run("--until=synchronized").succeeded()
    after = shop.status()["progress"]["phases"]
    assert all(after[phase][number] == before[phase][number] for phase in ("schema", "full") for number in ("state", "done", "started", "ended")), after


def test_the_local_state_is_only_a_cache(pair, program, shop):
    shop.run("--until=synchronized").succeeded()
    shutil.rmtree(program.home / "state")
    insert(pair, "after the loss")
    assert "Precheck" not in shop.run("--until=synchronized").succeeded().err
    assert same(pair)


def test_verify_names_each_difference(pair, shop):
    shop.run("--until=synchronized").succeeded()
    assert shop.verify().succeeded().json["same"] is True
    assert "the same" in shop.command("verify").succeeded().out
    pair.destination.sql("DELETE FROM shop.orders WHERE id = 7; UPDATE shop.orders SET note = 'x' WHERE id = 8;"
                         "INSERT INTO shop.orders VALUES (9000, 'extra')")
    told = shop.verify().exited(1).json
    found = {(d["kind"], d["key"], tuple(d["columns"])) for d in told["differences"]}
    assert {kind for kind, _, _ in found} == {"missing", "different", "extra"}
    assert told["differences_total"] == 3 and told["same"] is False
    assert any("7" in key for kind, key, _ in found if kind == "missing")
    assert ("note",) in {columns for kind, _, columns in found if kind == "different"}
    text = shop.command("verify").exited(1).out
    assert text.count("shop.orders") == 3


# --- what the precheck says --------------------------------------------------------------------------------

def finding(result, code):
    (found,) = [f for f in result.json["findings"] if f["code"] == code]
    return found


def test_a_precheck_that_passes(shop):
    told = shop.precheck().succeeded().json
    assert told["task"] == "shop" and told["passed"] is True
    assert {f["verdict"] for f in told["findings"]} <= {"passed", "skipped", "warning"}
    assert "Check Pass" in shop.command("precheck").succeeded().out
    assert shop.status()["state"] == "NotStarted", "without an id there is nothing to remember it by"
    shop.replace("[task]", "[task]\nid = 6a0c1a70-9b1f-4c3e-8d52-3f1b0c9d7e11")
    shop.precheck().succeeded()
    assert shop.status()["state"] == "PreCheckPass"


def test_a_wrong_password_stops_before_anything_is_started(pair, program):
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY);"
                    "CREATE OR REPLACE USER wrong@'%' IDENTIFIED BY 'right'; GRANT ALL PRIVILEGES ON *.* TO wrong@'%'")
    task = program.task("shop", pair, ["shop"], accounts=(servers.Account("wrong", "guess"), servers.Account("root", "")))
    found = finding(task.precheck().exited(1), "CHECK_CONN_SRC")
    assert found["verdict"] == "failed" and "guess" not in json.dumps(found)
    told = task.run().exited(1)
    assert "RS-6003" in told.err and "CHECK_CONN_SRC" in told.err and "guess" not in told.err
    assert task.status()["live"] is False
    assert "shop" not in [name for (name,) in pair.destination.sql("SHOW DATABASES")]


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_the_documented_grants_suffice(pair, program):
    """From the copy, with more warnings that are meant than a server keeps, to schema changes."""
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, e ENUM('a', 'b'))", "SET sql_mode = ''",
                    "INSERT INTO shop.t VALUES " + ", ".join(f"({n}, 'x')" for n in range(1500)))
    task = program.task("shop", pair, ["shop"], accounts=(pair.source.source_account("shop", heartbeat=True),
                                                          pair.destination.destination_account("shop")))
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.source.sql("SET sql_mode = ''", "ALTER TABLE shop.t ADD COLUMN made TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP",
                    "INSERT INTO shop.t (id, e) VALUES " + ", ".join(f"({n}, 'x')" for n in range(2000, 3500)),
                    "CREATE TABLE shop.later (id INT PRIMARY KEY)")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert compare.compare_databases(pair.source, pair.destination, ["shop"]) == []


def test_warnings_may_be_skipped(pair, program):
    """A table without a key is what the precheck warns of."""
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.log (note TEXT); INSERT INTO shop.log VALUES ('a'), ('a')")
    task = program.task("shop", pair, ["shop"])
    warned = [f for f in task.precheck().exited(1).json["findings"] if f["verdict"] == "warning"]
    assert warned and all(f["ignorable"] for f in warned)
    assert "RS-6003" in task.run("--until=synchronized").exited(1).err
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert same(pair)


def test_warnings_that_the_task_ignores(pair, program):
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.log (note TEXT)")
    task = program.task("shop", pair, ["shop"])
    warned = [f["code"] for f in task.precheck().json["findings"] if f["verdict"] == "warning"]
    assert warned
    program.run("task", "set", "shop", f"precheck.ignore={' '.join(warned)}").succeeded()
    told = task.precheck().succeeded().json
    assert [f["code"] for f in told["findings"] if f["ignored"]] == warned
    assert "(ignored)" in task.command("precheck").succeeded().out


# --- commanded from elsewhere -----------------------------------------------------------------------------

def test_pause_resume_and_stop(pair, shop):
    running = synchronizing(shop, pair)
    told = shop.status()
    assert told["live"] is True and told["pid"] == running.process.pid and told["progress"]["consistent"] is True
    assert "Synchronizing" in shop.command("status").succeeded().out

    shop.command("pause").succeeded()
    assert shop.status()["state"] == "Suspending"
    insert(pair, "while paused")
    assert not same(pair)

    shop.command("resume").succeeded()
    running.until(lambda: same(pair), "the change made while paused")

    shop.command("stop").succeeded()
    assert running.wait().code == 0
    assert shop.status()["state"] == "Stopped"
    shop.command("pause").exited(2)


def test_the_lag_grows_while_nothing_can_be_applied(pair, shop):
    running = synchronizing(shop, pair)
    insert(pair, "in time")

    def lag():
        return shop.status()["progress"]["lag_seconds"]

    with pair.destination.connect() as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLES shop.orders READ")
        insert(pair, "held up")
        running.until(lambda: lag() > 4, "the lag to grow")
        told = shop.status()["progress"]
        assert told["source_position"] != told["applied_position"] and told["source_behind_bytes"] > 0
        cursor.execute("UNLOCK TABLES")
    running.until(lambda: lag() < 2, "the lag to be made up")
    shop.command("pause").succeeded()
    running.until(state_is(shop, "Suspending"), "the pause")
    running.until(lambda: lag() > 4, "the lag to grow in the pause")
    assert shop.status()["progress"]["source_position"] is None
    shop.command("resume").succeeded()
    running.until(lambda: lag() < 2, "the lag to be made up")
    running.stop().succeeded()


def test_a_task_runs_once(pair, program, shop):
    running = synchronizing(shop, pair)
    refused = shop.run().exited(2)
    assert "RS-1008" in refused.err and str(running.process.pid) in refused.err
    copy = program.task_file("copy", shop.path.read_text(encoding="utf-8"))
    assert "RS-1007" in copy.run().exited(2).err
    for words in (("stop", copy.path), ("table", "resync", copy.path, "shop.t", "--force"), ("reanchor", copy.path, "--force", "--yes"),
                  ("reset", copy.path, "--yes"), ("task", "set", copy.path, "sync.incremental_max_rows=7")):
        assert "RS-1007" in program.run(*words).exited(2).err, words
    assert shop.status()["state"] == "Synchronizing"
    running.stop().succeeded()


def test_release_of_a_running_task(pair, shop):
    running = synchronizing(shop, pair)
    shop.command("release").succeeded()
    assert running.wait().code == 0
    assert shop.status()["state"] == "Released"
    assert same(pair)
    assert "released" in shop.run().exited(2).err


def test_release_of_a_task_that_was_stopped(pair, shop):
    shop.run("--until=synchronized").succeeded()
    shop.command("release").succeeded()
    assert shop.status()["state"] == "Released"
    assert same(pair)
    assert "released" in shop.run().exited(2).err


# --- ended, killed ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("how", (signal.SIGTERM, signal.SIGINT))
def test_signals_end_it_in_order(pair, shop, how):
    running = synchronizing(shop, pair)
    running.process.send_signal(signal.SIGHUP)
    insert(pair, "after the hang-up")
    running.until(lambda: same(pair), "the change after SIGHUP, which is ignored")
    running.process.send_signal(how)
    assert running.wait().code == 0
    assert shop.status()["state"] == "Stopped"
    insert(pair, "while stopped")
    shop.synchronize()
    assert same(pair)


def test_a_killed_task_is_interrupted_and_goes_on(pair, shop):
    running = synchronizing(shop, pair)
    running.kill()
    told = shop.status()
    assert told["state"] == "Interrupted" and told["live"] is False
    assert "Interrupted" in shop.command("status").succeeded().out
    insert(pair, "while dead")
    shop.synchronize()
    assert same(pair)


def test_a_failure_ends_the_run_with_1_and_its_code(pair, shop):
    shop.run("--until=synchronized").succeeded()
    lost_log.reset(pair.source)
    insert(pair, "unreachable")
    failed = shop.run().exited(1)
    assert "RS-" in failed.err
    told = shop.status()
    assert told["state"] in ("Failed", "InitializeFailed") and told["progress"]["error"]["code"] in failed.err


def test_a_failure_is_told_before_the_end_of_the_run(pair, shop):
    """Who waits for the end must not see what was published before the failure, and take it for success."""
    shop.run("--until=synchronized").succeeded()
    lost_log.reset(pair.source)
    for _ in range(20):
        assert "RS-3003" in shop.run("--until=synchronized").exited(1).err


def test_names_of_servers_do_not_steer_the_terminal(pair, program):
    """Of a table, and of a view that can't be made, which is told as a problem."""
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.`t\x1b]0;mine\x07` (id INT PRIMARY KEY);"
                    "CREATE TABLE shop.left_out (id INT); CREATE VIEW shop.`v\x1b[2J` AS SELECT id FROM shop.left_out")
    task = program.task("shop", pair, ["shop"], settings={"objects.exclude": "shop.left_out"})
    ended = task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    told = task.command("status").succeeded()
    assert "[2J" in ended.err and "]0;mine" in told.out
    for text in (ended.err, ended.out, told.out, told.err):
        assert "\x1b" not in text and "\x07" not in text, repr(text)


# --- what is written --------------------------------------------------------------------------------------

def test_a_line_of_progress_a_second(pair, shop):
    running = synchronizing(shop, pair)
    before = running.err.count("\n")
    running.until(lambda: running.err.count("\n") >= before + 3, "three more lines of progress")
    assert all("shop: " in line for line in running.err.splitlines() if "Z " in line)
    running.stop().succeeded()


def test_passwords_are_nowhere(pair, program):
    secret = "S3cret-in-the-environment"
    for end in (pair.source, pair.destination):
        end.sql(f"CREATE OR REPLACE USER keeper@'%' IDENTIFIED BY '{secret}'; GRANT ALL PRIVILEGES ON *.* TO keeper@'%'")
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY)")
    task = program.task("shop", pair, ["shop"], accounts=(servers.Account("keeper", secret),) * 2)
    ended = task.run("--until=synchronized", "--log-level=trace").succeeded()
    assert secret not in ended.out + ended.err + json.dumps(task.status())
    assert program.files_holding(secret) == []
