// SPDX-License-Identifier: MIT
#include "check/check.h"
#include "commands.h"
#include "lib/devices.h"
#include "lib/interrupt.h"
#include "lib/monitor.h"
#include "lib/number.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

#define TIME_NS (2 * NS_PER_SECOND)
#define PATIENCE_NS (10 * NS_PER_SECOND)

/* In this order.  "trust" is about all that came before; the last one takes the
 * device away.
 */
static const struct check_group *const groups[] = {
	&check_info,
	&check_buffers,
	&check_run,
	&check_stop,
	&check_time,
	&check_interrupts,
	&check_account,
	&check_starve,
	&check_consumers,
	&check_playback,
	&check_format,
	&check_control,
	&check_trust,
	&check_life,
};

#define GROUPS CHECK_COUNT(groups)

static int list(void)
{
	unsigned int i, point;

	for (i = 0; i < GROUPS; i++) {
		printf("%-10s %s\n", groups[i]->name, groups[i]->about);
		for (point = 0; point < groups[i]->count; point++)
			printf("           - %s\n",
			       groups[i]->points[point].what);
	}
	return EXIT_OK;
}

static bool is_group(const char *name)
{
	unsigned int i;

	for (i = 0; i < GROUPS; i++)
		if (!strcmp(groups[i]->name, name))
			return true;
	warnx("--only '%s': there is no such group; 'dmaring check --list' has them",
	      name);
	return false;
}

/* Others would lose frames, and make what is seen here mean nothing. */
static bool refuse_company(const struct check *check)
{
	if (!check->info.consumers)
		return false;
	warnx("%s is in use (%u attached; 'dmaring stats' shows by whom): check needs it alone, because it stops, starves and fills the buffers of the stream",
	      check->device, check->info.consumers);
	return true;
}

static bool prepare(struct check *check)
{
	struct dmaring *monitor;
	bool good;

	good = !monitor_open(check->device, &monitor) &&
	       !dmaring_get_info(monitor, &check->info) &&
	       !dmaring_get_stats(monitor, &check->before);
	if (!good)
		warnx("%s", dmaring_error());
	dmaring_close(monitor);
	return good && !refuse_company(check);
}

static void print_title(const struct check *check)
{
	printf("%s%s: %.32s, %.32s, %.32s\n",
	       check->options->tap ? "TAP version 13\n# " : "",
	       check->device, check->info.driver, check->info.card,
	       check->info.bus_info);
}

int command_check(const struct options *options)
{
	char path[PATH_MAX];
	int code;
	struct check check = {
		.options = options,
		.device = path,
		.time_ns = options->duration_ns ? options->duration_ns : TIME_NS,
		.patience_ns = options->silence_ns ? options->silence_ns :
						     PATIENCE_NS,
	};

	if (options->only && !is_group(options->only))
		return EXIT_USAGE;
	if (options->list)
		return list();
	code = devices_resolve(options->operands[0], path);
	if (code)
		return code;
	interrupt_catch();
	if (!prepare(&check))
		return EXIT_ERROR;
	print_title(&check);
	return check_groups(&check, groups, GROUPS);
}
