#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Half of the memory lies above what the card can address.  Whichever half the
# kernel would rather give away, the pool finds the lower one, and gives back all
# that it had to put aside on the way.

. /tests/lib/tap.sh

pool=/sys/class/dmaring/dmaring0/pool

# The lower half has room for 64; the kernel and what it was booted with lie there, too.
# A pool that does not put aside what lies above gets 3, from the lowest 16 MiB.
#
# KASAN keeps its shadow of all the memory in the lower half, too, and what was freed.
# kmemleak, which is off here, would keep a note of each page that shuffle_memory() fills.
least=32
quarantine=$(quarantine_kib)
[ "$quarantine" -eq 0 ] || least=16
kept_kib=$((4096 + quarantine))

# What was freed last is given away first: turn the order round.
shuffle_memory()
{
	for folder in /tmp /dev/shm; do # each may take half of the memory
		dd if=/dev/zero of=$folder/fill bs=1M count=170 2>/dev/null
	done
	rm /tmp/fill /dev/shm/fill
}

check_pool() # WHEN
{
	before=$(available_kib)
	modprobe dmaring_edu width=32 height=32
	buffers=$(cat $pool/buffers)
	note "$1: $buffers buffers, limit $(cat $pool/limit)"
	is "$(cat $pool/buffer_size)" $((4 << 20)) "$1: buffers have the default size"
	ok "$1: there are $least at least" [ "$buffers" -ge $least ]
	like "$(cat $pool/limit)" '^(dma_mask|memory|cap)$' "$1: the limit is told"
	ok "$1: nothing else was taken" \
		[ $((before - buffers * 4096 - $(available_kib))) -lt $kept_kib ]
	ok "$1: frames are right" dmaring capture -q -n 3 --verify
	modprobe -r dmaring_edu
	ok "$1: all memory comes back" [ $((before - $(available_kib))) -lt $kept_kib ]
}

check_pool "after boot"
shuffle_memory
check_pool "in another order"
done_testing
