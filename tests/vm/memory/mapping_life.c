// SPDX-License-Identifier: MIT
/* The life of a mapping: what two of them show, fork, mremap, madvise, detach. */
#define _GNU_SOURCE
#include <sys/uio.h>
#include "pages.h"
#include "stream.h"

static int in_child(void (*what)(void *), void *argument)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		what(argument);
		_exit(0);
	}
	REQUIRE(waitpid(pid, &status, 0) == pid);
	return status;
}

static void touch(void *address)
{
	(void)*(volatile unsigned char *)address;
}

TEST(two_mappings_show_the_same_bytes)
{
	struct stream stream = capture_start();
	unsigned char *writable = stream_map(stream.fd, 0, PROT_READ | PROT_WRITE);
	uint64_t bytes = stream.info.buffer_stride;
	struct dmaring_frame frame;

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	for (uint64_t i = 0; i < bytes; i++)
		writable[i] = i * 7 + (i >> 8);
	CHECK(!memcmp(writable, stream.map[0], bytes));
	if (stream.info.buffers > 1)
		CHECK(memcmp(writable, stream.map[1], bytes));
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	do {
		frame = capture_take(&stream);
		if (!frame.buffer)
			CHECK(!memcmp(writable, stream.map[0], bytes));
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	} while (frame.buffer);
}

TEST(every_page_of_every_buffer_can_be_touched)
{
	struct stream stream = capture_start();
	unsigned long sum = 0;

	for (uint32_t i = 0; i < stream.info.buffers; i++)
		for (uint64_t at = 0; at < stream.info.buffer_size; at += 512)
			sum += stream.map[i][at];
	printf("# the bytes looked at have the sum %lu\n", sum);
}

TEST(a_child_has_no_mapping)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	int status = in_child(touch, (void *)stream.map[frame.buffer]);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	capture_verify(&stream, &frame);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
}

TEST(fork_cannot_be_allowed_again)
{
	struct stream stream = capture_start();
	void *map = (void *)stream.map[0];
	int status;

	/*
	 * Pages can be shared with a child, which then keeps the consumer, too; Linux 7.3
	 * does not allow it either.
	 */
	if (stream.info.memory == DMARING_MEMORY_PAGES &&
	    !madvise(map, stream.info.buffer_stride, MADV_DOFORK)) {
		CHECK_EQ(in_child(touch, map), 0);
		return;
	}
	CHECK_EQ(madvise(map, stream.info.buffer_stride, MADV_DOFORK), -1);
	CHECK_EQ(errno, EINVAL);
	status = in_child(touch, map);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

TEST(a_mapping_cannot_grow)
{
	struct stream stream = capture_start();
	void *map = stream_map(stream.fd, 0, PROT_READ);
	uint64_t bytes = stream.info.buffer_stride;

	CHECK(mremap(map, bytes, 2 * bytes, MREMAP_MAYMOVE) == MAP_FAILED);
	CHECK(mremap(map, bytes, bytes + page_bytes(), 0) == MAP_FAILED);
	touch(map);
}

/* A mapping that moves takes its bytes along and must also end with its buffer. */
TEST(a_mapping_can_move)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	uint64_t bytes = stream.info.buffer_stride;
	void *place = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *moved = mremap((void *)stream.map[frame.buffer], bytes, bytes,
			     MREMAP_MAYMOVE | MREMAP_FIXED, place);

	if (moved == MAP_FAILED)
		SKIP("it cannot: %s", strerror(errno));
	stream.map[frame.buffer] = moved;
	capture_verify(&stream, &frame);
	CHECK_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), -EBUSY);
}

TEST(advice_does_no_harm)
{
	static const int advice[] = {
		MADV_DONTNEED, MADV_FREE, MADV_REMOVE, MADV_PAGEOUT, MADV_COLD, MADV_WILLNEED,
		MADV_POPULATE_READ, MADV_MERGEABLE, MADV_HUGEPAGE, MADV_DODUMP, MADV_WIPEONFORK,
	};
	struct stream stream = capture_start();

	for (size_t i = 0; i < sizeof(advice) / sizeof(*advice); i++) {
		struct dmaring_frame frame = capture_take(&stream);

		madvise((void *)stream.map[frame.buffer], stream.info.buffer_stride, advice[i]);
		capture_verify(&stream, &frame);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	mlockall(MCL_CURRENT | MCL_FUTURE);
	msync((void *)stream.map[0], stream.info.buffer_stride, MS_SYNC);
	capture_frames(&stream, 1);
}

TEST(detach_waits_for_munmap)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info info = stream_info(fd);
	char *map;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	map = stream_map(fd, 0, PROT_READ);
	CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), -EBUSY);
	CHECK_EQ(stream_stats(fd).consumer_running, 1);
	if (info.buffer_stride > 2 * page_bytes()) {
		/* A hole makes two mappings of it: each counts. */
		CHECK_EQ(munmap(map + page_bytes(), page_bytes()), 0);
		CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), -EBUSY);
		CHECK_EQ(munmap(map, page_bytes()), 0);
		CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), -EBUSY);
	}
	CHECK_EQ(munmap(map, info.buffer_stride), 0);
	CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(stream_info(fd).consumers, 0);
}

TEST(a_mapping_outlives_close)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	int other = stream_open(O_RDWR);

	close(stream.fd);
	capture_verify(&stream, &frame);	/* still held: the mapping is a reference */
	CHECK_EQ(stream_info(other).consumers, 1);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		REQUIRE(!munmap((void *)stream.map[i], stream.info.buffer_stride));
	CHECK_EQ(stream_info(other).consumers, 0);
	CHECK_EQ(stream_attach(other, DMARING_POLICY_LOSSLESS, 0, 0), 0);
}

/* The words after "VmFlags:" of the mapping that begins at @map. */
static void vm_flags(const void *map, char *flags, size_t bytes)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	char line[256], begin[32];
	int found = 0;

	REQUIRE(maps);
	snprintf(begin, sizeof(begin), "%lx-", (unsigned long)map);
	flags[0] = '\0';
	while (fgets(line, sizeof(line), maps)) {
		if (!strncmp(line, begin, strlen(begin)))
			found = 1;
		if (!found || strncmp(line, "VmFlags:", 8))
			continue;
		snprintf(flags, bytes, "%s", line + 8);
		break;
	}
	fclose(maps);
}

TEST(the_kernel_knows_what_kind_of_mapping_it_is)
{
	struct stream stream = capture_start();
	char flags[256];

	vm_flags(stream.map[0], flags, sizeof(flags));
	printf("# VmFlags:%s", flags);
	CHECK(strstr(flags, " dc "));	/* not copied by fork */
	CHECK(strstr(flags, " dd "));	/* not dumped */
	CHECK(strstr(flags, " de "));	/* does not expand */
	CHECK(strstr(flags, " sh "));	/* shared */
	CHECK(!strstr(flags, " me "));	/* can never be executed */
}

TEST(process_vm_readv_does_no_harm)
{
	struct stream stream = capture_start();
	char byte;
	struct iovec here = { &byte, 1 }, there = { (void *)stream.map[0], 1 };

	if (stream.info.memory == DMARING_MEMORY_PAGES) {
		CHECK_EQ(process_vm_readv(getpid(), &here, 1, &there, 1, 0), 1);
	} else {
		/* It takes references to pages, which there are none of. */
		CHECK_EQ(process_vm_readv(getpid(), &here, 1, &there, 1, 0), -1);
		CHECK_EQ(errno, EFAULT);
	}
	capture_frames(&stream, 1);
}

/* What a debugger does with a mapping, from within: /proc/PID/mem. */
TEST(a_debugger_can_look_at_a_frame)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	uint64_t bytes = stream.info.format.frame_bytes;
	char *seen = malloc(bytes);
	int memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);

	REQUIRE(seen && memory >= 0);
	CHECK_EQ(pread(memory, seen, bytes, (uintptr_t)stream.map[frame.buffer]), bytes);
	CHECK(!memcmp(seen, stream.map[frame.buffer], bytes));
	/* Not even a debugger writes where the program could not. */
	CHECK_EQ(pwrite(memory, seen, 1, (uintptr_t)stream.map[frame.buffer]), -1);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
}

TEST(a_debugger_can_write_where_the_program_could)
{
	int fd = stream_open(O_RDWR), memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	struct dmaring_info info = stream_info(fd);
	uint64_t end = info.buffer_stride;
	char word[8], *map;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	map = mmap(NULL, info.buffers * end, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(map != MAP_FAILED && memory >= 0);
	if (info.buffers < 2)
		end -= 4;
	/* From the end of one buffer into the next. */
	CHECK_EQ(pwrite(memory, "debugger", 8, (uintptr_t)map + end - 4), 8);
	CHECK(!memcmp(map + end - 4, "debugger", 8));
	CHECK_EQ(pread(memory, word, 8, (uintptr_t)map + end - 4), 8);
	CHECK(!memcmp(word, "debugger", 8));
}

/* Nobody else keeps it within the mapping. */
TEST(a_debugger_goes_on_in_what_lies_behind_a_mapping)
{
	int fd = stream_open(O_RDWR), memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	size_t page = page_bytes();
	char word[8], *map, *whole;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	whole = (char *)stream_map(fd, 0, PROT_READ | PROT_WRITE);
	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(map != MAP_FAILED && memory >= 0);
	memset(whole, '.', stream_info(fd).buffer_stride);
	REQUIRE(mmap(map, page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == map);
	memcpy(map + page, "else", 4);
	CHECK_EQ(pread(memory, word, 8, (uintptr_t)map + page - 4), 8);
	CHECK(!memcmp(word, "....else", 8));
	CHECK_EQ(pwrite(memory, "debugger", 8, (uintptr_t)map + page - 4), 8);
	CHECK(!memcmp(map + page - 4, "debugger", 8));
	if (stream_info(fd).buffer_stride > page)
		CHECK(!memcmp(whole + page, "....", 4));
}

TEST(map_and_unmap_while_frames_come)
{
	struct stream stream = capture_start();

	for (int i = 0; i < 200; i++) {
		uint32_t index = i % stream.info.buffers;
		unsigned char *map = stream_map(stream.fd, index, PROT_READ);

		touch(map + stream.info.buffer_size - 1);
		REQUIRE(!munmap(map, stream.info.buffer_stride));
	}
	capture_frames(&stream, 3);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
