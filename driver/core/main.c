// SPDX-License-Identifier: GPL-2.0-only
/* The module: what exists once for all streams. */
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/rcupdate.h>

#include "internal.h"

#define DMARING_MINORS	256

static DEFINE_IDA(minors);
static dev_t first_devt;

struct class dmaring_class = {
	.name = "dmaring",
};

int dmaring_minor_get(void)
{
	return ida_alloc_max(&minors, DMARING_MINORS - 1, GFP_KERNEL);
}

void dmaring_minor_put(int minor)
{
	ida_free(&minors, minor);
}

dev_t dmaring_devt(int minor)
{
	return MKDEV(MAJOR(first_devt), MINOR(first_devt) + minor);
}

static int __init dmaring_init(void)
{
	int err;

	err = dmaring_wake_module_init();
	if (err)
		return err;
	err = dmaring_inode_init();
	if (err)
		goto err_wake_exit;
	err = class_register(&dmaring_class);
	if (err)
		goto err_inode_exit;
	err = alloc_chrdev_region(&first_devt, 0, DMARING_MINORS, "dmaring");
	if (err)
		goto err_unregister_class;
	return 0;

err_unregister_class:
	class_unregister(&dmaring_class);
err_inode_exit:
	dmaring_inode_exit();
err_wake_exit:
	dmaring_wake_module_exit();
	return err;
}

static void __exit dmaring_exit_module(void)
{
	dmaring_wake_module_exit();
	unregister_chrdev_region(first_devt, DMARING_MINORS);
	class_unregister(&dmaring_class);
	dmaring_inode_exit();
	ida_destroy(&minors);
}

module_init(dmaring_init);
module_exit(dmaring_exit_module);

MODULE_DESCRIPTION("Frames from PCIe cards without copying");
MODULE_AUTHOR("The dmaring authors");
MODULE_LICENSE("GPL");
