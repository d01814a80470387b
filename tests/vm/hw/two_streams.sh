#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The example of two streams, which checks its frames itself.

. /tests/lib/tap.sh

example=/examples/two_streams
card=/sys/class/dmaring/dmaring0
for rates in "500 500" "500 100" "100 500"; do
	echo "${rates% *}" >$card/device/rate
	echo "${rates#* }" >$card/device/stream1/rate
	said=$($example /dev/dmaring0 /dev/dmaring1 50 2>&1)
	is $? 0 "rates of $rates frames a second"
	like "$said" "^50 pairs, [0-9]+ frames without a partner$" "which says: $said"
done
ok "as it stands" $example
ok "the other way round" $example /dev/dmaring1 /dev/dmaring0 5
fails "of one stream twice" $example /dev/dmaring0 /dev/dmaring0 5
fails "of no such device" $example /dev/dmaring0 /dev/dmaring9 5
fails "of one device" $example /dev/dmaring0
like "$($example --help)" "^usage: two_streams " "--help"
for bad in 0 -1 x 99999999999999999999; do
	like "$($example /dev/dmaring0 /dev/dmaring1 "$bad" 2>&1; echo "status $?")" \
		"^status 2$" "'$bad' pairs"
done
is "$(cat $card/stats/held) $(cat /sys/class/dmaring/dmaring1/stats/held)" "0 0" \
	"nothing is held afterwards"
done_testing
