// SPDX-License-Identifier: MIT
/* The library's producer, with the ring and without. */
#include <libdmaring.h>
#include "play.h"

static struct dmaring *stream;
static uint64_t number, mismatches, refused;

static void open_with(uint32_t flags)
{
	struct dmaring_options options = { .size = sizeof(options), .flags = flags };
	struct dmaring_stats stats;

	if (dmaring_open(card_node(), &options, &stream))
		printf("# %s\n", dmaring_error());
	REQUIRE(stream);
	REQUIRE_EQ(dmaring_get_stats(stream, &stats), 0);
	number = stats.completed;
	refused = stats.bad_releases;
	mismatches = play_mismatches();
}

static void fill(struct dmaring_frame *frame, uint32_t bytes)
{
	uint8_t *data = dmaring_data_rw(stream, frame);

	REQUIRE(data);
	dmaring_pattern_fill(data, DMARING_PATTERN_NOISE, 1, number++, 0, bytes);
	frame->bytes_used = bytes;
}

static void check_sent(uint64_t frames)
{
	struct dmaring_stats stats;

	CHECK_EQ(dmaring_drain(stream), 0);
	REQUIRE_EQ(dmaring_get_stats(stream, &stats), 0);
	CHECK_EQ(stats.consumer_delivered, frames);
	CHECK_EQ(stats.bad_releases, refused);
	CHECK_EQ(play_mismatches(), mismatches);
}

static void each_byte(uint32_t flags)
{
	struct dmaring_frame frame, frames[5];
	int taken = 0, some;

	open_with(flags);
	virt_set("rate", 20000);
	for (int i = 0; i < 8; i++) {
		REQUIRE_EQ(dmaring_get(stream, &frame, 0), 0);
		CHECK(dmaring_data(stream, &frame) == dmaring_data_rw(stream, &frame));
		fill(&frame, 1 + i);
		CHECK_EQ(dmaring_put(stream, &frame), 0);
	}
	REQUIRE_EQ(dmaring_start(stream), 0);
	for (; taken < 500; taken += some) {
		some = dmaring_get_batch(stream, frames, 5, -1);
		REQUIRE(some > 0);
		for (int i = 0; i < some; i++)
			fill(&frames[i], 1 + (taken + i) * 3);
		REQUIRE_EQ(dmaring_put_batch(stream, frames, some), 0);
	}
	check_sent(8 + taken);
	dmaring_close(stream);
}

TEST(each_byte_arrives_through_the_ring) { each_byte(0); }
TEST(each_byte_arrives_by_ioctls) { each_byte(DMARING_OPEN_NO_RING); }

static void mistakes(uint32_t flags)
{
	struct dmaring_frame frame, two[2], odd;
	struct dmaring_info info;

	open_with(flags);
	REQUIRE_EQ(dmaring_get_info(stream, &info), 0);
	CHECK_EQ(dmaring_drain(stream), 0);
	REQUIRE_EQ(dmaring_get(stream, &frame, 0), 0);
	frame.bytes_used = 0;
	CHECK_EQ(dmaring_put(stream, &frame), -EINVAL);
	CHECK(strstr(dmaring_error(), "cannot submit"));
	frame.bytes_used = info.buffer_size + 1;
	CHECK_EQ(dmaring_put(stream, &frame), -EINVAL);
	CHECK_EQ(dmaring_put_batch(stream, &frame, 1), -EINVAL);
	fill(&frame, 10);
	odd = frame;
	odd.buffer = info.buffers;
	CHECK_EQ(dmaring_put(stream, &odd), -EINVAL);
	CHECK(!dmaring_data_rw(stream, &odd));
	two[0] = frame;
	two[1] = frame;
	CHECK_EQ(dmaring_put_batch(stream, two, 2), -ESTALE);
	CHECK_EQ(dmaring_put(stream, &frame), 0);
	CHECK_EQ(dmaring_put(stream, &frame), -ESTALE);
	CHECK_EQ(dmaring_drain(stream), -EBADFD);
	CHECK(strstr(dmaring_error(), "start it first"));
	/* Given back unfilled. */
	REQUIRE_EQ(dmaring_get(stream, &frame, 0), 0);
	CHECK_EQ(dmaring_start(stream), 0);
	check_sent(1);
	dmaring_close(stream);
}

TEST(mistakes_with_the_ring) { mistakes(0); }
TEST(mistakes_without_it) { mistakes(DMARING_OPEN_NO_RING); }

/* Also where the ring still has the length of a frame before. */
static void released(uint32_t flags)
{
	struct dmaring_frame frame;
	struct dmaring_info info;

	open_with(flags);
	REQUIRE_EQ(dmaring_get_info(stream, &info), 0);
	REQUIRE_EQ(dmaring_start(stream), 0);
	for (uint32_t i = 0; i < 4 * info.buffers; i++) {
		REQUIRE_EQ(dmaring_get(stream, &frame, -1), 0);
		fill(&frame, 10);
		CHECK_EQ(dmaring_put(stream, &frame), 0);
	}
	CHECK_EQ(dmaring_drain(stream), 0);
	for (uint32_t i = 0; i < 4 * info.buffers; i++) {
		REQUIRE_EQ(dmaring_get(stream, &frame, -1), 0);
		CHECK_EQ(dmaring_release(stream, &frame), 0);
		CHECK_EQ(dmaring_release(stream, &frame), -ESTALE);
		REQUIRE_EQ(dmaring_get(stream, &frame, -1), 0);
		CHECK_EQ(dmaring_release_batch(stream, &frame, 1), 0);
	}
	check_sent(4 * info.buffers);
	dmaring_close(stream);
}

TEST(what_is_released_through_the_ring_is_not_sent) { released(0); }
TEST(what_is_released_by_ioctls_is_not_sent) { released(DMARING_OPEN_NO_RING); }

TEST(who_cannot_be_a_producer_is_told_why)
{
	struct dmaring_options options = { .size = sizeof(options) };
	struct dmaring *other;

	open_with(0);
	CHECK_EQ(dmaring_open(card_node(), NULL, &other), -EBUSY);
	CHECK(strstr(dmaring_error(), "another producer"));
	options.flags = DMARING_OPEN_READ_ONLY;
	CHECK_EQ(dmaring_open(card_node(), &options, &other), -EINVAL);
	CHECK(strstr(dmaring_error(), "playback stream"));
	options.flags = DMARING_OPEN_MONITOR;
	CHECK_EQ(dmaring_open(card_node(), &options, &other), 0);
	dmaring_close(other);
	dmaring_close(stream);
}

int main(void)
{
	return tap_run(play_prepare, play_is_healthy);
}
