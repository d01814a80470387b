// SPDX-License-Identifier: MIT
/*
 * FORMATS and FORMAT: the list of what the card can make is true, what is in it can
 * be set and comes, what is not is refused.
 */
#include <stdbool.h>
#include <dmaring/format.h>
#include "stream.h"

static struct dmaring_format_range range_argument(uint32_t index)
{
	struct dmaring_format_range argument;

	EMPTY_ARGUMENT(argument);
	argument.index = index;
	argument.flags = 0;
	return argument;
}

static struct dmaring_format_range range_of(int fd, uint32_t index)
{
	struct dmaring_format_range range = range_argument(index);

	REQUIRE_EQ(call(fd, DMARING_IOC_FORMATS, &range), 0);
	return range;
}

static struct dmaring_format size(uint32_t width, uint32_t height, const char *fourcc)
{
	struct dmaring_format format = { .width = width, .height = height };

	if (fourcc)
		format.pixelformat = DMARING_FOURCC(fourcc[0], fourcc[1], fourcc[2], fourcc[3]);
	return format;
}

/* Into @format comes what it will be. */
static int change(int fd, struct dmaring_format *format, uint32_t flags)
{
	struct dmaring_set_format argument;
	int err;

	EMPTY_ARGUMENT(argument);
	argument.format = *format;
	argument.flags = flags;
	argument.format_seq = 0;
	argument.reserved0 = 0;
	err = call(fd, DMARING_IOC_FORMAT, &argument);
	if (!err)
		*format = argument.format;
	return err;
}

static int set(int fd, uint32_t width, uint32_t height, const char *fourcc)
{
	struct dmaring_format format = size(width, height, fourcc);

	return change(fd, &format, 0);
}

static int set_rate(int fd, uint32_t numerator, uint32_t denominator)
{
	struct dmaring_format format = {
		.rate_numerator = numerator, .rate_denominator = denominator,
	};

	return change(fd, &format, DMARING_SET_FORMAT_RATE);
}

/* As the other tests want it. */
static void restore(int fd)
{
	struct dmaring_format format = size(32, 32, "GREY");

	REQUIRE_EQ(change(fd, &format, 0), 0);
}

static bool is_current(int fd, const struct dmaring_format *format)
{
	struct dmaring_info info = stream_info(fd);

	return !memcmp(&info.format, format, sizeof(*format));
}

TEST(the_list_is_complete)
{
	int fd = stream_open(O_RDONLY);
	struct dmaring_info info = stream_info(fd);
	struct dmaring_format_range range;

	REQUIRE(info.formats > 0);
	for (uint32_t i = 0; i < info.formats; i++) {
		const struct dmaring_format_row *row;

		range = range_of(fd, i);
		CHECK_EQ(range.size, sizeof(range));
		CHECK_EQ(range.flags, 0);
		for (size_t j = 0; j < sizeof(range.reserved) / sizeof(*range.reserved); j++)
			CHECK_EQ(range.reserved[j], 0);
		row = dmaring_format_find(range.pixelformat);
		REQUIRE(row);
		CHECK(range.width_min && range.width_min <= range.width_max);
		CHECK(range.height_min && range.height_min <= range.height_max);
		CHECK_EQ(range.width_step % dmaring_format_width_step(row), 0);
		CHECK_EQ(range.height_step % dmaring_format_height_step(row), 0);
		CHECK(range.channels_max >= 1 && range.line_step >= 1);
		CHECK_EQ(!range.rate_min_denominator, !range.rate_max_denominator);
	}
	for (uint64_t i = info.formats; i <= UINT32_MAX; i = 2 * i + 1) {
		range = range_argument(i);
		CHECK_EQ(call(fd, DMARING_IOC_FORMATS, &range), -EINVAL);
	}
}

/* Two frames of it, which the library's pattern recomputes. */
static void capture(const struct dmaring_format *format)
{
	struct stream stream = capture_start();

	CHECK_EQ(stream.info.format.pixelformat, format->pixelformat);
	capture_frames(&stream, 2);
	close(stream.fd);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		REQUIRE(!munmap((void *)stream.map[i], stream.info.buffer_stride));
}

TEST(each_format_of_the_list_comes)
{
	int fd = stream_open(O_RDWR);
	uint32_t formats = stream_info(fd).formats;

	for (uint32_t i = 0; i < formats; i++) {
		struct dmaring_format_range range = range_of(fd, i);
		struct dmaring_format format = {
			.pixelformat = range.pixelformat,
			.width = range.width_min + 3 * range.width_step,
			.height = range.height_max > 1 ? range.height_min + range.height_step : 1,
			.channels = range.channels_max > 1 ? 3 : 1,
		};

		REQUIRE_EQ(change(fd, &format, 0), 0);
		CHECK(is_current(fd, &format));
		CHECK_EQ(format.bytes_per_line,
			 dmaring_format_line_bytes(dmaring_format_find(range.pixelformat),
						   format.width, format.channels));
		capture(&format);
		if (tap_verdict->failed)
			printf("# the format was %.4s\n", (char *)&range.pixelformat);
	}
	restore(fd);
}

TEST(lines_can_be_padded)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_format format = size(5, 7, "Y16 ");

	format.bytes_per_line = 23;
	REQUIRE_EQ(change(fd, &format, 0), 0);
	CHECK_EQ(format.bytes_per_line, 23);
	CHECK_EQ(format.frame_bytes, 7 * 23);
	capture(&format);
	format.bytes_per_line = 9;
	CHECK_EQ(change(fd, &format, 0), -ERANGE);
	format.bytes_per_line = UINT32_MAX;
	CHECK_EQ(change(fd, &format, 0), -EMSGSIZE);
	/* Not the padding of another format. */
	REQUIRE_EQ(set(fd, 6, 0, NULL), 0);
	CHECK_EQ(stream_info(fd).format.bytes_per_line, 12);
	restore(fd);
}

TEST(what_is_zero_stays)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_format format = size(48, 16, "Y16 "), now;

	REQUIRE_EQ(change(fd, &format, 0), 0);
	now = size(0, 0, NULL);
	REQUIRE_EQ(change(fd, &now, 0), 0);
	CHECK(!memcmp(&now, &format, sizeof(now)));
	REQUIRE_EQ(set(fd, 24, 0, NULL), 0);
	now = stream_info(fd).format;
	CHECK_EQ(now.width, 24);
	CHECK_EQ(now.height, 16);
	CHECK_EQ(now.pixelformat, format.pixelformat);
	CHECK_EQ(now.frame_bytes, 24 * 16 * 2);
	restore(fd);
}

TEST(to_try_changes_nothing)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info before = stream_info(fd), after;
	struct dmaring_format format = size(20, 10, "Y16 ");

	CHECK_EQ(change(fd, &format, DMARING_SET_FORMAT_TRY), 0);
	CHECK_EQ(format.frame_bytes, 400);
	after = stream_info(fd);
	CHECK_EQ(after.format_seq, before.format_seq);
	CHECK(is_current(fd, &before.format));
	CHECK_EQ(change(fd, &format, 0), 0);
	CHECK_EQ(stream_info(fd).format_seq, before.format_seq + 1);
	restore(fd);
}

TEST(what_is_not_in_the_list_is_refused)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info before = stream_info(fd);
	struct dmaring_format_range range = range_of(fd, 0);
	struct dmaring_format format;

	CHECK_EQ(set(fd, 32, 32, "MJPG"), -EINVAL);
	CHECK_EQ(set(fd, range.width_max + 1, 1, NULL), -ERANGE);
	CHECK_EQ(set(fd, UINT32_MAX, 1, NULL), -ERANGE);
	CHECK_EQ(set(fd, 1, UINT32_MAX, NULL), -ERANGE);
	format = size(1, 1, NULL);
	format.channels = 2;
	CHECK_EQ(change(fd, &format, 0), -ERANGE);
	format = size(range.width_max, 8192, NULL);
	CHECK_EQ(change(fd, &format, 0), -EMSGSIZE);
	format = size(1, 1, NULL);
	format.reserved[3] = 1;
	CHECK_EQ(change(fd, &format, 0), -EINVAL);
	format = size(1, 1, NULL);
	CHECK_EQ(change(fd, &format, 1U << 31), -EINVAL);
	CHECK(is_current(fd, &before.format));
	CHECK_EQ(stream_info(fd).format_seq, before.format_seq);
}

TEST(rates)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_format_range range = range_of(fd, 0);
	struct dmaring_info before = stream_info(fd);
	struct dmaring_format now;

	CHECK_EQ(set_rate(fd, 1, 0), -ERANGE);
	CHECK_EQ(set_rate(fd, 0, 1), -ERANGE);
	CHECK_EQ(set_rate(fd, UINT32_MAX, 1), -ERANGE);
	if (range.rate_max_denominator) {
		REQUIRE_EQ(set_rate(fd, 30000, 1001), 0);
		now = stream_info(fd).format;
		CHECK_EQ(now.rate_numerator, 30000);
		CHECK_EQ(now.rate_denominator, 1001);
		/* It stays when the rest changes. */
		REQUIRE_EQ(set(fd, 16, 16, NULL), 0);
		CHECK_EQ(stream_info(fd).format.rate_numerator, 30000);
		CHECK_EQ(set_rate(fd, range.rate_max_numerator, range.rate_max_denominator), 0);
	}
	CHECK_EQ(set_rate(fd, 0, 0), 0);
	CHECK_EQ(stream_info(fd).format.rate_denominator, 0);
	restore(fd);
	CHECK_EQ(set_rate(fd, before.format.rate_numerator, before.format.rate_denominator), 0);
}

TEST(a_read_only_descriptor_cannot)
{
	CHECK_EQ(set(stream_open(O_RDONLY), 16, 16, NULL), -EACCES);
}

TEST(not_while_anybody_runs)
{
	struct stream stream = capture_start();
	int fd = stream_open(O_RDWR);

	CHECK_EQ(set(fd, 16, 16, NULL), -EBUSY);
	CHECK_EQ(set(stream.fd, 16, 16, NULL), -EBUSY);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(set(fd, 16, 16, NULL), 0);
	restore(stream.fd);
}

TEST(a_frame_tells_which_format_it_has)
{
	struct stream stream = capture_start();
	struct dmaring_frame first = capture_take(&stream), second;

	CHECK_EQ(first.format_seq, stream.info.format_seq);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	REQUIRE_EQ(set(stream.fd, 16, 8, NULL), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	REQUIRE_EQ(stream_take(stream.fd, &second, 1, FOREVER), 1);
	CHECK_EQ(second.format_seq, first.format_seq + 1);
	CHECK_EQ(second.bytes_used, 16 * 8);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	restore(stream.fd);
}

/* What a test that failed has left. */
static void prepare(void)
{
	int fd = stream_open(O_RDWR);

	restore(fd);
	close(fd);
}

int main(void)
{
	return tap_run(prepare, stream_is_healthy);
}
