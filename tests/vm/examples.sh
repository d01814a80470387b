#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The examples, which check their frames themselves.

. /tests/lib/tap.sh

card=/sys/class/dmaring/dmaring0

for format in 32x32 33x31 160x120; do
	echo $format >$card/format
	ok "read_loop, $format" /examples/read_loop /dev/dmaring0 12
	ok "poll_loop, $format" /examples/poll_loop /dev/dmaring0 12
	ok "epoll_cards, $format" /examples/epoll_cards 12 /dev/dmaring0
done
echo 32x32 >$card/format
ok "read_loop as it stands" /examples/read_loop
ok "poll_loop as it stands" /examples/poll_loop

for example in read_loop poll_loop; do
	fails "$example of no such device" /examples/$example /dev/dmaring9 1
	fails "$example of something else" /examples/$example /dev/null 1
done
fails "epoll_cards of no such device" /examples/epoll_cards 1 /dev/dmaring0 /dev/dmaring9
fails "epoll_cards without a device" /examples/epoll_cards 1
ok "nothing is held afterwards" [ "$(cat $card/stats/held)" -eq 0 ]

# An example that is going well while its card goes away.
for example in "read_loop /dev/dmaring0 1000" "poll_loop /dev/dmaring0 1000" \
	"epoll_cards 1000 /dev/dmaring0"; do
	# shellcheck disable=SC2086
	/examples/$example >/tmp/example 2>&1 &
	pid=$!
	sleep 1
	address=$(basename "$(readlink $card/device)")
	echo "$address" >/sys/bus/pci/drivers/dmaring_edu/unbind
	wait $pid
	is $? 1 "${example%% *} when the card goes away" || note "$(cat /tmp/example)"
	echo "$address" >/sys/bus/pci/drivers/dmaring_edu/bind
	echo 32x32 >$card/format
done
ok "poll_loop when it is back" /examples/poll_loop /dev/dmaring0 5
done_testing
