#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The examples, which check their frames themselves.

. /tests/lib/tap.sh

card=/sys/class/dmaring/dmaring0
address=$(basename "$(readlink $card/device)")
driver=$(readlink -f $card/device/driver)

# Those that are called with a device and a number of frames.
plain="read_loop poll_loop select_loop sigio eventfd_loop aio_loop uring_loop recorder_viewer
	import_loop"

cd /tmp || bail "no /tmp" # some write a file
# Of import_loop, where the card does not gather and a frame has several pages.
echo 4 >/proc/sys/vm/nr_hugepages
for format in 32x32 33x31 160x120; do
	echo $format >$card/format
	for example in $plain; do
		ok "$example, $format" "/examples/$example" /dev/dmaring0 12
	done
	ok "epoll_cards, $format" /examples/epoll_cards 12 /dev/dmaring0
done
echo 32x32 >$card/format
for example in $plain; do
	ok "$example as it stands" "/examples/$example"
	fails "$example of no such device" "/examples/$example" /dev/dmaring9 1
	fails "$example of something else" "/examples/$example" /dev/null 1
done
for example in $plain epoll_cards; do
	like "$("/examples/$example" -h)" "^usage: $example " "$example -h"
	ok "is no mistake" "/examples/$example" --help
done
for example in $plain; do
	fails "$example of too much" "/examples/$example" a b c d e
done
for bad in 0 -1 x 1x '' 99999999999999999999; do
	for example in $plain; do
		like "$("/examples/$example" /dev/dmaring0 "$bad" 2>&1; echo "status $?")" \
			"^status 2$" "$example of '$bad' frames"
	done
	like "$(/examples/epoll_cards "$bad" /dev/dmaring0 2>&1)" "'$bad': must be 1 to" \
		"epoll_cards of '$bad' frames"
done
for example in aio_loop uring_loop; do
	ok "$example into a file" /examples/$example /dev/dmaring0 7 /tmp/frames
	is "$(stat -c %s /tmp/frames)" $((7 * 32 * 32)) "which has 7 frames"
	fails "$example into no file" /examples/$example /dev/dmaring0 7 /nowhere/at/all
done
fails "epoll_cards of no such device" /examples/epoll_cards 1 /dev/dmaring0 /dev/dmaring9
fails "epoll_cards without a device" /examples/epoll_cards 1
ok "nothing is held afterwards" [ "$(cat $card/stats/held)" -eq 0 ]

# An example that is going well while its card goes away.
while_gone() # EXAMPLE ARGUMENT...
{
	example=$1
	shift
	# Less than the examples' own patience, after which they end with 1, too.
	timeout 50 "/examples/$example" "$@" >/tmp/example 2>&1 &
	pid=$!
	sleep 1
	echo "$address" >"$driver/unbind"
	wait $pid
	is $? 1 "$example when the card goes away" || note "$(cat /tmp/example)"
	echo "$address" >"$driver/bind"
	echo 32x32 >$card/format
}

for name in $plain; do
	while_gone "$name" /dev/dmaring0 100000
done
while_gone epoll_cards 100000 /dev/dmaring0
ok "poll_loop when it is back" /examples/poll_loop /dev/dmaring0 5
done_testing
