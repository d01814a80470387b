// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

#include <errno.h>
#include <sys/mman.h>

int dmaring_get_region(const struct dmaring *stream, uint32_t index,
		       struct dmaring_region *region)
{
	*region = (struct dmaring_region){
		.size = sizeof(*region),
		.index = index,
	};
	return ioctl_stream(stream, DMARING_IOC_REGION, region);
}

int dmaring_read_region(const struct dmaring *stream, uint32_t index,
			uint64_t offset, void *to, size_t bytes)
{
	struct dmaring_read_region read = {
		.size = sizeof(read),
		.index = index,
		.offset = offset,
		.length = bytes,
		.data = (uintptr_t)to,
	};

	return ioctl_stream(stream, DMARING_IOC_READ_REGION, &read);
}

int dmaring_map_region(const struct dmaring *stream, uint32_t index,
		       const volatile void **address)
{
	struct dmaring_region region;
	void *map;
	int err;

	err = dmaring_get_region(stream, index, &region);
	if (err)
		return err;
	if (!(region.flags & DMARING_REGION_MAP))
		return error_set(stream->device, STEP_MAP_REGION, EOPNOTSUPP);
	if (region.length != (size_t)region.length)
		return error_set(stream->device, STEP_MAP_REGION, ENOMEM);
	map = mmap(NULL, region.length, PROT_READ, MAP_SHARED, stream->fd,
		   (off_t)region.mmap_offset);
	if (map == MAP_FAILED)
		return error_set(stream->device, STEP_MAP_REGION, errno);
	*address = map;
	return 0;
}
