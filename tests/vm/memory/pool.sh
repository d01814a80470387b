#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The pool: what is asked for, what is got, which limit was hit, and that the
# machine survives it.
#
# usage: pool.sh [iommu]

. /tests/lib/tap.sh
. /tests/lib/loading.sh

# The kernel keeps some of what it once had (caches of the IOMMU, watermarks);
# small leaks are for reload.sh to find.
kept_kib=$((8192 + $(quarantine_kib)))

iommu=${1:-}

page=$(awk '$1 == "KernelPageSize:" { print $2 * 1024; exit }' /proc/self/smaps)
# The largest piece of memory that the kernel keeps track of: a column for each order.
largest=$((page << $(awk '{ print NF - 5; exit }' /proc/buddyinfo)))
# How many of them this machine has in any case: with pages of 16 KiB one is an eighth of it.
pieces=$((page > 4096 ? 1 : 2))

got() # BUFFERS SIZE LIMIT DESCRIPTION
{
	is "$(show buffers) of $(show buffer_size), $(show limit)" "$1 of $2, $3" "$4"
}

works() # DESCRIPTION
{
	ok "$1: frames are right" dmaring capture -q -n 3 --verify
}

# ------------------------------------------------------------------ as asked
load buffers=3 buffer_size=64K
got 3 65536 none "what was asked for is got"
is "$(show asked) of $(show asked_size)" "3 of 65536" "and remembered"
like "$(show alloc_ns)" '^[1-9][0-9]*$' "the time it took is told"
like "$(said)" 'dmaring_edu 0000:.*pool: 3 buffers of 64 KiB.*limit: none' "the log has the report"
works "three buffers"

load buffers=1 buffer_size="$page"
got 1 "$page" none "a pool of one buffer"
works "one buffer"

load buffers=2 buffer_size=$((page + 904))
got 2 $((2 * page)) none "sizes are rounded up to pages"
is "$(show asked_size)" $((page + 904)) "but what was asked for is told as it was"
works "odd size"

# --------------------------------------------------------------- as many as fit
unload
before=$(available_kib)
load
is "$(show asked)" 0 "as many as fit"
like "$(show limit)" '^(cap|memory|dma_mask|iova)$' "there is a limit"
ok "more than one buffer" [ "$(show buffers)" -gt 1 ]
ok "the reserve is left" [ "$(available_kib)" -ge $((56 * 1024)) ]
like "$(said)" "pool: $(show buffers) buffers of 4096 KiB.*as many as fit.*limit: $(show limit)" \
	"the log has the report"
like "$(dmaring info)" "limit +$(show limit)" "so has the tool"
works "as many as fit"
unload
ok "all of it comes back" [ $((before - $(available_kib))) -lt $kept_kib ]

load buffers=60000
is "$(show asked)" 60000 "more than there is memory for"
ok "fewer are got" [ "$(show buffers)" -lt 60000 ]
like "$(show limit)" '^(cap|memory|dma_mask|iova)$' "and the limit is told"
works "too many asked for"

load buffers=0 buffer_size=4K
like "$(show limit)" '^(cap|memory|dma_mask|count|iova)$' "tiny buffers, as many as fit"
ok "the reserve is left" [ "$(available_kib)" -ge $((56 * 1024)) ]
works "tiny buffers"

load buffers=0 buffer_size=16K reserve_mib=0
note "$(show buffers) buffers of 16 KiB, limit $(show limit), $(available_kib) KiB available"
ok "without a reserve something is left all the same" [ "$(available_kib)" -ge $((before / 16)) ]
works "no reserve"

load buffers=0 reserve_mib=$((before / 1024 / 2))
ok "a reserve of half the memory is left" [ "$(available_kib)" -ge $((before / 2 - 8192)) ]

# ------------------------------------------------------------------ large buffers
if [ "$iommu" ]; then
	# What was just freed lies on the processors' lists, and does not count as available.
	load buffers=2 buffer_size=8M reserve_mib=16
	got 2 $((8 << 20)) none "an IOMMU allows larger buffers"
	works "8 MiB"
	load buffers=2 buffer_size=16M reserve_mib=16
	got 2 $((16 << 20)) none "still larger ones"
	works "16 MiB"
else
	load buffers=2 buffer_size=$((2 * largest))
	no_stream "pool: 0 buffers of $((2 * largest / 1024)) KiB.*limit: order: " "too large"
	load buffers=$pieces buffer_size=$((2 * largest)) fallback=1
	got $pieces "$largest" none "with fallback=1 it is the next smaller size"
	is "$(show asked_size)" $((2 * largest)) "and tells what was asked for"
	works "fallback"
	load buffers=$pieces buffer_size=1G fallback=1
	got $pieces "$largest" none "a long way down the ladder"
fi

# ----------------------------------------------------------------------- killed
unload
modprobe dmaring_edu buffers=0 buffer_size=4K &
sleep 0.05
kill -KILL $! 2>/dev/null
wait $!
note "modprobe was killed; $(grep -c dmaring /proc/modules) modules are there"
load buffers=2
works "after a load that was killed"

unload
ok "all memory comes back" [ $((before - $(available_kib))) -lt $kept_kib ]
done_testing
