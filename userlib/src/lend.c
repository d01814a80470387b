// SPDX-License-Identifier: LGPL-2.1-or-later
/* Memory that the application lends to the card. */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <unistd.h>

/* A huge page of one table of page tables, where pages have 4 KiB. */
#define HUGE_BYTES	((size_t)2 << 20)

/* What a search keeps until it has found something. */
#define SEARCHED_MAX	256

static int lend(struct dmaring *stream, struct dmaring_import *import,
		void *address, uint32_t *index)
{
	int err;

	if (!stream->places)
		return error_set_detail(stream->device, DMARING_IOC_IMPORT, EINVAL,
					"it was not opened with DMARING_OPEN_IMPORT");
	import->size = sizeof(*import);
	err = ioctl_stream(stream, DMARING_IOC_IMPORT, import);
	if (err)
		return err;
	stream->maps[import->index].address = address;
	stream->mapped = import->index + 1;
	stream->in_ring = stream->mapped;
	if (index)
		*index = import->index;
	return 0;
}

int dmaring_import(struct dmaring *stream, void *address, size_t bytes,
		   uint32_t *index)
{
	struct dmaring_import import = {
		.fd = -1,
		.addr = (uintptr_t)address,
		.length = bytes,
	};

	return lend(stream, &import, address, index);
}

int dmaring_import_dmabuf(struct dmaring *stream, int fd, uint64_t offset,
			  size_t bytes, uint32_t *index)
{
	struct dmaring_import import = {
		.fd = fd,
		.length = bytes,
		.offset = offset,
	};

	if (fd < 0)
		return error_set(stream->device, DMARING_IOC_IMPORT, EBADF);
	return lend(stream, &import, NULL, index);
}

/* --------------------------------------------------------------- alloc, free */

static size_t round_up(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

static bool map_anonymous(struct dmaring_area *area, size_t bytes, int flags)
{
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	if (map == MAP_FAILED)
		return false;
	area->mapped = map;
	area->mapped_bytes = bytes;
	area->address = map;
	return true;
}

static bool map_plain(struct dmaring_area *area)
{
	return map_anonymous(area, round_up(area->bytes, sysconf(_SC_PAGESIZE)),
			     0);
}

/* Of those that the operator has put aside. */
static bool map_hugetlb(struct dmaring_area *area)
{
	return map_anonymous(area, round_up(area->bytes, HUGE_BYTES),
			     MAP_HUGETLB | MAP_HUGE_2MB);
}

/* The kernel makes huge pages where they fit, if it can. */
static bool map_transparent(struct dmaring_area *area)
{
	size_t bytes = round_up(area->bytes, HUGE_BYTES);

	if (!map_anonymous(area, bytes + HUGE_BYTES, 0))
		return false;
	area->address = (void *)round_up((uintptr_t)area->mapped, HUGE_BYTES);
	madvise(area->address, bytes, MADV_HUGEPAGE);
	return true;
}

static void unmap(struct dmaring_area *area)
{
	if (area->mapped)
		munmap(area->mapped, area->mapped_bytes);
	area->mapped = NULL;
}

static int list_segments(const struct dmaring *stream, struct dmaring_area *area)
{
	struct dmaring_buffer buffer;
	uint32_t i;
	int err;

	area->segments = calloc(area->segment_count, sizeof(*area->segments));
	if (!area->segments)
		return error_set(stream->device, DMARING_IOC_BUFFER, ENOMEM);
	for (i = 0; i < area->segment_count; i++) {
		buffer = (struct dmaring_buffer){
			.size = sizeof(buffer),
			.index = area->index,
			.segment = i,
		};
		err = ioctl_stream(stream, DMARING_IOC_BUFFER, &buffer);
		if (err)
			return err;
		area->segments[i].bus_address = buffer.bus_addr;
		area->segments[i].bytes = buffer.segment_bytes;
	}
	return 0;
}

static int lend_area(struct dmaring *stream, uint32_t flags,
		     struct dmaring_area *area)
{
	struct dmaring_import import = {
		.flags = flags & DMARING_ALLOC_CONTIGUOUS ?
			 DMARING_IMPORT_CONTIGUOUS : 0,
		.fd = -1,
		.addr = (uintptr_t)area->address,
		.length = area->bytes,
	};
	int err = lend(stream, &import, area->address, &area->index);

	area->segment_count = import.segments;
	return err;
}

/* Would other memory of the same size do? */
static bool other_may_do(int err)
{
	return err == -E2BIG || err == -ERANGE;
}

/* What is of no use is kept: else the system would give the same again. */
static int try_each(struct dmaring *stream, uint32_t flags,
		    struct dmaring_area *area, struct dmaring_area *kept)
{
	static bool (*const maps[])(struct dmaring_area *area) = {
		map_plain, map_hugetlb, map_transparent,
	};
	int err = error_set(stream->device, DMARING_IOC_IMPORT, ENOMEM);
	int result;
	size_t i;

	for (i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		if (!maps[i](area))
			continue;
		result = lend_area(stream, flags, area);
		if (!result)
			return 0;
		kept[i] = *area;
		area->mapped = NULL;
		err = result;
		if (!other_may_do(err))
			break;
	}
	return err;
}

#define WAYS 3

int dmaring_alloc(struct dmaring *stream, size_t bytes, uint32_t flags,
		  struct dmaring_area *area)
{
	struct dmaring_area (*kept)[WAYS];
	size_t rounds = 0;
	int err;

	*area = (struct dmaring_area){ .bytes = bytes };
	if (flags & ~(uint32_t)(DMARING_ALLOC_CONTIGUOUS | DMARING_ALLOC_LIMITED) ||
	    !bytes || bytes > SIZE_MAX - 2 * HUGE_BYTES)
		return error_set(stream->device, DMARING_IOC_IMPORT, EINVAL);
	kept = calloc(SEARCHED_MAX, sizeof(*kept));
	if (!kept)
		return error_set(stream->device, DMARING_IOC_IMPORT, ENOMEM);
	do {
		err = try_each(stream, flags, area, kept[rounds]);
	} while (err == -ERANGE && flags & DMARING_ALLOC_LIMITED &&
		 ++rounds < SEARCHED_MAX);
	for (size_t i = 0; i < SEARCHED_MAX * WAYS; i++)
		unmap(&kept[0][i]);
	free(kept);
	if (!err) {
		err = list_segments(stream, area);
		/* It stays lent, and nobody learns where it is. */
		if (err)
			stream->maps[area->index].address = NULL;
	}
	if (err)
		dmaring_free(area);
	return err;
}

void dmaring_free(struct dmaring_area *area)
{
	unmap(area);
	free(area->segments);
	*area = (struct dmaring_area){ 0 };
}
