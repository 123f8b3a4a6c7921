"""Backlogs are folded: many changes of many rows become few statements, and both sides end the same. Where the
destination is not as the log takes it to be, everything is applied one by one and what is wrong is counted."""

import random

import pytest

import compare
import rds

TABLES = (
    "CREATE TABLE plain (id INT PRIMARY KEY, v INT, w VARCHAR(40))",
    "CREATE TABLE more (id INT PRIMARY KEY, u INT, v INT, w VARCHAR(40), UNIQUE KEY (u))",
    "CREATE TABLE pair (a VARCHAR(20), b INT, v INT, w VARCHAR(40), PRIMARY KEY (a, b)) DEFAULT CHARSET=utf8mb4",
    "CREATE TABLE other (u BIGINT UNSIGNED NOT NULL, v INT, w VARCHAR(40), UNIQUE KEY (u))",
    "CREATE TABLE wide (id INT PRIMARY KEY, v INT, w LONGTEXT)",
    "CREATE TABLE keyless (id INT, v INT, w VARCHAR(40))",
)
KEYS = 40


def key_of(table, n):
    if table == "pair":
        return f"(a = '{'aAäb'[n % 4]}{n // 4 % 5}' AND b = {n % 3})", f"'{'aAäb'[n % 4]}{n // 4 % 5}', {n % 3}"
    column = "u" if table == "other" else "id"
    return f"({column} = {n})", str(n)


def text(chance, table):
    return f"REPEAT('{chance.choice('xyz')}', {chance.randint(0, 9000 if table == 'wide' else 40)})"


def statement(chance, table):
    """Of a kind that may fail for a key that is taken; IGNORE then leaves the row out."""
    where, values = key_of(table, chance.randrange(KEYS))
    if table == "more":
        values += f", {chance.choice((str(chance.randrange(KEYS)), 'NULL'))}"
    kind = chance.randrange(8)
    if kind < 2:
        return f"INSERT IGNORE INTO {table} VALUES ({values}, {chance.randrange(9)}, {text(chance, table)})"
    if kind == 2:
        return f"DELETE FROM {table} WHERE {where}"
    if kind == 3:
        return f"REPLACE INTO {table} VALUES ({values}, {chance.randrange(9)}, {text(chance, table)})"
    if kind == 4 and table == "more":
        return f"UPDATE IGNORE more SET u = {chance.randrange(KEYS)} WHERE {where}"
    if kind == 5 and table != "pair":
        column = "u" if table == "other" else "id"
        return f"UPDATE IGNORE {table} SET {column} = {chance.randrange(KEYS)} WHERE {where}"
    if kind == 6:
        return f"UPDATE {table} SET v = v + 1"
    return f"UPDATE {table} SET v = {chance.randrange(9)}, w = {text(chance, table)} WHERE {where}"


def judge(task):
    counters = task.status()["progress"]["counters"]
    assert counters["anomalies"] == 0 and counters["refolds"] == 0


def test_backlogs_arrive(pair, program):
    chance = random.Random(rds.seed(7))
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4")
    for table in TABLES:
        pair.source.sql(table, db="shop")
    names = [table.split()[2] for table in TABLES]
    task = program.task("fold", pair, ["shop"], settings={"sync.lock_for_keyless": "yes"})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    for _ in range(3):
        for _ in range(25):
            words = ["BEGIN"] + [statement(chance, chance.choice(names)) for _ in range(chance.randint(1, 25))]
            pair.source.sql(*words, chance.choice(("COMMIT", "COMMIT", "ROLLBACK")), db="shop")
        task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
        assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
        judge(task)


def test_a_row_that_came_and_went_where_an_equal_one_was(pair, program):
    """To the server its key is that of a row which was deleted before it, or came after it; in bytes it is another one."""
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4", TABLES[2].replace("pair", "shop.pair"),
                    "INSERT INTO shop.pair VALUES ('b', 1, 1, 'old'), ('c', 1, 1, 'stays')")
    task = program.task("equal", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.source.sql("BEGIN", "DELETE FROM pair WHERE a = 'b'", "INSERT INTO pair VALUES ('B', 1, 2, 'short')",
                    "DELETE FROM pair WHERE a = 'b'", "INSERT INTO pair VALUES ('d', 1, 2, 'short')", "DELETE FROM pair WHERE a = 'd'",
                    "INSERT INTO pair VALUES ('D', 1, 3, 'new')", "COMMIT", db="shop")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    judge(task)


@pytest.mark.pairs("mysql9-mysql9", "mysql56-mysql9", "mysql56-mariadb")
@pytest.mark.parametrize("kind", ("ENUM('d','b','c','a')", "SET('d','b')"))
def test_many_rows_are_found_by_a_key_with_members(kind, pair, program):
    """MySQL takes them for text where rows are compared with a list of rows: no number equals it."""
    pair.source.sql(f"CREATE DATABASE d; CREATE TABLE d.t (k {kind} NOT NULL, n INT NOT NULL, v INT, PRIMARY KEY (k, n))",
                    "INSERT INTO d.t VALUES " + ", ".join(f"({n % 3 + 1}, {n}, {n})" for n in range(200)))
    task = program.task("t", pair, ["d"])
    task.synchronize()
    pair.source.sql("DELETE FROM d.t WHERE n < 50; UPDATE d.t SET v = 0 WHERE n < 90", db="d")
    for n in range(100, 140):
        pair.source.sql(f"DELETE FROM d.t WHERE n = {n}")
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
    judge(task)


def test_swapped_unique_values_arrive(pair, program):
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, u INT UNIQUE)",
                    "INSERT INTO shop.t VALUES " + ",".join(f"({n}, {n})" for n in range(40)))
    task = program.task("swap", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    words = ["BEGIN"]
    for n in range(0, 40, 2):
        words += [f"UPDATE t SET u = NULL WHERE id = {n}", f"UPDATE t SET u = {n} WHERE id = {n + 1}",
                  f"UPDATE t SET u = {n + 1} WHERE id = {n}"]
    pair.source.sql(*words, "DELETE FROM t WHERE u = 7", "INSERT INTO t VALUES (99, 7)", "COMMIT", db="shop")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    judge(task)


# What somebody else did to the destination, and what the log then does to all of 40 rows.
@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
@pytest.mark.parametrize("meddling, change", (
    ("DELETE FROM t WHERE id = 7", "UPDATE t SET v = v + 1"),
    ("DELETE FROM t WHERE id = 7", "DELETE FROM t WHERE id < 30"),
    ("INSERT INTO t VALUES (107, 0)", "INSERT INTO t SELECT id + 100, v FROM (SELECT * FROM t) AS old"),
    ("DELETE FROM t WHERE id = 7", "UPDATE t SET v = v + 1; UPDATE t SET v = v - 1"),
))
def test_what_the_destination_lacks_is_counted(pair, program, meddling, change):
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)",
                    "INSERT INTO shop.t VALUES " + ",".join(f"({n}, {n})" for n in range(40)))
    task = program.task("lack", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.destination.sql(meddling, db="shop")
    pair.source.sql("BEGIN", *change.split("; "), "COMMIT", db="shop")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    counters = task.status()["progress"]["counters"]
    assert counters["anomalies"] == 1 and counters["refolds"] == 1


# A transaction that is too large to be gathered is folded window by window, each with a savepoint to go back to.
SAVED = 60      # updates of the program's own meta tables, beside one for each transaction


def executed(server, word):
    """Statements of that kind, since the server began."""
    ((_, n),) = server.sql(f"SHOW GLOBAL STATUS LIKE 'Com_{word}'")
    return int(n)


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
@pytest.mark.parametrize("lacking", (1, 3))
def test_one_row_that_lacks_does_not_slow_down_a_backlog(pair, program, lacking):
    """Only the transaction that it is about is applied change by change, not all that were gathered with it."""
    rows, each, chance = 2400, 20, random.Random(rds.seed(11))
    pair.source.sql("CREATE DATABASE shop", TABLES[0].replace("plain", "shop.plain"),
                    "INSERT INTO shop.plain VALUES " + ", ".join(f"({n}, 0, 'x')" for n in range(rows)))
    task = program.task("pieces", pair, ["shop"])
    task.run("--until=synchronized").succeeded()
    missing = chance.sample(range(rows), lacking)
    for n in missing:
        pair.destination.sql(f"DELETE FROM shop.plain WHERE id = {n}")
    pair.source.sql(*[f"UPDATE shop.plain SET v = id + 1 WHERE id BETWEEN {n} AND {n + each - 1}" for n in range(0, rows, each)])
    before = executed(pair.destination, "update")
    task.run("--until=synchronized").succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    counters = task.status()["progress"]["counters"]
    assert counters["anomalies"] == lacking and counters["refolds"] >= 1, (missing, counters)
    assert counters["updates"] == rows, counters
    assert executed(pair.destination, "update") - before <= each * lacking + rows // each + SAVED, (missing, counters)


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("workers", (1, 4))
def test_so_much_lacks_that_no_more_pieces_are_tried(pair, program, workers):
    """More transactions than are sought one by one: what comes behind them is applied change by change, and counted as exactly."""
    rows, each, chance = 2000, 10, random.Random(rds.seed(17))
    pair.source.sql("CREATE DATABASE shop", TABLES[0].replace("plain", "shop.plain"),
                    "INSERT INTO shop.plain VALUES " + ", ".join(f"({n}, 0, 'x')" for n in range(rows)))
    task = program.task("much", pair, ["shop"], settings={"sync.apply_workers": workers})
    task.run("--until=synchronized").succeeded()
    missing = [n + chance.randrange(each) for n in range(0, rows, each) if chance.randrange(2)]
    pair.destination.sql(f"DELETE FROM shop.plain WHERE id IN ({', '.join(map(str, missing))})")
    pair.source.sql(*[f"UPDATE shop.plain SET v = id + 1 WHERE id BETWEEN {n} AND {n + each - 1}" for n in range(0, rows, each)])
    task.run("--until=synchronized").succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    counters = task.status()["progress"]["counters"]
    assert counters["anomalies"] == len(missing) > 64 and counters["updates"] == rows, (missing, counters)


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_what_was_decided_is_counted_once_however_often_its_piece_is_taken_back(pair, program):
    """An event that is left out stands among transactions of which others lack rows."""
    rows, each, bad = 400, 10, 207
    pair.source.sql("CREATE DATABASE shop", TABLES[0].replace("plain", "shop.plain"),
                    "INSERT INTO shop.plain VALUES " + ", ".join(f"({n}, 0, 'x')" for n in range(rows)))
    task = program.task("decided", pair, ["shop"], settings={"sync.apply_workers": 1})
    task.run("--until=synchronized").succeeded()
    pair.destination.sql("ALTER TABLE shop.plain MODIFY w VARCHAR(4)")
    for n in range(0, rows, each):
        pair.source.sql("BEGIN", *(f"UPDATE plain SET v = 1, w = '{'too long for it' if i == bad else 'y'}' WHERE id = {i}" for i in range(n, n + each)),
                        "COMMIT", db="shop")
    assert "RS-4007" in task.run("--until=synchronized").exited(1).err
    pair.destination.sql("DELETE FROM shop.plain WHERE id IN (212, 350, 399)")     # what comes before the event may be there
    program.run("event", "skip", task.path).succeeded()
    task.run("--until=synchronized").succeeded()
    counters = task.status()["progress"]["counters"]
    assert counters["skipped"] == 1 and counters["anomalies"] == 3, counters
    assert [p["code"] for p in task.status()["progress"]["problems"]].count("RS-6011") == 1
    pair.source.sql(f"UPDATE shop.plain SET v = 0, w = 'x' WHERE id = {bad}")
    pair.destination.sql("ALTER TABLE shop.plain MODIFY w VARCHAR(40)")
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_row_that_lacks_among_xa_transactions(pair, program):
    """What of XA was gathered with it arrives once, whatever is taken back and sent again."""
    pair.source.sql("CREATE DATABASE shop", TABLES[0].replace("plain", "shop.plain"), "CREATE TABLE shop.log (n INT)",
                    "INSERT INTO shop.plain VALUES " + ", ".join(f"({n}, 0, 'x')" for n in range(200)))
    task = program.task("xa", pair, ["shop"], settings={"sync.lock_for_keyless": "yes"})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.destination.sql("DELETE FROM shop.plain WHERE id = 110")
    for n in range(0, 200, 20):
        pair.source.sql(f"XA START 'x{n}'", f"INSERT INTO log VALUES ({n}), ({n})", f"XA END 'x{n}'", f"XA PREPARE 'x{n}'", db="shop")
        pair.source.sql(f"UPDATE plain SET v = id + 1 WHERE id BETWEEN {n} AND {n + 19}", db="shop")
        pair.source.end_prepared("COMMIT", f"'x{n}'")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    counters = task.status()["progress"]["counters"]
    assert counters["anomalies"] == 1 and counters["updates"] == 200 and counters["inserts"] == 20, counters
    assert pair.destination.value("SELECT COUNT(*) FROM dts.rds_sync_xa WHERE xid <> ''") == 0


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_rows_that_lack_here_and_there(pair, program):
    """Whatever pieces a backlog is applied in: each row that is written at last is as the source has it, and counted once."""
    chance = random.Random(rds.seed(13))
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4")
    keyed = {table.split()[2]: table for table in TABLES if "KEY" in table}
    for name, table in keyed.items():
        pair.source.sql(table, *(f"INSERT IGNORE INTO {name} VALUES ({key_of(name, n)[1]}, {'NULL, ' if name == 'more' else ''}1, 'begun')"
                                 for n in range(KEYS)), db="shop")
    task = program.task("lacking", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    for name in keyed:
        for n in chance.sample(range(KEYS), 4):
            pair.destination.sql(f"DELETE FROM {name} WHERE {key_of(name, n)[0]}", db="shop")
    for _ in range(30):
        words = ["BEGIN"] + [statement(chance, chance.choice(list(keyed))) for _ in range(chance.randint(1, 9))]
        pair.source.sql(*words, "COMMIT", db="shop")
    pair.source.sql(*(f"UPDATE {name} SET v = v + 1, w = 'ended'" for name in keyed), db="shop")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    assert task.status()["progress"]["counters"]["anomalies"] > 0


@pytest.mark.parametrize("lacking", (False, True))
def test_a_large_transaction_arrives(pair, program, lacking):
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v INT, note VARCHAR(600))")
    for first in range(0, 20000, 2000):
        pair.source.sql("INSERT INTO shop.t VALUES " + ",".join(f"({n}, 0, REPEAT('x', 500))" for n in range(first, first + 2000)))
    task = program.task("large", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    if lacking:
        pair.destination.sql("DELETE FROM shop.t WHERE id = 12345")
    pair.source.sql("BEGIN", "UPDATE t SET v = v + 1", "UPDATE t SET id = id + 100000 WHERE id BETWEEN 500 AND 520",
                    "DELETE FROM t WHERE id % 7 = 0 AND id < 9000", "UPDATE t SET v = v + 1, note = REPEAT('y', 400)",
                    "INSERT INTO t VALUES (14, 14, 'again')", "COMMIT", db="shop")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    counters = task.status()["progress"]["counters"]
    assert counters["anomalies"] == lacking and counters["refolds"] == lacking
    assert counters["updates"] == 20000 + 21 + 20000 - 1283 and counters["transactions"] >= 1


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_killed_between_the_windows_of_a_large_transaction(pair, program):
    """What its first windows did goes with the session; nothing of it stays, nothing comes twice."""
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, note VARCHAR(600))", "CREATE TABLE shop.audit (what INT)")
    task = program.task("large", pair, ["shop"], settings={"sync.lock_for_keyless": "yes"})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    words = ["BEGIN"]
    for first in range(0, 20000, 2000):
        words += ["INSERT INTO t VALUES " + ",".join(f"({n}, REPEAT('x', 500))" for n in range(first, first + 2000)), f"INSERT INTO audit VALUES ({first}), ({first})"]
    pair.source.sql(*words, "COMMIT", "DELETE FROM t WHERE id = 7", db="shop")
    for nth in (1, 2):
        program.env["RDS_SYNC_CRASH_AT"] = f"streaming-rows:{nth}"
        assert task.run("--until=synchronized", "--skip-precheck-warnings").code == -9
        assert pair.destination.value("SELECT COUNT(*) FROM shop.t") == 0
        del program.env["RDS_SYNC_CRASH_AT"]
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    judge(task)
