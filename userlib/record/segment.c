// SPDX-License-Identifier: LGPL-2.1-or-later
#include "segment.h"
#include "npy.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room is made for so much at a time, so that the file system is seldom asked. */
#define AHEAD_BYTES	(64ULL << 20)

void segment_path(char name[RECORD_NAME], uint32_t number, bool before, const char *end)
{
	snprintf(name, RECORD_NAME, "%s-%03" PRIu32 ".%s", before ? SEGMENT_BEFORE : "frames",
		 number, end);
}

void segment_name(char name[RECORD_NAME], uint32_t number, const char *end)
{
	segment_path(name, number, false, end);
}

static int complain(const struct segment *segment, const char *what, const char *end,
		    int err)
{
	char name[RECORD_NAME];

	segment_path(name, segment->number, segment->before, end);
	return record_error(err, "%s: cannot %s: %s%s", name, what, strerror(err),
			    err == ENOSPC ? "; free some, or record elsewhere" : "");
}

static int create(const struct segment *segment, const char *end, int flags)
{
	char name[RECORD_NAME];
	int fd;

	segment_path(name, segment->number, segment->before, end);
	fd = openat(segment->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | flags,
		    0666);
	return fd < 0 ? -errno : fd;
}

static int write_all(int fd, const void *from, size_t bytes, off_t at)
{
	const char *next = from;
	ssize_t done;

	for (; bytes; bytes -= done, next += done, at += done) {
		done = pwrite(fd, next, bytes, at);
		if (done < 0 && errno == EINTR)
			done = 0;
		else if (done <= 0)
			return done ? errno : EIO;
	}
	return 0;
}

/* The header is as long as a block, so that direct I/O can write it. */
static int write_npy(const struct segment *segment, uint64_t frames)
{
	void *header;
	int err;

	if (posix_memalign(&header, DMARING_RECORD_ALIGN, DMARING_RECORD_ALIGN))
		return complain(segment, "write its header", "npy", ENOMEM);
	err = npy_header(header, &segment->format, frames);
	if (err)
		err = record_error(-err, "%s", dmaring_error());
	else
		err = write_all(segment->data, header, DMARING_RECORD_ALIGN, 0);
	free(header);
	return err > 0 ? complain(segment, "write its header", "npy", err) : err;
}

/* Of an earlier run that had no time for an index there is none; else somebody has lost it. */
static int remove_stale(const struct segment *segment)
{
	char name[RECORD_NAME], header[DMARING_RECORD_ALIGN];
	ssize_t got;
	int fd;

	segment_path(name, segment->number, segment->before, "npy");
	fd = openat(segment->dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return 0;
	got = pread(fd, header, sizeof(header), 0);
	close(fd);
	if (got == sizeof(header) && npy_frames(header) > 0)
		return record_error(EEXIST, "%s: it has frames, but its index is gone; keep it elsewhere to go on",
				    name);
	unlinkat(segment->dir, name, 0);
	return 0;
}

static int open_files(struct segment *segment, bool direct)
{
	struct dmaring_record_header header =
		index_header(&segment->format, segment->number, segment->flags);
	char name[RECORD_NAME];
	int err = remove_stale(segment);

	if (err)
		return err;
	segment_path(name, segment->number, segment->before, "npy");
	segment->direct = direct;
	segment->data = create(segment, "npy", direct ? O_DIRECT : 0);
	if (segment->data == -EINVAL && direct) {
		/* As some file systems say after they have created it. */
		unlinkat(segment->dir, name, 0);
		segment->direct = false;
		segment->data = create(segment, "npy", 0);
	}
	if (segment->data < 0)
		return complain(segment, "create it", "npy", -segment->data);
	segment->index = create(segment, "idx", 0);
	if (segment->index < 0)
		return complain(segment, "create it", "idx", -segment->index);
	err = write_all(segment->index, &header, sizeof(header), 0);
	if (!err && fdatasync(segment->index))
		err = errno;
	if (err)
		return complain(segment, "write its header", "idx", err);
	err = write_npy(segment, 0);
	if (!err && (fdatasync(segment->data) || fsync(segment->dir)))
		return complain(segment, "make it safe", "npy", errno);
	return err;
}

void segment_remove(int dir, uint32_t number, bool before)
{
	char name[RECORD_NAME];

	segment_path(name, number, before, "idx");
	unlinkat(dir, name, 0);
	segment_path(name, number, before, "npy");
	unlinkat(dir, name, 0);
}

int segment_open(struct segment *segment, int dir, uint32_t number, bool before,
		 const struct dmaring_format *format, uint32_t flags, bool direct)
{
	int err;

	*segment = (struct segment){
		.dir = dir,
		.number = number,
		.before = before,
		.data = -1,
		.index = -1,
		.format = *format,
		.flags = flags,
		.stride = npy_stride(format->frame_bytes),
		.reserved = DMARING_RECORD_ALIGN,
		.records = calloc(SEGMENT_PENDING, sizeof(*segment->records)),
		.done = calloc(SEGMENT_PENDING, sizeof(*segment->done)),
	};
	if (!segment->records || !segment->done)
		err = record_error(ENOMEM, "no memory for the index of a recording");
	else
		err = open_files(segment, direct);
	if (err) {
		/* It has no frame and will have none. */
		if (segment->data >= 0 || segment->index >= 0)
			segment_remove(dir, number, before);
		segment_close(segment);
	}
	return err;
}

/* To the size that it has then: a write beyond the end would have to wait for others. */
static int lengthen(const struct segment *segment, uint64_t end)
{
	if (!fallocate(segment->data, 0, segment->reserved, end - segment->reserved))
		return 0;
	if (errno != EOPNOTSUPP)
		return errno;
	return ftruncate(segment->data, end) ? errno : 0;
}

/* The records of a full disk must have room, too. */
static int reserve_index(const struct segment *segment, uint64_t end)
{
	uint64_t frames = (end - DMARING_RECORD_ALIGN) / segment->stride;

	if (!fallocate(segment->index, FALLOC_FL_KEEP_SIZE, 0,
		       INDEX_HEADER_BYTES + frames * INDEX_RECORD_BYTES))
		return 0;
	return errno == EOPNOTSUPP ? 0 : errno;
}

static int check_file(struct segment *segment, int file, const char *end, uint64_t bytes)
{
	char name[RECORD_NAME];
	struct stat status;

	if (fstat(file, &status))
		return complain(segment, "find out how long it is", end, errno);
	if ((uint64_t)status.st_size >= bytes)
		return 0;
	segment->doubtful = true;
	segment_path(name, segment->number, segment->before, end);
	return record_error(EIO, "%s: somebody has shortened it meanwhile: frames that were in it are lost",
			    name);
}

/* Each becomes longer by us alone, and that of the frames by no write.  What somebody has cut
 * off would be read as zeros once it is longer again.
 */
static int check_length(struct segment *segment)
{
	uint64_t records = INDEX_HEADER_BYTES + segment->safe * INDEX_RECORD_BYTES;

	return check_file(segment, segment->data, "npy", segment->reserved) ?:
	       check_file(segment, segment->index, "idx", records);
}

int segment_reserve(struct segment *segment)
{
	uint64_t needed = DMARING_RECORD_ALIGN + (segment->added + 1) * segment->stride;
	uint64_t ahead = needed + AHEAD_BYTES;
	int err;

	if (needed <= segment->reserved)
		return 0;
	err = check_length(segment);
	if (err)
		return err;
	err = reserve_index(segment, ahead) ?: lengthen(segment, ahead);
	if (err) {
		/* Perhaps there is room for a few frames more. */
		ahead = needed;
		err = reserve_index(segment, ahead) ?: lengthen(segment, ahead);
	}
	if (err)
		return complain(segment, "make room for another frame", "npy", err);
	segment->reserved = ahead;
	return 0;
}

static uint64_t place(uint64_t at)
{
	return at % SEGMENT_PENDING;
}

uint64_t segment_add(struct segment *segment, const struct dmaring_record *record)
{
	uint64_t at = segment->added++;

	segment->records[place(at)] = *record;
	segment->overruns += record->overruns;
	segment->drops += record->drops;
	segment->done[place(at)] = false;
	return at;
}

void segment_is_written(struct segment *segment, uint64_t at)
{
	segment->done[place(at)] = true;
	while (segment->written < segment->added && segment->done[place(segment->written)])
		segment->written++;
}

uint64_t segment_count_written(const struct segment *segment)
{
	uint64_t count = segment->written;

	for (uint64_t at = segment->written; at < segment->added; at++)
		count += segment->done[place(at)];
	return count;
}

int segment_tell(struct segment *segment, uint64_t until)
{
	uint64_t first = place(segment->safe), count = until - segment->safe;
	int err;

	if (!count)
		return 0;
	if (count > SEGMENT_PENDING - first)
		count = SEGMENT_PENDING - first;
	err = check_length(segment);
	if (err)
		return err;
	err = write_all(segment->index, &segment->records[first],
			count * INDEX_RECORD_BYTES,
			INDEX_HEADER_BYTES + segment->safe * INDEX_RECORD_BYTES);
	if (err)
		return complain(segment, "write it", "idx", err);
	segment->safe += count;
	return segment_tell(segment, until);
}

static int shorten(struct segment *segment, uint64_t frames)
{
	uint64_t bytes = npy_bytes(frames, segment->stride);
	int err = check_length(segment);

	if (err)
		return err;
	if (!ftruncate(segment->data, bytes)) {
		segment->reserved = bytes;
		return 0;
	}
	return complain(segment, "cut it behind its frames", "npy", errno);
}

int segment_write(const struct segment *segment, const void *frame, size_t bytes,
		  uint64_t position)
{
	int err = write_all(segment->data, frame, bytes, position);

	return err ? complain(segment, "write a frame", "npy", err) : 0;
}

int segment_make_safe(struct segment *segment)
{
	if (segment->doubtful || segment->written == segment->safe)
		return 0;
	if (fdatasync(segment->data)) {
		segment->doubtful = true;
		return complain(segment, "make it safe", "npy", errno);
	}
	return segment_tell(segment, segment->written);
}

int segment_tell_all(struct segment *segment)
{
	if (segment->doubtful || segment->written == segment->safe)
		return 0;
	/* First, so that a full disk has room for the records. */
	return shorten(segment, segment->written) ?: segment_make_safe(segment);
}

int segment_finish(struct segment *segment)
{
	int err = shorten(segment, segment->safe);

	if (err)
		return err;
	err = write_npy(segment, segment->safe);
	if (err)
		return err;
	if (fsync(segment->data))
		return complain(segment, "finish it", "npy", errno);
	if (fsync(segment->index))
		return complain(segment, "finish it", "idx", errno);
	return 0;
}

/* The index last: without one the file of the frames is none of the recording. */
static int rename_files(const struct segment *segment, uint32_t number)
{
	static const char *const ends[] = { "npy", "idx" };
	char from[RECORD_NAME], to[RECORD_NAME];

	for (int i = 0; i < 2; i++) {
		segment_path(from, segment->number, segment->before, ends[i]);
		segment_path(to, number, false, ends[i]);
		if (renameat(segment->dir, from, segment->dir, to))
			return complain(segment, "make it a part of the recording", ends[i],
					errno);
	}
	return 0;
}

/* Both are done by name, because its files may be closed. */
static int with_index(const struct segment *segment,
		      int (*act)(const struct segment *segment, int fd, void *argument),
		      void *argument)
{
	char name[RECORD_NAME];
	int fd, err;

	segment_path(name, segment->number, segment->before, "idx");
	fd = openat(segment->dir, name, O_RDWR | O_CLOEXEC);
	err = fd < 0 ? errno : act(segment, fd, argument);
	if (fd >= 0)
		close(fd);
	return err ? complain(segment, "change it", "idx", err) : 0;
}

static int change_number(const struct segment *segment, int fd, void *argument)
{
	const struct dmaring_record_header header =
		index_header(&segment->format, *(uint32_t *)argument, segment->flags);
	int err = write_all(fd, &header, sizeof(header), 0);

	return err || !fdatasync(fd) ? err : errno;
}

int segment_adopt(struct segment *segment, uint32_t number)
{
	int err = with_index(segment, change_number, &number) ?:
		  rename_files(segment, number);

	if (err)
		return err;
	segment->number = number;
	segment->before = false;
	return fsync(segment->dir) ? complain(segment, "make its name safe", "idx", errno) : 0;
}

static int change_first(const struct segment *segment, int fd, void *argument)
{
	const struct dmaring_record *more = argument;
	struct dmaring_record record;
	ssize_t got = pread(fd, &record, sizeof(record), INDEX_HEADER_BYTES);

	(void)segment;
	if (got != sizeof(record))
		return got < 0 ? errno : EIO;
	record.skipped += more->skipped;
	record.overruns += more->overruns;
	record.drops += more->drops;
	index_seal(&record);
	return write_all(fd, &record, sizeof(record), INDEX_HEADER_BYTES);
}

int segment_skip(struct segment *segment, uint64_t skipped, uint64_t overruns,
		 uint64_t drops)
{
	struct dmaring_record more = {
		.skipped = skipped,
		.overruns = overruns,
		.drops = drops,
	}, *first;

	/* The index has it, or it is the first of those that wait for that. */
	if (segment->safe || !segment->added)
		return segment->safe ? with_index(segment, change_first, &more) : 0;
	first = &segment->records[place(0)];
	first->skipped += skipped;
	first->overruns += overruns;
	first->drops += drops;
	index_seal(first);
	return 0;
}

void segment_close(struct segment *segment)
{
	if (segment->data >= 0)
		close(segment->data);
	if (segment->index >= 0)
		close(segment->index);
	free(segment->records);
	free(segment->done);
	*segment = (struct segment){ .data = -1, .index = -1 };
}
