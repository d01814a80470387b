# SPDX-License-Identifier: MIT
"""Programs that go into the guest: for which architecture, and what they need."""

import re
import struct
import subprocess

INTERPRETER = 3  # PT_INTERP, which a program has that is not static


def libraries(program, data, machine):
    """The shared libraries to take along with a program, whose bytes are data."""
    elf_machine, = struct.unpack_from("<H", data, 18)
    if elf_machine not in machine.ELF:
        raise ValueError(f"{program} is a program for another architecture than {machine.NAME}")
    if machine.native():
        return installed_libraries(program)
    if INTERPRETER in segments(data):
        raise ValueError(f"{program} needs shared libraries; only static programs can "
                         f"run in a guest of another architecture than the host's")
    return []


def segments(data):
    """The types of the segments of a 64-bit program."""
    table, = struct.unpack_from("<Q", data, 32)
    entry_bytes, count = struct.unpack_from("<HH", data, 54)
    return [struct.unpack_from("<I", data, table + number * entry_bytes)[0]
            for number in range(count)]


def installed_libraries(program):
    listing = subprocess.run(["ldd", program], text=True, check=False,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    if "not found" in listing:
        missing = re.search(r"(\S+) => not found", listing).group(1)
        raise FileNotFoundError(f"{program} needs {missing}, which is not installed here")
    return re.findall(r"(/\S+) \(0x", listing)
