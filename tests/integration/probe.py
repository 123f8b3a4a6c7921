"""The program db_probe: the tree's own connections and readers of catalogues, driven from tests."""

import json
import os
import pathlib
import subprocess

import pytest

import servers


class Lines:
    """A program that answers each line of JSON with one."""

    def __init__(self, binary, env=None):
        self.name = pathlib.Path(binary).name
        self.process = servers.spawn([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                     env=dict(os.environ, LC_ALL="C.UTF-8", **(env or {})))

    def ask(self, op, **args):
        self.process.stdin.write(json.dumps({"op": op, **args}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"{self.name} ended with {self.process.wait()}"
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        try:
            assert self.process.wait(120) == 0
        finally:
            self.process.kill()


class Probe(Lines):
    """The program db_probe: one connection of the tree's own, driven from here."""

    def open(self, server, account=None, **args):
        where = {"host": server.host, "port": server.port} if "socket" not in args else {}
        user = {"user": account.name, "password": account.password} if account else {"user": "root", "password": ""}
        return self.ask("open", **{**where, **user, **args})

    def value(self, sql):
        answer = self.ask("query", sql=sql)
        assert answer["rc"] == "eof", answer
        return answer["rows"][0][0]


@pytest.fixture
def probe(binary):
    made = Probe(pathlib.Path(binary).parent / "tests/integration/db_probe")
    yield made
    made.close()


def failed(answer, code, **more):
    assert answer["rc"] == "fail", answer
    assert answer["code"] == code, answer
    assert {key: answer[key] for key in more} == more, answer
    return answer
