"""Every column type arrives exact, by copy and by stream alike (type_tables.py), and a difference in any is found.

Each table is filled before the task starts, and filled, updated and deleted while it runs. compare.py, which knows
nothing of the program, must find no difference; `rs-sync verify` must agree, and name exactly what is then changed by
hand at the destination.
"""

import contextlib

import pytest

import compare
import type_tables

BERLIN = {"TZ": "Europe/Berlin"}        # a time zone with a gap and an hour that comes twice


class Session:
    """A connection in which nothing is refused or converted but by the columns themselves."""

    def __init__(self, server):
        self.connection = server.connect("types", charset="utf8mb4")
        self.cursor = self.connection.cursor()
        self.run("SET SESSION sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'")

    def run(self, statement):
        try:
            self.cursor.execute(statement)
        except Exception as failure:
            raise AssertionError(f"{statement[:400]}") from failure
        return self.cursor.fetchall()

    def close(self):
        self.connection.close()


def insert(session, table, shape, row, key=None):
    names = f"id, {shape.names}" if key is not None else shape.names
    values = ", ".join(([str(key)] if key is not None else []) + row)
    session.run(f"INSERT INTO `{table}` ({names}) VALUES ({values})")


def update(session, table, shape, row, where):
    assignments = ", ".join(f"`{column.name}` = {value}" for column, value in zip(shape.written, row))
    session.run(f"UPDATE `{table}` SET {assignments} {where}")


class Corpus:
    """The tables of one source, and what happens to them."""

    def __init__(self, server, shapes, keys):
        self.server, self.shapes, self.keys = server, shapes, keys

    def _create(self, shape):
        session = Session(self.server)
        if shape.before:
            session.run(shape.before)
            session.close()
            session = Session(self.server)
        session.run(f"CREATE TABLE `{shape.name}` ({shape.definition('id int primary key')}) ENGINE=InnoDB {shape.options}")
        if shape.keyless:
            session.run(f"CREATE TABLE `{shape.name}_keyless` ({shape.definition('')}) ENGINE=InnoDB {shape.options}")
        if shape.before:
            session.run(shape.before.replace("OFF", "ON"))
        session.close()

    def fill(self):
        self.server.sql("CREATE DATABASE types DEFAULT CHARACTER SET utf8mb4")
        for shape in self.shapes:
            self._create(shape)
        with contextlib.closing(Session(self.server)) as session:
            for shape in self.shapes:
                session.run("BEGIN")
                for i, row in enumerate(shape.rows):
                    for start in (0, 1000):
                        insert(session, shape.name, shape, row, start + i)
                    if shape.keyless:
                        insert(session, f"{shape.name}_keyless", shape, row)
                session.run("COMMIT")
            for key in self.keys:
                session.run(f"CREATE TABLE `key_{key.name}` (k {key.declaration} not null primary key, v int, id int)"
                            " ENGINE=InnoDB")
                for i, value in enumerate(key.values[:len(key.values) // 2 + 1]):
                    session.run(f"INSERT INTO `key_{key.name}` VALUES ({value}, {i}, {i})")

    def stream(self):
        with contextlib.closing(Session(self.server)) as session:
            for shape in self.shapes:
                session.run("BEGIN")
                self._change(session, shape)
                if shape.keyless:
                    self._change_keyless(session, f"{shape.name}_keyless", shape)
                session.run("COMMIT")
            for key in self.keys:
                self._change_key(session, key)
            session.run("CREATE TABLE done (id int primary key)")

    @staticmethod
    def _change(session, shape):
        rows = shape.rows
        for i, row in enumerate(rows):
            following = rows[(i + 1) % len(rows)]
            update(session, shape.name, shape, following, f"WHERE id = {1000 + i}")
            for start in (2000, 3000, 4000):
                insert(session, shape.name, shape, row, start + i)
            update(session, shape.name, shape, following, f"WHERE id = {3000 + i}")
            session.run(f"DELETE FROM `{shape.name}` WHERE id = {4000 + i}")
            session.run("SET SESSION time_zone = SYSTEM")
            # The first second of time, in Berlin; before it there is nothing that TIMESTAMP could hold.
            local = [value.replace("1970-01-01 00:00:01", "1970-01-01 01:00:01") for value in row]
            insert(session, shape.name, shape, local, 5000 + i)
            session.run("SET SESSION time_zone = '+00:00'")

    @staticmethod
    def _change_keyless(session, table, shape):
        """Each row is found again by its values: changed into its follower, which is then removed."""
        rows = shape.rows
        for row in rows:
            insert(session, table, shape, row)
        for i in range(len(rows) + len(rows) // 2):
            update(session, table, shape, rows[(i + 1) % len(rows)], "LIMIT 1")
            session.run(f"DELETE FROM `{table}` LIMIT 1")

    @staticmethod
    def _change_key(session, key):
        table, split = f"`key_{key.name}`", len(key.values) // 2 + 1
        for i, value in enumerate(key.values[split:], split):
            session.run(f"INSERT INTO {table} VALUES ({value}, {i}, {i})")
        session.run(f"UPDATE {table} SET v = v + 100")
        session.run(f"DELETE FROM {table} WHERE id = 1")
        session.run(f"UPDATE {table} SET k = {key.values[1]}, id = 1000 WHERE id = 0")
        session.run(f"INSERT INTO {table} VALUES ({key.values[0]}, 7, 7)")
        session.run(f"DELETE FROM {table} WHERE id = {len(key.values) - 1}")


def synchronize(pair, task, corpus):
    """Copy, follow, and end with everything arrived: what the task's status said last."""
    corpus.fill()
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    corpus.stream()
    running.until(lambda: pair.destination.sql("SHOW TABLES FROM types LIKE 'done'"), "the last change")
    running.until(lambda: task.status()["progress"]["caught_up"], "the source's end")
    running.stop().succeeded()
    return task.status()["progress"]


def differences(pair):
    return compare.compare_databases(pair.source, pair.destination, ["types"])


def check(pair, program, corpus):
    task = program.task("types", pair, ["types"])
    progress = synchronize(pair, task, corpus)
    found = differences(pair)
    assert not found, "\n".join(map(str, found))
    assert progress["counters"]["anomalies"] == 0, progress["problems"]
    task.verify().succeeded()
    return task


# --- changing values by hand -------------------------------------------------------------------------------

def comparable(session, table, column):
    """The judge's expression of a column of the destination."""
    ((kind, charset),) = session.run(
        "SELECT data_type, character_set_name FROM information_schema.columns WHERE table_schema = 'types'"
        f" AND table_name = '{table}' AND column_name = '{column}'")
    own = compare.Column(column, kind.lower(), charset)
    return compare.expression(own, own)[0]


def change_one(session, shape, column, key):
    """Another of the column's values instead of the one that row KEY has; the neighbours are the least different."""
    expression = f"SELECT {comparable(session, shape.name, column.name)} FROM `{shape.name}` WHERE id = {key}"
    before = session.run(expression)
    for value in column.values[key + 1:] + column.values[:key + 1]:
        with contextlib.suppress(AssertionError):       # a function that the other product lacks
            session.run(f"UPDATE `{shape.name}` SET `{column.name}` = {value} WHERE id = {key}")
        if session.run(expression) != before:
            return
    session.run(f"UPDATE `{shape.name}` SET `{column.name}` = NULL WHERE id = {key}")


def change_by_hand(pair, shapes):
    """Changes a value in each column at the destination; the judge's names of what is different then."""
    with contextlib.closing(Session(pair.destination)) as session:
        for shape in shapes:
            rows = len(shape.rows) - 1
            for at, column in enumerate(shape.written):
                change_one(session, shape, column, at % rows)
    return {(found.table, found.key[0], column.split(":")[0]) for found in differences(pair)
            for column in found.detail.split("; ")}


def check_verify(pair, task, shapes):
    """verify finds what the judge finds, in every column."""
    expected = change_by_hand(pair, shapes)
    told = task.verify().exited(1).json
    found = {(f"{d['database']}.{d['table']}", d["key"].removeprefix("id="), column)
             for d in told["differences"] for column in d["columns"]}
    assert found == expected
    assert {(table, column) for table, _, column in found} >= {
        (f"types.{shape.name}", column.name) for shape in shapes for column in shape.written}


def check_reanchor(pair, task, corpus):
    """Begun anew, a task finds and mends what differs in every column, and by keys of every type; changes that it has not
    read are the gap."""
    with contextlib.closing(Session(pair.destination)) as session:
        for shape in corpus.shapes:
            session.run(f"DELETE FROM `{shape.name}` WHERE id % 5 = 0")
        for key in corpus.keys:
            session.run(f"UPDATE `key_{key.name}` SET v = -1 WHERE id % 3 = 1")
    with contextlib.closing(Session(pair.source)) as session:
        for shape in corpus.shapes:
            session.run(f"DELETE FROM `{shape.name}` WHERE id % 7 = 1")
        for key in corpus.keys:
            session.run(f"DELETE FROM `key_{key.name}` WHERE id % 2 = 0")
    assert differences(pair)
    task.command("reanchor", "--yes").succeeded()
    task.synchronize()
    found = differences(pair)
    assert not found, "\n".join(map(str, found))


# --- the tests -----------------------------------------------------------------------------------------------

def corpus_of(pair):
    flavor = pair.source.flavor
    return Corpus(pair.source, type_tables.shapes(flavor, pair.destination.flavor), type_tables.keys(flavor))


@pytest.mark.pairs("mariadb-mariadb", "mysql56-mariadb", "mysql9-mysql9", "mysql56-mysql9", "mariadb-mysql9",
                   "mysql9-mariadb")
@pytest.mark.source(env=BERLIN)
def test_every_type(pair, program):
    corpus = corpus_of(pair)
    task = check(pair, program, corpus)
    check_verify(pair, task, corpus.shapes)
    check_reanchor(pair, task, corpus)


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
@pytest.mark.source(env=BERLIN, binlog_row_metadata="FULL")
@pytest.mark.destination(local_infile=False)
def test_with_row_metadata_and_inserts(pair, program):
    check(pair, program, corpus_of(pair))


# --- large values --------------------------------------------------------------------------------------------

MIB = 1 << 20
# A packet of the protocol holds 16 MiB - 1 byte, a larger one goes on in the next.
SIZES = (MIB, 16 * MIB - 40, 16 * MIB - 1, 16 * MIB, 17 * MIB)
SMALL_SIZES = (MIB, 17 * MIB)


def blob(size, text):
    """Of bytes that grow, and don't, when they are written into a statement."""
    return f"REPEAT(X'{text}', {size})"


def large_values(pair, program, sizes):
    pair.source.sql("CREATE DATABASE types; CREATE TABLE types.large (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT);"
                    "CREATE TABLE types.large_keyless (b LONGBLOB)")
    with contextlib.closing(Session(pair.source)) as session:
        for i, size in enumerate(sizes):
            session.run(f"INSERT INTO large VALUES ({i}, {blob(size, '00')}, NULL), (100 + {i}, NULL, {blob(size, '61')})")
        session.run(f"INSERT INTO large_keyless VALUES ({blob(17 * MIB, 'DE')}), ('small')")
    task = program.task("types", pair, ["types"])
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    with contextlib.closing(Session(pair.source)) as session:
        for i, size in enumerate(sizes):
            session.run(f"INSERT INTO large VALUES (200 + {i}, {blob(size, '0A')}, NULL)")
            session.run(f"UPDATE large SET b = {blob(size, 'FE')} WHERE id = {i}")
            session.run(f"DELETE FROM large WHERE id = 100 + {i}")
        session.run("UPDATE large_keyless SET b = CONCAT(b, 'x')")
        session.run("DELETE FROM large_keyless LIMIT 1")
        session.run("CREATE TABLE done (id int primary key)")
    running.until(lambda: pair.destination.sql("SHOW TABLES FROM types LIKE 'done'"), "the last change")
    running.stop().succeeded()
    found = differences(pair)
    assert not found, "\n".join(map(str, found))
    assert task.status()["progress"]["counters"]["anomalies"] == 0
    task.verify().succeeded()


@pytest.mark.pairs("mariadb-mariadb")
def test_large_values(pair, program):
    large_values(pair, program, SMALL_SIZES)


@pytest.mark.long
@pytest.mark.destination(local_infile=False)
@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_large_values_by_insert(pair, program):
    large_values(pair, program, SIZES)


# --- columns that the server makes ----------------------------------------------------------------------------

MADE = {
    "mariadb": ["CREATE TABLE made_key (a INT NOT NULL, b VARCHAR(10), k VARCHAR(40) AS (CONCAT(a, '-', b)) PERSISTENT,"
                " UNIQUE KEY (k))",
                "CREATE TABLE made_unique (a INT NOT NULL PRIMARY KEY, v INT AS (a * 2) VIRTUAL, UNIQUE KEY (v))"],
    "mysql9": ["CREATE TABLE made_key (a INT NOT NULL, b VARCHAR(10), k BIGINT AS (a * 10) STORED NOT NULL PRIMARY KEY)",
               "CREATE TABLE made_unique (a INT NOT NULL PRIMARY KEY, b VARCHAR(10), v INT AS (a * 2) VIRTUAL NOT NULL,"
               " UNIQUE KEY (v))",
               "CREATE TABLE made_virtual (a INT NOT NULL, b VARCHAR(10), v INT AS (a * 2) VIRTUAL NOT NULL,"
               " UNIQUE KEY (v))",
               "SET SESSION sql_generate_invisible_primary_key = ON",
               "CREATE TABLE made_invisible (a INT NOT NULL, b VARCHAR(10))"],
}


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mariadb-mysql9")
def test_keys_that_the_server_makes(pair, program):
    pair.source.sql("CREATE DATABASE types")
    with contextlib.closing(Session(pair.source)) as session:
        for statement in MADE[pair.source.flavor]:
            session.run(statement)
        tables = [name for (name,) in session.run("SHOW TABLES")]
        for table in tables:
            session.run(f"INSERT INTO {table} (a) VALUES (1), (2), (3), (4), (5)")
        task = program.task("types", pair, ["types"])
        running = task.start("--skip-precheck-warnings")
        running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
        for table in tables:
            session.run(f"INSERT INTO {table} (a) VALUES (6), (7), (8)")
            session.run(f"UPDATE {table} SET a = a + 100 WHERE a IN (1, 6)")
            session.run(f"DELETE FROM {table} WHERE a IN (2, 7)")
        session.run("CREATE TABLE done (id int primary key)")
    running.until(lambda: pair.destination.sql("SHOW TABLES FROM types LIKE 'done'"), "the last change")
    running.stop().succeeded()
    found = differences(pair)
    assert not found, "\n".join(map(str, found))
    assert task.status()["progress"]["counters"]["anomalies"] == 0
    task.verify().succeeded()
    pair.destination.sql("DELETE FROM types.made_key WHERE a IN (3, 4); UPDATE types.made_unique SET a = 50 WHERE a = 4")
    assert sorted((d["kind"], d["table"]) for d in task.verify().exited(1).json["differences"]) == [
        ("extra", "made_unique"), ("missing", "made_key"), ("missing", "made_key"), ("missing", "made_unique")]


# --- shorter forms in the log -----------------------------------------------------------------------------------

@pytest.mark.pairs("mysql9-mysql9")
@pytest.mark.source(binlog_row_value_options="PARTIAL_JSON", binlog_transaction_compression="ON")
@pytest.mark.parametrize("key", ["id INT PRIMARY KEY", "id INT"])
def test_documents_changed_in_part(pair, program, key):
    pair.source.sql(f"CREATE DATABASE types; CREATE TABLE types.documents ({key}, j JSON, k JSON)")
    with contextlib.closing(Session(pair.source)) as session:
        for i in range(6):
            session.run(f"INSERT INTO documents VALUES ({i}, '{{\"a\": [1, 2, {{\"b\": \"{'x' * 200}\"}}], \"n\": 1.5}}', '[]')")
        task = program.task("types", pair, ["types"])
        running = task.start("--skip-precheck-warnings")
        running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
        for i, change in enumerate(("JSON_SET(j, '$.n', CAST('1.10' AS DECIMAL(5,2)))", "JSON_REMOVE(j, '$.a[0]')",
                                    "JSON_REPLACE(j, '$.a[2].b', 'short')", "JSON_SET(j, '$.a[1]', 1e300, '$.n', NULL)",
                                    "JSON_SET(j, '$.new', JSON_ARRAY(CAST('2024-02-29' AS DATE)))")):
            session.run(f"UPDATE documents SET j = {change} WHERE id = {i}")
            session.run(f"UPDATE documents SET j = JSON_SET(j, '$.n', {i}), k = JSON_ARRAY_APPEND(k, '$', {i})")
        session.run("CREATE TABLE done (id int primary key)")
    running.until(lambda: pair.destination.sql("SHOW TABLES FROM types LIKE 'done'"), "the last change")
    running.stop().succeeded()
    found = differences(pair)
    assert not found, "\n".join(map(str, found))
    assert task.status()["progress"]["counters"]["anomalies"] == 0
    task.verify().succeeded()


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.source(log_bin_compress="ON", log_bin_compress_min_len=10, binlog_row_metadata="MINIMAL")
def test_compressed_rows(pair, program):
    shapes = [shape for shape in type_tables.shapes("mariadb", "mariadb")
              if shape.name in ("binaries", "text_gbk", "compressed", "documents", "enums")]
    check(pair, program, Corpus(pair.source, shapes, ()))
