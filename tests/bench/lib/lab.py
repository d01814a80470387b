# SPDX-License-Identifier: MIT
"""What a benchmark works with: guests to measure in, and the report to fill."""

import os

import plot
from guest import Guest
from report import Row


class Lab:
    def __init__(self, bench, report, folder):
        self.bench = bench
        self._report = report
        self._folder = folder

    def guest(self, clock, script, tag="", **options):
        """Boot a machine whose clock is "cost" or "plain"; run a script in it."""
        guest = Guest(f"{self.bench}-{clock}{tag}", clock).run(script, **options)
        self._report.failures += [f"{guest.name}: {failure}" for failure in guest.failures]
        return guest

    def row(self, name, guest, what, how, peer=None, scale=(1, None)):
        """A figure of a guest, in its unit or in another: scale is (factor, unit)."""
        row = Row(self.bench, name, how, peer)
        row.repeats = guest.clock == "cost"
        figure = guest.figures.get(what)
        if figure:
            row.value = figure.value * scale[0]
            row.unit = scale[1] or figure.unit
        else:
            row.reason = guest.why_no(what)
        self._report.add(row)
        return row

    def figure(self, name, value, unit, how, peer=None):
        """A figure that was computed."""
        row = Row(self.bench, name, how, peer)
        row.value, row.unit = value, unit
        row.repeats = unit == "instructions"  # the clock's that counts them
        self._report.add(row)
        return row

    def value(self, name):
        """That of a row of this benchmark, or None."""
        return self._report.value(self.bench, name)

    def missing(self, name, reason, how="", peer=None):
        row = Row(self.bench, name, how, peer)
        row.reason = reason
        self._report.add(row)

    def curves(self, name, title, *arguments, **options):
        """Draw build/bench/BENCH-NAME.svg; see plot.curves()."""
        self._draw(plot.curves, name, title, *arguments, **options)

    def bars(self, name, title, *arguments, **options):
        """The same with plot.bars()."""
        self._draw(plot.bars, name, title, *arguments, **options)

    def _draw(self, how, name, title, *arguments, **options):
        """Later, when all is measured: to draw takes a processor."""
        file = f"{self.bench}-{name}.svg"

        def draw():
            if how(os.path.join(self._folder, file), title, *arguments, **options):
                self._report.plots.append((file, title))

        self._report.drawings.append(draw)
