/* SPDX-License-Identifier: MIT */
/* Which streams there are, and which one is meant. */
#ifndef DEVICES_H
#define DEVICES_H

#include <limits.h>

/* What is meant by a path, "dmaring0", "0", an address on the bus, as it is or
 * without its domain, and with or without "-stream1", or NULL: the only stream
 * there is.
 * Return: EXIT_OK, and @path can be opened; any other: all is said.
 */
int devices_resolve(const char *name, char path[PATH_MAX]);

#define DEVICES_PATH 64

/* The paths of all streams there are, as many as there is room for.  Return: how many. */
unsigned int devices_list(char (*paths)[DEVICES_PATH], unsigned int room);

/* Calls @use for each name, or for every stream of the system if @count is 0.
 * Return: an exit code; EXIT_ERROR if there is none (said) or one call failed.
 */
int devices_each(char **names, int count,
		 int (*use)(const char *device, void *argument),
		 void *argument);

/* Return: how many streams the system has; -1: cannot tell, said. */
int devices_count(void);

#define DEVICES_PLACE_TEXT 64

/* "0000:01:00.0" for the first stream of a card, "0000:01:00.0-stream1" for the next
 * one.
 */
const char *devices_place(char text[DEVICES_PLACE_TEXT], const char *bus,
			  unsigned int stream);

/* For tests: other folders than /dev and /sys/class/dmaring. */
void devices_look_in(const char *nodes, const char *class);

#endif /* DEVICES_H */
