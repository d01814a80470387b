// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"
#include "version.h"

int dmaring_get_info(const struct dmaring *stream, struct dmaring_info *info)
{
	*info = (struct dmaring_info){ .size = sizeof(*info) };
	return ioctl_stream(stream, DMARING_IOC_INFO, info);
}

int dmaring_get_stats(const struct dmaring *stream, struct dmaring_stats *stats)
{
	*stats = (struct dmaring_stats){ .size = sizeof(*stats) };
	return ioctl_stream(stream, DMARING_IOC_STATS, stats);
}

int dmaring_get_stats_of(const struct dmaring *stream, uint32_t consumer,
			 struct dmaring_stats *stats)
{
	*stats = (struct dmaring_stats){
		.size = sizeof(*stats),
		.consumer = consumer,
	};
	return ioctl_stream(stream, DMARING_IOC_STATS_OF, stats);
}

int dmaring_get_buffer(const struct dmaring *stream, uint32_t index,
		       struct dmaring_buffer *buffer)
{
	return dmaring_get_segment(stream, index, 0, buffer);
}

int dmaring_get_segment(const struct dmaring *stream, uint32_t index,
			uint32_t segment, struct dmaring_buffer *buffer)
{
	*buffer = (struct dmaring_buffer){
		.size = sizeof(*buffer),
		.index = index,
		.segment = segment,
	};
	return ioctl_stream(stream, DMARING_IOC_BUFFER, buffer);
}

const char *dmaring_limit_name(uint32_t limit)
{
	static const char *const names[] = {
		[DMARING_LIMIT_NONE] = "none",
		[DMARING_LIMIT_CAP] = "cap",
		[DMARING_LIMIT_MEMORY] = "memory",
		[DMARING_LIMIT_DMA_MASK] = "dma_mask",
		[DMARING_LIMIT_IOVA] = "iova",
		[DMARING_LIMIT_ORDER] = "order",
		[DMARING_LIMIT_COUNT] = "count",
		[DMARING_LIMIT_SEGMENTS] = "segments",
	};

	return limit < sizeof(names) / sizeof(names[0]) ? names[limit] :
							  "unknown";
}

const char *dmaring_version(void)
{
	return DMARING_VERSION;
}
