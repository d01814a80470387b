// SPDX-License-Identifier: MIT
/* ATTACH, DETACH, START, STOP: what they accept, and in which order. */
#include "pages.h"
#include "stream.h"

#define CONSUMERS_TRIED	32
#define MINUTE_NS	60000000000ULL

/* What must be refused, leaves the file unattached and the argument as it was. */
static void refuse(int fd, struct dmaring_attach attach, int error)
{
	struct dmaring_attach copy = attach;

	CHECK_EQ(call(fd, DMARING_IOC_ATTACH, &attach), error);
	CHECK(!memcmp(&attach, &copy, sizeof(copy)));
	CHECK_EQ(stream_stats(fd).consumer_policy, 0);
	CHECK_EQ(stream_info(fd).consumers, 0);
}

static struct dmaring_attach lossless(void)
{
	return attach_argument(DMARING_POLICY_LOSSLESS, 0, 0);
}

TEST(attach_tells_what_was_agreed)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_attach attach = lossless();

	CHECK_EQ(stream_info(fd).consumers, 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_ATTACH, &attach), 0);
	CHECK_EQ(attach.size, sizeof(attach));
	CHECK_EQ(attach.features, 0);
	CHECK_EQ(attach.frame_stride, sizeof(struct dmaring_frame));
	CHECK(attach.consumer < stream_info(fd).consumers_max);
	CHECK_EQ(stream_info(fd).consumers, 1);
	CHECK_EQ(stream_stats(fd).consumer_policy, DMARING_POLICY_LOSSLESS);
	CHECK_EQ(stream_stats(fd).consumer_running, 0);
}

TEST(policies_that_do_not_exist_are_refused)
{
	static const uint32_t policies[] = { 0, 3, 4, 0x80000000, 0xffffffff };
	int fd = stream_open(O_RDWR);

	for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++) {
		refuse(fd, attach_argument(policies[i], 0, 0), -EINVAL);
		refuse(fd, attach_argument(policies[i], 1, 1), -EINVAL);
	}
}

TEST(lossless_takes_neither_depth_nor_max_held)
{
	int fd = stream_open(O_RDWR);

	refuse(fd, attach_argument(DMARING_POLICY_LOSSLESS, 1, 0), -EINVAL);
	refuse(fd, attach_argument(DMARING_POLICY_LOSSLESS, 0, 1), -EINVAL);
	refuse(fd, attach_argument(DMARING_POLICY_LOSSLESS, 0xffffffff, 0xffffffff), -EINVAL);
}

TEST(latest_needs_depth_and_max_held)
{
	int fd = stream_open(O_RDWR);

	refuse(fd, attach_argument(DMARING_POLICY_LATEST, 0, 0), -EINVAL);
	refuse(fd, attach_argument(DMARING_POLICY_LATEST, 0, 1), -EINVAL);
	refuse(fd, attach_argument(DMARING_POLICY_LATEST, 1, 0), -EINVAL);
	refuse(fd, attach_argument(DMARING_POLICY_LATEST, 0, 0xffffffff), -EINVAL);
	refuse(fd, attach_argument(DMARING_POLICY_LATEST, 0xffffffff, 0), -EINVAL);
}

TEST(latest_depth_and_max_held_must_fit_the_viewers_buffers)
{
	int fd = stream_open(O_RDWR);
	uint32_t most = stream_info(fd).viewer_buffers;
	const uint32_t wrong[][2] = {
		{ most, 1 }, { 1, most }, { most + 1, 1 }, { 0xffffffff, 1 }, { 1, 0xffffffff },
		{ 0xffffffff, 2 }, { 0x80000000, 0x80000000 }, { 0xffffffff, 0xffffffff },
	};
	const uint32_t right[][2] = { { 1, 1 }, { most - 1, 1 }, { 1, most - 1 } };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		refuse(fd, attach_argument(DMARING_POLICY_LATEST, wrong[i][0], wrong[i][1]),
		       -ENOSPC);
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++) {
		CHECK_EQ(stream_attach(fd, DMARING_POLICY_LATEST, right[i][0], right[i][1]), 0);
		CHECK_EQ(stream_stats(fd).consumer_policy, DMARING_POLICY_LATEST);
		CHECK_EQ(stream_info(fd).viewer_reserved, right[i][0] + right[i][1]);
		CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
		CHECK_EQ(stream_info(fd).viewer_reserved, 0);
	}
}

TEST(strides_out_of_range_are_refused)
{
	static const uint32_t wrong[] = {
		1, 8, 56, 60, 63, 65, 68, 71, 257, 264, 4096, 0x80000040, 0xffffffff, 0xfffffff8,
	};
	static const uint32_t right[] = { 64, 72, 128, 248, 256 };
	int fd = stream_open(O_RDWR);
	struct dmaring_attach attach;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		attach = lossless();
		attach.frame_stride = wrong[i];
		refuse(fd, attach, -EINVAL);
	}
	for (size_t i = 0; i < sizeof(right) / sizeof(*right); i++) {
		attach = lossless();
		attach.frame_stride = right[i];
		CHECK_EQ(call(fd, DMARING_IOC_ATTACH, &attach), 0);
		CHECK_EQ(attach.frame_stride, right[i]);
		CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	}
}

static void accept(int fd, struct dmaring_attach attach)
{
	CHECK_EQ(call(fd, DMARING_IOC_ATTACH, &attach), 0);
	CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
}

TEST(a_watermark_that_can_never_be_reached_is_refused)
{
	int fd = stream_open(O_RDWR);
	uint32_t buffers = stream_info(fd).buffers;
	const uint32_t wrong[] = { buffers + 1, 0x80000000, 0xffffffff };
	struct dmaring_attach attach, latest = attach_argument(DMARING_POLICY_LATEST, 1, 1);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		attach = lossless();
		attach.watermark = wrong[i];
		refuse(fd, attach, -EINVAL);
		attach = latest;
		attach.watermark = wrong[i];
		refuse(fd, attach, -EINVAL);
	}
	latest.watermark = 2;
	refuse(fd, latest, -EINVAL);
	latest.watermark = 1;
	accept(fd, latest);
	attach = lossless();
	attach.watermark = buffers;
	accept(fd, attach);
}

TEST(a_watermark_of_more_than_a_minute_is_refused)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_attach attach = lossless();

	attach.watermark_ns = MINUTE_NS + 1;
	refuse(fd, attach, -EINVAL);
	for (int bit = 36; bit < 64; bit++) {
		attach.watermark_ns = 1ULL << bit;
		refuse(fd, attach, -EINVAL);
	}
	attach.watermark_ns = MINUTE_NS;
	accept(fd, attach);
	attach.watermark_ns = 1;
	accept(fd, attach);
}

TEST(features_that_are_not_offered_are_refused)
{
	int fd = stream_open(O_RDWR);
	uint64_t offered = stream_info(fd).features;

	for (int bit = 0; bit < 64; bit++) {
		struct dmaring_attach attach = lossless();

		attach.features = 1ULL << bit;
		if (offered & attach.features)
			accept(fd, attach);
		else
			refuse(fd, attach, -EOPNOTSUPP);
	}
}

TEST(commands_need_attach)
{
	struct dmaring_ring ring = ring_argument();
	struct dmaring_eventfd eventfd = eventfd_argument(-1);
	struct dmaring_frame frame;
	int fd = stream_open(O_RDWR);

	memset(&frame, POISON, sizeof(frame));
	CHECK_EQ(call(fd, DMARING_IOC_START, NULL), -ENOTCONN);
	CHECK_EQ(call(fd, DMARING_IOC_STOP, NULL), -ENOTCONN);
	CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), -ENOTCONN);
	CHECK_EQ(stream_take(fd, &frame, 1, 0), -ENOTCONN);
	CHECK_EQ(stream_take(fd, &frame, 1, FOREVER), -ENOTCONN);
	CHECK_EQ(stream_give(fd, &frame), -ENOTCONN);
	CHECK_EQ(call(fd, DMARING_IOC_RING, &ring), -ENOTCONN);
	CHECK_EQ(call(fd, DMARING_IOC_KICK, NULL), -ENOTCONN);
	CHECK_EQ(call(fd, DMARING_IOC_EVENTFD, &eventfd), -ENOTCONN);
	CHECK_EQ(read(fd, &frame, sizeof(frame)), -1);
	CHECK_EQ(errno, ENOTCONN);
	CHECK_EQ(stream_poll(fd, 0), POLLERR);
	CHECK(mmap(NULL, page_bytes(), PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENOTCONN);
}

TEST(write_and_seek_are_refused)
{
	struct stream stream = capture_start();
	char byte = 0;

	CHECK_EQ(write(stream.fd, &byte, 1), -1);
	CHECK_EQ(errno, EINVAL);
	CHECK_EQ(pread(stream.fd, &byte, 1, 0), -1);
	CHECK_EQ(errno, ESPIPE);
	CHECK_EQ(lseek(stream.fd, 0, SEEK_SET), -1);
	CHECK_EQ(errno, ESPIPE);
}

TEST(each_command_once)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_attach attach = lossless();

	REQUIRE_EQ(call(fd, DMARING_IOC_ATTACH, &attach), 0);
	attach = lossless();
	CHECK_EQ(call(fd, DMARING_IOC_ATTACH, &attach), -EALREADY);
	CHECK_EQ(call(fd, DMARING_IOC_STOP, NULL), -EALREADY);
	CHECK_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(call(fd, DMARING_IOC_START, NULL), -EALREADY);
	CHECK_EQ(call(fd, DMARING_IOC_ATTACH, &attach), -EALREADY);
	CHECK_EQ(stream_info(fd).state, DMARING_STATE_RUNNING);
	CHECK_EQ(call(fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(call(fd, DMARING_IOC_STOP, NULL), -EALREADY);
	CHECK_EQ(stream_info(fd).state, 0);
	CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), -ENOTCONN);
}

TEST(detach_stops_and_gives_back)
{
	int fd = stream_open(O_RDWR);
	struct dmaring_frame frames[2];
	struct dmaring_stats stats;

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
	REQUIRE_EQ(stream_take(fd, &frames[0], 1, FOREVER), 1);
	REQUIRE_EQ(stream_take(fd, &frames[1], 1, FOREVER), 1);
	CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), 0);
	stats = stream_stats(fd);
	CHECK_EQ(stats.idle, stream_info(fd).buffers);
	CHECK_EQ(stream_info(fd).state, 0);
	CHECK_EQ(stream_info(fd).consumers, 0);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	CHECK_EQ(stream_give(fd, &frames[0]), -ESTALE);
	CHECK_EQ(stream_give(fd, &frames[1]), -ESTALE);
}

TEST(one_more_consumer_than_there_can_be_is_refused)
{
	int fds[CONSUMERS_TRIED], last = stream_open(O_RDWR);
	uint32_t most = stream_info(last).consumers_max, seen = 0;
	struct dmaring_attach attach, copy = lossless();

	REQUIRE(most <= CONSUMERS_TRIED);
	for (uint32_t i = 0; i < most; i++) {
		fds[i] = stream_open(O_RDWR);
		attach = lossless();
		REQUIRE_EQ(call(fds[i], DMARING_IOC_ATTACH, &attach), 0);
		REQUIRE(attach.consumer < most);
		seen |= 1U << attach.consumer;
		CHECK_EQ(stream_info(last).consumers, i + 1);
	}
	CHECK_EQ(seen, (1ULL << most) - 1);	/* each has a number of its own */
	attach = copy;
	CHECK_EQ(call(last, DMARING_IOC_ATTACH, &attach), -EBUSY);
	CHECK(!memcmp(&attach, &copy, sizeof(copy)));
	CHECK_EQ(call(last, DMARING_IOC_START, NULL), -ENOTCONN);
	CHECK_EQ(stream_attach(last, DMARING_POLICY_LATEST, 1, 1), -EBUSY);
	CHECK_EQ(stream_info(last).viewer_reserved, 0);
	CHECK_EQ(call(fds[most / 2], DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(call(last, DMARING_IOC_ATTACH, &attach), 0);
	CHECK_EQ(attach.consumer, most / 2);
}

TEST(start_and_stop_many_times)
{
	struct stream stream = capture_start();
	struct dmaring_stats stats = stream_stats(stream.fd);
	uint64_t starts = stats.starts;

	CHECK_EQ(stats.consumer_running, 1);
	for (int i = 0; i < 20; i++) {
		CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
		stats = stream_stats(stream.fd);
		CHECK_EQ(stats.armed, 0);
		CHECK_EQ(stats.quarantined, 0);
		CHECK_EQ(stats.consumer_running, 0);
		CHECK_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
		if (i % 5 == 0)
			capture_frames(&stream, 2);
	}
	CHECK_EQ(stream_stats(stream.fd).starts, starts + 20);
}

TEST(start_counts_from_zero_again)
{
	struct stream stream = capture_start();

	capture_frames(&stream, 2);
	CHECK_EQ(stream_stats(stream.fd).consumer_delivered, 2);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	CHECK_EQ(stream_stats(stream.fd).consumer_delivered, 0);
	capture_frames(&stream, 1);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
