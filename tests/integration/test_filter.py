"""Row filters: our verdict on a row is the server's, and what is copied and followed are the source's rows that meet the
condition, whatever happens meanwhile."""

import json
import pathlib
import random
import subprocess
import threading

import pymysql
import pytest

import rds

TEXTS = ("", "a", "A", "b", "é", "e", "E", "a ", " a", "a%", "a_b", "a|b", "x\\y", "it's", "中文", "中", "😀", "a\tb", "zz", "ß", "ss")
LATIN = ("", "a", "A", "é", "ÿ", "a ", "€", "ß")
BYTES = (b"", b"\0", b"ab\0\0", b"ab", b"\xff\x00", b"%", b"a_b|")
INTS = (0, 1, -1, 10, 127, -128)
NUMBERS = ("0", "-0", "0.0", "1", "-1", "10.5", "127", "-128.00", "255", "1.0000000001", "0.5", "10", "65535",
           "9223372036854775807", "-9223372036854775808", "18446744073709551615", "18446744073709551616", "99999999999999999999.5",
           "0.000001", "-0.000001", "2.50", "00012.5")
DOUBLES = ("0", "-0.0", "0.1", "1e0", "16777216", "16777217", "1.5e-30", "-2.5e-200", "1e300", "0.30000000000000004", "0.3")
DAYS = ("2026-11-22", "0000-00-00", "2026-00-00", "2024-02-29", "1000-01-01", "9999-12-31")
MOMENTS = tuple(f"{day} {clock}" for day in ("2026-11-22", "2024-02-29") for clock in ("00:00:00", "08:00:00", "08:00:00.5", "23:59:59.999999"))
TIMES = ("00:00:00", "08:00:00", "-08:00:00.5", "08:00:00.5", "-838:59:59", "838:59:59", "100:00:00", "-00:00:00.000001")


def text_literal(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''").replace("\t", "\\t") + "'"


def bytes_literal(value):
    return "X'" + value.hex() + "'"


def quoted(values):
    return [f"'{value}'" for value in values]


TEXT_LITERALS = [text_literal(text) for text in TEXTS]
LATIN_LITERALS = [text_literal(text) for text in LATIN]
BYTE_LITERALS = [bytes_literal(value) for value in BYTES]
COUNTS = ["0", "1", "5", "X'0f'", "255", "18446744073709551615", "b'101'", "0.5"]

# name: type, the values that its rows have, the literals that it is compared with, whether it has an order, and patterns.
COLUMNS = {
    "c_tiny": ("TINYINT", INTS, NUMBERS, True, False),
    "c_small": ("SMALLINT UNSIGNED ZEROFILL", (0, 1, 10, 255, 65535), NUMBERS, True, False),
    "c_int": ("INT", INTS, NUMBERS, True, False),
    "c_big": ("BIGINT", (0, 1, -1, 2**63 - 1, -2**63), NUMBERS, True, False),
    "c_ubig": ("BIGINT UNSIGNED", (0, 1, 2**63, 2**64 - 1), NUMBERS, True, False),
    "c_dec": ("DECIMAL(30,6)", ("0", "-0.000001", "10.5", "2.5", "99999999999999999999.5"), NUMBERS, True, False),
    "c_dec0": ("DECIMAL(20,0)", ("0", "1", "-128", "18446744073709551616"), NUMBERS, True, False),
    "c_year": ("YEAR", (0, 1901, 1999, 2026), ("0", "99", "1999", "2026", "26", "1999.5"), True, False),
    "c_bit": ("BIT(12)", (0, 1, 5, 255, 4095), COUNTS, True, False),
    "c_bit64": ("BIT(64)", (0, 5, 2**63, 2**64 - 1), COUNTS, True, False),
    "c_float": ("FLOAT", (0, 0.1, 16777216.0, 1.5e-30, 0.3), DOUBLES, True, False),
    "c_double": ("DOUBLE", (0, 0.1, 1e300, -2.5e-200, 0.30000000000000004), DOUBLES, True, False),
    "c_enum": ("ENUM('x','X2','é','it''s')", ("x", "X2", "é", "it's"), ("'x'", "'X2'", "'é'", "'it''s'"), False, False),
    "c_char": ("CHAR(5) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", TEXTS, TEXT_LITERALS, True, True),
    "c_text": ("VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci", TEXTS, TEXT_LITERALS + BYTE_LITERALS, True, True),
    "c_bin": ("VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", TEXTS, TEXT_LITERALS, True, True),
    "c_utf8": ("TEXT CHARACTER SET utf8", TEXTS[:16], [text_literal(t) for t in TEXTS[:16]], True, True),
    "c_latin1": ("VARCHAR(20) CHARACTER SET latin1", LATIN, LATIN_LITERALS, True, True),
    "c_koi8r": ("TINYTEXT CHARACTER SET koi8r", ("", "a", "Ж", "ж "), ("'Ж'", "'ж '", "'a'", "''", "'b'"), True, True),
    "c_gbk": ("VARCHAR(20) CHARACTER SET gbk", ("", "a", "中", "A"), ("'a'", "'A'", "''", "X'd6d0'"), True, False),
    "c_long": ("LONGTEXT CHARACTER SET utf8mb4", TEXTS, TEXT_LITERALS, True, True),
    "c_binary": ("BINARY(4)", BYTES[:4], BYTE_LITERALS + ["'ab'"], True, True),
    "c_varbin": ("VARBINARY(20)", BYTES, BYTE_LITERALS + ["'ab'"], True, True),
    "c_date": ("DATE", DAYS, quoted(DAYS + MOMENTS), True, False),
    "c_datetime": ("DATETIME", DAYS + MOMENTS, quoted(DAYS + MOMENTS), True, False),
    "c_datetime3": ("DATETIME(3)", MOMENTS, quoted(DAYS + MOMENTS), True, False),
    "c_stamp": ("TIMESTAMP(6) NULL", MOMENTS, quoted(DAYS + MOMENTS) + ["'2026-11-22 08:00:00+08:00'", "'2026-11-22 08:00:00.5Z'"],
                True, False),
    "c_time": ("TIME", TIMES, quoted(TIMES), True, False),
    "c_time6": ("TIME(6)", TIMES, quoted(TIMES), True, False),
    "c_blob": ("BLOB", BYTES, (), False, False),
    "c_set": ("SET('p','q')", ("", "p", "p,q"), (), False, False),
}
PATTERNS = ("'%'", "''", "'a%'", "'%a'", "'%a%'", "'_'", "'__'", "'a_b'", "'a\\_b'", "'a\\%'", "'%\\%'", "'a|b'", "'%''%'", "'%_%_'",
            "'A'", "'a '", "'x\\\\\\\\y'", "'%b%b%'")
ODD_PATTERNS = ("'é'", "'_é%'", "'中_'", "'%文'", "'😀'")


def comparison(r, columns):
    name = r.choice(list(columns))
    kind, _, literals, ordered, patterns = columns[name]
    how = r.choice(("null", "like" if patterns else "in", "between" if ordered else "in", "in", "compare", "compare", "compare"))
    if how == "null" or not literals:
        return f"{name} IS {r.choice(('', 'NOT '))}NULL"
    no = r.choice(("", "NOT "))
    if how == "like":
        some = PATTERNS + ODD_PATTERNS if "utf8mb4" in kind else PATTERNS
        return f"{name} {no}LIKE {r.choice(some)}"
    if how == "between":
        return f"{name} {no}BETWEEN {r.choice(literals)} AND {r.choice(literals)}"
    if how == "in":
        return f"{name} {no}IN ({', '.join(r.choices(literals, k=r.randint(1, 4)))})"
    op = r.choice(("=", "<>", "<", "<=", ">", ">=") if ordered else ("=", "<>"))
    return f"{r.choice(literals)} {op} {name}" if r.random() < 0.2 else f"{name} {op} {r.choice(literals)}"


def condition(r, columns, depth):
    if depth == 0 or r.random() < 0.4:
        return comparison(r, columns)
    if r.random() < 0.3:
        return f"NOT ({condition(r, columns, depth - 1)})"
    return "(" + r.choice((" AND ", " OR ")).join(condition(r, columns, depth - 1) for _ in range(r.randint(2, 3))) + ")"


def fill(server, columns, r, rows):
    parts = [f"`{name}` {kind[0]}{'' if 'NULL' in kind[0] else ' NULL'}" for name, kind in columns.items()]
    connection = server.connect(charset="utf8mb4")
    with connection.cursor() as cursor:
        cursor.execute("SET sql_mode='', time_zone='+00:00'")
        cursor.execute("CREATE DATABASE f CHARACTER SET utf8mb4")
        cursor.execute(f"CREATE TABLE f.t (id INT PRIMARY KEY, {', '.join(parts)}) CHARACTER SET utf8mb4")
        for i in range(rows):
            values = [None if r.random() < 0.15 else r.choice(kind[1]) for kind in columns.values()]
            cursor.execute(f"INSERT INTO f.t VALUES ({i}, {', '.join(['%s'] * len(values))})", values)
    connection.commit()
    connection.close()


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
def test_the_server_and_we_choose_the_same_rows(pair, binary):
    number = rds.seed(7)
    print("seed", number)
    r = random.Random(number)
    fill(pair.source, COLUMNS, r, 150)
    conditions = []
    for name, (kind, _, literals, ordered, patterns) in COLUMNS.items():
        ops = ("=", "<>", "<", "<=", ">", ">=") if ordered else ("=", "<>")
        conditions += [f"{name} {op} {literal}" for literal in literals for op in ops]
        conditions += [f"{name} LIKE {p}" for p in PATTERNS if patterns]
    conditions += [condition(r, COLUMNS, 3) for _ in range(400)]
    probe = pathlib.Path(binary).parent / "tests/integration/filter_probe"
    done = subprocess.run([probe, pair.source.host, str(pair.source.port), "f", "t"], input="\n".join(conditions) + "\n", text=True,
                          capture_output=True, encoding="utf-8", timeout=200, check=False, env={"LC_ALL": "C.UTF-8"})
    answers = done.stdout.splitlines()
    assert done.returncode == 0 and len(answers) == len(conditions), f"{conditions[len(answers)]}\n{done.stderr}"
    met = 0
    wrong = []
    for text, line in zip(conditions, answers):
        answer = json.loads(line)
        if "refused" in answer or sorted(answer["ours"]) != sorted(answer["servers"]):
            wrong.append((text, {key: value if isinstance(value, str) else len(value) for key, value in answer.items()}))
        met += 0 < len(answer.get("ours", ())) < 150
    assert not wrong, "\n".join(map(str, wrong[:30]))
    assert met > len(conditions) / 2


FILTER = "state IN ('paid', 'sent') AND amount >= 10.00"
SCHEMA = ("CREATE TABLE orders (id INT PRIMARY KEY, state ENUM('new','paid','sent','gone') NULL, amount DECIMAL(10,2) NULL, "
          "u INT NULL UNIQUE, note VARCHAR(30), pad VARCHAR(200))",
          "CREATE TABLE keyless (state ENUM('new','paid','sent','gone') NULL, amount DECIMAL(10,2) NULL, note VARCHAR(30))",
          "CREATE TABLE other (id INT PRIMARY KEY, v INT)")


class Mover(threading.Thread):
    """Moves rows in and out of the filter, alone and many at a time, until it is told to stop."""

    def __init__(self, server, seed, pause=0.002):
        super().__init__(daemon=True)
        self.random = random.Random(seed)
        self.server, self.pause = server, pause
        self.stopping = threading.Event()
        self.changes = 0
        self.error = None

    def run(self):
        try:
            connection = self.server.connect(db="shop", charset="utf8mb4")
            connection.autocommit(False)
            with connection.cursor() as cursor:
                while not self.stopping.is_set():
                    self._transaction(connection, cursor)
                    self.stopping.wait(self.pause)
            connection.close()
        except Exception as error:      # pylint: disable=broad-except
            self.error = error

    def _transaction(self, connection, cursor):
        try:
            for _ in range(self.random.choice((1, 1, 3, 8))):
                cursor.execute(*self._change())
                self.changes += 1
            (connection.rollback if self.random.random() < 0.05 else connection.commit)()
        except pymysql.err.OperationalError as error:
            if error.args[0] not in (1205, 1213, 1020):
                raise
            connection.rollback()

    def _change(self):
        r = self.random
        key, state, amount = r.randint(1, 3000), r.choice(("new", "paid", "paid", "sent", "gone", None)), r.choice((0, 9.99, 10, 99, None))
        return r.choice((
            ("UPDATE orders SET state=%s WHERE id=%s", (state, key)),
            ("UPDATE orders SET state=%s, amount=%s WHERE id BETWEEN %s AND %s", (state, amount, key, key + 20)),
            # One event whose rows come to different ends.
            ("UPDATE orders SET state=CASE WHEN id%%2 THEN 'new' ELSE 'paid' END, amount=10+id%%3 WHERE id BETWEEN %s AND %s",
             (key, key + 15)),
            ("UPDATE IGNORE orders SET id=%s WHERE id=%s", (r.randint(1, 3000), key)),
            ("DELETE FROM orders WHERE id=%s", (key,)),
            ("REPLACE INTO orders VALUES (%s, %s, %s, %s, 'x', REPEAT('y', 100))", (key, state, amount, r.randint(1, 500))),
            ("INSERT IGNORE INTO orders VALUES (%s, %s, %s, NULL, 'z', '')", (key, state, amount)),
            ("UPDATE keyless SET state=%s WHERE note=%s LIMIT 1", (state, f"n{r.randint(1, 40)}")),
            ("DELETE FROM keyless WHERE note=%s LIMIT 1", (f"n{r.randint(1, 40)}",)),
            ("INSERT INTO keyless VALUES (%s, %s, %s)", (state, amount, f"n{r.randint(1, 40)}")),
            ("REPLACE INTO other VALUES (%s, %s)", (key, r.randint(1, 9))),
        ))


def make_shop(server, rows=3000):
    server.sql("CREATE DATABASE shop CHARACTER SET utf8mb4")
    for statement in SCHEMA:
        server.sql(statement, db="shop")
    connection = server.connect(db="shop", charset="utf8mb4")
    with connection.cursor() as cursor:
        states = ("new", "paid", "sent", "gone", None)
        cursor.executemany("INSERT INTO orders VALUES (%s, %s, %s, %s, 'a', REPEAT('x', 150))",
                           [(n, states[n % 5], n % 40, n + 10000) for n in range(1, rows + 1)])
        cursor.executemany("INSERT INTO keyless VALUES (%s, %s, %s)", [(states[n % 5], n % 20, f"n{n % 40}") for n in range(400)])
        cursor.executemany("INSERT INTO other VALUES (%s, 0)", [(n,) for n in range(1, 100)])
    connection.commit()
    connection.close()


def rows_of(server, table, where="", database="shop"):
    with server.connect(db=database, charset="utf8mb4") as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM `{table}` {where}")
        return sorted(map(repr, cursor.fetchall()))


def assert_filtered(pair):
    for table, where in (("orders", FILTER), ("keyless", FILTER), ("other", "1")):
        wanted = rows_of(pair.source, table, f"WHERE {where}")
        assert len(wanted) > 20
        assert rows_of(pair.destination, table) == wanted, table


def filtered_task(program, pair, **settings):
    return program.task("shop", pair, ["shop"], settings={
        "sync.lock_for_keyless": "yes", "sync.chunk_size": "64K", "objects.filter.1": f"shop.orders: {FILTER}",
        "objects.filter.2": f"shop.keyless: {FILTER}", **settings})


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
def test_rows_move_in_and_out_of_the_filter_while_they_are_copied(pair, program):
    number = rds.seed(11)
    print("seed", number)
    r = random.Random(number)
    make_shop(pair.source)
    task = filtered_task(program, pair)
    movers = [Mover(pair.source, r.random()) for _ in range(2)]
    for mover in movers:
        mover.start()
    for step in ("chunk-before-commit:3", "keyless-loaded", "copy-done", "apply-before-commit:5", "apply-after-commit:9"):
        program.env["RDS_SYNC_CRASH_AT"] = step
        process = task.start("--skip-precheck-warnings")
        del program.env["RDS_SYNC_CRASH_AT"]
        # A step may be one that an earlier life has done: then it is killed somewhere else.
        enough = sum(mover.changes for mover in movers) + 1500
        rds.wait_until(lambda: process.ended or sum(mover.changes for mover in movers) > enough, step)
        assert not process.ended or process.process.returncode == -9, process.describe()
        process.kill()
    running = task.start("--skip-precheck-warnings")
    applied = sum(mover.changes for mover in movers) + 300
    running.until(lambda: sum(mover.changes for mover in movers) > applied and "Synchronizing" in running.err, "more changes")
    for mover in movers:
        mover.stopping.set()
    for mover in movers:
        mover.join()
        assert mover.error is None, mover.error
    running.stop().succeeded()
    task.synchronize()
    assert_filtered(pair)
    assert task.status()["progress"]["counters"]["anomalies"] == 0
    verdict = task.verify().succeeded().json
    assert verdict["same"], verdict
    pair.destination.sql("INSERT INTO shop.orders (id, state, amount) VALUES (999999, 'new', 0)")
    pair.destination.sql("DELETE FROM shop.orders WHERE id = (SELECT * FROM (SELECT MIN(id) FROM shop.orders) x)")
    found = task.verify().exited(1).json["differences"]
    assert sorted(diff["kind"] for diff in found) == ["extra", "missing"], found


one_pair = pytest.mark.pairs("mariadb-mariadb")


def small_shop(pair, program, condition="state = 'paid'", **settings):
    pair.source.sql("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY, state ENUM('new','paid') NULL, amount "
                    "DECIMAL(10,2), `odd``name: x` VARCHAR(20), doc JSON); "
                    "INSERT INTO shop.orders (id, state, amount) VALUES (1, 'new', 1), (2, 'paid', 2), (3, 'paid', 30)")
    return program.task("shop", pair, ["shop"], settings={"objects.filter.1": f"shop.orders: {condition}", **settings})


def ids(server, table="shop.orders"):
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def finding(task):
    found = {one["code"]: one for one in task.precheck().json["findings"]}
    return found["CHECK_FILTER"]


@one_pair
@pytest.mark.parametrize("condition, why", (
    ("status = 'paid'", "at character 1: the table shop.orders has no column status"),
    ("state = 'payed'", "at character 9: the column state"),
    ("state > 'paid'", "at character 1: the column state"),
    ("id = '1'", "at character 6: the column id"),
    ("amount > 1e3", "at character 10: the column amount"),
    ("doc = 'x'", "at character 7: the column doc"),
))
def test_the_precheck_says_what_is_wrong_with_a_filter_and_where(pair, program, condition, why):
    found = finding(small_shop(pair, program, condition))
    assert found["verdict"] == "failed" and why in found["explain"] and found["objects"] == ["shop.orders"], found


@one_pair
def test_the_precheck_passes_good_filters_and_fails_those_of_tables_that_are_not_there_or_cascade(pair, program):
    task = small_shop(pair, program, "`odd``name: x` IS NULL AND NOT (amount BETWEEN 2 AND 3 OR id IN (7, 8))")
    assert finding(task)["verdict"] == "passed"
    task.synchronize()
    assert ids(pair.destination) == [1, 3]
    task.replace("shop.orders:", "shop.oders:")
    assert "no such table" in finding(task)["explain"]
    task.replace("shop.oders:", "shop.orders:")
    pair.source.sql("CREATE TABLE shop.lines (id INT PRIMARY KEY, o INT, CONSTRAINT of FOREIGN KEY (o) REFERENCES shop.orders (id) "
                    "ON DELETE CASCADE)")
    found = finding(task)
    assert found["verdict"] == "failed" and found["objects"] == ["shop.lines"] and "of" in found["explain"], found


@one_pair
def test_a_filter_that_can_t_be_read_is_refused_with_its_line_and_character(pair, program):
    result = small_shop(pair, program, "state == 'paid'").run()
    assert result.code != 0 and "RS-1017" in result.err and "at character 8" in result.err, result
    other = program.task("part", pair, ["shop"], settings={"objects.filter.1": "shop.orders: id > 1", "sync.dml": "update insert"})
    assert "RS-1005" in other.run().err


@one_pair
def test_a_filter_is_not_changed_once_the_task_has_started(pair, program):
    task = small_shop(pair, program)
    task.synchronize()
    task.replace("state = 'paid'", "STATE  in( 'paid' )  or amount = 99")
    result = task.run("--until=synchronized")
    assert result.code != 0 and "RS-1017" in result.err, result
    task.replace("STATE  in( 'paid' )  or amount = 99", "(`state`='paid')")
    task.synchronize()
    assert ids(pair.destination) == [2, 3]


@one_pair
@pytest.mark.parametrize("statement", (
    "ALTER TABLE shop.orders DROP COLUMN state",
    "ALTER TABLE shop.orders CHANGE state state2 ENUM('new','paid') NULL",
    "ALTER TABLE shop.orders RENAME COLUMN state TO stat, RENAME COLUMN id TO id2",
    "ALTER TABLE shop.orders MODIFY state ENUM('paid','new') NULL",
    "ALTER TABLE shop.orders MODIFY state ENUM('new','paid') NOT NULL",
    "ALTER TABLE shop.orders CHANGE state was ENUM('new','paid') NULL, ADD state ENUM('new','paid') NULL",
    "ALTER TABLE shop.orders DROP state, ADD state ENUM('new','paid') NULL",
    "ALTER IGNORE TABLE shop.orders ADD UNIQUE KEY (id, state)",
    "RENAME TABLE shop.orders TO shop.old",
    "RENAME TABLE shop.orders TO shop.old, shop.twin TO shop.orders",
    "ALTER TABLE shop.twin RENAME TO shop.twin2, RENAME COLUMN state TO stat",
))
def test_a_schema_change_of_what_is_compared_stops_the_task(pair, program, statement):
    task = small_shop(pair, program)
    pair.source.sql("CREATE TABLE shop.twin LIKE shop.orders")
    task.synchronize()
    pair.source.sql("INSERT INTO shop.orders (id, state) VALUES (4, 'paid')")
    pair.source.sql(statement)
    result = task.run("--until=synchronized")
    if "twin2" in statement:
        assert result.code == 0, result
        return
    assert result.code != 0 and "RS-3010" in result.err, result
    assert ids(pair.destination) == [2, 3, 4]


@one_pair
def test_other_schema_changes_are_followed(pair, program):
    task = small_shop(pair, program)
    task.synchronize()
    pair.source.sql("ALTER TABLE shop.orders ADD more INT FIRST, DROP COLUMN doc, ADD INDEX (state), MODIFY amount DECIMAL(12,3)")
    pair.source.sql("ALTER TABLE shop.orders MODIFY state ENUM('new','paid','sent') NULL COMMENT 'x'")
    pair.source.sql("INSERT INTO shop.orders (id, state) VALUES (4, 'paid'), (5, 'sent'), (6, 'new'), (7, NULL)")
    pair.source.sql("UPDATE shop.orders SET state='paid' WHERE id IN (1, 7)")
    task.synchronize()
    assert ids(pair.destination) == [1, 2, 3, 4, 7]
    pair.source.sql("TRUNCATE shop.orders")
    pair.source.sql("INSERT INTO shop.orders (id, state) VALUES (8, 'paid'), (9, 'sent')")
    pair.source.sql("DROP TABLE shop.orders")
    pair.source.sql("CREATE TABLE shop.orders (state VARCHAR(9), id INT PRIMARY KEY) CHARACTER SET utf8mb4")
    pair.source.sql("INSERT INTO shop.orders VALUES ('paid', 1), ('PAID', 2), (NULL, 3)")
    task.synchronize()
    assert ids(pair.destination) == [1]


@one_pair
def test_an_incomplete_row_image_stops_the_task(pair, program):
    task = small_shop(pair, program)
    task.synchronize()
    with pair.source.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SET SESSION binlog_row_image = MINIMAL")
        cursor.execute("UPDATE shop.orders SET amount = 5 WHERE id = 1")
        connection.commit()
    result = task.run("--until=synchronized")
    assert result.code != 0 and "RS-3009" in result.err and "state" in result.err, result


@pytest.mark.pairs("mysql9-mysql9")
def test_prepared_and_large_transactions_are_filtered_too(pair, program):
    task = small_shop(pair, program)
    task.synchronize()
    with pair.source.connect() as connection, connection.cursor() as cursor:
        cursor.execute("XA START 'a'")
        cursor.execute("UPDATE shop.orders SET state = IF(state = 'new', 'paid', 'new')")
        cursor.execute("XA END 'a'")
        cursor.execute("XA PREPARE 'a'")
    task.synchronize()
    assert ids(pair.destination) == [2, 3]
    pair.source.end_prepared("COMMIT", "'a'")
    pair.source.sql("INSERT INTO shop.orders (id, state, doc) WITH RECURSIVE n (i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE "
                    "i < 900) SELECT i, IF(i % 3, 'new', 'paid'), JSON_QUOTE(REPEAT('x', 40000)) FROM n")
    task.synchronize()
    assert ids(pair.destination) == [1] + [i for i in range(10, 901) if i % 3 == 0]
