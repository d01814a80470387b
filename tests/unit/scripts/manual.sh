#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The manual has each option that the command itself tells of, and no other: in the
# synopsis of each word, and in the section that describes it.

top=$(cd "$(dirname "$0")/../../.." && pwd) || exit
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"
page=${1:-$top/userlib/man/dmaring.1}

words()
{
	"$top/build/bin/dmaring" help | sed -n 's/^  \([a-z]*\) .*/\1/p'
}

told() # WORD: its options, each as the manual spells it in a synopsis
{
	"$top/build/bin/dmaring" help "$1" |
		sed -nE 's/^  -(.), --.*/\1/p; s/^      -(-[a-z0-9-]+).*/\1/p' | grep -vx h | sort
}

synopsis() # WORD
{
	awk -v word="$1" '
		/^\.Sh/ { inside = $2 == "SYNOPSIS"; mine = 0 }
		inside && $1 == ".Nm" { mine = 0 }
		inside && $1 == ".Cm" { mine = $2 == word }
		inside && mine {
			for (i = 1; i < NF; i++)
				if ($i == "Fl" || $i == ".Fl")
					print $(i + 1)
		}' "$page" | sort -u
}

described() # WORD: options in its section, long where there are two
{
	awk -v word="$1" '
		/^\.S[sh]/ { mine = $1 == ".Ss" && $3 == word }
		mine && $1 == ".It" && $2 == "Fl" { print $3 }' "$page" | sort -u
}

for word in $(words); do
	is "$(synopsis "$word" | paste -sd' ')" "$(told "$word" | paste -sd' ')" \
		"the synopsis of $word"
	[ -z "$(told "$word")" ] || is "$(described "$word" | paste -sd' ')" \
		"$(told "$word" | paste -sd' ')" "the section on $word"
done
done_testing
