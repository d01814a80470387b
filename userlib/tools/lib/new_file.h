/* SPDX-License-Identifier: MIT */
#ifndef NEW_FILE_H
#define NEW_FILE_H

#include <stdbool.h>

/* Opens an empty file to write; a pipe or a device is taken as it is.  Refuses a file
 * that exists unless @overwrite, and one that another capture writes.
 * Return: the descriptor, or a negative errno, all said.
 */
int new_file_open(const char *path, bool overwrite);

/* Keeps other captures off a file or a directory until it is closed.
 * Return: 0, or -EBUSY, said.
 */
int new_file_lock(int fd, const char *path);

#endif /* NEW_FILE_H */
