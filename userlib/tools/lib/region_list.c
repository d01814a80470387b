// SPDX-License-Identifier: MIT
#include "region_list.h"
#include "number.h"
#include "units.h"

#include <errno.h>
#include <string.h>

static const struct flag_name {
	uint32_t flag;
	const char *name;
} flag_names[] = {
	{ DMARING_REGION_READ, "read" },
	{ DMARING_REGION_MAP, "map" },
	{ DMARING_REGION_WRITE, "write" },
	{ DMARING_REGION_PREFETCHABLE, "prefetchable" },
	{ DMARING_REGION_CACHED, "cached" },
};

#define FLAGS (sizeof(flag_names) / sizeof(flag_names[0]))

static void print_region(FILE *out, const struct dmaring_region *region)
{
	char bytes[UNITS_TEXT];
	size_t i;

	fprintf(out, "  region %-5u %s, %s:", region->index, region->name,
		units_bytes(bytes, region->length));
	for (i = 0; i < FLAGS; i++)
		if (region->flags & flag_names[i].flag)
			fprintf(out, " %s", flag_names[i].name);
	if (region->width > 1)
		fprintf(out, ", %u bytes at a time", region->width);
	fputc('\n', out);
}

static void write_region(struct json *json, const struct dmaring_region *region)
{
	size_t i;

	json_open(json, NULL, '{');
	json_number(json, "index", region->index);
	json_string(json, "name", region->name);
	json_number(json, "length", region->length);
	json_number(json, "width", region->width);
	for (i = 0; i < FLAGS; i++)
		json_bool(json, flag_names[i].name,
			  region->flags & flag_names[i].flag);
	if (region->flags & DMARING_REGION_MAP)
		json_number(json, "mmap_offset", region->mmap_offset);
	else
		json_null(json, "mmap_offset");
	json_close(json, '}');
}

int region_list_print(FILE *out, const struct dmaring *stream,
		      const struct dmaring_info *info)
{
	struct dmaring_region region;
	int err = 0;
	uint32_t i;

	for (i = 0; !err && i < info->regions; i++) {
		err = dmaring_get_region(stream, i, &region);
		if (!err)
			print_region(out, &region);
	}
	return err;
}

int region_list_write(struct json *json, const struct dmaring *stream,
		      const struct dmaring_info *info)
{
	struct dmaring_region region;
	int err = 0;
	uint32_t i;

	json_open(json, "regions", '[');
	for (i = 0; !err && i < info->regions; i++) {
		err = dmaring_get_region(stream, i, &region);
		if (!err)
			write_region(json, &region);
	}
	json_close(json, ']');
	return err;
}

int region_list_find(const struct dmaring *stream,
		     const struct dmaring_info *info, const char *name,
		     struct dmaring_region *region)
{
	uint64_t number = UINT64_MAX;
	uint32_t i;
	int err;

	number_parse_any(name, &number);
	for (i = 0; i < info->regions; i++) {
		err = dmaring_get_region(stream, i, region);
		if (err || number == i || !strcmp(region->name, name))
			return err;
	}
	return -ENOENT;
}
