// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/control_list.h"
#include "lib/devices.h"
#include "lib/monitor.h"

#include <err.h>
#include <libdmaring.h>
#include <string.h>

static void print_names(const struct control_list *list)
{
	uint32_t i;

	for (i = 0; i < list->count; i++)
		puts(list->controls[i].info.name);
}

static void print_json(const struct control_list *list, const char *device)
{
	struct json json = { .out = stdout };

	json_open(&json, NULL, '{');
	json_string(&json, "device", device);
	control_list_write(&json, list);
	json_close(&json, '}');
	putchar('\n');
}

/* Of each that did not tell its value. */
static int complain(const struct control_list *list)
{
	int code = EXIT_OK;
	uint32_t i;

	for (i = 0; i < list->count; i++) {
		if (!list->controls[i].err)
			continue;
		warnx("%s: the card does not tell its value: %s",
		      list->controls[i].info.name,
		      strerror(-list->controls[i].err));
		code = EXIT_ERROR;
	}
	return code;
}

static int show(const struct options *options, const struct control_list *list)
{
	if (options->list_names) {
		print_names(list);
		return EXIT_OK;
	}
	if (options->json)
		print_json(list, options->device);
	else if (list->count)
		control_list_print(stdout, list);
	else
		warnx("the card has no controls");
	return complain(list);
}

int command_controls(const struct options *options)
{
	struct dmaring *stream = NULL;
	struct control_list list;
	int code = EXIT_ERROR;

	if (monitor_open(options->device, &stream)) {
		warnx("%s", dmaring_error());
		return EXIT_ERROR;
	}
	if (!control_list_load(&list, stream))
		code = show(options, &list);
	control_list_free(&list);
	dmaring_close(stream);
	return code;
}
