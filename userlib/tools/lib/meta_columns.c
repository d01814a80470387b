// SPDX-License-Identifier: MIT
#include "meta_columns.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct meta_column {
	struct dmaring_meta field;
	struct dmaring_meta_value value;
};

static int complain(int err)
{
	warnx("%s", dmaring_error());
	return err;
}

int meta_columns_open(struct meta_columns *meta, const struct dmaring *stream,
		      const struct dmaring_info *info)
{
	uint32_t i;
	int err = 0;

	*meta = (struct meta_columns){ .stream = stream };
	if (!(info->features & DMARING_FEATURE_META) || !info->meta_fields)
		return 0;
	meta->columns = calloc(info->meta_fields, sizeof(*meta->columns));
	if (!meta->columns) {
		warn("metadata");
		return -ENOMEM;
	}
	meta->count = info->meta_fields;
	for (i = 0; i < meta->count && !err; i++)
		err = dmaring_get_meta(stream, i, &meta->columns[i].field);
	if (!err)
		return 0;
	meta_columns_close(meta);
	return complain(err);
}

void meta_columns_close(struct meta_columns *meta)
{
	free(meta->columns);
	*meta = (struct meta_columns){ 0 };
}

int meta_columns_read(struct meta_columns *meta,
		      const struct dmaring_frame *frame)
{
	struct meta_column *column = meta->columns;
	uint32_t i;
	int err;

	for (i = 0; i < meta->count; i++, column++) {
		err = dmaring_frame_meta(meta->stream, frame,
					 column->field.name, &column->value);
		/* A type of a later kernel has no value here. */
		if (err == -EPROTONOSUPPORT)
			column->value.type = 0;
		else if (err)
			return complain(err);
	}
	return 0;
}

/* A name or a unit can have anything in it. */
static void print_quoted(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
}

static void print_name(const struct dmaring_meta *field, FILE *out)
{
	bool plain = !strpbrk(field->name, ",\"\r\n") &&
		     !strpbrk(field->unit, ",\"\r\n");
	const char *quote = plain ? "" : "\"";

	fprintf(out, ",%s", quote);
	print_quoted(field->name, out);
	if (field->unit[0]) {
		fputs(" [", out);
		print_quoted(field->unit, out);
		fputs("]", out);
	}
	fputs(quote, out);
}

void meta_columns_print_head(const struct meta_columns *meta, FILE *out)
{
	uint32_t i;

	for (i = 0; i < meta->count; i++)
		print_name(&meta->columns[i].field, out);
}

/* So many digits that who reads them gets the same number. */
static void print_value(const struct dmaring_meta_value *value, FILE *out)
{
	switch (value->type) {
	case DMARING_META_U32:
	case DMARING_META_U64:
		fprintf(out, ",%" PRIu64, value->u);
		break;
	case DMARING_META_S32:
	case DMARING_META_S64:
		fprintf(out, ",%" PRId64, value->s);
		break;
	case DMARING_META_F32:
		fprintf(out, ",%.9g", value->f);
		break;
	case DMARING_META_F64:
		fprintf(out, ",%.17g", value->f);
		break;
	default:
		fputs(",", out);
	}
}

void meta_columns_print(const struct meta_columns *meta, FILE *out)
{
	uint32_t i;

	for (i = 0; i < meta->count; i++)
		print_value(&meta->columns[i].value, out);
}
