/* SPDX-License-Identifier: MIT */
/* The regions of a card's own memory: for people and for programs. */
#ifndef REGION_LIST_H
#define REGION_LIST_H

#include "json.h"

#include <libdmaring.h>

/* One a line.  Return: 0 or -errno, with dmaring_error(). */
int region_list_print(FILE *out, const struct dmaring *stream,
		      const struct dmaring_info *info);

/* An array named "regions".  As region_list_print(). */
int region_list_write(struct json *json, const struct dmaring *stream,
		      const struct dmaring_info *info);

/* The one of that name or number.
 * Return: 0; -ENOENT if there is none; else as region_list_print().
 */
int region_list_find(const struct dmaring *stream,
		     const struct dmaring_info *info, const char *name,
		     struct dmaring_region *region);

#endif /* REGION_LIST_H */
