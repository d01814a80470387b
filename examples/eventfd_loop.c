// SPDX-License-Identifier: MIT
/* Minimal example of an eventfd that tells about frames, four at a time. */
#include <dmaring/pattern.h>
#include <err.h>
#include <errno.h>
#include <libdmaring.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define SILENCE_MS 60000
#define WATERMARK 4
#define FRAMES_MAX 1000000000UL

static const char *device = "/dev/dmaring0";
static unsigned long wanted = 12;
static struct dmaring *stream;
static struct dmaring_info info;
static struct dmaring_frame last;
static unsigned long seen;

/* The place of your own work: the frame is yours until it is released. */
static void use(const struct dmaring_frame *frame, const void *data)
{
	unsigned int good;

	if (seen && frame->sequence != last.sequence + 1)
		errx(1, "frames are missing before %llu", frame->sequence);
	last = *frame;
	seen++;
	if (!(info.caps & DMARING_CAP_TEST_PATTERN))
		return;
	good = dmaring_pattern_check_frame(data, frame->hw_meta, &info.format, frame->sequence,
					   frame->bytes_used);
	if (good < frame->bytes_used)
		errx(1, "frame %llu: byte %u is wrong", frame->sequence, good);
}

static void take_what_waits(void)
{
	struct dmaring_frame frames[WATERMARK];
	int count, i;

	while (seen < wanted) {
		count = wanted - seen < WATERMARK ? wanted - seen : WATERMARK;
		count = dmaring_next_batch(stream, frames, count, 0);
		if (count == -EAGAIN)
			return;
		if (count < 0)
			errx(1, "%s", dmaring_error());
		for (i = 0; i < count; i++)
			use(&frames[i], dmaring_data(stream, &frames[i]));
		if (dmaring_release_batch(stream, frames, count))
			errx(1, "%s", dmaring_error());
	}
}

/* Any number of streams, timers and other threads can use the same eventfd. */
static void wait_for(int event)
{
	struct pollfd waiting = { .fd = event, .events = POLLIN };
	eventfd_t count;

	if (poll(&waiting, 1, SILENCE_MS) != 1)
		errx(1, "no frame came");
	if (eventfd_read(event, &count))
		err(1, "eventfd");
}

static void read_arguments(int argc, char **argv)
{
	bool help = argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
	char *end = "";

	if (help || argc > 3) {
		fprintf(help ? stdout : stderr,
			"usage: eventfd_loop [DEVICE [FRAMES]]\n\n"
			"Takes FRAMES (12) frames from DEVICE (/dev/dmaring0) and checks each of them.\n");
		exit(help ? 0 : 2);
	}
	if (argc > 1)
		device = argv[1];
	if (argc > 2)
		wanted = strtoul(argv[2], &end, 10);
	if (*end || !wanted || wanted > FRAMES_MAX)
		errx(2, "'%s': must be 1 to %lu frames", argv[2], FRAMES_MAX);
}

int main(int argc, char **argv)
{
	struct dmaring_options options = {
		.size = sizeof(options),
		.watermark = WATERMARK,
	};
	int event;

	read_arguments(argc, argv);
	event = eventfd(0, EFD_CLOEXEC);
	if (event < 0)
		err(1, "eventfd");
	if (dmaring_open(device, &options, &stream) ||
	    dmaring_get_info(stream, &info) ||
	    dmaring_set_eventfd(stream, event) || dmaring_start(stream))
		errx(1, "%s", dmaring_error());
	while (seen < wanted) {
		wait_for(event);
		take_what_waits();
	}
	dmaring_close(stream);
	close(event);
	printf("%lu frames, the last is %llu\n", seen, last.sequence);
	return 0;
}
