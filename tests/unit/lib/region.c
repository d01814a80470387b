// SPDX-License-Identifier: MIT
/* The card's own memory, through the library. */
#include "fake_kernel.h"

#include <libdmaring.h>
#include "tap.h"

static struct dmaring *stream;

static void open_monitor(void)
{
	const struct dmaring_options options = {
		.size = sizeof(options),
		.flags = DMARING_OPEN_MONITOR,
	};

	fake_reset();
	for (size_t i = 0; i < FAKE_REGION_BYTES; i++)
		fake.memory[i] = i * 3;
	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, &options, &stream), 0);
}

TEST(a_region_is_described)
{
	struct dmaring_region region;

	CHECK_EQ(dmaring_get_region(stream, 1, &region), 0);
	CHECK(!strcmp(region.name, "memory"));
	CHECK_EQ(region.length, FAKE_REGION_BYTES);
	CHECK_EQ(dmaring_get_region(stream, 2, &region), -EINVAL);
	CHECK(strstr(dmaring_error(), "no region of that index"));
}

TEST(a_region_is_read)
{
	uint8_t bytes[6] = { 0 };

	CHECK_EQ(dmaring_read_region(stream, 1, 100, bytes, 5), 0);
	CHECK(!memcmp(bytes, fake.memory + 100, 5));
	CHECK_EQ(bytes[5], 0);
	CHECK_EQ(dmaring_read_region(stream, 1, FAKE_REGION_BYTES - 1, bytes, 2), -EINVAL);
	CHECK(strstr(dmaring_error(), "it ends before that"));
	fake_fail(DMARING_IOC_READ_REGION, 0, EBUSY);
	CHECK_EQ(dmaring_read_region(stream, 1, 0, bytes, 1), -EBUSY);
	CHECK(strstr(dmaring_error(), "other things to do"));
}

TEST(a_region_is_mapped)
{
	const volatile void *address = NULL;

	CHECK_EQ(dmaring_map_region(stream, 1, &address), 0);
	CHECK_EQ(*(const volatile uint8_t *)address, 0);
	CHECK_EQ(munmap((void *)address, FAKE_REGION_BYTES), 0);
	address = NULL;
	CHECK_EQ(dmaring_map_region(stream, 0, &address), -EOPNOTSUPP);
	CHECK(strstr(dmaring_error(), "cannot map the region: it can only be read"));
	CHECK_EQ(dmaring_map_region(stream, 2, &address), -EINVAL);
	fake_fail(FAKE_MMAP, 0, ENODEV);
	CHECK_EQ(dmaring_map_region(stream, 1, &address), -ENODEV);
	CHECK(!address);
}

int main(void)
{
	return tap_run(open_monitor, NULL);
}
