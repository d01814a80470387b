/* SPDX-License-Identifier: MIT */
/*
 * As much of a kernel as driver/core/queue.c needs, in one process.  Of the kernel's
 * headers that this system has not there are empty ones: see tests/build.mk.
 *
 * The user of a queue is on another processor.  Here it comes in where that can matter:
 * after each store that it may look at, and before the kernel moves its tail.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <linux/types.h>

/* The test says what the user does; NULL: nothing. */
static void (*user_looks)(const void *at);
static void (*user_comes_first)(void);
static __u64 kernel_now_ns;
static unsigned int timers_started;

/* ------------------------------------------------------------------- the types */

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;
typedef u64 dma_addr_t, phys_addr_t;
typedef s64 ktime_t;
typedef unsigned long pgprot_t, vm_flags_t;
typedef unsigned int gfp_t;
typedef unsigned int __poll_t;
#include <assert.h>
#define __aligned(bytes) __attribute__((aligned(bytes)))
typedef struct { int unused; } spinlock_t;
typedef struct { int unused; } seqlock_t;
typedef struct { int counter; } atomic_t;
typedef struct wait_queue_head { int unused; } wait_queue_head_t;

struct attribute_group;
struct class;
struct file;
struct file_operations;
struct inode;
struct pid;
struct vm_area_struct;
struct cdev { int unused; };
struct device { int unused; };
struct hrtimer { int unused; };
struct kref { int unused; };
struct list_head { int unused; };
struct mutex { int unused; };
struct rcu_work { int unused; };
struct srcu_struct { int unused; };
struct work_struct { int unused; };
struct delayed_work { struct work_struct work; };

#define __rcu
#define __user
#define __iomem
#define ____cacheline_aligned_in_smp
#define noinline		__attribute__((noinline))
#define likely(is)		(is)
#define unlikely(is)		(is)
#define BUILD_BUG_ON(is)	_Static_assert(!(is), #is)
#define BIT(number)		(1UL << (number))
#define SZ_16M			(16 << 20)
#define PAGE_SHIFT		12

/* ---------------------------------------------------------------- the barriers */

#define READ_ONCE(from)		(*(const volatile __typeof__(from) *)&(from))
#define WRITE_ONCE(to, value)	(*(volatile __typeof__(to) *)&(to) = (value))
#define smp_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define smp_mb__after_atomic()	smp_mb()
#define smp_load_acquire(from)	__atomic_load_n(from, __ATOMIC_ACQUIRE)
#define smp_store_release(to, value)					\
	do {								\
		__atomic_store_n(to, value, __ATOMIC_RELEASE);		\
		if (user_looks)						\
			user_looks(to);					\
	} while (0)

static inline u32 cmpxchg(u32 *at, u32 from, u32 to)
{
	if (user_comes_first)
		user_comes_first();
	__atomic_compare_exchange_n(at, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	return from;
}

#define atomic_inc(atomic)		__atomic_fetch_add(&(atomic)->counter, 1, __ATOMIC_SEQ_CST)
#define atomic_dec_and_test(atomic) \
	(!__atomic_sub_fetch(&(atomic)->counter, 1, __ATOMIC_SEQ_CST))

/* -------------------------------------------------------------- and some functions */

#define lockdep_assert_held(lock)	((void)(lock))
#define rcu_access_pointer(pointer)	(pointer)
#define rcu_dereference_protected(pointer, held) (pointer)
#define array_index_nospec(index, size)	(index)
#define IS_ERR(pointer)			((unsigned long)(pointer) >= -4095UL)
#define ERR_PTR(error)			((void *)(long)(error))
#define PTR_ERR(pointer)		((long)(pointer))
#define __ffs(word)			((unsigned int)__builtin_ctzl(word))
#define kvcalloc(count, bytes, flags)	calloc(count, bytes)
#define kvfree				free
#define ns_to_ktime(ns)			((ktime_t)(ns))
#define ktime_get_ns()			kernel_now_ns
#define hrtimer_start(timer, when, mode) \
	((void)(timer), (void)(when), (void)timers_started++)
#define clamp_t(type, value, least, most)				\
	((type)(value) < (type)(least) ? (type)(least) :		\
	 (type)(value) > (type)(most) ? (type)(most) : (type)(value))
#define trace_dmaring_release(consumer, cookie)	((void)(consumer), (void)(cookie))
#define trace_dmaring_submit(consumer, cookie, bytes) \
	((void)(consumer), (void)(cookie), (void)(bytes))

static inline u32 roundup_pow_of_two(u32 count)
{
	u32 power = 1;

	while (power < count)
		power *= 2;
	return power;
}

static inline long si_mem_available(void)
{
	return 0;
}

/* What these headers hold is above. */
#define DMARING_COMPAT_H
#define DMARING_TRACE_H

#endif /* KERNEL_H */
