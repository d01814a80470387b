// SPDX-License-Identifier: LGPL-2.1-or-later
/* Reading: the files of a recording are mapped, one pair after the other. */
#include "checksum.h"
#include "npy.h"
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/**
 * struct part - a pair of files, mapped
 * @index:       the whole of frames-000.idx.
 * @index_bytes: of it.
 * @data:        the whole of frames-000.npy.
 * @data_bytes:  of it.
 * @first:       number of its first frame in the recording.
 * @frames:      that the index has, up to the first record that is not whole.
 * @behind:      whole records behind that one: it was damaged, not torn.
 */
struct part {
	const char *index;
	size_t index_bytes;
	const char *data;
	size_t data_bytes;
	uint64_t first;
	uint64_t frames;
	uint64_t behind;
};

struct dmaring_recording {
	struct part *parts;
	uint32_t count;
	uint64_t frames;
	bool unborn;		/* the next pair has no header yet, nor frames */
};

static const struct dmaring_record_header *header_of(const struct part *part)
{
	return (const struct dmaring_record_header *)part->index;
}

static const struct dmaring_record *record_at(const struct part *part, uint64_t at)
{
	return (const struct dmaring_record *)(part->index + INDEX_HEADER_BYTES) + at;
}

/* An empty file is mapped as nothing. */
static int map_file(int dir, uint32_t number, const char *end, const char **to,
		    size_t *bytes)
{
	char name[RECORD_NAME];
	struct stat status;
	void *map = NULL;
	int fd;

	segment_name(name, number, end);
	/* Nobody waits for the writer of something that is no file. */
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return record_error(errno, "%s: %s", name, strerror(errno));
	if (fstat(fd, &status))
		map = MAP_FAILED;
	else if (status.st_size)
		map = mmap(NULL, status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return record_error(errno, "%s: cannot map it: %s", name, strerror(errno));
	*to = map;
	*bytes = map ? status.st_size : 0;
	return 0;
}

static void count_records(struct part *part)
{
	uint64_t most = (part->index_bytes - INDEX_HEADER_BYTES) / INDEX_RECORD_BYTES, i;

	for (i = 0; i < most; i++)
		if (!index_is_whole(record_at(part, i), header_of(part), i))
			break;
	part->frames = i;
	for (; i < most; i++)
		part->behind += index_is_whole(record_at(part, i), header_of(part), i);
}

static int open_part(struct part *part, int dir, uint32_t number)
{
	char name[RECORD_NAME];
	const char *why = NULL;
	int err = map_file(dir, number, "idx", &part->index, &part->index_bytes);

	if (!err)
		err = map_file(dir, number, "npy", &part->data, &part->data_bytes);
	if (err)
		return err;
	if (part->index_bytes < INDEX_HEADER_BYTES)
		return record_error(EPROTO, "frames-%03u.idx: it is too short for an index",
				    number);
	why = index_refuse_header(header_of(part));
	if (!why && header_of(part)->number != number)
		why = "it is of another pair of files";
	segment_name(name, number, "idx");
	if (why)
		return record_error(EPROTO, "%s: %s", name, why);
	count_records(part);
	return 0;
}

/* The power failed when the last pair was begun, or it is just now: it has no frame. */
static bool is_unborn(const struct part *part, int err)
{
	return (err == -EPROTO || err == -ENOENT) &&
	       part->index_bytes < INDEX_HEADER_BYTES &&
	       part->data_bytes <= DMARING_RECORD_ALIGN;
}

/* Who reads frames takes them to be as long as those of the first pair. */
static int check_format(const struct dmaring_recording *recording, const struct part *part)
{
	if (!recording->count || index_is_same(header_of(&recording->parts[0])->format,
					       header_of(part)->format))
		return 0;
	return record_error(EPROTO, "frames-%03" PRIu32 ".idx: its frames have another format than those before",
			    recording->count);
}

static void close_part(struct part *part)
{
	if (part->index)
		munmap((void *)part->index, part->index_bytes);
	if (part->data)
		munmap((void *)part->data, part->data_bytes);
}

static bool is_there(int dir, uint32_t number)
{
	char name[RECORD_NAME];

	segment_name(name, number, "idx");
	return !faccessat(dir, name, F_OK, 0);
}

static int open_parts(struct dmaring_recording *recording, int dir)
{
	struct part *parts, *part;
	int err;

	while (is_there(dir, recording->count)) {
		parts = reallocarray(recording->parts, recording->count + 1, sizeof(*parts));
		if (!parts)
			return record_error(ENOMEM, "no memory for a recording");
		recording->parts = parts;
		part = &parts[recording->count];
		*part = (struct part){ .first = recording->frames };
		err = open_part(part, dir, recording->count);
		recording->unborn = is_unborn(part, err) && recording->count &&
				    !is_there(dir, recording->count + 1);
		if (!err)
			err = check_format(recording, part);
		recording->count++;
		if (recording->unborn) {
			close_part(&parts[--recording->count]);
			return 0;
		}
		if (err)
			return err;
		recording->frames += parts[recording->count - 1].frames;
	}
	if (recording->count)
		return 0;
	return record_error(EPROTO, "there is no frames-000.idx: this is no recording");
}

int dmaring_recording_open(const char *path, struct dmaring_recording **recording)
{
	struct dmaring_recording *new;
	int err, dir;

	*recording = NULL;
	dir = directory_open(path, false);
	if (dir < 0)
		return dir;
	new = calloc(1, sizeof(*new));
	err = new ? open_parts(new, dir) : record_error(ENOMEM, "no memory for a recording");
	close(dir);
	if (err) {
		dmaring_recording_close(new);
		return record_error_in(path, err);
	}
	*recording = new;
	return 0;
}

void dmaring_recording_close(struct dmaring_recording *recording)
{
	if (!recording)
		return;
	for (uint32_t i = 0; i < recording->count; i++)
		close_part(&recording->parts[i]);
	free(recording->parts);
	free(recording);
}

uint64_t dmaring_recording_frames(const struct dmaring_recording *recording)
{
	return recording->frames;
}

static const struct part *part_of(const struct dmaring_recording *recording, uint64_t number)
{
	uint32_t low = 0, high = recording->count, middle;

	if (number >= recording->frames)
		return NULL;
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (recording->parts[middle].first <= number)
			low = middle;
		else
			high = middle;
	}
	return &recording->parts[low];
}

const struct dmaring_format *
dmaring_recording_format(const struct dmaring_recording *recording)
{
	return &header_of(&recording->parts[0])->format;
}

const struct dmaring_record *
dmaring_recording_record(const struct dmaring_recording *recording, uint64_t number)
{
	const struct part *part = part_of(recording, number);

	return part ? record_at(part, number - part->first) : NULL;
}

/* NULL: the file is too short for it. */
static const void *data_of(const struct part *part, const struct dmaring_record *record)
{
	if (record->position > part->data_bytes ||
	    record->frame.bytes_used > part->data_bytes - record->position)
		return NULL;
	return part->data + record->position;
}

const void *dmaring_recording_data(const struct dmaring_recording *recording, uint64_t number)
{
	const struct part *part = part_of(recording, number);

	return part ? data_of(part, record_at(part, number - part->first)) : NULL;
}

int64_t dmaring_recording_find_file(const struct dmaring_recording *recording, uint64_t number)
{
	const struct part *part = part_of(recording, number);

	return part ? part - recording->parts : -ENOENT;
}

/* Where the frames lie as the stride says, up to the first one that is not there. */
static uint64_t count_present(const struct part *part)
{
	const struct dmaring_record_header *header = header_of(part);
	uint64_t bytes = header->format.frame_bytes, room;

	if (part->data_bytes < header->data_offset + bytes)
		return 0;
	room = (part->data_bytes - header->data_offset - bytes) / header->stride + 1;
	return room < part->frames ? room : part->frames;
}

int dmaring_recording_get_file(const struct dmaring_recording *recording, uint32_t number,
			       struct dmaring_recording_file *file)
{
	struct dmaring_recording_file is = { .size = sizeof(is) };
	const struct part *part;

	if (file->size < sizeof(is))
		return record_error(EINVAL, "the file's description has a wrong size");
	if (number >= recording->count)
		return record_error(ENOENT, "the recording has no pair of files %u", number);
	part = &recording->parts[number];
	is.first = part->first;
	is.frames = part->frames;
	is.present = count_present(part);
	is.stride = header_of(part)->stride;
	is.records = record_at(part, 0);
	if (is.present)
		is.data = part->data + header_of(part)->data_offset;
	*file = is;
	return 0;
}

/* ---------------------------------------------------------------------- verify */

static void check_frame(const struct part *part, const struct dmaring_record *record,
			struct dmaring_verdict *verdict)
{
	uint32_t flags = header_of(part)->flags;
	const void *data = data_of(part, record);

	verdict->overruns += record->overruns;
	verdict->drops += record->drops;
	verdict->skipped += record->skipped;
	verdict->triggers += record->flags & DMARING_RECORD_TRIGGER ? 1 : 0;
	if (!data) {
		verdict->absent++;
		return;
	}
	if (!(flags & CHECKSUM_KINDS) || checksum_refuse(flags))
		return;
	verdict->checked++;
	if (checksum(flags, data, record->frame.bytes_used) != record->frame_crc)
		verdict->corrupt++;
}

/* How many the header of the file says; -EPROTO: there is no header. */
static int64_t frames_said(const struct part *part)
{
	return part->data_bytes < DMARING_RECORD_ALIGN ? -EPROTO : npy_frames(part->data);
}

static uint64_t whole_bytes(const struct part *part)
{
	return npy_bytes(part->frames, header_of(part)->stride);
}

static void check_part(const struct part *part, struct dmaring_verdict *verdict)
{
	size_t records = INDEX_HEADER_BYTES + part->frames * INDEX_RECORD_BYTES;

	verdict->files++;
	verdict->frames += part->frames;
	if (part->behind)
		verdict->damaged++;
	else
		verdict->torn += part->index_bytes - records;
	if (part->data_bytes > whole_bytes(part) && !part->behind)
		verdict->spare += part->data_bytes - whole_bytes(part);
	if (frames_said(part) != (int64_t)part->frames)
		verdict->unended++;
	for (uint64_t i = 0; i < part->frames; i++)
		check_frame(part, record_at(part, i), verdict);
}

static int cannot_mend(const char *name)
{
	return record_error(errno, "%s: cannot mend it: %s", name, strerror(errno));
}

/* Not through a link, which may lead to a file of somebody else than whose recording it is. */
static int open_to_mend(int dir, const char *name)
{
	return openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

static int cut(int dir, uint32_t number, const char *end, uint64_t bytes)
{
	char name[RECORD_NAME];
	int fd, err = 0;

	segment_name(name, number, end);
	fd = open_to_mend(dir, name);
	if (fd < 0 || ftruncate(fd, bytes) || fsync(fd))
		err = cannot_mend(name);
	if (fd >= 0)
		close(fd);
	return err;
}

/* The power failed when they were begun: only the index has its header. */
static bool has_just_begun(const struct part *part)
{
	return !part->frames && frames_said(part) < 0;
}

/* The header stays as it is, but for the number of frames. */
static int change_header(char header[DMARING_RECORD_ALIGN + 1], const char *name,
			 const struct part *part)
{
	static const char before[] = "'shape': (";
	char *shape;

	memcpy(header, part->data, DMARING_RECORD_ALIGN);
	header[DMARING_RECORD_ALIGN] = '\0';
	/* Behind the magic, in which there are NULs. */
	shape = strstr(header + 10, before);
	if (npy_frames(header) < 0 || !shape || shape > header + DMARING_RECORD_ALIGN - 64)
		return record_error(EPROTO, "%s: its header is none of a recording", name);
	memset(shape, ' ', header + DMARING_RECORD_ALIGN - 1 - shape);
	shape[snprintf(shape, 64, "%s%" PRIu64 ",), }", before, part->frames)] = ' ';
	return 0;
}

static int say_frames(int dir, uint32_t number, const struct part *part)
{
	char header[DMARING_RECORD_ALIGN + 1], name[RECORD_NAME];
	int fd, err;

	segment_name(name, number, "npy");
	err = has_just_begun(part) ? npy_header(header, &header_of(part)->format, 0) :
				     change_header(header, name, part);
	if (err)
		return err;
	fd = open_to_mend(dir, name);
	if (fd < 0 || pwrite(fd, header, DMARING_RECORD_ALIGN, 0) != DMARING_RECORD_ALIGN ||
	    fsync(fd))
		err = cannot_mend(name);
	if (fd >= 0)
		close(fd);
	return err;
}

static int mend_part(int dir, uint32_t number, const struct part *part,
		     struct dmaring_verdict *verdict)
{
	size_t records = INDEX_HEADER_BYTES + part->frames * INDEX_RECORD_BYTES;
	int err = 0, mended = 0;

	if (part->behind)
		return record_error(EPROTO, "frames-%03u.idx: record %lu is damaged, and %lu behind it are whole: nothing is cut",
				    number, (unsigned long)part->frames,
				    (unsigned long)part->behind);
	if (part->data_bytes < DMARING_RECORD_ALIGN && part->frames)
		return record_error(EPROTO, "frames-%03u.npy: it has no header any more: it cannot be mended",
				    number);
	if (frames_said(part) != (int64_t)part->frames) {
		err = say_frames(dir, number, part);
		mended = 1;
	}
	if (!err && part->data_bytes > whole_bytes(part)) {
		err = cut(dir, number, "npy", whole_bytes(part));
		mended = 1;
	}
	if (!err && part->index_bytes > records) {
		err = cut(dir, number, "idx", records);
		mended = 1;
	}
	verdict->mended += !err && mended;
	return err;
}

/* Of which nobody knows anything: there is no index. */
static int remove_pair(int dir, uint32_t number, struct dmaring_verdict *verdict)
{
	char name[RECORD_NAME];

	segment_name(name, number, "npy");
	unlinkat(dir, name, 0);
	segment_name(name, number, "idx");
	if (unlinkat(dir, name, 0))
		return cannot_mend(name);
	verdict->mended++;
	return 0;
}

static int verify(const char *path, int dir, int mend, struct dmaring_verdict *verdict)
{
	struct dmaring_recording *recording;
	int err = dmaring_recording_open(path, &recording);

	if (err)
		return err;
	for (uint32_t i = 0; i < recording->count; i++)
		check_part(&recording->parts[i], verdict);
	verdict->unended += recording->unborn;
	for (uint32_t i = 0; mend && !err && i < recording->count; i++)
		err = mend_part(dir, i, &recording->parts[i], verdict);
	if (mend && !err && recording->unborn)
		err = remove_pair(dir, recording->count, verdict);
	dmaring_recording_close(recording);
	return err ? record_error_in(path, err) : 0;
}

int dmaring_recording_verify(const char *path, int mend, struct dmaring_verdict *verdict)
{
	int dir, err;

	if (verdict->size < sizeof(*verdict))
		return record_error(EINVAL, "the verdict has a wrong size");
	*verdict = (struct dmaring_verdict){ .size = sizeof(*verdict) };
	dir = directory_open(path, true);
	if (dir < 0)
		return dir;
	err = verify(path, dir, mend, verdict);
	close(dir);
	return err;
}
