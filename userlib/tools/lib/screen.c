// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* mempcpy */
#include "screen.h"
#include "write_all.h"

#include <string.h>
#include <unistd.h>

#define HOME "\033[H"
#define CLEAR_TO_END_OF_LINE "\033[K"
#define CLEAR_BELOW "\033[J"

#define DRAW_BYTES (SCREEN_LINES * (LINE_TEXT + 8) + 16)

void screen_clear(struct screen *screen)
{
	screen->count = 0;
}

struct line *screen_line(struct screen *screen)
{
	struct line *line;

	if (screen->count < SCREEN_LINES)
		screen->count++;
	line = &screen->lines[screen->count - 1];
	line->used = 0;
	line->text[0] = '\0';
	return line;
}

/* A line that is full would move the cursor, at the bottom all lines: one column
 * less.
 */
static char *put_line(char *to, const char *text, unsigned int columns)
{
	size_t most = columns > 1 ? columns - 1 : 0, length = strlen(text);

	if (length > most)
		length = most;
	return stpcpy(mempcpy(to, text, length), CLEAR_TO_END_OF_LINE);
}

int screen_draw(const struct screen *screen, unsigned int columns,
		unsigned int rows)
{
	static char text[DRAW_BYTES];
	unsigned int shown = screen->count < rows ? screen->count : rows, i;
	char *to = stpcpy(text, HOME);
	struct line more = { 0 };

	if (screen->count > shown)
		line_add(&more, "(%u more lines, in a larger terminal)",
			 screen->count - shown + 1);
	for (i = 0; i < shown; i++) {
		if (i)
			to = stpcpy(to, "\r\n");
		to = put_line(to, i && i == shown - 1 && more.used ?
				  more.text : screen->lines[i].text, columns);
	}
	to = stpcpy(to, CLEAR_BELOW);
	return write_all(STDOUT_FILENO, text, to - text);
}
