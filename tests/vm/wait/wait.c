// SPDX-License-Identifier: MIT
/* Waiting for a frame: timeouts, signals, being stopped, poll and its kin. */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include "stream.h"

/* A stream that delivers nothing any more: every buffer is held. */
static struct stream starved(struct dmaring_frame *frames)
{
	struct stream stream = capture_start();

	capture_hold_all(&stream, frames);
	return stream;
}

/* ----------------------------------------------------------------- timeouts */

TEST(a_timeout_of_zero_does_not_wait)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;
	long long start = now_ns();

	CHECK_EQ(stream_take(stream.fd, &frame, 1, 0), -EAGAIN);
	CHECK(now_ns() - start < 20 * MS);
}

TEST(a_timeout_runs_out_in_its_time)
{
	static const long long timeouts[] = { 1, 1000, 10 * MS, 1000 * MS };
	struct dmaring_frame frames[MAPS_MAX], frame, untouched;
	struct stream stream = starved(frames);

	memset(&untouched, POISON, sizeof(untouched));
	for (size_t i = 0; i < sizeof(timeouts) / sizeof(*timeouts); i++) {
		long long start = now_ns(), waited;

		CHECK_EQ(stream_take(stream.fd, &frame, 1, timeouts[i]), -ETIMEDOUT);
		waited = now_ns() - start;
		CHECK(!memcmp(&frame, &untouched, sizeof(frame)));
		if (!CHECK(waited >= timeouts[i] && waited < timeouts[i] + 50 * MS))
			printf("# waited %lld ns instead of %lld\n", waited, timeouts[i]);
	}
}

TEST(a_refused_dequeue_leaves_its_argument_alone)
{
	struct dmaring_frame frames[MAPS_MAX], frame;
	struct stream stream = starved(frames);
	struct dmaring_dequeue argument = dequeue_argument(&frame, 1, 0), copy = argument;

	CHECK_EQ(call(stream.fd, DMARING_IOC_DEQUEUE, &argument), -EAGAIN);
	CHECK(!memcmp(&argument, &copy, sizeof(copy)));
}

TEST(a_frame_ends_the_wait_early)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;
	long long start = now_ns();

	CHECK_EQ(stream_take(stream.fd, &frame, 1, 60000 * MS), 1);
	CHECK(now_ns() - start < 5000 * MS);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, INT64_MAX), 1);
	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, INT64_MIN), 1);
}

/* ------------------------------------------------------------------ signals */

static volatile int signals;

static void count_signal(int number)
{
	signals += number == SIGUSR1;
}

struct waker {
	pthread_t sleeper;
	int fd;
};

static void *signal_sleeper(void *argument)
{
	usleep(50000);
	pthread_kill(((struct waker *)argument)->sleeper, SIGUSR1);
	return NULL;
}

static void *stop_stream(void *argument)
{
	usleep(50000);
	return (void *)(intptr_t)call(((struct waker *)argument)->fd, DMARING_IOC_STOP, NULL);
}

static pthread_t wake_by(struct waker *waker, void *(*how)(void *), int fd)
{
	pthread_t thread;

	waker->sleeper = pthread_self();
	waker->fd = fd;
	REQUIRE(!pthread_create(&thread, NULL, how, waker));
	return thread;
}

static void handle_signal(int flags)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = flags };

	signals = 0;
	REQUIRE(!sigaction(SIGUSR1, &action, NULL));
}

TEST(a_signal_interrupts_read_and_dequeue)
{
	struct dmaring_frame frames[MAPS_MAX], frame;
	struct stream stream = starved(frames);
	struct waker waker;
	pthread_t thread;

	handle_signal(0);
	thread = wake_by(&waker, signal_sleeper, stream.fd);
	CHECK_EQ(read(stream.fd, &frame, sizeof(frame)), -1);
	CHECK_EQ(errno, EINTR);
	pthread_join(thread, NULL);
	thread = wake_by(&waker, signal_sleeper, stream.fd);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, FOREVER), -EINTR);
	pthread_join(thread, NULL);
	thread = wake_by(&waker, signal_sleeper, stream.fd);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, 3600000 * MS), -EINTR);
	pthread_join(thread, NULL);
	CHECK_EQ(signals, 3);
	CHECK_EQ(stream_stats(stream.fd).consumer_delivered, stream.info.buffers);
}

TEST(an_interrupted_read_restarts_if_the_handler_says_so)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;
	struct waker waker;
	pthread_t thread;

	handle_signal(SA_RESTART);
	thread = wake_by(&waker, signal_sleeper, stream.fd);
	CHECK_EQ(read(stream.fd, &frame, sizeof(frame)), sizeof(frame));
	pthread_join(thread, NULL);
	CHECK_EQ(signals, 1);
	capture_verify(&stream, &frame);
}

/* It sleeps for the one buffer that it has given back itself, is interrupted, begins anew. */
TEST(a_dequeue_that_restarts_gives_nothing_back_twice)
{
	struct dmaring_frame frames[MAPS_MAX], first;
	struct stream stream = starved(frames);
	struct dmaring_dequeue argument = dequeue_argument(frames, 1, FOREVER);
	uint64_t bad_releases = stream_stats(stream.fd).bad_releases;
	struct waker waker;
	pthread_t thread;

	handle_signal(SA_RESTART);
	argument.release = 1;
	first = frames[0];
	thread = wake_by(&waker, signal_sleeper, stream.fd);
	CHECK_EQ(call(stream.fd, DMARING_IOC_DEQUEUE, &argument), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(signals, 1);
	CHECK_EQ(argument.release, 0);
	CHECK_EQ(frames[0].buffer, first.buffer);
	CHECK(frames[0].cookie != first.cookie);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, stream.info.buffers);
	CHECK_EQ(stream_stats(stream.fd).bad_releases, bad_releases);
}

TEST(stop_wakes_who_waits)
{
	struct dmaring_frame frames[MAPS_MAX], frame;
	struct stream stream = starved(frames);
	struct waker waker;
	pthread_t thread;

	thread = wake_by(&waker, stop_stream, stream.fd);
	CHECK_EQ(read(stream.fd, &frame, sizeof(frame)), -1);
	CHECK_EQ(errno, EBADFD);
	pthread_join(thread, NULL);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	thread = wake_by(&waker, stop_stream, stream.fd);
	CHECK_EQ(stream_take(stream.fd, &frame, 1, FOREVER), -EBADFD);
	pthread_join(thread, NULL);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	thread = wake_by(&waker, stop_stream, stream.fd);
	CHECK_EQ(stream_poll(stream.fd, -1), POLLERR);
	pthread_join(thread, NULL);
}

/* --------------------------------------------------------------------- poll */

TEST(poll_tells_when_a_frame_waits)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame;

	CHECK_EQ(stream_poll(stream.fd, 0), 0);
	CHECK_EQ(stream_poll(stream.fd, 10), 0);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(stream_poll(stream.fd, -1), POLLIN);
		CHECK_EQ(stream_poll(stream.fd, 0), POLLIN);
		REQUIRE_EQ(stream_take(stream.fd, &frame, 1, 0), 1);
		capture_verify(&stream, &frame);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
		CHECK_EQ(stream_poll(stream.fd, 0), 0);
	}
}

TEST(poll_reports_an_error_when_stopped)
{
	int fd = stream_open(O_RDWR);

	CHECK_EQ(stream_poll(fd, 0), POLLERR);
	CHECK_EQ(stream_poll(fd, -1), POLLERR);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(stream_poll(fd, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(stream_poll(fd, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(stream_poll(fd, -1), POLLERR);
	REQUIRE_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(stream_poll(fd, -1), POLLERR);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(stream_poll(fd, 0), 0);
}

static void *start_stream(void *argument)
{
	usleep(50000);
	return (void *)(intptr_t)call(((struct waker *)argument)->fd, DMARING_IOC_START, NULL);
}

static void *detach_stream(void *argument)
{
	usleep(50000);
	return (void *)(intptr_t)call(((struct waker *)argument)->fd, DMARING_IOC_DETACH, NULL);
}

/* Who waits for what is not started yet sleeps, until there is something to tell. */
TEST(poll_before_the_first_start)
{
	int fd = stream_open(O_RDWR);
	struct waker waker;
	pthread_t thread;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(stream_poll(fd, 20), 0);
	thread = wake_by(&waker, detach_stream, fd);
	CHECK_EQ(stream_poll(fd, -1), POLLERR);
	pthread_join(thread, NULL);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	thread = wake_by(&waker, start_stream, fd);
	CHECK_EQ(stream_poll(fd, -1), POLLIN);
	pthread_join(thread, NULL);
}

TEST(poll_never_says_writable)
{
	struct stream stream = capture_start();
	struct pollfd entry = { .fd = stream.fd, .events = POLLIN | POLLOUT | POLLPRI };

	CHECK_EQ(poll(&entry, 1, 0), 0);
	entry.events = POLLIN | POLLRDNORM | POLLOUT | POLLPRI;
	CHECK_EQ(poll(&entry, 1, -1), 1);
	CHECK_EQ(entry.revents, POLLIN | POLLRDNORM);
}

TEST(select_tells_the_same)
{
	struct stream stream = capture_start();
	struct timeval instantly = { 0, 0 };
	fd_set readable;

	FD_ZERO(&readable);
	FD_SET(stream.fd, &readable);
	CHECK_EQ(select(stream.fd + 1, &readable, NULL, NULL, &instantly), 0);
	FD_SET(stream.fd, &readable);
	CHECK_EQ(select(stream.fd + 1, &readable, NULL, NULL, NULL), 1);
	CHECK(FD_ISSET(stream.fd, &readable));
	capture_frames(&stream, 1);
}

static struct epoll_event epoll_once(int epoll, int timeout_ms)
{
	struct epoll_event event = { 0 };

	if (epoll_wait(epoll, &event, 1, timeout_ms) < 0)
		event.events = 0xcccccccc;
	return event;
}

TEST(epoll_tells_the_same)
{
	struct stream stream = capture_start();
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(0);

	REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, stream.fd, &event));
	CHECK_EQ(epoll_once(epoll, 0).events, 0);
	CHECK_EQ(epoll_once(epoll, -1).events, EPOLLIN);
	CHECK_EQ(epoll_once(epoll, 0).events, EPOLLIN);
	capture_frames(&stream, 1);
	CHECK_EQ(epoll_once(epoll, 0).events, 0);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(epoll_once(epoll, -1).events, EPOLLERR);
}

TEST(edge_triggered_epoll_tells_every_new_frame)
{
	struct stream stream = capture_start();
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int epoll = epoll_create1(0);

	REQUIRE(!epoll_ctl(epoll, EPOLL_CTL_ADD, stream.fd, &event));
	CHECK_EQ(epoll_once(epoll, -1).events, EPOLLIN);	/* one frame */
	CHECK_EQ(epoll_once(epoll, -1).events, EPOLLIN);	/* another one */
	CHECK(stream_stats(stream.fd).consumer_waiting >= 2);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
