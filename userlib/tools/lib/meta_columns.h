/* SPDX-License-Identifier: MIT */
/*
 * What a card says of its frames, as columns of comma-separated values.  They stand
 * behind other columns, so each begins with a comma.
 */
#ifndef META_COLUMNS_H
#define META_COLUMNS_H

#include <libdmaring.h>
#include <stdio.h>

struct meta_column;

struct meta_columns {
	const struct dmaring *stream;
	struct meta_column *columns;
	uint32_t count;		/* 0: it says nothing */
};

/* Functions that fail have said why and return a negative errno. */
int meta_columns_open(struct meta_columns *meta, const struct dmaring *stream,
		      const struct dmaring_info *info);
void meta_columns_close(struct meta_columns *meta);

/* Remember what is said of @frame, which is not released. */
int meta_columns_read(struct meta_columns *meta,
		      const struct dmaring_frame *frame);

/* The names, with units; what was read.  Whether @out has got all, ferror(3) tells. */
void meta_columns_print_head(const struct meta_columns *meta, FILE *out);
void meta_columns_print(const struct meta_columns *meta, FILE *out);

#endif /* META_COLUMNS_H */
