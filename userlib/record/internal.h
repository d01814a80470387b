/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the library know about each other.  Include it first: files are
 * longer than a 32-bit off_t.
 */
#ifndef RECORD_INTERNAL_H
#define RECORD_INTERNAL_H

#define _GNU_SOURCE
#define _FILE_OFFSET_BITS 64

#include <libdmaring-record.h>

#define RECORD_NAME 32		/* of a file in the directory */

/* error.c: remember the sentence for dmaring_record_error(); return -@err. */
int record_error(int err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What was remembered is about the recording in @path; returns @err. */
int record_error_in(const char *path, int err);

#endif /* RECORD_INTERNAL_H */
