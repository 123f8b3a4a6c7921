"""The relay: what the source writes while the task copies or is paused is kept here, so that the source may purge it."""

import compare
import pytest
import rds

SHOP = ("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(4000), n INT) "
        "ENGINE=InnoDB")

every_kind = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")


def purge(source):
    """Leave nothing of the log but a file that is empty."""
    source.sql("FLUSH BINARY LOGS")
    file = source.log_position()[0]
    source.sql(f"PURGE BINARY LOGS TO '{file}'")
    logs = "SHOW BINARY LOGS"
    rds.wait_until(lambda: source.sql(logs)[0][0] == file, "the purge")


def same(pair):
    return compare.compare_databases(pair.source, pair.destination, ["shop"]) == []


def relay(task):
    return task.status()["progress"]["relay"]


def state(task):
    return task.status()["state"]


def write(source, n, text="x"):
    for i in range(n):
        source.sql(f"INSERT INTO shop.orders (note, n) VALUES (REPEAT('{text}', {50 + i % 300}), {i})",
                   f"UPDATE shop.orders SET n = n + 1 WHERE id % 7 = {i % 7}")


def up_to_the_end(source, task, running):
    """Wait until the relay has all that the source has written."""
    end = source.log_position()

    def reached():
        file, _, offset = (relay(task)["position"] or ":0").rpartition(":")
        return (file, int(offset)) >= end
    running.until(reached, f"the relay to come to {end}")


def paused(task):
    task.command("pause").succeeded()
    rds.wait_until(lambda: state(task) == "Suspending" or state(task) == "Paused", "the pause")


def followed(pair, program, **settings):
    pair.source.sql(SHOP)
    write(pair.source, 5)
    task = program.task("shop", pair, ["shop"], settings=settings)
    running = task.start()
    running.until(lambda: state(task) == "Synchronizing", "following")
    return task, running


@every_kind
def test_the_log_is_purged_under_a_paused_task(pair, program):
    task, running = followed(pair, program)
    paused(task)
    write(pair.source, 20)
    up_to_the_end(pair.source, task, running)
    purge(pair.source)
    write(pair.source, 3)
    up_to_the_end(pair.source, task, running)
    task.command("resume").succeeded()
    write(pair.source, 3)
    running.until(lambda: same(pair), "both to be the same")
    running.until(lambda: relay(task)["bytes"] == 0, "the relay to be emptied")
    assert running.stop().code == 0
    assert "RS-" not in running.err
