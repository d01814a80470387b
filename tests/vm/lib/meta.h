/* SPDX-License-Identifier: MIT */
/* Metadata of the source without a card: all but the time follows from a frame's number. */
#ifndef META_H
#define META_H

#include <sys/mman.h>
#include "stream.h"

/* As hw/virt says of itself. */
struct virt_meta {
	uint64_t frame_counter;
	uint64_t timestamp_ns;
	uint32_t exposure_ns;
	int32_t encoder;
};

/* A field; ends the test on failure. */
static inline struct dmaring_meta meta_field(int fd, uint32_t index)
{
	struct dmaring_meta argument;

	memset(&argument, POISON, sizeof(argument));
	argument.size = sizeof(argument);
	argument.index = index;
	argument.reserved0 = 0;
	memset(argument.reserved, 0, sizeof(argument.reserved));
	REQUIRE_EQ(call(fd, DMARING_IOC_META, &argument), 0);
	return argument;
}

static inline int meta_attach(int fd, uint32_t policy, uint32_t depth, uint32_t max_held)
{
	struct dmaring_attach argument = attach_argument(policy, depth, max_held);

	argument.features = DMARING_FEATURE_META;
	return call(fd, DMARING_IOC_ATTACH, &argument);
}

/* The blocks of all buffers.  Ends the test on failure. */
static inline const char *meta_map(int fd)
{
	struct dmaring_meta field = meta_field(fd, 0);
	void *map = mmap(NULL, field.length, PROT_READ, MAP_SHARED, fd, field.mmap_offset);

	REQUIRE(map != MAP_FAILED);
	return map;
}

static inline void meta_check(const struct virt_meta *meta, const struct dmaring_frame *frame)
{
	CHECK_EQ(meta->frame_counter, frame->sequence);
	CHECK(meta->timestamp_ns && meta->timestamp_ns <= frame->timestamp_ns);
	CHECK_EQ(meta->exposure_ns, 10000000);
	CHECK_EQ(meta->encoder, -(int32_t)(frame->sequence % 100000));
}

#endif /* META_H */
