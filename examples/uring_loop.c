// SPDX-License-Identifier: MIT
/* Minimal example of an io_uring loop that waits for frames and writes them. */
#include <dmaring/pattern.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libdmaring.h>
#include <liburing.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES 64
#define FRAMES_MAX 1000000000UL

static const char *device = "/dev/dmaring0", *path = "frames.raw";
static struct dmaring *stream;
static struct dmaring_info info;
static struct dmaring_frame *recorded;	/* what the file has, in order */
static unsigned long wanted = 10, taken, written;
static struct io_uring uring;
static int file;

static struct io_uring_sqe *next_entry(void)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(&uring);

	if (!entry) {			/* full: submit what there is */
		io_uring_submit(&uring);
		entry = io_uring_get_sqe(&uring);
	}
	return entry;
}

static void wait_for_frames(void)
{
	struct io_uring_sqe *entry = next_entry();

	io_uring_prep_poll_add(entry, dmaring_fd(stream), POLLIN);
	io_uring_sqe_set_data(entry, NULL);
}

static void write_what_waits(void)
{
	struct dmaring_frame *frame = &recorded[taken];
	struct io_uring_sqe *entry;
	int error = 0;

	while (taken < wanted && !(error = dmaring_next(stream, frame, 0))) {
		entry = next_entry();
		io_uring_prep_write(entry, file, dmaring_data(stream, frame),
				    frame->bytes_used,
				    taken * info.format.frame_bytes);
		io_uring_sqe_set_data(entry, frame);
		frame = &recorded[++taken];
	}
	if (error && error != -EAGAIN)
		errx(1, "%s", dmaring_error());
}

static void handle(const struct io_uring_cqe *event)
{
	const struct dmaring_frame *frame = io_uring_cqe_get_data(event);

	if (event->res < 0)
		errx(1, "%s: %s", frame ? "write" : "poll", strerror(-event->res));
	if (!frame) {
		write_what_waits();
		if (taken < wanted)
			wait_for_frames();
		return;
	}
	if (event->res != (int)frame->bytes_used)
		errx(1, "a write ended early");
	if (dmaring_release(stream, frame))
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
			"usage: uring_loop [DEVICE [FRAMES [FILE]]]\n\n"
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
	struct io_uring_cqe *event;
	int error;

	read_arguments(argc, argv);
	if (dmaring_open(device, NULL, &stream) || dmaring_get_info(stream, &info))
		errx(1, "%s", dmaring_error());
	recorded = calloc(wanted + 1, sizeof(*recorded));
	file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (!recorded || file < 0)
		err(1, "cannot begin");
	error = io_uring_queue_init(ENTRIES, &uring, 0);
	if (error)
		errx(1, "io_uring: %s", strerror(-error));
	if (dmaring_start(stream))
		errx(1, "%s", dmaring_error());

	wait_for_frames();
	while (written < wanted) {
		io_uring_submit(&uring);
		error = io_uring_wait_cqe(&uring, &event);
		if (error)
			errx(1, "io_uring: %s", strerror(-error));
		handle(event);
		io_uring_cqe_seen(&uring, event);
	}
	check_file();
	io_uring_queue_exit(&uring);
	dmaring_close(stream);
	printf("%lu frames in %s\n", written, path);
	return 0;
}
