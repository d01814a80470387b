// SPDX-License-Identifier: MIT
/* The memory of a ring: who pays for it, how long it lives, how much there can be. */
#include <sys/mount.h>
#include <sys/stat.h>
#include "pages.h"
#include "ring.h"
#include "virt.h"

#define CGROUPS		"/tmp/ring-cgroups"
#define ROUNDS		10
#define PAYERS		8

/* Of the module, in what the kernel has mapped from single pages. */
static int kernel_rings(size_t bytes)
{
	FILE *areas = fopen("/proc/vmallocinfo", "r");
	char line[256];
	unsigned long size;
	int count = 0;

	REQUIRE(areas);
	while (fgets(line, sizeof(line), areas))
		/* There is a guard page, and the kernel's own books are smaller. */
		count += strstr(line, "[dmaring]") && sscanf(line, "%*s %lu", &size) == 1 &&
			 size >= bytes;
	fclose(areas);
	return count;
}

static struct stream attached(void)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	return stream;
}

static size_t ring_bytes(void)
{
	struct stream stream = attached();
	size_t bytes = ring_open(stream.fd).bytes;

	close(stream.fd);
	return bytes;
}

static int detach(int fd)
{
	return call(fd, DMARING_IOC_DETACH, NULL);
}

/* ------------------------------------------------------------------ lifetime */

TEST(it_is_gone_after_detach)
{
	size_t bytes = ring_bytes();
	struct stream stream = attached();

	CHECK_EQ(kernel_rings(bytes), 2);	/* the one above is still mapped */
	REQUIRE_EQ(detach(stream.fd), 0);
	CHECK_EQ(kernel_rings(bytes), 1);
}

static void outlives(int (*end)(int fd))
{
	struct stream stream = attached();
	struct ring ring = ring_open(stream.fd);

	CHECK_EQ(kernel_rings(ring.bytes), 1);
	REQUIRE_EQ(end(stream.fd), 0);
	CHECK(ring_flags(ring.own) & DMARING_RING_GONE);
	CHECK_EQ(kernel_rings(ring.bytes), 1);
	munmap(ring.header, ring.bytes);
	CHECK_EQ(kernel_rings(ring.bytes), 0);
}

TEST(after_detach_it_lives_as_long_as_it_is_mapped) { outlives(detach); }
TEST(after_the_file_it_lives_as_long_as_it_is_mapped) { outlives(close); }

/* A file has one at most, however often it attaches and keeps what it got. */
TEST(who_attaches_again_finds_the_ring_that_is_still_mapped)
{
	struct stream stream = attached();
	uint64_t bad = stream_stats(stream.fd).bad_releases;
	struct ring ring[ROUNDS];
	struct dmaring_frame frame;

	for (int i = 0; i < ROUNDS; i++) {
		ring[i] = ring_open(stream.fd);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
		frame = ring_await(&ring[i]);
		CHECK_EQ(ring_give(&ring[i], &frame), 0);
		REQUIRE_EQ(detach(stream.fd), 0);
		REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	}
	CHECK_EQ(kernel_rings(ring[0].bytes), 1);
	CHECK(!(ring_flags(ring[0].own) & DMARING_RING_GONE));
	CHECK_EQ(stream_stats(stream.fd).bad_releases, bad);
}

/* Nobody has seen its indices: all begins anew. */
TEST(who_attaches_again_without_one_gets_a_new_one)
{
	struct stream stream = attached();
	uint64_t bad = stream_stats(stream.fd).bad_releases;
	struct dmaring_frame frame;
	struct ring ring;

	for (int i = 0; i < ROUNDS; i++) {
		ring = ring_open(stream.fd);
		CHECK_EQ(ring_load(&ring.header->frames_head), 0);
		REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
		for (int j = 0; j < 3; j++) {
			frame = ring_await(&ring);
			CHECK_EQ(ring_give(&ring, &frame), 0);
		}
		REQUIRE_EQ(stream_take(stream.fd, &frame, 1, FOREVER), 1);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		munmap(ring.header, ring.bytes);
		REQUIRE_EQ(detach(stream.fd), 0);
		REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	}
	CHECK_EQ(stream_stats(stream.fd).bad_releases, bad);
}

TEST(a_viewer_that_is_refused_costs_no_memory)
{
	size_t bytes = ring_bytes();
	int fd = stream_open(O_RDONLY);

	CHECK_EQ(stream_attach(fd, DMARING_POLICY_LATEST, 1, 10000), -ENOSPC);
	CHECK_EQ(kernel_rings(bytes), 1);
}

/* ----------------------------------------------------------------- a mapping */

TEST(it_is_mapped_as_a_whole)
{
	int read_write = PROT_READ | PROT_WRITE;
	struct stream stream = attached();
	struct ring ring = ring_open(stream.fd);
	struct dmaring_ring argument = ring_argument();
	size_t page = page_bytes();

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_RING, &argument), 0);
	CHECK(mmap(NULL, page, read_write, MAP_SHARED, argument.fd, page) ==
	      MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
	CHECK(mmap(NULL, ring.bytes + page, read_write, MAP_SHARED, argument.fd, 0) ==
	      MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
	/* Pages of 16 KiB and more hold all of a short one. */
	if (ring.bytes > page) {
		CHECK(mmap(NULL, page, read_write, MAP_SHARED, argument.fd, 0) ==
		      MAP_FAILED);
		CHECK_EQ(errno, EINVAL);
		CHECK_EQ(munmap(ring.header, page), -1);
		CHECK_EQ(errno, EINVAL);
	}
	CHECK_EQ(munmap(ring.header, ring.bytes), 0);
}

/* ------------------------------------------------------------------- who pays */

/* All of the kernel's: not every kernel tells what of it is vmalloc's. */
static long long charged(void)
{
	long long bytes = file_number(CGROUPS "/test/memory.stat", "kernel ");

	REQUIRE(bytes >= 0);
	return bytes;
}

static void enter_cgroup(void)
{
	mkdir(CGROUPS, 0700);
	REQUIRE(!mount("none", CGROUPS, "cgroup2", 0, NULL));
	REQUIRE_EQ(file_write(CGROUPS "/cgroup.subtree_control", "+memory"), 0);
	REQUIRE(!mkdir(CGROUPS "/test", 0700));
	REQUIRE_EQ(file_write(CGROUPS "/test/cgroup.procs", "0"), 0);
}

static void leave_cgroup(void)
{
	REQUIRE_EQ(file_write(CGROUPS "/cgroup.procs", "0"), 0);
	REQUIRE(!rmdir(CGROUPS "/test"));
	REQUIRE(!umount(CGROUPS));
}

/* Newer kernels add it up every two seconds. */
static int becomes_charged(long long from, long long to)
{
	for (int i = 0; i < 100; i++) {
		long long now = charged();

		if (now >= from && now < to)
			return 1;
		sleep_ms(100);
	}
	printf("# %lld bytes are charged, not %lld to %lld\n", charged(), from, to);
	return 0;
}

/* Of several, so that the kernel's own small change, which it keeps, is less than that. */
TEST(the_cgroup_of_who_attaches_is_charged)
{
	size_t bytes = PAYERS * ring_bytes();
	struct stream stream[PAYERS];
	long long before;
	int rose, fell;

	for (int i = 0; i < PAYERS; i++)
		stream[i].fd = stream_open(O_RDWR);
	enter_cgroup();
	sleep_ms(5000);
	before = charged();
	for (int i = 0; i < PAYERS; i++)
		REQUIRE_EQ(stream_attach(stream[i].fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	rose = becomes_charged(before + bytes, LLONG_MAX);
	for (int i = 0; i < PAYERS; i++)
		REQUIRE_EQ(detach(stream[i].fd), 0);
	fell = becomes_charged(0, before + bytes / 2);
	leave_cgroup();
	CHECK(rose);
	CHECK(fell);
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
