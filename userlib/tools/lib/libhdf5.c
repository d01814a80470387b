// SPDX-License-Identifier: MIT
#include "libhdf5.h"

#ifdef HDF5_SONAME

#include "shared_library.h"

/* H5F_ACC_TRUNC, which calls two functions first. */
#define TRUNCATE 0x0002u

struct libhdf5 hdf5;

static const struct shared_symbol symbols[] = {
	{ "H5dont_atexit", (void **)&hdf5.dont_atexit },
	{ "H5open", (void **)&hdf5.open },
	{ "H5Eset_auto2", (void **)&hdf5.set_auto },
	{ "H5Fcreate", (void **)&hdf5.file_create },
	{ "H5Fclose", (void **)&hdf5.file_close },
	{ "H5Gcreate2", (void **)&hdf5.group_create },
	{ "H5Lcreate_hard", (void **)&hdf5.link_hard },
	{ "H5Screate", (void **)&hdf5.space_create },
	{ "H5Screate_simple", (void **)&hdf5.space_simple },
	{ "H5Sselect_hyperslab", (void **)&hdf5.space_select },
	{ "H5Sclose", (void **)&hdf5.space_close },
	{ "H5Tcreate", (void **)&hdf5.type_create },
	{ "H5Tinsert", (void **)&hdf5.type_insert },
	{ "H5Tcopy", (void **)&hdf5.type_copy },
	{ "H5Tset_size", (void **)&hdf5.type_set_size },
	{ "H5Tset_cset", (void **)&hdf5.type_set_cset },
	{ "H5Tclose", (void **)&hdf5.type_close },
	{ "H5Acreate2", (void **)&hdf5.attribute_create },
	{ "H5Awrite", (void **)&hdf5.attribute_write },
	{ "H5Aclose", (void **)&hdf5.attribute_close },
	{ "H5Pcreate", (void **)&hdf5.list_create },
	{ "H5Pclose", (void **)&hdf5.list_close },
	{ "H5Pset_fclose_degree", (void **)&hdf5.set_close_degree },
	{ "H5Pset_chunk", (void **)&hdf5.set_chunk },
	{ "H5Pset_external", (void **)&hdf5.set_external },
	{ "H5Pset_virtual", (void **)&hdf5.set_virtual },
	{ "H5Dcreate2", (void **)&hdf5.dataset_create },
	{ "H5Dwrite", (void **)&hdf5.dataset_write },
	{ "H5Dwrite_chunk", (void **)&hdf5.dataset_write_chunk },
	{ "H5Dset_extent", (void **)&hdf5.dataset_set_extent },
	{ "H5Dclose", (void **)&hdf5.dataset_close },
	{ "H5P_CLS_FILE_ACCESS_ID_g", (void **)&hdf5.of_files },
	{ "H5P_CLS_DATASET_CREATE_ID_g", (void **)&hdf5.of_datasets },
	{ "H5T_C_S1_g", (void **)&hdf5.string },
	{ "H5T_STD_U8LE_g", (void **)&hdf5.u8 },
	{ "H5T_STD_U16LE_g", (void **)&hdf5.u16 },
	{ "H5T_STD_I16LE_g", (void **)&hdf5.i16 },
	{ "H5T_STD_U32LE_g", (void **)&hdf5.u32 },
	{ "H5T_STD_I32LE_g", (void **)&hdf5.i32 },
	{ "H5T_STD_U64LE_g", (void **)&hdf5.u64 },
	{ "H5T_IEEE_F32LE_g", (void **)&hdf5.f32 },
	{ 0 },
};

bool libhdf5_load(void)
{
	if (!shared_library_load(HDF5_SONAME, symbols, "HDF5 files cannot be written"))
		return false;
	/* It would try again then to close a file that cannot be ended, and crash. */
	hdf5.dont_atexit();
	hdf5.open();
	/* It prints its complaints unless told otherwise. */
	hdf5.set_auto(H5E_DEFAULT, NULL, NULL);
	return true;
}

hid_t hdf5_check(struct hdf5_file *file, hid_t id)
{
	file->failed |= id < 0;
	return id;
}

void hdf5_create(struct hdf5_file *file, const char *path)
{
	hid_t access = hdf5.list_create(*hdf5.of_files);

	file->failed = false;
	hdf5_check(file, hdf5.set_close_degree(access, H5F_CLOSE_STRONG));
	file->id = hdf5_check(file, hdf5.file_create(path, TRUNCATE, H5P_DEFAULT, access));
	hdf5.list_close(access);
}

void hdf5_close(struct hdf5_file *file)
{
	hdf5_check(file, hdf5.file_close(file->id));
}

static void put_attribute(struct hdf5_file *file, hid_t object, const char *name, hid_t type,
			  hid_t space, const void *value)
{
	hid_t attribute = hdf5.attribute_create(object, name, type, space, H5P_DEFAULT,
						H5P_DEFAULT);

	hdf5_check(file, hdf5.attribute_write(attribute, type, value));
	hdf5.attribute_close(attribute);
	hdf5.space_close(space);
}

/* Strings of any length, in UTF-8 */
static hid_t text_type(void)
{
	hid_t type = hdf5.type_copy(*hdf5.string);

	hdf5.type_set_size(type, H5T_VARIABLE);
	hdf5.type_set_cset(type, H5T_CSET_UTF8);
	return type;
}

void hdf5_text(struct hdf5_file *file, hid_t object, const char *name, const char *text)
{
	hid_t type = text_type();

	put_attribute(file, object, name, type, hdf5.space_create(H5S_SCALAR), &text);
	hdf5.type_close(type);
}

void hdf5_texts(struct hdf5_file *file, hid_t object, const char *name,
		const char *const *texts, unsigned int count)
{
	hsize_t size = count;
	hid_t type = text_type();

	put_attribute(file, object, name, type, hdf5.space_simple(1, &size, NULL), texts);
	hdf5.type_close(type);
}

void hdf5_number(struct hdf5_file *file, hid_t object, const char *name, uint64_t number)
{
	put_attribute(file, object, name, *hdf5.u64, hdf5.space_create(H5S_SCALAR), &number);
}

void hdf5_words(struct hdf5_file *file, hid_t parent, const char *name, const char *text)
{
	hid_t type = text_type(), space = hdf5.space_create(H5S_SCALAR);
	hid_t words = hdf5.dataset_create(parent, name, type, space, H5P_DEFAULT, H5P_DEFAULT,
					  H5P_DEFAULT);

	hdf5_check(file, hdf5.dataset_write(words, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text));
	hdf5.dataset_close(words);
	hdf5.space_close(space);
	hdf5.type_close(type);
}

hid_t hdf5_group(struct hdf5_file *file, hid_t parent, const char *name, const char *nexus)
{
	hid_t group = hdf5_check(file, hdf5.group_create(parent, name, H5P_DEFAULT, H5P_DEFAULT,
							 H5P_DEFAULT));

	hdf5_text(file, group, "NX_class", nexus);
	return group;
}

hid_t hdf5_column(struct hdf5_file *file, hid_t parent, const char *name,
		  const uint64_t *values, uint64_t count)
{
	hsize_t size = count;
	hid_t space = hdf5.space_simple(1, &size, NULL);
	hid_t column = hdf5.dataset_create(parent, name, *hdf5.u64, space, H5P_DEFAULT,
					   H5P_DEFAULT, H5P_DEFAULT);

	hdf5_check(file, hdf5.dataset_write(column, *hdf5.u64, H5S_ALL, H5S_ALL, H5P_DEFAULT,
					    values));
	hdf5.space_close(space);
	return column;
}

void hdf5_link(struct hdf5_file *file, hid_t from, const char *name, hid_t to)
{
	hdf5_check(file, hdf5.link_hard(from, name, to, name, H5P_DEFAULT, H5P_DEFAULT));
}

#endif /* HDF5_SONAME */
