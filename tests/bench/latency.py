# SPDX-License-Identifier: MIT
"""From the card's interrupt until an application knows, against VFIO and UIO."""

FILES = ["build/tests/bench/latency_dmaring", "build/tests/bench/latency_vfio",
         "build/tests/bench/latency_uio", "tests/bench/bind.sh"]
VM = ["--driver", "--memory", "256M", "--card", "edu", "--iommu", "--append", "iomem=relaxed",
      "--module", "vfio-pci", "--module", "vfio_iommu_type1", "--module", "uio_pci_generic"]

SCRIPT = """
. bind.sh
bind dmaring_edu buffers=16 buffer_size=64K instant=1
latency_dmaring {ns} || true
modprobe vfio_iommu_type1
bind vfio-pci
latency_vfio {ns} || true
bind uio_pci_generic
latency_uio {ns} || true
"""

POINTS = ("min", "median", "99 %", "max")

# Peers first, so that the table reads like the plot.
WAYS = (
    ("VFIO poll", "vfio-pci: poll and read of the eventfd of its MSI; the card is not asked "
     "what it was", None),
    ("VFIO poll and acknowledge", "the same, with reading and acknowledging the card's "
     "interrupt, which dmaring's driver has done", None),
    ("VFIO read", "vfio-pci: blocking read of the eventfd alone", None),
    ("UIO read", "uio_pci_generic: blocking read; the card's interrupt line, masked and not yet "
     "acknowledged", None),
    ("dmaring poll", "poll, and the frame's descriptor from the ring", "VFIO poll"),
    ("dmaring eventfd", "blocking read of an eventfd, and the descriptor from the ring",
     "VFIO read"),
    ("dmaring read", "blocking read of the descriptor", "UIO read"),
    ("dmaring spinning", "dmaring_next() until the ring has it; no system call",
     "VFIO read"),
)

TRIGGER = ("; from the write to edu's register 0x60, through its mapped resource, to the "
           "clock read by the thread that waited (SCHED_FIFO)")

MACHINES = (
    # clock, mark, note
    ("cost", "", "; instructions, 2,000 events"),
    ("plain", " (ns)", "; plain emulation, one processor, 10,000 events"),
)


def run(lab):
    for clock, mark, note in MACHINES:
        script = SCRIPT.format(ns="" if clock == "cost" else "ns")
        guest = lab.guest(clock, script, vm=VM, files=FILES)
        add_rows(lab, guest, mark, note)
        draw(lab, guest, clock, mark or " (instructions)")


def add_rows(lab, guest, mark, note):
    for what, how, peer in WAYS:
        for point in POINTS:
            lab.row(f"{what}, {point}{mark}", guest, f"{what}, {point}", how + TRIGGER + note,
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
