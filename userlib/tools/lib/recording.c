// SPDX-License-Identifier: MIT
#define _GNU_SOURCE		/* asprintf */
#include "recording.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Return: 1 or 0; -1 if there is nothing of that name. */
static int is_directory(const char *path)
{
	int fd;

	if (access(path, F_OK))
		return -1;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno != ENOTDIR;
	close(fd);
	return 1;
}

/* What is there decides; else a name with a dot in it is that of a file. */
static bool means_directory(const char *path)
{
	const char *last = strrchr(path, '/');
	int is = is_directory(path);

	last = last ? last + 1 : path;
	if (is >= 0)
		return is;
	return !*last || !strchr(last + 1, '.');
}

/* The index lies beside the frames, unless it has a place of its own or they go
 * where nothing can lie beside them.
 * Return: a name to be freed; NULL: there is no index, or errno is ENOMEM.
 */
static char *index_path(const struct recording *recording,
			const struct options *options)
{
	char *path = NULL;

	errno = 0;
	if (options->index)
		return strdup(options->index);
	if (recording->kind != RECORDING_DIR && !recording->row.is_file)
		return NULL;
	if (asprintf(&path, recording->kind == RECORDING_DIR ? "%s/index.csv" :
							       "%s.csv",
		     options->output) < 0)
		errno = ENOMEM;
	return path;
}

static int open_index(struct recording *recording, const struct options *options,
		      const struct dmaring *stream,
		      const struct dmaring_info *info)
{
	recording->index_path = index_path(recording, options);
	if (recording->index_path)
		return frame_index_open(&recording->index,
					recording->index_path,
					options->overwrite, stream, info);
	return -errno;
}

static int open_frames(struct recording *recording, const struct options *options,
		       const struct dmaring_format *format)
{
	int err;

	if (recording->kind == RECORDING_DIR)
		return frame_dir_open(&recording->dir, options->output,
				      options->format, format,
				      options->overwrite);
	err = frame_row_open(&recording->row, options->output,
			     options->overwrite);
	if (!err && recording->kind == RECORDING_VIDEO)
		err = video_open(&recording->video, &recording->row, format);
	if (!err && recording->kind == RECORDING_PAGES)
		err = bigtiff_open(&recording->pages, &recording->row, format);
	return err;
}

/* Images cannot stand in a row, and video is one; TIFF files have pages. */
static int kind_of(const struct options *options)
{
	bool to_stdout = !strcmp(options->output, "-");

	if (options->format == FRAME_FILE_Y4M)
		return RECORDING_VIDEO;
	if (options->format == FRAME_FILE_TIFF && !means_directory(options->output))
		return RECORDING_PAGES;
	if (!to_stdout && (frame_file_is_image(options->format) ||
			   means_directory(options->output)))
		return RECORDING_DIR;
	return RECORDING_ROW;
}

bool recording_is_directory(const struct options *options)
{
	return kind_of(options) == RECORDING_DIR;
}

bool recording_has_pages(const struct options *options)
{
	return kind_of(options) == RECORDING_PAGES;
}

int recording_open(struct recording *recording, const struct options *options,
		   const struct dmaring *stream,
		   const struct dmaring_info *info)
{
	int err;

	*recording = RECORDING_NONE_YET;
	if (!options->output)
		return 0;
	recording->kind = kind_of(options);
	err = open_frames(recording, options, &info->format);
	if (!err)
		err = open_index(recording, options, stream, info);
	if (err)
		recording_close(recording);
	return err;
}

static int write_row(struct recording *recording,
		     const struct dmaring_frame *frame, const void *data,
		     const struct dmaring_format *format)
{
	char where[24];
	int err;

	snprintf(where, sizeof(where), "%" PRIu64, recording->row.bytes);
	err = frame_row_write(&recording->row, frame, data, format);
	return err ? err : frame_index_add(&recording->index, frame, where);
}

static int write_made(struct recording *recording,
		      const struct dmaring_frame *frame, const void *data)
{
	struct frame_row *row = &recording->row;

	if (recording->kind == RECORDING_PAGES)
		return bigtiff_write(&recording->pages, row, frame, data);
	return video_write(&recording->video, row, frame, data);
}

/* A frame that is left out has a line in the index, too. */
static int write_images(struct recording *recording,
			const struct dmaring_frame *frame, const void *data)
{
	char where[24] = "";
	uint64_t at = recording->row.bytes;
	int err = write_made(recording, frame, data);
	int index_err;

	if (err && err != -EMSGSIZE)
		return err;
	if (!err)
		snprintf(where, sizeof(where), "%" PRIu64, at);
	index_err = frame_index_add(&recording->index, frame, where);
	return index_err ? index_err : err;
}

static int write_dir(struct recording *recording,
		     const struct dmaring_frame *frame, const void *data)
{
	char name[FRAME_DIR_NAME] = "";
	int err = frame_dir_write(&recording->dir, frame, data), index_err;

	if (err && err != -EMSGSIZE)
		return err;
	if (!err)
		frame_dir_name(name, &recording->dir, frame);
	index_err = frame_index_add(&recording->index, frame, name);
	return index_err ? index_err : err;
}

int recording_write(struct recording *recording,
		    const struct dmaring_frame *frame, const void *data,
		    const struct dmaring_format *format)
{
	int err = frame_index_read_meta(&recording->index, frame);

	if (err)
		return err;
	switch (recording->kind) {
	case RECORDING_DIR:
		return write_dir(recording, frame, data);
	case RECORDING_ROW:
		return write_row(recording, frame, data, format);
	case RECORDING_VIDEO:
	case RECORDING_PAGES:
		return write_images(recording, frame, data);
	default:
		return 0;
	}
}

int recording_close(struct recording *recording)
{
	int err = frame_row_close(&recording->row);
	int index_err = frame_index_close(&recording->index);

	video_close(&recording->video);
	bigtiff_close(&recording->pages);
	frame_dir_close(&recording->dir);
	free(recording->index_path);
	recording->index_path = NULL;
	return err ? err : index_err;
}
