// SPDX-License-Identifier: MIT
/*
 * Kernels from 6.12 on map as much as a page table has in one entry.  What a program
 * sees does not depend on it, whatever it does to the mapping.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include "gone.h"

#define HUGE_PAGE	"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size"
#define ROUNDS		300

static struct dmaring_info info;
static uint64_t table_bytes;	/* that one page table maps */
static uint64_t pool_bytes;

static void prepare(void)
{
	gone_prepare();
	info = stream_info(stream_open(O_RDONLY));
	table_bytes = page_bytes() / sizeof(uint64_t) * page_bytes();
	pool_bytes = info.buffers * info.buffer_stride;
}

static int attached(void)
{
	int fd = stream_open(O_RDWR);

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	return fd;
}

static int kernel_has_them(void)
{
	struct utsname name;
	int major, minor;

	REQUIRE(!uname(&name));
	REQUIRE(sscanf(name.release, "%d.%d", &major, &minor) == 2);
	return (major > 6 || (major == 6 && minor >= 12)) && !access(HUGE_PAGE, F_OK);
}

/* All page tables of this process. */
static uint64_t tables(void)
{
	long long kib = file_number("/proc/self/status", "VmPTE:");

	REQUIRE(kib > 0);
	return kib * 1024 / page_bytes();
}

/* Addresses for the pool, aligned like it, and so many bytes beyond it before and after. */
static uint8_t *room(uint64_t beyond)
{
	uint64_t bytes = pool_bytes + table_bytes + 2 * beyond;
	uint8_t *from = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(from != MAP_FAILED);
	return from + beyond + table_bytes - ((uintptr_t)from + beyond) % table_bytes;
}

static uint8_t *map_at(int fd, uint8_t *address, uint64_t offset, uint64_t bytes)
{
	uint8_t *map = mmap(address, bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | (address ? MAP_FIXED : 0), fd, offset);

	REQUIRE(map != MAP_FAILED);
	return map;
}

/* One page off: no buffer can be mapped with large entries there. */
static uint8_t *map_small(int fd)
{
	return map_at(fd, room(page_bytes()) + page_bytes(), 0, pool_bytes);
}

static void write_pages(uint8_t *map, uint64_t bytes, uint8_t salt)
{
	for (uint64_t at = 0; at < bytes; at += page_bytes())
		*(volatile uint64_t *)(map + at) = at * 31 + salt;
}

static int has_pages(const uint8_t *map, uint64_t from, uint64_t bytes, uint8_t salt)
{
	for (uint64_t at = from; at < from + bytes; at += page_bytes())
		if (*(const volatile uint64_t *)(map + at) != at * 31 + salt)
			return 0;
	return 1;
}

TEST(one_entry_is_a_page_table)
{
	int fd = attached(), large = kernel_has_them() && table_bytes <= info.buffer_size;
	uint8_t *map = map_at(fd, NULL, 0, pool_bytes);
	uint64_t before = tables(), needed;

	for (uint32_t i = 0; i < info.buffers; i++)
		(void)*(volatile uint8_t *)(map + i * info.buffer_stride);
	needed = tables() - before;
	printf("# %llu page tables for %llu MiB\n", (unsigned long long)needed,
	       (unsigned long long)pool_bytes >> 20);
	if (large)
		CHECK(needed <= 2);
	else
		CHECK(needed >= pool_bytes / table_bytes);
}

TEST(both_show_the_same_bytes)
{
	int fd = attached();
	uint8_t *large = map_at(fd, NULL, 0, pool_bytes), *small = map_small(fd);

	write_pages(small, pool_bytes, 1);
	CHECK(has_pages(large, 0, pool_bytes, 1));
	write_pages(large, pool_bytes, 2);
	CHECK(has_pages(small, 0, pool_bytes, 2));
}

/* A hole in a large entry: what is left of it is filled again, page by page. */
TEST(what_is_left_of_a_buffer_goes_on)
{
	uint64_t bytes = info.buffer_stride, middle = bytes / 4 / page_bytes() * page_bytes();
	int fd = attached();
	uint8_t *map = map_at(fd, room(0), 0, bytes);

	write_pages(map, bytes, 3);
	REQUIRE(!munmap(map + middle, page_bytes()));
	CHECK(has_pages(map, 0, middle, 3));
	CHECK(has_pages(map, middle + page_bytes(), bytes - middle - page_bytes(), 3));
}

TEST(rights_can_be_taken_and_given_back)
{
	uint64_t bytes = info.buffer_stride;
	int fd = attached();
	uint8_t *map = map_at(fd, room(0), 0, bytes), *page = map + 5 * page_bytes();

	write_pages(map, bytes, 4);
	REQUIRE(!mprotect(map, bytes, PROT_READ));
	CHECK(has_pages(map, 0, bytes, 4));
	REQUIRE(!mprotect(map, bytes, PROT_READ | PROT_WRITE));
	write_pages(map, bytes, 5);
	REQUIRE(!mprotect(page, page_bytes(), PROT_READ));
	CHECK(has_pages(map, 0, bytes, 5));
	REQUIRE(!mprotect(page, page_bytes(), PROT_READ | PROT_WRITE));
	write_pages(map, bytes, 6);
	CHECK(has_pages(map, 0, bytes, 6));
}

/*
 * Soft-dirty tracking takes the right to write from entries, so that the first write
 * faults: by the program, and by the kernel in read(), where no signal would end it.
 */
TEST(a_first_write_after_dirt_was_forgotten)
{
	uint64_t bytes = info.buffer_stride;
	int fd = attached(), zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	uint8_t *map = map_at(fd, room(0), 0, pool_bytes);

	write_pages(map, bytes, 11);
	REQUIRE_EQ(file_write("/proc/self/clear_refs", "4"), 0);
	write_pages(map, bytes, 12);
	CHECK(has_pages(map, 0, bytes, 12));
	write_pages(map + bytes, bytes, 13);
	CHECK(has_pages(map + bytes, 0, bytes, 13));
	CHECK_EQ(read(zero, map + 2 * bytes, bytes), bytes);
	CHECK_EQ(map[2 * bytes], 0);
	(void)*(volatile uint8_t *)(map + 3 * bytes);
	CHECK_EQ(read(zero, map + 3 * bytes, bytes), bytes);
}

/*
 * Only one buffer has been touched when it moves: the kernel makes page tables at the
 * new place in which the next buffer, aligned there, has nothing yet.
 */
TEST(a_mapping_moves_to_other_alignments)
{
	int fd = attached();
	uint8_t *map = map_small(fd), *aligned = room(0), *last = room(2 * page_bytes());

	write_pages(map, info.buffer_stride, 7);
	REQUIRE(mremap(map, pool_bytes, pool_bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		       aligned) == aligned);
	CHECK(has_pages(aligned, 0, info.buffer_stride, 7));
	write_pages(aligned, pool_bytes, 8);
	CHECK(has_pages(aligned, 0, pool_bytes, 8));
	last += 2 * page_bytes();
	REQUIRE(mremap(aligned, pool_bytes, pool_bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		       last) == last);
	CHECK(has_pages(last, 0, pool_bytes, 8));
}

static volatile int over;

static void *change_settings(void *unused)
{
	for (int on = 0; !over; on = !on)
		prctl(PR_SET_THP_DISABLE, on, 0, 0, 0);
	prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
	return unused;
}

static void *touch_again(void *argument)
{
	volatile uint8_t *map = argument;

	while (!over)
		for (uint64_t at = 0; at < info.buffer_stride; at += page_bytes())
			(void)map[at];
	return NULL;
}

/* The log tells whether small entries were asked for where a large one was. */
TEST(settings_change_meanwhile)
{
	int fd = attached();
	uint8_t *map = map_at(fd, room(0), 0, info.buffer_stride);
	pthread_t settings, other;

	over = 0;
	write_pages(map, info.buffer_stride, 9);
	REQUIRE(!pthread_create(&settings, NULL, change_settings, NULL));
	REQUIRE(!pthread_create(&other, NULL, touch_again, map));
	for (int i = 0; i < ROUNDS; i++) {
		map_at(fd, map, 0, info.buffer_stride);
		CHECK(has_pages(map, 0, info.buffer_stride, 9));
	}
	over = 1;
	REQUIRE(!pthread_join(settings, NULL));
	REQUIRE(!pthread_join(other, NULL));
}

TEST(they_are_cut_when_the_card_goes)
{
	int fd = attached();
	uint8_t *map = map_at(fd, NULL, 0, pool_bytes);

	write_pages(map, pool_bytes, 10);
	gone_unbind();
	for (uint64_t at = 0; at < pool_bytes; at += page_bytes())
		REQUIRE_EQ(gone_touch(map + at), -EFAULT);
}

int main(void)
{
	return tap_run(prepare, gone_bind_again);
}
