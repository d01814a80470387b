# SPDX-License-Identifier: MIT
"""What it takes to open a stream and to map its pool."""

BUFFERS = 64
SCRIPT = (f"modprobe dmaring_virt buffers={BUFFERS} buffer_size=1M width=64 height=1 pattern=off\n"
          "opening || true\n")
HOW = f"; {BUFFERS} buffers of 1 MiB"


def run(lab):
    guest = lab.guest("cost", SCRIPT, files=["build/tests/bench/opening"],
                      vm=["--driver", "--memory", "256M"])
    rows = (
        lab.row(f"open a pool of {BUFFERS} MiB", guest, "open",
                "dmaring_open(), which maps all buffers and touches each of them; the best of 5"
                + HOW),
        lab.row("page tables of a consumer", guest, "tables",
                "VmPTE of a process that has opened it; entries of 2 MiB want Linux 6.12 and "
                "buffers of 2 MiB" + HOW))
    for row in rows:
        row.repeats = False  # where the pool lies in memory, and the mapping, is chance
