// SPDX-License-Identifier: MIT
#include "format.h"
#include "units.h"

#include <err.h>

bool format_grey(const struct dmaring_format *format, const char *what)
{
	char fourcc[UNITS_TEXT];

	if (format->pixelformat != DMARING_PIXELFORMAT_GREY)
		warnx("frames of format %s cannot be %s, only GREY can",
		      units_fourcc(fourcc, format->pixelformat), what);
	else if (!format->width || !format->height ||
		 format->bytes_per_line < format->width)
		warnx("frames of %ux%u pixels, %u bytes a line, cannot be %s",
		      format->width, format->height, format->bytes_per_line,
		      what);
	else
		return true;
	return false;
}
