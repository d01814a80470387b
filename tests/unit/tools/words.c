// SPDX-License-Identifier: MIT
/* Small texts for people: amounts with units, suggestions for a slip. */
#include "lib/suggest.h"
#include "lib/units.h"

#include <linux/dmaring.h>
#include "tap.h"

static void same(const char *is, const char *expected)
{
	if (!CHECK(is && !strcmp(is, expected)))
		printf("# is '%s', not '%s'\n", is ? is : "nothing", expected);
}

TEST(bytes)
{
	char text[UNITS_TEXT];

	same(units_bytes(text, 0), "0 B");
	same(units_bytes(text, 19200), "19200 B");
	same(units_bytes(text, 4 << 20), "4 MiB");
	same(units_bytes(text, 65536), "64 KiB");
	same(units_bytes(text, 1ULL << 40), "1024 GiB");
	same(units_bytes(text, UINT64_MAX), "18446744073709551615 B");
}

TEST(times)
{
	char text[UNITS_TEXT];

	same(units_ns(text, 0), "0 ns");
	same(units_ns(text, 999), "999 ns");
	same(units_ns(text, 12345), "12.3 us");
	same(units_ns(text, 2500000), "2.5 ms");
	same(units_ns(text, 2000000000), "2.00 s");
}

TEST(pixel_formats)
{
	char text[UNITS_TEXT];

	same(units_fourcc(text, DMARING_PIXELFORMAT_GREY), "GREY");
	same(units_fourcc(text, DMARING_FOURCC('Y', '1', '0', ' ')), "Y10");
	same(units_fourcc(text, DMARING_FOURCC('\n', 0x1b, 0x80, 'x')), "...x");
	same(units_fourcc(text, 0), "raw");
}

TEST(a_slip_is_recognised)
{
	static const char *const names[] = { "info", "capture", "stats" };
	char endless[1000];

	same(suggest("captrue", names, 3), "capture");
	same(suggest("inof", names, 3), "info");
	same(suggest("stat", names, 3), "stats");
	same(suggest("capturee", names, 3), "capture");
	CHECK(!suggest("zzzzzzz", names, 3));
	memset(endless, 'a', sizeof(endless));
	endless[sizeof(endless) - 1] = '\0';
	CHECK(!suggest(endless, names, 3));
}

int main(void)
{
	return tap_run(NULL, NULL);
}
