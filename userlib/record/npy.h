/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header of a .npy file, version 1.0 of NumPy's format (numpy.lib.format): an array
 * of frames, each an array itself, with what pads it.
 */
#ifndef RECORD_NPY_H
#define RECORD_NPY_H

#include "internal.h"

/* From frame to frame: whole blocks of a disk. */
uint64_t npy_stride(uint32_t frame_bytes);

/* Of a file that has ended.  One without frames has a block all the same: NumPy maps no array
 * that begins where a file ends.
 */
uint64_t npy_bytes(uint64_t frames, uint64_t stride);

/* The whole header, DMARING_RECORD_ALIGN bytes.  Return: 0; what
 * dmaring_format_describe() returns.
 */
int npy_header(char header[DMARING_RECORD_ALIGN],
	       const struct dmaring_format *format, uint64_t frames);

/* How many frames it says there are; -EPROTO: it is no header of ours. */
int64_t npy_frames(const char header[DMARING_RECORD_ALIGN]);

#endif /* RECORD_NPY_H */
