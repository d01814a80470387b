// SPDX-License-Identifier: MIT
/* Frames of many sizes, in every pattern, to the last byte and not one more. */
#include "stream.h"

static void capture_size(uint32_t width, uint32_t height, const char *pattern, int count)
{
	char text[32];
	struct stream stream;

	snprintf(text, sizeof(text), "%ux%u", width, height);
	REQUIRE_EQ(card_write("format", text), 0);
	REQUIRE_EQ(card_write("device/pattern", pattern), 0);
	stream = capture_start();
	CHECK_EQ(stream.info.format.frame_bytes, width * height);
	while (count--) {
		struct dmaring_frame frame = capture_take(&stream);

		/* A new consumer's buffers are zero: has more than the frame been written? */
		for (uint64_t at = frame.bytes_used; at < stream.info.buffer_stride; at++)
			if (!CHECK_EQ(stream.map[frame.buffer][at], 0))
				break;
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	if (tap_verdict->failed)
		printf("# the format was %s, the pattern %s\n", text, pattern);
	close(stream.fd);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		REQUIRE(!munmap((void *)stream.map[i], stream.info.buffer_stride));
}

static void capture_sizes(const char *pattern)
{
	/* Around the 2 KiB in which the card moves them, around pages, and odd ones. */
	static const uint32_t sizes[][2] = {
		{ 1, 1 }, { 2, 1 }, { 1, 3 }, { 7, 1 }, { 3, 3 }, { 1, 2047 }, { 1, 2048 },
		{ 1, 2049 }, { 2048, 1 }, { 2049, 1 }, { 4095, 1 }, { 4096, 1 }, { 4097, 1 },
		{ 17, 241 }, { 33, 31 }, { 64, 64 }, { 127, 129 }, { 8192, 1 }, { 1, 8192 },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		capture_size(sizes[i][0], sizes[i][1], pattern, 3);
	capture_size(160, 120, pattern, 2);
}

TEST(ramp) { capture_sizes("ramp"); }
TEST(noise) { capture_sizes("noise"); }
TEST(zone) { capture_sizes("zone"); }

TEST(frames_that_fill_the_buffer)
{
	uint32_t bytes = stream_info(stream_open(O_RDONLY)).buffer_size;
	uint32_t width = bytes < 8192 ? bytes : 8192;

	if (bytes > 262144)
		SKIP("buffers of %u bytes take too long to fill", bytes);
	capture_size(width, bytes / width, "noise", 2);
	capture_size(width - 1, bytes / width, "ramp", 2);
}

TEST(every_buffer_of_the_pool)
{
	struct stream stream = capture_start();

	capture_frames(&stream, 3 * stream.info.buffers);
}

TEST(formats_too_large_for_a_buffer_are_refused)
{
	struct dmaring_info info = stream_info(stream_open(O_RDONLY)), after;
	char text[32];

	for (uint32_t height = 8192; height > info.buffer_size / 8192; height /= 2) {
		snprintf(text, sizeof(text), "8192x%u", height);
		CHECK(card_write("format", text) < 0);
	}
	after = stream_info(stream_open(O_RDONLY));
	CHECK_EQ(after.format_seq, info.format_seq);
	CHECK(!memcmp(&after.format, &info.format, sizeof(info.format)));
}

TEST(a_change_of_pattern_begins_with_a_whole_frame)
{
	static const char *const patterns[] = { DMARING_PATTERN_NAMES };
	struct stream stream;
	struct dmaring_frame frame;

	REQUIRE_EQ(card_write("format", "100x50"), 0);
	stream = capture_start();
	for (uint32_t i = 0; i < 12; i++) {
		uint32_t pattern = i % 3;

		REQUIRE_EQ(card_write("device/pattern", patterns[pattern]), 0);
		usleep(i * 90000);
		do {
			frame = capture_take(&stream);
			CHECK_EQ(stream_give(stream.fd, &frame), 0);
		} while (frame.hw_meta != pattern);
	}
}

TEST(the_sequence_goes_on_when_the_format_changes)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	uint64_t sequence = frame.sequence;

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	REQUIRE_EQ(card_write("format", "50x40"), 0);
	capture_verify(&stream, &frame);	/* still held, still of the old format */
	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	for (int i = 0; i < 4; i++) {
		struct dmaring_frame next = capture_take(&stream);

		CHECK(next.sequence > sequence);
		sequence = next.sequence;
		CHECK_EQ(next.format_seq, frame.format_seq + 1);
		CHECK_EQ(stream_give(stream.fd, &next), 0);
	}
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
