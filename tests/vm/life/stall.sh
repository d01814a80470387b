#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A running card that completes nothing is noticed.  A frame of this card takes
# 200 ms, so one that may be silent for 50 ms stalls in each frame.

. /tests/lib/tap.sh

stalls=/sys/class/dmaring/dmaring0/stats/stalls

reload() # PARAMETER...
{
	modprobe -r dmaring_edu
	modprobe dmaring_edu buffers=4 buffer_size=64K width=32 height=32 "$@"
}

reload stall_ms=50
dmaring capture -q -n 5 --verify
ok "each silence counts" [ "$(cat $stalls)" -ge 5 ]
like "$(dmesg)" 'no frame for 50 ms though buffers are armed' "and is told"
was=$(cat $stalls)
sleep 2
is "$(cat $stalls)" "$was" "a card that is stopped may be silent"

reload stall_ms=10000
dmaring capture -q -n 5 --verify
is "$(cat $stalls)" 0 "a patient driver sees no stall"

reload stall_ms=0
dmaring capture -q -n 5 --verify
is "$(cat $stalls)" 0 "0 looks for none"
done_testing
