#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In the guest: a pool of as many buffers as fit, how much of the free memory that is, and
# how long it took.
#
# usage: pool_get.sh BUFFER_SIZE WHAT [PARAMETER...]

size=$1 what=$2
shift 2
free_kib=$(awk '/^MemFree:/ { print $2 }' /proc/meminfo)
if ! modprobe dmaring_virt buffers=0 buffer_size="$size" width=64 height=1 pattern=off "$@"; then
	echo "# $(dmesg | grep 'pool:' | tail -n 1)"
	echo "not ok 1 - $what"
	exit 1
fi
cd /sys/class/dmaring/dmaring0/pool || exit
awk -v free_kib="$free_kib" -v buffers="$(cat buffers)" -v size="$(cat buffer_size)" \
	-v ns="$(cat alloc_ns)" -v what="$what" 'BEGIN {
	kib = buffers * size / 1024
	printf "## %.2f %%: %s, share\n", 100 * kib / free_kib, what
	printf "## %.3f s: %s, time\n", ns / 1e9 / (kib / 1048576), what
}'
echo "#limit $what: $(cat limit)"
cd /
modprobe -r dmaring_virt
