// SPDX-License-Identifier: MIT
/* INFO, BUFFER and STATS: everything is written, and is true. */
#include "pages.h"
#include "stream.h"

#define NOBODY	65534

/* Nothing of what the kernel should write still holds the poison. */
static void check_written(const void *argument, size_t bytes)
{
	const uint32_t *words = argument;

	for (size_t i = 0; i < bytes / sizeof(*words); i++)
		if (!CHECK(words[i] != 0xcccccccc))
			printf("# at byte %zu\n", i * sizeof(*words));
}

static void check_text(const char *text, size_t bytes)
{
	size_t length = strnlen(text, bytes);

	CHECK(length > 0);
	CHECK(length < bytes);
	for (size_t i = length; i < bytes; i++)
		CHECK_EQ(text[i], 0);	/* nothing of the kernel's stack behind it */
}

TEST(info_is_complete)
{
	struct dmaring_info info = stream_info(stream_open(O_RDONLY));

	check_written(&info, sizeof(info));
	check_text(info.driver, sizeof(info.driver));
	check_text(info.card, sizeof(info.card));
	check_text(info.bus_info, sizeof(info.bus_info));
	CHECK_EQ(info.size, sizeof(info));
	CHECK_EQ(info.flags, 0);
	CHECK(info.caps & DMARING_CAP_TEST_PATTERN);
	CHECK_EQ(info.state, 0);
	CHECK(info.buffers >= 1 && info.buffers <= DMARING_BUFFERS_MAX);
	CHECK_EQ(info.buffer_stride % page_bytes(), 0);
	CHECK(info.buffer_stride >= info.buffer_size);
	CHECK(info.buffer_size > 0);
	CHECK(info.max_segments >= 1);
	CHECK_EQ(info.consumers_max, 16);
	CHECK_EQ(info.consumers, 0);
	CHECK_EQ(info.features, DMARING_FEATURE_RING | DMARING_FEATURE_WATERMARK |
				DMARING_FEATURE_EVENTFD | DMARING_FEATURE_ZEROES);
	CHECK(info.viewer_buffers < info.buffers);
	CHECK_EQ(info.viewer_reserved, 0);
	CHECK(info.pool_limit <= DMARING_LIMIT_COUNT);
	CHECK(info.pool_asked == 0 || info.buffers <= info.pool_asked);
	CHECK(info.pool_asked != info.buffers || info.pool_limit == DMARING_LIMIT_NONE);
	CHECK(info.buffer_size <= info.pool_asked_size);
	CHECK(info.pool_alloc_ns > 0);
}

TEST(info_tells_the_format)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info info = stream_info(fd), after;

	CHECK_EQ(info.format.width, 32);
	CHECK_EQ(info.format.height, 32);
	CHECK_EQ(info.format.pixelformat, DMARING_PIXELFORMAT_GREY);
	CHECK_EQ(info.format.bytes_per_line, 32);
	CHECK_EQ(info.format.frame_bytes, 1024);
	for (size_t i = 0; i < sizeof(info.format.reserved) / sizeof(__u32); i++)
		CHECK_EQ(info.format.reserved[i], 0);
	CHECK_EQ(info.format.channels, 1);
	REQUIRE_EQ(card_write("format", "48x16"), 0);
	after = stream_info(fd);
	CHECK_EQ(after.format_seq, info.format_seq + 1);
	CHECK_EQ(after.format.width, 48);
	CHECK_EQ(after.format.height, 16);
	CHECK_EQ(after.format.bytes_per_line, 48);
	CHECK_EQ(after.format.frame_bytes, 768);
}

/* A quarter, unless the driver was told otherwise; but the card needs a buffer. */
TEST(viewers_can_reserve_a_part_of_the_pool)
{
	struct dmaring_info info = stream_info(stream_open(O_RDONLY));
	uint32_t expected = 0;
	char text[32];

	if (!file_read("/sys/module/dmaring_edu/parameters/viewer_buffers", text, sizeof(text)))
		expected = atoi(text);
	if (!expected)
		expected = info.buffers / 4 > 2 ? info.buffers / 4 : 2;
	CHECK_EQ(info.viewer_buffers, expected < info.buffers ? expected : info.buffers - 1);
}

TEST(info_and_sysfs_agree)
{
	struct dmaring_info info = stream_info(stream_open(O_RDONLY));

	CHECK_EQ(card_number("pool/asked"), info.pool_asked);
	CHECK_EQ(card_number("pool/buffers"), info.buffers);
	CHECK_EQ(card_number("pool/buffer_size"), info.buffer_size);
	CHECK_EQ(card_number("pool/asked_size"), info.pool_asked_size);
	CHECK_EQ(card_number("pool/alloc_ns"), info.pool_alloc_ns);
}

TEST(stats_and_sysfs_agree)
{
	struct stream stream = capture_start();
	struct dmaring_stats stats;

	capture_frames(&stream, 2);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	stats = stream_stats(stream.fd);
	check_written(&stats, sizeof(stats));
	CHECK_EQ(card_number("stats/produced"), stats.produced);
	CHECK_EQ(card_number("stats/completed"), stats.completed);
	CHECK_EQ(card_number("stats/overruns"), stats.overruns);
	CHECK_EQ(stats.consumer_policy, DMARING_POLICY_LOSSLESS);
}

TEST(stats_count_bytes_and_frames)
{
	struct stream stream = capture_start();
	struct dmaring_stats before = stream_stats(stream.fd), after;

	capture_frames(&stream, 5);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	after = stream_stats(stream.fd);
	CHECK(after.completed >= before.completed + 5);
	CHECK_EQ(after.bytes - before.bytes,
		 (after.completed - before.completed) * stream.info.format.frame_bytes);
	CHECK_EQ(after.consumer_delivered, 5);
	CHECK_EQ(after.consumer_waiting, 0);
	CHECK_EQ(after.consumer_held, 0);
}

TEST(every_buffer_has_its_place)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info info = stream_info(fd);
	struct dmaring_buffer buffer;
	uint64_t expected = 0, highest = 0;
	long long dma_bits = 0;
	char text[32];

	if (!file_read("/sys/module/dmaring_edu/parameters/dma_bits", text, sizeof(text)))
		dma_bits = atoi(text);
	for (uint32_t i = 0; i < info.buffers; i++) {
		buffer = buffer_argument(i);
		memset(&buffer.flags, POISON, sizeof(buffer.flags));
		REQUIRE_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), 0);
		check_written(&buffer, sizeof(buffer));
		CHECK_EQ(buffer.index, i);
		CHECK_EQ(buffer.segments, 1);
		CHECK_EQ(buffer.length % page_bytes(), 0);
		CHECK(buffer.length >= info.buffer_size);
		CHECK(buffer.length <= info.buffer_stride);
		CHECK_EQ(buffer.state, DMARING_BUFFER_IDLE);
		CHECK_EQ(buffer.flags, DMARING_BUFFER_BUS_SHOWN);
		CHECK(buffer.segment_bytes >= info.buffer_size);
		CHECK(!dma_bits || !((buffer.bus_addr + info.buffer_size - 1) >> dma_bits));
		CHECK(!i || buffer.mmap_offset == expected);
		expected = buffer.mmap_offset + info.buffer_stride;
		highest = buffer.bus_addr > highest ? buffer.bus_addr : highest;
	}
	printf("# %lld bits for the card, the highest buffer is at %#llx\n", dma_bits,
	       (unsigned long long)highest);
}

static void refuse(int fd, struct dmaring_buffer buffer)
{
	struct dmaring_buffer copy = buffer;

	CHECK_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), -EINVAL);
	CHECK(!memcmp(&buffer, &copy, sizeof(copy)));
}

TEST(buffers_that_do_not_exist_are_refused)
{
	int fd = stream_open(O_RDWR);
	uint32_t buffers = stream_info(fd).buffers;
	const uint32_t wrong[] = { buffers, buffers + 1, 65536, 0x80000000, 0xffffffff };
	struct dmaring_buffer buffer;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		refuse(fd, buffer_argument(wrong[i]));
		buffer = buffer_argument(0);
		buffer.segment = i ? wrong[i] : 1;
		refuse(fd, buffer);
	}
}

TEST(bus_addresses_are_shown_to_administrators_only)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_buffer buffer = buffer_argument(0);

	REQUIRE_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), 0);
	CHECK(buffer.bus_addr != 0);
	REQUIRE(!setuid(NOBODY));
	buffer = buffer_argument(0);
	REQUIRE_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), 0);
	CHECK_EQ(buffer.bus_addr, 0);
	CHECK_EQ(buffer.flags, 0);
}

TEST(buffer_states_follow_the_frame)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	struct dmaring_buffer buffer = buffer_argument(frame.buffer);

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_BUFFER, &buffer), 0);
	CHECK_EQ(buffer.state, DMARING_BUFFER_HELD);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	buffer = buffer_argument(frame.buffer);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_BUFFER, &buffer), 0);
	CHECK_EQ(buffer.state, DMARING_BUFFER_IDLE);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
