// SPDX-License-Identifier: MIT
/* Between two consumers the buffers are wiped: the second sees nothing of the first. */
#include "stream.h"

#define SECRET	"a secret of the first consumer. "

/* How many bytes of the pool are not zero, as a consumer that has not started sees it. */
static uint64_t bytes_left(void)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };
	uint64_t left = 0;

	stream.info = stream_info(stream.fd);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	capture_map(&stream);
	for (uint32_t i = 0; i < stream.info.buffers; i++) {
		for (uint64_t at = 0; at < stream.info.buffer_stride; at++)
			left += stream.map[i][at] != 0;
		munmap((void *)stream.map[i], stream.info.buffer_stride);
	}
	close(stream.fd);
	return left;
}

static void finish(struct stream *stream)
{
	close(stream->fd);
	for (uint32_t i = 0; i < stream->info.buffers; i++)
		REQUIRE(!munmap((void *)stream->map[i], stream->info.buffer_stride));
}

/* Frames larger than those of the next consumer. */
static struct stream large_capture(void)
{
	REQUIRE_EQ(card_write("format", "100x80"), 0);
	return capture_start();
}

TEST(frames_that_were_released)
{
	struct stream stream = large_capture();

	capture_frames(&stream, stream.info.buffers);
	finish(&stream);
	CHECK_EQ(bytes_left(), 0);
}

TEST(frames_that_were_held_or_waiting)
{
	struct stream stream = large_capture();

	capture_take(&stream);
	capture_take(&stream);
	sleep(4);
	finish(&stream);
	CHECK_EQ(bytes_left(), 0);
}

TEST(a_frame_that_was_being_written)
{
	struct stream stream = large_capture();

	capture_frames(&stream, 1);
	usleep(250000);		/* a chunk or two of the next one */
	finish(&stream);
	CHECK_EQ(bytes_left(), 0);
}

TEST(frames_of_a_consumer_that_was_killed)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct dmaring_frame frames[MAPS_MAX];
		struct stream stream = large_capture();

		capture_hold_all(&stream, frames);
		raise(SIGKILL);
	}
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(bytes_left(), 0);
}

TEST(what_was_written_through_a_mapping)
{
	struct stream stream = capture_start();

	for (uint32_t i = 0; i < stream.info.buffers; i++) {
		char *map = stream_map(stream.fd, i, PROT_READ | PROT_WRITE);

		for (uint64_t at = 0; at < stream.info.buffer_stride; at += sizeof(SECRET) - 1)
			memcpy(map + at, SECRET, sizeof(SECRET) - 1);
		munmap(map, stream.info.buffer_stride);
	}
	finish(&stream);
	CHECK_EQ(bytes_left(), 0);
}

/* The first frames of the second consumer must not bring back the rest of the buffer. */
TEST(what_stands_behind_a_small_frame)
{
	struct stream stream = large_capture();
	uint64_t left = 0;

	capture_frames(&stream, stream.info.buffers);
	finish(&stream);
	REQUIRE_EQ(card_write("format", "4x4"), 0);
	stream = capture_start();
	for (uint32_t i = 0; i < stream.info.buffers; i++) {
		struct dmaring_frame frame = capture_take(&stream);

		for (uint64_t at = frame.bytes_used; at < stream.info.buffer_stride; at++)
			left += stream.map[frame.buffer][at] != 0;
		CHECK_EQ(stream_give(stream.fd, &frame), 0);
	}
	CHECK_EQ(left, 0);
}

TEST(a_viewer_after_a_recorder)
{
	struct stream stream = large_capture();
	uint64_t left = 0;

	capture_frames(&stream, stream.info.buffers);
	finish(&stream);
	stream.fd = stream_open(O_RDONLY);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LATEST, 1, 1), 0);
	capture_map(&stream);
	for (uint32_t i = 0; i < stream.info.buffers; i++)
		for (uint64_t at = 0; at < stream.info.buffer_stride; at++)
			left += stream.map[i][at] != 0;
	CHECK_EQ(left, 0);
}

int main(void)
{
	return tap_run(stream_prepare, stream_is_healthy);
}
