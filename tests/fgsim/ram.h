/* SPDX-License-Identifier: MIT */
/* The guest's RAM: the file that QEMU backs it with. */
#ifndef RAM_H
#define RAM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Above that QEMU's PC machines may put RAM elsewhere: all of it is in one piece, and
 * an address is the offset in the file plus that of RAM's beginning, only below.
 */
#define RAM_BYTES_MAX	(2ULL << 30)

struct ram {
	uint8_t *memory;
	uint64_t base;	/* the bus address of its first byte */
	uint64_t bytes;
};

void ram_open(struct ram *ram, const char *path);
void ram_close(struct ram *ram);

/* The memory at a bus address of the guest; NULL unless all of it is RAM. */
static inline uint8_t *ram_at(const struct ram *ram, uint64_t addr, uint64_t bytes)
{
	uint64_t offset = addr - ram->base;

	/* What lies below the base is far above the end. */
	if (offset >= ram->bytes || bytes > ram->bytes - offset)
		return NULL;
	return ram->memory + offset;
}

#endif /* RAM_H */
