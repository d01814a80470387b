/* SPDX-License-Identifier: MIT */
/*
 * BAR2: the memory that the guest shares with the card.  The guest may write
 * anything there at any time, so every field is loaded once and checked.
 */
#ifndef BAR_H
#define BAR_H

#include <endian.h>
#include <stdint.h>
#include <hw/fgsim/regs.h>

/* All loads are acquire, all stores release: barriers c, d, h of regs.h. */
static inline uint32_t get32(const __le32 *field)
{
	return le32toh(__atomic_load_n(field, __ATOMIC_ACQUIRE));
}

static inline uint64_t get64(const __le64 *field)
{
	return le64toh(__atomic_load_n(field, __ATOMIC_ACQUIRE));
}

static inline void set32(__le32 *field, uint32_t value)
{
	__atomic_store_n(field, htole32(value), __ATOMIC_RELEASE);
}

static inline void set64(__le64 *field, uint64_t value)
{
	__atomic_store_n(field, htole64(value), __ATOMIC_RELEASE);
}

/* Barriers b and f of regs.h. */
static inline void full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* What one stream has of it. */
struct bar {
	struct fgsim_bar *regs;
	uint32_t streams;
	uint32_t resets;
};

/* Returns the memory, for QEMU. */
int bar_create(struct bar *bars, uint32_t streams);
void bar_power_on(struct bar *bar, uint64_t ram_end);
void bar_all_ones(struct bar *bar);

#endif /* BAR_H */
