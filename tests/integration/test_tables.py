"""Tables that other tools stumble over: names of every legal character, as many columns as there may be, keys of every kind,
and tables that grow, shrink, change and go while they are copied."""

import itertools
import random
import threading

import pymysql
import pytest

import compare
import rds

every_product = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
both_products = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
SETTINGS = {"sync.lock_for_keyless": "yes", "sync.chunk_size": "64K"}


def same(pair, mapping):
    return compare.compare_databases(pair.source, pair.destination, mapping) == []


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


def synchronize(task):
    return task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()


# --- names and numbers ----------------------------------------------------------------------------------------------

LATIN = "".join(chr(c) for c in range(0x21, 0x7f)) + "\u00a0"
NAMES = (LATIN[:64], LATIN[31:], "x" * 64, "名" * 40, "\u00e9e\u0301 E", "select", "a.b", "a/b\\c", "%s%d_%", "1", "\uffe6 \u200b.", "-- x", "/* x */", "\t\x01")


@every_product
def test_names_of_every_legal_character(pair, program):
    database = "d`b'\"\\%./\u00e9; --"
    pair.source.sql(f"CREATE DATABASE {quoted(database)} DEFAULT CHARACTER SET utf8mb4")
    for n, name in enumerate(NAMES):
        pair.source.sql(f"CREATE TABLE {quoted(name)} ({quoted(name)} INT PRIMARY KEY, {quoted(NAMES[n - 1])} VARCHAR(20), UNIQUE KEY {quoted(name)}"
                        f" ({quoted(NAMES[n - 1])}))", f"INSERT INTO {quoted(name)} VALUES (1, 'one'), (2, 'two')", db=database)
    (program.home / "objects").write_text(quoted(database) + "\n", encoding="utf-8")
    task = program.task("names", pair, [], settings={"objects.include": None, "objects.objects_file": program.home / "objects", **SETTINGS})
    synchronize(task)
    assert same(pair, [database])
    for n, name in enumerate(NAMES):
        pair.source.sql(f"INSERT INTO {quoted(name)} VALUES (3, 'three')", f"UPDATE {quoted(name)} SET {quoted(NAMES[n - 1])} = 'x' WHERE {quoted(name)} = 1",
                        f"DELETE FROM {quoted(name)} WHERE {quoted(name)} = 2", db=database)
        pair.source.sql(f"ALTER TABLE {quoted(name)} ADD COLUMN {quoted(NAMES[n - 2])} INT DEFAULT 5, ADD KEY (" + quoted(NAMES[n - 2]) + ")",
                        f"RENAME TABLE {quoted(name)} TO `between`, `between` TO {quoted(name)}", db=database)
    pair.source.sql(f"CREATE TABLE {quoted(NAMES[0][::-1])} LIKE {quoted(NAMES[0])}", f"INSERT INTO {quoted(NAMES[0][::-1])} SELECT * FROM {quoted(NAMES[0])}", db=database)
    synchronize(task)
    assert same(pair, [database])


@every_product
def test_1017_columns(pair, program):
    """As many as InnoDB takes, and rows of them together in one statement; the last is added by the log."""
    columns = ", ".join(f"c{n} INT" for n in range(1015))
    pair.source.sql("CREATE DATABASE shop", f"CREATE TABLE shop.wide (id INT PRIMARY KEY, {columns})",
                    "INSERT INTO shop.wide (id, c0, c1014) VALUES " + ", ".join(f"({n}, {n}, {n % 7})" for n in range(1, 201)), "UPDATE shop.wide SET c0 = NULL WHERE id = 2")
    task = program.task("wide", pair, ["shop"])
    synchronize(task)
    assert same(pair, ["shop"])
    pair.source.sql("INSERT INTO shop.wide (id, c7) VALUES " + ", ".join(f"({n}, {n})" for n in range(201, 401)), "UPDATE shop.wide SET c1014 = id + 5, c500 = 7, c1013 = NULL",
                    "DELETE FROM shop.wide WHERE id = 2", "ALTER TABLE shop.wide ADD COLUMN last INT DEFAULT 9", "UPDATE shop.wide SET last = id WHERE id < 100")
    synchronize(task)
    assert same(pair, ["shop"]) and task.status()["progress"]["counters"]["anomalies"] == 0


@every_product
def test_tables_without_rows_and_databases_without_tables(pair, program):
    pair.source.sql("CREATE DATABASE shop; CREATE DATABASE void; CREATE TABLE shop.a (id INT PRIMARY KEY); CREATE TABLE shop.b (v INT)")
    task = program.task("empty", pair, ["shop", "void"], settings=SETTINGS)
    synchronize(task)
    assert same(pair, ["shop"]) and pair.destination.sql("SHOW DATABASES LIKE 'void'")
    pair.source.sql("INSERT INTO shop.a VALUES (0); INSERT INTO shop.b VALUES (NULL), (NULL); CREATE TABLE void.t (id INT PRIMARY KEY); INSERT INTO void.t VALUES (1)")
    synchronize(task)
    assert same(pair, ["shop", "void"])


# --- keys -----------------------------------------------------------------------------------------------------------

UTF8 = "DEFAULT CHARSET=utf8mb4"
KEYS = {
    "composite": ("a INT, b VARCHAR(20), c DATE, v INT, PRIMARY KEY (c, a, b)", "(1, 'x', '2020-01-01', 1), (1, 'X ', '2020-01-02', 2)"),
    "prefix": ("a VARCHAR(100), v INT, PRIMARY KEY (a(3))", "('abcd', 1), ('abdd', 2), ('\u00e9\u00e9\u00e9\u00e9', 3)"),
    "prefix_of_text": ("a TEXT, v INT, UNIQUE KEY (a(2))", "('abcd', 1), ('bbcd', 2), (NULL, 3), (NULL, 3)"),
    "prefix_of_blob": ("a BLOB NOT NULL, v INT, PRIMARY KEY (a(2))", "(0x0000, 1), (0x000100, 2)"),
    "nullable": ("a INT NULL, b INT, v INT, UNIQUE KEY (a)", "(1, 1, 1), (NULL, 1, 1), (NULL, 1, 1)"),
    "second": ("id INT PRIMARY KEY, a INT, v INT, UNIQUE KEY (a, v), UNIQUE KEY (v, id)", "(1, 1, 1), (2, 1, 2)"),
    "negative_zero": ("a DOUBLE PRIMARY KEY, v INT", "(0, 1), (-1.5, 2), (1e300, 3)"),
    "floating": ("a FLOAT PRIMARY KEY, v INT", "(0.1, 1), (16777216, 2)"),
    "enum": ("a ENUM('z','y','a','b') PRIMARY KEY, v INT", "('a', 1), ('z', 2)"),
    "bits": ("a BIT(20) PRIMARY KEY, v INT", "(0, 1), (b'10000000000000000001', 2)"),
    "year": ("a YEAR, b TIME(2), v INT, PRIMARY KEY (a, b)", "(2000, '-10:00:00.25', 1), (2000, '10:00', 2)"),
    "binary_end": ("a BINARY(8) PRIMARY KEY, v INT", "(0x6100, 1), (0x610000000000FF00, 2)"),
    "unsigned": ("a BIGINT UNSIGNED PRIMARY KEY, v INT", "(0, 1), (18446744073709551615, 2), (9223372036854775808, 3)"),
    "generated": ("a INT, g INT {stored} UNIQUE, v INT, id INT PRIMARY KEY".replace("{stored}", "GENERATED ALWAYS AS (a * 2) STORED"), None),
    "generated_virtual": ("a INT, g INT GENERATED ALWAYS AS (a + 1) VIRTUAL, v INT, id INT PRIMARY KEY, UNIQUE KEY (g)", None),
}
ONLY_MYSQL = {
    "generated_primary": ("a INT, g INT GENERATED ALWAYS AS (a * 2) STORED PRIMARY KEY, v INT", None),
    "functional": ("id INT PRIMARY KEY, a INT, v INT, UNIQUE KEY ((a * 2)), KEY ((a + v))", "(1, 1, 1), (2, 2, 2)"),
    "functional_alone": ("a INT, v INT, UNIQUE KEY ((a * 2))", "(1, 1), (2, 2)"),
    "invisible": ("a INT, v INT, id INT INVISIBLE PRIMARY KEY AUTO_INCREMENT", None),
}
DESCENDING = {"descending": ("a INT, b INT, v INT, PRIMARY KEY (a DESC, b)", "(1, 1, 1), (2, 1, 2), (1, 2, 3)")}


def keys_of(server):
    keys = dict(KEYS)
    if server.flavor == "mysql56":
        keys = {name: key for name, key in keys.items() if not name.startswith("generated")}
    if server.flavor == "mysql9":
        keys.update(ONLY_MYSQL)
    if server.flavor != "mysql56":
        keys.update(DESCENDING)
    return {f"by_{name}": key for name, key in keys.items()}


def some_changes(server, name, r):
    """Of rows that meet each other: new ones, changed ones, changed keys, deleted ones."""
    columns = [column for (column, extra) in server.sql("SELECT COLUMN_NAME, EXTRA FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = 'shop' AND"
                                                        " TABLE_NAME = %s AND COLUMN_NAME NOT IN ('v', 'g')", args=(name,)) if "auto" not in extra]
    values = {"a": ("1", "2", "'a'", "'abc'", "'b'", "0", "100", "-1", "'\u00e9'", "0x61", "'2020'"), "b": ("1", "2", "'x'", "'10:00:01'"), "c": ("'2020-01-01'", "'2020-05-05'"),
              "id": [str(n) for n in range(1, 9)]}
    for _ in range(60):
        row = [r.choice(values[column]) for column in columns]
        change = r.choice((f"REPLACE INTO {name} ({', '.join(columns)}, v) VALUES ({', '.join(row)}, {r.randint(0, 99)})",
                           f"UPDATE {name} SET v = v + 1 ORDER BY v LIMIT 2", f"UPDATE IGNORE {name} SET {columns[0]} = {row[0]} ORDER BY v LIMIT 1",
                           f"DELETE FROM {name} ORDER BY v DESC LIMIT 1"))
        try:
            server.sql("SET SESSION sql_mode = ''", "BEGIN", change, f"UPDATE {name} SET v = v + 100 ORDER BY v LIMIT 1", "COMMIT", db="shop")
        except (pymysql.err.IntegrityError, pymysql.err.DataError, pymysql.err.OperationalError) as refused:
            print(change, refused)


@every_product
def test_keys_of_every_kind(pair, program):
    r = random.Random(rds.seed(17))
    keys = keys_of(pair.source)
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4")
    for name, (definition, rows) in keys.items():
        pair.source.sql(f"CREATE TABLE {name} ({definition}) {UTF8}", db="shop")
        if rows:
            pair.source.sql("SET SESSION sql_mode = ''", f"INSERT INTO {name} VALUES {rows}", db="shop")
    task = program.task("keys", pair, ["shop"], settings=SETTINGS)
    running = task.stand_at("planned", "--until=synchronized", "--skip-precheck-warnings")
    for name in keys:
        some_changes(pair.source, name, r)
    running.go_on()
    running.wait().succeeded()
    assert same(pair, ["shop"])
    for _ in range(2):
        for name in keys:
            some_changes(pair.source, name, r)
        synchronize(task)
        assert same(pair, ["shop"])
    assert task.status()["progress"]["counters"]["anomalies"] == 0


# --- keys that collations call equal ----------------------------------------------------------------------------------

EQUAL = (("e", "\u00e9", "E", "\u00c9", "e\u0301"), ("a", "a ", "A", "a  ", "\u00e0"), ("ss", "\u00df", "SS", "s"), ("ae", "\u00e4", "AE"), ("x", "x\u200d", "X"),
         ("\u0130", "i", "I", "\u0131"), ("1", "\u00b9", "\uff11"), ("", " ", "\t"))


@both_products
def test_keys_that_are_equal_written_by_many(pair, program):
    """Values that a key calls the same wander from row to row, in many sessions at once, while they are copied and afterwards."""
    r = random.Random(rds.seed(19))
    collations = [name for (name,) in pair.source.sql("SELECT COLLATION_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY") if name in (
        "utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_0900_ai_ci", "utf8mb4_0900_as_cs", "utf8mb4_bin", "latin1_german2_ci", "latin1_swedish_ci", "utf8mb4_unicode_520_ci",
        "utf8mb4_turkish_ci", "utf8mb4_0900_bin", "utf16_unicode_ci", "utf8mb4_unicode_nopad_ci", "utf8mb4_uca1400_ai_ci")]
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4")
    for n, collation in enumerate(collations):
        of = f"VARCHAR(20) CHARACTER SET {collation.split('_')[0]} COLLATE {collation}"
        pair.source.sql(f"CREATE TABLE p{n} (k {of} PRIMARY KEY, v INT)", f"CREATE TABLE u{n} (id INT PRIMARY KEY AUTO_INCREMENT, k {of}, v INT, UNIQUE KEY (k))", db="shop")
    task = program.task("equal", pair, ["shop"], settings=SETTINGS)
    stop = threading.Event()
    failures = []

    def write(seed):
        own = random.Random(seed)
        with pair.source.connect(db="shop", charset="utf8mb4", autocommit=True) as connection, connection.cursor() as cursor:
            while not stop.is_set():
                table = own.choice("pu") + str(own.randrange(len(collations)))
                a, b = own.choices(own.choice(EQUAL), k=2)
                try:
                    cursor.execute(*own.choice(((f"INSERT INTO {table} (k, v) VALUES (%s, 1)", (a,)), (f"REPLACE INTO {table} (k, v) VALUES (%s, 2)", (a,)),
                                                (f"UPDATE {table} SET k = %s, v = v + 1 WHERE k = %s", (a, b)), (f"DELETE FROM {table} WHERE k = %s", (a,)))))
                except (pymysql.err.IntegrityError, pymysql.err.DataError):
                    pass
                except pymysql.err.OperationalError as error:
                    if error.args[0] not in (1213, 1205, 1366, 3854, 3988, 1267):
                        failures.append(error)
                        return
                stop.wait(0.003)

    threads = [threading.Thread(target=write, args=(r.random(),)) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        running = task.start("--skip-precheck-warnings")
        running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing", 180)
        running.until(lambda: failures or changes(task) > 3000, "some thousands of changes", 180)
        assert not failures
        running.kill()
        begin = written(pair)
        rds.wait_until(lambda: failures or written(pair) > begin + 100_000, "a backlog")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failures
    task.run("--until=synchronized", "--skip-precheck-warnings", seconds=180).succeeded()
    assert same(pair, ["shop"])
    assert task.status()["progress"]["counters"]["anomalies"] == 0


def changes(task):
    counters = task.status()["progress"]["counters"]
    return counters["inserts"] + counters["updates"] + counters["deletes"]


def written(pair):
    return int(pair.source.log_position()[1])


# --- tables that change while they are copied --------------------------------------------------------------------------

WHILE_COPIED = {
    "grow": ("INSERT INTO t (v) SELECT v FROM t", "INSERT INTO k SELECT * FROM k"),
    "shrink": ("DELETE FROM t WHERE id > 50", "DELETE FROM k"),
    "emptied": ("TRUNCATE TABLE t", "TRUNCATE TABLE k"),
    "gone": ("DROP TABLE t", "DROP TABLE k"),
    "made anew": ("DROP TABLE t", "CREATE TABLE t (id INT PRIMARY KEY, w INT)", "INSERT INTO t VALUES (1, 7)"),
    "renamed": ("RENAME TABLE t TO t2", "RENAME TABLE k TO k2", "INSERT INTO t2 (v) VALUES ('later')"),
    "swapped": ("RENAME TABLE t TO swap, other TO t, swap TO other", "INSERT INTO other (v) VALUES ('later')"),
    "a column more": ("ALTER TABLE t ADD COLUMN w INT DEFAULT 4 FIRST", "ALTER TABLE k ADD COLUMN w INT DEFAULT 4", "UPDATE t SET w = 5 WHERE id = 1"),
    "a column less": ("ALTER TABLE t DROP COLUMN v", "ALTER TABLE k DROP COLUMN v"),
    "another type": ("ALTER TABLE t MODIFY v VARBINARY(300)", "UPDATE t SET v = 0xff00 WHERE id = 1"),
    "another character set": ("ALTER TABLE c CONVERT TO CHARACTER SET utf8mb4",),
    "members in another order": ("ALTER TABLE c MODIFY e ENUM('b','a')",),
    "instants to local times": ("SET time_zone = '+08:00'", "ALTER TABLE c MODIFY s DATETIME NULL"),
    "columns with each other's names": ("ALTER TABLE c CHANGE a b INT, CHANGE b a INT",),
    "rows of a partition": ("ALTER TABLE parts EXCHANGE PARTITION p1 WITH TABLE part",),
    "wider": ("ALTER TABLE c MODIFY a BIGINT, MODIFY e ENUM('a','b','c')", "UPDATE c SET a = 5000000000, e = 'c' WHERE id = 1"),
    "another key": ("ALTER TABLE t DROP PRIMARY KEY, MODIFY id INT NOT NULL, ADD PRIMARY KEY (v(10), id)",),
    "the database gone": ("DROP DATABASE shop",),
}


WAITS_FOR_LOCK = "SELECT 1 FROM information_schema.processlist WHERE STATE LIKE 'Waiting for%lock'"
# What was read may be of either kind, and nothing tells them apart.
NEVER = ("swapped", "another character set", "members in another order", "instants to local times", "columns with each other's names", "rows of a partition")
ALWAYS = ("grow", "shrink", "emptied", "a column more", "another key")


@both_products
@pytest.mark.parametrize("step", ("chunk-marked", "keyless-loaded"))
@pytest.mark.parametrize("what", WHILE_COPIED)
def test_tables_that_change_while_they_are_copied(pair, program, what, step):
    """However it ends, the source's state is reached in the end, or the task says by name why not: silence is the fault."""
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(300))", "CREATE TABLE shop.k (v VARCHAR(300), n INT)",
                    "CREATE TABLE shop.c (id INT PRIMARY KEY, v VARCHAR(100), e ENUM('a','b'), s TIMESTAMP NULL, a INT, b INT) DEFAULT CHARSET=latin1",
                    "CREATE TABLE shop.parts (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION p1 VALUES LESS THAN (1000), PARTITION p2 VALUES LESS THAN MAXVALUE)",
                    "CREATE TABLE shop.part (id INT PRIMARY KEY)", "INSERT INTO shop.parts VALUES (1), (2), (2000)", "INSERT INTO shop.part VALUES (7), (8), (9)",
                    "SET time_zone = '+08:00'", "INSERT INTO shop.c VALUES (1, 'é', 'a', '2020-01-01 00:00:00', 1, 2), (2, 'ü', 'b', '2020-06-01 00:00:00', 3, 4)",
                    "CREATE TABLE shop.other LIKE shop.t", "INSERT INTO shop.t (v) VALUES " + ", ".join(["(REPEAT('v', 250))"] * 2000),
                    "INSERT INTO shop.k (v) VALUES " + ", ".join(["(REPEAT('k', 250))"] * 500))
    task = program.task("live", pair, ["shop"], settings={**SETTINGS, "sync.copy_workers": "1"})
    running = task.stand_at(step, "--until=synchronized", "--skip-precheck-warnings")
    done, errors = threading.Event(), []

    def change():
        try:
            pair.source.sql(*WHILE_COPIED[what], db="shop")
        except pymysql.err.MySQLError as error:
            errors.append(error)
        done.set()

    changer = threading.Thread(target=change)       # it may have to wait for what is being read
    changer.start()
    rds.wait_until(lambda: done.is_set() or pair.source.sql(WAITS_FOR_LOCK), "the change, or its wait")
    running.go_on()
    ended = running.wait()
    changer.join()
    assert not errors
    if ended.code == 0:
        assert what not in NEVER
        synchronize(task)
        assert what == "the database gone" or same(pair, ["shop"])
    else:
        assert what not in ALWAYS
        # a value that the destination's column does not take is refused with 4007, and with 4008 where it is loaded
        assert any(code in ended.err for code in ("RS-3007", "RS-3016", "RS-4007", "RS-4008")), ended.err
        assert "shop." in ended.err


@pytest.mark.pairs("mysql9-mysql9")
def test_tables_without_a_key_beside_writers_of_large_rows(pair, program):
    """The log is asked for what lies between two places: MySQL 9 fails where its last event is still being written."""
    tables = [f"shop.k{n}" for n in range(40)]
    pair.source.sql("CREATE DATABASE shop; CREATE DATABASE busy; CREATE TABLE busy.t (id INT PRIMARY KEY AUTO_INCREMENT, v TEXT)",
                    *(f"CREATE TABLE {table} (v INT)" for table in tables), *(f"INSERT INTO {table} VALUES (1), (1)" for table in tables))
    task = program.task("k", pair, ["shop"], settings={**SETTINGS, "sync.copy_workers": 1, "sync.relay_quota": 0})
    over = threading.Event()

    def write():
        with pair.source.connect() as connection, connection.cursor() as cursor:
            while not over.is_set():
                cursor.execute("INSERT INTO busy.t (v) VALUES (REPEAT('x', 20000))")
                connection.commit()

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        synchronize(task)
    finally:
        over.set()
        for writer in writers:
            writer.join()
    assert same(pair, ["shop"])


@pytest.mark.pairs("mysql9-mysql9")
def test_tables_without_a_key_beside_writers_to_a_compressed_log(pair, program):
    """A compressed transaction is one event, behind which the log lists what is in it: rows of a table that is about to be copied."""
    pair.source.set_global(binlog_transaction_compression="ON")
    tables = [f"shop.k{n}" for n in range(12)]
    pair.source.sql("CREATE DATABASE shop", *(f"CREATE TABLE {table} (v INT, w VARCHAR(500))" for table in tables),
                    *(f"INSERT INTO {table} VALUES (0, 'w'), (0, 'w')" for table in tables))
    task = program.task("k", pair, ["shop"], settings={**SETTINGS, "sync.copy_workers": 1})
    over = threading.Event()

    def write(first):
        with pair.source.connect(autocommit=False) as connection, connection.cursor() as cursor:
            for number in itertools.count(first, 3):
                for table in tables:
                    cursor.execute(f"INSERT INTO {table} VALUES ({number}, REPEAT('w', 300))")
                connection.commit()
                if over.is_set():
                    return

    writers = [threading.Thread(target=write, args=(n,)) for n in (1, 2, 3)]
    for writer in writers:
        writer.start()
    try:
        task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    finally:
        over.set()
        for writer in writers:
            writer.join()
    synchronize(task)
    assert same(pair, ["shop"])


# --- foreign keys -----------------------------------------------------------------------------------------------------

@pytest.mark.pairs("mariadb-mariadb", "mysql56-mariadb")
@pytest.mark.parametrize("ddl", ("alter-table", "create-table"))
def test_a_foreign_key_to_a_table_that_is_not_selected_is_added(pair, program, ddl):
    """Rows that it deletes are in no log: they would stay without a word."""
    pair.source.sql("CREATE DATABASE shop; CREATE DATABASE other; CREATE TABLE other.parent (id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO other.parent VALUES (1);"
                    "CREATE TABLE shop.child (id INT PRIMARY KEY, p INT) ENGINE=InnoDB; INSERT INTO shop.child VALUES (1, 1), (2, NULL)")
    task = program.task("family", pair, ["shop"], settings={"sync.ddl": ddl})
    synchronize(task)
    pair.source.sql("ALTER TABLE shop.child ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES other.parent (id) ON DELETE CASCADE", "DELETE FROM other.parent")
    assert pair.source.value("SELECT COUNT(*) FROM shop.child") == 1
    ended = task.run("--until=synchronized").exited(1)
    assert "other.parent" in ended.err and "shop.child" in ended.err and ("RS-3008" in ended.err or "RS-4013" in ended.err), ended.err


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
def test_times_that_set_themselves_are_the_source_s(pair, program):
    """ON UPDATE CURRENT_TIMESTAMP, in a row whose time the source's change did not move: it says so, or was in the same second."""
    times = "t TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, d DATETIME DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"
    then = "SET timestamp = 1600000000"
    pair.source.sql("CREATE DATABASE d", f"CREATE TABLE d.keyless (v INT, {times})", f"CREATE TABLE d.wide (id INT PRIMARY KEY, v LONGTEXT, {times})",
                    f"CREATE TABLE d.plain (id INT PRIMARY KEY, v INT, {times})", "CREATE TABLE d.parent (id INT PRIMARY KEY)",
                    f"CREATE TABLE d.child (id INT PRIMARY KEY, p INT, {times}, FOREIGN KEY (p) REFERENCES d.parent (id) ON DELETE SET NULL ON UPDATE CASCADE)", then,
                    "INSERT INTO d.keyless (v) VALUES (1), (2)", "INSERT INTO d.wide (id, v) VALUES (1, REPEAT('x', 20000)), (2, '')",
                    "INSERT INTO d.plain (id, v) VALUES (1, 1), (2, 2)", "INSERT INTO d.parent VALUES (1), (2)", "INSERT INTO d.child (id, p) VALUES (1, 1), (2, 2)")
    task = program.task("t", pair, ["d"], settings={**SETTINGS, "precheck.ignore": "CHECK_PRIMARY_KEY"})
    task.synchronize()
    pair.source.sql(then, "UPDATE d.keyless SET v = 10 WHERE v = 1", "UPDATE d.wide SET v = REPEAT('y', 20000)", "UPDATE d.plain SET v = 10 WHERE id = 1",
                    "UPDATE d.plain SET id = 20 WHERE id = 2", "DELETE FROM d.parent WHERE id = 1", "UPDATE d.parent SET id = 3",
                    "SET timestamp = 1700000000", "UPDATE d.keyless SET v = 20, t = t, d = d WHERE v = 2", "UPDATE d.plain SET id = 30, t = t WHERE id = 20")
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
