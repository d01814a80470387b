// SPDX-License-Identifier: MIT
/* Minimal example of signals that tell about frames. */
#define _GNU_SOURCE		/* O_ASYNC */
#include <dmaring/pattern.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <libdmaring.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define SILENCE_SECONDS 60

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
	good = dmaring_pattern_check(data, frame->hw_meta, info.format.width,
				     frame->sequence, frame->bytes_used);
	if (good < frame->bytes_used)
		errx(1, "frame %llu: byte %u is wrong", frame->sequence, good);
}

static void take_what_waits(unsigned long wanted)
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

int main(int argc, char **argv)
{
	const char *device = argc > 1 ? argv[1] : "/dev/dmaring0";
	unsigned long wanted = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
	const struct timespec silence = { .tv_sec = SILENCE_SECONDS };
	sigset_t signals;

	if (dmaring_open(device, NULL, &stream) ||
	    dmaring_get_info(stream, &info))
		errx(1, "%s", dmaring_error());
	ask_for_signals(dmaring_fd(stream), &signals);
	if (dmaring_start(stream))
		errx(1, "%s", dmaring_error());
	while (seen < wanted) {
		if (sigtimedwait(&signals, NULL, &silence) < 0)
			err(1, "no frame came");
		take_what_waits(wanted);
	}
	dmaring_close(stream);
	printf("%lu frames, the last is %llu\n", seen, last.sequence);
	return 0;
}
