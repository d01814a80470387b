/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note OR MIT */
/*
 * fgsim, a simulated PCIe frame grabber: the data sheet.
 *
 * Read by the card (a process on the host, tests/fgsim) and by its driver
 * (hw/fgsim).  Whoever changes the meaning of anything here raises
 * FGSIM_VERSION.
 *
 * The bus.  To the guest the card is QEMU's ivshmem-doorbell, 1af4:1110.  Its
 * BAR0 belongs to QEMU: a 32-bit write of (peer << 16) to the doorbell makes
 * the card look at its registers.  BAR1 is the MSI-X table.  BAR2 is memory that
 * guest and card share, laid out as below.  All of it is little-endian and
 * naturally aligned.
 *
 * Streams.  The card has 1 or FGSIM_STREAMS_MAX of them.  Each has a block of
 * FGSIM_BAR_BYTES in BAR2, one behind the other, with pages and rings of its own,
 * and FGSIM_VECTORS vectors, likewise.  A stream works, is started, stops and
 * halts as if it were alone.  Common to all are the doorbell, the clock, a reset of
 * the bus, and that the card goes away.  What is said below is said of a stream.
 *
 * Nothing there has a side effect: a register is a word that one side writes and
 * the other one reads.  The card page is written by the card alone, the driver
 * page by the driver alone, the posted ring by the driver, the completion ring
 * by the card.  The card acts on a register when it looks, which it does between
 * two frames, and at once when its doorbell is rung.
 *
 * The card masters the bus by writing the guest's RAM through the file that
 * backs it.  It reaches addresses below @ram_bytes.  An IOMMU does not come
 * between, and bus mastering turned off in the command word does not stop it:
 * only @control does.
 *
 * Playback, with @direction, is the same the other way round: a posted buffer is
 * a frame to be sent, which ends where its last segment does.  The card reads it
 * and writes no memory.  What is said below of filled buffers is true of sent
 * ones; a frame that was due and found none was not sent, and has a number.
 *
 * Indices count entries for ever and wrap at 2^32; an entry's place in its ring
 * is the index modulo the ring's size.  They begin with 0 at each START.
 *
 * Buffers go round like this; each barrier names its partner:
 *
 *	driver					card
 *	------					----
 *	write entries of the posted ring
 *	a: write barrier
 *	@post_head = behind them	------>	load @post_head
 *	b: full barrier				c: read barrier (a)
 *	load @post_notify: ring?		read entries, write the frame,
 *						write the completion
 *						d: write barrier
 *	load @cq_head			<------	@cq_head = behind it
 *	e: read barrier (d)			f: full barrier
 *	read completions			load @cq_arm: interrupt?
 *	g: read, then write barrier
 *	@cq_tail = behind them		------>	load @cq_tail: is there room?
 *						h: read barrier (g)
 *
 * A card that sleeps sets @post_notify, full barrier (b), and looks at
 * @post_head once more.  A driver that sleeps changes @cq_arm, full barrier (f),
 * and looks at @cq_head once more.
 */
#ifndef FGSIM_REGS_H
#define FGSIM_REGS_H

#include <linux/types.h>

#define FGSIM_PCI_VENDOR	0x1af4
#define FGSIM_PCI_DEVICE	0x1110

/* BAR0, by QEMU (docs/specs/ivshmem-spec). */
#define FGSIM_BAR_DOORBELL	0
#define FGSIM_DOORBELL		12	/* offset; write-only */
#define FGSIM_DOORBELL_SHIFT	16	/* of the peer to be rung */

#define FGSIM_BAR_MEMORY	2

#define FGSIM_MAGIC		0x4d534746	/* "FGSM" */
#define FGSIM_VERSION		6

#define FGSIM_STREAMS_MAX	2
#define FGSIM_POST_ENTRIES	4096
#define FGSIM_CQ_ENTRIES	8192	/* so that each posted buffer finds room there */
#define FGSIM_SEGMENTS_MAX	256	/* of one buffer */
#define FGSIM_FRAME_BYTES_MAX	(1U << 30)
#define FGSIM_PERIOD_NS_MAX	3600000000000ULL

/**
 * enum fgsim_vector - MSI-X vectors of a stream
 * @FGSIM_VECTOR_FRAMES: completions are there, as @cq_arm asked for.
 * @FGSIM_VECTOR_EVENT:  look at @state, and at @sequence_next for lost frames;
 *	not more often than once in FGSIM_EVENT_NS.
 * @FGSIM_VECTORS:       how many there are.
 */
enum fgsim_vector {
	FGSIM_VECTOR_FRAMES	= 0,
	FGSIM_VECTOR_EVENT	= 1,
	FGSIM_VECTORS		= 2,
};

#define FGSIM_EVENT_NS		1000000

/**
 * enum fgsim_state - what the card does
 * @FGSIM_IDLE:    nothing; it writes no memory of the guest.
 * @FGSIM_RUNNING: it fills buffers.
 * @FGSIM_HALTED:  nothing, since it found an error, see @error; until the next
 *	write to @control.
 */
enum fgsim_state {
	FGSIM_IDLE	= 0,
	FGSIM_RUNNING	= 1,
	FGSIM_HALTED	= 2,
};

/**
 * enum fgsim_error - why the card halted
 * @FGSIM_ERROR_NONE:   it did not.
 * @FGSIM_ERROR_CONFIG: a register of the driver page was out of range at START.
 * @FGSIM_ERROR_POST:   @post_head is more than a ring ahead.
 * @FGSIM_ERROR_CHAIN:  a buffer with too many segments, or without the last one.
 * @FGSIM_ERROR_TAIL:   @cq_tail is not between what was completed.
 * @FGSIM_ERROR_LEASE:  @heartbeat stood still for @lease_ms.
 */
enum fgsim_error {
	FGSIM_ERROR_NONE	= 0,
	FGSIM_ERROR_CONFIG	= 1,
	FGSIM_ERROR_POST	= 2,
	FGSIM_ERROR_CHAIN	= 3,
	FGSIM_ERROR_TAIL	= 4,
	FGSIM_ERROR_LEASE	= 5,
};

/**
 * struct fgsim_card_page - at 0x0000, written by the card alone
 * @magic:         FGSIM_MAGIC; all ones: the card is gone.
 * @version:       FGSIM_VERSION.
 * @peer:          whom the driver's doorbell must ring.
 * @resets:        how often the bus was reset since the card has power.
 * @ram_bytes:     the card reaches addresses below that.
 * @state:         enum fgsim_state.
 * @error:         enum fgsim_error.
 * @control_ack:   the last @control that was obeyed.  With FGSIM_CONTROL_RUN
 *	clear, nothing of the guest's memory is written or read after this store.
 * @slipped:       frames that the card was too late to make, as if it had lost
 *	them: they have numbers.
 * @clock_ns:      the card's clock when it saw @clock_request.
 * @clock_reply:   written after @clock_ns: which request that was.
 * @streams:       how many the card has; the same in all of them.
 * @settings_ack:  the last @settings that was obeyed.  Completions before @cq_head,
 *	loaded after it, are all that there are of frames from before.
 * @temperature_mdeg: thousandths of a degree Celsius, signed; as of @settings_ack.
 * @cq_head:       index of the next completion.
 * @post_notify:   1: ring the doorbell after a store to @post_head.
 * @sequence_next: low half of the number of the next frame; stored after the
 *	@cq_head of all frames before.
 * @reserved0:     0.
 * @reserved1:     0.
 * @reserved2:     0.
 * @reserved3:     0.
 *
 * What changes with every frame has cache lines of its own.
 */
struct fgsim_card_page {
	__le32 magic;
	__le32 version;
	__le32 peer;
	__le32 resets;
	__le64 ram_bytes;
	__le32 state;
	__le32 error;
	__le32 control_ack;
	__le32 slipped;
	__le64 clock_ns;
	__le32 clock_reply;
	__le32 streams;
	__le32 settings_ack;
	__le32 temperature_mdeg;
	__u8 reserved0[0x80 - 0x40];
	__le32 cq_head;
	__u8 reserved1[0xc0 - 0x84];
	__le32 post_notify;
	__u8 reserved2[0x100 - 0xc4];
	__le32 sequence_next;
	__u8 reserved3[0x1000 - 0x104];
};

#define FGSIM_CONTROL_RUN	0x00000001	/* the other bits: make it a new value */

/**
 * enum fgsim_source - what makes a frame due
 * @FGSIM_SOURCE_FREE:    the card's clock, every @period_ns.
 * @FGSIM_SOURCE_TRIGGER: changes of @trigger.
 */
enum fgsim_source {
	FGSIM_SOURCE_FREE	= 0,
	FGSIM_SOURCE_TRIGGER	= 1,
};

/**
 * enum fgsim_direction - which way frames go
 * @FGSIM_CAPTURE:  the card writes them.
 * @FGSIM_PLAYBACK: the card reads them.
 */
enum fgsim_direction {
	FGSIM_CAPTURE	= 0,
	FGSIM_PLAYBACK	= 1,
};

/* With these two a frame is as bright as its pattern. */
#define FGSIM_EXPOSURE_US	10000
#define FGSIM_GAIN_PERCENT	100

#define FGSIM_ENCODER_NS	100000	/* from count to count of its encoder */

/*
 * Contents of frames: enum dmaring_pattern of <dmaring/pattern.h>, with the
 * frame's sequence number and @line_bytes; or one of these, which are cheap.
 */
#define FGSIM_PATTERN_COPY	0x100	/* all bytes from an image, then the stamp */
#define FGSIM_PATTERN_STAMP	0x101	/* the first 8 bytes: sequence, little-endian */
#define FGSIM_PATTERN_OFF	0x102	/* nothing is written */
#define FGSIM_PATTERNS_CHEAP	3

/**
 * struct fgsim_driver_page - at 0x1000, written by the driver alone
 * @control:       FGSIM_CONTROL_RUN and any number; each change is a command.
 *	With RUN set: forget all buffers, begin with the registers below.
 *	With RUN clear: forget all buffers, write nothing more.  Ring the doorbell
 *	and wait for @control_ack.
 * @frame_bytes:   bytes of a frame, 1 .. FGSIM_FRAME_BYTES_MAX; for playback
 *	it means nothing.                                          (at START)
 * @line_bytes:    bytes of a line.                                (at START)
 * @source:        enum fgsim_source.                              (at START)
 * @period_ns:     from frame to frame, at most FGSIM_PERIOD_NS_MAX; 0: whenever
 *	a buffer is posted, and nothing is ever lost.  (at START, @settings; but
 *	@settings makes no 0 of it, nor anything of 0, nor obeys a greater one)
 * @sequence:      number of the first frame.                      (at START)
 * @lease_ms:      halt if @heartbeat stands still for so long: the driver may
 *	be gone, and its buffers with it.  0: never.               (at START)
 * @pattern:       what frames show, if the card writes them. (at START, @settings)
 * @irq_count:     interrupt once so many completions wait, 0 counts as 1,
 *                                                                 (any time)
 * @irq_time_ns:   or once the first of them has waited so long; 0: at once.
 *                                                                 (any time)
 * @clock_request: a new value asks for @clock_ns.                 (any time)
 * @heartbeat:     a new value says that the driver is there.      (any time)
 * @trigger:       frames wanted so far, modulo 2^32.              (any time)
 * @direction:     enum fgsim_direction.                           (at START)
 * @pixelformat:   fourcc of what the frame consists of; 0: bytes.  It matters for
 *	the test patterns, and so do the next three.               (at START)
 * @width:         pixels of a line, or samples of a channel.      (at START)
 * @height:        lines.                                          (at START)
 * @channels:      of samples; 1 for pixels.                       (at START)
 * @exposure_us:   how long a frame is exposed.               (at START, @settings)
 * @gain_percent:  how much brighter it gets then.            (at START, @settings)
 * @settings:      a new value: obey what is marked so, with the next frame.  Ring
 *	the doorbell and wait for @settings_ack.                   (any time)
 * @post_head:     index of the next entry of the posted ring.
 * @cq_tail:       index of the first completion not yet read.
 * @cq_arm:        each new value asks for one interrupt, as soon as
 *	@irq_count or @irq_time_ns says so.
 * @reserved0:     0.
 * @reserved1:     0.
 * @reserved2:     0.
 */
struct fgsim_driver_page {
	__le32 control;
	__le32 frame_bytes;
	__le32 line_bytes;
	__le32 source;
	__le64 period_ns;
	__le64 sequence;
	__le32 lease_ms;
	__le32 pattern;
	__le32 irq_count;
	__le32 irq_time_ns;
	__le32 clock_request;
	__le32 heartbeat;
	__le32 trigger;
	__le32 direction;
	__le32 pixelformat;
	__le32 width;
	__le32 height;
	__le32 channels;
	__le32 exposure_us;
	__le32 gain_percent;
	__le32 settings;
	__u8 reserved0[0x80 - 0x5c];
	__le32 post_head;
	__u8 reserved1[0xc0 - 0x84];
	__le32 cq_tail;
	__le32 cq_arm;
	__u8 reserved2[0x1000 - 0xc8];
};

/**
 * enum fgsim_fault - mistakes that the card makes on request
 * @FGSIM_FAULT_DROP:        a frame is written and never told of.
 * @FGSIM_FAULT_DUPLICATE:   a completion comes twice.
 * @FGSIM_FAULT_LENGTH:      a completion tells of 2^32 - 16 bytes.
 * @FGSIM_FAULT_SHORT:       a completion tells of one byte less than a frame.
 * @FGSIM_FAULT_COOKIE:      a completion has a cookie that was never posted.
 * @FGSIM_FAULT_STALE:       a completion has the cookie of an earlier buffer.
 * @FGSIM_FAULT_SEQUENCE:    a completion has the sequence number of the
 *                           one before.
 * @FGSIM_FAULT_TIMESTAMP:   a completion is of the far future.
 * @FGSIM_FAULT_HEAD:        @cq_head is nonsense, until the next START.
 * @FGSIM_FAULT_LATE_WRITE:  16 bytes are written into a buffer after its
 *	completion; not in playback.
 * @FGSIM_FAULT_LOST_IRQ:    an interrupt is not raised.
 * @FGSIM_FAULT_SPURIOUS:    both vectors are raised for nothing.
 * @FGSIM_FAULT_STALL:       no frame is produced for @stall_ms.
 * @FGSIM_FAULT_DEAF:        a command to stop is not obeyed for @stall_ms, which
 *	may be changed meanwhile.
 * @FGSIM_FAULT_HALT:        the card halts as if the lease had ended.
 * @FGSIM_FAULT_AWAY:        all of BAR2 reads as ones for @away_ms; then the
 *	card is as after power-on.
 * @FGSIM_FAULTS:            how many there are.
 */
enum fgsim_fault {
	FGSIM_FAULT_DROP,
	FGSIM_FAULT_DUPLICATE,
	FGSIM_FAULT_LENGTH,
	FGSIM_FAULT_SHORT,
	FGSIM_FAULT_COOKIE,
	FGSIM_FAULT_STALE,
	FGSIM_FAULT_SEQUENCE,
	FGSIM_FAULT_TIMESTAMP,
	FGSIM_FAULT_HEAD,
	FGSIM_FAULT_LATE_WRITE,
	FGSIM_FAULT_LOST_IRQ,
	FGSIM_FAULT_SPURIOUS,
	FGSIM_FAULT_STALL,
	FGSIM_FAULT_DEAF,
	FGSIM_FAULT_HALT,
	FGSIM_FAULT_AWAY,
	FGSIM_FAULTS,
};

/**
 * struct fgsim_fault_page - at 0x2000, for tests; the driver never looks
 * @wanted:   per fault, how many so far; written by the test, which adds.
 * @made:     per fault, how many so far; written by the card.
 * @stall_ms: see there; written by the test.
 * @away_ms:  see there; written by the test.
 * @reserved: 0.
 */
struct fgsim_fault_page {
	__le32 wanted[32];
	__le32 made[32];
	__le32 stall_ms;
	__le32 away_ms;
	__u8 reserved[0x1000 - 0x108];
};

#define FGSIM_POST_MORE		0x00000001	/* the next entry goes on with it */

/**
 * struct fgsim_post - an entry of the posted ring: one segment of a buffer
 * @cookie:   comes back in the completion; that of the last segment counts.
 * @addr:     bus address.
 * @bytes:    length.
 * @flags:    FGSIM_POST_MORE or 0.
 * @reserved: 0.
 *
 * A buffer's segments follow each other and are all there when @post_head is
 * stored.  Buffers are filled and completed in the order in which they came.
 */
struct fgsim_post {
	__le64 cookie;
	__le64 addr;
	__le32 bytes;
	__le32 flags;
	__le64 reserved;
};

/**
 * enum fgsim_status - what became of a buffer
 * @FGSIM_STATUS_OK:      it has a frame.
 * @FGSIM_STATUS_ADDRESS: a segment is out of the card's reach: nothing was
 *	written or read.
 * @FGSIM_STATUS_SPACE:   the buffer is smaller than the frame; the rest is lost.
 *	In playback: the frame has no byte, or more than FGSIM_FRAME_BYTES_MAX;
 *	nothing was read.
 */
enum fgsim_status {
	FGSIM_STATUS_OK		= 0,
	FGSIM_STATUS_ADDRESS	= 1,
	FGSIM_STATUS_SPACE	= 2,
};

#define FGSIM_FNV_BASIS		0x811c9dc5U
#define FGSIM_FNV_PRIME		0x01000193U

/**
 * struct fgsim_completion - an entry of the completion ring
 * @cookie:       of the buffer.
 * @sequence:     of the frame; what is missing between two frames was lost
 *	because no buffer was posted.
 * @timestamp_ns: the card's clock when the frame was due.
 * @bytes:        how many were written, or read.
 * @status:       enum fgsim_status.
 * @pattern:      what the frame shows; in playback a checksum of the bytes that
 *	were read: 32-bit FNV-1a, which begins with FGSIM_FNV_BASIS, and for each
 *	byte is xored with it, then multiplied by FGSIM_FNV_PRIME (the IETF's
 *	draft-eastlake-fnv).  %DMARING_PATTERN_NONE: a test pattern of another
 *	brightness.
 * @exposure_us:  of the frame; 0 in playback, and so are the next two.
 * @gain_percent: of the frame.
 * @temperature_mdeg: of the card, when the frame was due; signed.
 * @encoder:      where what is looked at was, when the frame was due: counts, each
 *	of FGSIM_ENCODER_NS, modulo 2^32.
 * @reserved:     0.
 */
struct fgsim_completion {
	__le64 cookie;
	__le64 sequence;
	__le64 timestamp_ns;
	__le32 bytes;
	__le32 status;
	__le32 pattern;
	__le32 exposure_us;
	__le32 gain_percent;
	__le32 temperature_mdeg;
	__le32 encoder;
	__u8 reserved[12];
};

/**
 * struct fgsim_bar - a stream's block of BAR2
 * @card:     see there.
 * @driver:   see there.
 * @fault:    see there.
 * @unused0:  0.
 * @post:     the posted ring.
 * @unused1:  0.
 * @cq:       the completion ring.
 */
struct fgsim_bar {
	struct fgsim_card_page card;
	struct fgsim_driver_page driver;
	struct fgsim_fault_page fault;
	__u8 unused0[0x20000 - 0x3000];
	struct fgsim_post post[FGSIM_POST_ENTRIES];
	__u8 unused1[0x80000 - 0x20000 - 32 * FGSIM_POST_ENTRIES];
	struct fgsim_completion cq[FGSIM_CQ_ENTRIES];
};

#define FGSIM_BAR_BYTES		0x100000

#endif /* FGSIM_REGS_H */
