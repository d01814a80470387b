/* SPDX-License-Identifier: MIT */
/*
 * A stream as the groups use it.  Point 0 of a group that uses one is that it does
 * what it is asked for: whatever fails here is a fault of that point.
 */
#ifndef CHECK_STREAM_H
#define CHECK_STREAM_H

#include "check.h"

#define CHECK_WORKS 0

struct check_stream {
	struct dmaring *handle;
	uint8_t *map;		/* of all buffers, to be written; NULL: cannot be */
	uint64_t map_bytes;
	uint32_t watched;	/* buffers whose content is looked after */
	uint64_t start_ns;	/* of the last START */
};

/* Open as LOSSLESS consumer or as the producer, with all buffers mapped. */
bool check_open(struct check *check, struct check_stream *stream);
void check_close(struct check_stream *stream);

bool check_start(struct check *check, struct check_stream *stream);
bool check_stop_it(struct check *check, struct check_stream *stream);

/* The next frame, or buffer; with patience. */
bool check_take(struct check *check, struct check_stream *stream,
		struct dmaring_frame *frame);
bool check_give(struct check *check, struct check_stream *stream,
		const struct dmaring_frame *frame);

/* Takes and gives back. */
bool check_pass(struct check *check, struct check_stream *stream,
		unsigned int frames);

bool check_stats_of(struct check *check, struct check_stream *stream,
		    struct dmaring_stats *stats);

/* How far frames are apart: measured once.  False: none came, all said. */
bool check_measure(struct check *check);

/* So long that a card that is not quiet would have done something: @frames
 * periods, at least a tenth of a second.
 */
void check_pause(const struct check *check, unsigned int frames);

/* -------------------------------------------------------------------- content */

uint8_t *check_buffer(const struct check_stream *stream, const struct check *check,
		      uint32_t index);

/* Fill it with what no card writes. */
void check_poison(const struct check *check, const struct check_stream *stream,
		  uint32_t index);
void check_poison_all(const struct check *check, const struct check_stream *stream);

/* The first byte of a buffer that is not as check_poison() left it; -1: none. */
int64_t check_poison_gone(const struct check *check,
			  const struct check_stream *stream, uint32_t index);

/* The first byte of a piece of a buffer, which begins @offset bytes behind where that
 * does, that nobody has written since; -1: all are.
 */
int64_t check_unwritten(const uint8_t *data, uint32_t offset, uint32_t bytes);

/* Of a frame, to see whether it stays as it is. */
uint64_t check_sum(const uint8_t *data, uint32_t bytes);

#endif /* CHECK_STREAM_H */
