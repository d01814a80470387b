// SPDX-License-Identifier: MIT
/* Where the buffers are, for the bus and for us. */
#include "stream.h"

#include <inttypes.h>
#include <stdlib.h>

enum point {
	OPENED = CHECK_WORKS,
	DESCRIBED,
	SEGMENTS,
	APART,
	KEPT,
};

static const struct check_point points[] = {
	[OPENED] = { "the stream is opened and its buffers are mapped",
		     "what the kernel's log says" },
	[DESCRIBED] = { "each buffer is described",
			"the core, please report it" },
	[SEGMENTS] = { "the segments of a buffer are all of it",
		       "config.max_segments and config.limits" },
	[APART] = { "no two buffers share memory of the bus",
		    "config.dma_device and the DMA mask" },
	[KEPT] = { "buffers keep what is written while the card is stopped",
		   "stop(): something still writes" },
};

struct piece {
	uint64_t begin;
	uint64_t end;
	uint32_t buffer;
};

struct pieces {
	struct piece *of;
	size_t count;
	size_t room;
	bool shown;
};

static bool keep(struct pieces *pieces, const struct dmaring_buffer *buffer)
{
	struct piece *more;

	if (pieces->count == pieces->room) {
		pieces->room = pieces->room ? 2 * pieces->room : 256;
		more = realloc(pieces->of, pieces->room * sizeof(*more));
		if (!more)
			return false;
		pieces->of = more;
	}
	pieces->of[pieces->count++] = (struct piece){
		.begin = buffer->bus_addr,
		.end = buffer->bus_addr + buffer->segment_bytes,
		.buffer = buffer->index,
	};
	pieces->shown = buffer->flags & DMARING_BUFFER_BUS_SHOWN;
	return true;
}

static void look_at_one(struct check *check, const struct check_stream *stream,
			uint32_t index, struct pieces *pieces)
{
	struct dmaring_buffer buffer;
	uint64_t bytes = 0;
	uint32_t i = 0;

	do {
		if (!check_call(check, DESCRIBED,
				dmaring_get_segment(stream->handle, index, i,
						    &buffer)) ||
		    !keep(pieces, &buffer))
			return;
		bytes += buffer.segment_bytes;
	} while (++i < buffer.segments);
	check_that(check, DESCRIBED, buffer.length >= check->info.buffer_size,
		   "buffer %u has %" PRIu64 " bytes", index,
		   (uint64_t)buffer.length);
	check_that(check, SEGMENTS, buffer.segments <= check->info.max_segments,
		   "buffer %u has %u segments, at most %u are gathered", index,
		   buffer.segments, check->info.max_segments);
	check_that(check, SEGMENTS, bytes == buffer.length,
		   "the segments of buffer %u have %" PRIu64 " of %" PRIu64 " bytes",
		   index, bytes, (uint64_t)buffer.length);
}

static int by_address(const void *one, const void *other)
{
	const struct piece *left = one, *right = other;

	return left->begin < right->begin ? -1 : left->begin > right->begin;
}

static void look_for_overlaps(struct check *check, struct pieces *pieces)
{
	size_t i;

	if (!pieces->shown) {
		check_skip(check, APART, "bus addresses are for the superuser");
		return;
	}
	qsort(pieces->of, pieces->count, sizeof(*pieces->of), by_address);
	for (i = 1; i < pieces->count; i++)
		check_that(check, APART,
			   pieces->of[i - 1].end <= pieces->of[i].begin,
			   "buffers %u and %u share bus address 0x%" PRIx64,
			   pieces->of[i - 1].buffer, pieces->of[i].buffer,
			   pieces->of[i].begin);
	check_that(check, APART, true, "-");
}

static void look_at_memory(struct check *check, const struct check_stream *stream)
{
	uint32_t i;

	if (!stream->map) {
		check_skip(check, KEPT, "the buffers cannot be mapped for writing");
		return;
	}
	check_poison_all(check, stream);
	check_pause(check, 1);
	for (i = 0; i < stream->watched; i++)
		check_that(check, KEPT, check_poison_gone(check, stream, i) < 0,
			   "buffer %u has other bytes from %" PRId64 " on", i,
			   check_poison_gone(check, stream, i));
}

static void run(struct check *check)
{
	struct check_stream stream;
	struct pieces pieces = { 0 };
	uint32_t i;

	if (!check_open(check, &stream))
		return;
	for (i = 0; i < check->info.buffers; i++)
		look_at_one(check, &stream, i, &pieces);
	look_for_overlaps(check, &pieces);
	look_at_memory(check, &stream);
	free(pieces.of);
	check_close(&stream);
}

const struct check_group check_buffers = {
	.name = "buffers",
	.about = "where the buffers are",
	.points = points,
	.count = CHECK_COUNT(points),
	.run = run,
};
