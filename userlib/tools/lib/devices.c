// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* versionsort */
#include "devices.h"
#include "exit_code.h"

#include <dirent.h>
#include <err.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NODE_BEGIN "dmaring"
#define NODE_TEXT 32
#define BUS_TEXT 64
#define STREAMS_MAX 256		/* as many as the driver has minor numbers */

static const char *nodes_in = "/dev";
static const char *class_in = "/sys/class/dmaring";

struct device {
	char node[NODE_TEXT];	/* "dmaring0" */
	char bus[BUS_TEXT];	/* "0000:01:00.0"; "" where nobody knows */
	unsigned int stream;	/* of its card */
};

struct devices {
	struct device of[STREAMS_MAX];
	int count;
};

void devices_look_in(const char *nodes, const char *class)
{
	nodes_in = nodes;
	class_in = class;
}

/* ---------------------------------------------------------- which there are */

static bool names_stream(const char *name)
{
	size_t begin = strlen(NODE_BEGIN);

	return !strncmp(name, NODE_BEGIN, begin) && name[begin] &&
	       !name[begin + strspn(name + begin, "0123456789")];
}

static int is_stream(const struct dirent *entry)
{
	return names_stream(entry->d_name) &&
	       strlen(entry->d_name) < NODE_TEXT;
}

/* The last part of where its link to the device leads */
static void find_bus(struct device *device)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t length;

	snprintf(path, sizeof(path), "%s/%s/device", class_in, device->node);
	length = readlink(path, target, sizeof(target) - 1);
	target[length < 0 ? 0 : length] = '\0';
	last = strrchr(target, '/');
	snprintf(device->bus, sizeof(device->bus), "%.*s", BUS_TEXT - 1,
		 last ? last + 1 : target);
}

/* The first one, if nobody says anything else. */
static void find_stream(struct device *device)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s/stream", class_in, device->node);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fscanf(file, "%9u", &device->stream) != 1)
		device->stream = 0;
	fclose(file);
}

/* In the order of their numbers.  Return: 0; -1, said. */
static int find_all(struct devices *devices)
{
	struct dirent **entries;
	int found, i;

	*devices = (struct devices){ .count = 0 };
	found = scandir(nodes_in, &entries, is_stream, versionsort);
	if (found < 0) {
		warn("%s: cannot list the devices", nodes_in);
		return -1;
	}
	for (i = 0; i < found; i++) {
		struct device *device = &devices->of[devices->count];

		if (devices->count < STREAMS_MAX) {
			strcpy(device->node, entries[i]->d_name);
			find_bus(device);
			find_stream(device);
			devices->count++;
		}
		free(entries[i]);
	}
	free(entries);
	return 0;
}

static void explain_none(void)
{
	if (access("/sys/module/dmaring", F_OK))
		warnx("there is no stream: the module dmaring is not loaded; 'modprobe dmaring_edu', or the driver of your card");
	else
		warnx("there is no stream, though the module dmaring is loaded; is the driver of your card (lsmod | grep dmaring), and did it accept the card (dmesg | grep dmaring)?");
}

/* ------------------------------------------------------- which one is meant */

#define STREAM_BEGIN "-stream"

/* The rest of what somebody typed behind the card's place; NULL: it is another. */
static const char *behind_bus(const struct device *device, const char *typed)
{
	static const char domain[] = "0000:";
	size_t begin = strlen(domain), length = strlen(device->bus);

	if (!length)
		return NULL;
	if (!strncmp(typed, device->bus, length))
		return typed + length;
	if (strncmp(device->bus, domain, begin) ||
	    strncmp(typed, device->bus + begin, length - begin))
		return NULL;
	return typed + length - begin;
}

/* "0000:01:00.0" is any stream of that card, "0000:01:00.0-stream1" one. */
static bool fits(const struct device *device, const char *typed)
{
	char name[BUS_TEXT];
	const char *rest;

	if (!typed)
		return true;
	rest = behind_bus(device, typed);
	if (!rest)
		return false;
	snprintf(name, sizeof(name), STREAM_BEGIN "%u", device->stream);
	return !*rest || !strcmp(rest, name);
}

/* Those that fit, to the front. */
static void keep_fitting(struct devices *devices, const char *bus)
{
	int i, kept = 0;

	for (i = 0; i < devices->count; i++)
		if (fits(&devices->of[i], bus))
			devices->of[kept++] = devices->of[i];
	devices->count = kept;
}

#define ALL_TEXT 1024

const char *devices_place(char text[DEVICES_PLACE_TEXT], const char *bus,
			  unsigned int stream)
{
	char number[24] = "";

	if (stream)
		snprintf(number, sizeof(number), STREAM_BEGIN "%u", stream);
	snprintf(text, DEVICES_PLACE_TEXT, "%s%s", bus, number);
	return text;
}

/* Has its card other streams? */
static bool has_sibling(const struct devices *devices, int at)
{
	const struct device *of = devices->of;
	int i;

	for (i = 0; i < devices->count; i++)
		if (i != at && of[at].bus[0] && !strcmp(of[i].bus, of[at].bus))
			return true;
	return false;
}

/* " (0000:01:00.0)"; with "-stream0" where the place alone is not enough */
static size_t add_place(char *text, size_t room, const struct devices *devices,
			int at)
{
	const struct device *device = &devices->of[at];

	if (has_sibling(devices, at))
		return snprintf(text, room, " (%s" STREAM_BEGIN "%u)",
				device->bus, device->stream);
	return snprintf(text, room, " (%s)", device->bus);
}

/* "/dev/dmaring0 (0000:01:00.0), /dev/dmaring1 (0000:02:00.0)" */
static const char *all_of(char text[ALL_TEXT], const struct devices *devices)
{
	size_t used = 0;
	int i;

	text[0] = '\0';
	for (i = 0; i < devices->count && used < ALL_TEXT; i++) {
		used += snprintf(text + used, ALL_TEXT - used, "%s%s/%s",
				 i ? ", " : "", nodes_in, devices->of[i].node);
		if (used < ALL_TEXT)
			used += add_place(text + used, ALL_TEXT - used, devices,
					  i);
	}
	return text;
}

/* Of those that fit @bus, or of all. */
static int take_only_one(struct devices *devices, const char *bus,
			 char path[PATH_MAX])
{
	char all[ALL_TEXT];

	if (devices->count > 1) {
		warnx("%s%sthere are several streams, name one of them: %s",
		      bus ? bus : "", bus ? ": " : "", all_of(all, devices));
		return EXIT_USAGE;
	}
	snprintf(path, PATH_MAX, "%s/%s", nodes_in, devices->of[0].node);
	return EXIT_OK;
}

static int resolve_bus(const char *bus, char path[PATH_MAX])
{
	struct devices devices;
	char all[ALL_TEXT];

	if (find_all(&devices))
		return EXIT_ERROR;
	if (!devices.count) {
		explain_none();
		return EXIT_ERROR;
	}
	all_of(all, &devices);
	keep_fitting(&devices, bus);
	if (devices.count)
		return take_only_one(&devices, bus, path);
	warnx("%s: there is no such stream; there are: %s", bus, all);
	return EXIT_ERROR;
}

/* What needs no look at the bus: a path, "0", "dmaring0", any other name in /dev. */
static bool resolve_plain(const char *name, char path[PATH_MAX])
{
	bool number = !name[strspn(name, "0123456789")];

	if (strchr(name, '/')) {
		snprintf(path, PATH_MAX, "%s", name);
		return true;
	}
	snprintf(path, PATH_MAX, "%s/%s%s", nodes_in, number ? NODE_BEGIN : "", name);
	return number || names_stream(name) || !access(path, F_OK);
}

int devices_resolve(const char *name, char path[PATH_MAX])
{
	if (name && resolve_plain(name, path))
		return EXIT_OK;
	return resolve_bus(name, path);
}

/* ----------------------------------------------------------- all of them */

unsigned int devices_list(char (*paths)[DEVICES_PATH], unsigned int room)
{
	struct devices devices;
	unsigned int count = 0;

	if (find_all(&devices))
		return 0;
	while (count < room && count < (unsigned int)devices.count) {
		snprintf(paths[count], DEVICES_PATH, "%.30s/%.32s", nodes_in,
			 devices.of[count].node);
		count++;
	}
	return count;
}

static int each_existing(int (*use)(const char *device, void *argument),
			 void *argument)
{
	struct devices devices;
	char path[PATH_MAX];
	int i, code = EXIT_OK;

	if (find_all(&devices))
		return EXIT_ERROR;
	for (i = 0; i < devices.count; i++) {
		snprintf(path, sizeof(path), "%s/%s", nodes_in,
			 devices.of[i].node);
		if (use(path, argument))
			code = EXIT_ERROR;
	}
	if (devices.count)
		return code;
	explain_none();
	return EXIT_ERROR;
}

int devices_count(void)
{
	struct devices devices;

	return find_all(&devices) ? -1 : devices.count;
}

int devices_each(char **names, int count,
		 int (*use)(const char *device, void *argument), void *argument)
{
	char path[PATH_MAX];
	int i, code = EXIT_OK;

	if (!count)
		return each_existing(use, argument);
	for (i = 0; i < count; i++)
		if (devices_resolve(names[i], path) || use(path, argument))
			code = EXIT_ERROR;
	return code;
}
