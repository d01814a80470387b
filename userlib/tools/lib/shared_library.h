/* SPDX-License-Identifier: MIT */
/*
 * Libraries that are loaded when they are needed: most commands start faster
 * without, and all of them run where they are not installed.
 */
#ifndef SHARED_LIBRARY_H
#define SHARED_LIBRARY_H

#include <stdbool.h>

struct shared_symbol {
	const char *name;
	void **address;
};

/* Loads @file, for good, and finds all of @symbols, of which the last has no name.
 * Does nothing, quickly, if that was done before.
 * Return: true, or false, all said: that @what is missing then.  NULL: say nothing.
 */
bool shared_library_load(const char *file, const struct shared_symbol *symbols,
			 const char *what);

#endif /* SHARED_LIBRARY_H */
