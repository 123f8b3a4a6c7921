"""Going on after a part of the source's log is gone: `reanchor` has the task begin anew where the source is now, on top of
what the destination has. Exactly what differs is mended, tables that can't be mended are copied again, and what became of
every table is named."""

import random
import re
import threading

import pytest

import compare
import conftest
import rds
from lost_log import purge, reset
from test_prompt import Talk

SHOP = """CREATE DATABASE shop;
CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, code VARCHAR(40) UNIQUE, amount DECIMAL(10,2)) ENGINE=InnoDB;
CREATE TABLE shop.words (word VARCHAR(50) PRIMARY KEY, n DOUBLE, made TIMESTAMP(3) NULL) ENGINE=InnoDB DEFAULT CHARSET=utf8;
CREATE TABLE shop.still (id BIGINT PRIMARY KEY, a INT) ENGINE=InnoDB;
CREATE TABLE shop.followed (id INT PRIMARY KEY, a INT) ENGINE=InnoDB;
CREATE TABLE shop.log (at INT, what VARCHAR(20)) ENGINE=InnoDB;
CREATE TABLE shop.parent (id INT PRIMARY KEY, a INT) ENGINE=InnoDB;
CREATE TABLE shop.child (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES shop.parent (id)
    ON DELETE CASCADE) ENGINE=InnoDB;
CREATE TABLE shop.altered (id INT PRIMARY KEY, a INT) ENGINE=InnoDB;
CREATE TABLE shop.dropped (id INT PRIMARY KEY) ENGINE=InnoDB"""
# Small enough for several chunks.
SETTINGS = {"sync.relay_quota": 0, "sync.chunk_size": "64K", "precheck.ignore": "CHECK_PRIMARY_KEY", "sync.lock_for_keyless": "yes"}
ROWS = 4000

every_product = pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb"), indirect=True)


@pytest.fixture
def product(request, pool):
    made = conftest.skipping(pool.pair, request.param)
    made.reset()
    return made


def fill(source):
    source.sql(*SHOP.split(";"))
    source.sql("INSERT INTO shop.orders (code, amount) VALUES " + ",".join(f"('c{n}', {n})" for n in range(ROWS)),
               "INSERT INTO shop.words VALUES " + ",".join(f"('w{n}', {n}.5, NULL)" for n in range(500)),
               "INSERT INTO shop.still VALUES " + ",".join(f"({n}, {n})" for n in range(ROWS)),
               "INSERT INTO shop.followed VALUES (1, 1), (2, 2)",
               "INSERT INTO shop.log VALUES (1, 'a'), (1, 'a'), (2, 'b')",
               "INSERT INTO shop.parent VALUES (1, 1), (2, 2), (3, 3)",
               "INSERT INTO shop.child VALUES (1, 1), (2, 2), (3, 3)",
               "INSERT INTO shop.altered VALUES (1, 1), (2, 2)",
               "INSERT INTO shop.dropped VALUES (1)")


def same(pair, but=()):
    try:
        found = compare.compare_databases(pair.source, pair.destination, ["shop"])
    except Exception:                                                 # pylint: disable=broad-exception-caught
        return False            # the database is not there yet
    return [line for line in found if not any(name in str(line) for name in but)] == []


def change_rows(pair):
    """In the gap: missing, extra and changed rows, values of a unique key that were exchanged, rows that nobody made."""
    pair.source.sql("DELETE FROM shop.orders WHERE id IN (10, 11)",
                    "UPDATE shop.orders SET amount = amount + 1 WHERE id = 20",
                    "UPDATE shop.orders SET code = 'x' WHERE id = 30", "UPDATE shop.orders SET code = 'c29' WHERE id = 3000",
                    "UPDATE shop.orders SET code = 'c2999' WHERE id = 30",
                    "INSERT INTO shop.orders (code, amount) VALUES ('new', 1)",
                    "UPDATE shop.words SET n = 7 WHERE word = 'w7'", "INSERT INTO shop.words VALUES ('a new one', 1, '2026-01-02 03:04:05.678')",
                    "DELETE FROM shop.words WHERE word = 'w8'",
                    "INSERT INTO shop.log VALUES (2, 'b')", "DELETE FROM shop.log WHERE at = 1 LIMIT 1",
                    "DELETE FROM shop.parent WHERE id = 2")
    pair.destination.sql("INSERT INTO shop.orders VALUES (100000, 'of nobody', 0)",
                         "DELETE FROM shop.still WHERE id IN (17, 3999)", "UPDATE shop.still SET a = -1 WHERE id = 1000")


def change_schemas(source):
    source.sql("ALTER TABLE shop.altered ADD COLUMN b INT DEFAULT 5", "INSERT INTO shop.altered VALUES (3, 3, 3)",
               "DROP TABLE shop.dropped", "CREATE TABLE shop.fresh (id INT PRIMARY KEY)", "INSERT INTO shop.fresh VALUES (1)")


def lose_log(pair, program, how, schemas=True):
    """A task that was synchronized, and failed since the log that it needs is gone."""
    fill(pair.source)
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    task.synchronize()
    pair.source.sql("ALTER TABLE shop.followed ADD COLUMN b VARCHAR(10) DEFAULT 'x'", "INSERT INTO shop.followed VALUES (3, 3, 'y')")
    task.synchronize()
    assert same(pair)
    change_rows(pair)
    if schemas:
        change_schemas(pair.source)
    how(pair.source)
    pair.source.sql("INSERT INTO shop.orders (code, amount) VALUES ('after', 2)")
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-3003" in ended.err and "rds-sync reanchor shop" in ended.err, ended
    return task


def logged(program):
    text = "".join(path.read_text(encoding="utf-8") for path in program.home.rglob("*.log"))
    found = re.findall(r"compared with what was there parts=(\d+) different=(\d+) deleted=(\d+) written=(\d+)", text)
    assert found, text[-3000:]
    return [sum(map(int, numbers)) for numbers in zip(*found)]


class Writer:
    """Changes orders until it is left."""

    def __init__(self, source):
        self.source = source
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.write)
        self.failed = None

    def write(self):
        number = 0
        try:
            while not self.over.is_set():
                number += 1
                self.source.sql(f"INSERT INTO shop.orders (code, amount) VALUES ('w{number}', 1)",
                                f"UPDATE shop.orders SET amount = amount + 1 WHERE id = {number * 7 % ROWS}",
                                f"DELETE FROM shop.orders WHERE id = {number * 13 % ROWS}",
                                f"INSERT INTO shop.log VALUES ({number}, 'w')")
        except Exception as error:                                    # pylint: disable=broad-exception-caught
            self.failed = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        assert self.failed is None, self.failed


# MySQL 9.6 and later log what foreign keys do.
COPIED = {"mysql9-mysql9": "shop.log (no key)"}
COPIED["mariadb-mariadb"] = "shop.child (foreign keys with actions), shop.log (no key), shop.parent (foreign keys with actions)"
COPIED["mysql56-mariadb"] = COPIED["mariadb-mariadb"] + ", shop.words (the destination sorts its key otherwise)"


@every_product
def test_what_differs_is_mended_while_a_writer_goes_on(product, program):
    pair = product
    task = lose_log(pair, program, reset if pair.source.flavor == "mysql56" else purge)
    before = pair.destination.sql("SELECT * FROM shop.orders ORDER BY id")
    refused = task.command("reanchor").exited(2)
    assert "--yes" in refused.err
    assert pair.destination.sql("SELECT * FROM shop.orders ORDER BY id") == before
    with Writer(pair.source):
        told = task.command("reanchor", "--yes").succeeded().out
        assert re.search(r"anew: shop\.altered \(column b\)$", told, re.M), told
        assert re.search("^New: shop.fresh$", told, re.M), told
        assert re.search("No longer at the source.*: shop.dropped$", told, re.M), told
        assert "shop.followed" not in told, "its definition is as it was followed"
        assert "Defined otherwise" not in told
        assert re.search(r"compared part by part: (.*)$", told, re.M)[1] == COPIED[pair.name], told
        task.synchronize()
    task.synchronize()
    assert same(pair, but=["dropped"]), compare.compare_databases(pair.source, pair.destination, ["shop"])
    assert pair.destination.sql("SELECT * FROM shop.dropped"), "what is gone at the source is left to the user"
    assert task.status()["progress"]["consistent"]


# Deleted and written. MySQL 9.6 logs what foreign keys do, so that such tables are compared as well; keys that two products
# sort differently are not, and shop.words is copied as a whole.
WRITTEN = {"mariadb-mariadb": (4, 10), "mysql9-mysql9": (6, 10), "mysql56-mariadb": (3, 8)}


@every_product
def test_exactly_the_rows_that_differ_are_written(product, program):
    task = lose_log(product, program, purge, schemas=False)
    task.command("reanchor", "--yes").succeeded()
    task.synchronize()
    assert same(product), compare.compare_databases(product.source, product.destination, ["shop"])
    parts, different, deleted, written = logged(program)
    assert (deleted, written) == WRITTEN[product.name]
    assert different < parts, "most parts are the same"


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9"), indirect=True)
def test_a_deadlock_ends_one_chunk_s_try_and_not_the_attempt(product, program):
    """As two chunks can bring about that want each other's rows, or anybody who writes there."""
    pair = product
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v INT)", "CREATE TABLE shop.work (id INT PRIMARY KEY)",
                    "INSERT INTO shop.t VALUES (1, 1), (2, 2), (3, 3)")
    task = program.task("shop", pair, ["shop.t"], settings=SETTINGS)
    task.synchronize()
    pair.source.sql("DELETE FROM shop.t WHERE id = 1", "UPDATE shop.t SET v = 4 WHERE id = 3")
    purge(pair.source)
    task.command("reanchor", "--yes").succeeded()
    pair.destination.sql("CREATE TABLE shop.work (id INT PRIMARY KEY)")
    running = task.stand_at("chunk-deleted", "--until=synchronized")
    with pair.destination.connect(autocommit=False) as other, other.cursor() as cursor:
        cursor.execute("UPDATE shop.t SET v = 5 WHERE id = 3")
        cursor.execute("INSERT INTO shop.work VALUES " + ",".join(f"({n})" for n in range(1000)))      # who did less is ended
        waiting = threading.Thread(target=cursor.execute, args=("UPDATE shop.t SET v = 6 WHERE id = 1",), daemon=True)
        waiting.start()
        rds.wait_until(lambda: pair.destination.sql("SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'"), "the wait for the row")
        running.go_on()
        waiting.join()
        other.rollback()
    ended = running.wait().succeeded()
    assert "RS-2012" not in ended.err, ended.err
    assert same(pair, but=["work"]), compare.compare_databases(pair.source, pair.destination, ["shop"])


# --- what rows don't show ------------------------------------------------------------------------------------

DEFINED = """CREATE DATABASE shop;
CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(20) DEFAULT 'a', w INT COMMENT 'old', x TIMESTAMP NULL) ENGINE=InnoDB COMMENT='old';
CREATE TABLE shop.parts (id INT PRIMARY KEY) ENGINE=InnoDB PARTITION BY HASH (id) PARTITIONS 2;
CREATE VIEW shop.v AS SELECT id FROM shop.t;
CREATE VIEW shop.alike AS SELECT id, CONCAT(v, 'x') AS c FROM shop.t WHERE v <> 'x';
CREATE FUNCTION shop.f(a INT) RETURNS INT DETERMINISTIC RETURN a + 1;
CREATE PROCEDURE shop.p(a INT) SELECT a;
INSERT INTO shop.t (id) VALUES (1), (2);
INSERT INTO shop.parts VALUES (1), (2)"""
REDEFINED = """ALTER TABLE shop.t ALTER v SET DEFAULT 'b', MODIFY w INT COMMENT 'new', MODIFY x TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    COMMENT='new';
ALTER TABLE shop.parts PARTITION BY HASH (id) PARTITIONS 4;
CREATE OR REPLACE VIEW shop.v AS SELECT id, w FROM shop.t;
DROP FUNCTION shop.f; CREATE FUNCTION shop.f(a INT) RETURNS INT DETERMINISTIC RETURN a + 2;
CREATE TRIGGER shop.watch BEFORE INSERT ON shop.parts FOR EACH ROW SET NEW.id = NEW.id"""


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9"), indirect=True)
def test_a_plan_is_in_nobody_s_way(product, program):
    """Who asks what would become of a task that is just being anchored anew makes examples of his own."""
    pair = product
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(20) DEFAULT 'a')",
                    "CREATE TABLE shop.u (id INT PRIMARY KEY, v VARCHAR(20) DEFAULT 'a')")
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    task.synchronize()
    pair.source.sql("ALTER TABLE shop.t ALTER v SET DEFAULT 'b'")
    purge(pair.source)
    task.run("--until=synchronized").exited(1)
    task.command("reanchor", "--yes").succeeded()
    running = task.stand_at("example-made", "--until=synchronized")
    assert "shop.t (column v)" in task.command("reanchor", "--plan").succeeded().out
    running.go_on()
    running.wait().succeeded()
    assert "DEFAULT 'b'" in pair.destination.sql("SHOW CREATE TABLE shop.t")[0][1]
    assert "DEFAULT 'a'" in pair.destination.sql("SHOW CREATE TABLE shop.u")[0][1]


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb", "mariadb-mysql9"), indirect=True)
def test_what_rows_do_not_show(product, program):
    """Defaults, comments, views and routines are brought over, partitions named; what is alike is not touched."""
    pair = product
    made = pair.source.flavor != "mysql56"                              # which has no columns whose values it makes
    pair.source.sql(*DEFINED.split(";\n"))
    if made:
        pair.source.sql("CREATE TABLE shop.made (id INT PRIMARY KEY, g INT AS (id + 1) STORED)", "INSERT INTO shop.made (id) VALUES (1)")
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    task.synchronize()
    pair.source.sql(*REDEFINED.split(";\n"))
    if made:
        pair.source.sql("ALTER TABLE shop.made MODIFY g INT AS (id + 2) STORED")
    purge(pair.source)
    task.run("--until=synchronized").exited(1)
    told = task.command("reanchor", "--yes").succeeded().out
    brought = re.search("Defined otherwise at the source, which is brought over: (.*)", told)
    assert brought and brought[1] == "shop.t (column v, column w, column x, comment), view shop.v (definition), function shop.f (definition)", told
    assert re.search(r"and left as they are: shop\.parts \(partitions\)$", told, re.M), told
    assert bool(re.search(r"anew: shop\.made \(generated column g\)$", told, re.M)) == made, told
    task.synchronize()
    assert same(pair), compare.compare_databases(pair.source, pair.destination, ["shop"])
    shown = pair.destination.sql("SHOW CREATE TABLE shop.t")[0][1]
    assert "DEFAULT 'b'" in shown and "COMMENT 'new'" in shown and "COMMENT='new'" in shown, shown
    assert re.search(r"`x` timestamp NULL DEFAULT current_timestamp", shown, re.I), shown
    assert pair.destination.sql("SELECT id, w FROM shop.v ORDER BY id") == ((1, None), (2, None))
    assert pair.destination.value("SELECT shop.f(1)") == 3
    assert pair.destination.sql("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_NAME LIKE 'rds_sync_example%'") == ()
    assert not pair.destination.sql("SELECT 1 FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = 'shop'"), "made at the cut-over"
    purge(pair.source)
    told = task.command("reanchor", "--yes").succeeded().out
    assert "brought over" not in told and "anew" not in told.replace("begins anew", ""), told
    assert re.search(r"and left as they are: shop\.parts \(partitions\)$", told, re.M), told


@every_product
def test_the_plan_is_told_before_anything_is_done(product, program):
    """… and is what is done then."""
    pair = product
    task = lose_log(pair, program, purge)
    before = pair.destination.sql("SELECT * FROM shop.orders ORDER BY id")
    plan = task.command("reanchor", "--plan").succeeded().out
    told = [line for line in plan.splitlines() if re.match("[A-Z].*: ", line)]
    for wanted in ("anew: shop.altered (column b)", "New: shop.fresh", "synchronized any more: shop.dropped"):
        assert any(line.endswith(wanted) for line in told), (wanted, plan)
    assert re.search(r"compared part by part: (.*)$", plan, re.M)[1] == COPIED[pair.name], plan
    assert pair.destination.sql("SELECT * FROM shop.orders ORDER BY id") == before
    assert task.status()["state"] == "InitializeFailed" or task.status()["state"] == "Failed"
    assert "RS-3003" in task.run("--until=synchronized").exited(1).err, "nothing has begun"
    done = task.command("reanchor", "--yes").succeeded().out
    assert [line for line in done.splitlines() if re.match("[A-Z].*: ", line)] == told


def test_the_question_is_asked_when_the_plan_was_told(pool, program, binary):
    pair = conftest.skipping(pool.pair, "mariadb-mariadb")
    pair.reset()
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1)")
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    task.synchronize()
    pair.source.sql("INSERT INTO shop.t VALUES (2)")
    purge(pair.source)
    for answer, code in ("n", 2), ("y", 0):
        talk = Talk(binary, program, "reanchor", str(task.path))
        talk.expect("As things are now:")
        talk.expect("compared and repaired: 1")
        talk.answer("Go on? [y/N] ", answer)
        if answer == "y":
            talk.expect("shop begins anew at ")
        assert talk.end() == code
    task.synchronize()
    assert same(pair)


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9"), indirect=True)
def test_the_plan_disturbs_nobody(product, program):
    pair = product
    fill(pair.source)
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    program.run("table", "suspend", task.path, "shop.still").succeeded()
    task.command("reanchor", "--plan").succeeded()
    assert task.status()["state"] == "Synchronizing"
    task.command("pause").succeeded()
    running.until(lambda: task.status()["state"] == "Suspending", "the pause")
    purge(pair.source)
    plan = task.command("reanchor", "--plan").succeeded().out
    assert re.search(r"log is lost as well.*: shop\.still$", plan, re.M), plan
    plan = task.command("reanchor", "--plan", "--resync").succeeded().out
    assert re.search(r"anew: .*shop\.still \(was suspended, and its log is lost\)", plan), plan
    told = task.status()
    assert told["state"] == "Suspending" and len(told["progress"]["tables"]) == len(SHOP.split(";")) - 1, told
    assert told["progress"]["counters"]["retries"] == 0, told["progress"]["problems"]
    running.stop().succeeded()


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb", "mariadb-mysql9"), indirect=True)
def test_the_default_character_set_of_a_database(product, program):
    """That was changed in the gap is found, and brought over."""
    pair = product
    pair.source.sql("CREATE DATABASE shop CHARACTER SET latin1", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1)")
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    task.synchronize()
    purge(pair.source)
    assert "character set" not in task.command("reanchor", "--plan").succeeded().out.partition("As things are now")[2]
    pair.source.sql("ALTER DATABASE shop CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    purge(pair.source)
    task.run("--until=synchronized").exited(1)
    told = task.command("reanchor", "--yes").succeeded().out
    assert re.search(r"brought over: database shop \(character set\)$", told, re.M), told
    task.synchronize()
    pair.source.sql("CREATE TABLE shop.fresh (v VARCHAR(10) PRIMARY KEY)")
    task.synchronize()
    for server in (pair.source, pair.destination):
        assert server.value("SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'shop'") == "utf8mb4_bin"
        assert "utf8mb4_bin" in server.sql("SHOW CREATE TABLE shop.fresh")[0][1]


def test_a_view_that_was_changed_at_the_destination(pool, program):
    """It is the task's, and made what the source has; but that is told before, and the log keeps what it was."""
    pair = conftest.skipping(pool.pair, "mariadb-mariadb")
    pair.reset()
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "CREATE VIEW shop.v AS SELECT id FROM shop.t")
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    task.synchronize()
    pair.destination.sql("CREATE OR REPLACE VIEW shop.v AS SELECT id, 'of mine' AS mine FROM shop.t")
    purge(pair.source)
    plan = task.command("reanchor", "--plan").succeeded().out
    assert re.search(r"brought over: view shop\.v \(definition\)$", plan, re.M), plan
    task.command("reanchor", "--yes").succeeded()
    task.synchronize()
    assert len(pair.destination.sql("SHOW COLUMNS FROM shop.v")) == 1
    assert any("of mine" in path.read_text("utf-8") for path in program.home.rglob("*.log")), "what it was is kept"


def test_an_example_does_not_stay(pool, program):
    """… where the account may make it, and not see it."""
    pair = conftest.skipping(pool.pair, "mariadb-mariadb")
    pair.reset()
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "CREATE VIEW shop.v AS SELECT id FROM shop.t")
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    task.synchronize()
    pair.source.sql("CREATE OR REPLACE VIEW shop.v AS SELECT id, 1 AS one FROM shop.t")
    pair.destination.sql("CREATE USER few@'%'", "GRANT ALL ON shop.* TO few@'%'", "GRANT SET USER ON *.* TO few@'%'",
                         "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, CREATE VIEW, CREATE ROUTINE, ALTER ROUTINE, EVENT ON dts.* TO few@'%'")
    text = task.path.read_text(encoding="utf-8")
    head, root, tail = text.rpartition("account = root")
    assert root
    task.path.write_text(f"{head}account = few{tail}", encoding="utf-8")
    plan = task.command("reanchor", "--plan").succeeded().out
    assert re.search(r"left as they are: view shop\.v \(not compared: ", plan), plan
    assert not pair.destination.sql("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_NAME LIKE 'rds_sync_example%'")
    pair.destination.sql("DROP USER few@'%'")


def test_tables_that_are_suspended(pool, program):
    """Their log is lost as well: that is told, and they are copied anew where it is asked for."""
    pair = conftest.skipping(pool.pair, "mariadb-mariadb")
    pair.reset()
    fill(pair.source)
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    program.run("table", "suspend", task.path, "shop.still").succeeded()
    running.stop().succeeded()
    pair.source.sql("DELETE FROM shop.still WHERE id < 100", "UPDATE shop.orders SET amount = 0 WHERE id = 1")
    purge(pair.source)
    told = task.command("reanchor", "--yes").succeeded().out
    assert re.search(r"log is lost as well.*: shop\.still$", told, re.M), told
    told = task.command("reanchor", "--yes", "--resync").succeeded().out
    assert re.search(r"anew: .*shop\.still \(was suspended, and its log is lost\)", told), told
    assert "lost as well" not in told
    running = task.start()
    running.until(lambda: same(pair), "the suspended table to have joined")
    running.stop().succeeded()


@pytest.mark.parametrize("product", ("mariadb-mariadb",), indirect=True)
def test_tables_that_are_suspended_begin_anew_with_a_program_that_is_killed(product, program, binary):
    rds.needs_steps(binary)
    pair = product
    fill(pair.source)
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    task.synchronize()
    program.run("table", "suspend", task.path, "shop.still").succeeded()
    pair.source.sql("DELETE FROM shop.still WHERE id < 100")
    purge(pair.source)
    program.env["RDS_SYNC_CRASH_AT"] = "anchored"
    assert task.command("reanchor", "--yes", "--resync").code == -9
    del program.env["RDS_SYNC_CRASH_AT"]
    running = task.start()
    running.until(lambda: same(pair), "the suspended table to have joined")
    running.stop().succeeded()


@pytest.mark.parametrize("product", ("mariadb-mariadb",), indirect=True)
def test_whoever_asks_while_it_is_being_done(product, program):
    """Gets no other one's answer, whose options were not theirs."""
    pair = product
    fill(pair.source)
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    with pair.source.connect() as other, other.cursor() as cursor:
        for sql in ("XA START 'a'", f"INSERT INTO shop.still VALUES ({ROWS}, 1)", "XA END 'a'", "XA PREPARE 'a'"):
            cursor.execute(sql)

        def refused():
            """It waits for 20 s: for a slow machine, again."""
            first = program.start("reanchor", task.path, "--yes")
            rds.wait_until(lambda: first.ended or "prepared" in task.command("status").succeeded().out, "it to wait")
            second = task.command("reanchor", "--yes", "--resync").exited(2)
            return first if "somebody else" in second.err else None

        first = rds.wait_until(refused, "the second one to be refused")
        cursor.execute("XA COMMIT 'a'")
    first.wait()
    running.until(lambda: same(pair), "both sides to be the same")
    running.stop().succeeded()


STEPS = ["anchor-removed", "table-planned", "table-made", "schema-done", "chunk-compared", "chunk-marked", "chunk-deleted",
         "chunk-before-commit", "chunk-after-commit", "keyless-loaded", "table-copied", "copy-done"]


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9"), indirect=True)
def test_killed_at_each_step(product, program, binary):
    rds.needs_steps(binary)
    pair = product
    task = lose_log(pair, program, purge)

    def killed(step, *command):
        program.env["RDS_SYNC_CRASH_AT"] = f"{step}:1"
        code = task.command(*command).code
        del program.env["RDS_SYNC_CRASH_AT"]
        assert code == -9, f"{step}: {code}"

    killed("anchor-written", "reanchor", "--yes")
    assert "RS-3003" in task.run("--until=synchronized").exited(1).err, "nothing has happened yet"
    killed("anchored", "reanchor", "--yes")
    with Writer(pair.source):
        for step in STEPS:
            killed(step, "run", "--until=synchronized")
            assert not task.status()["progress"]["consistent"]
        task.synchronize()
    task.synchronize()
    assert same(pair, but=["dropped"]), compare.compare_databases(pair.source, pair.destination, ["shop"])


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9"), indirect=True)
def test_a_paused_task_whose_process_lives(product, program):
    """Its schemas change once more between the new beginning and the making of the tables, too."""
    pair = product
    fill(pair.source)
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    task.command("pause").succeeded()
    change_rows(pair)
    change_schemas(pair.source)
    purge(pair.source)
    with Writer(pair.source):
        task.command("reanchor", "--yes").succeeded()
        running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    told = task.status()["progress"]
    # where the program is slow, those that mend may be in each other's way: they try again, and say so
    (problem,) = [problem for problem in told["problems"] if problem["code"] != "RS-2012"]
    assert problem["code"] == "RS-3015" and "shop.dropped" in problem["text"], told["problems"]
    running.until(lambda: same(pair, but=["dropped"]), "both sides to be the same")
    running.stop().exited(0)
    task.synchronize()
    assert task.status()["progress"]["counters"]["anomalies"] == 0


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9"), indirect=True)
def test_a_schema_that_changes_once_more(product, program, binary):
    """… between the new beginning and the making of the tables: nothing that is there may be dropped for it."""
    rds.needs_steps(binary)
    pair = product
    task = lose_log(pair, program, purge)
    program.env["RDS_SYNC_CRASH_AT"] = "anchored:1"
    task.command("reanchor", "--yes").exited(-9)
    del program.env["RDS_SYNC_CRASH_AT"]
    pair.source.sql("ALTER TABLE shop.altered ADD COLUMN c INT", "ALTER TABLE shop.words ADD COLUMN more INT DEFAULT 1")
    task.synchronize()
    assert same(pair, but=["dropped"]), compare.compare_databases(pair.source, pair.destination, ["shop"])
    assert not [line for line in program.home.rglob("*.log") if "DROP TABLE IF EXISTS `shop`.`still`" in line.read_text("utf-8")]


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9"), indirect=True)
def test_a_row_that_gave_its_place_to_one_of_another_part(product, program, binary):
    """A value of a unique key has moved to another row: who writes that one deletes the old one, which whoever compared the
    part where it stood was going to delete."""
    rds.needs_steps(binary)
    pair = product
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.orders (id INT PRIMARY KEY, code VARCHAR(40) UNIQUE)",
                    "INSERT INTO shop.orders VALUES " + ",".join(f"({n}, 'c{n}')" for n in range(500)))
    task = program.task("shop", pair, ["shop"], settings={**SETTINGS, "sync.copy_workers": 1})
    task.synchronize()
    pair.source.sql("DELETE FROM shop.orders", "INSERT INTO shop.orders VALUES (1, 'c5')")
    purge(pair.source)
    task.command("reanchor", "--yes").succeeded()
    running = task.stand_at("chunk-marked", "--until=synchronized")
    pair.destination.sql("DELETE FROM shop.orders WHERE id > 1")
    running.go_on()
    running.wait().succeeded()
    assert same(pair), compare.compare_databases(pair.source, pair.destination, ["shop"])


def test_no_answer_of_the_source_waits_for_the_destination(pool, program):
    """While rows are deleted there, which may take long."""
    pair = conftest.skipping(pool.pair, "mariadb-mariadb")
    pair.reset()
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.wide (id INT PRIMARY KEY, v MEDIUMTEXT)",
                    "INSERT INTO shop.wide SELECT seq, REPEAT('x', 100000) FROM seq_1_to_200", db="mysql")
    task = program.task("shop", pair, ["shop"], settings={**SETTINGS, "sync.chunk_size": "64M"})
    task.synchronize()
    pair.source.sql("UPDATE shop.wide SET v = REPEAT('y', 100000)", "DELETE FROM shop.wide WHERE id = 100")
    purge(pair.source)
    task.command("reanchor", "--yes").succeeded()
    with pair.destination.connect() as other:
        other.cursor().execute("START TRANSACTION")
        other.cursor().execute("SELECT * FROM shop.wide WHERE id = 100 FOR UPDATE")
        running = task.start("--until=synchronized")
        waiting = "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'"
        running.until(lambda: pair.destination.value(waiting) == 1, "a row to wait for being deleted")
        assert not pair.source.sql("SELECT INFO FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT%`wide`%' AND ID <> CONNECTION_ID()")
        other.rollback()
    running.wait().succeeded()
    assert same(pair)


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9"), indirect=True)
def test_unique_values_that_were_exchanged_where_the_destination_has_columns_of_its_own(product, program):
    """Rows can't be replaced there, and neither can be updated before the other is out of the way: which loses nothing of what
    the destination alone has."""
    pair = product
    pair.source.sql("CREATE DATABASE shop",
                    "CREATE TABLE shop.t (id INT PRIMARY KEY, u INT NOT NULL UNIQUE, v INT, c VARCHAR(9) NOT NULL, n INT, "
                    "at TIMESTAMP NOT NULL DEFAULT '2026-01-02 03:04:05', UNIQUE (c), UNIQUE (n))",
                    "INSERT INTO shop.t (id, u, v, c, n) VALUES " + ", ".join(f"({n}, {n}, {n}, 'c{n}', {n})" for n in range(1, 9)))
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    task.synchronize()
    pair.destination.sql("ALTER TABLE shop.t ADD COLUMN mine INT DEFAULT 7, ADD COLUMN seen TIMESTAMP NOT NULL DEFAULT '2026-01-01 00:00:00' "
                         "ON UPDATE CURRENT_TIMESTAMP", "UPDATE shop.t SET mine = id * 10, seen = '2025-05-05 05:05:05'")
    pair.source.sql("UPDATE shop.t SET u = 0 WHERE id = 1", "UPDATE shop.t SET u = 1 WHERE id = 2",
                    "UPDATE shop.t SET u = 2 WHERE id = 1", "UPDATE shop.t SET v = 9 WHERE id = 3",
                    "UPDATE shop.t SET c = 'x' WHERE id = 5", "UPDATE shop.t SET c = 'c5' WHERE id = 6", "UPDATE shop.t SET c = 'c6' WHERE id = 5",
                    "DELETE FROM shop.t WHERE id = 8", "INSERT INTO shop.t (id, u, v, c, n) VALUES (9, 8, 8, 'c8', 8)",
                    "UPDATE shop.t SET n = NULL WHERE id = 4", "INSERT INTO shop.t (id, u, v, c, n) VALUES (0, 100, 0, 'c0', 4)")
    purge(pair.source)
    task.command("reanchor", "--yes").succeeded()
    task.synchronize()
    columns = "SELECT id, u, v, c, n, at FROM shop.t ORDER BY id"
    assert pair.destination.sql(columns) == pair.source.sql(columns)
    assert pair.destination.sql("SELECT id, mine FROM shop.t ORDER BY id") == \
        ((0, 7), (1, 10), (2, 20), (3, 30), (4, 40), (5, 50), (6, 60), (7, 70), (9, 7))
    assert pair.destination.sql("SELECT id FROM shop.t WHERE seen = '2025-05-05 05:05:05' AND id IN (7)") == ((7,),)


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9"), indirect=True)
def test_a_later_version_that_is_in_the_way_keeps_columns_of_the_destination_s_own(product, program):
    """While copy and stream overlap: rows that are there already have unique values which earlier versions of others took."""
    pair = product
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, u INT UNIQUE, c VARCHAR(9) NOT NULL UNIQUE)",
                    "INSERT INTO shop.t VALUES (1, 1, 'c1'), (2, 2, 'c2'), (3, 3, 'c3'), (4, 4, 'c4')")
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    task.synchronize()
    pair.destination.sql("ALTER TABLE shop.t ADD COLUMN mine INT DEFAULT 7", "UPDATE shop.t SET mine = id * 10")
    purge(pair.source)
    task.command("reanchor", "--yes").succeeded()
    pair.source.sql("UPDATE shop.t SET u = 50 WHERE id = 1", "UPDATE shop.t SET u = 60 WHERE id = 1", "UPDATE shop.t SET u = 50 WHERE id = 2",
                    "INSERT INTO shop.t VALUES (9, 90, 'c90')", "DELETE FROM shop.t WHERE id = 9", "UPDATE shop.t SET c = 'c90' WHERE id = 3")
    task.synchronize()
    assert pair.destination.sql("SELECT id, u, c, mine FROM shop.t ORDER BY id") == \
        ((1, 60, "c1", 10), (2, 50, "c2", 20), (3, 3, "c90", 30), (4, 4, "c4", 40))
    assert task.status()["progress"]["counters"]["anomalies"] == 0


def exchange(choice, n):
    """Statements that pass unique values on between rows that stay, and others that come and go."""
    a, b = choice.sample(range(1, 21), 2)
    other = choice.randrange(100, 120)
    value = f"(SELECT * FROM (SELECT u FROM shop.t WHERE id = {b}) AS x)"
    return choice.choice((
        ["START TRANSACTION", f"SET @a = (SELECT u FROM shop.t WHERE id = {a}), @b = {value}", f"UPDATE shop.t SET u = NULL, c = 'x{n}' WHERE id = {a}",
         f"UPDATE shop.t SET u = @a WHERE id = {b}", f"UPDATE shop.t SET u = @b, c = 'c{a}' WHERE id = {a}", "COMMIT"],
        [f"DELETE FROM shop.t WHERE id = {other}", f"UPDATE shop.t SET u = {1000 + n % 7} WHERE id = {a} AND NOT EXISTS "
         f"(SELECT 1 FROM (SELECT * FROM shop.t) AS y WHERE u = {1000 + n % 7})"],
        [f"INSERT IGNORE INTO shop.t VALUES ({other}, {1000 + n % 7}, 'o{other}')", f"DELETE FROM shop.t WHERE id = {other}"]))


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9"), indirect=True)
def test_columns_of_the_destination_s_own_outlive_a_writer_that_passes_unique_values_on(product, program):
    pair = product
    seed = rds.seed()
    print(f"seed {seed}")
    choice = random.Random(seed)
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, u INT UNIQUE, c VARCHAR(9) NOT NULL UNIQUE)",
                    "INSERT INTO shop.t VALUES " + ", ".join(f"({n}, {n}, 'c{n}')" for n in range(1, 21)))
    task = program.task("shop", pair, ["shop"], settings={**SETTINGS, "sync.full_max_rows": 50})
    task.synchronize()
    pair.destination.sql("ALTER TABLE shop.t ADD COLUMN mine INT DEFAULT 7", "UPDATE shop.t SET mine = id * 10")

    def write(first):
        for n in range(first, first + 60):
            pair.source.sql(*exchange(choice, n))

    write(0)
    purge(pair.source)
    task.command("reanchor", "--yes").succeeded()
    write(100)
    running = task.start("--until=synchronized")
    write(200)
    running.wait().succeeded()
    task.synchronize()
    assert pair.destination.sql("SELECT id, u, c FROM shop.t ORDER BY id") == pair.source.sql("SELECT id, u, c FROM shop.t ORDER BY id")
    assert pair.destination.sql("SELECT id, mine FROM shop.t WHERE id <= 20 AND mine <> id * 10") == ()
    assert task.status()["progress"]["counters"]["anomalies"] == 0


@pytest.mark.parametrize("product", ("mariadb-mariadb",), indirect=True)
def test_a_task_that_must_not_begin_anew_goes_on(product, program):
    pair = product
    pair.source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)", "INSERT INTO shop.t VALUES (1)")
    pair.destination.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY)")
    task = program.task("shop", pair, ["shop"], settings={**SETTINGS, "sync.existing_tables": "ignore"})
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    refused = task.command("reanchor", "--yes").exited(2)
    assert "--force" in refused.err, refused
    pair.source.sql("INSERT INTO shop.t VALUES (2)")
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.t") == 2, "the next row")
    assert task.status()["state"] == "Synchronizing"
    running.stop().succeeded()


@pytest.mark.parametrize("product", ("mariadb-mariadb",), indirect=True)
def test_what_is_told_of_the_time_before(product, program):
    """Of a process that lives: while tables are compared they are not called synchronizing, and the phases begin anew."""
    pair = product
    fill(pair.source)
    task = program.task("shop", pair, ["shop"], settings=SETTINGS)
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    before = task.status()["progress"]["phases"]
    program.run("task", "set", task.path, "sync.full_max_rows=100").succeeded()
    change_rows(pair)
    task.command("reanchor", "--yes").succeeded()
    running.until(lambda: task.status()["progress"]["phases"]["full"]["state"] == "running", "the comparison")
    told = task.status()["progress"]
    assert not told["consistent"] and told["phases"]["full"]["ended"] is None, told["phases"]
    assert told["phases"]["full"]["started"] > before["full"]["ended"]
    assert {table["state"] for table in told["tables"]} == {"initializing"}, told["tables"]
    program.run("task", "set", task.path, "sync.full_max_rows=0").succeeded()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    running.stop().succeeded()


def test_a_task_that_is_being_initialized_by_a_process(pool, program):
    pair = conftest.skipping(pool.pair, "mariadb-mariadb")
    pair.reset()
    fill(pair.source)
    task = program.task("shop", pair, ["shop"], settings={**SETTINGS, "sync.full_max_rows": 100})
    assert "RS-1018" in task.command("reanchor", "--yes").exited(2).err, "it has not begun"
    running = task.start()
    running.until(lambda: task.status()["state"] == "Initializing", "Initializing")
    refused = task.command("reanchor", "--yes").exited(2)
    assert "RS-1018" in refused.err and "pause" in refused.err
    running.stop().succeeded()


def test_what_needs_to_be_said_twice(pool, program):
    """Rows that the task did not make, and another server than before: nothing is deleted for a mistake."""
    pair = conftest.skipping(pool.pair, "mariadb-mariadb")
    pair.reset()
    fill(pair.source)
    pair.destination.sql("CREATE DATABASE shop", "CREATE TABLE shop.still (id BIGINT PRIMARY KEY, a INT, mine INT)",
                         "INSERT INTO shop.still VALUES (1, 1, 11), (2, 2, 22), (100000, 1, 1)")
    task = program.task("shop", pair, ["shop"], settings={**SETTINGS, "sync.existing_tables": "ignore"})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.source.sql("UPDATE shop.still SET a = 7 WHERE id = 2")
    purge(pair.source)
    assert "rds-sync reanchor --force shop" in task.run("--until=synchronized").exited(1).err, "else it would be refused"
    plan = task.command("reanchor", "--plan").succeeded().out
    assert re.search(r"^Were at the destination before.*: shop\.still$", plan, re.M) and "--force alone" in plan, plan
    refused = task.command("reanchor", "--yes").exited(2)
    assert "shop.still" in refused.err and "--force" in refused.err
    assert pair.destination.value("SELECT COUNT(*) FROM shop.still") == ROWS + 1
    task.command("reanchor", "--yes", "--force").succeeded()
    task.synchronize()
    assert pair.destination.sql("SELECT * FROM shop.still WHERE id IN (1, 2, 100000) ORDER BY id") == ((1, 1, 11), (2, 7, 22)), \
        "columns of the destination's own stay"
    text = task.path.read_text(encoding="utf-8")
    task.path.write_text(text.replace("account = root", "account = nobody", 1), encoding="utf-8")  # the source's
    refused = task.command("reanchor", "--yes", "--force").exited(2)
    assert "RS-2004" in refused.err, refused
    task.path.write_text(text, encoding="utf-8")
    other = pool.get("mariadb", "another")
    other.reset()
    other.sql("CREATE DATABASE shop")
    task.replace(f"port = {pair.source.port}", f"port = {other.port}")
    assert "Another server" in task.command("reanchor", "--plan").succeeded().out
    refused = task.command("reanchor", "--yes").exited(2)
    assert "RS-2009" in refused.err and "--force" in refused.err
    assert pair.destination.value("SELECT COUNT(*) FROM shop.orders") == ROWS


@pytest.mark.parametrize("product", ("mariadb-mariadb", "mysql9-mysql9"), indirect=True)
def test_names_filters_columns_and_kinds_of_changes(product, program):
    """What the task does not synchronize is not mended either; and a log that is kept here is of no use any more."""
    pair = product
    fill(pair.source)
    pair.source.sql("CREATE TABLE shop.kept (id INT PRIMARY KEY, a INT)", "INSERT INTO shop.kept VALUES (1, 1), (2, 2), (3, 3)")
    task = program.task("shop", pair, ["shop"], rename=["shop.orders -> shop.o"],
                        settings={**SETTINGS, "sync.relay_quota": None, "objects.filter.1": "shop.still: a >= 100",
                                  "objects.exclude": "shop.orders.amount", "objects.operations.1": "shop.kept: insert update"})
    running = task.start()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    task.command("pause").succeeded()
    pair.source.sql("UPDATE shop.orders SET amount = -1 WHERE id = 1", "UPDATE shop.orders SET code = 'y' WHERE id = 2",
                    "DELETE FROM shop.orders WHERE id = 3", "UPDATE shop.still SET a = 5 WHERE id = 200",
                    "UPDATE shop.still SET a = 500 WHERE id = 5", "DELETE FROM shop.kept WHERE id = 1",
                    "UPDATE shop.kept SET a = 7 WHERE id = 2", "INSERT INTO shop.kept VALUES (4, 4)")
    pair.destination.sql("DELETE FROM shop.still WHERE id = 300")
    running.until(lambda: task.status()["progress"]["relay"]["bytes"] > 0, "the log to be kept here")
    reset(pair.source)
    task.command("reanchor", "--yes").succeeded()
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    pair.source.sql("INSERT INTO shop.orders (code) VALUES ('last')")
    running.until(lambda: pair.destination.sql("SELECT 1 FROM shop.o WHERE code = 'last'"), "the last row")
    running.stop().succeeded()
    assert pair.destination.sql("SELECT id, code FROM shop.o ORDER BY id") == pair.source.sql("SELECT id, code FROM shop.orders ORDER BY id")
    assert pair.destination.sql("SELECT * FROM shop.still ORDER BY id") == \
        pair.source.sql("SELECT * FROM shop.still WHERE a >= 100 ORDER BY id")
    assert pair.destination.sql("SELECT * FROM shop.kept ORDER BY id") == ((1, 1), (2, 7), (3, 3), (4, 4))
    assert len(pair.destination.sql("SHOW COLUMNS FROM shop.o")) == 2
