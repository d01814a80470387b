/* SPDX-License-Identifier: MIT */
/*
 * The shared ring as linux/dmaring.h draws it, without the library: what any
 * application could write, and what a hostile one starts from.
 */
#ifndef RING_H
#define RING_H

#include "stream.h"

struct ring {
	int fd;		/* of the stream */
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

static inline uint32_t ring_flags(const struct ring *ring)
{
	return ring_load(&ring->header->flags);
}

/* Ends the test on failure. */
static inline struct ring ring_map(int fd)
{
	struct dmaring_ring argument = ring_argument();
	char *map;

	REQUIRE_EQ(call(fd, DMARING_IOC_RING, &argument), 0);
	map = mmap(NULL, argument.map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, argument.fd, 0);
	REQUIRE(map != MAP_FAILED);
	close(argument.fd);
	return (struct ring) {
		.fd = fd,
		.header = (void *)map,
		.frames = (void *)(map + argument.frames_offset),
		.releases = (void *)(map + argument.releases_offset),
		.frame_slots = argument.frame_slots,
		.release_slots = argument.release_slots,
		.bytes = argument.map_bytes,
	};
}

static inline uint32_t ring_waiting(const struct ring *ring)
{
	uint32_t tail = ring_load(&ring->header->frames_tail);

	return ring_load(&ring->header->frames_head) - tail;
}

/* Returns 1, or 0 if no frame waits. */
static inline int ring_take(const struct ring *ring, struct dmaring_frame *frame)
{
	uint32_t tail = ring_load(&ring->header->frames_tail);

	do {
		if (ring_load(&ring->header->frames_head) == tail)
			return 0;
		*frame = ring->frames[tail & (ring->frame_slots - 1)];
	} while (!__atomic_compare_exchange_n(&ring->header->frames_tail, &tail, tail + 1, 0,
					      __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return 1;
}

/* Spins until one comes. */
static inline struct dmaring_frame ring_await(const struct ring *ring)
{
	struct dmaring_frame frame;

	while (!ring_take(ring, &frame))
		;
	return frame;
}

/* Writes a release and does not look whether the kernel wants to be told. */
static inline void ring_put(const struct ring *ring, uint64_t cookie)
{
	struct dmaring_ring_header *header = ring->header;
	uint32_t at = __atomic_fetch_add(&header->releases_head, 1, __ATOMIC_RELAXED);
	struct dmaring_ring_release *release = &ring->releases[at & (ring->release_slots - 1)];

	while (at - ring_load(&header->releases_tail) >= ring->release_slots)
		call(ring->fd, DMARING_IOC_KICK, NULL);
	release->cookie = cookie;
	ring_store(&release->turn, at + 1);
}

/* Releases a frame; what KICK says if it is needed, else 0. */
static inline int ring_give(const struct ring *ring, const struct dmaring_frame *frame)
{
	ring_put(ring, frame->cookie);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return ring_flags(ring) & DMARING_RING_NEED_KICK ?
		call(ring->fd, DMARING_IOC_KICK, NULL) : 0;
}

#endif /* RING_H */
