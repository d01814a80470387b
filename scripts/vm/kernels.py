# SPDX-License-Identifier: MIT
"""The kernels that can be booted: what scripts/setup unpacked below build/, and the host's."""

import glob
import os
import re

TOP = os.path.normpath(os.path.join(os.path.dirname(__file__), "..", ".."))
ROOTS = (os.path.join(TOP, "build", "kernel"), "/")


def available(roots=ROOTS):
    """Map each version to its image and the tree of its modules."""
    found = {}
    for root in roots:
        # Debian has moved both: the modules to /usr, and from 7.2 on the image beside them.
        for folder in glob.glob(os.path.join(root, "lib", "modules", "*", "kernel")) + \
                glob.glob(os.path.join(root, "usr", "lib", "modules", "*", "kernel")):
            tree = os.path.dirname(folder)
            kver = os.path.basename(tree)
            for image in (os.path.join(root, "boot", f"vmlinuz-{kver}"),
                          os.path.join(tree, "vmlinuz")):
                if os.access(image, os.R_OK):
                    found.setdefault(kver, (image, tree))
    return found


def find(kver, roots=ROOTS):
    """The image and the module tree of a kernel."""
    found = available(roots)
    if kver not in found:
        others = ", ".join(sorted(found, key=age))
        raise FileNotFoundError(f"no readable image and modules of a kernel {kver}; " +
                                (f"there are {others}" if others else "run scripts/setup"))
    return found[kver]


def newest(machine):
    """The newest for an architecture."""
    kvers = [kver for kver in available() if machine.KERNEL.search(kver)]
    if not kvers:
        raise FileNotFoundError(f"no kernel for {machine.NAME} in build/kernel; run scripts/setup")
    return max(kvers, key=age)


def age(kver):
    """What sorts 6.9 before 6.12."""
    return [(int(digits or 0), word) for digits, word in re.findall(r"(\d+)|(\D+)", kver)]
