// SPDX-License-Identifier: GPL-2.0-only
/*
 * What frames look like, and what they can look like.
 *
 * The hardware driver has a list of what its card can make.  The core compares
 * what somebody wants with it, works out the bytes of lines and frames, and asks
 * the driver last.
 *
 * stream->format changes under state_mutex and the lock, so that either is enough
 * to read it; but its rate under the lock alone, for a driver may set it
 * whenever it likes.
 */
#include <linux/gcd.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include <dmaring/format.h>

#include "internal.h"

/* ---------------------------------------------------------------------- rates */

static bool no_rate(const struct dmaring_rate *rate)
{
	return !rate->numerator && !rate->denominator;
}

static bool is_rate(const struct dmaring_rate *rate)
{
	return rate->numerator && rate->denominator;
}

/* Both are rates. */
static bool is_less(const struct dmaring_rate *left,
		    const struct dmaring_rate *right)
{
	return (u64)left->numerator * right->denominator <
	       (u64)right->numerator * left->denominator;
}

static struct dmaring_rate rate_of(const struct dmaring_format *format)
{
	return (struct dmaring_rate){ format->rate_numerator,
				      format->rate_denominator };
}

static void put_rate(struct dmaring_format *format,
		     const struct dmaring_rate *rate)
{
	format->rate_numerator = rate->numerator;
	format->rate_denominator = rate->denominator;
}

/* The wanted rate must be in the row; the present one becomes what is nearest. */
static int fit_rate(struct dmaring_format *format,
		    const struct dmaring_hw_format *row, bool wanted)
{
	struct dmaring_rate rate = rate_of(format);
	bool low, high;

	if (no_rate(&rate))
		return 0;
	if (!is_rate(&rate))
		return -ERANGE;
	if (!is_rate(&row->rate_max))
		return wanted ? -ERANGE : 0;
	low = is_less(&rate, &row->rate_min);
	high = is_less(&row->rate_max, &rate);
	if (wanted)
		return low || high ? -ERANGE : 0;
	if (low)
		put_rate(format, &row->rate_min);
	if (high)
		put_rate(format, &row->rate_max);
	return 0;
}

/* ----------------------------------------------------------------------- rows */

/* A row as the core keeps it has no step of 0, and at least one channel. */
static bool is_range(u32 min, u32 max, u32 step, u32 needed)
{
	return min && min <= max && !(min % needed) && step && !(step % needed);
}

static bool rates_make_sense(const struct dmaring_hw_format *row)
{
	if (no_rate(&row->rate_min) && no_rate(&row->rate_max))
		return true;
	return is_rate(&row->rate_min) && is_rate(&row->rate_max) &&
	       !is_less(&row->rate_max, &row->rate_min);
}

/* What is wrong with it, or NULL. */
static const char *broken(const struct dmaring_hw_format *row)
{
	const struct dmaring_format_row *known =
		dmaring_format_find(row->pixelformat);

	if (!known)
		return "dmaring/format.h has no such pixel format";
	if (!is_range(row->width_min, row->width_max, row->width_step,
		      dmaring_format_width_step(known)))
		return "its widths make no sense";
	if (!is_range(row->height_min, row->height_max, row->height_step,
		      dmaring_format_height_step(known)))
		return "its heights make no sense";
	if (dmaring_format_is_samples(known) ? row->height_max > 1 :
					       row->channels_max > 1)
		return "samples have no lines, and pixels no channels";
	if (row->channels_max > DMARING_CHANNELS_MAX)
		return "it has too many channels";
	return rates_make_sense(row) ? NULL : "its rates make no sense";
}

static void complete_row(struct dmaring_hw_format *row)
{
	const struct dmaring_format_row *known =
		dmaring_format_find(row->pixelformat);

	row->width_step = row->width_step ?:
			  (known ? dmaring_format_width_step(known) : 1);
	row->height_step = row->height_step ?:
			   (known ? dmaring_format_height_step(known) : 1);
	row->channels_max = row->channels_max ?: 1;
	row->line_step = row->line_step ?: 1;
}

static int copy_rows(struct dmaring_stream *stream, struct device *dev,
		     const struct dmaring_config *config)
{
	struct dmaring_hw_format *row;
	const char *why;
	u32 i;

	stream->formats = kmemdup(config->formats,
				  array_size(config->format_count, sizeof(*row)),
				  GFP_KERNEL);
	if (!stream->formats)
		return -ENOMEM;
	for (i = 0; i < config->format_count; i++) {
		row = &stream->formats[i];
		complete_row(row);
		why = broken(row);
		if (why) {
			dev_err(dev, "format %u of the hardware driver, %.4s, cannot be: %s\n",
				i, (const char *)&row->pixelformat, why);
			return -EINVAL;
		}
	}
	stream->format_count = config->format_count;
	return 0;
}

/* ------------------------------------------------------------------------ fit */

/* @wanted, which must be in the range, or what is nearest to @now. */
static int fit_number(u32 *wanted, u32 now, u32 min, u32 max, u32 step)
{
	if (*wanted)
		return *wanted < min || *wanted > max ||
				       (*wanted - min) % step ? -ERANGE : 0;
	now = clamp(now, min, max);
	*wanted = now - (now - min) % step;
	return 0;
}

/* The bytes of a line, in which padding may be wanted, and of a frame. */
static int fit_bytes(struct dmaring_format *format,
		     const struct dmaring_hw_format *row, size_t room)
{
	const struct dmaring_format_row *known =
		dmaring_format_find(row->pixelformat);
	u64 line = dmaring_format_line_bytes(known, format->width,
					     format->channels);
	u64 padded = DIV_ROUND_UP_ULL(line, row->line_step) * row->line_step;
	u64 frame;

	if (padded > room)
		return -EMSGSIZE;
	if (!format->bytes_per_line)
		format->bytes_per_line = padded;
	if (format->bytes_per_line < line ||
	    format->bytes_per_line % row->line_step)
		return -ERANGE;
	/* First: the bytes of a frame might be more than 64 bits. */
	if (format->bytes_per_line > room / format->height)
		return -EMSGSIZE;
	frame = dmaring_format_frame_bytes(known, format->bytes_per_line,
					   format->height);
	if (frame > room)
		return -EMSGSIZE;
	format->frame_bytes = frame;
	return 0;
}

static int fit_row(struct dmaring_format *format,
		   const struct dmaring_format *now,
		   const struct dmaring_hw_format *row, bool rate, size_t room)
{
	int err;

	format->pixelformat = row->pixelformat;
	err = fit_number(&format->width, now->width, row->width_min,
			 row->width_max, row->width_step);
	if (!err)
		err = fit_number(&format->height, now->height, row->height_min,
				 row->height_max, row->height_step);
	if (!err)
		err = fit_number(&format->channels, now->channels, 1,
				 row->channels_max, 1);
	if (!err)
		err = fit_rate(format, row, rate);
	return err ?: fit_bytes(format, row, room);
}

/* The driver's answer must be a format of that row still. */
static int ask_driver(struct dmaring_stream *stream,
		      struct dmaring_format *format,
		      const struct dmaring_hw_format *row, size_t room)
{
	struct dmaring_format answer = *format;
	int err;

	if (!stream->ops->set_format)
		return 0;
	err = dmaring_checked(stream->ops->set_format(stream->hw, &answer));
	if (err)
		return err;
	format->bytes_per_line = answer.bytes_per_line;
	format->rate_numerator = answer.rate_numerator;
	format->rate_denominator = answer.rate_denominator;
	err = fit_bytes(format, row, room);
	if (err == -ERANGE || (!err && format->frame_bytes != answer.frame_bytes)) {
		dev_warn_ratelimited(stream->dev.parent,
				     "set_format: %u bytes a line and %u a frame are not %ux%u %.4s\n",
				     answer.bytes_per_line, answer.frame_bytes,
				     format->width, format->height,
				     (const char *)&format->pixelformat);
		err = -EIO;
	}
	return err;
}

/*
 * Bring what is wanted to what the card can: fill in what is 0, refuse what cannot
 * be.  Where several rows have the pixel format, one of them must do.
 */
static int fit(struct dmaring_stream *stream, struct dmaring_format *wanted,
	       const struct dmaring_format *now, bool rate, size_t room)
{
	u32 fourcc = wanted->pixelformat ?: now->pixelformat, i;
	const struct dmaring_hw_format *row;
	struct dmaring_format format;
	int err = -EINVAL;

	for (i = 0; i < stream->format_count; i++) {
		row = &stream->formats[i];
		if (fourcc && row->pixelformat != fourcc)
			continue;
		format = *wanted;
		err = fit_row(&format, now, row, rate, room);
		if (!err) {
			err = ask_driver(stream, &format, row, room);
			*wanted = format;
			break;
		}
	}
	return err;
}

/* ------------------------------------------------------------------- creation */

/* Without a list the driver says all of it, and it stays. */
static int take_as_it_is(struct dmaring_stream *stream, struct device *dev)
{
	struct dmaring_format *format = &stream->format;
	struct dmaring_rate rate = rate_of(format);

	format->channels = format->channels ?: 1;
	if (no_rate(&rate) || is_rate(&rate))
		return 0;
	dev_err(dev, "a rate of %u/%u makes no sense\n", rate.numerator,
		rate.denominator);
	return -EINVAL;
}

/**
 * dmaring_formats_init() - copy what the driver offers, and the first format
 * @stream: the stream, without a pool yet.
 * @dev:    the card.
 * @config: of the stream.
 *
 * Return: 0; -EINVAL; -ENOMEM.  The log has the reason.
 */
int dmaring_formats_init(struct dmaring_stream *stream, struct device *dev,
			 const struct dmaring_config *config)
{
	const struct dmaring_format *now = &config->format;
	struct dmaring_format format = *now;
	int err;

	stream->format = format;
	if (!config->format_count)
		return take_as_it_is(stream, dev);
	err = copy_rows(stream, dev, config);
	if (err)
		return err;
	err = fit(stream, &format, now, false, U32_MAX);
	if (err) {
		dev_err(dev, "the card cannot make %ux%u %.4s (%d)\n",
			now->width, now->height,
			now->pixelformat ? (const char *)&now->pixelformat : "",
			err);
		return -EINVAL;
	}
	stream->format = format;
	return 0;
}

/* --------------------------------------------------------------------- change */

/* Bytes that a frame can have, now and when what is lent is given back. */
static size_t frame_room(const struct dmaring_stream *stream)
{
	return stream->lent ? min(stream->pool.buffer_size, stream->lent_bytes) :
			      stream->pool.buffer_size;
}

/* Is the stream somebody else's alone? */
static bool is_taken(struct dmaring_stream *stream,
		     const struct dmaring_consumer *by)
{
	struct dmaring_consumer *other;
	u32 id;

	if (!stream->lent && !stream->playback)
		return false;
	for (id = 0; id < DMARING_CONSUMERS_MAX; id++) {
		other = rcu_dereference_protected(stream->consumers[id],
						  lockdep_is_held(&stream->state_mutex));
		if (other && other != by)
			return true;
	}
	return false;
}

/* A copy of it as it is now. */
void dmaring_format_get(struct dmaring_stream *stream,
			struct dmaring_format *format)
{
	spin_lock_irq(&stream->lock);
	*format = stream->format;
	spin_unlock_irq(&stream->lock);
}

static void commit(struct dmaring_stream *stream,
		   const struct dmaring_format *format, bool rate)
{
	struct dmaring_rate now;

	spin_lock_irq(&stream->lock);
	now = rate_of(&stream->format);
	stream->format = *format;
	/* Unless it had to follow: the driver may have set it meanwhile. */
	if (!rate)
		put_rate(&stream->format, &now);
	stream->format_seq++;
	spin_unlock_irq(&stream->lock);
}

/**
 * dmaring_format_change() - try or set a format
 * @stream: the stream, with its state_mutex.
 * @by:     who wants it, or NULL: the operator, who is not one of them.
 * @set:    what is wanted; what it will be.
 *
 * Return: 0, or as DMARING_IOC_FORMAT.
 */
int dmaring_format_change(struct dmaring_stream *stream,
			  const struct dmaring_consumer *by,
			  struct dmaring_set_format *set)
{
	bool rate = set->flags & DMARING_SET_FORMAT_RATE;
	struct dmaring_format now;
	int err;

	lockdep_assert_held(&stream->state_mutex);
	if (!stream->format_count)
		return -EOPNOTSUPP;
	if (dmaring_is_gone(stream))
		return -ENODEV;
	if (stream->running || (by && is_taken(stream, by)))
		return -EBUSY;
	dmaring_format_get(stream, &now);
	if (!rate) {
		set->format.rate_numerator = now.rate_numerator;
		set->format.rate_denominator = now.rate_denominator;
	}
	err = fit(stream, &set->format, &now, rate, frame_room(stream));
	if (err)
		return err;
	rate |= set->format.rate_numerator != now.rate_numerator ||
		set->format.rate_denominator != now.rate_denominator;
	if (!(set->flags & DMARING_SET_FORMAT_TRY))
		commit(stream, &set->format, rate);
	set->format_seq = stream->format_seq;
	return 0;
}

/* The nearest that the row of the format has, if it has rates. */
static void put_frame_rate(struct dmaring_stream *stream,
			   const struct dmaring_rate *rate)
{
	struct dmaring_format *format = &stream->format;
	u64 counted = (u64)rate->numerator * dmaring_format_counted(format);
	u32 common = gcd(counted, rate->denominator) ?: 1;
	u32 denominator = rate->denominator / common, i;

	lockdep_assert_held(&stream->lock);
	/* What was samples a second before is it again. */
	for (counted /= common; counted > U32_MAX && denominator > 1; denominator /= 2)
		counted /= 2;
	format->rate_numerator = min_t(u64, counted, U32_MAX);
	format->rate_denominator = denominator;
	for (i = 0; i < stream->format_count; i++) {
		if (stream->formats[i].pixelformat == format->pixelformat) {
			fit_rate(format, &stream->formats[i], false);
			break;
		}
	}
}

/* As near as 32 bits come to it. */
static struct dmaring_rate frame_rate_of(const struct dmaring_format *format)
{
	u64 seconds = (u64)format->rate_denominator *
		      dmaring_format_counted(format);
	u32 frames = format->rate_numerator;

	for (; seconds > U32_MAX; seconds >>= 1)
		frames = max(frames >> 1, 1U);
	return (struct dmaring_rate){ frames, seconds };
}

void dmaring_set_rate(struct dmaring_stream *stream,
		      const struct dmaring_rate *rate)
{
	unsigned long flags;

	spin_lock_irqsave(&stream->lock, flags);
	put_frame_rate(stream, rate);
	spin_unlock_irqrestore(&stream->lock, flags);
}
EXPORT_SYMBOL_GPL(dmaring_set_rate);

void dmaring_get_rate(struct dmaring_stream *stream, struct dmaring_rate *rate)
{
	unsigned long flags;

	spin_lock_irqsave(&stream->lock, flags);
	*rate = frame_rate_of(&stream->format);
	spin_unlock_irqrestore(&stream->lock, flags);
}
EXPORT_SYMBOL_GPL(dmaring_get_rate);

/* ------------------------------------------------------------------- commands */

int dmaring_format_list(struct dmaring_consumer *consumer,
			union dmaring_argument *arg)
{
	struct dmaring_stream *stream = consumer->stream;
	struct dmaring_format_range *to = &arg->format_range;
	const struct dmaring_hw_format *row;
	u32 index = to->index;

	if (to->flags || !dmaring_is_zero(to->reserved) ||
	    index >= stream->format_count)
		return -EINVAL;
	row = &stream->formats[array_index_nospec(index, stream->format_count)];
	*to = (struct dmaring_format_range){
		.size = to->size,
		.index = index,
		.pixelformat = row->pixelformat,
		.width_min = row->width_min,
		.width_max = row->width_max,
		.width_step = row->width_step,
		.height_min = row->height_min,
		.height_max = row->height_max,
		.height_step = row->height_step,
		.channels_max = row->channels_max,
		.line_step = row->line_step,
		.rate_min_numerator = row->rate_min.numerator,
		.rate_min_denominator = row->rate_min.denominator,
		.rate_max_numerator = row->rate_max.numerator,
		.rate_max_denominator = row->rate_max.denominator,
	};
	return 0;
}

int dmaring_format_set(struct dmaring_consumer *consumer,
		       union dmaring_argument *arg)
{
	struct dmaring_set_format *set = &arg->set_format;

	if (set->flags & ~(DMARING_SET_FORMAT_TRY | DMARING_SET_FORMAT_RATE) ||
	    set->reserved0 || !dmaring_is_zero(set->reserved) ||
	    !dmaring_is_zero(set->format.reserved))
		return -EINVAL;
	if (!consumer->writable)
		return -EACCES;
	return dmaring_format_change(consumer->stream, consumer, set);
}
