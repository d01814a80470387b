// SPDX-License-Identifier: MIT
#include "json.h"

#include <inttypes.h>
#include <math.h>

static void begin_element(struct json *json, const char *key)
{
	if (json->comma)
		fputs(", ", json->out);
	json->comma = true;
	if (key)
		fprintf(json->out, "\"%s\": ", key);
}

void json_open(struct json *json, const char *key, char bracket)
{
	begin_element(json, key);
	fputc(bracket, json->out);
	json->comma = false;
}

void json_close(struct json *json, char bracket)
{
	fputc(bracket, json->out);
	json->comma = true;
}

/* Length of the UTF-8 sequence at @text; 0 if it is none. */
static int utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char first, last, second_min, second_max;
		int length;
	} rows[] = {		/* The Unicode Standard, table 3-7 */
		{ 0x00, 0x7f, 0, 0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i = 0;
	int at;

	while (i < sizeof(rows) / sizeof(rows[0]) &&
	       (text[0] < rows[i].first || text[0] > rows[i].last))
		i++;
	if (i == sizeof(rows) / sizeof(rows[0]))
		return 0;
	if (rows[i].length > 1 && (text[1] < rows[i].second_min ||
				   text[1] > rows[i].second_max))
		return 0;
	for (at = 2; at < rows[i].length; at++)
		if ((text[at] & 0xc0) != 0x80)
			return 0;
	return rows[i].length;
}

/* Writes what stands at @text, returns how many bytes that was. */
static int write_character(FILE *out, const unsigned char *text)
{
	int length = utf8_length(text);

	if (*text == '"' || *text == '\\')
		fprintf(out, "\\%c", *text);
	else if (*text < 0x20 || *text == 0x7f)
		fprintf(out, "\\u%04x", *text);
	else if (length)
		fwrite(text, 1, length, out);
	else
		fputs("\\ufffd", out);
	return length ? length : 1;
}

void json_string(struct json *json, const char *key, const char *value)
{
	const unsigned char *text = (const unsigned char *)value;

	begin_element(json, key);
	fputc('"', json->out);
	while (*text)
		text += write_character(json->out, text);
	fputc('"', json->out);
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	begin_element(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

void json_integer(struct json *json, const char *key, int64_t value)
{
	begin_element(json, key);
	fprintf(json->out, "%" PRId64, value);
}

/* JSON has no infinity and no not-a-number. */
void json_real(struct json *json, const char *key, double value)
{
	begin_element(json, key);
	if (isfinite(value))
		fprintf(json->out, "%.6f", value);
	else
		fputs("null", json->out);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin_element(json, key);
	fputs(value ? "true" : "false", json->out);
}

void json_null(struct json *json, const char *key)
{
	begin_element(json, key);
	fputs("null", json->out);
}
