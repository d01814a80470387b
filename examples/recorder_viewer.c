// SPDX-License-Identifier: MIT
/* Minimal example of two consumers: one records every frame, one looks on. */
#include <dmaring/pattern.h>
#include <err.h>
#include <errno.h>
#include <libdmaring.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SILENCE_MS 60000
#define FRAMES_MAX 1000000000UL

static const char *device = "/dev/dmaring0";
static unsigned long wanted = 100;
static struct dmaring *viewer;

static struct dmaring *open_stream(uint32_t flags)
{
	struct dmaring_options options = {
		.size = sizeof(options),
		.flags = flags,
	};
	struct dmaring *stream;

	if (dmaring_open(device, &options, &stream) || dmaring_start(stream))
		errx(1, "%s", dmaring_error());
	return stream;
}

/* The place of your own work: the frame is yours until it is released. */
static void use(const struct dmaring *stream, const struct dmaring_frame *frame)
{
	struct dmaring_info info;
	unsigned int good;

	if (dmaring_get_info(stream, &info))
		errx(1, "%s", dmaring_error());
	if (!(info.caps & DMARING_CAP_TEST_PATTERN))
		return;
	good = dmaring_pattern_check_frame(dmaring_data(stream, frame), frame->hw_meta,
					   &info.format, frame->sequence, frame->bytes_used);
	if (good < frame->bytes_used)
		errx(1, "frame %llu: byte %u is wrong", frame->sequence, good);
}

static void record(struct dmaring *stream)
{
	struct dmaring_frame frame, last;
	struct dmaring_loss loss;
	unsigned long i;

	for (i = 0; i < wanted; i++, last = frame) {
		if (dmaring_next(stream, &frame, SILENCE_MS))
			errx(1, "recorder: %s", dmaring_error());
		use(stream, &frame);
		dmaring_release(stream, &frame);
		if (i)
			dmaring_loss_between(&last, &frame, &loss);
		if (i && (loss.overruns || loss.drops))
			errx(1, "recorder: frames are missing before %llu",
			     frame.sequence);
	}
}

/* Slower than any card.  It gets the newest frames, and costs nobody any. */
static void *look_on(void *unused)
{
	const struct timespec nap = { .tv_nsec = 100 * 1000 * 1000 };
	struct dmaring_frame frame, last;
	struct dmaring_loss loss;
	unsigned long seen = 0, drops = 0;
	int error;

	while (!(error = dmaring_next(viewer, &frame, SILENCE_MS))) {
		use(viewer, &frame);
		nanosleep(&nap, NULL);
		use(viewer, &frame);
		dmaring_release(viewer, &frame);
		if (seen++) {
			dmaring_loss_between(&last, &frame, &loss);
			drops += loss.drops;
		}
		last = frame;
	}
	if (error != -EBADFD)		/* main() has stopped it */
		errx(1, "viewer: %s", dmaring_error());
	printf("viewer: %lu frames, %lu skipped between them\n", seen, drops);
	return unused;
}

static void read_arguments(int argc, char **argv)
{
	bool help = argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
	char *end = "";

	if (help || argc > 3) {
		fprintf(help ? stdout : stderr,
			"usage: recorder_viewer [DEVICE [FRAMES]]\n\n"
			"Records FRAMES (100) frames of DEVICE (/dev/dmaring0) while another consumer\n"
			"looks on, and checks each of them.\n");
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
	struct dmaring *recorder;
	pthread_t thread;

	read_arguments(argc, argv);
	viewer = open_stream(DMARING_OPEN_READ_ONLY);
	recorder = open_stream(0);
	if (pthread_create(&thread, NULL, look_on, NULL))
		errx(1, "cannot create a thread");
	record(recorder);
	printf("recorder: %lu frames, none lost\n", wanted);
	dmaring_close(recorder);
	dmaring_stop(viewer);
	pthread_join(thread, NULL);
	dmaring_close(viewer);
	return 0;
}
