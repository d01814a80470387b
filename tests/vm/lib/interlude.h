/* SPDX-License-Identifier: MIT */
/*
 * What comes between two frames: the card loses its state (sleep, reset), and the
 * capture goes on with a frame marked DISCONTINUITY.
 */
#ifndef INTERLUDE_H
#define INTERLUDE_H

#include "stream.h"

/* The kernel's own test mode suspends and resumes the devices without really sleeping. */
static inline void interlude_sleep(void)
{
	if (file_write("/sys/power/pm_test", "devices"))
		SKIP("this kernel cannot test suspend: %s", strerror(errno));
	file_write("/sys/module/suspend/parameters/pm_test_delay", "0");
	REQUIRE_EQ(file_write("/sys/power/state", "freeze"), 0);
}

/* A function reset, as an administrator may ask for. */
static inline void interlude_reset(void)
{
	REQUIRE_EQ(card_write("device/reset", "1"), 0);
}

#define INTERLUDE_CONFIG_BYTES	256

/* What the card must have back afterwards: its BARs, its command word, its MSI. */
static inline void interlude_config(uint8_t config[INTERLUDE_CONFIG_BYTES])
{
	char path[CARD_PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), CARD_CLASS "/%s/device/config", card_name());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	REQUIRE(fd >= 0);
	REQUIRE_EQ(read(fd, config, INTERLUDE_CONFIG_BYTES), INTERLUDE_CONFIG_BYTES);
	close(fd);
}

/* Ends the test if no frame comes. */
static inline struct dmaring_frame interlude_take(const struct stream *stream)
{
	struct dmaring_frame frame, unmarked;

	REQUIRE_EQ(stream_await(stream->fd, &frame), 1);
	unmarked = frame;
	unmarked.flags &= ~DMARING_FRAME_DISCONTINUITY;
	capture_verify(stream, &unmarked);
	return frame;
}

/*
 * Takes and gives back frames, verified and in order after @before, until the
 * marked one; returns it.
 */
static inline struct dmaring_frame interlude_over(const struct stream *stream,
						  struct dmaring_frame before)
{
	for (uint32_t i = 0; i <= stream->info.buffers; i++) {
		struct dmaring_frame frame = interlude_take(stream);

		CHECK(frame.sequence > before.sequence);
		CHECK(frame.timestamp_ns > before.timestamp_ns);
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
		if (frame_flags(&frame))
			return frame;
		before = frame;
	}
	REQUIRE(!"a frame marked DISCONTINUITY");
	return before;
}

/* To be run after each test: as stream_is_healthy(), but the first frame may be marked. */
static inline void interlude_is_healthy(void)
{
	struct stream stream = capture_start();
	struct dmaring_frame frame = interlude_take(&stream);

	CHECK_EQ(stream_give(stream.fd, &frame), 0);
	capture_frames(&stream, 3);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
}

#endif /* INTERLUDE_H */
