#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The library puts no name into a program but those that it exports.

top=$(cd "$(dirname "$0")/../../.." && pwd) || exit
. "$top/tests/lib/tap.sh"

exported=$(sed -n 's/^\t\t\(dmaring_[a-z_]*\);$/\1/p' "$top/userlib/libdmaring.map" | sort)
declared=$(sed -n '/^DMARING_API/s/.*\(dmaring_[a-z_]*\)(.*/\1/p' \
	"$top/userlib/include/libdmaring.h" | sort)
archive=$(nm -g --defined-only "$top/build/lib/libdmaring.a" | awk 'NF == 3 { print $3 }' | sort)

is "$declared" "$exported" "libdmaring.map exports what libdmaring.h declares"
is "$archive" "$exported" "libdmaring.a defines these, and nothing else"
done_testing
