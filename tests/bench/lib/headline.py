# SPDX-License-Identifier: MIT
"""The few rows that the README shows."""

from report import number, value_text

PLOT = "instructions-calls.svg"

# bench, row, how the README calls it; the peer is that of the row
LINES = (
    ("instructions", "whole path", "a frame's whole path: kernel hand-over, take, release"),
    ("instructions", "ring", "take and release a frame that waits, through the ring"),
    ("instructions", "poll and ring", "the same in a loop that polls first"),
    ("instructions", "ioctl, one for both", "the same with one ioctl a frame"),
    ("instructions", "kernel: hand-over", "the kernel's hand-over alone"),
    ("instructions", "copy: none, against a copy (ns)",
     "add up a frame of 600 KiB where it is, against read(2) that copies"),
    ("latency", "dmaring poll, median", "from the interrupt to the frame, poll, median"),
    ("latency", "dmaring eventfd, median", "… blocking read of an eventfd"),
    ("latency", "dmaring read, median", "… blocking read of the descriptor"),
    ("latency", "dmaring spinning, median", "… spinning on the ring"),
    ("latency", "dmaring spinning, against the register, median",
     "… the same, against spinning on the card's register"),
    ("consumers", "all of it, recorders: 16", "16 recorders that sleep for each frame, all of it"),
    ("allocation", "movable: buffers of 4 MiB, share of free memory",
     "free memory that a pool gets where it is fragmented"),
    ("throughput", "count, 1 MiB x 64: bytes",
     "frames of 1 MiB from the simulated grabber, 8 bytes looked at"),
    ("throughput", "sum against a copy, 1 MiB x 64: bytes", "frames of 1 MiB, all bytes added up"),
    ("throughput", "steady, 4 KiB x 4096 at 200,000 frames/s: made",
     "10 s of 200,000 frames/s of 4 KiB: made of what was due"),
    ("throughput", "steady, 4 KiB x 4096 at 200,000 frames/s: lost", "… lost of these"),
)


def missing(report):
    """What must be measured, or compared, and is not."""
    rows = {(row.bench, row.name): row for row in report.rows}
    for bench, name, _ in LINES:
        row = rows.get((bench, name))
        if row is None or row.value is None:
            yield f"{bench}: {name}: {row.reason if row else 'there is no such row'}"
        elif row.peer and row.peer_value is None:
            yield f"{bench}: {name}: not compared with {row.peer}"


def headline(report):
    """The README's text, or None if not all benchmarks ran."""
    rows = {(row.bench, row.name): row for row in report.rows}
    lines = ["| | dmaring | | compared with | ratio |", "|---|--:|---|---|--:|"]
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
        peer = f"{row.peer.removesuffix(' (ns)')}{' (own)' * row.own_peer}: {number(row.peer_value)}"
    if row.ratio is not None:
        ratio = number(row.ratio)
    return f"| {label} | {value_text(row)} | {row.unit} | {peer} | {ratio} |"
