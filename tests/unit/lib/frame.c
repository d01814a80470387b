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

TEST(next_passes_the_errno_on)
{
	static const int errors[] = {
		EAGAIN, ETIMEDOUT, EINTR, EBADFD, EIO, ENODEV, EPROTO,
	};
	struct dmaring_frame frame;
	size_t i;

	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		fake.when_empty = errors[i];
		CHECK_EQ(dmaring_next(stream, &frame, 0), -errors[i]);
		CHECK_EQ(dmaring_release(stream, &frame), -EINVAL);
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
	struct dmaring_frame frame;

	fake_push(1, 0);
	fake.frames[0].cookie = 0x123456789abcdef0ULL;
	dmaring_next(stream, &frame, 0);
	CHECK_EQ(dmaring_release(stream, &frame), 0);
	CHECK_EQ(fake.release_count, 1);
	CHECK_EQ(fake.released[0], frame.cookie);
	fake_push(2, 0);
	dmaring_next(stream, &frame, 0);
	fake_fail(DMARING_IOC_RELEASE, 0, ENODEV);
	CHECK_EQ(dmaring_release(stream, &frame), -ENODEV);
}

TEST(what_is_not_held_cannot_be_released)
{
	struct dmaring_frame frame, other;

	fake_push(1, 0);
	dmaring_next(stream, &frame, 0);
	other = frame;
	other.cookie++;
	CHECK_EQ(dmaring_release(stream, &other), -ESTALE);
	other.buffer = FAKE_BUFFERS;
	CHECK_EQ(dmaring_release(stream, &other), -EINVAL);
	other.buffer = UINT32_MAX;
	CHECK_EQ(dmaring_release(stream, &other), -EINVAL);
	CHECK_EQ(dmaring_release(stream, &frame), 0);
	CHECK_EQ(dmaring_release(stream, &frame), -ESTALE);
	CHECK_EQ(fake_count(DMARING_IOC_RELEASE), 1);
}

TEST(a_batch_is_one_system_call)
{
	struct dmaring_frame frames[8];
	unsigned int i;

	for (i = 0; i < FAKE_BUFFERS; i++)
		fake_push(i, 0);
	fake.steps = 0;
	CHECK_EQ(dmaring_next_batch(stream, frames, 8, -1), FAKE_BUFFERS);
	CHECK_EQ(fake.steps, 1);
	CHECK(!memcmp(frames, fake.frames, FAKE_BUFFERS * sizeof(frames[0])));
	CHECK_EQ(dmaring_release_batch(stream, frames, FAKE_BUFFERS), 0);
	CHECK_EQ(fake.steps, 2);
	CHECK_EQ(fake.release_count, FAKE_BUFFERS);
	for (i = 0; i < FAKE_BUFFERS; i++)
		CHECK_EQ(fake.released[i], frames[i].cookie);
	CHECK_EQ(dmaring_next_batch(stream, frames, 8, 5), -ETIMEDOUT);
	CHECK_EQ(fake.timeout_ns, 5000000);
}

TEST(a_batch_is_released_whole_or_not_at_all)
{
	struct dmaring_frame frames[3];

	fake_push(1, 0);
	fake_push(2, 0);
	CHECK_EQ(dmaring_next_batch(stream, frames, 3, 0), 2);
	frames[2] = frames[0];
	CHECK_EQ(dmaring_release_batch(stream, frames, 3), -ESTALE);
	frames[2].buffer = FAKE_BUFFERS;
	CHECK_EQ(dmaring_release_batch(stream, frames, 3), -EINVAL);
	CHECK_EQ(fake.release_count, 0);
	CHECK_EQ(dmaring_release_batch(stream, frames, 0), 0);
	CHECK_EQ(dmaring_release_batch(stream, frames, 2), 0);
	CHECK_EQ(fake.release_count, 2);
}

TEST(eventfd_is_handed_over)
{
	CHECK_EQ(dmaring_set_eventfd(stream, 33), 0);
	CHECK_EQ(fake.eventfd.size, sizeof(struct dmaring_eventfd));
	CHECK_EQ(fake.eventfd.fd, 33);
	CHECK_EQ(dmaring_set_eventfd(stream, -1), 0);
	CHECK_EQ(fake.eventfd.fd, -1);
	fake_fail(DMARING_IOC_EVENTFD, 0, EBADF);
	CHECK_EQ(dmaring_set_eventfd(stream, 33), -EBADF);
	CHECK(strstr(dmaring_error(), "eventfd"));
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
