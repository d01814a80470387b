/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the library know about each other; none of it can be seen from
 * outside, not even in libdmaring.a.  Include it first: the offsets of a large pool
 * do not fit the 32-bit off_t of a 32-bit program.
 */
#ifndef DMARING_INTERNAL_H
#define DMARING_INTERNAL_H

#define _FILE_OFFSET_BITS 64

#include <libdmaring.h>

struct meta;

struct buffer_map {
	void *address;
	size_t length;		/* 0: it is part of an earlier one, or lent */
};

/* Nothing in it changes between dmaring_open() and dmaring_close(), except the
 * cookies, which change atomically: that is why threads can share it without a
 * lock.
 */
struct dmaring {
	/* Frames the caller has, by buffer.  As many as any pool has, and the first
	 * here, so that one is found at once; what is not used takes no memory.
	 */
	__u64 cookies[DMARING_BUFFERS_MAX];
	int fd;
	struct buffer_map *maps;	/* by buffer index */
	uint32_t mapped;		/* or lent; 0 for a monitor */
	uint32_t in_ring;		/* the same, but 0 in playback: see dmaring_release() */
	uint32_t places;		/* how many can be lent */
	struct dmaring_ring_header *ring; /* without one: see ring.c */
	const struct dmaring_frame *frames;
	struct dmaring_ring_release *releases;
	uint32_t frame_mask;
	uint32_t release_mask;
	size_t ring_bytes;		/* 0 without a ring */
	uint32_t most_bytes;		/* of a frame to send; 0: capture */
	uint32_t headroom;		/* bytes in front of each buffer */
	struct meta *meta;		/* NULL: frames have no metadata */
	char device[];
};

/* Steps that are no ioctl, for error_set(); below all command numbers. */
enum step {
	STEP_OPTIONS	= 1,
	STEP_OPEN	= 2,
	STEP_MAP	= 3,
	STEP_MAP_REGION	= 4,
	STEP_DRAIN	= 5,
	STEP_FORMAT	= 6,
	STEP_FIND_CONTROL = 8,
};

/* error.c: remember for dmaring_error() that @step (a command number or an
 * enum step) failed with the positive errno @err; return -@err.  @detail
 * replaces the sentence that @step and @err alone would give; it stays.
 */
int error_set(const char *device, unsigned int step, int err);
int error_set_detail(const char *device, unsigned int step, int err,
		     const char *detail);

/* The same for an ATTACH for which viewers have too few buffers. */
int error_set_few_buffers(const char *device, uint32_t needs, uint32_t left,
			  uint32_t all);

/* ioctl.c: 0 or -errno; _stream() also remembers a failure. */
int ioctl_plain(int fd, unsigned int command, void *argument);
int ioctl_stream(const struct dmaring *stream, unsigned int command,
		 void *argument);

/* options.c: check @options (may be NULL), fill the ATTACH they mean. */
int options_to_attach(const char *device,
		      const struct dmaring_options *options,
		      uint32_t *flags, struct dmaring_attach *attach);

/* map.c: all buffers or none */
int buffers_map(struct dmaring *stream, const struct dmaring_info *info);
/* A place for each that the application will lend. */
int buffers_lend(struct dmaring *stream, const struct dmaring_info *info);
void buffers_unmap(struct dmaring *stream);

/* meta.c: nothing, if the stream has no metadata */
int meta_map(struct dmaring *stream, const struct dmaring_info *info);
void meta_unmap(struct dmaring *stream);

/* ring.c: there is no ring before, and if the kernel's is not of our kind. */
void ring_none(struct dmaring *stream);
int ring_map(struct dmaring *stream);
void ring_unmap(struct dmaring *stream);

#endif /* DMARING_INTERNAL_H */
