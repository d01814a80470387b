#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Which kind of interrupt the card uses, and that there are no more than needed.
#
# usage: interrupts.sh msi|intx

. /tests/lib/tap.sh

case $1 in
msi) kind='(PCI|ITS)-MSI' ;;	# ITS: where a GIC, arm64's interrupt controller, takes them
intx) kind='IO-APIC|GICv' ;;
*) bail "usage: interrupts.sh msi|intx" ;;
esac

interrupts() # how many the first card has raised, on all processors
{
	awk '/dmaring_edu/ { for (i = 2; $i ~ /^[0-9]+$/; i++) sum += $i; print sum; exit }' \
		/proc/interrupts
}

like "$(grep dmaring_edu /proc/interrupts)" "$kind" "the card uses $1"
echo 32x32 >/sys/class/dmaring/dmaring0/format
before=$(interrupts)
ok "frames are right" dmaring capture -q -n 20 --verify
raised=$(($(interrupts) - before))
note "$raised interrupts for 20 frames"
ok "each frame raises two" [ $raised -ge 40 ]
ok "and not many more" [ $raised -le 46 ]
before=$(interrupts)
sleep 2
is "$(interrupts)" "$before" "a card that is stopped raises none"
done_testing
