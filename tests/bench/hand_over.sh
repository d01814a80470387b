#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In a guest with --cost: what the kernel's side of a frame costs, from the driver's "this buffer
# is full" until it was handed over, by ftrace's own clock around that one function. What
# ftrace itself adds is the same for everybody.
#
# usage: hand_over.sh FUNCTION WHAT COMMAND...

function=$1
what=$2
shift 2

cd /sys/kernel/tracing || exit
echo "$function" >set_ftrace_filter || exit
echo function_graph >current_tracer
echo >trace
"$@" >/dev/null
cat trace >/tmp/calls
echo nop >current_tracer
echo >set_ftrace_filter

# " 0)   0.522 us    |  dmaring_complete [dmaring]();", perhaps with a "+" before the time
sed -n "s/^.*) .* \([0-9.]*\) us *|.*$function.*/\1/p" /tmp/calls | sort -n >/tmp/durations
calls=$(wc -l </tmp/durations)
if [ "$calls" -lt 10 ]; then
	echo "# $function was called $calls times"
	exit 1
fi
awk -v middle=$((calls / 2)) -v what="$what" \
	'NR == middle { printf "## %.1f instructions: %s\n", $1 * 1000, what }' /tmp/durations
