// SPDX-License-Identifier: MIT
/* dmaring_loss_between() */
#include <libdmaring.h>
#include "tap.h"

static void check_loss(uint64_t sequence, uint64_t overruns_total,
		       uint64_t next_sequence, uint64_t next_overruns_total,
		       uint64_t overruns, uint64_t drops)
{
	struct dmaring_frame before = {
		.sequence = sequence,
		.overruns_total = overruns_total,
	};
	struct dmaring_frame after = {
		.sequence = next_sequence,
		.overruns_total = next_overruns_total,
	};
	struct dmaring_loss loss;

	memset(&loss, 0xcc, sizeof(loss));
	dmaring_loss_between(&before, &after, &loss);
	CHECK_EQ(loss.overruns, overruns);
	CHECK_EQ(loss.drops, drops);
}

TEST(neighbours_lost_nothing)
{
	check_loss(0, 0, 1, 0, 0, 0);
	check_loss(7, 5, 8, 5, 0, 0);
}

TEST(a_gap_is_overruns_then_drops)
{
	check_loss(10, 0, 14, 3, 3, 0);
	check_loss(10, 0, 14, 0, 0, 3);
	check_loss(10, 8, 14, 9, 1, 2);
}

TEST(both_counters_may_wrap)
{
	check_loss(UINT64_MAX, 0, 0, 0, 0, 0);
	check_loss(UINT64_MAX - 1, UINT64_MAX, 4, 2, 3, 2);
}

/* An unknown number was lost; what is known is reported, nothing is made up. */
TEST(more_overruns_than_missing_frames_are_no_drops)
{
	check_loss(10, 0, 11, 5, 5, 0);
}

TEST(no_frame_lies_between_a_frame_and_itself_or_an_earlier_one)
{
	check_loss(10, 3, 10, 3, 0, 0);
	check_loss(11, 3, 10, 3, 0, 0);
	check_loss(0, 0, UINT64_MAX, 0, 0, 0);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
