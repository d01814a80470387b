# SPDX-License-Identifier: MIT
"""How old a frame is when it arrives, and how many share an interrupt, against the rate."""

# frames/s, how many of them
RATES = ((100, 1000), (1000, 5000), (4000, 10000), (10000, 20000), (20000, 20000),
         (50000, 50000), (100000, 50000), (200000, 100000))
# So far apart no frame waits for another, and everybody sleeps in between.
APART = 4000    # frames/s
POINTS = ("min", "median", "99 %", "99.9 %", "max")
BUFFERS = 4096

HOW = ("from when the card says that a frame of 4 KiB was due, on CLOCK_MONOTONIC, until an "
       "application in a blocking dmaring_next() has its descriptor; the card, a process on the "
       "host's other core, has to wake up and to write it; plain emulation, one processor")
SLEEP_HOW = ("how late somebody in the same machine wakes up from a sleep until then: no card, no "
             "driver, only what this host and this machine need to wake up")


def run(lab):
    guest = lab.guest("plain", script(), files=["build/tests/bench/age"],
                      vm=["--driver", "--memory", "256M", "--card", "fgsim",
                          "--qemu=-mem-prealloc"])
    for rate, _ in RATES:
        at = f"at {rate:,} frames/s"
        if rate <= APART:
            for point in POINTS:
                lab.row(f"{at}: only sleeping, {point}", guest, f"sleep {rate}, {point}", SLEEP_HOW)
        for point in POINTS:
            lab.row(f"{at}: a frame, {point}", guest, f"frames {rate}, {point}", HOW)
        lab.row(f"{at}: interrupts", guest, f"frames {rate}, interrupts",
                "of the card, for each frame, in the same run")
    draw(lab, guest)


def script():
    steps = [f"modprobe dmaring_fgsim buffers={BUFFERS} buffer_size=4K width=64 height=64"]
    for rate, count in RATES:
        ways = ("sleep", "frames") if rate <= APART else ("frames",)
        steps += [f"age {way} {rate} {count} '{way} {rate}' || true" for way in ways]
    return "\n".join(steps) + "\n"


def draw(lab, guest):
    series = {}
    for name, way, point in (("a frame, median", "frames", "median"),
                             ("a frame, 99 %", "frames", "99 %"),
                             ("only sleeping, median", "sleep", "median")):
        series[name] = [(rate, guest.figures[f"{way} {rate}, {point}"].value)
                        for rate, _ in RATES if f"{way} {rate}, {point}" in guest.figures]
    lab.curves("rate", "How old a frame is when the application has it", series, "frames/s",
               "ns", settings=["set logscale xy"])
