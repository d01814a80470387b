// SPDX-License-Identifier: MIT
#include "commands.h"
#include "lib/devices.h"
#include "lib/json.h"
#include "lib/monitor.h"
#include "lib/names.h"
#include "lib/units.h"

#include <err.h>

struct listing {
	bool as_json;
	struct json json;
};

static void print_line(const char *device, const struct dmaring_info *info)
{
	char format[UNITS_TEXT], place[DEVICES_PLACE_TEXT];

	printf("%-14s  %-14s  %-13s  %-9s  %-16s  %s\n", device,
	       devices_place(place, info->bus_info, info->stream), info->driver,
	       name_of_stream_state(info->state),
	       units_format(format, &info->format), info->card);
}

static void write_line(struct json *json, const char *device,
		       const struct dmaring_info *info)
{
	char format[UNITS_TEXT];

	json_open(json, NULL, '{');
	json_string(json, "device", device);
	json_string(json, "bus", info->bus_info);
	json_number(json, "stream", info->stream);
	json_string(json, "driver", info->driver);
	json_string(json, "state", name_of_stream_state(info->state));
	json_string(json, "format", units_format(format, &info->format));
	json_string(json, "card", info->card);
	json_close(json, '}');
	fputc('\n', json->out);
	json->comma = false;
}

static int list_one(const char *device, void *argument)
{
	struct listing *listing = argument;
	struct dmaring_info info;
	struct dmaring *stream;
	int err;

	err = monitor_open(device, &stream);
	if (!err)
		err = dmaring_get_info(stream, &info);
	if (err)
		warnx("%s", dmaring_error());
	else if (listing->as_json)
		write_line(&listing->json, device, &info);
	else
		print_line(device, &info);
	dmaring_close(stream);
	return err;
}

int command_list(const struct options *options)
{
	struct listing listing = {
		.as_json = options->json,
		.json.out = stdout,
	};

	return devices_each(NULL, 0, list_one, &listing);
}
