#!/bin/sh
# SPDX-License-Identifier: MIT
# checkpatch is content, but for what checkpatch.ignore lists with reasons.
. tests/style/lib.sh

kernel_scripts
status=0

check() # WHERE FILE...
{
	ignored=$(awk -v where="$1" '$1 == where { print $2 }' tests/style/checkpatch.ignore |
		paste -sd, -)
	shift
	[ $# -gt 0 ] || return
	perl $KERNEL_SCRIPTS/checkpatch.pl --no-tree --no-summary --terse --strict --show-types \
		--max-line-length=100 --ignore "$ignored" --file "$@" || status=1
	rm -f .checkpatch-camelcase.* # it remembers things where it is started
}

shared='^driver/(uapi/|include/dmaring/pattern\.h)'
trace='^driver/core/trace\.h'
# shellcheck disable=SC2046 # lists of words
{
	check driver $(sources c h | grep '^driver/' | grep -vE "$shared|$trace")
	check shared $(sources c h | grep -E "$shared")
	check trace $(sources h | grep -E "$trace")
	check user $(sources c h | grep -v '^driver/')
}
exit $status
