// SPDX-License-Identifier: LGPL-2.1-or-later
#include "trigger.h"

#include <errno.h>
#include <stdlib.h>

int trigger_begin(struct trigger *trigger, uint32_t before, uint32_t after)
{
	trigger->before = before;
	trigger->after = after;
	if (!after)
		return 0;
	trigger->frames = calloc((size_t)before + 1, sizeof(*trigger->frames));
	if (!trigger->frames)
		return record_error(ENOMEM, "no memory for %u frames before a trigger", before);
	return 0;
}

static struct dmaring_frame *place(struct trigger *trigger, uint32_t at)
{
	return &trigger->frames[(trigger->first + at) % (trigger->before + 1)];
}

static void drop_first(struct trigger *trigger)
{
	trigger->first = (trigger->first + 1) % (trigger->before + 1);
	trigger->waiting--;
}

void trigger_end(struct trigger *trigger, struct dmaring *stream)
{
	for (; trigger->waiting; drop_first(trigger))
		dmaring_release(stream, place(trigger, 0));
	free(trigger->frames);
	trigger->frames = NULL;
}

static bool is_after(const struct trigger *trigger, const struct dmaring_frame *frame)
{
	return trigger->at_ns && frame->timestamp_ns >= trigger->at_ns;
}

/* One place is free for the frame of the trigger itself. */
static void forget_oldest(struct trigger *trigger, struct dmaring *stream)
{
	while (trigger->waiting > trigger->before) {
		dmaring_release(stream, place(trigger, 0));
		drop_first(trigger);
		trigger->skipped++;
	}
}

/* The frame of the trigger is there. */
static bool has_come(struct trigger *trigger)
{
	return trigger->waiting && is_after(trigger, place(trigger, trigger->waiting - 1));
}

int trigger_wait(struct trigger *trigger, struct dmaring *stream, bool *begins)
{
	int err;

	*begins = false;
	if (!trigger->after || trigger->event)
		return 0;
	while (!has_come(trigger)) {
		forget_oldest(trigger, stream);
		err = dmaring_next(stream, place(trigger, trigger->waiting), 0);
		if (err)
			return err;
		trigger->waiting++;
		trigger->passed++;
		/* Perhaps there was a trigger meanwhile, and this frame is about it. */
		if (!trigger->at_ns)
			return -EAGAIN;
	}
	trigger->event = true;
	*begins = true;
	return 0;
}

int trigger_next(struct trigger *trigger, struct dmaring *stream,
		 struct dmaring_frame *frame, bool *at)
{
	int err = 0;

	*at = false;
	if (trigger->waiting) {
		*frame = *place(trigger, 0);
		drop_first(trigger);
	} else {
		err = dmaring_next(stream, frame, 0);
	}
	if (err || !trigger->after)
		return err;
	if (is_after(trigger, frame)) {
		*at = true;
		trigger->at_ns = 0;
		trigger->left = trigger->after;
		trigger->event = true;
	}
	/* Those before the trigger are none of them. */
	if (trigger->left && !--trigger->left)
		trigger->event = false;
	return 0;
}
