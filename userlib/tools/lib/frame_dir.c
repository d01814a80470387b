// SPDX-License-Identifier: MIT
#include "frame_dir.h"
#include "grey_png.h"
#include "new_file.h"
#include "write_all.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BEGIN "frame-"

static const char *extension_of(enum frame_file kind)
{
	return kind == FRAME_FILE_PNG ? "png" : "raw";
}

static int fail(const char *path, const char *what)
{
	int err = errno;

	warn("%s: cannot %s", path, what);
	return -err;
}

static int refuse_frames(const char *path)
{
	struct dirent *entry;
	bool found = false;
	DIR *entries;

	entries = opendir(path);
	if (!entries)
		return fail(path, "list the directory");
	while (!found && (entry = readdir(entries)))
		found = !strncmp(entry->d_name, NAME_BEGIN, strlen(NAME_BEGIN));
	closedir(entries);
	if (found)
		warnx("%s: there are frames of another capture in it; name another directory or add --overwrite",
		      path);
	return found ? -EEXIST : 0;
}

static int open_directory(const char *path)
{
	int fd, err;

	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return fail(path, "create the directory");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(path, "open the directory");
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
		err = fail(path, "write into the directory");
		close(fd);
		return err;
	}
	return fd;
}

int frame_dir_open(struct frame_dir *dir, const char *path,
		   enum frame_file kind, bool overwrite)
{
	int err;

	*dir = (struct frame_dir){ .path = path, .kind = kind, .fd = -1 };
	if (kind == FRAME_FILE_NONE)
		return 0;
	dir->fd = open_directory(path);
	if (dir->fd < 0)
		return dir->fd;
	err = new_file_lock(dir->fd, path);
	if (!err && !overwrite)
		err = refuse_frames(path);
	if (err)
		frame_dir_close(dir);
	return err;
}

void frame_dir_close(struct frame_dir *dir)
{
	if (dir->part[0])
		unlinkat(dir->fd, dir->part, 0);
	if (dir->fd >= 0)
		close(dir->fd);
	dir->fd = -1;
}

static int write_content(const struct frame_dir *dir, int fd,
			 const struct dmaring_frame *frame, const void *data,
			 const struct dmaring_format *format)
{
	if (dir->kind == FRAME_FILE_PNG)
		return grey_png_write(fd, data, format);
	return write_all(fd, data, frame->bytes_used);
}

static int write_part(struct frame_dir *dir, const struct dmaring_frame *frame,
		      const void *data, const struct dmaring_format *format)
{
	int fd, err;

	fd = openat(dir->fd, dir->part,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		err = -errno;
		dir->part[0] = '\0';
		return err;
	}
	err = write_content(dir, fd, frame, data, format);
	/* Some file systems tell only now that the disk is full. */
	if (close(fd) < 0 && !err)
		err = -errno;
	return err;
}

/* A buffer whose card is gone cannot be read: write(2) says EFAULT. */
static int complain(const struct frame_dir *dir, const char *name, int err)
{
	if (err == -EFAULT) {
		warnx("%s/%s: not written, the card is gone", dir->path, name);
		return -ENODEV;
	}
	warnx("%s/%s: cannot write the frame: %s", dir->path, name,
	      strerror(-err));
	return err;
}

static int refuse_png(const struct dmaring_frame *frame,
		      const struct dmaring_format *format)
{
	uint64_t bytes = (uint64_t)format->bytes_per_line * format->height;

	if (frame->bytes_used >= bytes)
		return 0;
	warnx("frame %" PRIu64 " is not written: it has %u bytes, an image of %ux%u needs %"
	      PRIu64 "; --format raw writes any", (uint64_t)frame->sequence,
	      frame->bytes_used, format->width, format->height, bytes);
	return -EMSGSIZE;
}

void frame_dir_name(char name[FRAME_DIR_NAME], const struct frame_dir *dir,
		    const struct dmaring_frame *frame)
{
	snprintf(name, FRAME_DIR_NAME, NAME_BEGIN "%08" PRIu64 ".%s",
		 (uint64_t)frame->sequence, extension_of(dir->kind));
}

int frame_dir_write(struct frame_dir *dir, const struct dmaring_frame *frame,
		    const void *data, const struct dmaring_format *format)
{
	char name[FRAME_DIR_NAME];
	int err;

	if (dir->kind == FRAME_FILE_PNG && refuse_png(frame, format))
		return -EMSGSIZE;
	frame_dir_name(name, dir, frame);
	snprintf(dir->part, sizeof(dir->part), ".%.40s.part", name);
	err = write_part(dir, frame, data, format);
	if (!err && renameat(dir->fd, dir->part, dir->fd, name) < 0)
		err = -errno;
	if (err)
		return complain(dir, name, err);
	dir->part[0] = '\0';
	return 0;
}
