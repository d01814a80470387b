#!/bin/sh
# SPDX-License-Identifier: MIT
#
# SoapySDR's own tool finds a digitizer, asks it, and measures its rate.

. "$TOP/tests/lib/tap.sh"
cd /mnt || exit

fails "a camera is none" SoapySDRUtil --find=driver=dmaring
ok "now it is" dmaring format /dev/dmaring0 1024x1 CS16 @1000000 1ch
says 0 'device = /dev/dmaring0' "it is found" SoapySDRUtil --find=driver=dmaring
said=$(SoapySDRUtil --probe=driver=dmaring 2>&1)
like "$said" 'hardware=virtual source' "which card it is"
like "$said" 'Native format: CS16 .full-scale=32768' "its own format"
like "$said" 'Stream formats: CS16, CF32' "others"
like "$said" 'Gain gain range: .0, 1600' "gains"
like "$said" 'ExposureTime' "settings"
# It says what it measured after some seconds, and ends by a signal only.
SoapySDRUtil --args=driver=dmaring,recorder=true --rate=1e6 --direction=RX >rate 2>&1 &
while kill -0 $! 2>/dev/null && ! grep -q MBps rate; do
	sleep 1
done
kill -INT $!
wait $!
like "$(cat rate)" 'Begin RX rate test at 1 Msps' "its rate is set"
like "$(cat rate)" '[0-9.]+ Msps	[0-9.]+ MBps' "and measured"
dmaring format /dev/dmaring0 64x32 GREY @1000 >said 2>&1
done_testing
