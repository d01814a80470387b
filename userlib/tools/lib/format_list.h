/* SPDX-License-Identifier: MIT */
/* The format, and those that a card can make: for people and for programs. */
#ifndef FORMAT_LIST_H
#define FORMAT_LIST_H

#include "json.h"

#include <libdmaring.h>

/* "30", "30000/1001"; "any" for 0/0; returns @text, of UNITS_TEXT. */
const char *format_rate(char *text, uint32_t numerator, uint32_t denominator);

/* "32x32 GREY @30, 32 bytes a line, 1024 a frame", and the line's end */
void format_print(FILE *out, const struct dmaring_format *format);

/* An object named "format" */
void format_write(struct json *json, const struct dmaring_format *format);

/* One a line.  Return: 0 or -errno, with dmaring_error(). */
int format_list_print(FILE *out, const struct dmaring *stream,
		      const struct dmaring_info *info);

/* An array named "formats".  As format_list_print(). */
int format_list_write(struct json *json, const struct dmaring *stream,
		      const struct dmaring_info *info);

#endif /* FORMAT_LIST_H */
