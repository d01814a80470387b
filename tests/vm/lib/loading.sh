# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# For tests that load a card's driver with one set of parameters after the other; after
# tap.sh.

driver=dmaring_edu
pool=/sys/class/dmaring/dmaring0/pool

loads() # DRIVER
{
	driver=$1
}

said() # what the kernel has said since load() began
{
	dmesg | awk '/dmaring-pool-mark/ { text = ""; next } { text = text $0 "\n" } END { printf "%s", text }'
}

unload()
{
	modprobe -r "$driver" 2>/dev/null
}

load() # PARAMETER...
{
	unload
	echo dmaring-pool-mark >/dev/kmsg
	modprobe "$driver" width=32 height=32 "$@"
}

show() # ATTRIBUTE
{
	cat $pool/"$1" 2>/dev/null
}

no_stream() # REGEX DESCRIPTION
{
	ok "$2: no stream" [ ! -e /dev/dmaring0 ]
	like "$(said)" "$1" "$2: the log says why"
}
