#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The source without a card: parameters that cannot be, and several instances.

. /tests/lib/tap.sh
. /tests/lib/loading.sh

loads dmaring_virt

for instances in 0 17 4294967295; do
	fails "instances=$instances is refused" load instances=$instances
	no_stream "instances=$instances: must be 1..16" "instances=$instances"
done
for bad in width=0 height=0 channels=0 format=TARTAN format= pattern=tartan pattern=copy; do
	load buffers=2 "$bad"
	no_stream 'must not be 0, a fourcc of .* and ramp, noise, zone or off' "$bad"
done
for bad in width=65537 height=4294967295 channels=2 format=S16; do
	load buffers=2 "$bad"
	no_stream 'the card cannot make ' "$bad"
done
fails "a rate that is no number is refused" load rate=quick
fails "a direction that is none is refused" load direction=up
for bad in rate=2000000:0..1000000 burst=0:1..128 burst=129:1..128 jitter_percent=101:0..100; do
	fails "${bad%:*} is refused" load buffers=2 "${bad%:*}"
	no_stream "${bad%:*}: must be ${bad#*:}" "${bad%:*}"
done

# Each has a stream and a pool of its own.
for bad in limit_align=3 limit_align=8192 "limit_align=8 limit_segment_bytes=12" \
	limit_boundary=5000 "limit_align=64 limit_boundary=32"; do
	# shellcheck disable=SC2086 # two parameters
	load buffers=2 buffer_size=4K $bad
	no_stream 'limits of the card make no sense' "$bad"
done
load buffers=2 buffer_size=64K limit_segment_bytes=32
no_stream 'limit: segments: the card gathers fewer pieces' "pieces that are too small"
for hertz in 1 1000000 4000000000; do
	load buffers=4 buffer_size=4K rate=200 clock_hertz=$hertz
	ok "a counter of $hertz Hz" dmaring capture -q -n 5 --verify
done
load buffers=2 buffer_size=4K clock_hertz=1000000000 clock_bits=31
no_stream 'must not begin anew within 4 s' "a counter that begins anew too soon"
load buffers=9 buffer_size=4K limit_buffers=7 rate=200
is "$(show buffers) $(show limit)" "7 count" "no more buffers than the card knows"
load instances=3 buffers=8 buffer_size=4K rate=200 pattern=noise
for number in 0 1 2; do
	dmaring capture -q -n 100 --verify --strict /dev/dmaring$number &
	eval "capture$number=$!"
done
for number in 0 1 2; do
	eval "wait \$capture$number"
	is $? 0 "stream $number, while the others run"
	is "$(cat /sys/class/dmaring/dmaring$number/pool/buffers)" 8 "with buffers of its own"
done

like "$(dmaring stats 2>&1)" 'several streams.* /dev/dmaring0 \(dmaring_virt\.0\), /dev/dmaring1 ' \
	"with several streams one must be named"
like "$(dmaring stats --json dmaring_virt.1)" '"device": "/dev/dmaring1"' "the name of its device will do"
is "$(dmaring list | wc -l)" 3 "all of them are listed"

load instances=16 buffers=1 buffer_size=4K
is "$(find /dev -name 'dmaring*' | wc -l)" 16 "sixteen of them"
echo dmaring_virt.7 >/sys/bus/platform/drivers/dmaring_virt/unbind
is "$(find /dev -name 'dmaring*' | wc -l)" 15 "one can go"
echo dmaring_virt.7 >/sys/bus/platform/drivers/dmaring_virt/bind
is "$(find /dev -name 'dmaring*' | wc -l)" 16 "and come back"
unload
is "$(find /dev -name 'dmaring*' | wc -l)" 0 "and all go with the driver"

load buffers=1 buffer_size=4K rate=200
like "$(dmaring view --once 2>&1)" 'needs 2 buffers, and 0 of the 0 .* larger buffers=' \
	"with a single buffer there is no viewer, and it is said why"

load buffers=2 buffer_size=4K rate=200
ok "after all that a good one" [ -e /dev/dmaring0 ]
ok "a viewer makes do with one of two buffers" \
	dmaring capture -q --read-only -n 50 --verify
ok "and so does a recorder beside it" sh -c \
	'dmaring capture -q --read-only -t 30 & dmaring capture -q -n 100 --verify; kill $!; wait'
like "$(dmaring capture -q --read-only -n 1 --max-held 2 2>&1)" \
	'needs 3 buffers, and 1 of the 1 .* larger viewer_buffers=' \
	"a viewer that wants more is told what it needs"
done_testing
