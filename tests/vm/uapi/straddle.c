// SPDX-License-Identifier: MIT
/*
 * An argument that runs into a page which cannot be written: the answer cannot be
 * given, so the call says EFAULT and nothing is taken, given back or attached.
 */
#include <stddef.h>
#include "pages.h"
#include "stream.h"

/* A copy of @argument of which only the first bytes can be written. */
static void *cut_argument(const void *argument, size_t bytes, size_t writable)
{
	char *map = pages_map(2 * page_bytes(), PROT_READ | PROT_WRITE);
	char *place = map + page_bytes() - writable;

	memcpy(place, argument, bytes);
	REQUIRE(!mprotect(map + page_bytes(), page_bytes(), PROT_READ));
	return place;
}

/* The command fails if not all of the first @written bytes can be written. */
static void check_faults(int fd, unsigned long command, const void *argument, size_t bytes,
			 size_t written)
{
	for (size_t writable = 0; writable < written; writable += 4)
		CHECK_EQ(call(fd, command, cut_argument(argument, bytes, writable)), -EFAULT);
}

TEST(attach)
{
	struct dmaring_attach argument = attach_argument(DMARING_POLICY_LOSSLESS, 0, 0);
	int fd = stream_open(O_RDWR);

	check_faults(fd, DMARING_IOC_ATTACH, &argument, sizeof(argument), sizeof(argument));
	CHECK_EQ(stream_info(fd).consumers, 0);
	CHECK_EQ(stream_stats(fd).consumer_policy, 0);
	CHECK_EQ(call(fd, DMARING_IOC_ATTACH, &argument), 0);
}

TEST(dequeue)
{
	struct stream stream = capture_start();
	struct dmaring_frame before = capture_take(&stream), after, none = before, held = before;
	uint64_t bad_releases = stream_stats(stream.fd).bad_releases;
	struct dmaring_dequeue argument = dequeue_argument(&none, 1, FOREVER);

	while (!stream_stats(stream.fd).consumer_waiting)
		usleep(50000);
	check_faults(stream.fd, DMARING_IOC_DEQUEUE, &argument, sizeof(argument),
		     offsetof(struct dmaring_dequeue, release));	/* @count is the last */
	argument.release = 1;
	argument.frames = (uintptr_t)&held;
	check_faults(stream.fd, DMARING_IOC_DEQUEUE, &argument, sizeof(argument),
		     offsetof(struct dmaring_dequeue, timeout_ns));	/* @release is */
	CHECK_EQ(stream_stats(stream.fd).consumer_delivered, 1);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 1);
	CHECK_EQ(stream_stats(stream.fd).bad_releases, bad_releases);
	CHECK_EQ(stream_give(stream.fd, &none), -ESTALE);	/* if told, then not given */
	after = capture_take(&stream);
	CHECK_EQ(after.sequence, before.sequence + 1);
	CHECK_EQ(stream_give(stream.fd, &before), 0);
}

TEST(release)
{
	struct stream stream = capture_start();
	struct dmaring_frame frames[2] = { capture_take(&stream), capture_take(&stream) };
	__u64 cookies[2] = { frames[0].cookie, frames[1].cookie };
	struct dmaring_release argument = release_argument(cookies, 2);
	uint64_t bad_releases = stream_stats(stream.fd).bad_releases;

	check_faults(stream.fd, DMARING_IOC_RELEASE, &argument, sizeof(argument),
		     offsetof(struct dmaring_release, reserved));	/* @bad is the last */
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 2);
	CHECK_EQ(stream_stats(stream.fd).bad_releases, bad_releases);
	capture_verify(&stream, &frames[0]);
	capture_verify(&stream, &frames[1]);
	CHECK_EQ(call(stream.fd, DMARING_IOC_RELEASE, &argument), 0);
	CHECK_EQ(argument.bad, 2);
	CHECK_EQ(stream_stats(stream.fd).consumer_held, 0);
}

/* These change nothing, but they fail in the same way. */
TEST(info_buffer_and_stats)
{
	int fd = stream_open(O_RDONLY);
	struct dmaring_info info = info_argument();
	struct dmaring_buffer buffer = buffer_argument(0);
	struct dmaring_stats stats = stats_argument();

	check_faults(fd, DMARING_IOC_INFO, &info, sizeof(info), sizeof(info));
	check_faults(fd, DMARING_IOC_BUFFER, &buffer, sizeof(buffer), sizeof(buffer));
	check_faults(fd, DMARING_IOC_STATS, &stats, sizeof(stats), sizeof(stats));
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
