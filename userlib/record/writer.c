// SPDX-License-Identifier: LGPL-2.1-or-later
/* A recording of frames that somebody has, one after the other. */
#include "checksum.h"
#include "meta_json.h"
#include "recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYNC_NS 1000000000ULL

struct dmaring_writer {
	int dir;
	uint32_t number;
	struct segment segment;
	uint64_t sync_ns;	/* when frames were made safe */
	int err;		/* no more is written */
	struct dmaring_info info;	/* as far as there is a stream */
	struct dmaring_recorder_state state;
	struct meta_json meta;
	char why[256];
};

static int tell_meta(struct dmaring_writer *writer)
{
	writer->state.safe = writer->segment.safe;
	return meta_json_write(writer->dir, &writer->info, NULL, &writer->state,
			       &writer->meta);
}

static int begin(struct dmaring_writer *writer, const char *path,
		 const struct dmaring_format *format, uint32_t flags)
{
	struct dmaring_format_description is = { .size = sizeof(is) };
	int err = dmaring_format_describe(format, &is);

	if (err || !format->frame_bytes)
		return record_error(EINVAL, "%s: no frame can have this format", path);
	err = checksum_refuse(flags);
	if (!err)
		err = directory_begin(path, false, format, &writer->dir, &writer->number);
	if (!err)
		err = segment_open(&writer->segment, writer->dir, writer->number, false,
				   format, flags, false);
	if (err)
		return err;
	writer->info.format = *format;
	writer->state.files = 1;
	writer->sync_ns = recorder_now_ns(CLOCK_MONOTONIC);
	writer->meta.begun_ns = recorder_now_ns(CLOCK_REALTIME);
	return tell_meta(writer);
}

static void free_writer(struct dmaring_writer *writer)
{
	segment_close(&writer->segment);
	if (writer->dir >= 0)
		close(writer->dir);
	free(writer);
}

int dmaring_writer_open(const char *path, const struct dmaring_format *format,
			uint32_t flags, struct dmaring_writer **writer)
{
	struct dmaring_writer *new = calloc(1, sizeof(*new));
	int err;

	*writer = NULL;
	if (!new)
		return record_error(ENOMEM, "no memory for a recording");
	new->dir = -1;
	new->segment = (struct segment){ .data = -1, .index = -1 };
	err = begin(new, path, format, flags);
	if (err) {
		free_writer(new);
		return err;
	}
	*writer = new;
	return 0;
}

static int make_safe(struct dmaring_writer *writer)
{
	writer->sync_ns = recorder_now_ns(CLOCK_MONOTONIC);
	return segment_make_safe(&writer->segment);
}

static int add(struct dmaring_writer *writer, const struct dmaring_record *from,
	       const void *data)
{
	struct segment *segment = &writer->segment;
	struct dmaring_record record;
	int err = segment_has_room(segment) ? 0 : make_safe(writer);

	err = err ?: segment_reserve(segment);
	if (err)
		return err;
	record = index_record(&from->frame, NULL, from->skipped, segment->stride,
			      segment->added);
	record.overruns = from->overruns;
	record.drops = from->drops;
	record.flags = from->flags;
	if (from->realtime_ns)
		record.realtime_ns = from->realtime_ns;
	err = segment_write(segment, data, record.frame.bytes_used, record.position);
	if (err)
		return err;
	record.frame_crc = checksum(segment->flags, data, record.frame.bytes_used);
	index_seal(&record);
	segment_is_written(segment, segment_add(segment, &record));
	writer->state.overruns += record.overruns;
	writer->state.drops += record.drops;
	writer->state.skipped += record.skipped;
	return recorder_now_ns(CLOCK_MONOTONIC) - writer->sync_ns < SYNC_NS ?
		       0 : make_safe(writer);
}

int dmaring_writer_add(struct dmaring_writer *writer, const struct dmaring_record *record,
		       const void *data)
{
	if (record->frame.bytes_used > writer->info.format.frame_bytes)
		return record_error(EINVAL, "a frame has more bytes than its format says");
	if (!writer->err)
		writer->err = add(writer, record, data);
	if (writer->err && !*writer->why)
		snprintf(writer->why, sizeof(writer->why), "%s", dmaring_record_error());
	return writer->err;
}

int dmaring_writer_close(struct dmaring_writer *writer)
{
	int err, end_err;

	if (!writer)
		return 0;
	err = writer->err;
	end_err = segment_tell_all(&writer->segment) ?: segment_finish(&writer->segment);
	if (!err && end_err)
		snprintf(writer->why, sizeof(writer->why), "%s", dmaring_record_error());
	err = err ?: end_err;
	writer->meta.ended_ns = recorder_now_ns(CLOCK_REALTIME);
	writer->meta.error = err ? writer->why : NULL;
	end_err = tell_meta(writer);
	if (err)
		record_error(-err, "%s", writer->why);
	free_writer(writer);
	return err ?: end_err;
}
