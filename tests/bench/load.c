// SPDX-License-Identifier: MIT
/*
 * What a running stream costs the whole machine, everything included: the source's
 * timer, completing, waking, and applications that take and release every frame.  We
 * spin at the lowest priority and see how much of the processor is left for us.  On a
 * machine with --cost that is exact, for a processor of 1,000 million instructions a
 * second.  Before and after that, frames are looked at: a card that writes nothing has no
 * cost.
 *
 * usage: load WAY CONSUMERS RATE WHAT	WAY: ring, batch (of 32, at a watermark) or read
 */
#define _GNU_SOURCE
#include <sched.h>
#include <libdmaring.h>
#include "virt.h"

#define WINDOW_MS	200
#define WINDOW_LONG_MS	2000	/* for few frames */
#define RATE_LOW	1000
#define SETTLE_MS	50
#define BATCH		32
#define BATCH_US	10000	/* the longest wait for a full one */
#define CONSUMERS_MAX	16
#define LOOKED_AT	64	/* frames, by each consumer before and by us after */

static const char *way, *what;
static int consumers;
static unsigned int rate;
static int *running;		/* consumers that are, shared with them */
static pid_t processes[CONSUMERS_MAX];

/* ------------------------------------------------------------ applications */

static void by_batch(struct dmaring *stream)
{
	struct dmaring_frame frames[BATCH];

	for (;;) {
		int count = dmaring_next_batch(stream, frames, BATCH, -1);

		REQUIRE(count > 0);
		REQUIRE_EQ(dmaring_release_batch(stream, frames, count), 0);
	}
}

static void by_ring(struct dmaring *stream)
{
	struct dmaring_frame frame;

	for (;;) {
		REQUIRE_EQ(dmaring_next(stream, &frame, -1), 0);
		REQUIRE_EQ(dmaring_release(stream, &frame), 0);
	}
}

static void by_read(struct dmaring *stream)
{
	int fd = dmaring_fd(stream);
	struct dmaring_frame frame;

	for (;;) {
		REQUIRE_EQ(read(fd, &frame, sizeof(frame)), sizeof(frame));
		REQUIRE_EQ(stream_give(fd, &frame), 0);
	}
}

static void look_at_frames(struct dmaring *stream)
{
	const struct dmaring_format format = stream_info(dmaring_fd(stream)).format;
	struct dmaring_frame frame;

	for (int i = 0; i < LOOKED_AT; i++) {
		REQUIRE_EQ(dmaring_next(stream, &frame, -1), 0);
		REQUIRE(virt_has_written(dmaring_data(stream, &frame), &frame, &format));
		REQUIRE_EQ(dmaring_release(stream, &frame), 0);
	}
}

static struct dmaring *start(const struct dmaring_options *options)
{
	struct dmaring *stream;

	if (dmaring_open(card_node(), options, &stream) || dmaring_start(stream))
		printf("# %s\n", dmaring_error());
	REQUIRE(stream);
	look_at_frames(stream);
	return stream;
}

static void consume(void)
{
	struct dmaring_options options = { .size = sizeof(options) };
	struct dmaring *stream;

	if (!strcmp(way, "batch")) {
		options.watermark = BATCH;
		options.watermark_us = BATCH_US;
	} else if (!strcmp(way, "read")) {
		options.flags = DMARING_OPEN_NO_RING;
	}
	stream = start(&options);
	__atomic_add_fetch(running, 1, __ATOMIC_RELEASE);
	if (!strcmp(way, "batch"))
		by_batch(stream);
	else if (!strcmp(way, "read"))
		by_read(stream);
	else
		by_ring(stream);
}

/* There may be no place for one more. */
static void end_consumers(void)
{
	for (int i = 0; i < consumers; i++) {
		kill(processes[i], SIGKILL);
		waitpid(processes[i], NULL, 0);
	}
}

/* --------------------------------------------------------------- measuring */

static void let_others_first(void)
{
	const struct sched_param none = { 0 };

	REQUIRE_EQ(sched_setscheduler(0, SCHED_IDLE, &none), 0);
}

static long long window_ns(void)
{
	return (rate < RATE_LOW ? WINDOW_LONG_MS : WINDOW_MS) * MS;
}

/* How often we get round in a window. */
static double count_rounds(void)
{
	long long end = now_ns() + window_ns();
	double rounds = 0;

	while (now_ns() < end)
		rounds++;
	return rounds;
}

/* The source counts what was due; a tick of its own may lie before or after. */
static int made_what_was_due(double frames)
{
	double due = (double)rate * window_ns() / 1e9;

	return frames >= 0.999 * due - 1;
}

static double frames_of(const struct dmaring_stats *before, const struct dmaring_stats *after)
{
	return after->produced - before->produced;
}

TEST(load)
{
	struct dmaring_stats before, after;
	int fd = stream_open(O_RDONLY);
	double alone, loaded, busy;

	running = mmap(NULL, sizeof(*running), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(running != MAP_FAILED);
	virt_prepare();
	virt_set("rate", rate);
	let_others_first();
	alone = count_rounds();
	for (int i = 0; i < consumers; i++) {
		processes[i] = fork();
		if (!processes[i]) {
			const struct sched_param none = { 0 };

			REQUIRE_EQ(sched_setscheduler(0, SCHED_OTHER, &none), 0);
			consume();
		}
	}
	do {
		sleep_ms(SETTLE_MS);
		REQUIRE(!tap_verdict->failed);
	} while (__atomic_load_n(running, __ATOMIC_ACQUIRE) < consumers);

	before = stream_stats(fd);
	loaded = count_rounds();
	after = stream_stats(fd);
	end_consumers();
	start(NULL);
	busy = 1 - loaded / alone;
	if (!CHECK(made_what_was_due(frames_of(&before, &after))))
		printf("# %.0f frames in %lld ms\n", frames_of(&before, &after), window_ns() / MS);
	printf("## %.3f %%: %s, processor\n", 100 * busy, what);
	printf("## %.1f ns: %s, a frame\n",
	       busy * window_ns() / frames_of(&before, &after), what);
	printf("## %llu frames: %s, lost\n",
	       (unsigned long long)(after.overruns - before.overruns), what);
}

int main(int argc, char **argv)
{
	if (argc != 5 || atoi(argv[2]) < 1 || atoi(argv[2]) > CONSUMERS_MAX) {
		fputs("usage: load ring|batch|read CONSUMERS RATE WHAT\n", stderr);
		return 2;
	}
	way = argv[1];
	consumers = atoi(argv[2]);
	rate = atoi(argv[3]);
	what = argv[4];
	return tap_run(NULL, NULL);
}
