# SPDX-License-Identifier: MIT
"""A flattened device tree, in which QEMU describes an arm64 machine to the kernel.

It is a header of ten big-endian words, then blocks: the nodes, whose properties
refer to their names by offset, and the names, each once, ended by a zero.
"""

import os
import struct
import subprocess
import tempfile

HEADER = struct.Struct(">10I")
TOTAL_BYTES = 1  # the header's words that are needed here
NODES_AT, NAMES_AT = 2, 3
NAMES_BYTES, NODES_BYTES = 8, 9

COHERENT = b"dma-coherent\0"
NO_WORD = b"dma-removed.\0"  # of the same length; means nothing to a kernel


def dump(qemu):
    """What QEMU has made, asked with a command that says dumpdtb={}."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "tree")
        command = [argument.replace("{}", path) for argument in qemu]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        with open(path, "rb") as tree:
            return tree.read()


def not_coherent(tree):
    """The same machine, but nothing says that its devices see the processor's caches.

    Whatever follows the blocks is cut off: QEMU leaves room for a megabyte and
    doubles it when it reads the file, and the kernel takes no tree of that size.
    """
    words = list(HEADER.unpack_from(tree))
    names_end = words[NAMES_AT] + words[NAMES_BYTES]
    names = tree[words[NAMES_AT]:names_end]
    if b"\0" + COHERENT not in names:
        raise ValueError("nothing is called coherent in the device tree that QEMU made")
    names = names.replace(b"\0" + COHERENT, b"\0" + NO_WORD)
    tree = tree[:words[NAMES_AT]] + names + tree[names_end:]
    words[TOTAL_BYTES] = max(names_end, words[NODES_AT] + words[NODES_BYTES])
    return HEADER.pack(*words) + tree[HEADER.size:words[TOTAL_BYTES]]
