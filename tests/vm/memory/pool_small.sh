#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A machine with hardly any memory: the pool takes what can be spared, or says
# that nothing can, and the machine lives.  How much a kernel leaves of it varies; the
# rest is filled up first.

. /tests/lib/tap.sh

pool=/sys/class/dmaring/dmaring0/pool

load() # PARAMETER...
{
	modprobe -r dmaring_edu 2>/dev/null
	modprobe dmaring_edu width=32 height=32 "$@"
}

lives() # DESCRIPTION
{
	ok "$1: programs can be started" sh -c 'for i in 1 2 3 4; do sleep 0.1 & done; wait'
	ok "$1: frames are right" dmaring capture -q -n 3 --verify
}

room_mib=28
filling=$(($(available_kib) / 1024 - room_mib))
ok "there is room for a small pool" [ $filling -ge 0 ]
ok "the rest is filled up" dd if=/dev/zero of=/dev/shm/filling bs=1M count=$filling
before=$(available_kib)
note "$before KiB are available"

load
if [ -e $pool ]; then
	note "$(cat $pool/buffers) buffers, limit $(cat $pool/limit)"
	lives "as many as fit"
else
	like "$(dmesg)" 'pool: 0 buffers.*limit: cap: lower reserve_mib' "no pool, and the log says why"
fi

load buffers=4 buffer_size=64K reserve_mib=8
is "$(cat $pool/buffers)" 4 "a small pool"
lives "a small pool"

load buffer_size=16K reserve_mib=12
like "$(cat $pool/limit)" '^(cap|memory|dma_mask|iova)$' "as many as fit beside 12 MiB"
ok "they are left" [ "$(available_kib)" -ge 10240 ]
lives "as many as fit beside 12 MiB"

for size in 4K 16K 256K 4M; do
	load buffer_size=$size reserve_mib=0 fallback=1
	note "$(cat $pool/buffers) buffers of $(cat $pool/buffer_size), $(available_kib) KiB left"
	lives "as many of $size as fit without a reserve"
done

modprobe -r dmaring_edu
ok "all memory comes back" [ $((before - $(available_kib))) -lt 8192 ]
done_testing
