// SPDX-License-Identifier: LGPL-2.1-or-later
#include "engine.h"

#include <errno.h>
#include <string.h>

/* The one that costs less first; see tests/bench/record.py. */
static const struct engine_ops *const engines[] = { &engine_libaio, &engine_io_uring };
static const int count = sizeof(engines) / sizeof(*engines);

static int complain(const struct engine_ops *ops, int err)
{
	if (ops == &engine_libaio)
		return record_error(-err, "no asynchronous I/O (%s): raise fs.aio-max-nr",
				    strerror(-err));
	return record_error(-err, "no io_uring (%s): look at kernel.io_uring_disabled, or record with libaio",
			    strerror(-err));
}

int engine_begin(struct engine *engine, enum dmaring_recorder_engine wanted,
		 unsigned int jobs)
{
	int err, first_err = 0;

	for (int i = 0; i < count; i++) {
		if (wanted != DMARING_RECORDER_AUTO && engines[i]->id != wanted)
			continue;
		err = engines[i]->begin(&engine->self, jobs);
		if (!err) {
			engine->ops = engines[i];
			return 0;
		}
		first_err = first_err ?: complain(engines[i], err);
	}
	return first_err;
}

void engine_end(struct engine *engine)
{
	if (engine->ops)
		engine->ops->end(engine->self);
	engine->ops = NULL;
}

static void add(struct engine *engine, struct engine_job *job, enum engine_what what, int file)
{
	job->what = what;
	job->file = file;
	job->busy = true;
	engine->ops->add(engine->self, job);
}

void engine_write(struct engine *engine, struct engine_job *job, int file,
		  const void *from, size_t bytes, uint64_t at)
{
	job->from = from;
	job->bytes = bytes;
	job->at = at;
	add(engine, job, ENGINE_WRITE, file);
}

void engine_poll(struct engine *engine, struct engine_job *job, int file)
{
	add(engine, job, ENGINE_POLL, file);
}

void engine_sync(struct engine *engine, struct engine_job *job, int file)
{
	add(engine, job, ENGINE_SYNC, file);
}

int engine_wait(struct engine *engine, unsigned int least, uint64_t wait_ns,
		struct engine_job **ended, unsigned int most)
{
	int got = engine->ops->wait(engine->self, least, wait_ns, ended, most);

	for (int i = 0; i < got; i++)
		ended[i]->busy = false;
	if (got < 0)
		record_error(-got, "asynchronous I/O failed: %s", strerror(-got));
	return got;
}
