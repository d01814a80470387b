// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the card can be set: with the names that GenICam's SFNC has for it.
 *
 * The card takes new settings between two frames, and says so.  What it had filled
 * by then was made with the old ones, and is passed on before the call returns: the
 * core takes all that comes later for frames with the new ones.
 */
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include <dmaring/pattern.h>

#include "fgsim.h"

#define RATE_FIRST		30
#define EXPOSURE_MAX_US		1000000
#define GAIN_MAX_PERCENT	1600
#define TEMPERATURE_MAX_MDEG	125000

/* Who passes on frames may have to wait for its turn. */
#define PASS_ON_TIMEOUT_US	5000000

static const char *const trigger_modes[] = { "Off", "Software" };

/* What has to do with the rate is part of the format, which others set, too. */
static const struct dmaring_hw_control table[FGSIM_CONTROLS] = {
	[FGSIM_RATE] = {
		.name = "AcquisitionFrameRate",
		.type = DMARING_CONTROL_INTEGER,
		.flags = DMARING_CONTROL_VOLATILE,
		.minimum = 1,
		.maximum = FGSIM_RATE_MAX,
		.default_value = RATE_FIRST,
		.unit = "Hz",
	},
	[FGSIM_RATE_ENABLE] = {
		.name = "AcquisitionFrameRateEnable",
		.type = DMARING_CONTROL_BOOLEAN,
		.flags = DMARING_CONTROL_VOLATILE | DMARING_CONTROL_WHEN_STOPPED,
		.default_value = 1,
	},
	[FGSIM_TRIGGER_MODE] = {
		.name = "TriggerMode",
		.type = DMARING_CONTROL_MENU,
		.flags = DMARING_CONTROL_WHEN_STOPPED,
		.items = trigger_modes,
		.item_count = ARRAY_SIZE(trigger_modes),
	},
	[FGSIM_TRIGGER] = {
		.name = "TriggerSoftware",
		.type = DMARING_CONTROL_BUTTON,
	},
	[FGSIM_TEMPERATURE] = {
		.name = "DeviceTemperature",
		.type = DMARING_CONTROL_INTEGER,
		.flags = DMARING_CONTROL_READ_ONLY | DMARING_CONTROL_VOLATILE,
		.minimum = -40000,
		.maximum = TEMPERATURE_MAX_MDEG,
		.unit = "0.001 °C",
	},
	[FGSIM_PATTERN] = {
		.name = "TestPattern",
		.type = DMARING_CONTROL_MENU,
	},
	[FGSIM_EXPOSURE] = {
		.name = "ExposureTime",
		.type = DMARING_CONTROL_INTEGER,
		.minimum = 10,
		.maximum = EXPOSURE_MAX_US,
		.step = 10,
		.default_value = FGSIM_EXPOSURE_US,
		.unit = "µs",
	},
	[FGSIM_GAIN] = {
		.name = "Gain",
		.type = DMARING_CONTROL_INTEGER,
		.maximum = GAIN_MAX_PERCENT,
		.default_value = FGSIM_GAIN_PERCENT,
		.unit = "%",
	},
};

/* The number that the first item of the menu has for the card. */
static u32 first_pattern(const struct fgsim *fgsim)
{
	return fgsim_is_test_pattern(fgsim->settings.pattern) ?
		       0 : FGSIM_PATTERN_COPY;
}

/*
 * What its parameters say is what it has at first.  Whether patterns can be
 * recomputed cannot change, because the stream has said so.
 */
u32 fgsim_declare_controls(const struct fgsim *fgsim,
			   struct dmaring_hw_control rows[FGSIM_CONTROLS])
{
	struct dmaring_hw_control *menu = &rows[FGSIM_PATTERN];
	bool cheap = first_pattern(fgsim);

	memcpy(rows, table, sizeof(table));
	rows[FGSIM_RATE].default_value = fgsim->hertz;
	rows[FGSIM_RATE_ENABLE].default_value = !!fgsim->rate;
	rows[FGSIM_TRIGGER_MODE].default_value = fgsim->triggered;
	menu->items = fgsim_pattern_names + (cheap ? DMARING_PATTERN_COUNT : 0);
	menu->item_count = cheap ? FGSIM_PATTERNS_CHEAP : DMARING_PATTERN_COUNT;
	menu->default_value = fgsim->settings.pattern - first_pattern(fgsim);
	return fgsim->playback ? FGSIM_CONTROLS_OF_A_SINK : FGSIM_CONTROLS;
}

/* What the parameters say; the pattern is known. */
void fgsim_init_settings(struct fgsim *fgsim, u32 rate)
{
	fgsim->rate = rate;
	fgsim->hertz = rate ?: RATE_FIRST;
	fgsim->settings.exposure_us = FGSIM_EXPOSURE_US;
	fgsim->settings.gain_percent = FGSIM_GAIN_PERCENT;
}

/* ------------------------------------------------------- the card's registers */

/* For the start, or before they are asked to be obeyed. */
void fgsim_write_settings(struct fgsim *fgsim)
{
	struct fgsim_driver_page *page = &fgsim->regs->driver;

	lockdep_assert_held(&fgsim->settings_lock);
	fgsim_set32(page->pattern, fgsim->settings.pattern);
	fgsim_set32(page->exposure_us, fgsim->settings.exposure_us);
	fgsim_set32(page->gain_percent, fgsim->settings.gain_percent);
}

static int ask(struct fgsim *fgsim)
{
	int err;

	lockdep_assert_held(&fgsim->settings_lock);
	fgsim->request++;
	err = fgsim_ask(fgsim, &fgsim->regs->driver.settings, fgsim->request,
			&fgsim->regs->card.settings_ack);
	return err == -EAGAIN ? -EIO : err;
}

/* Of a card that did not answer in time: perhaps it hears that. */
static void ask_in_vain(struct fgsim *fgsim)
{
	fgsim->request++;
	dma_wmb();	/* the registers that it is about */
	fgsim_set32(fgsim->regs->driver.settings, fgsim->request);
	fgsim_ring(fgsim);
}

/* Has everything up to there been passed on, or will it never be? */
static bool is_passed_on(struct fgsim *fgsim, u32 cq_head)
{
	bool passed_on;

	spin_lock_irq(&fgsim->lock);
	passed_on = !fgsim->running || (s32)(fgsim->cq_tail - cq_head) >= 0;
	spin_unlock_irq(&fgsim->lock);
	return passed_on;
}

/*
 * Whoever passes on frames does it without us, but perhaps waits for more of them.
 * A card that is started meanwhile would count from 0: that takes our lock.
 */
static int pass_on(struct fgsim *fgsim)
{
	u32 cq_head;
	bool done;

	dma_rmb();	/* after the card's answer */
	cq_head = fgsim_get32(fgsim->regs->card.cq_head);
	if (is_passed_on(fgsim, cq_head))
		return 0;
	irq_wake_thread(fgsim->frames_irq, fgsim);
	return read_poll_timeout(is_passed_on, done, done, 20,
				 PASS_ON_TIMEOUT_US, false, fgsim, cq_head);
}

static int ask_and_pass_on(struct fgsim *fgsim)
{
	return ask(fgsim) ?: pass_on(fgsim);
}

/* All of them or, with an error, none. */
static int change(struct fgsim *fgsim, const struct fgsim_settings *next)
{
	struct fgsim_settings before = fgsim->settings;
	int err;

	fgsim->settings = *next;
	fgsim_write_settings(fgsim);
	err = ask_and_pass_on(fgsim);
	if (err) {
		fgsim->settings = before;
		fgsim_write_settings(fgsim);
		ask_in_vain(fgsim);
	}
	return err;
}

/* ------------------------------------------------------------------- the rate */

static u32 hertz_of(const struct dmaring_rate *rate)
{
	return rate->denominator ? clamp(rate->numerator / rate->denominator,
					 1U, (u32)FGSIM_RATE_MAX) : 0;
}

/* What is put back may be no whole number; @hertz 0: none. */
static struct dmaring_rate rate_of(const struct dmaring_hw_value *value,
				   u32 hertz)
{
	if (hertz && value->rate.denominator)
		return value->rate;
	return (struct dmaring_rate){ hertz, !!hertz };
}

/* Of the format, which has it; 0: none. */
static u32 hertz_now(struct fgsim *fgsim)
{
	struct dmaring_rate rate;

	dmaring_get_rate(fgsim->stream, &rate);
	return hertz_of(&rate);
}

static void tell_rate(struct fgsim *fgsim, const struct dmaring_rate *rate)
{
	dmaring_set_rate(fgsim->stream, rate);
	WRITE_ONCE(fgsim->rate, hertz_now(fgsim));
}

/* For the start, or before it is asked to be obeyed; 0: as buffers come. */
void fgsim_write_rate(struct fgsim *fgsim)
{
	struct dmaring_rate rate;
	u64 period_ns = 0;

	lockdep_assert_held(&fgsim->settings_lock);
	dmaring_get_rate(fgsim->stream, &rate);
	if (rate.denominator && rate.numerator)
		period_ns = div_u64((u64)rate.denominator * NSEC_PER_SEC,
				    rate.numerator);
	fgsim_set64(fgsim->regs->driver.period_ns, period_ns);
	WRITE_ONCE(fgsim->rate, hertz_of(&rate));
}

static int set_rate(struct fgsim *fgsim, const struct dmaring_hw_value *value)
{
	__le64 *period_ns = &fgsim->regs->driver.period_ns;
	const struct dmaring_rate next = rate_of(value, value->number);
	u64 period_before = fgsim_get64(*period_ns);
	struct dmaring_rate before;
	int err;

	dmaring_get_rate(fgsim->stream, &before);
	if (!before.denominator)
		return 0;	/* until it is enabled */
	tell_rate(fgsim, &next);
	fgsim_write_rate(fgsim);
	err = ask_and_pass_on(fgsim);
	if (err) {
		fgsim_set64(*period_ns, period_before);
		tell_rate(fgsim, &before);
		ask_in_vain(fgsim);
	}
	return err;
}

/* While it is stopped; the next start tells the card. */
static void enable_rate(struct fgsim *fgsim, const struct dmaring_hw_value *value)
{
	bool enable = value->number;
	const struct dmaring_rate next = rate_of(value, enable ? fgsim->hertz : 0);

	if (!!hertz_now(fgsim) != enable)
		tell_rate(fgsim, &next);
}

/* -------------------------------------------------------------------- the ops */

static int read_temperature(struct fgsim *fgsim, s64 *mdeg)
{
	int err = ask(fgsim);

	*mdeg = (s32)fgsim_get32(fgsim->regs->card.temperature_mdeg);
	return err;
}

static int get_value(struct fgsim *fgsim, enum fgsim_control control,
		     struct dmaring_hw_value *value)
{
	s64 *number = &value->number;

	lockdep_assert_held(&fgsim->settings_lock);
	switch (control) {
	case FGSIM_RATE:
		*number = hertz_now(fgsim) ?: fgsim->hertz;
		dmaring_tell_fraction(fgsim->stream, value);
		return 0;
	case FGSIM_RATE_ENABLE:
		*number = !!hertz_now(fgsim);
		dmaring_tell_fraction(fgsim->stream, value);
		return 0;
	case FGSIM_TRIGGER_MODE:
		*number = fgsim->triggered;
		return 0;
	case FGSIM_TEMPERATURE:
		return read_temperature(fgsim, number);
	case FGSIM_PATTERN:
		*number = fgsim->settings.pattern - first_pattern(fgsim);
		return 0;
	case FGSIM_EXPOSURE:
		*number = fgsim->settings.exposure_us;
		return 0;
	case FGSIM_GAIN:
		*number = fgsim->settings.gain_percent;
		return 0;
	default:
		return -EINVAL;
	}
}

int fgsim_get_control(void *hw, u32 control, struct dmaring_hw_value *value)
{
	struct fgsim *fgsim = hw;
	int err;

	mutex_lock(&fgsim->settings_lock);
	err = get_value(fgsim, control, value);
	mutex_unlock(&fgsim->settings_lock);
	return err;
}

/* So many frames now. */
static void trigger(struct fgsim *fgsim, u32 frames)
{
	lockdep_assert_held(&fgsim->settings_lock);
	WRITE_ONCE(fgsim->trigger, fgsim->trigger + frames);
	fgsim_set32(fgsim->regs->driver.trigger, fgsim->trigger);
	fgsim_ring(fgsim);
}

/* There must be something to trigger. */
static int push_trigger(struct fgsim *fgsim)
{
	u32 source = fgsim_get32(fgsim->regs->driver.source);

	if (!READ_ONCE(fgsim->running) || source != FGSIM_SOURCE_TRIGGER)
		return -EBUSY;
	trigger(fgsim, 1);
	return 0;
}

static int set_value(struct fgsim *fgsim, enum fgsim_control control,
		     const struct dmaring_hw_value *value)
{
	s64 number = value->number;
	struct fgsim_settings next = fgsim->settings;
	int err;

	lockdep_assert_held(&fgsim->settings_lock);
	switch (control) {
	case FGSIM_RATE:
		err = set_rate(fgsim, value);
		if (!err)
			fgsim->hertz = number;
		return err;
	case FGSIM_RATE_ENABLE:
		enable_rate(fgsim, value);
		return 0;
	case FGSIM_TRIGGER_MODE:
		WRITE_ONCE(fgsim->triggered, number);
		return 0;
	case FGSIM_TRIGGER:
		return push_trigger(fgsim);
	case FGSIM_PATTERN:
		next.pattern = first_pattern(fgsim) + number;
		return change(fgsim, &next);
	case FGSIM_EXPOSURE:
		next.exposure_us = number;
		return change(fgsim, &next);
	case FGSIM_GAIN:
		next.gain_percent = number;
		return change(fgsim, &next);
	default:
		return -EINVAL;
	}
}

int fgsim_set_control(void *hw, u32 control,
		      const struct dmaring_hw_value *value)
{
	struct fgsim *fgsim = hw;
	int err;

	mutex_lock(&fgsim->settings_lock);
	err = set_value(fgsim, control, value);
	mutex_unlock(&fgsim->settings_lock);
	return err;
}

/* -------------------------------------------------------------- set by others */

/* From the next frame on, but no test pattern for another one or vice versa. */
int fgsim_set_pattern(struct fgsim *fgsim, u32 pattern)
{
	struct fgsim_settings next;
	int err = -EINVAL;

	mutex_lock(&fgsim->settings_lock);
	next = fgsim->settings;
	next.pattern = pattern;
	if (fgsim_is_test_pattern(pattern) == !first_pattern(fgsim))
		err = change(fgsim, &next);
	mutex_unlock(&fgsim->settings_lock);
	if (!err && !fgsim->playback)
		dmaring_control_changed(fgsim->stream, FGSIM_PATTERN);
	return err;
}

/* With the next start; 0: as fast as buffers come. */
void fgsim_set_next_rate(struct fgsim *fgsim, u32 hertz)
{
	const struct dmaring_rate next = { hertz, !!hertz };

	mutex_lock(&fgsim->settings_lock);
	fgsim->hertz = hertz ?: fgsim->hertz;
	tell_rate(fgsim, &next);
	mutex_unlock(&fgsim->settings_lock);
	dmaring_control_changed(fgsim->stream, FGSIM_RATE);
	dmaring_control_changed(fgsim->stream, FGSIM_RATE_ENABLE);
}

/* With the next start. */
void fgsim_set_triggered(struct fgsim *fgsim, bool triggered)
{
	mutex_lock(&fgsim->settings_lock);
	WRITE_ONCE(fgsim->triggered, triggered);
	mutex_unlock(&fgsim->settings_lock);
	dmaring_control_changed(fgsim->stream, FGSIM_TRIGGER_MODE);
}

void fgsim_trigger(struct fgsim *fgsim, u32 frames)
{
	mutex_lock(&fgsim->settings_lock);
	trigger(fgsim, frames);
	mutex_unlock(&fgsim->settings_lock);
}
