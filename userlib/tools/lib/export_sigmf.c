// SPDX-License-Identifier: MIT
/*
 * A recording of samples as SigMF has it: NAME.sigmf-data, samples without anything
 * between them, and NAME.sigmf-meta.  Or the latter alone, beside the recording's own
 * file: what lies between its frames are header bytes of captures.
 */
#define _GNU_SOURCE		/* asprintf */
#include "clock.h"
#include "exporter.h"
#include "frame_pack.h"
#include "frame_row.h"
#include "new_file.h"
#include "sigmf_meta.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATASET_NAME 32

struct sigmf {
	struct export_job job;
	struct frame_pack pack;
	struct frame_row data;		/* nothing is written if it is linked */
	struct sigmf_meta meta;
	FILE *meta_file;
	char *meta_path;
	char *data_path;
	char dataset[DATASET_NAME];
	uint64_t unit;			/* bytes of a sample of all channels */
	uint64_t samples;		/* that are in the file */
	uint64_t next_index;		/* in the stream, of the one behind them */
	uint64_t position;		/* of that, in a file that is linked */
};

/* ---------------------------------------------------------------------- begin */

static int refuse(const struct export_job *job, const char *why)
{
	warnx("%s: %s", job->path, why);
	return -EINVAL;
}

static int check_format(const struct sigmf *sigmf)
{
	const struct export_job *job = &sigmf->job;

	if (!sigmf_datatype(job->format->pixelformat))
		return refuse(job, "SigMF is for samples, and its frames are none; --format hdf5 takes all");
	if (!job->options->link)
		return 0;
	if (frame_pack_is_padded(&sigmf->pack))
		return refuse(job, "lines of its frames are padded: leave --link out");
	if (!export_is_beside(job))
		return refuse(job, "SigMF points at files beside it only: name one in that directory with -o, or leave --link out");
	if (dmaring_recording_find_file(job->from, job->first) !=
	    dmaring_recording_find_file(job->from, job->first + job->count - 1))
		return refuse(job, "SigMF points at one file, and the frames are in several: choose by --first and -n, or leave --link out");
	return 0;
}

/* Of NAME, NAME.sigmf-meta and NAME.sigmf-data. */
static int name_files(struct sigmf *sigmf)
{
	const char *output = sigmf->job.options->output;
	const char *end = strrchr(output, '.');
	int length = strlen(output);

	if (end && (!strcmp(end, ".sigmf-meta") || !strcmp(end, ".sigmf-data")))
		length = end - output;
	if (asprintf(&sigmf->meta_path, "%.*s.sigmf-meta", length, output) < 0)
		sigmf->meta_path = NULL;
	if (asprintf(&sigmf->data_path, "%.*s.sigmf-data", length, output) < 0)
		sigmf->data_path = NULL;
	if (sigmf->meta_path && sigmf->data_path)
		return 0;
	warnx("no memory for names of files");
	return -ENOMEM;
}

static int open_files(struct sigmf *sigmf)
{
	bool overwrite = sigmf->job.options->overwrite;
	int fd = new_file_open(sigmf->meta_path, overwrite), err;

	if (fd < 0)
		return fd;
	sigmf->meta_file = fdopen(fd, "w");
	if (!sigmf->meta_file) {
		close(fd);
		return -ENOMEM;
	}
	if (!sigmf->job.options->link) {
		err = frame_row_open(&sigmf->data, sigmf->data_path, overwrite);
		if (err)
			unlink(sigmf->meta_path);
		return err;
	}
	snprintf(sigmf->dataset, sizeof(sigmf->dataset), "frames-%03u.npy",
		 (unsigned int)dmaring_recording_find_file(sigmf->job.from, sigmf->job.first));
	sigmf->meta.dataset = sigmf->dataset;
	return 0;
}

static void free_sigmf(struct sigmf *sigmf)
{
	if (sigmf->meta_file)
		fclose(sigmf->meta_file);
	frame_pack_close(&sigmf->pack);
	free(sigmf->meta.captures);
	free(sigmf->meta_path);
	free(sigmf->data_path);
	free(sigmf);
}

static int sigmf_open(const struct export_job *job, void **state)
{
	struct sigmf *sigmf = calloc(1, sizeof(*sigmf));
	int err;

	if (!sigmf) {
		warnx("no memory for an export");
		return -ENOMEM;
	}
	sigmf->job = *job;
	sigmf->meta.format = job->format;
	sigmf->data.fd = -1;
	err = frame_pack_open(&sigmf->pack, job->format);
	if (!err)
		err = check_format(sigmf);
	if (!err)
		err = name_files(sigmf);
	if (!err)
		err = open_files(sigmf);
	if (err) {
		free_sigmf(sigmf);
		return err;
	}
	/* Of the innermost dimensions of frames, lines of them, and samples. */
	sigmf->unit = sigmf->pack.line * sigmf->pack.lines /
		      ((uint64_t)job->format->width * job->format->height);
	*state = sigmf;
	return 0;
}

/* --------------------------------------------------------------------- frames */

/* A frame is complete when its last sample is there. */
static uint64_t begin_ns(const struct sigmf *sigmf, const struct dmaring_record *record,
			 uint64_t count)
{
	const struct dmaring_format *format = sigmf->job.format;
	double seconds = format->rate_numerator ? (double)count * format->rate_denominator /
						  format->rate_numerator : 0;

	return record->realtime_ns - (uint64_t)(seconds * NS_PER_SECOND);
}

static uint64_t index_of(const struct sigmf *sigmf, const struct dmaring_record *record)
{
	return record->frame.sequence * sigmf->job.format->width * sigmf->job.format->height;
}

static int begin_capture(struct sigmf *sigmf, const struct dmaring_record *record,
			 uint64_t count)
{
	struct sigmf_meta *meta = &sigmf->meta;
	struct sigmf_capture *captures;

	captures = reallocarray(meta->captures, meta->count + 1, sizeof(*captures));
	if (!captures) {
		warnx("no memory for what is told of samples");
		return -ENOMEM;
	}
	meta->captures = captures;
	captures[meta->count++] = (struct sigmf_capture){
		.start = sigmf->samples,
		.index = index_of(sigmf, record),
		.time_ns = begin_ns(sigmf, record, count),
		.overruns = record->overruns,
		.drops = record->drops,
		.header = meta->dataset ? record->position - sigmf->position : 0,
	};
	return 0;
}

static bool is_continued(const struct sigmf *sigmf, const struct dmaring_record *record)
{
	return sigmf->meta.count && index_of(sigmf, record) == sigmf->next_index &&
	       (!sigmf->meta.dataset || record->position == sigmf->position);
}

/* Always a copy: a fault is told as what it is here, and of one in write(2) only an errno
 * would be left.
 */
static const void *copy_frame(struct sigmf *sigmf, const void *data, uint64_t used)
{
	const void *packed = frame_pack(&sigmf->pack, data, used);

	if (packed == data)
		memcpy(sigmf->pack.packed, data, sigmf->pack.bytes);
	return sigmf->pack.packed;
}

static int sigmf_add(void *state, uint64_t number, const void *data)
{
	struct sigmf *sigmf = state;
	const struct dmaring_record *record = dmaring_recording_record(sigmf->job.from, number);
	uint64_t bytes = frame_pack_bytes(&sigmf->pack, record->frame.bytes_used);
	uint64_t count = bytes / sigmf->unit;
	int err = 0;

	if (!sigmf->meta.dataset)
		err = frame_row_write_made(&sigmf->data, &record->frame,
					   copy_frame(sigmf, data, record->frame.bytes_used),
					   count * sigmf->unit);
	if (!err && !is_continued(sigmf, record))
		err = begin_capture(sigmf, record, count);
	if (err)
		return err;
	sigmf->meta.captures[sigmf->meta.count - 1].count += count;
	sigmf->samples += count;
	sigmf->next_index = index_of(sigmf, record) + count;
	sigmf->position = record->position + count * sigmf->unit;
	return 0;
}

/* ------------------------------------------------------------------------ end */

static void count_trailing(struct sigmf *sigmf)
{
	struct stat status;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", sigmf->job.path, sigmf->dataset);
	if (!stat(path, &status) && (uint64_t)status.st_size > sigmf->position)
		sigmf->meta.trailing = status.st_size - sigmf->position;
}

static int sigmf_close(void *state)
{
	struct sigmf *sigmf = state;
	int err = frame_row_close(&sigmf->data);

	if (sigmf->meta.dataset)
		count_trailing(sigmf);
	sigmf_meta_print(sigmf->meta_file, &sigmf->meta);
	if (fflush(sigmf->meta_file)) {
		err = -errno;
		warn("%s: cannot write it", sigmf->meta_path);
		unlink(sigmf->meta_path);
	}
	free_sigmf(sigmf);
	return err;
}

const struct exporter export_sigmf = {
	.open = sigmf_open,
	.add = sigmf_add,
	.close = sigmf_close,
};
