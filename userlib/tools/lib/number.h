/* SPDX-License-Identifier: MIT */
#ifndef NUMBER_H
#define NUMBER_H

#include <stdint.h>

#define NS_PER_SECOND 1000000000ULL

/* A whole decimal number and nothing else: no sign, blank or unit.
 * Return: 0; -EINVAL when it is none; -ERANGE outside of @min .. @max.
 */
int number_parse(const char *text, uint64_t min, uint64_t max, uint64_t *value);

/* The same, or a hexadecimal one behind 0x; as large as it likes within 64 bits. */
int number_parse_any(const char *text, uint64_t *value);

/* Seconds with at most nine decimals, as nanoseconds; same errors, more than 0. */
int seconds_parse(const char *text, uint64_t *ns);

/* Bytes: a whole number, with K, M, G or T behind it of 1024 and so on; more than 0. */
int size_parse(const char *text, uint64_t *bytes);

/* The same for the value of a command-line option: complain and return -1. */
int option_number(const char *option, const char *text, uint64_t min,
		  uint64_t max, uint64_t *value);
int option_size(const char *option, const char *text, uint64_t *bytes);
int option_seconds(const char *option, const char *text, uint64_t *ns);

#endif /* NUMBER_H */
