/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This header says what a hardware driver implements for dmaring, and what it
 * may call.
 *
 * A hardware driver knows one card.  It owns the PCI device, its registers and
 * its interrupt.  The core owns the buffers, the consumers and the character
 * device.  The two meet here:
 *
 *	probe:	dmaring_create()	the pool is allocated
 *		(set up the card, request its interrupt)
 *		dmaring_register()	/dev/dmaringN appears
 *
 *	remove:	dmaring_unregister()	nobody can reach the card any more
 *		(free the interrupt, shut the card down)
 *		dmaring_destroy()	mappings are cut, the pool is freed
 *
 *	interrupt handler:
 *		dmaring_complete() or dmaring_overrun() or dmaring_fail()
 *		dmaring_refill()	last, without a lock that arm() takes
 *
 * driver/hw/README.md is a guide with a skeleton; hw/edu is a whole driver.
 *
 * Locking, seen from the card's side:
 *
 * * dmaring_complete(), dmaring_complete_next(), dmaring_next_armed(),
 *   dmaring_discard(), dmaring_overrun(), dmaring_fail(), dmaring_card_fault(),
 *   dmaring_control_changed(), dmaring_set_rate(), dmaring_get_rate() and
 *   dmaring_sequence() take the core's inner lock at most and never call back.
 *   Call them from any context, also under a spinlock of the driver, unless it
 *   is a raw one.
 * * dmaring_refill() calls the driver's arm().  Never call it with a lock held
 *   that arm() takes, nor from within arm().
 * * dmaring_buffer_span() and dmaring_frame_bytes() take no lock, and
 *   dmaring_card_time() none, except on PREEMPT_RT.
 * * All other functions may sleep.
 *
 * Playback, where dmaring_config.direction is DMARING_PLAYBACK, is the same the
 * other way round:
 *
 * * arm() gives the card a frame to send.  Its segments are the whole buffer's;
 *   dmaring_frame_bytes() tells how much of that is the frame.  Frames come in the
 *   order in which they were submitted.  The memory is mapped for the card to
 *   read; an IOMMU keeps it from writing.
 * * dmaring_complete() says that the card has read all of it and sent it;
 *   bytes_used is how much, and should be dmaring_frame_bytes().  Before that, or
 *   stop(), nobody writes the buffer.
 * * dmaring_overrun() says that the card wanted frames and had none (an
 *   underrun).
 * * After a stop() that returned 0 the core takes back what was armed, and tells
 *   the producer that it was not sent.  After a suspend it arms it anew.
 */
#ifndef DMARING_HW_H
#define DMARING_HW_H

#include <linux/moduleparam.h>
#include <linux/types.h>

#include <linux/dmaring.h>

struct device;
struct dmaring_hw_value;
struct dmaring_stream;
struct module;

/**
 * struct dmaring_segment - one piece of a buffer on the bus
 * @addr:  bus address, for the card.
 * @bytes: length of the piece.
 */
struct dmaring_segment {
	dma_addr_t addr;
	size_t bytes;
};

/**
 * struct dmaring_hw_ops - what the hardware driver does for the core
 *
 * The first argument, @hw, is what the driver gave as dmaring_config.hw.
 *
 * @start: Let the card produce frames of the given format.
 *	Guarantees: the core calls it in process context.  The last stop(), if
 *	any, returned 0.  No arm() runs, and none will be called before start()
 *	has returned 0.  Then buffers follow at once.
 *	It returns 0, or a negative errno that START hands to the application;
 *	the card is then still stopped.
 *
 * @stop: Let the card produce no more frames.
 *	Guarantees: the core calls it in process context.  No arm() runs, and
 *	none will be called until the next start().  The core also calls it when
 *	the card is stopped already, to learn whether buffers in quarantine are
 *	safe now; but between dmaring_suspend() and dmaring_resume() only in
 *	dmaring_unregister().
 *	It must return 0 only when the card cannot write into any buffer any
 *	more and the driver has forgotten every armed one; the core then reuses
 *	or frees them.  A driver in doubt clears bus mastering and reads it back
 *	(dmaring_pci_cut_off() does both).  If that is no proof either, it
 *	returns -ETIMEDOUT: the core then keeps the armed buffers from everybody
 *	until a later stop() returns 0, and leaks them at removal.
 *	When it has returned 0, the driver uses no segments or span of a buffer
 *	any more: handlers that did have ended (synchronize_irq(),
 *	cancel_work_sync()), and the memory may go.
 *	It must return in bounded time.
 *
 * @arm: Give a buffer to the card.
 *	Guarantees: the core makes one call at a time, only between start() and
 *	stop(), under a spinlock with interrupts off (on PREEMPT_RT: in a task,
 *	with interrupts on).  The buffer is the card's from here until
 *	dmaring_complete() or stop().  Buffers come in the order in which they
 *	became idle.
 *	It returns 0, or -EBUSY when the card's queue is full: the buffer stays
 *	the first in line for the next dmaring_refill().  Any other error fails
 *	the stream as dmaring_fail() does.
 *
 * @kick: Optional.  The card shall look at what it was given.
 *	Guarantees: as for arm(), and under the same lock; after one or more
 *	arm() that returned 0, and before any buffer that is armed later.  The
 *	card may have filled and completed some of these by then.
 *	A card with a doorbell is rung here, once for all that came together.
 *
 * @set_format: Optional.  Somebody asks for another format.
 *	Guarantees: the core calls it in process context, while the card is
 *	stopped.  The format is within a row of config.formats, and
 *	bytes_per_line and frame_bytes fit.
 *	It may make bytes_per_line larger, with frame_bytes accordingly, or bring
 *	the rate to the nearest one that the card has.  It need not tell the card:
 *	start() is given the format.  It returns 0, or -EINVAL or -ERANGE for
 *	what the row promises too much of.  Nothing may have changed then, nor otherwise:
 *	perhaps somebody only wants to know.
 *
 * @check: Optional.  Is it still the card that probe found?
 *	Guarantees: the core calls it in process context, while the card is
 *	stopped, after a reset of the card's slot that put its configuration
 *	back.
 *	It returns 0, or a negative errno after it has said why in the log: the
 *	card is gone then.  Without this op a card is the same if it answers at
 *	all.
 *
 * @frame_due: Optional.  Should the card be making a frame now?
 *	Guarantees: the core calls it in process context, after start(); perhaps
 *	while stop() runs.
 *	It returns false while the card waits for what nobody can foresee, such
 *	as a trigger: that it is silent then is no stall.  Without this op a
 *	frame is always due while buffers are armed.
 *
 * @read_clock: Optional.  Read the card's counter of time (config.clock_hertz).
 *	Guarantees: the core calls it in process context, one call at a time,
 *	between start() and stop().  The counter must have had the value while
 *	the call ran; the shorter it takes, the better are the time stamps.
 *	It returns 0, or a negative errno if the card does not answer now.
 *
 * @read_region: Optional.  Somebody looks at the card's memory.
 *	Guarantees: the core calls it in process context, perhaps with mmap_lock
 *	held, which a debugger takes, but none of its own; from
 *	any number of threads at once and beside all other ops; but never after
 *	dmaring_unregister() has returned, nor after dmaring_suspend() has, until
 *	dmaring_resume().  Offset and bytes are multiples of the region's
 *	width and within it; there is at least one byte and at most a page; @to
 *	is aligned for any width.
 *	It must read with the width that the card understands:
 *	dmaring_read_io() does that for registers.  It must return in bounded
 *	time, which removal waits for, and must not let callers wait for each
 *	other: -EBUSY is the answer while the card cannot be asked.  It returns 0
 *	when all was read, or a negative errno.
 *
 * @get_control: Tell the value of a control (config.controls, by its index).
 *	Guarantees: the core calls it in process context, one call of it or of
 *	set_control() at a time, beside all other ops; from dmaring_register()
 *	on, but never after dmaring_unregister() has returned, nor between
 *	dmaring_suspend() and dmaring_resume().  No BUTTON is asked for.  @value
 *	comes zeroed.
 *	The core believes no value that the control cannot have: it answers EIO.
 *	What is not VOLATILE is asked for once, and then again only after
 *	dmaring_control_changed().  It must return in bounded time, which removal
 *	waits for; 0 or a negative errno.
 *
 * @set_control: Set a control, or push the button.
 *	Guarantees: as for get_control(); and the value is one that the control
 *	can have.  A control that is WHEN_STOPPED is set only while the card is
 *	stopped.  The core also calls it for what it puts back, and in
 *	dmaring_resume(), before start(), for every control that is not
 *	READ_ONLY, VOLATILE or a BUTTON.
 *	Frames that are completed after it has returned are taken for frames with
 *	that value.  It returns 0, or a negative errno after which the control has
 *	the value that it had.
 */
struct dmaring_hw_ops {
	int (*start)(void *hw, const struct dmaring_format *format);
	int (*stop)(void *hw);
	int (*arm)(void *hw, u32 index, const struct dmaring_segment *segments,
		   unsigned int count);
	void (*kick)(void *hw);
	int (*set_format)(void *hw, struct dmaring_format *format);
	int (*check)(void *hw);
	bool (*frame_due)(void *hw);
	int (*read_clock)(void *hw, u64 *ticks);
	int (*read_region)(void *hw, u32 region, u64 offset, void *to,
			   size_t bytes);
	int (*get_control)(void *hw, u32 control,
			   struct dmaring_hw_value *value);
	int (*set_control)(void *hw, u32 control,
			   const struct dmaring_hw_value *value);
};

/**
 * struct dmaring_hw_region - memory of the card that applications may look at
 * @name:  what they know it by; at most 31 bytes.
 * @start: where it is for the CPU: pci_resource_start() and an offset.  It
 *         matters for %DMARING_REGION_MAP only.
 * @bytes: how many it has, a multiple of @width.
 * @flags: %DMARING_REGION_MAP: it may be mapped.  The core drops that where the
 *         region does not begin and end with a page of this kernel's: others
 *         would see what lies beside it.
 *         %DMARING_REGION_WRITE: whoever has CAP_SYS_RAWIO may write a mapping.
 *         %DMARING_REGION_PREFETCHABLE: a mapping is write-combining, for memory
 *         that the driver itself has mapped so, or not at all: where it has
 *         mapped it uncached, some kernels do that, too.
 *         %DMARING_REGION_CACHED: a mapping is cached, for what the driver has
 *         by memremap(MEMREMAP_WB), and for nothing else.
 *         Without these two a mapping is uncached, as registers must be.
 * @width: bytes of an access, 1, 2, 4 or 8; 0 counts as 1: any will do.
 *
 * Everybody who can open the stream reads it, and can do so all the time.  So a
 * region must have nothing whose reading changes the card: no FIFO, no bits that
 * are cleared by being read, no address that hangs the bus.  It must have nothing
 * that is a secret: addresses on the bus are one, and so is what the card has of
 * frames for others.  Registers that must not be seen can share no region with
 * others, and a page neither if that is to be mapped.
 */
struct dmaring_hw_region {
	const char *name;
	phys_addr_t start;
	u64 bytes;
	u32 flags;
	u32 width;
};

/**
 * struct dmaring_rate - how many a second
 * @numerator:   so many
 * @denominator: in so many seconds.  0/0: not known.
 */
struct dmaring_rate {
	u32 numerator;
	u32 denominator;
};

/**
 * struct dmaring_hw_format - formats that the card can make
 * @pixelformat:  fourcc; one of dmaring/format.h.
 * @width_min:    least width, at least 1.
 * @width_max:    most; where it would not fit into a buffer, that is the limit.
 * @width_step:   widths are @width_min and so many times that; 0 counts as what
 *                the pixel format needs.
 * @height_min:   the same of the height; samples have 1.
 * @height_max:   see there.
 * @height_step:  see there.
 * @channels_max: most channels of samples; 0 counts as 1.
 * @line_step:    lines begin at multiples of so many bytes; 0 counts as 1.
 * @rate_min:     least rate that can be set, of frames, or of samples of each
 *                channel; 0/0: none can.
 * @rate_max:     the highest.
 *
 * One pixel format may have several rows.
 */
struct dmaring_hw_format {
	u32 pixelformat;
	u32 width_min;
	u32 width_max;
	u32 width_step;
	u32 height_min;
	u32 height_max;
	u32 height_step;
	u32 channels_max;
	u32 line_step;
	struct dmaring_rate rate_min;
	struct dmaring_rate rate_max;
};

/**
 * struct dmaring_hw_control - something of the card that applications can set
 * @name:    what GenICam's Standard Features Naming Convention calls it, if that
 *           knows it: a letter, then letters, digits and _; at most 63 bytes.
 * @type:    enum dmaring_control_type.
 * @flags:   %DMARING_CONTROL_READ_ONLY: it is only looked at.
 *           %DMARING_CONTROL_VOLATILE: the card changes it all the time, so that
 *           it is read whenever somebody asks, and no event tells of it.
 *           %DMARING_CONTROL_WHEN_STOPPED: it cannot be set while the card runs.
 * @minimum: INTEGER: least value.  STRING: fewest bytes.
 * @maximum: INTEGER: greatest value.  STRING: most bytes, at most 63.
 * @step:    INTEGER: values are @minimum plus a multiple of it; 0 counts as 1.
 * @default_value: what the card has at first, by number.
 * @default_text: STRING: the same; NULL: empty.
 * @unit:    of the value, UTF-8, at most 15 bytes; NULL: none.
 * @items:   MENU: names of the values from 0 on, of at most 63 bytes; NULL: the
 *           card has none of that number.
 * @item_count: MENU: how many there are, at most %DMARING_CONTROL_ITEMS_MAX.
 */
struct dmaring_hw_control {
	const char *name;
	u32 type;
	u32 flags;
	s64 minimum;
	s64 maximum;
	s64 step;
	s64 default_value;
	const char *default_text;
	const char *unit;
	const char *const *items;
	u32 item_count;
};

#define DMARING_CONTROL_ITEMS_MAX	256

/**
 * struct dmaring_hw_value - the value of a control
 * @number: STRING, BUTTON: 0.
 * @text:   STRING: NUL-terminated.
 * @rate:   of a control of the frame rate: get_control() tells the rate if @number
 *          does not say all of it, and set_control() finds it again in a value that
 *          is put back.  0/0: @number says all, as it does when applications set it.
 */
struct dmaring_hw_value {
	s64 number;
	char text[DMARING_CONTROL_TEXT];
	struct dmaring_rate rate;
};

/**
 * struct dmaring_pool_params - what pool the operator wishes
 * @buffers:        buffers to allocate; 0: as many as fit.
 * @buffer_size:    bytes of a buffer; the core rounds it up to whole pages.
 * @memory:         what buffers are made of: "coherent" or "pages".
 * @block_size:     pages: largest block that a buffer is made of, bytes, a
 *                  power of two; 0: the largest that can be had.
 * @reserve_mib:    memory to leave to the system, MiB.
 * @min_buffers:    fail rather than go on with fewer; 0 counts as 1.
 * @fallback:       halve the size until one buffer can be had.
 * @viewer_buffers: buffers that LATEST consumers can reserve in all; 0: a
 *                  quarter of the pool, at least 2.
 * @stall_ms:       report a running card with armed buffers, of which a frame
 *                  is due, that completes nothing for so long, milliseconds; 0:
 *                  never.
 */
struct dmaring_pool_params {
	unsigned int buffers;
	unsigned long buffer_size;
	char *memory;
	unsigned long block_size;
	unsigned int reserve_mib;
	unsigned int min_buffers;
	bool fallback;
	unsigned int viewer_buffers;
	unsigned int stall_ms;
};

/* buffer_size= and block_size= understand 65536, 64K and 4M */
extern const struct kernel_param_ops dmaring_param_size_ops;

/*
 * A u32 for config.direction: direction= understands capture and playback, and the
 * module is not loaded with anything else.
 */
extern const struct kernel_param_ops dmaring_param_direction_ops;

/**
 * DMARING_POOL_PARAMS() - declare the pool's module parameters
 * @name: the struct dmaring_pool_params to define, static.
 *
 * Every hardware driver has its own pool and so its own parameters.  Their
 * names and their meaning are the same everywhere.
 */
#define DMARING_POOL_PARAMS(name)                                              \
	static struct dmaring_pool_params name = {                             \
		.buffer_size = 4UL << 20,                                      \
		.memory = "coherent",                                          \
		.reserve_mib = 64,                                             \
		.stall_ms = 30000,                                             \
	};                                                                     \
	module_param_named(buffers, name.buffers, uint, 0444);                 \
	MODULE_PARM_DESC(buffers, "buffers to allocate (0: as many as fit)");  \
	module_param_cb(buffer_size, &dmaring_param_size_ops,                  \
			&name.buffer_size, 0444);                              \
	MODULE_PARM_DESC(buffer_size, "bytes of a buffer, K and M allowed");   \
	module_param_named(memory, name.memory, charp, 0444);                  \
	MODULE_PARM_DESC(memory, "coherent, or pages, which direct I/O accepts"); \
	module_param_cb(block_size, &dmaring_param_size_ops,                   \
			&name.block_size, 0444);                               \
	MODULE_PARM_DESC(block_size,                                           \
			 "memory=pages: largest block of a buffer (0: any)");  \
	module_param_named(reserve_mib, name.reserve_mib, uint, 0444);         \
	MODULE_PARM_DESC(reserve_mib, "MiB to leave to the system");           \
	module_param_named(min_buffers, name.min_buffers, uint, 0444);         \
	MODULE_PARM_DESC(min_buffers, "fail with fewer buffers than this");    \
	module_param_named(fallback, name.fallback, bool, 0444);               \
	MODULE_PARM_DESC(fallback, "halve buffer_size until one fits");        \
	module_param_named(viewer_buffers, name.viewer_buffers, uint, 0444);   \
	MODULE_PARM_DESC(viewer_buffers,                                       \
			 "buffers LATEST consumers may reserve (0: a quarter)"); \
	module_param_named(stall_ms, name.stall_ms, uint, 0444);               \
	MODULE_PARM_DESC(stall_ms, "report a card silent this long (0: off)")

/**
 * struct dmaring_limits - what the card can be given; 0: anything
 * @align:         Segments begin at multiples of it, and their lengths are
 *                 such; bytes, a power of two, at most 4096.
 * @segment_bytes: most bytes of a segment, a multiple of @align.
 * @boundary:      No segment crosses a multiple of it; bytes, a power of two.
 * @buffers:       most buffers of the pool.
 *
 * The core cuts memory into segments that keep to them.
 */
struct dmaring_limits {
	u32 align;
	u32 segment_bytes;
	u64 boundary;
	u32 buffers;
};

/**
 * struct dmaring_hw_meta - a field of a frame's metadata
 * @name:   what applications know it by, at most 31 bytes: as GenICam's SFNC names
 *          it, where it does.
 * @unit:   at most 15 bytes, as "ns"; NULL: it has none.
 * @type:   enum dmaring_meta_type.
 * @offset: in the block, a multiple of the type's size.
 */
struct dmaring_hw_meta {
	const char *name;
	const char *unit;
	u32 type;
	u32 offset;
};

/**
 * struct dmaring_config - one stream of a card
 * @ops:    what the driver does.
 * @owner:  THIS_MODULE, which then cannot be unloaded while a consumer is
 *          attached; unbinding and unplugging go on working.
 * @hw:     the first argument of every op.
 * @driver: name of the hardware driver, for INFO; at most 31 bytes.
 * @card:   name of the card, for INFO; at most 31 bytes.
 * @caps:   DMARING_CAP_TEST_PATTERN, if frame.hw_meta names the pattern.
 * @format: the format that frames have at first.  With @formats, what
 *          DMARING_IOC_FORMAT may leave 0 can be 0 here, too.
 * @pool:   the pool's parameters.
 * @queue_length: buffers that can be armed at the same time; 0: all of them.
 *          The core does not call arm() for more, only to hear -EBUSY: each
 *          frame would pay for a vain attempt.  arm() may say -EBUSY for fewer.
 * @kick_below: with so few armed buffers and no idle one, what comes back is
 *          armed at once, for which the users of shared rings have to call the
 *          kernel.  With more it waits for the next dmaring_complete().  So it
 *          must be at least 1 more than the completions that the card may keep
 *          to itself, because it saves interrupts; and should be as many more
 *          as come while an interrupt is on its way.  0 counts as 1: the card
 *          tells of each completion at once.
 * @max_segments: most pieces of memory that the card gathers into one buffer; 0
 *          counts as 1.  More of them make buffers that are larger than the
 *          largest block of the page allocator, with memory=pages.  A block is at
 *          most as long as the driver said by dma_set_max_seg_size(), without
 *          which it is 64 KiB.
 * @limits: what each of these may be like.
 * @in_order: The card fills buffers in the order in which they were armed, and
 *          says only that one is full, or counts them.  Then
 *          dmaring_complete_next() and dmaring_next_armed() can be used.
 * @sink:   The card would lose the borders of frames if it had no buffer.  So the
 *          core allocates one more, and arms it when it has no other for a card
 *          that has none; its index is the one after the last buffer of the pool.
 *          When it is completed, a frame is lost, which the core counts.  Not for
 *          playback.
 * @clock_hertz: the card has a counter of time, which counts so often a second;
 *          the op read_clock() reads it, and dmaring_card_time() maps what the
 *          card says of a frame.  0: it has none.
 * @clock_bits: bits of that counter; 0 counts as 64.  It must count for 4 seconds
 *          at least before it begins anew.
 * @dma_device: what writes the buffers, if it is not the device that the stream is
 *          made for, such as a DMA engine of the board; its DMA mask and limits
 *          count.  It must live until dmaring_destroy().  NULL: that device.
 * @regions: memory of the card that applications may look at, or NULL.
 * @region_count: how many there are.
 * @direction: DMARING_CAPTURE or DMARING_PLAYBACK, see "playback" above.
 * @by_cpu: the driver writes frames itself, where dmaring_buffer_span() says.
 * @formats: what the card can make, or NULL: @format is the only one.
 * @format_count: rows of it.
 * @meta_fields: what a frame's metadata consists of, or NULL.  Not for playback.
 * @meta_field_count: rows of it, at most %DMARING_META_FIELDS_MAX.
 * @meta_bytes: bytes of a frame's metadata, at most %DMARING_META_BYTES_MAX.
 * @stream: of a card with several streams, which of them it is: 0 for the first
 *          one.  Applications and udev tell them apart by that.
 * @controls: what applications can set, or NULL.
 * @control_count: how many there are.
 *
 * The core copies all of it, except what @ops and @hw point to.
 */
struct dmaring_config {
	const struct dmaring_hw_ops *ops;
	struct module *owner;
	void *hw;
	const char *driver;
	const char *card;
	u64 caps;
	struct dmaring_format format;
	const struct dmaring_pool_params *pool;
	u32 queue_length;
	u32 kick_below;
	u32 max_segments;
	struct dmaring_limits limits;
	bool in_order;
	bool sink;
	u32 clock_hertz;
	u32 clock_bits;
	struct device *dma_device;
	const struct dmaring_hw_region *regions;
	u32 region_count;
	u32 direction;
	bool by_cpu;
	const struct dmaring_hw_format *formats;
	u32 format_count;
	const struct dmaring_hw_meta *meta_fields;
	u32 meta_field_count;
	u32 meta_bytes;
	u32 stream;
	const struct dmaring_hw_control *controls;
	u32 control_count;
};

/**
 * dmaring_create() - make a stream and allocate its pool
 * @dev:    the card; its DMA mask must be set, or that of config.dma_device.
 * @config: what the stream is like.
 *
 * Nobody sees the stream until dmaring_register().
 *
 * Context: process; may sleep.
 * Return: the stream, for dmaring_destroy(); ERR_PTR(-ENOMEM) when fewer
 * buffers than pool.min_buffers can be had; -EINVAL for parameters that make no
 * sense; -EINTR when the task was killed meanwhile.  The log has the reason.
 */
struct dmaring_stream *dmaring_create(struct device *dev,
				      const struct dmaring_config *config);

/**
 * dmaring_register() - publish /dev/dmaringN
 * @stream: the stream.
 *
 * This is the last step of probe: the core may call the ops before this
 * function returns.
 *
 * Context: process; may sleep.
 * Return: 0 or a negative errno.
 */
int dmaring_register(struct dmaring_stream *stream);

/**
 * dmaring_unregister() - take the stream away from everybody
 * @stream: the stream; also if dmaring_register() failed.
 *
 * On return no op runs and none will be called again, the card is stopped, the
 * device node is gone, sleepers were woken, open files answer ENODEV, and nobody
 * has the card's memory mapped.  The driver may still call dmaring_complete() and
 * the like; they do nothing.
 *
 * Context: process; may sleep.
 */
void dmaring_unregister(struct dmaring_stream *stream);

/**
 * dmaring_destroy() - cut all mappings and free the pool
 * @stream: the stream, after free_irq(), and after dmaring_unregister() if it
 *          was to be registered.
 *
 * Buffers that stop() could not prove safe are leaked, and the log says so.
 *
 * Context: process; may sleep.
 */
void dmaring_destroy(struct dmaring_stream *stream);

/**
 * struct dmaring_completion - what the card says of a frame
 * @bytes_used:   bytes written, from the beginning of the buffer.
 * @flags:        DMARING_FRAME_*.
 * @timestamp_ns: with %DMARING_FRAME_HW_TIMESTAMP, when the frame was complete:
 *                CLOCK_MONOTONIC, nanoseconds.  Without, it is ignored.
 * @hw_meta:      the core hands it to the application as it is.
 * @meta:         config.meta_bytes of metadata, which the core copies once: the
 *                driver's memory, or what the card writes into RAM; not registers.
 *                NULL: there is none for this frame, and applications find zeroes.
 */
struct dmaring_completion {
	u32 bytes_used;
	u32 flags;
	u64 timestamp_ns;
	u64 hw_meta;
	const void *meta;
};

/**
 * dmaring_set_rate() - the rate has become another one
 * @stream: the stream.
 * @rate:   frames a second, also of samples; 0/0: not known.  It becomes what is
 *          nearest in config.formats.  INFO says it from now on, and the next
 *          start() is given it.
 *
 * It is for what a driver has of its own to set the rate.  The format stays the
 * same, and so does its number.
 *
 * Context: any.
 */
void dmaring_set_rate(struct dmaring_stream *stream,
		      const struct dmaring_rate *rate);

/**
 * dmaring_get_rate() - the rate that the format has now
 * @stream: the stream.
 * @rate:   filled: frames a second, also of samples; 0/0: not known.
 *
 * Context: any.
 */
void dmaring_get_rate(struct dmaring_stream *stream, struct dmaring_rate *rate);

/**
 * dmaring_tell_fraction() - of a control of the frame rate, what is no whole number
 * @stream: the stream.
 * @value:  for get_control(): its rate is filled if that is a fraction.
 *
 * Context: any.
 */
static inline void dmaring_tell_fraction(struct dmaring_stream *stream,
					 struct dmaring_hw_value *value)
{
	struct dmaring_rate rate;

	dmaring_get_rate(stream, &rate);
	if (rate.denominator > 1)
		value->rate = rate;
}

/**
 * dmaring_complete() - the card has filled a buffer
 * @stream: the stream.
 * @index:  the buffer's index, as arm() was told it.
 * @frame:  what is in it.
 *
 * The buffer's content must be visible to the CPU.  The core does not believe
 * the card.  It counts an index that does not exist or is not armed in
 * bad_completions and ignores it.  It counts a frame of an impossible length as
 * an overrun, and keeps its buffer from everybody until the next stop() that
 * returns 0.
 *
 * Context: any.
 * Return: 0; -EINVAL for a completion that makes no sense; -ENODEV after
 * dmaring_unregister().
 */
int dmaring_complete(struct dmaring_stream *stream, u32 index,
		     const struct dmaring_completion *frame);

/**
 * dmaring_complete_next() - the card has filled the next buffer
 * @stream: the stream; config.in_order.
 * @frame:  what is in it.
 *
 * The same as dmaring_complete() for the buffer that is armed for the longest
 * time.  The caller sees to it that completions come one after the other.
 *
 * Context: any.
 * Return: as dmaring_complete(); -EINVAL when no buffer is armed.
 */
int dmaring_complete_next(struct dmaring_stream *stream,
			  const struct dmaring_completion *frame);

/**
 * struct dmaring_armed - a buffer that the card has
 * @index:    its index, as arm() was told it.
 * @count:    pieces of memory, at least 1.
 * @segments: these, in order; they stay where they are until it is complete.
 */
struct dmaring_armed {
	u32 index;
	unsigned int count;
	const struct dmaring_segment *segments;
};

/**
 * dmaring_next_armed() - which buffer is the card's for the longest time
 * @stream: the stream; config.in_order.
 * @armed:  filled.
 *
 * It is for a card without a queue, which is told of a buffer when it has filled
 * the one before: the core keeps the order, and arm() has nothing to do.
 *
 * Context: any.
 * Return: false if no buffer is armed.
 */
bool dmaring_next_armed(struct dmaring_stream *stream,
			struct dmaring_armed *armed);

/**
 * dmaring_discard() - the card gives a buffer back without a frame
 * @stream: the stream.
 * @index:  the buffer's index, as arm() was told it.
 *
 * No frame was produced, and none is counted: the card has aborted it, or flushes
 * its queue.  The buffer is idle, the last one in line; a dmaring_refill() follows
 * as after a completion.  A frame that was there and is lost is told with
 * dmaring_overrun() besides.
 *
 * Context: any.
 * Return: 0; -EINVAL for a buffer that is not armed, which is counted in
 * bad_completions; -ENODEV after dmaring_unregister().
 */
int dmaring_discard(struct dmaring_stream *stream, u32 index);

/**
 * dmaring_overrun() - the card lost frames, because no buffer was armed
 * @stream: the stream.
 * @frames: how many.
 *
 * Context: any.
 */
void dmaring_overrun(struct dmaring_stream *stream, u64 frames);

/**
 * dmaring_card_time() - when it was, by the card's counter
 * @stream: the stream; config.clock_hertz.
 * @ticks:  the counter's value when the frame was complete.
 * @ns:     CLOCK_MONOTONIC at that moment, for @timestamp_ns of the completion,
 *          with %DMARING_FRAME_HW_TIMESTAMP.
 *
 * Call it once for each frame, in their order, and complete the frame then: what
 * it says is later than the frame before, and not later than now.
 *
 * Context: any; calls come one at a time.
 * Return: 0; -EAGAIN while the card has not answered read_clock() yet; -ERANGE if
 * the value makes no sense: more than 10 s ago, or 10 ms ahead.  Complete the
 * frame without a time stamp then.
 */
int dmaring_card_time(struct dmaring_stream *stream, u64 ticks, u64 *ns);

/**
 * dmaring_card_fault() - the card did what it must not do
 * @stream: the stream.
 * @what:   the name of the counter that the hardware driver has for it.
 * @value:  what tells most about it: a cookie, a length, a state.
 *
 * It writes the trace event dmaring_card_fault and does nothing else.  The core
 * itself writes one for what dmaring_complete() does not believe.
 *
 * Context: any.
 */
void dmaring_card_fault(struct dmaring_stream *stream, const char *what,
			u64 value);

/**
 * dmaring_control_changed() - a control has another value, and nobody set it
 * @stream:  the stream.
 * @control: its index in config.controls.
 *
 * Applications are told, and the value is asked for when one wants to know it.
 * It is not for what set_control() did.
 *
 * Context: any.
 */
void dmaring_control_changed(struct dmaring_stream *stream, u32 control);

/**
 * dmaring_fail() - the card cannot go on
 * @stream: the stream.
 * @error:  negative errno.  -ENODEV: the card is gone for good, and every call
 *          answers ENODEV from here on.  Any other: readers get the frames that
 *          wait, then EIO, until the stream is stopped and started again.
 *
 * Context: any.
 */
void dmaring_fail(struct dmaring_stream *stream, int error);

/**
 * dmaring_refill() - wake consumers, and arm idle buffers
 * @stream: the stream.
 *
 * Call it at the end of the interrupt handler, and whenever the card has room.
 * Whoever sleeps until there are frames is woken here, not by
 * dmaring_complete(): once for all frames of a handler, and outside its locks.
 *
 * Context: any, but without a lock that arm() takes, and not within arm().
 */
void dmaring_refill(struct dmaring_stream *stream);

/**
 * dmaring_sequence() - the number that the next produced frame will have
 * @stream: the stream.
 *
 * The number stays the same only as long as the caller completes and loses
 * nothing.
 *
 * Context: any.
 * Return: the sequence number.
 */
u64 dmaring_sequence(struct dmaring_stream *stream);

/**
 * dmaring_frame_bytes() - playback: how many bytes the card has to send
 * @stream: the stream.
 * @index:  index of the buffer, as arm() was told it.
 *
 * It tells from arm() on until the buffer's completion or stop().
 *
 * Context: any; also within arm().
 * Return: 1 .. the size of a buffer; 0 of a capture stream, or if there is no
 * such buffer.
 */
u32 dmaring_frame_bytes(struct dmaring_stream *stream, u32 index);

/**
 * struct dmaring_span - a piece of a buffer for the kernel
 * @at:    its address.
 * @bytes: how many bytes follow there.
 */
struct dmaring_span {
	void *at;
	size_t bytes;
};

/**
 * dmaring_buffer_span() - where a buffer is for the kernel
 * @stream: the stream.
 * @index:  index of the buffer, as arm() was told it.
 * @offset: of a byte in the buffer.
 *
 * It is for sources that write frames themselves, instead of a card, and say so
 * with config.by_cpu: else memory of other drivers has no address.  A buffer
 * may be in several pieces; a piece may have more bytes than the frame needs.
 *
 * Context: any.
 * Return: that byte and what follows it; no bytes at NULL for an index or an
 * offset out of range.
 */
struct dmaring_span dmaring_buffer_span(struct dmaring_stream *stream,
					u32 index, size_t offset);

/**
 * dmaring_read_io() - read registers for read_region()
 * @from:  of the first one.
 * @to:    where to, aligned for @width.
 * @bytes: how many, a multiple of @width.
 * @width: bytes of an access: 1, 2 or 4; with CONFIG_64BIT 8.
 *
 * What @to gets are the bytes as they are on the bus.
 *
 * Context: any.
 * Return: 0; -EINVAL for another width.
 */
int dmaring_read_io(const void __iomem *from, void *to, size_t bytes,
		    unsigned int width);

/**
 * dmaring_suspend() - the card will lose its state (sleep, reset, kexec)
 * @stream: the stream.
 *
 * The core stops the card if it runs.  Consumers stay as they are and wait.  A
 * driver of a PCI card lets <dmaring/pci.h> call it.
 *
 * Context: process; may sleep.
 * Return: 0, or what stop() said.  The stream is suspended in either case, and
 * buffers in doubt are quarantined: the system may go to sleep.
 */
int dmaring_suspend(struct dmaring_stream *stream);

/**
 * dmaring_resume() - the card is usable again after dmaring_suspend()
 * @stream: the stream.
 *
 * The core gives the card its controls back, by set_control(), and starts it if a
 * consumer runs; the next frame carries DISCONTINUITY.  It does nothing unless the
 * stream was suspended.
 *
 * Context: process; may sleep.
 * Return: 0, or what start(), or a stop() before it, said; the stream has then
 * failed.
 */
int dmaring_resume(struct dmaring_stream *stream);

#endif /* DMARING_HW_H */
