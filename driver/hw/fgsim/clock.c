// SPDX-License-Identifier: GPL-2.0-only
/*
 * The card's clock, mapped to CLOCK_MONOTONIC.
 *
 * The card tells its time on request.  It read its clock between the request and
 * our seeing the answer, so each request bounds the difference of the clocks from
 * both sides; of some, the tightest bounds count.  That is done at START and
 * then once in SYNC_MS, because clocks drift.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "fgsim.h"

#define SYNC_MS		1000
#define SYNC_TRIES	8
#define SYNC_WAIT_NS	500000
#define SYNC_REST_US	100	/* for a card that has not answered */
#define SYNC_GOOD_NS	2000	/* better is not worth another question */
/* Beyond that it is no error of the mapping. */
#define FUTURE_MAX_NS	10000000
#define PAST_MAX_NS	(10ULL * NSEC_PER_SEC)

struct bounds {
	s64 least;
	s64 most;
};

/* Ask once; true if an answer came, which narrows the bounds.  Process context. */
static bool ask(struct fgsim *fgsim, struct bounds *bounds)
{
	struct fgsim_bar *regs = fgsim->regs;
	u32 request = ++fgsim->sync_request;
	u64 before = ktime_get_ns(), after = before, card_ns;

	fgsim_set32(regs->driver.clock_request, request);
	fgsim_ring(fgsim);
	while (fgsim_get32(regs->card.clock_reply) != request) {
		if (after - before > SYNC_WAIT_NS)
			return false;
		cpu_relax();
		after = ktime_get_ns();
	}
	after = ktime_get_ns();
	dma_rmb();
	card_ns = fgsim_get64(regs->card.clock_ns);
	bounds->least = max_t(s64, bounds->least, before - card_ns);
	bounds->most = min_t(s64, bounds->most, after - card_ns);
	return true;
}

/* An answer came, and soon; or answers that contradict each other. */
static bool are_good(const struct bounds *bounds)
{
	return bounds->least != S64_MIN &&
	       bounds->most - bounds->least <= SYNC_GOOD_NS;
}

static bool contain(const struct bounds *bounds, s64 offset_ns)
{
	return offset_ns >= bounds->least && offset_ns <= bounds->most;
}

void fgsim_clock_sync(struct fgsim *fgsim)
{
	struct bounds bounds = { .least = S64_MIN, .most = S64_MAX };
	struct fgsim_clock *clock = &fgsim->clock;
	unsigned int i;
	s64 width_ns;

	for (i = 0; i < SYNC_TRIES && !are_good(&bounds); i++)
		if (!ask(fgsim, &bounds))
			usleep_range(SYNC_REST_US, 2 * SYNC_REST_US);
	/* No answer: what was known stays.  A lie: it is not worse than that. */
	if (bounds.least == S64_MIN || bounds.least > bounds.most)
		return;
	width_ns = bounds.most - bounds.least;
	spin_lock_irq(&fgsim->lock);
	/* Wider bounds do not tell more than an offset that is between them. */
	if (!clock->known || width_ns <= clock->width_ns ||
	    !contain(&bounds, clock->offset_ns)) {
		clock->offset_ns = bounds.least + width_ns / 2;
		clock->width_ns = width_ns;
		clock->known = true;
	}
	spin_unlock_irq(&fgsim->lock);
}

void fgsim_clock_work(struct work_struct *work)
{
	struct fgsim *fgsim = container_of(to_delayed_work(work), struct fgsim,
					   sync);

	fgsim_clock_sync(fgsim);
	schedule_delayed_work(&fgsim->sync, msecs_to_jiffies(SYNC_MS));
}

/* When a frame was due; 0 if the card's time makes no sense. */
u64 fgsim_clock_map(struct fgsim *fgsim, u64 card_ns)
{
	struct fgsim_clock *clock = &fgsim->clock;
	u64 now = ktime_get_ns(), ns = card_ns + clock->offset_ns;

	lockdep_assert_held(&fgsim->lock);
	if (!clock->known || ns - (now - PAST_MAX_NS) >
			     PAST_MAX_NS + FUTURE_MAX_NS) {
		if (clock->known)
			fgsim_fault(fgsim, &fgsim->counters.bad_timestamps,
				    "bad_timestamps", card_ns);
		return 0;
	}
	ns = max(min(ns, now), clock->last_ns + 1);
	clock->last_ns = ns;
	return ns;
}
