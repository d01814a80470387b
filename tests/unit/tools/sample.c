// SPDX-License-Identifier: MIT
/* Samples of the counters, and what came between two of them. */
#include "fake_kernel.h"

#include "lib/clock.h"
#include "lib/sample.h"
#include "tap.h"

static struct sample before, now;

/* Two seconds, in which the first consumer has taken 80 frames. */
static void set_samples(void)
{
	const struct dmaring_stats first = {
		.consumer = 0, .consumer_pid = 4711, .consumer_delivered = 10,
	};

	before = (struct sample){
		.time_ns = NS_PER_SECOND, .stats.produced = 100, .of = { first }, .attached = 1,
	};
	now = before;
	now.time_ns = 3 * NS_PER_SECOND;
	now.stats.produced = 150;
	now.of[0].consumer_delivered = 90;
}

TEST(rates_are_per_second)
{
	CHECK_EQ(sample_value(&now, &counters[0]), 150);
	CHECK_EQ(sample_growth(&now, &before, &counters[0]), 50);
	CHECK_EQ(sample_per_second(&now, &before, 50), 25);
	CHECK_EQ(sample_taken_rate(&now, &before, &now.of[0]), 40);
}

TEST(without_time_between_them_there_is_no_rate)
{
	CHECK_EQ(sample_per_second(&now, &now, 50), 0);
	CHECK_EQ(sample_taken_rate(&now, NULL, &now.of[0]), -1);
}

TEST(a_number_that_was_given_again_is_another_consumer)
{
	now.of[0].consumer_pid = 4712;
	CHECK_EQ(sample_taken_rate(&now, &before, &now.of[0]), -1);
}

TEST(a_consumer_that_began_anew_has_no_rate)
{
	now.of[0].consumer_delivered = 9;
	CHECK_EQ(sample_taken_rate(&now, &before, &now.of[0]), -1);
}

TEST(a_consumer_that_goes_meanwhile_is_left_out)
{
	struct dmaring_options options = {
		.size = sizeof(options), .flags = DMARING_OPEN_MONITOR,
	};
	struct dmaring *stream;

	fake_reset();
	fake.stats.consumers = 1U << 0 | 1U << 1 | 1U << 5;
	fake.of[1] = (struct dmaring_stats){
		.consumer = 1, .consumer_policy = DMARING_POLICY_LATEST,
	};
	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, &options, &stream), 0);
	CHECK_EQ(sample_take(stream, &now), 0);
	CHECK_EQ(now.attached, 1);
	CHECK_EQ(now.of[0].consumer, 1);
}

int main(void)
{
	return tap_run(set_samples, NULL);
}
