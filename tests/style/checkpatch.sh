#!/bin/sh
# SPDX-License-Identifier: MIT
# checkpatch is content, but for what checkpatch.ignore lists with reasons.
. tests/style/lib.sh

kernel_scripts
top=$PWD
status=0

check() # WHERE FILE...
{
	ignored=$(awk -v where="$1" '$1 == where { print $2 }' tests/style/checkpatch.ignore |
		paste -sd, -)
	shift
	[ $# -gt 0 ] || return
	# It leaves a file where it is started, so not at the top of the tree. Names in
	# the kernel's include/ would not count as CamelCase; there is none here.
	said=$(printf "$top/%s\n" "$@" | (
		mkdir -p $STYLE/linux/include && cd $STYLE/linux &&
			xargs perl scripts/checkpatch.pl --no-tree --root=. --no-summary --terse \
			--typedefsfile="$top/tests/style/checkpatch.types" --strict --show-types --max-line-length=100 --ignore "$ignored" --file
	)) || status=1
	[ -z "$said" ] || echo "$said" | sed "s|^$top/||"
}

shared='^driver/(uapi/|include/dmaring/(pattern|format)\.h|hw/fgsim/regs\.h)'
trace='^driver/core/trace\.h'
played='^tests/unit/core/kernel\.h'
# shellcheck disable=SC2046 # lists of words
{
	check driver $(sources c h | grep '^driver/' | grep -vE "$shared|$trace")
	check trace $(sources h | grep -E "$trace")
	check shared $(sources c h | grep -E "$shared")
	check played $(sources h | grep -E "$played")
	check user $(sources c h | grep -vE "^driver/|$played")
}
exit $status
