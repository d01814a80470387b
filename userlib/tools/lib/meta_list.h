/* SPDX-License-Identifier: MIT */
/* What a card tells of its frames: for people and for programs. */
#ifndef META_LIST_H
#define META_LIST_H

#include "json.h"

#include <libdmaring.h>

/* One a line.  Return: 0 or -errno, with dmaring_error(). */
int meta_list_print(FILE *out, const struct dmaring *stream,
		    const struct dmaring_info *info);

/* An array named "metadata".  As meta_list_print(). */
int meta_list_write(struct json *json, const struct dmaring *stream,
		    const struct dmaring_info *info);

#endif /* META_LIST_H */
