// SPDX-License-Identifier: LGPL-2.1-or-later
#include "held.h"

#include <errno.h>

#define NS_PER_MS 1000000LL

static SLOW int not_held(struct dmaring *stream, const struct dmaring_frame *frame)
{
	return error_set(stream->device, DMARING_IOC_RELEASE,
			 frame->buffer < stream->mapped ? ESTALE : EINVAL);
}

/* ---------------------------------------------------------------------- take */

/* Wait in the kernel and take there; frames taken, or -errno. */
static int dequeue(struct dmaring *stream, struct dmaring_frame *frames,
		   uint32_t count, int timeout_ms)
{
	struct dmaring_dequeue dequeue = {
		.size = sizeof(dequeue),
		.frames = (uintptr_t)frames,
		.count = count,
		.timeout_ns = timeout_ms < 0 ? -1 : timeout_ms * NS_PER_MS,
	};
	int err = ioctl_stream(stream, DMARING_IOC_DEQUEUE, &dequeue);

	return err ? err : (int)dequeue.count;
}

static SLOW int nothing_waits(struct dmaring *stream)
{
	return error_set(stream->device, DMARING_IOC_DEQUEUE, EAGAIN);
}

/* Another thread was faster; or the ring is empty, or there is none, or the kernel
 * has something to say.
 */
static SLOW int slow_next(struct dmaring *stream, struct dmaring_frame *frame,
			  int timeout_ms)
{
	int taken = (int)ring_take(stream, frame, 1);

	if (!taken && !timeout_ms && !(ring_flags(stream) & RING_TROUBLE))
		return nothing_waits(stream);
	if (!taken)
		taken = dequeue(stream, frame, 1, timeout_ms);
	if (taken < 0)
		return taken;
	remember(stream, frame);
	return 0;
}

int dmaring_next(struct dmaring *stream, struct dmaring_frame *frame,
		 int timeout_ms)
{
	if (!ring_try_take_one(stream, frame))
		return slow_next(stream, frame, timeout_ms);
	remember(stream, frame);
	return 0;
}

static SLOW int wrong_way(const struct dmaring *stream)
{
	return error_set(stream->device, DMARING_IOC_SUBMIT, EOPNOTSUPP);
}

/* The same, but for this test. */
int dmaring_get(struct dmaring *stream, struct dmaring_frame *frame,
		int timeout_ms)
{
	if (!stream->most_bytes)
		return wrong_way(stream);
	if (!ring_try_take_one(stream, frame))
		return slow_next(stream, frame, timeout_ms);
	remember(stream, frame);
	return 0;
}

int dmaring_next_batch(struct dmaring *stream, struct dmaring_frame *frames,
		       unsigned int count, int timeout_ms)
{
	int taken = (int)ring_take(stream, frames, count);
	int i;

	if (!taken && !timeout_ms && !(ring_flags(stream) & RING_TROUBLE))
		return nothing_waits(stream);
	if (!taken)
		taken = dequeue(stream, frames, count, timeout_ms);
#pragma GCC unroll 4
	for (i = 0; i < taken; i++)
		remember(stream, &frames[i]);
	return taken;
}

/* ------------------------------------------------------------------- release */

/* Through the kernel, in parts of what RELEASE takes at a time. */
static SLOW int release_by_ioctl(struct dmaring *stream, const __u64 *cookies,
				 uint32_t count)
{
	struct dmaring_release release = {
		.size = sizeof(release),
		.cookies = (uintptr_t)cookies,
		.count = count,
	};

	return ioctl_stream(stream, DMARING_IOC_RELEASE, &release);
}

/* The kernel wants to be told, or the card is gone. */
static SLOW int slow_release(struct dmaring *stream, __u64 cookie)
{
	if (!stream->ring_bytes)
		return release_by_ioctl(stream, &cookie, 1);
	if (ring_flags(stream) & DMARING_RING_GONE)
		return error_set(stream->device, DMARING_IOC_RELEASE, ENODEV);
	return ioctl_stream(stream, DMARING_IOC_KICK, NULL);
}

/* An empty buffer: what is put into the ring of a producer is sent. */
static SLOW int release_apart(struct dmaring *stream,
			      const struct dmaring_frame *frame)
{
	__u64 cookie;

	if (!stream->most_bytes || !forget(stream, frame, &cookie))
		return not_held(stream, frame);
	return release_by_ioctl(stream, &cookie, 1);
}

int dmaring_release(struct dmaring *stream, const struct dmaring_frame *frame)
{
	struct dmaring_ring_header *ring;
	__u64 cookie;

	if (!forget_below(stream, stream->in_ring, frame, &cookie))
		return release_apart(stream, frame);
	ring = stream->ring;
	if (ring_put_last(stream, ring, ring_claim(ring, 1), cookie))
		return slow_release(stream, cookie);
	return 0;
}

static int release_through_ring(struct dmaring *stream,
				const struct dmaring_frame *frames,
				unsigned int count)
{
	struct dmaring_ring_header *ring = stream->ring;
	uint32_t at = ring_claim(ring, count), rest = count - 1;

	ring_put_first(stream, at, frames, rest);
	if (ring_put_last(stream, ring, at + rest, frames[rest].cookie))
		return slow_release(stream, 0);
	return 0;
}

int dmaring_release_batch(struct dmaring *stream,
			  const struct dmaring_frame *frames, unsigned int count)
{
	__u64 cookies[DMARING_RELEASE_MAX];
	const struct dmaring_frame *bad = forget_all(stream, frames, count);
	int err = bad ? not_held(stream, bad) : 0;
	unsigned int i, n;

	if (!err && count && stream->ring_bytes && !stream->most_bytes)
		return release_through_ring(stream, frames, count);
	for (; !err && count; count -= n, frames += n) {
		n = count < DMARING_RELEASE_MAX ? count : DMARING_RELEASE_MAX;
		for (i = 0; i < n; i++)
			cookies[i] = frames[i].cookie;
		err = release_by_ioctl(stream, cookies, n);
	}
	return err;
}

/* ---------------------------------------------------------------------- look */

const void *dmaring_data(const struct dmaring *stream,
			 const struct dmaring_frame *frame)
{
	if (frame->buffer >= stream->mapped)
		return NULL;
	return stream->maps[frame->buffer].address;
}

void *dmaring_headroom(const struct dmaring *stream,
		       const struct dmaring_frame *frame, size_t bytes)
{
	if (frame->buffer >= stream->mapped || bytes > stream->headroom)
		return NULL;
	return (char *)stream->maps[frame->buffer].address - bytes;
}

void dmaring_loss_between(const struct dmaring_frame *before,
			  const struct dmaring_frame *after,
			  struct dmaring_loss *loss)
{
	uint64_t distance = after->sequence - before->sequence;
	uint64_t overruns = after->overruns_total - before->overruns_total;

	*loss = (struct dmaring_loss){ 0 };
	if (distance == 0 || distance > INT64_MAX)
		return;		/* not taken in this order: no frame between */
	loss->overruns = overruns;
	if (distance - 1 > overruns)
		loss->drops = distance - 1 - overruns;
}
