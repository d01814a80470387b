// SPDX-License-Identifier: MIT
/* RELEASE: a frame goes back once, by the one who took it, or nothing happens. */
#include <pthread.h>
#include "pages.h"
#include "stream.h"

#define FEW	3	/* frames held at a time; every pool has one more than that */

static int release(int fd, const __u64 *cookies, uint32_t count, uint32_t *bad)
{
	struct dmaring_release argument = release_argument(cookies, count);
	int error = call(fd, DMARING_IOC_RELEASE, &argument);

	*bad = argument.bad;
	return error;
}

/* A batch that must be refused, because of the entry at @position. */
static void refuse(int fd, const __u64 *cookies, uint32_t count, int error, uint32_t position)
{
	struct dmaring_stats before = stream_stats(fd), after;
	uint32_t bad;

	CHECK_EQ(release(fd, cookies, count, &bad), error);
	CHECK_EQ(bad, position);
	after = stream_stats(fd);
	CHECK_EQ(after.consumer_held, before.consumer_held);
	CHECK_EQ(after.bad_releases, before.bad_releases + 1);
}

static void hold(const struct stream *stream, struct dmaring_frame *frames, __u64 *cookies,
		 int count)
{
	for (int i = 0; i < count; i++) {
		frames[i] = capture_take(stream);
		cookies[i] = frames[i].cookie;
	}
}

static void release_all(int fd, const __u64 *cookies, uint32_t count)
{
	uint32_t bad;

	CHECK_EQ(release(fd, cookies, count, &bad), 0);
	CHECK_EQ(bad, count);
	CHECK_EQ(stream_stats(fd).consumer_held, 0);
}

TEST(a_release_gives_the_buffer_back)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	struct dmaring_stats stats = stream_stats(stream.fd);

	CHECK_EQ(stats.consumer_held, 1);
	release_all(stream.fd, (__u64[]){ frame.cookie }, 1);
	CHECK_EQ(stream_stats(stream.fd).bad_releases, stats.bad_releases);
}

TEST(made_up_cookies_are_refused)
{
	static const __u64 junk[] = { 0, ~0ULL, 0xcccccccccccccccc };
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	__u64 cookie;
	uint32_t bad;

	for (int bit = 0; bit < 64; bit++) {
		struct dmaring_stats stats = stream_stats(stream.fd);
		int error;

		cookie = frame.cookie ^ 1ULL << bit;
		error = release(stream.fd, &cookie, 1, &bad);
		if (!CHECK(error == -EINVAL || error == -ESTALE))
			printf("# cookie %#llx is taken for %#llx\n", cookie, frame.cookie);
		CHECK_EQ(bad, 0);
		CHECK_EQ(stream_stats(stream.fd).bad_releases, stats.bad_releases + 1);
		CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
	}
	for (size_t i = 0; i < sizeof(junk) / sizeof(*junk); i++)
		CHECK_EQ(release(stream.fd, &junk[i], 1, &bad), -EINVAL);
	release_all(stream.fd, &frame.cookie, 1);
}

TEST(a_second_release_is_refused)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);

	release_all(stream.fd, &frame.cookie, 1);
	refuse(stream.fd, &frame.cookie, 1, -ESTALE, 0);
	refuse(stream.fd, &frame.cookie, 1, -ESTALE, 0);
}

TEST(a_late_release_does_not_free_the_next_frame)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[MAPS_MAX], again;

	capture_hold_all(&stream, frames);
	CHECK_EQ(stream_give(stream.fd, &frames[1]), 0);
	again = capture_take(&stream);
	CHECK_EQ(again.buffer, frames[1].buffer);	/* the only one there was */
	CHECK(again.cookie != frames[1].cookie);
	refuse(stream.fd, &frames[1].cookie, 1, -ESTALE, 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, stream.info.buffers);
	capture_verify(&stream, &again);
	CHECK_EQ(stream_give(stream.fd, &again), 0);
}

TEST(a_frame_that_waits_cannot_be_released)
{
	struct stream stream = capture_start();
	struct dmaring_frame *cut = pages_before_nothing(sizeof(*cut) / 2), frame;

	/* The cookie of a frame that nobody has taken: only half of the
	 * descriptor can be written, so the frame stays in the queue.
	 */
	memset(cut, POISON, sizeof(*cut) / 2);
	REQUIRE_EQ(stream_poll(stream.fd, -1), POLLIN);
	CHECK_EQ(read(stream.fd, cut, sizeof(*cut)), -1);
	CHECK_EQ(errno, EFAULT);
	if (cut->cookie == 0xcccccccccccccccc)
		SKIP("the kernel shows nothing of a frame that it cannot deliver");
	refuse(stream.fd, &cut->cookie, 1, -ESTALE, 0);
	frame = capture_take(&stream);
	CHECK_EQ(frame.cookie, cut->cookie);
	release_all(stream.fd, &frame.cookie, 1);
}

TEST(a_batch_with_one_bad_entry_releases_nothing)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[FEW];
	__u64 good[FEW], batch[FEW];

	hold(&stream, frames, good, FEW);
	for (int position = 0; position < FEW; position++) {
		memcpy(batch, good, sizeof(batch));
		batch[position] = 0;
		refuse(stream.fd, batch, FEW, -EINVAL, position);
		batch[position] = ~0ULL;
		refuse(stream.fd, batch, FEW, -EINVAL, position);
	}
	for (int i = 0; i < FEW; i++)
		capture_verify(&stream, &frames[i]);
	release_all(stream.fd, good, FEW);
	refuse(stream.fd, good, FEW, -ESTALE, 0);
}

TEST(a_batch_with_a_frame_twice_releases_nothing)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[FEW];
	__u64 good[FEW];

	hold(&stream, frames, good, FEW);
	refuse(stream.fd, (__u64[]){ good[0], good[0] }, 2, -ESTALE, 1);
	refuse(stream.fd, (__u64[]){ good[0], good[1], good[0] }, 3, -ESTALE, 2);
	refuse(stream.fd, (__u64[]){ good[2], good[1], good[0], good[1] }, 4, -ESTALE, 3);
	release_all(stream.fd, good, FEW);
}

TEST(a_batch_with_a_stale_entry_releases_nothing)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[FEW];
	__u64 cookies[FEW];

	hold(&stream, frames, cookies, FEW);
	CHECK_EQ(stream_give(stream.fd, &frames[1]), 0);
	refuse(stream.fd, cookies, FEW, -ESTALE, 1);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, FEW - 1);
	cookies[1] = cookies[2];
	release_all(stream.fd, cookies, FEW - 1);
}

TEST(the_count_must_be_in_range)
{
	static const uint32_t wrong[] = { 0, DMARING_RELEASE_MAX + 1, 0x80000000, 0xffffffff };
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	__u64 cookies[DMARING_RELEASE_MAX + 1];

	for (size_t i = 0; i <= DMARING_RELEASE_MAX; i++)
		cookies[i] = frame.cookie;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct dmaring_release argument = release_argument(cookies, wrong[i]), copy;

		copy = argument;
		CHECK_EQ(call(stream.fd, DMARING_IOC_RELEASE, &argument), -EINVAL);
		CHECK(!memcmp(&argument, &copy, sizeof(copy)));
		CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
	}
	release_all(stream.fd, cookies, 1);
}

TEST(a_batch_of_the_largest_size_works)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[DMARING_RELEASE_MAX];
	__u64 cookies[DMARING_RELEASE_MAX];

	if (stream.info.buffers < DMARING_RELEASE_MAX)
		SKIP("the pool has %u buffers, not %u", stream.info.buffers, DMARING_RELEASE_MAX);
	hold(&stream, frames, cookies, DMARING_RELEASE_MAX);
	release_all(stream.fd, cookies, DMARING_RELEASE_MAX);
}

TEST(bad_pointers_release_nothing)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	__u64 *cut = pages_before_nothing(sizeof(*cut));
	uint32_t bad;

	for (size_t i = 0; i < PAGES_BAD_POINTERS; i++)
		CHECK_EQ(release(stream.fd, pages_bad_pointer(i), 1, &bad), -EFAULT);
	*cut = frame.cookie;
	CHECK_EQ(release(stream.fd, cut, 2, &bad), -EFAULT);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
	release_all(stream.fd, pages_read_only(cut, sizeof(*cut)), 1);
}

TEST(any_order_will_do)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[FEW];
	__u64 cookies[FEW];

	for (int i = 0; i < 4; i++) {
		hold(&stream, frames, cookies, FEW);
		CHECK_EQ(stream_give(stream.fd, &frames[2]), 0);
		CHECK_EQ(stream_give(stream.fd, &frames[0]), 0);
		CHECK_EQ(stream_give(stream.fd, &frames[1]), 0);
	}
}

TEST(frames_outlive_stop_and_start)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[FEW];
	__u64 cookies[FEW];

	hold(&stream, frames, cookies, FEW);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, FEW);
	CHECK_EQ(stream_stats(stream.fd).idle, stream.info.buffers - FEW);
	CHECK_EQ(stream_give(stream.fd, &frames[0]), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, FEW - 1);
	capture_frames(&stream, 2 * stream.info.buffers);
	capture_verify(&stream, &frames[1]);
	capture_verify(&stream, &frames[2]);
	refuse(stream.fd, cookies, 1, -ESTALE, 0);
	CHECK_EQ(stream_give(stream.fd, &frames[1]), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	release_all(stream.fd, &cookies[2], 1);
}

static void *release_elsewhere(void *argument)
{
	struct dmaring_frame *frame = argument;

	return (void *)(intptr_t)stream_give(frame->reserved, frame);
}

TEST(another_thread_may_release)
{
	struct stream stream = capture_start();
	pthread_t thread;
	void *error;

	for (int i = 0; i < 5; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		frame.reserved = stream.fd;
		REQUIRE(!pthread_create(&thread, NULL, release_elsewhere, &frame));
		pthread_join(thread, &error);
		CHECK_EQ((intptr_t)error, 0);
		CHECK_EQ(stream_give(stream.fd, &frame), -ESTALE);
	}
}

TEST(two_threads_cannot_release_the_same_frame)
{
	struct stream stream = capture_start();
	pthread_t threads[2];
	void *errors[2];

	for (int i = 0; i < 20; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		frame.reserved = stream.fd;
		for (int t = 0; t < 2; t++)
			REQUIRE(!pthread_create(&threads[t], NULL, release_elsewhere, &frame));
		for (int t = 0; t < 2; t++)
			pthread_join(threads[t], &errors[t]);
		CHECK_EQ((intptr_t)errors[0] + (intptr_t)errors[1], -ESTALE);
	}
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
