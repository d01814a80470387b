// SPDX-License-Identifier: MIT
#include "line.h"

#include <stdarg.h>
#include <stdio.h>

void line_add(struct line *line, const char *format, ...)
{
	va_list values;
	int length;

	va_start(values, format);
	length = vsnprintf(line->text + line->used, LINE_TEXT - line->used,
			   format, values);
	va_end(values);
	if (length > 0)
		line->used += length;
	if (line->used >= LINE_TEXT)
		line->used = LINE_TEXT - 1;
}
