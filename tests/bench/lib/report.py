# SPDX-License-Identifier: MIT
"""The rows of a run, and the files they are written to."""

import json
import os
import re

COLUMNS = ("name", "value", "unit", "compared with", "ratio")


class Row:
    """One figure, or the reason that there is none.

    ratio is this value divided by the peer's: below 1 is less.
    spread is half of what lies between the least and the largest of several runs;
    repeats says that another run, on any host, has the same value.
    """

    def __init__(self, bench, name, how, peer=None):
        self.bench = bench
        self.name = name
        self.value = self.unit = self.ratio = self.reason = None
        self.peer = peer
        self.peer_value = None
        self.own_peer = False  # dmaring against itself
        self.spread = None
        self.repeats = False
        self.how = how

    def compare(self, rows):
        peers = [row for row in rows if row.name == self.peer]
        if self.value is None or not peers:
            return
        self.peer_value = peers[0].value
        self.own_peer = not is_foreign(self.peer)
        if peers[0].value:
            self.ratio = self.value / peers[0].value
        else:
            self.reason = f"no ratio: {self.peer} was not measured"


# What others can do begins its row with its name, and is a peer; so are the limits of the
# card and of the machine. All else is dmaring.
FOREIGN = re.compile(r"(kernel: |copy: )?(V4L2|VFIO|UIO)|fio, |limit, |.*: huge pages of |"
                     r"kernel, |steady, .*: due$")


def is_foreign(name):
    return bool(FOREIGN.match(name))


class Report:
    def __init__(self, folder, about):
        self.folder = folder
        self.about = about  # of the machine
        self.rows = []
        self.drawings = []  # functions that draw the plots
        self.plots = []     # (file, title)
        self.failures = []  # tests whose checks failed

    def add(self, row):
        self.rows.append(row)

    def value(self, bench, name):
        """Of a row, or None."""
        for row in self.rows:
            if (row.bench, row.name) == (bench, name):
                return row.value
        return None

    def measured(self):
        return [row for row in self.rows if row.value is not None]

    def draw(self):
        for drawing in self.drawings:
            drawing()

    def compare(self):
        for row in self.rows:
            row.compare(self.rows)

    def write(self):
        content = {"machine": self.about, "failures": self.failures,
                   "rows": [vars(row) for row in self.rows],
                   "plots": [{"file": file, "title": title} for file, title in self.plots]}
        with open(os.path.join(self.folder, "report.json"), "w", encoding="utf-8") as out:
            json.dump(content, out, indent=1)
            out.write("\n")
        with open(os.path.join(self.folder, "report.md"), "w", encoding="utf-8") as out:
            out.write(self.markdown())

    def markdown(self):
        lines = ["# What dmaring costs, and what others cost", "", about_text(self.about), "",
                 LEGEND]
        for bench in dict.fromkeys(row.bench for row in self.rows):
            rows = [row for row in self.rows if row.bench == bench]
            lines += ["", f"## {bench}", "", *markdown_table(rows)]
            lines += ["", *(f"![{title}]({file})" for file, title in self.plots
                            if file.startswith(bench))]
            lines += ["", "How it was measured:", ""]
            lines += [f"* **{row.name}**: {row.how}" for row in rows]
        return "\n".join(lines) + "\n"

    def table(self):
        """For a terminal."""
        cells = [COLUMNS] + [row_cells(row) for row in self.rows]
        widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
        lines = []
        for line in cells:
            text = "  ".join(cell.rjust(width) if i in (1, 4) else cell.ljust(width)
                             for i, (cell, width) in enumerate(zip(line, widths)))
            lines.append(text.rstrip())
        return "\n".join(lines)


LEGEND = """\
A ratio is the value divided by that of what it is compared with. "(own)": that is dmaring, too.
"±": half of what lay between the runs; "~": it was measured once, and varies with the host.

A count of instructions is the same in each run. It hides what an instruction takes: a barrier, a
cache line that another processor has, a miss of the TLB and what a processor does against
speculation (system calls and interrupts pay for that) all count as one or as nothing."""


def about_text(about):
    return f"Measured on: {about['summary']}."


def markdown_table(rows):
    return ["| " + " | ".join(COLUMNS) + " |", "|---|--:|---|---|--:|",
            *("| " + " | ".join(row_cells(row)) + " |" for row in rows)]


def row_cells(row):
    if row.value is None:
        return (row.name, "-", f"not measured: {row.reason}", row.peer or "", "")
    ratio = "" if row.ratio is None else number(row.ratio)
    return (row.name, value_text(row), row.unit, peer_text(row), ratio)


def value_text(row):
    if row.spread is not None:
        return f"{number(row.value)} ± {number(row.spread)}"
    return number(row.value) if row.repeats or not row.value else f"~{number(row.value)}"


def peer_text(row):
    return (row.peer or "") + " (own)" * row.own_peer


def number(value):
    """Three digits that mean something, and no exponents."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    if abs(value) >= 1:
        return f"{value:.2f}"
    return f"{value:.3f}"
