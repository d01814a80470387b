// SPDX-License-Identifier: MIT
/*
 * How old a frame of the simulated grabber is when an application has its descriptor:
 * from when the card says that it was due, on the clock of the machine, until the
 * application looks at the clock.  And how late somebody wakes up who only slept for as
 * long as it is from frame to frame.
 *
 * usage: age frames|sleep RATE COUNT WHAT
 */
#include <libdmaring.h>
#include <sys/prctl.h>
#include "fgsim.h"
#include "now.h"
#include "spread.h"

#define TIMEOUT_MS	5000
#define WARM_UP		10	/* of as many frames the first is not counted */

static const char *how, *what;
static unsigned int rate;
static int count;
static double *ages;

/* The age of the next frame. */
static double take(struct dmaring *stream)
{
	struct dmaring_frame frame;
	double age;

	if (dmaring_next(stream, &frame, TIMEOUT_MS))
		printf("# %s\n", dmaring_error());
	age = now_ns() - (double)frame.timestamp_ns;
	REQUIRE(frame.flags & DMARING_FRAME_HW_TIMESTAMP);
	REQUIRE_EQ(dmaring_release(stream, &frame), 0);
	return age;
}

static void take_all(void)
{
	struct dmaring *stream;
	long long interrupts;

	fgsim_set_rate(rate);
	if (dmaring_open(card_node(), NULL, &stream) || dmaring_start(stream))
		printf("# %s\n", dmaring_error());
	REQUIRE(stream);
	for (int i = 0; i < count / WARM_UP; i++)
		take(stream);
	interrupts = fgsim_count("interrupts");
	for (int i = 0; i < count; i++)
		ages[i] = take(stream);
	interrupts = fgsim_count("interrupts") - interrupts;
	printf("## %.3f interrupts/frame: %s, interrupts\n", (double)interrupts / count, what);
}

static void sleep_often(void)
{
	long long next = now_ns();
	struct timespec until;

	REQUIRE_EQ(prctl(PR_SET_TIMERSLACK, 1UL), 0);
	for (int i = 0; i < count; i++) {
		next += 1000 * MS / rate;
		until = (struct timespec){ .tv_sec = next / (1000 * MS),
					   .tv_nsec = next % (1000 * MS) };
		REQUIRE_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0);
		ages[i] = now_ns() - next;
	}
}

TEST(age)
{
	ages = calloc(count, sizeof(*ages));
	REQUIRE(ages);
	if (!strcmp(how, "sleep"))
		sleep_often();
	else
		take_all();
	spread_print(what, ages, count);
}

int main(int argc, char **argv)
{
	if (argc != 5 || atoi(argv[2]) < 1 || atoi(argv[3]) < 1) {
		fputs("usage: age frames|sleep RATE COUNT WHAT\n", stderr);
		return 2;
	}
	how = argv[1];
	rate = atoi(argv[2]);
	count = atoi(argv[3]);
	what = argv[4];
	price_in_ns = 1;
	return tap_run(NULL, NULL);
}
