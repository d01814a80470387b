// SPDX-License-Identifier: MIT
#include "frame_dir.h"
#include "image_png.h"
#include "image_pnm.h"
#include "image_tiff.h"
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

bool frame_file_is_image(enum frame_file kind)
{
	return kind >= FRAME_FILE_PNG && kind <= FRAME_FILE_TIFF;
}

static const char *extension_of(const struct frame_dir *dir)
{
	switch (dir->kind) {
	case FRAME_FILE_PNG:
		return "png";
	case FRAME_FILE_PNM:
		return dir->converter.image.model == IMAGE_RGB ? "ppm" : "pgm";
	case FRAME_FILE_TIFF:
		return "tiff";
	default:
		return "raw";
	}
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

static int prepare(struct frame_dir *dir, const struct dmaring_format *format)
{
	int err = 0;

	if (dir->kind == FRAME_FILE_TIFF)
		err = image_tiff_check();
	if (!err && frame_file_is_image(dir->kind))
		err = converter_open(&dir->converter, format, CONVERTER_PICTURE);
	return err;
}

int frame_dir_open(struct frame_dir *dir, const char *path,
		   enum frame_file kind, const struct dmaring_format *format,
		   bool overwrite)
{
	int err;

	*dir = (struct frame_dir){ .path = path, .kind = kind, .fd = -1 };
	if (kind == FRAME_FILE_NONE)
		return 0;
	err = prepare(dir, format);
	if (err)
		return err;
	dir->fd = open_directory(path);
	err = dir->fd < 0 ? dir->fd : new_file_lock(dir->fd, path);
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
	converter_close(&dir->converter);
}

static int write_image(const struct frame_dir *dir, int fd,
		       const struct image *image)
{
	switch (dir->kind) {
	case FRAME_FILE_PNG:
		return image_png_write(fd, image);
	case FRAME_FILE_PNM:
		return image_pnm_write(fd, image);
	default:
		return image_tiff_write(fd, image);
	}
}

static int write_content(struct frame_dir *dir, int fd,
			 const struct dmaring_frame *frame, const void *data)
{
	const struct image *image;

	if (!frame_file_is_image(dir->kind))
		return write_all(fd, data, frame->bytes_used);
	image = converter_image(&dir->converter, data);
	return image ? write_image(dir, fd, image) : -EINVAL;
}

static int write_part(struct frame_dir *dir, const struct dmaring_frame *frame,
		      const void *data)
{
	int fd, err;

	fd = openat(dir->fd, dir->part,
		    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		err = -errno;
		dir->part[0] = '\0';
		return err;
	}
	err = write_content(dir, fd, frame, data);
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

void frame_dir_name(char name[FRAME_DIR_NAME], const struct frame_dir *dir,
		    const struct dmaring_frame *frame)
{
	snprintf(name, FRAME_DIR_NAME, NAME_BEGIN "%08" PRIu64 ".%s",
		 (uint64_t)frame->sequence, extension_of(dir));
}

int frame_dir_write(struct frame_dir *dir, const struct dmaring_frame *frame,
		    const void *data)
{
	char name[FRAME_DIR_NAME];
	int err;

	if (frame_file_is_image(dir->kind) &&
	    converter_refuses(&dir->converter, frame))
		return -EMSGSIZE;
	frame_dir_name(name, dir, frame);
	snprintf(dir->part, sizeof(dir->part), ".%.40s.part", name);
	err = write_part(dir, frame, data);
	if (!err && renameat(dir->fd, dir->part, dir->fd, name) < 0)
		err = -errno;
	if (err)
		return complain(dir, name, err);
	dir->part[0] = '\0';
	return 0;
}
