/* SPDX-License-Identifier: MIT */
/*
 * What one object of JSON says, which somebody else has written: by the names of what
 * is in it.  Nothing is trusted, and nothing of it is changed.  json_scan() first; the
 * others are for text that it has found to be one object.
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_scan {
	const char *at;
	const char *end;
};

/* Is it one object, whole, and not nested deeper than 16? */
bool json_scan(const char *text, size_t bytes, struct json_scan *scan);

/* False if there is no such name in it, or something of another kind. */
bool json_scan_number(const struct json_scan *scan, const char *name, uint64_t *number);

/* Or the first of an array of texts.  One that does not fit is refused, as are escapes. */
bool json_scan_text(const struct json_scan *scan, const char *name, char *text,
		    size_t room);

/* An array of numbers.  Return: how many; -1: none, or more than @most. */
int json_scan_numbers(const struct json_scan *scan, const char *name, uint64_t *numbers,
		      unsigned int most);

#endif /* JSON_SCAN_H */
