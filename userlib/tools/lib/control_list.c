// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* program_invocation_short_name */
#include "control_list.h"
#include "number.h"
#include "suggest.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_TEXT (DMARING_CONTROL_TEXT + 32)

static const char *const type_names[] = {
	[DMARING_CONTROL_INTEGER] = "integer",
	[DMARING_CONTROL_BOOLEAN] = "boolean",
	[DMARING_CONTROL_MENU] = "menu",
	[DMARING_CONTROL_BUTTON] = "button",
	[DMARING_CONTROL_STRING] = "string",
};

#define TYPES (sizeof(type_names) / sizeof(type_names[0]))

static const struct flag_name {
	uint32_t flag;
	const char *name;	/* for programs */
	const char *words;
} flag_names[] = {
	{ DMARING_CONTROL_READ_ONLY, "read_only", "read-only" },
	{ DMARING_CONTROL_VOLATILE, "volatile", "changes by itself" },
	{ DMARING_CONTROL_WHEN_STOPPED, "when_stopped", "only while stopped" },
};

#define FLAGS (sizeof(flag_names) / sizeof(flag_names[0]))

/* ------------------------------------------------------------------- loading */

static int load_items(struct control *control, const struct dmaring *stream)
{
	struct dmaring_control_info item;
	uint32_t i;
	int err = 0;

	control->items = calloc(control->info.items, sizeof(*control->items));
	if (!control->items)
		return -ENOMEM;
	for (i = 0; !err && i < control->info.items; i++) {
		err = dmaring_get_control_info(stream, control->info.index, i,
					       &item);
		if (!err)
			memcpy(control->items[i], item.text, sizeof(item.text));
	}
	return err;
}

/* A card that does not tell the value of one of them tells those of others. */
static int load_one(struct control *control, const struct dmaring *stream,
		    uint32_t index)
{
	int err = dmaring_get_control_info(stream, index, 0, &control->info);

	if (!err && control->info.items)
		err = load_items(control, stream);
	if (err)
		return err;
	control->value.index = index;
	control->err = dmaring_get_controls(stream, &control->value, 1, NULL);
	return control->err == -ENODEV ? -ENODEV : 0;
}

static int load(struct control_list *list, const struct dmaring *stream)
{
	struct dmaring_info info;
	uint32_t i;
	int err;

	*list = (struct control_list){ 0 };
	err = dmaring_get_info(stream, &info);
	if (err || !info.controls)
		return err;
	list->controls = calloc(info.controls, sizeof(*list->controls));
	if (!list->controls)
		return -ENOMEM;
	list->count = info.controls;
	list->control_seq = info.control_seq;
	for (i = 0; !err && i < list->count; i++)
		err = load_one(&list->controls[i], stream, i);
	return err;
}

int control_list_load(struct control_list *list, const struct dmaring *stream)
{
	int err = load(list, stream);

	if (err == -ENOMEM)
		warnx("no memory");
	else if (err)
		warnx("%s", dmaring_error());
	return err ? -1 : 0;
}

void control_list_free(struct control_list *list)
{
	uint32_t i;

	for (i = 0; i < list->count; i++)
		free(list->controls[i].items);
	free(list->controls);
}

static void say_unknown(const struct control_list *list, const char *name)
{
	const char **names = calloc(list->count + 1, sizeof(*names));
	const char *nearest = NULL;
	uint32_t i;

	for (i = 0; names && i < list->count; i++)
		names[i] = list->controls[i].info.name;
	if (names)
		nearest = suggest(name, names, list->count);
	if (nearest)
		warnx("there is no control '%s'; did you mean '%s'?", name,
		      nearest);
	else
		warnx("there is no control '%s'; 'dmaring controls' lists them",
		      name);
	free(names);
}

const struct control *control_list_find(const struct control_list *list,
					const char *name)
{
	uint32_t i;

	for (i = 0; i < list->count; i++)
		if (!strcmp(list->controls[i].info.name, name))
			return &list->controls[i];
	say_unknown(list, name);
	return NULL;
}

/* -------------------------------------------------------------------- values */

/* A number with a sign, in front of which there may be one. */
static int parse_signed(const char *text, int64_t *value)
{
	bool minus = *text == '-';
	uint64_t size, most = minus ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
	int err = number_parse_any(text + minus, &size);

	if (err)
		return err;
	if (size > most)
		return -ERANGE;
	*value = minus ? (int64_t)(0 - size) : (int64_t)size;
	return 0;
}

static bool on_step(const struct dmaring_control_info *info, int64_t value)
{
	return value >= info->minimum && value <= info->maximum &&
	       !(((uint64_t)value - (uint64_t)info->minimum) %
		 (uint64_t)info->step);
}

static int parse_integer(const struct dmaring_control_info *info,
			 const char *text, int64_t *value)
{
	int err = parse_signed(text, value);

	if (err == -EINVAL) {
		warnx("%s='%s': this is no whole number", info->name, text);
		return -1;
	}
	if (!err && on_step(info, *value))
		return 0;
	if (info->step == 1)
		warnx("%s=%s: must be %lld to %lld%s%s", info->name, text,
		      (long long)info->minimum, (long long)info->maximum,
		      *info->unit ? " " : "", info->unit);
	else
		warnx("%s=%s: must be %lld to %lld%s%s, in steps of %lld",
		      info->name, text, (long long)info->minimum,
		      (long long)info->maximum, *info->unit ? " " : "",
		      info->unit, (long long)info->step);
	return -1;
}

static int parse_boolean(const struct dmaring_control_info *info,
			 const char *text, int64_t *value)
{
	static const char *const words[] = {
		"no", "yes", "off", "on", "0", "1", "false", "true",
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!strcmp(text, words[i])) {
			*value = i % 2;
			return 0;
		}
	}
	warnx("%s='%s': must be yes or no, on or off, 1 or 0", info->name, text);
	return -1;
}

static int parse_item(const struct control *control, const char *text,
		      int64_t *value)
{
	uint32_t i;

	for (i = 0; i < control->info.items; i++) {
		if (*text && !strcmp(control->items[i], text)) {
			*value = i;
			return 0;
		}
	}
	fprintf(stderr, "%s: %s='%s': must be one of:",
		program_invocation_short_name, control->info.name, text);
	for (i = 0; i < control->info.items; i++)
		if (control->items[i][0])
			fprintf(stderr, " %s", control->items[i]);
	fputc('\n', stderr);
	return -1;
}

static int parse_text(const struct dmaring_control_info *info, const char *text,
		      char to[DMARING_CONTROL_TEXT])
{
	size_t bytes = strlen(text);

	if (bytes < (uint64_t)info->minimum || bytes > (uint64_t)info->maximum ||
	    bytes >= DMARING_CONTROL_TEXT) {
		warnx("%s='%s': must have %lld to %lld bytes", info->name, text,
		      (long long)info->minimum, (long long)info->maximum);
		return -1;
	}
	memcpy(to, text, bytes + 1);
	return 0;
}

/* "NAME=1", as one would switch on a lamp that goes out by itself. */
static int parse_button(const struct dmaring_control_info *info,
			const char *text)
{
	struct dmaring_control_info boolean = *info;
	int64_t pushed;

	if (parse_boolean(&boolean, text, &pushed))
		return -1;
	if (pushed)
		return 0;
	warnx("%s='%s': a button can only be pushed: %s=1", info->name, text,
	      info->name);
	return -1;
}

int control_parse(const struct control *control, const char *text,
		  struct dmaring_control_value *value)
{
	const struct dmaring_control_info *info = &control->info;
	int64_t number = 0;
	int err = -1;

	*value = (struct dmaring_control_value){ .index = info->index };
	if (info->flags & DMARING_CONTROL_READ_ONLY)
		warnx("%s: it is read-only", info->name);
	else if (info->type == DMARING_CONTROL_INTEGER)
		err = parse_integer(info, text, &number);
	else if (info->type == DMARING_CONTROL_BOOLEAN)
		err = parse_boolean(info, text, &number);
	else if (info->type == DMARING_CONTROL_MENU)
		err = parse_item(control, text, &number);
	else if (info->type == DMARING_CONTROL_BUTTON)
		err = parse_button(info, text);
	else if (info->type == DMARING_CONTROL_STRING)
		err = parse_text(info, text, value->text);
	else
		warnx("%s: this program is too old to know its type",
		      info->name);
	value->value = number;
	return err;
}

/* ------------------------------------------------------------------ printing */

static const char *item_of(const struct control *control, int64_t number)
{
	return number >= 0 && number < control->info.items ?
		       control->items[number] : "?";
}

static const char *spell(char text[VALUE_TEXT], const struct control *control,
			 int64_t number, const char *string)
{
	const struct dmaring_control_info *info = &control->info;

	if (info->type == DMARING_CONTROL_BOOLEAN)
		snprintf(text, VALUE_TEXT, "%s", number ? "yes" : "no");
	else if (info->type == DMARING_CONTROL_MENU)
		snprintf(text, VALUE_TEXT, "%s", item_of(control, number));
	else if (info->type == DMARING_CONTROL_STRING)
		snprintf(text, VALUE_TEXT, "\"%.*s\"", DMARING_CONTROL_TEXT,
			 string);
	else if (info->type == DMARING_CONTROL_BUTTON)
		snprintf(text, VALUE_TEXT, "-");
	else
		snprintf(text, VALUE_TEXT, "%lld%s%s", (long long)number,
			 *info->unit ? " " : "", info->unit);
	return text;
}

static const char *spell_value(char text[VALUE_TEXT],
			       const struct control *control)
{
	if (control->err)
		snprintf(text, VALUE_TEXT, "unknown");
	else
		spell(text, control, control->value.value,
		      control->value.text);
	return text;
}

/* Letters, not bytes, of UTF-8. */
static int letters(const char *text)
{
	int count = 0;

	for (; *text; text++)
		count += (*text & 0xc0) != 0x80;
	return count;
}

static void print_range(FILE *out, const struct control *control)
{
	const struct dmaring_control_info *info = &control->info;
	uint32_t i;

	if (info->type == DMARING_CONTROL_INTEGER)
		fprintf(out, ", %lld to %lld", (long long)info->minimum,
			(long long)info->maximum);
	if (info->step > 1)
		fprintf(out, " in steps of %lld", (long long)info->step);
	if (info->type == DMARING_CONTROL_STRING)
		fprintf(out, ", %lld to %lld bytes", (long long)info->minimum,
			(long long)info->maximum);
	for (i = 0; i < info->items; i++)
		if (control->items[i][0])
			fprintf(out, "%s %s", i ? "" : ":", control->items[i]);
}

static const char *type_of(const struct control *control)
{
	uint32_t type = control->info.type;

	return type && type < TYPES ? type_names[type] : "unknown";
}

static void print_control(FILE *out, const struct control *control, int names,
			  int values)
{
	const struct dmaring_control_info *info = &control->info;
	char value[VALUE_TEXT], first[VALUE_TEXT];
	size_t i;

	spell_value(value, control);
	fprintf(out, "%-*s  %s%*s  %s", names, info->name, value,
		values - letters(value), "", type_of(control));
	print_range(out, control);
	if (info->type != DMARING_CONTROL_BUTTON &&
	    !(info->flags & DMARING_CONTROL_READ_ONLY))
		fprintf(out, ", default %s",
			spell(first, control, info->default_value, info->text));
	for (i = 0; i < FLAGS; i++)
		if (info->flags & flag_names[i].flag)
			fprintf(out, ", %s", flag_names[i].words);
	fputc('\n', out);
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

void control_list_print(FILE *out, const struct control_list *list)
{
	char value[VALUE_TEXT];
	int names = 0, values = 0;
	uint32_t i;

	for (i = 0; i < list->count; i++) {
		names = larger(names, letters(list->controls[i].info.name));
		spell_value(value, &list->controls[i]);
		values = larger(values, letters(value));
	}
	for (i = 0; i < list->count; i++)
		print_control(out, &list->controls[i], names, values);
}

static void write_value(struct json *json, const char *key,
			const struct control *control, int64_t number,
			const char *text)
{
	switch (control->info.type) {
	case DMARING_CONTROL_BOOLEAN:
		json_bool(json, key, number);
		break;
	case DMARING_CONTROL_MENU:
		json_string(json, key, item_of(control, number));
		break;
	case DMARING_CONTROL_STRING:
		json_string(json, key, text);
		break;
	case DMARING_CONTROL_INTEGER:
		json_integer(json, key, number);
		break;
	default:
		json_null(json, key);
	}
}

static void write_items(struct json *json, const struct control *control)
{
	uint32_t i;

	json_open(json, "items", '[');
	for (i = 0; i < control->info.items; i++)
		if (control->items[i][0])
			json_string(json, NULL, control->items[i]);
	json_close(json, ']');
}

static void write_control(struct json *json, const struct control *control)
{
	const struct dmaring_control_info *info = &control->info;
	size_t i;

	json_open(json, NULL, '{');
	json_string(json, "name", info->name);
	json_string(json, "type", type_of(control));
	if (control->err)
		json_null(json, "value");
	else
		write_value(json, "value", control, control->value.value,
			    control->value.text);
	write_value(json, "default", control, info->default_value, info->text);
	json_string(json, "unit", info->unit);
	json_integer(json, "minimum", info->minimum);
	json_integer(json, "maximum", info->maximum);
	json_integer(json, "step", info->step);
	write_items(json, control);
	for (i = 0; i < FLAGS; i++)
		json_bool(json, flag_names[i].name,
			  info->flags & flag_names[i].flag);
	json_close(json, '}');
}

void control_list_write(struct json *json, const struct control_list *list)
{
	uint32_t i;

	json_number(json, "control_seq", list->control_seq);
	json_open(json, "controls", '[');
	for (i = 0; i < list->count; i++)
		write_control(json, &list->controls[i]);
	json_close(json, ']');
}
