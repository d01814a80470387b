# SPDX-License-Identifier: MIT
"""Packages of Debian's releases, unpacked into folders instead of installed.

apt works with folders of its own here, below build/apt: what this machine has
installed, where it gets its packages from and what it boots stay as they are.
"""

import collections
import contextlib
import fcntl
import os
import platform
import re
import subprocess
import tempfile
import threading
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(TOP, "build")
HOST_ARCH = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
LISTS_HOURS = 24  # package lists that are older are fetched again

Package = collections.namedtuple("Package", "name arch version")


class Unavailable(Exception):
    """It cannot be had on this machine; the text says why, in a sentence."""


class Lock:
    """One at a time, among threads and among processes."""

    def __init__(self, name):
        self._path = os.path.join(BUILD, "apt", f"{name}.lock")
        self._threads = threading.Lock()

    @contextlib.contextmanager
    def __call__(self):
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        with self._threads, open(self._path, "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


ONE_AT_A_TIME = Lock("apt")


def os_release(field):
    """A field of /etc/os-release, or an empty text."""
    try:
        with open("/etc/os-release", encoding="utf-8") as lines:
            match = re.search(rf'^{field}="?([^"\n]*)"?$', lines.read(), re.MULTILINE)
    except FileNotFoundError:
        match = None
    return match.group(1) if match else ""


# Then packages can be had, but they are not what they should be, or this machine is full.
# Not so if this machine only does not know a release's key.
WRONG = re.compile(r"BADSIG|Hash Sum mismatch|No space left|Write error")


def run(command, **more):
    """Its output; Unavailable, or an error if something is WRONG, with its complaint if it fails."""
    try:
        result = subprocess.run(command, text=True, check=False, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    except FileNotFoundError:
        raise Unavailable(f"there is no {command[0]} here, but packages are Debian's") from None
    if result.returncode:
        lines = [line for line in result.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("E:")] or lines or ["no word"]
        kind = RuntimeError if WRONG.search(result.stderr) else Unavailable
        raise kind(f"{os.path.basename(command[0])} says: {errors[0].removeprefix('E: ')}")
    return result.stdout


def mirrors():
    """Where this machine gets Debian from: for a release, and for its security updates."""
    lines = run(["apt-get", "indextargets", "--format", "$(ORIGIN)|$(REPO_URI)|$(RELEASE)",
                 "Created-By: Packages"]).splitlines()
    found = {}
    for origin, uri, release in (line.split("|") for line in lines):
        # Before the first "apt-get update" nobody knows the origin.
        if origin == "Debian" or (not origin and os_release("ID") == "debian"):
            found.setdefault("security" if release.endswith("-security") else "main", uri)
    if "main" not in found:
        raise Unavailable("no mirror of Debian is among this machine's sources of packages")
    return found["main"], found.get("security")


class Release:
    """Packages of one suite, for example trixie-backports, and of the release below it."""

    def __init__(self, suite):
        self.suite = suite
        self.codename = suite.split("-")[0]
        self._folder = os.path.join(BUILD, "apt", suite)
        self._updated = False

    def _options(self):
        options = {
            "Dir::Etc::sourcelist": f"{self._folder}/sources.list", "Dir::Etc::sourceparts": "-",
            "Dir::State::lists": f"{self._folder}/lists", "Dir::Cache": f"{self._folder}/cache",
            # Nothing is installed, so that everything that is needed is seen.
            "Dir::State::status": "/dev/null", "APT::Sandbox::User": "",
            "APT::Install-Recommends": "false", "Acquire::Retries": "3",
            "APT::Architecture": HOST_ARCH,
        }
        words = [f"-o{name}={value}" for name, value in options.items()]
        return words + ["-oAPT::Architectures::=amd64", "-oAPT::Architectures::=arm64"]

    def _apt(self, *words, **more):
        return run(["apt-get", "-qq", *self._options(), *words], **more)

    def _sources(self):
        main, security = mirrors()
        suites = [(main, self.codename), (security, f"{self.codename}-security")]
        if self.suite not in (self.codename, f"{self.codename}-security"):
            suites.append((main, self.suite))
        return "".join(f"deb {uri} {suite} main\n" for uri, suite in suites if uri)

    def _update(self):
        if self._updated:
            return
        path = os.path.join(self._folder, "sources.list")
        sources = self._sources()
        for folder in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(self._folder, folder), exist_ok=True)
        done = os.path.join(self._folder, "updated")
        if not (os.path.exists(done) and time.time() - os.stat(done).st_mtime < 3600 * LISTS_HOURS
                and read(path) == sources):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(done)
            write(path, sources)
            self._apt("update", "-oAPT::Update::Error-Mode=any")
            write(done, "")
        self._updated = True

    def resolve(self, names):
        """The packages of these names and all that they depend on."""
        with ONE_AT_A_TIME():
            self._update()
            # Security updates count as much as the release, but backports must be asked for.
            target = ["-t", self.suite] if self.suite != self.codename else []
            listing = self._apt("--print-uris", "-y", *target, "install", *names)
        files = re.findall(r"^'\S+' ([^_\s]+)_([^_\s]+)_([^_\s]+)\.deb ", listing, re.MULTILINE)
        return [Package(name, arch, version.replace("%3a", ":"))
                for name, version, arch in files]

    def unpack(self, packages, folder):
        """Unpack those that are not there yet; return whether there was any."""
        record = os.path.join(folder, ".unpacked")
        with ONE_AT_A_TIME():
            there = set(read(record).splitlines())
            missing = [package for package in packages if " ".join(package) not in there]
            if not missing:
                return False
            os.makedirs(folder, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=os.path.join(BUILD, "apt")) as archives:
                self._apt("download", *(f"{one.name}:{one.arch}={one.version}" if one.arch != "all"
                                        else f"{one.name}={one.version}" for one in missing),
                          cwd=archives)
                for archive in sorted(os.listdir(archives)):
                    run(["dpkg-deb", "-x", os.path.join(archives, archive), folder])
            write(record, "".join(f"{line}\n" for line in
                                  sorted(there | {" ".join(package) for package in missing})))
        return True


def read(path):
    """A file's text; none if it does not exist."""
    try:
        with open(path, encoding="utf-8") as source:
            return source.read()
    except FileNotFoundError:
        return ""


def write(path, text, mode=0o644):
    """At once, and only if it changes: somebody may be running it."""
    if os.path.exists(path) and read(path) == text:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    partial = f"{path}.{os.getpid()}.{threading.get_ident()}"
    with open(partial, "w", encoding="utf-8") as target:
        target.write(text)
    os.chmod(partial, mode)
    os.replace(partial, path)


def installed():
    """The names of the packages that this machine has."""
    lines = run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Architecture}\n"])
    return {tuple(line.split()[1:]) for line in lines.splitlines()
            if line.startswith("installed ")}
