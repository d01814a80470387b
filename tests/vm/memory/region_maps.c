// SPDX-License-Identifier: MIT
/*
 * Mappings of the card's own memory: only what a region has, no more rights than
 * there should be, and nothing of it once the card is gone.  For cards that offer
 * such a region; reading it without a mapping is in regions.c.
 */
#define _FILE_OFFSET_BITS 64	/* before the first header */
#define _GNU_SOURCE
#include <linux/capability.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include "gone.h"

#define EDU_LIVENESS	0x04	/* reads as the complement of what was written */
#define THREADS		3
#define ROUNDS		6

/* The first region is the one that can be mapped. */
static struct dmaring_region mappable(int fd)
{
	struct dmaring_region region = stream_region(fd, 0);

	REQUIRE(region.flags & DMARING_REGION_MAP);
	return region;
}

static void *map_region(int fd, int protection)
{
	struct dmaring_region region = mappable(fd);
	void *map = mmap(NULL, region.length, protection, MAP_SHARED, fd, region.mmap_offset);

	REQUIRE(map != MAP_FAILED);
	return map;
}

static int map_error(int fd, uint64_t offset, uint64_t bytes, int protection, int flags)
{
	void *map = mmap(NULL, bytes, protection, flags, fd, offset);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, bytes);
	return 0;
}

/* Needs no ATTACH; word by word, as the cards want to be read. */
TEST(a_mapping_shows_what_can_be_read)
{
	int fd = stream_open(O_RDONLY);
	struct dmaring_region region = mappable(fd);
	const volatile uint32_t *map = map_region(fd, PROT_READ);
	uint32_t *words = malloc(region.length);
	int wrong = 0;

	REQUIRE(words);
	REQUIRE_EQ(stream_read_region(fd, 0, 0, words, region.length), 0);
	/* All of the registers, and then one word of each kilobyte. */
	for (uint64_t i = 0; i < region.length / sizeof(*words); i += i < 1024 ? 1 : 256)
		wrong += map[i] != words[i];
	CHECK_EQ(wrong, 0);
	CHECK(words[0] && words[0] != UINT32_MAX);
	/* And a mapping of a part shows that part. */
	map = mmap(NULL, page_bytes(), PROT_READ, MAP_SHARED, fd,
		   region.mmap_offset + region.length - page_bytes());
	REQUIRE(map != MAP_FAILED);
	CHECK_EQ(map[0], words[(region.length - page_bytes()) / sizeof(*words)]);
}

TEST(only_whole_regions_or_parts_can_be_mapped)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_region region = mappable(fd);
	uint64_t page = page_bytes(), at = region.mmap_offset, end = at + region.length;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(map_error(fd, at, region.length, PROT_READ, MAP_SHARED), 0);
	CHECK_EQ(map_error(fd, end - page, page, PROT_READ, MAP_SHARED), 0);
	CHECK_EQ(map_error(fd, at - page, page, PROT_READ, MAP_SHARED), 0);	/* a buffer's */
	CHECK_EQ(map_error(fd, at - page, 2 * page, PROT_READ, MAP_SHARED), -EINVAL);
	CHECK_EQ(map_error(fd, 0, end, PROT_READ, MAP_SHARED), -EINVAL);
	CHECK_EQ(map_error(fd, at, region.length + page, PROT_READ, MAP_SHARED), -EINVAL);
	CHECK_EQ(map_error(fd, end - page, 2 * page, PROT_READ, MAP_SHARED), -EINVAL);
	CHECK_EQ(map_error(fd, end, page, PROT_READ, MAP_SHARED), -EINVAL);
	CHECK_EQ(map_error(fd, end + (1ULL << 40), page, PROT_READ, MAP_SHARED), -EINVAL);
}

TEST(it_is_shared_and_never_executable)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_region region = mappable(fd);
	uint64_t at = region.mmap_offset, page = page_bytes();
	void *map;

	CHECK_EQ(map_error(fd, at, page, PROT_READ, MAP_PRIVATE), -EINVAL);
	CHECK_EQ(map_error(fd, at, page, PROT_READ | PROT_EXEC, MAP_SHARED), -EINVAL);
	CHECK_EQ(map_error(stream_open(O_RDONLY), at, page, PROT_READ, MAP_PRIVATE), -EINVAL);
	map = map_region(fd, PROT_READ);
	CHECK_EQ(mprotect(map, page, PROT_READ | PROT_EXEC), -1);
	CHECK_EQ(errno, EACCES);
}

TEST(what_was_mapped_to_be_read_stays_so)
{
	int fds[] = { stream_open(O_RDWR), stream_open(O_RDONLY) };

	for (int i = 0; i < 2; i++) {
		void *map = map_region(fds[i], PROT_READ);

		CHECK_EQ(mprotect(map, page_bytes(), PROT_READ | PROT_WRITE), -1);
		CHECK_EQ(errno, EACCES);
		gone_touch(map);
		CHECK_EQ(mprotect(map, page_bytes(), PROT_READ | PROT_WRITE), -1);
	}
}

/* --------------------------------------------------------------- who may write */

static struct __user_cap_data_struct saved[2];

static void set_capabilities(const struct __user_cap_data_struct *data)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	REQUIRE(!syscall(SYS_capset, &header, data));
}

static void drop_raw_io(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	REQUIRE(!syscall(SYS_capget, &header, saved));
	memcpy(data, saved, sizeof(data));
	data[0].effective &= ~(1U << CAP_SYS_RAWIO);
	set_capabilities(data);
}

static int map_to_write(int fd)
{
	struct dmaring_region region = mappable(fd);

	return map_error(fd, region.mmap_offset, region.length, PROT_READ | PROT_WRITE,
			 MAP_SHARED);
}

TEST(only_who_opened_it_with_the_right_to_can_write)
{
	int able = stream_open(O_RDWR), unable, reader = stream_open(O_RDONLY);
	int writable = mappable(able).flags & DMARING_REGION_WRITE;

	drop_raw_io();
	unable = stream_open(O_RDWR);
	CHECK_EQ(map_to_write(unable), writable ? -EPERM : -EACCES);
	CHECK_EQ(map_to_write(able), writable ? 0 : -EACCES);
	set_capabilities(saved);
	CHECK_EQ(map_to_write(unable), writable ? -EPERM : -EACCES);
	CHECK_EQ(map_to_write(able), writable ? 0 : -EACCES);
	CHECK_EQ(map_to_write(reader), -EACCES);
	CHECK(map_region(unable, PROT_READ));
}

TEST(what_is_written_gets_to_the_card)
{
	int fd = stream_open(O_RDWR);
	volatile uint32_t *map;
	uint32_t word;

	if (!(mappable(fd).flags & DMARING_REGION_WRITE))
		return;		/* the card alone writes it */
	map = map_region(fd, PROT_READ | PROT_WRITE);
	map[EDU_LIVENESS / sizeof(*map)] = 0x12345678;
	CHECK_EQ(map[EDU_LIVENESS / sizeof(*map)], ~0x12345678U);
	CHECK_EQ(stream_read_region(fd, 0, EDU_LIVENESS, &word, sizeof(word)), 0);
	CHECK_EQ(word, ~0x12345678U);
	map[EDU_LIVENESS / sizeof(*map)] = UINT32_MAX;	/* as it was */
}

/* ---------------------------------------------------------- the life of a mapping */

TEST(it_keeps_nobody_attached)
{
	int fd = stream_open(O_RDWR);

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	gone_touch(map_region(fd, PROT_READ));
	CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
}

TEST(it_stays_when_the_descriptor_is_closed)
{
	int fd = stream_open(O_RDWR);
	const uint8_t *map = map_region(fd, PROT_READ);

	close(fd);
	CHECK(gone_touch(map) >= 0);
}

TEST(a_child_has_no_mapping)
{
	void *map = map_region(stream_open(O_RDWR), PROT_READ);
	int status;
	pid_t pid;

	CHECK_EQ(madvise(map, page_bytes(), MADV_DOFORK), -1);
	pid = fork();
	if (!pid) {
		(void)*(volatile uint32_t *)map;
		_exit(0);
	}
	REQUIRE(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

TEST(it_can_be_split_and_moved)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_region region = mappable(fd);
	uint64_t page = page_bytes();
	char *map = map_region(fd, PROT_READ), *moved;

	CHECK(gone_touch((uint8_t *)map) >= 0);
	if (region.length >= 3 * page) {
		CHECK_EQ(munmap(map + page, page), 0);
		CHECK(gone_touch((uint8_t *)map + 2 * page) >= 0);
	}
	moved = mremap(map, page, page, MREMAP_MAYMOVE | MREMAP_FIXED,
		       mmap(NULL, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	REQUIRE(moved != MAP_FAILED);
	CHECK(gone_touch((uint8_t *)moved) >= 0);
	CHECK(mremap(moved, page, 2 * page, MREMAP_MAYMOVE) == MAP_FAILED);
	gone_unbind();
	CHECK_EQ(gone_touch((uint8_t *)moved), -EFAULT);
	if (region.length >= 3 * page)
		CHECK_EQ(gone_touch((uint8_t *)map + 2 * page), -EFAULT);
}

TEST(no_reference_to_its_pages_can_be_taken)
{
	uint32_t *map = map_region(stream_open(O_RDWR), PROT_READ), word;
	struct iovec to = { &word, sizeof(word) }, from = { map, sizeof(*map) };
	int pipes[2];

	gone_touch((uint8_t *)map);
	CHECK_EQ(process_vm_readv(getpid(), &to, 1, &from, 1, 0), -1);
	CHECK_EQ(errno, EFAULT);
	REQUIRE(!pipe(pipes));
	CHECK_EQ(vmsplice(pipes[1], &from, 1, 0), -1);
	CHECK_EQ(errno, EFAULT);
}

/* With nothing behind it. */
static char *map_alone(int fd, int protection)
{
	struct dmaring_region region = mappable(fd);
	char *room = mmap(NULL, region.length + page_bytes(), PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *map;

	REQUIRE(room != MAP_FAILED);
	map = mmap(room, region.length, protection, MAP_SHARED | MAP_FIXED, fd,
		   region.mmap_offset);
	REQUIRE(map == room);
	REQUIRE(!munmap(room + region.length, page_bytes()));
	return map;
}

TEST(a_debugger_reads_it_and_does_not_write_it)
{
	int fd = stream_open(O_RDWR), memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	int writable = mappable(fd).flags & DMARING_REGION_WRITE;
	char *map = map_alone(fd, writable ? PROT_READ | PROT_WRITE : PROT_READ);
	uint64_t length = mappable(fd).length;
	uint8_t seen[16], read[16], end[4096];

	REQUIRE(memory >= 0);
	REQUIRE_EQ(stream_read_region(fd, 0, 0, read, sizeof(read)), 0);
	for (int at = 0; at < 4; at++) {
		CHECK_EQ(pread(memory, seen, 9, (uintptr_t)map + at), 9);
		CHECK(!memcmp(seen, read + at, 9));
	}
	/* As far as the region goes. */
	CHECK_EQ(pread(memory, end, sizeof(end), (uintptr_t)map + length - 2048), 2048);
	CHECK(pwrite(memory, seen, 4, (uintptr_t)map + EDU_LIVENESS) < 0);
	CHECK_EQ(stream_read_region(fd, 0, 0, seen, sizeof(seen)), 0);
	CHECK(!memcmp(seen, read, sizeof(seen)));
}

/* ------------------------------------------------------------- the card is gone */

static void check_cut(const uint8_t *map, uint64_t bytes)
{
	for (uint64_t at = 0; at < bytes; at += page_bytes())
		CHECK_EQ(gone_touch(map + at), -EFAULT);
	CHECK_EQ(gone_touch(map + bytes - 1), -EFAULT);
}

/* Of files whose mappings of buffers stay, if those are made of pages, and of others. */
TEST(a_touch_after_the_card_has_gone)
{
	struct stream stream = capture_start();
	struct dmaring_region region = mappable(stream.fd);
	const uint8_t *map = map_region(stream.fd, PROT_READ);
	const uint8_t *untouched = map_region(stream.fd, PROT_READ);
	const uint8_t *viewers = map_region(stream_open(O_RDONLY), PROT_READ);

	CHECK(gone_touch(map) >= 0);
	CHECK(gone_touch(viewers) >= 0);
	gone_unbind();
	check_cut(map, region.length);
	check_cut(untouched, region.length);
	check_cut(viewers, region.length);
	gone_check_mappings(&stream);
	CHECK_EQ(map_error(stream.fd, region.mmap_offset, page_bytes(), PROT_READ, MAP_SHARED),
		 -ENODEV);
	/* Nor does it come back to life with the card. */
	REQUIRE_EQ(card_bind(gone_address), 0);
	check_cut(map, region.length);
}

static int race_fd;
static struct dmaring_region race_region;
static volatile int unbound;

static void *map_and_touch(void *argument)
{
	(void)argument;
	for (;;) {
		int unbound_before = unbound, first, last;
		uint8_t *map = mmap(NULL, race_region.length, PROT_READ, MAP_SHARED, race_fd,
				    race_region.mmap_offset);

		if (map == MAP_FAILED) {
			CHECK_EQ(errno, ENODEV);
			return NULL;
		}
		CHECK(!unbound_before);
		unbound_before = unbound;
		first = gone_touch(map);
		last = gone_touch(map + race_region.length - page_bytes());
		CHECK(!unbound_before || (first < 0 && last < 0));
		munmap(map, race_region.length);
	}
}

/* Keeps a mapping and touches it until it is gone. */
static void *touch_old(void *argument)
{
	uint8_t *map = mmap(NULL, race_region.length, PROT_READ, MAP_SHARED, race_fd,
			    race_region.mmap_offset);

	(void)argument;
	if (map == MAP_FAILED)
		return NULL;
	for (int unbound_before = 0;;) {
		if (gone_touch(map) < 0)
			break;
		REQUIRE(!unbound_before);
		unbound_before = unbound;
	}
	munmap(map, race_region.length);
	return NULL;
}

TEST(the_card_goes_while_it_is_mapped)
{
	pthread_t threads[2 * THREADS];

	for (int round = 0; round < ROUNDS; round++) {
		unbound = 0;
		race_fd = stream_open(O_RDWR);
		race_region = mappable(race_fd);
		for (int i = 0; i < 2 * THREADS; i++)
			REQUIRE(!pthread_create(&threads[i], NULL,
						i % 2 ? touch_old : map_and_touch, NULL));
		usleep(round * 17000);
		gone_unbind();
		unbound = 1;
		for (int i = 0; i < 2 * THREADS; i++)
			pthread_join(threads[i], NULL);
		close(race_fd);
		REQUIRE_EQ(card_bind(gone_address), 0);
	}
}

int main(void)
{
	return tap_run(gone_prepare, gone_bind_again);
}
