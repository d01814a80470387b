/* SPDX-License-Identifier: MIT */
/* Buffers as dma-bufs. */
#ifndef EXPORT_H
#define EXPORT_H

#include <linux/dma-buf.h>
#include "stream.h"

/* A dma-buf, or why there is none. */
static inline int export_try(int fd, uint32_t index, uint32_t flags)
{
	struct dmaring_export argument = export_argument(index, flags);
	int error = call(fd, DMARING_IOC_EXPORT, &argument);

	return error ?: argument.fd;
}

/* Ends the test on failure. */
static inline int export_buffer(int fd, uint32_t index)
{
	int dma_buf = export_try(fd, index, O_RDWR | O_CLOEXEC);

	REQUIRE(dma_buf >= 0);
	return dma_buf;
}

/* Ends the test on failure. */
static inline uint8_t *export_map(int dma_buf, int protection)
{
	off_t bytes = lseek(dma_buf, 0, SEEK_END);
	void *map = mmap(NULL, bytes, protection, MAP_SHARED, dma_buf, 0);

	REQUIRE(map != MAP_FAILED);
	return map;
}

/* The processor is about to use it, or has used it. */
static inline int export_sync(int dma_buf, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags };

	return call(dma_buf, DMA_BUF_IOCTL_SYNC, &sync);
}

#endif /* EXPORT_H */
