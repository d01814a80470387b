// SPDX-License-Identifier: MIT
/*
 * What a card can be given is limited: every segment keeps to it.
 *
 * usage: limits ALIGN SEGMENT-BYTES BOUNDARY BUFFERS, as dmaring_virt was told them
 */
#include <stdlib.h>

#include "virt.h"

static uint64_t align, segment_bytes, boundary, buffers;

static struct dmaring_buffer segment_of(int fd, uint32_t index, uint32_t at)
{
	struct dmaring_buffer buffer = { .size = sizeof(buffer), .index = index, .segment = at };

	REQUIRE_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), 0);
	REQUIRE(buffer.flags & DMARING_BUFFER_BUS_SHOWN);
	return buffer;
}

static uint64_t check_segment(const struct dmaring_buffer *buffer)
{
	uint64_t first = buffer->bus_addr, last = first + buffer->segment_bytes - 1;

	CHECK(buffer->segment_bytes > 0 && buffer->segment_bytes <= segment_bytes);
	CHECK_EQ(first % align, 0);
	CHECK_EQ(buffer->segment_bytes % align, 0);
	if (!CHECK_EQ(first / boundary, last / boundary))
		printf("# %#llx .. %#llx\n", (unsigned long long)first, (unsigned long long)last);
	return buffer->segment_bytes;
}

TEST(every_segment_keeps_to_the_limits)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info info = stream_info(fd);

	for (uint32_t i = 0; i < info.buffers; i++) {
		struct dmaring_buffer buffer = segment_of(fd, i, 0);
		uint64_t sum = 0;

		for (uint32_t at = 0; at < buffer.segments; at++) {
			struct dmaring_buffer segment = segment_of(fd, i, at);

			sum += check_segment(&segment);
		}
		CHECK_EQ(sum, info.buffer_size);
		CHECK(buffer.segments >= info.buffer_size / segment_bytes);
		CHECK(buffer.segments <= info.max_segments);
	}
}

TEST(there_are_no_more_buffers)
{
	struct dmaring_info info = stream_info(stream_open(O_RDWR));

	CHECK_EQ(info.buffers, buffers);
	CHECK_EQ(info.pool_limit, DMARING_LIMIT_COUNT);
}

TEST(frames_are_right)
{
	struct stream stream = capture_start();

	capture_frames(&stream, 3 * buffers);
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	align = strtoull(argv[1], NULL, 0);
	segment_bytes = strtoull(argv[2], NULL, 0);
	boundary = strtoull(argv[3], NULL, 0);
	buffers = strtoull(argv[4], NULL, 0);
	virt_frame_ms = 100;	/* a frame is large */
	return tap_run(virt_prepare, virt_is_healthy);
}
