# SPDX-License-Identifier: MIT
"""Test results: reading TAP, counting, and telling a person."""

import re

RESULT = re.compile(r"(not )?ok\b\s*\d*\s*-?\s*(.*?)\s*(?:#\s*(SKIP)\b\s*(.*))?$", re.I)
PLAN = re.compile(r"1\.\.(\d+)\s*(?:#\s*SKIP\S*\s*(.*))?$", re.I)
ALLOW_LOG = re.compile(r"#\s*allow-log:\s*(.+)$")
TALLY = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped$")


class Tally:
    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    @classmethod
    def read(cls, line):
        """The tally that a line states, or None."""
        match = TALLY.match(line)
        return cls(*map(int, match.groups())) if match else None

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


class Test(Tally):
    """One test program: feed() it what the program prints, then finish() it."""

    def __init__(self, name):
        super().__init__()
        self.name = name
        self.output = []
        self.allowed_log = []
        self.reasons = []      # why it failed or skipped
        self._planned = None
        self._bailed = False

    def ok(self, what):
        """A result of the harness itself."""
        self.passed += 1
        self.output.append(f"ok - {what}")

    def fail(self, why):
        self.failed += 1
        self.reasons.append(why)
        self.output.append(f"not ok - {why}")

    def skip(self, why):
        self.skipped += 1
        self.reasons.append(why)

    def feed(self, line):
        if not line:
            return
        self.output.append(line)
        if match := RESULT.match(line):
            self._result(*match.groups())
        elif match := PLAN.match(line):
            self._planned = int(match.group(1))
            if self._planned == 0:
                self.skip(match.group(2) or "no reason given")
        elif match := ALLOW_LOG.match(line):
            self.allowed_log.append(match.group(1))
        elif line.startswith("Bail out!"):
            self._bailed = True

    def _result(self, failed, text, directive, reason):
        if failed:
            self.failed += 1
            self.reasons.append(text)
        elif directive:
            self.skip(reason or text)
        else:
            self.passed += 1

    def finish(self, status):
        """The program has ended; may its results be believed?"""
        results = self.passed + self.failed + self.skipped
        if self._bailed:
            self.fail("bailed out")
        elif self._planned is None:
            self.fail(f"ended with status {status} after {results} results, without a plan")
        elif self._planned and self._planned != results:
            self.fail(f"ended with status {status} after {results} results "
                      f"of the {self._planned} it planned")
        elif status and not self.failed:
            self.fail(f"ended with status {status} though all its results are ok")

    def report(self, seconds):
        """One line and what is marked with ##, or everything if it failed."""
        verdict = "FAIL" if self.failed else "ok" if self.passed else "skip"
        counts = f"{self.passed:4} ok" + (f", {self.failed} failed" if self.failed else "") \
            + (f", {self.skipped} skipped" if self.skipped else "")
        lines = [f"{verdict:4} {self.name:40} {counts}  {seconds:.1f} s"]
        if self.failed:
            lines += ["     | " + line for line in self.output]
            lines += ["     failed: " + reason for reason in self.reasons]
        else:
            lines += ["     " + line for line in self.output if line.startswith("## ")]
        if self.skipped and not self.failed:
            lines += ["     skipped: " + reason for reason in dict.fromkeys(self.reasons)]
        return "\n".join(lines)
