/* SPDX-License-Identifier: MIT */
/*
 * Pages that a program must not touch, or not as it pleases: what to give to a
 * system call that should say EFAULT.
 */
#ifndef PAGES_H
#define PAGES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>
#include "tap.h"

static inline void *pages_map(size_t bytes, int protection)
{
	void *map = mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(map != MAP_FAILED);
	return map;
}

/* 4 KiB, or what an arm64 kernel was built for; as wide as the offsets that it is added to. */
static inline uint64_t page_bytes(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* An address from which @bytes can be used and after which nothing is mapped. */
static inline void *pages_before_nothing(size_t bytes)
{
	size_t usable = (bytes + page_bytes() - 1) / page_bytes() * page_bytes();
	char *map = pages_map(usable + page_bytes(), PROT_READ | PROT_WRITE);

	REQUIRE(!munmap(map + usable, page_bytes()));
	return map + usable - bytes;
}

/* A copy of something that can be read and not written. */
static inline void *pages_read_only(const void *source, size_t bytes)
{
	void *map = pages_map(bytes, PROT_READ | PROT_WRITE);

	memcpy(map, source, bytes);
	REQUIRE(!mprotect(map, bytes, PROT_READ));
	return map;
}

#define PAGES_BAD_POINTERS	6

/* Addresses at which there is nothing, or nothing of ours. */
static inline void *pages_bad_pointer(size_t which)
{
	static const uintptr_t bad[PAGES_BAD_POINTERS - 1] = {
		0, 8, (uintptr_t)-4096, (uintptr_t)0xffff888000000000ULL,
		(uintptr_t)0xffffffff81000000ULL,
	};

	return which < PAGES_BAD_POINTERS - 1 ? (void *)bad[which] : pages_before_nothing(0);
}

#endif /* PAGES_H */
