# SPDX-License-Identifier: MIT
"""Folders with a whole Debian in them, to chroot into, below build/package/SUITE.

  base      a machine as people have it: a kernel, its headers, DKMS
  builder   the same with what builds packages
  machine   the same as base, new for each run: what is installed there is gone after it

The first two are kept for a day. A root is a layer upon another where the file system can
do that, else a copy. All mounts are seen by this process only, and end with it.
"""

import os
import shutil
import subprocess
import sys
import time

from archive import BUILD, HOST_ARCH, LISTS_HOURS, Unavailable, mirrors, read, write

# What a machine has that this package has to get on with.
BASE = ("ca-certificates", "dkms", "libc6-dev", "openssl", "python3", "systemd", "udev",
        f"linux-image-{HOST_ARCH}", f"linux-headers-{HOST_ARCH}")
# No initramfs: our machines have their own. No service is started.
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
               "DEBIAN_FRONTEND": "noninteractive", "INITRD": "No",
               **{name: os.environ[name] for name in ("http_proxy", "https_proxy")
                  if name in os.environ}}
MOUNTS = (("proc", ["-t", "proc"]), ("/sys", ["--rbind"]), ("/dev", ["--rbind"]))


class Failed(Exception):
    """A command did not succeed; the text is what it said."""


def run(command, **more):
    """Its output, standard error with it."""
    done = subprocess.run(command, check=False, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **more)
    if done.returncode:
        raise Failed(f"{' '.join(command[-4:])} ended with status {done.returncode}:\n"
                     f"{done.stdout}")
    return done.stdout


def in_own_mounts():
    """Start this program again where its mounts are nobody else's."""
    if os.environ.get("OWN_MOUNTS") == str(os.getpid()):
        return
    if subprocess.run(["unshare", "--mount", "true"], check=False,
                      stderr=subprocess.DEVNULL).returncode:
        raise Unavailable("to install packages somewhere else than on this machine needs "
                          "mounts and a chroot, which only root can have")
    os.environ["OWN_MOUNTS"] = str(os.getpid())  # which it keeps
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private",
                          sys.executable, *sys.argv])


class Root:
    def __init__(self, folder):
        self.folder = folder
        self._mounted = False

    def path(self, inside):
        return os.path.join(self.folder, inside.lstrip("/"))

    def run(self, *command, folder="/"):
        """A command in there."""
        if not self._mounted:
            for source, options in MOUNTS:
                run(["mount", *options, source, self.path(os.path.basename(source))])
            self._mounted = True
        return run(["chroot", self.folder, "env", "-C", folder, *command], env=ENVIRONMENT)

    def shell(self, script, *arguments, folder="/"):
        return self.run("sh", "-e", "-c", script, "sh", *arguments, folder=folder)

    def install(self, *packages):
        """Packages by their names, or files."""
        return self.run("apt-get", "-qq", "-y", "--no-install-recommends", "install", *packages)

    def layer(self, folder):
        """A root that has all of this one, and what it had before in this folder."""
        for part in ("upper", "work", "root"):
            os.makedirs(os.path.join(folder, part), exist_ok=True)
        root = os.path.join(folder, "root")
        try:
            run(["mount", "-t", "overlay", "overlay", "-o",
                 f"lowerdir={self.folder},upperdir={folder}/upper,workdir={folder}/work", root])
        except Failed:
            if not os.listdir(root):
                run(["cp", "-a", "--reflink=auto", f"{self.folder}/.", root])
        return Root(root)


def fresh(folder):
    """Whether it was finished, and not long ago: what the archive has changes."""
    try:
        return time.time() - os.stat(f"{folder}.done").st_mtime < 3600 * LISTS_HOURS
    except FileNotFoundError:
        return False


def finished(folder):
    with open(f"{folder}.done", "w", encoding="ascii"):
        pass


def proxies():
    """How this machine's apt reaches the archive, as options of mmdebstrap."""
    return [f"--aptopt={line}" for line in run(["apt-config", "dump"]).splitlines()
            if line.startswith(("Acquire::http::Proxy ", "Acquire::https::Proxy "))]


def base(suite):
    """The root that the others are layers of, made of this machine's own mirror."""
    folder = os.path.join(BUILD, "package", suite, "base")
    if fresh(folder):
        return Root(folder)
    if not shutil.which("mmdebstrap"):
        raise Unavailable("there is no mmdebstrap here; scripts/setup packages installs it")
    main, security = mirrors()
    # All layers are upon it.
    shutil.rmtree(os.path.dirname(folder), ignore_errors=True)
    os.makedirs(os.path.dirname(folder))
    sources = [f"deb {main} {suite} main"]
    if security:
        sources.append(f"deb {security} {suite}-security main")
    try:
        run(["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root", *proxies(),
             "--skip=cleanup/apt/lists", "--dpkgopt=force-unsafe-io",
             "--dpkgopt=path-exclude=/usr/share/locale/*", f"--include={','.join(BASE)}",
             suite, folder, *sources], env={**os.environ, **ENVIRONMENT})
    except Failed as problem:
        raise Unavailable(f"no {suite} can be had: {str(problem).splitlines()[-1]}") from None
    finished(folder)
    return Root(folder)


def builder(suite, control):
    """What builds the packages of this debian/control."""
    folder = os.path.join(BUILD, "package", suite, "builder")
    layer = base(suite).layer(folder)
    wanted = layer.path("/wanted/debian/control")
    if not fresh(folder) or read(wanted) != read(control):
        write(wanted, read(control))
        layer.install("build-essential", "lintian")
        layer.run("apt-get", "-qq", "-y", "--no-install-recommends", "build-dep", "/wanted")
        finished(folder)
    return layer


def machine(suite):
    """One to install packages in."""
    folder = os.path.join(BUILD, "package", suite, "machine")
    shutil.rmtree(folder, ignore_errors=True)
    return base(suite).layer(folder)
