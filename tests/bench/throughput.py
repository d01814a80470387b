# SPDX-License-Identifier: MIT
"""Frames through the whole chain, from a simulated grabber that is as fast as it can be."""

import os
import subprocess

from guest import Guest, TOP

SIZES = (4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20)
DEPTHS = (4, 16, 64)
DEEPEST = DEPTHS[-1]
SECONDS = 1
LIMIT_SECONDS = 0.3
LIMIT_STEADY_SECONDS = 5    # a host is not always as fast as at its best
# Of the figure that is held against the limit, itself the best of four: what varies from
# run to run is how much of the host, and of its memory's bandwidth, others have.
RUNS = 3

# At a rate of its own the card does not wait for buffers: what it finds none for is lost.
# Many buffers: the guest's processor does not run while the host does something else. The
# limit is that of as many: a smaller pool is in the host's cache in part, and faster.
STEADY = (
    # frame, buffers, frames/s; None: a share of the card's limit
    (4 << 10, 4096, 200000),
    (1 << 20, 384, None),
)
# The first at which the card makes what is due. A host is not always as fast as it was.
SHARES = (0.95, 0.9, 0.8, 0.65, 0.5)
MADE_PERCENT = 99.9         # less: its clock stood still, and the figure says nothing
CATCH_UP_MS = 15            # that its host lets it stand; as many frames have room in the pool
TRIES = 3                   # to have that at a rate that is given
STEADY_SECONDS = 10

COST = (4 << 10, 1024)  # frame, buffers
BATCH = 32              # of throughput.c
COST_SECONDS = 5
COST_HOW = ("guest with one processor of 1,000 million instructions/s: its time that was not idle, "
            "for each frame; everything is in it, from the interrupt to the library and an "
            "application that takes and releases frames and does not read them")
APPLICATION_HOW = (f"in the same run: the quickest {BATCH} frames, taken and released with the "
                   "library and no system call, and the application's look at the clock")
KERNEL_HOW = ("the difference of the two: interrupts, the driver, the core, and what there is of "
              "waking and switching")

WAYS = (
    # how the application uses frames, what that means, at all depths?
    ("count", f"takes and releases frames and looks at 8 bytes of each; with {DEEPEST} buffers "
     f"the best of {RUNS} runs", True),
    ("sum", "adds up all bytes of each frame", True),
    ("copy", "copies each frame with memcpy(3), and adds up the copy", True),
    ("kernel", "the kernel copies each frame, as a driver's read(2) would: pwrite(2) into a file "
     "in memory; the application adds up the copy", False),
)

HOW = ("; fgsim writes every byte of each frame and waits for buffers, so that none is lost; guest "
       "with one processor, the card on the other core")
LIMIT_HOW = ("the card's process on one core; on the other a loop that gives buffers back, no guest "
             "and no interrupts; the best of four runs")


def run(lab):
    limits = Guest("throughput-limit", "host")
    measure_limits(limits)
    guest = lab.guest("plain", script(limits), files=["build/tests/bench/throughput"],
                      vm=["--driver", "--memory", "1G",
                          "--card", f"fgsim,catch-up-ms={CATCH_UP_MS}", "--qemu=-mem-prealloc"])
    measure_limits(limits)
    spreads = {size: keep_best(guest, f"count {name_of(size)} x {DEEPEST}") for size in SIZES}
    cost = lab.guest("cost", module(*COST) + f"\nthroughput count 0 {COST_SECONDS} cost || true\n",
                     files=["build/tests/bench/throughput"],
                     vm=["--driver", "--memory", "256M", "--card", "fgsim"])
    for size in SIZES:
        add_rows(lab, guest, limits, size, spreads[size])
    for size, depth, rate in STEADY:
        if not rate:
            at = f"{name_of(size)} x {depth}"
            lab.row(f"limit, {at}: frames", limits, f"limit {at}, frames",
                    f"{LIMIT_HOW}, of {LIMIT_STEADY_SECONDS} s each")
        add_steady_rows(lab, guest, size, depth, rate)
    add_cost_rows(lab, cost)
    draw(lab, guest, limits)


def name_of(size):
    return f"{size >> 20} MiB" if size >= 1 << 20 else f"{size >> 10} KiB"


def measure_limits(limits):
    """On the host; into the figures of limits, if better than what is there."""
    pools = [(size, depth, LIMIT_SECONDS) for size in SIZES for depth in DEPTHS]
    pools += [(size, depth, LIMIT_STEADY_SECONDS) for size, depth, rate in STEADY if not rate]
    for size, depth, seconds in pools:
        what = f"limit {name_of(size)} x {depth}"
        lines = subprocess.run(
            [os.path.join(TOP, "build/tests/bench/card_limit"),
             os.path.join(TOP, "build/bin/fgsim"), str(size), str(depth),
             str(seconds), what], check=True, text=True,
            stdout=subprocess.PIPE).stdout.splitlines()
        limits.feed_best(lines)


def script(limits):
    lines = []
    for size in SIZES:
        for depth in DEPTHS:
            lines.append(module(size, depth))
            for way, _, everywhere in WAYS:
                if everywhere or depth == DEEPEST:
                    lines += [f"throughput {way} 0 {SECONDS} '{name}' || true"
                              for name in names_of_runs(way, size, depth)]
            lines.append("rmmod dmaring_fgsim")
    for size, depth, rate in STEADY:
        rates = TRIES * [rate] if rate else shares_of_limit(limits, size, depth)
        lines += [module(size, depth), STEADY_SCRIPT.format(
            rates=" ".join(map(str, rates)), seconds=STEADY_SECONDS, least=MADE_PERCENT,
            name=name_of(size)), "rmmod dmaring_fgsim"]
    return "\n".join(lines) + "\n"


# The figures of the last rate are those that count.
STEADY_SCRIPT = """
for rate in {rates}; do
    throughput count $rate {seconds} 'steady {name}' >/tmp/steady || true
    cat /tmp/steady
    awk '/^## .*, share$/ && $2 >= {least} {{ made = 1 }} END {{ exit !made }}' /tmp/steady && break
done
"""


def module(size, depth):
    return (f"modprobe dmaring_fgsim buffers={depth} buffer_size={size} width={size // 64} "
            "height=64 pattern=copy rate=0")


def names_of_runs(way, size, depth):
    name = f"{way} {name_of(size)} x {depth}"
    if way == "count" and depth == DEEPEST:
        return [f"{name} #{number}" for number in range(RUNS)]
    return [name]


def keep_best(guest, name):
    """Call the figures of the run with the most frames those of all of them.

    Return how far the runs lay apart: half of it, as a share of the best.
    """
    found = {number: guest.figures[f"{name} #{number}, frames"].value for number in range(RUNS)
             if f"{name} #{number}, frames" in guest.figures}
    if not found:
        return None
    best = f"{name} #{max(found, key=found.get)}, "
    guest.figures |= {f"{name}, {what.removeprefix(best)}": figure
                      for what, figure in guest.figures.items() if what.startswith(best)}
    return (max(found.values()) - min(found.values())) / 2 / max(found.values())


def shares_of_limit(limits, size, depth):
    limit = limits.figures[f"limit {name_of(size)} x {depth}, frames"].value
    return [int(share * limit) for share in SHARES]


def add_rows(lab, guest, limits, size, spread):
    for depth in DEPTHS:
        at = f"{name_of(size)} x {depth}"
        figures = ("frames", "bytes") if depth == DEEPEST else ("frames",)
        for figure in figures:
            lab.row(f"limit, {at}: {figure}", limits, f"limit {at}, {figure}", LIMIT_HOW)
        for way, how, everywhere in WAYS:
            if not everywhere and depth != DEEPEST:
                continue
            for figure in figures:
                row = lab.row(f"{way}, {at}: {figure}", guest, f"{way} {at}, {figure}", how + HOW,
                              f"limit, {at}: {figure}")
                if row.value and spread and (way, depth) == ("count", DEEPEST):
                    row.spread = spread * row.value
        lab.row(f"count, {at}: interrupts", guest, f"count {at}, interrupts",
                "interrupts of the card for each frame at that rate")
    at = f"{name_of(size)} x {DEEPEST}"
    for way in ("sum", "copy"):
        lab.row(f"{way} against a copy, {at}: bytes", guest, f"{way} {at}, bytes",
                "the same figure, compared with the kernel's copy", f"kernel, {at}: bytes")


def add_steady_rows(lab, guest, size, depth, rate):
    pool = f"{name_of(size)} x {depth}"
    at = f"steady, {pool} at {f'{rate:,} frames/s' if rate else 'a pace of its own'}"
    how = (f"for {STEADY_SECONDS} s at the card's own pace, which waits for nobody; the application "
           "looks at 8 bytes of each frame. A card that its host did not let run for up to "
           f"{CATCH_UP_MS} ms makes at once what it missed, as one with memory of its own does")
    if not rate:
        how += ("; the pace is the first of " + ", ".join(f"{share:.0%}" for share in SHARES)
                + f" of the limit at which {MADE_PERCENT} % of what was due was made")
    what = f"steady {name_of(size)}"
    lab.row(f"{at}: due", guest, f"{what}, due", how + "; rate and time by the guest's clock")
    lab.row(f"{at}: made", guest, f"{what}, made", how, f"{at}: due")
    share = guest.figures.get(f"{what}, share")
    peers = {"frames": None if rate else f"limit, {pool}: frames"}
    for figure in ("frames", "lost", "interrupts"):
        if share and share.value < MADE_PERCENT:
            lab.missing(f"{at}: {figure}", f"only {share.value:.2f} % of what was due was made: "
                        "the host did not let the card run", how, peers.get(figure))
        else:
            lab.row(f"{at}: {figure}", guest, f"{what}, {figure}", how, peers.get(figure))


def add_cost_rows(lab, cost):
    at = f"cost, {name_of(COST[0])} x {COST[1]}"
    whole = lab.row(f"{at}: the whole processor", cost, "cost, busy", COST_HOW,
                    scale=(1, "instructions"))
    application = lab.row(f"{at}: the application", cost, "cost, application",
                          APPLICATION_HOW, scale=(1, "instructions"))
    for row in (whole, application):
        row.repeats = False  # the card is a process of the host
    if whole.value and application.value:
        lab.figure(f"{at}: the kernel", whole.value - application.value, "instructions",
                   KERNEL_HOW).repeats = False
    else:
        lab.missing(f"{at}: the kernel", "one of the two rows above is missing", KERNEL_HOW)
    lab.row(f"{at}: interrupts", cost, "cost, interrupts", "in the same run")


def draw(lab, guest, limits):
    for figure, unit in (("bytes", "MB/s"), ("frames", "frames/s")):
        series = {"the card's limit": points(limits, "limit", figure, DEEPEST)}
        series |= {way: points(guest, way, figure, DEEPEST) for way, _, _ in WAYS}
        lab.curves(figure, f"From the grabber to the application, {DEEPEST} buffers", series,
                   "bytes of a frame", unit,
                   settings=["set logscale xy", "set logscale x 2", "set format x '%.0b %B'"])
    series = {f"{way}, {depth} buffers": points(guest, way, "bytes", depth)
              for way in ("count", "sum") for depth in DEPTHS}
    lab.curves("depth", "The same with fewer buffers", series, "bytes of a frame", "MB/s",
               settings=["set logscale xy", "set logscale x 2", "set format x '%.0b %B'"])


def points(guest, way, figure, depth):
    found = ((size, guest.figures.get(f"{way} {name_of(size)} x {depth}, {figure}"))
             for size in SIZES)
    return [(size, value.value) for size, value in found if value]
