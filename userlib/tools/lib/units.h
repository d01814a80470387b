/* SPDX-License-Identifier: MIT */
/* Numbers for people: three or four digits and a unit. */
#ifndef UNITS_H
#define UNITS_H

#include <linux/dmaring.h>
#include <stdint.h>

#define UNITS_TEXT 32

/* "4 MiB", "19200 B"; returns @text. */
const char *units_bytes(char text[UNITS_TEXT], uint64_t bytes);

/* "850 ns", "12.3 us", "2.00 s"; returns @text. */
const char *units_ns(char text[UNITS_TEXT], uint64_t ns);

/* "4 s", "3 min 20 s", "2 h 5 min"; returns @text. */
const char *units_duration(char text[UNITS_TEXT], uint64_t ns);

/* "GREY", "Y10"; "raw" for 0; a dot for what cannot be shown; returns @text. */
const char *units_fourcc(char text[UNITS_TEXT], uint32_t fourcc);

/* "160x120 GREY"; "raw, 4 KiB" where there are no lines; returns @text. */
const char *units_format(char text[UNITS_TEXT],
			 const struct dmaring_format *format);

#endif /* UNITS_H */
