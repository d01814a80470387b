// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the mistake that its parameter names: do the debug kernels notice?
 * Never stays loaded.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/workqueue.h>

static char *make = "";
module_param(make, charp, 0);

/* The compiler must not see through any of this. */
static void *forgotten;

static void use_after_free(void)
{
	char *memory = kmalloc(64, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(memory);
	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	WRITE_ONCE(memory[5], 1);
}

static void impossible_shift(void)
{
	int by = 40, what = 1;

	OPTIMIZER_HIDE_VAR(by);
	WRITE_ONCE(what, READ_ONCE(what) << by);
}

static void leak(void)
{
	WRITE_ONCE(forgotten, kmalloc(128, GFP_KERNEL));
	WRITE_ONCE(forgotten, NULL);
}

static void list_twice(void)
{
	LIST_HEAD(list);
	LIST_HEAD(entry);

	list_add(&entry, &list);
	list_add(&entry, &list);
}

static void sleep_in_atomic(void)
{
	static DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	might_sleep();
	spin_unlock(&lock);
}

static void rcu_without_lock(void)
{
	static int __rcu *pointer;
	int *got = rcu_dereference(pointer);

	OPTIMIZER_HIDE_VAR(got);
}

static void unmap_unmapped(void)
{
	struct platform_device *device =
		platform_device_register_simple("mistakes", -1, NULL, 0);

	if (IS_ERR(device))
		return;
	dma_coerce_mask_and_coherent(&device->dev, DMA_BIT_MASK(32));
	dma_unmap_single(&device->dev, 0x100000, 64, DMA_FROM_DEVICE);
	platform_device_unregister(device);
}

static void lock_order(void)
{
	static DEFINE_MUTEX(a);
	static DEFINE_MUTEX(b);

	mutex_lock(&a);
	mutex_lock(&b);
	mutex_unlock(&b);
	mutex_unlock(&a);
	mutex_lock(&b);
	mutex_lock(&a);
	mutex_unlock(&a);
	mutex_unlock(&b);
}

/* ------------------------------------------ on two processors, for a while */

static unsigned long deadline;
static int shared;
static int full;

static void on_two_processors(work_func_t func)
{
	static struct work_struct works[2];
	int cpu;

	deadline = jiffies + 3 * HZ;
	full = 0;
	for (cpu = 0; cpu < 2; cpu++) {
		INIT_WORK(&works[cpu], func);
		schedule_work_on(cpu, &works[cpu]);
	}
	for (cpu = 0; cpu < 2; cpu++)
		flush_work(&works[cpu]);
}

static void add_without_lock(struct work_struct *work)
{
	while (time_before(jiffies, deadline)) {
		shared++;
		cond_resched();
	}
}

static void no_lock(void)
{
	on_two_processors(add_without_lock);
}

/* A mailbox: whoever finds it as it must be for him may touch what is shared. */
static bool wait_until(int wanted)
{
	/* Before what is shared is touched: pairs with the other's release. */
	while (smp_load_acquire(&full) != wanted) {
		if (time_after(jiffies, deadline))
			return false;
		cond_resched();
	}
	return true;
}

static void take(void)
{
	static int got;

	while (wait_until(1)) {
		/* Meanwhile a write that may come later is looked for. */
		udelay(9);
		WRITE_ONCE(got, shared);
		/* After it was read: pairs with wait_until(0). */
		smp_store_release(&full, 0);
	}
}

static void exchange_without_release(struct work_struct *work)
{
	if (raw_smp_processor_id())
		return take();
	while (wait_until(0)) {
		shared++;
		WRITE_ONCE(full, 1);
	}
}

static void no_barrier(void)
{
	on_two_processors(exchange_without_release);
}

static void exchange_well(struct work_struct *work)
{
	if (raw_smp_processor_id())
		return take();
	while (wait_until(0)) {
		shared++;
		/* After it was written: pairs with wait_until(1). */
		smp_store_release(&full, 1);
	}
}

static void none(void)
{
	on_two_processors(exchange_well);
}

static const struct {
	const char *name;
	void (*make)(void);
} mistakes[] = {
	{ "use_after_free", use_after_free },
	{ "impossible_shift", impossible_shift },
	{ "leak", leak },
	{ "list_twice", list_twice },
	{ "sleep_in_atomic", sleep_in_atomic },
	{ "rcu_without_lock", rcu_without_lock },
	{ "unmap_unmapped", unmap_unmapped },
	{ "lock_order", lock_order },
	{ "no_lock", no_lock },
	{ "no_barrier", no_barrier },
	{ "none", none },
};

static int __init mistakes_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mistakes); i++)
		if (!strcmp(make, mistakes[i].name))
			mistakes[i].make();
	return -ECANCELED;
}
module_init(mistakes_init);

MODULE_DESCRIPTION("Mistakes for the debug kernel to notice");
MODULE_LICENSE("GPL");
