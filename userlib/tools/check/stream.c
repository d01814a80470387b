// SPDX-License-Identifier: MIT
#define _FILE_OFFSET_BITS 64
#include "stream.h"
#include "../lib/clock.h"
#include "../lib/interrupt.h"
#include "../lib/units.h"

#include <dmaring/pattern.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define WAIT_MAX_MS 200		/* a signal is noticed after it */
#define PAUSE_MIN_NS (NS_PER_SECOND / 10)
#define MEASURED_FRAMES 4
#define WATCHED_BYTES (256ULL << 20)	/* of a pool; more takes too long */

/* -------------------------------------------------------------- open and close */

/* A mapping of our own: that of the library can only be read. */
static void map_to_write(const struct check *check, struct check_stream *stream)
{
	uint64_t stride = check->info.buffer_stride;
	struct dmaring_buffer first;
	void *map;

	stream->map = NULL;
	stream->map_bytes = check->info.buffers * stride;
	if (dmaring_get_buffer(stream->handle, 0, &first))
		return;
	map = mmap(NULL, stream->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		   dmaring_fd(stream->handle), first.mmap_offset);
	if (map == MAP_FAILED)
		return;
	stream->map = map;
	stream->watched = check->info.buffers;
	if (stream->watched > WATCHED_BYTES / check->info.buffer_size)
		stream->watched = WATCHED_BYTES / check->info.buffer_size;
}

static bool alone(struct check *check, struct check_stream *stream)
{
	struct dmaring_info info;

	if (dmaring_get_info(stream->handle, &info))
		return check_call(check, CHECK_WORKS, -1);
	if (info.consumers > 1)
		check_give_up(check, "somebody else has attached meanwhile");
	return info.consumers <= 1;
}

bool check_open(struct check *check, struct check_stream *stream)
{
	*stream = (struct check_stream){ 0 };
	if (!check_that(check, CHECK_WORKS,
			!dmaring_open(check->device, NULL, &stream->handle),
			"%s", dmaring_error()))
		return false;
	if (!alone(check, stream)) {
		check_close(stream);
		return false;
	}
	map_to_write(check, stream);
	return true;
}

void check_close(struct check_stream *stream)
{
	if (stream->map)
		munmap(stream->map, stream->map_bytes);
	dmaring_close(stream->handle);
	*stream = (struct check_stream){ 0 };
}

/* ---------------------------------------------------------------------- frames */

bool check_start(struct check *check, struct check_stream *stream)
{
	stream->start_ns = clock_ns();
	return check_call(check, CHECK_WORKS, dmaring_start(stream->handle));
}

bool check_stop_it(struct check *check, struct check_stream *stream)
{
	return check_call(check, CHECK_WORKS, dmaring_stop(stream->handle));
}

/* In slices, because of signals. */
static int wait_for(struct check *check, struct check_stream *stream,
		    struct dmaring_frame *frame)
{
	uint64_t end_ns = clock_ns() + check->patience_ns;
	int err;

	do
		err = dmaring_next(stream->handle, frame, WAIT_MAX_MS);
	while ((err == -ETIMEDOUT || err == -EINTR) && !interrupt_signal() &&
	       clock_ns() < end_ns);
	return err;
}

bool check_take(struct check *check, struct check_stream *stream,
		struct dmaring_frame *frame)
{
	int err = wait_for(check, stream, frame);
	char text[UNITS_TEXT];

	if (interrupt_signal())
		return false;
	if (err == -ETIMEDOUT)
		return check_that(check, CHECK_WORKS, false,
				  "no frame came for %s; does the card wait for a trigger?",
				  units_ns(text, check->patience_ns));
	return check_call(check, CHECK_WORKS, err);
}

bool check_give(struct check *check, struct check_stream *stream,
		const struct dmaring_frame *frame)
{
	return check_call(check, CHECK_WORKS, dmaring_release(stream->handle, frame));
}

bool check_pass(struct check *check, struct check_stream *stream,
		unsigned int frames)
{
	struct dmaring_frame frame;

	while (frames--)
		if (!check_take(check, stream, &frame) ||
		    !check_give(check, stream, &frame))
			return false;
	return true;
}

bool check_stats_of(struct check *check, struct check_stream *stream,
		    struct dmaring_stats *stats)
{
	return check_call(check, CHECK_WORKS, dmaring_get_stats(stream->handle, stats));
}

/* ------------------------------------------------------------------------ time */

static bool measure(struct check *check, struct check_stream *stream)
{
	struct dmaring_frame first, last;
	bool good = check_take(check, stream, &first) &&
		    check_give(check, stream, &first) &&
		    check_pass(check, stream, MEASURED_FRAMES - 1) &&
		    check_take(check, stream, &last) &&
		    check_give(check, stream, &last);
	uint64_t frames, ns;

	if (!good)
		return false;
	frames = last.sequence - first.sequence;
	ns = last.timestamp_ns - first.timestamp_ns;
	if (!frames || frames > INT64_MAX || ns > INT64_MAX)
		frames = 1, ns = 0;
	check->period_ns = ns / frames ? ns / frames : 1;
	return true;
}

bool check_measure(struct check *check)
{
	struct check_stream stream;
	bool good;

	if (check->period_ns)
		return true;
	if (check->silent)
		check_give_up(check, "no frames come: see the group \"run\"");
	if (check->silent || !check_open(check, &stream))
		return false;
	good = check_start(check, &stream) && measure(check, &stream);
	dmaring_stop(stream.handle);
	check_close(&stream);
	check->silent = !good;
	return good;
}

void check_pause(const struct check *check, unsigned int frames)
{
	uint64_t ns = frames * check->period_ns;

	interrupt_sleep(ns > PAUSE_MIN_NS ? ns : PAUSE_MIN_NS);
}

/* --------------------------------------------------------------------- content */

#define POISON_BYTES 4096
#define POISON_NUMBER 0x6b6e6f77206d65ULL	/* no frame has it */
#define BLOCK 64		/* that all of them are as they were is no accident */

static const uint8_t *poison(void)
{
	static uint8_t bytes[POISON_BYTES];

	if (!bytes[0] && !bytes[1])
		dmaring_pattern_fill(bytes, DMARING_PATTERN_NOISE, 1,
				     POISON_NUMBER, 0, POISON_BYTES);
	return bytes;
}

uint8_t *check_buffer(const struct check_stream *stream, const struct check *check,
		      uint32_t index)
{
	return stream->map + index * check->info.buffer_stride;
}

static uint64_t part_of(uint64_t left)
{
	return left < POISON_BYTES ? left : POISON_BYTES;
}

void check_poison(const struct check *check, const struct check_stream *stream,
		  uint32_t index)
{
	uint64_t bytes = check->info.buffer_size, at;

	if (index >= stream->watched)
		return;
	for (at = 0; at < bytes; at += POISON_BYTES)
		memcpy(check_buffer(stream, check, index) + at, poison(),
		       part_of(bytes - at));
}

void check_poison_all(const struct check *check, const struct check_stream *stream)
{
	uint32_t i;

	for (i = 0; i < stream->watched; i++)
		check_poison(check, stream, i);
}

static uint32_t first_difference(const uint8_t *one, const uint8_t *other)
{
	uint32_t i = 0;

	while (one[i] == other[i])
		i++;
	return i;
}

int64_t check_poison_gone(const struct check *check,
			  const struct check_stream *stream, uint32_t index)
{
	const uint8_t *data = check_buffer(stream, check, index);
	uint64_t bytes = check->info.buffer_size, at;

	for (at = 0; at < bytes; at += POISON_BYTES)
		if (memcmp(data + at, poison(), part_of(bytes - at)))
			return at + first_difference(data + at, poison());
	return -1;
}

/* Is it what check_poison() wrote there? */
static bool is_poison(const uint8_t *data, uint32_t offset, uint32_t bytes)
{
	uint32_t i;

	for (i = 0; i < bytes; i++)
		if (data[i] != poison()[(offset + i) % POISON_BYTES])
			return false;
	return true;
}

int64_t check_unwritten(const uint8_t *data, uint32_t offset, uint32_t bytes)
{
	uint32_t at, part;

	for (at = 0; at < bytes; at += part) {
		part = bytes - at < BLOCK ? bytes - at : BLOCK;
		/* A few bytes may be the same by accident. */
		if ((part == BLOCK || !at) &&
		    is_poison(data + at, offset + at, part))
			return offset + at;
	}
	return -1;
}

uint64_t check_sum(const uint8_t *data, uint32_t bytes)
{
	uint64_t sum = bytes, word = 0;
	uint32_t at;

	for (at = 0; at + sizeof(word) <= bytes; at += sizeof(word)) {
		memcpy(&word, data + at, sizeof(word));
		sum = (sum ^ word) * 0x9e3779b97f4a7c15ULL;
		sum ^= sum >> 29;
	}
	for (; at < bytes; at++)
		sum = (sum ^ data[at]) * 0x9e3779b97f4a7c15ULL;
	return sum;
}
