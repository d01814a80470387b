// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* strchrnul */
#include "usage.h"
#include "option_table.h"

#include <string.h>

#define LEFT_HALF 48

/* "-n, --frames N" */
static const char *left_half(char text[LEFT_HALF], const struct option_row *row)
{
	int used = row->letter ? snprintf(text, LEFT_HALF, "-%c, ", row->letter) :
				 snprintf(text, LEFT_HALF, "    ");

	snprintf(text + used, LEFT_HALF - used, "--%s%s%s", row->name,
		 row->argument ? " " : "", row->argument ? row->argument : "");
	return text;
}

static int width_of(enum command_id command)
{
	char text[LEFT_HALF];
	const struct option_row *row;
	int width = 0, length;

	for (row = option_rows; row < option_rows + OPTIONS; row++) {
		length = strlen(left_half(text, row));
		if (row->commands & command && length > width)
			width = length;
	}
	return width;
}

static void print_row(FILE *out, const struct option_row *row, int width)
{
	const char *line = row->help, *end;
	char text[LEFT_HALF];

	left_half(text, row);
	do {
		end = strchrnul(line, '\n');
		fprintf(out, "  %-*s  %.*s\n", width, text, (int)(end - line),
			line);
		text[0] = '\0';
		line = end + 1;
	} while (*end);
}

void usage_print(FILE *out, const struct command *command)
{
	int width = width_of(command->id);
	const struct option_row *row;

	fprintf(out, "usage: dmaring %s [OPTION...]%s%s\n\n%s\n",
		command->name, *command->operands ? " " : "",
		command->operands, command->about);
	for (row = option_rows; row < option_rows + OPTIONS; row++)
		if (row->commands & command->id)
			print_row(out, row, width);
	if (command->more)
		fprintf(out, "\n%s", command->more);
}
