// SPDX-License-Identifier: MIT
/*
 * vivid, a stock driver, captures into our buffers and plays out of them, by their
 * dma-bufs: through addresses of the kernel, and as a device.
 */
#define _GNU_SOURCE
#include "export.h"
#include "pages.h"
#include "stream.h"
#include "vivid.h"

#define CAMERA		"/dev/video0"
#define MONITOR		"/dev/video1"
#define DMA_CAMERA	"/dev/video2"
#define DMA_MONITOR	"/dev/video3"
#define BEFORE		0xee	/* what is in a buffer before vivid writes it */

/* A frame that was taken, in which others may work, and a dma-buf of its buffer. */
struct taken {
	struct dmaring_frame frame;
	uint8_t *map;
	int dma_buf;
};

static struct taken take(const struct stream *stream)
{
	struct taken taken = { .frame = capture_take(stream) };

	taken.dma_buf = export_buffer(stream->fd, taken.frame.buffer);
	taken.map = stream_map(stream->fd, taken.frame.buffer, PROT_READ | PROT_WRITE);
	return taken;
}

static struct vivid open_camera(const char *node)
{
	return vivid_open(node, V4L2_BUF_TYPE_VIDEO_CAPTURE);
}

static struct vivid open_monitor(const char *node)
{
	return vivid_open(node, V4L2_BUF_TYPE_VIDEO_OUTPUT);
}

/* vivid writes a picture there, and nothing behind it. */
static void check_picture(const uint8_t *map, const struct vivid *camera, uint64_t bytes)
{
	uint64_t untouched = 0;

	for (uint32_t at = 0; at < camera->bytes; at++)
		untouched += map[at] == BEFORE;
	CHECK(untouched < camera->bytes / 2);
	for (uint64_t at = camera->bytes; at < bytes; at++)
		REQUIRE_EQ(map[at], BEFORE);
}

static void capture_into_frames(const char *node)
{
	struct stream stream = capture_start();
	struct vivid camera = open_camera(node);
	struct taken taken[2] = { take(&stream), take(&stream) };
	uint64_t bytes = stream.info.buffer_size;
	uint32_t sequence = 0;

	REQUIRE(camera.bytes <= bytes);
	for (int i = 0; i < 2; i++) {
		memset(taken[i].map, BEFORE, bytes);
		REQUIRE_EQ(vivid_queue(&camera, i, taken[i].dma_buf), 0);
	}
	REQUIRE_EQ(vivid_run(&camera), 0);
	for (int i = 0; i < 4; i++) {
		struct v4l2_buffer buffer = vivid_take(&camera);

		CHECK(!i || buffer.sequence > sequence);
		sequence = buffer.sequence;
		CHECK_EQ(buffer.bytesused, camera.bytes);
		check_picture(taken[buffer.index].map, &camera, bytes);
		memset(taken[buffer.index].map, BEFORE, bytes);
		REQUIRE_EQ(vivid_queue(&camera, buffer.index, taken[buffer.index].dma_buf), 0);
	}
	CHECK_EQ(vivid_halt(&camera), 0);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(stream_give(stream.fd, &taken[i].frame), 0);
	capture_frames(&stream, 2 * stream.info.buffers);
}

TEST(vivid_captures_into_frames)
{
	capture_into_frames(CAMERA);
}

TEST(vivid_captures_into_frames_as_a_device)
{
	if (stream_info(stream_open(O_RDWR)).max_segments > 1)
		SKIP("vivid wants a buffer in one piece");
	capture_into_frames(DMA_CAMERA);
}

/* A picture of ours, which is nothing that vivid would make up. */
static uint8_t picture_byte(uint64_t at)
{
	return 16 + at * 7 % 201;
}

/* Below what the camera writes over the picture. */
static int shows_it(const uint8_t *map, const struct vivid *camera)
{
	for (uint64_t at = camera->bytes / 2; at < camera->bytes; at++)
		if (map[at] != picture_byte(at))
			return 0;
	return 1;
}

/* From our buffer to the monitor, through the cable, into another buffer of ours. */
TEST(vivid_plays_out_of_a_frame)
{
	struct stream stream = capture_start();
	struct vivid camera = open_camera(CAMERA), monitor = open_monitor(MONITOR);
	struct taken source[2] = { take(&stream), take(&stream) };
	struct taken target[2] = { take(&stream), take(&stream) };
	int shown = 0;

	REQUIRE_EQ(camera.bytes, monitor.bytes);
	REQUIRE_EQ(vivid_loop(&camera), 0);
	for (int i = 0; i < 2; i++) {
		for (uint64_t at = 0; at < monitor.bytes; at++)
			source[i].map[at] = picture_byte(at);
		memset(target[i].map, BEFORE, stream.info.buffer_size);
		REQUIRE_EQ(vivid_queue(&monitor, i, source[i].dma_buf), 0);
		REQUIRE_EQ(vivid_queue(&camera, i, target[i].dma_buf), 0);
	}
	REQUIRE_EQ(vivid_run(&monitor), 0);
	REQUIRE_EQ(vivid_run(&camera), 0);
	for (int i = 0; i < 20 && !shown; i++) {
		struct v4l2_buffer buffer = vivid_take(&camera);

		shown = shows_it(target[buffer.index].map, &camera);
		REQUIRE_EQ(vivid_queue(&camera, buffer.index, target[buffer.index].dma_buf), 0);
		buffer = vivid_take(&monitor);
		REQUIRE_EQ(vivid_queue(&monitor, buffer.index, source[buffer.index].dma_buf), 0);
	}
	CHECK(shown);
}

/* It is asked for an address, which nobody could keep vivid from writing through. */
TEST(a_read_only_one_has_no_address)
{
	struct stream stream = capture_start();
	struct vivid camera = open_camera(CAMERA), monitor = open_monitor(MONITOR);
	int dma_buf = export_try(stream.fd, 0, O_RDONLY);

	REQUIRE(dma_buf >= 0);
	CHECK_EQ(vivid_queue(&camera, 0, dma_buf), -EFAULT);
	CHECK_EQ(vivid_queue(&monitor, 0, dma_buf), -EFAULT);
}

/* A device says what it wants to do. */
TEST(a_device_reads_a_read_only_one_and_does_not_write_it)
{
	struct stream stream = capture_start();
	struct vivid camera = open_camera(DMA_CAMERA), monitor = open_monitor(DMA_MONITOR);
	int dma_buf = export_try(stream.fd, 0, O_RDONLY);

	REQUIRE(dma_buf >= 0);
	if (stream.info.max_segments > 1)
		SKIP("vivid wants a buffer in one piece");
	/* What was refused to it, V4L2 does not tell. */
	CHECK_EQ(vivid_queue(&camera, 0, dma_buf), -EINVAL);
	CHECK_EQ(vivid_queue(&monitor, 0, dma_buf), 0);
}

/* Who has died leaves a camera that writes: nobody gets the buffer. */
TEST(a_camera_goes_on_when_the_consumer_detaches)
{
	struct stream stream = capture_start();
	struct vivid camera = open_camera(CAMERA);
	struct taken taken[2] = { take(&stream), take(&stream) };

	for (int i = 0; i < 2; i++) {
		REQUIRE_EQ(vivid_queue(&camera, i, taken[i].dma_buf), 0);
		close(taken[i].dma_buf);
		REQUIRE(!munmap(taken[i].map, stream.info.buffer_size));
	}
	REQUIRE_EQ(vivid_run(&camera), 0);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		REQUIRE(!munmap((void *)stream.map[i], stream.info.buffer_stride));
	CHECK_EQ(call(stream.fd, DMARING_IOC_DETACH, NULL), 0);
	CHECK_EQ(stream_stats(stream.fd).referenced, 2);
	close(stream.fd);
	stream = capture_start();
	for (uint32_t i = 0; i < 2 * stream.info.buffers; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		CHECK(frame.buffer != taken[0].frame.buffer);
		CHECK(frame.buffer != taken[1].frame.buffer);
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	vivid_take(&camera);
	close(camera.fd);
	while (stream_stats(stream.fd).referenced)
		sleep_ms(1);
	capture_frames(&stream, 2 * stream.info.buffers);
}

static void prepare(void)
{
	REQUIRE(!system("modprobe vivid " VIVID_OPTIONS));
}

int main(void)
{
	return tap_run(prepare, stream_is_healthy);
}
