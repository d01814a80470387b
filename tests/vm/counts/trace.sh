#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The tracepoints tell the life of a frame: arm, complete, publish, dequeue,
# release, and overrun when there was no buffer.

. /tests/lib/tap.sh

tracing=/sys/kernel/tracing
events="dmaring_arm dmaring_complete dmaring_publish dmaring_dequeue dmaring_release dmaring_overrun"

for event in $events dmaring_card_fault; do
	ok "$event exists" [ -e $tracing/events/dmaring/"$event"/enable ]
done

# With one buffer the card has none while the application has it.
modprobe -r dmaring_edu
modprobe dmaring_edu buffers=1 buffer_size=4K width=32 height=32
: >$tracing/trace
echo 1 >$tracing/events/dmaring/enable
dmaring capture -q -n 10 --verify
echo 0 >$tracing/events/dmaring/enable
trace=$(cat $tracing/trace)

count() # EVENT
{
	echo "$trace" | grep -c " $1:"
}

for event in $events; do
	ok "$event was seen" [ "$(count "$event")" -gt 0 ]
done
is "$(count dmaring_dequeue)" 10 "ten frames were taken"
is "$(count dmaring_release)" 10 "and released"
ok "not fewer were completed" [ "$(count dmaring_complete)" -ge 10 ]
is "$(count dmaring_complete)" "$(count dmaring_publish)" "each was published"
order=$(echo "$trace" | sed -n 's/.* dmaring_\([a-z]*\):.*/\1/p' | grep -v overrun |
	head -n 6 | tr '\n' ' ')
is "$order" "arm complete publish dequeue release arm " "in the order of a frame's life"
note "$(echo "$trace" | grep -v '^#' | head -n 7)"

: >$tracing/trace
dmaring capture -q -n 2 --verify
is "$(grep -c dmaring_ $tracing/trace)" 0 "nothing is traced when it is off"

# The core knows how many buffers the card takes, and does not ask it to take more.
modprobe -r dmaring_edu
modprobe dmaring_edu buffers=8 buffer_size=4K width=32 height=32
echo 'p:asked dmaring_edu:edu_arm' >>$tracing/kprobe_events
: >$tracing/trace
for enable in kprobes/asked/enable dmaring/dmaring_arm/enable; do
	echo 1 >$tracing/events/$enable
done
dmaring capture -q -n 20 --verify
for enable in kprobes/asked/enable dmaring/dmaring_arm/enable; do
	echo 0 >$tracing/events/$enable
done
trace=$(cat $tracing/trace)
echo '-:asked' >>$tracing/kprobe_events
ok "the card was given buffers" [ "$(count dmaring_arm)" -ge 20 ]
is "$(count asked)" "$(count dmaring_arm)" "and took every one"
done_testing
