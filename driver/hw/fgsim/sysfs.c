// SPDX-License-Identifier: GPL-2.0-only
/* What can be set and seen of the card in its device's folder. */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/sysfs.h>

#include <dmaring/pattern.h>

#include "fgsim.h"

/* Those that are not test patterns have numbers of their own, in a row. */
#define NAME_INDEX(pattern)	((pattern) - FGSIM_PATTERN_COPY + DMARING_PATTERN_COUNT)

/* Those that can be recomputed, then those that are cheap. */
const char * const fgsim_pattern_names[] = {
	DMARING_PATTERN_NAMES,
	[NAME_INDEX(FGSIM_PATTERN_COPY)] = "copy",
	[NAME_INDEX(FGSIM_PATTERN_STAMP)] = "stamp",
	[NAME_INDEX(FGSIM_PATTERN_OFF)] = "off",
};

/* Or -EINVAL. */
int fgsim_pattern_by_name(const char *name)
{
	int found = sysfs_match_string(fgsim_pattern_names, name);

	if (found < DMARING_PATTERN_COUNT)
		return found;
	return found - DMARING_PATTERN_COUNT + FGSIM_PATTERN_COPY;
}

/* Can it be recomputed, by whoever reads the frame? */
bool fgsim_is_test_pattern(u32 pattern)
{
	return pattern < DMARING_PATTERN_COUNT;
}

/**
 * struct stream_attribute - a file about one stream of the card
 * @attr:   the file.
 * @number: of the stream.
 * @offset: of a counter's field in struct fgsim_counters.
 */
struct stream_attribute {
	struct device_attribute attr;
	u32 number;
	size_t offset;
};

static struct stream_attribute *
to_stream_attribute(struct device_attribute *attr)
{
	return container_of(attr, struct stream_attribute, attr);
}

static struct fgsim *to_fgsim(struct device *dev,
			      struct device_attribute *attr)
{
	struct fgsim_card *card = dev_get_drvdata(dev);

	return &card->streams[to_stream_attribute(attr)->number];
}

static ssize_t pattern_show(struct device *dev, struct device_attribute *attr,
			    char *text)
{
	struct fgsim *fgsim = to_fgsim(dev, attr);
	u32 pattern = READ_ONCE(fgsim->settings.pattern);

	if (!fgsim_is_test_pattern(pattern))
		pattern = NAME_INDEX(pattern);
	return sysfs_emit(text, "%s\n", fgsim_pattern_names[pattern]);
}

static ssize_t pattern_store(struct device *dev, struct device_attribute *attr,
			     const char *text, size_t length)
{
	struct fgsim *fgsim = to_fgsim(dev, attr);
	int pattern = fgsim_pattern_by_name(text);
	int err = pattern < 0 ? pattern : fgsim_set_pattern(fgsim, pattern);

	return err ?: length;
}

static ssize_t rate_show(struct device *dev, struct device_attribute *attr,
			 char *text)
{
	struct fgsim *fgsim = to_fgsim(dev, attr);

	return sysfs_emit(text, "%u\n", READ_ONCE(fgsim->rate));
}

static ssize_t rate_store(struct device *dev, struct device_attribute *attr,
			  const char *text, size_t length)
{
	struct fgsim *fgsim = to_fgsim(dev, attr);
	u32 rate;
	int err = kstrtou32(text, 0, &rate);

	if (err)
		return err;
	if (rate > FGSIM_RATE_MAX)
		return -ERANGE;
	fgsim_set_next_rate(fgsim, rate);
	return length;
}

static ssize_t triggered_show(struct device *dev,
			      struct device_attribute *attr, char *text)
{
	struct fgsim *fgsim = to_fgsim(dev, attr);

	return sysfs_emit(text, "%u\n", READ_ONCE(fgsim->triggered));
}

static ssize_t triggered_store(struct device *dev,
			       struct device_attribute *attr, const char *text,
			       size_t length)
{
	struct fgsim *fgsim = to_fgsim(dev, attr);
	bool triggered;
	int err = kstrtobool(text, &triggered);

	if (err)
		return err;
	fgsim_set_triggered(fgsim, triggered);
	return length;
}

/* So many frames now. */
static ssize_t trigger_store(struct device *dev, struct device_attribute *attr,
			     const char *text, size_t length)
{
	struct fgsim *fgsim = to_fgsim(dev, attr);
	u32 frames;
	int err = kstrtou32(text, 0, &frames);

	if (err)
		return err;
	fgsim_trigger(fgsim, frames);
	return length;
}

/* ------------------------------------------------------------------ counters */

static ssize_t counter_show(struct device *dev, struct device_attribute *attr,
			    char *text)
{
	size_t offset = to_stream_attribute(attr)->offset;
	struct fgsim *fgsim = to_fgsim(dev, attr);
	u64 value;

	spin_lock_irq(&fgsim->lock);
	value = *(u64 *)((void *)&fgsim->counters + offset);
	spin_unlock_irq(&fgsim->lock);
	return sysfs_emit(text, "%llu\n", value);
}

/* The card counts them, since it has power. */
static ssize_t slipped_show(struct device *dev, struct device_attribute *attr,
			    char *text)
{
	struct fgsim *fgsim = to_fgsim(dev, attr);

	if (fgsim_is_away(fgsim))
		return -ENODEV;
	return sysfs_emit(text, "%u\n",
			  fgsim_get32(fgsim->regs->card.slipped));
}

/* ------------------------------------------------------- one of each a stream */

#define FILE(n, name, kind)						\
	static struct stream_attribute name##_##n = {			\
		.attr = __ATTR_##kind(name),				\
		.number = n,						\
	}

#define COUNTER(n, field)						\
	static struct stream_attribute field##_##n = {			\
		.attr = __ATTR(field, 0444, counter_show, NULL),	\
		.number = n,						\
		.offset = offsetof(struct fgsim_counters, field),	\
	}

#define FILES(n)							\
	FILE(n, pattern, RW);						\
	FILE(n, rate, RW);						\
	FILE(n, triggered, RW);						\
	FILE(n, trigger, WO);						\
	FILE(n, slipped, RO);						\
	COUNTER(n, interrupts);						\
	COUNTER(n, events);						\
	COUNTER(n, polls);						\
	COUNTER(n, lost_interrupts);					\
	COUNTER(n, skipped);						\
	COUNTER(n, bad_cookies);					\
	COUNTER(n, bad_lengths);					\
	COUNTER(n, bad_sequences);					\
	COUNTER(n, bad_timestamps);					\
	COUNTER(n, bad_indices);					\
	COUNTER(n, halts)

FILES(0);
FILES(1);

#define CARD_FILES(n)							\
	&pattern_##n.attr.attr,						\
	&rate_##n.attr.attr,						\
	&triggered_##n.attr.attr,					\
	&trigger_##n.attr.attr

#define COUNTER_FILES(n)						\
	&interrupts_##n.attr.attr,					\
	&events_##n.attr.attr,						\
	&polls_##n.attr.attr,						\
	&lost_interrupts_##n.attr.attr,					\
	&skipped_##n.attr.attr,						\
	&bad_cookies_##n.attr.attr,					\
	&bad_lengths_##n.attr.attr,					\
	&bad_sequences_##n.attr.attr,					\
	&bad_timestamps_##n.attr.attr,					\
	&bad_indices_##n.attr.attr,					\
	&halts_##n.attr.attr,						\
	&slipped_##n.attr.attr

static struct attribute *card_attrs[] = { CARD_FILES(0), NULL };
static struct attribute *counter_attrs[] = { COUNTER_FILES(0), NULL };
static struct attribute *second_attrs[] = {
	CARD_FILES(1), COUNTER_FILES(1), NULL
};

static const struct attribute_group card_group = {
	.attrs = card_attrs,
};

static const struct attribute_group counter_group = {
	.name = "card",
	.attrs = counter_attrs,
};

const struct attribute_group *fgsim_groups[] = {
	&card_group,
	&counter_group,
	NULL
};

/* All of these about the second stream, if there is one. */
const struct attribute_group fgsim_second_group = {
	.name = "stream1",
	.attrs = second_attrs,
};
