// SPDX-License-Identifier: MIT
/*
 * Controls: each takes what it says it takes, and nothing else.  Buttons are not pushed:
 * nobody knows what they do.
 */
#include "stream.h"
#include "../lib/interrupt.h"
#include "../lib/monitor.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>

enum point {
	WORKS = CHECK_WORKS,
	DESCRIBED,
	READ,
	SET,
	REFUSED,
	READ_ONLY,
	TOGETHER,
	TOLD,
};

static const struct check_point points[] = {
	[WORKS] = { "the stream works", "the kernel's log" },
	[DESCRIBED] = { "each control is described, and its default is a value",
			"config.controls" },
	[READ] = { "each has a value that it can have",
		   "get_control(): what the card says" },
	[SET] = { "least, greatest and default value can be set, and are read then",
		  "set_control() and get_control()" },
	[REFUSED] = { "values that it cannot have are refused",
		      "config.controls: minimum, maximum, step" },
	[READ_ONLY] = { "nobody sets what can only be read",
			"the core, please report it" },
	[TOGETHER] = { "several are set at once, or none",
		       "set_control(): the old value is put back" },
	[TOLD] = { "others are told of a change", "the core, please report it" },
};

struct controls {
	struct check_stream stream;
	struct dmaring *other;		/* who is told */
};

/* ------------------------------------------------------------------------- calls */

static int describe(const struct controls *controls, uint32_t index, uint32_t item,
		    struct dmaring_control_info *control)
{
	return dmaring_get_control_info(controls->stream.handle, index, item,
					control);
}

static int get(const struct controls *controls, uint32_t index,
	       struct dmaring_control_value *value)
{
	*value = (struct dmaring_control_value){ .index = index };
	return dmaring_get_controls(controls->stream.handle, value, 1, NULL);
}

static int put_all(const struct controls *controls,
		   const struct dmaring_control_value *values, uint32_t count)
{
	return dmaring_set_controls(controls->stream.handle, values, count, NULL,
				    NULL);
}

static int put(const struct controls *controls, uint32_t index, int64_t number)
{
	struct dmaring_control_value value = { .index = index, .value = number };

	return put_all(controls, &value, 1);
}

/* -------------------------------------------------------------------- one control */

static bool has_number(const struct dmaring_control_info *control)
{
	return control->type == DMARING_CONTROL_INTEGER ||
	       control->type == DMARING_CONTROL_BOOLEAN ||
	       control->type == DMARING_CONTROL_MENU;
}

static bool can_be(const struct dmaring_control_info *control, int64_t value)
{
	uint64_t step = control->step > 0 ? control->step : 1;

	return value >= control->minimum && value <= control->maximum &&
	       ((uint64_t)value - (uint64_t)control->minimum) % step == 0;
}

static bool is_name(const char *name, size_t bytes)
{
	size_t i = 0;

	while (i < bytes && (isalnum((unsigned char)name[i]) || name[i] == '_'))
		i++;
	return i && i < bytes && !name[i];
}

static void look_at_description(struct check *check,
				const struct dmaring_control_info *control)
{
	check_that(check, DESCRIBED,
		   is_name(control->name, sizeof(control->name)),
		   "control %u is called \"%.64s\"", control->index,
		   control->name);
	check_that(check, DESCRIBED,
		   control->type >= DMARING_CONTROL_INTEGER &&
			   control->type <= DMARING_CONTROL_STRING,
		   "%.64s has the type %u", control->name, control->type);
	if (!has_number(control))
		return;
	check_that(check, DESCRIBED, control->step > 0,
		   "%.64s has the step %" PRId64, control->name,
		   (int64_t)control->step);
	check_that(check, DESCRIBED, can_be(control, control->default_value),
		   "%.64s is %" PRId64 " by default, can be %" PRId64 " .. %" PRId64,
		   control->name, (int64_t)control->default_value,
		   (int64_t)control->minimum, (int64_t)control->maximum);
}

static void look_at_items(struct check *check, const struct controls *controls,
			  const struct dmaring_control_info *control)
{
	struct dmaring_control_info item;
	uint32_t i, named = 0;

	for (i = 0; i < control->items; i++)
		named += !describe(controls, control->index, i, &item) &&
			 item.text[0];
	check_that(check, DESCRIBED, named, "%.64s: no item has a name",
		   control->name);
}

/* Numbers of a menu may have no item; those are refused. */
static bool is_item(const struct controls *controls,
		    const struct dmaring_control_info *control, int64_t number)
{
	struct dmaring_control_info item;

	return control->type != DMARING_CONTROL_MENU ||
	       (!describe(controls, control->index, number, &item) &&
		item.text[0]);
}

static void try_one(struct check *check, const struct controls *controls,
		    const struct dmaring_control_info *control, int64_t number)
{
	struct dmaring_control_value value;
	int err;

	if (!is_item(controls, control, number))
		return;
	err = put(controls, control->index, number);
	if (!check_that(check, SET, !err, "%.64s = %" PRId64 ": %s",
			control->name, number, strerror(-err)))
		return;
	err = get(controls, control->index, &value);
	check_that(check, SET,
		   !err && (value.value == number ||
			    control->flags & DMARING_CONTROL_VOLATILE),
		   "%.64s is %" PRId64 ", it was set to %" PRId64 " (%s)",
		   control->name, (int64_t)value.value, number, strerror(-err));
}

static void refuse(struct check *check, const struct controls *controls,
		   const struct dmaring_control_info *control, int64_t number)
{
	int err = put(controls, control->index, number);

	check_that(check, REFUSED, err == -ERANGE,
		   "%.64s = %" PRId64 ": it says \"%s\"", control->name, number,
		   strerror(-err));
}

static void look_beyond(struct check *check, const struct controls *controls,
			const struct dmaring_control_info *control)
{
	if (control->maximum < INT64_MAX)
		refuse(check, controls, control, control->maximum + 1);
	if (control->minimum > INT64_MIN)
		refuse(check, controls, control, control->minimum - 1);
	if (control->step > 1 && control->maximum > control->minimum)
		refuse(check, controls, control, control->minimum + 1);
}

/* The card changes it all by itself: so that it is another one than was set is no
 * fault.  But if nothing that was set has ever changed it, nobody sets it.
 */
static void look_for_effect(struct check *check, const struct controls *controls,
			    const struct dmaring_control_info *control,
			    int64_t before)
{
	const int64_t ends[] = { control->minimum, control->maximum };
	struct dmaring_control_value value;
	bool moved = false;
	int i;

	if (!(control->flags & DMARING_CONTROL_VOLATILE) ||
	    control->minimum == control->maximum)
		return;
	for (i = 0; i < 2; i++)
		if (ends[i] != before)
			moved |= put(controls, control->index, ends[i]) ||
				 get(controls, control->index, &value) ||
				 value.value != before;
	check_that(check, SET, moved,
		   "%.64s stays %" PRId64 ", whatever it is set to",
		   control->name, before);
}

static void look_at_number(struct check *check, const struct controls *controls,
			   const struct dmaring_control_info *control,
			   const struct dmaring_control_value *before)
{
	check_that(check, READ,
		   can_be(control, before->value) &&
			   is_item(controls, control, before->value),
		   "%.64s is %" PRId64 ", can be %" PRId64 " .. %" PRId64,
		   control->name, (int64_t)before->value,
		   (int64_t)control->minimum, (int64_t)control->maximum);
	if (control->flags & DMARING_CONTROL_READ_ONLY)
		return;
	try_one(check, controls, control, control->minimum);
	try_one(check, controls, control, control->maximum);
	try_one(check, controls, control, control->default_value);
	look_beyond(check, controls, control);
	look_for_effect(check, controls, control, before->value);
	put(controls, control->index, before->value);
}

static void look_at_control(struct check *check, const struct controls *controls,
			    const struct dmaring_control_info *control)
{
	struct dmaring_control_value before;
	int err;

	look_at_description(check, control);
	if (control->type == DMARING_CONTROL_MENU)
		look_at_items(check, controls, control);
	if (control->type == DMARING_CONTROL_BUTTON)
		return;
	err = get(controls, control->index, &before);
	if (!check_that(check, READ, !err, "%.64s: %s", control->name,
			strerror(-err)))
		return;
	if (has_number(control))
		look_at_number(check, controls, control, &before);
	else
		check_that(check, READ, memchr(before.text, 0, sizeof(before.text)),
			   "%.64s: its text does not end", control->name);
	if (!(control->flags & DMARING_CONTROL_READ_ONLY))
		return;
	err = put_all(controls, &before, 1);
	check_that(check, READ_ONLY, err == -EPERM, "%.64s: it says \"%s\"",
		   control->name, strerror(-err));
}

/* --------------------------------------------------------------- with another one */

/* Another value that it can have; its own if there is none. */
static int64_t another(const struct controls *controls,
		       const struct dmaring_control_info *control, int64_t value)
{
	int64_t other = control->minimum;

	if (value == other)
		other = control->maximum;
	return is_item(controls, control, other) ? other : value;
}

static bool is_told(const struct controls *controls)
{
	struct pollfd entry = {
		.fd = dmaring_fd(controls->other), .events = POLLPRI,
	};

	return interrupt_poll(&entry, 1, 0) && entry.revents & POLLPRI;
}

/* Who has asked for the number is told of the next change only. */
static void look_who_is_told(struct check *check, const struct controls *controls,
			     const struct dmaring_control_info *control,
			     int64_t value)
{
	struct dmaring_info before, after;

	if (!check_call(check, WORKS, dmaring_get_info(controls->other, &before)))
		return;
	check_that(check, TOLD, !is_told(controls),
		   "poll tells of a change though nothing changed");
	if (put(controls, control->index, value))
		return;
	check_that(check, TOLD, is_told(controls),
		   "%.64s has changed, and poll does not tell", control->name);
	if (!check_call(check, WORKS, dmaring_get_info(controls->other, &after)))
		return;
	check_that(check, TOLD, after.control_seq != before.control_seq,
		   "%.64s has changed, control_seq has not", control->name);
	check_that(check, TOLD, !is_told(controls),
		   "poll tells again of what INFO has told");
}

/* The second one cannot be: so the first one stays as it was. */
static void set_two(struct check *check, const struct controls *controls,
		    const struct dmaring_control_info *control, int64_t now,
		    int64_t then, const struct dmaring_control_info *bad)
{
	struct dmaring_control_value values[] = {
		{ .index = control->index, .value = then },
		{ .index = bad->index, .value = bad->maximum + 1 },
	}, value;

	check_that(check, TOGETHER,
		   put_all(controls, values, 2) < 0,
		   "%.64s can be %" PRId64, bad->name, (int64_t)bad->maximum + 1);
	check_that(check, TOGETHER,
		   !get(controls, control->index, &value) && value.value == now,
		   "%.64s was set, though %.64s could not", control->name,
		   bad->name);
}

/* Of a card that has but one. */
static struct dmaring_control_info nonexistent(uint32_t count)
{
	return (struct dmaring_control_info){
		.index = count,
		.name = "a control that there is not",
	};
}

static bool can_be_changed(const struct dmaring_control_info *control)
{
	return has_number(control) &&
	       !(control->flags &
		 (DMARING_CONTROL_READ_ONLY | DMARING_CONTROL_VOLATILE)) &&
	       control->minimum < control->maximum &&
	       control->maximum < INT64_MAX;
}

static bool find(struct controls *controls, uint32_t count, uint32_t from,
		 struct dmaring_control_info *control)
{
	uint32_t i;

	for (i = from; i < count; i++)
		if (!describe(controls, i, 0, control) && can_be_changed(control))
			return true;
	return false;
}

static void look_at_changes(struct check *check, struct controls *controls)
{
	struct dmaring_control_info one, other;
	uint32_t count = check->info.controls;
	struct dmaring_control_value now;
	int64_t then;

	if (!find(controls, count, 0, &one) || get(controls, one.index, &now))
		return;
	then = another(controls, &one, now.value);
	if (then == now.value)
		return;
	if (!find(controls, count, one.index + 1, &other))
		other = nonexistent(count);
	set_two(check, controls, &one, now.value, then, &other);
	look_who_is_told(check, controls, &one, then);
	put(controls, one.index, now.value);
}

static void look_at_all(struct check *check, struct controls *controls)
{
	struct dmaring_control_info control;
	uint32_t i;

	for (i = 0; i < check->info.controls; i++)
		if (check_that(check, DESCRIBED,
			       !describe(controls, i, 0, &control),
			       "control %u cannot be described", i))
			look_at_control(check, controls, &control);
	look_at_changes(check, controls);
	check_skip(check, READ_ONLY, "all of them can be set");
}

static void run(struct check *check)
{
	struct controls controls;

	if (!check->info.controls) {
		check_give_up(check, "the card has no controls");
		return;
	}
	if (!check_open(check, &controls.stream))
		return;
	if (check_call(check, WORKS,
		       monitor_open(check->device, &controls.other))) {
		look_at_all(check, &controls);
		dmaring_close(controls.other);
	}
	check_close(&controls.stream);
}

const struct check_group check_control = {
	.name = "control",
	.about = "the card's controls: each takes what it says, and nothing else",
	.points = points,
	.count = CHECK_COUNT(points),
	.run = run,
};
