#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Buffers that are made of several blocks, of a card that gathers them: larger than the
# largest block, or of small ones.
#
# usage: segments.sh DRIVER MOST-SEGMENTS

. /tests/lib/tap.sh
. /tests/lib/loading.sh

loads "$1"
most=$2

check_pool() # BUFFER-SIZE SEGMENTS WIDTH HEIGHT PARAMETER...: frames of that size are right
{
	what="$2 segments for $1"
	size=$1 segments=$2 width=$3 height=$4
	shift 4
	load memory=pages buffers=4 buffer_size="$size" width="$width" height="$height" "$@"
	is "$(show memory) $(show segments) $(show limit)" \
		"pages $segments none" "$what"
	ok "$what: frames are right" dmaring capture -q -n 6 --verify
	like "$(said)" " of pages in at most $segments segments; " "$what: the log says so"
}

check_pool 16M 4 4096 4096 pattern=ramp
check_pool 12M 3 4096 3072 pattern=ramp
check_pool 1M 16 1024 1024 pattern=noise block_size=64K
check_pool 1000K 16 1000 1024 pattern=noise block_size=64K
check_pool 64K 16 256 256 pattern=noise block_size=4K
check_pool 4M 1 2048 2048 pattern=ramp

load memory=pages buffer_size=$((most * 4 + 4))K block_size=4K
no_stream 'limit: segments: the card gathers fewer pieces; raise block_size=' \
	"more blocks than the card gathers"
for bad in 3000 6K 8M 1; do
	load memory=pages block_size=$bad
	no_stream 'block_size=.*: must be a power of two, 4096 .. 4194304 bytes' "block_size=$bad"
done
load block_size=64K
no_stream 'block_size=65536: memory=coherent has no blocks; set memory=pages' \
	"blocks of coherent memory"
load memory=bricks
no_stream 'memory=bricks: must be coherent or pages' "another kind of memory"

before=$(available_kib)
load memory=pages buffer_size=16M width=64 height=64
note "as many as fit: $(show buffers), limit $(show limit)"
ok "as many as fit, of 16 MiB" [ "$(show buffers)" -ge 8 ]
unload
ok "all memory comes back" [ $((before - $(available_kib))) -lt $((4096 + $(quarantine_kib))) ]
done_testing
