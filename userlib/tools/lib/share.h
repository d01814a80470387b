/* SPDX-License-Identifier: MIT */
/*
 * Of which series the frames of a recording are: series.json in its directory.  Several
 * receivers have a share each, and the frames of all shares together are the series.
 */
#ifndef SHARE_H
#define SHARE_H

#include "wire.h"

/**
 * struct share - what series.json says
 * @series:    its name.
 * @has_first: @first is known.
 * @first:     number of the first frame of the series.
 * @has_end:   this receiver was told how the series ended.
 * @end:       one more than the number of its last frame.
 * @lost:      frames of the series that were lost before they were sent, up to that.
 */
struct share {
	char series[WIRE_SERIES];
	bool has_first;
	uint64_t first;
	bool has_end;
	uint64_t end;
	uint64_t lost;
};

/* Writes it anew into the directory @path.  Return: 0 or a negative errno, all said. */
int share_write(const char *path, const struct share *share);

/* Return: 0; -ENOENT, nothing said: there is none; another negative errno, all said. */
int share_read(const char *path, struct share *share);

#endif /* SHARE_H */
