// SPDX-License-Identifier: MIT
/*
 * What the same frame costs that is used where it is, and that is copied first.  To use
 * it is to add up all of its bytes.
 *
 * usage: copy [ns]
 */
#include <libdmaring.h>
#include "price.h"
#include "sum.h"
#include "virt.h"

#define ROUNDS	32

static struct dmaring *stream;
static uint64_t bytes;
static void *copy;

static void prepare(void)
{
	struct dmaring_info info;

	virt_prepare();
	if (dmaring_open(card_node(), NULL, &stream) || dmaring_start(stream))
		printf("# %s\n", dmaring_error());
	REQUIRE(stream);
	REQUIRE_EQ(dmaring_get_info(stream, &info), 0);
	bytes = info.format.frame_bytes;
	copy = malloc(bytes);
	REQUIRE(copy);
	memset(copy, 1, bytes);
}

/* Frames that wait: take, copy if @copied, use, release. */
static double measure(int copied)
{
	double values[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		struct dmaring_frame frame;
		const void *data;
		long long start;

		let_wait(dmaring_fd(stream), 1);
		start = now_ns();
		REQUIRE_EQ(dmaring_next(stream, &frame, 0), 0);
		data = dmaring_data(stream, &frame);
		sum_keep(sum(copied ? memcpy(copy, data, bytes) : data, bytes));
		REQUIRE_EQ(dmaring_release(stream, &frame), 0);
		values[round] = price_each(start, 1);
	}
	return price_middle(values, ROUNDS);
}

TEST(in_place)
{
	price_print(measure(0), "next + sum + release");
}

TEST(copied)
{
	price_print(measure(1), "next + memcpy + sum + release");
}

int main(int argc, char **argv)
{
	price_options(argc, argv);
	return tap_run(prepare, NULL);
}
