// SPDX-License-Identifier: MIT
/*
 * Sends a ramp through a playback stream, and says what became of the frames.
 *
 *	modprobe dmaring_virt direction=playback rate=100
 *	play_loop [DEVICE [FRAMES]]
 */
#include <err.h>
#include <libdmaring.h>
#include <stdio.h>
#include <stdlib.h>

static struct dmaring *stream;
static struct dmaring_info info;
static unsigned long first, submitted, sent, damaged;

/* Frame after frame is another one: the pattern "ramp" of dmaring/pattern.h. */
static void fill(unsigned char *data, uint32_t bytes, unsigned long number)
{
	for (uint32_t i = 0; i < bytes; i++)
		data[i] = i + (i >> 8) + (i >> 16) + (i >> 24) + 37 * number;
}

static void submit(struct dmaring_frame *frame)
{
	/* An empty buffer tells what became of the frame that was in it, if any. */
	sent += frame->timestamp_ns != 0;
	damaged += !!(frame->flags & DMARING_FRAME_ERROR);
	fill(dmaring_data_rw(stream, frame), info.format.frame_bytes,
	     first + submitted++);
	frame->bytes_used = info.format.frame_bytes;
	if (dmaring_put(stream, frame))
		errx(1, "%s", dmaring_error());
}

int main(int argc, char **argv)
{
	const char *device = argc > 1 ? argv[1] : "/dev/dmaring0";
	unsigned long wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;
	struct dmaring_frame frame;
	struct dmaring_stats stats;

	if (dmaring_open(device, NULL, &stream) || dmaring_get_info(stream, &info) ||
	    dmaring_get_stats(stream, &stats))
		errx(1, "%s", dmaring_error());
	first = stats.completed;	/* that is how dmaring_virt counts */

	/* All buffers first, so that the card does not run dry at once. */
	while (submitted < wanted && !dmaring_get(stream, &frame, 0))
		submit(&frame);
	if (dmaring_start(stream))
		errx(1, "%s", dmaring_error());
	while (submitted < wanted) {
		if (dmaring_get(stream, &frame, -1))
			errx(1, "%s", dmaring_error());
		submit(&frame);
	}

	if (dmaring_drain(stream) || dmaring_get_stats(stream, &stats))
		errx(1, "%s", dmaring_error());
	while (!dmaring_get(stream, &frame, 0)) {
		sent += frame.timestamp_ns != 0;
		damaged += !!(frame.flags & DMARING_FRAME_ERROR);
	}
	printf("%lu frames sent, %lu damaged, %llu underruns\n", sent, damaged,
	       (unsigned long long)stats.consumer_overruns);
	dmaring_close(stream);
	return damaged || sent != wanted;
}
