/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a hardware driver implements for dmaring, and what it may call.
 *
 * A hardware driver knows one card.  It owns the PCI device, its registers and
 * its interrupt; the core owns the buffers, the consumers and the character
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
 *		dmaring_refill()	last, and without any lock of one's own
 *
 * README.md has a skeleton; hw/edu is a whole driver.
 *
 * Locking, seen from the card's side.  dmaring_complete(), dmaring_overrun(),
 * dmaring_fail(), dmaring_card_fault() and dmaring_sequence() take the core's
 * inner lock at most and never call back: call them from any context, under any
 * spinlock of the driver that is no raw one.  dmaring_refill() calls the driver's
 * arm(): never call it with a lock held that arm() takes, and not from within
 * arm().  Everything else may sleep.
 */
#ifndef DMARING_HW_H
#define DMARING_HW_H

#include <linux/moduleparam.h>
#include <linux/types.h>

#include <linux/dmaring.h>

struct device;
struct dmaring_stream;

/**
 * struct dmaring_segment - one piece of a buffer on the bus
 * @addr:  bus address, for the card.
 * @bytes: length.
 */
struct dmaring_segment {
	dma_addr_t addr;
	size_t bytes;
};

/**
 * struct dmaring_hw_ops - what the hardware driver does for the core
 *
 * @hw is what the driver gave as dmaring_config.hw.
 *
 * @start: Let the card produce frames of the format told.
 *	Guarantees: called in process context; the last stop(), if any, returned
 *	0; no arm() runs or will be called before it returned 0.  Buffers follow
 *	at once.
 *	Returns 0, or a negative errno that START hands to the application; the
 *	card is then still stopped.
 *
 * @stop: Let the card produce no more frames.
 *	Guarantees: called in process context; no arm() runs, and none will be
 *	called until the next start().  Called also when the card is stopped
 *	already, to learn whether buffers in quarantine are safe now.
 *	Must return 0 only when the card cannot write into any buffer any more
 *	and the driver has forgotten every armed one; the core then reuses or
 *	frees them.  A driver in doubt clears bus mastering, reads it back, and
 *	if that is no proof either returns -ETIMEDOUT: the core then never
 *	touches the armed buffers again, and leaks them at removal.
 *	Must be done in bounded time.
 *
 * @arm: Give a buffer to the card.
 *	Guarantees: calls are serialized, between start() and stop(), under a
 *	spinlock with interrupts off (on PREEMPT_RT: in a task, on).  The buffer
 *	is the card's from here until dmaring_complete() or
 *	stop().  Buffers come in the order in which they became idle.
 *	Returns 0, or -EBUSY when the card's queue is full: the buffer stays the
 *	first in line for the next dmaring_refill().  Any other error fails the
 *	stream as dmaring_fail() does.
 *
 * @set_format: Optional.  Another format was asked for.
 *	Guarantees: process context, the card is stopped; width and height are
 *	from the asker, the other fields are those of the current format.
 *	Must check width and height and fill in the rest; start() is told when
 *	it matters.  Returns 0 or -EINVAL.  The core checks frame_bytes against
 *	the size of a buffer.
 *
 * @check: Optional.  Is it still the card that probe found?
 *	Guarantees: process context, after a reset of the card's slot, which put
 *	its configuration back; the card is stopped.
 *	Returns 0, or a negative errno, having said why: the card is gone then.
 *	Without it a card is the same if it answers at all.
 */
struct dmaring_hw_ops {
	int (*start)(void *hw, const struct dmaring_format *format);
	int (*stop)(void *hw);
	int (*arm)(void *hw, u32 index, const struct dmaring_segment *segments,
		   unsigned int count);
	int (*set_format)(void *hw, struct dmaring_format *format);
	int (*check)(void *hw);
};

/**
 * struct dmaring_pool_params - the wishes of who loads the driver
 * @buffers:      buffers to allocate; 0: as many as fit.
 * @buffer_size:  bytes of a buffer; rounded up to whole pages.
 * @reserve_mib:  memory to leave to the system, MiB.
 * @min_buffers:  fail rather than go on with fewer; 0 counts as 1.
 * @fallback:     halve the size until one buffer can be had.
 * @viewer_buffers: what LATEST consumers may reserve in all; 0: a quarter.
 * @stall_ms:     say so when a running card with armed buffers completes
 *                nothing for this long; 0: never.
 */
struct dmaring_pool_params {
	unsigned int buffers;
	unsigned long buffer_size;
	unsigned int reserve_mib;
	unsigned int min_buffers;
	bool fallback;
	unsigned int viewer_buffers;
	unsigned int stall_ms;
};

/* buffer_size= understands 65536, 64K and 4M */
extern const struct kernel_param_ops dmaring_param_size_ops;

/**
 * DMARING_POOL_PARAMS() - declare the pool's module parameters
 * @name: the struct dmaring_pool_params to define, static.
 *
 * Every hardware driver has its own pool and so its own parameters; their names
 * and their meaning are the same everywhere.
 */
#define DMARING_POOL_PARAMS(name)                                              \
	static struct dmaring_pool_params name = {                             \
		.buffer_size = 4UL << 20,                                      \
		.reserve_mib = 64,                                             \
		.stall_ms = 30000,                                             \
	};                                                                     \
	module_param_named(buffers, name.buffers, uint, 0444);                 \
	MODULE_PARM_DESC(buffers, "buffers to allocate (0: as many as fit)");  \
	module_param_cb(buffer_size, &dmaring_param_size_ops,                  \
			&name.buffer_size, 0444);                              \
	MODULE_PARM_DESC(buffer_size, "bytes of a buffer, K and M allowed");   \
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
 * struct dmaring_config - one stream of a card
 * @ops:    what the driver does.
 * @hw:     handed to every op.
 * @driver: name of the hardware driver, for INFO; at most 31 bytes.
 * @card:   name of the card, for INFO; at most 31 bytes.
 * @caps:   DMARING_CAP_TEST_PATTERN, if frame.hw_meta names the pattern.
 * @format: the format frames have at first.
 * @pool:   the pool's parameters.
 * @queue_length: buffers that can be armed at the same time; 0: as many as there
 *          are.  arm() is not called to hear -EBUSY for more, which would cost
 *          each frame a vain attempt; it may say -EBUSY for fewer.
 *
 * All of it is copied, except what @ops and @hw point to.
 */
struct dmaring_config {
	const struct dmaring_hw_ops *ops;
	void *hw;
	const char *driver;
	const char *card;
	u64 caps;
	struct dmaring_format format;
	const struct dmaring_pool_params *pool;
	u32 queue_length;
};

/**
 * dmaring_create() - make a stream and allocate its pool
 * @dev:    the card; its DMA mask must be set.
 * @config: what the stream is like.
 *
 * Nobody sees the stream until dmaring_register().
 *
 * Return: the stream, for dmaring_destroy(); ERR_PTR(-ENOMEM) when fewer
 * buffers than pool.min_buffers could be had; -EINVAL for parameters that make
 * no sense; -EINTR when killed.  The reason is in the log.
 */
struct dmaring_stream *dmaring_create(struct device *dev,
				      const struct dmaring_config *config);

/**
 * dmaring_register() - publish /dev/dmaringN
 * @stream: the stream.
 *
 * The last step of probe: ops may be called before it returns.
 *
 * Return: 0 or a negative errno.
 */
int dmaring_register(struct dmaring_stream *stream);

/**
 * dmaring_unregister() - take the stream away from everybody
 * @stream: the stream; also if dmaring_register() failed.
 *
 * On return no op runs and none will be called again, the card is stopped, the
 * device node is gone, sleepers were woken and open files answer ENODEV.
 * dmaring_complete() and the like may still be called and do nothing.
 */
void dmaring_unregister(struct dmaring_stream *stream);

/**
 * dmaring_destroy() - cut all mappings and free the pool
 * @stream: the stream, after free_irq(), and after dmaring_unregister() if it
 *          was to be registered.
 *
 * Buffers that stop() could not prove safe are leaked, and it is said so.
 */
void dmaring_destroy(struct dmaring_stream *stream);

/**
 * struct dmaring_completion - what the card says of a frame
 * @bytes_used:   bytes written, from the beginning of the buffer.
 * @flags:        DMARING_FRAME_*.
 * @timestamp_ns: with %DMARING_FRAME_HW_TIMESTAMP, CLOCK_MONOTONIC.
 * @hw_meta:      handed to the application as it is.
 */
struct dmaring_completion {
	u32 bytes_used;
	u32 flags;
	u64 timestamp_ns;
	u64 hw_meta;
};

/**
 * dmaring_complete() - the card has filled a buffer
 * @stream: the stream.
 * @index:  the buffer's index, as arm() was told it.
 * @frame:  what is in it.
 *
 * The buffer's content must be visible to the CPU.  Do not believe the card:
 * an index that does not exist or is not armed is counted in bad_completions
 * and ignored; an impossible length is an overrun, and the buffer is kept from
 * everybody until the next stop().
 *
 * Context: any.
 * Return: 0; -EINVAL for a completion that makes no sense; -ENODEV after
 * dmaring_unregister().
 */
int dmaring_complete(struct dmaring_stream *stream, u32 index,
		     const struct dmaring_completion *frame);

/**
 * dmaring_overrun() - the card lost frames, no buffer was armed
 * @stream: the stream.
 * @frames: how many.
 *
 * Context: any.
 */
void dmaring_overrun(struct dmaring_stream *stream, u64 frames);

/**
 * dmaring_card_fault() - the card did what it must not do
 * @stream: the stream.
 * @what:   the name of the counter that the hardware driver has for it.
 * @value:  what tells most about it: a cookie, a length, a state.
 *
 * For the trace (event dmaring_card_fault) and nothing else.  The core does so
 * itself for what dmaring_complete() does not believe.
 *
 * Context: any.
 */
void dmaring_card_fault(struct dmaring_stream *stream, const char *what,
			u64 value);

/**
 * dmaring_fail() - the card cannot go on
 * @stream: the stream.
 * @error:  negative errno.  -ENODEV: the card is gone for good; everything
 *          answers ENODEV from here on.  Any other: readers get EIO after the
 *          frames that wait, until the stream is stopped and started again.
 *
 * Context: any.
 */
void dmaring_fail(struct dmaring_stream *stream, int error);

/**
 * dmaring_refill() - arm idle buffers
 * @stream: the stream.
 *
 * Call it at the end of the interrupt handler and whenever the card has room.
 *
 * Context: any, but without a lock that arm() takes.
 */
void dmaring_refill(struct dmaring_stream *stream);

/**
 * dmaring_sequence() - the number that the next produced frame will have
 * @stream: the stream.
 *
 * Context: any.  Stable only as long as the caller completes and loses nothing.
 * Return: the sequence number.
 */
u64 dmaring_sequence(struct dmaring_stream *stream);

/**
 * dmaring_buffer_address() - where a buffer is for the kernel
 * @stream: the stream.
 * @index:  index of the buffer, as arm() was told it.
 *
 * For sources that write frames themselves, instead of a card.
 *
 * Context: any.
 * Return: the address of the buffer; NULL for an index out of range.
 */
void *dmaring_buffer_address(struct dmaring_stream *stream, u32 index);

/**
 * dmaring_suspend() - the card will lose its state (sleep, reset, kexec)
 * @stream: the stream.
 *
 * Stops the card if it runs.  Consumers stay as they are and wait.  Drivers of PCI
 * cards have <dmaring/pci.h> call it.
 *
 * Return: 0, or what stop() said; it is suspended all the same, and buffers in
 * doubt are quarantined.  The system may go to sleep then.
 */
int dmaring_suspend(struct dmaring_stream *stream);

/**
 * dmaring_resume() - the card is usable again after dmaring_suspend()
 * @stream: the stream.
 *
 * Starts the card if a consumer runs; the next frame carries DISCONTINUITY.
 * Does nothing unless it was suspended.
 *
 * Return: 0, or what start() said; the stream has then failed.
 */
int dmaring_resume(struct dmaring_stream *stream);

#endif /* DMARING_HW_H */
