// SPDX-License-Identifier: MIT
#include "libzmq.h"

#ifdef ZMQ_SONAME

#include "shared_library.h"

struct libzmq zmq;

static const struct shared_symbol symbols[] = {
	{ "zmq_ctx_new", (void **)&zmq.ctx_new },
	{ "zmq_ctx_term", (void **)&zmq.ctx_term },
	{ "zmq_socket", (void **)&zmq.socket },
	{ "zmq_close", (void **)&zmq.close },
	{ "zmq_setsockopt", (void **)&zmq.set },
	{ "zmq_bind", (void **)&zmq.bind },
	{ "zmq_connect", (void **)&zmq.connect },
	{ "zmq_poll", (void **)&zmq.poll },
	{ "zmq_strerror", (void **)&zmq.strerror },
	{ "zmq_msg_init", (void **)&zmq.msg_init },
	{ "zmq_msg_init_size", (void **)&zmq.msg_init_size },
	{ "zmq_msg_init_data", (void **)&zmq.msg_init_data },
	{ "zmq_msg_send", (void **)&zmq.msg_send },
	{ "zmq_msg_recv", (void **)&zmq.msg_recv },
	{ "zmq_msg_close", (void **)&zmq.msg_close },
	{ "zmq_msg_data", (void **)&zmq.msg_data },
	{ "zmq_msg_size", (void **)&zmq.msg_size },
	{ "zmq_msg_more", (void **)&zmq.msg_more },
	{ 0 },
};

bool libzmq_load(void)
{
	return shared_library_load(ZMQ_SONAME, symbols,
				   "frames cannot be sent or received");
}

#else

#include <err.h>

bool libzmq_load(void)
{
	warnx("this dmaring was built without libzmq: frames cannot be sent or received; install libzmq3-dev and build it again");
	return false;
}

#endif
