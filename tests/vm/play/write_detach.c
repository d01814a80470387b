// SPDX-License-Identifier: MIT
/* A write that goes on while other threads detach and attach again. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include "pages.h"
#include "play.h"

#define ROUNDS	20
#define PIECE	65536	/* what the core copies at a time */

struct writer {
	int fd;
	char *frame;
	size_t bytes;
};

static void *write_frame(void *argument)
{
	struct writer *writer = argument;

	CHECK_EQ(write(writer->fd, writer->frame, writer->bytes), -1);
	return NULL;
}

static void *attach_again(void *argument)
{
	struct writer *writer = argument;

	CHECK_EQ(stream_attach(writer->fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	return NULL;
}

/* Whoever reads behind the first piece waits until it is filled. */
static int hold_back(const struct writer *writer)
{
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)writer->frame + PIECE, writer->bytes - PIECE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	REQUIRE(fd >= 0 && !ioctl(fd, UFFDIO_API, &api));
	REQUIRE(!ioctl(fd, UFFDIO_REGISTER, &range));
	return fd;
}

static void fill(int fd, const struct writer *writer)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)writer->frame + PIECE,
		.src = (uintptr_t)writer->frame,
		.len = writer->bytes - PIECE,
	};

	REQUIRE(!ioctl(fd, UFFDIO_COPY, &copy));
}

static void wait_for_attached(int fd)
{
	struct dmaring_stats stats;

	do {
		stats = stats_argument();
		stats.consumer = 0;
	} while (call(fd, DMARING_IOC_STATS_OF, &stats));
}

/* The writer has the last buffer, and is in the middle of its frame. */
static void write_and_detach(struct writer *writer)
{
	int other = stream_open(O_RDWR), fault;
	struct dmaring_info info = stream_info(other);
	pthread_t writing, attaching;
	struct uffd_msg message;
	struct play play = { .fd = stream_open(O_RDWR), .info = info };

	writer->fd = play.fd;
	writer->bytes = info.buffer_size;
	writer->frame = pages_map(writer->bytes, PROT_READ | PROT_WRITE);
	memset(writer->frame, 'S', PIECE);
	fault = hold_back(writer);
	REQUIRE_EQ(stream_attach(writer->fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	for (uint32_t i = 1; i < info.buffers; i++)
		play_take(&play);
	REQUIRE(!pthread_create(&writing, NULL, write_frame, writer));
	REQUIRE_EQ(read(fault, &message, sizeof(message)), sizeof(message));
	REQUIRE_EQ(call(writer->fd, DMARING_IOC_DETACH, NULL), 0);
	REQUIRE(!pthread_create(&attaching, NULL, attach_again, writer));
	wait_for_attached(other);
	fill(fault, writer);
	REQUIRE(!pthread_join(attaching, NULL));
	REQUIRE(!pthread_join(writing, NULL));
	close(writer->fd);
	close(fault);
	close(other);
}

static uint64_t pages_with_something(void)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_info info = stream_info(fd);
	uint64_t bytes = info.buffers * info.buffer_stride, found = 0;
	unsigned char *map;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	REQUIRE(map != MAP_FAILED);
	for (uint64_t at = 0; at < bytes; at += page_bytes())
		found += !!map[at];
	REQUIRE(!munmap(map, bytes));
	close(fd);
	return found;
}

TEST(the_next_producer_finds_nothing_of_it)
{
	struct writer writer;

	for (int round = 0; round < ROUNDS; round++) {
		write_and_detach(&writer);
		REQUIRE_EQ(pages_with_something(), 0);
	}
}

int main(void)
{
	return tap_run(play_prepare, NULL);
}
