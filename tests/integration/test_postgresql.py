"""Servers of the PostgreSQL family: connecting to them, testing that, and what is in them, as the screens use it."""

import json
import socket
import time

import pytest

import servers

FLOW = "postgresql-to-analyticdb-postgresql"


@pytest.fixture(params=["postgresql", "postgresql-newest"])
def server(pool, request):
    made = pool.get(request.param, "jobs")
    made.reset()
    made.sql("CREATE DATABASE shop")
    return made


@pytest.fixture(scope="module")
def encrypted(pool):
    """One that lets nobody in without encryption, and whose log is not logical."""
    return pool.get("postgresql", "encrypted", tls=True, wal_level="replica", listen_addresses="127.0.0.1,127.0.0.2")


@pytest.fixture
def task_at(program):
    """Makes a task whose source is at a port of this machine: task_at(server, **{"source.database": "shop"})."""
    def make(port, **settings):
        program.env["RDS_TEST_PG"] = settings.pop("password", servers.PostgreSQL.password)
        keys = {"task.name": "shop", "task.flow": FLOW, "source.instance_type": "self-managed", "source.host": "127.0.0.1", "source.port": port,
                "source.account": "postgres", "source.password_env": "RDS_TEST_PG", "source.database": "shop",
                "source.connection": "no-ssl", "destination.instance": "gp-1", "destination.account": "postgres",
                "destination.password_env": "RDS_TEST_PG", "destination.database": "shop", "objects.include": "public", **settings}
        return program.keyed_task("shop", keys)

    return make


def refused(found, code, *texts):
    assert not found["ok"] and found["code"] == code == found["error"]["code"], found
    assert found["error"]["hint"], found
    for text in texts:
        assert text in json.dumps(found["error"], ensure_ascii=False), found
    assert servers.PostgreSQL.password not in json.dumps(found)


# --- connecting -------------------------------------------------------------------------------------------------------

def test_a_connection_that_works_is_described(server, jobs, task_at):
    found = jobs("probe", task_at(server.port), "source")
    assert found["ok"] and not found["unfit"] and found["error"] is None, found
    assert found["summary"].startswith(f"PostgreSQL {server.version.split()[0]}, ")
    assert found["summary"].endswith(" ms, wal_level logical, database shop")


def test_a_source_whose_log_is_not_logical(encrypted, jobs, task_at):
    found = jobs("probe", task_at(encrypted.port, **{"source.database": "postgres", "source.connection": "ssl"}), "source")
    assert found["ok"] and found["unfit"] and "wal_level replica (must be logical)" in found["summary"], found


def test_a_destination_of_the_registry(server, jobs, program, task_at):
    """Its address stands in instances.ini; which is all that a task of AnalyticDB has."""
    program.registry(f"[gp-1]\nengine = analyticdb-postgresql\nhost = 127.0.0.1\nport = {server.port}\n")
    found = jobs("probe", task_at(1), "destination")
    assert found["ok"] and found["summary"].endswith(" ms, wal_level logical, database shop"), found
    assert found["unfit"] and " (not AnalyticDB for PostgreSQL), " in found["summary"], found


@pytest.mark.parametrize("flow, side", (("zero-etl", "source"), ("zero-etl", "destination"), ("fdw", "destination"),
                                        ("mysql-to-analyticdb-postgresql", "destination")))
def test_every_flow_reaches_its_servers(server, jobs, program, flow, side):
    program.registry(f"[pg-1]\nengine = postgresql\nhost = 127.0.0.1\nport = {server.port}\n")
    program.env["RDS_TEST_PG"] = server.password
    keys = {"task.name": "t", "task.flow": flow, f"{side}.instance": "pg-1", f"{side}.account": "postgres",
            f"{side}.password_env": "RDS_TEST_PG", f"{side}.database": "shop"}
    found = jobs("probe", program.keyed_task("t", keys), side)
    assert found["ok"] and "database shop" in found["summary"], found


def test_a_wrong_password_is_told_as_such(server, jobs, task_at):
    refused(jobs("probe", task_at(server.port, password="wrong-one"), "source"), 2004, "28P01", f"127.0.0.1:{server.port}")


def test_no_password_at_all(server, jobs, task_at):
    refused(jobs("probe", task_at(server.port, **{"source.password_env": None}), "source"), 2004)


def test_a_database_that_is_not_there(server, jobs, task_at):
    refused(jobs("probe", task_at(server.port, **{"source.database": "Shop"}), "source"), 2005, "Shop", "3D000")


def test_an_account_that_may_not_come_in(server, jobs, task_at):
    server.sql("CREATE ROLE guest PASSWORD 'g'")
    refused(jobs("probe", task_at(server.port, password="g", **{"source.account": "guest"}), "source"), 2005, "28000")


def test_nobody_listens(jobs, task_at):
    refused(jobs("probe", task_at(servers.free_port()), "source"), 2001)


def test_no_server_is_chosen(jobs, task_at):
    """It is not the one of this machine that is meant then."""
    task = task_at(None, **{"source.host": None, "source.instance_type": "rds"})
    refused(jobs("probe", task, "source"), 2003, "no server is chosen")


def test_a_host_that_is_not_there(jobs, task_at):
    refused(jobs("probe", task_at(5432, **{"source.host": "no-such-host.invalid"}), "source"), 2003, "no-such-host.invalid")


def test_another_kind_of_server(jobs, task_at, pool):
    refused(jobs("probe", task_at(pool.get("mariadb", "jobs").port), "source"), 2001)


def test_too_many_connections_are_told_as_such(server, jobs, task_at):
    server.sql("CREATE ROLE guest LOGIN PASSWORD 'g' CONNECTION LIMIT 0")
    refused(jobs("probe", task_at(server.port, password="g", **{"source.account": "guest"}), "source"), 2008, "53300")


# --- encryption -------------------------------------------------------------------------------------------------------

def test_encryption_is_required_by_the_task(server, jobs, task_at):
    refused(jobs("probe", task_at(server.port, **{"source.connection": "ssl"}), "source"), 2007)


def test_encryption_is_required_by_the_server(encrypted, jobs, task_at):
    at = {"source.database": "postgres"}
    refused(jobs("probe", task_at(encrypted.port, **at), "source"), 2005, "28000", "SSL")
    found = jobs("probe", task_at(encrypted.port, **at, **{"source.connection": "ssl"}), "source")
    assert found["ok"], found


def test_the_certificate_authority(encrypted, jobs, task_at, tmp_path):
    """With one the server's certificate must be of it, and for the host."""
    made = servers.certificates()
    at = {"source.database": "postgres", "source.connection": "ssl"}
    assert jobs("probe", task_at(encrypted.port, **at, **{"source.ca": made / "ca.pem"}), "source")["ok"]
    other = tmp_path / "other.pem"
    other.write_bytes((made / "client-cert.pem").read_bytes())
    refused(jobs("probe", task_at(encrypted.port, **at, **{"source.ca": other}), "source"), 2007)
    refused(jobs("probe", task_at(encrypted.port, **at, **{"source.ca": made / "ca.pem", "source.host": "127.0.0.2"}), "source"), 2007)


def test_a_client_s_certificate(encrypted, jobs, task_at):
    rules = encrypted.datadir / "pg_hba.conf"
    before, made = rules.read_text(), servers.certificates()
    at = {"source.database": "postgres", "source.connection": "ssl", "source.ca": made / "ca.pem"}
    key = {"source.cert": made / "client-cert.pem", "source.key": made / "client-key.pem"}
    try:
        rules.write_text(before.replace("scram-sha-256", "scram-sha-256 clientcert=verify-ca"))
        encrypted.restart()
        assert not jobs("probe", task_at(encrypted.port, **at), "source")["ok"]
        found = jobs("probe", task_at(encrypted.port, **at, **key), "source")
        assert found["ok"], found
    finally:
        rules.write_text(before)
        encrypted.restart()


# --- silence ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("job", ("probe", "browse"))
def test_a_host_that_does_not_answer_can_be_given_up(job, jobs, task_at):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert jobs("cancel", job, task_at(silent.getsockname()[1]))["seconds"] < 8, "what it would wait is ten"


def test_a_host_that_does_not_answer(jobs, task_at):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begin = time.monotonic()
        refused(jobs("probe", task_at(silent.getsockname()[1]), "source"), 2002, "firewall")
        assert time.monotonic() - begin > 9


# --- what is there ----------------------------------------------------------------------------------------------------

SHOP = '''
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Note" text, "note" varchar(20),
                     total numeric(10,2) NOT NULL, twice numeric GENERATED ALWAYS AS (total * 2) STORED);
INSERT INTO orders ("Note", total) SELECT repeat('x', 100), n FROM generate_series(1, 2000) n;
CREATE TABLE lines (a int NOT NULL, b int NOT NULL, c int, PRIMARY KEY (b, a), UNIQUE (c, a));
CREATE UNIQUE INDEX part_of ON lines (a) WHERE c > 1;
CREATE UNIQUE INDEX with_more ON lines (b) INCLUDE (c);
CREATE TABLE keyless (a int);
CREATE TABLE whole (a int); ALTER TABLE whole REPLICA IDENTITY FULL;
CREATE TABLE by_index (a int NOT NULL); CREATE UNIQUE INDEX i ON by_index (a); ALTER TABLE by_index REPLICA IDENTITY USING INDEX i;
CREATE TABLE silent (a int PRIMARY KEY); ALTER TABLE silent REPLICA IDENTITY NOTHING;
CREATE UNLOGGED TABLE unlogged (a int PRIMARY KEY);
CREATE TABLE parts (id int PRIMARY KEY, v text) PARTITION BY RANGE (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (1000);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (1000) TO (2000);
INSERT INTO parts SELECT n, repeat('x', 1000) FROM generate_series(1, 1999) n;
CREATE VIEW recent AS SELECT id FROM orders;
CREATE MATERIALIZED VIEW kept AS SELECT id FROM orders;
CREATE SEQUENCE numbers;
CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f(a text) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
CREATE SCHEMA "odd name"; CREATE TABLE "odd name"."T.1" (a int);
CREATE TABLE "odd name"."it's ""so""" (a int PRIMARY KEY);
'''


def test_the_catalogue_arrives_whole_and_columns_on_request(server, jobs, task_at):
    server.sql(SHOP, "ANALYZE", db="shop")
    found = jobs("browse", task_at(server.port), "public.orders", "public.lines", "odd name.T.1", 'odd name.it\'s "so"', "public.gone")
    assert found["error"] is None, found
    things = {(o["kind"], o["db"], o["name"]): o for o in found["objects"]}
    assert len(things) == len(found["objects"])
    assert {db for _, db, _ in things} == {"public", "odd name"}
    assert {name for kind, db, name in things if db == "public" and kind == "table"} == {
        "orders", "lines", "keyless", "whole", "by_index", "silent", "unlogged", "parts"}
    assert {(kind, name) for kind, db, name in things if db == "public" and kind not in ("table", "database")} == {
        ("view", "recent"), ("view", "kept"), ("sequence", "numbers"), ("sequence", "orders_id_seq"), ("function", "f"), ("procedure", "p")}
    orders, parts = things["table", "public", "orders"], things["table", "public", "parts"]
    assert orders["rows"] == 2000 and 200_000 < orders["bytes"] < 2_000_000
    assert parts["rows"] == 1999 and 2_000_000 < parts["bytes"] < 4_000_000, "that of its partitions"
    columns = {(o["db"], o["name"]): o for o in found["columns"]}
    assert columns["public", "orders"]["columns"] == ["id", "Note", "note", "total", "twice"]
    assert columns["public", "orders"]["types"] == ["bigint", "text", "character varying(20)", "numeric(10,2)", "numeric"]
    assert columns["public", "orders"]["keys"] == {"PRIMARY": ["id"]}
    assert columns["public", "lines"]["keys"] == {"PRIMARY": ["b", "a"], "lines_c_a_key": ["c", "a"], "with_more": ["b"]}
    assert columns["odd name", "T.1"]["columns"] == ["a"] == columns["odd name", 'it\'s "so"']["columns"]
    assert columns["public", "gone"]["columns"] == [] and columns["public", "gone"]["unsupported"]


def test_what_can_not_be_synchronized_says_why(server, jobs, task_at):
    server.sql(SHOP, "CREATE ROLE reader LOGIN PASSWORD 'r'", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
               "REVOKE SELECT ON lines FROM reader", "CREATE SCHEMA hidden", "CREATE SCHEMA dts; GRANT USAGE ON SCHEMA dts TO reader", db="shop")
    found = jobs("browse", task_at(server.port, password="r", **{"source.account": "reader"}))
    why = {o["name"]: o["unsupported"] for o in found["objects"] if o["db"] == "public" and o["unsupported"]}
    assert set(why) == {"keyless", "silent", "unlogged", "kept", "lines"}
    assert "REPLICA IDENTITY" in why["keyless"] and "REPLICA IDENTITY" in why["silent"]
    assert "unlogged" in why["unlogged"] and "account" in why["lines"]
    assert {o["db"] for o in found["objects"]} == {"public"}, "the account may not use the other schemas, and dts is none of the user's"


def test_nobody_s_lock_is_waited_for(server, jobs, task_at):
    """Somebody alters a table, and takes long: the catalogue can be had all the same."""
    server.sql("CREATE TABLE orders (id int PRIMARY KEY)", db="shop")
    with server.session("BEGIN; ALTER TABLE orders ADD COLUMN later int; SELECT 'locked';", db="shop"):
        found = jobs("browse", task_at(server.port), "public.orders")
    assert found["error"] is None
    assert [o["columns"] for o in found["columns"]] == [["id"]]


def test_names_do_not_call_what_users_made(server, jobs, task_at):
    """Functions and operators of the database are not taken for the server's."""
    server.sql("CREATE TABLE evil (said text)", "ALTER ROLE postgres SET search_path = public, pg_catalog",
               "CREATE FUNCTION has_schema_privilege(oid, text) RETURNS bool LANGUAGE plpgsql AS $$BEGIN RAISE 'called'; END$$", db="shop")
    try:
        found = jobs("browse", task_at(server.port))
        assert found["error"] is None and ("table", "evil") in {(o["kind"], o["name"]) for o in found["objects"]}
    finally:
        server.sql("ALTER ROLE postgres RESET search_path")


def test_a_catalogue_that_can_not_be_had(jobs, task_at):
    found = jobs("browse", task_at(servers.free_port()))
    assert found["objects"] == [] and found["error"]["code"] == 2001
