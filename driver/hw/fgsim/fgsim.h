/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver's own header; regs.h is the card's data sheet.
 *
 * A frame, in call order:
 *
 *	fgsim_arm()		post.c		a buffer goes to the posted ring
 *	fgsim_kick()		post.c		the card is told, once for several
 *	   ... the card fills it, completes it, interrupts when it is time ...
 *	frames_irq()		irq.c		first in the handler, under load
 *	  fgsim_poll()		irq.c		in its thread, and if that takes long
 *						in a work item, until none is left:
 *	    fgsim_drain()	completion.c	  check and pass on completions
 *	    dmaring_refill()			  give the card new buffers
 *	    rearm()		irq.c		  ask for the next interrupt
 *
 * The card is not believed: everything it writes is loaded once and checked, its
 * completions against what was posted.  What is wrong is counted (sysfs.c), and
 * the frame is lost; if the card's indices make no sense, the stream fails.
 *
 * With direction=playback the card reads buffers: fgsim_arm() posts a frame's
 * bytes and no more of its buffer.  A completion tells a checksum of what the
 * card read, which the application finds in hw_meta.
 *
 * A card may have several streams, which know as little of each other as cards do
 * (main.c).  Whatever notices that the card is gone says so for all of them.
 *
 * One thing cannot be seen: a card that writes into a buffer after it completed
 * it.  It would take a checksum over the frame; an IOMMU does not help as long
 * as buffers stay mapped, and this card is not behind one.
 */
#ifndef FGSIM_H
#define FGSIM_H

#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#include <dmaring/hw.h>

#include "regs.h"

#define FGSIM_RATE_MAX	1000000	/* frames a second */
#define FGSIM_LINE_MAX	1048576	/* pixels of a line */
#define FGSIM_CHANNELS_MAX	64

/*
 * The card interrupts at the latest when it has filled this part of its buffers,
 * so that the others are left for what comes while the interrupt is on its way.
 * Of up to eleven it may have filled one without a word.
 */
#define FGSIM_UNREPORTED_PART	4
#define FGSIM_KICK_BELOW	2

/**
 * struct fgsim_counters - what the card did wrong, and how it is served
 * @interrupts:      of the vector for frames.
 * @events:          of the vector for events.
 * @polls:           how often the completion ring was looked at.
 * @lost_interrupts: completions were found that no interrupt had told of.
 * @skipped:         buffers that the card left out.
 * @bad_cookies:     completions of buffers that the card does not have.
 * @bad_lengths:     impossible lengths.
 * @bad_sequences:   impossible sequence numbers.
 * @bad_timestamps:  impossible times; the driver's were used.
 * @bad_indices:     impossible indices of the completion ring.
 * @halts:           how often the card halted by itself.
 */
struct fgsim_counters {
	u64 interrupts;
	u64 events;
	u64 polls;
	u64 lost_interrupts;
	u64 skipped;
	u64 bad_cookies;
	u64 bad_lengths;
	u64 bad_sequences;
	u64 bad_timestamps;
	u64 bad_indices;
	u64 halts;
};

/**
 * struct fgsim_slot - a posted buffer
 * @index: the core's.
 * @end:   index of the posted ring behind its segments.
 */
struct fgsim_slot {
	u32 index;
	u32 end;
};

/**
 * struct fgsim_settings - what can change from one frame to the next
 * @pattern:      what frames shall show.
 * @exposure_us:  how long a frame is exposed.
 * @gain_percent: how much brighter it gets then.
 */
struct fgsim_settings {
	u32 pattern;
	u32 exposure_us;
	u32 gain_percent;
};

/* Whether a control is there for playback, too, is in the order. */
enum fgsim_control {
	FGSIM_RATE,
	FGSIM_RATE_ENABLE,
	FGSIM_TRIGGER_MODE,
	FGSIM_TRIGGER,
	FGSIM_TEMPERATURE,
	FGSIM_CONTROLS_OF_A_SINK,
	FGSIM_PATTERN = FGSIM_CONTROLS_OF_A_SINK,
	FGSIM_EXPOSURE,
	FGSIM_GAIN,
	FGSIM_CONTROLS,
};

struct fgsim_card;

/**
 * struct fgsim - one stream of a card
 * @card:      the card.
 * @number:    which of its streams it is.
 * @pdev:      the card.
 * @doorbell:  rings it.
 * @regs:      its block of BAR2.
 * @peer:      what to write to @doorbell.
 * @stream:    the core's.
 * @frames_irq: interrupt of FGSIM_VECTOR_FRAMES; finding it out may sleep.
 * @event_irq: that of FGSIM_VECTOR_EVENT.
 * @rate:      frames a second, of the last start or as asked for; 0: as buffers come.
 * @triggered: frames come when they are asked for, from the next start on.
 * @control:   the last command.               (start, stop: one at a time)
 * @settings_lock: one at a time sets what the card is to do; the card does not
 *	start meanwhile.  It guards @rate, @triggered, and what follows.
 * @settings:  what the card's registers say.
 * @hertz:     the last rate that it had, to come back to.
 * @request:   the last one to obey @settings.
 * @trigger:   how many frames were asked for.                    (read without)
 * @trigger_start: of these before the card was started.
 * @queue:     of @poll.
 * @poll:      passes on frames when they are too many for interrupts.
 * @pulse:     tells the card that we live, looks after lost interrupts.
 * @sync_request: the last one to the clock.            (start, read_clock: one at a time)
 *
 * @post_head: index of the next free entry of the posted ring.    (arm only)
 * @posted:    buffers posted since probe: the next cookie.  (arm; read without)
 * @post_freed: as far as entries can be used again.        (lock; read without)
 * @slots:     FGSIM_POST_ENTRIES of them, by cookie modulo that: those between
 *	@done and @posted.
 *
 * @lock:      guards what follows.
 * @running:   the card may complete buffers.
 * @playback:  the card sends frames; set once.
 * @metadata:  frames have some; set once.
 * @frame_bytes: what a frame has, that is captured.
 * @cq_tail:   next completion to be read.
 * @cq_arm:    the last one.
 * @done:      cookie of the oldest buffer that the card has.
 * @sequence:  number that the next frame should have.
 * @armed_ns:  when the last interrupt was asked for.
 * @gap_ns:    average time from frame to frame.
 * @fresh:     frames since then.
 * @in_work:   @poll is in charge, or about to be.
 * @span_ns:   when the span of time began
 * @irq_ns:    of which interrupts and their threads had so much.
 * @pulse_tail: @cq_tail at the last pulse,
 * @pulse_pending: completions were there.
 * @counters:  see there.
 */
struct fgsim {
	struct fgsim_card *card;
	u32 number;
	struct pci_dev *pdev;
	void __iomem *doorbell;
	struct fgsim_bar *regs;
	u32 peer;
	struct dmaring_stream *stream;
	int frames_irq;
	int event_irq;
	u32 rate;
	bool triggered;
	u32 control;
	struct mutex settings_lock;
	struct fgsim_settings settings;
	u32 hertz;
	u32 request;
	u32 trigger;
	u32 trigger_start;
	struct workqueue_struct *queue;
	struct work_struct poll;
	struct timer_list pulse;
	u32 sync_request;

	u32 post_head ____cacheline_aligned_in_smp;
	u64 posted;
	u32 post_freed;
	struct fgsim_slot *slots;

	spinlock_t lock ____cacheline_aligned_in_smp;
	bool running;
	bool playback;
	bool metadata;
	u32 frame_bytes;
	u32 cq_tail;
	u32 cq_arm;
	u64 done;
	u64 sequence;
	u64 armed_ns;
	u64 gap_ns;
	u32 fresh;
	bool in_work;
	u64 span_ns;
	u64 irq_ns;
	u32 pulse_tail;
	bool pulse_pending;
	struct fgsim_counters counters;
};

/**
 * struct fgsim_card - one card
 * @pdev:     its device.
 * @doorbell: rings it.
 * @blocks:   BAR2: a block for each stream.
 * @room:     how many blocks BAR2 has room for.
 * @count:    how many streams there are.
 * @streams:  these.
 */
struct fgsim_card {
	struct pci_dev *pdev;
	void __iomem *doorbell;
	struct fgsim_bar *blocks;
	u32 room;
	u32 count;
	struct fgsim streams[FGSIM_STREAMS_MAX];
};

/* Memory that the card may write at any time: load it once. */
#define fgsim_get32(field)	le32_to_cpu(READ_ONCE(field))
#define fgsim_get64(field)	le64_to_cpu(READ_ONCE(field))
#define fgsim_set32(field, value) WRITE_ONCE(field, cpu_to_le32(value))
#define fgsim_set64(field, value) WRITE_ONCE(field, cpu_to_le64(value))

static inline void fgsim_ring(struct fgsim *fgsim)
{
	/* writel() comes after the stores that it tells of. */
	writel(fgsim->peer << FGSIM_DOORBELL_SHIFT,
	       fgsim->doorbell + FGSIM_DOORBELL);
}

/* A card that went away reads as ones. */
static inline bool fgsim_is_away(struct fgsim *fgsim)
{
	return fgsim_get32(fgsim->regs->card.magic) == ~0U;
}

/* The card did what it must not do: into a counter, and into the trace. */
static inline void fgsim_fault(struct fgsim *fgsim, u64 *counter,
			       const char *name, u64 value)
{
	lockdep_assert_held(&fgsim->lock);
	++*counter;
	dmaring_card_fault(fgsim->stream, name, value);
}

/* run.c */
extern const struct dmaring_hw_ops fgsim_ops;
int fgsim_set_format(void *hw, struct dmaring_format *format);
int fgsim_stop(void *hw);

/* control.c */
u32 fgsim_declare_controls(const struct fgsim *fgsim,
			   struct dmaring_hw_control rows[FGSIM_CONTROLS]);
void fgsim_init_settings(struct fgsim *fgsim, u32 rate);
void fgsim_write_settings(struct fgsim *fgsim);
void fgsim_write_rate(struct fgsim *fgsim);
int fgsim_get_control(void *hw, u32 control, struct dmaring_hw_value *value);
int fgsim_set_control(void *hw, u32 control,
		      const struct dmaring_hw_value *value);
int fgsim_set_pattern(struct fgsim *fgsim, u32 pattern);
void fgsim_set_next_rate(struct fgsim *fgsim, u32 hertz);
void fgsim_set_triggered(struct fgsim *fgsim, bool triggered);
void fgsim_trigger(struct fgsim *fgsim, u32 frames);

/* health.c */
int fgsim_check(void *hw);
int fgsim_check_card(struct fgsim_card *card);
int fgsim_ask(struct fgsim *fgsim, __le32 *request, u32 value,
	      const __le32 *reply);
void fgsim_break(struct fgsim *fgsim, int error);
void fgsim_check_state(struct fgsim *fgsim);
bool fgsim_frame_due(void *hw);
void fgsim_pulse_start(struct fgsim *fgsim);
void fgsim_pulse(struct timer_list *timer);

/* post.c */
int fgsim_arm(void *hw, u32 index, const struct dmaring_segment *segments,
	      unsigned int count);
void fgsim_kick(void *hw);
void fgsim_post_reset(struct fgsim *fgsim);

/* completion.c */
void fgsim_offer_meta(struct fgsim *fgsim, struct dmaring_config *config);
bool fgsim_drain(struct fgsim *fgsim, u32 budget);
bool fgsim_account_losses(struct fgsim *fgsim, u32 sequence_next);

/* irq.c */
int fgsim_request_irqs(struct fgsim_card *card);
void fgsim_free_irqs(struct fgsim_card *card);
void fgsim_irq_start(struct fgsim *fgsim);
void fgsim_poll_work(struct work_struct *work);

/* clock.c */
int fgsim_read_clock(void *hw, u64 *ticks);
u64 fgsim_frame_time(struct fgsim *fgsim, u64 card_ns);

/* sysfs.c */
extern const char * const fgsim_pattern_names[];
extern const struct attribute_group *fgsim_groups[];
extern const struct attribute_group fgsim_second_group;
int fgsim_pattern_by_name(const char *name);
bool fgsim_is_test_pattern(u32 pattern);

#endif /* FGSIM_H */
