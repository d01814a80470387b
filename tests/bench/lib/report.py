# SPDX-License-Identifier: MIT
"""The rows of a run, and the files they are written to."""

import json
import os

COLUMNS = ("name", "value", "unit", "peer", "ratio")


class Row:
    """One figure, or the reason that there is none.

    ratio is this value divided by the peer's: below 1 is less.
    """

    def __init__(self, bench, name, how, peer=None):
        self.bench = bench
        self.name = name
        self.value = self.unit = self.ratio = self.reason = None
        self.peer = peer
        self.peer_value = None
        self.how = how

    def compare(self, rows):
        peers = [row for row in rows if row.name == self.peer]
        if self.value is None or not peers:
            return
        self.peer_value = peers[0].value
        if peers[0].value:
            self.ratio = self.value / peers[0].value
        else:
            self.reason = f"no ratio: {self.peer} was not measured"


class Report:
    def __init__(self, folder, about):
        self.folder = folder
        self.about = about  # of the machine
        self.rows = []
        self.plots = []     # (file, title)
        self.failures = []  # tests whose checks failed

    def add(self, row):
        self.rows.append(row)

    def measured(self):
        return [row for row in self.rows if row.value is not None]

    def write(self):
        for row in self.rows:
            row.compare(self.rows)
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
                 "A ratio is the value divided by that of the peer."]
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


def about_text(about):
    return f"Measured on: {about['summary']}."


def markdown_table(rows):
    return ["| " + " | ".join(COLUMNS) + " |", "|---|--:|---|---|--:|",
            *("| " + " | ".join(row_cells(row)) + " |" for row in rows)]


def row_cells(row):
    if row.value is None:
        return (row.name, "-", f"not measured: {row.reason}", row.peer or "", "")
    ratio = "" if row.ratio is None else number(row.ratio)
    return (row.name, number(row.value), row.unit, row.peer or "", ratio)


def number(value):
    """Three digits that mean something, and no exponents."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    if abs(value) >= 1:
        return f"{value:.2f}"
    return f"{value:.3f}"
