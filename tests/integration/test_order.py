"""The destination's sequence of states: where the order of the source is asked for, whoever looks at the destination sees only
states that the source had, one after the other; where it is not, each transaction is seen whole or not at all once all has come."""

import random
import threading
import time

import pymysql
import pytest

import compare
import rds

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
ACCOUNTS = 12
READ = ("SELECT n FROM clock", "SELECT n, a, b, amount FROM history ORDER BY n", "SELECT id, balance FROM account ORDER BY id", "SELECT who, n FROM loose ORDER BY who")


class Writer(threading.Thread):
    """Moves money between accounts, each time a step of the one clock; and now and then a row that says
    which step was the last when it was made, and which nobody else knows of."""

    def __init__(self, server, seed, stop):
        super().__init__(daemon=True)
        self.server, self.random, self.stopping, self.error = server, random.Random(seed), stop, None

    def run(self):
        try:
            with self.server.connect(db="bank", autocommit=False) as connection, connection.cursor() as cursor:
                while not self.stopping.is_set():
                    self._transaction(connection, cursor)
        except Exception as error:                                  # pylint: disable=broad-exception-caught
            self.error = error

    def _transaction(self, connection, cursor):
        r = self.random
        try:
            if r.random() < 0.5:
                cursor.execute("SELECT n FROM clock")
                cursor.execute("INSERT INTO loose VALUES (%s, %s)", (r.getrandbits(30), *cursor.fetchone()))
                connection.commit()
                return
            for _ in range(r.choice((1, 1, 2, 6))):
                a, b = r.sample(range(ACCOUNTS), 2)
                amount = r.randint(-50, 50)
                cursor.execute("UPDATE clock SET n = n + 1")
                cursor.execute("INSERT INTO history SELECT n, %s, %s, %s FROM clock", (a, b, amount))
                cursor.execute("UPDATE account SET balance = balance - %s WHERE id = %s", (amount, a))
                cursor.execute("UPDATE account SET balance = balance + %s WHERE id = %s", (amount, b))
                if r.random() < 0.2:            # a row that is deleted and comes back is the same one
                    cursor.execute("DELETE FROM account WHERE id = %s AND balance = 0", (a,))
                    cursor.execute("INSERT IGNORE INTO account VALUES (%s, 0)", (a,))
            (connection.rollback if r.random() < 0.1 else connection.commit)()
        except (pymysql.err.OperationalError, pymysql.err.IntegrityError) as error:
            if error.args[0] not in (1205, 1213, 1020, 1062):
                raise
            connection.rollback()


def look(server):
    """All of it at one moment."""
    with server.connect(db="bank", autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
        seen = []
        for query in READ:
            cursor.execute(query)
            seen.append(cursor.fetchall())
        return seen


def what_is_wrong(seen, before):
    """None where the source had such a state, not before the one that was seen BEFORE."""
    ((now,),), history, accounts, loose = seen
    if [row[0] for row in history] != list(range(1, now + 1)):
        return f"the clock says {now}, the history has {len(history)} steps"
    balances = dict.fromkeys(range(ACCOUNTS), 0)
    for _, a, b, amount in history:
        balances[a] -= amount
        balances[b] += amount
    if dict(accounts) != balances:
        return f"at {now}: {dict(accounts)}, not {balances}"
    if any(n > now for _, n in loose):
        return f"{now} before {max(n for _, n in loose)}"
    if before and (now < before[0][0][0] or not set(before[3]) <= set(loose)):
        return f"{now} after {before[0][0][0]}"
    return None


def test_states_that_the_source_had(pair, program):
    r = random.Random(rds.seed(23))
    pair.source.sql("CREATE DATABASE bank", "CREATE TABLE bank.clock (n INT PRIMARY KEY) ENGINE=InnoDB", "INSERT INTO bank.clock VALUES (0)",
                    "CREATE TABLE bank.history (n INT PRIMARY KEY, a INT, b INT, amount INT) ENGINE=InnoDB",
                    "CREATE TABLE bank.account (id INT PRIMARY KEY, balance INT NOT NULL) ENGINE=InnoDB", "CREATE TABLE bank.loose (who INT PRIMARY KEY, n INT) ENGINE=InnoDB",
                    "INSERT INTO bank.account VALUES " + ", ".join(f"({n}, 0)" for n in range(ACCOUNTS)))
    task = program.task("bank", pair, ["bank"], settings={"sync.source_order": "yes"})
    task.synchronize()
    stop = threading.Event()
    writers = [Writer(pair.source, r.random(), stop) for _ in range(4)]
    for writer in writers:
        writer.start()
    running, before, looks = task.start(), None, 0
    try:
        end = time.monotonic() + 10
        while time.monotonic() < end or (before and before[0][0][0] < 150):
            seen = look(pair.destination)
            wrong = what_is_wrong(seen, before)
            assert wrong is None, f"look {looks}: {wrong}"
            before, looks = seen, looks + 1
            if r.random() < 0.02:           # killed in the middle, and with a backlog to come back to
                running.kill()
                time.sleep(r.random())
                running = task.start()
            assert not running.ended, running.describe()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert not [writer.error for writer in writers if writer.error]
    running.kill()
    task.synchronize()
    print(f"{looks} looks, {before[0][0][0]} steps")
    assert compare.compare_databases(pair.source, pair.destination, ["bank"]) == []
    assert what_is_wrong(look(pair.destination), before) is None
