// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * An open stream.  Its frames keep it: a frame may be given back by whichever thread the
 * garbage collector runs in, which libdmaring allows, and long after the Stream is closed.
 */
#include "internal.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define NS_PER_US 1000LL
#define NS_PER_MS 1000000LL
#define NS_PER_S  1000000000LL

/* Grows in each child of fork(2), which has no mappings and must not touch a stream. */
static unsigned long generation;

static void after_fork_in_child(void)
{
	generation++;
}

int handle_prepare(void)
{
	if (!pthread_atfork(NULL, NULL, after_fork_in_child))
		return 0;
	PyErr_NoMemory();
	return -1;
}

bool handle_is_foreign(const struct handle *handle)
{
	return handle->generation != generation;
}

/* ---------------------------------------------------------------- open, close */

static PyObject *names_of_meta(const struct dmaring *stream, uint32_t count)
{
	PyObject *names = PyTuple_New(count);
	struct dmaring_meta field;
	uint32_t i;

	for (i = 0; names && i < count; i++)
		if (check(dmaring_get_meta(stream, i, &field)) ||
		    set_item(names, i, PyUnicode_FromString(field.name)))
			Py_CLEAR(names);
	return names;
}

static int fill(struct handle *handle)
{
	struct dmaring_info info;

	if (check(dmaring_get_info(handle->stream, &info)))
		return -1;
	handle->meta = names_of_meta(handle->stream, info.meta_fields);
	handle->layout = layout_new(&info.format, info.format_seq);
	handle->turn = PyThread_allocate_lock();
	if (!handle->turn)
		PyErr_NoMemory();
	return handle->meta && handle->layout && handle->turn ? 0 : -1;
}

struct handle *handle_open(const char *device, const struct dmaring_options *options)
{
	struct handle *handle = calloc(1, sizeof(*handle));
	int err;

	if (!handle) {
		PyErr_NoMemory();
		return NULL;
	}
	handle->references = 1;
	handle->generation = generation;
	Py_BEGIN_ALLOW_THREADS
	err = dmaring_open(device, options, &handle->stream);
	Py_END_ALLOW_THREADS
	if (!check(err) && !fill(handle))
		return handle;
	handle_put(handle);
	return NULL;
}

void handle_put(struct handle *handle)
{
	struct dmaring *stream = handle->stream;

	if (--handle->references)
		return;
	if (!handle_is_foreign(handle)) {
		Py_BEGIN_ALLOW_THREADS
		dmaring_close(stream);
		Py_END_ALLOW_THREADS
	}
	layout_put(handle->layout);
	Py_XDECREF(handle->meta);
	if (handle->turn)
		PyThread_free_lock(handle->turn);
	free(handle);
}

/* ----------------------------------------------------------------------- take */

/*
 * How this frame is an array.  The format cannot change while frames come: that which
 * the stream has is that of a frame of the same number.  Any other frame is bytes.
 */
struct layout *handle_layout(struct handle *handle, const struct dmaring_frame *frame)
{
	struct layout *layout = handle->layout;
	struct dmaring_info info;

	if (layout->format_seq == frame->format_seq)
		return layout;
	if (dmaring_get_info(handle->stream, &info))
		return NULL;
	layout = layout_new(&info.format, info.format_seq);
	if (!layout) {
		PyErr_Clear();
		return NULL;
	}
	layout_put(handle->layout);
	handle->layout = layout;
	return layout->format_seq == frame->format_seq ? layout : NULL;
}

static void account(struct handle *handle, const struct dmaring_frame *frame,
		    struct dmaring_loss *loss)
{
	*loss = (struct dmaring_loss){ 0 };
	if (handle->has_last)
		dmaring_loss_between(&handle->last, frame, loss);
	handle->last = *frame;
	handle->has_last = true;
}

/* Without waiting, and so with the GIL; -EAGAIN also if others wait for the next one. */
int handle_take_now(struct handle *handle, struct dmaring_frame *frame,
		    struct dmaring_loss *loss)
{
	int err;

	if (handle->waiting)
		return -EAGAIN;
	err = dmaring_next(handle->stream, frame, 0);
	if (!err)
		account(handle, frame, loss);
	return err;
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* What is left until then, of a unit, rounded up; -1: for ever */
static int64_t left(int64_t until_ns, int64_t unit)
{
	int64_t ns = until_ns - now_ns();

	if (until_ns == INT64_MAX)
		return -1;
	return ns <= 0 ? 0 : (ns + unit - 1) / unit;
}

/* 0; -ETIMEDOUT; or an exception is set. */
static int take_turn(struct handle *handle, int64_t until_ns)
{
	PyLockStatus status;

	do {
		int64_t us = left(until_ns, NS_PER_US);

		Py_BEGIN_ALLOW_THREADS
		status = PyThread_acquire_lock_timed(handle->turn, us, 1);
		Py_END_ALLOW_THREADS
		if (status == PY_LOCK_INTR && PyErr_CheckSignals())
			return -EINTR;
	} while (status == PY_LOCK_INTR);
	return status == PY_LOCK_ACQUIRED ? 0 : -ETIMEDOUT;
}

static int wait_for_one(struct handle *handle, struct dmaring_frame *frame, int64_t until_ns)
{
	int err;

	do {
		int64_t ms = left(until_ns, NS_PER_MS);

		Py_BEGIN_ALLOW_THREADS
		err = dmaring_next(handle->stream, frame, ms < INT_MAX ? (int)ms : INT_MAX);
		Py_END_ALLOW_THREADS
	} while (err == -EINTR && !PyErr_CheckSignals());
	return err == -EAGAIN ? -ETIMEDOUT : err;
}

/* Negative: for ever.  What the library returns; an exception may be set. */
int handle_take(struct handle *handle, struct dmaring_frame *frame,
		struct dmaring_loss *loss, int64_t timeout_ns)
{
	int64_t until_ns = INT64_MAX;
	int err = handle_take_now(handle, frame, loss);

	if (err != -EAGAIN || !timeout_ns)
		return err;
	if (timeout_ns > 0 && timeout_ns < INT64_MAX - now_ns())
		until_ns = now_ns() + timeout_ns;
	/* Meanwhile the Stream can be closed, by another thread. */
	handle->references++;
	err = take_turn(handle, until_ns);
	if (!err) {
		handle->waiting = true;
		err = wait_for_one(handle, frame, until_ns);
		handle->waiting = false;
		if (!err)
			account(handle, frame, loss);
		PyThread_release_lock(handle->turn);
	}
	handle_put(handle);
	return err;
}
