/* SPDX-License-Identifier: MIT */
/* What a hostile user does to its ring, and beside it; one thing at a time, at random. */
#ifndef SCRIBBLE_H
#define SCRIBBLE_H

#include "ring.h"

static uint64_t scribble_seed = 1;

static inline uint64_t scribble_random(void)
{
	scribble_seed += 0x9e3779b97f4a7c15ULL;
	return dmaring_pattern_mix(scribble_seed);
}

static inline uint32_t scribble_below(uint32_t bound)
{
	return scribble_random() % bound;
}

static inline void scribble(const struct ring *ring)
{
	struct dmaring_ring_header *header = ring->header;
	uint32_t any = scribble_random(), slot = scribble_below(ring->release_slots);
	struct dmaring_frame frame;

	switch (scribble_below(14)) {
	case 0:
		ring_store(&header->frames_tail, any);
		break;
	case 1:
		ring_store(&header->frames_tail,
			   ring_load(&header->frames_head) - scribble_below(70));
		break;
	case 2:
		ring_store(&header->releases_head, any);
		break;
	case 3:
		ring_store(&header->releases_tail, any);
		break;
	case 4:
		ring_store(&ring->releases[slot].turn, any);
		break;
	case 5:	/* the turn that the kernel waits for, often */
		slot = ring_load(&header->releases_tail) & (ring->release_slots - 1);
		ring->releases[slot].cookie = scribble_random() >> scribble_below(64);
		ring_store(&ring->releases[slot].turn, ring_load(&header->releases_tail) + 1);
		break;
	case 6:
		memset(&ring->frames[scribble_below(ring->frame_slots)], POISON,
		       sizeof(*ring->frames));
		break;
	case 7:
		memset(header, any, ring->bytes);
		break;
	case 8:
		call(ring->fd, DMARING_IOC_KICK, NULL);
		break;
	case 9:
		stream_poll(ring->fd, 0);
		break;
	case 10:
		call(ring->fd, scribble_below(2) ? DMARING_IOC_START : DMARING_IOC_STOP, NULL);
		break;
	case 11:
		stream_stats(ring->fd);
		break;
	default:
		if (stream_take(ring->fd, &frame, 1, scribble_below(3) * MS) == 1)
			stream_give(ring->fd, &frame);
	}
}

#endif /* SCRIBBLE_H */
