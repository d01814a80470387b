# SPDX-License-Identifier: MIT
"""How much of the processor a stream takes, against its frame rate."""

RATES = (100, 1000, 5000, 10000, 20000, 50000, 100000, 200000, 300000)
BUFFERS = 512
WAYS = (
    ("read", "read(2) and RELEASE of one frame at a time", None),
    ("ring", "poll when nothing waits, and the ring", "read"),
    ("batch", "the ring in batches of 32 at a watermark of 32, at most 10 ms later", "read"),
)
WHOLE = ("; the whole machine, the source's timer included, of a processor of 1,000 million "
         f"instructions a second; {BUFFERS} buffers")
LOST = f"; no buffer was free: the application came later than {BUFFERS} of them last"


def run(lab):
    steps = "\n".join(f"load {way} 1 {rate} '{way} {rate}' || true"
                      for rate in RATES for way, _, _ in WAYS)
    guest = lab.guest(
        "cost", f"modprobe dmaring_virt buffers={BUFFERS} buffer_size=4K width=64 height=1 "
        f"pattern=off\n{steps}\n", files=["build/tests/bench/load"],
        vm=["--driver", "--memory", "256M"])
    for way, how, peer in WAYS:
        for rate in RATES:
            add_rows(lab, guest, way, rate, how, peer)
    draw(lab, guest)


def add_rows(lab, guest, way, rate, how, peer):
    at = f"at {rate:,} frames/s"
    lab.row(f"{way}: processor {at}", guest, f"{way} {rate}, processor", how + WHOLE,
            peer and f"{peer}: processor {at}")
    lab.row(f"{way}: a frame {at}", guest, f"{way} {rate}, a frame", how + WHOLE,
            peer and f"{peer}: a frame {at}", scale=(1, "instructions"))
    lost = guest.figures.get(f"{way} {rate}, lost")
    if lost and lost.value:
        lab.figure(f"{way}: lost {at}", lost.value, "frames in 0.2 s", how + LOST)


def draw(lab, guest):
    series = {way: [(rate, guest.figures[f"{way} {rate}, processor"].value) for rate in RATES
                    if f"{way} {rate}, processor" in guest.figures] for way, _, _ in WAYS}
    lab.curves("processor", "The processor's share for a stream", series, "frames/s",
               "% of a processor of 1,000 million instructions/s",
               settings=["set logscale xy", "set yrange [0.01:100]"])
