/* SPDX-License-Identifier: MIT */
/*
 * To wait for readiness by the asynchronous interfaces, without their libraries,
 * which a test machine would need just for this.
 */
#ifndef ASYNC_H
#define ASYNC_H

#include <errno.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "tap.h"

#define ASYNC_ENTRIES	8

static inline struct timespec async_time(int ms)
{
	return (struct timespec) { ms / 1000, ms % 1000 * 1000000L };
}

/* --------------------------------------------------------------------- libaio */

struct aio {
	aio_context_t context;
};

static inline struct aio aio_create(void)
{
	struct aio created = { 0 };

	REQUIRE(!syscall(SYS_io_setup, ASYNC_ENTRIES, &created.context));
	return created;
}

/* Asks to be told once when the file can be read. */
static inline void aio_poll(const struct aio *on, int fd)
{
	struct iocb request = {
		.aio_lio_opcode = IOCB_CMD_POLL,
		.aio_fildes = fd,
		.aio_buf = POLLIN,
	}, *requests[] = { &request };

	REQUIRE_EQ(syscall(SYS_io_submit, on->context, 1, requests), 1);
}

/* What happened, or 0 if nothing did in time. */
static inline int aio_wait(const struct aio *on, int timeout_ms)
{
	struct timespec timeout = async_time(timeout_ms);
	struct io_event event;

	if (syscall(SYS_io_getevents, on->context, 1, 1, &event, &timeout) != 1)
		return 0;
	return event.res;
}

/* ------------------------------------------------------------------- io_uring */

struct uring {
	int fd;
	struct io_uring_params params;
	char *rings;	/* of submissions and of completions */
	struct io_uring_sqe *submissions;
};

static inline uint32_t *uring_word(const struct uring *on, uint32_t offset)
{
	return (uint32_t *)(on->rings + offset);
}

/* Skips the test where there is none. */
static inline struct uring uring_create(void)
{
	struct uring created = { 0 };
	struct io_uring_params *params = &created.params;
	size_t bytes;

	created.fd = syscall(SYS_io_uring_setup, ASYNC_ENTRIES, params);
	if (created.fd < 0)
		SKIP("no io_uring: %s", strerror(errno));
	REQUIRE(params->features & IORING_FEAT_SINGLE_MMAP);
	bytes = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
	created.rings = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, created.fd,
			     IORING_OFF_SQ_RING);
	created.submissions = mmap(NULL, params->sq_entries * sizeof(*created.submissions),
				   PROT_READ | PROT_WRITE, MAP_SHARED, created.fd,
				   IORING_OFF_SQES);
	REQUIRE((void *)created.rings != MAP_FAILED);
	REQUIRE((void *)created.submissions != MAP_FAILED);
	return created;
}

static inline void uring_submit(const struct uring *on, const struct io_uring_sqe *submission)
{
	uint32_t *tail = uring_word(on, on->params.sq_off.tail);
	uint32_t slot = *tail & (on->params.sq_entries - 1);

	on->submissions[slot] = *submission;
	uring_word(on, on->params.sq_off.array)[slot] = slot;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	REQUIRE_EQ(syscall(SYS_io_uring_enter, on->fd, 1, 0, 0, NULL, 0), 1);
}

static inline void uring_poll(const struct uring *on, int fd)
{
	const struct io_uring_sqe submission = {
		.opcode = IORING_OP_POLL_ADD,
		.fd = fd,
		.poll32_events = POLLIN,
	};

	uring_submit(on, &submission);
}

/*
 * IORING_OP_READ or IORING_OP_WRITE, at the beginning of the file; or the same of the first
 * buffer that is registered.
 */
static inline void uring_transfer(const struct uring *on, int opcode, int fd, const void *memory,
				  uint32_t bytes)
{
	const struct io_uring_sqe submission = {
		.opcode = opcode,
		.fd = fd,
		.addr = (uintptr_t)memory,
		.len = bytes,
	};

	uring_submit(on, &submission);
}

/* What happened, or 0 if nothing did in time. */
static inline int uring_wait(const struct uring *on, int timeout_ms)
{
	struct timespec timeout = async_time(timeout_ms);
	struct io_uring_getevents_arg argument = { .ts = (uintptr_t)&timeout };
	uint32_t *head = uring_word(on, on->params.cq_off.head);
	uint32_t mask = *uring_word(on, on->params.cq_off.ring_mask);
	const struct io_uring_cqe *completions = (void *)(on->rings + on->params.cq_off.cqes);
	int result;

	if (syscall(SYS_io_uring_enter, on->fd, 0, 1,
		    IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument,
		    sizeof(argument)) < 0)
		return 0;
	if (__atomic_load_n(uring_word(on, on->params.cq_off.tail), __ATOMIC_ACQUIRE) == *head)
		return 0;
	result = completions[*head & mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

#endif /* ASYNC_H */
