// SPDX-License-Identifier: LGPL-2.1-or-later
#include "index.h"
#include "npy.h"

#include <assert.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

static_assert(sizeof(struct dmaring_record_header) == 128, "as documented");
static_assert(sizeof(struct dmaring_record) == 128, "as documented");
static_assert(offsetof(struct dmaring_record_header, crc32) == 124, "as documented");
static_assert(offsetof(struct dmaring_record, crc32) == 124, "as documented");
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the files are little-endian, and so are the machines that this is for"
#endif

uint32_t index_crc32(const void *data, size_t bytes)
{
	return crc32_z(0, data, bytes);
}

struct dmaring_record_header index_header(const struct dmaring_format *format,
					  uint32_t number, uint32_t flags)
{
	struct dmaring_record_header header = {
		.magic = DMARING_RECORD_MAGIC,
		.version = DMARING_RECORD_VERSION,
		.header_bytes = INDEX_HEADER_BYTES,
		.record_bytes = INDEX_RECORD_BYTES,
		.flags = flags,
		.stride = npy_stride(format->frame_bytes),
		.data_offset = DMARING_RECORD_ALIGN,
		.format = *format,
		.number = number,
	};

	header.crc32 = index_crc32(&header, offsetof(struct dmaring_record_header, crc32));
	return header;
}

/* A time of the clock that does not jump, on the one that people read. */
static uint64_t realtime_ns(uint64_t monotonic_ns)
{
	struct timespec real, monotonic;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_REALTIME, &real);
	return (real.tv_sec - monotonic.tv_sec) * 1000000000ULL +
	       real.tv_nsec - monotonic.tv_nsec + monotonic_ns;
}

struct dmaring_record index_record(const struct dmaring_frame *frame,
				   const struct dmaring_frame *before,
				   uint64_t skipped, uint64_t stride, uint64_t at)
{
	struct dmaring_record record = {
		.frame = *frame,
		.position = DMARING_RECORD_ALIGN + at * stride,
		.realtime_ns = realtime_ns(frame->timestamp_ns),
		.skipped = skipped,
	};
	struct dmaring_loss loss;

	record.frame.cookie = 0;	/* of this process alone */
	if (before) {
		dmaring_loss_between(before, frame, &loss);
		record.overruns = loss.overruns;
		record.drops = loss.drops - skipped;
	}
	return record;
}

bool index_is_same(struct dmaring_format one, struct dmaring_format other)
{
	one.rate_numerator = other.rate_numerator;
	one.rate_denominator = other.rate_denominator;
	return !memcmp(&one, &other, sizeof(one));
}

void index_seal(struct dmaring_record *record)
{
	record->crc32 = index_crc32(record, offsetof(struct dmaring_record, crc32));
}

const char *index_refuse_header(const struct dmaring_record_header *header)
{
	struct dmaring_format_description is = { .size = sizeof(is) };

	if (memcmp(header->magic, DMARING_RECORD_MAGIC, sizeof(header->magic)))
		return "it is no index";
	if (header->version != DMARING_RECORD_VERSION)
		return "a later version of dmaring has made it";
	if (header->crc32 != index_crc32(header, offsetof(struct dmaring_record_header, crc32)))
		return "its header is damaged";
	if (header->header_bytes != INDEX_HEADER_BYTES ||
	    header->record_bytes != INDEX_RECORD_BYTES ||
	    header->data_offset != DMARING_RECORD_ALIGN ||
	    !header->format.frame_bytes ||
	    header->stride != npy_stride(header->format.frame_bytes) ||
	    dmaring_format_describe(&header->format, &is))
		return "its header makes no sense";
	return NULL;
}

bool index_is_whole(const struct dmaring_record *record,
		    const struct dmaring_record_header *header, uint64_t at)
{
	return record->crc32 == index_crc32(record, offsetof(struct dmaring_record, crc32)) &&
	       record->position == header->data_offset + at * header->stride &&
	       record->frame.bytes_used <= header->format.frame_bytes;
}
