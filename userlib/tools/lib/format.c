// SPDX-License-Identifier: MIT
#include "format.h"
#include "units.h"

#include <err.h>
#include <errno.h>
#include <libdmaring.h>

const struct dmaring_format_row *format_row(const struct dmaring_format *format,
					    const char *what)
{
	struct dmaring_format_description description = {
		.size = sizeof(description),
	};
	char fourcc[UNITS_TEXT];
	int err = dmaring_format_describe(format, &description);

	units_fourcc(fourcc, format->pixelformat);
	if (err == -ENOENT || (!err && !description.components))
		warnx("frames of format %s cannot be %s, only those of pixels or samples can",
		      fourcc, what);
	else if (err)
		warnx("frames of %ux%u of %s, %u bytes a line, cannot be %s",
		      format->width, format->height, fourcc,
		      format->bytes_per_line, what);
	else
		return dmaring_format_find(format->pixelformat);
	return NULL;
}

const struct dmaring_format_row *format_pixels(const struct dmaring_format *format,
					       const char *what)
{
	const struct dmaring_format_row *row = format_row(format, what);

	if (!row || !dmaring_format_is_samples(row))
		return row;
	warnx("samples (%s) cannot be %s, only pixels can", row->name, what);
	return NULL;
}
