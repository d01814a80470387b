// SPDX-License-Identifier: MIT
/*
 * What it takes to send frames of 4 MiB through ipc:// of ZeroMQ, with and without a copy
 * in the sender: as 'dmaring send' does, and as programs do that call zmq_send().  The
 * receiver is a process that only receives.  For this machine: no card is needed.
 *
 * usage: send [FRAMES]
 *
 * The two take turns; of each the best round counts, which is that in which others of the
 * machine disturbed least.
 */
#include "lib/libzmq.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef ZMQ_SONAME

#include <stdatomic.h>

#define FRAME_BYTES	(4U << 20)
#define BUFFERS		16
#define ROUNDS		5
#define HWM		4

static uint8_t *pool;
static atomic_uint in_use[BUFFERS];

struct result {
	double seconds;
	double processor;
};

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void give_back(void *data, void *hint)
{
	(void)data;
	atomic_store((atomic_uint *)hint, 0);
}

static void *make_socket(void *context, int type)
{
	void *socket = zmq.socket(context, type);
	const int hwm = HWM;

	if (!socket || zmq.set(socket, ZMQ_SNDHWM, &hwm, sizeof(hwm)) ||
	    zmq.set(socket, ZMQ_RCVHWM, &hwm, sizeof(hwm)))
		exit(1);
	return socket;
}

/* Says with one byte that all are there. */
static void receive(const char *where, unsigned int frames, int done)
{
	void *context = zmq.ctx_new(), *socket = make_socket(context, ZMQ_PULL);
	zmq_msg_t message;

	if (zmq.connect(socket, where))
		exit(1);
	while (frames--) {
		zmq.msg_init(&message);
		if (zmq.msg_recv(&message, socket, 0) != FRAME_BYTES)
			exit(1);
		zmq.msg_close(&message);
	}
	if (write(done, "", 1) != 1)
		exit(1);
	zmq.close(socket);
	zmq.ctx_term(context);
	exit(0);
}

static void fill_message(zmq_msg_t *message, unsigned int frame, bool copy)
{
	unsigned int buffer = frame % BUFFERS;
	uint8_t *data = pool + (size_t)buffer * FRAME_BYTES;

	if (copy) {
		if (zmq.msg_init_size(message, FRAME_BYTES))
			exit(1);
		memcpy(zmq.msg_data(message), data, FRAME_BYTES);
		return;
	}
	while (atomic_load(&in_use[buffer]))
		usleep(100);
	atomic_store(&in_use[buffer], 1);
	if (zmq.msg_init_data(message, data, FRAME_BYTES, give_back, &in_use[buffer]))
		exit(1);
}

static struct result send_frames(unsigned int frames, bool copy)
{
	void *context, *socket;
	struct result result;
	char where[64], byte;
	zmq_msg_t message;
	int done[2];

	snprintf(where, sizeof(where), "ipc:///tmp/dmaring-bench-%d", (int)getpid());
	if (pipe(done))
		exit(1);
	/* Before there is a thread of libzmq. */
	if (!fork())
		receive(where, frames, done[1]);
	context = zmq.ctx_new();
	socket = make_socket(context, ZMQ_PUSH);
	if (zmq.bind(socket, where))
		exit(1);
	fill_message(&message, 0, copy);
	if (zmq.msg_send(&message, socket, 0) < 0)	/* waits for the receiver */
		exit(1);
	result.seconds = seconds_of(CLOCK_MONOTONIC);
	result.processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
	for (unsigned int i = 1; i < frames; i++) {
		fill_message(&message, i, copy);
		if (zmq.msg_send(&message, socket, 0) < 0)
			exit(1);
	}
	if (read(done[0], &byte, 1) != 1)
		exit(1);
	result.seconds = seconds_of(CLOCK_MONOTONIC) - result.seconds;
	result.processor = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - result.processor;
	zmq.close(socket);
	zmq.ctx_term(context);
	wait(NULL);
	close(done[0]);
	close(done[1]);
	unlink(where + strlen("ipc://"));
	return result;
}

static void keep_best(struct result *best, const struct result *round)
{
	if (!best->seconds || round->seconds < best->seconds)
		best->seconds = round->seconds;
	if (!best->processor || round->processor < best->processor)
		best->processor = round->processor;
}

int main(int argc, char **argv)
{
	unsigned int frames = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000;
	struct result best[2] = { 0 }, round;

	if (!libzmq_load())
		return 1;
	pool = mmap(NULL, (size_t)BUFFERS * FRAME_BYTES, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (pool == MAP_FAILED || frames < 2)
		return 1;
	memset(pool, 1, (size_t)BUFFERS * FRAME_BYTES);
	for (int i = 0; i < 2 * ROUNDS; i++) {
		round = send_frames(frames, i & 1);
		keep_best(&best[i & 1], &round);
	}
	for (int i = 0; i < 2; i++)
		printf("%s rate %.3f GB/s\n%s processor %.3f ms\n",
		       i ? "copied" : "lent",
		       (frames - 1) * (double)FRAME_BYTES / best[i].seconds / 1e9,
		       i ? "copied" : "lent", best[i].processor / (frames - 1) * 1000);
	return 0;
}

#else

int main(void)
{
	libzmq_load();
	return 77;
}

#endif
