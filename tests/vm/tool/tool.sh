#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The dmaring command on a real stream: what it shows and writes, what it says
# and returns when something is wrong.

. /tests/lib/tap.sh

dir=/tmp/tool
card=/sys/class/dmaring/dmaring0
address=$(basename "$(readlink $card/device)")
driver=$(readlink -f $card/device/driver)

# shellcheck disable=SC2317 # called by says()
as_nobody() # COMMAND...
{
	su -s /bin/sh nobody -c "$*"
}

size_of() # FILE
{
	stat -c %s "$1"
}

echo 32x32 >$card/format

# ------------------------------------------------------------- which stream
says 0 "^/dev/dmaring0 +$address +${driver##*/} +stopped +32x32 GREY +[^ ]" "list" dmaring list
says 0 "\"bus\": \"$address\"" "list as JSON" dmaring list --json
says 0 '"device": "/dev/dmaring0"' "the only stream needs no name" dmaring stats --json
says 0 '"device": "/dev/dmaring0"' "its address is one" dmaring stats --json "$address"
says 0 '"device": "/dev/dmaring0"' "also for info" dmaring info --json "$address"
says 1 "no such stream; there are: /dev/dmaring0 \\($address\\)" "an address without a stream" \
	dmaring stats 0000:ff:00.0
# As udev makes it.
mkdir -p /dev/dmaring/by-path
ln -s ../../dmaring0 "/dev/dmaring/by-path/$address"
says 0 '"frames": *2' "a link to it is a name, too" \
	dmaring capture -q -n 2 --json "/dev/dmaring/by-path/$address"
is "$(dmaring list | wc -l)" 1 "the folder of links is no stream"
rm -r /dev/dmaring

# ------------------------------------------------------------------ info, stats
says 0 "$address" "info" dmaring info
says 0 "${driver##*/}" "info of one device" dmaring info /dev/dmaring0
says 0 "${driver##*/}" "info by number" dmaring info 0
says 0 '^\{.*"buffer_size": *65536.*\}$' "info as JSON" dmaring info --json
says 0 'consumers +0 of at most 16' "nobody is attached" dmaring info
says 0 'viewers +have reserved 0 of at most 5' "nor looks on" dmaring info
says 0 '"viewer_reserved": 0, "viewer_buffers": 5' "the same as JSON" dmaring info --json
says 0 'buffer 7 +offset 0x' "info with buffers" dmaring info --buffers
says 0 '"bus_addr": *[1-9]' "bus addresses for root" dmaring info --buffers --json
says 0 'produced +[0-9]' "stats" dmaring stats
says 0 '"overruns": *[0-9]' "stats as JSON" dmaring stats --json
says 0 'produced.*produced.*produced' "stats, again and again" \
	sh -c 'timeout -s INT 3 dmaring stats --watch 1 --json | tr "\n" " "'

# ------------------------------------------------------------------------- peek
if [ "${driver##*/}" = dmaring_edu ]; then
	says 0 'region 0 +registers, 128 B: read, 4 bytes at a time' "what can be looked at" \
		dmaring peek
	says 0 'region 1 +buffer, .*: read prefetchable' "the same in info" dmaring info
	says 0 '"regions": \[\{"index": 0, "name": "registers", "length": 128' "and as JSON" \
		dmaring info --json
	says 0 '^00000000  ed 00 00 01 ' "the card's identification" dmaring peek registers
	is "$(dmaring peek 0 registers 0x0 4)" "$(dmaring peek dmaring0 0 0 4)" "by number, too"
	is "$(dmaring peek registers 1 2 | head -n 1 | cut -c 1-16)" "00000001  00 00 " \
		"a part of a register"
	says 0 '^00000ff8$' "the card's buffer" dmaring peek buffer
	says 2 'registers has 128 bytes, 28 from there on' "more than there is" \
		dmaring peek registers 100 29
	says 1 'there is no such region' "another name" dmaring peek doorbell
	dmaring capture -q >/dev/null & capture=$!
	until dmaring info | grep -q 'state *running'; do sleep 0.1; done
	says 1 'the card sleeps or has other things to do' "the buffer of a card that runs" \
		dmaring peek buffer
	says 0 '^00000000  ed 00 00 01 ' "its registers" dmaring peek "$address" registers
	kill -INT $capture
	wait $capture
else
	says 0 'offers no regions' "nothing can be looked at" dmaring peek
	says 0 '"regions": \[\]' "nor in info" dmaring info --json
fi

for command in info stats "stats --watch 1" "capture -n 1" "view --once" --help --version; do
	says 1 'standard output: No space left on device' "$command into a full disk" \
		sh -c "dmaring $command >/dev/full"
done

# ---------------------------------------------------------------------- capture
says 0 'frames +5 in .*lost +0.*corrupt +0' "capture of five frames" \
	sh -c 'dmaring capture -n 5 --verify 2>&1 | tr "\n" " "'
says 0 '"frames": *3.*"corrupt": *0.*"complete": *true' "its summary as JSON" \
	dmaring capture -q -n 3 --verify --json
says 0 '"complete": *true' "capture for a time" dmaring capture -q -t 2 --json
says 0 '"frames": *4' "capture read-only" dmaring capture -q -n 4 --read-only --verify --json
says 0 '"frames": *4' "capture of the latest" \
	dmaring capture -q -n 4 --policy latest --depth 2 --max-held 2 --verify --json
says 0 '"frames": *6.*"lost": *0.*"corrupt": *0' "capture with a watermark" \
	dmaring capture -q -n 6 --watermark 3 --verify --json
says 0 '"frames": *3' "capture with a watermark that is never reached" \
	dmaring capture -q -n 3 --watermark 8 --watermark-time 1 --verify --json
says 0 '"frames": *2' "capture of the latest, two at a time" \
	dmaring capture -q -n 2 --read-only --depth 2 --watermark 2 --json
says 0 '^$' "quiet" dmaring capture -q -n 1

rm -rf $dir
says 0 '' "capture to raw files" dmaring capture -q -n 3 -o $dir
is "$(find $dir -name 'frame-*.raw' | wc -l)" 3 "there are three files"
like "$(sed -n 2p $dir/index.csv)" '^[0-9]+,[0-9]+,1024,,0,0,frame-[0-9]+.raw$' "and an index of them"
for file in "$dir"/frame-*; do
	is "$(size_of "$file")" 1024 "each has a frame: ${file##*/}"
done
says 1 'frames of another capture' "the same directory again" dmaring capture -q -n 1 -o $dir
says 0 '' "the same with --overwrite" dmaring capture -q -n 1 -o $dir --overwrite
rm -rf $dir
echo 33x31 >$card/format
says 0 '' "capture to PNG files" dmaring capture -q -n 2 -o $dir --format png
for file in "$dir"/frame-*; do
	is "$(head -c 8 "$file" | hexdump -e '8/1 "%02x"')" 89504e470d0a1a0a "${file##*/} is a PNG"
done
echo 32x32 >$card/format
rm -rf $dir

# In a row.
is "$(dmaring capture -q -n 3 -o - | wc -c)" $((3 * 1024)) "three frames through a pipe"
closed=$( ( (dmaring capture -q -n 1000 -o -; echo "status $?" >&2) | head -c 1024 >/dev/null) 2>&1)
like "$closed" 'standard output: its reader has gone, after [0-9]+ frames$' "a pipe that is closed"
like "$closed" '^status 1$' "which is an error"
says 0 '"frames": *4' "capture into one file" \
	dmaring capture -q -n 4 -o /tmp/row.raw --json --verify
is "$(size_of /tmp/row.raw)" $((4 * 1024)) "which has four frames"
is "$(wc -l </tmp/row.raw.csv)" 5 "and an index"
says 1 'there is such a file' "the same file again" dmaring capture -q -n 1 -o /tmp/row.raw
says 0 '' "the same with --overwrite" dmaring capture -q -n 1 -o /tmp/row.raw --overwrite
is "$(size_of /tmp/row.raw)" 1024 "which has one frame now"
says 1 'No space left' "a full disk" dmaring capture -q -n 1 -o /dev/full
dmaring capture -q -t 20 -o $dir &
first=$!
while [ ! -s $dir/index.csv ]; do
	sleep 0.1
done
says 1 'another capture is writing' "two captures into one directory" \
	dmaring capture -q -n 1 -o $dir --overwrite
kill $first
wait $first
rm -rf $dir /tmp/row.raw*

# Frames that are not as they should be, from a source that can make such.
faults=/sys/module/dmaring_virt/parameters
if [ -e $faults/error_every ]; then
	echo 2 >$faults/error_every
	says 0 'frame [0-9]+ is damaged' "damaged frames are told" dmaring capture -q -n 4
	says 3 'not all frames are good: 2 damaged' "and fail a strict capture" \
		dmaring capture -q -n 4 --strict
	says 3 'not all frames are good: 2 damaged' "and a recording" \
		dmaring capture -q -n 4 -o $dir
	is "$(find $dir -name 'frame-*.raw' | wc -l)" 4 "which has them nevertheless"
	rm -rf $dir
	echo 0 >$faults/error_every
	echo 4 >$faults/overrun_every
	says 3 '^advice +overruns: ' "after losses there is advice" dmaring capture -n 12 --strict
	echo 0 >$faults/overrun_every
	echo 1 >$faults/stall
	says 3 'no frame came' "no frame fails a strict capture" dmaring capture -q -t 1 --strict
	says 0 'frames +0 in' "and no other" dmaring capture -t 1
	echo 0 >$faults/stall
fi

# ------------------------------------------------------------------------- view
block=$(printf '\342\226\200')
says 0 "$block" "one frame goes anywhere" dmaring view --once
says 0 'frame [0-9]+  32x32  /dev/dmaring0$' "with a line about it" dmaring view --once --timeout 60
# Every frame fits: 32 by 32 pixels are 20 by 20 in 11 lines, one of them the status.
is "$(COLUMNS=20 LINES=11 dmaring view --once | grep -c "$block")" 10 "in lines as given"
is "$(COLUMNS=20 LINES=11 dmaring view --once | head -n 1 | grep -o "$block" | wc -l)" 20 \
	"and columns"
says 0 '38;2;' "in 24-bit colours" env COLORTERM=truecolor dmaring view --once
says 0 '38;5;' "or a palette's" env COLORTERM= TERM=xterm-256color dmaring view --once
says 2 'no terminal' "live only in a terminal" dmaring view
# A terminal: a virtual console, whose screen can be read. Since Linux 7.0 what it showed
# before comes back in the end, so look at it while there are frames.
TERM=linux setsid dmaring view -n 100 </dev/tty2 >/dev/tty2 2>/tmp/view.log &
status=
while kill -0 $! 2>/dev/null && [ -z "$status" ]; do
	sleep 0.1
	status=$(grep -oE 'lost [0-9]+ \([0-9]+ overruns, [0-9]+ drops\)  latency' /dev/vcs2)
done
wait $!
is "$?$(cat /tmp/view.log)" 0 "frames in a terminal"
like "$status" 'lost .* latency' "with a status"

TERM=linux setsid dmaring stats --watch 1 </dev/tty2 >/dev/tty2 2>/tmp/watch.log &
status=
while kill -0 $! 2>/dev/null && [ -z "$status" ]; do
	sleep 0.1
	status=$(grep -oE '/dev/dmaring0  stopped .*\(q quits\)' /dev/vcs2)
done
kill $!
wait $!
is "$?$(cat /tmp/watch.log)" 0 "counters in a terminal"
like "$status" 'stopped' "with a title"

# ---------------------------------------------------------------------- signals
says 0 'complete": *true' "an endless capture ends well with SIGINT" \
	timeout -s INT 3 dmaring capture -q --json
says 130 'complete": *false' "one of 1000 frames does not" \
	timeout -s INT 3 dmaring capture -q -n 1000 --json
says 143 'complete": *false' "nor with SIGTERM" \
	timeout -s TERM 3 dmaring capture -q -n 1000 --json
says 129 'complete": *false' "nor with SIGHUP" \
	timeout -s HUP 3 dmaring capture -q -n 1000 --json
says 131 'complete": *false' "nor with SIGQUIT" \
	timeout -s QUIT 3 dmaring capture -q -n 1000 --json
is "$(cat $card/stats/idle)" "$(cat $card/pool/buffers)" "all buffers are back"

# ------------------------------------------------------------------ bad commands
says 2 'usage' "no command" dmaring
says 2 "no command 'cature'.*'capture'" "a command mistyped" dmaring cature
says 2 "no command 'xyzzy'" "a command made up" dmaring xyzzy
says 0 'usage' "help" dmaring --help
says 0 'usage' "help as a command" dmaring help
says 0 '^dmaring [0-9]+\.[0-9]+' "version" dmaring --version
says 0 '^dmaring [0-9]+\.[0-9]+' "version as a command" dmaring version
for command in list info capture view stats help version; do
	says 0 'usage' "$command --help" dmaring $command --help
	says 0 "usage: dmaring $command" "help $command" dmaring help $command
	says 2 'nonsense' "$command with an unknown option" dmaring $command --nonsense
done
for number in 0 -1 x 1x '' 99999999999999999999999; do
	says 2 "'$number'|$number" "capture of '$number' frames" dmaring capture -n "$number"
done
says 2 'exclude' "frames and a time" dmaring capture -n 1 -t 1
says 2 'exclude' "read-only and lossless" dmaring capture --read-only --policy lossless
says 2 'depth' "a watermark above the depth" \
	dmaring capture --read-only --depth 2 --watermark 3
says 2 'watermark' "a watermark's time alone" dmaring capture --watermark-time 5
says 1 'options do not fit the pool' "a watermark above the pool" \
	dmaring capture -n 1 --watermark 9
says 1 'viewer_buffers=' "more than viewers may have" \
	dmaring capture -n 1 --read-only --depth 3 --max-held 3
says 2 'exclude' "one frame, and some frames" dmaring view --once -n 3
says 2 'only one' "two devices to view" dmaring view --once 0 1
says 1 'dmaring9' "to view a device that does not exist" dmaring view --once 9
says 2 'must be one of' "an unknown policy" dmaring capture --policy greedy
says 2 'must be one of' "an unknown file format" dmaring capture -o $dir --format jpeg
says 2 'only one' "two devices" dmaring capture 0 1
says 1 'dmaring9' "a device that does not exist" dmaring capture -n 1 /dev/dmaring9
says 1 '/dev/null' "a device that is no stream" dmaring capture -n 1 /dev/null
says 1 'directory' "a directory that cannot be made" dmaring capture -n 1 -o /nowhere/at/all
says 1 '/proc/version' "a directory that is a file" dmaring capture -n 1 -o /proc/version
is "$(cat $card/stats/held)" 0 "nothing is held after all that"

# ------------------------------------------------------------------- who may not
says 1 'ermission' "a user without the right" as_nobody dmaring capture -n 1
chmod 644 /dev/dmaring0
says 0 "${driver##*/}" "a user who may read sees the stream" as_nobody dmaring info
says 0 '"bus_addr": *null' "but no bus address" as_nobody dmaring info --buffers --json
says 0 '"frames": *2' "and may look on" \
	as_nobody dmaring capture -q -n 2 --read-only --verify --json
says 0 "$block" "in a terminal, too" as_nobody dmaring view --once
chmod 600 /dev/dmaring0

# ---------------------------------------------------------------------- together
dmaring capture -q -t 10 --strict --verify >/tmp/first 2>&1 &
first=$!
sleep 1
says 0 'running' "info while one captures" dmaring info
says 0 'consumers +1 of' "it is the consumer" dmaring info
says 0 'produced' "stats while it captures" dmaring stats
says 0 "^ +0 +$first +lossless +running " "stats show who it is" dmaring stats
says 0 "\"attached\": \\[\\{\"consumer\": 0, \"pid\": $first, .*\"running\": true" \
	"and as JSON" dmaring stats --json
says 0 "dmaring_consumer_held_buffers\\{device=\"dmaring0\",consumer=\"0\",pid=\"$first\",process=\"dmaring\",policy=\"lossless\"\\} [0-9]" \
	"and as metrics" dmaring stats --openmetrics
says 0 'dmaring_produced_frames_total\{device="dmaring0"\}' \
	"of the stream that is named by its number" dmaring stats --openmetrics 0
says 0 "consumer 0 \\(pid $first, lossless, running\\): taken [0-9]+ \\([0-9.]+/s\\)" \
	"and what it takes a second" timeout -s INT 3 dmaring stats --watch 1
says 0 '"frames": 2,.*"corrupt": 0' "another captures, too" \
	dmaring capture -q -n 2 --verify --json
says 0 "$block" "and another looks on" dmaring view --once
dmaring capture -q -t 2 --read-only --max-held 4 &
second=$!
sleep 1
says 0 'have reserved 5 of' "a viewer reserves buffers" dmaring info
says 0 'viewer_reserved +5 ' "says stats" dmaring stats
says 1 'viewer_buffers=' "so the next viewer has to wait" dmaring view --once
wait $second
says 0 "$block" "until it is gone" dmaring view --once
wait $first
is $? 0 "and the first has lost nothing" || note "$(cat /tmp/first)"

# ------------------------------------------------------------------------- gone
dmaring capture -q --verify >/tmp/gone 2>&1 &
capture=$!
sleep 1
echo "$address" >"$driver/unbind"
wait $capture
is $? 1 "a card that goes away ends the capture"
like "$(cat /tmp/gone)" 'gone' "with a sentence"
says 1 'no stream' "info without any stream" dmaring info
says 0 'dmaring_streams 0' "metrics of none are no error" dmaring stats --openmetrics
for command in list "capture -n 1" "view --once" stats; do
	# shellcheck disable=SC2086 # a list of words
	says 1 'no stream' "$command without any stream" dmaring $command
done
echo "$address" >"$driver/bind"
echo 32x32 >$card/format
says 0 '' "and when it is back, everything works" dmaring capture -q -n 2 --verify
done_testing
