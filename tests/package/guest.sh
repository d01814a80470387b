#!/bin/sh
# SPDX-License-Identifier: MIT
#
# In a virtual machine, in the Debian that the packages were installed in: the modules that
# DKMS built, and the packages' programs.

# shellcheck source=tests/lib/tap.sh
. /tmp/tap.sh

/lib/systemd/systemd-udevd --daemon

is "$(modprobe -R "$(grep -h v00001234d000011E8 /sys/bus/pci/devices/*/modalias)")" dmaring_edu \
	"the card's driver would be loaded by itself"

# What the README says, after "apt install".
ok "the driver loads" modprobe dmaring_virt buffers=8
ok "a first frame" dmaring capture -n 1 --format png -o /tmp/first
like "$(od -An -c -N4 /tmp/first/*.png)" "211 +P +N +G" "which is a picture"

ok "udev is ready" udevadm settle
is "$(stat -c '%G %a' /dev/dmaring0)" "dmaring 660" "the stream belongs to its group"
ok "frames are what they should be" dmaring capture -n 32 --verify /dev/dmaring0
ok "they are recorded" dmaring record -n 8 /tmp/recording /dev/dmaring0
ok "and read again" dmaring verify /tmp/recording
like "$(python3 -c 'import dmaring
with dmaring.Stream("/dev/dmaring0") as stream:
    print(next(iter(stream)).sequence)' 2>&1)" '^[0-9]+$' "Python takes a frame"

ok "the other driver loads" modprobe dmaring_edu buffers=4 buffer_size=64K
ok "frames come from a PCI card" dmaring capture -n 2 --verify /dev/dmaring1
ok "the driver of a card maker loads" modprobe my_card
like "$(lsmod)" '^dmaring .*my_card' "it uses the core"

ok "all are unloaded" modprobe -r my_card dmaring_edu dmaring_virt
is "$(dmesg | grep -E 'WARNING|BUG|Oops|dmaring.*disagrees')" "" "the kernel has nothing to say"
done_testing
