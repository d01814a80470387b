/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of dmaring_virt know about each other. */
#ifndef VIRT_H
#define VIRT_H

#include <linux/atomic.h>
#include <linux/hrtimer.h>
#include <linux/kfifo.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>

#include <dmaring/hw.h>
#include <dmaring/pattern.h>

#define VIRT_QUEUE_LENGTH	256	/* buffers armed at a time; fewer large ones */
#define VIRT_RATE_MAX		1000000
#define VIRT_PATTERN_OFF	DMARING_PATTERN_COUNT
#define VIRT_PATTERNS		(VIRT_PATTERN_OFF + 1)
#define VIRT_USER_ID_MAX	31

/**
 * struct virt - one source
 * @pdev:    its device.
 * @engine:  what its frames are transferred by, or NULL.
 * @stream:  its stream.
 * @playback: it is a sink.
 * @list:    in "all".
 * @timer:   the card's clock.
 * @taken:   frames that it took, ever.                      (timer only)
 * @made:    frames that came or were lost, for the faults.  (timer only)
 * @sequence: of the next frame.                             (timer only)
 * @since_ns: when the first of a row of frames began.       (timer only)
 * @due:     how many of that row were due so far.           (timer only)
 *
 * @pattern: index into virt_pattern_names.
 * @bright:  how bright frames are, in units of 1 / DMARING_PATTERN_BRIGHT.
 * @triggered: a frame is made for each trigger only.
 * @special: it is a sink, stamps frames itself, or is not as bright as at first.
 * @frames:  so many frames
 * @per_ns:  in so many nanoseconds; 0: as fast as buffers come back.
 *
 * @lock:    guards what follows.
 * @running: between start() and stop().
 * @paused:  somebody changes what the timer reads.
 * @format:  told by start().
 * @armed:   indices of armed buffers, in order.
 *
 * @triggers: frames to make for a trigger.
 *
 * @settings: guards what follows.
 * @hertz:   the last rate that it had, to come back to.
 * @exposure_us: how long a frame is exposed; does not change while the timer
 *           runs.
 * @gain_percent: how much brighter it gets then.
 * @user_id: what its owner calls it.
 */
struct virt {
	struct platform_device *pdev;
	struct platform_device *engine;
	struct dmaring_stream *stream;
	bool playback;
	struct list_head list;
	struct hrtimer timer;
	u64 taken;
	u64 made;
	u64 sequence;
	u64 since_ns;
	u64 due;

	/* Does not change while the timer's function runs. */
	int pattern;
	u32 bright;
	bool triggered;
	bool special;
	u64 frames;
	u64 per_ns;

	spinlock_t lock;
	bool running;
	bool paused;
	struct dmaring_format format;
	DECLARE_KFIFO(armed, u32, VIRT_QUEUE_LENGTH);

	atomic_t triggers;

	struct mutex settings;
	u32 hertz;
	u32 exposure_us;
	u32 gain_percent;
	char user_id[VIRT_USER_ID_MAX + 1];
};

/* The next armed buffer; false if there is none or the source was stopped. */
static __always_inline bool virt_get_armed(struct virt *virt, u32 *index)
{
	unsigned long flags;
	bool got;

	spin_lock_irqsave(&virt->lock, flags);
	got = virt->running && kfifo_get(&virt->armed, index);
	spin_unlock_irqrestore(&virt->lock, flags);
	return got;
}

/* Counted, where it is clear, because to ask takes a lock. */
static inline void virt_ask_for_sequence(struct virt *virt)
{
	virt->sequence = dmaring_sequence(virt->stream);
}

/* virt.c */
void virt_start_timer(struct virt *virt, u64 in_ns);
void virt_rate_was_set(unsigned int hertz);
void virt_change_rate(struct virt *virt);
int virt_set_format(void *hw, struct dmaring_format *format);

/* frame.c */
#define VIRT_META_FIELDS	4
extern const char *const virt_pattern_names[VIRT_PATTERNS];
extern bool virt_faulty;
bool virt_is_special(const struct virt *virt);
bool virt_may_discard(struct virt *virt, u32 *index);
void virt_make_frame(struct virt *virt, u32 index);
int virt_read_clock(void *hw, u64 *ticks);
void virt_offer(struct dmaring_config *config,
		struct dmaring_hw_meta table[VIRT_META_FIELDS]);

/* control.c */
#define VIRT_CONTROLS_MAX	16
u32 virt_declare_controls(const struct virt *virt, bool rated,
			  struct dmaring_hw_control rows[VIRT_CONTROLS_MAX]);
void virt_init_settings(struct virt *virt, u32 hertz);
void virt_rate_was_told(struct virt *virt, const struct dmaring_rate *next);
void virt_forget(struct virt *virt);
bool virt_frame_due(void *hw);
int virt_get_control(void *hw, u32 control, struct dmaring_hw_value *value);
int virt_set_control(void *hw, u32 control,
		     const struct dmaring_hw_value *value);

/* loop.c */
int virt_loop_probe(struct platform_device *pdev,
		    const struct dmaring_config *config);
int virt_loop_suspend(struct device *dev);
int virt_loop_resume(struct device *dev);

#endif /* VIRT_H */
