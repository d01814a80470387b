/* SPDX-License-Identifier: MIT */
/*
 * The shared ring.  Frames are taken and released by the library's own functions, those
 * of userlib/src/ring.h, so that a fault of theirs is seen here.
 *
 * Written here is only what the library refuses to do: to release what is not held
 * (ring_put()), not to look whether the kernel wants to be told of it, and to store
 * anything anywhere (ring_store()).
 */
#ifndef RING_H
#define RING_H

#include "../../../userlib/src/ring.h"
#include "stream.h"

struct ring {
	int fd;		/* of the stream */
	struct dmaring *own;	/* what the library would know of it; is never freed */
	struct dmaring_ring_header *header;
	struct dmaring_frame *frames;
	struct dmaring_ring_release *releases;
	uint32_t frame_slots;
	uint32_t release_slots;
	size_t bytes;
};

static inline uint32_t ring_load(const uint32_t *from)
{
	return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

static inline void ring_store(uint32_t *to, uint32_t value)
{
	__atomic_store_n(to, value, __ATOMIC_SEQ_CST);
}

/* As the library's ring_map() does after it has opened a stream. */
static inline struct dmaring *ring_library(const struct ring *ring)
{
	struct dmaring *library = calloc(1, sizeof(*library));

	REQUIRE(library);
	library->fd = ring->fd;
	library->ring = ring->header;
	library->frames = ring->frames;
	library->frame_mask = ring->frame_slots - 1;
	library->releases = ring->releases;
	library->release_mask = ring->release_slots - 1;
	return library;
}

/* Ends the test on failure. */
static inline struct ring ring_open(int fd)
{
	struct dmaring_ring argument = ring_argument();
	struct ring ring;
	char *map;

	REQUIRE_EQ(call(fd, DMARING_IOC_RING, &argument), 0);
	map = mmap(NULL, argument.map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, argument.fd, 0);
	REQUIRE(map != MAP_FAILED);
	close(argument.fd);
	ring = (struct ring) {
		.fd = fd,
		.header = (void *)map,
		.frames = (void *)(map + argument.frames_offset),
		.releases = (void *)(map + argument.releases_offset),
		.frame_slots = argument.frame_slots,
		.release_slots = argument.release_slots,
		.bytes = argument.map_bytes,
	};
	ring.own = ring_library(&ring);
	return ring;
}

static inline uint32_t ring_waiting(const struct ring *ring)
{
	uint32_t tail = ring_load(&ring->header->frames_tail);

	return ring_load(&ring->header->frames_head) - tail;
}

/* Returns 1, or 0 if no frame waits. */
static inline int ring_next(const struct ring *ring, struct dmaring_frame *frame)
{
	/* The first gives up when another one was faster. */
	return ring_try_take_one(ring->own, frame) || ring_take(ring->own, frame, 1);
}

/* Spins until one comes. */
static inline struct dmaring_frame ring_await(const struct ring *ring)
{
	struct dmaring_frame frame;

	while (!ring_next(ring, &frame))
		;
	return frame;
}

/*
 * Writes a release, of whatever it is, and does not look whether the kernel wants to be
 * told.  There are more of such releases than frames: the next entry may not be free.
 */
static inline void ring_put(const struct ring *ring, uint64_t cookie)
{
	const struct dmaring_frame frame = { .cookie = cookie };
	uint32_t at = ring_claim(ring->header, 1);

	while (at - ring_load(&ring->header->releases_tail) >= ring->release_slots)
		call(ring->fd, DMARING_IOC_KICK, NULL);
	ring_put_first(ring->own, at, &frame, 1);
}

/* Releases a frame; what KICK says if it is needed, else 0. */
static inline int ring_give(const struct ring *ring, const struct dmaring_frame *frame)
{
	uint32_t at = ring_claim(ring->header, 1);

	return ring_put_last(ring->own, ring->header, at, frame->cookie) ?
		call(ring->fd, DMARING_IOC_KICK, NULL) : 0;
}

#endif /* RING_H */
