// SPDX-License-Identifier: MIT
/* dmaring_open() and dmaring_close(): options, names, order, unwinding. */
#include "fake_kernel.h"

#include <sys/resource.h>
#include <libdmaring.h>
#include "tap.h"

static int open_with(struct dmaring_options options)
{
	struct dmaring *stream = (struct dmaring *)&fake;
	int err;

	if (!options.size)
		options.size = sizeof(options);
	err = dmaring_open(FAKE_DEVICE, &options, &stream);
	CHECK(err ? !stream : !!stream);
	dmaring_close(stream);
	return err;
}

#define OPEN_WITH(...) open_with((struct dmaring_options){ __VA_ARGS__ })

TEST(without_options_it_attaches_lossless)
{
	struct dmaring *stream;

	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
	CHECK_EQ(fake.attach.size, sizeof(struct dmaring_attach));
	CHECK_EQ(fake.attach.policy, DMARING_POLICY_LOSSLESS);
	CHECK_EQ(fake.attach.frame_stride, sizeof(struct dmaring_frame));
	CHECK_EQ(fake.attach.depth, 0);
	CHECK_EQ(fake.attach.max_held, 0);
	CHECK_EQ(fake.open_flags, O_RDWR | O_CLOEXEC);
	CHECK_EQ(fake.mapped, 1);
	CHECK_EQ(dmaring_fd(stream), FAKE_FD);
	dmaring_close(stream);
}

TEST(a_read_only_consumer_is_latest_with_one_frame_each)
{
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_READ_ONLY), 0);
	CHECK_EQ(fake.attach.policy, DMARING_POLICY_LATEST);
	CHECK_EQ(fake.attach.depth, 1);
	CHECK_EQ(fake.attach.max_held, 1);
	CHECK_EQ(fake.open_flags, O_RDONLY | O_CLOEXEC);
}

TEST(latest_keeps_what_was_asked_for)
{
	CHECK_EQ(OPEN_WITH(.policy = DMARING_POLICY_LATEST, .depth = 3,
			   .max_held = 2), 0);
	CHECK_EQ(fake.attach.depth, 3);
	CHECK_EQ(fake.attach.max_held, 2);
	CHECK_EQ(fake.open_flags, O_RDWR | O_CLOEXEC);
}

TEST(the_watermark_is_handed_over_in_nanoseconds)
{
	CHECK_EQ(OPEN_WITH(.watermark = 3, .watermark_us = UINT32_MAX), 0);
	CHECK_EQ(fake.attach.watermark, 3);
	CHECK_EQ(fake.attach.watermark_ns, UINT32_MAX * 1000ULL);
}

TEST(zeroes_are_asked_for)
{
	CHECK_EQ(OPEN_WITH(.flags = 0), 0);
	CHECK_EQ(fake.attach.features, 0);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_ZEROES), 0);
	CHECK_EQ(fake.attach.features, DMARING_FEATURE_ZEROES);
}

TEST(a_monitor_neither_attaches_nor_maps)
{
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_MONITOR), 0);
	CHECK_EQ(fake_count(DMARING_IOC_ATTACH), 0);
	CHECK_EQ(fake_count(FAKE_MMAP), 0);
	CHECK_EQ(fake.open_flags, O_RDONLY | O_CLOEXEC);
}

TEST(who_configures_does_not_attach_but_may_write)
{
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_CONFIGURE), 0);
	CHECK_EQ(fake_count(DMARING_IOC_ATTACH), 0);
	CHECK_EQ(fake_count(FAKE_MMAP), 0);
	CHECK_EQ(fake.open_flags, O_RDWR | O_CLOEXEC);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_CONFIGURE | DMARING_OPEN_READ_ONLY), -EINVAL);
}

TEST(bad_options_are_refused_before_anything_is_opened)
{
	CHECK_EQ(OPEN_WITH(.size = 4), -EINVAL);
	CHECK(strstr(dmaring_error(), "options.size"));
	CHECK_EQ(OPEN_WITH(.size = 0xcccccccc), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = 1U << 6), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = 1U << 31), -EINVAL);
	CHECK_EQ(OPEN_WITH(.policy = 3), -EINVAL);
	CHECK_EQ(OPEN_WITH(.reserved[0] = 1), -EINVAL);
	CHECK_EQ(OPEN_WITH(.reserved[7] = 1), -EINVAL);
	CHECK_EQ(OPEN_WITH(.headroom = DMARING_HEADROOM_MAX + 1), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_IMPORT, .headroom = 1), -EINVAL);
	CHECK_EQ(OPEN_WITH(.depth = 1), -EINVAL);
	CHECK_EQ(OPEN_WITH(.max_held = 1), -EINVAL);
	CHECK_EQ(OPEN_WITH(.policy = DMARING_POLICY_LOSSLESS, .depth = 1), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_READ_ONLY,
			   .policy = DMARING_POLICY_LOSSLESS), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_READ_ONLY | DMARING_OPEN_IMPORT), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_IMPORT,
			   .policy = DMARING_POLICY_LATEST), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_MONITOR | DMARING_OPEN_IMPORT), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_MONITOR, .depth = 1), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_MONITOR,
			   .policy = DMARING_POLICY_LATEST), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_MONITOR, .watermark = 2), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_MONITOR, .watermark_us = 1), -EINVAL);
	CHECK_EQ(OPEN_WITH(.flags = DMARING_OPEN_MONITOR, .headroom = 1), -EINVAL);
	CHECK_EQ(fake.steps, 0);
}

TEST(longer_options_are_good_while_their_new_part_is_zero)
{
	struct {
		struct dmaring_options known;
		uint64_t later;
	} options = { .known.size = sizeof(options) };
	struct dmaring *stream;

	CHECK_EQ(dmaring_open(FAKE_DEVICE, &options.known, &stream), 0);
	dmaring_close(stream);
	options.later = 1;
	CHECK_EQ(dmaring_open(FAKE_DEVICE, &options.known, &stream), -EINVAL);
}

TEST(short_names_stand_for_the_device)
{
	static const char *const names[] = { "7", "dmaring7", FAKE_DEVICE };
	struct dmaring *stream;
	size_t i;

	for (i = 0; i < 3; i++) {
		CHECK_EQ(dmaring_open(names[i], NULL, &stream), 0);
		dmaring_close(stream);
	}
}

TEST(what_is_no_stream_is_not_supported)
{
	fake_fail(DMARING_IOC_INFO, 0, ENOTTY);
	CHECK_EQ(OPEN_WITH(0), -ENOTSUP);
	fake_fail(DMARING_IOC_INFO, 0, EINVAL);
	CHECK_EQ(OPEN_WITH(0), -ENOTSUP);
	fake.info.size = DMARING_INFO_SIZE_VER0 - 8;
	CHECK_EQ(OPEN_WITH(0), -ENOTSUP);
	CHECK_EQ(fake_count(FAKE_CLOSE), 3);
	CHECK_EQ(fake_count(DMARING_IOC_ATTACH), 0);
}

TEST(what_is_no_character_device_is_not_even_opened)
{
	fake.mode = S_IFIFO | 0666;
	CHECK_EQ(OPEN_WITH(0), -ENOTSUP);
	CHECK_EQ(fake_count(FAKE_OPEN), 0);
}

/* Whatever fails, nothing stays mapped or open, and its errno comes through. */
TEST(every_step_that_fails_is_unwound)
{
	static const struct {
		unsigned int step, skip;
		int error;
		unsigned int closes, unmaps;
	} rows[] = {
		{ FAKE_STAT, 0, ENOENT, 0, 0 },
		{ FAKE_OPEN, 0, EACCES, 0, 0 },
		{ DMARING_IOC_INFO, 0, ENODEV, 1, 0 },
		{ DMARING_IOC_ATTACH, 0, EBUSY, 1, 0 },
		/* The first time is for all buffers at once. */
		{ DMARING_IOC_BUFFER, 1, ENODEV, 1, 0 },
		{ FAKE_MMAP, 1, ENOMEM, 1, 0 },
		{ FAKE_MMAP, 2, EAGAIN, 1, 1 },
		{ DMARING_IOC_BUFFER, 3, ENODEV, 1, 2 },
		{ FAKE_MMAP, FAKE_BUFFERS, ENOMEM, 1, FAKE_BUFFERS - 1 },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fake_reset();
		fake.mapping_max = FAKE_STRIDE;
		fake_fail(rows[i].step, rows[i].skip, rows[i].error);
		CHECK_EQ(OPEN_WITH(0), -rows[i].error);
		CHECK_EQ(fake_count(FAKE_CLOSE), rows[i].closes);
		CHECK_EQ(fake_count(FAKE_MUNMAP), rows[i].unmaps);
		CHECK_EQ(fake.mapped, 0);
	}
}

/* DETACH is refused while buffers are mapped, and close() alone does not detach
 * when a forked child has the descriptor, too.
 */
TEST(close_unmaps_then_detaches_then_closes)
{
	static const unsigned int expected[] = {
		FAKE_MUNMAP, DMARING_IOC_DETACH, FAKE_CLOSE,
	};
	struct dmaring *stream;
	size_t i;

	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
	fake.steps = 0;
	dmaring_close(stream);
	REQUIRE_EQ(fake.steps, sizeof(expected) / sizeof(expected[0]));
	for (i = 0; i < fake.steps; i++)
		CHECK_EQ(fake.log[i], expected[i]);
}

/* As in a process of 32 bits, when the pool is large. */
TEST(without_room_for_the_pool_each_buffer_is_mapped)
{
	struct dmaring_frame frame = { 0 };
	struct dmaring *stream;

	fake.mapping_max = FAKE_STRIDE;
	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
	CHECK_EQ(fake.mapped, FAKE_BUFFERS);
	for (; frame.buffer < FAKE_BUFFERS; frame.buffer++)
		CHECK(dmaring_data(stream, &frame) ==
		      fake.buffers[frame.buffer]);
	dmaring_close(stream);
	CHECK_EQ(fake_count(FAKE_MUNMAP), FAKE_BUFFERS);
	CHECK_EQ(fake.mapped, 0);
}

/* One call takes both: nothing lies between them. */
TEST(headroom_lies_directly_in_front_of_each_buffer)
{
	struct dmaring_options options = { .size = sizeof(options), .headroom = 5000 };
	struct dmaring_frame frame = { 0 };
	struct dmaring *stream;
	uint8_t *room;

	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, &options, &stream), 0);
	CHECK_EQ(fake.mapped, FAKE_BUFFERS);
	for (; frame.buffer < FAKE_BUFFERS; frame.buffer++) {
		CHECK(dmaring_data(stream, &frame) == fake.buffers[frame.buffer]);
		room = dmaring_headroom(stream, &frame, 5000);
		REQUIRE(room + 5000 == dmaring_data(stream, &frame));
		memset(room, frame.buffer, 5000);
		CHECK(dmaring_headroom(stream, &frame, 7) == room + 4993);
		CHECK(!dmaring_headroom(stream, &frame, 5001));
	}
	CHECK(!dmaring_headroom(stream, &frame, 0));
	for (frame.buffer = 0; frame.buffer < FAKE_BUFFERS; frame.buffer++)
		CHECK_EQ(*(uint8_t *)dmaring_headroom(stream, &frame, 1), frame.buffer);
	dmaring_close(stream);
	CHECK_EQ(fake_count(FAKE_MUNMAP), FAKE_BUFFERS);
	CHECK_EQ(fake.mapped, 0);
}

TEST(what_was_mapped_behind_headroom_is_unmapped_when_open_fails)
{
	fake_fail(FAKE_MMAP, 2, ENOMEM);
	CHECK_EQ(OPEN_WITH(.headroom = 1), -ENOMEM);
	CHECK_EQ(fake_count(FAKE_MUNMAP), 2);
	CHECK_EQ(fake.mapped, 0);
}

TEST(without_headroom_there_is_none)
{
	struct dmaring_frame frame = { 0 };
	struct dmaring *stream;

	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
	CHECK(!dmaring_headroom(stream, &frame, 1));
	CHECK(dmaring_headroom(stream, &frame, 0) == dmaring_data(stream, &frame));
	dmaring_close(stream);
}

/* A touch would be SIGBUS. */
TEST(open_outlives_a_card_that_goes_when_its_buffers_are_mapped)
{
	fake.gone = true;
	CHECK_EQ(OPEN_WITH(0), 0);
}

TEST(open_does_without_a_pipe)
{
	int free = dup(STDIN_FILENO);
	struct rlimit one = { .rlim_cur = free + 1, .rlim_max = free + 1 };

	REQUIRE(free >= 0 && !close(free));
	REQUIRE(!setrlimit(RLIMIT_NOFILE, &one));	/* the fake mapping needs it */
	CHECK_EQ(OPEN_WITH(0), 0);
}

TEST(close_of_nothing_does_nothing)
{
	dmaring_close(NULL);
	CHECK_EQ(fake.steps, 0);
}

int main(void)
{
	return tap_run(fake_reset, NULL);
}
