// SPDX-License-Identifier: MIT
/*
 * What a frame costs with V4L2: vivid, the kernel's own virtual camera, with mapped
 * buffers (DQBUF and QBUF), used where they are, and with read(2), which copies.  Only
 * calls that need not wait are counted; making the picture is vivid's own thread and not
 * among them.
 *
 * usage: vivid [ns]
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "price.h"
#include "sum.h"
#include "tap.h"

#define NODE		"/dev/video0"
#define WIDTH		640
#define HEIGHT		480
#define FRAME_BYTES	(WIDTH * HEIGHT * 2)
#define BUFFERS		16
#define ROUNDS		8
#define WAITING		8	/* frames that are ready in each round */

static int camera;
static uint8_t copy[FRAME_BYTES];
static void *maps[BUFFERS];

static void control(unsigned long command, void *argument)
{
	REQUIRE_EQ(ioctl(camera, command, argument) < 0 ? -errno : 0, 0);
}

static void prepare(void)
{
	struct v4l2_format format = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.fmt.pix = {
			.width = WIDTH,
			.height = HEIGHT,
			.pixelformat = V4L2_PIX_FMT_YUYV,
		},
	};

	camera = open(NODE, O_RDWR | O_CLOEXEC);
	REQUIRE(camera >= 0);
	control(VIDIOC_S_FMT, &format);
	REQUIRE_EQ(format.fmt.pix.sizeimage, FRAME_BYTES);
	memset(copy, 1, sizeof(copy));
}

static struct v4l2_buffer buffer_at(unsigned int index)
{
	return (struct v4l2_buffer) {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.memory = V4L2_MEMORY_MMAP,
		.index = index,
	};
}

static void stream_on(void)
{
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
	struct v4l2_requestbuffers request = {
		.type = type,
		.memory = V4L2_MEMORY_MMAP,
		.count = BUFFERS,
	};

	control(VIDIOC_REQBUFS, &request);
	REQUIRE_EQ(request.count, BUFFERS);
	for (int i = 0; i < BUFFERS; i++) {
		struct v4l2_buffer buffer = buffer_at(i);

		control(VIDIOC_QUERYBUF, &buffer);
		maps[i] = mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, camera, buffer.m.offset);
		REQUIRE(maps[i] != MAP_FAILED);
		control(VIDIOC_QBUF, &buffer);
	}
	control(VIDIOC_STREAMON, &type);
}

/* Until all buffers are full: vivid is then idle, and every call finds a frame. */
static void let_wait(void)
{
	struct v4l2_buffer buffer;
	int full;

	do {
		sleep_ms(10);
		full = 0;
		for (int i = 0; i < BUFFERS; i++) {
			buffer = buffer_at(i);
			control(VIDIOC_QUERYBUF, &buffer);
			full += !!(buffer.flags & V4L2_BUF_FLAG_DONE);
		}
	} while (full < WAITING);
}

TEST(poll_DQBUF_QBUF)
{
	struct pollfd entry = { .fd = camera, .events = POLLIN };
	double polls[ROUNDS * WAITING], takes[ROUNDS * WAITING], gives[ROUNDS * WAITING];
	double all[ROUNDS * WAITING];
	int count = 0;

	stream_on();
	for (int round = 0; round < ROUNDS; round++) {
		let_wait();
		for (int i = 0; i < WAITING; i++, count++) {
			struct v4l2_buffer buffer = buffer_at(0);
			long long start = now_ns();

			REQUIRE_EQ(poll(&entry, 1, 0), 1);
			polls[count] = price_each(start, 1);
			start = now_ns();
			control(VIDIOC_DQBUF, &buffer);
			takes[count] = price_each(start, 1);
			start = now_ns();
			control(VIDIOC_QBUF, &buffer);
			gives[count] = price_each(start, 1);
			all[count] = polls[count] + takes[count] + gives[count];
		}
	}
	price_print(price_least(polls, count), "V4L2 poll");
	price_print(price_least(takes, count), "V4L2 DQBUF");
	price_print(price_least(gives, count), "V4L2 QBUF");
	price_print(price_least(all, count), "V4L2 poll + DQBUF + QBUF");
}

TEST(a_mapped_frame_is_used)
{
	struct v4l2_buffer buffer = buffer_at(0);
	double values[ROUNDS];

	stream_on();
	for (int round = 0; round < ROUNDS; round++) {
		long long start;

		let_wait();
		start = now_ns();
		control(VIDIOC_DQBUF, &buffer);
		sum_keep(sum(maps[buffer.index], FRAME_BYTES));
		control(VIDIOC_QBUF, &buffer);
		values[round] = price_each(start, 1);
	}
	price_print(price_middle(values, ROUNDS), "V4L2 DQBUF + sum + QBUF");
}

TEST(read_copies_and_the_copy_is_used)
{
	struct pollfd entry = { .fd = camera, .events = POLLIN };
	double values[ROUNDS];

	for (int round = -1; round < ROUNDS; round++) {
		long long start;

		/* The first one only starts the stream. */
		if (round >= 0)
			REQUIRE_EQ(poll(&entry, 1, -1), 1);
		start = now_ns();
		REQUIRE_EQ(read(camera, copy, FRAME_BYTES), FRAME_BYTES);
		sum_keep(sum(copy, FRAME_BYTES));
		if (round >= 0)
			values[round] = price_each(start, 1);
	}
	price_print(price_middle(values, ROUNDS), "V4L2 read + sum");
}

int main(int argc, char **argv)
{
	price_options(argc, argv);
	return tap_run(prepare, NULL);
}
