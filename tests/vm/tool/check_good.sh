#!/bin/sh
# SPDX-License-Identifier: MIT
#
# "dmaring check" has nothing to say of a good driver, whatever may be done to it; and what
# it says of a stream that it must not disturb.

. /tests/lib/tap.sh


said=$(dmaring check --tap --destructive)
is $? 0 "it passes"
is "$(echo "$said" | grep -A 1 '^not ok')" "" "no check fails"
is "$(echo "$said" | grep -cE '^(not )?ok ')" "$(echo "$said" | sed -n 's/^1\.\.//p')" \
	"there are as many results as planned"
note "$(echo "$said" | grep '^# warning')"
if echo "$said" | grep -q 'SKIP it is a capture stream'; then
	like "$said" '^ok .* - run: each byte is that of the test pattern$' "frames were looked at"
	like "$said" '^ok .* - starve: it goes on when buffers come back$' "and losses"
	like "$said" '^ok .* - life: frames come again$' "and binding anew"
	like "$said" '^ok .* - format: frames have the format that was set$' "and formats"
	[ -z "$(dmaring controls --list-names 2>/dev/null)" ] ||
		like "$said" '^ok .* - control: several are set at once, or none$' "and controls"
	dmaring capture -q &
else
	like "$said" '^ok .* - playback: what was submitted was sent or came back$' \
		"frames were sent"
	dmaring play -q --loop /bin/busybox &
fi
user=$!
until dmaring stats | grep -q 'lossless'; do sleep 0.1; done
said=$(dmaring check 2>&1)
is $? 1 "who is in use is left alone"
like "$said" 'is in use \(1 attached' "and a message says so"
kill -INT $user
wait $user
done_testing
