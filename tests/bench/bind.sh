# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# Read in the guest: the edu card from one driver to another.

EDU_DEVICE=$(dirname "$(grep -l 0x11e8 /sys/bus/pci/devices/*/device)")
export EDU_DEVICE

bind() # DRIVER PARAMETERS...
{
	card=${EDU_DEVICE##*/}
	[ ! -e "$EDU_DEVICE/driver" ] || echo "$card" >"$EDU_DEVICE/driver/unbind"
	echo "$1" >"$EDU_DEVICE/driver_override"
	modprobe "$@"
	echo "$card" >/sys/bus/pci/drivers_probe
	if [ ! -e "$EDU_DEVICE/driver" ]; then
		echo "# $1 does not take the card"
		echo "not ok 0 - bind"
	fi
}
