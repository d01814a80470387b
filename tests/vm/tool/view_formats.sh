#!/bin/sh
# SPDX-License-Identifier: MIT
#
# dmaring view and capture, with a driver that has every format. There is no libswscale here.

. /tests/lib/tap.sh

dir=/tmp/pictures

# shows NAME SIZE REGEX: what view prints of it
shows()
{
	dmaring format "$2" "$1" >/dev/null || note "$1 cannot be set"
	said=$(COLORTERM=truecolor COLUMNS=40 LINES=12 dmaring view --once 2>&1)
	is $? 0 "$1 is shown" || note "$said"
	like "$said" 'm▀' "$1: in blocks"
	like "$said" "$3" "$1: as what"
}

# head_of FORMAT: the first lines of the image that capture writes, in one
head_of()
{
	rm -rf $dir
	dmaring capture -q -n 1 --format "$1" -o $dir >/dev/null && head -n 3 $dir/frame-*.p?m |
		tr '\n' ' '
}

for name in GREY Y10 Y12 Y14 Y16 Y10P Y12P; do
	shows $name 32x24 ' frame [0-9]+  32x24 '
done
for name in RGB24 BGR24 YUYV UYVY NV12 SBGGR8 SGBRG10 SGRBG12 SRGGB16 SRGGB10P SBGGR12P; do
	shows $name 32x24 ' frame [0-9]+  32x24 '
done
for name in S16 S32 F32 CS16; do
	shows $name 256x1 '0 s +[-0-9.e+]+ \.\. [-0-9.e+]+ '
done

dmaring format 32x24 Y12P 1ch >/dev/null
like "$(head_of pgm)" '^P5 32 24 4095 ' "packed pixels become PGM"
dmaring format 32x24 BGR24 >/dev/null
like "$(head_of pgm)" '^P6 32 24 255 ' "colours become PPM"
dmaring format 32x24 Y10 @100 >/dev/null
like "$(dmaring capture -q -n 2 -o - --format y4m | head -n 1)" \
	'^YUV4MPEG2 W32 H24 F100:1 .*Cmono10 ' "video of 10 bits"
dmaring format 32x24 SRGGB10P >/dev/null
said=$(dmaring capture -q -n 1 --format pgm -o $dir-no 2>&1)
is $? 1 "a mosaic needs a library"
like "$said" 'libswscale' "which is named"
[ ! -e $dir-no ]
is $? 0 "and nothing was made"
dmaring format 32x32 GREY >/dev/null

done_testing
