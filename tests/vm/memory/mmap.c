// SPDX-License-Identifier: MIT
/*
 * Mappings: one buffer, nothing else, no more rights than the descriptor has.
 * Everything that must fail is tried as root and as nobody.
 */
#define _FILE_OFFSET_BITS 64	/* before the first header */
#define _GNU_SOURCE
#include <sys/personality.h>
#include "pages.h"
#include "stream.h"

#define NOBODY	65534

static int map_error(int fd, size_t bytes, int protection, int flags, uint64_t offset)
{
	void *map = mmap(NULL, bytes, protection, flags, fd, offset);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, bytes);
	return 0;
}

static int as_nobody;

/* The file is opened by root, and used by root or by nobody. */
static int attached(struct dmaring_info *info)
{
	int fd = stream_open(O_RDWR);

	if (as_nobody)
		REQUIRE(!setgid(NOBODY) && !setuid(NOBODY));
	*info = stream_info(fd);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	return fd;
}

static struct dmaring_buffer place(int fd, uint32_t index)
{
	struct dmaring_buffer buffer = buffer_argument(index);

	REQUIRE_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), 0);
	return buffer;
}

static void only_buffers_can_be_mapped(void)
{
	const uint64_t page = page_bytes();
	struct dmaring_info info;
	int fd = attached(&info);
	struct dmaring_buffer last = place(fd, info.buffers - 1), first = place(fd, 0);
	uint64_t end = last.mmap_offset + info.buffer_stride;
	const uint64_t beyond[] = {
		end, end + page, 2 * end, 1ULL << 31, 1ULL << 32, 1ULL << 40, 1ULL << 43,
		(1ULL << 44) - page, 1ULL << 44, 1ULL << 62, INT64_MAX - page + 1,
	};

	for (size_t i = 0; i < sizeof(beyond) / sizeof(*beyond); i++) {
		uint64_t offset = beyond[i];
		int error = map_error(fd, page, PROT_READ, MAP_SHARED, offset);

		/* The kernel itself refuses what no file can have. */
		if (!CHECK(error == -EINVAL || (offset >> 40 && error == -EOVERFLOW)))
			printf("# offset %#llx: %d\n", (unsigned long long)offset, error);
		CHECK(map_error(fd, info.buffer_stride, PROT_READ, MAP_SHARED, offset) < 0);
	}
	/* Offsets with the highest bit set, and ends that wrap around. */
	for (uint64_t pages = 1; pages <= 64; pages *= 4) {
		CHECK(map_error(fd, page, PROT_READ, MAP_SHARED, -(pages * page)) < 0);
		CHECK(map_error(fd, pages * page, PROT_READ, MAP_SHARED, -(pages * page)) < 0);
		CHECK(map_error(fd, (pages + 1) * page, PROT_READ, MAP_SHARED,
				-(pages * page)) < 0);
	}
	CHECK_EQ(map_error(fd, last.length + page, PROT_READ, MAP_SHARED, last.mmap_offset),
		 -EINVAL);
	CHECK_EQ(map_error(fd, 2 * page, PROT_READ, MAP_SHARED, end - page), -EINVAL);
	CHECK_EQ(map_error(fd, end - first.mmap_offset, PROT_READ, MAP_SHARED,
			   first.mmap_offset), 0);
	CHECK_EQ(map_error(fd, end - first.mmap_offset + last.length, PROT_READ, MAP_SHARED,
			   first.mmap_offset), -EINVAL);
	CHECK_EQ(map_error(fd, 1ULL << 31, PROT_READ, MAP_SHARED, first.mmap_offset), -EINVAL);
	if (first.mmap_offset)
		CHECK_EQ(map_error(fd, page, PROT_READ, MAP_SHARED, first.mmap_offset - page),
			 -EINVAL);
}

static void a_mapping_has_a_part_of_one_buffer_or_whole_ones(void)
{
	const uint64_t page = page_bytes();
	struct dmaring_info info;
	int fd = attached(&info);
	struct dmaring_buffer first = place(fd, 0);
	uint64_t second = first.mmap_offset + info.buffer_stride;

	if (info.buffers < 2)
		return;
	CHECK_EQ(map_error(fd, first.length + page, PROT_READ, MAP_SHARED, first.mmap_offset),
		 -EINVAL);
	CHECK_EQ(map_error(fd, 2 * page, PROT_READ, MAP_SHARED, second - page), -EINVAL);
	CHECK_EQ(map_error(fd, 2 * first.length, PROT_READ, MAP_SHARED,
			   first.mmap_offset + page), first.length > page ? -EINVAL : 0);
	CHECK_EQ(map_error(fd, 2 * first.length, PROT_READ, MAP_SHARED, first.mmap_offset), 0);
}

/* Each half would have to be counted for each of its buffers. */
static void a_mapping_of_several_buffers_is_one(void)
{
	const uint64_t page = page_bytes();
	struct dmaring_info info;
	int fd = attached(&info);
	uint64_t bytes = 2 * info.buffer_stride;
	char *map;

	if (info.buffers < 2)
		return;
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, place(fd, 0).mmap_offset);
	REQUIRE(map != MAP_FAILED);
	CHECK_EQ(munmap(map, info.buffer_stride), -1);
	CHECK_EQ(munmap(map + bytes - page, page), -1);
	CHECK_EQ(mprotect(map, page, PROT_READ), -1);
	CHECK(mremap(map, bytes, page, 0) == MAP_FAILED);
	map[0] = 1;
	map[bytes - 1] = 1;
	CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), -EBUSY);
	CHECK_EQ(mprotect(map, bytes, PROT_READ), 0);
	CHECK_EQ(munmap(map, bytes), 0);
	CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
}

/* Everything that such a program can read it can execute, but for this. */
static void old_programs_get_what_others_get(void)
{
	struct dmaring_info info;
	int fd = attached(&info);
	struct dmaring_buffer buffer = place(fd, 0);
	volatile char *map;

	REQUIRE(personality(READ_IMPLIES_EXEC) >= 0);
	map = mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, fd, buffer.mmap_offset);
	REQUIRE(personality(0) >= 0);
	REQUIRE(map != MAP_FAILED);
	CHECK_EQ(map[0], map[0]);
	CHECK_EQ(mprotect((void *)map, buffer.length, PROT_READ | PROT_EXEC), -1);
	CHECK_EQ(map_error(fd, buffer.length, PROT_READ | PROT_EXEC, MAP_SHARED,
			   buffer.mmap_offset), -EINVAL);
}

static void mappings_are_shared_and_not_executable(void)
{
	struct dmaring_info info;
	int fd = attached(&info);
	struct dmaring_buffer buffer = place(fd, 0);
	void *map;

	CHECK_EQ(map_error(fd, buffer.length, PROT_READ, MAP_PRIVATE, buffer.mmap_offset),
		 -EINVAL);
	CHECK_EQ(map_error(fd, buffer.length, PROT_READ | PROT_WRITE, MAP_PRIVATE,
			   buffer.mmap_offset), -EINVAL);
	CHECK(map_error(fd, buffer.length, PROT_READ | PROT_EXEC, MAP_SHARED,
			buffer.mmap_offset) < 0);
	CHECK(map_error(fd, buffer.length, PROT_EXEC, MAP_SHARED, buffer.mmap_offset) < 0);
	CHECK_EQ(map_error(fd, 0, PROT_READ, MAP_SHARED, buffer.mmap_offset), -EINVAL);
	map = stream_map(fd, 0, PROT_READ | PROT_WRITE);
	CHECK_EQ(mprotect(map, buffer.length, PROT_READ | PROT_EXEC), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(mprotect(map, buffer.length, PROT_EXEC), -1);
	CHECK_EQ(mprotect(map, buffer.length, PROT_READ), 0);
	CHECK_EQ(mprotect(map, buffer.length, PROT_READ | PROT_WRITE), 0);
}

static void partial_ranges_show_their_part(void)
{
	const uint64_t page = page_bytes();
	struct dmaring_info info;
	struct stream stream = { .fd = attached(&info), .info = info };
	struct dmaring_buffer buffer = place(stream.fd, 0);
	struct dmaring_frame frame;
	const uint8_t *part;

	if (buffer.length < 3 * page)
		SKIP("buffers of %llu bytes are too small", buffer.length);
	capture_map(&stream);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	frame = capture_take(&stream);
	buffer = place(stream.fd, frame.buffer);
	for (uint64_t at = 0; at < 3 * page; at += page) {
		part = mmap(NULL, page, PROT_READ, MAP_SHARED, stream.fd, buffer.mmap_offset + at);
		REQUIRE(part != MAP_FAILED);
		CHECK(!memcmp(part, stream.map[frame.buffer] + at, page));
	}
	/* The last page is there, and the one after it is not part of the buffer. */
	part = mmap(NULL, page, PROT_READ, MAP_SHARED, stream.fd,
		    buffer.mmap_offset + buffer.length - page);
	CHECK(part != MAP_FAILED);
	CHECK(map_error(stream.fd, 2 * page, PROT_READ, MAP_SHARED,
			buffer.mmap_offset + buffer.length - page) < 0);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
}

#define BY_BOTH(test)							\
	TEST(test##_by_root) { test(); }				\
	TEST(test##_by_nobody) { as_nobody = 1; test(); }

BY_BOTH(only_buffers_can_be_mapped)
BY_BOTH(a_mapping_has_a_part_of_one_buffer_or_whole_ones)
BY_BOTH(a_mapping_of_several_buffers_is_one)
BY_BOTH(old_programs_get_what_others_get)
BY_BOTH(mappings_are_shared_and_not_executable)
BY_BOTH(partial_ranges_show_their_part)

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
