// SPDX-License-Identifier: MIT
/* The list of formats: what it says can be had, and nothing else can. */
#include "stream.h"
#include "../lib/clock.h"
#include "../lib/number.h"

#include <dmaring/format.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define NO_FOURCC DMARING_FOURCC('?', '?', '?', '?')
#define RATE_FRAMES 8		/* at least, to see how often they come */
#define RATE_TRIES 3

enum point {
	WORKS = CHECK_WORKS,
	LISTED,
	TRIED,
	UNCHANGED,
	SET,
	FRAMES,
	RATE,
	REFUSED,
	BUSY,
};

static const struct check_point points[] = {
	[WORKS] = { "the stream works", "the group \"run\"" },
	[LISTED] = { "each row of the list makes sense", "config.formats" },
	[TRIED] = { "the smallest and the largest of each row can be had",
		    "set_format() and config.formats" },
	[UNCHANGED] = { "to try changes nothing", "set_format(): it only tells" },
	[SET] = { "what is set is what was tried, and what INFO says then",
		  "set_format(): the fields that it fills in" },
	[FRAMES] = { "frames have the format that was set",
		     "start(): the format that it is given" },
	[RATE] = { "a rate that is set is that of the frames",
		   "start() and set_format(): rate_numerator, rate_denominator" },
	[REFUSED] = { "what is not in the list is refused",
		      "set_format() and config.formats" },
	[BUSY] = { "the format stays while the stream runs",
		   "the core, please report it" },
};

static struct dmaring_format wish(const struct dmaring_format_range *row,
				  uint32_t width, uint32_t height)
{
	return (struct dmaring_format){
		.pixelformat = row->pixelformat,
		.width = width,
		.height = height,
		.channels = 1,
	};
}

static const char *name_of(const struct dmaring_format_range *row)
{
	const struct dmaring_format_row *entry =
		dmaring_format_find(row->pixelformat);

	return entry ? entry->name : "(unknown)";
}

/* --------------------------------------------------------------------- the list */

static void look_at_range(struct check *check, const struct dmaring_format_range *row,
			  const char *what, uint32_t min, uint32_t max,
			  uint32_t step)
{
	check_that(check, LISTED, min && min <= max && step,
		   "row %u, %s: its %s is %u .. %u in steps of %u", row->index,
		   name_of(row), what, min, max, step);
	check_that(check, LISTED, !step || (max - min) % step == 0,
		   "row %u, %s: no step leads to the %s %u", row->index,
		   name_of(row), what, max);
}

static void look_at_row(struct check *check, const struct dmaring_format_range *row)
{
	check_that(check, LISTED,
		   !row->pixelformat || dmaring_format_find(row->pixelformat),
		   "row %u: the table has no fourcc 0x%08x", row->index,
		   row->pixelformat);
	look_at_range(check, row, "width", row->width_min, row->width_max,
		      row->width_step);
	look_at_range(check, row, "height", row->height_min, row->height_max,
		      row->height_step);
	check_that(check, LISTED, row->channels_max && row->line_step,
		   "row %u, %s: channels_max %u, line_step %u", row->index,
		   name_of(row), row->channels_max, row->line_step);
	check_that(check, LISTED,
		   !row->rate_min_numerator == !row->rate_min_denominator &&
			   !row->rate_max_numerator == !row->rate_max_denominator,
		   "row %u, %s: a rate is no fraction", row->index, name_of(row));
}

/* ------------------------------------------------------------------ one of them */

static void look_at_bytes(struct check *check, unsigned int point,
			  const struct dmaring_format_range *range,
			  const struct dmaring_format *format)
{
	const struct dmaring_format_row *row =
		dmaring_format_find(range->pixelformat);
	uint32_t channels = format->channels ? format->channels : 1;
	uint64_t line, frame;

	if (!row)
		return;
	line = dmaring_format_line_bytes(row, format->width, channels);
	frame = dmaring_format_frame_bytes(row, format->bytes_per_line,
					   format->height);
	check_that(check, point,
		   format->bytes_per_line >= line &&
			   format->bytes_per_line % range->line_step == 0,
		   "%s %ux%u: a line has %u bytes, needs %" PRIu64, row->name,
		   format->width, format->height, format->bytes_per_line, line);
	check_that(check, point, format->frame_bytes == frame,
		   "%s %ux%u: a frame has %u bytes, not %" PRIu64, row->name,
		   format->width, format->height, format->frame_bytes, frame);
}

static bool same(const struct dmaring_format *one, const struct dmaring_format *other)
{
	return one->width == other->width && one->height == other->height &&
	       one->pixelformat == other->pixelformat &&
	       one->bytes_per_line == other->bytes_per_line &&
	       one->frame_bytes == other->frame_bytes;
}

static bool look_again(struct check *check, const struct check_stream *stream)
{
	return check_call(check, WORKS,
			  dmaring_get_info(stream->handle, &check->info));
}

/* Return: true if it can be set. */
static bool is_had(struct check *check, const struct check_stream *stream,
		   const struct dmaring_format_range *row,
		   struct dmaring_format *format)
{
	struct dmaring_info before = check->info;
	struct dmaring_format wanted = *format;
	int err = dmaring_try_format(stream->handle, format, 0);

	if (!look_again(check, stream))
		return false;
	check_that(check, UNCHANGED,
		   same(&before.format, &check->info.format) &&
			   before.format_seq == check->info.format_seq,
		   "after a try of %s %ux%u the format is another one",
		   name_of(row), wanted.width, wanted.height);
	/* The pool is too small for it: no fault of the card. */
	if (err == -EMSGSIZE)
		return false;
	if (!check_that(check, TRIED,
			!err && format->width == wanted.width &&
				format->height == wanted.height,
			"%s %ux%u is in the list: %s, it becomes %ux%u",
			name_of(row), wanted.width, wanted.height,
			strerror(-err), format->width, format->height))
		return false;
	look_at_bytes(check, TRIED, row, format);
	return true;
}

static void take_frame(struct check *check, struct check_stream *stream,
		       unsigned int point, const struct dmaring_format *format)
{
	struct dmaring_frame frame;

	if (check->silent || check->info.direction != DMARING_CAPTURE ||
	    !check_start(check, stream))
		return;
	if (check_take(check, stream, &frame)) {
		check_that(check, point,
			   frame.bytes_used == format->frame_bytes,
			   "a frame of %ux%u has %u bytes, not %u",
			   format->width, format->height, frame.bytes_used,
			   format->frame_bytes);
		check_that(check, FRAMES,
			   frame.format_seq == check->info.format_seq,
			   "a frame of %ux%u has the format number %u, it is %u",
			   format->width, format->height, frame.format_seq,
			   check->info.format_seq);
		check_give(check, stream, &frame);
	}
	check_stop_it(check, stream);
}

static void set_one(struct check *check, struct check_stream *stream,
		    struct dmaring_format *format,
		    const struct dmaring_format *tried)
{
	int err = dmaring_set_format(stream->handle, format, 0);

	if (!check_that(check, SET, !err, "%ux%u could be tried, not set: %s",
			format->width, format->height, strerror(-err)) ||
	    !look_again(check, stream))
		return;
	check_that(check, SET, same(format, &check->info.format),
		   "INFO says %ux%u of %u bytes, set were %ux%u of %u",
		   check->info.format.width, check->info.format.height,
		   check->info.format.frame_bytes, format->width,
		   format->height, format->frame_bytes);
	check_that(check, SET, same(format, tried),
		   "%ux%u has %u bytes a line when it is set, %u when it is tried",
		   format->width, format->height, format->bytes_per_line,
		   tried->bytes_per_line);
	take_frame(check, stream, FRAMES, format);
}

static void try_and_set(struct check *check, struct check_stream *stream,
			const struct dmaring_format_range *row, uint32_t width,
			uint32_t height)
{
	struct dmaring_format format = wish(row, width, height);
	struct dmaring_format tried = format;

	if (is_had(check, stream, row, &tried))
		set_one(check, stream, &format, &tried);
}

/* What INFO says is the core's word; frames are the card's. */
static void try_and_look(struct check *check, struct check_stream *stream,
			 const struct dmaring_format_range *row)
{
	struct dmaring_format format = wish(row, row->width_min,
					    row->height_min);

	if (format.width == check->info.format.width &&
	    format.height == check->info.format.height)
		format = wish(row, row->width_max, row->height_max);
	if (is_had(check, stream, row, &format))
		take_frame(check, stream, UNCHANGED, &check->info.format);
}

/* --------------------------------------------------------------------- the rate */

static double hertz(const struct dmaring_format *format)
{
	return (double)format->rate_numerator / format->rate_denominator;
}

static double frames_per_second(const struct dmaring_format *format)
{
	return hertz(format) / dmaring_format_counted(format);
}

/* Nobody waits longer than for a frame that does not come. */
static bool takes_too_long(const struct check *check,
			   const struct dmaring_format *format)
{
	return RATE_FRAMES * (double)NS_PER_SECOND >
	       frames_per_second(format) * check->patience_ns;
}

/* The card may have another one near it. */
static bool is_near(const struct dmaring_format *is,
		    const struct dmaring_format *wanted)
{
	return is->rate_numerator && is->rate_denominator &&
	       hertz(is) < 2 * hertz(wanted) && hertz(wanted) < 2 * hertz(is);
}

static void try_rate(struct check *check, const struct check_stream *stream,
		     uint32_t numerator, uint32_t denominator)
{
	struct dmaring_format wanted = check->info.format, format;
	int err;

	wanted.rate_numerator = numerator;
	wanted.rate_denominator = denominator;
	format = wanted;
	err = dmaring_try_format(stream->handle, &format,
				 DMARING_SET_FORMAT_RATE);
	check_that(check, RATE, !err && is_near(&format, &wanted),
		   "%u/%u Hz is in the list: %s, it becomes %u/%u", numerator,
		   denominator, strerror(-err), format.rate_numerator,
		   format.rate_denominator);
}

/* How many frames come a second, by their time stamps; 0: none came, all said. */
static double measure(struct check *check, struct check_stream *stream)
{
	uint64_t end_ns = clock_ns() + check->time_ns;
	struct dmaring_frame first = { 0 }, last;
	uint64_t frames;
	bool good;

	if (!check_start(check, stream))
		return 0;
	good = check_take(check, stream, &first) &&
	       check_give(check, stream, &first);
	last = first;
	while (good && (clock_ns() < end_ns ||
			last.sequence - first.sequence < RATE_FRAMES))
		good = check_take(check, stream, &last) &&
		       check_give(check, stream, &last);
	check_stop_it(check, stream);
	frames = last.sequence - first.sequence;
	return !good || last.timestamp_ns <= first.timestamp_ns ? 0 :
	       frames * (double)NS_PER_SECOND /
			(last.timestamp_ns - first.timestamp_ns);
}

/* A busy machine makes them slower, so they are to be too fast; and it can be late
 * with the first one, but not always.
 */
static void look_at_frames(struct check *check, struct check_stream *stream,
			   const struct dmaring_format *format)
{
	double says = frames_per_second(format), is;
	int tries = RATE_TRIES;

	do {
		is = measure(check, stream);
		if (is == 0)
			return;
	} while (is > 1.5 * says && --tries);
	check_that(check, RATE, tries,
		   "%.3f frames are to come a second, %.3f do", says, is);
	if (is * 1.5 < says)
		check_warn(check, RATE, "%.3f frames are to come a second, %.3f do",
			   says, is);
}

/* Half as many as before.  What the list says at its end may take for ever. */
static void set_rate(struct check *check, struct check_stream *stream,
		     const struct dmaring_format_range *row)
{
	struct dmaring_format wanted = check->info.format, format;
	double least = (double)row->rate_min_numerator / row->rate_min_denominator;

	if (!wanted.rate_numerator || wanted.rate_denominator > UINT32_MAX / 2)
		return;
	wanted.rate_denominator *= 2;
	if (check->silent || check->info.direction != DMARING_CAPTURE ||
	    hertz(&wanted) < least || takes_too_long(check, &wanted))
		return;
	format = wanted;
	if (!check_call(check, RATE,
			dmaring_set_format(stream->handle, &format,
					   DMARING_SET_FORMAT_RATE)) ||
	    !look_again(check, stream))
		return;
	check_that(check, RATE,
		   is_near(&format, &wanted) &&
			   is_near(&check->info.format, &format),
		   "set to %u/%u Hz it becomes %u/%u, INFO says %u/%u",
		   wanted.rate_numerator, wanted.rate_denominator,
		   format.rate_numerator, format.rate_denominator,
		   check->info.format.rate_numerator,
		   check->info.format.rate_denominator);
	look_at_frames(check, stream, &check->info.format);
}

static bool is_row_of(const struct dmaring_format_range *row,
		      const struct dmaring_format *format)
{
	return row->pixelformat == format->pixelformat &&
	       format->width >= row->width_min &&
	       format->width <= row->width_max &&
	       format->height >= row->height_min &&
	       format->height <= row->height_max;
}

/* Of the format of now, if it has some. */
static void look_at_rates(struct check *check, struct check_stream *stream,
			  const struct dmaring_format_range *row)
{
	if (!row->rate_max_numerator || !row->rate_max_denominator ||
	    !row->rate_min_denominator)
		return;
	try_rate(check, stream, row->rate_min_numerator,
		 row->rate_min_denominator);
	try_rate(check, stream, row->rate_max_numerator,
		 row->rate_max_denominator);
	set_rate(check, stream, row);
}

/* ------------------------------------------------------------- what is not there */

static void refuse(struct check *check, const struct check_stream *stream,
		   struct dmaring_format format, int error)
{
	struct dmaring_format asked = format;
	int err = dmaring_try_format(stream->handle, &format, 0);

	/* What does not fit may be found out first. */
	check_that(check, REFUSED, err == error || err == -EMSGSIZE,
		   "%ux%u, fourcc 0x%08x: it says \"%s\"", asked.width,
		   asked.height, asked.pixelformat, strerror(-err));
}

static void look_beyond(struct check *check, const struct check_stream *stream,
			const struct dmaring_format_range *row)
{
	uint32_t width = row->width_min, height = row->height_min;

	if (row->width_max < UINT32_MAX)
		refuse(check, stream, wish(row, row->width_max + 1, height),
		       -ERANGE);
	if (row->height_max < UINT32_MAX)
		refuse(check, stream, wish(row, width, row->height_max + 1),
		       -ERANGE);
	/* 0 is no width: it means that of now. */
	if (width > 1)
		refuse(check, stream, wish(row, width - 1, height), -ERANGE);
	if (height > 1)
		refuse(check, stream, wish(row, width, height - 1), -ERANGE);
	if (row->width_step > 1 && row->width_max > width)
		refuse(check, stream, wish(row, width + 1, height), -ERANGE);
}

static void set_while_it_runs(struct check *check, struct check_stream *stream)
{
	struct dmaring_format format = check->info.format;
	int err;

	if (!check_start(check, stream))
		return;
	err = dmaring_set_format(stream->handle, &format, 0);
	check_that(check, BUSY, err == -EBUSY, "it says \"%s\"", strerror(-err));
	check_stop_it(check, stream);
}

static void look_at_list(struct check *check, struct check_stream *stream)
{
	struct dmaring_format_range row;
	uint32_t i;

	for (i = 0; i < check->info.formats; i++) {
		if (!check_call(check, LISTED,
				dmaring_get_format_range(stream->handle, i, &row)))
			return;
		look_at_row(check, &row);
		try_and_set(check, stream, &row, row.width_min, row.height_min);
		try_and_set(check, stream, &row, row.width_max, row.height_max);
		look_beyond(check, stream, &row);
		try_and_look(check, stream, &row);
	}
	refuse(check, stream,
	       (struct dmaring_format){ .pixelformat = NO_FOURCC }, -EINVAL);
	set_while_it_runs(check, stream);
}

static void look_at_rates_of_now(struct check *check, struct check_stream *stream)
{
	struct dmaring_format_range row;
	uint32_t i;

	for (i = 0; i < check->info.formats; i++) {
		if (dmaring_get_format_range(stream->handle, i, &row) ||
		    !is_row_of(&row, &check->info.format))
			continue;
		look_at_rates(check, stream, &row);
		return;
	}
}

/* With its rate, if the card can be told that. */
static int put_back(const struct check_stream *stream, struct dmaring_format format)
{
	struct dmaring_format copy = format;

	if (format.rate_numerator &&
	    !dmaring_set_format(stream->handle, &copy, DMARING_SET_FORMAT_RATE))
		return 0;
	return dmaring_set_format(stream->handle, &format, 0);
}

static void run(struct check *check)
{
	struct dmaring_format before = check->info.format;
	struct check_stream stream;

	if (!check->info.formats) {
		check_give_up(check, "the card makes one format only");
		return;
	}
	if (!check_open(check, &stream))
		return;
	look_at_list(check, &stream);
	check_that(check, SET, !put_back(&stream, before),
		   "the format of before cannot be set again");
	if (look_again(check, &stream))
		look_at_rates_of_now(check, &stream);
	put_back(&stream, before);
	look_again(check, &stream);
	check_close(&stream);
}

const struct check_group check_format = {
	.name = "format",
	.about = "the formats that the card says it can make",
	.points = points,
	.count = CHECK_COUNT(points),
	.run = run,
};
