# SPDX-License-Identifier: MIT
"""A virtual machine that runs one shell script and prints figures."""

import collections
import os
import re
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.normpath(os.path.join(HERE, "..", "..", ".."))

# Software emulation does "rep movsb" byte by byte: the kernel's copies would look eight
# times too dear, so the processor is one without it. scripts/vm/boot --cost has it so.
PLAIN_CPU = "--qemu=-cpu max,-erms,-fsrm"

FIGURE = re.compile(r"## ([-+.e\d]+) (\S+): (.+)$")
SAMPLE = re.compile(r"#hist (\d+) (\d+) (.+)$")
VERDICT = re.compile(r"(not )?ok \d+ - (.+)$")
PLAN = re.compile(r"1\.\.\d+$")

Figure = collections.namedtuple("Figure", "value unit")


class Guest:
    """What came out of one machine.

    figures: WHAT -> Figure, from lines "## VALUE UNIT: WHAT"; those of a test whose
        checks failed do not count;
    histograms: WHAT -> {value: count}, from lines "#hist VALUE COUNT WHAT".
    """

    def __init__(self, name, clock):
        self.name = name
        self.clock = clock  # "cost" or "plain"
        self.figures = {}
        self.histograms = collections.defaultdict(dict)
        self.failures = []  # tests whose checks failed, and what they said
        self._reasons = []
        self._of_test = []  # figures since it began
        self._comment = ""
        self._last = ""

    def run(self, script, vm, files=(), timeout=600):
        """files: in build/tests or the tree, relative to its top; they go to /bin."""
        with tempfile.NamedTemporaryFile("w", suffix=".sh") as text:
            text.write(script)
            text.flush()
            command = [os.path.join(TOP, "scripts", "vm", "boot"), *self._clock_words(), *vm,
                       "--timeout", str(timeout), "--file", f"{text.name}=/bench.sh",
                       "--log", os.path.join(TOP, "build", "bench", f"{self.name}.log")]
            for path in files:
                command += ["--file", os.path.join(TOP, path)]
            self._serve([*command, "--", "sh", "-e", "/bench.sh"])
        return self

    def feed_best(self, lines):
        """Figures that were measured before stay if they are larger."""
        before = dict(self.figures)
        for line in lines:
            self._line(line)
        for what, figure in before.items():
            self.figures[what] = max(figure, self.figures[what])

    def why_no(self, what):
        """The reason that a figure is missing."""
        if self.failures or self._reasons:
            return "; ".join(self.failures + self._reasons)
        return f"{self.name}: the guest did not print \"{what}\"; it ended with: {self._last}"

    def _clock_words(self):
        return ["--cost"] if self.clock == "cost" else [PLAIN_CPU]

    def _serve(self, command):
        log = os.path.join(TOP, "build", "bench", f"{self.name}.out")
        with open(log, "w", encoding="utf-8") as copy, \
                subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT) as machine:
            for line in machine.stdout:
                line = line.decode(errors="replace").rstrip("\r\n")
                copy.write(line + "\n")
                self._line(line)
        if machine.returncode:
            self._reasons.append(f"{self.name}: the machine ended with status "
                                 f"{machine.returncode}: {self._last}")

    def _end_test(self, test, failed):
        if failed:
            self.failures.append(f"{test}: {self._comment}")
            for what in self._of_test:
                self.figures.pop(what, None)
        self._of_test = []

    def _line(self, line):
        self._last = line or self._last
        if match := FIGURE.match(line):
            self.figures[match.group(3)] = Figure(float(match.group(1)), match.group(2))
            self._of_test.append(match.group(3))
        elif match := SAMPLE.match(line):
            self.histograms[match.group(3)][int(match.group(1))] = int(match.group(2))
        elif match := VERDICT.match(line):
            self._end_test(match.group(2), failed=bool(match.group(1)))
        elif PLAN.match(line):
            self._of_test = []  # before it, those of a script without tests
        elif line.startswith("# "):
            self._comment = line[2:]
