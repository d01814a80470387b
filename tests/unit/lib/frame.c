// SPDX-License-Identifier: MIT
/* Taking and releasing frames through the library. */
#include "fake_kernel.h"

#include <libdmaring.h>
#include "now.h"
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

	fake.when_empty = ETIMEDOUT;	/* as if all that time was over */
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

/* ------------------------------------------------------------------------ waiting */

#define WAIT_MS 20

static void push_to_a_sleeper(void)
{
	if (fake_await_sleeper())
		fake_push(7, 0);
}

TEST(a_frame_that_comes_during_a_wait_ends_it)
{
	static const int timeouts_ms[] = { -1, INT32_MAX };
	struct dmaring_frame frame;
	pthread_t card;

	for (int i = 0; i < 4; i++) {
		card = fake_thread(push_to_a_sleeper);
		frame.sequence = 0;
		if (i % 2)
			REQUIRE_EQ(dmaring_next_batch(stream, &frame, 1, timeouts_ms[i / 2]), 1);
		else
			REQUIRE_EQ(dmaring_next(stream, &frame, timeouts_ms[i / 2]), 0);
		CHECK_EQ(frame.sequence, 7);
		fake_join(card);
	}
}

TEST(a_wait_is_as_long_as_its_time)
{
	struct dmaring_frame frame;
	long long start = now_ns();

	CHECK_EQ(dmaring_next(stream, &frame, WAIT_MS), -ETIMEDOUT);
	CHECK(now_ns() - start >= WAIT_MS * MS);
	start = now_ns();
	CHECK_EQ(dmaring_next_batch(stream, &frame, 1, WAIT_MS), -ETIMEDOUT);
	CHECK(now_ns() - start >= WAIT_MS * MS);
}

TEST(who_has_no_time_is_told_at_once_that_no_frame_waits)
{
	struct dmaring_frame frame;

	CHECK_EQ(dmaring_next(stream, &frame, 0), -EAGAIN);
	CHECK_EQ(dmaring_next_batch(stream, &frame, 1, 0), -EAGAIN);
}

TEST(what_waits_below_the_watermark_is_taken_when_time_is_over)
{
	struct dmaring_options options = { .size = sizeof(options), .watermark = 2 };
	struct dmaring_frame frames[2];
	long long start;

	dmaring_close(stream);
	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, &options, &stream), 0);
	fake_push(0, 0);
	start = now_ns();
	CHECK_EQ(dmaring_next_batch(stream, frames, 2, WAIT_MS), 1);
	CHECK(now_ns() - start >= WAIT_MS * MS);
	fake_push(1, 0);
	CHECK_EQ(dmaring_next_batch(stream, frames, 2, 0), 1);
	fake_push(2, 0);
	fake_push(3, 0);
	CHECK_EQ(dmaring_next_batch(stream, frames, 2, -1), 2);
}

static pthread_t waiter;
static int handled;

static void handle(int number)
{
	(void)number;
	__atomic_store_n(&handled, 1, __ATOMIC_SEQ_CST);
}

/* A frame ends what the signal did not end. */
static void interrupt_a_sleeper(void)
{
	if (!fake_await_sleeper())
		return;
	pthread_kill(waiter, SIGUSR1);
	while (!__atomic_load_n(&handled, __ATOMIC_SEQ_CST))
		sched_yield();
	if (fake_await_sleeper())
		fake_push(7, 0);
}

static int wait_for_a_signal(int timeout_ms, int flags)
{
	const struct sigaction action = { .sa_handler = handle, .sa_flags = flags };
	struct dmaring_frame frame;
	pthread_t thread;
	int err;

	handled = 0;
	waiter = pthread_self();
	REQUIRE_EQ(sigaction(SIGUSR1, &action, NULL), 0);
	thread = fake_thread(interrupt_a_sleeper);
	err = dmaring_next(stream, &frame, timeout_ms);
	fake_join(thread);
	CHECK(handled);
	return err;
}

TEST(a_signal_ends_a_wait)
{
	CHECK_EQ(wait_for_a_signal(-1, 0), -EINTR);
	CHECK_EQ(wait_for_a_signal(INT32_MAX, 0), -EINTR);
	CHECK_EQ(wait_for_a_signal(INT32_MAX, SA_RESTART), -EINTR);
}

TEST(an_endless_wait_goes_on_after_a_signal_if_the_handler_says_so)
{
	CHECK_EQ(wait_for_a_signal(-1, SA_RESTART), 0);
}

/* ------------------------------------------------------------------------ release */

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

TEST(a_buffer_is_exported)
{
	int fd = -1;

	CHECK_EQ(dmaring_export(stream, 2, O_RDONLY | O_CLOEXEC, &fd), 0);
	CHECK_EQ(fd, 44);
	CHECK_EQ(fake.export.buffer, 2);
	CHECK_EQ(fake.export.flags, O_RDONLY | O_CLOEXEC);
	fake_fail(DMARING_IOC_EXPORT, 0, EOPNOTSUPP);
	CHECK_EQ(dmaring_export(stream, 2, O_RDWR, &fd), -EOPNOTSUPP);
	CHECK_EQ(fd, 44);
	CHECK(strstr(dmaring_error(), "memory=pages"));
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
