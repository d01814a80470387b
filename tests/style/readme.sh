#!/bin/sh
# SPDX-License-Identifier: MIT
# What the READMEs show to be copied compiles, and what they link to is there.
#
# A block of C is a program, if it has a main(), or else a hardware driver. A block
# of make is the driver's Kbuild.
. tests/style/lib.sh

tool gcc
folder=$STYLE/readme
card=$folder/driver/hw/my_card
documents=$(find . -path ./build -prune -o -name '*.md' -print)
status=0
rm -rf "$folder"
mkdir -p "$folder"
cp -r driver "$folder"
mkdir "$card"

# shellcheck disable=SC2086 # a list of words
awk -v folder="$folder" '
	/^```/ && !kind { kind = substr($0, 4) " "; n++; next }
	/^```$/ { kind = "" }
	kind == "c " { print > (folder "/" n ".c") }
	kind == "make " { print > (folder "/driver/hw/my_card/Kbuild") }
' $documents

for block in "$folder"/*.c; do
	if grep -q '^int main(' "$block"; then
		gcc -std=gnu11 -Wall -Wextra -Werror -fsyntax-only \
			-Idriver/uapi -Iuserlib/include "$block" || status=1
	elif [ -e "$card/my_card.c" ]; then
		echo "a second block of C is no program: there is one driver to build"
		status=1
	else
		mv "$block" "$card/my_card.c"
	fi
done

echo 'obj-m += hw/my_card/' >>"$folder/driver/Kbuild"
make -s -C "$(scripts/kver dir 2>/dev/null)" M="$PWD/$folder/driver" W=1 KCFLAGS=-Werror \
	CONFIG_DEBUG_INFO_BTF_MODULES= modules || status=1

for document in $documents; do
	grep -o '](\([^)#:]*\))' "$document" | sed 's/^](//; s/)$//' |
		while read -r target; do
			[ -e "${document%/*}/$target" ] || echo "$document links to $target"
		done
done >"$folder/dangling"
cat "$folder/dangling"
[ ! -s "$folder/dangling" ] || status=1
exit $status
