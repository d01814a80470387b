// SPDX-License-Identifier: MIT
#include "shared_library.h"

#include <dlfcn.h>
#include <err.h>

bool shared_library_load(const char *file, const struct shared_symbol *symbols,
			 const char *what)
{
	const struct shared_symbol *symbol;
	void *library;

	if (*symbols->address)
		return true;
	library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		if (what)
			warnx("%s: %s is not installed (%s)", what, file,
			      dlerror());
		return false;
	}
	/* The first comes last: it says that all are there. */
	for (symbol = symbols; symbol->name; symbol++)
		;
	while (symbol-- > symbols) {
		*symbol->address = dlsym(library, symbol->name);
		if (!*symbol->address) {
			if (what)
				warnx("%s: %s has no %s", what, file,
				      symbol->name);
			return false;
		}
	}
	return true;
}
