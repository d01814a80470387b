#!/bin/sh
# SPDX-License-Identifier: MIT
# mandoc has nothing to say about the man pages.
. tests/style/lib.sh

tool mandoc
pages=$(sources 1 3 4 5 7)
[ "$pages" ] || skip "no man pages yet"
# shellcheck disable=SC2086 # a list of words
mandoc -T lint -W warning $pages
