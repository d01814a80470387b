// SPDX-License-Identifier: MIT
/* Read-only descriptors, and LATEST: what a viewer may do, and what is dropped for it. */
#include "pages.h"
#include "stream.h"

static struct stream viewer(int flags, uint32_t depth, uint32_t max_held)
{
	struct stream stream = { .fd = stream_open(flags) };

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LATEST, depth, max_held), 0);
	capture_map(&stream);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	return stream;
}

static void let_produce(int fd, uint64_t frames)
{
	uint64_t end = stream_stats(fd).produced + frames;

	while (stream_stats(fd).produced < end)
		usleep(30000);
}

TEST(a_read_only_descriptor_cannot_be_lossless)
{
	int fd = stream_open(O_RDONLY);

	CHECK_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), -EACCES);
	CHECK_EQ(stream_stats(fd).consumer_policy, 0);
	CHECK_EQ(stream_attach(fd, DMARING_POLICY_LATEST, 1, 1), 0);
}

TEST(a_read_only_descriptor_sees_every_byte)
{
	struct stream stream = viewer(O_RDONLY, 1, 1);

	capture_frames(&stream, 5);
}

TEST(a_read_only_descriptor_maps_read_only)
{
	struct stream stream = viewer(O_RDONLY, 1, 1);
	struct dmaring_buffer buffer = buffer_argument(0);
	void *map = (void *)stream.map[0];

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_BUFFER, &buffer), 0);
	CHECK(mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, stream.fd,
		   buffer.mmap_offset) == MAP_FAILED);
	CHECK_EQ(errno, EACCES);
	CHECK(mmap(NULL, buffer.length, PROT_WRITE, MAP_SHARED, stream.fd,
		   buffer.mmap_offset) == MAP_FAILED);
	CHECK_EQ(errno, EACCES);
	CHECK(mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_PRIVATE, stream.fd,
		   buffer.mmap_offset) == MAP_FAILED);
	CHECK_EQ(mprotect(map, buffer.length, PROT_READ | PROT_WRITE), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(mprotect(map, buffer.length, PROT_WRITE), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(mprotect(map, buffer.length, PROT_READ | PROT_EXEC), -1);
}

/* ptrace may write what a process may not; a buffer is not even shown to it. */
TEST(a_read_only_mapping_cannot_be_written_by_the_back_door)
{
	struct stream stream = viewer(O_RDONLY, 1, 1);
	struct dmaring_frame frame = capture_take(&stream);
	int memory = open("/proc/self/mem", O_RDWR);
	char text[] = "overwritten";

	REQUIRE(memory >= 0);
	CHECK(pwrite(memory, text, sizeof(text), (uintptr_t)stream.map[frame.buffer]) < 0);
	capture_verify(&stream, &frame);
}

TEST(a_write_only_descriptor_cannot_read)
{
	int fd = stream_open(O_WRONLY);
	struct dmaring_frame frame;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(read(fd, &frame, sizeof(frame)), -1);
	CHECK_EQ(errno, EBADF);
	CHECK(mmap(NULL, page_bytes(), PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EACCES);
}

/* ------------------------------------------------------------------- LATEST */

static void check_latest(uint32_t depth)
{
	struct stream stream = viewer(O_RDWR, depth, 1);
	struct dmaring_frame first = capture_take(&stream), next;
	struct dmaring_stats stats;
	uint64_t missing, dropped;

	REQUIRE_EQ(stream_give(stream.fd, &first), 0);
	let_produce(stream.fd, 7);
	stats = stream_stats(stream.fd);
	CHECK_EQ(stats.consumer_waiting, depth);
	dropped = stats.consumer_dropped;
	CHECK(dropped >= 7 - depth);
	next = capture_take(&stream);
	missing = next.sequence - first.sequence - 1;
	CHECK_EQ(missing, dropped);
	CHECK_EQ(next.overruns_total, first.overruns_total);
	CHECK_EQ(next.sequence, stats.produced - depth);	/* sequence counts from 0 */
	REQUIRE_EQ(stream_give(stream.fd, &next), 0);
	for (uint32_t i = 1; i < depth; i++) {
		first = next;
		next = capture_take(&stream);
		CHECK_EQ(next.sequence, first.sequence + 1);
		REQUIRE_EQ(stream_give(stream.fd, &next), 0);
	}
}

TEST(latest_of_depth_1_keeps_the_newest_frame) { check_latest(1); }
TEST(latest_of_depth_2_keeps_the_two_newest_frames) { check_latest(2); }

TEST(a_viewer_that_sleeps_costs_the_card_nothing)
{
	struct stream stream = viewer(O_RDONLY, 2, 1);
	struct dmaring_frame held = capture_take(&stream);
	uint64_t overruns = stream_stats(stream.fd).overruns;

	for (int i = 0; i < 30; i++) {
		struct dmaring_stats stats;

		let_produce(stream.fd, 1);
		stats = stream_stats(stream.fd);
		CHECK(stats.consumer_waiting <= 2);
		CHECK_EQ(stats.consumer_held, 1);
		CHECK_EQ(stats.overruns, overruns);
	}
	capture_verify(&stream, &held);
	CHECK_EQ(stream_give(stream.fd, &held), 0);
	capture_frames(&stream, 2);
}

TEST(a_viewer_that_hoards_gets_no_more_than_it_asked_for)
{
	struct stream stream = viewer(O_RDONLY, 1, 2);
	struct dmaring_frame frames[3], more;
	uint64_t overruns = stream_stats(stream.fd).overruns, sequence;

	for (int i = 0; i < 3; i++)
		frames[i] = capture_take(&stream);
	sequence = frames[2].sequence;
	CHECK_EQ(stream_take(stream.fd, &more, 1, 3000 * MS), -ETIMEDOUT);
	CHECK_EQ(stream_stats(stream.fd).overruns, overruns);
	CHECK_EQ(stream_stats(stream.fd).held, 3);
	for (int i = 0; i < 3; i++) {
		capture_verify(&stream, &frames[i]);
		CHECK_EQ(stream_give(stream.fd, &frames[i]), 0);
	}
	more = capture_take(&stream);
	CHECK(more.sequence > sequence + 10);
	CHECK_EQ(more.overruns_total, frames[2].overruns_total);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
