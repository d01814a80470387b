// SPDX-License-Identifier: LGPL-2.1-or-later
#include "held.h"

#include <errno.h>
#include <unistd.h>

/* No frame of that length, or the stream goes the other way: one test for both. */
static inline bool is_bad_length(const struct dmaring *stream, uint32_t bytes)
{
	return bytes - 1 >= stream->most_bytes;
}

static SLOW int bad_length(const struct dmaring *stream)
{
	return error_set(stream->device, DMARING_IOC_SUBMIT,
			 stream->most_bytes ? EINVAL : EOPNOTSUPP);
}

static SLOW int not_held(const struct dmaring *stream,
			 const struct dmaring_frame *frame)
{
	return error_set(stream->device, DMARING_IOC_SUBMIT,
			 frame->buffer < stream->mapped ? ESTALE : EINVAL);
}

int dmaring_get_batch(struct dmaring *stream, struct dmaring_frame *frames,
		      unsigned int count, int timeout_ms)
{
	if (!stream->most_bytes)
		return bad_length(stream);
	return dmaring_next_batch(stream, frames, count, timeout_ms);
}

/* ------------------------------------------------------------------------ put */

/* Through the kernel, in parts of what SUBMIT takes at a time. */
static SLOW int submit_by_ioctl(struct dmaring *stream,
				const struct dmaring_frame *frames,
				uint32_t count)
{
	struct dmaring_filled filled[DMARING_SUBMIT_MAX];
	struct dmaring_submit submit = {
		.size = sizeof(submit),
		.frames = (uintptr_t)filled,
	};
	uint32_t i;
	int err = 0;

	for (; count && !err; count -= submit.count, frames += submit.count) {
		submit.count = count < DMARING_SUBMIT_MAX ? count :
							    DMARING_SUBMIT_MAX;
		for (i = 0; i < submit.count; i++)
			filled[i] = (struct dmaring_filled){
				.cookie = frames[i].cookie,
				.bytes = frames[i].bytes_used,
			};
		err = ioctl_stream(stream, DMARING_IOC_SUBMIT, &submit);
	}
	return err;
}

/* The kernel wants to be told, or the card is gone, or there is no ring. */
static SLOW int slow_put(struct dmaring *stream,
			 const struct dmaring_frame *frames, uint32_t count)
{
	if (!stream->ring_bytes)
		return submit_by_ioctl(stream, frames, count);
	if (ring_flags(stream) & DMARING_RING_GONE)
		return error_set(stream->device, DMARING_IOC_SUBMIT, ENODEV);
	return ioctl_stream(stream, DMARING_IOC_KICK, NULL);
}

int dmaring_put(struct dmaring *stream, const struct dmaring_frame *frame)
{
	uint32_t bytes = frame->bytes_used;
	struct dmaring_ring_header *ring;
	__u64 cookie;

	if (is_bad_length(stream, bytes))
		return bad_length(stream);
	if (!forget(stream, frame, &cookie))
		return not_held(stream, frame);
	ring = stream->ring;
	if (ring_submit(stream, ring, ring_claim(ring, 1), cookie, bytes))
		return slow_put(stream, frame, 1);
	return 0;
}

/* All or nothing. */
static int check_and_forget(struct dmaring *stream,
			    const struct dmaring_frame *frames,
			    unsigned int count)
{
	const struct dmaring_frame *bad;
	unsigned int i;

	for (i = 0; i < count; i++)
		if (is_bad_length(stream, frames[i].bytes_used))
			return bad_length(stream);
	bad = forget_all(stream, frames, count);
	return bad ? not_held(stream, bad) : 0;
}

int dmaring_put_batch(struct dmaring *stream, const struct dmaring_frame *frames,
		      unsigned int count)
{
	int err = check_and_forget(stream, frames, count);
	struct dmaring_ring_header *ring = stream->ring;
	bool told = false;
	unsigned int i;
	uint32_t at;

	if (err || !count)
		return err;
	if (!stream->ring_bytes)
		return submit_by_ioctl(stream, frames, count);
	at = ring_claim(ring, count);
	/* Each may make the kernel wait for the next: the last flags count. */
	for (i = 0; i < count; i++)
		told = ring_submit(stream, ring, at + i, frames[i].cookie,
				   frames[i].bytes_used);
	return told ? slow_put(stream, frames, count) : 0;
}

/* -------------------------------------------------------------------- the rest */

void *dmaring_data_rw(const struct dmaring *stream,
		      const struct dmaring_frame *frame)
{
	if (!stream->most_bytes || frame->buffer >= stream->mapped)
		return NULL;
	return stream->maps[frame->buffer].address;
}

int dmaring_drain(struct dmaring *stream)
{
	if (!stream->most_bytes)
		return bad_length(stream);
	return fsync(stream->fd) < 0 ?
	       error_set(stream->device, STEP_DRAIN, errno) : 0;
}
