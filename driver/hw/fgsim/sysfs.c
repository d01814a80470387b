// SPDX-License-Identifier: GPL-2.0-only
/* What can be set and seen of the card in its device's folder. */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/sysfs.h>

#include <dmaring/pattern.h>

#include "fgsim.h"

/* Those that are not test patterns have numbers of their own, in a row. */
#define NAME_INDEX(pattern)	((pattern) - FGSIM_PATTERN_COPY + DMARING_PATTERN_COUNT)

static const char * const pattern_names[] = {
	DMARING_PATTERN_NAMES,
	[NAME_INDEX(FGSIM_PATTERN_COPY)] = "copy",
	[NAME_INDEX(FGSIM_PATTERN_STAMP)] = "stamp",
	[NAME_INDEX(FGSIM_PATTERN_OFF)] = "off",
};

/* Or -EINVAL. */
int fgsim_pattern_by_name(const char *name)
{
	int found = sysfs_match_string(pattern_names, name);

	if (found < DMARING_PATTERN_COUNT)
		return found;
	return found - DMARING_PATTERN_COUNT + FGSIM_PATTERN_COPY;
}

/* Can it be recomputed, by whoever reads the frame? */
bool fgsim_is_test_pattern(u32 pattern)
{
	return pattern < DMARING_PATTERN_COUNT;
}

static ssize_t pattern_show(struct device *dev, struct device_attribute *attr,
			    char *text)
{
	struct fgsim *fgsim = dev_get_drvdata(dev);
	u32 pattern = READ_ONCE(fgsim->pattern);

	if (!fgsim_is_test_pattern(pattern))
		pattern = NAME_INDEX(pattern);
	return sysfs_emit(text, "%s\n", pattern_names[pattern]);
}

/*
 * From the next frame on.  Whether it is a test pattern cannot change: the
 * stream has said so.
 */
static ssize_t pattern_store(struct device *dev, struct device_attribute *attr,
			     const char *text, size_t length)
{
	struct fgsim *fgsim = dev_get_drvdata(dev);
	int pattern = fgsim_pattern_by_name(text);

	if (pattern < 0)
		return pattern;
	if (fgsim_is_test_pattern(pattern) !=
	    fgsim_is_test_pattern(READ_ONCE(fgsim->pattern)))
		return -EINVAL;
	WRITE_ONCE(fgsim->pattern, pattern);
	fgsim_set32(fgsim->regs->driver.pattern, pattern);
	return length;
}
static DEVICE_ATTR_RW(pattern);

static ssize_t rate_show(struct device *dev, struct device_attribute *attr,
			 char *text)
{
	struct fgsim *fgsim = dev_get_drvdata(dev);

	return sysfs_emit(text, "%u\n", READ_ONCE(fgsim->rate));
}

static ssize_t rate_store(struct device *dev, struct device_attribute *attr,
			  const char *text, size_t length)
{
	struct fgsim *fgsim = dev_get_drvdata(dev);
	struct dmaring_rate next;
	u32 rate;
	int err = kstrtou32(text, 0, &rate);

	if (err)
		return err;
	if (rate > FGSIM_RATE_MAX)
		return -ERANGE;
	WRITE_ONCE(fgsim->rate, rate);
	next.numerator = rate;
	next.denominator = !!rate;
	dmaring_set_rate(fgsim->stream, &next);
	return length;
}
static DEVICE_ATTR_RW(rate);

static ssize_t triggered_show(struct device *dev,
			      struct device_attribute *attr, char *text)
{
	struct fgsim *fgsim = dev_get_drvdata(dev);

	return sysfs_emit(text, "%u\n", READ_ONCE(fgsim->triggered));
}

static ssize_t triggered_store(struct device *dev,
			       struct device_attribute *attr, const char *text,
			       size_t length)
{
	struct fgsim *fgsim = dev_get_drvdata(dev);
	bool triggered;
	int err = kstrtobool(text, &triggered);

	if (err)
		return err;
	WRITE_ONCE(fgsim->triggered, triggered);
	return length;
}
static DEVICE_ATTR_RW(triggered);

/* So many frames now. */
static ssize_t trigger_store(struct device *dev, struct device_attribute *attr,
			     const char *text, size_t length)
{
	struct fgsim *fgsim = dev_get_drvdata(dev);
	u32 frames;
	int err = kstrtou32(text, 0, &frames);

	if (err)
		return err;
	mutex_lock(&fgsim->trigger_lock);
	WRITE_ONCE(fgsim->trigger, fgsim->trigger + frames);
	fgsim_set32(fgsim->regs->driver.trigger, fgsim->trigger);
	mutex_unlock(&fgsim->trigger_lock);
	fgsim_ring(fgsim);
	return length;
}
static DEVICE_ATTR_WO(trigger);

static struct attribute *card_attrs[] = {
	&dev_attr_pattern.attr,
	&dev_attr_rate.attr,
	&dev_attr_triggered.attr,
	&dev_attr_trigger.attr,
	NULL
};

static const struct attribute_group card_group = {
	.attrs = card_attrs,
};

/* ------------------------------------------------------------------ counters */

/**
 * struct counter_attribute - a file that shows one field of struct fgsim_counters
 * @attr:   the file.
 * @offset: of the field.
 */
struct counter_attribute {
	struct device_attribute attr;
	size_t offset;
};

static ssize_t counter_show(struct device *dev, struct device_attribute *attr,
			    char *text)
{
	struct counter_attribute *counter =
		container_of(attr, struct counter_attribute, attr);
	struct fgsim *fgsim = dev_get_drvdata(dev);
	u64 value;

	spin_lock_irq(&fgsim->lock);
	value = *(u64 *)((void *)&fgsim->counters + counter->offset);
	spin_unlock_irq(&fgsim->lock);
	return sysfs_emit(text, "%llu\n", value);
}

/* The card counts them, since it has power. */
static ssize_t slipped_show(struct device *dev, struct device_attribute *attr,
			    char *text)
{
	struct fgsim *fgsim = dev_get_drvdata(dev);

	if (fgsim_is_away(fgsim))
		return -ENODEV;
	return sysfs_emit(text, "%u\n",
			  fgsim_get32(fgsim->regs->card.slipped));
}
static DEVICE_ATTR_RO(slipped);

#define COUNTER(field)							\
	static struct counter_attribute counter_##field = {		\
		.attr = __ATTR(field, 0444, counter_show, NULL),	\
		.offset = offsetof(struct fgsim_counters, field),	\
	}

COUNTER(interrupts);
COUNTER(events);
COUNTER(polls);
COUNTER(lost_interrupts);
COUNTER(skipped);
COUNTER(bad_cookies);
COUNTER(bad_lengths);
COUNTER(bad_sequences);
COUNTER(bad_timestamps);
COUNTER(bad_indices);
COUNTER(halts);

static struct attribute *counter_attrs[] = {
	&counter_interrupts.attr.attr,
	&counter_events.attr.attr,
	&counter_polls.attr.attr,
	&counter_lost_interrupts.attr.attr,
	&counter_skipped.attr.attr,
	&counter_bad_cookies.attr.attr,
	&counter_bad_lengths.attr.attr,
	&counter_bad_sequences.attr.attr,
	&counter_bad_timestamps.attr.attr,
	&counter_bad_indices.attr.attr,
	&counter_halts.attr.attr,
	&dev_attr_slipped.attr,
	NULL
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
