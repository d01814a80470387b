# SPDX-License-Identifier: MIT
"""Frames through ipc:// of ZeroMQ, lent and copied: on this machine, without a card."""

import os
import subprocess

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.join(TOP, "build", "tests", "bench", "send")
FRAMES = "500"
HOW = ("; frames of 4 MiB to a process that only receives, on the machine itself; the best of "
       "5 rounds")
COPIED = "ipc, copied: "
LENT = "ipc, lent: "


def run(lab):
    program = subprocess.run([PROGRAM, FRAMES], text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, check=False)
    if program.returncode:
        lab.missing(LENT + "rate", program.stderr.strip() or f"status {program.returncode}")
        return
    figures = {}
    for line in program.stdout.splitlines():
        how, what, value, unit = line.split()
        figures[how, what] = float(value), unit
    words = {"rate": "", "processor": "what the sender's process takes for a frame"}
    for what, explained in words.items():
        lab.figure(COPIED + what, *figures["copied", what],
                   (explained or "frames received") + HOW)
        lab.figure(LENT + what, *figures["lent", what],
                   (explained or "frames received") + HOW, COPIED + what)
