"""What the fields of the forms change at the servers, where no other test is about it: each is given two values, and what is
measured differs. "Which field is tested where" in tests/README.md has them all."""

import contextlib
import shutil

import pymysql
import pytest

import compare
import rds
import servers

pytestmark = pytest.mark.pairs("mariadb-mariadb")


def caught_up(task):
    progress = task.status()["progress"] or {}
    return progress.get("caught_up") and progress["state"] == "Synchronizing"


def follow(task, *args):
    running = task.start(*args)
    running.until(lambda: caught_up(task), "the task to follow")
    return running


# --- servers and logins -----------------------------------------------------------------------------------------------

CODES = {"source": "CHECK_CONN_SRC", "destination": "CHECK_CONN_DEST"}


def connects(task):
    """The sides to which the precheck can connect."""
    found = {finding["code"]: finding["verdict"] for finding in task.precheck().json["findings"]}
    return {side for side, code in CODES.items() if found[code] == "passed"}


def login(program, side, kind, account, right):
    """The keys with which a side logs in: its password comes from a KIND of place, and is the RIGHT one or not."""
    password = account.password if right else "wrong"
    file = program.home / f"{side}-{kind}-{right}"
    keys = {f"{side}.password_env": None, f"{side}.account": account.name}
    if kind == "password":
        keys[f"{side}.password"] = password
    elif kind == "password_env":
        program.env[file.name.replace("-", "_")] = password
        keys[f"{side}.password_env"] = file.name.replace("-", "_")
    elif kind == "password_file":
        keys[f"{side}.password_file"] = file
    elif kind == "password_command":
        keys[f"{side}.password_command"] = f"cat {file}"
    else:
        keys.update({f"{side}.option_file": file, f"{side}.account": None})
    if kind in ("password_file", "password_command", "option_file"):
        file.write_text(f"[client]\nuser={account.name}\npassword={password}\n" if kind == "option_file" else f"{password}\n", "utf-8")
        file.chmod(0o600)
    return keys


@pytest.mark.parametrize("kind", ("password", "password_env", "password_file", "password_command", "option_file"))
def test_an_account_and_its_password(pair, program, kind):
    """Each side logs in with its own, and says so where that is wrong."""
    pair.source.sql("CREATE DATABASE d")
    accounts = {"source": pair.source.source_account("d"), "destination": pair.destination.destination_account("d", name="other")}
    for right in CODES:
        keys = {}
        for side, account in accounts.items():
            keys.update(login(program, side, kind, account, side == right))
        assert connects(program.task(f"{kind}-{right}", pair, ["d"], settings=keys)) == {right}


def test_the_account_itself(pair, program):
    accounts = (pair.source.source_account(), pair.destination.destination_account(name="other"))
    assert connects(program.task("t", pair, ["d"], accounts=accounts)) == {"source", "destination"}
    for side in CODES:
        task = program.task("t", pair, ["d"], accounts=accounts, settings={f"{side}.account": "nobody"})
        assert connects(task) == set(CODES) - {side}


def test_the_ways_to_a_server(pair, program):
    """Host and port, a socket in their place, or an instance of the registry."""
    ways = {"source": pair.source, "destination": pair.destination}
    (program.home / "config/rds-sync/instances.ini").write_text(
        "".join(f"[rm-{side}]\nregion = cn-hangzhou\nengine = mysql\nhost = {server.host}\nport = {server.port}\n" for side, server in ways.items())
        + "[rm-none]\nregion = cn-hangzhou\nengine = mysql\nsocket = /nowhere\n", encoding="utf-8")
    for side, server in ways.items():
        none, other = {f"{side}.host": None, f"{side}.port": None}, set(CODES) - {side}
        instance = {**none, f"{side}.instance_type": "rds", f"{side}.region": "cn-hangzhou"}
        for good, bad in (({f"{side}.port": server.port}, {f"{side}.port": servers.free_port()}),
                          ({f"{side}.host": server.host}, {f"{side}.host": "no-such-host.invalid"}),
                          ({**none, f"{side}.socket": server.socket}, {**none, f"{side}.socket": program.home / "none"}),
                          ({**instance, f"{side}.instance": f"rm-{side}"}, {**instance, f"{side}.instance": "rm-none"}),
                          ({f"{side}.instance_type": "self-managed", f"{side}.instance": "rm-none"},
                           {**none, f"{side}.instance_type": "rds", f"{side}.instance": "rm-none"})):
            assert connects(program.task("t", pair, ["d"], settings=good)) == set(CODES), good
            assert connects(program.task("t", pair, ["d"], settings=bad)) == other, bad


@pytest.mark.source(tls=True)
@pytest.mark.destination(tls=True)
def test_encryption_and_certificates(pair, program, tmp_path):
    """What the accounts demand, and what the certificate of the server has to be of."""
    made = servers.certificates()
    accounts = []
    for server, maker in ((pair.source, pair.source.source_account), (pair.destination, pair.destination.destination_account)):
        accounts.append(maker("d"))
        server.sql("ALTER USER 'dts'@'%' REQUIRE X509")
    for name in ("client-cert.pem", "client-key.pem"):
        shutil.copy(made / name, tmp_path / name)
    (tmp_path / "client-key.pem").chmod(0o600)
    good = {"connection": "ssl", "ca": made / "ca.pem", "cert": tmp_path / "client-cert.pem", "key": tmp_path / "client-key.pem"}
    for side in CODES:
        for wrong in ({}, {"connection": "no-ssl", "ca": None, "cert": None, "key": None}, {"ca": made / "client-cert.pem"}, {"cert": None, "key": None}):
            keys = {f"{each}.{key}": value for each in CODES for key, value in {**good, **(wrong if each == side else {})}.items()}
            task = program.task("t", pair, ["d"], accounts=accounts, settings=keys)
            assert connects(task) == (set(CODES) - {side} if wrong else set(CODES)), wrong


def sessions(server, name="dts"):
    return server.value("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER = %s", args=(name,))


def end_sessions(server):
    for (number,) in server.sql("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'dts'"):
        with contextlib.suppress(pymysql.err.OperationalError):         # it has ended by itself
            server.sql(f"KILL CONNECTION {number}")


def test_a_password_that_changes_while_the_task_runs(pair, program):
    """What logs in next does so with the new one; what has no place in a running task is refused, and says why."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); INSERT INTO d.t VALUES (1)")
    accounts = (pair.source.source_account("d"), pair.destination.destination_account("d"))
    task = program.task("t", pair, ["d"], accounts=accounts)
    running = follow(task)
    for n, (side, server) in enumerate((("source", pair.source), ("destination", pair.destination)), 2):
        server.sql(f"ALTER USER 'dts'@'%' IDENTIFIED BY 'Another-{n}'")
        file = program.home / f"{side}-another"
        refused = program.run("task", "set", task.path, f"{side}.password_env=", f"{side}.password_file={file}").exited(2)
        assert "RS-1011" in refused.err and str(file) in refused.err, refused
        file.write_text(f"Another-{n}\n", encoding="utf-8")
        file.chmod(0o600)
        program.run("task", "set", task.path, f"{side}.password_env=", f"{side}.password_file={file}").succeeded()
        end_sessions(server)
        pair.source.sql(f"INSERT INTO d.t VALUES ({n})")
        running.until(lambda n=n: pair.destination.value("SELECT COUNT(*) FROM d.t") == n and caught_up(task), "the row, by the new password")
    refused = program.run("task", "set", task.path, "source.option_file=/nowhere").exited(2)
    assert "RS-1008" in refused.err, refused
    running.stop().succeeded()


def tell_password(program, task, side, number, *, tell=True):
    """In a file of that number, to a running task."""
    file = program.home / f"{side}-{number}"
    file.write_text(f"Another-{number}\n", encoding="utf-8")
    file.chmod(0o600)
    if tell:
        program.run("task", "set", task.path, f"{side}.password_env=", f"{side}.password_file={file}").succeeded()


def relay(task):
    return task.status()["progress"]["relay"]


def test_what_logs_in_beside_the_stream_has_the_new_password(pair, program):
    """What keeps the log during a pause, and what is added: also where the source had the new one first."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); CREATE TABLE d.u (id INT PRIMARY KEY); INSERT INTO d.u VALUES (1)")
    accounts = (pair.source.source_account("d"), pair.destination.destination_account("d"))
    task = program.task("t", pair, ["d.t"], accounts=accounts)
    running = follow(task)
    for side, server in (("source", pair.source), ("destination", pair.destination)):
        server.sql("ALTER USER 'dts'@'%' IDENTIFIED BY 'Another-2'")
        tell_password(program, task, side, 2, tell=False)
    # together: whoever reads a file that has changed may log in anew at both
    program.run("task", "set", task.path, *(f"{side}.password_env=" for side in CODES),
                *(f"{side}.password_file={program.home / side}-2" for side in CODES)).succeeded()
    program.run("task", "set", task.path, "objects.include=d.t d.u").succeeded()
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM d.u") == 1 and caught_up(task), "what was added")
    task.command("pause").succeeded()
    pair.source.sql("INSERT INTO d.t VALUES (1)")
    running.until(lambda: relay(task)["bytes"] > 0, "the log to be kept here")
    pair.source.sql("ALTER USER 'dts'@'%' IDENTIFIED BY 'Another-3'")
    end_sessions(pair.source)
    running.until(lambda: any(p["code"] == "RS-2004" for p in task.status()["progress"]["problems"]), "the source to turn it away")
    before = relay(task)["bytes"]
    tell_password(program, task, "source", 3)
    pair.source.sql("INSERT INTO d.t VALUES (2)")
    running.until(lambda: relay(task)["bytes"] > before, "what came later to be kept here")
    task.command("resume").succeeded()
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM d.t") == 2, "both rows")
    running.stop().succeeded()


# --- what is done -----------------------------------------------------------------------------------------------------

def test_what_is_initialized(pair, program):
    """Objects are made or left as they are, rows are copied or not, changes are followed or the task ends."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, n INT, KEY (n)); INSERT INTO d.t VALUES (1, 1)")
    made = "CREATE DATABASE {0}; CREATE TABLE {0}.t (id INT PRIMARY KEY, n INT)"
    cases = {"all": {}, "objects": {"sync.full": "no"}, "plain": {"sync.schema": "no", "sync.existing_tables": "ignore"}}
    for name, settings in cases.items():
        if name == "plain":
            pair.destination.sql(made.format(name))
        task = program.task(name, pair, ["d"], rename=[f"d -> {name}"], settings=settings)
        task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
        copied = 0 if name == "objects" else pair.source.value("SELECT COUNT(*) FROM d.t")
        assert pair.destination.value(f"SELECT COUNT(*) FROM {name}.t") == copied
        indexes = pair.destination.value("SELECT COUNT(*) FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s", args=(name,))
        assert indexes == (1 if name == "plain" else 2)
        pair.source.sql("INSERT INTO d.t (id) SELECT MAX(id) + 1 FROM d.t")
        task.synchronize()
        assert pair.destination.value(f"SELECT COUNT(*) FROM {name}.t") == copied + 1
    once = program.task("once", pair, ["d"], rename=["d -> once"], settings={"sync.incremental": "no"})
    once.run("--skip-precheck-warnings").succeeded()
    assert once.status()["state"] == "Finished"
    assert pair.destination.value("SELECT COUNT(*) FROM once.t") == pair.source.value("SELECT COUNT(*) FROM d.t")


@pytest.mark.parametrize("choice", ("stop", "continue"))
def test_a_schema_change_that_fails(pair, program, choice):
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, n INT, KEY of_n (n))")
    task = program.task("t", pair, ["d"], settings={"sync.on_ddl_error": choice})
    running = follow(task)
    pair.destination.sql("ALTER TABLE d.t DROP KEY of_n")
    pair.source.sql("ALTER TABLE d.t DROP KEY of_n", "INSERT INTO d.t VALUES (1, 1)")
    if choice == "stop":
        assert running.wait().code == 1
        assert task.status()["progress"]["error"]["code"] == "RS-4012"
        return
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM d.t") == 1, "what comes behind it")
    running.until(lambda: [each["code"] for each in task.status()["progress"]["problems"]] == ["RS-2010"], "it to be told")
    running.stop().succeeded()


def left_out(task):
    counters = task.status()["progress"]["counters"]
    return counters["left_out"], counters["incomplete"]


def test_what_a_refused_schema_change_leaves_out_is_told_with_its_remedy(pair, program):
    """The rest goes on, rows of the table in question and all, and one command brings it over."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, n INT)")
    task = program.task("t", pair, ["d"], settings={"sync.on_ddl_error": "continue"})
    running = follow(task)
    pair.destination.sql("CREATE VIEW d.u AS SELECT 1 AS id", "ALTER TABLE d.t ADD COLUMN U2 INT")
    pair.source.sql("CREATE TABLE d.u (id INT PRIMARY KEY, n INT)", "INSERT INTO d.u VALUES (1, 1)", "INSERT INTO d.t VALUES (1, 1)",
                    "ALTER TABLE d.t ADD COLUMN (u1 INT, u2 INT)", "INSERT INTO d.t VALUES (2, 2, 2, 2)", "UPDATE d.u SET n = 2")
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM d.t") == 2, "what comes behind both")
    told = running.until(lambda: len(found := task.status()["progress"]["problems"]) == 2 and found, "both to be told")
    assert "d.u is not at the destination" in told[0]["hint"] and "table resync t d.u" in told[0]["hint"], told[0]
    assert "u1" in told[1]["hint"] and "table resync t d.t" in told[1]["hint"], told[1]
    running.until(lambda: left_out(task) == (2, 1), "what is left out to be counted")
    running.stop().succeeded()
    pair.source.sql("BEGIN", "DELETE FROM d.u", "INSERT INTO d.t VALUES (3, 3, 3, 3)", "UPDATE d.t SET n = 4", "INSERT INTO d.u VALUES (1, 2)", "COMMIT")
    task.run("--until=synchronized").succeeded()
    assert left_out(task) == (0, 4)         # of tables those that a process left out itself
    assert "0 rows; of 4 rows some columns" in program.run("status", task.path).out
    pair.destination.sql("DROP VIEW d.u")
    running = follow(task)
    program.run("table", "resync", task.path, "d.u", "d.t").succeeded()
    running.until(lambda: not compare.compare_databases(pair.source, pair.destination, ["d"]), "both sides to be the same")
    pair.source.sql("INSERT INTO d.u VALUES (3, 3)")
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM d.u") == 2, "what comes afterwards")
    running.stop().succeeded()


@pytest.mark.parametrize("choice", ("cut-over", "never"))
def test_triggers_at_the_release(pair, program, choice):
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, n INT)",
                    "CREATE TRIGGER d.trg BEFORE INSERT ON d.t FOR EACH ROW SET NEW.n = 1")
    task = program.task("t", pair, ["d"], settings={"sync.triggers": choice})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    there = "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'd'"
    assert pair.destination.value(there) == 0
    task.command("release").succeeded()
    assert pair.destination.value(there) == (1 if choice == "cut-over" else 0)


def in_steps(pair, program, name, **settings):
    """A task that copies some tables so slowly that it can be looked at."""
    if name == "a":
        pair.source.sql("CREATE DATABASE d", *(f"CREATE TABLE d.t{n} (id INT PRIMARY KEY, v CHAR(100) NOT NULL DEFAULT 'v')" for n in range(6)),
                        *(f"INSERT INTO d.t{n} (id) SELECT seq FROM d.seq_1_to_4000" for n in range(6)))
    accounts = (pair.source._account(f"s{name}", "Secret-1", "%"), pair.destination._account(f"d{name}", "Secret-1", "%"))   # pylint: disable=protected-access
    for server, account in zip((pair.source, pair.destination), accounts):
        server.sql(f"GRANT ALL ON *.* TO {account}")
    return program.task(name, pair, ["d"], rename=[f"d -> {name}"], accounts=accounts, settings=settings)


def test_how_many_tables_are_copied_at_a_time(pair, program):
    """So many sessions read."""
    runs = [in_steps(pair, program, name, **{"sync.copy_workers": workers, "sync.full_max_rows": 200}).start("--skip-precheck-warnings")
            for name, workers in (("a", 1), ("b", 5))]
    runs[1].until(lambda: sessions(pair.source, "sb") >= sessions(pair.source, "sa") + 3 and sessions(pair.source, "sa") >= 1, "their sessions")
    for running in runs:
        assert not running.ended, running.describe()
        running.stop().succeeded()


@pytest.mark.parametrize("size, most", (("64K", 3999), ("1G", 4000)))
def test_into_which_parts_a_table_is_cut(pair, program, size, most):
    """What is there when the first part is."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v CHAR(100) NOT NULL DEFAULT 'v')",
                    "INSERT INTO d.t (id) SELECT seq FROM d.seq_1_to_4000", "ANALYZE TABLE d.t")
    task = program.task("t", pair, ["d"], settings={"sync.chunk_size": size, "sync.copy_workers": 1})
    assert task.crash_at("chunk-after-commit")
    rows = pair.destination.value("SELECT COUNT(*) FROM d.t")
    assert 0 < rows <= most and (rows == 4000) == (size == "1G")


def test_how_many_connections_apply_changes(pair, program):
    """Of tasks that have been copied, so that all there are are those."""
    runs = []
    for name, workers in (("a", 1), ("b", 6)):
        task = in_steps(pair, program, name, **{"sync.apply_workers": workers})
        task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
        runs.append(follow(task))
    runs[1].until(lambda: sessions(pair.destination, "db") == sessions(pair.destination, "da") + 5 > 5, "their sessions, and no others")
    for running in runs:
        running.stop().succeeded()


def test_how_much_is_held_in_memory(pair, program):
    """While the destination does not take it: one task holds all that there is, the other one no more than it may."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v LONGTEXT)")
    tasks = {name: program.task(name, pair, ["d"], rename=[f"d -> {name}"], settings={"sync.memory": memory})
             for name, memory in (("small", "32M"), ("large", "1G"))}
    runs = [follow(task) for task in tasks.values()]

    def read(name):
        """How much of the log."""
        return int(tasks[name].status()["progress"]["source_position"].rpartition(":")[2]) - begin

    begin = pair.source.log_position()[1]
    with pair.destination.connect() as other:
        other.cursor().execute("LOCK TABLES small.t WRITE, large.t WRITE")
        pair.source.sql(*[f"INSERT INTO d.t VALUES ({n}, REPEAT('x', 100000))" for n in range(600)])
        runs[0].until(lambda: read("small") > 12e6, "a part of it to be read")
        runs[1].until(lambda: read("large") > 58e6, "all of it to be read")
        assert read("small") < 40e6
    for name, running in zip(tasks, runs):
        running.until(lambda name=name: pair.destination.value(f"SELECT COUNT(*) FROM {name}.t") == 600, "the rows")
        running.stop().succeeded()


# --- what is told by itself --------------------------------------------------------------------------------------------

@pytest.mark.parametrize("wanted", ("yes", "no"))
def test_that_a_task_has_failed_is_told_where_that_is_wanted(pair, program, wanted):
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)")
    task = program.task("t", pair, ["d"], settings={"alert.state": wanted})
    running = follow(task)
    pair.destination.sql("DROP TABLE d.t")
    pair.source.sql("INSERT INTO d.t VALUES (1)")
    assert running.wait().code == 1
    assert task.status()["progress"]["alerts"] == (["state"] if wanted == "yes" else [])


def test_a_lag_is_told_where_that_is_wanted(pair, program):
    """It lasts ten seconds before it is."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY)")
    loud, silent = (program.task(name, pair, ["d"], rename=[f"d -> {name}"], settings={"alert.lag": lag}) for name, lag in (("loud", 1), ("silent", 3600)))
    runs = [follow(task) for task in (loud, silent)]
    for task in (loud, silent):
        task.command("pause").succeeded()
    runs[0].until(lambda: loud.status()["progress"]["alerts"] == ["lag"], "the alert")
    as_long = loud.status()["progress"]["lag_seconds"]
    seen = runs[1].until(lambda: (now := silent.status()["progress"])["lag_seconds"] >= as_long and now, "the other one to lag as long")
    assert seen["alerts"] == []
    for running in runs:
        running.stop().succeeded()
