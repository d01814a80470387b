/* SPDX-License-Identifier: MIT */
/* When frames are due. */
#ifndef SOURCE_H
#define SOURCE_H

#include <stdbool.h>
#include "bar.h"

/**
 * struct source - what makes frames due
 * @kind:      enum fgsim_source.
 * @period_ns: from frame to frame; 0: a frame waits for its buffer.
 * @next_ns:   when the next frame is due.
 * @triggered: how many triggers were obeyed.
 * @slack_ns:  frames that are so late are made at once, with the time at which
 *             they were due, as a card does that has memory of its own; those
 *             that are later are lost.  Set once, before all else.
 */
struct source {
	uint32_t kind;
	uint64_t period_ns;
	uint64_t next_ns;
	uint32_t triggered;
	uint64_t slack_ns;
};

void source_start(struct source *source, const struct bar *bar, uint64_t now);

/* A clock that ticks gets the period that the registers say, if it can have it. */
void source_change_period(struct source *source, const struct bar *bar, uint64_t now);

/* No frame is due before. */
void source_wait(struct source *source, uint64_t until);

/* How many frames it is too late for.  Once told, they are over. */
uint64_t source_skip(struct source *source, uint64_t now);

/* Is a frame due, and since when?  Once told, it is over. */
bool source_due(struct source *source, const struct bar *bar, uint64_t now, uint64_t *due_ns);

/* When it is worth to look again. */
uint64_t source_next(const struct source *source);

/* Frames that find no buffer wait for one. */
static inline bool source_is_patient(const struct source *source)
{
	return source->kind == FGSIM_SOURCE_FREE && !source->period_ns;
}

#endif /* SOURCE_H */
