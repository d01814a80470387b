// SPDX-License-Identifier: MIT
/* What a stream's counters, its trace and /proc tell while it runs. */
#include "../lib/clock.h"
#include "../lib/interrupt.h"
#include "../lib/monitor.h"
#include "../lib/sample.h"
#include "process_facts.h"
#include "sources.h"
#include "system.h"
#include "trace_live.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define LOOK_NS 1000000		/* at the counters */
#define LOOKS_A_PROCESS 4	/* of these until the next one at processes */
#define READS_A_LOOK 4		/* of the trace */

/* Who takes the frames comes first. */
#define NICE 10

struct live {
	struct dmaring *stream;
	struct evidence *evidence, exact;
	struct sample now, first;
	struct process processes[EVIDENCE_CONSUMERS];
	uint32_t minor;
	struct trace_live trace;
	struct system_look before, after;
	unsigned int looks;
};

static void note_consumer(struct live *live, const struct dmaring_stats *of)
{
	struct consumer_facts *facts = &live->evidence->of[of->consumer];

	facts->policy = of->consumer_policy;
	facts->watermark = of->consumer_watermark;
	facts->reserved = of->consumer_reserved;
	facts->pid = of->consumer_pid;
}

static void make_moment(const struct sample *sample, struct moment *moment)
{
	const struct dmaring_stats *of;

	*moment = (struct moment){
		.time_ns = sample->time_ns,
		.completed = sample->stats.completed,
		.overruns = sample->stats.overruns,
		.polled = true,
		.has_buffers = true,
		/* What nobody uses can be armed at once. */
		.armed = sample->stats.armed + sample->stats.idle,
		.aside = sample->stats.quarantined,
	};
	for (of = sample->of; of < sample->of + sample->attached; of++) {
		if (of->consumer >= EVIDENCE_CONSUMERS)
			continue;
		moment->consumers |= 1U << of->consumer;
		moment->of[of->consumer] = (struct moment_of){
			.waiting = of->consumer_waiting,
			.held = of->consumer_held,
			.taken = of->consumer_delivered,
			.released = of->consumer_delivered - of->consumer_held,
		};
	}
}

static void look_at_processes(struct live *live)
{
	const struct dmaring_stats *of;

	for (of = live->now.of; of < live->now.of + live->now.attached; of++)
		if (of->consumer < EVIDENCE_CONSUMERS)
			process_look(&live->processes[of->consumer],
				     &live->evidence->of[of->consumer],
				     evidence_in_pause(live->evidence, of->consumer));
}

static int look(struct live *live)
{
	const struct dmaring_stats *of;
	struct moment moment;
	unsigned int i;
	int err = sample_take(live->stream, &live->now);

	if (err)
		return err;
	for (of = live->now.of; of < live->now.of + live->now.attached; of++)
		if (of->consumer < EVIDENCE_CONSUMERS)
			note_consumer(live, of);
	if (live->now.info.state & DMARING_STATE_RUNNING)
		live->evidence->running = true;
	else
		live->evidence->rested = true;
	make_moment(&live->now, &moment);
	evidence_add(live->evidence, &moment);
	live->trace.state.aside = moment.aside;
	for (i = 0; i < READS_A_LOOK && trace_live_read(&live->trace); i++)
		;
	if (live->looks++ % LOOKS_A_PROCESS == 0)
		look_at_processes(live);
	return 0;
}

/* ----------------------------------------------------------------- begin and end */

static void begin(struct live *live, const char *device)
{
	struct evidence *evidence = live->evidence;
	const struct dmaring_info *info = &live->now.info;
	const struct dmaring_stats *stats = &live->now.stats;
	struct stat node;

	evidence_begin(evidence, device);
	evidence->from = FROM_LIVE;
	/* While somebody lends his own, how many of the pool's there are says nothing. */
	evidence->buffers = info->buffers - stats->absent;
	evidence->buffers_asked = stats->absent ? 0 : info->pool_asked;
	evidence->viewer_buffers = info->viewer_buffers;
	evidence->frame_bytes = info->format.frame_bytes ? info->format.frame_bytes :
							   info->buffer_size;
	evidence->rate = evidence_rate(&info->format);
	memcpy(evidence->driver, info->driver, sizeof(evidence->driver) - 1);
	live->exact = *evidence;
	live->exact.from = FROM_TRACE;
	if (!fstat(dmaring_fd(live->stream), &node))
		live->minor = minor(node.st_rdev);
}

static void begin_trace(struct live *live)
{
	live->evidence->untraced = trace_live_open(&live->trace, &live->exact, live->minor);
	if (live->evidence->untraced || sample_take(live->stream, &live->first))
		return;
	live->trace.state.aside = live->first.stats.quarantined;
	trace_state_seed(&live->trace.state, live->first.time_ns, live->first.stats.held,
			 live->first.of, live->first.attached);
	trace_live_begin(&live->trace);
}

static void end_consumers(struct live *live)
{
	const struct dmaring_stats *of, *before;
	struct consumer_facts *facts;

	for (of = live->now.of; of < live->now.of + live->now.attached; of++) {
		if (of->consumer >= EVIDENCE_CONSUMERS)
			continue;
		facts = &live->evidence->of[of->consumer];
		before = sample_find(&live->first, of);
		facts->taken = of->consumer_delivered - (before ? before->consumer_delivered : 0);
		if (facts->pid)
			process_look_closely(&live->processes[of->consumer], facts);
	}
}

static void end(struct live *live)
{
	const struct dmaring_stats *now = &live->now.stats, *first = &live->first.stats;
	struct evidence *evidence = live->evidence;

	evidence->bad_completions = now->bad_completions - first->bad_completions;
	evidence->errors = now->errors - first->errors;
	evidence->stalls = now->stalls - first->stalls;
	evidence->starts = now->starts - first->starts;
	evidence->quarantined = now->quarantined;
	evidence->referenced = now->referenced;
	end_consumers(live);
	evidence_end(evidence);
	evidence_end(&live->exact);
	if (!evidence->untraced)
		evidence_refine(evidence, &live->exact);
}

/* ---------------------------------------------------------------------------- all */

static int watch(struct live *live, uint64_t until_ns)
{
	int err = 0;

	while (!err && clock_ns() < until_ns && !interrupt_signal()) {
		interrupt_sleep(LOOK_NS);
		err = look(live);
	}
	return err;
}

static int refuse(const struct live *live, const char *device)
{
	if (!sample_is_playback(&live->now))
		return 0;
	warnx("%s is a playback stream, whose losses are the producer's; 'dmaring stats --watch' shows them",
	      device);
	return -EOPNOTSUPP;
}

static int run(struct live *live, const char *device, uint64_t ns)
{
	int err = sample_take(live->stream, &live->now);
	uint64_t begun_ns, ended_ns;

	if (err)
		warnx("%s", dmaring_error());
	if (!err)
		err = refuse(live, device);
	if (err)
		return err;
	begin(live, device);
	system_look(&live->before, live->minor);
	live->first = live->now;
	setpriority(PRIO_PROCESS, 0, NICE);
	begin_trace(live);
	begun_ns = clock_ns();
	err = watch(live, begun_ns + ns);
	ended_ns = clock_ns();
	if (err == -ENODEV)
		warnx("%s: the card has gone meanwhile", device);
	else if (err)
		warnx("%s", dmaring_error());
	trace_live_close(&live->trace);
	system_look(&live->after, live->minor);
	end(live);
	live->evidence->begin_ns = begun_ns;
	live->evidence->end_ns = ended_ns;
	system_compare(&live->before, &live->after, live->evidence);
	return err == -ENODEV ? 0 : err;
}

int source_live(const char *device, uint64_t ns, struct evidence *evidence)
{
	struct live *live = calloc(1, sizeof(*live));
	int err;

	if (!live) {
		warnx("there is no memory");
		return -ENOMEM;
	}
	live->evidence = evidence;
	err = monitor_open(device, &live->stream);
	if (err)
		warnx("%s", dmaring_error());
	else
		err = run(live, device, ns);
	dmaring_close(live->stream);
	free(live);
	return err;
}
