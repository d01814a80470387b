/* SPDX-License-Identifier: MIT */
/*
 * libhdf5, loaded when it is needed, and what of a file is said again and again.
 *
 * Identifiers are taken as they come: a call that gets a bad one fails, too.  What has
 * failed is remembered, and asked for where it matters.
 */
#ifndef LIBHDF5_H
#define LIBHDF5_H

#ifdef HDF5_SONAME

#include <hdf5.h>
#include <stdbool.h>

/* Its functions, without the macros in front of them, and its constants. */
struct libhdf5 {
	typeof(H5dont_atexit) *dont_atexit;
	typeof(H5open) *open;
	typeof(H5Eset_auto2) *set_auto;
	typeof(H5Fcreate) *file_create;
	typeof(H5Fclose) *file_close;
	typeof(H5Gcreate2) *group_create;
	typeof(H5Lcreate_hard) *link_hard;
	typeof(H5Screate) *space_create;
	typeof(H5Screate_simple) *space_simple;
	typeof(H5Sselect_hyperslab) *space_select;
	typeof(H5Sclose) *space_close;
	typeof(H5Tcreate) *type_create;
	typeof(H5Tinsert) *type_insert;
	typeof(H5Tcopy) *type_copy;
	typeof(H5Tset_size) *type_set_size;
	typeof(H5Tset_cset) *type_set_cset;
	typeof(H5Tclose) *type_close;
	typeof(H5Acreate2) *attribute_create;
	typeof(H5Awrite) *attribute_write;
	typeof(H5Aclose) *attribute_close;
	typeof(H5Pcreate) *list_create;
	typeof(H5Pclose) *list_close;
	typeof(H5Pset_fclose_degree) *set_close_degree;
	typeof(H5Pset_chunk) *set_chunk;
	typeof(H5Pset_external) *set_external;
	typeof(H5Pset_virtual) *set_virtual;
	typeof(H5Dcreate2) *dataset_create;
	typeof(H5Dwrite) *dataset_write;
	typeof(H5Dwrite_chunk) *dataset_write_chunk;
	typeof(H5Dset_extent) *dataset_set_extent;
	typeof(H5Dclose) *dataset_close;
	hid_t *of_files;
	hid_t *of_datasets;
	hid_t *string;
	hid_t *u8;
	hid_t *u16;
	hid_t *i16;
	hid_t *u32;
	hid_t *i32;
	hid_t *u64;
	hid_t *f32;
};

extern struct libhdf5 hdf5;

/* Return: true; false, all said. */
bool libhdf5_load(void);

/* A file that is being written, and whether all went well. */
struct hdf5_file {
	hid_t id;
	bool failed;
};

/* Remembers; returns @id. */
hid_t hdf5_check(struct hdf5_file *file, hid_t id);

/* Closing it closes all that is open in it. */
void hdf5_create(struct hdf5_file *file, const char *path);
void hdf5_close(struct hdf5_file *file);

/* Attributes of @object. */
void hdf5_text(struct hdf5_file *file, hid_t object, const char *name, const char *text);
void hdf5_texts(struct hdf5_file *file, hid_t object, const char *name,
		const char *const *texts, unsigned int count);
void hdf5_number(struct hdf5_file *file, hid_t object, const char *name, uint64_t number);

/* A dataset that is a text. */
void hdf5_words(struct hdf5_file *file, hid_t parent, const char *name, const char *text);

/* A group of a NeXus class. */
hid_t hdf5_group(struct hdf5_file *file, hid_t parent, const char *name, const char *nexus);

/* A dataset of one dimension. */
hid_t hdf5_column(struct hdf5_file *file, hid_t parent, const char *name,
		  const uint64_t *values, uint64_t count);

/* Another name of what is there. */
void hdf5_link(struct hdf5_file *file, hid_t from, const char *name, hid_t to);

#endif /* HDF5_SONAME */

#endif /* LIBHDF5_H */
