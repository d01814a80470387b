# SPDX-License-Identifier: MIT
"""The guest's whole file system: a newc cpio archive put together in memory."""

import lzma
import os
import re
import stat
import subprocess
import tempfile

import program

GUEST_DIR = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "vm", "lib")

# A share is a 9p file system over virtio; Debian and Ubuntu build both as modules.
SHARE_MODULES = ("virtio_pci", "9pnet_virtio", "9p")

ACCOUNTS = {
    "/etc/passwd": "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
    "/etc/group": "root:x:0:\ndmaring:x:900:\nnogroup:x:65534:\n",
}


class Archive:
    """A cpio archive. Parent directories appear by themselves."""

    def __init__(self, machine):
        self._machine = machine
        self._chunks = []
        self._names = set()

    def _entry(self, path, mode, data=b"", device=(0, 0)):
        name = path.strip("/")
        if name in self._names:
            return
        parent = os.path.dirname(name)
        if parent:
            self.directory(parent)
        self._names.add(name)
        fields = (len(self._names), mode, 0, 0, 1, 0, len(data), 0, 0,
                  *device, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields)
        for part in (head + name.encode() + b"\0", data):
            self._chunks += [part, bytes(-len(part) % 4)]

    def directory(self, path):
        # 1777: /tmp and /dev/shm must be usable by everybody, the rest does not mind.
        self._entry(path, stat.S_IFDIR | 0o1777)

    def symlink(self, path, target):
        self._entry(path, stat.S_IFLNK | 0o777, target.encode())

    def character_device(self, path, major, minor):
        self._entry(path, stat.S_IFCHR | 0o600, device=(major, minor))

    def file(self, path, data, mode=0o755):
        self._entry(path, stat.S_IFREG | mode, data)

    def copy(self, source, path):
        """Copy a file or a folder; programs bring their shared libraries."""
        if os.path.isdir(source):
            self.directory(path)
            for name in sorted(os.listdir(source)):
                self.copy(os.path.join(source, name), os.path.join(path, name))
            return
        with open(source, "rb") as source_file:
            data = source_file.read()
        self.file(path, data, os.stat(source).st_mode & 0o777)
        if data.startswith(b"\x7fELF") and os.access(source, os.X_OK):
            for library in program.libraries(source, data, self._machine):
                self.copy(library, library)

    def bytes(self):
        self._entry("TRAILER!!!", 0)
        return b"".join(self._chunks)


class KernelModules:
    """The modules of one kernel, found by name, plus modules given as files."""

    def __init__(self, tree, machine):
        self._paths = {}
        self._files = set()
        self._builtin = set()
        self._strip = machine.tool("strip")
        if tree is None:
            return
        for folder, _, names in os.walk(os.path.join(tree, "kernel")):
            for name in names:
                if ".ko" in name:
                    self._paths[module_name(name)] = os.path.join(folder, name)
        try:
            with open(os.path.join(tree, "modules.builtin"), encoding="ascii") as listing:
                self._builtin = {module_name(line.strip()) for line in listing}
        except FileNotFoundError:
            pass

    def add_file(self, path):
        self._paths[module_name(path)] = path
        self._files.add(path)

    def _read(self, path):
        """Of what was just built, most is for debuggers, and fills the guest's memory."""
        if path not in self._files or not self._strip:
            return read_module(path)
        with tempfile.NamedTemporaryFile() as stripped:
            subprocess.run([self._strip, "--strip-debug", "-o", stripped.name, path], check=True)
            return read_module(stripped.name)

    def builtin(self, names):
        """Those of them that this kernel has without a file."""
        return sorted(self._builtin.intersection(names))

    def closure(self, names):
        """Map each wanted module and whatever it depends on to (data, dependencies)."""
        found = {}
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in found or name in self._builtin:
                continue
            if name not in self._paths:
                raise FileNotFoundError(f"no kernel module called {name}")
            data = self._read(self._paths[name])
            needs = re.search(rb"\0depends=([^\0]*)\0", data)
            needs = needs.group(1).decode().replace("-", "_") if needs else ""
            found[name] = (data, [need for need in needs.split(",") if need])
            waiting += found[name][1]
        return found


def module_name(path):
    return os.path.basename(path).split(".ko")[0].replace("-", "_")


def read_module(path):
    """Busybox loads uncompressed modules only."""
    if path.endswith(".zst"):
        return subprocess.run(["zstd", "-dcq", path], check=True, stdout=subprocess.PIPE).stdout
    opener = lzma.open if path.endswith(".xz") else open
    with opener(path, "rb") as module:
        return module.read()


def dependencies_of(name, modules):
    """All of them, direct or not; modprobe loads the last one first."""
    order = []
    for need in modules[name][1]:
        if need in modules:
            below = dependencies_of(need, modules)
            order = [one for one in order if one not in below] + [need, *below]
    return list(dict.fromkeys(order))


def add_modules(archive, kver, modules, builtin):
    """Modules go where the guest's modprobe looks for them; /modules is a short cut."""
    folder = f"/lib/modules/{kver}"
    lines = []
    for name, (data, _) in sorted(modules.items()):
        archive.file(f"{folder}/{name}.ko", data, 0o644)
        needs = "".join(f" {need}.ko" for need in dependencies_of(name, modules))
        lines.append(f"{name}.ko:{needs}\n")
    archive.directory(folder)
    archive.file(f"{folder}/modules.dep", "".join(lines).encode(), 0o644)
    # Or it would fail for these.
    archive.file(f"{folder}/modules.builtin",
                 "".join(f"kernel/{name}.ko\n" for name in builtin).encode(), 0o644)
    archive.symlink("/modules", folder)


def find_busybox(sysroot):
    """Debian has moved it."""
    for folder in ("bin", "usr/bin"):
        busybox = os.path.join(sysroot, folder, "busybox")
        if os.path.exists(busybox):
            return busybox
    raise FileNotFoundError(f"no bin/busybox in {sysroot}; run scripts/setup")


def build(machine, command, files=(), modules=(), shares=(), kver="", tree=None):
    """files: (host, guest) pairs; modules: names or .ko files; shares: guest folders."""
    archive = Archive(machine)
    archive.character_device("/dev/console", 5, 1)
    for folder in ("/proc", "/sys", "/tmp", "/run"):
        archive.directory(folder)
    archive.copy(os.path.join(GUEST_DIR, "init"), "/init")
    archive.copy(os.path.join(GUEST_DIR, "host"), "/bin/host")
    for path, text in ACCOUNTS.items():
        archive.file(path, text.encode(), 0o644)
    archive.file("/command", command.encode())
    archive.file("/shares", "".join(f"{share}\n" for share in shares).encode(), 0o644)
    for source, path in files:
        archive.copy(source, path)

    available = KernelModules(tree, machine)
    wanted = list(SHARE_MODULES) if shares else []
    for module in modules:
        if module.endswith(".ko"):
            available.add_file(module)
        wanted.append(module_name(module))
    add_modules(archive, kver, available.closure(wanted), available.builtin(wanted))

    # Last, so that a file given by the caller wins; /init links the applets to it.
    archive.copy(find_busybox(machine.sysroot()), "/bin/busybox")
    archive.symlink("/bin/sh", "busybox")
    return archive.bytes()
