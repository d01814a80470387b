// SPDX-License-Identifier: GPL-2.0-only
/* What the operator sees of a stream in /sys/class/dmaring/dmaringN. */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/sysfs.h>

#include "internal.h"

static struct dmaring_stream *to_stream(struct device *dev)
{
	return container_of(dev, struct dmaring_stream, dev);
}

/* --------------------------------------------------------------------- stats */

/**
 * struct stat_attribute - a file that shows one field of struct dmaring_stats
 * @attr:   the file.
 * @offset: of the field.
 * @bytes:  of the field.
 */
struct stat_attribute {
	struct device_attribute attr;
	size_t offset;
	size_t bytes;
};

static ssize_t stat_show(struct device *dev, struct device_attribute *attr,
			 char *text)
{
	struct stat_attribute *stat =
		container_of(attr, struct stat_attribute, attr);
	struct dmaring_stats stats;
	void *field = (void *)&stats + stat->offset;

	dmaring_stats_snapshot(to_stream(dev), NULL, &stats);
	return sysfs_emit(text, "%llu\n", stat->bytes == sizeof(u64) ?
					  *(u64 *)field : *(u32 *)field);
}

#define STAT(field)							\
	static struct stat_attribute stat_##field = {			\
		.attr = __ATTR(field, 0444, stat_show, NULL),		\
		.offset = offsetof(struct dmaring_stats, field),	\
		.bytes = sizeof_field(struct dmaring_stats, field),	\
	}

STAT(produced);
STAT(completed);
STAT(overruns);
STAT(errors);
STAT(bad_completions);
STAT(bad_releases);
STAT(stalls);
STAT(starts);
STAT(bytes);
STAT(idle);
STAT(armed);
STAT(held);
STAT(quarantined);
STAT(referenced);
STAT(filled);
STAT(absent);

static struct attribute *stats_attrs[] = {
	&stat_produced.attr.attr,
	&stat_completed.attr.attr,
	&stat_overruns.attr.attr,
	&stat_errors.attr.attr,
	&stat_bad_completions.attr.attr,
	&stat_bad_releases.attr.attr,
	&stat_stalls.attr.attr,
	&stat_starts.attr.attr,
	&stat_bytes.attr.attr,
	&stat_idle.attr.attr,
	&stat_armed.attr.attr,
	&stat_held.attr.attr,
	&stat_quarantined.attr.attr,
	&stat_referenced.attr.attr,
	&stat_filled.attr.attr,
	&stat_absent.attr.attr,
	NULL
};

static const struct attribute_group stats_group = {
	.name = "stats",
	.attrs = stats_attrs,
};

/* ---------------------------------------------------------------------- pool */

#define POOL(name, format, value)					\
	static ssize_t name##_show(struct device *dev,			\
				   struct device_attribute *attr,	\
				   char *text)				\
	{								\
		const struct dmaring_pool *pool = &to_stream(dev)->pool;\
									\
		return sysfs_emit(text, format "\n", value);		\
	}								\
	static DEVICE_ATTR_RO(name)

POOL(asked, "%u", pool->asked);
POOL(asked_size, "%llu", pool->asked_size);
POOL(buffers, "%u", pool->count);
POOL(buffer_size, "%zu", pool->buffer_size);
POOL(limit, "%s", dmaring_limit_name(pool->limit));
POOL(alloc_ns, "%llu", pool->alloc_ns);
POOL(memory, "%s", pool->kind->name);
POOL(segments, "%u", pool->most_segments);

static struct attribute *pool_attrs[] = {
	&dev_attr_asked.attr,
	&dev_attr_asked_size.attr,
	&dev_attr_buffers.attr,
	&dev_attr_buffer_size.attr,
	&dev_attr_limit.attr,
	&dev_attr_alloc_ns.attr,
	&dev_attr_memory.attr,
	&dev_attr_segments.attr,
	NULL
};

static const struct attribute_group pool_group = {
	.name = "pool",
	.attrs = pool_attrs,
};

/* -------------------------------------------------------------------- format */

static ssize_t format_show(struct device *dev, struct device_attribute *attr,
			   char *text)
{
	struct dmaring_stream *stream = to_stream(dev);
	struct dmaring_format format;

	dmaring_format_get(stream, &format);
	if (!format.pixelformat)
		return sysfs_emit(text, "%ux%u\n", format.width, format.height);
	return sysfs_emit(text, "%ux%u %.4s\n", format.width, format.height,
			  (const char *)&format.pixelformat);
}

/* "160x120" */
static int parse_geometry(const char *text, u32 *width, u32 *height)
{
	char copy[32], *rest = copy, *first;
	int err;

	if (strscpy(copy, text, sizeof(copy)) < 0)
		return -EINVAL;
	first = strsep(&rest, "x");
	if (!rest)
		return -EINVAL;
	err = kstrtou32(first, 10, width);
	return err ?: kstrtou32(rest, 10, height);
}

static ssize_t format_store(struct device *dev, struct device_attribute *attr,
			    const char *text, size_t length)
{
	struct dmaring_stream *stream = to_stream(dev);
	struct dmaring_set_format set = { };
	int err;

	if (parse_geometry(text, &set.format.width, &set.format.height) ||
	    !set.format.width || !set.format.height)
		return -EINVAL;
	mutex_lock(&stream->state_mutex);
	err = dmaring_format_change(stream, NULL, &set);
	mutex_unlock(&stream->state_mutex);
	return err ?: length;
}
static DEVICE_ATTR_RW(format);

/* Which of the card's streams it is; the udev rule makes a name of it. */
static ssize_t stream_show(struct device *dev, struct device_attribute *attr,
			   char *text)
{
	return sysfs_emit(text, "%u\n", to_stream(dev)->number);
}
static DEVICE_ATTR_RO(stream);

static struct attribute *stream_attrs[] = {
	&dev_attr_format.attr,
	&dev_attr_stream.attr,
	NULL
};

static const struct attribute_group stream_group = {
	.attrs = stream_attrs,
};

const struct attribute_group *dmaring_groups[] = {
	&stream_group,
	&pool_group,
	&stats_group,
	NULL
};
