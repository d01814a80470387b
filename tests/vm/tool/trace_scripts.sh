#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The scripts for bpftrace, and trace-cmd, with these programs from the host, whose files
# are at /host, on frames of this guest's driver.
#
# usage: trace_scripts.sh TOP: of the tree, on the host

. /tests/lib/tap.sh
top=$1
mount -o remount,ro /host
for folder in dev proc sys; do
	mount --bind /$folder /host/$folder
done
mount -t tracefs tracefs /host/sys/kernel/tracing 2>/dev/null
mount -t debugfs debugfs /host/sys/kernel/debug 2>/dev/null
mount -t tmpfs tmpfs /host/mnt

finish()
{
	umount /host/mnt /host/sys/kernel/debug /host/sys/kernel/tracing /host/sys /host/proc \
		/host/dev 2>/dev/null
	done_testing
}

host() # PROGRAM...
{
	chroot /host "$@"
}

has() # PROGRAM: of the host
{
	host /usr/bin/which "$1" >/dev/null
}

# It says so when all its probes are in place.  It must hear SIGINT, which a shell lets
# nothing hear that runs beside it.
begin_script() # NAME
{
	chroot /host /usr/bin/env --default-signal=INT \
		bpftrace "$top/examples/trace/$1.bt" >"/tmp/$1" 2>"/tmp/$1.err" &
	script=$!
	patiently grep -q Tracing "/tmp/$1"
}

patiently() # COMMAND...: until it succeeds; on a busy host bpftrace takes a minute to start
{
	for _ in $(seq 1500); do
		"$@" && break
		sleep 0.2
	done
}

# shellcheck disable=SC2317 # called by patiently()
stat_above() # NAME VALUE
{
	[ "$(cat "/sys/class/dmaring/dmaring0/stats/$1")" -gt "$2" ]
}

end_script() # NAME: what it said is in $said
{
	kill -INT $script
	wait $script
	said=$(cat "/tmp/$1")
}

if has bpftrace; then
	begin_script latency
	dmaring capture -q -n 200 2>/dev/null
	/examples/read_loop /dev/dmaring0 100 >/dev/null 2>&1
	end_script latency
	like "$said" '@given_back_us\[0, 0\]:' "how long frames are kept" || note "$(cat /tmp/latency.err)"
	like "$said" '@taken_us\[0, 0\]:' "how long who reads them takes"

	begin_script holders
	# It keeps what waits for it when it is stopped, until frames are lost.
	dmaring capture -q >/dev/null 2>&1 &
	capture=$!
	patiently stat_above armed 0
	dmaring capture -q -n 20 --read-only >/dev/null 2>&1
	lost=$(cat /sys/class/dmaring/dmaring0/stats/overruns)
	kill -STOP $capture
	patiently stat_above overruns "$lost"
	kill -CONT $capture
	kill -TERM $capture
	wait $capture
	end_script holders
	like "$said" 'dmaring0 lost [0-9]+ frames; held: .*by consumer' "who held what at a loss" ||
		note "$(cat /tmp/holders.err)"
	like "$said" '@lost_while_most_were_held_by\[0, [01]\]: [0-9]+' "and in all"
else
	skip "bpftrace is not installed"
fi
if has trace-cmd; then
	dmaring capture -q &
	capture=$!
	host /bin/sh -c "cd /mnt && trace-cmd record -q -o trace.dat -e dmaring sleep 1" >/tmp/record 2>&1
	kill -INT $capture
	wait $capture
	# Events that are on keep the module.
	host /usr/bin/trace-cmd reset
	said=$(host /usr/bin/trace-cmd report -q /mnt/trace.dat 2>&1)
	for event in arm complete publish release; do
		like "$said" "dmaring_$event: +dmaring0 " "trace-cmd knows $event" ||
			note "$(cat /tmp/record; printf '%s' "$said" | head -n 5)"
	done
else
	skip "trace-cmd is not installed"
fi
finish
