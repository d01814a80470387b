// SPDX-License-Identifier: MIT
#include "evidence.h"
#include "../lib/number.h"

#include <dmaring/format.h>
#include <stdio.h>
#include <string.h>

/* Completions that are nearer than a quarter of the period come together; what came so
 * late that three frames were due came late.
 */
#define TOGETHER_PART 4
#define LATE_PERIODS 3
#define LATE_FRAMES 3

void evidence_begin(struct evidence *evidence, const char *subject)
{
	*evidence = (struct evidence){
		.rt_runtime_us = INT64_MIN,
		.least_armed = UINT32_MAX,
		.armed_at_loss = UINT32_MAX,
	};
	snprintf(evidence->subject, sizeof(evidence->subject), "%s", subject);
}

double evidence_rate(const struct dmaring_format *format)
{
	if (!format->rate_numerator || !format->rate_denominator)
		return 0;
	return (double)format->rate_numerator / format->rate_denominator /
	       dmaring_format_counted(format);
}

static uint64_t produced(const struct evidence *evidence)
{
	return evidence->completed + evidence->overruns;
}

uint64_t evidence_period_ns(const struct evidence *evidence)
{
	uint64_t time_ns = evidence->now.last.time_ns - evidence->begin_ns;

	if (evidence->rate > 0)
		return NS_PER_SECOND / evidence->rate;
	return produced(evidence) > 1 ? time_ns / produced(evidence) : 0;
}

uint32_t evidence_slack(const struct evidence *evidence)
{
	return evidence->buffers / 8 ? evidence->buffers / 8 : 1;
}

static bool is_dry(const struct evidence *evidence, const struct moment *moment)
{
	return moment->has_buffers && moment->armed <= evidence_slack(evidence);
}

/* ----------------------------------------------------------- completions, together */

/* The first completion after a while: what was before it? */
static void begin_batch(struct evidence *evidence, uint64_t time_ns, uint64_t gap_ns)
{
	struct moment *last = &evidence->now.last;
	uint64_t period_ns = evidence_period_ns(evidence);

	evidence->now.late_before = evidence->now.late;
	evidence->now.late = false;
	evidence->now.batch = 0;
	evidence->now.gap_ns = gap_ns < time_ns - evidence->begin_ns ?
				       gap_ns : time_ns - evidence->begin_ns;
	evidence->now.dry_before = evidence->now.dry;
	evidence->now.dry = *last;
	evidence->late.batches++;
	/* A card that had no buffers for a while has no reason to complete any. */
	if (period_ns && gap_ns >= LATE_PERIODS * period_ns &&
	    (!last->has_buffers ||
	     (!is_dry(evidence, last) &&
	      time_ns - evidence->now.plenty_ns >= gap_ns / 2)))
		evidence->now.late = true;
}

static void add_to_batch(struct evidence *evidence, uint64_t grew)
{
	struct late_facts *late = &evidence->late;
	uint32_t before = evidence->now.batch;

	evidence->now.batch += grew;
	if (!evidence->now.late || evidence->now.batch < LATE_FRAMES)
		return;
	if (before < LATE_FRAMES)
		late->count++;
	if (evidence->now.batch > late->most)
		late->most = evidence->now.batch;
	if (evidence->now.gap_ns > late->longest_ns)
		late->longest_ns = evidence->now.gap_ns;
}

/* Of a look now and then only those gaps count that some looks saw. */
static uint64_t gap_before(const struct evidence *evidence, const struct moment *moment)
{
	uint64_t end_ns = moment->polled ? evidence->now.last.time_ns : moment->time_ns;

	return end_ns - evidence->now.completion_ns;
}

static void add_completions(struct evidence *evidence, const struct moment *moment,
			    uint64_t grew)
{
	uint64_t period_ns = evidence_period_ns(evidence);
	uint64_t gap_ns = gap_before(evidence, moment);

	evidence->completed += grew;
	if (!evidence->now.batch || moment->polled ||
	    gap_ns >= period_ns / TOGETHER_PART)
		begin_batch(evidence, moment->time_ns, gap_ns);
	add_to_batch(evidence, grew);
	evidence->now.completion_ns = moment->time_ns;
}

/* ------------------------------------------------------------------------- losses */

static uint32_t has(const struct moment_of *of)
{
	return of->waiting + of->held;
}

/* Who had the most buffers when the card had the fewest; unless more were in no hands. */
static void blame(struct evidence *evidence, const struct moment *dry, uint64_t lost)
{
	unsigned int id, most = 0;
	struct consumer_facts *facts;

	for (id = 1; id < EVIDENCE_CONSUMERS; id++)
		if (has(&dry->of[id]) > has(&dry->of[most]))
			most = id;
	if (dry->aside > has(&dry->of[most])) {
		evidence->lost_aside += lost;
		if (dry->aside > evidence->aside_at_loss)
			evidence->aside_at_loss = dry->aside;
		return;
	}
	evidence->lost_held += lost;
	facts = &evidence->of[most];
	facts->lost += lost;
	if (has(&dry->of[most]) >= facts->lost_waiting + facts->lost_held) {
		facts->lost_waiting = dry->of[most].waiting;
		facts->lost_held = dry->of[most].held;
	}
}

static void count_burst(struct evidence *evidence, const struct moment *moment,
			uint64_t lost)
{
	/* A frame or two between lost ones do not end a burst. */
	if (!evidence->bursts || moment->completed > evidence->now.loss_completed + 2) {
		evidence->bursts++;
		evidence->now.burst = 0;
	}
	evidence->now.burst += lost;
	if (evidence->now.burst > evidence->longest_burst)
		evidence->longest_burst = evidence->now.burst;
	evidence->now.loss_completed = moment->completed;
	if (!evidence->first_loss_ns)
		evidence->first_loss_ns = moment->time_ns;
	evidence->last_loss_ns = moment->time_ns;
}

static bool came_late(const struct evidence *evidence)
{
	if (evidence->now.late)
		return evidence->now.batch >= LATE_FRAMES;
	return evidence->now.late_before && evidence->now.batch < LATE_FRAMES;
}

static void add_losses(struct evidence *evidence, const struct moment *moment,
		       uint64_t lost)
{
	const struct moment *dry = evidence->now.dry_before.armed < evidence->now.dry.armed ?
		&evidence->now.dry_before : &evidence->now.dry;

	evidence->overruns += lost;
	count_burst(evidence, moment, lost);
	if (came_late(evidence) || (is_dry(evidence, dry) && evidence->now.dry_late)) {
		evidence->lost_late += lost;
	} else if (!moment->has_buffers) {
		evidence->lost_unknown += lost;
	} else if (is_dry(evidence, dry)) {
		blame(evidence, dry, lost);
	} else {
		evidence->lost_armed += lost;
		if (dry->armed < evidence->armed_at_loss)
			evidence->armed_at_loss = dry->armed;
	}
}

/* ---------------------------------------------------------------------- consumers */

static void longest(uint64_t *longest_ns, uint64_t ns)
{
	if (ns > *longest_ns)
		*longest_ns = ns;
}

static void add_consumer(struct evidence *evidence, const struct moment *moment,
			 unsigned int id)
{
	struct consumer_facts *facts = &evidence->of[id];
	const struct moment_of *of = &moment->of[id];
	uint64_t progress = of->taken + of->released;
	bool idle = !has(&evidence->now.last.of[id]);

	/* Who has nothing is not late with it. */
	if (idle || progress != evidence->now.of[id].progress) {
		evidence->now.of[id].progress = progress;
		evidence->now.of[id].progress_ns = moment->time_ns;
	}
	longest(&facts->longest_pause_ns,
		moment->time_ns - evidence->now.of[id].progress_ns);
	if (!evidence->now.last.of[id].held ||
	    of->released != evidence->now.of[id].released) {
		evidence->now.of[id].released = of->released;
		evidence->now.of[id].hold_ns = moment->time_ns;
	}
	longest(&facts->longest_hold_ns, moment->time_ns - evidence->now.of[id].hold_ns);
}

bool evidence_in_pause(const struct evidence *evidence, unsigned int id)
{
	return has(&evidence->now.last.of[id]) &&
	       evidence->now.last.time_ns - evidence->now.of[id].progress_ns >
		       2 * evidence_period_ns(evidence);
}

static void add_buffers(struct evidence *evidence, const struct moment *moment)
{
	unsigned int id;

	evidence->has_buffers = true;
	if (moment->armed < evidence->least_armed)
		evidence->least_armed = moment->armed;
	if (is_dry(evidence, &evidence->now.last) && !is_dry(evidence, moment))
		evidence->now.plenty_ns = moment->time_ns;
	if (!is_dry(evidence, &evidence->now.last) && is_dry(evidence, moment))
		evidence->now.dry_late = came_late(evidence);
	for (id = 0; id < EVIDENCE_CONSUMERS; id++)
		if (moment->consumers & 1U << id)
			add_consumer(evidence, moment, id);
}

/* ---------------------------------------------------------------------------- all */

static void begin(struct evidence *evidence, const struct moment *moment)
{
	unsigned int id;

	if (!evidence->begin_ns)
		evidence->begin_ns = moment->time_ns;
	/* An event tells of what has just happened, a look of all that was before. */
	if (!moment->polled) {
		evidence->completed += moment->completed - evidence->now.last.completed;
		evidence->overruns += moment->overruns - evidence->now.last.overruns;
		evidence->lost_unknown += moment->overruns - evidence->now.last.overruns;
	}
	evidence->now.begun = true;
	evidence->now.last = *moment;
	evidence->now.dry = *moment;
	evidence->now.dry_before = *moment;
	/* Long ago: what comes together at once came late.  Who only looks now and then
	 * cannot tell.
	 */
	evidence->now.completion_ns = moment->polled ? moment->time_ns : 0;
	evidence->now.plenty_ns = 0;
	for (id = 0; id < EVIDENCE_CONSUMERS; id++) {
		evidence->now.of[id].progress_ns = moment->time_ns;
		evidence->now.of[id].hold_ns = moment->time_ns;
		evidence->now.of[id].progress = moment->of[id].taken +
						moment->of[id].released;
		evidence->now.of[id].released = moment->of[id].released;
	}
}

void evidence_add(struct evidence *evidence, const struct moment *moment)
{
	const struct moment *last = &evidence->now.last;
	uint64_t grew, lost;

	if (!evidence->now.begun) {
		begin(evidence, moment);
		return;
	}
	if (moment->time_ns < last->time_ns)
		return;		/* nothing goes back in time */
	grew = moment->completed - last->completed;
	lost = moment->overruns - last->overruns;
	if (grew)
		add_completions(evidence, moment, grew);
	if (moment->has_buffers) {
		add_buffers(evidence, moment);
		if (moment->armed <= evidence->now.dry.armed)
			evidence->now.dry = *moment;
	}
	if (lost)
		add_losses(evidence, moment, lost);
	evidence->now.last = *moment;
}

void evidence_end(struct evidence *evidence)
{
	evidence->end_ns = evidence->now.last.time_ns;
	if (!evidence->has_buffers)
		evidence->least_armed = 0;
}

static void refine_consumer(struct consumer_facts *facts, const struct consumer_facts *exact)
{
	facts->lost = exact->lost;
	if (facts->lost_waiting + facts->lost_held == 0) {
		facts->lost_waiting = exact->lost_waiting;
		facts->lost_held = exact->lost_held;
	}
	/* It does not see what is taken out of the shared ring. */
	if (exact->taken) {
		longest(&facts->longest_hold_ns, exact->longest_hold_ns);
		longest(&facts->longest_pause_ns, exact->longest_pause_ns);
	}
}

void evidence_refine(struct evidence *evidence, const struct evidence *exact)
{
	unsigned int id;

	evidence->bad_lengths = exact->bad_lengths;
	evidence->lost_interrupts = exact->lost_interrupts;
	evidence->trace_lost = exact->trace_lost;
	/* They did not begin and end in the same microsecond. */
	if (exact->trace_lost || exact->overruns * 10 < evidence->overruns * 9)
		return;
	evidence->completed = exact->completed;
	evidence->overruns = exact->overruns;
	evidence->lost_held = exact->lost_held;
	evidence->lost_aside = exact->lost_aside;
	evidence->lost_late = exact->lost_late;
	evidence->lost_armed = exact->lost_armed;
	evidence->lost_unknown = exact->lost_unknown;
	evidence->armed_at_loss = exact->armed_at_loss;
	evidence->aside_at_loss = exact->aside_at_loss;
	evidence->bursts = exact->bursts;
	evidence->longest_burst = exact->longest_burst;
	evidence->late = exact->late;
	if (exact->least_armed < evidence->least_armed)
		evidence->least_armed = exact->least_armed;
	for (id = 0; id < EVIDENCE_CONSUMERS; id++)
		refine_consumer(&evidence->of[id], &exact->of[id]);
}
