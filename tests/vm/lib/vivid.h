/* SPDX-License-Identifier: MIT */
/*
 * vivid, the kernel's own camera and monitor without hardware, with a cable from the
 * monitor's plug to the camera's.  Its buffers are dma-bufs of others.
 *
 * Needs vivid with VIVID_OPTIONS.  Functions return 0 or -errno; those that say so end the
 * test when they fail.
 */
#ifndef VIVID_H
#define VIVID_H

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include "tap.h"

/* Each time a camera and a monitor with an HDMI plug: with vmalloc and with DMA. */
#define VIVID_OPTIONS	"n_devs=2 allocators=0,1 node_types=0x101,0x101 num_inputs=1,1 " \
			"input_types=3,3 num_outputs=1,1 output_types=1,1 no_error_inj=1"

#define VIVID_LINES	20	/* so many have the time and such written over them */

struct vivid {
	int fd;
	uint32_t type;
	uint32_t bytes;		/* of a picture */
	uint32_t line_bytes;
	uint32_t memory;
};

static inline int vivid_call(const struct vivid *vivid, unsigned long command, void *argument)
{
	return ioctl(vivid->fd, command, argument) < 0 ? -errno : 0;
}

/* Ends the test on failure. */
static inline struct vivid vivid_open(const char *node, uint32_t type)
{
	struct vivid vivid = { .fd = open(node, O_RDWR | O_CLOEXEC), .type = type };
	struct v4l2_format format = { .type = type };
	struct v4l2_requestbuffers request = {
		.count = 4,
		.type = type,
		.memory = V4L2_MEMORY_DMABUF,
	};

	REQUIRE(vivid.fd >= 0);
	REQUIRE_EQ(vivid_call(&vivid, VIDIOC_G_FMT, &format), 0);
	vivid.bytes = format.fmt.pix.sizeimage;
	vivid.line_bytes = format.fmt.pix.bytesperline;
	REQUIRE_EQ(vivid_call(&vivid, VIDIOC_REQBUFS, &request), 0);
	return vivid;
}

static inline int vivid_queue(const struct vivid *vivid, uint32_t index, int dma_buf)
{
	struct v4l2_buffer buffer = {
		.type = vivid->type,
		.memory = V4L2_MEMORY_DMABUF,
		.index = index,
		.m.fd = dma_buf,
		.bytesused = vivid->type == V4L2_BUF_TYPE_VIDEO_OUTPUT ? vivid->bytes : 0,
		.field = V4L2_FIELD_NONE,
	};

	return vivid_call(vivid, VIDIOC_QBUF, &buffer);
}

/* The index of a buffer that it has done with.  Ends the test on failure. */
static inline struct v4l2_buffer vivid_take(const struct vivid *vivid)
{
	struct v4l2_buffer buffer = { .type = vivid->type, .memory = V4L2_MEMORY_DMABUF };

	REQUIRE_EQ(vivid_call(vivid, VIDIOC_DQBUF, &buffer), 0);
	CHECK(!(buffer.flags & V4L2_BUF_FLAG_ERROR));
	return buffer;
}

static inline int vivid_run(const struct vivid *vivid)
{
	uint32_t type = vivid->type;

	return vivid_call(vivid, VIDIOC_STREAMON, &type);
}

static inline int vivid_halt(const struct vivid *vivid)
{
	uint32_t type = vivid->type;

	return vivid_call(vivid, VIDIOC_STREAMOFF, &type);
}

/* A control of that name, or -ENOENT. */
static inline int vivid_control(const struct vivid *vivid, const char *name, int value)
{
	struct v4l2_queryctrl query = { .id = V4L2_CTRL_FLAG_NEXT_CTRL };

	for (; !vivid_call(vivid, VIDIOC_QUERYCTRL, &query); query.id |= V4L2_CTRL_FLAG_NEXT_CTRL) {
		struct v4l2_control control = { .id = query.id, .value = value };

		if (!strcmp((char *)query.name, name))
			return vivid_call(vivid, VIDIOC_S_CTRL, &control);
	}
	return -ENOENT;
}

/* What the monitor shows comes into the camera. */
static inline int vivid_loop(const struct vivid *camera)
{
	int error = vivid_control(camera, "Loop Video", 1);

	/* From Linux 6.12 on: it is the plug after "TPG" and "None". */
	return error == -ENOENT ? vivid_control(camera, "HDMI 000-0 Is Connected To", 2) : error;
}

#endif /* VIVID_H */
