# SPDX-License-Identifier: MIT
"""The few rows that the README shows."""

from report import number

PLOT = "instructions-calls.svg"

# bench, row, how the README calls it; the peer is that of the row
LINES = (
    ("instructions", "ring", "take and release a frame that waits, through the ring"),
    ("instructions", "poll and ring", "the same in a loop that polls first"),
    ("instructions", "ioctl, one for both", "the same with one ioctl a frame"),
    ("instructions", "ioctl, batches of 32", "the same with ioctl, in batches of 32"),
    ("instructions", "copy: none (ns)", "add up a frame of 600 KiB where it is, not copied"),
    ("latency", "dmaring poll, median", "from the interrupt to the frame, poll, median"),
    ("latency", "dmaring spinning, median", "from the interrupt to the frame, spinning, median"),
    ("consumers", "publish, recorders: 16", "publish a frame to 16 recorders"),
    ("rate", "batch: processor at 10,000 frames/s",
     "of a processor of 1,000 million instructions/s, at 10,000 frames/s in batches"),
    ("throughput", "count, 1 MiB x 64: bytes", "frames of 1 MiB from the simulated grabber, not looked at"),
    ("throughput", "sum against read, 1 MiB x 64: bytes", "frames of 1 MiB, all bytes added up"),
    ("throughput", "steady, 4 KiB x 4096 at 200,000 frames/s: lost",
     "lost in 10 s of 200,000 frames/s of 4 KiB"),
    ("throughput", "steady, 1 MiB x 384 at 98% of the limit: frames",
     "frames of 1 MiB at the card's pace, for 10 s, not looked at"),
    ("throughput", "steady, 1 MiB x 384 at 98% of the limit: lost", "… lost meanwhile"),
)


def headline(report):
    """The README's text, or None if not all benchmarks ran."""
    rows = {(row.bench, row.name): row for row in report.rows}
    lines = ["| | dmaring | | peer | ratio |", "|---|--:|---|---|--:|"]
    for bench, name, label in LINES:
        row = rows.get((bench, name))
        if row is None:
            return None
        lines.append(line(row, label))
    return "\n".join([*lines, "", f"*Measured on: {report.about['summary']}.*"]) + "\n"


def line(row, label):
    if row.value is None:
        return f"| {label} | - | not measured: {row.reason} | | |"
    peer = ratio = ""
    if row.peer_value is not None:
        peer = f"{row.peer.removesuffix(' (ns)')}: {number(row.peer_value)}"
    if row.ratio is not None:
        ratio = number(row.ratio)
    return f"| {label} | {number(row.value)} | {row.unit} | {peer} | {ratio} |"
