// SPDX-License-Identifier: MIT
#include "json_scan.h"

#include <string.h>

#define DEPTH 16

static void skip_space(struct json_scan *scan)
{
	while (scan->at < scan->end && *scan->at && strchr(" \t\r\n", *scan->at))
		scan->at++;
}

static bool take(struct json_scan *scan, char what)
{
	skip_space(scan);
	if (scan->at == scan->end || *scan->at != what)
		return false;
	scan->at++;
	return true;
}

/* Between its quotes. */
static bool take_string(struct json_scan *scan, const char **text, size_t *bytes)
{
	if (!take(scan, '"'))
		return false;
	for (*text = scan->at; scan->at < scan->end && *scan->at != '"'; scan->at++) {
		if ((unsigned char)*scan->at < ' ')
			return false;
		if (*scan->at == '\\' && ++scan->at == scan->end)
			return false;
	}
	*bytes = scan->at - *text;
	return take(scan, '"');
}

/* A number, true, false or null: what else looks like them does no harm. */
static bool skip_word(struct json_scan *scan)
{
	const char *from = scan->at;

	while (scan->at < scan->end && *scan->at &&
	       strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *scan->at))
		scan->at++;
	return scan->at > from;
}

static bool skip_value(struct json_scan *scan, unsigned int depth);

static bool skip_all(struct json_scan *scan, char end, unsigned int depth)
{
	const char *text;
	size_t bytes;

	if (take(scan, end))
		return true;
	do {
		if (end == '}' && !(take_string(scan, &text, &bytes) && take(scan, ':')))
			return false;
		if (!skip_value(scan, depth))
			return false;
	} while (take(scan, ','));
	return take(scan, end);
}

static bool skip_value(struct json_scan *scan, unsigned int depth)
{
	const char *text;
	size_t bytes;

	if (!depth)
		return false;
	skip_space(scan);
	if (scan->at == scan->end)
		return false;
	switch (*scan->at) {
	case '"':
		return take_string(scan, &text, &bytes);
	case '{':
	case '[':
		scan->at++;
		return skip_all(scan, scan->at[-1] == '{' ? '}' : ']', depth - 1);
	default:
		return skip_word(scan);
	}
}

bool json_scan(const char *text, size_t bytes, struct json_scan *scan)
{
	struct json_scan all = { text, text + bytes };

	*scan = all;
	skip_space(&all);
	if (all.at == all.end || *all.at != '{' || !skip_value(&all, DEPTH))
		return false;
	skip_space(&all);
	return all.at == all.end;
}

/* @scan: where its value begins. */
static bool find(struct json_scan *scan, const char *name)
{
	const char *text;
	size_t bytes;

	if (!take(scan, '{'))
		return false;
	do {
		if (!take_string(scan, &text, &bytes) || !take(scan, ':'))
			return false;
		if (bytes == strlen(name) && !memcmp(text, name, bytes)) {
			skip_space(scan);
			return true;
		}
		if (!skip_value(scan, DEPTH))
			return false;
	} while (take(scan, ','));
	return false;
}

/* Whole ones of 64 bits. */
static bool take_number(struct json_scan *scan, uint64_t *number)
{
	const char *from;

	skip_space(scan);
	from = scan->at;
	for (*number = 0; scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
	     scan->at++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, *scan->at - '0', number))
			return false;
	return scan->at > from &&
	       (scan->at == scan->end || !*scan->at || !strchr(".eE", *scan->at));
}

bool json_scan_number(const struct json_scan *scan, const char *name, uint64_t *number)
{
	struct json_scan at = *scan;

	return find(&at, name) && take_number(&at, number);
}

bool json_scan_text(const struct json_scan *scan, const char *name, char *text, size_t room)
{
	struct json_scan at = *scan;
	const char *found;
	size_t bytes;

	if (!find(&at, name))
		return false;
	take(&at, '[');
	if (!take_string(&at, &found, &bytes) || bytes >= room ||
	    memchr(found, '\\', bytes))
		return false;
	memcpy(text, found, bytes);
	text[bytes] = '\0';
	return true;
}

int json_scan_numbers(const struct json_scan *scan, const char *name, uint64_t *numbers,
		      unsigned int most)
{
	struct json_scan at = *scan;
	unsigned int count = 0;

	if (!find(&at, name) || !take(&at, '['))
		return -1;
	if (take(&at, ']'))
		return 0;
	do {
		if (count == most || !take_number(&at, &numbers[count++]))
			return -1;
	} while (take(&at, ','));
	return take(&at, ']') ? (int)count : -1;
}
