# SPDX-License-Identifier: MIT
"""Other kernels, and what builds drivers for them: fetched below build/, nowhere else.

  build/kernel          kernels and their headers, unpacked
  build/tools           an emulator and a cross compiler; tools/bin is for PATH
  build/sysroot/ARCH    libraries of another architecture
  build/system/SUITE    as much of another release of Debian as drivers are built with
"""

import contextlib
import glob
import os
import re
import shlex
import subprocess

from archive import (BUILD, HOST_ARCH, TOP, Release, Unavailable, installed, os_release,
                     read, write)

KERNEL = os.path.join(BUILD, "kernel")
TOOLS = os.path.join(BUILD, "tools")
# Not linux-image-amd64 or linux-image-6.12-amd64, which only stand for the newest.
OF_A_KERNEL = re.compile(r"linux-((base|image|binary|modules|headers)-\d+\.\d+\.\d|kbuild-)")
TRIPLETS = {"amd64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
EMULATORS = {"amd64": ("qemu-system-x86", "qemu-system-x86_64"),
             "arm64": ("qemu-system-arm", "qemu-system-aarch64")}

# What programs of the guest are linked with, and its user space.
SYSROOT = ("libc6-dev", "libpng-dev", "zlib1g-dev", "libaio-dev", "liburing-dev",
           "busybox-static")

_releases = {}


def release(suite):
    return _releases.setdefault(suite, Release(suite))


def host_release():
    codename = os_release("VERSION_CODENAME")
    if os_release("ID") != "debian" or not codename:
        raise Unavailable(f"this is {os_release('NAME') or 'no Debian'}, "
                          "whose packages are not laid out as Debian's")
    return release(codename)


# ---------------------------------------------------------------- kernels


def architecture(flavour):
    """Of a kernel like cloud-amd64."""
    match = re.search(r"amd64|arm64", flavour)
    if not match:
        raise Unavailable(f"{flavour} does not say for which architecture it is")
    return match.group()


def find_kernel(suite, package):
    """(version, packages) of the kernel that a package like linux-image-amd64 stands for."""
    flavour = package.removeprefix("linux-image-")
    arch = architecture(flavour)
    found = release(suite).resolve([f"linux-{part}-{flavour}:{arch}"
                                    for part in ("image", "headers")])
    # kbuild's programs are to run here.
    packages = [one._replace(arch=HOST_ARCH) if "-kbuild-" in one.name else one
                for one in found if OF_A_KERNEL.match(one.name)]
    version = next(one.name.removeprefix("linux-headers-") for one in packages
                   if one.name.startswith("linux-headers-") and one.arch != "all")
    return version, packages


def headers_of(packages):
    return [one for one in packages if re.match("linux-(headers|kbuild)-", one.name)]


def fetch_kernel(suite, package, only_headers=False):
    """What a package like linux-image-amd64 stands for, and its headers; return its version."""
    version, packages = find_kernel(suite, package)
    release(suite).unpack(headers_of(packages) if only_headers else packages, KERNEL)
    move_headers(version)
    return version


def fetch_headers(package):
    """The headers of a package like linux-headers-amd64, of this machine's release."""
    return fetch_kernel(host_release().suite, package.replace("-headers-", "-image-", 1),
                        only_headers=True)


def move_headers(version):
    """Headers expect to be in /usr/src."""
    path = os.path.join(KERNEL, "usr", "src", f"linux-headers-{version}", "Makefile")
    makefile = read(path)
    here = "here := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))\n"
    if not makefile.startswith(here):
        write(path, here + makefile.replace("/usr/src/", "$(here)/../"))
    for library in ("lib", "usr/lib"):
        folder = os.path.join(KERNEL, library, "modules", version)
        link = os.path.join(folder, "build")
        if os.path.islink(link):
            os.unlink(link)
            os.symlink(os.path.relpath(os.path.dirname(path), folder), link)


# ---------------------------------------------------------------- tools


def fetch_tools(arch):
    arch = {"x86_64": "amd64"}.get(arch, arch)  # the kernel's word and Debian's
    if arch not in TRIPLETS:
        raise Unavailable(f"there is no architecture {arch} here but {', '.join(TRIPLETS)}")
    triplet = TRIPLETS[arch]
    emulator, program = EMULATORS[arch]
    host = host_release()
    here = installed()
    wanted = [one for one in host.resolve([emulator, f"gcc-{triplet.replace('_', '-')}"])
              if (one.name, one.arch) not in here]
    host.unpack(wanted, TOOLS)
    libraries = os.path.join(TOOLS, "usr", "lib", TRIPLETS[HOST_ARCH])
    sysroot = os.path.join(BUILD, "sysroot", arch)
    host.unpack([one for one in host.resolve([f"{name}:{arch}" for name in SYSROOT])
                 if one.arch in (arch, "all")], sysroot)
    # A compiler that is installed, too, is told where the libraries are that were unpacked.
    tools = glob.glob(f"/usr/bin/{triplet}-gcc*") if arch != HOST_ARCH else []
    for tool in tools + glob.glob(os.path.join(TOOLS, "usr", "bin", f"{triplet}-*")):
        more = f" --sysroot={sysroot}" if re.search(r"-gcc(-\d+)?$", tool) else ""
        wrap(tool, libraries, more)
    wrap(os.path.join(TOOLS, "usr", "bin", program), libraries)


def wrap(program, libraries, more=""):
    """Make build/tools/bin/PROGRAM, which finds the libraries that were unpacked with it."""
    if os.path.exists(program):
        write(os.path.join(TOOLS, "bin", os.path.basename(program)),
              "#!/bin/sh\n"
              f'LD_LIBRARY_PATH={libraries}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}} '
              f'exec {program}{more} "$@"\n', 0o755)


# ---------------------------------------------------------------- systems


class System:
    """Headers of a newer release come with programs that this machine's C library may not
    run, and want that release's compiler: both are unpacked into a folder to chroot into.
    No package is configured there, and nothing of it is used but by builds.
    """

    PACKAGES = ("make", "bash", "dash", "coreutils", "findutils", "sed", "grep", "mawk",
                "diffutils", "base-files", "clang", "perl")

    def __init__(self, suite):
        self.suite = suite
        self._folder = os.path.join(BUILD, "system", suite)

    def fetch(self, flavour):
        """The system, with the headers of a kernel like amd64 in it."""
        if subprocess.run(self.command("true", before=True), check=False,
                          stderr=subprocess.DEVNULL).returncode:
            raise Unavailable(f"a system of {self.suite} to build in needs a chroot with "
                              "mounts of its own, which only root can have")
        arch = architecture(flavour)
        compiler = "gcc" if arch == HOST_ARCH else f"gcc-{TRIPLETS[arch].replace('_', '-')}"
        _, kernel = find_kernel(self.suite, f"linux-image-{flavour}")
        kernel = headers_of(kernel)
        programs = [one.name for one in kernel if "-kbuild-" in one.name]
        packages = release(self.suite).resolve([*self.PACKAGES, compiler, *programs])
        release(self.suite).unpack(packages + kernel, self._folder)
        with contextlib.suppress(FileExistsError):
            os.symlink("mawk", os.path.join(self._folder, "usr", "bin", "awk"))

    def command(self, *words, before=False):
        """What runs a command there, at the top of this tree; or before there is a system.

        The mounts are seen by this command only, and end with it.
        """
        root = shlex.quote(self._folder)
        mounts = "".join(f"mkdir -p {root}{target} && mount --rbind {shlex.quote(source)} "
                         f"{root}{target} && "
                         for source, target in (("/dev", "/dev"), ("/proc", "/proc"),
                                                (TOP, "/dmaring")))
        enter = "exec" if before else f"PATH=/usr/sbin:/usr/bin:/sbin:/bin exec chroot {root} env -C /dmaring"
        return ["unshare", "--mount", "sh", "-c", f'{mounts}{enter} "$@"', "sh", *words]
