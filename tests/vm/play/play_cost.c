// SPDX-License-Identifier: MIT
/* What it costs to take an empty buffer and to submit it, without a system call. */
#include <libdmaring.h>
#include "play.h"
#include "price.h"

#define ROUNDS	9
#define BURST	32
#define MOST	65	/* instructions for both */

/* Called as the library's functions are. */
static __attribute__((noinline)) int nothing(struct dmaring *stream, struct dmaring_frame *frame)
{
	__asm__ volatile("" : : "r"(stream), "r"(frame) : "memory");
	return 0;
}

/* Before START: nothing but the library. */
TEST(get_and_put)
{
	struct dmaring_frame frame;
	double values[ROUNDS], loops[ROUNDS], price;
	struct dmaring *stream;
	int errors = 0;

	for (int round = 0; round < ROUNDS; round++) {
		long long start;

		REQUIRE_EQ(dmaring_open(card_node(), NULL, &stream), 0);
		frame.bytes_used = 0;
		/* Once, so that nothing is there for the first time. */
		REQUIRE_EQ(dmaring_get(stream, &frame, 0), 0);
		frame.bytes_used = 64;
		REQUIRE_EQ(dmaring_put(stream, &frame), 0);
		start = now_ns();
		for (int i = 0; i < BURST; i++) {
			errors |= dmaring_get(stream, &frame, 0);
			frame.bytes_used = 64;
			errors |= dmaring_put(stream, &frame);
		}
		values[round] = price_each(start, BURST);
		start = now_ns();
		for (int i = 0; i < BURST; i++) {
			errors |= nothing(stream, &frame);
			frame.bytes_used = 64;
			errors |= nothing(stream, &frame);
		}
		loops[round] = price_each(start, BURST);
		dmaring_close(stream);
	}
	CHECK_EQ(errors, 0);
	price = price_least(values, ROUNDS) - price_least(loops, ROUNDS);
	price_print(price, "get + put");
	CHECK(price <= MOST);
}

int main(int argc, char **argv)
{
	price_options(argc, argv);
	return tap_run(play_prepare, NULL);
}
