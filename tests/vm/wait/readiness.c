// SPDX-License-Identifier: MIT
/*
 * Every way to wait for frames but read and poll (see wait.c), each with a capture
 * in which no frame may be missed: SIGIO, eventfd, select, epoll, libaio, io_uring.
 *
 * usage: readiness [MILLISECONDS-BETWEEN-FRAMES]
 */
#define _GNU_SOURCE
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include "account.h"
#include "async.h"
#include "ring.h"
#include "virt.h"

#define FRAMES	300
#define WAIT_MS	1000	/* for a frame; more is a wake-up lost */

/* Takes all that waits; how many. */
static int drain(const struct stream *stream, struct account *account)
{
	struct dmaring_frame frame;
	int frames = 0;

	while (stream_take(stream->fd, &frame, 1, 0) == 1) {
		capture_verify(stream, &frame);
		account_frame(account, &frame);
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
		frames++;
	}
	return frames;
}

/* Waits by @wait, which says whether there was something, until enough have come. */
static void capture_by(int (*wait)(int fd), const struct stream *stream)
{
	struct account account = account_open(stream->fd);

	while (account.taken < FRAMES) {
		REQUIRE(wait(stream->fd));
		drain(stream, &account);
	}
	CHECK_EQ(account.dropped + account.overruns, 0);
	account_check(&account, stream->fd);
}

/* ---------------------------------------------------------------------- SIGIO */

static int io_signal;

/* Queued signals of that number tell of which descriptor and what. */
static void ask_for_signals(int fd)
{
	sigset_t signals;

	io_signal = SIGRTMIN;
	sigemptyset(&signals);
	sigaddset(&signals, io_signal);
	sigaddset(&signals, SIGIO);	/* when too many are queued */
	REQUIRE(!sigprocmask(SIG_BLOCK, &signals, NULL));
	REQUIRE(!fcntl(fd, F_SETOWN, getpid()));
	REQUIRE(!fcntl(fd, F_SETSIG, io_signal));
	REQUIRE(!fcntl(fd, F_SETFL, O_ASYNC));
}

static int next_signal(siginfo_t *info, unsigned int ms)
{
	const struct timespec timeout = { ms / 1000, ms % 1000 * MS };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, io_signal);
	sigaddset(&signals, SIGIO);
	return sigtimedwait(&signals, info, &timeout);
}

static int wait_by_signal(int fd)
{
	siginfo_t info;
	int number = next_signal(&info, WAIT_MS);

	if (number == io_signal) {
		CHECK_EQ(info.si_fd, fd);
		CHECK_EQ(info.si_code, POLL_IN);
	}
	return number > 0;
}

TEST(sigio)
{
	struct stream stream = capture_start();
	siginfo_t info;

	ask_for_signals(stream.fd);
	capture_by(wait_by_signal, &stream);
	virt_set("stall", 1);
	while (next_signal(&info, 10) > 0)
		;
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(next_signal(&info, WAIT_MS), io_signal);
	CHECK_EQ(info.si_code, POLL_HUP);
	REQUIRE(!fcntl(stream.fd, F_SETFL, 0));
	virt_set("stall", 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(next_signal(&info, 20), -1);	/* nobody asked any more */
}

/* A signal goes to who asked for it, not to who attached. */
TEST(sigio_of_a_file_that_was_closed_is_gone)
{
	siginfo_t info;

	for (int i = 0; i < 20; i++) {
		struct stream stream = viewer_start(1, 1);

		ask_for_signals(stream.fd);
		CHECK(next_signal(&info, WAIT_MS) > 0);
		for (uint32_t j = 0; j < stream.info.buffers; j++)
			munmap((void *)stream.map[j], stream.info.buffer_stride);
		close(stream.fd);
		while (next_signal(&info, 10) > 0)
			;
	}
}

/* -------------------------------------------------------------------- eventfd */

static int event;

static int set_eventfd(int fd, int eventfd)
{
	struct dmaring_eventfd argument = eventfd_argument(eventfd);

	return call(fd, DMARING_IOC_EVENTFD, &argument);
}

/* How often it was signalled. */
static uint64_t signalled(int eventfd, int timeout_ms)
{
	uint64_t count = 0;

	if (stream_poll(eventfd, timeout_ms) == POLLIN)
		REQUIRE_EQ(read(eventfd, &count, sizeof(count)), sizeof(count));
	return count;
}

static int wait_by_eventfd(int fd)
{
	(void)fd;
	return signalled(event, WAIT_MS) > 0;
}

TEST(an_eventfd)
{
	struct stream stream = capture_start();

	event = eventfd(0, 0);
	REQUIRE_EQ(set_eventfd(stream.fd, event), 0);
	capture_by(wait_by_eventfd, &stream);
	virt_set("stall", 1);
	sleep_ms(5);
	signalled(event, 0);
	CHECK_EQ(signalled(event, 20), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(signalled(event, WAIT_MS), 1);
}

/* Once for those that come together, and again though nobody has taken any. */
TEST(an_eventfd_is_signalled_from_the_watermark_on)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };
	struct dmaring_attach attach = attach_argument(DMARING_POLICY_LOSSLESS, 0, 0);
	uint64_t times;

	attach.watermark = 10;
	event = eventfd(0, 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_ATTACH, &attach), 0);
	REQUIRE_EQ(set_eventfd(stream.fd, event), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	let_wait(stream.fd, 20);
	virt_set("stall", 1);
	times = signalled(event, 0);
	if (!CHECK(times > 1 && times <= stream_stats(stream.fd).consumer_waiting - 9))
		printf("# %llu times\n", (unsigned long long)times);
}

TEST(one_eventfd_takes_the_place_of_another)
{
	struct stream stream = capture_start();
	int first = eventfd(0, 0), second = eventfd(0, 0);

	REQUIRE_EQ(set_eventfd(stream.fd, first), 0);
	CHECK(signalled(first, WAIT_MS) > 0);
	REQUIRE_EQ(set_eventfd(stream.fd, second), 0);
	signalled(first, 0);
	CHECK(signalled(second, WAIT_MS) > 0);
	CHECK_EQ(signalled(first, 20), 0);
	REQUIRE_EQ(set_eventfd(stream.fd, -1), 0);
	signalled(second, 0);
	CHECK_EQ(signalled(second, 20), 0);
	REQUIRE_EQ(set_eventfd(stream.fd, -1), 0);
}

/* Several wait for it: they are told a little later, but before it is forgotten. */
TEST(detach_tells_all_who_wait_for_the_eventfd)
{
	struct stream recorder = capture_start(), stream = { .fd = stream_open(O_RDONLY) };
	struct epoll_event entry = { .events = EPOLLIN };

	event = eventfd(0, 0);
	for (int i = 0; i < 3; i++)
		REQUIRE(!epoll_ctl(epoll_create1(0), EPOLL_CTL_ADD, event, &entry));
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LATEST, 1, 1), 0);
	REQUIRE_EQ(set_eventfd(stream.fd, event), 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	CHECK(signalled(event, WAIT_MS) > 0);
	virt_set("stall", 1);
	sleep_ms(5);
	signalled(event, 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK(signalled(event, WAIT_MS) > 0);
	close(recorder.fd);
}

TEST(detach_forgets_the_eventfd)
{
	int fd = stream_open(O_RDWR);

	event = eventfd(0, 0);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(set_eventfd(fd, event), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	signalled(event, 0);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	let_wait(fd, 5);
	CHECK_EQ(signalled(event, 0), 0);
}

TEST(an_eventfd_that_its_owner_closed_does_no_harm)
{
	struct stream stream = capture_start();

	event = eventfd(0, 0);
	REQUIRE_EQ(set_eventfd(stream.fd, event), 0);
	close(event);
	capture_frames(&stream, 20);
	event = eventfd(0, 0);
	REQUIRE_EQ(set_eventfd(stream.fd, event), 0);
	CHECK(signalled(event, WAIT_MS) > 0);
}

TEST(what_is_no_eventfd_is_refused)
{
	struct stream stream = capture_start();
	int pipes[2];

	REQUIRE(!pipe(pipes));
	event = eventfd(0, 0);
	REQUIRE_EQ(set_eventfd(stream.fd, event), 0);
	CHECK_EQ(set_eventfd(stream.fd, pipes[0]), -EINVAL);
	CHECK_EQ(set_eventfd(stream.fd, stream.fd), -EINVAL);
	CHECK_EQ(set_eventfd(stream.fd, 1000), -EBADF);
	CHECK_EQ(set_eventfd(stream.fd, -2), -EBADF);
	CHECK_EQ(set_eventfd(stream.fd, INT_MIN), -EBADF);
	signalled(event, 0);
	CHECK(signalled(event, WAIT_MS) > 0);	/* it is still the first one */
}

/* ------------------------------------------------------------- select, epoll */

static int wait_by_select(int fd)
{
	struct timeval timeout = { WAIT_MS / 1000, WAIT_MS % 1000 * 1000 };
	fd_set readable;

	FD_ZERO(&readable);
	FD_SET(fd, &readable);
	return select(fd + 1, &readable, NULL, NULL, &timeout) == 1;
}

TEST(by_select)
{
	struct stream stream = capture_start();

	capture_by(wait_by_select, &stream);
}

static int epoll;

static int wait_by_epoll(int fd)
{
	struct epoll_event got = { 0 };

	(void)fd;
	return epoll_wait(epoll, &got, 1, WAIT_MS) == 1 && got.events == EPOLLIN;
}

static void capture_by_epoll(uint32_t flags)
{
	struct stream stream = capture_start();
	struct epoll_event wanted = { .events = EPOLLIN | flags };

	epoll = epoll_create1(0);
	REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, stream.fd, &wanted));
	capture_by(wait_by_epoll, &stream);
}

TEST(by_epoll_level_triggered) { capture_by_epoll(0); }
TEST(by_epoll_edge_triggered) { capture_by_epoll(EPOLLET); }
TEST(by_epoll_for_one_of_many) { capture_by_epoll(EPOLLET | EPOLLEXCLUSIVE); }

/* A short answer says that nothing is left: who works on edges relies on that. */
TEST(one_large_dequeue_an_edge_is_enough)
{
	struct stream stream = capture_start();
	struct epoll_event wanted = { .events = EPOLLIN | EPOLLET };
	struct dmaring_frame frames[MAPS_MAX];

	virt_set("burst", 20);
	epoll = epoll_create1(0);
	REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, stream.fd, &wanted));
	for (int i = 0; i < 50; i++) {
		int taken;

		REQUIRE(wait_by_epoll(stream.fd));
		taken = stream_take(stream.fd, frames, MAPS_MAX, 0);
		for (int j = 0; j < taken; j++)
			CHECK_EQ(stream_give(stream.fd, &frames[j]), 0);
	}
}

/* ------------------------------------------------------------ libaio, io_uring */

static struct aio aio;

static int wait_by_aio(int fd)
{
	aio_poll(&aio, fd);
	/* It may tell more than it was asked for. */
	return aio_wait(&aio, WAIT_MS) & POLLIN;
}

TEST(by_libaio)
{
	struct stream stream = capture_start();

	aio = aio_create();
	capture_by(wait_by_aio, &stream);
}

static struct uring uring;

static int wait_by_uring(int fd)
{
	uring_poll(&uring, fd);
	return uring_wait(&uring, WAIT_MS) == POLLIN;
}

TEST(by_io_uring)
{
	struct stream stream = capture_start();

	uring = uring_create();
	capture_by(wait_by_uring, &stream);
}

/*
 * Newer kernels cancel what io_uring waits for in a worker of their own, and so put
 * the file some time after the process is gone.
 */
static void let_everybody_go(void)
{
	int fd = stream_open(O_RDWR);

	while (stream_info(fd).consumers)
		sleep_ms(1);
	close(fd);
}

/* Whoever waits in the kernel holds the file: it ends with the process. */
TEST(a_process_dies_with_waits_under_way)
{
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid) {
			struct stream stream = viewer_start(1, 1);

			REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
			virt_set("stall", 1);
			REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
			aio = aio_create();
			uring = uring_create();
			for (int j = 0; j < 5; j++) {
				aio_poll(&aio, stream.fd);
				uring_poll(&uring, stream.fd);
			}
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		virt_set("stall", 0);
		let_everybody_go();
	}
}

int main(int argc, char **argv)
{
	return virt_run(argc, argv);
}
