"""What of a database or a table is synchronized: kinds of changes, and columns. A table's own word counts before its
database's, and that before the task's."""

import compare
import pytest

PAIRS = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")


def run(task, code=0):
    return task.run("--until=synchronized", "--skip-precheck-warnings").exited(code)


def rows(server, table, columns="*"):
    return sorted(map(tuple, server.sql(f"SELECT {columns} FROM {table}")))


def columns_of(server, table):
    return [row[0] for row in server.sql(f"SHOW COLUMNS FROM {table}")]


# --- kinds of changes ----------------------------------------------------------------------------------------------

@PAIRS
def test_kinds_of_changes_of_databases_and_tables(pair, program):
    for name in ("a", "b"):
        pair.source.sql(f"CREATE DATABASE {name}")
        for table in ("t", "u"):
            pair.source.sql(f"CREATE TABLE {name}.{table} (id INT PRIMARY KEY, v INT)", f"INSERT INTO {name}.{table} VALUES (1, 1), (2, 2)")
    task = program.task("kinds", pair, ["a", "b"], settings={
        "sync.dml": "insert update delete", "sync.ddl": "alter-table",
        "objects.operations.1": "a: insert delete create-index", "objects.operations.2": "a.u: dml ddl", "objects.operations.3": "b.u: none"})
    run(task)
    for name in ("a", "b"):
        for table in ("t", "u"):
            pair.source.sql(f"INSERT INTO {name}.{table} VALUES (3, 3)", f"UPDATE {name}.{table} SET v = v + 10 WHERE id = 1",
                            f"DELETE FROM {name}.{table} WHERE id = 2", f"CREATE INDEX by_v ON {name}.{table} (v)",
                            f"ALTER TABLE {name}.{table} ADD COLUMN w INT DEFAULT 7", f"INSERT INTO {name}.{table} VALUES (4, 4, 8)")
    pair.source.sql("CREATE TABLE a.later (id INT PRIMARY KEY)")
    run(task)
    there = pair.destination
    assert rows(there, "a.t") == [(1, 1), (3, 3), (4, 4)] and columns_of(there, "a.t") == ["id", "v"]
    assert rows(there, "a.u") == [(1, 11, 7), (3, 3, 7), (4, 4, 8)]
    assert rows(there, "b.t") == [(1, 11, 7), (3, 3, 7), (4, 4, 8)]
    assert rows(there, "b.u") == [(1, 1), (2, 2)] and columns_of(there, "b.u") == ["id", "v"]
    indexed = {tuple(row) for row in there.sql("SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.STATISTICS WHERE INDEX_NAME = 'by_v'")}
    assert indexed == {("a", "t"), ("a", "u")}
    assert not there.sql("SHOW TABLES FROM a LIKE 'later'")


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_kinds_of_changes_change_while_it_runs(pair, program):
    pair.source.sql("CREATE DATABASE a", "CREATE TABLE a.t (id INT PRIMARY KEY, v INT)", "INSERT INTO a.t VALUES (1, 1)")
    task = program.task("change", pair, ["a"])
    run(task)
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: (task.status()["progress"] or {}).get("caught_up"), "the task to follow")
    program.run("task", "set", task.path, "objects.operations.1=a.t: insert").succeeded()
    running.until(lambda: "insert" in (pair.destination.value("SELECT objects FROM dts.rds_sync_task") or ""), "it to be taken up")
    pair.source.sql("UPDATE a.t SET v = 2", "INSERT INTO a.t VALUES (2, 2)")
    running.until(lambda: len(rows(pair.destination, "a.t")) == 2, "the insert")
    running.stop().succeeded()
    assert rows(pair.destination, "a.t") == [(1, 1), (2, 2)]
    task.replace("a.t: insert", "a.t: update")
    pair.source.sql("UPDATE a.t SET v = 3", "INSERT INTO a.t VALUES (3, 3)")
    run(task)
    assert rows(pair.destination, "a.t") == [(1, 3), (2, 3)]


@PAIRS
def test_a_statement_of_tables_with_different_kinds_stops(pair, program):
    pair.source.sql("CREATE DATABASE a", "CREATE TABLE a.t (id INT PRIMARY KEY)", "CREATE TABLE a.u (id INT PRIMARY KEY)")
    task = program.task("mixed", pair, ["a"], settings={"objects.operations.1": "a.u: dml"})
    run(task)
    pair.source.sql("DROP TABLE a.t, a.u")
    assert "RS-4013" in run(task, 1).err


@pytest.mark.pairs("mariadb-mariadb")
def test_words_that_are_none_are_refused(pair, program):
    for value, why in (("a: insert sometimes", "sometimes"), ("c: insert", "not selected"), ("a.t.v: insert", "databases and tables"), ("a:", "expected")):
        task = program.task("bad", pair, ["a"], settings={"objects.operations.1": value})
        result = task.run().exited(2)
        assert why in result.err, value


# --- columns -------------------------------------------------------------------------------------------------------

@PAIRS
def test_columns_that_are_left_out_or_renamed(pair, program):
    """Made, copied, followed, compared and altered, with everything that hangs on them."""
    pair.source.sql("CREATE DATABASE a DEFAULT CHARACTER SET utf8mb4")
    pair.source.sql("CREATE TABLE t (secret VARCHAR(20) NOT NULL, id INT PRIMARY KEY, note VARCHAR(20), hidden INT, v INT, KEY by_secret (secret), "
                    "KEY by_both (v, secret), KEY by_note (note), UNIQUE KEY one (id, hidden), CHECK (hidden < 100))", db="a")
    pair.source.sql("INSERT INTO t VALUES ('s1', 1, 'n1', 1, 1), ('s2', 2, 'n2', 2, 2)", db="a")
    task = program.task("columns", pair, ["a"], rename=["a.t.note -> remark"], settings={"objects.exclude": "a.t.secret a.t.hidden a.t.more"})
    run(task)
    assert columns_of(pair.destination, "a.t") == ["id", "remark", "v"]
    for change in ("INSERT INTO t VALUES ('s3', 3, 'n3', 3, 3)", "UPDATE t SET secret = 'x', hidden = 9", "UPDATE t SET note = 'y', secret = 'z' WHERE id = 1",
                   "ALTER TABLE t ADD COLUMN more INT AFTER secret, ADD COLUMN w INT DEFAULT 5 AFTER secret, ADD KEY by_more (more, w), MODIFY secret VARCHAR(200)",
                   "ALTER TABLE t ADD COLUMN (x INT, y INT DEFAULT 6)", "INSERT INTO t (secret, id, note, w) VALUES ('s4', 4, 'n4', 8)",
                   "ALTER TABLE t CHANGE note note VARCHAR(50) AFTER hidden, DROP COLUMN more", "CREATE INDEX by_w ON t (w)",
                   "ALTER TABLE t MODIFY hidden BIGINT", "DELETE FROM t WHERE id = 2", "UPDATE t SET note = 'longer than twenty characters' WHERE id = 3"):
        pair.source.sql(change, db="a")
    run(task)
    assert set(columns_of(pair.destination, "a.t")) == {"id", "remark", "v", "w", "x", "y"}
    assert rows(pair.destination, "a.t", "id, remark, v, w, x, y") == rows(pair.source, "a.t", "id, note, v, w, x, y")
    indexes = {row[0] for row in pair.destination.sql("SELECT DISTINCT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = 'a'")}
    assert indexes == {"PRIMARY", "by_note", "by_w"}
    counters = task.status()["progress"]["counters"]
    assert counters["anomalies"] == 0
    assert task.verify().succeeded().json["same"]
    pair.destination.sql("UPDATE a.t SET remark = 'other' WHERE id = 1")
    assert not task.verify().exited(1).json["same"]


@PAIRS
def test_a_filter_may_compare_a_column_that_is_left_out(pair, program):
    pair.source.sql("CREATE DATABASE a", "CREATE TABLE a.t (id INT PRIMARY KEY, tenant INT, v INT)", "INSERT INTO a.t VALUES (1, 1, 1), (2, 2, 2)")
    task = program.task("filtered", pair, ["a"], settings={"objects.exclude": "a.t.tenant", "objects.filter.1": "a.t: tenant = 1"})
    run(task)
    pair.source.sql("INSERT INTO a.t VALUES (3, 1, 3), (4, 2, 4)", "UPDATE a.t SET tenant = 3 - tenant WHERE id < 3", "UPDATE a.t SET v = v + 1")
    run(task)
    assert rows(pair.destination, "a.t") == [(2, 3), (3, 4)]
    assert task.verify().succeeded().json["same"]


@PAIRS
def test_a_key_cannot_be_left_out(pair, program):
    pair.source.sql("CREATE DATABASE a", "CREATE TABLE a.t (id INT PRIMARY KEY, v INT)")
    task = program.task("key", pair, ["a"], settings={"objects.exclude": "a.t.id"})
    assert task.precheck().exited(1)
    pair.source.sql("ALTER TABLE a.t DROP PRIMARY KEY, ADD PRIMARY KEY (v)")
    pair.source.sql("INSERT INTO a.t VALUES (1, 2)")
    run(task)
    pair.source.sql("ALTER TABLE a.t DROP PRIMARY KEY, ADD PRIMARY KEY (v, id)")
    run(task, 1)


@PAIRS
def test_a_column_that_the_destination_cannot_do_without(pair, program):
    for server in (pair.source, pair.destination):
        server.sql("CREATE DATABASE a", "CREATE TABLE a.t (id INT PRIMARY KEY, v INT, secret INT NOT NULL)")
    pair.source.sql("INSERT INTO a.t VALUES (1, 2, 3)")
    task = program.task("demands", pair, ["a"], settings={"objects.exclude": "a.t.secret", "sync.existing_tables": "ignore"})
    (finding,) = [f for f in task.precheck().exited(1).json["findings"] if f["verdict"] == "failed"]
    assert "a.t.secret" in finding["explain"]
    pair.destination.sql(finding["remedy"])
    task.precheck().exited(0)
    run(task)
    assert rows(pair.destination, "a.t") == [(1, 2, None)]


@PAIRS
def test_a_renamed_column_stays_left_out(pair, program):
    pair.source.sql("CREATE DATABASE a", "CREATE TABLE a.t (id INT PRIMARY KEY, v INT, secret INT)", "INSERT INTO a.t VALUES (1, 1, 1)")
    task = program.task("renamed", pair, ["a"], settings={"objects.exclude": "a.t.secret"})
    run(task)
    pair.source.sql("ALTER TABLE a.t CHANGE secret told INT")
    assert "RS-4013" in run(task, 1).err
    assert columns_of(pair.destination, "a.t") == ["id", "v"]


# --- upper and lower case of names ---------------------------------------------------------------------------------

CHANGES = ("INSERT INTO `Orders` VALUES (2, 'two')", "ALTER TABLE `Orders` ADD COLUMN n INT DEFAULT 4", "CREATE TABLE `Lines` (id INT PRIMARY KEY, v INT)",
           "INSERT INTO `Lines` VALUES (1, 1)", "CREATE TABLE `Likewise` LIKE `Lines`", "INSERT INTO `Likewise` VALUES (2, 2)",
           "RENAME TABLE `Lines` TO `Rows`", "UPDATE `Rows` SET v = 5", "CREATE INDEX `By_N` ON `Orders` (n)", "UPDATE `Orders` SET v = 'changed' WHERE id = 1")


def tables(server, db):
    return sorted(row[0] for row in server.sql(f"SHOW TABLES FROM `{db}`"))


@PAIRS
@pytest.mark.parametrize("policy", ("lower", "upper", "source"))
def test_names_in_the_case_that_was_chosen(pair, program, policy):
    pair.source.sql("CREATE DATABASE `Shop`", "CREATE TABLE `Shop`.`Orders` (id INT PRIMARY KEY, v VARCHAR(20))",
                    "INSERT INTO `Shop`.`Orders` VALUES (1, 'one')", "CREATE TABLE `Shop`.`Kept` (id INT PRIMARY KEY)")
    task = program.task("case", pair, ["Shop"], rename=["Shop.Kept -> Under_This"], settings={"sync.name_case": policy})
    run(task)
    for change in CHANGES:
        pair.source.sql(change, db="Shop")
    pair.source.sql("INSERT INTO `Shop`.`Kept` VALUES (7)")
    run(task)
    become = {"lower": str.lower, "upper": str.upper, "source": str}[policy]
    db = become("Shop")
    names = [become(name) for name in ("Likewise", "Orders", "Rows")]
    assert tables(pair.destination, db) == sorted(names + ["Under_This"])
    for name in ("Likewise", "Orders", "Rows"):
        assert rows(pair.destination, f"`{db}`.`{become(name)}`") == rows(pair.source, f"`Shop`.`{name}`")
    assert rows(pair.destination, f"`{db}`.`Under_This`") == [(7,)]
    assert task.verify().succeeded().json["same"]


@PAIRS
def test_names_that_become_one_are_found(pair, program):
    pair.source.sql("CREATE DATABASE `Shop`", "CREATE TABLE `Shop`.`A` (id INT PRIMARY KEY)", "CREATE TABLE `Shop`.`a` (id INT PRIMARY KEY)")
    task = program.task("one", pair, ["Shop"], settings={"sync.name_case": "lower"})
    failed = [f["code"] for f in task.precheck().exited(1).json["findings"] if f["verdict"] == "failed"]
    assert failed == ["CHECK_CASE"]


# A server that does not tell upper from lower case has its names in lower case, whatever statements and the task call them.
@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("folding", ("source", "destination"))
def test_a_server_that_folds_names(pair, program, new_server, folding):
    class Pair:
        source = new_server("mariadb", lower_case_table_names=1) if folding == "source" else pair.source
        destination = new_server("mariadb", lower_case_table_names=1) if folding == "destination" else pair.destination

    Pair.source.sql("CREATE DATABASE `Shop`", "CREATE TABLE `Shop`.`Orders` (id INT PRIMARY KEY, v VARCHAR(20))",
                    "INSERT INTO `Shop`.`Orders` VALUES (1, 'one')", "CREATE TABLE `Shop`.`Kept` (id INT PRIMARY KEY)")
    task = program.task("fold", Pair, ["Shop"], rename=["Shop.KEPT -> Under_This" if folding == "source" else "Shop.Kept -> under_this"])
    run(task)
    for change in CHANGES:
        Pair.source.sql(change, db="Shop")
    Pair.source.sql("INSERT INTO `Shop`.`Kept` VALUES (7)")
    run(task)
    assert tables(Pair.destination, "shop") == sorted(["likewise", "orders", "rows", "Under_This" if folding == "source" else "under_this"])
    for name in ("Likewise", "Orders", "Rows"):
        assert rows(Pair.destination, f"shop.{name.lower()}") == rows(Pair.source, f"`Shop`.`{name}`")
    assert rows(Pair.destination, "shop.under_this" if folding != "source" else "shop.`Under_This`") == [(7,)]
    assert task.verify().succeeded().json["same"]
