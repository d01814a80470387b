#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Frames between machines: the command on this guest's driver, with libzmq, pyzmq and the
# rest from the host, whose files are at /host.
#
# usage: net.sh TOP NAME: a program NAME.py beside this one, of the tree at TOP

top=$1
mount -o remount,ro /host
for folder in dev proc sys; do
	mount --bind /$folder /host/$folder
done
mount -t tmpfs none /host/run
if ! chroot /host "$top/build/bin/dmaring" receive ipc:///run/none --timeout 0.01 2>&1 |
	grep -q 'no frame came'; then
	echo "1..0 # SKIP dmaring is built without libzmq: no libzmq3-dev"
	exit
fi
PATH=/usr/sbin:/usr/bin TMPDIR=/run PYTHONPATH=$top/tests/lib:$top/tests/vm/net chroot /host /usr/bin/python3 \
	-B "$top/tests/vm/net/$2.py" "$top/build/bin/dmaring"
status=$?
umount -l /host/run
umount /host/sys /host/proc /host/dev
exit $status
