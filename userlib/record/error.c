// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char sentence[512];

int record_error(int err, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sentence, sizeof(sentence), format, arguments);
	va_end(arguments);
	return -err;
}

int record_error_in(const char *path, int err)
{
	char what[sizeof(sentence)];

	memcpy(what, sentence, sizeof(what));
	return record_error(-err, "%s: %s", path, what);
}

const char *dmaring_record_error(void)
{
	return sentence;
}
