// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

#include <errno.h>
#include <string.h>

int dmaring_get_control_info(const struct dmaring *stream, uint32_t index,
			     uint32_t item, struct dmaring_control_info *info)
{
	*info = (struct dmaring_control_info){
		.size = sizeof(*info),
		.index = index,
		.item = item,
	};
	return ioctl_stream(stream, DMARING_IOC_CONTROL_INFO, info);
}

/* The stream is asked how many there are, once for each search: it knows best. */
int dmaring_find_control(const struct dmaring *stream, const char *name,
			 struct dmaring_control_info *info)
{
	struct dmaring_info all;
	uint32_t i;
	int err;

	err = dmaring_get_info(stream, &all);
	for (i = 0; !err && i < all.controls; i++) {
		err = dmaring_get_control_info(stream, i, 0, info);
		if (!err && !strcmp(info->name, name))
			return 0;
	}
	return err ? err : error_set(stream->device, STEP_FIND_CONTROL, ENOENT);
}

static int exchange(const struct dmaring *stream, uint32_t flags,
		    const struct dmaring_control_value *values, uint32_t count,
		    struct dmaring_controls *controls)
{
	*controls = (struct dmaring_controls){
		.size = sizeof(*controls),
		.flags = flags,
		.values = (uintptr_t)values,
		.count = count,
		/* None is the reason, unless the kernel says so. */
		.bad = count,
	};
	return ioctl_stream(stream, DMARING_IOC_CONTROLS, controls);
}

int dmaring_get_controls(const struct dmaring *stream,
			 struct dmaring_control_value *values, uint32_t count,
			 uint32_t *bad)
{
	struct dmaring_controls controls;
	int err = exchange(stream, 0, values, count, &controls);

	if (bad)
		*bad = controls.bad;
	return err;
}

int dmaring_set_controls(const struct dmaring *stream,
			 const struct dmaring_control_value *values,
			 uint32_t count, uint32_t *control_seq, uint32_t *bad)
{
	struct dmaring_controls controls;
	int err = exchange(stream, DMARING_CONTROLS_SET, values, count,
			   &controls);

	if (bad)
		*bad = controls.bad;
	if (!err && control_seq)
		*control_seq = controls.control_seq;
	return err;
}

static int wrong_type(const struct dmaring *stream)
{
	return error_set_detail(stream->device, DMARING_IOC_CONTROLS, EINVAL,
				"the control is of another type");
}

int dmaring_get_control(const struct dmaring *stream, const char *name,
			int64_t *value)
{
	struct dmaring_control_value answer = { 0 };
	struct dmaring_control_info info;
	int err;

	err = dmaring_find_control(stream, name, &info);
	if (!err && info.type == DMARING_CONTROL_STRING)
		err = wrong_type(stream);
	if (err)
		return err;
	answer.index = info.index;
	err = dmaring_get_controls(stream, &answer, 1, NULL);
	if (!err)
		*value = answer.value;
	return err;
}

int dmaring_set_control(const struct dmaring *stream, const char *name,
			int64_t value)
{
	struct dmaring_control_value wish = { .value = value };
	struct dmaring_control_info info;
	int err;

	err = dmaring_find_control(stream, name, &info);
	if (!err && info.type == DMARING_CONTROL_STRING)
		err = wrong_type(stream);
	if (err)
		return err;
	wish.index = info.index;
	return dmaring_set_controls(stream, &wish, 1, NULL, NULL);
}

/* Of a menu: the item of that name. */
static int find_item(const struct dmaring *stream,
		     const struct dmaring_control_info *menu, const char *text,
		     int64_t *number)
{
	struct dmaring_control_info item;
	uint32_t i;
	int err;

	for (i = 0; i < menu->items; i++) {
		err = dmaring_get_control_info(stream, menu->index, i, &item);
		if (err)
			return err;
		*number = i;
		if (item.text[0] && !strcmp(item.text, text))
			return 0;
	}
	return error_set_detail(stream->device, DMARING_IOC_CONTROLS, ERANGE,
				"the menu has no item of that name");
}

int dmaring_get_control_text(const struct dmaring *stream, const char *name,
			     char text[DMARING_CONTROL_TEXT])
{
	struct dmaring_control_value answer = { 0 };
	struct dmaring_control_info info;
	int err;

	err = dmaring_find_control(stream, name, &info);
	if (!err && info.type != DMARING_CONTROL_STRING &&
	    info.type != DMARING_CONTROL_MENU)
		err = wrong_type(stream);
	if (err)
		return err;
	answer.index = info.index;
	err = dmaring_get_controls(stream, &answer, 1, NULL);
	if (!err && info.type == DMARING_CONTROL_MENU) {
		err = dmaring_get_control_info(stream, info.index,
					       (uint32_t)answer.value, &info);
		memcpy(answer.text, info.text, sizeof(answer.text));
	}
	if (!err)
		memcpy(text, answer.text, sizeof(answer.text));
	return err;
}

int dmaring_set_control_text(const struct dmaring *stream, const char *name,
			     const char *text)
{
	struct dmaring_control_value wish = { 0 };
	struct dmaring_control_info info;
	int64_t number = 0;
	int err;

	err = dmaring_find_control(stream, name, &info);
	if (err)
		return err;
	if (info.type == DMARING_CONTROL_MENU)
		err = find_item(stream, &info, text, &number);
	else if (info.type != DMARING_CONTROL_STRING)
		err = wrong_type(stream);
	else if (!memccpy(wish.text, text, '\0', sizeof(wish.text)))
		err = error_set(stream->device, DMARING_IOC_CONTROLS, ERANGE);
	if (err)
		return err;
	wish.index = info.index;
	wish.value = number;
	return dmaring_set_controls(stream, &wish, 1, NULL, NULL);
}
