/* SPDX-License-Identifier: GPL-2.0-only */
/* What frames look like, and what they can look like. */
#ifndef DMARING_FORMATS_H
#define DMARING_FORMATS_H

#include <linux/types.h>

#include <dmaring/hw.h>

struct device;
struct dmaring_config;
struct dmaring_consumer;
struct dmaring_format;
struct dmaring_set_format;
struct dmaring_stream;
struct task_struct;
union dmaring_argument;

/**
 * struct dmaring_rate_before - the rate before controls were set
 * @rate:       as the format has it, which is more than a control may tell.
 * @format_seq: of that format.
 * @by:         the thread that puts them back.
 */
struct dmaring_rate_before {
	struct dmaring_rate rate;
	u32 format_seq;
	const struct task_struct *by;
};

int dmaring_formats_init(struct dmaring_stream *stream, struct device *dev,
			 const struct dmaring_config *config);
void dmaring_format_get(struct dmaring_stream *stream,
			struct dmaring_format *format);
int dmaring_format_change(struct dmaring_stream *stream,
			  const struct dmaring_consumer *by,
			  struct dmaring_set_format *set);
void dmaring_rate_remember(struct dmaring_stream *stream,
			   struct dmaring_rate_before *before);
void dmaring_rate_put_back(struct dmaring_stream *stream,
			   const struct dmaring_rate_before *before);
/* Commands. */
int dmaring_format_list(struct dmaring_consumer *consumer,
			union dmaring_argument *arg);
int dmaring_format_set(struct dmaring_consumer *consumer,
		       union dmaring_argument *arg);

#endif /* DMARING_FORMATS_H */
