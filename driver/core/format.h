/* SPDX-License-Identifier: GPL-2.0-only */
/* What frames look like, and what they can look like. */
#ifndef DMARING_FORMATS_H
#define DMARING_FORMATS_H

#include <linux/types.h>

struct device;
struct dmaring_config;
struct dmaring_consumer;
struct dmaring_format;
struct dmaring_set_format;
struct dmaring_stream;
union dmaring_argument;

int dmaring_formats_init(struct dmaring_stream *stream, struct device *dev,
			 const struct dmaring_config *config);
void dmaring_format_get(struct dmaring_stream *stream,
			struct dmaring_format *format);
int dmaring_format_change(struct dmaring_stream *stream,
			  const struct dmaring_consumer *by,
			  struct dmaring_set_format *set);
/* Commands. */
int dmaring_format_list(struct dmaring_consumer *consumer,
			union dmaring_argument *arg);
int dmaring_format_set(struct dmaring_consumer *consumer,
		       union dmaring_argument *arg);

#endif /* DMARING_FORMATS_H */
