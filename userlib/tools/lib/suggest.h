/* SPDX-License-Identifier: MIT */
#ifndef SUGGEST_H
#define SUGGEST_H

#include <stddef.h>

/* The one of @names that @word is a slip of; NULL if it is like none. */
const char *suggest(const char *word, const char *const *names, size_t count);

#endif /* SUGGEST_H */
