// SPDX-License-Identifier: MIT
/* What the JSON writer writes, byte for byte. */
#include "lib/json.h"

#include <math.h>
#include <stdlib.h>
#include "tap.h"

static struct json json;
static char *written;
static size_t written_bytes;

static void begin(void)
{
	json = (struct json){ .out = open_memstream(&written, &written_bytes) };
	REQUIRE(json.out);
}

static void check_written(const char *expected)
{
	fclose(json.out);
	if (!CHECK(!strcmp(written, expected)))
		printf("# is: %s\n# not: %s\n", written, expected);
	free(written);
	begin();
}

static void check_string(const char *value, const char *expected)
{
	json_string(&json, NULL, value);
	check_written(expected);
}

TEST(every_kind_of_value)
{
	json_open(&json, NULL, '{');
	json_string(&json, "s", "x");
	json_number(&json, "n", UINT64_MAX);
	json_bool(&json, "t", true);
	json_bool(&json, "f", false);
	json_null(&json, "z");
	json_real(&json, "r", 0.5);
	json_close(&json, '}');
	check_written("{\"s\": \"x\", \"n\": 18446744073709551615, \"t\": true, \"f\": false, \"z\": null, \"r\": 0.500000}");
}

TEST(nesting_and_commas)
{
	json_open(&json, NULL, '{');
	json_open(&json, "empty", '[');
	json_close(&json, ']');
	json_open(&json, "two", '[');
	json_open(&json, NULL, '{');
	json_close(&json, '}');
	json_open(&json, NULL, '{');
	json_number(&json, "a", 1);
	json_close(&json, '}');
	json_close(&json, ']');
	json_number(&json, "b", 2);
	json_close(&json, '}');
	check_written("{\"empty\": [], \"two\": [{}, {\"a\": 1}], \"b\": 2}");
}

TEST(characters_that_are_escaped)
{
	check_string("a\"b\\c", "\"a\\\"b\\\\c\"");
	check_string("\n\t\x01\x1f\x7f", "\"\\u000a\\u0009\\u0001\\u001f\\u007f\"");
	check_string("", "\"\"");
	check_string("/dev/dmaring0", "\"/dev/dmaring0\"");
}

TEST(valid_utf8_stays)
{
	check_string("\xc3\xbc", "\"\xc3\xbc\"");
	check_string("\xe2\x82\xac", "\"\xe2\x82\xac\"");
	check_string("\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"");
	check_string("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");
}

/* Stray, cut off, overlong, a surrogate, beyond the last character. */
TEST(invalid_utf8_is_replaced)
{
	check_string("a\x80z", "\"a\\ufffdz\"");
	check_string("\xc3", "\"\\ufffd\"");
	check_string("\xe2\x82", "\"\\ufffd\\ufffd\"");
	check_string("\xc0\xaf", "\"\\ufffd\\ufffd\"");
	check_string("\xe0\x80\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	check_string("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
	check_string("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
	check_string("\xff\"", "\"\\ufffd\\\"\"");
}

TEST(what_is_no_number_is_null)
{
	json_real(&json, NULL, INFINITY);
	check_written("null");
	json_real(&json, NULL, NAN);
	check_written("null");
}

int main(void)
{
	return tap_run(begin, NULL);
}
