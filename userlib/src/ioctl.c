// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

#include <errno.h>
#include <sys/ioctl.h>

int dmaring_ioctl(int fd, unsigned int command, void *argument)
{
	return ioctl(fd, command, argument) < 0 ? -errno : 0;
}

int dmaring_command(const struct dmaring *stream, unsigned int command,
		    void *argument)
{
	int err = dmaring_ioctl(stream->fd, command, argument);

	return err ? dmaring_fail(stream->device, command, -err) : 0;
}
