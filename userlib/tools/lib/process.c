// SPDX-License-Identifier: MIT
#include "process.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

const char *process_name(char name[PROCESS_NAME], int32_t pid)
{
	char path[32];
	FILE *file;

	name[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%" PRId32 "/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return name;
	if (!fgets(name, PROCESS_NAME, file))
		name[0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	make_printable(name);
	fclose(file);
	return name;
}
