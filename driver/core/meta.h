/* SPDX-License-Identifier: GPL-2.0-only */
/* Metadata: a block for each buffer, beside the frames. */
#ifndef DMARING_META_H
#define DMARING_META_H

#include <linux/types.h>

struct device;
struct dmaring_config;
struct dmaring_consumer;
struct dmaring_stream;
struct file;
struct vm_area_struct;
union dmaring_argument;

int dmaring_meta_init(struct dmaring_stream *stream, struct device *dev,
		      const struct dmaring_config *config);
void dmaring_meta_free(struct dmaring_stream *stream);
void dmaring_meta_store(struct dmaring_stream *stream, u32 index,
			const void *from);
void dmaring_meta_scrub(struct dmaring_stream *stream);
int dmaring_mmap_meta(struct file *file, struct vm_area_struct *vma);
/* Command. */
int dmaring_get_meta(struct dmaring_consumer *consumer,
		     union dmaring_argument *argument);

#endif /* DMARING_META_H */
