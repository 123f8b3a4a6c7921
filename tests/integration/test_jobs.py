"""Connection tests and the fetching of catalogues, as the screens use them."""

import json
import socket
import types

import pytest

import servers


@pytest.fixture
def server(pool, flavor):
    made = pool.get(flavor, "jobs")
    made.reset()
    return made


def task_at(program, port, account=servers.Account("root", "")):
    end = types.SimpleNamespace(host="127.0.0.1", port=port)
    return program.task("shop", types.SimpleNamespace(source=end, destination=end), ["shop"], accounts=(account, account))


# --- probe ------------------------------------------------------------------------------------------------

def test_a_connection_that_works_is_described(server, program, jobs):
    found = jobs("probe", task_at(program, server.port), "source")
    assert found["ok"] and not found["unfit"] and found["error"] is None, found
    assert server.version.split("-")[0] in found["summary"]
    assert " ms, binlog ROW" in found["summary"]


def test_a_source_whose_log_does_not_have_the_rows(server, program, jobs):
    server.set_global(binlog_format="MIXED")
    found = jobs("probe", task_at(program, server.port), "source")
    assert found["ok"] and found["unfit"] and found["summary"].endswith("binlog MIXED (must be ROW)"), found
    found = jobs("probe", task_at(program, server.port), "destination")
    assert found["ok"] and not found["unfit"] and found["summary"].endswith("binlog MIXED"), found


def test_a_source_without_a_log(new_server, program, jobs):
    server = new_server("mariadb", log_bin=None, skip_log_bin=True, gtid=False)
    found = jobs("probe", task_at(program, server.port), "source")
    assert found["ok"] and found["unfit"] and found["summary"].endswith("no binlog: changes can't be followed"), found
    found = jobs("probe", task_at(program, server.port), "destination")
    assert found["ok"] and not found["unfit"] and found["summary"].endswith("no binlog"), found


def test_a_wrong_password_is_told_as_such(server, program, jobs):
    server.sql("CREATE USER dts@'%' IDENTIFIED BY 'right'")
    found = jobs("probe", task_at(program, server.port, servers.Account("dts", "wrong")), "destination")
    assert not found["ok"]
    assert found["code"] == 2004 == found["error"]["code"]
    assert "destination" in found["error"]["primary"]
    assert "wrong" not in json.dumps(found)


def test_nobody_listens(program, jobs):
    found = jobs("probe", task_at(program, servers.free_port()), "source")
    assert not found["ok"] and found["code"] == 2001


def test_a_password_that_is_not_there(program, jobs, pool):
    task = task_at(program, pool.get("mariadb", "jobs").port)
    variable = next(name for name in program.env if name.startswith("RDS_TEST_SOURCE"))
    del program.env[variable]
    found = jobs("probe", task, "source")
    assert found["code"] == 1011 and variable in json.dumps(found["error"])


@pytest.mark.parametrize("job", ("probe", "browse"))
def test_a_host_that_does_not_answer_can_be_given_up(job, program, jobs):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert jobs("cancel", job, task_at(program, silent.getsockname()[1]))["seconds"] < 8, "what it would wait is ten"


# --- browse -----------------------------------------------------------------------------------------------

def test_the_catalogue_arrives_whole_and_columns_on_request(server, program, jobs):
    server.sql("CREATE DATABASE shop; CREATE DATABASE `odd name`;"
               "CREATE TABLE shop.orders (id INT PRIMARY KEY, note TEXT);"
               "CREATE VIEW shop.recent AS SELECT id FROM shop.orders;"
               "CREATE TABLE `odd name`.`t.1` (a INT)")
    found = jobs("browse", task_at(program, server.port), "shop.orders", "odd name.t.1", "shop.gone")
    assert found["error"] is None, found
    names = {(o["kind"], o["db"], o["name"]) for o in found["objects"]}
    assert {("database", "shop", "shop"), ("database", "odd name", "odd name"), ("table", "shop", "orders"),
            ("view", "shop", "recent"), ("table", "odd name", "t.1")} <= names
    assert len(names) == len(found["objects"])
    assert not {db for _, db, _ in names} & {"mysql", "information_schema", "performance_schema", "sys", "dts"}
    columns = {(o["db"], o["name"]): o for o in found["columns"]}
    assert columns["shop", "orders"]["columns"] == ["id", "note"]
    assert columns["odd name", "t.1"]["columns"] == ["a"]
    assert columns["shop", "gone"]["columns"] == [] and columns["shop", "gone"]["unsupported"]


def test_a_catalogue_that_cannot_be_had(program, jobs):
    found = jobs("browse", task_at(program, servers.free_port()))
    assert found["objects"] == [] and found["error"]["code"] == 2001
