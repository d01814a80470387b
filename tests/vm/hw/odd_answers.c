// SPDX-License-Identifier: MIT
/* A hardware driver that answers with a number where it should say 0: none is believed. */
#include "stream.h"

static void load(void)
{
	/* Another test may have left it. */
	(void)!system("modprobe -r dmaring_broken 2>/dev/null");
	REQUIRE(!system("modprobe dmaring_broken defect=answers_numbers buffers=8 buffer_size=4K"));
}

TEST(a_region_that_was_read)
{
	uint8_t bytes[64];

	CHECK_EQ(stream_read_region(stream_open(O_RDONLY), 0, 0, bytes, sizeof(bytes)), -EIO);
}

TEST(a_card_that_was_started)
{
	int fd = stream_open(O_RDWR);

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(ioctl(fd, DMARING_IOC_START), -1);
	CHECK_EQ(errno, EIO);
	CHECK_EQ(stream_info(fd).state, 0);
}

TEST(a_format_that_can_be)
{
	struct dmaring_set_format format = { .size = sizeof(format) };
	int fd = stream_open(O_RDWR);

	format.format.width = 32;
	CHECK_EQ(ioctl(fd, DMARING_IOC_FORMAT, &format), -1);
	CHECK_EQ(errno, EIO);
	CHECK(stream_info(fd).format.width != 32);
}

int main(void)
{
	return tap_run(load, NULL);
}
