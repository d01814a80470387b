// SPDX-License-Identifier: MIT
/* Minimal example of a libaio loop that waits for frames and writes them. */
#include <dmaring/pattern.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libaio.h>
#include <libdmaring.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVENTS_MAX 64
#define FRAMES_MAX 1000000000UL

struct writing {
	struct iocb iocb;		/* first, so that an event leads here */
	struct dmaring_frame frame;
};

static const char *device = "/dev/dmaring0", *path = "frames.raw";
static struct dmaring *stream;
static struct dmaring_info info;
static struct writing *writings;	/* by buffer: each is written once at a time */
static struct dmaring_frame *recorded;	/* what the file has, in order */
static unsigned long wanted = 10, taken, written;
static io_context_t context;
static int file;

static void submit(struct iocb *iocb)
{
	int error = io_submit(context, 1, &iocb);

	if (error != 1)
		errx(1, "io_submit failed with %d", error);
}

static void write_what_waits(void)
{
	struct dmaring_frame frame;
	struct writing *writing;
	int error = 0;

	while (taken < wanted && !(error = dmaring_next(stream, &frame, 0))) {
		writing = &writings[frame.buffer];
		writing->frame = frame;
		recorded[taken] = frame;
		io_prep_pwrite(&writing->iocb, file,
			       (void *)dmaring_data(stream, &frame), frame.bytes_used,
			       (long long)taken++ * info.format.frame_bytes);
		submit(&writing->iocb);
	}
	if (error && error != -EAGAIN)
		errx(1, "%s", dmaring_error());
}

static void finish(const struct io_event *event)
{
	struct writing *writing = (struct writing *)event->obj;

	if (event->res != writing->frame.bytes_used)
		errx(1, "a write ended with %ld", (long)event->res);
	if (dmaring_release(stream, &writing->frame))
		errx(1, "%s", dmaring_error());
	written++;
}

static void check_file(void)
{
	unsigned char *data = malloc(info.format.frame_bytes);
	const struct dmaring_frame *frame;
	unsigned long i;

	for (i = 0; i < wanted; i++) {
		frame = &recorded[i];
		if (i && frame->sequence != frame[-1].sequence + 1)
			errx(1, "frames are missing before %llu", frame->sequence);
		if (pread(file, data, frame->bytes_used,
			  (off_t)i * info.format.frame_bytes) != frame->bytes_used)
			errx(1, "the file is too short");
		if (info.caps & DMARING_CAP_TEST_PATTERN &&
		    dmaring_pattern_check_frame(data, frame->hw_meta, &info.format, frame->sequence,
						frame->bytes_used) < frame->bytes_used)
			errx(1, "frame %llu is wrong in the file", frame->sequence);
	}
	free(data);
}

static void read_arguments(int argc, char **argv)
{
	bool help = argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
	char *end = "";

	if (help || argc > 4) {
		fprintf(help ? stdout : stderr,
			"usage: aio_loop [DEVICE [FRAMES [FILE]]]\n\n"
			"Takes FRAMES (10) frames from DEVICE (/dev/dmaring0), writes them to FILE\n"
			"(frames.raw) and checks each of them there.\n");
		exit(help ? 0 : 2);
	}
	if (argc > 1)
		device = argv[1];
	if (argc > 2)
		wanted = strtoul(argv[2], &end, 10);
	if (argc > 3)
		path = argv[3];
	if (*end || !wanted || wanted > FRAMES_MAX)
		errx(2, "'%s': must be 1 to %lu frames", argv[2], FRAMES_MAX);
}

int main(int argc, char **argv)
{
	struct io_event events[EVENTS_MAX];
	struct iocb poll_frames;
	int count, i;

	read_arguments(argc, argv);
	if (dmaring_open(device, NULL, &stream) || dmaring_get_info(stream, &info))
		errx(1, "%s", dmaring_error());
	writings = calloc(info.buffers, sizeof(*writings));
	recorded = calloc(wanted, sizeof(*recorded));
	file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (!writings || !recorded || file < 0 ||
	    io_setup(info.buffers + 1, &context))
		err(1, "cannot begin");
	if (dmaring_start(stream))
		errx(1, "%s", dmaring_error());

	io_prep_poll(&poll_frames, dmaring_fd(stream), POLLIN);
	submit(&poll_frames);
	while (written < wanted) {
		count = io_getevents(context, 1, EVENTS_MAX, events, NULL);
		if (count < 0)
			errx(1, "io_getevents failed with %d", count);
		for (i = 0; i < count; i++) {
			if (events[i].obj != &poll_frames) {
				finish(&events[i]);
				continue;
			}
			write_what_waits();
			if (taken < wanted)
				submit(&poll_frames);
		}
	}
	check_file();
	io_destroy(context);
	dmaring_close(stream);
	printf("%lu frames in %s\n", written, path);
	return 0;
}
