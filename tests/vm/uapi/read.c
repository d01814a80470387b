// SPDX-License-Identifier: MIT
/* read() and DEQUEUE: which frames come, how many, in what layout. */
#include <pthread.h>
#include "stream.h"

#define ROOM	64	/* descriptors; more than ever wait in these tests */

/* Waits until @count frames wait to be taken. */
static void let_wait(int fd, uint64_t count)
{
	while (stream_stats(fd).consumer_waiting < count)
		usleep(50000);
}

static void set_nonblock(int fd)
{
	REQUIRE(!fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
}

TEST(a_blocking_read_waits_for_a_frame)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;
	uint64_t sequence = 0;

	for (int i = 0; i < 5; i++) {
		memset(&frame, POISON, sizeof(frame));
		REQUIRE_EQ(read(stream.fd, &frame, sizeof(frame)), sizeof(frame));
		capture_verify(&stream, &frame);
		CHECK(!i || frame.sequence == sequence + 1);
		sequence = frame.sequence;
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
}

TEST(a_nonblocking_read_says_EAGAIN)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;

	set_nonblock(stream.fd);
	CHECK_EQ(read(stream.fd, &frame, sizeof(frame)), -1);
	CHECK_EQ(errno, EAGAIN);
	REQUIRE_EQ(stream_poll(stream.fd, -1), POLLIN);
	REQUIRE_EQ(read(stream.fd, &frame, sizeof(frame)), sizeof(frame));
	capture_verify(&stream, &frame);
	CHECK_EQ(read(stream.fd, &frame, sizeof(frame)), -1);
	CHECK_EQ(errno, EAGAIN);
}

TEST(dequeue_does_not_look_at_O_NONBLOCK)
{
	struct stream stream = capture_start();

	set_nonblock(stream.fd);
	capture_frames(&stream, 2);
}

TEST(a_buffer_too_short_for_a_descriptor_is_refused)
{
	struct stream stream = capture_start();
	char byte[sizeof(struct dmaring_frame)];

	memset(byte, POISON, sizeof(byte));
	let_wait(stream.fd, 1);
	for (size_t bytes = 0; bytes < sizeof(byte); bytes++) {
		CHECK_EQ(read(stream.fd, byte, bytes), -1);
		CHECK_EQ(errno, EINVAL);
	}
	for (size_t i = 0; i < sizeof(byte); i++)
		CHECK_EQ((unsigned char)byte[i], POISON);
	CHECK_EQ(stream_stats(stream.fd).consumer_delivered, 0);
	capture_frames(&stream, 1);
}

TEST(a_count_of_zero_is_refused)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;

	let_wait(stream.fd, 1);
	CHECK_EQ(stream_take(stream.fd, &frame, 0, 0), -EINVAL);
	CHECK_EQ(stream_take(stream.fd, &frame, 0, FOREVER), -EINVAL);
	CHECK_EQ(stream_stats(stream.fd).consumer_delivered, 0);
}

TEST(one_read_takes_all_that_wait_oldest_first)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[ROOM];
	ssize_t bytes;

	let_wait(stream.fd, 3);
	memset(frames, POISON, sizeof(frames));
	bytes = read(stream.fd, frames, sizeof(frames));
	REQUIRE(bytes >= (ssize_t)(3 * sizeof(*frames)));
	REQUIRE_EQ(bytes % sizeof(*frames), 0);
	for (size_t i = 0; i < bytes / sizeof(*frames); i++) {
		capture_verify(&stream, &frames[i]);
		CHECK_EQ(frames[i].sequence, frames[0].sequence + i);
	}
	CHECK_EQ(frames[bytes / sizeof(*frames)].cookie, 0xcccccccccccccccc);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, bytes / sizeof(*frames));
}

TEST(one_dequeue_takes_as_many_as_asked)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[ROOM];
	uint64_t next;

	let_wait(stream.fd, 3);
	REQUIRE_EQ(stream_take(stream.fd, frames, 2, 0), 2);
	next = frames[1].sequence + 1;
	REQUIRE_EQ(stream_take(stream.fd, frames, 1, 0), 1);
	CHECK_EQ(frames[0].sequence, next);
}

TEST(a_read_with_half_a_descriptor_over_ignores_it)
{
	struct stream stream = capture_start();
	char room[2 * sizeof(struct dmaring_frame)];

	memset(room, POISON, sizeof(room));
	let_wait(stream.fd, 2);
	CHECK_EQ(read(stream.fd, room, sizeof(room) - 1), sizeof(struct dmaring_frame));
	for (size_t i = sizeof(struct dmaring_frame); i < sizeof(room); i++)
		CHECK_EQ((unsigned char)room[i], POISON);
}

TEST(a_huge_count_takes_what_waits)
{
	static const uint32_t huge[] = { 0xffffffff, 0x80000000, 0x04000001, 65537 };
	struct stream stream = capture_start();

	for (size_t i = 0; i < sizeof(huge) / sizeof(*huge); i++) {
		struct dmaring_frame frames[MAPS_MAX];
		struct dmaring_dequeue argument = dequeue_argument(frames, huge[i], FOREVER);

		memset(frames, POISON, sizeof(frames));
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_DEQUEUE, &argument), 0);
		REQUIRE(argument.count >= 1 && argument.count <= stream.info.buffers);
		for (uint32_t n = 0; n < argument.count; n++) {
			capture_verify(&stream, &frames[n]);
			CHECK_EQ(stream_give(stream.fd, &frames[n]), 0);
		}
	}
}

static void check_stride(uint32_t stride)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };
	struct dmaring_attach attach = attach_argument(DMARING_POLICY_LOSSLESS, 0, 0);
	unsigned char room[4 * DMARING_FRAME_STRIDE_MAX];
	struct dmaring_dequeue dequeue = dequeue_argument(room, 2, FOREVER);

	attach.frame_stride = stride;
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_ATTACH, &attach), 0);
	REQUIRE_EQ(attach.frame_stride, stride);
	stream.info = stream_info(stream.fd);
	capture_map(&stream);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	for (int by_read = 0; by_read <= 1; by_read++) {
		let_wait(stream.fd, 2);
		memset(room, POISON, sizeof(room));
		if (by_read)
			CHECK_EQ(read(stream.fd, room, 2 * stride), 2 * stride);
		else
			CHECK_EQ(call(stream.fd, DMARING_IOC_DEQUEUE, &dequeue), 0);
		for (int n = 0; n < 2; n++) {
			struct dmaring_frame frame;

			memcpy(&frame, room + n * stride, sizeof(frame));
			capture_verify(&stream, &frame);
			for (uint32_t i = sizeof(frame); i < stride; i++)
				CHECK_EQ(room[n * stride + i], 0);
		}
		CHECK_EQ(room[2 * stride], POISON);
	}
	/* Cookies are found at that stride, too. */
	dequeue.release = 2;
	dequeue.count = 1;
	let_wait(stream.fd, 1);
	CHECK_EQ(call(stream.fd, DMARING_IOC_DEQUEUE, &dequeue), 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 2 + 1);
	CHECK_EQ(read(stream.fd, room, stride - 1), -1);
	CHECK_EQ(errno, EINVAL);
	close(stream.fd);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		munmap((void *)stream.map[i], stream.info.buffer_stride);
}

TEST(descriptors_stand_at_the_agreed_stride)
{
	static const uint32_t strides[] = { 64, 72, 128, 192, 248, 256 };

	for (size_t i = 0; i < sizeof(strides) / sizeof(*strides); i++)
		check_stride(strides[i]);
}

TEST(stop_drops_what_waits)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;
	struct dmaring_stats stats;

	let_wait(stream.fd, 2);
	frame = capture_take(&stream);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	stats = stream_stats(stream.fd);
	CHECK_EQ(stats.consumer_waiting, 0);
	CHECK(stats.consumer_dropped >= 1);
	CHECK_EQ(stats.consumer_held, 1);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, 0), -EBADFD);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, FOREVER), -EBADFD);
	CHECK_EQ(read(stream.fd, &frame, sizeof(frame)), -1);
	CHECK_EQ(errno, EBADFD);
}

/* --------------------------------------------------- several threads, one fd */

#define SHARED_FRAMES	40

static struct {
	struct stream stream;
	unsigned char taken[SHARED_FRAMES];
	uint64_t first;		/* sequence number of the first frame */
	int total;
} shared;

static void *take_shared(void *argument)
{
	struct dmaring_frame frame;

	for (;;) {
		uint64_t place;

		if (read(shared.stream.fd, &frame, sizeof(frame)) != sizeof(frame))
			return (void *)(intptr_t)errno;
		capture_verify(&shared.stream, &frame);
		place = frame.sequence - shared.first;
		if (place < SHARED_FRAMES && !__atomic_fetch_add(&shared.taken[place], 1,
								 __ATOMIC_SEQ_CST))
			__atomic_fetch_add(&shared.total, 1, __ATOMIC_SEQ_CST);
		CHECK(place >= SHARED_FRAMES || shared.taken[place] == 1);
		CHECK_EQ(stream_give(shared.stream.fd, &frame), 0);
		__atomic_fetch_add((int *)argument, 1, __ATOMIC_SEQ_CST);
	}
}

TEST(two_threads_get_each_frame_once)
{
	pthread_t threads[2];
	int counts[2] = { 0, 0 };
	struct dmaring_frame frame;
	void *error;

	shared.stream = capture_start();
	frame = capture_take(&shared.stream);
	shared.first = frame.sequence + 1;
	CHECK_EQ(stream_give(shared.stream.fd, &frame), 0);
	for (int t = 0; t < 2; t++)
		REQUIRE(!pthread_create(&threads[t], NULL, take_shared, &counts[t]));
	while (__atomic_load_n(&shared.total, __ATOMIC_SEQ_CST) < SHARED_FRAMES)
		usleep(100000);
	REQUIRE_EQ(call(shared.stream.fd, DMARING_IOC_STOP, NULL), 0);
	for (int t = 0; t < 2; t++) {
		pthread_join(threads[t], &error);
		CHECK_EQ((intptr_t)error, EBADFD);
	}
	CHECK_EQ(counts[0] + counts[1] + 1, stream_stats(shared.stream.fd).consumer_delivered);
	printf("# one thread took %d frames, the other %d\n", counts[0], counts[1]);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
