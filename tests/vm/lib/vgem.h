/* SPDX-License-Identifier: MIT */
/*
 * vgem, the kernel's own graphics card without hardware: imports dma-bufs, and puts fences
 * on them, which signal when a program says so, or after 10 s.  Functions return 0 or
 * -errno; those that say so end the test when they fail.
 */
#ifndef VGEM_H
#define VGEM_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include "tap.h"

#define VGEM_NODE	"/dev/dri/card0"

/* As in the kernel's drm.h and vgem_drm.h, which not every system has. */
struct vgem_prime {
	uint32_t handle;
	uint32_t flags;
	int32_t fd;
};

struct vgem_attach {
	uint32_t handle;
	uint32_t flags;
	uint32_t fence;
	uint32_t pad;
};

struct vgem_signal {
	uint32_t fence;
	uint32_t flags;
};

struct vgem_close {
	uint32_t handle;
	uint32_t pad;
};

#define VGEM_IMPORT	_IOWR('d', 0x2e, struct vgem_prime)
#define VGEM_ATTACH	_IOWR('d', 0x41, struct vgem_attach)
#define VGEM_SIGNAL	_IOW('d', 0x42, struct vgem_signal)
#define VGEM_CLOSE	_IOW('d', 0x09, struct vgem_close)
#define VGEM_WRITES	1

static inline int vgem_call(int vgem, unsigned long command, void *argument)
{
	return ioctl(vgem, command, argument) < 0 ? -errno : 0;
}

/* Ends the test on failure. */
static inline int vgem_open(void)
{
	int vgem;

	REQUIRE(!system("modprobe vgem"));
	vgem = open(VGEM_NODE, O_RDWR | O_CLOEXEC);
	REQUIRE(vgem >= 0);
	return vgem;
}

/* The handle of a dma-buf, or why it is not imported. */
static inline int vgem_import(int vgem, int dma_buf)
{
	struct vgem_prime prime = { .fd = dma_buf };

	return vgem_call(vgem, VGEM_IMPORT, &prime) ?: (int)prime.handle;
}

/* It lets go of the dma-buf; fences stay. */
static inline int vgem_close_handle(int vgem, int handle)
{
	struct vgem_close close = { .handle = handle };

	return vgem_call(vgem, VGEM_CLOSE, &close);
}

/* The fence of somebody who reads it, or writes it too.  Ends the test on failure. */
static inline uint32_t vgem_fence(int vgem, int handle, uint32_t flags)
{
	struct vgem_attach attach = { .handle = handle, .flags = flags };

	REQUIRE_EQ(vgem_call(vgem, VGEM_ATTACH, &attach), 0);
	return attach.fence;
}

static inline int vgem_signal(int vgem, uint32_t fence)
{
	struct vgem_signal signal = { .fence = fence };

	return vgem_call(vgem, VGEM_SIGNAL, &signal);
}

#endif /* VGEM_H */
