// SPDX-License-Identifier: GPL-2.0-only
/*
 * The private inodes of a stream.
 *
 * Any number of device nodes can name the same stream, and each is an inode
 * with a page mapping of its own.  Every open file is moved onto the stream's
 * private mapping, so that one call finds all mappings of the buffers when the
 * card goes away.  Those that are made of pages stay then: another inode carries
 * them.  The inodes live in a file system that nobody can mount, as
 * those of DRM do.
 */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include "internal.h"

#define DMARING_FS_MAGIC	0x646d6172	/* "dmar" */

static struct vfsmount *mount;

static int init_fs_context(struct fs_context *context)
{
	return init_pseudo(context, DMARING_FS_MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type fs_type = {
	.name = "dmaring",
	.init_fs_context = init_fs_context,
	.kill_sb = kill_anon_super,
};

struct inode *dmaring_inode_new(void)
{
	return alloc_anon_inode(mount->mnt_sb);
}

void dmaring_inode_free(struct inode *inode)
{
	iput(inode);
}

int dmaring_inode_init(void)
{
	mount = kern_mount(&fs_type);
	return PTR_ERR_OR_ZERO(mount);
}

void dmaring_inode_exit(void)
{
	kern_unmount(mount);
}
