# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# What style checks share. A check is a program that runs at the top of the
# tree, prints what it finds and fails if that is anything; 77 means that it
# could not look, and its last line why.

STYLE=build/style
KERNEL_SCRIPTS=$STYLE/linux/scripts

skip() # REASON
{
	echo "$*"
	exit 77
}

tool() # COMMAND: skip without it
{
	command -v "$1" >/dev/null || skip "no $1 here"
}

# All files of ours with one of these suffixes, given without the dot.
sources() # SUFFIX...
{
	for suffix in "$@"; do
		find driver userlib examples tests scripts -name "*.$suffix" -type f 2>/dev/null
	done | sort
}

# All files of ours whose first line names this interpreter.
scripts_in() # INTERPRETER
{
	find .ci tests scripts -type f -exec \
		awk -v interpreter="$1" \
		'FNR == 1 && /^#!/ && $0 ~ "[/ ]" interpreter "( |$)" { print FILENAME }' {} +
}

# checkpatch and kernel-doc come with the kernel's sources, not with its headers.
kernel_scripts()
{
	tool perl
	[ ! -e $KERNEL_SCRIPTS/kernel-doc ] || return 0
	for archive in /usr/src/linux-source-*.tar.*; do :; done
	[ -e "$archive" ] || skip "no kernel sources in /usr/src"
	partial=$STYLE/linux.$$
	mkdir -p $partial
	tar -xf "$archive" -C $partial --strip-components=1 --occurrence=1 --wildcards \
		"*/scripts/checkpatch.pl" "*/scripts/const_structs.checkpatch" \
		"*/scripts/kernel-doc" "*/scripts/spelling.txt"
	# Another check may be doing the same: the first one wins.
	mv -T $partial $STYLE/linux 2>/dev/null || rm -rf $partial
}

# Build everything into a folder of its own, so that nothing is already built.
build_all() # NAME MAKE-ARGUMENTS...
{
	name=$1
	shift
	rm -rf "${STYLE:?}/$name"
	make -s BUILD="$STYLE/$name" "$@"
}

# The same for the driver.
driver_by() # COMPILER
{
	rm -rf "${STYLE:?}/$1-driver"
	tests/style/driver-by "$1" "$STYLE/$1-driver"
}
