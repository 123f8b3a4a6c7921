"""Cross-account MySQL: the source is another account's instance, which is entered by a role that was given to this one."""

import pytest

import compare
from test_change_objects import Writer
from test_fields import connects, end_sessions, follow

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")

SOURCE_OWNER, GUEST = "1234567890123456", "9876543210987654"


class Cloud:
    """Both instances, whose they are, and the roles."""

    def __init__(self, program, pair):
        self.program, self.pair = program, pair
        self.folder = program.home / "config/rds-sync"
        pair.source.sql("CREATE DATABASE IF NOT EXISTS shop")
        self.account = pair.source.source_account("shop")
        self.writes = pair.destination.destination_account("shop", name="other")
        self.password(self.account.password)
        self.own()
        self.role()

    def password(self, text):
        file = self.folder / "reader.password"
        file.write_text(f"{text}\n", encoding="utf-8")
        file.chmod(0o600)

    def own(self, source=SOURCE_OWNER, destination=GUEST):
        """Says whose the instances are; None: nothing."""
        owners = {"source": source, "destination": destination}
        self.program.registry("".join(
            f"[rm-{side}]\nregion = cn-hangzhou\nengine = mysql\nhost = {server.host}\nport = {server.port}\n"
            + (f"owner = {owners[side]}\n" if owners[side] else "")
            for side, server in (("source", self.pair.source), ("destination", self.pair.destination))))

    def role(self, name=f"{SOURCE_OWNER}/reader", allow=f"1 {GUEST}", more="password_file = reader.password"):
        (self.folder / "roles.ini").write_text(f"[{name}]\nallow = {allow}\naccount = {self.account.name}\n{more}\n", encoding="utf-8")

    def task(self, **settings):
        self.program.env["DESTINATION_PASSWORD"] = self.writes.password
        return self.program.keyed_task("shop", {
            "task.name": "shop", "task.flow": "mysql-to-mysql-cross-account",
            "source.instance_type": "other-account", "source.region": "cn-hangzhou", "source.instance": "rm-source",
            "source.owner": SOURCE_OWNER, "source.role": "reader",
            "destination.instance_type": "rds", "destination.region": "cn-hangzhou", "destination.instance": "rm-destination",
            "destination.account": self.writes.name, "destination.password_env": "DESTINATION_PASSWORD",
            "objects.include": "shop", **{name.replace("__", "."): value for name, value in settings.items()}})


@pytest.fixture
def cloud(program, pair):
    return Cloud(program, pair)


def rows(pair):
    pair.source.sql("CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, a INT, b VARCHAR(200), KEY (a))",
                    "INSERT INTO shop.orders (a, b) VALUES " + ",".join(f"(-{n}, 'r{n}')" for n in range(1, 500)))


def test_a_task_runs_with_what_the_role_gives_through_a_kill(cloud, pair):
    rows(pair)
    task = cloud.task()
    passed = task.precheck()
    assert passed.code == 0, passed
    with Writer(pair.source, ["shop.orders"]):
        running = task.start()
        running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
        running.kill()
        running = task.start()
        running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing again")
    running.stop().succeeded()
    task.run("--until=synchronized").succeeded()
    assert compare.compare_databases(pair.source, pair.destination, ["shop"]) == []
    assert task.verify().succeeded().json["differences"] == []
    assert cloud.program.files_holding(cloud.account.password) == [cloud.folder / "reader.password"]


def finding(task, code="CHECK_CONN_SRC"):
    (found,) = (f for f in task.precheck().json["findings"] if f["code"] == code)
    return found


@pytest.mark.pairs("mariadb-mariadb")
def test_whom_the_role_does_not_let_in(cloud):
    """It is another account's, is given to others, or belongs to nobody; and the file itself is read with care."""
    task = cloud.task()
    assert connects(task) == {"source", "destination"}

    def refused(words, side="source"):
        found = str(finding(task))
        assert connects(task) == {"source", "destination"} - {side}
        for word in words:
            assert word in found, found
        ended = task.run("--until=synchronized")
        assert ended.code != 0 and words[0] in ended.err, ended

    cloud.role(allow="1 2")
    refused((f"role reader of the account {SOURCE_OWNER} is not given to the account {GUEST}", "allow"))
    cloud.role(allow=GUEST[:-1])
    refused(("is not given to the account",))
    cloud.role(name="1111/reader")
    refused((f"account {SOURCE_OWNER} has no role reader", "roles.ini"))
    cloud.role()
    cloud.own(source="1111")
    refused((f"rm-source does not belong to the account {SOURCE_OWNER}", "instances.ini"))
    cloud.own(source=None)
    refused(("does not belong to the account",))
    cloud.own(destination=None)
    refused(("not known which account the destination rm-destination belongs to", "owner"))
    cloud.own()
    for more, says in (("pasword_file = x", "password_file"), ("", "password_command"),
                       ("password_file = reader.password\npassword_command = true", "either")):
        cloud.role(more=more)
        refused(("roles.ini", says))
    (cloud.folder / "reader.password").chmod(0o644)
    cloud.role()
    refused(("others can read",))
    (cloud.folder / "reader.password").chmod(0o600)
    cloud.role(more="password_command = head -n 1 " + str(cloud.folder / "reader.password"))
    assert connects(task) == {"source", "destination"}
    cloud.password("wrong")
    refused(("Access denied",))


@pytest.mark.pairs("mariadb-mariadb")
def test_what_names_the_source_is_all_needed(cloud):
    """source.instance, source.owner, source.role; and other flows have no use for the last two."""
    for key in ("instance", "owner", "role"):
        ended = cloud.task(**{f"source__{key}": None}).run("--until=synchronized")
        assert ended.code == 2 and "RS-1005" in ended.err, ended
    ended = cloud.task(task__flow="mysql-to-mysql").run("--until=synchronized")
    assert ended.code == 2 and "no use for it" in ended.err, ended


@pytest.mark.pairs("mariadb-mariadb")
def test_a_role_that_is_withdrawn_while_the_task_runs(cloud, pair):
    """What is connected stays; whoever logs in next is told, and waits until it is given again."""
    rows(pair)
    task = cloud.task(sync__retry_connection="600", sync__retry_other="300")
    running = follow(task)
    cloud.role(allow="1")
    end_sessions(pair.source)
    running.until(lambda: "is not given to the account" in "\n".join(cloud.program.logged()), "the refusal in the log")
    running.kill()
    cloud.role()
    running = follow(task)
    pair.source.sql("INSERT INTO shop.orders (a, b) VALUES (1, 'given again')")
    running.until(lambda: pair.destination.value("SELECT COUNT(*) FROM shop.orders") == 500, "the row")
    running.stop().succeeded()
