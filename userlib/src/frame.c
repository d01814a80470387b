// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

#define NS_PER_MS 1000000LL

int dmaring_next(struct dmaring *stream, struct dmaring_frame *frame,
		 int timeout_ms)
{
	/* The caller's must stay untouched on failure, and the kernel may write
	 * a descriptor before it finds that it cannot deliver it.
	 */
	struct dmaring_frame taken;
	struct dmaring_dequeue dequeue = {
		.size = sizeof(dequeue),
		.frames = (uintptr_t)&taken,
		.count = 1,
		.timeout_ns = timeout_ms < 0 ? -1 : timeout_ms * NS_PER_MS,
	};
	int err = dmaring_command(stream, DMARING_IOC_DEQUEUE, &dequeue);

	if (!err)
		*frame = taken;
	return err;
}

int dmaring_release(struct dmaring *stream, const struct dmaring_frame *frame)
{
	struct dmaring_release release = {
		.size = sizeof(release),
		.cookies = (uintptr_t)&frame->cookie,
		.count = 1,
	};

	return dmaring_command(stream, DMARING_IOC_RELEASE, &release);
}

const void *dmaring_data(const struct dmaring *stream,
			 const struct dmaring_frame *frame)
{
	if (frame->buffer >= stream->mapped)
		return NULL;
	return stream->maps[frame->buffer].address;
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
