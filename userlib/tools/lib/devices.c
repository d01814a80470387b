// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* versionsort */
#include "devices.h"
#include "exit_code.h"

#include <dirent.h>
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_stream(const struct dirent *entry)
{
	static const char begin[] = "dmaring";
	const char *number = entry->d_name + strlen(begin);

	return !strncmp(entry->d_name, begin, strlen(begin)) && *number &&
	       !number[strspn(number, "0123456789")];
}

static void explain_none(void)
{
	if (access("/sys/module/dmaring", F_OK))
		warnx("there is no stream: the module dmaring is not loaded; 'modprobe dmaring_edu', or the driver of your card");
	else
		warnx("there is no stream, though the module dmaring is loaded; is the driver of your card (lsmod | grep dmaring), and did it accept the card (dmesg | grep dmaring)?");
}

static int each_existing(int (*use)(const char *device, void *argument),
			 void *argument)
{
	char path[sizeof("/dev/") + NAME_MAX];
	struct dirent **entries;
	int count, i, code = EXIT_OK;

	count = scandir("/dev", &entries, is_stream, versionsort);
	if (count < 0) {
		warn("/dev");
		return EXIT_ERROR;
	}
	for (i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/dev/%s", entries[i]->d_name);
		if (use(path, argument))
			code = EXIT_ERROR;
		free(entries[i]);
	}
	free(entries);
	if (count)
		return code;
	explain_none();
	return EXIT_ERROR;
}

int devices_each(char **names, int count,
		 int (*use)(const char *device, void *argument), void *argument)
{
	int i, code = EXIT_OK;

	if (!count)
		return each_existing(use, argument);
	for (i = 0; i < count; i++)
		if (use(names[i], argument))
			code = EXIT_ERROR;
	return code;
}
