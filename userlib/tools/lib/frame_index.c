// SPDX-License-Identifier: MIT
#include "frame_index.h"
#include "line.h"
#include "new_file.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define HEAD "sequence,timestamp_ns,bytes,flags,overruns_before,drops_before,where"

static int complain(const struct frame_index *index)
{
	int err = -errno;

	warn("%s: cannot write the index", index->path);
	return err;
}

/* A line is one write, if it is no longer than what stdio keeps. */
static int end_line(const struct frame_index *index)
{
	return fputs("\n", index->file) < 0 || ferror(index->file) ?
	       complain(index) : 0;
}

int frame_index_open(struct frame_index *index, const char *path,
		     bool overwrite, const struct dmaring *stream,
		     const struct dmaring_info *info)
{
	int err, fd = new_file_open(path, overwrite);

	*index = (struct frame_index){ .path = path };
	if (fd < 0)
		return fd;
	index->file = fdopen(fd, "w");
	if (!index->file) {
		close(fd);
		return complain(index);
	}
	/* Whatever happens, it has all frames that are complete. */
	setvbuf(index->file, NULL, _IOLBF, BUFSIZ);
	err = meta_columns_open(&index->meta, stream, info);
	if (err)
		return err;
	fputs(HEAD, index->file);
	meta_columns_print_head(&index->meta, index->file);
	return end_line(index);
}

int frame_index_read_meta(struct frame_index *index,
			  const struct dmaring_frame *frame)
{
	return meta_columns_read(&index->meta, frame);
}

/* "damaged+discontinuity"; a flag of a later kernel has no name here. */
static const char *flags_of(const struct dmaring_frame *frame,
			    struct line *line)
{
	static const struct {
		uint32_t flag;
		const char *name;
	} names[] = {
		{ DMARING_FRAME_ERROR, "damaged" },
		{ DMARING_FRAME_TRUNCATED, "truncated" },
		{ DMARING_FRAME_DISCONTINUITY, "discontinuity" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (frame->flags & names[i].flag)
			line_add(line, "%s%s", line->used ? "+" : "",
				 names[i].name);
	return line->text;
}

void frame_index_tell_loss(struct frame_index *index, const struct dmaring_loss *loss)
{
	index->loss = *loss;
	index->told = true;
}

int frame_index_add(struct frame_index *index,
		    const struct dmaring_frame *frame, const char *where)
{
	struct dmaring_loss loss = { 0 };
	struct line flags = { 0 };

	if (!index->file)
		return 0;
	if (index->told)
		loss = index->loss;
	else if (index->begun)
		dmaring_loss_between(&index->last, frame, &loss);
	index->told = false;
	index->begun = true;
	index->last = *frame;
	fprintf(index->file, "%" PRIu64 ",%" PRIu64 ",%" PRIu32 ",%s,%" PRIu64
		",%" PRIu64 ",%s", (uint64_t)frame->sequence,
		(uint64_t)frame->timestamp_ns, frame->bytes_used,
		flags_of(frame, &flags), loss.overruns, loss.drops, where);
	meta_columns_print(&index->meta, index->file);
	return end_line(index);
}

int frame_index_close(struct frame_index *index)
{
	int err = 0;

	if (index->file && fclose(index->file))
		err = complain(index);
	index->file = NULL;
	meta_columns_close(&index->meta);
	return err;
}
