// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One system call hands over what was added and waits.  Without SINGLE_ISSUER, because a
 * recorder may go from thread to thread.
 */
#include "engine.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>

/* The kernel writes no more at a time; the caller writes the rest. */
#define WRITE_MAX 0x7ffff000U

/**
 * struct uring - an engine
 * @ring: liburing's.
 * @busy: jobs that were added and not told of.
 * @ends: jobs that are ended stay so.
 */
struct uring {
	struct io_uring ring;
	unsigned int busy;
	bool ends;
};

static int uring_begin(void **self, unsigned int jobs)
{
	struct uring *uring = calloc(1, sizeof(*uring));
	int err;

	if (!uring)
		return -ENOMEM;
	/*
	 * Nobody is interrupted when a job ends: we ask for it.  One place more, for what
	 * ends others.
	 */
	err = io_uring_queue_init(jobs + 1, &uring->ring, IORING_SETUP_COOP_TASKRUN);
	if (err == -EINVAL)
		err = io_uring_queue_init(jobs + 1, &uring->ring, 0);
	if (err) {
		free(uring);
		return err;
	}
	*self = uring;
	return 0;
}

static void uring_add(void *self, struct engine_job *job)
{
	struct uring *uring = self;
	/* Not more are busy than the ring has places. */
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);

	switch (job->what) {
	case ENGINE_WRITE:
		io_uring_prep_write(sqe, job->file, job->from,
				    job->bytes < WRITE_MAX ? job->bytes : WRITE_MAX, job->at);
		break;
	case ENGINE_POLL:
		io_uring_prep_poll_add(sqe, job->file, POLLIN);
		break;
	case ENGINE_SYNC:
		io_uring_prep_fsync(sqe, job->file, IORING_FSYNC_DATASYNC);
		break;
	}
	io_uring_sqe_set_data(sqe, job);
	uring->busy++;
}

static int reap(struct uring *uring, struct engine_job **ended, unsigned int most)
{
	struct io_uring_cqe *cqe;
	unsigned int got = 0;

	while (got < most && !io_uring_peek_cqe(&uring->ring, &cqe)) {
		struct engine_job *job = io_uring_cqe_get_data(cqe);

		int result = cqe->res;

		io_uring_cqe_seen(&uring->ring, cqe);
		if (!job)
			continue;
		uring->busy--;
		/* The thread that began it has gone, and the kernel ends what it did. */
		if (result == -ECANCELED && !uring->ends) {
			uring_add(uring, job);
			continue;
		}
		job->result = result;
		ended[got++] = job;
	}
	return got;
}

static int uring_wait(void *self, unsigned int least, uint64_t wait_ns,
		      struct engine_job **ended, unsigned int most)
{
	struct __kernel_timespec timeout = { wait_ns / 1000000000, wait_ns % 1000000000 };
	struct uring *uring = self;
	struct io_uring_cqe *cqe;
	int err;

	if (least && wait_ns)
		err = io_uring_submit_and_wait_timeout(&uring->ring, &cqe, least, &timeout, NULL);
	else
		err = io_uring_submit_and_get_events(&uring->ring);
	/* Of what cannot be handed over now the next wait tells. */
	if (err < 0 && err != -ETIME && err != -EINTR && err != -EAGAIN && err != -EBUSY)
		return err;
	return reap(uring, ended, most);
}

static void cancel(struct uring *uring)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);

	if (!sqe)
		return;	/* those before it still wait to be handed over */
	io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
	io_uring_sqe_set_data(sqe, NULL);
}

/* What waits for a frame is ended; what the disk has begun ends by itself. */
static void uring_end(void *self)
{
	struct uring *uring = self;
	struct engine_job *ended;

	uring->ends = true;
	while (uring->busy) {
		cancel(uring);
		if (uring_wait(uring, 1, 1000000000, &ended, 1) < 0)
			break;
	}
	io_uring_queue_exit(&uring->ring);
	free(uring);
}

const struct engine_ops engine_io_uring = {
	.id = DMARING_RECORDER_IO_URING,
	.begin = uring_begin,
	.add = uring_add,
	.wait = uring_wait,
	.end = uring_end,
};
