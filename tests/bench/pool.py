# SPDX-License-Identifier: MIT
"""How the cost of a frame grows with the pool."""

SIZES = (16, 64, 256, 1024, 4096)
RATE = 5000
WHOLE = (f"the whole machine at {RATE:,} frames/s, one consumer that is woken for each frame; "
         "instructions a frame")


def run(lab):
    steps = "\n".join(
        f"modprobe dmaring_virt buffers={size} buffer_size=4K width=64 height=1 pattern=off\n"
        f"load ring 1 {RATE} 'pool {size}' || true\nrmmod dmaring_virt" for size in SIZES)
    guest = lab.guest("cost", steps, files=["build/tests/bench/load"],
                      vm=["--driver", "--memory", "256M"])
    for size in SIZES:
        lab.row(f"{size} buffers", guest, f"pool {size}, a frame", WHOLE,
                scale=(1, "instructions"), peer=f"{SIZES[0]} buffers" if size > SIZES[0] else None)
    points = [(size, guest.figures[f"pool {size}, a frame"].value) for size in SIZES
              if f"pool {size}, a frame" in guest.figures]
    lab.curves("cost", "What a frame costs with a larger pool", {"all of it": points}, "buffers",
               "instructions a frame", settings=["set logscale x", "set yrange [0:]"])
