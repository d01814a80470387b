/* SPDX-License-Identifier: MIT */
/*
 * A process that captures a frame and lets somebody refer to it who outlives it, and what
 * the next consumer sees of that.  Tests prepare with gone_prepare().
 */
#ifndef OWNER_H
#define OWNER_H

#include <signal.h>
#include <sys/wait.h>
#include "gone.h"
#include "stream.h"

/**
 * struct owner - a process that captures a frame and lets somebody refer to it
 * @pid:   of it; it waits for its end.
 * @fd:    its stream, there.
 * @frame: what it has.
 * @bytes: of that frame, all of the buffer.
 */
struct owner {
	pid_t pid;
	int fd;
	struct dmaring_frame frame;
	uint8_t bytes[1 << 16];
};

static struct owner *owner;	/* shared with it */

static inline void owner_start(void (*refer)(uint8_t *map, size_t bytes))
{
	char byte;
	int ends[2];
	pid_t pid;

	owner = mmap(NULL, sizeof(*owner), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		     -1, 0);
	REQUIRE(owner != MAP_FAILED);
	REQUIRE(!pipe2(ends, O_CLOEXEC));
	pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		struct stream stream = capture_start();
		uint64_t bytes = stream.info.buffer_stride;
		uint8_t *map;

		owner->fd = stream.fd;
		owner->frame = capture_take(&stream);
		map = stream_map(stream.fd, owner->frame.buffer, PROT_READ | PROT_WRITE);
		/* Behind the frame, too, it is the owner's. */
		memset(map + stream.info.format.frame_bytes, 0x5a,
		       bytes - stream.info.format.frame_bytes);
		memcpy(owner->bytes, map, bytes);
		refer(map, bytes);
		(void)!write(ends[1], "r", 1);
		pause();
		_exit(0);
	}
	REQUIRE_EQ(read(ends[0], &byte, 1), 1);
	owner->pid = pid;
}

/* It dies, and is no consumer any more. */
static inline void owner_dies(void)
{
	int fd = stream_open(O_RDWR);

	REQUIRE(!kill(owner->pid, SIGKILL));
	REQUIRE_EQ(waitpid(owner->pid, NULL, 0), owner->pid);
	while (stream_info(fd).consumers)
		sleep_ms(1);
	close(fd);
}

static inline void check_quarantine(uint32_t buffers)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_stats stats = stream_stats(fd);
	struct dmaring_buffer buffer = buffer_argument(owner->frame.buffer);

	CHECK_EQ(stats.quarantined, buffers);
	CHECK_EQ(stats.referenced, buffers);
	REQUIRE_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), 0);
	CHECK_EQ(buffer.state == DMARING_BUFFER_QUARANTINED, buffers > 0);
	CHECK_EQ(!!(buffer.flags & DMARING_BUFFER_REFERENCED), buffers > 0);
	close(fd);
}

/* The next one gets all its frames, in other buffers. */
static inline void next_captures(int frames)
{
	struct stream stream = capture_start();

	while (frames--) {
		struct dmaring_frame frame = capture_take(&stream);

		CHECK(frame.buffer != owner->frame.buffer);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	/* It has mapped all of them, but this one. */
	CHECK_EQ(gone_touch(stream.map[owner->frame.buffer]), -EFAULT);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		munmap((void *)stream.map[i], stream.info.buffer_stride);
	close(stream.fd);
}

/* While somebody has mapped all buffers, it comes back, without a trace of before. */
static inline void comes_back(void)
{
	struct stream stream = capture_start();

	while (stream_stats(stream.fd).referenced)
		capture_frames(&stream, 1);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
	for (int seen = 0; !seen;) {
		struct dmaring_frame frame = capture_take(&stream);

		seen = frame.buffer == owner->frame.buffer;
		for (uint64_t at = frame.bytes_used; seen && at < stream.info.buffer_size; at++)
			if (!CHECK_EQ(stream.map[frame.buffer][at], 0))
				break;
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
}

#endif /* OWNER_H */
