# SPDX-License-Identifier: MIT
"""TAP for tests in Python: each function of a module whose name begins with "test_"."""

import sys
import traceback


def run(module, prepare=None):
    """Run them in order; prepare() before each. Return the exit status."""
    tests = [(name, value) for name, value in vars(sys.modules[module]).items()
             if name.startswith("test_")]
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        word = "ok"
        try:
            if prepare:
                prepare()
            test()
        except Exception:
            word = "not ok"
            failed += 1
            print("\n".join("# " + line for line in traceback.format_exc().splitlines()))
        print(f"{word} {number} - {name.removeprefix('test_').replace('_', ' ')}", flush=True)
    return 1 if failed else 0


def same(got, want):
    """Fail unless they are equal."""
    assert got == want, f"got {got!r}, want {want!r}"


def raises(exception, call, *args, **keywords):
    """Return the exception, which the call must raise."""
    try:
        call(*args, **keywords)
    except exception as raised:
        return raised
    raise AssertionError(f"{exception.__name__} was not raised")
