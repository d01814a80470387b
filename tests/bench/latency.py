# SPDX-License-Identifier: MIT
"""From the card's interrupt until an application knows, against VFIO and UIO."""

FILES = ["build/tests/bench/latency_dmaring", "build/tests/bench/latency_vfio",
         "build/tests/bench/latency_uio", "tests/bench/bind.sh"]
VM = ["--driver", "--memory", "256M", "--card", "edu", "--iommu", "--append", "iomem=relaxed",
      "--module", "vfio-pci", "--module", "vfio_iommu_type1", "--module", "uio_pci_generic"]

SCRIPT = """
. bind.sh
echo 1 >/proc/irq/default_smp_affinity
bind dmaring_edu buffers=16 buffer_size=64K instant=1
latency_dmaring {how} || true
modprobe vfio_iommu_type1
bind vfio-pci
latency_vfio {how} || true
bind uio_pci_generic
latency_uio {how} || true
"""

POINTS = ("min", "median", "99 %", "99.9 %", "max")

# Peers first, so that the table reads like the plot.
WAYS = (
    ("VFIO poll", "vfio-pci: poll and read of the eventfd of its MSI; the card is not asked "
     "what it was", None),
    ("VFIO poll and acknowledge", "the same, with reading and acknowledging the card's "
     "interrupt, which dmaring's driver has done", None),
    ("VFIO read", "vfio-pci: blocking read of the eventfd alone", None),
    ("VFIO spinning on the eventfd", "vfio-pci: read of the eventfd that does not wait, until it "
     "says something", None),
    ("VFIO spinning on the card", "vfio-pci: reads of the card's interrupt status through its "
     "mapped register, until it is set; whoever does so needs no driver and no interrupt, has "
     "the card for itself, occupies a processor, and knows of the frame nothing but that", None),
    ("UIO read", "uio_pci_generic: blocking read; the card's interrupt line, masked and not yet "
     "acknowledged", None),
    ("dmaring poll", "poll, and the frame's descriptor from the ring", "VFIO poll"),
    ("dmaring eventfd", "blocking read of an eventfd, and the descriptor from the ring",
     "VFIO read"),
    ("dmaring read", "blocking read of the descriptor", "UIO read"),
    ("dmaring io_uring", "io_uring: poll submitted and waited for in one call, and the descriptor "
     "from the ring", "VFIO poll"),
    ("dmaring spinning", "dmaring_next() until the ring has it; no system call; the card "
     "interrupts, and its driver publishes the frame to all who want it. What that takes more "
     "than to look at the card's register oneself is the price of sharing it, of the frame's "
     "account, and of being able to sleep", "VFIO spinning on the eventfd"),
    ("dmaring spinning, against the register", "the same", "VFIO spinning on the card"),
)

TRIGGER = ("; from the write to edu's register 0x60, through its mapped resource, to the "
           "clock read by the thread that waited (SCHED_FIFO)")

# clock, what the programs are told, tag, mark, processors, note
MACHINES = (
    ("cost", "", "", "", 1, "; instructions, 2,000 events"),
    ("plain", "ns", "", " (ns)", 1, "; plain emulation, one processor, 10,000 events"),
    ("plain", "ns", "-two", " (ns, two processors)", 2,
     "; plain emulation, the interrupt on one processor, who waits on the other, 10,000 events"),
    ("plain", "busy", "-busy", " (ns, busy)", 1,
     "; plain emulation, one processor, 4,000 events; who waits has an ordinary priority (no "
     "SCHED_FIFO), two processes never sleep, a third wakes up 20,000 times a second"),
)


# Peers that no package has.
ABSENT = ("aes-stream-drivers", "u-dma-buf and UIO")


def run(lab):
    for clock, how, tag, mark, processors, note in MACHINES:
        guest = lab.guest(clock, SCRIPT.format(how=how), tag, files=FILES,
                          vm=[*VM, "--cpus", str(processors)])
        add_rows(lab, guest, mark, note)
        draw(lab, guest, clock + tag, mark or " (instructions)")
    for peer in ABSENT:
        lab.missing(f"{peer}: read, median", "no package of Debian has its sources, and nothing "
                    "here builds it from others")


def add_rows(lab, guest, mark, note):
    for name, how, peer in WAYS:
        what = name.removesuffix(", against the register")
        for point in POINTS:
            lab.row(f"{name}, {point}{mark}", guest, f"{what}, {point}", how + TRIGGER + note,
                    peer and f"{peer}, {point}{mark}")


def draw(lab, guest, name, mark):
    series = {}
    for what, _, _ in WAYS:
        histogram = guest.histograms.get(what, {})
        total = sum(histogram.values())
        series[what] = [(value, 100 * count / total)
                        for value, count in sorted(histogram.items())]
    lab.curves(name, f"From the interrupt to the application{mark}", series,
               "instructions" if "inst" in mark else "ns (logarithmic)",
               "% of the events, a bucket of about 5 %",
               settings=["set logscale x", "set xrange [1000:200000]"])
