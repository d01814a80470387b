/* SPDX-License-Identifier: MIT */
/* For tests that run on a stream of either direction. */
#ifndef EITHER_H
#define EITHER_H

#include <stdbool.h>
#include "play.h"
#include "stream.h"

static inline bool is_playback(void)
{
	int fd = stream_open(O_RDONLY), direction = stream_info(fd).direction;

	close(fd);
	return direction == DMARING_PLAYBACK;
}

/* For tap_run(). */
static inline void either_prepare(void)
{
	if (is_playback())
		play_prepare();
	else
		stream_prepare();
}

static inline void either_is_healthy(void)
{
	if (is_playback())
		play_is_healthy();
	else
		stream_is_healthy();
}

#endif /* EITHER_H */
