/* SPDX-License-Identifier: MIT */
/*
 * libzmq, which is loaded when it is needed: see shared_library.h.  Built without its
 * headers, the commands that need it say so.
 */
#ifndef LIBZMQ_H
#define LIBZMQ_H

#include <stdbool.h>
#include <stddef.h>

#ifdef ZMQ_SONAME

#include <zmq.h>

struct libzmq {
	void *(*ctx_new)(void);
	int (*ctx_term)(void *context);
	void *(*socket)(void *context, int type);
	int (*close)(void *socket);
	int (*set)(void *socket, int option, const void *value, size_t bytes);
	int (*bind)(void *socket, const char *endpoint);
	int (*connect)(void *socket, const char *endpoint);
	int (*poll)(zmq_pollitem_t *items, int count, long timeout_ms);
	const char *(*strerror)(int err);
	int (*msg_init)(zmq_msg_t *message);
	int (*msg_init_size)(zmq_msg_t *message, size_t bytes);
	int (*msg_init_data)(zmq_msg_t *message, void *data, size_t bytes,
			     zmq_free_fn *free, void *hint);
	int (*msg_send)(zmq_msg_t *message, void *socket, int flags);
	int (*msg_recv)(zmq_msg_t *message, void *socket, int flags);
	int (*msg_close)(zmq_msg_t *message);
	void *(*msg_data)(zmq_msg_t *message);
	size_t (*msg_size)(const zmq_msg_t *message);
	int (*msg_more)(const zmq_msg_t *message);
};

extern struct libzmq zmq;

#endif

/* False, all said, if it is not here. */
bool libzmq_load(void);

#endif /* LIBZMQ_H */
