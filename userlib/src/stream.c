// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "0" and "dmaring0" are short for "/dev/dmaring0". */
static const char *directory_of(const char *device)
{
	if (strchr(device, '/'))
		return "";
	return device[strspn(device, "0123456789")] ? "/dev/" : "/dev/dmaring";
}

static struct dmaring *new_stream(const char *device)
{
	const char *directory = directory_of(device);
	size_t bytes = strlen(directory) + strlen(device) + 1;
	struct dmaring *stream = calloc(1, sizeof(*stream) + bytes);

	if (stream) {
		snprintf(stream->device, bytes, "%s%s", directory, device);
		ring_none(stream);
	}
	return stream;
}

/* To open something else, a FIFO or a tape, could wait or do harm. */
static int open_character_device(struct dmaring *stream, int mode)
{
	struct stat status;

	if (stat(stream->device, &status) < 0)
		return error_set(stream->device, STEP_OPEN, errno);
	if (!S_ISCHR(status.st_mode))
		return error_set(stream->device, STEP_OPEN, ENOTSUP);
	stream->fd = open(stream->device, mode | O_CLOEXEC);
	if (stream->fd < 0)
		return error_set(stream->device, STEP_OPEN, errno);
	return 0;
}

/* A driver of another kind answers ENOTTY, and some answer EINVAL. */
static int identify(const struct dmaring *stream, struct dmaring_info *info)
{
	int err;

	*info = (struct dmaring_info){ .size = sizeof(*info) };
	err = ioctl_plain(stream->fd, DMARING_IOC_INFO, info);
	if (!err && info->size < DMARING_INFO_SIZE_VER0)
		err = -ENOTSUP;
	if (err == -ENOTTY || err == -EINVAL)
		err = -ENOTSUP;
	return err ? error_set(stream->device, STEP_OPEN, -err) : 0;
}

static int open_mode(uint32_t flags)
{
	return flags & (DMARING_OPEN_READ_ONLY | DMARING_OPEN_MONITOR) ?
	       O_RDONLY : O_RDWR;
}

/* One that sends frames needs no answer from the kernel to be told that. */
static int check_producer(const struct dmaring *stream,
			  const struct dmaring_attach *attach)
{
	if (attach->policy == DMARING_POLICY_LOSSLESS)
		return 0;
	return error_set_detail(stream->device, DMARING_IOC_ATTACH, EINVAL,
				"it is a playback stream: its one producer is LOSSLESS and writes");
}

/* The numbers may be out of date: others come and go. */
static int attach_stream(struct dmaring *stream,
			 const struct dmaring_info *info,
			 struct dmaring_attach *attach)
{
	int err = ioctl_stream(stream, DMARING_IOC_ATTACH, attach);

	if (err == -EBUSY && stream->most_bytes)
		return error_set_detail(stream->device, DMARING_IOC_ATTACH,
					EBUSY,
					"another producer is attached (fuser -v shows it)");
	if (err != -ENOSPC)
		return err;
	return error_set_few_buffers(stream->device,
				     attach->depth + attach->max_held,
				     info->viewer_buffers - info->viewer_reserved,
				     info->viewer_buffers);
}

/* A byte count has 32 bits. */
static uint32_t most_bytes(const struct dmaring_info *info)
{
	return info->buffer_size < UINT32_MAX ? (uint32_t)info->buffer_size :
						UINT32_MAX;
}

static int connect_stream(struct dmaring *stream, uint32_t flags,
			  struct dmaring_attach *attach)
{
	struct dmaring_info info;
	int err;

	err = open_character_device(stream, open_mode(flags));
	if (err)
		return err;
	err = identify(stream, &info);
	if (err)
		goto err_close;
	if (flags & (DMARING_OPEN_MONITOR | DMARING_OPEN_CONFIGURE))
		return 0;
	if (info.direction == DMARING_PLAYBACK) {
		stream->most_bytes = most_bytes(&info);
		err = check_producer(stream, attach);
		if (err)
			goto err_close;
	}
	attach->features |= info.features & DMARING_FEATURE_META;
	err = attach_stream(stream, &info, attach);
	if (err)
		goto err_close;
	err = flags & DMARING_OPEN_IMPORT ? buffers_lend(stream, &info) :
					    buffers_map(stream, &info);
	if (err)
		goto err_close;
	err = meta_map(stream, &info);
	if (err)
		goto err_unmap_buffers;
	stream->in_ring = stream->most_bytes ? 0 : stream->mapped;
	if (flags & DMARING_OPEN_NO_RING ||
	    !(info.features & DMARING_FEATURE_RING))
		return 0;
	err = ring_map(stream);
	if (err)
		goto err_unmap_meta;
	return 0;

err_unmap_meta:
	meta_unmap(stream);
err_unmap_buffers:
	buffers_unmap(stream);
err_close:
	close(stream->fd);
	return err;
}

int dmaring_open(const char *device, const struct dmaring_options *options,
		 struct dmaring **stream)
{
	struct dmaring_attach attach;
	struct dmaring *opened;
	uint32_t flags;
	int err;

	*stream = NULL;
	err = options_to_attach(device, options, &flags, &attach);
	if (err)
		return err;
	opened = new_stream(device);
	if (!opened)
		return error_set(device, STEP_OPEN, ENOMEM);
	opened->headroom = options ? options->headroom : 0;
	err = connect_stream(opened, flags, &attach);
	if (err) {
		free(opened);
		return err;
	}
	*stream = opened;
	return 0;
}

/* DETACH, because a forked child may still have the descriptor, and close()
 * alone would leave the frames with the child.
 */
void dmaring_close(struct dmaring *stream)
{
	if (!stream)
		return;
	ring_unmap(stream);
	meta_unmap(stream);
	buffers_unmap(stream);
	ioctl_plain(stream->fd, DMARING_IOC_DETACH, NULL);
	close(stream->fd);
	free(stream);
}

int dmaring_start(struct dmaring *stream)
{
	return ioctl_stream(stream, DMARING_IOC_START, NULL);
}

int dmaring_stop(struct dmaring *stream)
{
	return ioctl_stream(stream, DMARING_IOC_STOP, NULL);
}

int dmaring_fd(const struct dmaring *stream)
{
	return stream->fd;
}

int dmaring_set_eventfd(struct dmaring *stream, int fd)
{
	struct dmaring_eventfd eventfd = {
		.size = sizeof(eventfd),
		.fd = fd,
	};

	return ioctl_stream(stream, DMARING_IOC_EVENTFD, &eventfd);
}

int dmaring_export(struct dmaring *stream, uint32_t index, uint32_t flags,
		   int *fd)
{
	struct dmaring_export export = {
		.size = sizeof(export),
		.flags = flags,
		.buffer = index,
	};
	int err = ioctl_stream(stream, DMARING_IOC_EXPORT, &export);

	if (!err)
		*fd = export.fd;
	return err;
}
