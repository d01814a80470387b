/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All barriers of the library.  The letters are those of the protocol as it is
 * drawn in linux/dmaring.h; each barrier's partner is in the kernel.
 */
#ifndef DMARING_BARRIER_H
#define DMARING_BARRIER_H

#include <stdbool.h>
#include <stdint.h>

static inline uint32_t load(const uint32_t *from)
{
	return __atomic_load_n(from, __ATOMIC_RELAXED);
}

/* A: what was written before the index is visible after it.  For the tail, too,
 * or a head older than it would make frames out of nothing.
 */
static inline uint32_t load_acquire(const uint32_t *from)
{
	return __atomic_load_n(from, __ATOMIC_ACQUIRE);
}

/* C: who sees the turn sees what was written before it.
 * D: it is visible before the flags are looked at.
 */
static inline void store_full(uint32_t *to, uint32_t value)
{
	__atomic_exchange_n(to, value, __ATOMIC_SEQ_CST);
}

/* B: the slots were read before the kernel may write them again. */
static inline bool move_release(uint32_t *index, uint32_t *from, uint32_t to)
{
	return __atomic_compare_exchange_n(index, from, to, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* D: not before the store_full() that went before it. */
static inline uint32_t load_full(const uint32_t *from)
{
	return __atomic_load_n(from, __ATOMIC_SEQ_CST);
}

/* An entry of one's own; what is written into it is published by its turn.  That
 * the kernel has done with the entry may be known only to a thread that claimed
 * before: it hands that on.
 */
static inline uint32_t claim(uint32_t *index, uint32_t entries)
{
	return __atomic_fetch_add(index, entries, __ATOMIC_ACQ_REL);
}

/* Between threads of the application: only one of them releases a frame. */
static inline bool swap_if(uint64_t *value, uint64_t from, uint64_t to)
{
	return __atomic_compare_exchange_n(value, &from, to, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

static inline void set(uint64_t *value, uint64_t to)
{
	__atomic_store_n(value, to, __ATOMIC_RELAXED);
}

#endif /* DMARING_BARRIER_H */
