// SPDX-License-Identifier: MIT
#include "format_words.h"
#include "number.h"

#include <dmaring/format.h>
#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DIGITS "0123456789"

/* A number of 32 bits that is not 0, in the first @length bytes. */
static int take(const char *text, size_t length, uint32_t *to)
{
	char copy[16];
	uint64_t number;

	if (!length || length >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (number_parse(copy, 1, UINT32_MAX, &number))
		return -EINVAL;
	*to = (uint32_t)number;
	return 0;
}

/* "640x480" */
static int take_size(const char *word, struct dmaring_format *format)
{
	size_t first = strspn(word, DIGITS);
	const char *second = word + first + 1;

	if (!first || word[first] != 'x' || !*second ||
	    second[strspn(second, DIGITS)])
		return -ENOENT;
	if (!take(word, first, &format->width) &&
	    !take(second, strlen(second), &format->height))
		return 0;
	warnx("'%s': width and height must be 1..%u", word, UINT32_MAX);
	return -EINVAL;
}

/* "2ch" */
static int take_channels(const char *word, struct dmaring_format *format)
{
	size_t digits = strspn(word, DIGITS);

	if (!digits || strcmp(word + digits, "ch"))
		return -ENOENT;
	if (!take(word, digits, &format->channels))
		return 0;
	warnx("'%s': there must be 1..%u channels", word, DMARING_CHANNELS_MAX);
	return -EINVAL;
}

/* "29.97" is 2997 in 100 */
static int take_decimal(const char *text, uint32_t *numerator,
			uint32_t *denominator)
{
	size_t whole = strspn(text, DIGITS);
	size_t part = text[whole] == '.' ? strspn(text + whole + 1, DIGITS) : 0;
	char digits[16];

	if (text[whole] != '.' || !whole || !part || part > 6 ||
	    text[whole + 1 + part] || whole + part >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, whole);
	memcpy(digits + whole, text + whole + 1, part);
	for (*denominator = 1; part; part--, whole++)
		*denominator *= 10;
	return take(digits, whole, numerator);
}

/* "@30", "@29.97", "@30000/1001", "@any" */
static int take_rate(const char *word, struct dmaring_format *format,
		     __u32 *flags)
{
	uint32_t *numerator = &format->rate_numerator;
	uint32_t *denominator = &format->rate_denominator;
	const char *rate = word + 1, *slash;

	if (*word != '@')
		return -ENOENT;
	*flags |= DMARING_SET_FORMAT_RATE;
	*numerator = *denominator = 0;
	if (!strcmp(rate, "any"))
		return 0;
	slash = strchr(rate, '/');
	if (slash && !take(rate, (size_t)(slash - rate), numerator) &&
	    !take(slash + 1, strlen(slash + 1), denominator))
		return 0;
	if (!take_decimal(rate, numerator, denominator))
		return 0;
	*denominator = 1;
	if (!take(rate, strlen(rate), numerator))
		return 0;
	warnx("'%s': must be @ and a rate, as 30, 29.97 or 30000/1001, or any",
	      word);
	return -EINVAL;
}

/* By its fourcc or its name, in any case. */
static int take_pixelformat(const char *word, struct dmaring_format *format)
{
	size_t i;

	format->pixelformat = dmaring_format_by_name(word);
	for (i = 0; !format->pixelformat && i < DMARING_FORMAT_ROWS; i++)
		if (!strcasecmp(word, dmaring_format_rows[i].name))
			format->pixelformat =
				dmaring_format_fourcc(&dmaring_format_rows[i]);
	return format->pixelformat ? 0 : -ENOENT;
}

int format_word(const char *word, struct dmaring_format *format, __u32 *flags)
{
	int err = take_size(word, format);

	if (err == -ENOENT)
		err = take_channels(word, format);
	if (err == -ENOENT)
		err = take_rate(word, format, flags);
	return err == -ENOENT ? take_pixelformat(word, format) : err;
}
