// SPDX-License-Identifier: MIT
/* Empty buffers and frames to send, seen from the library. */
#include "fake_kernel.h"

#include <libdmaring.h>
#include "tap.h"

static struct dmaring *stream;

static void open_stream(void)
{
	fake_reset();
	fake_offer_ring();
	fake.info.direction = DMARING_PLAYBACK;
	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
	REQUIRE(fake.ring);
	CHECK_EQ(fake.attach.policy, DMARING_POLICY_LOSSLESS);
	fake.steps = 0;
}

static struct dmaring_frame take(uint64_t sequence)
{
	struct dmaring_frame frame;

	fake_publish(sequence);
	REQUIRE_EQ(dmaring_get(stream, &frame, -1), 0);
	return frame;
}

TEST(a_frame_is_submitted_without_a_system_call)
{
	struct dmaring_frame frame = take(41);

	CHECK(dmaring_data_rw(stream, &frame) == fake.buffers[frame.buffer]);
	frame.bytes_used = 77;
	CHECK_EQ(dmaring_put(stream, &frame), 0);
	CHECK_EQ(fake.ring->releases[0].bytes, 77);
	CHECK_EQ(fake_reap(), frame.cookie);
	CHECK_EQ(fake.steps, 0);
	CHECK_EQ(dmaring_put(stream, &frame), -ESTALE);
}

TEST(the_kernel_is_told_when_it_wants_to_be)
{
	struct dmaring_frame frames[2] = { take(1), take(2) };

	frames[0].bytes_used = 1;
	frames[1].bytes_used = 2;
	fake.ring->header.flags = DMARING_RING_NEED_KICK;
	CHECK_EQ(dmaring_put_batch(stream, frames, 2), 0);
	CHECK_EQ(fake_count(DMARING_IOC_KICK), 1);
	CHECK_EQ(fake.ring->releases[0].bytes, 1);
	CHECK_EQ(fake.ring->releases[1].bytes, 2);
}

TEST(lengths_are_checked)
{
	struct dmaring_frame frame = take(7);

	frame.bytes_used = 0;
	CHECK_EQ(dmaring_put(stream, &frame), -EINVAL);
	frame.bytes_used = fake.info.buffer_size + 1;
	CHECK_EQ(dmaring_put(stream, &frame), -EINVAL);
	CHECK(strstr(dmaring_error(), "bytes_used"));
	frame.bytes_used = fake.info.buffer_size;
	CHECK_EQ(dmaring_put(stream, &frame), 0);
	CHECK_EQ(fake.steps, 0);
}

TEST(a_capture_stream_is_none)
{
	struct dmaring_frame frame = { .bytes_used = 1 };

	fake_reset();
	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
	CHECK_EQ(dmaring_get(stream, &frame, 0), -EOPNOTSUPP);
	CHECK_EQ(dmaring_put(stream, &frame), -EOPNOTSUPP);
	CHECK_EQ(dmaring_drain(stream), -EOPNOTSUPP);
	CHECK(!dmaring_data_rw(stream, &frame));
	CHECK(strstr(dmaring_error(), "capture stream"));
}

int main(void)
{
	return tap_run(open_stream, NULL);
}
