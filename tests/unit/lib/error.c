// SPDX-License-Identifier: MIT
/* dmaring_error() and the names the library knows. */
#include "fake_kernel.h"

#include <libdmaring.h>
#include <pthread.h>
#include "tap.h"

static struct dmaring *stream;

static void open_stream(void)
{
	fake_reset();
	REQUIRE_EQ(dmaring_open(FAKE_DEVICE, NULL, &stream), 0);
}

/* One sentence: the device first, no line end, and these words in it. */
static void check_error(const char *words)
{
	const char *error = dmaring_error();

	if (!CHECK(!strncmp(error, FAKE_DEVICE ": ", strlen(FAKE_DEVICE) + 2)) ||
	    !CHECK(strstr(error, words)) || !CHECK(!strchr(error, '\n')))
		printf("# it says: %s\n", error);
}

static void fail_start(int error)
{
	fake_fail(DMARING_IOC_START, 0, error);
	CHECK_EQ(dmaring_start(stream), -error);
}

static void fail_next(int error)
{
	struct dmaring_frame frame;

	fake.when_empty = error;
	CHECK_EQ(dmaring_next(stream, &frame, 0), -error);
}

TEST(nothing_failed_nothing_said)
{
	CHECK(!strcmp(dmaring_error(), ""));
}

TEST(what_failed_and_why)
{
	fail_start(EALREADY);
	check_error("cannot start: it is started");
	fail_start(ENODEV);
	check_error("cannot start: the card is gone");
	fail_next(EAGAIN);
	check_error("no frame: none waits");
	fail_next(EBADFD);
	check_error("start it first");
	fail_next(EIO);
	check_error("dmesg");
	fail_next(ENOTCONN);
	check_error("monitor");
}

TEST(the_same_errno_means_something_else_elsewhere)
{
	struct dmaring_frame frame = { .cookie = 1, .buffer = FAKE_BUFFERS };
	struct dmaring_buffer buffer;

	dmaring_release(stream, &frame);
	check_error("no frame of this stream");
	frame.buffer = 0;
	dmaring_release(stream, &frame);
	check_error("it is not held");
	fake_fail(DMARING_IOC_BUFFER, 0, EINVAL);
	dmaring_get_buffer(stream, 99, &buffer);
	check_error("no buffer of that index");
}

TEST(an_errno_without_a_sentence_is_named)
{
	fail_start(EOVERFLOW);
	check_error(strerror(EOVERFLOW));
	fail_start(4000);
	check_error("cannot start: ");
}

TEST(opening_says_what_to_do)
{
	struct dmaring_options bad = { .size = sizeof(bad), .depth = 1 };
	struct dmaring_options viewer = { .size = sizeof(viewer),
					  .flags = DMARING_OPEN_READ_ONLY };
	struct dmaring *other;

	fake_fail(FAKE_STAT, 0, ENOENT);
	dmaring_open(FAKE_DEVICE, NULL, &other);
	check_error("is the card's driver loaded");
	fake_fail(FAKE_OPEN, 0, EACCES);
	dmaring_open(FAKE_DEVICE, NULL, &other);
	check_error("group");
	fake_fail(DMARING_IOC_INFO, 0, ENOTTY);
	dmaring_open(FAKE_DEVICE, NULL, &other);
	check_error("no dmaring stream");
	fake.mapping_max = 1;
	dmaring_open(FAKE_DEVICE, NULL, &other);
	check_error("max_map_count");
	fake.mapping_max = 0;
	fake_fail(DMARING_IOC_ATTACH, 0, ENOSPC);
	dmaring_open(FAKE_DEVICE, &viewer, &other);
	check_error("needs 2 buffers, and");
	check_error("viewer_buffers=");
	dmaring_open(FAKE_DEVICE, &bad, &other);
	check_error("LATEST");
}

TEST(success_and_close_leave_the_last_failure)
{
	struct dmaring_stats stats;

	fail_start(EALREADY);
	CHECK_EQ(dmaring_get_stats(stream, &stats), 0);
	fake_fail(DMARING_IOC_DETACH, 0, ENODEV);
	dmaring_close(stream);
	check_error("it is started");
}

TEST(a_very_long_name_is_cut_not_overrun)
{
	char name[4096];
	struct dmaring *other;

	memset(name, '/', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	fake_fail(FAKE_STAT, 0, ENAMETOOLONG);
	CHECK_EQ(dmaring_open(name, NULL, &other), -ENAMETOOLONG);
	CHECK(strlen(dmaring_error()) < 384);
	fake_fail(FAKE_STAT, 0, ENOENT);
	dmaring_open("7", NULL, &other);
	check_error("no such device");
}

static void *other_thread(void *seen)
{
	*(bool *)seen = *dmaring_error() != '\0';
	fail_next(ETIMEDOUT);
	check_error("in time");
	return NULL;
}

TEST(each_thread_has_its_own)
{
	pthread_t thread;
	bool seen = true;

	fail_start(EALREADY);
	REQUIRE_EQ(pthread_create(&thread, NULL, other_thread, &seen), 0);
	pthread_join(thread, NULL);
	CHECK(!seen);
	check_error("it is started");
}

TEST(limits_have_names)
{
	CHECK(!strcmp(dmaring_limit_name(DMARING_LIMIT_NONE), "none"));
	CHECK(!strcmp(dmaring_limit_name(DMARING_LIMIT_DMA_MASK), "dma_mask"));
	CHECK(!strcmp(dmaring_limit_name(DMARING_LIMIT_COUNT), "count"));
	CHECK(!strcmp(dmaring_limit_name(DMARING_LIMIT_SEGMENTS), "segments"));
	CHECK(!strcmp(dmaring_limit_name(DMARING_LIMIT_SEGMENTS + 1), "unknown"));
	CHECK(!strcmp(dmaring_limit_name(UINT32_MAX), "unknown"));
}

TEST(the_version_has_three_numbers)
{
	int major, minor, patch, count;

	count = sscanf(dmaring_version(), "%d.%d.%d", &major, &minor, &patch);
	CHECK_EQ(count, 3);
}

int main(void)
{
	return tap_run(open_stream, NULL);
}
