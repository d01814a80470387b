#!/bin/sh
# SPDX-License-Identifier: MIT
#
# /sys/class/dmaring/dmaringN: what it shows, what can be written and what not.

. /tests/lib/tap.sh

card=/sys/class/dmaring/dmaring0

refused() # ATTRIBUTE TEXT COMPLAINT
{
	was=$(cat $card/"$1")
	like "$(put $card/"$1" "$2")" "$3" "$1: '$2' is refused: $3"
	is "$(cat $card/"$1")" "$was" "and nothing changed"
}

for file in pool/asked pool/asked_size pool/buffers pool/buffer_size pool/limit pool/alloc_ns \
	stats/produced stats/completed stats/overruns stats/errors stats/bad_completions \
	stats/bad_releases stats/stalls stats/starts stats/bytes stats/idle stats/armed \
	stats/held stats/quarantined stats/absent; do
	is "$(stat -c %a $card/$file)" 444 "$file can be read by everybody and written by nobody"
	like "$(cat $card/$file)" '^[a-z0-9_]+$' "$file shows one value"
done
is "$(stat -c %a $card/format)" 644 "the format can be set by root only"
is "$(stat -c %a $card/device/pattern)" 644 "so can the pattern"
like "$(stat -c %a /dev/dmaring0)" '^6[06]0$' "the device node is not for everybody"

# -------------------------------------------------------------------- format
is "$(put $card/format 48x16)" "" "a format can be set"
like "$(cat $card/format)" '^48x16 GREY$' "and is shown"
is "$(printf 32x32 >$card/format; cat $card/format)" "32x32 GREY" "without a line end, too"
for text in '' x 32 32x x32 -1x5 5x-1 32x32x32 '32x32 ' '32 x 32' 0x0 0x32 32x0 \
	99999999999x1 4294967297x32 1x4294967296 32y32 GREY; do
	refused format "$text" 'Invalid argument'
done
for text in 8193x1 1x8193 4294967295x1; do
	refused format $text 'Numerical result out of range'
done
refused format 8192x8192 'Message too long'
refused device/pattern tartan 'Invalid argument'
refused device/pattern '' 'Invalid argument'
for pattern in zone noise ramp; do
	put $card/device/pattern $pattern
	is "$(cat $card/device/pattern)" $pattern "pattern $pattern"
done

# ------------------------------------------------------------- while it runs
dmaring capture -q -t 20 --verify &
capture=$!
sleep 2
refused format 16x16 'Device or resource busy'
like "$(put $card/device/pattern zone)" '^$' "the pattern may change at any time"
sum=$(($(cat $card/stats/idle) + $(cat $card/stats/armed) + $(cat $card/stats/held)))
ok "buffers have a state each" [ $sum -ge $(($(cat $card/pool/buffers) - 2)) ]
wait $capture
is $? 0 "the capture was not disturbed"
is "$(cat $card/stats/idle)" "$(cat $card/pool/buffers)" "then all buffers are idle"
is "$(cat $card/stats/armed) $(cat $card/stats/held) $(cat $card/stats/quarantined)" "0 0 0" \
	"and none is anything else"
is "$(put $card/format 16x16)" "" "and the format can be set again"
put $card/format 32x32
put $card/device/pattern ramp

# -------------------------------------------------------------------- device
ok "the stream knows its card" [ -e $card/device/vendor ]
is "$(cat $card/device/vendor) $(cat $card/device/device)" "0x1234 0x11e8" "which is an edu"
like "$(cat $card/uevent)" '^DEVNAME=dmaring0$' "udev learns the name of the node"
like "$(cat /sys/module/dmaring_edu/parameters/buffer_size)" '^[0-9]+$' "parameters can be read"
done_testing
