// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/control_list.h"
#include "lib/devices.h"

#include <err.h>
#include <errno.h>
#include <libdmaring.h>
#include <string.h>

/* What the operands ask for. */
struct request {
	char **wishes;		/* NAME=VALUE */
	uint32_t count;
	struct dmaring_control_value values[DMARING_CONTROLS_MAX];
};

static int take_wish(const struct control_list *list, const char *wish,
		     struct dmaring_control_value *value)
{
	char name[DMARING_CONTROL_NAME];
	size_t length = strcspn(wish, "=");
	const struct control *control;

	if (length >= sizeof(name)) {
		warnx("'%s': there is no control with such a long name", wish);
		return -1;
	}
	memcpy(name, wish, length);
	name[length] = '\0';
	control = control_list_find(list, name);
	return control ? control_parse(control, wish + length + 1, value) : -1;
}

/* All of them are looked at: who has made two mistakes hears of both. */
static int take_wishes(struct request *request, const struct control_list *list)
{
	uint32_t i, other;
	int err = 0;

	for (i = 0; i < request->count; i++) {
		if (take_wish(list, request->wishes[i], &request->values[i])) {
			err = -1;
			continue;
		}
		for (other = 0; !err && other < i; other++) {
			if (request->values[other].index !=
			    request->values[i].index)
				continue;
			warnx("'%s' and '%s': once is enough",
			      request->wishes[other], request->wishes[i]);
			err = -1;
		}
	}
	return err;
}

static int apply(const struct dmaring *stream, const struct request *request)
{
	uint32_t bad;

	if (!dmaring_set_controls(stream, request->values, request->count, NULL,
				  &bad))
		return EXIT_OK;
	if (bad < request->count)
		warnx("%s: %s; nothing was set", request->wishes[bad],
		      dmaring_error());
	else
		warnx("%s", dmaring_error());
	return EXIT_ERROR;
}

static int set(const char *device, struct request *request)
{
	static const struct dmaring_options writable = {
		.size = sizeof(writable),
		.flags = DMARING_OPEN_CONFIGURE,
	};
	struct control_list list;
	struct dmaring *stream;
	int code = EXIT_ERROR;

	if (dmaring_open(device, &writable, &stream)) {
		warnx("%s", dmaring_error());
		return EXIT_ERROR;
	}
	if (!control_list_load(&list, stream))
		code = take_wishes(request, &list) ? EXIT_USAGE :
						     apply(stream, request);
	control_list_free(&list);
	dmaring_close(stream);
	return code;
}

static int take_operands(struct request *request, char **operands, int count)
{
	int i;

	if (count < 1 || count > (int)DMARING_CONTROLS_MAX) {
		warnx("set takes 1 to %u NAME=VALUE; 'dmaring controls' lists the names",
		      DMARING_CONTROLS_MAX);
		return -1;
	}
	for (i = 0; i < count; i++) {
		if (!strchr(operands[i], '=')) {
			warnx("'%s': must be NAME=VALUE", operands[i]);
			return -1;
		}
	}
	request->wishes = operands;
	request->count = (uint32_t)count;
	return 0;
}

int command_set(const struct options *options)
{
	char **operands = options->operands, path[PATH_MAX];
	struct request request = { 0 };
	int count = options->operand_count, code;
	const char *device = NULL;

	/* No device has a "=" in its name. */
	if (count && !strchr(operands[0], '=')) {
		device = *operands++;
		count--;
	}
	if (take_operands(&request, operands, count))
		return EXIT_USAGE;
	code = devices_resolve(device, path);
	return code ? code : set(path, &request);
}
