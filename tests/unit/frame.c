// SPDX-License-Identifier: MIT
/* Taking and releasing frames through the library. */
#include "fake_kernel.h"

#include <libdmaring.h>
#include "tap.h"

static struct dmaring *stream;

static void open_stream(void)
{
	fake_reset();
	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
}

TEST(next_returns_the_descriptor)
{
	struct dmaring_frame frame;

	fake_push(41, 3);
	CHECK_EQ(dmaring_next(stream, &frame, 10), 0);
	CHECK(!memcmp(&frame, &fake.frames[0], sizeof(frame)));
}

TEST(next_waits_in_nanoseconds)
{
	struct dmaring_frame frame;

	CHECK_EQ(dmaring_next(stream, &frame, 10), -ETIMEDOUT);
	CHECK_EQ(fake.timeout_ns, 10000000);
	dmaring_next(stream, &frame, INT32_MAX);
	CHECK_EQ(fake.timeout_ns, 2147483647000000LL);
	dmaring_next(stream, &frame, 0);
	CHECK_EQ(fake.timeout_ns, 0);
	dmaring_next(stream, &frame, -1);
	CHECK(fake.timeout_ns < 0);
}

TEST(next_leaves_the_frame_alone_when_it_fails)
{
	static const int errors[] = {
		EAGAIN, ETIMEDOUT, EINTR, EBADFD, EIO, ENODEV,
	};
	struct dmaring_frame frame, before;
	size_t i;

	memset(&frame, 0xcc, sizeof(frame));
	before = frame;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake.when_empty = errors[i];
		CHECK_EQ(dmaring_next(stream, &frame, 0), -errors[i]);
		CHECK(!memcmp(&frame, &before, sizeof(frame)));
	}
}

TEST(next_is_one_system_call)
{
	struct dmaring_frame frame;

	fake_push(1, 0);
	fake.steps = 0;
	dmaring_next(stream, &frame, -1);
	CHECK_EQ(fake.steps, 1);
}

TEST(release_hands_over_the_cookie)
{
	struct dmaring_frame frame = { .cookie = 0x123456789abcdef0ULL };

	CHECK_EQ(dmaring_release(stream, &frame), 0);
	CHECK_EQ(fake.release_count, 1);
	CHECK_EQ(fake.released[0], frame.cookie);
	fake_fail(DMARING_IOC_RELEASE, 0, ESTALE);
	CHECK_EQ(dmaring_release(stream, &frame), -ESTALE);
}

TEST(data_is_the_mapping_of_the_buffer)
{
	struct dmaring_frame frame = { 0 };

	for (frame.buffer = 0; frame.buffer < FAKE_BUFFERS; frame.buffer++)
		CHECK(dmaring_data(stream, &frame) ==
		      fake.buffers[frame.buffer]);
	CHECK(!dmaring_data(stream, &frame));
	frame.buffer = UINT32_MAX;
	CHECK(!dmaring_data(stream, &frame));
}

TEST(a_monitor_has_no_data)
{
	struct dmaring_options options = {
		.size = sizeof(options),
		.flags = DMARING_OPEN_MONITOR,
	};
	struct dmaring_frame frame = { 0 };
	struct dmaring *monitor;

	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, &options, &monitor), 0);
	CHECK(!dmaring_data(monitor, &frame));
	dmaring_close(monitor);
}

TEST(start_and_stop_pass_the_errno_on)
{
	CHECK_EQ(dmaring_start(stream), 0);
	CHECK_EQ(fake_count(DMARING_IOC_START), 1);
	fake_fail(DMARING_IOC_START, 0, EALREADY);
	CHECK_EQ(dmaring_start(stream), -EALREADY);
	CHECK_EQ(dmaring_stop(stream), 0);
	fake_fail(DMARING_IOC_STOP, 0, ETIMEDOUT);
	CHECK_EQ(dmaring_stop(stream), -ETIMEDOUT);
	CHECK_EQ(fake_count(DMARING_IOC_STOP), 2);
}

int main(void)
{
	return tap_run(open_stream, NULL);
}
