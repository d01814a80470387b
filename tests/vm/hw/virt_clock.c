// SPDX-License-Identifier: MIT
/*
 * A counter of the card stamps the frames. dmaring_virt was loaded with clock_hertz and a
 * clock_bits so small that the counter begins anew every few seconds.
 */
#include "virt.h"

#define FRAMES	1200
#define STEP_NS	(5 * MS)

/* Nothing is between the counter and the completion, so it is exact to a few ticks. */
TEST(stamps_are_those_of_the_counter)
{
	struct stream stream = capture_start();
	uint64_t last = 0, earliest = 0;

	for (int i = 0; i < FRAMES; i++) {
		struct dmaring_frame frame;
		long long now;

		REQUIRE_EQ(stream_wait(stream.fd, &frame, FOREVER), 1);
		now = now_ns();
		CHECK(frame.flags & DMARING_FRAME_HW_TIMESTAMP);
		CHECK(frame.timestamp_ns > last);
		CHECK((long long)frame.timestamp_ns <= now);
		/* Frames come when they are due, however often the counter began anew. */
		if (!last)
			earliest = frame.timestamp_ns;
		else if (!CHECK(frame.timestamp_ns + STEP_NS > earliest + frame.sequence * MS * 10))
			printf("# frame %d\n", i);
		last = frame.timestamp_ns;
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	printf("# %llu ms\n", (unsigned long long)(last - earliest) / MS);
}

/* What another clock says of the same moments. */
TEST(they_are_near_to_what_they_would_be_without)
{
	struct stream stream = capture_start();
	long long worst = 0;

	for (int i = 0; i < FRAMES; i++) {
		struct dmaring_frame frame;
		long long late;

		REQUIRE_EQ(stream_wait(stream.fd, &frame, FOREVER), 1);
		late = now_ns() - (long long)frame.timestamp_ns;
		worst = late > worst ? late : worst;
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	printf("# at most %lld us from the stamp to the application\n", worst / 1000);
	CHECK(worst < 20 * MS);
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
