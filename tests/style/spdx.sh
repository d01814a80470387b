#!/bin/sh
# SPDX-License-Identifier: MIT
# Every file says under which licence it is.
. tests/style/lib.sh

unmarked=$(find .ci driver userlib examples tests scripts Makefile .gitignore .clang-format \
	-type f ! -name '*.png' -exec grep -L "SPDX-License-Identifier: " {} +)
[ -z "$unmarked" ] || {
	echo "no SPDX-License-Identifier in:"
	echo "$unmarked"
	exit 1
}
