// SPDX-License-Identifier: MIT
/* Who has asked for it finds zeroes in its mappings, not SIGBUS, when the card is gone. */
#include <stdbool.h>
#include <libdmaring.h>
#include "gone.h"

static int attach_for_zeroes(int fd, uint32_t policy, uint32_t held)
{
	struct dmaring_attach argument = attach_argument(policy, held, held);

	argument.features = DMARING_FEATURE_ZEROES;
	return call(fd, DMARING_IOC_ATTACH, &argument);
}

static struct stream start(int flags, uint32_t policy, uint32_t held)
{
	struct stream stream = { .fd = stream_open(flags) };

	stream.info = stream_info(stream.fd);
	CHECK(stream.info.features & DMARING_FEATURE_ZEROES);
	REQUIRE_EQ(attach_for_zeroes(stream.fd, policy, held), 0);
	capture_map(&stream);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	return stream;
}

static struct stream record(void)
{
	return start(O_RDWR, DMARING_POLICY_LOSSLESS, 0);
}

/* The page of everybody's zeroes, or the process's own, or what was mapped. */
static void check_reads(const uint8_t *from, uint64_t bytes, bool may_stay)
{
	for (uint64_t at = 0; at < bytes; at += may_stay ? page_bytes() : 1) {
		int byte = gone_touch(from + at);

		if (!CHECK(may_stay ? byte >= 0 : byte == 0))
			break;
	}
}

/* What a writable file has mapped of pages stays. */
static bool stays(const struct stream *stream)
{
	return stream->info.memory == DMARING_MEMORY_PAGES;
}

TEST(frames_that_are_held_have_zeroes)
{
	struct stream stream = record();
	struct dmaring_frame frame = capture_take(&stream);
	uint64_t sum = 0;

	for (uint32_t i = 0; i < frame.bytes_used; i++)
		sum += stream.map[frame.buffer][i];
	CHECK(sum);
	gone_unbind();
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		check_reads(stream.map[i], stream.info.buffer_stride, stays(&stream));
	gone_check_calls(stream.fd);
}

TEST(so_has_what_was_never_touched)
{
	struct stream viewer = start(O_RDONLY, DMARING_POLICY_LATEST, 1);

	gone_unbind();
	for (uint32_t i = 0; i < viewer.info.buffers; i++)
		check_reads(viewer.map[i], viewer.info.buffer_stride, false);
}

/* A kernel that reads for the process finds them, too. */
TEST(so_has_what_is_written_to_a_file)
{
	struct stream stream = record();
	int ends[2];

	capture_take(&stream);
	gone_unbind();
	REQUIRE(!pipe(ends));
	CHECK_EQ(write(ends[1], stream.map[0], page_bytes()), page_bytes());
}

/* The kernel's entry is gone; that of pages, too. */
TEST(so_has_what_was_dropped)
{
	struct stream stream = record();
	void *first = (void *)stream.map[0];

	gone_unbind();
	if (madvise(first, stream.info.buffer_stride, MADV_DONTNEED))
		CHECK_EQ(errno, EINVAL);	/* by page frame numbers it cannot be */
	check_reads(first, stream.info.buffer_stride, false);
}

TEST(nobody_writes_them)
{
	struct stream stream = record();
	void *first = (void *)stream.map[0];
	uint64_t bytes = stream.info.buffer_stride;

	CHECK(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, stream.fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(mprotect(first, bytes, PROT_READ | PROT_WRITE), -1);
	CHECK_EQ(errno, EACCES);
	gone_unbind();
	CHECK(gone_touch(first) >= 0);
	CHECK_EQ(mprotect(first, bytes, PROT_READ | PROT_WRITE), -1);
	CHECK_EQ(errno, EACCES);
}

/* As of before, for who has not asked. */
TEST(others_have_sigbus)
{
	struct stream viewer = start(O_RDONLY, DMARING_POLICY_LATEST, 1);
	struct stream stream = capture_start();

	capture_frames(&stream, 2);
	gone_unbind();
	gone_check_mappings(&stream);
	CHECK_EQ(gone_touch(viewer.map[0]), 0);
}

TEST(the_next_attach_decides_anew)
{
	int fd = stream_open(O_RDWR);
	const uint8_t *map;

	REQUIRE_EQ(attach_for_zeroes(fd, DMARING_POLICY_LOSSLESS, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	map = stream_map(fd, 0, PROT_READ | PROT_WRITE);
	CHECK(map != MAP_FAILED);
}

TEST(by_the_library)
{
	const struct dmaring_options options = {
		.size = sizeof(options), .flags = DMARING_OPEN_ZEROES,
	};
	struct dmaring_frame frame;
	struct dmaring *stream;
	const uint8_t *data;

	REQUIRE_EQ(dmaring_open(card_node(), &options, &stream), 0);
	REQUIRE_EQ(dmaring_start(stream), 0);
	REQUIRE_EQ(dmaring_next(stream, &frame, -1), 0);
	data = dmaring_data(stream, &frame);
	CHECK(gone_touch(data + 1) >= 0);
	gone_unbind();
	CHECK(gone_touch(data + 1) >= 0);
	CHECK_EQ(dmaring_release(stream, &frame), -ENODEV);
	dmaring_close(stream);
}

int main(void)
{
	return tap_run(gone_prepare, gone_bind_again);
}
