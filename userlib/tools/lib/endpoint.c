// SPDX-License-Identifier: MIT
#include "endpoint.h"

#ifdef ZMQ_SONAME

#include <err.h>
#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int endpoint_complain(const struct endpoint *endpoint, const char *what)
{
	int err = errno ?: EIO;

	warnx("%s: cannot %s: %s", endpoint->where, what, zmq.strerror(err));
	return -err;
}

static int set_all(const struct endpoint *endpoint, uint32_t hwm)
{
	const int64_t most = ENDPOINT_MESSAGE_MAX;
	const int messages = hwm, none = 0;
	/* With it libzmq asks for nothing else, of a host that has addresses of both. */
	const int v6 = !!strchr(endpoint->where, '[');

	if (zmq.set(endpoint->socket, ZMQ_SNDHWM, &messages, sizeof(messages)) ||
	    zmq.set(endpoint->socket, ZMQ_RCVHWM, &messages, sizeof(messages)) ||
	    zmq.set(endpoint->socket, ZMQ_LINGER, &none, sizeof(none)) ||
	    zmq.set(endpoint->socket, ZMQ_IPV6, &v6, sizeof(v6)) ||
	    zmq.set(endpoint->socket, ZMQ_MAXMSGSIZE, &most, sizeof(most)))
		return endpoint_complain(endpoint, "set it up");
	return 0;
}

static int join(const struct endpoint *endpoint, bool offers)
{
	const char *where = endpoint->where;
	bool at = *where == '@';

	where += at;
	if (at || strchr(where, '*') || (offers && !strncmp(where, "ipc://", 6)))
		return zmq.bind(endpoint->socket, where) ?
			       endpoint_complain(endpoint, "be reached there") : 0;
	return zmq.connect(endpoint->socket, where) ?
		       endpoint_complain(endpoint, "connect to it; an endpoint is as tcp://host:5555, ipc:///run/frames or tcp://*:5555") :
		       0;
}

int endpoint_open(struct endpoint *endpoint, const char *where, int type, uint32_t hwm,
		  bool offers)
{
	int err;

	*endpoint = (struct endpoint){ .where = where };
	if (!libzmq_load())
		return -EOPNOTSUPP;
	endpoint->context = zmq.ctx_new();
	endpoint->socket = endpoint->context ?
				   zmq.socket(endpoint->context, type) : NULL;
	if (!endpoint->socket)
		err = endpoint_complain(endpoint, "make a socket");
	else
		err = set_all(endpoint, hwm) ?: join(endpoint, offers);
	if (err)
		endpoint_close(endpoint, 0);
	return err;
}

int endpoint_wait(const struct endpoint *endpoint, short events, int ms)
{
	zmq_pollitem_t item = { .socket = endpoint->socket, .events = events };

	if (zmq.poll(&item, 1, ms) < 0)
		return errno == EINTR ? 0 : endpoint_complain(endpoint, "wait for it");
	return item.revents & events ? 1 : 0;
}

/* libzmq does not tell which descriptors it has; no other sockets are there. */
uint64_t endpoint_unread(void)
{
	int most = sysconf(_SC_OPEN_MAX) < 1024 ? sysconf(_SC_OPEN_MAX) : 1024;
	struct stat status;
	uint64_t sum = 0;
	int bytes;

	for (int fd = STDERR_FILENO + 1; fd < most; fd++)
		if (!fstat(fd, &status) && S_ISSOCK(status.st_mode) &&
		    !ioctl(fd, SIOCOUTQ, &bytes))
			sum += bytes;
	return sum;
}

void endpoint_close(struct endpoint *endpoint, int linger_ms)
{
	if (endpoint->socket) {
		zmq.set(endpoint->socket, ZMQ_LINGER, &linger_ms, sizeof(linger_ms));
		zmq.close(endpoint->socket);
	}
	/* A signal may interrupt it. */
	while (endpoint->context && zmq.ctx_term(endpoint->context) && errno == EINTR)
		;
	*endpoint = (struct endpoint){ 0 };
}

#endif
