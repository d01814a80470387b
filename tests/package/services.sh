#!/bin/bash
# SPDX-License-Identifier: MIT
#
# In a virtual machine that runs the Debian that the packages were installed in, with its
# systemd: the services. Without arguments, busybox's sh starts that systemd, which starts
# this script again ("inside"). What it writes is in a layer that goes with the machine.

whole=/whole

start()
{
	mkdir -p /layer $whole
	mount -t tmpfs tmpfs /layer
	mkdir /layer/upper /layer/work
	chroot /debian /sbin/modprobe overlay
	mount -t overlay overlay \
		-o lowerdir=/debian,upperdir=/layer/upper,workdir=/layer/work $whole
	mount -t tmpfs tmpfs $whole/run
	for folder in dev sys; do
		mount --bind /$folder $whole/$folder
	done
	mount -t cgroup2 cgroup2 $whole/sys/fs/cgroup
	# systemd empties /tmp.
	cp /debian/tmp/services.sh /debian/tmp/tap.sh $whole/srv
	cat >$whole/etc/systemd/system/services.service <<-END
		[Service]
		ExecStart=/bin/bash /srv/services.sh inside
		ExecStopPost=systemctl poweroff --force --force
	END
	# Its own processes: it is the first of them. It asks /proc who it is.
	# shellcheck disable=SC2016 # that shell expands it
	unshare --pid --mount --fork sh -c '
		mount -t proc proc "$1/proc"
		exec chroot "$1" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			/lib/systemd/systemd --system --unit=services.service --show-status=no \
			--log-target=kmsg --log-level=warning' - $whole
	cat $whole/srv/services.tap
}

until_it() # COMMAND...: succeeds
{
	for _ in $(seq 100); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	"$@"
}

unit=dmaring-record@dmaring0.service
node_exporter=/var/lib/prometheus/node-exporter

shows() # PROPERTY PATTERN: of the service
{
	systemctl show -P "$1" $unit | grep -qE "$2"
}

inside()
{
	# shellcheck source=tests/lib/tap.sh
	. /srv/tap.sh
	systemctl start systemd-udevd.service systemd-journald.service
	modprobe dmaring_virt memory=pages buffers=16 buffer_size=64K width=64 height=32 rate=100
	ok "the stream is a unit" until_it systemctl is-active dev-dmaring0.device
	# The layer is smaller than what is to be left of a disk.
	echo OPTIONS=--split-size=32M >/etc/dmaring/record-dmaring0.conf
	ok "it is recorded" systemctl start $unit
	ok "which the status tells of" until_it shows StatusText '^[1-9][0-9]* frames'
	pid=$(systemctl show -P MainPID $unit)
	# Those of dynamic users: systemd's UIDS-GIDS.
	ok "by a user made for it" [ "$(stat -c %u "/proc/$pid")" -ge 61184 ]
	[ "$pid" -gt 1 ] && kill -KILL "$pid"
	ok "who is killed begins again" until_it shows NRestarts 1
	ok "and records" until_it shows StatusText '^[1-9][0-9]* frames'

	ok "metrics are nobody's without node_exporter" systemctl start dmaring-metrics.service
	mkdir -p $node_exporter
	ok "and written with it" systemctl start dmaring-metrics.service
	is "$(ls $node_exporter)" dmaring.prom "into one file"
	like "$(cat $node_exporter/dmaring.prom)" 'dmaring_consumer_held_buffers.*process="dmaring"' \
		"which tells of the recorder"
	ok "a timer does it" systemctl start dmaring-metrics.timer

	echo dmaring_virt.0 >/sys/bus/platform/drivers/dmaring_virt/unbind
	# It is dead, or that of Debian 13 waits for a while for the card to come back.
	ok "it ends with its card" until_it shows SubState '^(dead|failed|auto-restart.*)$'
	echo dmaring_virt.0 >/sys/bus/platform/drivers/dmaring_virt/bind
	ok "which comes back" until_it systemctl start $unit
	ok "to a recording that goes on" until_it shows StatusText '^[1-9][0-9]* frames'
	ok "it is stopped" systemctl stop $unit
	is "$(systemctl show -P Result $unit)" success "which is no failure"
	like "$(dmaring verify --mend /var/lib/private/dmaring/dmaring0 2>&1)" \
		' [1-9][0-9]* frames in 3 files' "all is in one recording"
	ok "which is whole" dmaring verify /var/lib/private/dmaring/dmaring0
	done_testing
}

if [ "$1" = inside ]; then
	# Also to the console, which a machine that hangs leaves behind.
	inside 2>&1 | tee /srv/services.tap >/dev/kmsg
else
	start
fi
