// SPDX-License-Identifier: MIT
/*
 * What a program without a driver does for large buffers: reserve as many huge pages as
 * can be had, and map and clear them.  Gives them back.
 *
 * usage: hugepages WHAT
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include "card.h"
#include "now.h"
#include "tap.h"

#define SETTING		"/proc/sys/vm/nr_hugepages"
#define HUGE_BYTES	(2L << 20)

static const char *what;

TEST(reserve_and_map)
{
	double free_bytes = (double)sysconf(_SC_AVPHYS_PAGES) * sysconf(_SC_PAGESIZE);
	char text[32];
	long long start = now_ns();
	double got;
	void *map;

	snprintf(text, sizeof(text), "%.0f", free_bytes / HUGE_BYTES);
	REQUIRE_EQ(file_write(SETTING, text), 0);
	REQUIRE_EQ(file_read(SETTING, text, sizeof(text)), 0);
	got = atof(text) * HUGE_BYTES;
	printf("## %.2f %%: %s, share\n", 100 * got / free_bytes, what);
	REQUIRE(got > 0);
	map = mmap(NULL, got, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	REQUIRE(map != MAP_FAILED);
	printf("## %.3f s: %s, time\n", (now_ns() - start) / 1e9 / (got / (1 << 30)), what);
	munmap(map, got);
	REQUIRE_EQ(file_write(SETTING, "0"), 0);
}

int main(int argc, char **argv)
{
	what = argc > 1 ? argv[1] : "hugepages";
	return tap_run(NULL, NULL);
}
