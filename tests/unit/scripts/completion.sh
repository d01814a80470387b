#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What bash completes after "dmaring".
# shellcheck disable=SC2034 # what bash gives to the function

top=$(cd "$(dirname "$0")/../../.." && pwd) || exit
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"

# No card is there; the words and options are those of the command.
dmaring()
{
	if [ "$1 $2" != "controls --list-names" ]; then
		"$top/build/bin/dmaring" "$@"
	elif [ "${3:-/dev/dmaring0}" = /dev/dmaring0 ]; then
		printf '%s\n' ExposureTime Gain
	else
		echo TestPattern
	fi
}

# shellcheck source=scripts/packaging/dmaring.bash-completion
. "$top/scripts/packaging/dmaring.bash-completion"

complete_after() # WORD...: the last one is begun
{
	COMP_WORDS=(dmaring "$@")
	COMP_CWORD=$#
	COMPREPLY=()
	_dmaring
	echo "${COMPREPLY[*]}"
}

is "$(complete_after cap)" capture "a word"
like " $(complete_after '') " ' capture .* set .* version ' "all words"
is "$(complete_after help ve)" "verify version" "what help tells of"
like " $(complete_after capture --w) " ' --watermark --watermark-time ' "options of a word"
is "$(complete_after record --crc)" "--crc --crc32c" "also those with digits"
is "$(complete_after list --w)" "" "another has none of these"
is "$(complete_after set Ex)" ExposureTime= "a control, of which the value follows"
is "$(complete_after set ExposureTime=3 G)" Gain= "one more"
is "$(complete_after set /dev/dmaring7 T)" TestPattern= "of the device that is named"
done_testing
