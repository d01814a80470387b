#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A table of metadata that makes no sense is refused, and its row is named.

. /tests/lib/tap.sh

modprobe -r dmaring_virt
for mistake in type offset align name twice; do
	before=$(dmesg | wc -l)
	modprobe dmaring_virt metadata=1 meta_mistake=$mistake buffers=4 buffer_size=4K \
		width=64 height=1
	is "$(ls /sys/class/dmaring)" "" "no stream with a mistake: $mistake"
	row=ExposureTime
	[ $mistake = twice ] && row=FrameCounter
	like "$(dmesg | tail -n +$((before + 1)))" "metadata field $row.*: " "the row is named: $mistake"
	modprobe -r dmaring_virt
done
modprobe dmaring_virt metadata=1 direction=playback buffers=4 buffer_size=4K width=64 height=1
is "$(ls /sys/class/dmaring)" "" "no playback stream with metadata"
modprobe -r dmaring_virt
modprobe dmaring_virt metadata=1 buffers=4 buffer_size=4K width=64 height=1
is "$(ls /sys/class/dmaring)" "dmaring0" "without a mistake there is one"
done_testing
