/* SPDX-License-Identifier: MIT */
#ifndef WRITE_ALL_H
#define WRITE_ALL_H

#include <stddef.h>

/* write(2) until all is written.  Return: 0 or -errno. */
int write_all(int fd, const void *from, size_t bytes);

#endif /* WRITE_ALL_H */
