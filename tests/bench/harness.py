"""What every benchmark needs: servers, runs of the program under watch, taking turns, and figures."""

import contextlib
import dataclasses
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import compare              # noqa: E402  pylint: disable=wrong-import-position
import rds                  # noqa: E402  pylint: disable=wrong-import-position
import servers              # noqa: E402  pylint: disable=wrong-import-position

# Every server of a pair, also the peer's: the data fit into memory, and what a replica applies is logged as by ours.
OPTIONS = {"innodb_buffer_pool_size": "512M", "log_slave_updates": True, "max_connections": 300}
MARIADB_OPTIONS = {"innodb_log_file_size": "512M"}
# Nor does anybody wait for the disk, which is what differs most from one minute to the next; but with --durable.
DISKLESS = {"innodb_flush_method": "nosync", "sync_frm": False}

OURS = "rds-sync"
MIB = 1024 * 1024
SYNC_MEMORY = 256               # MiB: sync.memory of every task here, the default


@dataclasses.dataclass
class Both:
    """The ends of a task."""

    source: servers.Server
    destination: servers.Server


@dataclasses.dataclass
class Used:
    """What one run took; PEAK is in MiB, CPU in seconds of user and system time."""

    wall: float
    cpu: float = 0
    peak: float = 0
    all_cpu: float = 0              # of both servers and of all clients, where it is asked for (spent)
    counters: dict = dataclasses.field(default_factory=dict)


def mariadb_options(durable):
    return {**OPTIONS, **MARIADB_OPTIONS, **({"durable": True} if durable else DISKLESS)}


def mariadb(args, **options):
    return servers.MariaDB(**{**mariadb_options(args.durable), **options})


def mysql9(args, **options):
    return servers.MySQL9(**{**OPTIONS, "durable": args.durable, **options})


@contextlib.contextmanager
def pair(args, flavor=mariadb, **options):
    """A source and a destination, both new; their data go with them."""
    with discarded(flavor(args, **options)) as source, discarded(flavor(args, **options)) as destination:
        yield Both(source, destination)


@contextlib.contextmanager
def discarded(made):
    try:
        yield made.start()
    finally:
        made.discard()


def scratch():
    """A new directory that goes when this process ends."""
    return pathlib.Path(tempfile.mkdtemp(dir=servers.run_dir()))


def quiet(argv):
    """Run a command that must succeed; what it says is shown only if it does not."""
    done = subprocess.run([str(word) for word in argv], check=False, capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        sys.exit(f"{' '.join(done.args)}\nended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def timed(action, *args):
    """The seconds that the call takes."""
    start = time.monotonic()
    action(*args)
    return time.monotonic() - start


# --- the program -----------------------------------------------------------------------------------------

def binary():
    given = os.environ.get("RDS_SYNC_BIN") or sys.exit("RDS_SYNC_BIN names the program to measure; it is not set")
    return pathlib.Path(given).resolve()


def beside(name):
    """A program of the benches that the same build makes, where it makes tests."""
    path = binary().parent / "tests" / "bench" / name
    if not path.is_file():
        sys.exit(f"{path} is not there: it is made by \"make check TESTS=\" in a build that is not configured --without-tests")
    return path


class Ours:
    """A task of the program between two servers."""

    def __init__(self, both, databases, *, flow="mysql-to-mysql", accounts=None, **settings):
        self.program = rds.Program(binary(), scratch())
        self.task = self.program.task("bench", both, databases, settings=settings, flow=flow, accounts=accounts)

    def run(self):
        """Run until it is synchronized: everything copied, indexes built, everything followed."""
        start = time.monotonic()
        running = self.start("--until=synchronized")
        used = watch(running.process)
        used.wall = time.monotonic() - start
        if running.process.returncode != 0:
            sys.exit(running.describe())
        used.counters = flat((self.task.status().get("progress") or {}).get("counters") or {})     # of this run alone
        return used

    def start(self, *words):
        return self.task.start("--skip-precheck-warnings", *words)


def watch(process):
    """Wait for the end of a child; its time on the processor and the most memory it had at any moment.

    The peak is the process's own VmHWM: what wait() reports would count in what this process had when it forked.
    """
    peak = 0
    while True:
        peak = max(peak, peak_memory(process.pid))
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return Used(0, used.ru_utime + used.ru_stime, peak)
        time.sleep(0.005)


def peak_memory(pid):
    """MiB; 0 when it has ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _times(pid):
    """Of itself, and of its children that have ended and were waited for."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0


def spent(*those):
    """The CPU seconds so far of servers that are a process for each session, and of all commands that we ran: on a busy machine their
    difference says more than the clock does."""
    clients = resource.getrusage(resource.RUSAGE_CHILDREN)
    servers_ = sum(_times(pid) for one in those for pid in (one.pid, *_children(one.pid)))
    return servers_ + clients.ru_utime + clients.ru_stime


def _children(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()


def written_bytes(pid):
    """To files and sockets."""
    for line in pathlib.Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines():
        if line.startswith("wchar:"):
            return int(line.split()[1])
    return 0


def flat(node, prefix=""):
    """{"a.b": number} of nested objects; what is no number is left out."""
    found = {}
    for name, value in node.items():
        if isinstance(value, dict):
            found.update(flat(value, f"{prefix}{name}."))
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            found[prefix + name] = value
    return found


# --- both sides ------------------------------------------------------------------------------------------

def same(both, databases, thorough=False):
    """End with the differences if there are any. Not THOROUGH: by the servers' own checksums, which is faster."""
    if thorough:
        differences = compare.compare_databases(both.source, both.destination, databases)
    else:
        sums = [checksums(side, databases) for side in (both.source, both.destination)]
        differences = sorted(sums[0] ^ sums[1])
    if differences:
        sys.exit("\n".join(["the sides differ", *map(str, differences[:20])]))


def checksums(one, databases):
    names = [f"{servers.quote(database)}.{servers.quote(name)}" for database in databases for (name,) in
             one.sql("SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
                     f" AND table_schema = '{database}'")]
    found = set()
    for first in range(0, len(names), 100):         # a statement opens all its tables
        found.update(one.sql("CHECKSUM TABLE " + ", ".join(names[first:first + 100])))
    return found


def drop(one, databases):
    for database in (*databases, "dts"):
        one.sql(f"DROP DATABASE IF EXISTS {servers.quote(database)}")


# --- taking turns, and figures ---------------------------------------------------------------------------

def in_turn(rounds, runs, before=None):
    """{name: [Used of each round]} of RUNS, {name: callable}; each round begins with another one."""
    names = list(runs)
    taken = {name: [] for name in names}
    for number in range(rounds):
        if before:
            before()
        first = number % len(names)
        for name in names[first:] + names[:first]:
            used = runs[name]()
            taken[name].append(Used(used) if isinstance(used, float) else used)
    return taken


def median(runs):
    return statistics.median(used.wall for used in runs)


def report(taken, targets):
    """The times of all, what we used, and our ratios. TARGETS: {a peer's name: the most that is wanted}; or a number,
    which is for the fastest of the peers."""
    for name, runs in taken.items():
        print(f"  {name:36} {median(runs):8.2f} s   (runs: {', '.join(f'{used.wall:.2f}' for used in runs)})")
    report_used(taken[OURS])
    peers = {name: median(runs) for name, runs in taken.items() if name != OURS}
    if not isinstance(targets, dict):
        targets = {min(peers, key=peers.get): targets}
    for name, target in targets.items():
        wanted = f", at most {target} wanted" if target else ""
        print(f"  ratio to {name}: {median(taken[OURS]) / peers[name]:.3f}{wanted}{of_all_cpu(taken, name)}")


def of_all_cpu(taken, name):
    """The same ratio in CPU seconds of everybody, where they are known."""
    ours, theirs = (statistics.median(used.all_cpu for used in taken[who]) for who in (OURS, name))
    return f"; {ours / theirs:.3f} in CPU seconds of servers and clients ({ours:.1f}, {theirs:.1f})" if ours and theirs else ""


def report_used(runs):
    print(f"  {OURS}: own CPU {statistics.median(used.cpu for used in runs):.2f} s,"
          f" peak memory {max(used.peak for used in runs):.0f} MiB")


def packet(both):
    """MiB of the largest packet that the servers take."""
    return max(side.value("SELECT @@max_allowed_packet") for side in (both.source, both.destination)) / MIB


def promise(runs, largest):
    """End if they took more than is promised: sync.memory, what the program itself needs, and the LARGEST packet."""
    peak, promised = max(used.peak for used in runs), SYNC_MEMORY + 64 + largest
    print(f"  peak memory {peak:.0f} MiB of {promised:.0f} MiB promised")
    if peak > promised:
        sys.exit("more memory than promised")


def report_applied(runs):
    """How transactions were applied, by the counters of all runs together."""
    total = {}
    for used in runs:
        for name, value in used.counters.items():
            total[name] = total.get(name, 0) + value
    parallel = total.get("parallel", 0)
    serial = sum(value for name, value in total.items() if name.startswith("serial."))
    if parallel + serial:
        print(f"  applied in parallel: {100 * parallel / (parallel + serial):.1f} %")
    print("  counters: " + ", ".join(f"{name} {value:,}" for name, value in total.items() if value))
