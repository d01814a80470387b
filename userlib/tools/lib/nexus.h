/* SPDX-License-Identifier: MIT */
/*
 * What NeXus calls the parts of an HDF5 file:
 *
 *	/entry				NXentry
 *	/entry/data			NXdata: data, and the time of each frame
 *	/entry/instrument		NXinstrument
 *	/entry/instrument/detector	NXdetector: data, and what is known of each frame
 */
#ifndef NEXUS_H
#define NEXUS_H

#include "libhdf5.h"

#ifdef HDF5_SONAME

#include <libdmaring-record.h>

struct nexus {
	struct hdf5_file file;
	hid_t entry;
	hid_t data;
	hid_t detector;
};

/* Whether it went well is in @file.failed. */
void nexus_open(struct nexus *nexus, const char *path);

/* Makes the dataset of frames known: @frames is /entry/data/data. */
void nexus_describe_frames(struct nexus *nexus, hid_t frames,
			   const struct dmaring_format_description *is);

/* What is known of each frame. */
void nexus_add_columns(struct nexus *nexus, const struct dmaring_record *const *records,
		       uint64_t count);

#endif /* HDF5_SONAME */

#endif /* NEXUS_H */
