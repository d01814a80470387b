// SPDX-License-Identifier: MIT
/*
 * To write a whole buffer past the page cache costs what it costs to write as much memory
 * of the program's own, which is in pages of 4 KiB, too.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include "price.h"
#include "slow_disk.h"
#include "virt.h"

#define ROUNDS	9

static double write_price(int disk, const void *memory, size_t bytes)
{
	double values[ROUNDS];

	for (int round = 0; round < ROUNDS; round++) {
		long long start = now_ns();

		REQUIRE_EQ(pwrite(disk, memory, bytes, 0), (ssize_t)bytes);
		values[round] = price_each(start, 1);
	}
	return price_least(values, ROUNDS);
}

static double page_price(int disk, const void *memory, size_t bytes)
{
	return write_price(disk, memory, bytes) / (bytes / 4096);
}

TEST(from_a_buffer_as_from_memory)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	size_t bytes = SLOW_DISK_KIB << 10;
	double from_buffer, from_memory;
	void *memory;
	int disk;

	REQUIRE(stream.info.buffer_size >= bytes);
	slow_disk_make();
	disk = slow_disk_open(SLOW_DISK_FAST);
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(memory != MAP_FAILED);
	REQUIRE(!madvise(memory, bytes, MADV_NOHUGEPAGE));
	memset(memory, 1, bytes);
	write_price(disk, memory, bytes);	/* the disk gets its memory */
	from_memory = page_price(disk, memory, bytes);
	from_buffer = page_price(disk, stream.map[frame.buffer], bytes);
	price_print(from_memory, "O_DIRECT write of 1 MiB of memory, a page of it");
	price_print(from_buffer, "O_DIRECT write of 1 MiB of a buffer, a page of it");
	CHECK(from_buffer * 98 <= from_memory * 100);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
}

int main(int argc, char **argv)
{
	price_options(argc, argv);
	return tap_run(virt_prepare, virt_is_healthy);
}
