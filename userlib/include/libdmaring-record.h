/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libdmaring-record: frames on disk, none of them lost unsaid.
 *
 * A recording is a directory that anybody's program can read, see dmaring-recording(5):
 * frames-000.npy, in which the frames lie one after the other behind a header that
 * NumPy knows; frames-000.idx, which tells of each frame what the driver said of it,
 * where it is and what is missing before it; and meta.json.  Frames have records in the
 * index only once they are on the disk for good.  So after a crash each frame that the
 * index knows is whole.
 *
 *	struct dmaring_recorder_options options = {
 *		.size = sizeof(options),
 *	};
 *
 *	dmaring_open("/dev/dmaring0", NULL, &stream);
 *	dmaring_recorder_open(stream, "recording", &options, &recorder);
 *	dmaring_start(stream);
 *	while (!done && !dmaring_recorder_step(recorder, 200))
 *		;
 *	dmaring_recorder_close(recorder);
 *	dmaring_close(stream);
 *
 * Return values are those of libdmaring.h: 0 or a negative errno, and
 * dmaring_record_error() says it as a sentence.  The library never prints, never exits
 * and installs no signal handler.  A recorder or a recording is one thread's at a time.
 */
#ifndef LIBDMARING_RECORD_H
#define LIBDMARING_RECORD_H

#include <libdmaring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --------------------------------------------------------------- what is in the files */

/* All of it is little-endian. */
#define DMARING_RECORD_MAGIC	"DMARIDX\n"
#define DMARING_RECORD_VERSION	1

/* Bytes before the first frame in frames-000.npy, and what a frame's place is a multiple
 * of.
 */
#define DMARING_RECORD_ALIGN	4096

/**
 * enum dmaring_record_flags - header.flags
 * @DMARING_RECORD_CRC32:  records have a checksum of their frame, CRC-32 (RFC 1952).
 * @DMARING_RECORD_CRC32C: records have one, CRC-32C (RFC 3720, appendix B.4).
 */
enum dmaring_record_flags {
	DMARING_RECORD_CRC32	= 1U << 0,
	DMARING_RECORD_CRC32C	= 1U << 1,
};

/**
 * struct dmaring_record_header - the first 128 bytes of frames-000.idx
 * @magic:        DMARING_RECORD_MAGIC, without its NUL.
 * @version:      DMARING_RECORD_VERSION.
 * @header_bytes: 128: where the first record is.
 * @record_bytes: 128: from one record to the next.
 * @flags:        enum dmaring_record_flags.
 * @stride:       bytes from one frame to the next in frames-000.npy.
 * @data_offset:  where the first one is: DMARING_RECORD_ALIGN.
 * @format:       of all frames; its rate is that which the stream had at first.
 * @number:       of these two files in the recording, from 0.
 * @reserved:     0.
 * @crc32:        of the 124 bytes before it: see record.crc32.
 */
struct dmaring_record_header {
	char magic[8];
	uint32_t version;
	uint32_t header_bytes;
	uint32_t record_bytes;
	uint32_t flags;
	uint64_t stride;
	uint64_t data_offset;
	struct dmaring_format format;
	uint32_t number;
	uint32_t reserved[8];
	uint32_t crc32;
};

/**
 * enum dmaring_record_marks - record.flags
 * @DMARING_RECORD_TRIGGER: it is the first frame after a trigger.
 */
enum dmaring_record_marks {
	DMARING_RECORD_TRIGGER	= 1U << 0,
};

/**
 * struct dmaring_record - what the index has of a frame
 * @frame:      the descriptor as the driver gave it: sequence number, time, bytes_used,
 *              flags.
 * @position:   where the frame is in frames-000.npy.
 * @overruns:   frames that the card lost directly before this one.
 * @drops:      frames that were dropped then, for this consumer alone.
 * @realtime_ns: when it was complete, CLOCK_REALTIME, nanoseconds since 1970.
 * @skipped:    frames that came directly before this one, and were not recorded because
 *              they were not about a trigger.
 * @flags:      enum dmaring_record_marks.
 * @reserved:   0.
 * @frame_crc:  of its frame.bytes_used bytes, of the kind that header.flags have; or 0.
 * @crc32:      of the 124 bytes before it; the CRC-32 of zlib, gzip and PNG (RFC 1952).
 */
struct dmaring_record {
	struct dmaring_frame frame;
	uint64_t position;
	uint64_t overruns;
	uint64_t drops;
	uint64_t realtime_ns;
	uint64_t skipped;
	uint32_t flags;
	uint32_t reserved[3];
	uint32_t frame_crc;
	uint32_t crc32;
};

/* --------------------------------------------------------------------------- record */

/** struct dmaring_recorder - a recording that is being made; opaque */
struct dmaring_recorder;

/**
 * enum dmaring_recorder_flags - options.flags
 * @DMARING_RECORDER_APPEND:   go on with a recording that is there, in new files.  It must
 *                             have the same format.
 * @DMARING_RECORDER_CRC32:    checksums of frames, for which each is read once.
 * @DMARING_RECORDER_BUFFERED: through the system's cache, also where direct I/O works.
 * @DMARING_RECORDER_CRC32C:   as DMARING_RECORDER_CRC32, of the kind that disks and networks
 *                             use.
 */
enum dmaring_recorder_flags {
	DMARING_RECORDER_APPEND		= 1U << 0,
	DMARING_RECORDER_CRC32		= 1U << 1,
	DMARING_RECORDER_BUFFERED	= 1U << 2,
	DMARING_RECORDER_CRC32C		= 1U << 3,
};

/**
 * enum dmaring_recorder_engine - what makes the kernel write
 * @DMARING_RECORDER_AUTO:     libaio, or io_uring if the system has no room for that.
 * @DMARING_RECORDER_LIBAIO:   libaio.
 * @DMARING_RECORDER_IO_URING: io_uring.
 */
enum dmaring_recorder_engine {
	DMARING_RECORDER_AUTO		= 0,
	DMARING_RECORDER_LIBAIO		= 1,
	DMARING_RECORDER_IO_URING	= 2,
};

/**
 * struct dmaring_recorder_options - how to record
 * @size:          sizeof(struct dmaring_recorder_options), set by the caller, so that it
 *                 can grow.
 * @flags:         enum dmaring_recorder_flags.
 * @depth:         writes at a time, at most 256; 0: 8.
 * @sync_ms:       from time to time frames are made safe, and then told of in the index:
 *                 so often; 0: every 1000 ms.
 * @split_frames:  begin new files after so many frames; 0: never.
 * @split_bytes:   or before a file is longer than that; 0: never.
 * @split_ms:      or when they are so old; 0: never.
 * @engine:        enum dmaring_recorder_engine.
 * @pre_frames:    with @post_frames: record so many frames before a trigger.  The stream
 *                 must be LOSSLESS: a viewer may not hold so many.
 * @post_frames:   and so many from it on; 0: all frames are recorded.
 * @reserved:      0.
 */
struct dmaring_recorder_options {
	uint32_t size;
	uint32_t flags;
	uint32_t depth;
	uint32_t sync_ms;
	uint64_t split_frames;
	uint64_t split_bytes;
	uint64_t split_ms;
	uint32_t engine;
	uint32_t pre_frames;
	uint32_t post_frames;
	uint32_t reserved[5];
};

/**
 * struct dmaring_recorder_state - how it goes
 * @size:       sizeof(struct dmaring_recorder_state), set by the caller.
 * @files:      pairs of files so far.
 * @taken:      frames that were taken from the stream to be recorded.
 * @written:    of these, that are written.
 * @safe:       of these, that the index has: no crash takes them away.
 * @bytes:      written, with what pads frames.
 * @overruns:   frames that the card lost between the first one and the last.
 * @drops:      frames that were dropped between these, for this consumer.
 * @skipped:    frames that came before the last one and were not about a trigger.
 * @waiting:    frames that are being written now.
 * @triggers:   of which the frame was recorded.
 * @before:     frames that wait for a trigger now, in the pool or on the disk.
 * @passed:     frames that came and have begun to wait for a trigger.
 * @direct:     1: direct I/O; 0: through the system's cache.
 * @staged:     1: frames are copied first, because their buffers do not allow direct I/O;
 *              with memory=pages they do.
 * @engine:     enum dmaring_recorder_engine: that which writes.
 * @event:      1: a trigger has come, and frames about it are still to be recorded.
 */
struct dmaring_recorder_state {
	uint32_t size;
	uint32_t files;
	uint64_t taken;
	uint64_t written;
	uint64_t safe;
	uint64_t bytes;
	uint64_t overruns;
	uint64_t drops;
	uint64_t skipped;
	uint64_t passed;
	uint32_t waiting;
	uint32_t triggers;
	uint32_t before;
	uint8_t direct;
	uint8_t staged;
	uint8_t engine;
	uint8_t event;
};

/**
 * dmaring_recorder_open() - begin a recording
 * @stream:   opened by a consumer; not started yet.  The recorder takes its frames until
 *            it is closed.
 * @path:     of the directory; it is created.  One that is there must be empty, unless
 *            with DMARING_RECORDER_APPEND.
 * @options:  NULL for the defaults; not kept.
 * @recorder: where to put the handle; NULL is put there on failure.
 *
 * Return: 0; -EINVAL (options); -ENOSYS, -EPERM (no such engine here); -EEXIST (something
 * is in the directory); -ENOENT (the directory above it); -EACCES; -EROFS; -ENOSPC;
 * -EOPNOTSUPP (playback, CRC-32C without libisal); -ENOMEM; -EPROTO (the recording that is
 * there is none, or of another format).
 */
DMARING_API int dmaring_recorder_open(struct dmaring *stream, const char *path,
				      const struct dmaring_recorder_options *options,
				      struct dmaring_recorder **recorder);

/**
 * dmaring_recorder_step() - do what is to be done
 * @recorder:   the handle; its stream runs.
 * @timeout_ms: how long to wait for something to do.
 *
 * Takes frames, begins to write them, gives back those that are written.
 *
 * Return: 0, also after @timeout_ms without anything to do, or when a signal came; what
 * dmaring_next() returns if the stream can give no more frames; -EPROTO (its format has
 * changed); -EBADFD (it has ended); the error of a write, as -ENOSPC or -EIO.  After an
 * error no more frames are taken: close it.
 *
 * Where a frame is copied, or summed up, a card that goes raises SIGBUS.  A handler may
 * jump out of this function; the next one says -ENODEV.
 */
DMARING_API int dmaring_recorder_step(struct dmaring_recorder *recorder,
				      int timeout_ms);

/**
 * dmaring_recorder_get_state() - how far it is
 * @recorder: the handle.
 * @state:    filled, as much of it as its size says.
 *
 * Return: 0; -EINVAL when @state has a wrong size.
 */
DMARING_API int dmaring_recorder_get_state(const struct dmaring_recorder *recorder,
					   struct dmaring_recorder_state *state);

/**
 * dmaring_recorder_limit() - take no more than so many frames
 * @recorder: the handle.
 * @frames:   in all; 0: as many as come.
 *
 * dmaring_recorder_step() goes on writing what was taken.
 */
DMARING_API void dmaring_recorder_limit(struct dmaring_recorder *recorder,
					uint64_t frames);

/**
 * dmaring_recorder_trigger() - something has happened
 * @recorder: the handle, with options.post_frames.
 * @time_ns:  when, CLOCK_MONOTONIC as in frame.timestamp_ns; 0: now.
 *
 * Of the frames that come, or wait, the first that was complete then or later is the
 * trigger's.  options.pre_frames before it are recorded, or as many as there are since
 * the last event, and options.post_frames from it on, in files of their own.  They wait
 * in the pool; if it has not so many buffers and two more, besides info.viewer_buffers,
 * they are written as they come, in files that are removed when there are as many without,
 * and an eighth more can be recorded.  A trigger
 * that comes while frames after another one are still to be recorded makes that event
 * longer; one before the other's frame has come is the same.
 *
 * Of frames that are on the disk already none is the trigger's: there it is the next one.
 *
 * Return: 0; -EINVAL (every frame is recorded); -EBADFD (it has ended).
 */
DMARING_API int dmaring_recorder_trigger(struct dmaring_recorder *recorder,
					 uint64_t time_ns);

/**
 * dmaring_recorder_finish() - end a recording
 * @recorder: the handle, of which dmaring_recorder_get_state() still tells.
 *
 * What was taken is written and made safe, as far as it can be, and every frame goes
 * back.  The stream stays as it is.
 *
 * Return: 0; what ended it otherwise than by this, also if dmaring_recorder_step() has
 * told of it: the error of a write or of the stream.  The recording is whole up to that.
 */
DMARING_API int dmaring_recorder_finish(struct dmaring_recorder *recorder);

/**
 * dmaring_recorder_close() - free a recorder, and end its recording before
 * @recorder: the handle; NULL is allowed.  It is invalid afterwards, also on failure.
 *
 * Return: what dmaring_recorder_finish() returns, or has returned.
 */
DMARING_API int dmaring_recorder_close(struct dmaring_recorder *recorder);

/* ------------------------------------------------------------- frames from elsewhere */

/** struct dmaring_writer - a recording of frames that come from no stream; opaque */
struct dmaring_writer;

/**
 * dmaring_writer_open() - begin a recording of frames that the caller has
 * @path:   of the directory; it is created, or it is there and empty.
 * @format: of all frames.
 * @flags:  enum dmaring_record_flags: with checksums, or without.
 * @writer: where to put the handle; NULL is put there on failure.
 *
 * For frames of a network, for example.  They go through the system's cache, each before
 * dmaring_writer_add() returns.
 *
 * Return: as dmaring_recorder_open(); -EINVAL also for a format that no frame can have.
 */
DMARING_API int dmaring_writer_open(const char *path, const struct dmaring_format *format,
				    uint32_t flags, struct dmaring_writer **writer);

/**
 * dmaring_writer_add() - record one frame
 * @writer: the handle.
 * @record: what the index is to have of it: frame, overruns, drops, skipped, flags and
 *          realtime_ns; 0 there: now.
 * @data:   its record.frame.bytes_used bytes.
 *
 * With the first frame after a second, frames are made safe, and then told of in the
 * index: those of the last burst with the next frame, or by dmaring_writer_close().
 *
 * Return: 0; -EINVAL (more bytes than the format says); the error of a write, as -ENOSPC
 * or -EIO.  After that only dmaring_writer_close() is of use.
 */
DMARING_API int dmaring_writer_add(struct dmaring_writer *writer,
				   const struct dmaring_record *record, const void *data);

/**
 * dmaring_writer_close() - end the recording, and free the handle
 * @writer: the handle; NULL is allowed.  It is invalid afterwards, also on failure.
 *
 * Return: 0; what dmaring_writer_add() has returned, or the error of a write.  The
 * recording is whole up to that.
 */
DMARING_API int dmaring_writer_close(struct dmaring_writer *writer);

/* ------------------------------------------------------------------------------ read */

/** struct dmaring_recording - a recording that is being read; opaque */
struct dmaring_recording;

/**
 * dmaring_recording_open() - read a recording
 * @path:      of its directory.
 * @recording: where to put the handle; NULL is put there on failure.
 *
 * One that is being made, or was not ended, can be read, too: it has the frames of
 * which the index tells.
 *
 * Return: 0; -ENOENT; -EPROTO (it is no recording, or a file of it is damaged: the
 * sentence says where); -ENOMEM; -EACCES.
 */
DMARING_API int dmaring_recording_open(const char *path,
				       struct dmaring_recording **recording);

/** dmaring_recording_close() - unmap it; NULL is allowed */
DMARING_API void dmaring_recording_close(struct dmaring_recording *recording);

/** dmaring_recording_frames() - how many frames it has */
DMARING_API uint64_t dmaring_recording_frames(const struct dmaring_recording *recording);

/**
 * dmaring_recording_format() - what a frame looks like
 * @recording: the handle.
 *
 * Return: the format, valid until the recording is closed.  It describes frames, see
 * dmaring_format_describe().
 */
DMARING_API const struct dmaring_format *
dmaring_recording_format(const struct dmaring_recording *recording);

/**
 * dmaring_recording_record() - what the index has of a frame
 * @recording: the handle.
 * @number:    of the frame in the recording, from 0.
 *
 * Return: the record, valid until the recording is closed; NULL: there is none.
 */
DMARING_API const struct dmaring_record *
dmaring_recording_record(const struct dmaring_recording *recording,
			 uint64_t number);

/**
 * dmaring_recording_data() - a frame's bytes
 * @recording: the handle.
 * @number:    of the frame in the recording, from 0.
 *
 * Return: the address, where frame.bytes_used bytes of the record can be read until the
 * recording is closed; NULL: there is none, or its file is too short.  A touch raises
 * SIGBUS if somebody shortens the file meanwhile, or the disk fails.
 */
DMARING_API const void *
dmaring_recording_data(const struct dmaring_recording *recording,
		       uint64_t number);

/**
 * dmaring_recording_find_file() - in which file a frame is
 * @recording: the handle.
 * @number:    of the frame in the recording, from 0.
 *
 * Return: 1 for frames-001.npy, where it is at record.position; -ENOENT: there is no
 * such frame.
 */
DMARING_API int64_t
dmaring_recording_find_file(const struct dmaring_recording *recording,
			    uint64_t number);

/**
 * struct dmaring_recording_file - a pair of files of a recording, for those who read many
 * frames at once
 * @size:     sizeof(struct dmaring_recording_file), set by the caller, so that it can grow.
 * @reserved: 0.
 * @first:    number of its first frame in the recording.
 * @frames:   how many its index has.
 * @present:  the first so many of these are there; behind them the file is too short.
 * @stride:   bytes from one frame to the next.
 * @records:  of the frames, one after the other.
 * @data:     the first frame; NULL if @present is 0.
 */
struct dmaring_recording_file {
	uint32_t size;
	uint32_t reserved;
	uint64_t first;
	uint64_t frames;
	uint64_t present;
	uint64_t stride;
	const struct dmaring_record *records;
	const void *data;
};

/**
 * dmaring_recording_get_file() - a pair of its files, as it is mapped
 * @recording: the handle.
 * @number:    of the pair, from 0.
 * @file:      filled, as much of it as its size says; on failure it is as it was.
 *
 * The addresses are valid until the recording is closed.  A touch raises SIGBUS as of
 * dmaring_recording_data().
 *
 * Return: 0; -EINVAL when @file has a wrong size; -ENOENT when there is no such pair.
 */
DMARING_API int dmaring_recording_get_file(const struct dmaring_recording *recording,
					   uint32_t number,
					   struct dmaring_recording_file *file);

/**
 * struct dmaring_verdict - what is wrong with a recording
 * @size:      sizeof(struct dmaring_verdict), set by the caller.
 * @files:     pairs of files.
 * @frames:    that the index has, whole records.
 * @absent:    of these, frames of which the file is too short.
 * @corrupt:   of these, that do not have their checksum.
 * @checked:   frames that have one.
 * @damaged:   indices with a record that is not whole, and whole ones behind it, which
 *             are not read.
 * @torn:      bytes behind the last whole record of an index.
 * @spare:     bytes behind the last frame that an index knows: room for more, or frames
 *             that were not safe yet when it ended.
 * @unended:   files that do not say how many frames they have: the recording was not
 *             ended.
 * @overruns:  frames that the card lost between those that are there.
 * @drops:     frames that were dropped between these.
 * @skipped:   frames between these that were not about a trigger.
 * @triggers:  frames of triggers.
 * @mended:    files that were mended.
 */
struct dmaring_verdict {
	uint32_t size;
	uint32_t files;
	uint64_t frames;
	uint64_t absent;
	uint64_t corrupt;
	uint64_t checked;
	uint64_t damaged;
	uint64_t torn;
	uint64_t spare;
	uint64_t unended;
	uint64_t overruns;
	uint64_t drops;
	uint64_t skipped;
	uint64_t triggers;
	uint64_t mended;
};

/**
 * dmaring_recording_verify() - look for what is wrong
 * @path:    of the recording.
 * @mend:    1: cut what is torn or spare, and say in the header of each file how many
 *           frames it has; 0: only look.
 * @verdict: filled.
 *
 * Nobody may be recording into it.
 *
 * Return: 0, whatever @verdict says; what dmaring_recording_open() returns; -EBUSY: it is
 * being made; -EPROTO with @mend also where more would be lost than is torn; with @mend
 * what writing said.
 */
DMARING_API int dmaring_recording_verify(const char *path, int mend,
					 struct dmaring_verdict *verdict);

/** dmaring_record_error() - why the last call of this thread failed, as a sentence */
DMARING_API const char *dmaring_record_error(void);

#ifdef __cplusplus
}
#endif

#endif /* LIBDMARING_RECORD_H */
