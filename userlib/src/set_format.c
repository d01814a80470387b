// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which format frames have, and which they can have. */
#include "internal.h"

#include <errno.h>

int dmaring_get_format_range(const struct dmaring *stream, uint32_t index,
			     struct dmaring_format_range *range)
{
	*range = (struct dmaring_format_range){
		.size = sizeof(*range),
		.index = index,
	};
	return ioctl_stream(stream, DMARING_IOC_FORMATS, range);
}

static int ask_for(const struct dmaring *stream, struct dmaring_format *format,
		   uint32_t flags)
{
	struct dmaring_set_format set = {
		.size = sizeof(set),
		.flags = flags,
		.format = *format,
	};
	int err;

	err = ioctl_stream(stream, DMARING_IOC_FORMAT, &set);
	if (!err)
		*format = set.format;
	return err;
}

int dmaring_try_format(const struct dmaring *stream,
		       struct dmaring_format *format, uint32_t flags)
{
	return ask_for(stream, format, flags | DMARING_SET_FORMAT_TRY);
}

int dmaring_set_format(const struct dmaring *stream,
		       struct dmaring_format *format, uint32_t flags)
{
	if (flags & DMARING_SET_FORMAT_TRY)
		return error_set(stream->device, DMARING_IOC_FORMAT, EINVAL);
	return ask_for(stream, format, flags);
}
