#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The Python package on this guest's driver, with Python and its modules from the host,
# whose files are at /host.
#
# usage: python.sh TOP NAME: a program NAME.py beside this one, of the tree at TOP

top=$1
mount -o remount,ro /host
for folder in dev proc sys; do
	mount --bind /$folder /host/$folder
done
[ -e "/host$top/build/python/dmaring/_dmaring.abi3.so" ] || {
	echo "1..0 # SKIP the Python package is not built: no python3-dev"
	exit
}
PYTHONPATH=$top/build/python:$top/tests/lib chroot /host /usr/bin/python3 -B \
	"$top/tests/vm/python/$2.py"
status=$?
umount /host/sys /host/proc /host/dev
exit $status
