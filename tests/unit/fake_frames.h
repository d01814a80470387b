/* SPDX-License-Identifier: MIT */
/* Frames of the fake stream that are to be recorded, in a folder of the test's own.
 * Include it first.
 */
#ifndef FAKE_FRAMES_H
#define FAKE_FRAMES_H

#include "fake_kernel.h"

#include <sys/eventfd.h>
#include "scratch.h"

#define FRAMES	10

/* The buffer has what the frame's number says. */
static void fake_fill(const struct dmaring_frame *frame)
{
	memset(fake.buffers[frame->buffer], (int)frame->sequence, frame->bytes_used);
}

/* FRAMES of them, with numbers from @first on. */
static void fake_offer(uint64_t first)
{
	fake.delivered = 0;
	fake.release_count = 0;
	for (uint32_t i = 0; i < FRAMES; i++)
		fake.frames[i] = (struct dmaring_frame){
			.cookie = first + i + 1,
			.sequence = first + i,
			.timestamp_ns = 1000 * (first + i),
			.buffer = i % FAKE_BUFFERS,
			.bytes_used = 128,
		};
	fake.frame_count = FRAMES;
}

/* For tap_run().  What asynchronous I/O waits for is a file that has always something. */
static void fake_frames_prepare(void)
{
	scratch_make();
	REQUIRE(!chdir(scratch));
	fake_reset();
	fake.info.caps |= DMARING_CAP_DIRECT_IO;
	fake.info.viewer_buffers = 0;
	fake.on_deliver = fake_fill;
	REQUIRE(dup2(eventfd(1, 0), FAKE_FD) == FAKE_FD);
	fake_offer(0);
}

#endif /* FAKE_FRAMES_H */
