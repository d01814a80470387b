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

void process_read(int32_t pid, const char *name, char *text, size_t room)
{
	char path[64];
	size_t used = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%" PRId32 "/%s", pid, name);
	file = fopen(path, "re");
	if (file) {
		used = fread(text, 1, room - 1, file);
		fclose(file);
	}
	text[used] = '\0';
}

const char *process_name(char name[PROCESS_NAME], int32_t pid)
{
	process_read(pid, "comm", name, PROCESS_NAME);
	name[strcspn(name, "\n")] = '\0';
	make_printable(name);
	return name;
}
