// SPDX-License-Identifier: MIT
/*
 * What it takes to begin: dmaring_open(), which maps the pool and touches each buffer, and
 * the page tables that a consumer then has.
 */
#include <libdmaring.h>
#include "price.h"
#include "virt.h"

#define ROUNDS	5

static double table_kib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[128];
	double kib = -1;

	REQUIRE(status);
	while (kib < 0 && fgets(line, sizeof(line), status))
		sscanf(line, "VmPTE: %lf", &kib);
	fclose(status);
	REQUIRE(kib >= 0);
	return kib;
}

TEST(opening)
{
	double values[ROUNDS], before = table_kib(), tables = 0;

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
	printf("## %.0f KiB: tables\n", tables);
}

int main(int argc, char **argv)
{
	price_options(argc, argv);
	return tap_run(NULL, NULL);
}
