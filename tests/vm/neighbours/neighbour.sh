#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A program that meets other people's, which are those of the host, on this guest's driver. The
# host's files are at /host. Of GStreamer's plugins only those that are named here are looked
# at: to look at all takes a minute.
#
# usage: neighbour.sh TOP PROGRAM: one of the folder programs, in the tree at TOP

top=$1
plugins="app coreelements libav matroska multifile png videoconvertscale"

# Read once, libraries stay in the guest's memory; nobody writes them meanwhile.
grep -q '^share0 .*cache=loose' /proc/mounts || {
	umount /host
	mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose share0 /host
}
folder=tests/vm/neighbours/programs
case $2 in
gst_*) about=gstreamer/libgstdmaring.so package=libgstreamer-plugins-base1.0-dev ;;
*) about=soapysdr/libdmaringSupport.so package=libsoapysdr-dev ;;
esac
[ -e "/host$top/build/$about" ] || {
	echo "1..0 # SKIP $about is not built: no $package"
	exit
}
program=$top/$folder/$2
[ -e "/host$program" ] || program=$top/build/$folder/$2
for folder in dev proc sys; do
	mount --bind /$folder /host/$folder
done
mount -t tmpfs tmpfs /host/mnt
mkdir /host/mnt/plugins
for folder in /host/usr/lib/*-linux-gnu/gstreamer-1.0; do
	for plugin in $plugins; do
		[ ! -e "$folder/libgst$plugin.so" ] ||
			ln -s "${folder#/host}/libgst$plugin.so" /host/mnt/plugins
	done
done
TOP=$top HOME=/mnt TMPDIR=/mnt GST_PLUGIN_SYSTEM_PATH_1_0='' GST_REGISTRY=/mnt/registry \
	GST_PLUGIN_PATH_1_0=/mnt/plugins:$top/build/gstreamer GST_REGISTRY_FORK=no \
	SOAPY_SDR_PLUGIN_PATH=$top/build/soapysdr PATH=$top/build/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	chroot /host "$program"
status=$?
umount /host/mnt /host/sys /host/proc /host/dev
exit $status
