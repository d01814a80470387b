/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * dmaring: frames from PCIe cards, without copying them
 *
 * This file is the only definition of the interface between the kernel and
 * applications.
 *
 * A stream (/dev/dmaringN) owns a pool of DMA buffers.  An open file becomes
 * a consumer of the stream with ATTACH, maps the buffers once and says START.
 * From then on the kernel tells it, frame by frame, which buffer is full.  The
 * application must give back every frame that it took, with RELEASE; the
 * buffer can then be filled again.
 *
 *	open -> INFO -> ATTACH -> BUFFER, mmap (each buffer) -> START
 *	     -> { poll; read or DEQUEUE; use the frame; RELEASE } ...
 *	     -> STOP -> munmap -> DETACH or close
 *
 * An application can also take and release frames without any system call,
 * through a ring that it shares with the kernel: see "shared ring" below.
 *
 * A playback stream goes the other way, from memory to the card: see "playback"
 * below.
 *
 * These rules hold for every structure given to ioctl(2):
 *
 * * The first field, @size, is the number of bytes of the structure that the
 *   application knows: set it to sizeof() the structure.  A size below that of
 *   the first published version (the _VER0 constants) is EINVAL.  A size above
 *   4096 is E2BIG.  If the application's structure is longer than the kernel's,
 *   the part that the kernel does not know must be zero, else the call is
 *   E2BIG.  On success the kernel sets @size to the number of bytes that it
 *   knows; it never writes more bytes than the application offered.
 * * The kernel reads fields marked [in], writes fields marked [out], and does
 *   both with fields marked [in,out].  Fields named reserved, and flag bits
 *   that this file does not define, must be zero on the way in, else the call
 *   is EINVAL.  They are zero on the way out.
 * * All integers have the machine's byte order.  The layout is the same for
 *   32-bit and 64-bit programs.  Pointers travel as 64-bit integers.
 *
 * Each errno means the same for every call, unless the command says otherwise:
 *
 *	EAGAIN		no frame waits and the call must not sleep
 *	EBADFD		this consumer is stopped and no frame waits: START first
 *	EFAULT		a pointer is bad; nothing was taken, released or lost
 *			(DEQUEUE tells in @release what was given back)
 *	EINTR		a signal's handler ran before the first frame; a call
 *			that waits for ever goes on instead if the handler has
 *			SA_RESTART
 *	EINVAL		a size, flag, reserved field, index or count is wrong
 *	EIO		the card reported an error that it cannot recover from;
 *			STOP and START again to retry
 *	ENODEV		the card is gone (unbound, unplugged); close the file
 *	ENOMEM		the kernel has no memory for its side of the call (open,
 *			ATTACH, RING, EVENTFD, EXPORT, mmap)
 *	ENOTCONN	this open file is not attached: ATTACH first
 *	ENOTTY		there is no such command
 *	EOPNOTSUPP	the stream goes the other way: capture or playback
 *	EPROTO		the application wrote nonsense into its shared ring;
 *			STOP and START again
 *	E2BIG		the structure is longer than 4096 bytes, or has a
 *			non-zero part that this kernel does not know
 *
 * A call that fails has changed nothing, except where the command says so.
 */
#ifndef _UAPI_LINUX_DMARING_H
#define _UAPI_LINUX_DMARING_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* ------------------------------------------------------------------ frames */

/**
 * DOC: flags of a frame
 *
 * %DMARING_FRAME_ERROR: the card says that the content is damaged.
 *
 * %DMARING_FRAME_DISCONTINUITY: an unknown number of frames may be missing
 * before this one (suspend, reset, a card that cannot count its losses).
 *
 * %DMARING_FRAME_HW_TIMESTAMP: the card took @timestamp_ns, and its driver
 * mapped it to CLOCK_MONOTONIC.  Without this flag, the time is that of the
 * completion.
 *
 * %DMARING_FRAME_TRUNCATED: the frame had more than the buffer has room for, or
 * its end never came.  The @bytes_used bytes that are there are good.
 *
 * %DMARING_FRAME_UNSENT: playback: the frame that was in the buffer was not sent.
 */
#define DMARING_FRAME_ERROR		(1U << 0)
#define DMARING_FRAME_DISCONTINUITY	(1U << 1)
#define DMARING_FRAME_HW_TIMESTAMP	(1U << 2)
#define DMARING_FRAME_TRUNCATED		(1U << 3)
#define DMARING_FRAME_UNSENT		(1U << 4)

/**
 * struct dmaring_frame - one completed transfer, as read() and DEQUEUE return it
 * @cookie:         names this publication of this buffer; give it to RELEASE.
 *                  It is opaque, never 0, and is not used again in the life of
 *                  the stream.
 * @sequence:       number of the frame.  It counts all frames that the card
 *                  produced since the stream exists, lost ones included.
 * @overruns_total: how many of the frames before this one were overruns.  It is
 *                  the same for every consumer and never changes afterwards.
 *                  Between two frames a and b that a consumer took one after
 *                  the other, b.sequence - a.sequence - 1 are missing.  Of
 *                  these, b.overruns_total - a.overruns_total were overruns;
 *                  the consumer's own policy dropped the others.
 * @timestamp_ns:   when the frame was complete, CLOCK_MONOTONIC, nanoseconds.
 * @buffer:         index of the buffer that holds it, 0 .. info.buffers - 1.
 * @bytes_used:     bytes of the frame, 0 .. info.buffer_size.  The frame begins
 *                  where the buffer begins.
 * @flags:          DMARING_FRAME_*.
 * @format_seq:     which format it has: info.format_seq at that time.
 * @hw_meta:        the card's own word; its hardware driver says what it means.
 * @control_seq:    which values the controls had when it was complete:
 *                  info.control_seq at that time.
 * @reserved:       0.
 *
 * A descriptor has 64 bytes.  A longer one of a later version will begin with
 * these fields.  read() and DEQUEUE step by the frame_stride agreed at ATTACH.
 */
struct dmaring_frame {
	__aligned_u64 cookie;
	__aligned_u64 sequence;
	__aligned_u64 overruns_total;
	__aligned_u64 timestamp_ns;
	__u32 buffer;
	__u32 bytes_used;
	__u32 flags;
	__u32 format_seq;
	__aligned_u64 hw_meta;
	__u32 control_seq;
	__u32 reserved;
};

#define DMARING_FRAME_SIZE_VER0		64
#define DMARING_FRAME_STRIDE_MAX	256

/**
 * struct dmaring_format - what a frame looks like
 * @width:            pixels of a line, or samples of each channel; 0: raw bytes.
 * @height:           lines; 1 for samples; 0: raw bytes.
 * @pixelformat:      a fourcc, for example 'GREY': dmaring/format.h has the table
 *                    of them; 0: raw bytes.
 * @bytes_per_line:   bytes from the beginning of a line to that of the next; of a
 *                    planar format, in its first plane.
 * @frame_bytes:      bytes of a whole frame, at most info.buffer_size.
 * @channels:         samples: how many channels are interleaved; 1 for pixels.
 * @rate_numerator:   frames a second, or samples a second of each channel, are
 * @rate_denominator: @rate_numerator / @rate_denominator.  0/0: nobody knows, as
 *                    of a card that is triggered, or makes as many as it can.
 * @reserved:         0.
 */
struct dmaring_format {
	__u32 width;
	__u32 height;
	__u32 pixelformat;
	__u32 bytes_per_line;
	__u32 frame_bytes;
	__u32 channels;
	__u32 rate_numerator;
	__u32 rate_denominator;
	__u32 reserved[4];
};

#define DMARING_FOURCC(a, b, c, d) \
	((__u32)(a) | ((__u32)(b) << 8) | ((__u32)(c) << 16) | ((__u32)(d) << 24))
#define DMARING_PIXELFORMAT_GREY	DMARING_FOURCC('G', 'R', 'E', 'Y')
#define DMARING_CHANNELS_MAX		1024U

/* -------------------------------------------------------------------- INFO */

/**
 * enum dmaring_pool_limit - why the pool has no more buffers
 * @DMARING_LIMIT_NONE:     it has as many as were asked for.
 * @DMARING_LIMIT_CAP:      more would leave the system less than the reserve.
 * @DMARING_LIMIT_MEMORY:   there is no free block of memory of that size.
 * @DMARING_LIMIT_DMA_MASK: memory is free, but not where the card can reach it.
 * @DMARING_LIMIT_IOVA:     the IOMMU has no free range of bus addresses.
 * @DMARING_LIMIT_ORDER:    a buffer is larger than the largest block of the
 *                          page allocator.
 * @DMARING_LIMIT_COUNT:    it has %DMARING_BUFFERS_MAX, or as many as the card
 *                          knows.
 * @DMARING_LIMIT_SEGMENTS: a buffer of blocks that can be had has more pieces
 *                          than the card gathers.
 */
enum dmaring_pool_limit {
	DMARING_LIMIT_NONE	= 0,
	DMARING_LIMIT_CAP	= 1,
	DMARING_LIMIT_MEMORY	= 2,
	DMARING_LIMIT_DMA_MASK	= 3,
	DMARING_LIMIT_IOVA	= 4,
	DMARING_LIMIT_ORDER	= 5,
	DMARING_LIMIT_COUNT	= 6,
	DMARING_LIMIT_SEGMENTS	= 7,
};

/**
 * enum dmaring_memory_id - what the buffers are made of
 * @DMARING_MEMORY_COHERENT: memory that card and CPU see alike.  Mappings are
 *                           made of page frame numbers.
 * @DMARING_MEMORY_PAGES:    pages.  Mappings are made of the pages, and whatever
 *                           refers to memory of a program accepts them.
 * @DMARING_MEMORY_USER:     memory of the application, which it lends with IMPORT.
 * @DMARING_MEMORY_DMABUF:   a dma-buf, which it lends with IMPORT.
 *
 * A pool is of one of the first two.
 */
enum dmaring_memory_id {
	DMARING_MEMORY_COHERENT	= 1,
	DMARING_MEMORY_PAGES	= 2,
	DMARING_MEMORY_USER	= 3,
	DMARING_MEMORY_DMABUF	= 4,
};

/**
 * enum dmaring_direction - which way the frames of a stream go
 * @DMARING_CAPTURE:  from the card to memory.
 * @DMARING_PLAYBACK: from memory to the card.
 */
enum dmaring_direction {
	DMARING_CAPTURE		= 0,
	DMARING_PLAYBACK	= 1,
};

#define DMARING_BUFFERS_MAX	65536U

/* info.caps: what this stream can do */
#define DMARING_CAP_TEST_PATTERN	(1ULL << 0) /* hw_meta: see dmaring/pattern.h */
#define DMARING_CAP_DIRECT_IO		(1ULL << 1) /* mappings accept O_DIRECT */
#define DMARING_CAP_PLAYBACK		(1ULL << 2) /* from memory to the card */
#define DMARING_CAP_IMPORT		(1ULL << 3) /* IMPORT */
#define DMARING_CAP_EXPORT		(1ULL << 4) /* EXPORT */
#define DMARING_CAP_CONTROLS		(1ULL << 5) /* CONTROL_INFO and CONTROLS */
#define DMARING_CAP_META		(1ULL << 6) /* META */

/* info.features and attach.features */
#define DMARING_FEATURE_RING		(1ULL << 0) /* RING and KICK */
#define DMARING_FEATURE_WATERMARK	(1ULL << 1) /* attach.watermark above 1 */
#define DMARING_FEATURE_EVENTFD		(1ULL << 2) /* EVENTFD */
#define DMARING_FEATURE_META		(1ULL << 3) /* mappings of metadata */
#define DMARING_FEATURE_ZEROES		(1ULL << 4) /* once the card is gone: see BUFFER */

/* info.state */
#define DMARING_STATE_RUNNING		(1U << 0) /* the card is producing frames */
#define DMARING_STATE_FAILED		(1U << 1) /* the card reported an error */
#define DMARING_STATE_SUSPENDED		(1U << 2) /* the system or the card sleeps */
#define DMARING_STATE_LENT		(1U << 3) /* a consumer lends its own memory */

/**
 * struct dmaring_info - DMARING_IOC_INFO: the stream, its pool and its format
 * @size:            [in,out] see the top of this file.
 * @flags:           [in] 0.
 * @features:        [out] feature bits that this kernel offers at ATTACH:
 *                   DMARING_FEATURE_*.
 * @caps:            [out] DMARING_CAP_*.
 * @state:           [out] DMARING_STATE_*.
 * @buffers:         [out] buffers in the pool, 1 .. %DMARING_BUFFERS_MAX.
 * @buffer_size:     [out] bytes of a buffer.
 * @buffer_stride:   [out] bytes from one buffer to the next in the file's
 *                   offset; a multiple of the page size.
 * @max_segments:    [out] most segments that a buffer has on the bus.
 * @consumers:       [out] open files that are attached at this moment.
 * @consumers_max:   [out] most open files that can be attached.
 * @format_seq:      [out] counts changes of @format.
 * @format:          [out] what frames look like.
 * @pool_asked:      [out] buffers that were asked for; 0: as many as fit.
 * @pool_limit:      [out] enum dmaring_pool_limit.
 * @pool_asked_size: [out] bytes of a buffer that were asked for; larger than
 *                   @buffer_size if the pool had to fall back.
 * @pool_alloc_ns:   [out] how long the allocation of the pool took.
 * @driver:          [out] name of the hardware driver, NUL-terminated.
 * @card:            [out] name of the card, NUL-terminated.
 * @bus_info:        [out] where the card is, NUL-terminated: the streams of one
 *                   card have the same.
 * @viewer_buffers:  [out] buffers that LATEST consumers can reserve in all.
 * @viewer_reserved: [out] how many of these are reserved at this moment.
 * @memory:          [out] enum dmaring_memory_id of the pool.
 * @regions:         [out] regions of the card's memory that can be looked at:
 *                   see REGION.
 * @direction:       [out] enum dmaring_direction.
 * @formats:         [out] rows of the list of formats that the card can make: see
 *                   FORMATS.
 * @controls:        [out] controls that the card has: see CONTROL_INFO.
 * @control_seq:     [out] counts changes of the controls.
 * @meta_bytes:      [out] bytes of metadata that the card gives with each frame:
 *                   see META; 0: none.
 * @meta_fields:     [out] fields that these bytes consist of.
 * @stream:          [out] which stream of its card it is: 0 for the first one.
 * @reserved:        0.
 *
 * INFO needs no ATTACH.
 */
struct dmaring_info {
	__u32 size;
	__u32 flags;
	__aligned_u64 features;
	__aligned_u64 caps;
	__u32 state;
	__u32 buffers;
	__aligned_u64 buffer_size;
	__aligned_u64 buffer_stride;
	__u32 max_segments;
	__u32 consumers;
	__u32 consumers_max;
	__u32 format_seq;
	struct dmaring_format format;
	__u32 pool_asked;
	__u32 pool_limit;
	__aligned_u64 pool_asked_size;
	__aligned_u64 pool_alloc_ns;
	char driver[32];
	char card[32];
	char bus_info[32];
	__u32 viewer_buffers;
	__u32 viewer_reserved;
	__u32 memory;
	__u32 regions;
	__u32 direction;
	__u32 formats;
	__u32 controls;
	__u32 control_seq;
	__u32 meta_bytes;
	__u32 meta_fields;
	__u32 stream;
	__u32 reserved[5];
};

#define DMARING_INFO_SIZE_VER0	296

/* ------------------------------------------------------------------ BUFFER */

/**
 * enum dmaring_buffer_state - the life of a buffer
 * @DMARING_BUFFER_IDLE:        nobody uses it.
 * @DMARING_BUFFER_ARMED:       the card may write it.
 * @DMARING_BUFFER_HELD:        consumers have it queued or taken.
 * @DMARING_BUFFER_QUARANTINED: the card may still reach it, or somebody still
 *                              refers to its pages, so nobody gets it.
 * @DMARING_BUFFER_FILLED:      playback: it waits for the card.
 * @DMARING_BUFFER_ABSENT:      there is none of that index while an application
 *                              lends its own: see IMPORT.
 *
 * In playback the card reads what is ARMED, and what is HELD is the producer's.
 */
enum dmaring_buffer_state {
	DMARING_BUFFER_IDLE		= 0,
	DMARING_BUFFER_ARMED		= 1,
	DMARING_BUFFER_HELD		= 2,
	DMARING_BUFFER_QUARANTINED	= 3,
	DMARING_BUFFER_FILLED		= 4,
	DMARING_BUFFER_ABSENT		= 5,
};

/* buffer.flags */
#define DMARING_BUFFER_BUS_SHOWN	(1U << 0) /* bus_addr is valid */
#define DMARING_BUFFER_REFERENCED	(1U << 1) /* why it is QUARANTINED */

/**
 * struct dmaring_buffer - DMARING_IOC_BUFFER: where a buffer is
 * @size:          [in,out] see the top of this file.
 * @index:         [in] which buffer, 0 .. info.buffers - 1.
 * @segment:       [in] which segment of it, 0 .. @segments - 1.
 * @segments:      [out] segments that this buffer has on the bus.
 * @mmap_offset:   [out] offset to give to mmap(2).  Of no use for a buffer that
 *                 is lent.
 * @length:        [out] bytes to map, a multiple of the page size; of a buffer
 *                 that is lent, its bytes.
 * @bus_addr:      [out] bus address of the segment; 0 without CAP_SYS_ADMIN.
 * @segment_bytes: [out] bytes of the segment.
 * @state:         [out] enum dmaring_buffer_state, as it was a moment ago.
 * @flags:         [out] DMARING_BUFFER_*.
 * @memory:        [out] enum dmaring_memory_id: what it is made of.
 * @reserved:      0.
 *
 * BUFFER needs no ATTACH.
 *
 * mmap(2) needs it.  It maps one buffer, whole pages within one buffer, or
 * several whole buffers that follow each other, with MAP_SHARED and without
 * PROT_EXEC.  ENOTCONN: the file is not attached.  EINVAL: the range is another
 * one, or the mapping would be MAP_PRIVATE or PROT_EXEC.  EACCES: PROT_WRITE was
 * asked for on a read-only descriptor.  EBUSY: the consumer lends
 * memory of its own.  A child of fork(2) does not inherit the
 * mapping.  The mapping cannot grow and is not part of a core dump; one of several
 * buffers cannot be split, by munmap(2) or mprotect(2) of a part (EINVAL).  The
 * first touch of a buffer maps all of it.  A touch raises SIGBUS once the card is
 * gone.
 *
 * After an ATTACH with %DMARING_FEATURE_ZEROES, which is offered where frames are
 * captured, a touch then finds zeroes instead: for programs that hand frames to
 * others, who cannot survive a signal.  So it is with mappings of metadata, too, but
 * not with those of regions.  The consumer can map nothing to write it: PROT_WRITE is
 * EACCES.
 *
 * A debugger can read a mapping (ptrace(2), /proc/PID/mem), and write one that the
 * program can write.  No reference to a page can be taken: O_DIRECT from or to a
 * mapping, vmsplice(2) and process_vm_readv(2) are EFAULT.
 *
 * With %DMARING_CAP_DIRECT_IO mmap(2) of a file that is open for writing maps all
 * pages at once, references to them can be taken, and mapped pages stay when the
 * card is gone.  Whatever the file is open for, a touch of a buffer that is
 * QUARANTINED with %DMARING_BUFFER_REFERENCED raises SIGBUS, unless it only waits
 * for a fence.
 */
struct dmaring_buffer {
	__u32 size;
	__u32 index;
	__u32 segment;
	__u32 segments;
	__aligned_u64 mmap_offset;
	__aligned_u64 length;
	__aligned_u64 bus_addr;
	__aligned_u64 segment_bytes;
	__u32 state;
	__u32 flags;
	__u32 memory;
	__u32 reserved[3];
};

#define DMARING_BUFFER_SIZE_VER0	72

/* ---------------------------------------------------------- ATTACH, DETACH */

/**
 * enum dmaring_policy - what happens when a consumer is slower than the card
 * @DMARING_POLICY_LOSSLESS: every frame is queued.  When consumers hold all
 *                           buffers, the card has to lose frames (overruns).
 *                           This policy needs a writable descriptor.
 * @DMARING_POLICY_LATEST:   at most attach.depth frames wait.  One more drops
 *                           the oldest that waits.
 */
enum dmaring_policy {
	DMARING_POLICY_LOSSLESS	= 1,
	DMARING_POLICY_LATEST	= 2,
};

/**
 * struct dmaring_attach - DMARING_IOC_ATTACH: become a consumer of the stream
 * @size:         [in,out] see the top of this file.
 * @policy:       [in] enum dmaring_policy.
 * @features:     [in,out] feature bits that the application needs; those that
 *                were granted.
 * @flags:        [in] 0.
 * @frame_stride: [in,out] bytes from one descriptor to the next in what read()
 *                and DEQUEUE return: 0 for the kernel's own length, or the
 *                application's sizeof(struct dmaring_frame).  It is a multiple
 *                of 8, %DMARING_FRAME_SIZE_VER0 .. %DMARING_FRAME_STRIDE_MAX.
 *                Bytes beyond the kernel's own descriptor are zero.
 * @depth:        [in] LATEST: most frames that wait, at least 1.  LOSSLESS: 0.
 * @max_held:     [in] LATEST: most frames that the consumer needs to have taken
 *                and not yet released at a time, at least 1.  The consumer
 *                never has more than depth + max_held buffers, waiting and
 *                taken: a frame beyond that drops the oldest that waits or, if
 *                none waits, is dropped itself.  LOSSLESS: 0.
 * @watermark:    [in] frames that must wait before a sleeper is woken and poll
 *                says EPOLLIN, at most info.buffers (LATEST: @depth); 0 is 1.
 * @consumer:     [out] number of the consumer within the stream.
 * @watermark_ns: [in] wake for fewer frames when the oldest has waited for so
 *                long, nanoseconds, at most a minute; 0: never.
 * @reserved:     0.
 *
 * A LATEST consumer reserves depth + max_held out of info.viewer_buffers.  So,
 * whatever it does, LOSSLESS consumers keep the other buffers.  Where viewers
 * have one buffer in all, as in a pool of two, @depth 1 and @max_held 1 reserve
 * that one, and no frame waits while the consumer has taken one.
 *
 * EACCES: LOSSLESS on a read-only descriptor.  EALREADY: this open file is
 * attached already.  EBUSY: the stream has info.consumers_max consumers, or as
 * many LATEST ones as leave %DMARING_CONSUMERS_KEPT places to LOSSLESS ones; or
 * a consumer lends memory of its own (see IMPORT).
 * ENOSPC: others have reserved the viewers' buffers, or there are not so many.
 * EOPNOTSUPP: the kernel does not offer a feature bit.  ETIMEDOUT: the card may
 * still write memory that an earlier consumer lent, and cannot be proved quiet.
 *
 * While a consumer is attached, the module of the card's driver is in use and
 * cannot be unloaded.  The card can be unbound and unplugged.
 *
 * When nobody else is attached, ATTACH first zeroes the buffers that the card
 * or an earlier consumer has written: nobody sees what was recorded for another
 * consumer before.
 */
struct dmaring_attach {
	__u32 size;
	__u32 policy;
	__aligned_u64 features;
	__u32 flags;
	__u32 frame_stride;
	__u32 depth;
	__u32 max_held;
	__u32 watermark;
	__u32 consumer;
	__aligned_u64 watermark_ns;
	__aligned_u64 reserved[4];
};

#define DMARING_ATTACH_SIZE_VER0	80
#define DMARING_CONSUMERS_KEPT		4U	/* places no LATEST consumer gets */

/*
 * DMARING_IOC_DETACH takes no argument.  It stops the consumer, gives back all
 * its frames, and the open file is no consumer any more.  ENOTCONN: it is not
 * attached.  EBUSY: buffers are still mapped; munmap them first.  Closing the
 * last descriptor and mapping of the open file does the same.
 *
 * DMARING_IOC_START takes no argument.  Frames that are complete from now on
 * are for this consumer, too.  The card runs while at least one consumer does.
 * If it has failed, START stops and starts it, whoever else runs: for the
 * others the next frame carries %DMARING_FRAME_DISCONTINUITY.  ENOTCONN: not
 * attached.  EALREADY: it is running.  ETIMEDOUT: since an earlier stop the
 * card could not be proved quiet, and it still cannot.  Any other errno is what
 * the card's driver says of its failure to start.
 *
 * DMARING_IOC_STOP takes no argument.  No frame comes any more, and frames that
 * wait are dropped.  Frames that were taken stay with the application until it
 * releases them.  Sleepers wake up with EBADFD, unless START follows before
 * they run.  ENOTCONN: not attached.  EALREADY: it is stopped.  ETIMEDOUT: the
 * consumer is stopped, but the card could not be proved quiet; the buffers that
 * it may still write are quarantined.
 */

/* -------------------------------------------- taking and releasing frames */

/**
 * struct dmaring_dequeue - DMARING_IOC_DEQUEUE: take frames
 * @size:       [in,out] see the top of this file.
 * @flags:      [in] 0.
 * @frames:     [in] address of an array of @count descriptors, or of @release
 *              descriptors if that is more; each has attach.frame_stride bytes.
 * @count:      [in,out] most frames to take, at least 1; frames taken.
 * @release:    [in,out] how many frames to give back first, 0 ..
 *              %DMARING_RELEASE_MAX; 0 when they are given back.  Their cookies
 *              stand in the first descriptors at @frames.
 * @timeout_ns: [in] how long to wait for the first frame, nanoseconds; 0: not
 *              at all, negative: for ever.  O_NONBLOCK does not matter here.
 *
 * With @release one call does the work of a RELEASE and then of a DEQUEUE.  A
 * loop takes at most %DMARING_RELEASE_MAX frames at a time.  After each call
 * that succeeded it sets @release to the @count that it got; the next call then
 * gives back what the loop has and takes what comes next into the same array.
 * After a call that failed, the loop leaves both as they are.  Of the
 * descriptors, the kernel reads only the cookies.  ESTALE and EINVAL for a
 * cookie mean what they mean for RELEASE, but the kernel does not tell which
 * cookie it is; @release is what it was, and nothing is taken.  With any other
 * error, @release tells whether the frames are given back.
 *
 * The call returns with as many frames as wait and fit, oldest first.  A call
 * that must not sleep takes even one frame; another one returns when the
 * watermark is reached or its time is over.  The time counts from when the call
 * was made: a stop, a debugger or a frozen cgroup neither end nor prolong it.
 * EAGAIN: no frame waits and @timeout_ns is 0.  ETIMEDOUT: no frame came.
 *
 * read(2) does the same.  Its @count is the size of its buffer divided by
 * frame_stride; its @timeout_ns is 0 with O_NONBLOCK and endless without.  It
 * returns bytes, a multiple of frame_stride.  A buffer shorter than
 * frame_stride is EINVAL.
 */
struct dmaring_dequeue {
	__u32 size;
	__u32 flags;
	__aligned_u64 frames;
	__u32 count;
	__u32 release;
	__s64 timeout_ns;
};

#define DMARING_DEQUEUE_SIZE_VER0	32

/**
 * struct dmaring_release - DMARING_IOC_RELEASE: give frames back
 * @size:     [in,out] see the top of this file.
 * @flags:    [in] 0.
 * @cookies:  [in] address of an array of @count cookies (__u64), in any order.
 * @count:    [in] cookies in the array, 1 .. %DMARING_RELEASE_MAX.
 * @bad:      [out] on EINVAL or ESTALE for a cookie: its position in the array;
 *            on success: @count.
 * @reserved: 0.
 *
 * RELEASE does all or nothing: the kernel checks the whole batch before it
 * releases any frame.  ESTALE: this consumer does not hold the frame, because
 * it was released before, stands twice in the batch, or was never taken.
 * EINVAL: the cookie names no buffer of this stream.  RELEASE works after STOP,
 * too.
 */
struct dmaring_release {
	__u32 size;
	__u32 flags;
	__aligned_u64 cookies;
	__u32 count;
	__u32 bad;
	__aligned_u64 reserved;
};

#define DMARING_RELEASE_SIZE_VER0	32
#define DMARING_RELEASE_MAX		64U

/* ------------------------------------------------------------------- STATS */

/**
 * struct dmaring_stats - DMARING_IOC_STATS, DMARING_IOC_STATS_OF: counters, all
 *                        from one instant
 * @size:                [in,out] see the top of this file.
 * @flags:               [in] 0.
 * @produced:            [out] frames that the card produced: @completed +
 *                       @overruns.
 * @completed:           [out] frames that arrived in a buffer.
 * @overruns:            [out] frames that were lost because no buffer was armed,
 *                       because their completion made no sense, or because I/O
 *                       of a program that has let go of the buffer refers to it.
 * @errors:              [out] frames that the card marked as damaged, and
 *                       completions with an impossible length.
 * @bad_completions:     [out] completions that were ignored, for a buffer that
 *                       does not exist or was not armed.
 * @bad_releases:        [out] RELEASE and DEQUEUE calls, and releases in a
 *                       ring, that were refused for a cookie.
 * @stalls:              [out] how often a running card completed nothing for
 *                       stall_ms although buffers were armed and a frame was
 *                       due.
 * @starts:              [out] how often the card was started.
 * @bytes:               [out] bytes in completed frames.
 * @idle:                [out] buffers that nobody uses.
 * @armed:               [out] buffers that the card may write.
 * @held:                [out] buffers that consumers have queued or taken.
 * @quarantined:         [out] buffers that are kept from everybody.
 * @consumer_produced:   [out] frames that the card produced since this
 *                       consumer's START, up to its STOP; the sum of the next
 *                       four.
 * @consumer_delivered:  [out] frames that this consumer took.
 * @consumer_waiting:    [out] frames that wait for it.
 * @consumer_dropped:    [out] frames dropped for it, by its policy or by STOP.
 * @consumer_overruns:   [out] overruns among @consumer_produced.
 * @consumer_held:       [out] frames that it took and has not released.
 * @consumer_policy:     [out] enum dmaring_policy; 0: it is not attached, and
 *                       the consumer fields are 0.
 * @consumer_running:    [out] 1 between START and STOP.
 * @consumer:            [in] for STATS_OF: whose counters.
 *                       [out] number of the consumer, as ATTACH told it.
 * @consumers:           [out] bit n is set if consumer n is attached.
 * @consumer_pid:        [out] process that attached it, as the caller sees it;
 *                       0: it has ended, and others have the open file; or it
 *                       is in no namespace of the caller's.
 * @consumer_reserved:   [out] buffers reserved for it: see ATTACH.
 * @referenced:          [out] of @quarantined, buffers that are kept because I/O
 *                       of a program that has unmapped them still refers to
 *                       them, or that wait for a fence of their dma-buf; the
 *                       others are, because the card may write them.
 * @filled:              [out] playback: buffers that wait for the card.
 * @absent:              [out] buffers that there are not while a consumer lends
 *                       its own: see IMPORT.
 * @consumer_watermark:  [out] frames that must wait before it is woken: see ATTACH;
 *                       0: it is not attached, or the kernel is older than this field.
 *
 * In playback @completed counts the frames that were sent, @overruns those that
 * the card wanted and did not find (underruns), @bytes what was sent; and the
 * consumer's fields tell of the producer's frames since its ATTACH:
 *
 *	consumer_produced	submitted; the sum of the next two, of @filled
 *				and @armed, and of what is kept in @quarantined
 *	consumer_delivered	of these sent
 *	consumer_dropped	of these given back unsent
 *	consumer_waiting	empty buffers that wait for it
 *	consumer_held		empty buffers that it took and has not submitted
 *	consumer_overruns	underruns since its START, up to its STOP
 *
 * Neither command needs ATTACH.  STATS fills the consumer fields for the
 * calling open file, STATS_OF for any consumer of the stream: so an operator
 * finds out which one holds the card back.
 *
 * ENOENT: STATS_OF: no consumer of that number is attached.
 */
struct dmaring_stats {
	__u32 size;
	__u32 flags;
	__aligned_u64 produced;
	__aligned_u64 completed;
	__aligned_u64 overruns;
	__aligned_u64 errors;
	__aligned_u64 bad_completions;
	__aligned_u64 bad_releases;
	__aligned_u64 stalls;
	__aligned_u64 starts;
	__aligned_u64 bytes;
	__u32 idle;
	__u32 armed;
	__u32 held;
	__u32 quarantined;
	__aligned_u64 consumer_produced;
	__aligned_u64 consumer_delivered;
	__aligned_u64 consumer_waiting;
	__aligned_u64 consumer_dropped;
	__aligned_u64 consumer_overruns;
	__aligned_u64 consumer_held;
	__u32 consumer_policy;
	__u32 consumer_running;
	__u32 consumer;
	__u32 consumers;
	__s32 consumer_pid;
	__u32 consumer_reserved;
	__u32 referenced;
	__u32 filled;
	__u32 absent;
	__u32 consumer_watermark;
};

#define DMARING_STATS_SIZE_VER0		184

/* -------------------------------------------------------------- shared ring */

/*
 * A consumer and the kernel share memory with two rings in it.
 *
 *	frames		kernel -> user	struct dmaring_frame, the queue that
 *					read and DEQUEUE take from, too
 *	releases	user -> kernel	struct dmaring_ring_release
 *
 * Indices are 32-bit, run freely and wrap; entry i is in slot i & mask.  Each
 * index is on a cache line of its own and must be loaded and stored in one
 * piece.
 *
 * Take frames.  Any thread may do it, and mix it with read and DEQUEUE:
 *
 *	user					kernel, under a lock
 *	tail = load_acquire(frames_tail)	write the slot
 *	head = load_acquire(frames_head)  (A)	store_release(frames_head) (a)
 *	if tail == head: nothing waits
 *	copy slots tail .. tail + n - 1
 *	cmpxchg(frames_tail,              (B)	cmpxchg(frames_tail,       (b)
 *	        tail, tail + n)			        tail, tail + 1)
 *	failed: begin again			to drop the oldest (LATEST, STOP)
 *
 *	A pairs with a: a user that sees the head sees the slot.
 *	B and b are atomic on the same word: a frame is taken or dropped, never
 *	both.  B is a release: the slot was read before the kernel reuses it.
 *
 * Release a frame.  Any thread may do it:
 *
 *	user					kernel, when frames complete, in
 *						poll, DEQUEUE, START and KICK
 *	i = fetch_add(releases_head, 1)
 *	wait for i - load_acquire(releases_tail)
 *	        < entries: KICK
 *	slot.cookie = frame.cookie
 *	slot.bytes = bytes, in playback
 *	store_release(slot.turn, i + 1)   (C)	load_acquire(slot.turn) ==
 *						        tail + 1           (c)
 *						check the cookie, free the buffer
 *						store_release(releases_tail)
 *	full barrier                      (D)	flags |= NEED_KICK
 *	if load(flags) & NEED_KICK: KICK	full barrier               (d)
 *						look at the releases once more
 *
 *	C pairs with c: a kernel that sees the turn sees the cookie.
 *	D pairs with d: when the card runs out of buffers, either the kernel
 *	sees the release or the user sees NEED_KICK.  While enough buffers are
 *	armed the flag is off, and no system call is made.
 *
 * The kernel believes nothing that it finds here.  It checks a cookie as
 * RELEASE does, and counts a wrong one in bad_releases.  It ignores a tail that
 * is not between the last one and the head, and this consumer's calls answer
 * EPROTO.  Whatever stands here, the kernel publishes and takes nothing for
 * this consumer but its own frames.
 */

#define DMARING_CACHE_LINE	64

/* ring_header.flags */
#define DMARING_RING_NEED_KICK	(1U << 0) /* KICK after each release */
#define DMARING_RING_GONE	(1U << 1) /* the card is gone, or DETACH */
#define DMARING_RING_STOPPED	(1U << 2) /* this consumer is not running */
#define DMARING_RING_FAILED	(1U << 3) /* the card failed */

/**
 * struct dmaring_ring_header - the beginning of the shared ring
 * @frames_head:   the kernel writes it: where the next frame goes.
 * @frames_tail:   both move it with cmpxchg: the oldest frame that waits.
 * @releases_head: the user moves it: where the next release goes.
 * @releases_tail: the kernel writes it: releases before it are done.
 * @flags:         the kernel writes it: DMARING_RING_*.
 * @wake_at:       0.  It is kept for waking at a certain head.
 * @pad0:          anything.
 * @pad1:          anything.
 * @pad2:          anything.
 * @pad3:          anything.
 * @pad4:          anything.
 */
struct dmaring_ring_header {
	__u32 frames_head;
	__u32 pad0[15];
	__u32 frames_tail;
	__u32 pad1[15];
	__u32 releases_head;
	__u32 pad2[15];
	__u32 releases_tail;
	__u32 pad3[15];
	__u32 flags;
	__u32 wake_at;
	__u32 pad4[14];
};

/**
 * struct dmaring_ring_release - a slot of the releases
 * @cookie: frame.cookie of the frame to release.
 * @turn:   index of the entry + 1; written last.
 * @bytes:  playback: bytes of the frame; capture: anything.
 */
struct dmaring_ring_release {
	__aligned_u64 cookie;
	__u32 turn;
	__u32 bytes;
};

/**
 * struct dmaring_ring - DMARING_IOC_RING: get at the shared ring
 * @size:             [in,out] see the top of this file.
 * @flags:            [in] 0.
 * @fd:               [out] a new descriptor, close-on-exec.  mmap(2) the ring
 *                    from it: offset 0, @map_bytes, MAP_SHARED, PROT_READ |
 *                    PROT_WRITE.  It can be closed then.
 * @frame_slots:      [out] slots for frames, a power of two.
 * @map_bytes:        [out] bytes to map.
 * @frames_offset:    [out] where the frames' slots begin, bytes.
 * @frame_bytes:      [out] bytes from slot to slot.
 * @releases_offset:  [out] where the releases' slots begin, bytes.
 * @release_slots:    [out] slots for releases, a power of two.
 * @reserved:         0.
 *
 * The header is at offset 0.  A read-only descriptor can have a ring, too.  It
 * is mapped and unmapped as a whole: mmap(2) and munmap(2) of a part answer
 * EINVAL.  A child of fork(2) does not inherit the mapping.  Each call makes
 * another descriptor of the same ring.  EMFILE, ENFILE: there can be no more
 * descriptors.
 *
 * The ring is memory of the thread that attached, charged to its memory cgroup.
 * After DETACH a mapping stays, but is of no use until the next ATTACH through
 * the same descriptor, which goes on with the ring that is still mapped.  If
 * nothing of it is left, the next ATTACH makes a new one.
 */
struct dmaring_ring {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 frame_slots;
	__aligned_u64 map_bytes;
	__u32 frames_offset;
	__u32 frame_bytes;
	__u32 releases_offset;
	__u32 release_slots;
	__aligned_u64 reserved[2];
};

#define DMARING_RING_SIZE_VER0		56

/*
 * DMARING_IOC_KICK takes no argument.  The kernel looks at the releases of the
 * shared ring now.  ENOTCONN: not attached.
 */

/**
 * struct dmaring_eventfd - DMARING_IOC_EVENTFD: signal an eventfd(2)
 * @size:  [in,out] see the top of this file.
 * @flags: [in] 0.
 * @fd:    [in] an eventfd; -1: none.  The kernel signals it when frames came that
 *         leave the watermark reached, once for several that came together,
 *         and when the stream stops, fails or goes away.  Its value counts no
 *         frames.
 * @reserved: 0.
 *
 * A consumer has one eventfd at most: a new one replaces it, and DETACH forgets
 * it.  EBADF, EINVAL: @fd is no eventfd.  ENOTCONN: not attached.
 */
struct dmaring_eventfd {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 reserved;
};

#define DMARING_EVENTFD_SIZE_VER0	16

/* ------------------------------------------------------------------ EXPORT */

/**
 * struct dmaring_export - DMARING_IOC_EXPORT: a buffer as a dma-buf
 * @size:     [in,out] see the top of this file.
 * @flags:    [in] O_RDONLY or O_RDWR, and O_CLOEXEC if wanted: of the new
 *            descriptor.
 * @buffer:   [in] which buffer, 0 .. info.buffers - 1.
 * @fd:       [out] a new descriptor: a dma-buf that is the whole buffer.
 * @reserved: 0.
 *
 * Other drivers use the buffer through it where it is: a GPU, an encoder, a
 * network card.  Export each buffer once, at the beginning.  Then, for each
 * frame: take it, let the others work with the dma-buf of frame.buffer, and
 * RELEASE it when they have done.  They may go on after RELEASE only if their
 * drivers put a fence on the dma-buf before: the card does not get the buffer
 * until all its fences have signaled.
 *
 * It can be mapped with MAP_SHARED and without PROT_EXEC.  With O_RDONLY nobody
 * can write the buffer through it: PROT_WRITE, a device that would write it, and
 * DMA_BUF_IOCTL_SYNC for writing are EACCES.  It has no address for the kernel,
 * which could not be kept from being written there: drivers that use the
 * processor, such as vivid, need O_RDWR, also if they only read.
 *
 * A dma-buf keeps the memory, not the consumer or the card.  When the consumer
 * has detached, the buffer is QUARANTINED with %DMARING_BUFFER_REFERENCED until
 * the dma-buf is closed and no mapping or driver has it any more.  Then it is
 * erased and comes back.  When the card is gone, the memory stays until then.
 *
 * EOPNOTSUPP: the stream has no %DMARING_CAP_EXPORT, as in playback.  EACCES: the stream's
 * descriptor is read-only.  ENOTCONN: not attached.  EBUSY: others, who have
 * detached or that ran before, still refer to the buffer.  ENOSPC: this consumer
 * has %DMARING_EXPORTS_MAX dma-bufs of the buffer.  EMFILE, ENFILE: there can be
 * no more descriptors.
 */
struct dmaring_export {
	__u32 size;
	__u32 flags;
	__u32 buffer;
	__s32 fd;
	__aligned_u64 reserved[2];
};

#define DMARING_EXPORT_SIZE_VER0	32
#define DMARING_EXPORTS_MAX		16U

/* ------------------------------------------------------------- card memory */

/* region.flags */
#define DMARING_REGION_READ		(1U << 0) /* READ_REGION reads it */
#define DMARING_REGION_MAP		(1U << 1) /* mmap(2) maps it */
#define DMARING_REGION_WRITE		(1U << 2) /* a mapping can be writable */
#define DMARING_REGION_PREFETCHABLE	(1U << 3) /* memory, not registers */
#define DMARING_REGION_CACHED		(1U << 4) /* mapped as RAM is */

/**
 * struct dmaring_region - DMARING_IOC_REGION: a piece of the card's own memory
 * @size:        [in,out] see the top of this file.
 * @index:       [in] which region, 0 .. info.regions - 1.
 * @name:        [out] what the card's driver calls it, NUL-terminated.
 * @length:      [out] bytes that it has.
 * @mmap_offset: [out] offset to give to mmap(2); 0 without
 *               %DMARING_REGION_MAP.
 * @flags:       [out] DMARING_REGION_*: what can be done.
 * @width:       [out] bytes of one access, a power of two: the card may
 *               understand no other.  It matters for a mapping; READ_REGION
 *               sees to it.  1: any.
 * @reserved:    0.
 *
 * Regions are registers and buffers in the card, which its driver offers to
 * look at.  The pool is never among them.  No command for regions needs ATTACH.
 *
 * EINVAL: there is no such region.
 *
 * mmap(2) maps a region with %DMARING_REGION_MAP, or whole pages within it, with
 * MAP_SHARED and without PROT_EXEC.  Such a mapping does not keep the consumer
 * from DETACH, and can be split.  Otherwise what BUFFER says of mappings is true
 * of it: a child does not inherit it, no reference to its pages can be taken, a
 * debugger can read it if READ_REGION can.  A touch raises SIGBUS once the card is
 * gone, whatever the pool is made of.  While the card sleeps or is reset, a touch
 * gives what the bus gives then: all ones, as a rule.
 *
 * PROT_WRITE: EACCES without %DMARING_REGION_WRITE or a writable descriptor;
 * EPERM if who opened the file had no CAP_SYS_RAWIO, or if the kernel is locked
 * down.  mprotect(2) cannot make a mapping writable later (EACCES).
 */
struct dmaring_region {
	__u32 size;
	__u32 index;
	char name[32];
	__aligned_u64 length;
	__aligned_u64 mmap_offset;
	__u32 flags;
	__u32 width;
	__aligned_u64 reserved[2];
};

#define DMARING_REGION_SIZE_VER0	80

/**
 * struct dmaring_read_region - DMARING_IOC_READ_REGION: read the card's memory
 * @size:      [in,out] see the top of this file.
 * @index:     [in] which region, 0 .. info.regions - 1.
 * @offset:    [in] of the first byte in the region.
 * @length:    [in] bytes to read; 0: none.
 * @data:      [in] address of room for them.
 * @flags:     [in] 0.
 * @reserved0: 0.
 * @reserved:  0.
 *
 * The kernel reads with the region's access width: whole words, of which it
 * hands out the bytes that were asked for.  They stand in the order in which they
 * are on the bus.  What is longer than a page is read piece by piece.
 *
 * The call reads all of it or fails; then anything may be in the room for it.
 * EBADF: the descriptor cannot be read from.  EBUSY: the card sleeps, is being
 * reset, or has other things to do: for some regions, as long as it runs.  EINTR:
 * the process is being killed.  EINVAL: there is no such region, or it ends before
 * @offset + @length.  EOPNOTSUPP: it has no %DMARING_REGION_READ.  Any other errno
 * is what the card's driver says.
 */
struct dmaring_read_region {
	__u32 size;
	__u32 index;
	__aligned_u64 offset;
	__aligned_u64 length;
	__aligned_u64 data;
	__u32 flags;
	__u32 reserved0;
	__aligned_u64 reserved;
};

#define DMARING_READ_REGION_SIZE_VER0	48

/* ---------------------------------------------------------------- metadata */

/**
 * enum dmaring_meta_type - what a field of metadata is
 * @DMARING_META_U32: unsigned, 32 bits.
 * @DMARING_META_S32: signed, 32 bits.
 * @DMARING_META_U64: unsigned, 64 bits.
 * @DMARING_META_S64: signed, 64 bits.
 * @DMARING_META_F32: IEEE 754, 32 bits.
 * @DMARING_META_F64: IEEE 754, 64 bits.
 */
enum dmaring_meta_type {
	DMARING_META_U32	= 1,
	DMARING_META_S32	= 2,
	DMARING_META_U64	= 3,
	DMARING_META_S64	= 4,
	DMARING_META_F32	= 5,
	DMARING_META_F64	= 6,
};

/**
 * struct dmaring_meta - DMARING_IOC_META: a field of a frame's metadata
 * @size:        [in,out] see the top of this file.
 * @index:       [in] which field, 0 .. info.meta_fields - 1.
 * @name:        [out] what the card's driver calls it, NUL-terminated.
 * @unit:        [out] of its values, NUL-terminated; empty: they have none.
 * @type:        [out] enum dmaring_meta_type.
 * @offset:      [out] where it is in a block, a multiple of its own size.
 * @stride:      [out] bytes from a buffer's block to that of the next one, a power
 *               of two.
 * @reserved0:   0.
 * @mmap_offset: [out] offset to give to mmap(2).
 * @length:      [out] bytes to map: the blocks of all buffers.
 * @reserved:    0.
 *
 * A stream with %DMARING_CAP_META has a block of info.meta_bytes for each buffer.
 * The block of frame.buffer, at frame.buffer * @stride in the mapping, belongs to
 * the frame as the buffer does: it was complete before the frame could be taken,
 * by the ring or a call, and does not change until all who have the frame have
 * released it.  What is there afterwards is another frame's.  Frames of which the
 * card says nothing have zeroes.  @stride, @mmap_offset and @length are the same for
 * all fields.  META needs no ATTACH.  EINVAL: there is no such field.
 *
 * mmap(2) needs an ATTACH with %DMARING_FEATURE_META, which is offered where there
 * is metadata.  It maps whole pages, with MAP_SHARED, without PROT_WRITE (EACCES) and
 * without PROT_EXEC.  What BUFFER says of mappings is true of it: it keeps the
 * consumer from DETACH, a child does not inherit it, no reference to its pages can
 * be taken.  It can be split.  A touch raises SIGBUS once the card is gone, or finds
 * zeroes with %DMARING_FEATURE_ZEROES, whatever the pool is made of.  EINVAL: ATTACH
 * did not ask for it, or there are no such pages.  ENOTCONN: the file is not attached.
 * A consumer that lends memory can have it, too.
 *
 * When nobody else is attached, ATTACH zeroes all blocks, as it does with buffers.
 */
struct dmaring_meta {
	__u32 size;
	__u32 index;
	char name[32];
	char unit[16];
	__u32 type;
	__u32 offset;
	__u32 stride;
	__u32 reserved0;
	__aligned_u64 mmap_offset;
	__aligned_u64 length;
	__aligned_u64 reserved[2];
};

#define DMARING_META_SIZE_VER0		104
#define DMARING_META_BYTES_MAX		256U
#define DMARING_META_FIELDS_MAX		64U

/* ---------------------------------------------------------------- playback */

/*
 * A stream with %DMARING_CAP_PLAYBACK sends frames.  It has one consumer at a
 * time, the producer, which is LOSSLESS; and the rings swap their roles:
 *
 *	open -> INFO -> ATTACH -> BUFFER, mmap (each buffer)
 *	     -> { poll; DEQUEUE an empty buffer; fill it; SUBMIT } ... -> START
 *	     -> { the same } ... -> fsync -> STOP -> munmap -> DETACH or close
 *
 *	frames		empty buffers, for the producer to fill
 *	releases	buffers that it has filled: cookie and byte count
 *
 * All buffers are the producer's from ATTACH on, so that it can submit frames
 * before START and the first one is sent at once.  Frames are sent in the order
 * in which they were submitted.  What is said of the shared ring above holds
 * here: NEED_KICK is set when the card runs out of frames.
 *
 * The descriptor of an empty buffer tells what became of the frame that was in
 * it:
 *
 *	sent	@sequence is its number, which counts underruns, too;
 *		@timestamp_ns is when it was sent; @bytes_used is what the card
 *		says of that; @flags may
 *		have %DMARING_FRAME_ERROR; @hw_meta is the card's word
 *	unsent	@flags has %DMARING_FRAME_UNSENT; @timestamp_ns is 0;
 *		@bytes_used is what was submitted: it can be submitted again
 *	none	@timestamp_ns, @bytes_used and @flags are 0
 *
 * STOP gives all frames back that were not sent, oldest first, behind the empty
 * buffers that wait, which stay.  So does a frame that a card in doubt had, once
 * that is proved quiet.  During suspend frames keep their place.  DETACH and the
 * end of the file throw away what was not sent.
 *
 * poll(2) says EPOLLOUT | EPOLLWRNORM when as many empty buffers wait as the
 * watermark says.  The eventfd is signalled then; and, as sleepers are woken,
 * when all frames are sent.
 *
 * fsync(2) waits until all frames that were submitted are sent, but for those
 * that a lying card keeps in quarantine.  EBADFD: some came back unsent meanwhile,
 * or the producer is stopped and some are not sent.  EINTR: a signal came.  EINVAL:
 * it comes from aio, where no signal would end it.
 *
 * write(2) takes an empty buffer, copies, and submits: one call is one frame, of
 * at most info.buffer_size bytes, and the result tells how many it was.  No bytes
 * are no frame: 0.  It waits for a buffer, but for O_NONBLOCK (EAGAIN).  A call
 * that fails has sent nothing.  read(2) is EINVAL, as write(2) of a capture stream
 * is.
 *
 * RELEASE, and DEQUEUE with @release, give an empty buffer back unfilled: it waits
 * again, behind the others.
 *
 * ATTACH is EINVAL for LATEST, EBUSY if there is a producer, EACCES for a
 * descriptor that is not writable.  Those can have INFO, BUFFER and STATS.
 */

/**
 * struct dmaring_filled - a buffer with a frame to send
 * @cookie:   frame.cookie of the empty buffer.
 * @bytes:    bytes of the frame, 1 .. info.buffer_size.
 * @reserved: 0.
 */
struct dmaring_filled {
	__aligned_u64 cookie;
	__u32 bytes;
	__u32 reserved;
};

/**
 * struct dmaring_submit - DMARING_IOC_SUBMIT: give filled buffers to the card
 * @size:     [in,out] see the top of this file.
 * @flags:    [in] 0.
 * @frames:   [in] address of an array of @count struct dmaring_filled, in the
 *            order in which they are to be sent.
 * @count:    [in] how many, 1 .. %DMARING_SUBMIT_MAX.
 * @bad:      [out] on EINVAL or ESTALE for a frame: its position in the array;
 *            on success: @count.
 * @reserved: 0.
 *
 * SUBMIT does all or nothing, as RELEASE, and its errors are the same.  EINVAL
 * is also a byte count that is 0 or more than a buffer has.  EOPNOTSUPP: it is
 * a capture stream.  Before START and after STOP, too, frames can be submitted.
 */
struct dmaring_submit {
	__u32 size;
	__u32 flags;
	__aligned_u64 frames;
	__u32 count;
	__u32 bad;
	__aligned_u64 reserved;
};

#define DMARING_SUBMIT_SIZE_VER0	32
#define DMARING_SUBMIT_MAX		64U

/* ------------------------------------------------------------------- IMPORT */

/**
 * struct dmaring_import - DMARING_IOC_IMPORT: lend memory as a buffer
 * @size:     [in,out] see the top of this file.
 * @flags:    [in] DMARING_IMPORT_*.
 * @fd:       [in] -1: memory of the application; else a dma-buf.
 * @index:    [out] the buffer's index: 0 for the first one, then 1, 2, …
 * @addr:     [in] address of the memory, any; 0 with a dma-buf.
 * @length:   [in] its bytes, at least info.format.frame_bytes, at most 2 GiB.
 * @offset:   [in] where it begins in the dma-buf; 0 without.
 * @segments: [out] segments that it has on the bus.
 * @reserved: 0.
 *
 * The card then writes frames straight into that memory.  A frame begins where
 * the memory begins.
 *
 * With the first IMPORT the stream becomes the consumer's alone, until DETACH or
 * the end of its open file: nobody else can attach, and only buffers that are
 * lent are filled.  They take the places of as many buffers of the pool; the
 * others are %DMARING_BUFFER_ABSENT meanwhile.  The caller must be LOSSLESS, the
 * only consumer, and stopped.  Before the first IMPORT it must have nothing of the
 * pool, mapped or taken.  More can be lent whenever it is stopped.
 *
 * What can be lent:
 *
 * * Memory of the process that it can write: from malloc(3), on the stack,
 *   mmap(2) of nothing, a memfd, shared memory, huge pages.  Not a file, a
 *   device, or a mapping of this one (EOPNOTSUPP).  The pages stay in memory
 *   until DETACH.  They count as locked memory of the process (VmPin) and, with
 *   what mlock(2) has locked, against RLIMIT_MEMLOCK (ENOMEM), unless it has
 *   CAP_IPC_LOCK.  What the process has there when the card begins to write is
 *   what it gets: after munmap(2), or where fork(2) was followed by a write of a
 *   child, the memory is only the card's or the parent's.
 * * A dma-buf, of which the application sees to that its own accesses are right
 *   (DMA_BUF_IOCTL_SYNC).  It counts as whoever exported it counts it.  It must
 *   have been exported for writing (O_RDWR).
 *
 * No bounce buffer stands between: memory that the card cannot reach is refused.
 * (A kernel that does not trust the card, as of Thunderbolt, may copy the ends of
 * what does not begin and end with a page.)  On machines whose cards do not see
 * the processor's caches, @addr and @length must be multiples of the largest cache
 * line; some cards have such a wish of their own.
 *
 * DETACH, the end of the open file and removal of the card give the memory back
 * when the card is stopped.  A descriptor that another process has inherited keeps
 * it.  If the card cannot be proved quiet, the memory stays pinned until it can;
 * at removal, for ever, and the log says so.
 *
 * EACCES: the consumer is not LOSSLESS, or the dma-buf is read-only.  EBUSY: it is
 * running, others are attached, or buffers of the pool are mapped, taken or
 * quarantined.  EFAULT:
 * there is no memory, or it must not be written.  EINVAL: @length is 0 or too
 * long, the range wraps around or is beyond the end of the dma-buf, @fd is no
 * dma-buf, or see above.  EBADF: there is no such descriptor.  EMSGSIZE: a frame
 * does not fit.  ENOMEM: RLIMIT_MEMLOCK, or there is no memory for it.  ENOSPC:
 * the pool has no more indices.  EOPNOTSUPP: see above; or the kernel has no
 * dma-bufs.  ERANGE: some of it lies where the card cannot reach it, and there is
 * no IOMMU.  ETIMEDOUT: since an earlier stop the card could not be proved quiet.
 * E2BIG: it is in more pieces than the card gathers; memory in huge pages has
 * fewer.  What an exporter of dma-bufs says of its own.
 */
struct dmaring_import {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 index;
	__aligned_u64 addr;
	__aligned_u64 length;
	__aligned_u64 offset;
	__u32 segments;
	__u32 reserved[5];
};

#define DMARING_IMPORT_SIZE_VER0	64

/* import.flags */
#define DMARING_IMPORT_CONTIGUOUS	(1U << 0) /* E2BIG unless in one segment */

/* ----------------------------------------------------------------- formats */

/**
 * struct dmaring_format_range - DMARING_IOC_FORMATS: what the card can make
 * @size:                 [in,out] see the top of this file.
 * @index:                [in] which row of the list, 0 .. info.formats - 1.
 * @pixelformat:          [out] fourcc; dmaring/format.h knows it.
 * @width_min:            [out] least width;
 * @width_max:            [out] most;
 * @width_step:           [out] @width_min and so many times that, at least 1.
 * @height_min:           [out] the same of the height.
 * @height_max:           [out] see there.
 * @height_step:          [out] see there.
 * @channels_max:         [out] most channels, at least 1.
 * @line_step:            [out] bytes_per_line is a multiple of it, at least 1.
 * @flags:                [out] 0.
 * @rate_min_numerator:   [out] least rate that can be set, as in struct
 *                        dmaring_format; 0/0: none can.
 * @rate_min_denominator: [out] see there.
 * @rate_max_numerator:   [out] the highest rate.
 * @rate_max_denominator: [out] see there.
 * @reserved:             0.
 *
 * A card that can make one format only need not have a list.  FORMATS needs no
 * ATTACH.  EINVAL: the list has no such row.
 */
struct dmaring_format_range {
	__u32 size;
	__u32 index;
	__u32 pixelformat;
	__u32 width_min;
	__u32 width_max;
	__u32 width_step;
	__u32 height_min;
	__u32 height_max;
	__u32 height_step;
	__u32 channels_max;
	__u32 line_step;
	__u32 flags;
	__u32 rate_min_numerator;
	__u32 rate_min_denominator;
	__u32 rate_max_numerator;
	__u32 rate_max_denominator;
	__aligned_u64 reserved[4];
};

#define DMARING_FORMAT_RANGE_SIZE_VER0	96

/* set_format.flags */
#define DMARING_SET_FORMAT_TRY		(1U << 0) /* tell, and change nothing */
#define DMARING_SET_FORMAT_RATE		(1U << 1) /* format.rate_*, too */

/**
 * struct dmaring_set_format - DMARING_IOC_FORMAT: try and set the format
 * @size:       [in,out] see the top of this file.
 * @flags:      [in] DMARING_SET_FORMAT_*.
 * @format:     [in,out] what frames shall look like; what they will look like.
 *              A @width, @height, @channels or @pixelformat of 0 stays as it is,
 *              or becomes what is nearest to that in the list.
 *              @bytes_per_line 0 is as few as the card can; more is padding.
 *              @frame_bytes is not looked at.  The rate stays, or becomes the
 *              nearest, without %DMARING_SET_FORMAT_RATE; with it 0/0 is as
 *              many as the card can.
 * @format_seq: [out] the format's number: info.format_seq from now on, or as it is.
 * @reserved0:  0.
 * @reserved:   0.
 *
 * The descriptor must be writable (EACCES); ATTACH is not needed.  All of it is
 * done or nothing.  Each frame tells in @format_seq which format it has: that of
 * frames which wait or are taken does not change.
 *
 * EBUSY: a consumer is running, or another one is the producer or lends its
 * memory.  EINVAL: the list has no such pixel format, or see above.  ERANGE:
 * width, height, channels, bytes_per_line or rate are not in the list's row.
 * EMSGSIZE: a frame would not fit into a buffer.  EOPNOTSUPP: nothing can be set.
 */
struct dmaring_set_format {
	__u32 size;
	__u32 flags;
	struct dmaring_format format;
	__u32 format_seq;
	__u32 reserved0;
	__aligned_u64 reserved[2];
};

#define DMARING_SET_FORMAT_SIZE_VER0	80

/* ---------------------------------------------------------------- controls */

/**
 * enum dmaring_control_type - what the value of a control is
 * @DMARING_CONTROL_INTEGER: a number.
 * @DMARING_CONTROL_BOOLEAN: 0 or 1.
 * @DMARING_CONTROL_MENU:    the number of an item; there may be numbers without
 *                           one.
 * @DMARING_CONTROL_BUTTON:  none: setting it to 0 makes the card do something.
 * @DMARING_CONTROL_STRING:  a text.
 */
enum dmaring_control_type {
	DMARING_CONTROL_INTEGER	= 1,
	DMARING_CONTROL_BOOLEAN	= 2,
	DMARING_CONTROL_MENU	= 3,
	DMARING_CONTROL_BUTTON	= 4,
	DMARING_CONTROL_STRING	= 5,
};

/* control_info.flags */
#define DMARING_CONTROL_READ_ONLY	(1U << 0) /* nobody sets it */
#define DMARING_CONTROL_VOLATILE	(1U << 1) /* it changes all by itself */
#define DMARING_CONTROL_WHEN_STOPPED	(1U << 2) /* not set while the card runs */

#define DMARING_CONTROL_NAME	64	/* bytes of a name, with its NUL */
#define DMARING_CONTROL_TEXT	64	/* bytes of a text, with its NUL */

/**
 * struct dmaring_control_info - DMARING_IOC_CONTROL_INFO: what can be set
 * @size:          [in,out] see the top of this file.
 * @index:         [in] which control, 0 .. info.controls - 1.
 * @item:          [in] MENU: which item is to be named, 0 .. @items - 1; others: 0.
 * @type:          [out] enum dmaring_control_type.
 * @flags:         [out] DMARING_CONTROL_*.
 * @items:         [out] MENU: how many items there are; others: 0.
 * @minimum:       [out] least value; STRING: fewest bytes, without the NUL.
 * @maximum:       [out] greatest value; STRING: most bytes, without the NUL.
 * @step:          [out] values are @minimum plus a multiple of it.
 * @default_value: [out] what it is unless somebody sets it.
 * @name:          [out] as GenICam's SFNC calls it, where that knows it:
 *                 letters, digits and _, NUL-terminated.
 * @unit:          [out] of the value, UTF-8, NUL-terminated; empty: none.
 * @text:          [out] MENU: name of the item, empty if the number has none;
 *                 STRING: the default; others: empty.
 * @reserved:      0.
 *
 * All of it stays the same as long as the stream exists.
 *
 * EINVAL: there is no such control, or no such item.
 */
struct dmaring_control_info {
	__u32 size;
	__u32 index;
	__u32 item;
	__u32 type;
	__u32 flags;
	__u32 items;
	__s64 minimum;
	__s64 maximum;
	__s64 step;
	__s64 default_value;
	char name[DMARING_CONTROL_NAME];
	char unit[16];
	char text[DMARING_CONTROL_TEXT];
	__aligned_u64 reserved[3];
};

#define DMARING_CONTROL_INFO_SIZE_VER0	224

/**
 * struct dmaring_control_value - the value of a control
 * @index:    [in] which control, 0 .. info.controls - 1.
 * @reserved: 0.
 * @value:    [in] to set, [out] to read: the value; STRING, BUTTON: 0.
 * @text:     the same: the text, NUL-terminated; not STRING: all zero.
 */
struct dmaring_control_value {
	__u32 index;
	__u32 reserved;
	__s64 value;
	char text[DMARING_CONTROL_TEXT];
};

/* controls.flags */
#define DMARING_CONTROLS_SET		(1U << 0) /* without it, they are read */

/**
 * struct dmaring_controls - DMARING_IOC_CONTROLS: read controls, or set them
 * @size:        [in,out] see the top of this file.
 * @flags:       [in] DMARING_CONTROLS_*.
 * @values:      [in] address of an array of @count struct dmaring_control_value.
 * @count:       [in] how many, 1 .. %DMARING_CONTROLS_MAX.
 * @bad:         [out] on success: @count.  On failure: the position in the array
 *               of the value that is the reason; what it was if none of them is.
 * @control_seq: [out] info.control_seq: that of the values that were read, or
 *               that since which those that were set are true.
 * @reserved0:   0.
 * @reserved:    0.
 *
 * Setting does all or nothing.  The kernel checks the whole array first.  If the
 * card's driver then refuses a value, those before it are put back, and the call
 * answers what the driver said.  No control can stand in the array twice, and only
 * one BUTTON, which is pushed when all others are set.
 *
 * Whoever has a writable descriptor sets, also while others record; everybody
 * reads.  Neither needs ATTACH.
 *
 * info.control_seq counts what changed: by one for each call that set something
 * to another value or pushed a button, and for each change that the card makes by
 * itself and tells.  poll(2) says EPOLLPRI to every open file until it has read
 * info.control_seq by INFO, or controls by this command, after the change.  A
 * frame has the number that was valid when it was complete: one that is completed
 * after the call has that of the call, or a later one.  While a call sets several
 * values, frames may come that were made with some of them.
 *
 * What was set stays when everybody has left.  After the system or the card has
 * slept or was reset, the card gets its values back before it starts.
 *
 * EACCES: the descriptor is not writable.  EBUSY: the card sleeps or is being
 * reset; or it runs, and the control has %DMARING_CONTROL_WHEN_STOPPED; or it
 * cannot do that now.  EINTR: the process is being killed.  EINVAL: there is no
 * such control, it stands there twice, there are two buttons, a text has no end,
 * or what the type does not have is not zero.  EIO: what the card says is no
 * value that the control can have; or it did not answer.  EPERM: the control is
 * read-only.  ERANGE: the value is not between @minimum and @maximum, is between
 * two steps, or is the number of no item.  Any other errno is what the card's
 * driver says.
 */
struct dmaring_controls {
	__u32 size;
	__u32 flags;
	__aligned_u64 values;
	__u32 count;
	__u32 bad;
	__u32 control_seq;
	__u32 reserved0;
	__aligned_u64 reserved[2];
};

#define DMARING_CONTROLS_SIZE_VER0	48
#define DMARING_CONTROLS_MAX		64U

/* ---------------------------------------------------------------- commands */

/*
 * Each command has one number.  The size travels in the structure, so that a
 * structure can grow without becoming another command.
 */
#define DMARING_IOC_MAGIC	0xDA

#define DMARING_IOC_INFO	_IO(DMARING_IOC_MAGIC, 0x00)
#define DMARING_IOC_BUFFER	_IO(DMARING_IOC_MAGIC, 0x01)
#define DMARING_IOC_ATTACH	_IO(DMARING_IOC_MAGIC, 0x02)
#define DMARING_IOC_DETACH	_IO(DMARING_IOC_MAGIC, 0x03)
#define DMARING_IOC_START	_IO(DMARING_IOC_MAGIC, 0x04)
#define DMARING_IOC_STOP	_IO(DMARING_IOC_MAGIC, 0x05)
#define DMARING_IOC_DEQUEUE	_IO(DMARING_IOC_MAGIC, 0x06)
#define DMARING_IOC_RELEASE	_IO(DMARING_IOC_MAGIC, 0x07)
#define DMARING_IOC_STATS	_IO(DMARING_IOC_MAGIC, 0x08)
#define DMARING_IOC_RING	_IO(DMARING_IOC_MAGIC, 0x09)
#define DMARING_IOC_KICK	_IO(DMARING_IOC_MAGIC, 0x0a)
#define DMARING_IOC_EVENTFD	_IO(DMARING_IOC_MAGIC, 0x0b)
#define DMARING_IOC_STATS_OF	_IO(DMARING_IOC_MAGIC, 0x0c)
#define DMARING_IOC_EXPORT	_IO(DMARING_IOC_MAGIC, 0x10)
#define DMARING_IOC_REGION	_IO(DMARING_IOC_MAGIC, 0x0d)
#define DMARING_IOC_READ_REGION	_IO(DMARING_IOC_MAGIC, 0x0e)
#define DMARING_IOC_SUBMIT	_IO(DMARING_IOC_MAGIC, 0x11)
#define DMARING_IOC_IMPORT	_IO(DMARING_IOC_MAGIC, 0x0f)
#define DMARING_IOC_FORMAT	_IO(DMARING_IOC_MAGIC, 0x12)
#define DMARING_IOC_FORMATS	_IO(DMARING_IOC_MAGIC, 0x13)
#define DMARING_IOC_CONTROL_INFO _IO(DMARING_IOC_MAGIC, 0x14)
#define DMARING_IOC_CONTROLS	_IO(DMARING_IOC_MAGIC, 0x15)
#define DMARING_IOC_META	_IO(DMARING_IOC_MAGIC, 0x16)

/*
 * poll(2) says:
 *	EPOLLIN | EPOLLRDNORM	the watermark is reached: read and DEQUEUE will
 *				not sleep
 *	EPOLLOUT | EPOLLWRNORM	the same of a playback stream: write and DEQUEUE
 *	EPOLLPRI		a control has changed: see CONTROLS
 *	EPOLLERR		a read would fail, not wait: the card failed, or
 *				this consumer is not attached, or it was stopped
 *	0			none of these, or no START came yet since ATTACH:
 *				who waits then is woken by the first frame
 *	EPOLLHUP		the card is gone
 *
 * Who asks for EPOLLPRI, and not for EPOLLIN, EPOLLOUT or their kin, is told of
 * EPOLLPRI and EPOLLHUP only, attached or not.
 */

/* ----------------------------------------------------- the layout is fixed */

#ifdef __cplusplus
#define DMARING_STATIC_ASSERT(expr)	static_assert(expr, #expr)
#else
#define DMARING_STATIC_ASSERT(expr)	_Static_assert(expr, #expr)
#endif

DMARING_STATIC_ASSERT(sizeof(struct dmaring_frame) == DMARING_FRAME_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_format) == 48);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_info) == DMARING_INFO_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_buffer) == DMARING_BUFFER_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_attach) == DMARING_ATTACH_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_dequeue) == DMARING_DEQUEUE_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_release) == DMARING_RELEASE_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_stats) == DMARING_STATS_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_ring) == DMARING_RING_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_eventfd) == DMARING_EVENTFD_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_export) == DMARING_EXPORT_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_region) == DMARING_REGION_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_read_region) == DMARING_READ_REGION_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_import) == DMARING_IMPORT_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_meta) == DMARING_META_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_ring_header) == 5 * DMARING_CACHE_LINE);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_ring_release) == 16);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_filled) == 16);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_submit) == DMARING_SUBMIT_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_format_range) == DMARING_FORMAT_RANGE_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_set_format) == DMARING_SET_FORMAT_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_control_info) == DMARING_CONTROL_INFO_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_control_value) == 80);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_controls) == DMARING_CONTROLS_SIZE_VER0);

#endif /* _UAPI_LINUX_DMARING_H */
