// SPDX-License-Identifier: MIT
#include "units.h"
#include "number.h"

#include <inttypes.h>
#include <stdio.h>

/* Binary units only where nothing is rounded away: sizes are for reckoning. */
const char *units_bytes(char text[UNITS_TEXT], uint64_t bytes)
{
	static const char *const names[] = { "B", "KiB", "MiB", "GiB" };
	unsigned int i = 0;

	while (i < 3 && bytes && bytes % 1024 == 0) {
		bytes /= 1024;
		i++;
	}
	snprintf(text, UNITS_TEXT, "%" PRIu64 " %s", bytes, names[i]);
	return text;
}

const char *units_ns(char text[UNITS_TEXT], uint64_t ns)
{
	if (ns < 1000)
		snprintf(text, UNITS_TEXT, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		snprintf(text, UNITS_TEXT, "%.1f us", ns / 1e3);
	else if (ns < 1000000000)
		snprintf(text, UNITS_TEXT, "%.1f ms", ns / 1e6);
	else
		snprintf(text, UNITS_TEXT, "%.2f s", ns / 1e9);
	return text;
}

const char *units_duration(char text[UNITS_TEXT], uint64_t ns)
{
	uint64_t seconds = ns / NS_PER_SECOND;

	if (seconds < 60)
		snprintf(text, UNITS_TEXT, "%" PRIu64 " s", seconds);
	else if (seconds < 3600)
		snprintf(text, UNITS_TEXT, "%" PRIu64 " min %" PRIu64 " s",
			 seconds / 60, seconds % 60);
	else
		snprintf(text, UNITS_TEXT, "%" PRIu64 " h %" PRIu64 " min",
			 seconds / 3600, seconds / 60 % 60);
	return text;
}

const char *units_fourcc(char text[UNITS_TEXT], uint32_t fourcc)
{
	int i;

	if (!fourcc) {
		snprintf(text, UNITS_TEXT, "raw");
		return text;
	}
	for (i = 0; i < 4; i++) {
		char c = (char)(fourcc >> (8 * i));

		text[i] = c > ' ' && c <= '~' ? c : '.';
	}
	text[4] = '\0';
	/* Blanks that fill it up are not shown. */
	for (i = 3; i && (char)(fourcc >> (8 * i)) == ' '; i--)
		text[i] = '\0';
	return text;
}

const char *units_format(char text[UNITS_TEXT],
			 const struct dmaring_format *format)
{
	char fourcc[UNITS_TEXT], bytes[UNITS_TEXT];

	units_fourcc(fourcc, format->pixelformat);
	if (format->width && format->height)
		snprintf(text, UNITS_TEXT, "%ux%u %.4s", format->width,
			 format->height, fourcc);
	else
		snprintf(text, UNITS_TEXT, "%.4s, %.20s", fourcc,
			 units_bytes(bytes, format->frame_bytes));
	return text;
}
