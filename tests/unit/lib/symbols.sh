#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The libraries put no name into a program but those that they export.

top=$(cd "$(dirname "$0")/../../.." && pwd) || exit
. "$top/tests/lib/tap.sh"

check_library() # NAME
{
	exported=$(sed -n 's/^\t\t\(dmaring_[a-z_]*\);$/\1/p' "$top/userlib/$1.map" | sort)
	declared=$(sed -n '/^\(DMARING_API\|dmaring_\)/s/.*\(dmaring_[a-z_]*\)(.*/\1/p' \
		"$top/userlib/include/$1.h" | sort)
	archive=$(nm -g --defined-only "$top/build/lib/$1.a" | awk 'NF == 3 { print $3 }' | sort)

	is "$declared" "$exported" "$1.map exports what $1.h declares"
	is "$archive" "$exported" "$1.a defines these, and nothing else"
}

check_library libdmaring
check_library libdmaring-record
done_testing
