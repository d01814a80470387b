// SPDX-License-Identifier: MIT
/* Numbers on the command line. */
#include "lib/number.h"

#include <errno.h>
#include "tap.h"

static void number(const char *text, uint64_t min, uint64_t max, int err,
		   uint64_t expected)
{
	uint64_t value = 12345;

	if (!CHECK_EQ(number_parse(text, min, max, &value), err) ||
	    !CHECK_EQ(value, err ? 12345 : expected))
		printf("# of '%s'\n", text);
}

static void seconds(const char *text, int err, uint64_t expected)
{
	uint64_t ns = 12345;

	if (!CHECK_EQ(seconds_parse(text, &ns), err) ||
	    !CHECK_EQ(ns, err ? 12345 : expected))
		printf("# of '%s'\n", text);
}

TEST(whole_numbers)
{
	number("0", 0, UINT64_MAX, 0, 0);
	number("7", 0, UINT64_MAX, 0, 7);
	number("007", 0, UINT64_MAX, 0, 7);
	number("18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX);
}

TEST(what_is_no_whole_number)
{
	static const char *const texts[] = {
		"", " ", "-1", "+1", " 1", "1 ", "1x", "x", "0x10", "1e3", "1.0",
		"1,000", "18446744073709551616x", "--1", "\xc2\xb9",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		number(texts[i], 0, UINT64_MAX, -EINVAL, 0);
}

TEST(the_range_of_a_number)
{
	number("1", 1, 9, 0, 1);
	number("9", 1, 9, 0, 9);
	number("0", 1, 9, -ERANGE, 0);
	number("10", 1, 9, -ERANGE, 0);
	number("18446744073709551616", 0, UINT64_MAX, -ERANGE, 0);
	number("18446744073709551620", 0, UINT64_MAX, -ERANGE, 0);
	number("99999999999999999999999999", 0, UINT64_MAX, -ERANGE, 0);
}

static void size(const char *text, int err, uint64_t expected)
{
	uint64_t bytes = 12345;

	if (!CHECK_EQ(size_parse(text, &bytes), err) ||
	    !CHECK_EQ(bytes, err ? 12345 : expected))
		printf("# of '%s'\n", text);
}

TEST(sizes_with_units)
{
	size("1", 0, 1);
	size("3K", 0, 3072);
	size("20M", 0, 20ULL << 20);
	size("5G", 0, 5ULL << 30);
	size("16777215T", 0, 16777215ULL << 40);
	size("18446744073709551615", 0, UINT64_MAX);
}

TEST(what_is_no_size)
{
	static const char *const texts[] = { "", "K", "1k", "1KB", "1 K", "-1", "1.5G", "0x10" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		size(texts[i], -EINVAL, 0);
	size("0", -ERANGE, 0);
	size("0G", -ERANGE, 0);
	size("16777216T", -ERANGE, 0);
	size("18446744073709551616", -ERANGE, 0);
}

TEST(seconds_with_decimals)
{
	seconds("1", 0, 1000000000);
	seconds("0.5", 0, 500000000);
	seconds("0.000000001", 0, 1);
	seconds("1.000000001", 0, 1000000001);
	seconds("2.50", 0, 2500000000);
	seconds("9223372035", 0, 9223372035000000000);
}

TEST(what_is_no_number_of_seconds)
{
	static const char *const texts[] = {
		"", "-1", ".5", "1.", "1.x", "1s", "1e3", "inf", "nan", "0x1",
		"1.0000000000", "1..5", "1.5.5",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		seconds(texts[i], -EINVAL, 0);
}

TEST(the_range_of_seconds)
{
	seconds("0", -ERANGE, 0);
	seconds("0.000", -ERANGE, 0);
	seconds("9223372036", -ERANGE, 0);
	seconds("18446744073709551617", -ERANGE, 0);
}

static void any_number(const char *text, int err, uint64_t expected)
{
	uint64_t value = 12345;

	if (!CHECK_EQ(number_parse_any(text, &value), err) ||
	    !CHECK_EQ(value, err ? 12345 : expected))
		printf("# of '%s'\n", text);
}

TEST(decimal_or_hexadecimal_numbers)
{
	any_number("0", 0, 0);
	any_number("4096", 0, 4096);
	any_number("010", 0, 10);
	any_number("0x0", 0, 0);
	any_number("0x1000", 0, 4096);
	any_number("0XaBcDeF", 0, 0xabcdef);
	any_number("0xffffffffffffffff", 0, UINT64_MAX);
	any_number("0x00000000000000000001", 0, 1);
	any_number("0x10000000000000000", -ERANGE, 0);
	any_number("18446744073709551616", -ERANGE, 0);
	any_number("", -EINVAL, 0);
	any_number("0x", -EINVAL, 0);
	any_number("0xg", -EINVAL, 0);
	any_number("0x1 ", -EINVAL, 0);
	any_number("x1", -EINVAL, 0);
	any_number("10h", -EINVAL, 0);
	any_number("-1", -EINVAL, 0);
	any_number("0x-1", -EINVAL, 0);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
