/* SPDX-License-Identifier: MIT */
/* A line of text that is put together from parts; what does not fit is cut off. */
#ifndef LINE_H
#define LINE_H

#include <stddef.h>

#define LINE_TEXT 512

/* Begins as { 0 }. */
struct line {
	char text[LINE_TEXT];
	size_t used;
};

__attribute__((format(printf, 2, 3)))
void line_add(struct line *line, const char *format, ...);

#endif /* LINE_H */
