// SPDX-License-Identifier: MIT
/*
 * Another device than the stream's transfers the frames: what it reaches counts.
 *
 * usage: engine ADDRESS-BITS
 */
#include <stdlib.h>
#include <string.h>

#include "virt.h"

static unsigned int bits;

TEST(all_buffers_are_within_its_reach)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info info = stream_info(fd);

	CHECK_EQ(strcmp(info.bus_info, "dmaring_virt.0"), 0);
	for (uint32_t i = 0; i < info.buffers; i++) {
		struct dmaring_buffer buffer = buffer_argument(i);

		REQUIRE_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), 0);
		REQUIRE(buffer.flags & DMARING_BUFFER_BUS_SHOWN);
		CHECK_EQ((buffer.bus_addr + buffer.segment_bytes - 1) >> bits, 0);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	bits = atoi(argv[1]);
	return tap_run(virt_prepare, virt_is_healthy);
}
