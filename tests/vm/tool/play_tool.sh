#!/bin/sh
# SPDX-License-Identifier: MIT
#
# dmaring play, and what the other commands say of a playback stream.  The sink compares
# each byte with the pattern "ramp".

. /tests/lib/tap.sh

dir=/tmp/play_tool
parameters=/sys/module/dmaring_virt/parameters

counter() # NAME
{
	cat "/sys/class/dmaring/dmaring0/stats/$1"
}

# Frame N of the ramp begins with the byte 37 * N, and has 64 bytes, one more each.
frames() # FIRST COUNT
{
	awk -v first="$1" -v count="$2" 'BEGIN {
		for (n = first; n < first + count; n++)
			for (i = 0; i < 64; i++)
				printf "%02x", (37 * n + i) % 256
	}' | xxd -r -p
}

mkdir -p $dir
says 0 "direction +playback" "info" dmaring info
says 0 '"playback": true' "info as JSON" dmaring info --json
says 0 "filled +0 +buffers with frames to send" "stats" dmaring stats
says 1 "is a playback stream.*'dmaring play'" "capture" dmaring capture -n 1
says 1 "playback stream" "view" dmaring view --once
says 2 "name the FILE" "play without a file" dmaring play
says 1 "No such file" "play of a file that is not there" dmaring play $dir/none
says 1 "does not fit a buffer" "frames that are too long" dmaring play --bytes 1000000 /dev/null

frames 0 100 >$dir/file.raw
says 0 "100 frames sent in .*, 0 underruns" "a file" dmaring play --bytes 64 $dir/file.raw
is "$(counter completed)" 100 "each frame was sent"
is "$(cat $parameters/mismatches)" 0 "each byte was right"

frames 100 3 >$dir/file.raw
frames 103 1 | head -c 10 >>$dir/file.raw
is "$(dmaring play -q --bytes 64 - <$dir/file.raw)" "" "the standard input, quietly"
is "$(counter completed)" 104 "a short frame at the end is sent, too"
is "$(counter bytes)" $((103 * 64 + 10)) "as short as it is"
is "$(cat $parameters/mismatches)" 0 "each byte was right"

says 0 "9 frames sent" "a loop that ends" dmaring play --bytes 64 --loop -n 9 $dir/file.raw
is "$(cat $parameters/mismatches)" 9 "what is wrong is seen" ||
	note "frames of a loop have the numbers of its first round"
says 1 "can be read again" "a loop of a pipe" \
	sh -c "cat $dir/file.raw | dmaring play --bytes 64 --loop -"
says 3 "0 frames sent|^$" "no frame, and that matters" dmaring play --strict /dev/null

frames 0 20 >$dir/file.raw
echo 4 >$parameters/discard_every
says 3 "[1-9][0-9]* frames not sent" "a card that gives frames back ends it, too" \
	timeout 60 dmaring play --strict --bytes 64 $dir/file.raw
echo 0 >$parameters/discard_every

says 0 "^50 frames sent, 0 damaged, 0 underruns$" "the example" \
	/examples/play_loop /dev/dmaring0 50

rm -r $dir
done_testing
