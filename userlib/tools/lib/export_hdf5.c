// SPDX-License-Identifier: MIT
/*
 * A recording as an HDF5 file.
 *
 * A copy has a chunk for each frame, which libhdf5 writes from where the frame is mapped.
 *
 * With --link the frames stay where they are: the raw bytes of each of the recording's
 * files are a dataset with an external segment, a row for each frame and what pads it, and
 * a virtual dataset takes the frames out of these rows.  A segment for each frame would
 * do without, but libhdf5 has room for no more than some thousands.
 */
#include "exporter.h"
#include "nexus.h"

#include <err.h>
#include <errno.h>

#ifdef HDF5_SONAME

#include "frame_pack.h"
#include "new_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIMENSIONS_MAX 5

/* Frames that follow each other in a file. */
struct run {
	int64_t file;
	uint64_t position;
	uint64_t count;
};

struct hdf5_export {
	struct export_job job;
	struct frame_pack pack;
	struct nexus nexus;
	const struct dmaring_record **records;	/* of frames that were added */
	uint64_t added;
	struct run *runs;			/* linked */
	size_t run_count;
	hid_t frames;				/* copied: the dataset */
	hid_t type;				/* of an element */
	uint64_t element;			/* its bytes */
	uint32_t dimensions;
	hsize_t shape[DIMENSIONS_MAX];		/* of the dataset */
};

/* ---------------------------------------------------------------------- begin */

/* What NumPy calls it; a list of fields is of complex numbers. */
static hid_t element_type(const char *dtype)
{
	const struct {
		const char *name;
		hid_t *type;
	} types[] = {
		{ "|u1", hdf5.u8 }, { "<u2", hdf5.u16 }, { "<i2", hdf5.i16 },
		{ "<u4", hdf5.u32 }, { "<i4", hdf5.i32 }, { "<f4", hdf5.f32 },
	};
	hid_t complex;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(dtype, types[i].name))
			return hdf5.type_copy(*types[i].type);
	if (*dtype != '[')
		return -1;
	complex = hdf5.type_create(H5T_COMPOUND, 4);
	hdf5.type_insert(complex, "re", 0, *hdf5.i16);
	hdf5.type_insert(complex, "im", 2, *hdf5.i16);
	return complex;
}

static void choose_shape(struct hdf5_export *export)
{
	const struct dmaring_format_description *is = &export->pack.is;

	export->type = hdf5_check(&export->nexus.file, element_type(is->numpy_dtype));
	export->element = is->numpy_strides[is->numpy_dimensions - 1];
	export->dimensions = 1 + is->numpy_dimensions;
	export->shape[0] = export->job.count;
	for (uint32_t i = 0; i < is->numpy_dimensions; i++)
		export->shape[1 + i] = is->numpy_shape[i];
}

static void begin_copy(struct hdf5_export *export)
{
	struct hdf5_file *file = &export->nexus.file;
	hid_t list = hdf5.list_create(*hdf5.of_datasets), space;
	hsize_t chunk[DIMENSIONS_MAX], most[DIMENSIONS_MAX];

	memcpy(chunk, export->shape, sizeof(chunk));
	memcpy(most, export->shape, sizeof(most));
	chunk[0] = 1;
	most[0] = H5S_UNLIMITED;	/* so that it can be made smaller */
	hdf5_check(file, hdf5.set_chunk(list, export->dimensions, chunk));
	space = hdf5.space_simple(export->dimensions, export->shape, most);
	export->frames = hdf5_check(file, hdf5.dataset_create(export->nexus.data, "data",
							      export->type, space, H5P_DEFAULT,
							      list, H5P_DEFAULT));
	hdf5.space_close(space);
	hdf5.list_close(list);
}

static int refuse(const struct hdf5_export *export, const char *why, int err)
{
	warnx("%s: %s", export->job.options->output, why);
	return -err;
}

/* It refuses what is not to be overwritten; libhdf5 opens the file again, and seeks in it. */
static int create_file(const struct hdf5_export *export)
{
	const struct options *options = export->job.options;
	int fd = new_file_open(options->output, options->overwrite);
	struct stat status;
	bool is_file;

	if (fd < 0)
		return fd;
	is_file = !fstat(fd, &status) && S_ISREG(status.st_mode);
	close(fd);
	return is_file ? 0 : refuse(export, "HDF5 needs a file, and this is none", ESPIPE);
}

static int begin(struct hdf5_export *export)
{
	const struct export_job *job = &export->job;
	bool link = job->options->link;
	int err;

	export->records = calloc(job->count, sizeof(*export->records));
	if (!export->records)
		return refuse(export, "no memory for an export", ENOMEM);
	err = create_file(export);
	if (err)
		return err;
	nexus_open(&export->nexus, job->options->output);
	choose_shape(export);
	if (link && export->pack.pitch % export->element)
		return refuse(export, "lines of the frames are padded by a part of an element: leave --link out",
			      EINVAL);
	if (!link)
		begin_copy(export);
	if (export->nexus.file.failed)
		return refuse(export, "libhdf5 cannot create it", EIO);
	if (link && export_is_beside(job) && !job->options->quiet)
		warnx("%s: programs look for the frames where they are started; with HDF5_EXTFILE_PREFIX='${ORIGIN}' in the environment beside it",
		      job->options->output);
	return 0;
}

static void free_export(struct hdf5_export *export)
{
	frame_pack_close(&export->pack);
	free(export->records);
	free(export->runs);
	free(export);
}

static int hdf5_open(const struct export_job *job, void **state)
{
	struct hdf5_export *export;
	int err;

	if (!libhdf5_load())
		return -ENOTSUP;
	export = calloc(1, sizeof(*export));
	if (!export)
		return -ENOMEM;
	export->job = *job;
	export->nexus.file.id = -1;
	err = frame_pack_open(&export->pack, job->format);
	if (!err)
		err = begin(export);
	if (err) {
		/* A file that was there and is not to be overwritten was not opened. */
		if (export->nexus.file.id >= 0) {
			hdf5_close(&export->nexus.file);
			unlink(job->options->output);
		}
		free_export(export);
		return err;
	}
	*state = export;
	return 0;
}

/* --------------------------------------------------------------------- frames */

static int copy_frame(struct hdf5_export *export, const struct dmaring_record *record,
		      const void *data)
{
	const void *packed = frame_pack(&export->pack, data, record->frame.bytes_used);
	hsize_t at[DIMENSIONS_MAX] = { export->added };

	errno = 0;
	if (hdf5.dataset_write_chunk(export->frames, H5P_DEFAULT, 0, at, export->pack.bytes,
				     packed) >= 0)
		return 0;
	if (errno == EFAULT)
		return -EFAULT;
	warnx("%s: cannot write frame %lu: %s", export->job.options->output,
	      (unsigned long)record->frame.sequence,
	      errno ? strerror(errno) : "libhdf5 does not say why");
	return -EIO;
}

static int link_frame(struct hdf5_export *export, const struct dmaring_record *record,
		      uint64_t number, uint64_t stride)
{
	struct run *last = export->run_count ? &export->runs[export->run_count - 1] : NULL;
	int64_t file = dmaring_recording_find_file(export->job.from, number);
	struct run *runs;

	if (last && last->file == file &&
	    record->position == last->position + last->count * stride) {
		last->count++;
		return 0;
	}
	runs = reallocarray(export->runs, export->run_count + 1, sizeof(*runs));
	if (!runs)
		return refuse(export, "no memory for an export", ENOMEM);
	export->runs = runs;
	runs[export->run_count++] = (struct run){ file, record->position, 1 };
	return 0;
}

static uint64_t stride_of(const struct hdf5_export *export)
{
	uint64_t bytes = export->job.format->frame_bytes;

	return (bytes + DMARING_RECORD_ALIGN - 1) / DMARING_RECORD_ALIGN * DMARING_RECORD_ALIGN;
}

static int hdf5_add(void *state, uint64_t number, const void *data)
{
	struct hdf5_export *export = state;
	const struct dmaring_record *record = dmaring_recording_record(export->job.from, number);
	int err = export->job.options->link ?
			  link_frame(export, record, number, stride_of(export)) :
			  copy_frame(export, record, data);

	if (!err)
		export->records[export->added++] = record;
	return err;
}

/* ----------------------------------------------------------------------- link */

/* Beside it by its name, so that both can be moved; else where it is. */
static void name_raw(const struct hdf5_export *export, int64_t file, char path[PATH_MAX])
{
	char directory[PATH_MAX];

	if (export_is_beside(&export->job) || !realpath(export->job.path, directory))
		snprintf(path, PATH_MAX, "frames-%03d.npy", (int)file);
	else if (snprintf(path, PATH_MAX, "%s/frames-%03d.npy", directory, (int)file) >= PATH_MAX)
		*path = '\0';
}

/* "frames_000": rows of frames and of what pads them. */
static void make_raw(struct hdf5_export *export, const struct run *run, const char *name,
		     hid_t space)
{
	struct hdf5_file *file = &export->nexus.file;
	hid_t list = hdf5.list_create(*hdf5.of_datasets), raw;
	char path[PATH_MAX];

	name_raw(export, run->file, path);
	hdf5_check(file, hdf5.set_external(list, path, run->position,
					   run->count * stride_of(export)));
	raw = hdf5_check(file, hdf5.dataset_create(export->nexus.detector, name, export->type,
						   space, H5P_DEFAULT, list, H5P_DEFAULT));
	hdf5_text(file, raw, "long_name", "rows of frames and of what pads them");
	hdf5.dataset_close(raw);
	hdf5.list_close(list);
}

/* Lines of the frame, of each row. */
static void select_frames(struct hdf5_export *export, hid_t space, const struct run *run)
{
	const struct frame_pack *pack = &export->pack;
	bool padded = frame_pack_is_padded(pack);
	hsize_t begin[2] = { 0, 0 };
	hsize_t step[2] = { 1, padded ? pack->pitch / export->element : 1 };
	hsize_t count[2] = { run->count, padded ? pack->lines : 1 };
	hsize_t block[2] = { 1, (padded ? pack->line : pack->bytes) / export->element };

	hdf5_check(&export->nexus.file,
		   hdf5.space_select(space, H5S_SELECT_SET, begin, step, count, block));
}

static void link_run(struct hdf5_export *export, hid_t list, hid_t frames, size_t number,
		     uint64_t first)
{
	struct hdf5_file *file = &export->nexus.file;
	const struct run *run = &export->runs[number];
	hsize_t raw[2] = { run->count, stride_of(export) / export->element };
	hsize_t begin[DIMENSIONS_MAX] = { first }, count[DIMENSIONS_MAX];
	hid_t space = hdf5.space_simple(2, raw, NULL);
	char name[32], path[96];

	snprintf(name, sizeof(name), "frames_%03zu", number);
	snprintf(path, sizeof(path), "/entry/instrument/detector/%s", name);
	make_raw(export, run, name, space);
	select_frames(export, space, run);
	memcpy(count, export->shape, sizeof(count));
	count[0] = run->count;
	hdf5_check(file, hdf5.space_select(frames, H5S_SELECT_SET, begin, NULL, count, NULL));
	hdf5_check(file, hdf5.set_virtual(list, frames, ".", path, space));
	hdf5.space_close(space);
}

static void link_all(struct hdf5_export *export)
{
	hid_t list = hdf5.list_create(*hdf5.of_datasets), space, whole;
	uint64_t first = 0;

	export->shape[0] = export->added;
	space = hdf5.space_simple(export->dimensions, export->shape, NULL);
	whole = hdf5.space_simple(export->dimensions, export->shape, NULL);
	for (size_t i = 0; i < export->run_count; i++) {
		link_run(export, list, space, i, first);
		first += export->runs[i].count;
	}
	export->frames = hdf5_check(&export->nexus.file,
				    hdf5.dataset_create(export->nexus.data, "data", export->type,
							whole, H5P_DEFAULT, list, H5P_DEFAULT));
	hdf5.space_close(whole);
	hdf5.space_close(space);
	hdf5.list_close(list);
}

/* ------------------------------------------------------------------------ end */

static int hdf5_end(void *state)
{
	struct hdf5_export *export = state;
	struct hdf5_file *file = &export->nexus.file;
	hsize_t shape[DIMENSIONS_MAX];
	int err = 0;

	memcpy(shape, export->shape, sizeof(shape));
	shape[0] = export->added;
	if (export->job.options->link)
		link_all(export);
	else
		hdf5_check(file, hdf5.dataset_set_extent(export->frames, shape));
	nexus_describe_frames(&export->nexus, export->frames, &export->pack.is);
	nexus_add_columns(&export->nexus, export->records, export->added);
	errno = 0;
	hdf5_close(file);
	if (file->failed) {
		err = refuse(export, errno == ENOSPC || errno == EFBIG ?
			     "it cannot be ended, and is removed: there is no room on the disk" :
			     "it cannot be ended, and is removed: libhdf5 does not say why", EIO);
		unlink(export->job.options->output);
	}
	free_export(export);
	return err;
}

const struct exporter export_hdf5 = {
	.open = hdf5_open,
	.add = hdf5_add,
	.close = hdf5_end,
};

#else /* !HDF5_SONAME */

static int hdf5_open(const struct export_job *job, void **state)
{
	(void)job;
	(void)state;
	warnx("HDF5 files cannot be written: this program was built without libhdf5");
	return -ENOTSUP;
}

const struct exporter export_hdf5 = {
	.open = hdf5_open,
};

#endif /* HDF5_SONAME */
