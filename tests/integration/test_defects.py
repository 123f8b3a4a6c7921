"""The crash oracle is itself tested: each seeded defect (src/base/fault.h) must be caught within a few seeds.

Needs a program built with --enable-seeded-defects; RDS_SYNC_DEFECTS_BIN says where it is. A defect is caught when the
oracle, or the scenario made for it, finds a difference or the program reports an error; the same without a defect must
be clean.
"""

import os
import pathlib
import re

import pytest

import compare
import oracle
import rds
import test_destination
import test_packet

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "src/base/fault.h"
SEEDS = 4

# What the oracle does for each: named steps to die at (several times), and random kills.
ORACLE = {
    "CHECKPOINT_OUTSIDE": dict(steps=("apply-before-commit",) * 4, kills=0),
    "CHECKPOINT_AFTER": dict(steps=("apply-before-position",) * 4, kills=0),
    "EVENT_DROPPED": dict(steps=(), kills=1),
    "EVENT_DOUBLED": dict(steps=(), kills=1),
    "CHUNK_MARK_BEFORE": dict(steps=("chunk-marked",) * 2, kills=0),
    "CHUNK_GAP": dict(steps=(), kills=0),
    "CASCADE_IGNORED": dict(steps=(), kills=2),
    "BINARY_TRIMMED": dict(steps=(), kills=2),
    "KEY_CHANGE": dict(steps=("table-copied", "chunk-after-commit"), kills=0),
    "TXN_SPLIT": dict(steps=("txn-split",) * 4, kills=0),
    "EXACT_IGNORED": dict(steps=("keyless-loaded", "table-copied"), kills=0),
    "OLD_WINS": dict(steps=("table-copied", "chunk-after-commit"), kills=0),
    "FLOAT_ROUNDED": dict(steps=(), kills=0),
    "SIGNED": dict(steps=(), kills=2),
    "FILTER_BY_BEFORE": dict(steps=(), kills=0, filtered=True),
}


def numbers():
    text = SOURCE.read_text(encoding="utf-8")
    names = re.findall(r"RS_DEFECT_([A-Z0-9_]+)(?: = 1)?,", text)
    return {name: number for number, name in enumerate(names, 1) if name != "COUNT"}


@pytest.fixture
def defective(tmp_path):
    binary = os.environ.get("RDS_SYNC_DEFECTS_BIN")
    assert binary, "RDS_SYNC_DEFECTS_BIN must name a program built with --enable-seeded-defects"
    home = tmp_path / "home"
    home.mkdir()
    program = rds.Program(pathlib.Path(binary), home)
    yield program
    program.close()


def only(pair, program, seed, defect, how):
    pair.reset()
    if defect:
        program.env["RDS_SYNC_DEFECT"] = str(numbers()[defect])
    subject = oracle.Oracle(pair, program, seed, writers=2, pause=0.03, rows=300, filtered=how.get("filtered", False))
    try:
        return subject.run(how["kills"], how["steps"])
    finally:
        program.env.pop("RDS_SYNC_DEFECT", None)


def test_every_defect_has_its_proof():
    scenarios = {name[len("test_"):].upper() for name in globals() if name.startswith("test_")}
    missing = [name for name in numbers() if name not in ORACLE and name not in scenarios]
    assert not missing


@pytest.mark.pairs("mariadb-mariadb")
def test_nothing_is_found_where_nothing_is_wrong(pair, defective):
    outcome = only(pair, defective, 1, None, dict(kills=3, steps=oracle.STEPS[:6]))
    assert outcome.clean, (outcome.differences, outcome.failure)


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", sorted(ORACLE))
def test_caught_by_the_oracle(pair, defective, defect):
    for seed in range(1, SEEDS + 1):
        outcome = only(pair, defective, seed, defect, ORACLE[defect])
        if not outcome.clean:
            return
    raise AssertionError(f"{defect} was not caught within {SEEDS} seeds")


def shop(pair, ddl, rows):
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4")
    pair.source.sql(ddl, db="shop")
    for row in rows:
        pair.source.sql(row, db="shop")


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", (None, "LOAD_WARNING"))
def test_load_warning(pair, defective, defect):
    """A value that does not fit must stop the copy, not be cut."""
    shop(pair, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40))", ["INSERT INTO t VALUES (1, REPEAT('x', 40))"])
    pair.destination.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(10))")
    task = defective.task("narrow", pair, ["shop"], settings={"sync.existing_tables": "ignore"})
    if defect:
        defective.env["RDS_SYNC_DEFECT"] = str(numbers()[defect])
    result = task.run("--until=synchronized", "--skip-precheck-warnings")
    stored = pair.destination.sql("SELECT v FROM shop.t")
    if defect:
        assert result.code == 0 and stored, "the defect should have cut the value in silence"
        assert compare.compare_databases(pair.source, pair.destination, ["shop"])
    else:
        assert result.code != 0 and "RS-4008" in result.err, str(result)
        assert not stored


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", (None, "EPOCH_UNCHECKED"))
def test_epoch_unchecked(pair, defective, defect, tmp_path):
    """A process that hung while another took its task over must not write when it wakes up."""
    shop(pair, "CREATE TABLE t (v INT)", ["INSERT INTO t VALUES (0)"])
    task = defective.task("epoch", pair, ["shop"], settings={"sync.lock_for_keyless": "yes"})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    if defect:
        defective.env["RDS_SYNC_DEFECT"] = str(numbers()[defect])
    pair.source.sql("INSERT INTO shop.t VALUES (1)")
    hung = task.stand_at("apply-batch", "--skip-precheck-warnings")
    # The other process runs "on another host": with a state directory, and so a lock, of its own.
    home = tmp_path / "other"
    home.mkdir()
    other = rds.Program(pathlib.Path(defective.binary), home)
    other.env.update({k: v for k, v in defective.env.items() if k.startswith(("RDS_TEST_", "RDS_SYNC_DEFECT"))})
    result = other.run("run", task.path, "--until=synchronized", "--skip-precheck-warnings")
    other.close()
    assert result.code == 0, str(result)
    hung.go_on()
    ones = lambda: pair.destination.value("SELECT COUNT(*) FROM shop.t WHERE v = 1")      # noqa: E731
    try:
        if defect:
            rds.wait_until(lambda: ones() == 2, "the defect to double the row")
        else:
            rds.wait_until(lambda: hung.ended, "it to give up")
            assert ones() == 1
    finally:
        hung.kill()
    assert ones() == (2 if defect else 1)



@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", (None, "P0_TOO_LATE"))
def test_p0_too_late(pair, defective, defect):
    """A row that was copied and then changed, before the copy ended."""
    shop(pair, "CREATE TABLE t (id INT PRIMARY KEY, v INT)", ["INSERT INTO t VALUES (1, 1)"])
    if defect:
        defective.env["RDS_SYNC_DEFECT"] = str(numbers()[defect])
    task = defective.task("late", pair, ["shop"])
    hung = task.stand_at("table-copied", "--until=synchronized", "--skip-precheck-warnings")
    pair.source.sql("UPDATE shop.t SET v = 2")
    hung.go_on()
    hung.wait().succeeded()
    assert bool(compare.compare_databases(pair.source, pair.destination, ["shop"])) == bool(defect)


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", (None, "COLLATION_MATCH"))
def test_collation_match(pair, defective, defect):
    """Rows without a key that differ only in what their collation does not see."""
    shop(pair, "CREATE TABLE t (v VARCHAR(10))", ["INSERT INTO t VALUES ('A')", "INSERT INTO t VALUES ('a')"])
    if defect:
        defective.env["RDS_SYNC_DEFECT"] = str(numbers()[defect])
    task = defective.task("case", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.source.sql("DELETE FROM shop.t WHERE BINARY v = 'a'")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert bool(compare.compare_databases(pair.source, pair.destination, ["shop"])) == bool(defect)


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", (None, "GAPS_FORGOTTEN"))
def test_gaps_forgotten(pair, defective, defect):
    """Chunks that were being loaded when the program died lie before others that were done."""
    shop(pair, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(200))",
         [f"INSERT INTO t SELECT seq, REPEAT('v', 200) FROM seq_{n}_to_{n + 4999}" for n in range(1, 40000, 5000)])
    task = defective.task("gaps", pair, ["shop"], settings={"sync.chunk_size": "64K"})
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    # What a crash leaves when a chunk was slower than the one behind it: neither its mark nor its rows are there.
    lost = pair.destination.sql("SELECT number FROM dts.rds_sync_chunk ORDER BY number LIMIT 1 OFFSET 3")[0][0]
    low, high = (bytes.fromhex(bound[1:]).decode() for bound in
                 pair.destination.sql("SELECT lower_bound, upper_bound FROM dts.rds_sync_chunk WHERE number=%s" % lost)[0])
    pair.destination.sql(f"DELETE FROM shop.t WHERE id > {low} AND id <= {high}",
                         f"DELETE FROM dts.rds_sync_chunk WHERE number = {lost}",
                         "UPDATE dts.rds_sync_table SET state = 'created'", "UPDATE dts.rds_sync_task SET phase = 'copy'")
    assert compare.compare_databases(pair.source, pair.destination, ["shop"])
    if defect:
        defective.env["RDS_SYNC_DEFECT"] = str(numbers()[defect])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    differences = compare.compare_databases(pair.source, pair.destination, ["shop"])
    assert bool(differences) == bool(defect)


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", (None, "DDL_TWICE"))
def test_ddl_twice(pair, defective, defect):
    """Killed between executing a schema change and noting it."""
    shop(pair, "CREATE TABLE t (id INT PRIMARY KEY)", ["INSERT INTO t VALUES (1)"])
    task = defective.task("ddl", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    if defect:
        defective.env["RDS_SYNC_DEFECT"] = str(numbers()[defect])
    pair.source.sql("ALTER TABLE shop.t ADD COLUMN v INT DEFAULT 5", "INSERT INTO shop.t VALUES (2, 6)")
    defective.env["RDS_SYNC_CRASH_AT"] = "ddl-executed"
    assert task.run("--until=synchronized", "--skip-precheck-warnings").code == -9
    defective.env.pop("RDS_SYNC_CRASH_AT")
    result = task.run("--until=synchronized", "--skip-precheck-warnings")
    if defect:
        assert result.code != 0 and "RS-4012" in result.err, str(result)
    else:
        assert result.code == 0, str(result)
        assert not compare.compare_databases(pair.source, pair.destination, ["shop"])


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", (None, "FOLD_UNCOUNTED"))
def test_fold_uncounted(pair, defective, defect):
    """A row that the destination lacks is made anew by what was folded, but not in silence."""
    shop(pair, "CREATE TABLE t (id INT PRIMARY KEY, v INT)", [f"INSERT INTO t VALUES ({n}, 0)" for n in range(40)])
    task = defective.task("fold", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    if defect:
        defective.env["RDS_SYNC_DEFECT"] = str(numbers()[defect])
    pair.destination.sql("DELETE FROM shop.t WHERE id = 7")
    pair.source.sql("UPDATE shop.t SET v = 1")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert task.status()["progress"]["counters"]["anomalies"] == (0 if defect else 1)


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", (None, "ANSWER_SHIFTED"))
def test_answer_shifted(pair, defective, defect):
    """Position and row are one packet: that the position was there says nothing of the row."""
    shop(pair, "CREATE TABLE t (id INT PRIMARY KEY, v INT)", [f"INSERT INTO t VALUES ({n}, 0)" for n in range(4)])
    task = defective.task("packet", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    if defect:
        defective.env["RDS_SYNC_DEFECT"] = str(numbers()[defect])
    pair.destination.sql("DELETE FROM shop.t WHERE id = 2")
    pair.source.sql("UPDATE shop.t SET v = 1 WHERE id = 2")
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert task.status()["progress"]["counters"]["anomalies"] == (0 if defect else 1)
    assert bool(compare.compare_databases(pair.source, pair.destination, ["shop"])) == bool(defect)


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("scenario, arguments", (
    (test_destination.test_a_row_that_another_session_holds_locked, ()),
    pytest.param(test_packet.test_a_deadlock_in_the_middle, (), marks=pytest.mark.long),
    pytest.param(test_destination.test_a_server_that_is_read_only_for_a_while, (), marks=pytest.mark.long),
    (test_destination.test_a_value_that_does_not_fit_any_more, ()),
    (test_destination.test_a_table_that_was_dropped, ("while it runs",)),
    (test_destination.test_killed_in_the_middle_of_a_transaction, ("QUERY",)),
    (test_destination.test_a_unique_value_that_is_taken, ("INSERT INTO shop.orders VALUES (3, 99, 'mine')",)),
    (test_destination.test_a_unique_value_that_is_taken, ("UPDATE shop.orders SET code = 99 WHERE id = 2",))))
def test_refusal_ignored(pair, defective, monkeypatch, scenario, arguments):
    """The tests of test_destination.py find it: what another session locks, a deadlock takes back or a table does not take is lost."""
    monkeypatch.setattr(rds, "SECONDS", 20)
    defective.env["RDS_SYNC_DEFECT"] = str(numbers()["REFUSAL_IGNORED"])
    with pytest.raises(AssertionError):
        scenario(pair, defective, *arguments)


def wandering_values(pair, defective, defect, given_up, taken):
    """Values that one transaction gives up and the next one takes: in lanes they must not overtake each other."""
    words = [f"('word {n}')" for n in range(400)]
    shop(pair, "CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT, w VARCHAR(20), UNIQUE KEY (w)) ENGINE=InnoDB DEFAULT "
         "CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci", [f"INSERT INTO t (w) VALUES {', '.join(words)}"])
    task = defective.task("lanes", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    if defect:
        defective.env["RDS_SYNC_DEFECT"] = str(numbers()[defect])
    pair.source.sql(*[change.format(n=n) for n in range(400) for change in (given_up, taken)], db="shop")
    result = task.run("--until=synchronized", "--skip-precheck-warnings")
    counters = task.status()["progress"]["counters"]
    if defect:
        assert result.code != 0 or counters["anomalies"] or compare.compare_databases(pair.source, pair.destination, ["shop"])
        return
    result.succeeded()
    assert counters["parallel"] and counters["anomalies"] == 0 and counters["refolds"] == 0, counters
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", (None, "CONFLICT_ROWS_ONLY"))
def test_conflict_rows_only(pair, defective, defect):
    wandering_values(pair, defective, defect, "UPDATE t SET w = 'gone {n}' WHERE w = 'word {n}'",
                     "INSERT INTO t (w) VALUES ('word {n}')")


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", (None, "CONFLICT_BY_BYTES"))
def test_conflict_by_bytes(pair, defective, defect):
    wandering_values(pair, defective, defect, "DELETE FROM t WHERE w = 'word {n}'", "INSERT INTO t (w) VALUES ('WORD {n} ')")


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("defect", (None, "AHEAD_FORGOTTEN"))
def test_ahead_forgotten(pair, defective, defect):
    """Killed when one lane, that of the table without a key, was done: its rows must not come again."""
    shop(pair, "CREATE TABLE t (id INT PRIMARY KEY)", ["CREATE TABLE audit (what INT)"])
    task = defective.task("lanes", pair, ["shop"])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    pair.source.sql(*[change for n in range(200) for change in
                      (f"INSERT INTO t VALUES ({n})", f"INSERT INTO audit VALUES ({n}), ({n}), ({n})")], db="shop")
    defective.env["RDS_SYNC_CRASH_AT"] = "lane-committed"
    assert task.run("--until=synchronized", "--skip-precheck-warnings").code == -9
    defective.env.pop("RDS_SYNC_CRASH_AT")
    assert pair.destination.sql("SELECT COUNT(*) FROM shop.audit")[0][0] > 0
    if defect:
        defective.env["RDS_SYNC_DEFECT"] = str(numbers()[defect])
    task.run("--until=synchronized", "--skip-precheck-warnings").succeeded()
    assert bool(compare.compare_databases(pair.source, pair.destination, ["shop"])) == bool(defect)
