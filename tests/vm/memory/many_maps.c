// SPDX-License-Identifier: MIT
/*
 * An application may have as many mappings as its limit allows.  To cut them all
 * when the card goes away takes each of them the same time, however many there are.
 *
 * usage: many_maps [MAPPINGS]
 */
#include "gone.h"

#define FEWER	4

static int many = 20000;	/* less than vm.max_map_count */

/* Two mappings of one page each: three pages with a hole, from any place of the pool. */
static uint8_t *map_two(int fd, const struct dmaring_info *info, int number)
{
	uint64_t places = info->buffer_size / page_bytes() - 2;
	uint64_t offset = number / places % info->buffers * info->buffer_stride +
			  number % places * page_bytes();
	uint8_t *map = mmap(NULL, 3 * page_bytes(), PROT_READ, MAP_SHARED, fd, offset);

	REQUIRE(map != MAP_FAILED);
	REQUIRE(!munmap(map + page_bytes(), page_bytes()));
	return map;
}

/* In a child: how long unbind takes, and whether it has cut everything. */
static void unbind_with(int mappings, long long *elapsed_ns)
{
	uint8_t **maps = calloc(mappings / 2 + 1, sizeof(*maps));
	int fd = stream_open(O_RDWR);
	struct dmaring_info info = stream_info(fd);

	REQUIRE(maps);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	for (int i = 0; i < mappings / 2; i++)
		maps[i] = map_two(fd, &info, i);
	*elapsed_ns = now_ns();
	gone_unbind();
	*elapsed_ns = now_ns() - *elapsed_ns;
	for (int i = 0; i < mappings / 2; i++) {
		REQUIRE_EQ(gone_touch(maps[i]), -EFAULT);
		REQUIRE_EQ(gone_touch(maps[i] + 2 * page_bytes()), -EFAULT);
	}
}

static long long time_unbind(int mappings)
{
	long long *elapsed_ns = mmap(NULL, sizeof(*elapsed_ns), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	REQUIRE(elapsed_ns != MAP_FAILED);
	pid = fork();
	if (!pid) {
		unbind_with(mappings, elapsed_ns);
		_exit(0);
	}
	REQUIRE_EQ(waitpid(pid, NULL, 0), pid);
	REQUIRE_EQ(card_bind(gone_address), 0);
	printf("# %d mappings: %lld us\n", mappings, *elapsed_ns / 1000);
	return *elapsed_ns;
}

TEST(to_cut_them_costs_the_same_for_each)
{
	long long none_ns = time_unbind(0);
	long long few_ns = time_unbind(many / FEWER) - none_ns;
	long long many_ns = time_unbind(many) - none_ns;

	CHECK(few_ns > 0);
	CHECK(many_ns < 2 * FEWER * few_ns);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		many = atoi(argv[1]);
	return tap_run(gone_prepare, gone_bind_again);
}
