/* SPDX-License-Identifier: MIT */
#ifndef DEVICES_H
#define DEVICES_H

/* Calls @use for each name, or for every stream of the system if @count is 0.
 * Return: an exit code; EXIT_ERROR if there is none (said) or one call failed.
 */
int devices_each(char **names, int count,
		 int (*use)(const char *device, void *argument),
		 void *argument);

#endif /* DEVICES_H */
