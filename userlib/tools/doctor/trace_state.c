// SPDX-License-Identifier: MIT
#include "trace_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trace_buffer {
	uint64_t cookie;
	uint32_t waiting, held;	/* bit n: for consumer n, by it */
	bool seen;
};

int trace_state_begin(struct trace_state *state, struct evidence *evidence, uint32_t minor)
{
	*state = (struct trace_state){
		.evidence = evidence,
		.minor = minor,
		.buffers = calloc(evidence->buffers, sizeof(*state->buffers)),
	};
	return state->buffers ? 0 : -ENOMEM;
}

void trace_state_end(struct trace_state *state)
{
	free(state->buffers);
	state->buffers = NULL;
}

/* Until each buffer was seen, somebody may have had it since before the trace began. */
static bool is_sure(const struct trace_state *state, uint32_t used)
{
	uint32_t all = state->evidence->buffers, few = evidence_slack(state->evidence);

	return state->seeded || state->seen == all || used + few >= all ||
	       state->seen > used + few;
}

static void seed_consumer(struct trace_state *state, const struct dmaring_stats *of)
{
	struct moment *moment = &state->moment;
	uint32_t id = of->consumer;

	if (id >= EVIDENCE_CONSUMERS)
		return;
	moment->consumers |= 1U << id;
	state->unseen_waiting[id] = of->consumer_waiting;
	state->unseen_held[id] = of->consumer_held;
	moment->of[id].waiting = of->consumer_waiting;
	moment->of[id].held = of->consumer_held;
}

/* Those from before the trace: several may have the same one. */
static void count_unseen(struct trace_state *state)
{
	uint32_t sum = 0;
	unsigned int id;

	for (id = 0; id < EVIDENCE_CONSUMERS; id++)
		sum += state->unseen_waiting[id] + state->unseen_held[id];
	if (sum < state->unseen)
		state->unseen = sum;
}

static void add_moment(struct trace_state *state, uint64_t time_ns)
{
	uint32_t all = state->evidence->buffers;
	uint32_t used = state->used + state->unseen + state->aside;

	state->moment.aside = state->aside;
	state->moment.armed = used < all ? all - used : 0;
	state->moment.has_buffers = is_sure(state, used);
	state->moment.time_ns = time_ns;
	evidence_add(state->evidence, &state->moment);
}

void trace_state_seed(struct trace_state *state, uint64_t time_ns, uint32_t held,
		      const struct dmaring_stats *of, unsigned int count)
{
	state->seeded = true;
	state->unseen = held;
	while (count--)
		seed_consumer(state, of++);
	add_moment(state, time_ns);
}

static uint32_t holders(const struct trace_buffer *buffer)
{
	return buffer->waiting | buffer->held;
}

/* One of those that a consumer had since before the trace began is in other hands now. */
static void take_unseen(uint32_t *unseen, uint32_t *count)
{
	if (!*unseen)
		return;
	--*unseen;
	--*count;
}

static void drop(struct trace_state *state, struct trace_buffer *buffer)
{
	struct moment *moment = &state->moment;
	unsigned int id;

	if (holders(buffer))
		state->used--;
	for (id = 0; id < EVIDENCE_CONSUMERS; id++) {
		moment->of[id].waiting -= buffer->waiting >> id & 1;
		moment->of[id].held -= buffer->held >> id & 1;
	}
	buffer->waiting = 0;
	buffer->held = 0;
}

static void publish(struct trace_state *state, const struct trace_event *event)
{
	struct trace_buffer *buffer = &state->buffers[event->buffer];
	struct moment *moment = &state->moment;
	unsigned int id;

	drop(state, buffer);
	buffer->cookie = event->cookie;
	buffer->waiting = event->consumers;
	state->used += !!event->consumers;
	moment->consumers |= event->consumers;
	for (id = 0; id < EVIDENCE_CONSUMERS; id++)
		moment->of[id].waiting += event->consumers >> id & 1;
	moment->completed++;
}

static void dequeue(struct trace_state *state, const struct trace_event *event)
{
	struct trace_buffer *buffer = &state->buffers[event->buffer];
	struct moment_of *of = &state->moment.of[event->consumer];
	uint32_t bit = 1U << event->consumer;

	of->taken++;
	if (!(buffer->waiting & bit)) {
		/* Another of the unseen ones is in its hands now. */
		if (state->unseen_waiting[event->consumer]) {
			take_unseen(&state->unseen_waiting[event->consumer], &of->waiting);
			state->unseen_held[event->consumer]++;
			of->held++;
		}
		return;
	}
	buffer->waiting &= ~bit;
	buffer->held |= bit;
	of->waiting--;
	of->held++;
}

static struct trace_buffer *find(struct trace_state *state, uint64_t cookie)
{
	/* To applications it is opaque: the driver puts the index there. */
	uint32_t index = cookie % DMARING_BUFFERS_MAX;

	if (index >= state->evidence->buffers || state->buffers[index].cookie != cookie)
		return NULL;
	return &state->buffers[index];
}

static void release(struct trace_state *state, const struct trace_event *event)
{
	struct trace_buffer *buffer = find(state, event->cookie);
	struct moment_of *of = &state->moment.of[event->consumer];
	uint32_t bit = 1U << event->consumer;

	of->released++;
	if (!buffer || !(holders(buffer) & bit)) {
		if (!state->unseen_held[event->consumer])
			take_unseen(&state->unseen_waiting[event->consumer], &of->waiting);
		else
			take_unseen(&state->unseen_held[event->consumer], &of->held);
		count_unseen(state);
		return;
	}
	/* What was taken out of the shared ring has not been seen. */
	of->waiting -= !!(buffer->waiting & bit);
	of->held -= !!(buffer->held & bit);
	buffer->waiting &= ~bit;
	buffer->held &= ~bit;
	state->used -= !holders(buffer);
}

static void add_process(struct trace_state *state, const struct trace_event *event)
{
	struct consumer_facts *facts = &state->evidence->of[event->consumer];

	if (event->pid && !facts->pid) {
		facts->pid = event->pid;
		snprintf(facts->name, sizeof(facts->name), "%s", event->process);
	}
	facts->taken++;
}

static void count_fault(struct evidence *evidence, const struct trace_event *event)
{
	evidence->bad_lengths += event->bad_length;
	evidence->errors += event->bad_length;
	evidence->bad_completions += event->bad_completion;
	evidence->lost_interrupts += event->lost_interrupt;
}

static void count(struct trace_state *state, const struct trace_event *event)
{
	struct evidence *evidence = state->evidence;

	switch (event->kind) {
	case TRACE_ARM:
		drop(state, &state->buffers[event->buffer]);
		break;
	case TRACE_COMPLETE:
		evidence->errors += !!(event->flags & DMARING_FRAME_ERROR);
		evidence->discontinuities += !!(event->flags & DMARING_FRAME_DISCONTINUITY);
		break;
	case TRACE_PUBLISH:
		publish(state, event);
		break;
	case TRACE_DEQUEUE:
		dequeue(state, event);
		add_process(state, event);
		break;
	case TRACE_RELEASE:
		release(state, event);
		break;
	case TRACE_OVERRUN:
		state->moment.overruns += event->count;
		break;
	default:
		count_fault(evidence, event);
	}
}

static void see(struct trace_state *state, const struct trace_event *event)
{
	struct trace_buffer *buffer = &state->buffers[event->buffer];

	if (buffer->seen || event->kind == TRACE_FAULT || event->kind == TRACE_OVERRUN ||
	    event->kind == TRACE_RELEASE)
		return;
	buffer->seen = true;
	state->seen++;
}

/* Who has which buffer nobody knows now, as before the trace began. */
static void forget(struct trace_state *state)
{
	unsigned int id;

	memset(state->buffers, 0, state->evidence->buffers * sizeof(*state->buffers));
	for (id = 0; id < EVIDENCE_CONSUMERS; id++) {
		state->unseen_waiting[id] = 0;
		state->unseen_held[id] = 0;
		state->moment.of[id].waiting = 0;
		state->moment.of[id].held = 0;
	}
	state->used = 0;
	state->unseen = 0;
	state->seen = 0;
	state->seeded = false;
}

void trace_state_add(struct trace_state *state, const struct trace_event *event)
{
	if (event->kind == TRACE_LOST_EVENTS) {
		state->evidence->trace_lost += event->count;
		forget(state);
		return;
	}
	/* The sink's number is behind those of the buffers. */
	if (event->minor != state->minor || event->buffer >= state->evidence->buffers)
		return;
	see(state, event);
	count(state, event);
	add_moment(state, event->time_ns);
}
