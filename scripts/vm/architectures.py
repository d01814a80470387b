# SPDX-License-Identifier: MIT
"""The machines of scripts/vm/boot: all that differs between x86-64 and arm64.

An architecture is a class. Its constants can be had without a machine; an object
is the machine that its options describe.
"""

import os
import platform
import re
import shutil

TOP = os.path.normpath(os.path.join(os.path.dirname(__file__), "..", ".."))
TOOLS = os.path.join(TOP, "build", "tools", "bin")


class Machine:
    """What both have in common."""

    MODELS = ()  # the choices of --machine, the default first
    EDU = "edu"  # for --card, without an IOMMU
    EDU_OPTIONS = []  # that go with it

    def __init__(self, options):
        self.model = options.machine or self.MODELS[0]
        self._kvm = options.accel == "kvm"
        self._iommu = options.iommu
        self._clock = options.clock

    @classmethod
    def native(cls):
        return platform.machine() == cls.UNAME

    @classmethod
    def qemu(cls):
        path = shutil.which(cls.QEMU) or shutil.which(cls.QEMU, path=TOOLS)
        if not path:
            raise FileNotFoundError(
                f"no {cls.QEMU} here; install {cls.PACKAGE} or run scripts/setup")
        return path

    @classmethod
    def tool(cls, name):
        """One of binutils for this architecture, or None."""
        name = f"{cls.UNAME}-linux-gnu-{name}"
        return shutil.which(name) or shutil.which(name, path=TOOLS)

    @classmethod
    def built(cls, *path):
        """What our make has built for this architecture."""
        return os.path.join(TOP, "build", *([] if cls.native() else [cls.NAME]), *path)

    @classmethod
    def sysroot(cls):
        """Where Debian's programs for this architecture are."""
        return "/" if cls.native() else os.path.join(TOP, "build", "sysroot", cls.NAME)

    @classmethod
    def check(cls, options):
        """Whether it can be as the options say."""
        if options.accel == "kvm" and not cls.native():
            raise ValueError(f"KVM cannot run {cls.NAME} here, only {host().NAME}")
        if options.machine and options.machine not in cls.MODELS:
            raise ValueError(f"{cls.NAME} has no --machine {options.machine}")

    def has_ports(self):
        """Whether cards sit behind PCI Express ports, from which they can be unplugged."""
        return True


class X86(Machine):
    """A PC."""

    NAME = "x86_64"
    UNAME = "x86_64"
    KERNEL = re.compile(r"-amd64\b")
    QEMU = "qemu-system-x86_64"
    PACKAGE = "qemu-system-x86"
    MODELS = ("q35", "pc")
    ELF = (62, 3)  # EM_X86_64, EM_386
    RAM_BASE = 0

    @classmethod
    def check(cls, options):
        super().check(options)
        if options.not_coherent:
            raise ValueError("DMA is always coherent on x86-64: --not-coherent is for arm64")
        if options.machine == "pc" and options.iommu:
            raise ValueError("--iommu needs --machine q35")

    @staticmethod
    def virtualizes():
        """Whether the processor can run KVM's guests."""
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as cpuinfo:
            return re.search(r"^flags\s*:.*\b(vmx|svm)\b", cpuinfo.read(), re.MULTILINE)

    def has_ports(self):
        return self.model == "q35"

    def board(self):
        """QEMU's arguments for the board and the processor."""
        split = ",kernel-irqchip=split" if self._kvm and self._iommu else ""
        cpu = "host" if self._kvm else "max,-erms,-fsrm" if self._clock == "cost" else "max"
        return ["-machine", self.model + split, "-cpu", cpu]

    def kernel_words(self):
        return ["console=ttyS0"] + (["intel_iommu=on"] if self._iommu else [])

    def devices(self):
        """The IOMMU, before any device that it serves, and ttyS0 to ttyS2."""
        iommu = ["-device", "intel-iommu,intremap=on"] if self._iommu else []
        # Interrupt lines of their own: the third ISA port would share that of the first.
        return iommu + ["-device", "isa-serial,chardev=console",
                        "-device", "isa-serial,chardev=output",
                        "-device", "isa-serial,chardev=control,irq=7"]


class Arm64(Machine):
    """QEMU's "virt"."""

    NAME = "arm64"
    UNAME = "aarch64"
    KERNEL = re.compile(r"-arm64\b")
    QEMU = "qemu-system-aarch64"
    PACKAGE = "qemu-system-arm"
    MODELS = ("virt",)
    ELF = (183,)  # EM_AARCH64
    RAM_BASE = 1 << 30
    # Its usual 28 address bits reach no memory at all.
    EDU = "edu,dma_mask=0xffffffff"
    EDU_OPTIONS = ["--file", os.path.join(TOP, "tests", "vm", "lib", "edu_32_bits.conf")
                   + "=/etc/modprobe.d/edu.conf"]

    @staticmethod
    def virtualizes():
        return True  # a trial will tell

    def board(self, more=""):
        iommu = ",iommu=smmuv3" if self._iommu else ""
        # The architecture's own way to sign pointers takes most of the time in TCG.
        cpu = "host" if self._kvm else "max,pauth-impdef=on"
        return ["-machine", f"{self.model},gic-version=3{iommu}{more}", "-cpu", cpu]

    def kernel_words(self):
        return ["console=ttyAMA0"]

    def devices(self):
        """The console is the first UART of the board; a card has ttyS0 to ttyS3."""
        return ["-serial", "chardev:console",
                "-device", "pci-serial-4x,chardev2=output,chardev3=control"]


ALL = {machine.NAME: machine for machine in (X86, Arm64)}


def host():
    """The one like this host."""
    for machine in ALL.values():
        if machine.native():
            return machine
    raise OSError(f"scripts/vm/boot does not know {platform.machine()}, "
                  "the architecture of this host")


def of_kernel(kver):
    """The one that a kernel's name asks for, or the host's if it asks for none."""
    for machine in ALL.values():
        if machine.KERNEL.search(kver):
            return machine
    return host()
