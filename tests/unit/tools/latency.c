// SPDX-License-Identifier: MIT
/* The latency statistic: exact where it says so, close where not. */
#include "lib/latency.h"

#include <stdlib.h>
#include "tap.h"

static struct latency latency;

static void clear(void)
{
	memset(&latency, 0, sizeof(latency));
}

static void check_close(uint64_t is, uint64_t expected)
{
	uint64_t error = is > expected ? is - expected : expected - is;

	if (!CHECK(error <= expected / LATENCY_STEPS))
		printf("# %llu is not close to %llu\n", (unsigned long long)is,
		       (unsigned long long)expected);
}

TEST(of_nothing_it_is_zero)
{
	CHECK_EQ(latency_median(&latency), 0);
	CHECK_EQ(latency.min_ns, 0);
	CHECK_EQ(latency.max_ns, 0);
}

/* At both ends of a bucket, whose middle is neither. */
TEST(one_value_is_all_three)
{
	static const uint64_t values[] = { 1 << 20, (1 << 20) - 1 };
	int i;

	for (i = 0; i < 2; i++) {
		clear();
		latency_add(&latency, values[i]);
		CHECK_EQ(latency.min_ns, values[i]);
		CHECK_EQ(latency_median(&latency), values[i]);
		CHECK_EQ(latency.max_ns, values[i]);
	}
}

TEST(small_values_are_exact)
{
	uint64_t ns;

	for (ns = 0; ns <= 30; ns++)
		latency_add(&latency, ns);
	CHECK_EQ(latency_median(&latency), 15);
	CHECK_EQ(latency.min_ns, 0);
	CHECK_EQ(latency.max_ns, 30);
}

TEST(of_an_even_count_it_is_the_lower_middle)
{
	latency_add(&latency, 1);
	latency_add(&latency, 2);
	latency_add(&latency, 3);
	latency_add(&latency, 4);
	CHECK_EQ(latency_median(&latency), 2);
}

TEST(an_outlier_moves_the_maximum_only)
{
	int i;

	for (i = 0; i < 99; i++)
		latency_add(&latency, 1000);
	latency_add(&latency, 5000000000);
	check_close(latency_median(&latency), 1000);
	CHECK_EQ(latency.max_ns, 5000000000);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Against sorting, over all magnitudes. */
TEST(the_median_is_close_to_the_sorted_one)
{
	static uint64_t values[1001];
	unsigned int magnitude, i;

	srandom(1);
	for (magnitude = 1; magnitude < 63; magnitude++) {
		clear();
		for (i = 0; i < 1001; i++) {
			values[i] = (((uint64_t)random() << 32) ^ random()) >>
				    (63 - magnitude);
			latency_add(&latency, values[i]);
		}
		qsort(values, 1001, sizeof(values[0]), compare);
		check_close(latency_median(&latency), values[500]);
		CHECK_EQ(latency.min_ns, values[0]);
		CHECK_EQ(latency.max_ns, values[1000]);
	}
}

TEST(the_largest_value_has_a_bucket)
{
	latency_add(&latency, UINT64_MAX);
	CHECK_EQ(latency.buckets[LATENCY_BUCKETS - 1], 1);
	CHECK(latency_median(&latency) == UINT64_MAX);
}

int main(void)
{
	return tap_run(clear, NULL);
}
