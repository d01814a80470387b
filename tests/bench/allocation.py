# SPDX-License-Identifier: MIT
"""How much of the free memory a pool gets, and how long that takes."""

FILES = ["build/tests/bench/fragment", "build/tests/bench/hugepages", "tests/bench/pool_get.sh"]
MEMORY = "1G"
FRAGMENTED_PERCENT = 80

STATES = (
    # name, how, what the fragmenter makes
    ("fresh", "a guest that has just booted", None),
    ("movable", f"{FRAGMENTED_PERCENT} % of its memory were taken by an application page by page, "
     "and every other page given back; the kernel can move the others", "movable"),
    ("pinned", f"{FRAGMENTED_PERCENT} % of its memory were filled with data of pipes, and every "
     "other page given back; the kernel cannot move the others", "pinned"),
)

# dmaring comes first: what the kernel moved out of the way then helps its peer.
SCRIPT = """
{fragment}
pool_get.sh 4M "4M" || true
hugepages "hugepages" || true
pool_get.sh 64K "64K" || true
pool_get.sh 4K "4K" || true
"""
FRAGMENT = "fragment {} {} >/tmp/fragment &\nuntil grep -q ready /tmp/fragment; do sleep 1; done"

POOLS = (
    ("huge pages of 2 MiB", "hugepages", "nr_hugepages set to all that is free, then mapped and "
     "cleared", None),
    ("buffers of 4 MiB", "4M", "dmaring_virt buffers=0, cleared; it leaves 64 MiB to "
     "the system", "huge pages of 2 MiB"),
    ("buffers of 64 KiB", "64K", "the same", "huge pages of 2 MiB"),
    ("buffers of 4 KiB", "4K", "the same, at most 65,536 buffers", None),
)


def run(lab):
    shares = {}
    for state, note, kind in STATES:
        fragment = FRAGMENT.format(kind, FRAGMENTED_PERCENT) if kind else ""
        guest = lab.guest("plain", SCRIPT.format(fragment=fragment), f"-{state}", files=FILES,
                          vm=["--driver", "--memory", MEMORY, "--qemu=-mem-prealloc"])
        for name, what, how, peer in POOLS:
            how = f"{how}; guest of {MEMORY}: {note}"
            row = lab.row(f"{state}: {name}, share of free memory", guest, f"{what}, share", how,
                          peer and f"{state}: {peer}, share of free memory")
            lab.row(f"{state}: {name}, time for a GiB", guest, f"{what}, time",
                    how + "; plain emulation, the host has touched the guest's memory before",
                    peer and f"{state}: {peer}, time for a GiB")
            shares[f"{state}: {name}"] = row.value or 0
    lab.bars("share", "Share of the free memory that can be had", shares, "%",
             settings=["set yrange [0:110]"])
