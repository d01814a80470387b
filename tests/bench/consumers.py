# SPDX-License-Identifier: MIT
"""How the cost of a frame grows with the consumers."""

COUNTS = (1, 2, 4, 8, 16)
RATE = 5000
FILES = ["build/tests/vm/load/cost", "build/tests/bench/load"]
MODULE = "modprobe dmaring_virt buffers=128 buffer_size=4K width=64 height=1 pattern=off"

PUBLISH = ("; kernel only: complete a frame and publish it to all, from time stamp to time stamp "
           "of a burst of 32")
WHOLE = (f"; the whole machine at {RATE:,} frames/s, each consumer a process that is woken for "
         "each frame and takes and releases it through its ring")


def run(lab):
    loads = "\n".join(f"load ring {count} {RATE} 'consumers {count}' || true" for count in COUNTS)
    guest = lab.guest("cost", f"{MODULE}\ncost || true\n{loads}\n", files=FILES,
                      vm=["--driver", "--memory", "256M"])
    for kind in ("recorders", "sleeping viewers"):
        for count in COUNTS:
            name = f"publish, {kind}: {count}"
            lab.row(name, guest, name,
                    "instructions" + PUBLISH,
                    peer=f"publish, {kind}: 1" if count > 1 else None)
    for count in COUNTS:
        lab.row(f"all of it, recorders: {count}", guest, f"consumers {count}, a frame",
                "instructions" + WHOLE, scale=(1, "instructions"),
                peer="all of it, recorders: 1" if count > 1 else None)
    draw(lab, guest)


def draw(lab, guest):
    kinds = {"publish, recorders": "publish, recorders: {}",
             "publish, sleeping viewers": "publish, sleeping viewers: {}",
             "all of it, recorders": "consumers {}, a frame"}
    series = {name: [(count, guest.figures[what.format(count)].value) for count in COUNTS
                     if what.format(count) in guest.figures] for name, what in kinds.items()}
    lab.curves("cost", "What a frame costs for several consumers", series, "consumers",
               "instructions a frame", settings=["set logscale y"])
