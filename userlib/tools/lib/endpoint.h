/* SPDX-License-Identifier: MIT */
/*
 * One socket of ZeroMQ.  Functions that fail have said why and return a negative errno.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "libzmq.h"

#include <stdint.h>

#ifdef ZMQ_SONAME

/* Bytes of the largest message that is received. */
#define ENDPOINT_MESSAGE_MAX (1LL << 30)

/* Messages that may wait at either end, where nothing else was asked for. */
#define ENDPOINT_HWM 4

struct endpoint {
	void *context;
	void *socket;
	const char *where;
};

/* @where: "tcp://host:5555" as libzmq has it; one with a *, or with an @ before it, is
 * bound and not connected, as is ipc:// by who @offers.  @type: ZMQ_PUSH and the like.
 * @hwm: messages that may wait here.
 */
int endpoint_open(struct endpoint *endpoint, const char *where, int type, uint32_t hwm,
		  bool offers);

/* Until a message can be sent, or one is there; or a signal came.  0: neither. */
int endpoint_wait(const struct endpoint *endpoint, short events, int ms);

/* Bytes that are on their way: of ipc:// those that were not read yet.  Who closes an
 * ipc:// before takes them away from a receiver that has no room at that moment: its
 * libzmq sees the end first, and does not read any more.
 */
uint64_t endpoint_unread(void);

/* What waits is sent for so long.  Afterwards libzmq has given back all messages. */
void endpoint_close(struct endpoint *endpoint, int linger_ms);

/* Says why a call of libzmq failed. */
int endpoint_complain(const struct endpoint *endpoint, const char *what);

#endif

#endif /* ENDPOINT_H */
