// SPDX-License-Identifier: MIT
/* What "dmaring doctor" sees of a stream that does not change. */
#include "fake_kernel.h"

#include "output.h"

static void begin(void)
{
	fake_reset();
	fake.info.state = DMARING_STATE_RUNNING;
	fake.info.format.rate_numerator = 0;
	fake.stats.armed = 1;
}

TEST(of_how_many_buffers_the_card_had_some)
{
	CHECK_EQ(output_of("doctor --time 0.02 " FAKE_DEVICE), 0);
	output_has(output.out, "at the worst moment the card had 1 of 4 buffers");
}

/* The pool's are away then. */
TEST(lent_buffers_are_all_there_are)
{
	fake.info.state |= DMARING_STATE_LENT;
	fake.stats.absent = 2;
	CHECK_EQ(output_of("doctor --time 0.02 " FAKE_DEVICE), 0);
	output_has(output.out, "at the worst moment the card had 1 of 2 buffers");
}

int main(void)
{
	return tap_run(begin, NULL);
}
