/* SPDX-License-Identifier: MIT */
/* Who has which buffer, event by event. */
#ifndef TRACE_STATE_H
#define TRACE_STATE_H

#include "trace_text.h"

struct trace_state {
	struct evidence *evidence;
	uint32_t minor;
	struct trace_buffer *buffers;	/* as many as evidence->buffers */
	uint32_t used;			/* of these that consumers have */
	uint32_t seen;			/* of these that some event was about */
	bool seeded;
	uint32_t aside;			/* buffers, of which no event tells */
	struct moment moment;
	/* What consumers had when the trace began */
	uint32_t unseen, unseen_waiting[EVIDENCE_CONSUMERS], unseen_held[EVIDENCE_CONSUMERS];
};

/* @evidence has the number of buffers.  Return: 0 or -ENOMEM. */
int trace_state_begin(struct trace_state *state, struct evidence *evidence,
		      uint32_t minor);
void trace_state_end(struct trace_state *state);

/* Before the first event: what consumers have between them, and each of them. */
void trace_state_seed(struct trace_state *state, uint64_t time_ns, uint32_t held,
		      const struct dmaring_stats *of, unsigned int count);

void trace_state_add(struct trace_state *state, const struct trace_event *event);

#endif /* TRACE_STATE_H */
