#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The simulated grabber: parameters and attributes that cannot be.

. /tests/lib/tap.sh
. /tests/lib/loading.sh

loads dmaring_fgsim

card=/sys/class/dmaring/dmaring0/device

for bad in width=0 height=0 format=TARTAN pattern=tartan; do
	load buffers=2 "$bad"
	no_stream 'must not be 0, a fourcc of .* and ramp, noise,' "$bad"
done
for bad in width=1048577 height=4294967295; do
	load buffers=2 "$bad"
	no_stream 'the card cannot make ' "$bad"
done
load buffers=2 rate=1000001
no_stream 'rate=1000001: must be 0..1000000' "too high a rate"
load buffers=2 buffer_size=64K segment_bytes=255
no_stream 'limit: segments: the card gathers fewer pieces' "too small segments"
load buffers=2 buffer_size=1 segment_bytes=10 width=1 height=1
no_stream 'limit: segments: the card gathers fewer pieces' \
	"too small segments of a buffer that is a page"

load buffers=4 buffer_size=64K segment_bytes=256 rate=1000000 pattern=noise
ok "the largest number of segments, at the highest rate" dmaring capture -q -n 20 --verify
for pair in rate:1000001 rate:-1 rate:quick rate: triggered:2 triggered:perhaps trigger:-1 \
	trigger:now trigger:4294967296 pattern:tartan pattern:copy; do
	was=$(cat $card/rate $card/triggered $card/pattern)
	like "$(put $card/"${pair%:*}" "${pair#*:}")" 'Invalid argument|out of range|too large' \
		"${pair%:*}: '${pair#*:}' is refused"
	is "$(cat $card/rate $card/triggered $card/pattern)" "$was" "and nothing changed"
done
ok "it still captures" dmaring capture -q -n 20 --verify
done_testing
