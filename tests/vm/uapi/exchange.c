// SPDX-License-Identifier: MIT
/* DEQUEUE with @release: frames go back and the next ones come, in one call. */
#include "pages.h"
#include "stream.h"

#define FEW	3	/* frames held at a time; every pool has one more than that */

/* Returns how many frames it took, or a negative errno; *@left: as @release is then. */
static int exchange(int fd, struct dmaring_frame *frames, uint32_t release, uint32_t count,
		    long long timeout_ns, uint32_t *left)
{
	struct dmaring_dequeue argument = dequeue_argument(frames, count, timeout_ns);
	int error;

	argument.release = release;
	error = call(fd, DMARING_IOC_DEQUEUE, &argument);
	*left = argument.release;
	CHECK(!error || argument.count == count);	/* left alone */
	return error ? error : (int)argument.count;
}

/* One that must be refused, and has neither given back nor taken anything. */
static void refuse(const struct stream *stream, const struct dmaring_frame *frames,
		   uint32_t release, int error)
{
	struct dmaring_stats before = stream_stats(stream->fd), after;
	struct dmaring_frame copy[MAPS_MAX];
	uint32_t left, count = release < MAPS_MAX ? release : MAPS_MAX;

	memcpy(copy, frames, count * sizeof(*frames));
	CHECK_EQ(exchange(stream->fd, copy, release, 1, FOREVER, &left), error);
	CHECK_EQ(left, release);
	CHECK(!memcmp(copy, frames, count * sizeof(*frames)));
	after = stream_stats(stream->fd);
	CHECK_EQ(after.bad_releases, before.bad_releases + (release <= DMARING_RELEASE_MAX));
	CHECK_EQ(after.consumer_held, before.consumer_held);
	CHECK_EQ(after.consumer_delivered, before.consumer_delivered);
}

TEST(one_call_a_frame)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	uint64_t bad_releases = stream_stats(stream.fd).bad_releases;
	uint64_t sequence = frame.sequence;
	uint32_t left;

	for (uint32_t i = 0; i < 3 * stream.info.buffers; i++) {
		CHECK_EQ(exchange(stream.fd, &frame, 1, 1, FOREVER, &left), 1);
		CHECK_EQ(left, 0);
		CHECK(frame.sequence > sequence);
		sequence = frame.sequence;
		capture_verify(&stream, &frame);
		CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
	}
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	CHECK_EQ(stream_stats(stream.fd).bad_releases, bad_releases);
}

TEST(a_batch)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[FEW];
	uint32_t left;
	int held = 0, took;

	for (int i = 0; i < 10; i++) {
		took = exchange(stream.fd, frames, held, FEW, FOREVER, &left);
		REQUIRE(took > 0);
		CHECK_EQ(left, 0);
		for (held = 0; held < took; held++)
			capture_verify(&stream, &frames[held]);
		CHECK_EQ(stream_stats(stream.fd).consumer_held, held);
	}
}

TEST(a_batch_of_the_largest_size)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[DMARING_RELEASE_MAX];
	uint32_t left;

	if (stream.info.buffers < DMARING_RELEASE_MAX)
		SKIP("the pool has %u buffers, not %u", stream.info.buffers, DMARING_RELEASE_MAX);
	for (uint32_t i = 0; i < DMARING_RELEASE_MAX; i++)
		frames[i] = capture_take(&stream);
	CHECK_EQ(exchange(stream.fd, frames, DMARING_RELEASE_MAX, 1, FOREVER, &left), 1);
	CHECK_EQ(left, 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
}

/* The descriptors end with the last cookie, and say nothing else that is true. */
TEST(only_cookies_are_read)
{
	struct stream stream = capture_start();
	struct dmaring_frame *cut = pages_before_nothing(sizeof(*cut) + sizeof(cut->cookie));
	__u64 cookies[2] = { capture_take(&stream).cookie, capture_take(&stream).cookie };
	uint32_t left;

	memset(cut, POISON, sizeof(*cut));
	cut[0].cookie = cookies[0];
	cut[1].cookie = cookies[1];
	CHECK_EQ(exchange(stream.fd, cut, 2, 1, FOREVER, &left), 1);
	CHECK_EQ(left, 0);
	capture_verify(&stream, cut);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
}

TEST(fewer_than_are_held)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[FEW], kept;
	uint32_t left;

	for (int i = 0; i < FEW; i++)
		frames[i] = capture_take(&stream);
	kept = frames[FEW - 1];
	CHECK_EQ(exchange(stream.fd, frames, FEW - 1, 1, FOREVER, &left), 1);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 2);
	capture_verify(&stream, &kept);
	CHECK_EQ(stream_give(stream.fd, &kept), 0);
	CHECK_EQ(stream_give(stream.fd, &frames[0]), 0);
}

TEST(bad_cookies_change_nothing)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[FEW], bad[FEW];

	for (int i = 0; i < FEW; i++)
		frames[i] = capture_take(&stream);
	for (int position = 0; position < FEW; position++) {
		memcpy(bad, frames, sizeof(bad));
		bad[position].cookie = ~0ULL;
		refuse(&stream, bad, position + 1, -EINVAL);
		bad[position].cookie = frames[(position + 1) % FEW].cookie;
		refuse(&stream, bad, FEW, -ESTALE);	/* twice */
	}
	for (int i = 0; i < FEW; i++)
		CHECK_EQ(stream_give(stream.fd, &frames[i]), 0);
	refuse(&stream, frames, 1, -ESTALE);
	refuse(&stream, frames, FEW, -ESTALE);
}

TEST(the_number_must_be_in_range)
{
	static const uint32_t wrong[] = { DMARING_RELEASE_MAX + 1, 0x80000000, 0xffffffff };
	struct stream stream = capture_start();
	struct dmaring_frame frames[MAPS_MAX] = { capture_take(&stream) };

	/* Of more than one of them RELEASE would say ESTALE. */
	for (int i = 1; i < MAPS_MAX; i++)
		frames[i] = frames[0];
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		refuse(&stream, frames, wrong[i], -EINVAL);
}

TEST(bad_pointers_give_nothing_back)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	struct dmaring_frame *cut = pages_before_nothing(sizeof(*cut));
	uint32_t left;

	for (size_t i = 0; i < PAGES_BAD_POINTERS; i++) {
		CHECK_EQ(exchange(stream.fd, pages_bad_pointer(i), 1, 1, 0, &left), -EFAULT);
		CHECK_EQ(left, 1);
	}
	*cut = frame;
	CHECK_EQ(exchange(stream.fd, cut, 2, 1, 0, &left), -EFAULT);
	CHECK_EQ(left, 2);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
	capture_verify(&stream, &frame);
}

/* What is given back stays so, whatever comes of the rest. */
TEST(a_frame_that_cannot_be_written)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	struct dmaring_frame *fixed = pages_read_only(&frame, sizeof(frame));
	uint32_t left;

	CHECK_EQ(exchange(stream.fd, fixed, 1, 1, FOREVER, &left), -EFAULT);
	CHECK_EQ(left, 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_delivered, 1);
}

TEST(nothing_waits)
{
	struct dmaring_frame frames[MAPS_MAX];
	struct stream stream = capture_start();
	uint32_t left;

	capture_hold_all(&stream, frames);
	CHECK_EQ(exchange(stream.fd, frames, 1, 1, 0, &left), -EAGAIN);
	CHECK_EQ(left, 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, stream.info.buffers - 1);
}

TEST(not_running)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	uint32_t left;

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(exchange(stream.fd, &frame, 1, 1, FOREVER, &left), -EBADFD);
	CHECK_EQ(left, 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 0);
}

TEST(not_attached)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_frame frames[FEW] = { 0 };
	uint32_t left;

	CHECK_EQ(exchange(fd, frames, 1, 1, FOREVER, &left), -ENOTCONN);
	CHECK_EQ(left, 1);
	CHECK_EQ(exchange(fd, frames, FEW, 1, FOREVER, &left), -ENOTCONN);
	CHECK_EQ(left, FEW);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
