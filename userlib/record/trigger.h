/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Frames about triggers alone: those before one wait in their buffers, the newest of them,
 * until it comes; then they are recorded, and so many after it.
 *
 * Functions that take frames return 0, or what dmaring_next() returns.
 */
#ifndef RECORD_TRIGGER_H
#define RECORD_TRIGGER_H

#include "internal.h"

#include <stdbool.h>

/**
 * struct trigger - what waits for it
 * @before:  frames to record before a trigger.
 * @after:   and after it; 0: all frames are recorded, there are no triggers.
 * @at_ns:   when the next one was, if it is not yet recorded; 0: none.
 * @left:    frames to record after the last one.
 * @event:   frames are recorded: those that wait, or @left of those that come.
 * @frames:  which wait, held: a ring of @before + 1.
 * @first:   the oldest of them.
 * @waiting: how many.
 * @passed:  frames that have begun to wait.
 * @skipped: frames that nobody wanted since the last that was recorded.
 */
struct trigger {
	uint32_t before;
	uint32_t after;
	uint64_t at_ns;
	uint32_t left;
	bool event;
	struct dmaring_frame *frames;
	uint32_t first;
	uint32_t waiting;
	uint64_t passed;
	uint64_t skipped;
};

/* -ENOMEM */
int trigger_begin(struct trigger *trigger, uint32_t before, uint32_t after);

/* What waits goes back. */
void trigger_end(struct trigger *trigger, struct dmaring *stream);

/* Takes frames until one is to be recorded, or one without a trigger: -EAGAIN.
 * *@begins: it is the first of an event.
 */
int trigger_wait(struct trigger *trigger, struct dmaring *stream, bool *begins);

/* That frame.  *@at: it is the first that came after the trigger. */
int trigger_next(struct trigger *trigger, struct dmaring *stream,
		 struct dmaring_frame *frame, bool *at);

#endif /* RECORD_TRIGGER_H */
