/* SPDX-License-Identifier: GPL-2.0-only */
/* The card's own memory, which applications may look at. */
#ifndef DMARING_REGION_H
#define DMARING_REGION_H

#include <linux/types.h>

struct device;
struct dmaring_config;
struct dmaring_consumer;
struct dmaring_stream;
union dmaring_argument;

/**
 * struct dmaring_card_region - one region; constant after creation
 * @name:       what applications know it by.
 * @start:      where it is for the CPU.
 * @bytes:      how many it has.
 * @flags:      DMARING_REGION_*: what can be done with it.
 * @width:      bytes of an access, a power of two.
 * @first_page: where it is in the file's offsets.
 * @pages:      how many of them are its own; 0: it cannot be mapped.
 */
struct dmaring_card_region {
	char name[32];
	phys_addr_t start;
	u64 bytes;
	u32 flags;
	u32 width;
	unsigned long first_page;
	unsigned long pages;
};

/* region.c */
int dmaring_regions_init(struct dmaring_stream *stream, struct device *dev,
			 const struct dmaring_config *config);
void *dmaring_region_read(struct dmaring_stream *stream,
			  const struct dmaring_card_region *region, u64 offset,
			  size_t *bytes, void *page);
/* Commands. */
int dmaring_get_region(struct dmaring_consumer *consumer,
		       union dmaring_argument *argument);
int dmaring_read_region(struct dmaring_consumer *consumer,
			union dmaring_argument *argument);

#endif /* DMARING_REGION_H */
