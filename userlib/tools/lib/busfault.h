/* SPDX-License-Identifier: MIT */
#ifndef BUSFAULT_H
#define BUSFAULT_H

/*
 * Calls @use(@argument) and returns what it returns; -EFAULT when it touched a
 * buffer of a card that is gone.  What @use had begun stays as it is then.
 */
int busfault_guard(int (*use)(void *argument), void *argument);

/* Of a file that was mapped: says what -EFAULT means there.  Returns @err. */
int busfault_explain(const char *path, int err);

#endif /* BUSFAULT_H */
