/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Differences between kernel versions: all of them, and only here.
 * The code is written for the newest kernel; this brings older ones up to it.
 *
 * Stable kernels sometimes get the newer function, too.  So each is a macro,
 * which takes precedence, and not another function of the same name.
 */
#ifndef DMARING_COMPAT_H
#define DMARING_COMPAT_H

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/module.h>
#include <linux/timer.h>
#include <linux/version.h>

/* 6.2 has the caller of the others hold the lock of a dma-buf. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define dma_buf_vmap_unlocked(dmabuf, map) dma_buf_vmap(dmabuf, map)
#define dma_buf_vunmap_unlocked(dmabuf, map) dma_buf_vunmap(dmabuf, map)
#endif

/* 6.2 renamed del_timer_sync(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define timer_delete_sync(timer) del_timer_sync(timer)
#endif

/* 6.3 made the flags of a mapping read-only but for functions like this one. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
static inline void dmaring_vm_flags_mod(struct vm_area_struct *vma,
					vm_flags_t set, vm_flags_t clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}

#define vm_flags_mod dmaring_vm_flags_mod
#endif

/* 6.4 made MAX_ORDER the largest order, not one more; 6.8 gave it this name. */
#ifndef MAX_PAGE_ORDER
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
#define MAX_PAGE_ORDER (MAX_ORDER - 1)
#else
#define MAX_PAGE_ORDER MAX_ORDER
#endif
#endif

/* 6.8 has them for every level of page tables. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define pmdp_get(pmd) READ_ONCE(*(pmd))
#endif

/* 6.8 adds 1, always. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define eventfd_signal(eventfd) eventfd_signal(eventfd, 1)
#endif

/*
 * 6.10 knows the source of a string from __string(), which must have the name
 * of the field here.  Not __assign_str() itself: the kernel defines that anew
 * each time that it reads the events.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define dmaring_assign_str(field) __assign_str(field, field)
#else
#define dmaring_assign_str(field) __assign_str(field)
#endif

/* 6.13 takes the name of a namespace as a string. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#undef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns) MODULE_INFO(import_ns, ns)
#endif

/* 6.13 replaces hrtimer_init(), and the function that was set beside it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
static inline void
dmaring_hrtimer_setup(struct hrtimer *timer,
		      enum hrtimer_restart (*function)(struct hrtimer *),
		      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}

#define hrtimer_setup dmaring_hrtimer_setup
#endif

/* 6.17 ends the type of page frame numbers that say more than the number. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/pfn_t.h>

#define vmf_insert_pfn_pmd(vmf, pfn, write) \
	vmf_insert_pfn_pmd(vmf, pfn_to_pfn_t(pfn), write)
#endif

#endif /* DMARING_COMPAT_H */
