#!/bin/sh
# SPDX-License-Identifier: MIT
# Every Python file compiles, without a warning.
. tests/style/lib.sh

tool python3
# shellcheck disable=SC2046 # a list of words
python3 -W error - $(scripts_in python3; sources py) <<'END'
import sys
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as source:
        compile(source.read(), path, "exec")
END
