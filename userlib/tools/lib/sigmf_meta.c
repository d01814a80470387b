// SPDX-License-Identifier: MIT
#include "sigmf_meta.h"
#include "clock.h"
#include "json.h"

#include <inttypes.h>
#include <time.h>

/* Of the specification that this follows */
#define VERSION "1.2.0"

#define TIME_TEXT 48

const char *sigmf_datatype(uint32_t pixelformat)
{
	static const struct {
		uint32_t fourcc;
		const char *name;
	} rows[] = {
		{ DMARING_FOURCC('S', '1', '6', ' '), "ri16_le" },
		{ DMARING_FOURCC('S', '3', '2', ' '), "ri32_le" },
		{ DMARING_FOURCC('F', '3', '2', ' '), "rf32_le" },
		{ DMARING_FOURCC('C', 'S', '1', '6'), "ci16_le" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].fourcc == pixelformat)
			return rows[i].name;
	return NULL;
}

/* The rate is known, and none that the specification calls too low. */
static void print_rate(struct json *json, const struct dmaring_format *format)
{
	uint32_t per = format->rate_denominator;

	if (!per || format->rate_numerator < per)
		return;
	if (format->rate_numerator % per)
		json_real(json, "core:sample_rate", (double)format->rate_numerator / per);
	else
		json_number(json, "core:sample_rate", format->rate_numerator / per);
}

static void print_global(struct json *json, const struct sigmf_meta *meta)
{
	char recorder[64];

	snprintf(recorder, sizeof(recorder), "dmaring %s", dmaring_version());
	json_open(json, "global", '{');
	json_string(json, "core:datatype", sigmf_datatype(meta->format->pixelformat));
	json_string(json, "core:version", VERSION);
	json_string(json, "core:recorder", recorder);
	json_number(json, "core:num_channels", meta->format->channels);
	print_rate(json, meta->format);
	if (meta->dataset)
		json_string(json, "core:dataset", meta->dataset);
	if (meta->trailing)
		json_number(json, "core:trailing_bytes", meta->trailing);
	json_close(json, '}');
}

static const char *time_text(char text[TIME_TEXT], uint64_t ns)
{
	time_t seconds = ns / NS_PER_SECOND;
	struct tm tm;
	size_t used;

	gmtime_r(&seconds, &tm);
	used = strftime(text, TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + used, TIME_TEXT - used, ".%09" PRIu64 "Z",
		 (uint64_t)(ns % NS_PER_SECOND));
	return text;
}

static void print_capture(struct json *json, const struct sigmf_capture *capture)
{
	char text[TIME_TEXT];

	json_open(json, NULL, '{');
	json_number(json, "core:sample_start", capture->start);
	json_number(json, "core:global_index", capture->index);
	json_string(json, "core:datetime", time_text(text, capture->time_ns));
	if (capture->header)
		json_number(json, "core:header_bytes", capture->header);
	json_close(json, '}');
}

static void print_loss(struct json *json, const struct sigmf_capture *capture)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "before this: %" PRIu64 " frames lost by the card, %" PRIu64 " dropped",
		 capture->overruns, capture->drops);
	json_open(json, NULL, '{');
	json_number(json, "core:sample_start", capture->start);
	json_number(json, "core:sample_count", capture->count);
	json_string(json, "core:label", "after a loss");
	json_string(json, "core:comment", text);
	json_close(json, '}');
}

void sigmf_meta_print(FILE *out, const struct sigmf_meta *meta)
{
	struct json json = { .out = out };

	json_open(&json, NULL, '{');
	print_global(&json, meta);
	json_open(&json, "captures", '[');
	for (size_t i = 0; i < meta->count; i++)
		print_capture(&json, &meta->captures[i]);
	json_close(&json, ']');
	json_open(&json, "annotations", '[');
	for (size_t i = 0; i < meta->count; i++)
		if (meta->captures[i].overruns || meta->captures[i].drops)
			print_loss(&json, &meta->captures[i]);
	json_close(&json, ']');
	json_close(&json, '}');
	fputc('\n', out);
}
