// SPDX-License-Identifier: MIT
/* Minimal example of signals that tell about frames. */
#define _GNU_SOURCE		/* O_ASYNC */
#include <dmaring/pattern.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libdmaring.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SILENCE_SECONDS 60
#define FRAMES_MAX 1000000000UL

static const char *device = "/dev/dmaring0";
static unsigned long wanted = 10;
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
	if (!(info.caps & DMARING_CAP_TEST_PATTERN))
		return;
	good = dmaring_pattern_check_frame(data, frame->hw_meta, &info.format, frame->sequence,
					   frame->bytes_used);
	if (good < frame->bytes_used)
		errx(1, "frame %llu: byte %u is wrong", frame->sequence, good);
}

static void take_what_waits(void)
{
	struct dmaring_frame frame;
	int error = 0;

	while (seen < wanted) {
		error = dmaring_next(stream, &frame, 0);
		if (error)
			break;
		use(&frame, dmaring_data(stream, &frame));
		if (dmaring_release(stream, &frame))
			errx(1, "%s", dmaring_error());
		last = frame;
		seen++;
	}
	if (error && error != -EAGAIN)
		errx(1, "%s", dmaring_error());
}

/* Blocked, so that it comes when it is waited for and interrupts nothing. */
static void ask_for_signals(int fd, sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGIO);
	if (sigprocmask(SIG_BLOCK, signals, NULL) ||
	    fcntl(fd, F_SETOWN, getpid()) ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC))
		err(1, "cannot ask for signals");
}

static void read_arguments(int argc, char **argv)
{
	bool help = argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"));
	char *end = "";

	if (help || argc > 3) {
		fprintf(help ? stdout : stderr,
			"usage: sigio [DEVICE [FRAMES]]\n\n"
			"Takes FRAMES (10) frames from DEVICE (/dev/dmaring0) and checks each of them.\n");
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
	const struct timespec silence = { .tv_sec = SILENCE_SECONDS };
	sigset_t signals;

	read_arguments(argc, argv);
	if (dmaring_open(device, NULL, &stream) ||
	    dmaring_get_info(stream, &info))
		errx(1, "%s", dmaring_error());
	ask_for_signals(dmaring_fd(stream), &signals);
	if (dmaring_start(stream))
		errx(1, "%s", dmaring_error());
	while (seen < wanted) {
		if (sigtimedwait(&signals, NULL, &silence) < 0)
			err(1, "no frame came");
		take_what_waits();
	}
	dmaring_close(stream);
	printf("%lu frames, the last is %llu\n", seen, last.sequence);
	return 0;
}
