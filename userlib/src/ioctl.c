// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

#include <errno.h>
#include <sys/ioctl.h>

int ioctl_plain(int fd, unsigned int command, void *argument)
{
	return ioctl(fd, command, argument) < 0 ? -errno : 0;
}

int ioctl_stream(const struct dmaring *stream, unsigned int command,
		 void *argument)
{
	int err = ioctl_plain(stream->fd, command, argument);

	return err ? error_set(stream->device, command, -err) : 0;
}
