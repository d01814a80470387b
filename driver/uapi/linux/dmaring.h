/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * dmaring: frames from PCIe cards, without copying them
 *
 * The only definition of the interface between the kernel and applications.
 *
 * A stream (/dev/dmaringN) owns a pool of DMA buffers.  An open file becomes
 * a consumer of the stream with ATTACH, maps the buffers once, says START and
 * is then told, frame by frame, which buffer is full.  Every frame that was
 * taken must be given back with RELEASE; its buffer then returns to the card.
 *
 *	open -> INFO -> ATTACH -> BUFFER, mmap (each buffer) -> START
 *	     -> { poll; read or DEQUEUE; use the frame; RELEASE } ...
 *	     -> STOP -> munmap -> DETACH or close
 *
 * Frames can also be taken and released without any system call, through the
 * shared ring: see RING below.
 *
 * Rules for every structure given to ioctl(2):
 *
 * * The first field, @size, is the number of bytes of the structure that the
 *   application knows: sizeof() it.  A size below the structure's first
 *   published size (the _VER0 constants) is EINVAL.  If the application's
 *   structure is the longer one, the part that the kernel does not know must
 *   be zero, else E2BIG; so is a size above 4096.  On success @size is set to
 *   the number of bytes the kernel knows; it wrote no more than was offered.
 * * Fields marked [in] are read, [out] written, [in,out] both.  Fields named
 *   reserved, and flag bits that are not defined here, must be zero on the
 *   way in, else EINVAL.  They are zero on the way out.
 * * All integers have the machine's byte order; the layout is the same for
 *   32-bit and 64-bit programs.  Pointers travel as 64-bit integers.
 *
 * errno, the same for every call unless the command says otherwise:
 *
 *	EAGAIN		nothing waits and the call must not sleep
 *	EBADFD		this consumer is stopped and nothing waits: START first
 *	EFAULT		a pointer is bad; nothing was taken, released or lost
 *			(DEQUEUE with @release says what was)
 *	EINTR		a signal came before the first frame; who waits for
 *			ever goes on if the handler has SA_RESTART
 *	EINVAL		a size, flag, reserved field, index or count is wrong
 *	EIO		the card reported an unrecoverable error; STOP and START
 *			again to retry
 *	ENODEV		the card is gone (unbound, unplugged); close the file
 *	ENOMEM		no memory for the kernel's side of it (open, ATTACH,
 *			RING, mmap)
 *	ENOTCONN	this open file is not attached: ATTACH first
 *	ENOTTY		there is no such command
 *	EPROTO		the application wrote nonsense into its shared ring;
 *			STOP and START again
 *	E2BIG		the structure has a non-zero part this kernel does not know
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
 * %DMARING_FRAME_HW_TIMESTAMP: @timestamp_ns was taken by the card and mapped
 * to CLOCK_MONOTONIC; without it, the time is that of the completion.
 */
#define DMARING_FRAME_ERROR		(1U << 0)
#define DMARING_FRAME_DISCONTINUITY	(1U << 1)
#define DMARING_FRAME_HW_TIMESTAMP	(1U << 2)

/**
 * struct dmaring_frame - one completed transfer, as read() and DEQUEUE return it
 * @cookie:         names this publication of this buffer; give it to RELEASE.
 *                  Opaque, never 0, not used again in the life of the stream.
 * @sequence:       number of the frame, counted over all frames the card
 *                  produced since the stream exists, lost ones included.
 * @overruns_total: of the frames before this one, how many were overruns.  The
 *                  same for every consumer, never changed afterwards.  Between
 *                  two frames a and b that a consumer took one after the other:
 *                  missing = b.sequence - a.sequence - 1, of which
 *                  b.overruns_total - a.overruns_total were overruns and the
 *                  others were dropped by the consumer's own policy.
 * @timestamp_ns:   when the frame was complete, CLOCK_MONOTONIC, nanoseconds.
 * @buffer:         index of the buffer that holds it, 0 .. info.buffers - 1.
 * @bytes_used:     bytes of the frame, 0 .. info.buffer_size, from the
 *                  beginning of the buffer.
 * @flags:          DMARING_FRAME_*.
 * @format_seq:     which format it has: info.format_seq at that time.
 * @hw_meta:        the card's own word; its hardware driver says what it means.
 * @reserved:       0.
 *
 * 64 bytes.  A longer descriptor of a later version begins with these fields;
 * read() and DEQUEUE step by the frame_stride agreed at ATTACH.
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
	__aligned_u64 reserved;
};

#define DMARING_FRAME_SIZE_VER0		64
#define DMARING_FRAME_STRIDE_MAX	256

/**
 * struct dmaring_format - what a frame looks like
 * @width:          pixels (or samples) of a line; 0 if it has no lines.
 * @height:         lines; 0 if it has no lines.
 * @pixelformat:    a V4L2 fourcc, for example 'GREY'; 0: raw bytes.
 * @bytes_per_line: distance of two lines, bytes.
 * @frame_bytes:    bytes of a whole frame, at most info.buffer_size.
 * @reserved:       0.
 */
struct dmaring_format {
	__u32 width;
	__u32 height;
	__u32 pixelformat;
	__u32 bytes_per_line;
	__u32 frame_bytes;
	__u32 reserved;
};

#define DMARING_FOURCC(a, b, c, d) \
	((__u32)(a) | ((__u32)(b) << 8) | ((__u32)(c) << 16) | ((__u32)(d) << 24))
#define DMARING_PIXELFORMAT_GREY	DMARING_FOURCC('G', 'R', 'E', 'Y')

/* -------------------------------------------------------------------- INFO */

/**
 * enum dmaring_pool_limit - why the pool has no more buffers
 * @DMARING_LIMIT_NONE:     it has as many as were asked for.
 * @DMARING_LIMIT_CAP:      more would leave the system less than the reserve.
 * @DMARING_LIMIT_MEMORY:   no free block of memory of that size.
 * @DMARING_LIMIT_DMA_MASK: memory is free, but not where the card can reach it.
 * @DMARING_LIMIT_IOVA:     the IOMMU has no free range of bus addresses.
 * @DMARING_LIMIT_ORDER:    larger than the largest block of the page allocator.
 * @DMARING_LIMIT_COUNT:    %DMARING_BUFFERS_MAX.
 */
enum dmaring_pool_limit {
	DMARING_LIMIT_NONE	= 0,
	DMARING_LIMIT_CAP	= 1,
	DMARING_LIMIT_MEMORY	= 2,
	DMARING_LIMIT_DMA_MASK	= 3,
	DMARING_LIMIT_IOVA	= 4,
	DMARING_LIMIT_ORDER	= 5,
	DMARING_LIMIT_COUNT	= 6,
};

#define DMARING_BUFFERS_MAX	65536U

/* info.caps: what this stream can do */
#define DMARING_CAP_TEST_PATTERN	(1ULL << 0) /* hw_meta: see dmaring/pattern.h */
#define DMARING_CAP_DIRECT_IO		(1ULL << 1) /* mappings accept O_DIRECT */

/* info.features and attach.features */
#define DMARING_FEATURE_RING		(1ULL << 0) /* RING and KICK */
#define DMARING_FEATURE_WATERMARK	(1ULL << 1) /* attach.watermark above 1 */
#define DMARING_FEATURE_EVENTFD		(1ULL << 2) /* EVENTFD */

/* info.state */
#define DMARING_STATE_RUNNING		(1U << 0) /* the card is producing frames */
#define DMARING_STATE_FAILED		(1U << 1) /* the card reported an error */
#define DMARING_STATE_SUSPENDED		(1U << 2) /* the system or the card sleeps */

/**
 * struct dmaring_info - DMARING_IOC_INFO: the stream, its pool and its format
 * @size:            [in,out] see the top of this file.
 * @flags:           [in] 0.
 * @features:        [out] feature bits this kernel offers at ATTACH:
 *                   DMARING_FEATURE_*.
 * @caps:            [out] DMARING_CAP_*.
 * @state:           [out] DMARING_STATE_*.
 * @buffers:         [out] buffers in the pool, 1 .. %DMARING_BUFFERS_MAX.
 * @buffer_size:     [out] bytes of a buffer.
 * @buffer_stride:   [out] distance of two buffers in the file's offset, bytes;
 *                   a multiple of the page size.
 * @max_segments:    [out] most segments of a buffer on the bus.
 * @consumers:       [out] open files attached at this moment.
 * @consumers_max:   [out] most open files that can be attached.
 * @format_seq:      [out] counts changes of @format.
 * @format:          [out] what frames look like.
 * @pool_asked:      [out] buffers asked for; 0: as many as fit.
 * @pool_limit:      [out] enum dmaring_pool_limit.
 * @pool_asked_size: [out] bytes of a buffer that were asked for; larger than
 *                   @buffer_size if the pool had to fall back.
 * @pool_alloc_ns:   [out] time the allocation of the pool took.
 * @driver:          [out] name of the hardware driver, NUL-terminated.
 * @card:            [out] name of the card, NUL-terminated.
 * @bus_info:        [out] where the card is, NUL-terminated.
 * @viewer_buffers:  [out] buffers that LATEST consumers can reserve in all.
 * @viewer_reserved: [out] buffers of these reserved at this moment.
 * @reserved:        0.
 *
 * Needs no ATTACH.
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
	__aligned_u64 reserved[3];
};

#define DMARING_INFO_SIZE_VER0	240

/* ------------------------------------------------------------------ BUFFER */

/**
 * enum dmaring_buffer_state - the life of a buffer
 * @DMARING_BUFFER_IDLE:        nobody uses it.
 * @DMARING_BUFFER_ARMED:       the card may write it.
 * @DMARING_BUFFER_HELD:        consumers have it queued or taken.
 * @DMARING_BUFFER_QUARANTINED: the card may still reach it, so nobody gets it.
 */
enum dmaring_buffer_state {
	DMARING_BUFFER_IDLE		= 0,
	DMARING_BUFFER_ARMED		= 1,
	DMARING_BUFFER_HELD		= 2,
	DMARING_BUFFER_QUARANTINED	= 3,
};

/* buffer.flags */
#define DMARING_BUFFER_BUS_SHOWN	(1U << 0) /* bus_addr is valid */

/**
 * struct dmaring_buffer - DMARING_IOC_BUFFER: where a buffer is
 * @size:          [in,out] see the top of this file.
 * @index:         [in] 0 .. info.buffers - 1.
 * @segment:       [in] which segment, 0 .. @segments - 1.
 * @segments:      [out] segments of this buffer on the bus.
 * @mmap_offset:   [out] offset to give to mmap(2).
 * @length:        [out] bytes to map, a multiple of the page size.
 * @bus_addr:      [out] bus address of the segment; 0 without CAP_SYS_ADMIN.
 * @segment_bytes: [out] bytes of the segment.
 * @state:         [out] enum dmaring_buffer_state, as it was a moment ago.
 * @flags:         [out] DMARING_BUFFER_BUS_SHOWN.
 * @reserved:      0.
 *
 * Needs no ATTACH.
 *
 * mmap(2) maps one buffer, or whole pages within one buffer, MAP_SHARED and
 * without PROT_EXEC.  ENOTCONN: not attached.  EINVAL: the range is not within
 * one buffer, or it is MAP_PRIVATE or PROT_EXEC.  EACCES: a read-only descriptor asked for
 * PROT_WRITE.  The mapping is not inherited by fork(2), cannot grow, is not
 * dumped, and raises SIGBUS once the card is gone.
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
	__aligned_u64 reserved[2];
};

#define DMARING_BUFFER_SIZE_VER0	72

/* ---------------------------------------------------------- ATTACH, DETACH */

/**
 * enum dmaring_policy - what happens when a consumer is slower than the card
 * @DMARING_POLICY_LOSSLESS: every frame is queued; when all buffers are held the
 *                           card has to lose frames (overruns).  Needs a
 *                           writable descriptor.
 * @DMARING_POLICY_LATEST:   at most attach.depth frames wait; then the oldest
 *                           waiting one is dropped.
 */
enum dmaring_policy {
	DMARING_POLICY_LOSSLESS	= 1,
	DMARING_POLICY_LATEST	= 2,
};

/**
 * struct dmaring_attach - DMARING_IOC_ATTACH: become a consumer of the stream
 * @size:         [in,out] see the top of this file.
 * @policy:       [in] enum dmaring_policy.
 * @features:     [in,out] feature bits the application needs; those granted.
 * @flags:        [in] 0.
 * @frame_stride: [in,out] distance of two descriptors in what read() and
 *                DEQUEUE return, bytes: 0 for the kernel's own, or
 *                sizeof(struct dmaring_frame) of the application; a multiple
 *                of 8, %DMARING_FRAME_SIZE_VER0 .. %DMARING_FRAME_STRIDE_MAX.
 *                Bytes beyond the kernel's own descriptor are zero.
 * @depth:        [in] LATEST: most frames that wait, at least 1.  LOSSLESS: 0.
 * @max_held:     [in] LATEST: most frames taken and not yet released that the
 *                consumer needs at a time, at least 1.  Frames that would
 *                exceed depth + max_held buffers in its hands are dropped.
 *                LOSSLESS: 0.
 * @watermark:    [in] frames that must wait before a sleeper is woken and poll
 *                says EPOLLIN, at most info.buffers (LATEST: @depth); 0 is 1.
 * @consumer:     [out] number of the consumer within the stream.
 * @watermark_ns: [in] wake for fewer frames when the oldest has waited for so
 *                long, nanoseconds, at most a minute; 0: never.
 * @reserved:     0.
 *
 * A LATEST consumer reserves depth + max_held out of info.viewer_buffers, so
 * that whatever it does, LOSSLESS consumers keep the other buffers.
 *
 * EACCES: LOSSLESS on a read-only descriptor.  EALREADY: this open file is
 * attached already.  EBUSY: the stream has info.consumers_max consumers.
 * ENOSPC: the viewers' buffers are reserved by others, or are not that many.
 * EOPNOTSUPP: a feature bit the kernel does not offer.
 *
 * When nobody else is attached, buffers that the card or an earlier consumer
 * has written are zeroed first: nobody sees what was recorded for another one.
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

/*
 * DMARING_IOC_DETACH, no argument: stop, give back every frame, no longer be a
 * consumer.  ENOTCONN: not attached.  EBUSY: buffers are still mapped; munmap
 * them first.  Closing the last descriptor and mapping of the open file does
 * the same.
 *
 * DMARING_IOC_START, no argument: frames completed from now on are for this
 * consumer.  The card runs while at least one consumer does.  ENOTCONN: not
 * attached.  EALREADY: it is running.  EIO: the card failed, and not all other
 * consumers have stopped yet.  ETIMEDOUT: since an earlier stop the card could
 * not be proved quiet, and it still cannot.  Any other errno: what the card's
 * driver says of its failure to start.
 *
 * DMARING_IOC_STOP, no argument: no more frames; those that wait are dropped.
 * Frames taken stay with the application until it releases them.  Sleepers
 * wake up with EBADFD, unless START follows before they run.  ENOTCONN: not
 * attached.  EALREADY: it is stopped.
 * ETIMEDOUT: the consumer is stopped, but the card could not be proved quiet;
 * the buffers it may still write are quarantined.
 */

/* -------------------------------------------- taking and releasing frames */

/**
 * struct dmaring_dequeue - DMARING_IOC_DEQUEUE: take frames
 * @size:       [in,out] see the top of this file.
 * @flags:      [in] 0.
 * @frames:     [in] address of an array of @count descriptors, or of @release
 *              if that is more, each attach.frame_stride bytes.
 * @count:      [in,out] most frames to take, at least 1; frames taken.
 * @release:    [in,out] give back so many frames first, 0 ..
 *              %DMARING_RELEASE_MAX: those whose cookies stand in the first
 *              descriptors at @frames; 0 when they are given back.
 * @timeout_ns: [in] how long to wait for the first frame: 0 not at all,
 *              negative for ever.  O_NONBLOCK does not matter here.
 *
 * With @release one call does the work of a RELEASE and a DEQUEUE: a loop that
 * takes at most %DMARING_RELEASE_MAX frames at a time and, after each call that
 * succeeded, sets @release to the @count it got, gives back what it has taken
 * and takes what comes next into the same array.  After a call that failed it
 * leaves both as they are.  Of the descriptors only the cookies are read.
 * ESTALE, EINVAL for a cookie: as RELEASE, but not which one; @release is what
 * it was and nothing is taken.  With any other error @release tells whether
 * they are given back.
 *
 * Returns with as many frames as wait, oldest first: a call that must not sleep
 * as soon as one does, others at the watermark or when their time is over.
 * EAGAIN: nothing waits and @timeout_ns is 0.  ETIMEDOUT: nothing came.
 *
 * read(2) does the same with the size of its buffer / frame_stride as @count
 * and O_NONBLOCK or an endless wait as @timeout_ns; it returns bytes, a
 * multiple of frame_stride.  A buffer shorter than frame_stride is EINVAL.
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
 * @cookies:  [in] address of an array of @count cookies (__u64), any order.
 * @count:    [in] cookies, 1 .. %DMARING_RELEASE_MAX.
 * @bad:      [out] on EINVAL or ESTALE for a cookie: its position in the array;
 *            on success @count.
 * @reserved: 0.
 *
 * All or nothing: the batch is checked whole before any frame is released.
 * ESTALE: this consumer does not hold the frame: it was released before,
 * stands twice in the batch, or was never taken.  EINVAL: the cookie names no
 * buffer of this stream.  Works after STOP, too.
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
 * @produced:            [out] frames the card produced: @completed + @overruns.
 * @completed:           [out] frames that arrived in a buffer.
 * @overruns:            [out] frames lost because no buffer was armed, or whose
 *                       completion made no sense.
 * @errors:              [out] frames the card marked as damaged, and completions
 *                       with an impossible length.
 * @bad_completions:     [out] completions for a buffer that does not exist or
 *                       was not armed; ignored.
 * @bad_releases:        [out] RELEASE or DEQUEUE calls, and releases in a ring,
 *                       refused for a cookie.
 * @stalls:              [out] times a running card completed nothing for
 *                       stall_ms although buffers were armed.
 * @starts:              [out] times the card was started.
 * @bytes:               [out] bytes in completed frames.
 * @idle:                [out] buffers that nobody uses.
 * @armed:               [out] buffers the card may write.
 * @held:                [out] buffers consumers have queued or taken.
 * @quarantined:         [out] buffers kept from everybody.
 * @consumer_produced:   [out] frames the card produced since this consumer's
 *                       START (up to its STOP); the sum of the next four.
 * @consumer_delivered:  [out] frames this consumer took.
 * @consumer_waiting:    [out] frames that wait for it.
 * @consumer_dropped:    [out] frames dropped for it, by its policy or by STOP.
 * @consumer_overruns:   [out] overruns among them.
 * @consumer_held:       [out] frames it took and has not released.
 * @consumer_policy:     [out] enum dmaring_policy; 0: not attached, and the
 *                       consumer fields are 0.
 * @consumer_running:    [out] 1 between START and STOP.
 * @consumer:            [in] of STATS_OF: whose counters.
 *                       [out] number of the consumer, as ATTACH told it.
 * @consumers:           [out] bit n is set if consumer n is attached.
 * @consumer_pid:        [out] process that attached it, as the caller sees it;
 *                       0: in no namespace of the caller's.
 * @consumer_reserved:   [out] buffers reserved for it: depth + max_held.
 * @reserved:            0.
 *
 * Needs no ATTACH.  The consumer fields of STATS are those of the calling open
 * file, those of STATS_OF of any consumer of the stream: so an operator finds
 * out who holds the card back.
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
	__aligned_u64 reserved[2];
};

#define DMARING_STATS_SIZE_VER0		184

/* -------------------------------------------------------------- shared ring */

/*
 * Two rings in memory shared between one consumer and the kernel.
 *
 *	frames		kernel -> user	struct dmaring_frame, the queue that
 *					read and DEQUEUE take from, too
 *	releases	user -> kernel	struct dmaring_ring_release
 *
 * Indices are 32-bit, run freely and wrap; entry i is in slot i & mask.  Each
 * is on a cache line of its own and must be loaded and stored in one piece.
 *
 * Take frames (any thread, mixed with read and DEQUEUE as one likes):
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
 *	A pairs with a: who sees the head sees the slot.
 *	B and b are atomic on the same word: a frame is taken or dropped, never
 *	both.  B is a release: the slot was read before the kernel reuses it.
 *
 * Release a frame (any thread):
 *
 *	user					kernel, when frames complete, in
 *						poll, DEQUEUE, START and KICK
 *	i = fetch_add(releases_head, 1)
 *	wait for i - load_acquire(releases_tail)
 *	        < entries: KICK
 *	slot.cookie = frame.cookie
 *	store_release(slot.turn, i + 1)   (C)	load_acquire(slot.turn) ==
 *						        tail + 1           (c)
 *						check the cookie, free the buffer
 *						store_release(releases_tail)
 *	full barrier                      (D)	flags |= NEED_KICK
 *	if load(flags) & NEED_KICK: KICK	full barrier               (d)
 *						look at the releases once more
 *
 *	C pairs with c: who sees the turn sees the cookie.
 *	D pairs with d: when the card runs out of buffers, either the kernel
 *	sees the release or the user sees NEED_KICK.  While enough buffers are
 *	armed the flag is off, and no system call is made.
 *
 * The kernel believes nothing that it finds here.  A cookie is checked as
 * RELEASE does (what is wrong counts in bad_releases); a tail that is not
 * between the last one and the head is ignored: nothing more is published or
 * taken for this consumer than its own frames, and its calls answer EPROTO.
 */

#define DMARING_CACHE_LINE	64

/* ring_header.flags */
#define DMARING_RING_NEED_KICK	(1U << 0) /* KICK after each release */
#define DMARING_RING_GONE	(1U << 1) /* the card is gone, or DETACH */
#define DMARING_RING_STOPPED	(1U << 2) /* this consumer is not running */
#define DMARING_RING_FAILED	(1U << 3) /* the card failed */

/**
 * struct dmaring_ring_header - the beginning of the shared ring
 * @frames_head:   written by the kernel: where the next frame goes.
 * @frames_tail:   moved with cmpxchg: the oldest frame that waits.
 * @releases_head: moved by the user: where the next release goes.
 * @releases_tail: written by the kernel: releases before it are done.
 * @flags:         written by the kernel: DMARING_RING_*.
 * @wake_at:       0.  Kept for waking at a certain head.
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
 * @pad:    anything.
 */
struct dmaring_ring_release {
	__aligned_u64 cookie;
	__u32 turn;
	__u32 pad;
};

/**
 * struct dmaring_ring - DMARING_IOC_RING: get at the shared ring
 * @size:             [in,out] see the top of this file.
 * @flags:            [in] 0.
 * @fd:               [out] a new descriptor, close-on-exec, to mmap(2) the ring
 *                    from: offset 0, @map_bytes, MAP_SHARED, PROT_READ |
 *                    PROT_WRITE.  It can be closed then.
 * @frame_slots:      [out] slots for frames, a power of two.
 * @map_bytes:        [out] bytes to map.
 * @frames_offset:    [out] where the frames' slots begin.
 * @frame_bytes:      [out] bytes from slot to slot.
 * @releases_offset:  [out] where the releases' slots begin.
 * @release_slots:    [out] slots for releases, a power of two.
 * @reserved:         0.
 *
 * The header is at offset 0.  Read-only descriptors can have a ring, too.  The
 * mapping is not inherited by fork(2) and stays, without use, after DETACH.
 * Each call makes another descriptor of the same ring.  EMFILE, ENFILE: no
 * more descriptors.
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
 * DMARING_IOC_KICK, no argument: look at the releases of the shared ring now.
 * ENOTCONN: not attached.
 */

/**
 * struct dmaring_eventfd - DMARING_IOC_EVENTFD: signal an eventfd(2)
 * @size:  [in,out] see the top of this file.
 * @flags: [in] 0.
 * @fd:    [in] an eventfd to signal at every frame that leaves the watermark
 *         reached, and when the stream stops, fails or goes away; -1: none.
 * @reserved: 0.
 *
 * One per consumer; it replaces an earlier one, and DETACH forgets it.
 * EBADF, EINVAL: @fd is no eventfd.  ENOTCONN: not attached.
 */
struct dmaring_eventfd {
	__u32 size;
	__u32 flags;
	__s32 fd;
	__u32 reserved;
};

#define DMARING_EVENTFD_SIZE_VER0	16

/* ---------------------------------------------------------------- commands */

/*
 * One number per command; the size travels in the structure, so that a
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

/*
 * poll(2):
 *	EPOLLIN | EPOLLRDNORM	the watermark is reached: read and DEQUEUE will
 *				not sleep
 *	EPOLLERR		the card failed, or this consumer is not attached
 *				or not running: a read would fail, not wait
 *	EPOLLHUP		the card is gone
 */

/* ----------------------------------------------------- the layout is fixed */

#ifdef __cplusplus
#define DMARING_STATIC_ASSERT(expr)	static_assert(expr, #expr)
#else
#define DMARING_STATIC_ASSERT(expr)	_Static_assert(expr, #expr)
#endif

DMARING_STATIC_ASSERT(sizeof(struct dmaring_frame) == DMARING_FRAME_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_format) == 24);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_info) == DMARING_INFO_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_buffer) == DMARING_BUFFER_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_attach) == DMARING_ATTACH_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_dequeue) == DMARING_DEQUEUE_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_release) == DMARING_RELEASE_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_stats) == DMARING_STATS_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_ring) == DMARING_RING_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_eventfd) == DMARING_EVENTFD_SIZE_VER0);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_ring_header) == 5 * DMARING_CACHE_LINE);
DMARING_STATIC_ASSERT(sizeof(struct dmaring_ring_release) == 16);

#endif /* _UAPI_LINUX_DMARING_H */
