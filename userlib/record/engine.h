/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What makes the kernel do jobs for us, several at a time, and tells which have ended:
 * libaio, or io_uring.  Jobs wait until engine_wait() hands them over together.
 *
 * A job belongs to its caller, and is the engine's from engine_write() and its like until
 * engine_wait() has told of it.
 */
#ifndef RECORD_ENGINE_H
#define RECORD_ENGINE_H

#include "internal.h"

#include <stdbool.h>
#include <stddef.h>

/**
 * struct engine_job - something that the kernel does for us
 * @what:   write @bytes from @from at @at, wait until @file can be read, or make safe what
 *          was written.
 * @file:   its descriptor.
 * @busy:   it was begun and has not ended.
 * @result: when it has ended: bytes, events of poll(2), 0, or a negative errno.
 */
struct engine_job {
	enum engine_what { ENGINE_WRITE, ENGINE_POLL, ENGINE_SYNC } what;
	int file;
	const void *from;
	size_t bytes;
	uint64_t at;
	bool busy;
	long result;
};

/**
 * struct engine_ops - one way to do that
 * @begin: for @jobs at a time; a negative errno.
 * @add:   there is room for it, because no more than that are busy.
 * @wait:  hands over what was added, and waits for at least @least (0 or 1) to end, not
 *         longer than @wait_ns.  It puts them into @ended, where there is room for all
 *         jobs (@most), and returns how many; a negative errno: of nothing can be told
 *         any more.
 * @end:   waits for what the kernel still does; frees it.
 */
struct engine_ops {
	enum dmaring_recorder_engine id;
	int (*begin)(void **self, unsigned int jobs);
	void (*add)(void *self, struct engine_job *job);
	int (*wait)(void *self, unsigned int least, uint64_t wait_ns,
		    struct engine_job **ended, unsigned int most);
	void (*end)(void *self);
};

extern const struct engine_ops engine_libaio, engine_io_uring;

/** struct engine - one of them; @ops is NULL before it is begun, and when it has ended */
struct engine {
	const struct engine_ops *ops;
	void *self;
};

/* DMARING_RECORDER_AUTO: the first that the system has.  It says why it failed. */
int engine_begin(struct engine *engine, enum dmaring_recorder_engine wanted,
		 unsigned int jobs);
void engine_end(struct engine *engine);

void engine_write(struct engine *engine, struct engine_job *job, int file,
		  const void *from, size_t bytes, uint64_t at);
void engine_poll(struct engine *engine, struct engine_job *job, int file);
void engine_sync(struct engine *engine, struct engine_job *job, int file);

/* As ops->wait(), of which it says why it failed. */
int engine_wait(struct engine *engine, unsigned int least, uint64_t wait_ns,
		struct engine_job **ended, unsigned int most);

#endif /* RECORD_ENGINE_H */
