// SPDX-License-Identifier: MIT
/*
 * Interrupts: as many as frames need.  A card may interrupt more often than once for a
 * frame, or less often; so it is compared with itself, and all of it is a warning.
 */
#include "stream.h"
#include "sysfs.h"
#include "../lib/clock.h"

#include <inttypes.h>
#include <stdlib.h>

#define FRAMES_MAX 1000
#define FRAMES_MIN 8
#define LATE_NS (NS_PER_SECOND / 50)

enum point {
	COME = CHECK_WORKS,
	NOT_LOST,
	NEEDED,
	QUIET,
};

static const struct check_point points[] = {
	[COME] = { "frames come", "the group \"run\"" },
	[NOT_LOST] = { "each frame comes with an interrupt",
		       "how interrupts are acknowledged: one that comes then must not be lost" },
	[NEEDED] = { "no interrupt comes for nothing",
		     "how interrupts are acknowledged" },
	[QUIET] = { "no interrupt comes after STOP",
		    "stop(): turn the card's interrupts off" },
};

/* From one moment when no frame waited to the next. */
struct step {
	uint64_t interrupts;
	uint64_t frames;	/* lost ones included */
	uint64_t waited_ns;	/* for the first of them */
	uint64_t sequence;	/* of the last of them */
	bool untold;		/* no interrupt came during the wait */
};

struct steps {
	unsigned int irqs[SYSFS_IRQS_MAX];
	unsigned int irq_count;
	struct step of[FRAMES_MAX];
	unsigned int count;
	struct step now;
	uint64_t interrupts;	/* up to its begin */
	uint64_t sequence;	/* of the last frame; for the first one 0 */
};

static uint64_t count_interrupts(const struct steps *steps)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < steps->irq_count; i++)
		sum += sysfs_irq_count(steps->irqs[i]);
	return sum;
}

/* No frame waits: what came up to now was for those that were taken. */
static void end_step(struct steps *steps)
{
	uint64_t now = count_interrupts(steps);

	steps->now.interrupts = now - steps->interrupts;
	steps->now.sequence = steps->sequence;
	if (steps->now.frames)
		steps->of[steps->count++] = steps->now;
	steps->now = (struct step){ 0 };
	steps->interrupts = now;
}

static bool wait_for_one(struct check *check, struct check_stream *stream,
			 struct steps *steps, struct dmaring_frame *frame)
{
	uint64_t begin_ns = clock_ns();

	end_step(steps);
	if (!check_take(check, stream, frame))
		return false;
	steps->now.waited_ns = clock_ns() - begin_ns;
	steps->now.untold = count_interrupts(steps) == steps->interrupts;
	return true;
}

static bool take_one(struct check *check, struct check_stream *stream,
		     struct steps *steps)
{
	struct dmaring_frame frame;

	if (dmaring_next(stream->handle, &frame, 0) &&
	    !wait_for_one(check, stream, steps, &frame))
		return false;
	steps->now.frames += steps->sequence ?
				     frame.sequence - steps->sequence : 1;
	steps->sequence = frame.sequence;
	return check_give(check, stream, &frame);
}

/* ---------------------------------------------------------- compared with itself */

static int by_interrupts(const void *one, const void *other)
{
	uint64_t left = *(const uint64_t *)one, right = *(const uint64_t *)other;

	return left < right ? -1 : left > right;
}

static uint64_t usual(const struct steps *steps)
{
	uint64_t sorted[FRAMES_MAX];
	unsigned int i;

	for (i = 0; i < steps->count; i++)
		sorted[i] = steps->of[i].interrupts / steps->of[i].frames;
	qsort(sorted, steps->count, sizeof(sorted[0]), by_interrupts);
	return sorted[steps->count / 2];
}

/* Nobody told of it, and yet it came: somebody has looked. */
static void look_for_lost(struct check *check, const struct step *step,
			  uint64_t common)
{
	check_that(check, NOT_LOST, true, "-");
	if (common && step->untold && step->waited_ns > LATE_NS)
		check_warn(check, NOT_LOST,
			   "frame %" PRIu64 " came without one, after %" PRIu64 " us",
			   step->sequence, step->waited_ns / 1000);
}

static void look_for_needless(struct check *check, const struct step *step,
			      uint64_t common)
{
	uint64_t most = 2 * (common ? common : 1) * step->frames;

	check_that(check, NEEDED, true, "-");
	if (step->interrupts > most)
		check_warn(check, NEEDED,
			   "%" PRIu64 " came for %" PRIu64 " frames, else %" PRIu64 " for one",
			   step->interrupts, step->frames, common);
}

static void look_at_steps(struct check *check, const struct steps *steps)
{
	uint64_t common = usual(steps);
	unsigned int i;

	if (steps->count < FRAMES_MIN) {
		check_give_up(check, "%u frames are too few: see --time",
			      steps->count);
		return;
	}
	if (!common)
		check_skip(check, NOT_LOST,
			   "frames come without interrupts, or many with one");
	for (i = 0; i < steps->count; i++) {
		if (common)
			look_for_lost(check, &steps->of[i], common);
		look_for_needless(check, &steps->of[i], common);
	}
}

static void look_after_stop(struct check *check, struct check_stream *stream,
			    struct steps *steps)
{
	uint64_t before, more;

	if (!check_stop_it(check, stream))
		return;
	before = count_interrupts(steps);
	check_pause(check, 3);
	more = count_interrupts(steps) - before;
	check_that(check, QUIET, true, "-");
	if (more)
		check_warn(check, QUIET, "%" PRIu64 " came", more);
}

static void count_steps(struct check *check, struct steps *steps)
{
	uint64_t end_ns = clock_ns() + check->time_ns;
	struct check_stream stream;
	bool good;

	if (!check_open(check, &stream))
		return;
	steps->interrupts = count_interrupts(steps);
	good = check_start(check, &stream);
	while (good && steps->count < FRAMES_MAX && clock_ns() < end_ns)
		good = take_one(check, &stream, steps);
	if (good) {
		look_at_steps(check, steps);
		look_after_stop(check, &stream, steps);
	}
	check_close(&stream);
}

static void run(struct check *check)
{
	static struct steps steps;
	char device[PATH_MAX];

	steps = (struct steps){ 0 };
	if (sysfs_device(check->device, device))
		steps.irq_count = sysfs_irqs(device, steps.irqs);
	if (!steps.irq_count)
		check_give_up(check, "the device has no interrupt (MSI) of its own");
	else if (check_measure(check))
		count_steps(check, &steps);
}

const struct check_group check_interrupts = {
	.name = "interrupts",
	.about = "as many interrupts as frames need",
	.points = points,
	.count = CHECK_COUNT(points),
	.needs = CHECK_CAPTURE,
	.run = run,
};
