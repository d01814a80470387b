/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text that may have anything in it, as a string of JSON, all of which is UTF-8: what is
 * not becomes U+FFFD.  The command writes its JSON with it, too.
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Length of the UTF-8 sequence at @text; 0 if it is none. */
static inline int utf8_length(const unsigned char *text)
{
	static const struct {
		unsigned char first, last, second_min, second_max;
		int length;
	} rows[] = {		/* The Unicode Standard, table 3-7 */
		{ 0x00, 0x7f, 0, 0, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i = 0;
	int at;

	while (i < sizeof(rows) / sizeof(rows[0]) &&
	       (text[0] < rows[i].first || text[0] > rows[i].last))
		i++;
	if (i == sizeof(rows) / sizeof(rows[0]))
		return 0;
	if (rows[i].length > 1 && (text[1] < rows[i].second_min ||
				   text[1] > rows[i].second_max))
		return 0;
	for (at = 2; at < rows[i].length; at++)
		if ((text[at] & 0xc0) != 0x80)
			return 0;
	return rows[i].length;
}

/* Writes what stands at @text, returns how many bytes that was. */
static inline int json_character(FILE *out, const unsigned char *text)
{
	int length = utf8_length(text);

	if (*text == '"' || *text == '\\')
		fprintf(out, "\\%c", *text);
	else if (*text < 0x20 || *text == 0x7f)
		fprintf(out, "\\u%04x", *text);
	else if (length)
		fwrite(text, 1, length, out);
	else
		fputs("\\ufffd", out);
	return length ? length : 1;
}

/* With its quotation marks. */
static inline void json_text(FILE *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	fputc('"', out);
	while (*at)
		at += json_character(out, at);
	fputc('"', out);
}

#endif /* JSON_TEXT_H */
