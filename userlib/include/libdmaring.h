/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libdmaring: take frames from a dmaring stream without copying them
 *
 *	struct dmaring *stream;
 *	struct dmaring_frame frame;
 *
 *	if (dmaring_open("/dev/dmaring0", NULL, &stream) ||
 *	    dmaring_start(stream))
 *		errx(1, "%s", dmaring_error());
 *	while (!dmaring_next(stream, &frame, 1000)) {
 *		use(dmaring_data(stream, &frame), frame.bytes_used);
 *		dmaring_release(stream, &frame);
 *	}
 *	dmaring_close(stream);
 *
 * A playback stream goes the other way, from memory to the card:
 *
 *	while (!dmaring_get(stream, &frame, -1)) {
 *		frame.bytes_used = fill(dmaring_data_rw(stream, &frame));
 *		dmaring_put(stream, &frame);
 *	}
 *
 * Return values: a function that can fail returns 0 or a negative errno, with
 * the meaning that linux/dmaring.h gives it.  dmaring_error() says the same as
 * a sentence.  The library never prints, never exits and installs no signal
 * handler.
 *
 * Threads: different streams are independent.  On one stream, several threads
 * may call dmaring_next(), dmaring_release(), their batches, dmaring_data(),
 * dmaring_headroom(), dmaring_get_info(), dmaring_get_stats(),
 * dmaring_read_region() and dmaring_fd() at once.  Any thread may call
 * dmaring_start() and dmaring_stop(); dmaring_stop() also wakes a thread that
 * waits in dmaring_next().  dmaring_close() must be the last call on a stream.
 *
 * fork(): a child does not inherit the mappings of the buffers.  It must not
 * touch the stream, not even dmaring_close() it.  Its copy of the descriptor
 * keeps the consumer attached until the parent calls dmaring_close(), or until
 * the copy is closed, which exec does, too (it has O_CLOEXEC).
 */
#ifndef LIBDMARING_H
#define LIBDMARING_H

#include <stddef.h>
#include <stdint.h>
#include <linux/dmaring.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define DMARING_API __attribute__((visibility("default")))
#else
#define DMARING_API
#endif

/** struct dmaring - an open stream; opaque; each has an open file of its own */
struct dmaring;

/**
 * enum dmaring_open_flags - flags of dmaring_open()
 * @DMARING_OPEN_READ_ONLY: open and map read-only; the policy is LATEST.
 * @DMARING_OPEN_MONITOR:   do not attach and do not map.  The handle is only
 *                          for dmaring_get_info(), dmaring_get_stats(),
 *                          dmaring_get_stats_of(), dmaring_get_buffer(),
 *                          dmaring_get_format_range() and the functions for
 *                          regions.  It needs read permission
 *                          only, and works however many others use the stream.
 * @DMARING_OPEN_NO_RING:   take and release frames by ioctl(2), not through the
 *                          ring shared with the kernel.
 * @DMARING_OPEN_IMPORT:    attach, but do not map the pool: the application lends
 *                          memory of its own, with dmaring_import() and its kin.
 *                          The policy is LOSSLESS.
 * @DMARING_OPEN_CONFIGURE: as MONITOR, but with write permission: for
 *                          dmaring_set_format(), too.
 * @DMARING_OPEN_ZEROES:    to touch a frame, or its metadata, is no SIGBUS once the
 *                          card is gone: it then has zeroes, or what it had.  For
 *                          programs that hand frames to libraries and languages which
 *                          cannot survive a signal.
 */
enum dmaring_open_flags {
	DMARING_OPEN_READ_ONLY	= 1U << 0,
	DMARING_OPEN_MONITOR	= 1U << 1,
	DMARING_OPEN_NO_RING	= 1U << 2,
	DMARING_OPEN_IMPORT	= 1U << 3,
	DMARING_OPEN_CONFIGURE	= 1U << 4,
	DMARING_OPEN_ZEROES	= 1U << 5,
};

/**
 * struct dmaring_options - how to open a stream; zero means the default
 * @size:         sizeof(struct dmaring_options), so that it can grow.
 * @flags:        enum dmaring_open_flags.
 * @policy:       enum dmaring_policy; default LOSSLESS, LATEST if read-only.
 * @depth:        LATEST: most frames that wait; default 1.  LOSSLESS: 0.
 * @max_held:     LATEST: most frames in the application's hands; default 1.
 *                LOSSLESS: 0.
 * @watermark:    frames that must wait before a sleeper is woken; default 1, at
 *                most info.buffers (LATEST: @depth).
 * @watermark_us: wake it for fewer frames when the oldest has waited for so
 *                long, microseconds, at most a minute; 0: never.
 * @headroom:     bytes in front of each buffer that are the application's, at most
 *                %DMARING_HEADROOM_MAX; 0: none.  See dmaring_headroom().  Each buffer
 *                is then a mapping of its own, with another in front of it, of which
 *                a process has at most vm.max_map_count.
 * @reserved:     0.
 */
struct dmaring_options {
	uint32_t size;
	uint32_t flags;
	uint32_t policy;
	uint32_t depth;
	uint32_t max_held;
	uint32_t watermark;
	uint32_t watermark_us;
	uint32_t headroom;
	uint32_t reserved[8];
};

/* Most bytes that an application can have in front of each buffer */
#define DMARING_HEADROOM_MAX 65536U

/**
 * struct dmaring_loss - frames missing between two frames
 * @overruns: frames that the card lost, because no buffer was armed.
 * @drops:    frames that this consumer's own policy dropped.
 */
struct dmaring_loss {
	uint64_t overruns;
	uint64_t drops;
};

/**
 * dmaring_open() - open a stream, attach to it and map its buffers
 * @device:  "/dev/dmaring0", "dmaring0" or "0".
 * @options: NULL for the defaults; not kept.
 * @stream:  where to put the handle; NULL is put there on failure.
 *
 * All buffers are one mapping, if there is a range of addresses for it; else each
 * has its own, as also with @options->headroom.  Each is touched, so that no frame is
 * the first to pay for that.
 *
 * A playback stream is opened as its one producer, LOSSLESS, with the buffers
 * mapped for writing.
 *
 * Frames come only after dmaring_start().  The handle is the caller's; give it
 * to dmaring_close().  A monitor has no frames and cannot be started or
 * stopped: such calls return -ENOTCONN.
 *
 * Return: 0; -EINVAL for bad options, or options that do not fit the pool;
 * -ENOENT, -EACCES, -ENOMEM, … as open(2) and mmap(2) do; -EBUSY when the
 * stream has all the consumers, or the producer, that it can have; -ENOSPC when
 * others have reserved the viewers' buffers, or there are not so many; -ENODEV
 * when the card is gone; -ENOTSUP when @device is no dmaring stream or speaks another version;
 * -EOPNOTSUPP with DMARING_OPEN_ZEROES where the driver is too old for it, or a stream is
 * one of playback.
 */
DMARING_API int dmaring_open(const char *device,
			     const struct dmaring_options *options,
			     struct dmaring **stream);

/**
 * dmaring_close() - stop, release everything, unmap, close
 * @stream: the handle, or NULL.  It is invalid afterwards, as is every address
 *          that dmaring_data() gave.
 */
DMARING_API void dmaring_close(struct dmaring *stream);

/**
 * dmaring_start() - let the card run and frames arrive
 * @stream: the handle.
 *
 * Return: 0; -EALREADY when it is started; -EIO (the card failed, and not all
 * other consumers have stopped yet); -ETIMEDOUT (since an earlier stop the card
 * could not be proved quiet, and it still cannot); -ENODEV; what the card's
 * driver says.
 */
DMARING_API int dmaring_start(struct dmaring *stream);

/**
 * dmaring_stop() - no more frames; those that wait are dropped
 * @stream: the handle.
 *
 * Frames already taken stay valid until they are released.
 *
 * Return: 0; -EALREADY when it is stopped; -ETIMEDOUT (it is stopped, but the
 * card could not be proved quiet); -ENODEV.
 */
DMARING_API int dmaring_stop(struct dmaring *stream);

/**
 * dmaring_next() - take the oldest frame that waits
 * @stream:     the handle.
 * @frame:      filled with the frame's descriptor; on failure it may hold
 *              anything.
 * @timeout_ms: how long to wait, milliseconds; 0: not at all, negative: for
 *              ever.
 *
 * The frame is the caller's until dmaring_release().  With the ring, there is
 * no system call while frames wait, nor with @timeout_ms 0 while the stream
 * runs.
 *
 * Return: 0; -EAGAIN (nothing waits, @timeout_ms was 0); -ETIMEDOUT; -EINTR (a
 * signal handler ran; with an endless wait only if it has no SA_RESTART);
 * -EBADFD (not started, or stopped by another thread); -EIO (the card failed:
 * stop and start again); -EPROTO (something wrote into the ring shared with the
 * kernel: stop and start again); -ENODEV.
 */
DMARING_API int dmaring_next(struct dmaring *stream, struct dmaring_frame *frame,
			     int timeout_ms);

/**
 * dmaring_next_batch() - take several frames that wait
 * @stream:     the handle.
 * @frames:     room for @count descriptors.
 * @count:      most frames to take, at least 1.
 * @timeout_ms: how long to wait for the first one, as in dmaring_next().
 *
 * Return: how many were taken, at least 1; else what dmaring_next() returns.
 */
DMARING_API int dmaring_next_batch(struct dmaring *stream,
				   struct dmaring_frame *frames,
				   unsigned int count, int timeout_ms);

/**
 * dmaring_release() - give a frame back, so that its buffer can be filled again
 * @stream: the handle.
 * @frame:  as dmaring_next() filled it; only its buffer and cookie matter.
 *
 * Return: 0; -ESTALE when the caller does not hold that frame (released twice);
 * -EINVAL when it is no frame of this stream; -ENODEV.
 */
DMARING_API int dmaring_release(struct dmaring *stream,
				const struct dmaring_frame *frame);

/**
 * dmaring_release_batch() - give several frames back
 * @stream: the handle.
 * @frames: as dmaring_next() or dmaring_next_batch() filled them, in any order.
 * @count:  how many.
 *
 * Return: what dmaring_release() returns; if the caller does not hold one of
 * them, none is released.
 */
DMARING_API int dmaring_release_batch(struct dmaring *stream,
				      const struct dmaring_frame *frames,
				      unsigned int count);

/**
 * dmaring_get() - playback: take an empty buffer, to fill it
 * @stream:     the handle.
 * @frame:      filled with the buffer's descriptor, which tells what became of the
 *              frame that was in it: see linux/dmaring.h.
 * @timeout_ms: how long to wait, as in dmaring_next().
 *
 * The buffer is the caller's until dmaring_put(), or dmaring_release() to give it
 * back unfilled.  Buffers can be had before dmaring_start(), all of them: so the
 * card finds frames when it starts.  What dmaring_stop() leaves unsent comes back
 * with %DMARING_FRAME_UNSENT, its content and bytes_used as they were.
 *
 * Return: what dmaring_next() returns; -EOPNOTSUPP of a capture stream.
 */
DMARING_API int dmaring_get(struct dmaring *stream, struct dmaring_frame *frame,
			    int timeout_ms);

/**
 * dmaring_get_batch() - playback: take several empty buffers
 * @stream:     the handle.
 * @frames:     room for @count descriptors.
 * @count:      most buffers to take, at least 1.
 * @timeout_ms: how long to wait for the first one.
 *
 * Return: how many were taken, at least 1; else what dmaring_get() returns.
 */
DMARING_API int dmaring_get_batch(struct dmaring *stream,
				  struct dmaring_frame *frames,
				  unsigned int count, int timeout_ms);

/**
 * dmaring_put() - playback: submit a frame
 * @stream: the handle.
 * @frame:  as dmaring_get() filled it, with bytes_used set to the bytes of the
 *          frame: 1 .. info.buffer_size.  Only that, the buffer and the cookie
 *          matter.
 *
 * Frames are sent in the order in which they were submitted.  With the ring there
 * is no system call while the card has enough of them.
 *
 * Return: 0; -EINVAL for a length, or a buffer, that cannot be; -ESTALE when the
 * caller does not hold that buffer (submitted twice); -EOPNOTSUPP of a capture
 * stream; -ENODEV.
 */
DMARING_API int dmaring_put(struct dmaring *stream,
			    const struct dmaring_frame *frame);

/**
 * dmaring_put_batch() - playback: submit several frames
 * @stream: the handle.
 * @frames: in the order in which they are to be sent.
 * @count:  how many.
 *
 * Return: what dmaring_put() returns; if one of them cannot be submitted, none is.
 */
DMARING_API int dmaring_put_batch(struct dmaring *stream,
				  const struct dmaring_frame *frames,
				  unsigned int count);

/**
 * dmaring_drain() - playback: wait until all that was submitted is sent
 * @stream: the handle.
 *
 * Return: 0; -EINTR (a signal handler without SA_RESTART ran); -EBADFD (not
 * started, or stopped by another thread); -EIO; -EOPNOTSUPP of a capture stream;
 * -ENODEV.
 */
DMARING_API int dmaring_drain(struct dmaring *stream);

/**
 * dmaring_set_eventfd() - signal an eventfd(2) when frames wait
 * @stream: the handle.
 * @fd:     the eventfd, which stays the caller's; -1: none any more.
 *
 * The kernel signals it when frames came that leave the watermark reached, once
 * for several that came together, and when the stream stops, fails or goes away.
 *
 * Return: 0; -EBADF or -EINVAL when @fd is no eventfd; -ENODEV.
 */
DMARING_API int dmaring_set_eventfd(struct dmaring *stream, int fd);

/**
 * dmaring_export() - a buffer as a dma-buf, for other drivers
 * @stream: the handle.
 * @index:  0 .. info.buffers - 1.
 * @flags:  O_RDWR or O_RDONLY of fcntl.h, and O_CLOEXEC if wanted.
 * @fd:     where the new descriptor goes; the caller closes it.
 *
 * Others may use the dma-buf from when a frame in that buffer was taken until it is
 * released.  See struct dmaring_export for what holds after that, and for what
 * O_RDONLY refuses.
 *
 * Return: 0; -EOPNOTSUPP where buffers are not made of pages, or the kernel has no
 * dma-bufs; -EACCES when the handle is read-only; -ENOTCONN for a monitor; -EBUSY
 * when others still refer to the buffer, who have no right to it any more; -ENOSPC
 * when there are %DMARING_EXPORTS_MAX of the buffer; -EMFILE, -ENFILE, -EINVAL,
 * -ENOMEM or -ENODEV.
 */
DMARING_API int dmaring_export(struct dmaring *stream, uint32_t index,
			       uint32_t flags, int *fd);

/**
 * dmaring_data() - the bytes of a frame
 * @stream: the handle.
 * @frame:  as dmaring_next() filled it.
 *
 * The first frame->bytes_used bytes are the frame.  They are valid until it is
 * released.  A touch raises SIGBUS once the card is gone, unless it was opened with
 * DMARING_OPEN_ZEROES.
 *
 * Return: the address; NULL if frame->buffer is no buffer of this stream or
 * the handle is a monitor.
 */
DMARING_API const void *dmaring_data(const struct dmaring *stream,
				     const struct dmaring_frame *frame);

/**
 * dmaring_data_rw() - playback: the bytes of a buffer, to fill them
 * @stream: the handle.
 * @frame:  as dmaring_get() filled it.
 *
 * There are info.buffer_size of them, the caller's until dmaring_put().  A touch
 * raises SIGBUS once the card is gone.
 *
 * Return: the address; NULL if frame->buffer is no buffer of this stream, or it is
 * a capture stream or a monitor.
 */
DMARING_API void *dmaring_data_rw(const struct dmaring *stream,
				  const struct dmaring_frame *frame);

/**
 * dmaring_headroom() - room for a prefix directly in front of a frame
 * @stream: opened with options.headroom, or without.
 * @frame:  as dmaring_next() or dmaring_get() filled it.
 * @bytes:  of the prefix, at most options.headroom.
 *
 * What is written to the @bytes bytes and the bytes of the frame lie in a row: one call
 * of write(2), send(2) or zmq_msg_init_data() takes both, and the frame is not copied.
 * They are memory of this process alone, also where the frame can only be read, and
 * after the card is gone.  Each buffer has its own; it is the caller's while the frame
 * is, and keeps what is in it.  A child of fork() does not inherit it.
 *
 * Return: the address, where the prefix begins; dmaring_data() is @bytes behind it.
 * NULL if there is not so much room, frame->buffer is no buffer of this stream, or the
 * handle is a monitor.
 */
DMARING_API void *dmaring_headroom(const struct dmaring *stream,
				   const struct dmaring_frame *frame,
				   size_t bytes);

/**
 * dmaring_fd() - the file descriptor, for poll, select, epoll
 * @stream: the handle.
 *
 * EPOLLIN means that dmaring_next(…, 0) has a frame; EPOLLOUT that dmaring_get(…,
 * 0) has a buffer.  Do not close the
 * descriptor.  Do not read() it, unless the application never calls
 * dmaring_next().
 *
 * Return: the descriptor; it belongs to the handle.
 */
DMARING_API int dmaring_fd(const struct dmaring *stream);

/**
 * dmaring_get_info() - the stream, its pool and its format, as of now
 * @stream: the handle.
 * @info:   filled.
 *
 * Return: 0; -ENODEV.
 */
DMARING_API int dmaring_get_info(const struct dmaring *stream,
				 struct dmaring_info *info);

/**
 * dmaring_get_stats() - counters of the stream and of this consumer
 * @stream: the handle.
 * @stats:  filled, all from one instant.
 *
 * Return: 0; -ENODEV.
 */
DMARING_API int dmaring_get_stats(const struct dmaring *stream,
				  struct dmaring_stats *stats);

/**
 * dmaring_get_stats_of() - counters of the stream and of any consumer
 * @stream:   the handle; it need not be attached.
 * @consumer: number of the consumer; bit n of stats.consumers says whether
 *            there is a consumer n.
 * @stats:    filled, all from one instant.
 *
 * Return: 0; -ENOENT (no such consumer, perhaps not any more); -ENODEV.
 */
DMARING_API int dmaring_get_stats_of(const struct dmaring *stream,
				     uint32_t consumer,
				     struct dmaring_stats *stats);

/**
 * dmaring_get_buffer() - one buffer of the pool
 * @stream: the handle.
 * @index:  0 .. info.buffers - 1.
 * @buffer: filled for segment 0.
 *
 * Return: 0; -EINVAL for an index out of range; -ENODEV.
 */
DMARING_API int dmaring_get_buffer(const struct dmaring *stream, uint32_t index,
				   struct dmaring_buffer *buffer);

/**
 * dmaring_get_segment() - one segment that a buffer has on the bus
 * @stream:  the handle.
 * @index:   0 .. info.buffers - 1.
 * @segment: 0 .. buffer.segments - 1.
 * @buffer:  filled for that segment.
 *
 * Return: 0; -EINVAL for an index or a segment out of range; -ENODEV.
 */
DMARING_API int dmaring_get_segment(const struct dmaring *stream, uint32_t index,
				    uint32_t segment,
				    struct dmaring_buffer *buffer);

/**
 * dmaring_get_format_range() - one row of the list of what the card can make
 * @stream: the handle.
 * @index:  0 .. info.formats - 1.
 * @range:  filled.
 *
 * Return: 0; -EINVAL for an index out of range; -ENODEV.
 */
DMARING_API int dmaring_get_format_range(const struct dmaring *stream,
					 uint32_t index,
					 struct dmaring_format_range *range);

/**
 * dmaring_try_format() - what would come of a format
 * @stream: the handle.
 * @format: what frames shall look like, 0 for what may stay as it is; on success
 *          what they would look like.  See struct dmaring_set_format.
 * @flags:  0, or DMARING_SET_FORMAT_RATE if the rate is meant, too.
 *
 * Return: 0, or what dmaring_set_format() would return.
 */
DMARING_API int dmaring_try_format(const struct dmaring *stream,
				   struct dmaring_format *format,
				   uint32_t flags);

/**
 * dmaring_set_format() - change what frames look like
 * @stream: the handle; not one to read only, and stopped.
 * @format: as of dmaring_try_format(); on success what they look like.
 * @flags:  as of dmaring_try_format().
 *
 * It is done before somebody starts the stream.  Frames tell by format_seq whether
 * they have another format than the frames before: then dmaring_get_info() tells
 * which.
 *
 * Return: 0; -EACCES for a handle to read only; -EBUSY while somebody runs, or has
 * the stream alone; -EINVAL when the card has no such pixel format; -ERANGE for a
 * width, height, rate, count of channels or of bytes a line that it has not;
 * -EMSGSIZE when a frame would not fit into a buffer; -EOPNOTSUPP when nothing can
 * be set; -ENODEV.
 */
DMARING_API int dmaring_set_format(const struct dmaring *stream,
				   struct dmaring_format *format,
				   uint32_t flags);

/**
 * dmaring_get_meta() - one field of the metadata that frames have
 * @stream: the handle.
 * @index:  0 .. info.meta_fields - 1.
 * @field:  filled: its name, its unit, its type.
 *
 * Return: 0; -EINVAL for an index out of range; -ENODEV.
 */
DMARING_API int dmaring_get_meta(const struct dmaring *stream, uint32_t index,
				 struct dmaring_meta *field);

/**
 * struct dmaring_meta_value - what a field says of a frame
 * @type:     enum dmaring_meta_type: which of the next is it.
 * @reserved: 0.
 * @u:        of unsigned types.
 * @s:        of signed types.
 * @f:        of floating-point types.
 */
struct dmaring_meta_value {
	uint32_t type;
	uint32_t reserved;
	union {
		uint64_t u;
		int64_t s;
		double f;
	};
};

/**
 * dmaring_frame_meta() - what the card says of a frame, by the field's name
 * @stream: the handle.
 * @frame:  a frame that was taken, in whichever way, and not released.
 * @name:   of the field, as "ExposureTime".
 * @value:  filled.
 *
 * A frame of which the card says nothing has zeroes.  Once the card is gone, it is
 * SIGBUS as it is to touch the frame.
 *
 * Return: 0; -ENOENT when frames have no such field; -ESTALE when the frame is not
 * held; -EPROTONOSUPPORT for a type that this library does not know.
 */
DMARING_API int dmaring_frame_meta(const struct dmaring *stream,
				   const struct dmaring_frame *frame,
				   const char *name,
				   struct dmaring_meta_value *value);

/**
 * dmaring_get_region() - one region of the card's own memory
 * @stream: the handle.
 * @index:  0 .. info.regions - 1.
 * @region: filled.
 *
 * Return: 0; -EINVAL for an index out of range; -ENODEV.
 */
DMARING_API int dmaring_get_region(const struct dmaring *stream, uint32_t index,
				   struct dmaring_region *region);

/**
 * dmaring_read_region() - read the card's own memory
 * @stream: the handle.
 * @index:  which region.
 * @offset: of the first byte in the region.
 * @to:     room for @bytes.
 * @bytes:  how many to read; all are read, or the call fails.
 *
 * The kernel reads with the access width that the card understands.
 *
 * Return: 0; -EINVAL when there is no such region or it ends before that; -EBUSY
 * when the card sleeps or has other things to do; -EOPNOTSUPP when it can only be
 * mapped; -ENODEV; what the card's driver says.
 */
DMARING_API int dmaring_read_region(const struct dmaring *stream, uint32_t index,
				    uint64_t offset, void *to, size_t bytes);

/**
 * dmaring_map_region() - map a region of the card's own memory, to be read
 * @stream:  the handle.
 * @index:   which region.
 * @address: where to put the address of its first byte.
 *
 * Read it with accesses of region.width bytes, where that is more than 1.  It has
 * region.length bytes and is the caller's: munmap(2) ends it, dmaring_close() does
 * not.  A touch raises SIGBUS once the card is gone.
 *
 * Return: 0; -EINVAL for an index out of range; -EOPNOTSUPP when it can only be
 * read; -ENODEV; as mmap(2) does.
 */
DMARING_API int dmaring_map_region(const struct dmaring *stream, uint32_t index,
				   const volatile void **address);

/**
 * dmaring_get_control_info() - one control of the card
 * @stream: the handle; it need not be attached.
 * @index:  0 .. info.controls - 1.
 * @item:   of a menu: which item is named in control_info.text; else 0.
 * @info:   filled.
 *
 * Return: 0; -EINVAL for an index or an item out of range; -ENODEV.
 */
DMARING_API int dmaring_get_control_info(const struct dmaring *stream,
					 uint32_t index, uint32_t item,
					 struct dmaring_control_info *info);

/**
 * dmaring_find_control() - the control of that name
 * @stream: the handle; it need not be attached.
 * @name:   for example "ExposureTime".
 * @info:   filled, for item 0.
 *
 * Return: 0; -ENOENT; -ENODEV.
 */
DMARING_API int dmaring_find_control(const struct dmaring *stream,
				     const char *name,
				     struct dmaring_control_info *info);

/**
 * dmaring_get_control() - the value of a control
 * @stream: the handle; it need not be attached.
 * @name:   its name; not of a text.
 * @value:  filled; of a menu, the number of the item.
 *
 * Return: 0; -ENOENT (no such control); -EINVAL (a text); -EBUSY (the card
 * sleeps); -EIO (the card says nonsense); -ENODEV; what the card's driver says.
 */
DMARING_API int dmaring_get_control(const struct dmaring *stream,
				    const char *name, int64_t *value);

/**
 * dmaring_set_control() - set a control, or push a button
 * @stream: the handle, not opened to read only; it need not be attached.
 * @name:   its name; not of a text.
 * @value:  of a menu, the number of the item; of a button, 0.
 *
 * Return: what dmaring_set_controls() returns; -ENOENT (no such control).
 */
DMARING_API int dmaring_set_control(const struct dmaring *stream,
				    const char *name, int64_t value);

/**
 * dmaring_get_control_text() - the text of a control, or the item of a menu
 * @stream: the handle; it need not be attached.
 * @name:   its name.
 * @text:   filled, NUL-terminated.
 *
 * Return: as dmaring_get_control(); -EINVAL (neither text nor menu).
 */
DMARING_API int dmaring_get_control_text(const struct dmaring *stream,
					 const char *name,
					 char text[DMARING_CONTROL_TEXT]);

/**
 * dmaring_set_control_text() - set a text, or a menu to the item of that name
 * @stream: the handle, not opened to read only; it need not be attached.
 * @name:   its name.
 * @text:   the text, or the name of the item.
 *
 * Return: what dmaring_set_controls() returns; -ENOENT (no such control);
 * -ERANGE (no such item, or too long).
 */
DMARING_API int dmaring_set_control_text(const struct dmaring *stream,
					 const char *name, const char *text);

/**
 * dmaring_get_controls() - the values of several controls
 * @stream: the handle; it need not be attached.
 * @values: an array with the index of each; the values are filled in.
 * @count:  how many, at most DMARING_CONTROLS_MAX.
 * @bad:    NULL, or the position of the one that is the reason of a failure;
 *          @count if none is.
 *
 * Return: as dmaring_get_control().
 */
DMARING_API int dmaring_get_controls(const struct dmaring *stream,
				     struct dmaring_control_value *values,
				     uint32_t count, uint32_t *bad);

/**
 * dmaring_set_controls() - set several controls, or none of them
 * @stream:  the handle, not opened to read only; it need not be attached.
 * @values:  an array of indices and values.
 * @count:   how many, at most DMARING_CONTROLS_MAX.
 * @control_seq: NULL, or filled: frames that are complete from now on have at
 *           least this frame.control_seq.
 * @bad:     NULL, or the position of the one that is the reason of a failure;
 *           @count if none is.
 *
 * A change is told by POLLPRI to everybody who polls dmaring_fd().
 *
 * Return: 0; -ERANGE (not in its range, or between two steps); -EPERM (it is
 * read-only); -EBUSY (not while the card runs or sleeps, or not now); -EACCES (the
 * handle is to read only); -EINVAL (no such control, twice, two buttons, of another
 * type); -EIO (the card does not answer); -ENODEV; -ENOTTY (the driver is too old);
 * what the card's driver says.  Then none has changed.
 */
DMARING_API int dmaring_set_controls(const struct dmaring *stream,
				     const struct dmaring_control_value *values,
				     uint32_t count, uint32_t *control_seq,
				     uint32_t *bad);

/**
 * dmaring_import() - lend memory, into which the card then writes frames
 * @stream:  opened with DMARING_OPEN_IMPORT, not started.
 * @address: any memory that the application can write: of malloc(3), of mmap(2)
 *           of nothing or of a memfd, huge pages.
 * @bytes:   how much, at least info.format.frame_bytes.
 * @index:   its index, as frame.buffer tells it; NULL: not wanted.
 *
 * The stream is then the application's alone.  The memory stays pinned until
 * dmaring_close(), and counts against RLIMIT_MEMLOCK.  No other thread may call
 * anything on the stream meanwhile.  linux/dmaring.h says more: see IMPORT.
 *
 * Return: 0; -E2BIG (more pieces than the card gathers: see dmaring_alloc());
 * -ERANGE (where the card cannot reach it); -ENOMEM (or RLIMIT_MEMLOCK);
 * -EBUSY (started, or others are attached); -EFAULT, -EOPNOTSUPP (it cannot be
 * lent); -EMSGSIZE (a frame does not fit); -ENOSPC (as many as the pool has);
 * -EINVAL; -ETIMEDOUT; -ENODEV; -ENOTTY (the driver is too old).
 */
DMARING_API int dmaring_import(struct dmaring *stream, void *address,
			       size_t bytes, uint32_t *index);

/**
 * dmaring_import_dmabuf() - lend a dma-buf, or a part of it
 * @stream:  opened with DMARING_OPEN_IMPORT, not started.
 * @fd:      the dma-buf, which stays the caller's and can be closed.
 * @offset:  where the memory begins in it, bytes.
 * @bytes:   how much, at least info.format.frame_bytes.
 * @index:   its index, as frame.buffer tells it; NULL: not wanted.
 *
 * dmaring_data() knows no address for its frames.  Accesses by the CPU need
 * DMA_BUF_IOCTL_SYNC.
 *
 * Return: what dmaring_import() returns; -EBADF or -EINVAL when it is no dma-buf;
 * -EACCES when it was exported for reading only.
 */
DMARING_API int dmaring_import_dmabuf(struct dmaring *stream, int fd,
				      uint64_t offset, size_t bytes,
				      uint32_t *index);

/**
 * enum dmaring_alloc_flags - flags of dmaring_alloc()
 * @DMARING_ALLOC_CONTIGUOUS: the card sees it in one piece.  Behind an IOMMU that
 *                            is any memory.  Without one it is a page, or a huge
 *                            page of the operator (vm.nr_hugepages) or of the
 *                            kernel's making (2 MiB on x86-64); more than that is
 *                            luck.
 * @DMARING_ALLOC_LIMITED:    where memory lies that the card cannot reach, look
 *                            on, and keep what is of no use until something is
 *                            found.  It is a search: it may take long, and find
 *                            nothing.  Without it, what the system gives first
 *                            must do.  Either way the card reaches what is given.
 */
enum dmaring_alloc_flags {
	DMARING_ALLOC_CONTIGUOUS	= 1U << 0,
	DMARING_ALLOC_LIMITED		= 1U << 1,
};

/**
 * struct dmaring_area_segment - a piece of memory as the card sees it
 * @bus_address: where it is; 0 without CAP_SYS_ADMIN.
 * @bytes:       how long it is.
 */
struct dmaring_area_segment {
	uint64_t bus_address;
	uint64_t bytes;
};

/**
 * struct dmaring_area - memory that was allocated for the card, and lent to it
 * @address:       where it is; whole pages.
 * @bytes:         as many as were asked for.
 * @index:         index of the buffer, as frame.buffer tells it.
 * @segment_count: pieces of it on the bus.
 * @segments:      these, in order.
 * @mapped:        the library's.
 * @mapped_bytes:  the library's.
 */
struct dmaring_area {
	void *address;
	size_t bytes;
	uint32_t index;
	uint32_t segment_count;
	struct dmaring_area_segment *segments;
	void *mapped;
	size_t mapped_bytes;
};

/**
 * dmaring_alloc() - memory that the card can reach, as malloc(3) is for the CPU
 * @stream: opened with DMARING_OPEN_IMPORT, not started.
 * @bytes:  how much, at least info.format.frame_bytes.
 * @flags:  enum dmaring_alloc_flags.
 * @area:   filled; on failure it is all zero.
 *
 * The memory is zero and lent as dmaring_import() lends it.  Plain memory is
 * tried first; where it has more pieces than the card gathers, or more than one and
 * that matters, then huge pages of the operator, then those of the kernel's making.
 *
 * Return: what dmaring_import() returns; -E2BIG and -ERANGE of the last attempt.
 */
DMARING_API int dmaring_alloc(struct dmaring *stream, size_t bytes,
			      uint32_t flags, struct dmaring_area *area);

/**
 * dmaring_free() - unmap memory that dmaring_alloc() gave
 * @area: the memory, or all zero.  It is all zero afterwards.
 *
 * The pages go back to the system when the stream is closed, too, in any order;
 * until then the card may write them.
 */
DMARING_API void dmaring_free(struct dmaring_area *area);

/**
 * dmaring_loss_between() - what was lost between two frames
 * @before: the frame taken first.
 * @after:  the frame taken next by the same consumer.
 * @loss:   filled.
 */
DMARING_API void dmaring_loss_between(const struct dmaring_frame *before,
				      const struct dmaring_frame *after,
				      struct dmaring_loss *loss);

/* A name of dmaring_format_describe(), with its NUL */
#define DMARING_NAME_BYTES 64

/**
 * enum dmaring_description_flags - description.flags
 * @DMARING_DESCRIPTION_PACKED:  pixels share bytes, as MIPI CSI-2 packs them: they
 *                               have to be unpacked before anybody can compute.
 * @DMARING_DESCRIPTION_SAMPLES: samples in time, not pixels.
 */
enum dmaring_description_flags {
	DMARING_DESCRIPTION_PACKED	= 1U << 0,
	DMARING_DESCRIPTION_SAMPLES	= 1U << 1,
};

/**
 * struct dmaring_format_description - a format, and what others call it
 * @size:               sizeof(struct dmaring_format_description), set by the caller,
 *                      so that it can grow.
 * @flags:              enum dmaring_description_flags.
 * @kind:               enum dmaring_format_kind; see dmaring/format.h.
 * @order:              enum dmaring_format_order.
 * @components:         in a line, of each pixel or of each channel's sample; 0: raw
 *                      bytes.
 * @bits:               that a component has.
 * @storage_bits:       that it takes in memory.
 * @line_bytes:         bytes of a line without padding.
 * @name:               "Y10"; "raw" for raw bytes.
 * @v4l2:               the macro of linux/videodev2.h, "V4L2_PIX_FMT_Y10".
 * @genicam:            the name in GenICam's Pixel Format Naming Convention, "Mono10",
 *                      where each bit lies in the same place.
 * @gstreamer:          caps, "video/x-raw,format=GRAY8,width=640,height=480,
 *                      framerate=30/1".  GStreamer expects lines of a multiple of 4
 *                      bytes; others need a GstVideoMeta with bytes_per_line.
 * @numpy_dtype:        of an element, "<u2"; a list of fields for CS16.
 * @numpy_dimensions:   how many of the next two there are.
 * @numpy_shape:        elements, the outermost dimension first.  Bytes of a line, if
 *                      pixels are packed.
 * @numpy_strides:      bytes from one to the next in each dimension, with the padding
 *                      of lines.
 * @tiff_bits:          BitsPerSample of a TIFF file with these components, unpacked.
 * @tiff_samples:       SamplesPerPixel.
 * @tiff_photometric:   PhotometricInterpretation; 32803, CFA, of a mosaic.
 * @tiff_sample_format: SampleFormat: 1 unsigned, 2 signed, 3 float, 5 complex.
 * @png_bits:           bit depth of a PNG file; 0: samples are no picture.
 * @png_colour_type:    colour type: 0 grey, 2 colour, into which a mosaic and YUV
 *                      have to be converted.
 * @reserved:           0.
 *
 * A name is "" where there is none.
 */
struct dmaring_format_description {
	uint32_t size;
	uint32_t flags;
	uint32_t kind;
	uint32_t order;
	uint32_t components;
	uint32_t bits;
	uint32_t storage_bits;
	uint32_t numpy_dimensions;
	uint64_t line_bytes;
	char name[DMARING_NAME_BYTES];
	char v4l2[DMARING_NAME_BYTES];
	char genicam[DMARING_NAME_BYTES];
	char gstreamer[2 * DMARING_NAME_BYTES];
	char numpy_dtype[DMARING_NAME_BYTES];
	uint64_t numpy_shape[4];
	uint64_t numpy_strides[4];
	uint32_t tiff_bits;
	uint32_t tiff_samples;
	uint32_t tiff_photometric;
	uint32_t tiff_sample_format;
	uint32_t png_bits;
	uint32_t png_colour_type;
	uint32_t reserved[8];
};

/**
 * dmaring_format_describe() - what a frame consists of, in the words of others
 * @format:      of a stream, info.format; or one that the caller has made up.
 * @description: filled, as much of it as its size says; on failure it is as it was.
 *
 * Raw bytes, which have no pixelformat, are described, too: as a row of them.
 *
 * Return: 0; -EINVAL when @description has a wrong size, or the lines or the frame
 * of @format are shorter than its pixels; -ENOENT when the library knows no such
 * format.
 */
DMARING_API int dmaring_format_describe(const struct dmaring_format *format,
					struct dmaring_format_description *description);

/**
 * dmaring_error() - why the last call of this thread failed, as a sentence
 *
 * The sentence says what happened, to what, and what to do next.  It is for
 * people, not to be parsed.  Only calls that fail change it.
 *
 * Return: a string of the thread's own, valid until its next failing call;
 * "" before the first failure.
 */
DMARING_API const char *dmaring_error(void);

/**
 * dmaring_limit_name() - name of what limited the pool
 * @limit: enum dmaring_pool_limit.
 *
 * Return: a constant string, for example "dma_mask"; "unknown" for any other.
 */
DMARING_API const char *dmaring_limit_name(uint32_t limit);

/**
 * dmaring_version() - version of the library, "major.minor.patch"
 *
 * Return: a constant string.
 */
DMARING_API const char *dmaring_version(void);

#ifdef __cplusplus
}
#endif

#endif /* LIBDMARING_H */
