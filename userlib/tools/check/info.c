// SPDX-License-Identifier: MIT
/* What INFO says, and the regions. */
#include "check.h"
#include "../lib/monitor.h"

#include <dmaring/format.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum point {
	NAMES,
	SIZES,
	POOL,
	FORMAT,
	LINES,
	FITS,
	RATE,
	REGIONS,
	REGION_READ,
};

static const struct check_point points[] = {
	[NAMES] = { "driver, card and place have names",
		    "config.driver and config.card" },
	[SIZES] = { "the sizes of the pool fit each other",
		    "config.max_segments, config.limits" },
	[POOL] = { "the pool is as large as was asked for",
		   "'dmaring info', which says what limited it" },
	[FORMAT] = { "the format is one of the table",
		     "config.format.pixelformat and dmaring/format.h" },
	[LINES] = { "lines and frames have the bytes that the format needs",
		    "config.format: bytes_per_line and frame_bytes" },
	[FITS] = { "a frame fits into a buffer",
		   "config.format.frame_bytes and buffer_size=" },
	[RATE] = { "the rate is a fraction, or 0/0",
		   "config.format: rate_numerator and rate_denominator" },
	[REGIONS] = { "regions are described", "config.regions" },
	[REGION_READ] = { "what can be read of regions is read",
			  "read_region() and the region's width" },
};

/* ------------------------------------------------------------------- the stream */

static void look_at_name(struct check *check, const char *what, const char *name,
			 size_t bytes)
{
	size_t length = strnlen(name, bytes), i;

	check_that(check, NAMES, length < bytes, "%s does not end", what);
	check_that(check, NAMES, length, "%s is empty", what);
	for (i = 0; i < length; i++)
		check_that(check, NAMES, name[i] >= ' ' && name[i] <= '~',
			   "%s has the byte 0x%02x", what, (uint8_t)name[i]);
}

static void look_at_names(struct check *check)
{
	const struct dmaring_info *info = &check->info;

	look_at_name(check, "driver", info->driver, sizeof(info->driver));
	look_at_name(check, "card", info->card, sizeof(info->card));
	look_at_name(check, "bus_info", info->bus_info, sizeof(info->bus_info));
}

static void look_at_sizes(struct check *check)
{
	const struct dmaring_info *info = &check->info;
	uint64_t page = sysconf(_SC_PAGESIZE);
	bool playback = info->direction == DMARING_PLAYBACK;

	check_that(check, SIZES,
		   info->buffers && info->buffers <= DMARING_BUFFERS_MAX,
		   "there are %u buffers", info->buffers);
	check_that(check, SIZES, info->buffer_size, "a buffer has no byte");
	check_that(check, SIZES,
		   info->buffer_stride >= info->buffer_size &&
			   info->buffer_stride % page == 0,
		   "buffer_stride is %" PRIu64 ", a buffer has %" PRIu64 " bytes",
		   (uint64_t)info->buffer_stride, (uint64_t)info->buffer_size);
	check_that(check, SIZES, info->max_segments, "max_segments is 0");
	check_that(check, SIZES, info->viewer_buffers <= info->buffers,
		   "%u of %u buffers are for viewers", info->viewer_buffers,
		   info->buffers);
	check_that(check, SIZES,
		   playback == !!(info->caps & DMARING_CAP_PLAYBACK),
		   "caps and direction contradict each other");
}

static void look_at_pool(struct check *check)
{
	const struct dmaring_info *info = &check->info;

	check_that(check, POOL, true, "-");
	if (info->pool_asked && info->buffers < info->pool_asked)
		check_warn(check, POOL, "%u of %u buffers were had: %s",
			   info->buffers, info->pool_asked,
			   dmaring_limit_name(info->pool_limit));
	if (info->buffer_size < info->pool_asked_size)
		check_warn(check, POOL,
			   "a buffer has %" PRIu64 " of %" PRIu64 " bytes: %s",
			   (uint64_t)info->buffer_size,
			   (uint64_t)info->pool_asked_size,
			   dmaring_limit_name(info->pool_limit));
}

/* ------------------------------------------------------------------- the format */

static void look_at_row(struct check *check, const struct dmaring_format_row *row)
{
	const struct dmaring_format *format = &check->info.format;
	uint32_t channels = format->channels ? format->channels : 1;
	uint64_t line, frame;

	line = dmaring_format_line_bytes(row, format->width, channels);
	frame = dmaring_format_frame_bytes(row, format->bytes_per_line,
					   format->height);
	check_that(check, LINES, format->width && format->height,
		   "%s frames are %ux%u", row->name, format->width,
		   format->height);
	check_that(check, LINES,
		   format->width % dmaring_format_width_step(row) == 0 &&
			   format->height % dmaring_format_height_step(row) == 0,
		   "%s frames cannot be %ux%u", row->name, format->width,
		   format->height);
	check_that(check, LINES, format->bytes_per_line >= line,
		   "a line has %u bytes, %u pixels of %s need %" PRIu64,
		   format->bytes_per_line, format->width, row->name, line);
	check_that(check, LINES, format->frame_bytes == frame,
		   "a frame has %u bytes, %u lines of %u have %" PRIu64,
		   format->frame_bytes, format->height, format->bytes_per_line,
		   frame);
}

static void look_at_format(struct check *check)
{
	const struct dmaring_format *format = &check->info.format;
	const struct dmaring_format_row *row =
		dmaring_format_find(format->pixelformat);

	if (row)
		check_that(check, FORMAT, true, "-");
	else if (format->pixelformat)
		check_warn(check, FORMAT,
			   "no row has the fourcc 0x%08x: libraries cannot tell what it is",
			   format->pixelformat);
	else
		check_skip(check, FORMAT, "frames are raw bytes");
	if (row)
		look_at_row(check, row);
	else
		check_that(check, LINES, format->frame_bytes,
			   "a frame has no byte");
	check_that(check, FITS, format->frame_bytes <= check->info.buffer_size,
		   "a frame has %u bytes, a buffer %" PRIu64,
		   format->frame_bytes, (uint64_t)check->info.buffer_size);
	check_that(check, RATE,
		   !format->rate_numerator == !format->rate_denominator,
		   "the rate is %u/%u", format->rate_numerator,
		   format->rate_denominator);
}

/* ------------------------------------------------------------------ the regions */

static bool power_of_two(uint32_t number)
{
	return number && !(number & (number - 1));
}

static void describe_region(struct check *check, const struct dmaring_region *region)
{
	uint64_t width = region->width ? region->width : 1;

	check_that(check, REGIONS,
		   region->name[0] &&
			   strnlen(region->name, sizeof(region->name)) <
				   sizeof(region->name),
		   "region %u has no name", region->index);
	check_that(check, REGIONS, power_of_two(width) && width <= 8,
		   "%.32s: its width is %u", region->name, region->width);
	check_that(check, REGIONS,
		   region->length && region->length % width == 0,
		   "%.32s: it has %" PRIu64 " bytes", region->name,
		   (uint64_t)region->length);
	check_that(check, REGIONS,
		   region->flags & (DMARING_REGION_READ | DMARING_REGION_MAP),
		   "%.32s can be neither read nor mapped", region->name);
}

/* Its first word, and its last byte. */
static void read_region(struct check *check, const struct dmaring *stream,
			const struct dmaring_region *region)
{
	uint8_t word[8];
	int err;

	if (!(region->flags & DMARING_REGION_READ) || !region->length)
		return;
	err = dmaring_read_region(stream, region->index, 0, word, 1);
	if (!err)
		err = dmaring_read_region(stream, region->index,
					  region->length - 1, word, 1);
	if (err == -EBUSY)
		check_skip(check, REGION_READ, "%.32s: the card is busy",
			   region->name);
	else
		check_that(check, REGION_READ, !err, "%.32s: %s", region->name,
			   dmaring_error());
	err = dmaring_read_region(stream, region->index, region->length, word, 1);
	check_that(check, REGION_READ, err == -EINVAL,
		   "%.32s: a byte behind its end is read", region->name);
}

static void look_at_regions(struct check *check, const struct dmaring *stream)
{
	struct dmaring_region region;
	uint32_t i;

	if (!check->info.regions)
		check_give_up(check, "the driver offers no regions");
	for (i = 0; i < check->info.regions; i++) {
		if (!check_that(check, REGIONS,
				!dmaring_get_region(stream, i, &region), "%s",
				dmaring_error()))
			return;
		describe_region(check, &region);
		read_region(check, stream, &region);
	}
}

static void run(struct check *check)
{
	struct dmaring *stream;

	look_at_names(check);
	look_at_sizes(check);
	look_at_pool(check);
	look_at_format(check);
	if (monitor_open(check->device, &stream)) {
		check_call(check, REGIONS, -1);
		return;
	}
	look_at_regions(check, stream);
	dmaring_close(stream);
}

const struct check_group check_info = {
	.name = "info",
	.about = "what the driver says of its card and its frames",
	.points = points,
	.count = CHECK_COUNT(points),
	.run = run,
};
