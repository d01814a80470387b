// SPDX-License-Identifier: LGPL-2.1-or-later
/* Metadata of frames, by the names of its fields. */
#include "held.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* What is known of a stream's metadata, constant while it is open. */
struct meta {
	const char *blocks;
	size_t length;
	uint32_t stride;
	uint32_t count;
	struct dmaring_meta fields[];
};

int dmaring_get_meta(const struct dmaring *stream, uint32_t index,
		     struct dmaring_meta *field)
{
	*field = (struct dmaring_meta){ .size = sizeof(*field), .index = index };
	return ioctl_stream(stream, DMARING_IOC_META, field);
}

static int read_fields(const struct dmaring *stream, struct meta *meta,
		       uint32_t count)
{
	int err;

	for (; meta->count < count; meta->count++) {
		err = dmaring_get_meta(stream, meta->count,
				       &meta->fields[meta->count]);
		if (err)
			return err;
	}
	return 0;
}

int meta_map(struct dmaring *stream, const struct dmaring_info *info)
{
	struct meta *meta;
	void *address;
	int err;

	if (!(info->features & DMARING_FEATURE_META) || !info->meta_fields)
		return 0;
	meta = calloc(1, sizeof(*meta) +
				 info->meta_fields * sizeof(meta->fields[0]));
	if (!meta)
		return error_set(stream->device, STEP_MAP, ENOMEM);
	err = read_fields(stream, meta, info->meta_fields);
	if (err)
		goto err_free;
	meta->length = meta->fields[0].length;
	meta->stride = meta->fields[0].stride;
	address = mmap(NULL, meta->length, PROT_READ, MAP_SHARED, stream->fd,
		       (off_t)meta->fields[0].mmap_offset);
	if (address == MAP_FAILED) {
		err = error_set(stream->device, STEP_MAP, errno);
		goto err_free;
	}
	meta->blocks = address;
	stream->meta = meta;
	return 0;

err_free:
	free(meta);
	return err;
}

void meta_unmap(struct dmaring *stream)
{
	if (!stream->meta)
		return;
	munmap((void *)stream->meta->blocks, stream->meta->length);
	free(stream->meta);
	stream->meta = NULL;
}

/* Is the frame the caller's?  Else the block is another one's. */
static bool is_held(const struct dmaring *stream,
		    const struct dmaring_frame *frame)
{
	return frame->buffer < stream->mapped && frame->cookie &&
	       __atomic_load_n(&stream->cookies[frame->buffer],
			       __ATOMIC_RELAXED) == frame->cookie;
}

static const struct dmaring_meta *find_field(const struct meta *meta,
					     const char *name)
{
	uint32_t i;

	for (i = 0; i < meta->count; i++)
		if (!strcmp(meta->fields[i].name, name))
			return &meta->fields[i];
	return NULL;
}

static int read_value(const struct dmaring_meta *field, const char *block,
		      struct dmaring_meta_value *value)
{
	const char *at = block + field->offset;
	int32_t s32;
	uint32_t u32;
	float f32;

	*value = (struct dmaring_meta_value){ .type = field->type };
	switch (field->type) {
	case DMARING_META_U32:
		memcpy(&u32, at, sizeof(u32));
		value->u = u32;
		return 0;
	case DMARING_META_S32:
		memcpy(&s32, at, sizeof(s32));
		value->s = s32;
		return 0;
	case DMARING_META_F32:
		memcpy(&f32, at, sizeof(f32));
		value->f = f32;
		return 0;
	case DMARING_META_U64:
	case DMARING_META_S64:
	case DMARING_META_F64:
		memcpy(&value->u, at, sizeof(value->u));
		return 0;
	}
	return -EPROTONOSUPPORT;
}

int dmaring_frame_meta(const struct dmaring *stream,
		       const struct dmaring_frame *frame, const char *name,
		       struct dmaring_meta_value *value)
{
	const struct meta *meta = stream->meta;
	const struct dmaring_meta *field;
	int err;

	field = meta ? find_field(meta, name) : NULL;
	if (!field)
		return error_set_detail(stream->device, DMARING_IOC_META, ENOENT,
					"frames have no metadata of that name");
	if (!is_held(stream, frame))
		return error_set_detail(stream->device, DMARING_IOC_META, ESTALE,
					"the frame is not held: read its metadata before it is released");
	err = read_value(field, meta->blocks + (size_t)frame->buffer * meta->stride,
			 value);
	if (err)
		return error_set_detail(stream->device, DMARING_IOC_META, -err,
					"this library is too old to know the field's type");
	return 0;
}
