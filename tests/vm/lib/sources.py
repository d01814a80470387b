# SPDX-License-Identifier: MIT
"""The tests below tests/vm, by their names: those say nothing of the folders they are in."""

import glob
import os


class Sources:
    """ValueError if two tests have one name."""

    def __init__(self, top):
        self._top = top
        self._paths = {}  # relative to the top
        for kind in ("*.c", "*.sh"):
            for source in sorted(glob.glob(os.path.join(top, "*", kind))):
                self._add(os.path.relpath(source, top))

    def _add(self, path):
        folder, name = os.path.split(path)
        if folder == "lib":
            return
        first = self._paths.setdefault(name.removesuffix(".c"), path)
        if first != path:
            raise ValueError(f"two tests have one name: {first} and {path}")

    def names(self):
        return set(self._paths)

    def program(self, name, built):
        """The file to run; built: the folder of what is. m32/NAME is the 32-bit build of NAME,
        lib/NAME no test but a script of the harness.
        """
        if name.startswith("lib/"):
            return os.path.join(self._top, name)
        bits, _, test = name.rpartition("/")
        path = self._paths.get(test)
        if not path:
            raise FileNotFoundError(f"no test called {test} in the folders of {self._top}")
        if path.endswith(".sh"):
            return os.path.join(self._top, path)
        return os.path.join(built, "tests", "vm32" if bits else "vm", path.removesuffix(".c"))
