// SPDX-License-Identifier: GPL-2.0-only
/* The table of controls that a hardware driver declares: checked, and copied. */
#include <linux/ctype.h>
#include <linux/device.h>
#include <linux/math64.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "control.h"
#include "internal.h"

#define FLAGS	(DMARING_CONTROL_READ_ONLY | DMARING_CONTROL_VOLATILE | \
		 DMARING_CONTROL_WHEN_STOPPED)

/* A name as it can stand before a "=". */
static bool is_name(const char *name)
{
	const char *at;

	if (!name || !isalpha(*name) || !isascii(*name))
		return false;
	for (at = name; *at; at++)
		if (!isascii(*at) || (!isalnum(*at) && *at != '_'))
			return false;
	return at - name < DMARING_CONTROL_NAME;
}

static bool fits(const char *text, size_t room)
{
	return !text || strlen(text) < room;
}

static bool is_item(const struct dmaring_card_control *control, u64 number)
{
	return number < control->item_count &&
	       control->items[array_index_nospec(number,
						 control->item_count)][0];
}

/**
 * dmaring_control_trim() - is it a value of the type at all?
 * @control: the control.
 * @value:   of a driver or an application.  Behind its text it is zeroed: what a
 *           driver leaves there is its own, and values are compared.
 *
 * Return: true if it is.
 */
bool dmaring_control_trim(const struct dmaring_card_control *control,
			  struct dmaring_hw_value *value)
{
	size_t end = strnlen(value->text, sizeof(value->text));

	if (control->type != DMARING_CONTROL_STRING)
		return dmaring_is_zero(value->text);
	if (value->number || end == sizeof(value->text))
		return false;
	memset(value->text + end, 0, sizeof(value->text) - end);
	return true;
}

/* Is it one that the control can have? */
bool dmaring_control_can_be(const struct dmaring_card_control *control,
			    const struct dmaring_hw_value *value)
{
	bool text = control->type == DMARING_CONTROL_STRING;
	s64 measure = text ? strlen(value->text) : value->number;
	u64 rest;

	if (measure < control->minimum || measure > control->maximum)
		return false;
	if (control->type == DMARING_CONTROL_MENU)
		return is_item(control, measure);
	if (text || control->step == 1)
		return true;
	/* The difference of two numbers of 64 bits fits without a sign. */
	div64_u64_rem((u64)measure - (u64)control->minimum, control->step, &rest);
	return !rest;
}

static bool same_name(const struct dmaring_hw_control *rows, u32 index)
{
	u32 i;

	for (i = 0; i < index; i++)
		if (!strcmp(rows[i].name, rows[index].name))
			return true;
	return false;
}

static bool has_item(const struct dmaring_hw_control *row, u32 item)
{
	return row->items[item] && row->items[item][0];
}

static const char *fault_of_menu(const struct dmaring_hw_control *row)
{
	u32 i, items = 0;

	if (!row->items || !row->item_count ||
	    row->item_count > DMARING_CONTROL_ITEMS_MAX)
		return "a menu has 1 to 256 items";
	for (i = 0; i < row->item_count; i++) {
		if (!fits(row->items[i], DMARING_CONTROL_TEXT))
			return "the name of an item is too long";
		items += has_item(row, i);
	}
	return items ? NULL : "a menu has 1 to 256 items";
}

static const char *fault_of_flags(const struct dmaring_hw_control *row)
{
	bool read_only = row->flags & DMARING_CONTROL_READ_ONLY;

	if (row->flags & ~FLAGS)
		return "it has a flag that there is not";
	if (read_only && (row->flags & DMARING_CONTROL_WHEN_STOPPED))
		return "what is read-only is set at no time";
	if (row->type == DMARING_CONTROL_BUTTON &&
	    (row->flags & (DMARING_CONTROL_READ_ONLY |
			   DMARING_CONTROL_VOLATILE)))
		return "a button has no value to be read";
	return NULL;
}

/* NULL, or what is wrong with a row, but for its default. */
static const char *fault_of(const struct dmaring_hw_control *rows, u32 index)
{
	const struct dmaring_hw_control *row = &rows[index];

	if (same_name(rows, index))
		return "there are two of that name";
	if (!fits(row->unit, sizeof_field(struct dmaring_control_info, unit)))
		return "its unit is too long";
	if (!fits(row->default_text, DMARING_CONTROL_TEXT))
		return "its default is too long";
	switch (row->type) {
	case DMARING_CONTROL_INTEGER:
		if (row->minimum > row->maximum || row->step < 0)
			return "it has no range";
		break;
	case DMARING_CONTROL_STRING:
		if (row->minimum < 0 || row->minimum > row->maximum ||
		    row->maximum >= DMARING_CONTROL_TEXT)
			return "a text has 0 to 63 bytes";
		break;
	case DMARING_CONTROL_MENU:
		return fault_of_menu(row) ?: fault_of_flags(row);
	case DMARING_CONTROL_BOOLEAN:
	case DMARING_CONTROL_BUTTON:
		break;
	default:
		return "there is no such type";
	}
	return fault_of_flags(row);
}

static const char *fault_of_ops(const struct dmaring_hw_control *row,
				const struct dmaring_hw_ops *ops)
{
	if (!ops->get_control && row->type != DMARING_CONTROL_BUTTON)
		return "there is no op get_control";
	if (!ops->set_control && !(row->flags & DMARING_CONTROL_READ_ONLY))
		return "there is no op set_control";
	return NULL;
}

static int copy_items(struct dmaring_card_control *to,
		      const struct dmaring_hw_control *from)
{
	u32 i;

	to->items = kcalloc(from->item_count, sizeof(*to->items), GFP_KERNEL);
	if (!to->items)
		return -ENOMEM;
	to->item_count = from->item_count;
	for (i = 0; i < from->item_count; i++)
		if (from->items[i])
			strscpy(to->items[i], from->items[i],
				sizeof(*to->items));
	return 0;
}

/* Nothing of the driver's is needed any more: open files outlive its module. */
static int copy_row(struct dmaring_card_control *to,
		    const struct dmaring_hw_control *from)
{
	bool text = from->type == DMARING_CONTROL_STRING;

	strscpy(to->name, from->name, sizeof(to->name));
	if (from->unit)
		strscpy(to->unit, from->unit, sizeof(to->unit));
	to->type = from->type;
	to->flags = from->flags;
	to->step = 1;
	to->first.number = from->default_value;
	if (text && from->default_text)
		strscpy(to->first.text, from->default_text,
			sizeof(to->first.text));
	if (text || from->type == DMARING_CONTROL_INTEGER) {
		to->minimum = from->minimum;
		to->maximum = from->maximum;
	}
	if (from->type == DMARING_CONTROL_INTEGER && from->step)
		to->step = from->step;
	if (from->type == DMARING_CONTROL_BOOLEAN)
		to->maximum = 1;
	if (from->type != DMARING_CONTROL_MENU)
		return 0;
	to->maximum = from->item_count - 1;
	return copy_items(to, from);
}

static int add(struct dmaring_stream *stream, struct device *dev,
	       const struct dmaring_hw_control *rows, u32 index)
{
	struct dmaring_card_control *to = &stream->controls[index];
	const char *fault;
	int err;

	if (!is_name(rows[index].name)) {
		dev_err(dev, "control %u has no name of letters, digits and _\n",
			index);
		return -EINVAL;
	}
	fault = fault_of(rows, index) ?:
		fault_of_ops(&rows[index], stream->ops);
	if (!fault) {
		err = copy_row(to, &rows[index]);
		if (err)
			return err;
		if ((to->type == DMARING_CONTROL_STRING && to->first.number) ||
		    !dmaring_control_can_be(to, &to->first))
			fault = "its default is no value that it can have";
	}
	if (!fault) {
		to->now = to->first;
		to->asked = to->type == DMARING_CONTROL_BUTTON;
		return 0;
	}
	dev_err(dev, "control %s: %s\n", rows[index].name, fault);
	return -EINVAL;
}

/**
 * dmaring_controls_init() - copy what the driver declares
 * @stream: the stream.
 * @dev:    the card.
 * @config: of the stream.
 *
 * Return: 0; -EINVAL, and the log has the name of the row; -ENOMEM.
 */
int dmaring_controls_init(struct dmaring_stream *stream, struct device *dev,
			  const struct dmaring_config *config)
{
	u32 i;
	int err;

	if (!config->control_count)
		return 0;
	stream->controls = kvcalloc(config->control_count,
				    sizeof(*stream->controls), GFP_KERNEL);
	if (!stream->controls)
		return -ENOMEM;
	for (i = 0; i < config->control_count; i++) {
		/* What has been copied is freed with the stream. */
		stream->control_count = i + 1;
		err = add(stream, dev, config->controls, i);
		if (err)
			return err;
	}
	stream->caps |= DMARING_CAP_CONTROLS;
	return 0;
}

void dmaring_controls_free(struct dmaring_stream *stream)
{
	u32 i;

	for (i = 0; i < stream->control_count; i++)
		kfree(stream->controls[i].items);
	kvfree(stream->controls);
}
