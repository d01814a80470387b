// SPDX-License-Identifier: MIT
#include "number.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define SECONDS_DECIMALS 9
#define SECONDS_MAX (INT64_MAX / NS_PER_SECOND)

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Moves *@text past the digits; a value that does not fit becomes UINT64_MAX
 * with -ERANGE.
 */
static int take_digits(const char **text, uint64_t *value)
{
	int err = 0;

	if (!digit(**text))
		return -EINVAL;
	for (*value = 0; digit(**text); ++*text)
		if (__builtin_mul_overflow(*value, 10, value) ||
		    __builtin_add_overflow(*value, **text - '0', value))
			err = -ERANGE;
	return err;
}

int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	uint64_t parsed;
	int err = take_digits(&text, &parsed);

	if (err == -EINVAL || *text)
		return -EINVAL;
	if (err || parsed < min || parsed > max)
		return -ERANGE;
	*value = parsed;
	return 0;
}

static int hex_digit(char c)
{
	if (digit(c))
		return c - '0';
	c |= 'a' ^ 'A';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int parse_hex(const char *text, uint64_t *value)
{
	uint64_t parsed = 0;

	if (!*text)
		return -EINVAL;
	for (; hex_digit(*text) >= 0; text++) {
		if (parsed >> 60)
			return -ERANGE;
		parsed = parsed << 4 | (uint64_t)hex_digit(*text);
	}
	if (*text)
		return -EINVAL;
	*value = parsed;
	return 0;
}

int number_parse_any(const char *text, uint64_t *value)
{
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return parse_hex(text + 2, value);
	return number_parse(text, 0, UINT64_MAX, value);
}

static int take_decimals(const char **text, uint64_t *ns)
{
	uint64_t weight = NS_PER_SECOND;
	int i;

	for (i = 0; digit(**text) && i < SECONDS_DECIMALS; ++*text, i++) {
		weight /= 10;
		*ns += (uint64_t)(**text - '0') * weight;
	}
	return i ? 0 : -EINVAL;
}

int seconds_parse(const char *text, uint64_t *ns)
{
	uint64_t seconds, decimals = 0;
	int err = take_digits(&text, &seconds);

	if (err == -EINVAL)
		return err;
	if (*text == '.') {
		text++;
		if (take_decimals(&text, &decimals))
			return -EINVAL;
	}
	if (*text)
		return -EINVAL;
	if (err || seconds >= SECONDS_MAX || !(seconds || decimals))
		return -ERANGE;
	*ns = seconds * NS_PER_SECOND + decimals;
	return 0;
}

int size_parse(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	const char *unit;
	uint64_t number;
	int err = take_digits(&text, &number);

	if (err == -EINVAL)
		return err;
	unit = *text ? strchr(units, *text) : NULL;
	if (*text && (!unit || text[1]))
		return -EINVAL;
	if (unit && number > UINT64_MAX >> (10 * (unit - units + 1)))
		return -ERANGE;
	if (unit)
		number <<= 10 * (unit - units + 1);
	if (err || !number)
		return -ERANGE;
	*bytes = number;
	return 0;
}

int option_number(const char *option, const char *text, uint64_t min,
		  uint64_t max, uint64_t *value)
{
	int err = number_parse(text, min, max, value);

	if (err == -EINVAL)
		warnx("%s '%s': this is no whole number", option, text);
	if (err == -ERANGE)
		warnx("%s '%s': must be %" PRIu64 " to %" PRIu64, option, text,
		      min, max);
	return err ? -1 : 0;
}

int option_size(const char *option, const char *text, uint64_t *bytes)
{
	int err = size_parse(text, bytes);

	if (err == -EINVAL)
		warnx("%s '%s': this is no number of bytes, such as 4096, 64K, 20M, 3G or 1T",
		      option, text);
	if (err == -ERANGE)
		warnx("%s '%s': must be more than 0 and less than 16384 PiB", option, text);
	return err ? -1 : 0;
}

int option_seconds(const char *option, const char *text, uint64_t *ns)
{
	int err = seconds_parse(text, ns);

	if (err == -EINVAL)
		warnx("%s '%s': this is no number of seconds, such as 10 or 0.5",
		      option, text);
	if (err == -ERANGE)
		warnx("%s '%s': must be more than 0 and less than %llu seconds",
		      option, text, (unsigned long long)SECONDS_MAX);
	return err ? -1 : 0;
}
