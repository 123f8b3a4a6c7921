"""Whether a schema that is brought up to date statement by statement is the one that the server has then."""

import os
import pathlib
import random
import re

import pymysql
import pytest

import ddl_random
import rds
from probe import Lines, probe                                               # pylint: disable=unused-import

STATEMENTS = int(os.environ.get("RDS_SYNC_DDL_STATEMENTS", "150"))


class Schema(Lines):
    """The program ddl_probe: the known schema, followed statement by statement."""

    def __init__(self, binary, server):
        super().__init__(binary)
        self.server = server
        major, minor, patch = re.match(r"(\d+)\.(\d+)\.(\d+)", server.version).groups()
        self.dialect = {"mariadb": server.flavor == "mariadb", "version": int(major) * 10000 + int(minor) * 100 + int(patch),
                        "sql_mode": int(server.value("SELECT @@session.sql_mode + 0")),
                        "explicit_timestamp": bool(int(server.value("SELECT @@explicit_defaults_for_timestamp")))}

    def apply(self, sql, db="d", db_collation=None):
        return self.ask("apply", sql=sql, db=db, db_collation=db_collation, **self.dialect)

    def table(self, db, name):
        return self.ask("table", db=db, name=name)["table"]


@pytest.fixture
def server(pool, flavor):
    made = pool.get(flavor, "ddl")
    made.reset()
    return made


@pytest.fixture
def schema(binary, server):                                           # pylint: disable=redefined-outer-name
    made = Schema(pathlib.Path(binary).parent / "tests/integration/ddl_probe", server)
    yield made
    made.close()


def comparable(table):
    """Without the server's estimates; without the indexes that it makes for foreign keys by itself."""
    if table is None:
        return None
    table = {k: v for k, v in table.items() if k not in ("rows", "bytes", "has_triggers")}
    if table.get("engine") != "InnoDB":      # a hash index shows no order, and gets it back with another engine
        for key in table.get("keys", []):
            key["parts"] = [{**part, "descending": None} for part in key["parts"]]
    shapes = {i for i, c in enumerate(table["columns"]) if c["type"] == "GEOMETRY"}
    for key in table.get("keys", []):          # what is too long for the engine gets a prefix by itself
        key["parts"] = [{k: v for k, v in part.items() if k != "prefix" or (v < 100 and v != 8 and part["column"] not in shapes)}
                        for part in key["parts"]]
    made = [fk["columns"] for fk in table.get("foreign_keys", [])]
    names = [c["name"] for c in table["columns"]]
    table["keys"] = [k for k in table.get("keys", []) if k.get("unique") or
                     [names[p["column"]] if p["column"] < len(names) else "" for p in k["parts"]] not in made]
    return table


def differences(expected, actual):
    """The members that differ, and in lists their elements."""
    if not expected or not actual:
        return f"server: {expected}\nours: {actual}"
    lines = []
    for name in sorted(set(expected) | set(actual)):
        theirs, ours = expected.get(name), actual.get(name)
        if isinstance(theirs, list) and isinstance(ours, list):
            lines += [f"{name} server: {item}" for item in theirs if item not in ours]
            lines += [f"{name} ours:   {item}" for item in ours if item not in theirs]
        if theirs != ours and not isinstance(theirs, list):
            lines.append(f"{name} server: {theirs}, ours: {ours}")
    return "\n".join(lines) or "the order differs"


def real(probe, db, name):                                            # pylint: disable=redefined-outer-name
    answer = probe.ask("table", db=db, table=name)
    return answer["schema"] if answer["rc"] == "ok" else None


def reread(schema, probe, tables):                                    # pylint: disable=redefined-outer-name
    schema.ask("reset")
    for table in tables:
        known = real(probe, "d", table)
        if known:
            assert schema.ask("put", table=known)["rc"] == "ok"


def collation_of(server, db="d"):                                     # pylint: disable=redefined-outer-name
    return server.value(f"SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{db}'")


def test_random_changes_are_followed(server, schema, probe):          # pylint: disable=redefined-outer-name
    seed = rds.seed(7)
    print("seed", seed)
    chosen = random.Random(seed)
    changes = ddl_random.Changes(chosen, server.flavor)
    server.sql(f"CREATE DATABASE d CHARACTER SET {chosen.choice(['latin1', 'utf8mb4'])}")
    collation = collation_of(server)
    assert probe.open(server)["rc"] == "ok"
    done, tried, refused, history = 0, 0, [], []
    connection = server.connect("d")
    while done < STATEMENTS:
        sql = changes.statement()
        tried += 1
        assert tried < STATEMENTS * 40, "hardly any statement is taken"
        try:
            connection.query(sql)
        except pymysql.err.MySQLError:
            continue
        done += 1
        history.append(sql)
        answer = schema.apply(sql, db_collation=collation)
        if answer["rc"] != "ok":                # then the schema is read again, which must be rare
            assert answer["code"] == 4013, f"seed {seed}: {answer}: {sql}"
            refused.append(f"{sql}: {answer['primary']}")
            reread(schema, probe, changes.tables)
        for table in changes.tables:
            expected, actual = comparable(real(probe, "d", table)), comparable(schema.table("d", table))
            if actual != expected:
                pytest.fail(f"seed {seed}, statement {done}: {sql}\n{differences(expected, actual)}\nbefore:\n" +
                            ";\n".join(history[:-1]), pytrace=False)
    print(f"{done} of {tried} statements were taken", *refused, sep="\n")
    assert len(refused) * 50 <= done, refused
