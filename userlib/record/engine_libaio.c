// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine.h"

#include <errno.h>
#include <libaio.h>
#include <poll.h>
#include <stdlib.h>

#define EVENTS_MAX 64

/**
 * struct libaio - an engine
 * @context: the kernel's.
 * @iocbs:   what was added and not handed over; the kernel copies them.
 * @next:    pointers to these, as io_submit() wants them.
 * @added:   how many.
 */
struct libaio {
	io_context_t context;
	struct iocb *iocbs;
	struct iocb **next;
	unsigned int added;
};

static void libaio_end(void *self)
{
	struct libaio *libaio = self;

	if (libaio->context)
		io_destroy(libaio->context);
	free(libaio->iocbs);
	free(libaio->next);
	free(libaio);
}

static int libaio_begin(void **self, unsigned int jobs)
{
	struct libaio *libaio = calloc(1, sizeof(*libaio));
	int err = -ENOMEM;

	if (!libaio)
		return err;
	libaio->iocbs = calloc(jobs, sizeof(*libaio->iocbs));
	libaio->next = calloc(jobs, sizeof(struct iocb *));
	if (libaio->iocbs && libaio->next)
		err = io_setup(jobs, &libaio->context);
	if (err) {
		libaio_end(libaio);
		return err;
	}
	*self = libaio;
	return 0;
}

static void libaio_add(void *self, struct engine_job *job)
{
	struct libaio *libaio = self;
	struct iocb *iocb = &libaio->iocbs[libaio->added];

	switch (job->what) {
	case ENGINE_WRITE:
		io_prep_pwrite(iocb, job->file, (void *)job->from, job->bytes, job->at);
		break;
	case ENGINE_POLL:
		io_prep_poll(iocb, job->file, POLLIN);
		break;
	case ENGINE_SYNC:
		io_prep_fdsync(iocb, job->file);
		break;
	}
	iocb->data = job;
	libaio->next[libaio->added++] = iocb;
}

/* A job that the kernel does not take has ended; how many have. */
static int hand_over(struct libaio *libaio, struct engine_job **ended)
{
	unsigned int taken = 0, refused = 0;
	int err;

	while (taken < libaio->added) {
		err = io_submit(libaio->context, libaio->added - taken, libaio->next + taken);
		if (err > 0) {
			taken += err;
			continue;
		}
		ended[refused] = libaio->next[taken]->data;
		ended[refused++]->result = err ?: -EAGAIN;
		taken++;
	}
	libaio->added = 0;
	return refused;
}

static int libaio_wait(void *self, unsigned int least, uint64_t wait_ns,
		       struct engine_job **ended, unsigned int most)
{
	struct timespec timeout = { wait_ns / 1000000000, wait_ns % 1000000000 };
	struct io_event events[EVENTS_MAX];
	struct libaio *libaio = self;
	int refused = hand_over(libaio, ended), got;

	if (refused)
		return refused;
	if (most > EVENTS_MAX)
		most = EVENTS_MAX;
	got = io_getevents(libaio->context, least, most, events, &timeout);
	for (int i = 0; i < got; i++) {
		ended[i] = events[i].data;
		ended[i]->result = (long)events[i].res;
	}
	return got == -EINTR ? 0 : got;
}

const struct engine_ops engine_libaio = {
	.id = DMARING_RECORDER_LIBAIO,
	.begin = libaio_begin,
	.add = libaio_add,
	.wait = libaio_wait,
	.end = libaio_end,
};
