/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All barriers of the library.  The letters are those of the protocol as it is
 * drawn in linux/dmaring.h; each barrier's partner is in the kernel.
 */
#ifndef DMARING_BARRIER_H
#define DMARING_BARRIER_H

#include <linux/dmaring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Compilers say in different ways that ThreadSanitizer looks on. */
#ifdef __SANITIZE_THREAD__
#define SANITIZE_THREAD
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SANITIZE_THREAD
#endif
#endif

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

/* C: who sees the turn sees what was written before it. */
static inline void store_release(uint32_t *to, uint32_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELEASE);
}

/* The same, and D: it is visible before the flags are looked at, as is what
 * store_release() stored before it.
 */
static inline void store_full(uint32_t *to, uint32_t value)
{
	__atomic_exchange_n(to, value, __ATOMIC_SEQ_CST);
}

/* Before B: the slot may be written meanwhile, if its frame was dropped or taken
 * by another thread.  Then B fails and the copy, perhaps of two frames, is thrown
 * away.
 *
 * By the letter of C the loads had to be atomic, as ThreadSanitizer gets to see
 * them.  But those are half as long as what a processor copies at once: to take a
 * frame would be eight instructions more.  The barriers on both sides keep a
 * compiler from loading earlier, later or again.
 */
static inline void copy_slot(struct dmaring_frame *to,
			     const struct dmaring_frame *from)
{
#ifdef SANITIZE_THREAD
	typedef uint64_t __attribute__((may_alias)) word;
	size_t i;

	for (i = 0; i < sizeof(*to) / sizeof(word); i++)
		((word *)to)[i] = __atomic_load_n((const word *)from + i,
						  __ATOMIC_RELAXED);
#else
	*to = *from;
#endif
}

/* The same for several that lie side by side. */
static inline void copy_slots(struct dmaring_frame *to,
			      const struct dmaring_frame *from, uint32_t count)
{
#ifdef SANITIZE_THREAD
	while (count--)
		copy_slot(to++, from++);
#else
	memcpy(to, from, count * sizeof(*to));
#endif
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

/* Between threads of the application: only one of them releases a frame.  If it is
 * not this one, @from is what stood there.
 */
static inline bool swap_if(__u64 *value, __u64 *from, __u64 to)
{
	return __atomic_compare_exchange_n(value, from, to, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* In 32-bit programs, too, it stands at a multiple of 8. */
struct whole_u64 {
	__aligned_u64 value;
};

static inline void set(__u64 *value, __u64 to)
{
	struct whole_u64 *whole = (struct whole_u64 *)value;

	__atomic_store_n(&whole->value, to, __ATOMIC_RELAXED);
}

static inline void set_u32(__u32 *value, __u32 to)
{
	__atomic_store_n(value, to, __ATOMIC_RELAXED);
}

#endif /* DMARING_BARRIER_H */
