#!/bin/sh
# SPDX-License-Identifier: MIT
#
# dmaring format, with a driver that has every format.

. /tests/lib/tap.sh

dmaring format 32x32 GREY @100 >/dev/null
says 0 '^32x32 GREY @100, 32 bytes a line, 1024 a frame$' "the format" dmaring format
says 0 '^  Y12P  Y12P +2..65536 in steps of 2 x 1..[0-9]+, @1/1000..1000000$' "the list" \
	dmaring format 0
says 0 '^  CS16  CS16 .* x 1, 1..16 channels, @1000..1000000000$' "samples have channels" \
	dmaring format /dev/dmaring0
says 0 '^\{"format": \{"width": 32,.*"formats": \[\{"pixelformat": "GREY"' "for programs" \
	dmaring format --json

says 0 '^64x48 Y12P @100, 96 bytes a line, 4608 a frame$' "a format is set" \
	dmaring format 64x48 Y12P
says 0 ' 64x48 Y12P ' "and stays" dmaring list
says 0 '^16x8 Y12P @2997/100, ' "a size and a rate" dmaring format 0 16x8 @29.97
says 0 '^16x8 RGB3 @30000/1001, 48 bytes a line' "another, by its name, as a trial" \
	dmaring format --dry-run rgb24 @30000/1001
says 0 ' 16x8 Y12P ' "which changed nothing" dmaring list
says 0 '^16x8 Y12P, 24 bytes a line, ' "as fast as it can" dmaring format @any
says 0 '^256x1 S16 2ch, 1024 bytes a line, ' "samples" dmaring format 256x1 S16 2ch
# A rate of frames is one of so many samples.
echo 50 >/sys/module/dmaring_virt/parameters/rate
says 0 '^256x1 S16 2ch @12800, ' "a frame's rate" dmaring format
dmaring set AcquisitionFrameRate=100
says 0 '^256x1 S16 2ch @25600, ' "set as a control" dmaring format
says 0 '^AcquisitionFrameRate +100 Hz' "which says so" dmaring controls
says 0 '^corrupt +0' "which can be captured" dmaring capture -n 8 --verify

says 2 "'tartan': must be WIDTHxHEIGHT, a fourcc" "a word that is none" dmaring format 0 tartan
says 2 "'0x5': width and height must be 1" "no width" dmaring format 0x5
says 2 "'@fast': must be @ and a rate" "no rate" dmaring format @fast
says 1 'no width, height, rate or channels that the card has' "out of range" \
	dmaring format 70000x1 GREY
says 1 'larger buffer_size=' "too large" dmaring format 4096x4096 GREY
dmaring capture -q -t 5 -o - >/dev/null &
capture=$!
sleep 1
says 1 'somebody captures' "while somebody captures" dmaring format 16x16
wait $capture
says 0 '^32x32 GREY @100, ' "and back" dmaring format 32x32 GREY 1ch @100
says 0 ' 32x32 GREY @100, ' "which the other commands say, too" dmaring info

done_testing
