"""A source's log that was reset or replaced: the new one has files of the same names, and a task must not go on in them,
also where what it has applied ends exactly between two events of the new file. And what is no reset: files that follow
each other, servers that start again, and tasks of an earlier version, which did not know the files apart."""

import pytest

import compare
import conftest
import rds
import servers

SHOP = "CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note TEXT) ENGINE=InnoDB"
INSERT = "INSERT INTO shop.orders (note) VALUES ('{}')"
HISTORY = [INSERT.format("before")] * 40

every_product = pytest.mark.parametrize("product", ("mariadb", "mysql9", "mysql9 without GTIDs", "mysql56",
                                                    "mysql56 with GTIDs"), indirect=True)


def begun(pair):
    """The second in which the source's current file had been begun already: its files are told apart by their seconds."""
    pair.second = pair.source.value("SELECT UNIX_TIMESTAMP()")
    return pair


@pytest.fixture
def product(request, pool):
    flavor, _, gtid = request.param.partition(" ")
    options = {"gtid": gtid == "with GTIDs"} if gtid else {}
    made = conftest.skipping(pool.pair, f"{flavor}-{flavor.replace('mysql56', 'mariadb')}", options)
    made.reset()
    return begun(made)


def same(pair):
    try:
        return compare.compare_databases(pair.source, pair.destination, ["shop"]) == []
    except Exception:                                                 # pylint: disable=broad-exception-caught
        return False            # the database is not there yet


def synchronized(pair, program, **settings):
    pair.source.sql(SHOP, *HISTORY)
    task = program.task("shop", pair, ["shop"], **settings)
    task.synchronize()
    pair.source.sql(INSERT.format("followed"))
    task.synchronize()
    assert same(pair)
    return task


def applied(pair):
    """(file, offset, log): where the task goes on."""
    return pair.destination.sql("SELECT file, `offset`, log FROM dts.rds_sync_position")[0]


def reset_log(pair):
    rds.wait_until(lambda: pair.source.value("SELECT UNIX_TIMESTAMP()") > pair.second, "the next second")
    pair.source.sql("RESET BINARY LOGS AND GTIDS" if pair.source.flavor == "mysql9" else "RESET MASTER")


def short_log(pair):
    """What other tests wrote is not to be written up to."""
    reset_log(pair)
    begun(pair)


def write_up_to(source, file, offset):
    """Write transactions until one ends in FILE at OFFSET."""
    def insert(length):
        source.sql(f"INSERT INTO shop.orders (note) VALUES (REPEAT('x', {length:05}))")

    def here():
        return source.log_position()[1]

    while source.log_position()[0] < file:
        source.sql("FLUSH BINARY LOGS")
    if source.flavor == "mariadb":              # notes there by itself, and a moment later, that nothing needs the older files any more
        rds.wait_until(lambda: any(row[2] == "Binlog_checkpoint" and row[5] == file for row in source.sql(f"SHOW BINLOG EVENTS IN '{file}' LIMIT 9")),
                       "the server's own note in the file")
    before = here()
    insert(300)
    around = here() - before - 300
    while offset - here() > 8000:
        insert(3000)
    insert(offset - here() - around)
    assert source.log_position() == (file, offset)


def refused(pair, task, *how):
    rows = pair.destination.value("SELECT COUNT(*) FROM shop.orders")
    ended = task.run(*how).exited(1)
    told = task.status()
    error = told["progress"]["error"]
    assert "RS-3003" in ended.err and error["code"] == "RS-3003" and told["state"] in ("Failed", "InitializeFailed"), told
    assert "anew" in error["hint"]
    assert pair.destination.value("SELECT COUNT(*) FROM shop.orders") == rows, "something was applied"
    return error


# --- logs that began anew ---------------------------------------------------------------------------------------

@every_product
def test_a_log_that_was_reset_with_an_event_where_the_task_goes_on(product, program):
    pair = product
    short_log(pair)
    task = synchronized(pair, program)
    file, offset, _ = applied(pair)
    reset_log(pair)
    write_up_to(pair.source, file, offset)
    pair.source.sql(INSERT.format("after"))
    error = refused(pair, task, "--until=synchronized")
    assert "reset or replaced" in error["primary"] and file in error["primary"], error
    assert f"at {file}:{offset}" in error["detail"]
    assert "reset or replaced" in task.command("status").succeeded().out
    refused(pair, task)


@every_product
def test_a_log_that_was_reset_and_ends_where_the_task_goes_on(product, program):
    pair = product
    short_log(pair)
    task = synchronized(pair, program)
    file, offset, _ = applied(pair)
    reset_log(pair)
    write_up_to(pair.source, file, offset)
    refused(pair, task, "--until=synchronized")


@every_product
def test_a_log_that_was_reset_under_a_task_that_follows_it(product, program):
    """MySQL 5.6 goes on sending heartbeats of the file that is no more."""
    pair = product
    pair.source.sql(SHOP, *HISTORY)
    task = program.task("shop", pair, ["shop"])
    running = task.start()
    running.until(lambda: same(pair), "both sides to be the same")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    reset_log(pair)
    pair.source.sql(*[INSERT.format("lost")] * 60)
    running.wait().exited(1)
    assert task.status()["progress"]["error"]["code"] == "RS-3003"
    assert not pair.destination.sql("SELECT 1 FROM shop.orders WHERE note = 'lost'")


@every_product
def test_an_account_without_a_heartbeat(product, program):
    """Where the first position is one of GTIDs alone, too."""
    pair = product
    account = pair.source.source_account("shop")
    if pair.source.flavor == "mysql56":
        pytest.skip("MySQL 5.6 has no fence without a heartbeat")
    if pair.source.flavor == "mysql9" and not pair.source.gtid:
        pytest.skip("without GTIDs there is no fence without a heartbeat")
    pair.source.sql(SHOP, *HISTORY)
    task = program.task("shop", pair, ["shop"], accounts=(account, servers.Account("root", "")))
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert pair.destination.value("SELECT p0_log FROM dts.rds_sync_task")
    pair.destination.sql("UPDATE dts.rds_sync_position SET file = NULL, gtid = NULL, log = NULL")  # nothing was applied yet
    task.run("--until=synchronized").succeeded()
    assert same(pair)
    pair.destination.sql("UPDATE dts.rds_sync_position SET file = NULL, gtid = NULL, log = NULL")
    reset_log(pair)
    pair.source.sql(*HISTORY, *HISTORY)
    refused(pair, task, "--until=synchronized")


# --- logs that go on --------------------------------------------------------------------------------------------

@every_product
def test_files_that_follow_each_other(product, program):
    pair = product
    task = synchronized(pair, program)
    pair.source.sql(INSERT.format("in the old file"), "FLUSH BINARY LOGS", INSERT.format("in the new file"))
    task.synchronize()
    first, _, log = applied(pair)
    assert log.startswith(f"{first} ")
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    with pair.source.connect() as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(INSERT.format("begun in one file"))
        pair.source.sql("FLUSH BINARY LOGS")
        cursor.execute(INSERT.format("ended in another"))
        cursor.execute("COMMIT")
    running.until(lambda: same(pair), "the transaction")
    pair.source.sql("FLUSH BINARY LOGS")        # nothing follows: the task ends at the head of the new file
    running.until(lambda: applied(pair)[:2] == pair.source.log_position(), "the new file")
    running.stop().succeeded()
    last, _, new_log = applied(pair)
    assert last > first and new_log.startswith(f"{last} ")
    pair.source.sql(INSERT.format("while stopped"))
    task.synchronize()
    assert same(pair)


@pytest.mark.parametrize("kind", ("mariadb", "mysql9", "mysql56"))
@pytest.mark.parametrize("how", ("in order", "after a crash"))
def test_a_source_that_was_started_again(pool, new_server, program, kind, how):
    destination = conftest.skipping(pool.get, kind.replace("mysql56", "mariadb"), "destination")
    pair = begun(conftest.Pair(kind, new_server(kind), destination))
    destination.reset()
    task = synchronized(pair, program)
    if how == "after a crash":
        pair.source.kill()
    pair.source.restart()
    pair.source.sql(INSERT.format("after the start"))
    task.synchronize()
    assert same(pair)
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    if how == "after a crash":
        pair.source.kill()
    pair.source.restart()
    pair.source.sql(INSERT.format("after the next"))
    running.until(lambda: same(pair), "the row")
    running.stop().succeeded()


# --- tasks of an earlier version --------------------------------------------------------------------------------

def as_version_2_made_them(destination):
    for table, column in (("task", "p0_log"), ("task", "p1_log"), ("position", "log"), ("table", "exact_log"), ("ddl", "log"),
                          ("position", "ahead")):
        destination.sql(f"ALTER TABLE dts.rds_sync_{table} DROP COLUMN {column}")
    destination.sql("UPDATE dts.rds_sync_task SET version = 2")


@every_product
def test_a_task_that_did_not_know_the_files_apart_learns_it(product, program):
    pair = product
    task = synchronized(pair, program)
    file, offset, log = applied(pair)
    as_version_2_made_them(pair.destination)
    assert task.status()["id"], "what was not migrated can be read"
    running = task.start()
    running.until(lambda: applied_is(pair, file, offset, log), "the file to be learnt")
    running.stop().succeeded()
    assert pair.destination.value("SELECT version FROM dts.rds_sync_task") == 8
    pair.source.sql(INSERT.format("after the upgrade"))
    task.synchronize()
    assert same(pair)
    file, offset, _ = applied(pair)
    reset_log(pair)
    write_up_to(pair.source, file, offset)
    refused(pair, task, "--until=synchronized")


def applied_is(pair, *wanted):
    try:
        return applied(pair) == wanted
    except Exception:                                                 # pylint: disable=broad-exception-caught
        return False            # there is no such column yet


@pytest.mark.parametrize("product", ("mysql9", "mysql56 with GTIDs"), indirect=True)
def test_transactions_that_the_log_lacks(product, program):
    """What is known where the files are not: with GTIDs, the log must hold what was applied."""
    pair = product
    task = synchronized(pair, program)
    file, offset, _ = applied(pair)
    as_version_2_made_them(pair.destination)
    reset_log(pair)
    write_up_to(pair.source, file, offset)
    assert "transactions" in refused(pair, task, "--until=synchronized")["primary"]


def test_a_newer_version_is_left_alone(pool, program):
    pair = conftest.skipping(pool.pair, "mariadb-mariadb")
    pair.reset()
    task = synchronized(pair, program)
    pair.destination.sql("UPDATE dts.rds_sync_task SET version = version + 1; ALTER TABLE dts.rds_sync_ddl DROP COLUMN log")
    assert "RS-4009" in task.run("--until=synchronized").exited(1).err
    assert not pair.destination.sql("SHOW COLUMNS FROM dts.rds_sync_ddl LIKE 'log'")


# --- what was applied does not come again ------------------------------------------------------------------------

@pytest.mark.parametrize("product", ("mariadb", "mysql9", "mysql56 with GTIDs"), indirect=True)
def test_a_place_before_what_its_ids_say(product, program):
    """However a task came to stand before what it has applied: nothing of that is done again, least of all a DROP."""
    pair = product
    task = synchronized(pair, program)
    file, offset, _ = applied(pair)
    pair.source.sql("CREATE TABLE shop.kept (id INT PRIMARY KEY)", "DROP TABLE shop.kept", INSERT.format("last"))
    task.synchronize()
    assert applied(pair)[:2] != (file, offset)
    pair.destination.sql("CREATE TABLE shop.kept (id INT PRIMARY KEY)")
    pair.destination.sql(f"UPDATE dts.rds_sync_position SET file = '{file}', `offset` = {offset}")
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-3017" in ended.err and task.status()["state"] == "Failed", ended
    assert "reanchor" in task.status()["progress"]["error"]["hint"]
    assert pair.destination.value("SELECT COUNT(*) FROM shop.kept") == 0


@pytest.mark.parametrize("product", ("mariadb",), indirect=True)
def test_ids_that_the_source_itself_takes_again(product, program):
    """mysqlbinlog gives what it has written its ids back, and MariaDB executes that: it is a change like any other."""
    pair = product
    task = synchronized(pair, program)
    number = pair.source.value("SELECT @@gtid_binlog_pos").split("-")[2]
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "it to follow")
    pair.source.sql(INSERT.format("new"), f"SET gtid_seq_no = {number}", INSERT.format("under an id that was there"))
    running.until(lambda: same(pair), "it to be applied")
    running.stop().succeeded()
