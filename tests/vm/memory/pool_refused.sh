#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A pool that cannot be: no stream, nothing kept, and the log says why.

. /tests/lib/tap.sh
. /tests/lib/loading.sh

load buffers=0 reserve_mib=100000
no_stream 'pool: 0 buffers.*limit: cap: lower reserve_mib' "a reserve of all memory"

load min_buffers=60000
no_stream 'pool: [0-9]+ buffers of 4096 KiB can be had, 60000 are needed; limit: ' "too few buffers"

load buffers=2 min_buffers=3
no_stream 'min_buffers=3 is more than buffers=2' "contradictory parameters"

load buffer_size=0
no_stream 'buffer_size=0: must be' "a size of nothing"

load buffer_size=512
no_stream 'buffer_size=512: a frame has 1024 bytes; raise buffer_size=' "buffers smaller than a frame"

for size in junk 4Q -1 99999999999999 ''; do
	fails "buffer_size='$size' is refused" load buffer_size="$size"
done
for bits in 0 8 65 4000000000; do
	load dma_bits=$bits
	no_stream "dma_bits=$bits: no such DMA mask" "dma_bits=$bits"
done
for bad in width=0 height=0 width=8193 pattern=tartan; do
	load buffers=2 "$bad"
	no_stream 'must be 1..8192, 1..8192 and ramp, noise or zone' "$bad"
done

load buffers=8 buffer_size=64K viewer_buffers=100
like "$(said)" 'pool: 8 buffers of 64 KiB, 512 KiB;' "the log names what it counts in"
like "$(said)" 'viewer_buffers=100 is too many: viewers can reserve 7 of 8 buffers' \
	"more for viewers than there are: the log says how many they got"
load buffers=48 buffer_size=64K viewer_buffers=47
like "$(said)" 'pool: 48 buffers of 64 KiB, 3 MiB;' "and of a larger pool"
is "$(said | grep -c 'too many')" 0 "nothing is said of what can be had"

load buffers=2 buffer_size=1G fallback=1
ok "after all that a good one, some rungs down the ladder" [ -e /dev/dmaring0 ]
done_testing
