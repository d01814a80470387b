/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions: all of them, and only here.
 * The code is written for the newest kernel; this brings older ones up to it.
 */
#ifndef DMARING_COMPAT_H
#define DMARING_COMPAT_H

#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/timer.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define timer_delete_sync(timer) del_timer_sync(timer)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void vm_flags_mod(struct vm_area_struct *vma, vm_flags_t set,
				vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}
#endif

/* The largest order was MAX_ORDER - 1, then MAX_ORDER, then got its own name. */
#ifndef MAX_PAGE_ORDER
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define MAX_PAGE_ORDER (MAX_ORDER - 1)
#else
#define MAX_PAGE_ORDER MAX_ORDER
#endif
#endif

#endif /* DMARING_COMPAT_H */
