// SPDX-License-Identifier: MIT
/*
 * An application whose memory is not there yet keeps the kernel waiting in the
 * middle of a copy, for as long as it likes.  Nobody else may have to wait.
 */
#include <pthread.h>
#include "gone.h"
#include "slow_page.h"

#define PATIENCE_S	30

/* -------------------------------------------- calls that wait for the page */

static struct dmaring_frame held;	/* taken before the slow call */

static int slow_read(int fd, void *page)
{
	return read(fd, page, sizeof(struct dmaring_frame)) < 0 ? -errno : 0;
}

static int slow_dequeue(int fd, void *page)
{
	struct dmaring_dequeue argument = dequeue_argument(page, 1, FOREVER);

	return call(fd, DMARING_IOC_DEQUEUE, &argument);
}

static int slow_release(int fd, void *page)
{
	struct dmaring_release argument = release_argument(page, 1);

	return call(fd, DMARING_IOC_RELEASE, &argument);
}

static int slow_info(int fd, void *page)
{
	return call(fd, DMARING_IOC_INFO, page);
}

static int slow_stats(int fd, void *page)
{
	return call(fd, DMARING_IOC_STATS, page);
}

static int slow_attach(int fd, void *page)
{
	return call(fd, DMARING_IOC_ATTACH, page);
}

struct slow_call {
	int (*run)(int fd, void *page);
	int fd;
	uint8_t *page;
	int result;
};

static void *run_slow_call(void *argument)
{
	struct slow_call *slow = argument;

	slow->result = slow->run(slow->fd, slow->page);
	return NULL;
}

static struct stream busy_stream(void)
{
	struct stream stream = capture_start();

	held = capture_take(&stream);
	while (!stream_stats(stream.fd).consumer_waiting)
		usleep(50000);
	return stream;
}

/* ------------------------------------------------------- the card goes away */

static volatile int unbound;

static void *unbind_thread(void *argument)
{
	(void)argument;
	gone_unbind();
	unbound = 1;
	return NULL;
}

/* The card is unbound while a call waits for its page; returns the call's result. */
static int unbind_during(int (*run)(int fd, void *page))
{
	struct stream stream = busy_stream();
	struct slow_page slow = slow_page();
	struct slow_call slow_call = { run, stream.fd, slow.page, 1 };
	pthread_t caller, unbinder;

	REQUIRE(!pthread_create(&caller, NULL, run_slow_call, &slow_call));
	slow_page_wait(&slow);
	REQUIRE(!pthread_create(&unbinder, NULL, unbind_thread, NULL));
	for (int i = 0; i < PATIENCE_S * 100 && !unbound; i++)
		usleep(10000);
	CHECK(unbound);
	slow_page_give(&slow, 0);
	pthread_join(caller, NULL);
	pthread_join(unbinder, NULL);
	gone_check_calls(stream.fd);
	gone_check_mappings(&stream);
	return slow_call.result;
}

TEST(unbind_while_read_copies)
{
	int result = unbind_during(slow_read);

	CHECK(result == -ENODEV || result == 0);
}

TEST(unbind_while_dequeue_copies)
{
	int result = unbind_during(slow_dequeue);

	CHECK(result == -ENODEV || result == 0);
}

/* The page that comes is zero: no cookie, no size. */
TEST(unbind_while_release_copies)
{
	int result = unbind_during(slow_release);

	CHECK(result == -ENODEV || result == -EINVAL || result == -ESTALE);
}

TEST(unbind_while_info_copies)
{
	int result = unbind_during(slow_info);

	CHECK(result == -ENODEV || result == -EINVAL);
}

TEST(unbind_while_stats_copies)
{
	int result = unbind_during(slow_stats);

	CHECK(result == -ENODEV || result == -EINVAL);
}

TEST(unbind_while_attach_copies)
{
	int result = unbind_during(slow_attach);

	CHECK(result == -ENODEV || result == -EINVAL);
}

/* ---------------------------------------------------------- the card stays */

static void nobody_waits_during(int (*run)(int fd, void *page), int expected)
{
	struct stream stream = busy_stream();
	struct slow_page slow = slow_page();
	struct slow_call slow_call = { run, stream.fd, slow.page, 1 };
	struct dmaring_frame frame;
	pthread_t caller;
	uint64_t delivered;

	REQUIRE(!pthread_create(&caller, NULL, run_slow_call, &slow_call));
	slow_page_wait(&slow);
	capture_frames(&stream, 2 * stream.info.buffers);
	CHECK_EQ(stream_give(stream.fd, &held), 0);
	delivered = stream_stats(stream.fd).consumer_delivered;
	slow_page_give(&slow, 0);
	pthread_join(caller, NULL);
	CHECK_EQ(slow_call.result, expected);
	if (!expected) {
		/* It got a frame that the others did not get. */
		memcpy(&frame, slow.page, sizeof(frame));
		CHECK_EQ(stream_stats(stream.fd).consumer_delivered, delivered + 1);
		CHECK_EQ(frame.sequence, held.sequence + 1 + 2 * stream.info.buffers);
		capture_verify(&stream, &frame);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	capture_frames(&stream, 2);
}

TEST(others_read_while_read_copies) { nobody_waits_during(slow_read, 0); }
TEST(others_read_while_dequeue_copies) { nobody_waits_during(slow_dequeue, 0); }
TEST(others_read_while_release_copies) { nobody_waits_during(slow_release, -EINVAL); }
TEST(others_read_while_info_copies) { nobody_waits_during(slow_info, -EINVAL); }

TEST(stop_while_read_copies)
{
	struct stream stream = busy_stream();
	struct slow_page slow = slow_page();
	struct slow_call slow_call = { slow_read, stream.fd, slow.page, 1 };
	pthread_t caller;

	REQUIRE(!pthread_create(&caller, NULL, run_slow_call, &slow_call));
	slow_page_wait(&slow);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	slow_page_give(&slow, 0);
	pthread_join(caller, NULL);
	CHECK_EQ(slow_call.result, -EBADFD);	/* the frame was dropped by STOP */
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
}

TEST(killed_while_read_copies)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct stream stream = busy_stream();
		struct slow_page slow = slow_page();
		struct slow_call slow_call = { slow_read, stream.fd, slow.page, 1 };
		pthread_t caller;

		REQUIRE(!pthread_create(&caller, NULL, run_slow_call, &slow_call));
		slow_page_wait(&slow);
		raise(SIGKILL);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) || tap_verdict->skipped[0]);
}

int main(void)
{
	return tap_run(gone_prepare, gone_bind_again);
}
