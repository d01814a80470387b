#!/bin/sh
# SPDX-License-Identifier: MIT
#
# "dmaring check" finds each defect that a driver has, with the check that is meant for
# it; and nothing in a driver that has none.

. /tests/lib/tap.sh

allow_log 'dmaring_broken.*(completed nothing|stall)'

load() # DEFECT
{
	modprobe -r dmaring_broken 2>/dev/null
	modprobe dmaring_broken buffers=8 buffer_size=4K stall_ms=500 "defect=$1"
}

finds() # DEFECT GROUP REGEX
{
	load "$1"
	said=$(dmaring check --tap --time 2 --timeout 3 --only "$2" 2>&1)
	is $? 1 "$1: exit status"
	like "$said" "^not ok [0-9]+ - $2: $3" "$1: what is found"
}

load none
said=$(dmaring check --tap --strict)
is $? 0 "none: exit status"
is "$(echo "$said" | grep -A 1 '^not ok')" "" "none: nothing is found"
like "$said" '^ok .* - stop: nothing is written after STOP$' "and it was looked at"

finds nameless info 'driver, card and place have names'
finds frame_bytes info 'lines and frames have the bytes'
finds starts_once run 'frames come after each START'
finds forgets run 'frames come after each START'
finds past run 'no frame of before START'
finds short run 'a frame has the bytes'
finds long run 'a frame has the bytes'
finds half run 'all of a frame is written'
finds wrong_content run 'each byte is that of the test pattern'
finds late_write stop 'a frame stays as it is'
finds writes_after_stop stop 'nothing is written after STOP'
finds tells_after_stop stop 'nothing is told of after STOP'
finds backwards time 'each time stamp is later'
finds future time 'no time stamp is of the future'
finds past time 'no time stamp is older'
finds unstamped time 'all frames have the card'
finds overruns_twice starve 'as many are lost as would have come'
finds wakes_nobody consumers 'poll, the eventfd, the ring and ioctl agree'
finds twice trust 'only buffers that are armed'
finds damaged trust 'no frame was damaged'
finds falls_silent trust 'the card never fell silent'

# What the core cannot refuse: it believes what a driver says that it has done.
finds promises_format format 'the smallest and the largest of each row can be had'
finds tries_for_real format 'to try changes nothing'
finds set_is_not_try format 'what is set is what was tried'
finds format_stays format 'frames have the format that was set'
finds slows_down format 'a rate that is set is that of the frames'
finds ignores_rate format 'a rate that is set is that of the frames'
finds reads_beyond control 'each has a value that it can have'
finds reads_between control 'each has a value that it can have'
finds reads_nothing control 'each has a value that it can have'
finds endless_text control 'each has a value that it can have'
finds promises_value control 'least, greatest and default value can be set'
finds never_set control 'least, greatest and default value can be set'
done_testing
