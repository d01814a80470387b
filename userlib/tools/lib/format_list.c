// SPDX-License-Identifier: MIT
#include "format_list.h"
#include "units.h"

#include <dmaring/format.h>
#include <inttypes.h>
#include <stdio.h>

const char *format_rate(char *text, uint32_t numerator, uint32_t denominator)
{
	if (!numerator || !denominator)
		snprintf(text, UNITS_TEXT, "any");
	else if (denominator == 1)
		snprintf(text, UNITS_TEXT, "%" PRIu32, numerator);
	else
		snprintf(text, UNITS_TEXT, "%" PRIu32 "/%" PRIu32, numerator,
			 denominator);
	return text;
}

/* Where there are no lines, bytes in a row. */
void format_print(FILE *out, const struct dmaring_format *format)
{
	char text[UNITS_TEXT];

	if (!format->width || !format->height) {
		fprintf(out, "%s, %" PRIu32 " bytes a frame\n",
			units_fourcc(text, format->pixelformat),
			format->frame_bytes);
		return;
	}
	fprintf(out, "%s", units_format(text, format));
	if (format->channels > 1)
		fprintf(out, " %" PRIu32 "ch", format->channels);
	if (format->rate_denominator)
		fprintf(out, " @%s",
			format_rate(text, format->rate_numerator,
				    format->rate_denominator));
	fprintf(out, ", %" PRIu32 " bytes a line, %" PRIu32 " a frame\n",
		format->bytes_per_line, format->frame_bytes);
}

void format_write(struct json *json, const struct dmaring_format *format)
{
	char text[UNITS_TEXT];

	json_open(json, "format", '{');
	json_number(json, "width", format->width);
	json_number(json, "height", format->height);
	json_string(json, "pixelformat",
		    units_fourcc(text, format->pixelformat));
	json_number(json, "channels", format->channels);
	json_string(json, "rate",
		    format_rate(text, format->rate_numerator,
				format->rate_denominator));
	json_number(json, "bytes_per_line", format->bytes_per_line);
	json_number(json, "frame_bytes", format->frame_bytes);
	json_close(json, '}');
}

/* "640", "1..65536", "4..65536 in steps of 4"; returns @text. */
static const char *range_text(char text[64], uint32_t min, uint32_t max,
			      uint32_t step)
{
	if (min == max)
		snprintf(text, 64, "%" PRIu32, min);
	else if (step == 1)
		snprintf(text, 64, "%" PRIu32 "..%" PRIu32, min, max);
	else
		snprintf(text, 64, "%" PRIu32 "..%" PRIu32 " in steps of %" PRIu32,
			 min, max, step);
	return text;
}

static const char *name_of(uint32_t pixelformat)
{
	const struct dmaring_format_row *row = dmaring_format_find(pixelformat);

	return row ? row->name : "unknown";
}

static void print_range(FILE *out, const struct dmaring_format_range *range)
{
	char fourcc[UNITS_TEXT], width[64], height[64];
	char least[UNITS_TEXT], most[UNITS_TEXT];

	fprintf(out, "  %-4s  %-8s  %s x %s",
		units_fourcc(fourcc, range->pixelformat),
		name_of(range->pixelformat),
		range_text(width, range->width_min, range->width_max,
			   range->width_step),
		range_text(height, range->height_min, range->height_max,
			   range->height_step));
	if (range->channels_max > 1)
		fprintf(out, ", 1..%" PRIu32 " channels", range->channels_max);
	if (range->rate_max_denominator)
		fprintf(out, ", @%s..%s",
			format_rate(least, range->rate_min_numerator,
				    range->rate_min_denominator),
			format_rate(most, range->rate_max_numerator,
				    range->rate_max_denominator));
	fputc('\n', out);
}

static void write_limits(struct json *json, const char *name, uint32_t min,
			 uint32_t max, uint32_t step)
{
	json_open(json, name, '{');
	json_number(json, "min", min);
	json_number(json, "max", max);
	json_number(json, "step", step);
	json_close(json, '}');
}

static void write_range(struct json *json,
			const struct dmaring_format_range *range)
{
	char fourcc[UNITS_TEXT], rate[UNITS_TEXT];

	json_open(json, NULL, '{');
	json_string(json, "pixelformat",
		    units_fourcc(fourcc, range->pixelformat));
	json_string(json, "name", name_of(range->pixelformat));
	write_limits(json, "width", range->width_min, range->width_max,
		     range->width_step);
	write_limits(json, "height", range->height_min, range->height_max,
		     range->height_step);
	json_number(json, "channels_max", range->channels_max);
	json_number(json, "line_step", range->line_step);
	json_string(json, "rate_min",
		    format_rate(rate, range->rate_min_numerator,
				range->rate_min_denominator));
	json_string(json, "rate_max",
		    format_rate(rate, range->rate_max_numerator,
				range->rate_max_denominator));
	json_close(json, '}');
}

int format_list_print(FILE *out, const struct dmaring *stream,
		      const struct dmaring_info *info)
{
	struct dmaring_format_range range;
	int err = 0;
	uint32_t i;

	for (i = 0; !err && i < info->formats; i++) {
		err = dmaring_get_format_range(stream, i, &range);
		if (!err)
			print_range(out, &range);
	}
	return err;
}

int format_list_write(struct json *json, const struct dmaring *stream,
		      const struct dmaring_info *info)
{
	struct dmaring_format_range range;
	int err = 0;
	uint32_t i;

	json_open(json, "formats", '[');
	for (i = 0; !err && i < info->formats; i++) {
		err = dmaring_get_format_range(stream, i, &range);
		if (!err)
			write_range(json, &range);
	}
	json_close(json, ']');
	return err;
}
