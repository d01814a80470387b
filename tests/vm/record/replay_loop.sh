#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A recording is replayed into a loop of dmaring_virt, and comes out of it as it was: each
# byte, what was lost, what was damaged; whoever listens, or does not, or dies.

. /tests/lib/tap.sh

dir=/tmp/replay_loop
loop=/dev/dmaring0
player=/dev/dmaring1
driver=/sys/bus/platform/drivers/dmaring_virt

load() # PARAMETER...
{
	modprobe -r dmaring_virt
	modprobe dmaring_virt buffers=8 buffer_size=64K width=32 height=32 "$@"
}

wait_for_start() # STREAM
{
	until dmaring list | grep "^$1 " | grep -q running; do sleep 0.01; done
}

counter() # NAME
{
	cat "/sys/class/dmaring/dmaring0/stats/$1"
}

let_play() # FRAMES
{
	_sent=/sys/class/dmaring/dmaring1/stats/completed
	_until=$(($(cat $_sent) + $1))
	while [ "$(cat $_sent)" -lt $_until ]; do sleep 0.01; done
}

# What the index says of each frame but for its number and times, which are new.
index_of() # RECORDING
{
	rm -rf $dir/raw*
	dmaring export -q "$dir/$1" -o $dir/raw
	cut -d , -f 3-6 $dir/raw/index.csv
}

bytes_of() # RECORDING
{
	dmaring export -q "$dir/$1" -o - | md5sum
}

mkdir -p $dir
load pattern=noise rate=200 overrun_every=10 overrun_frames=3 error_every=7 truncate_every=9
dmaring record -q -n 60 $dir/before 2>/dev/null
dmaring record -q -n 5 $dir/good 2>/dev/null
modprobe -r dmaring_virt
is "$(modprobe dmaring_virt loop=1 direction=playback 2>&1 | grep -c 'Invalid')" 1 \
	"a loop has both directions"
load loop=1 width=64 height=16

says 1 "is a capture stream.*name the other stream" "the wrong stream" \
	dmaring replay $dir/before --to $loop
says 1 "no such device" "no stream" dmaring replay $dir/before --to /dev/none
says 2 "exclude each other" "a format for a player" \
	dmaring replay $dir/before --to $player --format y4m

# Who listens has said in which format.
dmaring capture -q $loop &
user=$!
wait_for_start $loop
says 1 "dmaring0: cannot have frames of 32x32 GREY.*somebody captures" "another format" \
	dmaring replay $dir/before --to $player
kill -INT $user
wait $user
says 0 "1 frames sent in .*, 0 lost" "without anybody who listens" \
	dmaring replay $dir/before -n 1 --to $player
like "$(dmaring list | grep "^$loop ")" "32x32" "it has the format of the recording now"
is "$(counter completed)" 0 "nobody's frames were not made"

dmaring record -q -n 60 $dir/now $loop 2>/dev/null &
user=$!
wait_for_start $loop
like "$(dmaring replay $dir/before --to $player 2>&1 | tr '\r' '\n' | tail -n 1)" \
	"60 frames sent in .*, [1-9][0-9]* lost, as they were then" "a recording"
wait $user
is $? 0 "it is recorded again"
is "$(bytes_of now)" "$(bytes_of before)" "each byte is the same"
is "$(index_of now)" "$(index_of before)" "so is what was lost and damaged, frame by frame"
index_of before >$dir/index
like "$(cut -d , -f 3 $dir/index | sort -n | tail -n 1)" "^[1-9]" "something was lost"
like "$(cat $dir/index)" "damaged" "and damaged"

# Started with another format while the player runs.
dmaring replay -q --loop $dir/good --to $player &
user=$!
wait_for_start $player
dmaring format $loop 64x16 >/dev/null
says 1 "cannot start" "another format, later" dmaring capture -q -n 1 $loop
dmaring format $loop 32x32 >/dev/null
says 0 "frames +20 " "an application" dmaring capture -n 20 --format none $loop
says 0 "frames +20 " "the next one" dmaring capture -n 20 --format none $loop
kill -KILL $user
wait $user 2>/dev/null

# The player dies, and another one comes.
dmaring capture -q -n 25 --format none $loop &
user=$!
wait_for_start $loop
dmaring replay -q --loop $dir/good --to $player &
first=$!
let_play 10
kill -KILL $first
wait $first 2>/dev/null
dmaring replay -q --loop $dir/good --to $player &
first=$!
wait $user
is $? 0 "it goes on with another player"

# Who is too slow has lost frames, as with any card.
dmaring capture -q --format none $loop >/dev/null &
user=$!
wait_for_start $loop
before=$(counter overruns)
kill -STOP $user
let_play 50
lost=$(($(counter overruns) - before))
kill -CONT $user
kill -TERM $user
like "$lost" "^[1-9]" "who is too slow loses frames"
wait $user
is $? 0 "and ends well"

# The card goes.
dmaring capture -q --format none $loop 2>$dir/said &
user=$!
wait_for_start $loop
echo dmaring_virt.0 >$driver/unbind
wait $user
is $? 1 "who listens is told that the card has gone"
wait $first
is $? 1 "so is who plays"
echo dmaring_virt.0 >$driver/bind
dmaring format $loop 32x32 >/dev/null
dmaring format $player 32x32 >/dev/null
dmaring replay -q --loop $dir/good --to $player &
first=$!
says 0 "frames +20 " "it comes again" dmaring capture -n 20 --format none $loop

# Each group but the one that changes the format, which the player has.
for group in info buffers run stop time account starve consumers trust; do
	said=$(dmaring check --only $group -t 1 $loop 2>&1)
	is $? 0 "dmaring check --only $group" || note "$said"
done
kill -INT $first
wait $first
said=$(dmaring check $player 2>&1)
is $? 0 "dmaring check of the player's stream" || note "$said"
modprobe -r dmaring_virt
rm -r $dir
done_testing
