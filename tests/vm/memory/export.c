// SPDX-License-Identifier: MIT
/*
 * A buffer as a dma-buf: it shows the frame, it can be read-only, it keeps the memory and
 * nothing else, and who still uses it keeps the buffer from everybody who would write it.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include "export.h"
#include "gone.h"
#include "kernel.h"
#include "owner.h"
#include "pages.h"
#include "stream.h"
#include "vgem.h"

#define TAIL	0x5a	/* what an owner leaves behind its frame */

static struct stream attached_stream(void)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	return stream;
}

static uint32_t buffer_state(int fd, uint32_t index)
{
	struct dmaring_buffer buffer = buffer_argument(index);

	REQUIRE_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), 0);
	return buffer.state;
}

static void unmap_all(struct stream *stream)
{
	for (uint32_t i = 0; i < stream->info.buffers; i++)
		REQUIRE(!munmap((void *)stream->map[i], stream->info.buffer_stride));
}

/* --------------------------------------------------------------------- what it is */

TEST(the_stream_says_so)
{
	CHECK(stream_info(stream_open(O_RDWR)).caps & DMARING_CAP_EXPORT);
}

TEST(it_shows_the_frame)
{
	struct stream stream = attached_stream();
	int dma_buf;

	for (uint32_t i = 0; i < stream.info.buffers; i++) {
		dma_buf = export_buffer(stream.fd, i);
		CHECK_EQ(lseek(dma_buf, 0, SEEK_END), stream.info.buffer_size);
		CHECK_EQ(fcntl(dma_buf, F_GETFD), FD_CLOEXEC);
		stream.map[i] = export_map(dma_buf, PROT_READ);
		close(dma_buf);		/* the mapping keeps it */
	}
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	capture_frames(&stream, 2 * stream.info.buffers);
}

TEST(it_can_be_written)
{
	struct stream stream = attached_stream();
	int dma_buf = export_buffer(stream.fd, 1);
	uint8_t *map = export_map(dma_buf, PROT_READ | PROT_WRITE);
	const uint8_t *same = stream_map(stream.fd, 1, PROT_READ);

	CHECK_EQ(export_sync(dma_buf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW), 0);
	memset(map, 0x77, stream.info.buffer_size);
	CHECK_EQ(export_sync(dma_buf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW), 0);
	for (uint64_t at = 0; at < stream.info.buffer_size; at++)
		REQUIRE_EQ(same[at], 0x77);
}

TEST(an_entry_that_was_taken_out_comes_back)
{
	struct stream stream = attached_stream();
	uint8_t *map = export_map(export_buffer(stream.fd, 0), PROT_READ | PROT_WRITE);

	map[page_bytes()] = 1;
	REQUIRE(!madvise(map, stream.info.buffer_size, MADV_DONTNEED));
	CHECK_EQ(map[page_bytes()], 1);
}

TEST(a_part_can_be_mapped_and_unmapped)
{
	struct stream stream = attached_stream();
	int dma_buf = export_buffer(stream.fd, 0);
	uint8_t *whole = export_map(dma_buf, PROT_READ | PROT_WRITE);
	uint64_t bytes = stream.info.buffer_size, last = bytes - page_bytes();
	uint8_t *part = mmap(NULL, page_bytes(), PROT_READ, MAP_SHARED, dma_buf, last);

	REQUIRE(part != MAP_FAILED);
	whole[last] = 0x42;
	CHECK_EQ(part[0], 0x42);
	REQUIRE(!munmap(whole + page_bytes(), page_bytes()));
	CHECK_EQ(whole[last], 0x42);
	CHECK(mmap(NULL, 2 * page_bytes(), PROT_READ, MAP_SHARED, dma_buf, last) == MAP_FAILED);
	CHECK(mmap(NULL, page_bytes(), PROT_READ, MAP_SHARED, dma_buf, bytes) == MAP_FAILED);
}

/* Each mapping refers to each page, and the count is a small number. */
TEST(there_are_so_many_mappings_at_most)
{
	struct stream stream = attached_stream();
	int dma_buf = export_buffer(stream.fd, 0), count = 0;
	void *map;

	do {
		map = mmap(NULL, page_bytes(), PROT_READ, MAP_SHARED, dma_buf, 0);
		count += map != MAP_FAILED;
	} while (map != MAP_FAILED && count < 10000);
	CHECK_EQ(errno, ENOMEM);
	CHECK_EQ(count, 4096);
}

TEST(vgem_imports_it)
{
	struct stream stream = attached_stream();
	int vgem = vgem_open(), dma_buf = export_buffer(stream.fd, 0);

	CHECK(vgem_import(vgem, dma_buf) > 0);
	CHECK_EQ(export_sync(dma_buf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW), 0);
	CHECK_EQ(export_sync(dma_buf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW), 0);
}

TEST(a_child_does_not_inherit_the_mapping)
{
	struct stream stream = attached_stream();
	int dma_buf = export_buffer(stream.fd, 0), status;
	uint8_t *map = export_map(dma_buf, PROT_READ);
	pid_t pid = fork();

	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		_exit(map[0]);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* ---------------------------------------------------------------------- read-only */

TEST(a_read_only_one_is_not_written_by_a_process)
{
	struct stream stream = attached_stream();
	int dma_buf = export_try(stream.fd, 0, O_RDONLY | O_CLOEXEC);
	uint64_t bytes = stream.info.buffer_size;
	char path[64];
	void *map;

	REQUIRE(dma_buf >= 0);
	CHECK(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, dma_buf, 0) == MAP_FAILED);
	CHECK_EQ(errno, EACCES);
	map = export_map(dma_buf, PROT_READ);
	CHECK_EQ(mprotect(map, bytes, PROT_READ | PROT_WRITE), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_EQ(export_sync(dma_buf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ), 0);
	CHECK_EQ(export_sync(dma_buf, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ), 0);
	CHECK_EQ(export_sync(dma_buf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE), -EACCES);
	CHECK_EQ(export_sync(dma_buf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW), -EACCES);
	/* Nor does another open file make it writable. */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", dma_buf);
	CHECK_EQ(open(path, O_RDWR | O_CLOEXEC), -1);
}

TEST(a_read_only_one_is_not_written_by_a_device)
{
	struct stream stream = attached_stream();
	int vgem = vgem_open();
	int handle = vgem_import(vgem, export_try(stream.fd, 0, O_RDONLY));

	/* vgem wants to do both.  After 6.12 it may map it for that only when it does. */
	CHECK(handle == -EACCES || (handle > 0 && kernel_is_from(6, 13)));
	CHECK(vgem_import(vgem, export_try(stream.fd, 0, O_RDWR)) > 0);
}

TEST(mappings_that_are_refused)
{
	struct stream stream = attached_stream();
	int dma_buf = export_buffer(stream.fd, 0);

	CHECK(mmap(NULL, page_bytes(), PROT_READ, MAP_PRIVATE, dma_buf, 0) == MAP_FAILED);
	CHECK_EQ(errno, EINVAL);
	CHECK(mmap(NULL, page_bytes(), PROT_READ | PROT_EXEC, MAP_SHARED, dma_buf, 0) ==
	      MAP_FAILED);
	/* After 6.12 there are no programs at all in the files of dma-bufs. */
	CHECK(errno == EINVAL || (errno == EPERM && kernel_is_from(6, 13)));
}

/* ------------------------------------------------------------------ who may have it */

TEST(arguments_that_are_refused)
{
	struct stream stream = attached_stream();
	struct dmaring_export export;

	CHECK_EQ(export_try(stream.fd, stream.info.buffers, O_RDWR), -EINVAL);
	CHECK_EQ(export_try(stream.fd, ~0U, O_RDWR), -EINVAL);
	CHECK_EQ(export_try(stream.fd, 0, O_WRONLY), -EINVAL);
	CHECK_EQ(export_try(stream.fd, 0, O_ACCMODE), -EINVAL);
	for (int bit = 2; bit < 32; bit++)
		if (1 << bit != O_CLOEXEC)
			CHECK_EQ(export_try(stream.fd, 0, 1 << bit), -EINVAL);
	export = export_argument(0, O_RDWR);
	export.reserved[1] = 1;
	CHECK_EQ(call(stream.fd, DMARING_IOC_EXPORT, &export), -EINVAL);
	export = export_argument(stream.info.buffers - 1, O_RDONLY);
	CHECK_EQ(call(stream.fd, DMARING_IOC_EXPORT, &export), 0);
	CHECK_EQ(export.size, DMARING_EXPORT_SIZE_VER0);
	CHECK_EQ(export.flags, O_RDONLY);
	CHECK_EQ(export.buffer, stream.info.buffers - 1);
	CHECK_EQ(fcntl(export.fd, F_GETFD), 0);
}

TEST(who_is_not_attached_or_may_not_write_gets_none)
{
	int fd = stream_open(O_RDWR), viewer = stream_open(O_RDONLY);

	CHECK_EQ(export_try(fd, 0, O_RDWR), -ENOTCONN);
	REQUIRE_EQ(stream_attach(viewer, DMARING_POLICY_LATEST, 1, 1), 0);
	CHECK_EQ(export_try(viewer, 0, O_RDONLY), -EACCES);
}

TEST(there_are_so_many_at_most)
{
	struct stream stream = attached_stream();
	int fds[DMARING_EXPORTS_MAX], other = stream_open(O_RDWR);

	REQUIRE_EQ(stream_attach(other, DMARING_POLICY_LATEST, 1, 1), 0);
	for (int round = 0; round < 50; round++) {
		for (uint32_t i = 0; i < DMARING_EXPORTS_MAX; i++)
			fds[i] = export_buffer(stream.fd, 0);
		CHECK_EQ(export_try(stream.fd, 0, O_RDWR), -ENOSPC);
		close(export_buffer(stream.fd, 1));
		close(export_buffer(other, 0));
		for (uint32_t i = 0; i < DMARING_EXPORTS_MAX; i++)
			close(fds[i]);
	}
	CHECK_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
}

TEST(no_descriptor_is_left)
{
	struct stream stream = attached_stream();
	struct rlimit limit = { .rlim_cur = 100, .rlim_max = 100 };
	int fds[100], count = 0;

	REQUIRE(!setrlimit(RLIMIT_NOFILE, &limit));
	while ((fds[count] = dup(0)) >= 0)
		count++;
	for (int i = 0; i < 50; i++)
		CHECK_EQ(export_try(stream.fd, 0, O_RDWR), -EMFILE);
	close(fds[0]);
	CHECK_EQ(export_buffer(stream.fd, 0), fds[0]);
}

/* --------------------------------------------------------------- it outlives its owner */

static int channel[2];

/* The owner's dma-buf goes to the test through a socket. */
static void send_dma_buf(uint8_t *map, size_t bytes)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int dma_buf = export_buffer(owner->fd, owner->frame.buffer);

	(void)map;
	(void)bytes;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &dma_buf, sizeof(int));
	REQUIRE_EQ(sendmsg(channel[1], &message, 0), 1);
}

static int receive_dma_buf(void)
{
	char control[CMSG_SPACE(sizeof(int))], byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int dma_buf;

	REQUIRE_EQ(recvmsg(channel[0], &message, MSG_CMSG_CLOEXEC), 1);
	REQUIRE(CMSG_FIRSTHDR(&message));
	memcpy(&dma_buf, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return dma_buf;
}

static int dma_buf_of_the_dead(void)
{
	int dma_buf;

	REQUIRE(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel));
	owner_start(send_dma_buf);
	dma_buf = receive_dma_buf();
	check_quarantine(0);
	owner_dies();
	check_quarantine(1);
	return dma_buf;
}

static void check_is_the_owners(const uint8_t *map)
{
	CHECK(!memcmp(map, owner->bytes, sizeof(owner->bytes)));
}

TEST(another_process_has_it_when_the_owner_dies)
{
	int dma_buf = dma_buf_of_the_dead();
	uint8_t *map = export_map(dma_buf, PROT_READ);

	next_captures(30);
	check_is_the_owners(map);
	/* It is not anybody's who attaches. */
	CHECK_EQ(export_try(attached_stream().fd, owner->frame.buffer, O_RDWR), -EBUSY);
	close(dma_buf);
	next_captures(3);
	check_quarantine(1);
	check_is_the_owners(map);
	REQUIRE(!munmap(map, sizeof(owner->bytes)));
	comes_back();
	check_quarantine(0);
}

TEST(a_driver_has_it_when_the_owner_dies)
{
	int vgem = vgem_open(), dma_buf = dma_buf_of_the_dead();

	REQUIRE(vgem_import(vgem, dma_buf) > 0);
	close(dma_buf);
	next_captures(10);
	check_quarantine(1);
	close(vgem);
	comes_back();
	check_quarantine(0);
}

/* Pages of it are in a pipe when it is closed, and its mapping gone. */
TEST(a_pipe_refers_to_a_mapping_of_it)
{
	int dma_buf = dma_buf_of_the_dead(), ends[2];
	uint8_t *map = export_map(dma_buf, PROT_READ), got[1 << 12];
	struct iovec page = { map, sizeof(got) };

	REQUIRE(!pipe2(ends, O_CLOEXEC));
	REQUIRE_EQ(vmsplice(ends[1], &page, 1, 0), sizeof(got));
	REQUIRE(!munmap(map, sizeof(owner->bytes)));
	close(dma_buf);
	check_quarantine(1);
	next_captures(3);
	REQUIRE_EQ(read(ends[0], got, sizeof(got)), sizeof(got));
	CHECK(!memcmp(got, owner->bytes, sizeof(got)));
	comes_back();
}

/* At once, not when it is looked at again by chance. */
TEST(it_comes_back_when_it_is_closed)
{
	int fd = stream_open(O_RDWR), soon = 0;

	/* A machine that has much else to do may be late. */
	for (int i = 0; i < 5 && !soon; i++) {
		int dma_buf = dma_buf_of_the_dead();
		long long start;

		sleep_ms(8000);		/* the next look is then seconds away */
		start = now_ns();
		close(dma_buf);
		while (stream_stats(fd).referenced)
			sleep_ms(1);
		printf("# it took %lld ms\n", (now_ns() - start) / MS);
		soon = now_ns() - start < 2000 * MS;
	}
	CHECK(soon);
}

/* Others have all buffers mapped: that one has a dma-buf is known nevertheless. */
TEST(its_consumer_detaches_beside_others)
{
	struct stream stream = capture_start(), other = attached_stream();
	const uint8_t *map;
	struct dmaring_frame frame;
	uint8_t *saved;
	int dma_buf;

	frame = capture_take(&stream);
	dma_buf = export_buffer(other.fd, frame.buffer);
	map = export_map(dma_buf, PROT_READ);
	saved = pages_map(stream.info.buffer_size, PROT_READ | PROT_WRITE);
	memcpy(saved, map, stream.info.buffer_size);
	CHECK_EQ(call(other.fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);	/* it has the frame */
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	for (uint32_t i = 0; i < 3 * stream.info.buffers; i++) {
		struct dmaring_frame next = capture_take(&stream);

		CHECK(next.buffer != frame.buffer);
		CHECK_EQ(stream_give(stream.fd, &next), 0);
	}
	CHECK_EQ(buffer_state(stream.fd, frame.buffer), DMARING_BUFFER_QUARANTINED);
	CHECK(!memcmp(saved, map, stream.info.buffer_size));
	/* Nor does it become its consumer's again. */
	REQUIRE_EQ(stream_attach(other.fd, DMARING_POLICY_LATEST, 1, 1), 0);
	CHECK_EQ(export_try(other.fd, frame.buffer, O_RDWR), -EBUSY);
	REQUIRE(!munmap((void *)map, stream.info.buffer_size));
	close(dma_buf);
	for (int seen = 0; !seen;) {
		struct dmaring_frame next = capture_take(&stream);

		seen = next.buffer == frame.buffer;
		CHECK_EQ(stream_give(stream.fd, &next), 0);
	}
}

/* What one wrote into a buffer that had come back is not the next one's. */
TEST(what_comes_back_is_erased_for_the_next_again)
{
	struct stream stream = capture_start(), other = attached_stream();
	struct dmaring_frame frame = capture_take(&stream);
	int dma_buf = export_buffer(other.fd, frame.buffer);
	uint64_t last = stream.info.buffer_size - 1;
	uint8_t *map = stream_map(stream.fd, frame.buffer, PROT_READ | PROT_WRITE);

	CHECK_EQ(call(other.fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	while (buffer_state(stream.fd, frame.buffer) != DMARING_BUFFER_QUARANTINED)
		capture_frames(&stream, 1);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	close(dma_buf);
	while (stream_stats(stream.fd).referenced)
		sleep_ms(1);
	map[last] = TAIL;
	REQUIRE(!munmap(map, stream.info.buffer_size));
	unmap_all(&stream);
	close(stream.fd);
	stream = attached_stream();
	CHECK_EQ(((uint8_t *)stream_map(stream.fd, frame.buffer, PROT_READ))[last], 0);
}

/* ------------------------------------------------------------------ the card goes */

TEST(it_stays_when_the_card_goes)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	int dma_buf = export_buffer(stream.fd, frame.buffer), vgem = vgem_open();
	uint8_t *map = export_map(dma_buf, PROT_READ | PROT_WRITE), *saved;
	uint64_t bytes = stream.info.buffer_size;

	saved = pages_map(bytes, PROT_READ | PROT_WRITE);
	memcpy(saved, map, bytes);
	REQUIRE(vgem_import(vgem, dma_buf) > 0);
	gone_unbind();
	CHECK_EQ(export_try(stream.fd, 0, O_RDWR), -ENODEV);
	unmap_all(&stream);
	close(stream.fd);
	CHECK(!memcmp(saved, map, bytes));
	REQUIRE(!madvise(map, bytes, MADV_DONTNEED));
	CHECK(!memcmp(saved, map, bytes));
	CHECK_EQ(export_sync(dma_buf, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW), 0);
	REQUIRE_EQ(card_bind(gone_address), 0);
	stream_prepare();
	stream = capture_start();
	capture_frames(&stream, 20);
	CHECK(!memcmp(saved, map, bytes));
	/* The last one that has it goes: gone_bind_again() finds the card as ever. */
	close(vgem);
}

/* ------------------------------------------------------------------------- fences */

/* Frames come, and none in that buffer.  A fence of vgem's lasts for 10 s. */
static void captures_without(const struct stream *stream, uint32_t index)
{
	for (uint32_t i = 0; i < 2 * stream->info.buffers; i++) {
		struct dmaring_frame frame = capture_take(stream);

		CHECK(frame.buffer != index);
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
	}
	CHECK_EQ(buffer_state(stream->fd, index), DMARING_BUFFER_QUARANTINED);
	CHECK_EQ(stream_stats(stream->fd).referenced, 1);
}

/* A frame comes in that buffer. */
static void captures_with(const struct stream *stream, uint32_t index)
{
	for (int seen = 0; !seen;) {
		struct dmaring_frame frame = capture_take(stream);

		seen = frame.buffer == index;
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
	}
}

/* Takes frames until one is in that buffer, and keeps that. */
static struct dmaring_frame take_in(const struct stream *stream, uint32_t index)
{
	for (;;) {
		struct dmaring_frame frame = capture_take(stream);

		if (frame.buffer == index)
			return frame;
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
	}
}

/* The next consumer of that file gets its frames in other buffers. */
static void next_is_kept_from(struct stream *stream, uint32_t index)
{
	REQUIRE_EQ(stream_attach(stream->fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	capture_map(stream);
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_START, NULL), 0);
	captures_without(stream, index);
	unmap_all(stream);
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_DETACH, NULL), 0);
}

static void fence_keeps_it(uint32_t flags)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	int vgem = vgem_open(), dma_buf = export_buffer(stream.fd, frame.buffer), handle;
	uint64_t last = stream.info.buffer_size - 1;
	uint8_t *map = export_map(dma_buf, PROT_READ | PROT_WRITE), *other;

	handle = vgem_import(vgem, dma_buf);
	REQUIRE(handle > 0);
	map[last] = TAIL;
	for (int round = 0; round < 3; round++) {
		uint32_t fence = vgem_fence(vgem, handle, flags);

		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		captures_without(&stream, frame.buffer);
		/* Its consumer may use it, and map it. */
		other = stream_map(stream.fd, frame.buffer, PROT_READ);
		CHECK_EQ(other[last], TAIL);
		CHECK_EQ(vgem_signal(vgem, fence), 0);
		frame = take_in(&stream, frame.buffer);
		CHECK_EQ(map[last], TAIL);	/* it was not erased */
	}
	/* Without a fence it goes to the card, as ever. */
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	captures_with(&stream, frame.buffer);
}

TEST(a_fence_of_who_reads_keeps_it_from_the_card)
{
	fence_keeps_it(0);
}

TEST(a_fence_of_who_writes_keeps_it_from_the_card)
{
	fence_keeps_it(VGEM_WRITES);
}

/* All of them wait for a fence; then they come back, whichever signals first. */
TEST(fences_on_all_buffers)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[MAPS_MAX], frame;
	uint32_t fences[MAPS_MAX], more[MAPS_MAX], buffers = stream.info.buffers;
	int vgem = vgem_open();

	capture_hold_all(&stream, frames);
	for (uint32_t i = 0; i < buffers; i++) {
		int dma_buf = export_buffer(stream.fd, frames[i].buffer);
		int handle = vgem_import(vgem, dma_buf);

		fences[i] = vgem_fence(vgem, handle, 0);
		more[i] = vgem_fence(vgem, handle, 0);
		CHECK_EQ(stream_give(stream.fd, &frames[i]), 0);
	}
	CHECK_EQ(stream_take(stream.fd, &frame, 1, 100 * MS), -ETIMEDOUT);
	CHECK_EQ(stream_stats(stream.fd).referenced, buffers);
	for (uint32_t i = buffers; i-- > 0;) {
		CHECK_EQ(vgem_signal(vgem, i % 2 ? fences[i] : more[i]), 0);
		CHECK_EQ(stream_take(stream.fd, &frame, 1, 10 * MS), -ETIMEDOUT);
		CHECK_EQ(vgem_signal(vgem, i % 2 ? more[i] : fences[i]), 0);
		frames[i] = capture_take(&stream);
	}
	CHECK_EQ(stream_stats(stream.fd).referenced, 0);
}

/* The consumer detaches: then the dma-buf keeps the buffer, and it is erased. */
TEST(who_detaches_leaves_a_fence)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	int vgem = vgem_open(), dma_buf = export_buffer(stream.fd, frame.buffer);
	uint64_t last = stream.info.buffer_size - 1;
	uint8_t *map = export_map(dma_buf, PROT_READ | PROT_WRITE);
	uint32_t fence;
	int handle = vgem_import(vgem, dma_buf);

	map[last] = TAIL;
	fence = vgem_fence(vgem, handle, 0);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	captures_without(&stream, frame.buffer);
	unmap_all(&stream);
	CHECK_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(vgem_signal(vgem, fence), 0);
	next_is_kept_from(&stream, frame.buffer);
	CHECK_EQ(map[last], TAIL);
	REQUIRE(!munmap(map, last + 1));
	close(dma_buf);
	close(vgem);
	while (stream_stats(stream.fd).referenced)
		sleep_ms(1);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(((uint8_t *)stream_map(stream.fd, frame.buffer, PROT_READ))[last], 0);
}

/* All dma-bufs of it are closed: it waits for the fence, and is erased for the next. */
TEST(a_fence_outlives_the_dma_buf)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	int vgem = vgem_open(), dma_buf = export_buffer(stream.fd, frame.buffer);
	int handle = vgem_import(vgem, dma_buf);
	uint64_t last = stream.info.buffer_size - 1;
	uint32_t fence = vgem_fence(vgem, handle, 0);
	uint8_t *map = stream_map(stream.fd, frame.buffer, PROT_READ | PROT_WRITE);

	map[last] = TAIL;
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	captures_without(&stream, frame.buffer);
	close(dma_buf);
	REQUIRE_EQ(vgem_close_handle(vgem, handle), 0);
	captures_without(&stream, frame.buffer);
	CHECK_EQ(map[last], TAIL);
	REQUIRE(!munmap(map, last + 1));
	unmap_all(&stream);
	CHECK_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
	/* The next one is there when it comes back. */
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(stream_stats(stream.fd).referenced, 1);
	CHECK_EQ(vgem_signal(vgem, fence), 0);
	while (stream_stats(stream.fd).referenced)
		sleep_ms(1);
	CHECK_EQ(((uint8_t *)stream_map(stream.fd, frame.buffer, PROT_READ))[last], 0);
}

/* The card goes, and everything else does, before the fence signals. */
TEST(a_fence_outlives_everything)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = capture_take(&stream);
	int vgem = vgem_open(), dma_buf = export_buffer(stream.fd, frame.buffer);
	uint32_t fence = vgem_fence(vgem, vgem_import(vgem, dma_buf), 0);

	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	captures_without(&stream, frame.buffer);
	gone_unbind();
	unmap_all(&stream);
	close(stream.fd);
	close(dma_buf);
	CHECK_EQ(vgem_signal(vgem, fence), 0);
	close(vgem);
}

int main(void)
{
	return tap_run(gone_prepare, gone_bind_again);
}
