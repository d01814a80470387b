// SPDX-License-Identifier: MIT
/*
 * What it takes to begin: dmaring_open(), which maps the pool and touches each buffer, and
 * the page tables that a consumer then has.
 */
#include <libdmaring.h>
#include "price.h"
#include "virt.h"

#define ROUNDS	5

static long long table_kib(void)
{
	long long kib = file_number("/proc/self/status", "VmPTE:");

	REQUIRE(kib >= 0);
	return kib;
}

TEST(opening)
{
	long long before = table_kib(), tables = 0;
	double values[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		long long start = now_ns();
		struct dmaring *stream = NULL;

		if (dmaring_open(card_node(), NULL, &stream))
			printf("# %s\n", dmaring_error());
		values[round] = price_each(start, 1);
		REQUIRE(stream);
		tables = table_kib() - before;
		dmaring_close(stream);
	}
	price_print(price_least(values, ROUNDS), "open");
	printf("## %lld KiB: tables\n", tables);
}

int main(int argc, char **argv)
{
	price_options(argc, argv);
	return tap_run(NULL, NULL);
}
