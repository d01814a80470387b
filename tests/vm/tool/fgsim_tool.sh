#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The dmaring command with frames of 4 MiB from the simulated grabber.

. /tests/lib/tap.sh

ok "every byte of large frames is right" dmaring capture -q -n 10 --verify
ok "frames can be lost, not spoilt" sh -c '
	echo 1000 >/sys/class/dmaring/dmaring0/device/rate
	dmaring capture -q -n 10 --verify'
like "$(dmaring info)" 'simulated frame grabber' "the card has a name"
like "$(dmaring info)" '2048x2048 GREY' "and its format"
done_testing
