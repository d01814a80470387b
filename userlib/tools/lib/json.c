// SPDX-License-Identifier: MIT
#include "json.h"
#include "../../record/json_text.h"

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

void json_string(struct json *json, const char *key, const char *value)
{
	begin_element(json, key);
	json_text(json->out, value);
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
