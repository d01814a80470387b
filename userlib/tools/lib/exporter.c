// SPDX-License-Identifier: MIT
#include "exporter.h"
#include "frame_dir.h"

#include <libgen.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

const struct exporter *exporter_of(uint32_t format)
{
	switch (format) {
	case FRAME_FILE_HDF5:
		return &export_hdf5;
	case FRAME_FILE_SIGMF:
		return &export_sigmf;
	default:
		return NULL;
	}
}

bool export_is_beside(const struct export_job *job)
{
	struct stat ours, theirs;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", job->options->output);
	return !stat(dirname(path), &ours) && !stat(job->path, &theirs) &&
	       ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}
