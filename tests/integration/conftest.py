"""Fixtures: servers, pairs of servers, the program under test, and its private configuration and state."""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import threading

import pytest

import rds
import servers

# Asynchronous input and output is given out by the kernel for the whole machine, and servers that many tests start at once do
# not get what they ask for. Benchmarks keep it.
servers.COMMON_OPTIONS["innodb_use_native_aio"] = "OFF"

# The pairs between which synchronization is promised: source-destination.
PAIRS = ("mariadb-mariadb", "mysql56-mariadb", "mysql9-mysql9", "mysql56-mysql9", "mariadb-mysql9")

# The files that take longest, the longest first (tests/all's durations tell): tests of one file share servers, so that a file
# is one process's, and the others have nothing left to do beside a long one that was begun last.
LONGEST = ("test_network", "test_xa", "test_relay", "test_defects", "test_failover", "test_beside",
           "test_kafka_objects", "test_change_objects", "test_tables", "test_fold", "test_crash", "test_repair",
           "test_reanchor", "test_bad_input", "test_types", "test_log_reset", "test_destination", "test_kafka_delivery",
           "test_events", "test_no_space", "test_bond", "test_verify", "test_online_left_out", "test_kafka_faults",
           "test_takeover", "test_fields", "test_kafka_sync", "test_packet", "test_kafka_registry",
           "test_kafka_cluster", "test_screens", "test_source_faults", "test_precheck", "test_indexes", "test_filter",
           "test_host_faults", "test_kafka_formats")

# Of the program's log, with a test that failed.
LOG_LINES = 300
WRONG_LINES = 8
OF_SOMETHING_WRONG = re.compile(r"\S+ (warn|error) ")


@dataclasses.dataclass
class Pair:
    """A source and a destination, both running and empty when the test begins."""

    name: str
    source: servers.Server
    destination: servers.Server

    def reset(self):
        self.source.reset()
        self.destination.reset()

    def __str__(self):
        return self.name


class Pool:
    """Servers that tests of one run share, one for each role and set of options; the latest few are kept running."""

    KEPT = 6

    def __init__(self):
        self._servers = {}              # the one used last comes last
        self._lock = threading.Lock()

    def get(self, flavor, role="", **options):
        key = (flavor, role, repr(sorted(options.items())))
        with self._lock:
            server = self._servers.pop(key, None) or \
                servers.KINDS[flavor](name=f"{flavor} {role}".strip(), **options)
            self._servers[key] = server
            surplus = [self._servers.pop(old) for old in list(self._servers)[:-self.KEPT]]
        for old in surplus:
            old.discard()
        return server if server.running else server.start()

    def pair(self, name, source_options=None, destination_options=None):
        source, destination = name.split("-")
        with concurrent.futures.ThreadPoolExecutor(2) as starters:
            ends = (starters.submit(self.get, source, "source", **(source_options or {})),
                    starters.submit(self.get, destination, "destination", **(destination_options or {})))
            return Pair(name, *(end.result() for end in ends))

    def close(self):
        for server in self._servers.values():
            server.discard()


def skipping(action, *args, **kw):
    """Call; a server that this machine can't have skips the test, under the server's name."""
    try:
        return action(*args, **kw)
    except servers.ServerUnavailable as missing:
        pytest.skip(str(missing))


def pytest_configure(config):
    config.addinivalue_line("markers", "pairs(*names): run with these pairs instead of all five")
    config.addinivalue_line("markers", "source(**options): options of the pair's source")
    config.addinivalue_line("markers", "destination(**options): options of the pair's destination")
    config.addinivalue_line("markers", "smoke: a few tests that show in a minute whether anything works")
    config.addinivalue_line("markers", "long: run only with RDS_SYNC_LONG=1")
    config.addinivalue_line("markers", "timeout(seconds): what it may take, in place of what tests/all gives each test")


def pytest_collection_modifyitems(items):
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))
    if not rds.LONG:
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="runs with tests/all --long"))


def pytest_generate_tests(metafunc):
    if "pair" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("pairs")
        metafunc.parametrize("pair", marker.args if marker else PAIRS, indirect=True)
    if "flavor" in metafunc.fixturenames:
        metafunc.parametrize("flavor", list(servers.FLAVORS))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """What the program's log says of a test that failed goes with the report, and what of that is of something wrong into the
    XML, from which tests/count tells it."""
    report = (yield).get_result()
    program = getattr(item, "funcargs", {}).get("program")
    if not report.failed or not isinstance(program, rds.Program):
        return
    lines = program.logged()
    report.sections.append(("the program's log", "\n".join(lines[-LOG_LINES:])))
    item.user_properties.extend(("log", line) for line in [line for line in lines if OF_SOMETHING_WRONG.match(line)][-WRONG_LINES:])


@pytest.fixture(scope="session")
def pool():
    """The servers that tests share. Whoever changes more than databases, accounts and set_global() needs new_server."""
    made = Pool()
    yield made
    made.close()


@pytest.fixture
def pair(request, pool):                                              # pylint: disable=redefined-outer-name
    """Source and destination, empty; the test runs once for each of the five pairs, or of those it is marked with."""
    options = [dict(marker.kwargs) if (marker := request.node.get_closest_marker(end)) else {}
               for end in ("source", "destination")]
    made = skipping(pool.pair, request.param, *options)
    made.reset()
    return made


@pytest.fixture(scope="module")
def broker():
    """A running broker of Kafka that the tests of a file share, each with topics of its own."""
    made = servers.Kafka()
    try:
        skipping(made.start)
        yield made
    finally:
        made.discard()


@pytest.fixture(scope="module")
def registry():
    """A running schema registry that the tests of a file share, each with topics of its own."""
    made = servers.Registry()
    try:
        skipping(made.start)
        yield made
    finally:
        made.discard()


@pytest.fixture
def new_server():
    """Makes servers of the test's own: new_server("mysql9", gtid=False). They are gone when the test ends."""
    made = []

    def make(flavor, **options):
        made.append(servers.KINDS[flavor](**options))
        return skipping(made[-1].start)

    yield make
    for server in made:
        server.discard()


@pytest.fixture(scope="session")
def binary():
    """The path of the rds-sync to test, from RDS_SYNC_BIN. Without one, tests fail: they are never skipped."""
    path = os.environ.get("RDS_SYNC_BIN")
    if not path:
        pytest.fail("RDS_SYNC_BIN names no rds-sync to test", pytrace=False)
    if not os.access(path, os.X_OK):
        pytest.fail(f"RDS_SYNC_BIN={path} is no program", pytrace=False)
    return pathlib.Path(path).resolve()


@pytest.fixture
def program(binary, tmp_path):                                        # pylint: disable=redefined-outer-name
    """rds-sync with a configuration, a state and a home of this test alone; see rds.Program."""
    made = rds.Program(binary, tmp_path)
    yield made
    made.close()


@pytest.fixture
def jobs(binary, program):                                            # pylint: disable=redefined-outer-name
    """Runs the program job_probe in the home of PROGRAM: jobs("probe", task, "source")."""
    def run(*args):
        probe = pathlib.Path(binary).parent / "tests/integration/job_probe"
        words = [str(getattr(arg, "path", arg)) for arg in args]
        running = rds.Running(program, [str(probe), *words], f"probe-{id(words)}")
        return json.loads(running.wait().succeeded().out)

    return run
