// SPDX-License-Identifier: MIT
/* Frames taken to where nothing can be written: EFAULT, and no frame is lost. */
#include "pages.h"
#include "stream.h"

/* Waits until @count frames wait to be taken. */
static void let_wait(int fd, uint64_t count)
{
	while (stream_stats(fd).consumer_waiting < count)
		usleep(50000);
}

static int take_by_read(int fd, void *frames, uint32_t count)
{
	ssize_t bytes = read(fd, frames, count * sizeof(struct dmaring_frame));

	return bytes < 0 ? -errno : (int)(bytes / sizeof(struct dmaring_frame));
}

static int take_by_dequeue(int fd, void *frames, uint32_t count)
{
	struct dmaring_dequeue argument = dequeue_argument(frames, count, FOREVER);
	int error = call(fd, DMARING_IOC_DEQUEUE, &argument);

	return error ? error : (int)argument.count;
}

typedef int take_fn(int fd, void *frames, uint32_t count);
static take_fn *const ways[] = { take_by_read, take_by_dequeue };

#define EACH_WAY(take) (take = ways; take < ways + 2; take++)

TEST(an_unwritable_page_loses_no_frame)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	void *read_only = pages_read_only(&frame, sizeof(frame));
	take_fn *const *take;

	for EACH_WAY(take) {
		uint64_t sequence = frame.sequence;

		let_wait(stream.fd, 1);
		CHECK_EQ((*take)(stream.fd, read_only, 1), -EFAULT);
		CHECK_EQ((*take)(stream.fd, read_only, 8), -EFAULT);
		for (size_t i = 0; i < PAGES_BAD_POINTERS; i++)
			CHECK_EQ((*take)(stream.fd, pages_bad_pointer(i), 2), -EFAULT);
		CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		frame = capture_take(&stream);
		CHECK_EQ(frame.sequence, sequence + 1);
	}
}

TEST(every_place_of_the_fault_within_a_descriptor)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;
	take_fn *const *take;

	let_wait(stream.fd, 1);
	for EACH_WAY(take)
		for (size_t usable = 0; usable < sizeof(frame); usable += 4)
			CHECK_EQ((*take)(stream.fd, pages_before_nothing(usable), 1), -EFAULT);
	CHECK_EQ(stream_stats(stream.fd).consumer_delivered, 0);
	capture_frames(&stream, 2);
}

TEST(an_array_that_runs_into_a_bad_page_gets_the_first_ones)
{
	struct stream stream = capture_start();
	uint64_t next = 0;
	take_fn *const *take;

	for EACH_WAY(take) {
		struct dmaring_frame *cut = pages_before_nothing(2 * sizeof(*cut) + 32);
		struct dmaring_frame last;

		let_wait(stream.fd, 3);
		REQUIRE_EQ((*take)(stream.fd, cut, 3), 2);
		CHECK(!next || cut[0].sequence == next);
		CHECK_EQ(cut[1].sequence, cut[0].sequence + 1);
		capture_verify(&stream, &cut[0]);
		capture_verify(&stream, &cut[1]);
		CHECK_EQ(stream_stats(stream.fd).consumer_held, 2);
		last = capture_take(&stream);
		CHECK_EQ(last.sequence, cut[1].sequence + 1);
		next = last.sequence + 1;
		CHECK_EQ(stream_give(stream.fd, &cut[0]), 0);
		CHECK_EQ(stream_give(stream.fd, &cut[1]), 0);
		CHECK_EQ(stream_give(stream.fd, &last), 0);
	}
}

/* A consumer that never learns of its frames must not stall the stream for good. */
TEST(a_thousand_faults_lose_nothing)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream), next;
	take_fn *const *take;

	let_wait(stream.fd, 1);
	for EACH_WAY(take)
		for (int i = 0; i < 500; i++)
			REQUIRE_EQ((*take)(stream.fd, NULL, 4), -EFAULT);
	next = capture_take(&stream);
	CHECK_EQ(next.sequence, frame.sequence + 1);
}

/* The descriptors may be written into a mapped buffer only if that is writable. */
TEST(descriptors_read_into_a_read_only_mapping_of_the_stream)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;
	take_fn *const *take;

	let_wait(stream.fd, 1);
	for EACH_WAY(take)
		CHECK_EQ((*take)(stream.fd, (void *)stream.map[0], 1), -EFAULT);
	frame = capture_take(&stream);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
