"""What goes wrong while a task is at work gets its clear error, and nothing is skipped: changes logged as statements, a
log that was purged, servers that do not answer. What the precheck finds is in test_precheck.py, files that are damaged or
copied in test_cli.py, a terminal that is too small in test_screens.py, a full disk in test_no_space.py."""

import re
import socket

import pytest

import compare
import conftest
import rds
import servers

every_product = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")

SHOP = ("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(40)) ENGINE=InnoDB;"
        "INSERT INTO shop.orders (note) VALUES ('a'), ('b'), ('c')")


def same(pair):
    try:
        return compare.compare_databases(pair.source, pair.destination, ["shop"]) == []
    except Exception:                                                 # pylint: disable=broad-exception-caught
        return False            # the database is not there yet


def synchronizing(task, pair):
    running = task.start()
    running.until(lambda: same(pair), "both sides to be the same")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    return running


def failed(task, *codes):
    """The task's error, one of CODES, once it has failed: what `status` says, in both its forms."""
    told = rds.wait_until(lambda: (seen := task.status())["state"] in ("Failed", "InitializeFailed") and seen, "a failure")
    error = told["progress"]["error"]
    assert int(error["code"][3:]) in codes and error["primary"] and error["hint"], error
    shown = task.command("status").succeeded()
    assert error["code"] in shown.out + shown.err and error["hint"][:40] in shown.out + shown.err
    return error


# --- changes that are logged as statements --------------------------------------------------------------------

def by_statement(pair, *statements):
    """Write in a session that has statements logged, not rows."""
    pair.source.sql("; ".join(("SET SESSION binlog_format = STATEMENT", *statements)))


@every_product
def test_a_statement_in_the_log_stops_the_task_before_it(pair, program):
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"])
    running = synchronizing(task, pair)
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('before')")
    file, offset = pair.source.log_position()
    by_statement(pair, "INSERT INTO shop.orders (note) VALUES ('as a statement')")
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('after')")
    running.wait().exited(1)
    error = failed(task, 3004)
    assert "as a statement" in error["detail"] and "binlog_format = ROW" in error["hint"]
    (found, at), = re.findall(r"at (\S+):(\d+)", error["detail"])
    assert found == file and int(at) >= int(offset)
    notes = [note for (note,) in pair.destination.sql("SELECT note FROM shop.orders ORDER BY id")]
    assert notes == ["a", "b", "c", "before"]
    again = task.run("--until=synchronized").exited(1)
    assert "RS-3004" in again.err, "it is not passed over by starting anew"
    assert pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 4


STATEMENTS = {
    "an update": ("UPDATE shop.orders SET note = 'x' WHERE id = 1",),
    "a delete": ("DELETE FROM shop.orders WHERE id = 1",),
    "a replace": ("REPLACE INTO shop.orders VALUES (1, 'x')",),
    "with the database used": ("USE shop", "UPDATE orders SET note = 'x'"),
    "several tables": ("UPDATE other.log l JOIN shop.orders o ON o.id = l.id SET o.note = 'x', l.note = 'y'",),
    "a table filled from another": ("INSERT INTO shop.orders (note) SELECT note FROM other.log",),
    "a view elsewhere": ("UPDATE other.view SET note = 'x'",),
    "a trigger elsewhere": ("INSERT INTO other.triggers VALUES (1)",),
    "a function": ("SELECT other.write_it()",),
    "a function among values": ("INSERT INTO other.log VALUES (other.write_it() + 1, 'y')",),
    "inside a transaction": ("BEGIN", "INSERT INTO other.log VALUES (7, 'z')", "UPDATE shop.orders SET note = 'x'", "COMMIT"),
}


@every_product
@pytest.mark.parametrize("what", STATEMENTS)
def test_whatever_changes_a_table_by_statement_is_noticed(pair, program, what):
    pair.source.set_global(log_bin_trust_function_creators=1)
    pair.source.sql(SHOP)
    pair.source.sql("CREATE DATABASE other; CREATE TABLE other.log (id INT PRIMARY KEY, note VARCHAR(40)) ENGINE=InnoDB;"
                    "INSERT INTO other.log VALUES (1, 'l'); CREATE VIEW other.view AS SELECT * FROM shop.orders;"
                    "CREATE TABLE other.triggers (id INT PRIMARY KEY) ENGINE=InnoDB;"
                    "CREATE TRIGGER other.t AFTER INSERT ON other.triggers FOR EACH ROW UPDATE shop.orders SET note = 'x';"
                    "CREATE FUNCTION other.write_it() RETURNS INT BEGIN UPDATE shop.orders SET note = 'x'; RETURN 1; END")
    task = program.task("shop", pair, ["shop"])
    task.synchronize()
    by_statement(pair, *STATEMENTS[what])
    assert not same(pair)
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-3004" in ended.err
    failed(task, 3004)


@every_product
def test_what_the_account_can_not_see_is_not_taken_for_harmless(pair, program):
    pair.source.sql(SHOP)
    pair.source.sql("CREATE DATABASE other; CREATE TABLE other.log (id INT PRIMARY KEY) ENGINE=InnoDB")
    account = pair.source.source_account("shop", heartbeat=True)
    task = program.task("shop", pair, ["shop"], accounts=(account, servers.Account("root", "")))
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    by_statement(pair, "INSERT INTO other.log VALUES (1)")
    assert "RS-3004" in task.run("--until=synchronized").exited(1).err
    pair.source.sql(f"GRANT SELECT, TRIGGER ON other.* TO {account}")
    task.synchronize()


@every_product
def test_statements_that_do_not_concern_the_task_are_none_of_its_business(pair, program):
    pair.source.sql(SHOP)
    pair.source.sql("CREATE DATABASE other; CREATE TABLE other.log (id INT PRIMARY KEY, note VARCHAR(40)) ENGINE=InnoDB")
    task = program.task("shop", pair, ["shop"])
    task.synchronize()
    by_statement(pair, "INSERT INTO other.log VALUES (1, 'a'), (2, 'b')", "DELETE FROM other.log WHERE id = 1")
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('after')")
    task.synchronize()
    assert same(pair)


# --- a log that was purged ------------------------------------------------------------------------------------

def purge(source):
    """What the source writes from now on is in a new file, and the older files are gone."""
    def purged():
        newest = source.sql("FLUSH BINARY LOGS; SHOW BINARY LOGS")[-1][0]
        source.sql(f"PURGE BINARY LOGS TO '{newest}'")
        return len(source.sql("SHOW BINARY LOGS")) == 1                # a reader of the log keeps the file that it reads

    rds.wait_until(purged, "the purge of the log")


@pytest.fixture(params=("mariadb", "mysql9", "mysql9 without GTIDs", "mysql56", "mysql56 with GTIDs"))
def purged_pair(request, pool):
    """Servers of every product, with GTIDs and without."""
    flavor, _, gtid = request.param.partition(" ")
    options = {"gtid": gtid == "with GTIDs"} if gtid else {}
    destination = flavor if flavor != "mysql56" else "mariadb"
    made = conftest.skipping(pool.pair, f"{flavor}-{destination}", options)
    made.reset()
    return made


def test_a_task_whose_tables_rest_keeps_up_with_the_log(purged_pair, program):
    """Others write, and what the task has passed by may be purged: it needs none of it, however it ended."""
    pair = purged_pair
    pair.source.sql(SHOP, "CREATE DATABASE other; CREATE TABLE other.t (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(200))")
    task = program.task("shop", pair, ["shop"])
    running = synchronizing(task, pair)
    for _ in range(3):
        pair.source.sql("INSERT INTO other.t (note) VALUES " + ", ".join(["(REPEAT('x', 200))"] * 500), "FLUSH BINARY LOGS")
    pair.source.sql("INSERT INTO other.t (note) VALUES ('in the newest file')")
    newest = pair.source.log_position()[0]
    running.until(lambda: pair.destination.sql("SELECT file FROM dts.rds_sync_position WHERE worker = 0") == ((newest,),), "the position to follow")
    running.kill()
    rds.wait_until(lambda: pair.source.sql(f"PURGE BINARY LOGS TO '{newest}'; SHOW BINARY LOGS")[0][0] == newest, "the purge")
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('after')")
    task.synchronize()
    assert same(pair)


def test_a_log_purged_while_the_task_was_paused(purged_pair, program):
    """What is kept here would still be there: test_relay.py."""
    pair = purged_pair
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"], settings={"sync.relay_quota": 0})
    running = synchronizing(task, pair)
    task.command("pause").succeeded()
    needed = pair.source.log_position()[0]
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('lost')")
    purge(pair.source)
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('after')")
    task.command("resume")
    running.wait().exited(1)
    error = failed(task, 3003)
    assert f"needed: {needed}:" in error["detail"], "the place in the log that is needed"
    oldest = pair.source.sql("SHOW BINARY LOGS")[0][0]
    assert re.search(rf"begins with {re.escape(oldest)}, of 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", error["detail"]), error
    if pair.source.flavor != "mariadb" and pair.source.gtid:
        assert re.search(r"that are gone: [-0-9a-f]{36}:\d+", error["detail"]), error
    assert "anew" in error["hint"]
    assert pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 3
    assert "RS-3003" in task.run("--until=synchronized").exited(1).err
    assert pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 3
    task.verify().exited(1)


def test_a_log_purged_while_the_task_was_stopped(purged_pair, program):
    pair = purged_pair
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"])
    task.synchronize()
    purge(pair.source)
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-3003" in ended.err
    failed(task, 3003)


def test_a_log_that_began_anew(purged_pair, program):
    """The same names of files, and other changes in them: worse than none."""
    pair = purged_pair
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"])
    task.synchronize()
    file, offset = pair.source.log_position()
    second = pair.source.value("SELECT UNIX_TIMESTAMP()")     # files are told apart by the seconds in which they begin
    rds.wait_until(lambda: pair.source.value("SELECT UNIX_TIMESTAMP()") > second, "the source's next second")
    pair.source.sql("RESET BINARY LOGS AND GTIDS" if pair.source.flavor == "mysql9" else "RESET MASTER")
    while pair.source.log_position() < (file, offset):
        pair.source.sql(*["INSERT INTO shop.orders (note) VALUES ('new')"] * 20)
    ended = task.run("--until=synchronized")
    assert ended.code == 1 or same(pair), "rows were passed over in silence"
    ended.exited(1)
    failed(task, 3003)


# --- servers that do not answer ----------------------------------------------------------------------------------

@pytest.fixture
def silent():
    """A port at which somebody listens and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield {"host": "127.0.0.1", "port": listener.getsockname()[1]}


CHECK = {"source": "CHECK_CONN_SRC", "destination": "CHECK_CONN_DEST"}


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("side", CHECK)
@pytest.mark.parametrize("what", ("says nothing", "no route", "no such host", "nobody listens"))
def test_a_host_that_does_not_answer_is_named(pair, program, silent, side, what):
    address = {"says nothing": silent, "no route": {"host": "192.0.2.1", "port": 3306},
               "no such host": {"host": "no-such-host.invalid", "port": 3306},
               "nobody listens": {"host": "127.0.0.1", "port": servers.free_port()}}[what]
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"], settings={f"{side}.{key}": value for key, value in address.items()})
    (found,) = [f for f in task.precheck().exited(1).json["findings"] if f["code"] == CHECK[side]]
    assert found["verdict"] == "failed" and not found["ignorable"]
    assert found["found"].startswith(f"{side} {address['host']}:{address['port']}:") and "Check " in found["explain"], found
    ended = task.run().exited(1)
    assert "RS-6003" in ended.err and CHECK[side] in ended.err
    assert task.status()["live"] is False


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("side", CHECK)
def test_a_begun_task_waits_for_a_host_that_does_not_answer(pair, program, silent, side):
    """The precheck is over: the task itself says who does not answer, and goes on when somebody does."""
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"])
    task.synchronize()
    right = f"port = {getattr(pair, side).port}"
    task.replace(right, f"port = {silent['port']}")
    running = task.start()
    told = running.until(lambda: (seen := task.status())["state"] == "Retrying" and seen, "Retrying")
    error = told["progress"]["error"]
    assert error["code"] == "RS-2002" and side in error["primary"] and str(silent["port"]) in error["primary"], error
    assert "firewall" in error["hint"]
    running.stop().succeeded()
    task.replace(f"port = {silent['port']}", right)
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('after')")
    task.synchronize()
    assert same(pair)


# --- what was right when the task began ---------------------------------------------------------------------------

@every_product
def test_a_privilege_that_was_taken_away(pair, program):
    pair.source.sql(SHOP)
    account = pair.destination.destination_account("shop", privileged=True)
    task = program.task("shop", pair, ["shop"], accounts=(servers.Account("root", ""), account))
    task.synchronize()
    pair.destination.sql(f"REVOKE ALL PRIVILEGES, GRANT OPTION FROM {account}", f"GRANT ALL ON dts.* TO {account}",
                         f"GRANT SELECT ON shop.* TO {account}")
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('after')")
    assert "RS-2011" in task.run("--until=synchronized").exited(1).err
    error = failed(task, 2011)
    assert "orders" in error["detail"] and "INSERT" in error["detail"] and "Grant" in error["hint"]
    assert "destination" in error["primary"]
    pair.destination.sql(f"GRANT ALL ON shop.* TO {account}")
    task.synchronize()
    assert same(pair)


@pytest.mark.parametrize("product", ("mariadb", "mysql9"))
def test_a_binary_log_that_was_turned_off(pool, new_server, program, product):
    pair = conftest.Pair(product, new_server(product), conftest.skipping(pool.get, product, "destination"))
    pair.destination.reset()
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"])
    task.synchronize()
    pair.source.restart(log_bin=None, skip_log_bin=True)
    pair.source.sql("INSERT INTO shop.orders (note) VALUES ('not logged')")
    assert "RS-3001" in task.run().exited(1).err
    assert "log_bin" in failed(task, 3001)["hint"]
    assert "RS-3001" in task.run("--until=synchronized").exited(1).err
