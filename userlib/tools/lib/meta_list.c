// SPDX-License-Identifier: MIT
#include "meta_list.h"

static const char *type_name(uint32_t type)
{
	static const char *const names[] = {
		[DMARING_META_U32] = "u32", [DMARING_META_S32] = "s32",
		[DMARING_META_U64] = "u64", [DMARING_META_S64] = "s64",
		[DMARING_META_F32] = "f32", [DMARING_META_F64] = "f64",
	};

	return type && type <= DMARING_META_F64 ? names[type] : "unknown";
}

static void print_field(FILE *out, const struct dmaring_meta *field)
{
	fprintf(out, "  metadata %-3u %s, %s%s%s\n", field->index, field->name,
		type_name(field->type), field->unit[0] ? ", " : "", field->unit);
}

static void write_field(struct json *json, const struct dmaring_meta *field)
{
	json_open(json, NULL, '{');
	json_number(json, "index", field->index);
	json_string(json, "name", field->name);
	json_string(json, "type", type_name(field->type));
	json_string(json, "unit", field->unit);
	json_number(json, "offset", field->offset);
	json_close(json, '}');
}

int meta_list_print(FILE *out, const struct dmaring *stream,
		    const struct dmaring_info *info)
{
	struct dmaring_meta field;
	int err = 0;
	uint32_t i;

	for (i = 0; !err && i < info->meta_fields; i++) {
		err = dmaring_get_meta(stream, i, &field);
		if (!err)
			print_field(out, &field);
	}
	return err;
}

int meta_list_write(struct json *json, const struct dmaring *stream,
		    const struct dmaring_info *info)
{
	struct dmaring_meta field;
	int err = 0;
	uint32_t i;

	json_open(json, "metadata", '[');
	for (i = 0; !err && i < info->meta_fields; i++) {
		err = dmaring_get_meta(stream, i, &field);
		if (!err)
			write_field(json, &field);
	}
	json_close(json, ']');
	return err;
}
