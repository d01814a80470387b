// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of the source can be set: as of a camera, with the names that GenICam's
 * SFNC has for it.
 *
 * What the timer reads changes only while its function does not run.  So a frame is
 * made with all of the old values or with all of the new ones, and none that is
 * completed after a control was set is of the old ones.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/string.h>

#include "virt.h"

#define RATE_FIRST		30
#define EXPOSURE_FIRST_US	10000
#define EXPOSURE_MAX_US		1000000
#define GAIN_FIRST_PERCENT	100
#define GAIN_MAX_PERCENT	1600
#define TEMPERATURE_MDEG	35000
#define TEMPERATURE_MAX_MDEG	125000

static unsigned int control_sleep_ms;
module_param(control_sleep_ms, uint, 0644);
MODULE_PARM_DESC(control_sleep_ms, "how long it takes to set a control, milliseconds (default 0)");

static bool control_lies;
module_param(control_lies, bool, 0644);
MODULE_PARM_DESC(control_lies, "fault: the value of each control is one that it cannot have");

static bool control_refuses;
module_param(control_refuses, bool, 0644);
MODULE_PARM_DESC(control_refuses, "fault: DeviceUserID and TriggerSoftware cannot be set (ENXIO)");

enum virt_control {
	VIRT_RATE,
	VIRT_RATE_ENABLE,
	VIRT_PATTERN,
	VIRT_TEMPERATURE,
	VIRT_USER_ID,
	VIRT_CONTROLS_OF_A_SINK,
	VIRT_EXPOSURE = VIRT_CONTROLS_OF_A_SINK,
	VIRT_GAIN,
	VIRT_TRIGGER_MODE,
	VIRT_TRIGGER,
	VIRT_CONTROLS,
};

static const char *const trigger_modes[] = { "Off", "Software" };

/* What has to do with the rate is part of the format, which others set, too. */
static const struct dmaring_hw_control table[VIRT_CONTROLS] = {
	[VIRT_RATE] = {
		.name = "AcquisitionFrameRate",
		.type = DMARING_CONTROL_INTEGER,
		.flags = DMARING_CONTROL_VOLATILE,
		.minimum = 1,
		.maximum = VIRT_RATE_MAX,
		.default_value = RATE_FIRST,
		.unit = "Hz",
	},
	[VIRT_RATE_ENABLE] = {
		.name = "AcquisitionFrameRateEnable",
		.type = DMARING_CONTROL_BOOLEAN,
		.flags = DMARING_CONTROL_VOLATILE | DMARING_CONTROL_WHEN_STOPPED,
		.default_value = 1,
	},
	[VIRT_PATTERN] = {
		.name = "TestPattern",
		.type = DMARING_CONTROL_MENU,
		.items = virt_pattern_names,
		.item_count = VIRT_PATTERNS,
	},
	[VIRT_TEMPERATURE] = {
		.name = "DeviceTemperature",
		.type = DMARING_CONTROL_INTEGER,
		.flags = DMARING_CONTROL_READ_ONLY | DMARING_CONTROL_VOLATILE,
		.minimum = -40000,
		.maximum = TEMPERATURE_MAX_MDEG,
		.default_value = TEMPERATURE_MDEG,
		.unit = "0.001 °C",
	},
	[VIRT_USER_ID] = {
		.name = "DeviceUserID",
		.type = DMARING_CONTROL_STRING,
		.maximum = VIRT_USER_ID_MAX,
	},
	[VIRT_EXPOSURE] = {
		.name = "ExposureTime",
		.type = DMARING_CONTROL_INTEGER,
		.minimum = 10,
		.maximum = EXPOSURE_MAX_US,
		.step = 10,
		.default_value = EXPOSURE_FIRST_US,
		.unit = "µs",
	},
	[VIRT_GAIN] = {
		.name = "Gain",
		.type = DMARING_CONTROL_INTEGER,
		.maximum = GAIN_MAX_PERCENT,
		.default_value = GAIN_FIRST_PERCENT,
		.unit = "%",
	},
	[VIRT_TRIGGER_MODE] = {
		.name = "TriggerMode",
		.type = DMARING_CONTROL_MENU,
		.items = trigger_modes,
		.item_count = ARRAY_SIZE(trigger_modes),
	},
	[VIRT_TRIGGER] = {
		.name = "TriggerSoftware",
		.type = DMARING_CONTROL_BUTTON,
	},
};

static_assert(VIRT_CONTROLS <= VIRT_CONTROLS_MAX);

/* What its parameters say is what it has at first.  How many there are. */
u32 virt_declare_controls(const struct virt *virt, bool rated,
			  struct dmaring_hw_control rows[VIRT_CONTROLS_MAX])
{
	memcpy(rows, table, sizeof(table));
	rows[VIRT_RATE].default_value = virt->hertz;
	rows[VIRT_RATE_ENABLE].default_value = rated;
	rows[VIRT_PATTERN].default_value = virt->pattern;
	return virt->playback ? VIRT_CONTROLS_OF_A_SINK : VIRT_CONTROLS;
}

/* --------------------------------------------------- what the timer reads */

/* The function of the timer does not run, nor will it until resume_timer(). */
static void pause_timer(struct virt *virt)
{
	lockdep_assert_held(&virt->settings);
	spin_lock_irq(&virt->lock);
	virt->paused = true;
	spin_unlock_irq(&virt->lock);
	hrtimer_cancel(&virt->timer);
}

static void resume_timer(struct virt *virt)
{
	spin_lock_irq(&virt->lock);
	virt->paused = false;
	if (virt->running)
		virt_start_timer(virt, 0);
	spin_unlock_irq(&virt->lock);
}

/* 0: it has none. */
static u32 hertz_of(struct virt *virt)
{
	struct dmaring_rate rate;

	dmaring_get_rate(virt->stream, &rate);
	return rate.denominator ?
		       clamp(rate.numerator / rate.denominator, 1U,
			     (u32)VIRT_RATE_MAX) : 0;
}

/* It is the format that has it.  @hertz: in whole numbers; 0: none. */
static void set_rate(struct virt *virt, u32 hertz,
		     const struct dmaring_hw_value *value)
{
	struct dmaring_rate next = { hertz, !!hertz };

	if (hertz && value->rate.denominator)
		next = value->rate;
	pause_timer(virt);
	dmaring_set_rate(virt->stream, &next);
	virt_change_rate(virt);
	resume_timer(virt);
	virt_rate_was_set(hertz);
}

static void set_pattern(struct virt *virt, u32 pattern)
{
	pause_timer(virt);
	virt->pattern = pattern;
	resume_timer(virt);
}

static void set_brightness(struct virt *virt, u32 exposure_us, u32 gain_percent)
{
	u64 bright = (u64)exposure_us * gain_percent * DMARING_PATTERN_BRIGHT;

	pause_timer(virt);
	virt->exposure_us = exposure_us;
	virt->gain_percent = gain_percent;
	virt->bright = div_u64(bright,
			       EXPOSURE_FIRST_US * GAIN_FIRST_PERCENT);
	virt->special = virt_is_special(virt);
	resume_timer(virt);
}

static void set_trigger_mode(struct virt *virt, bool triggered)
{
	pause_timer(virt);
	WRITE_ONCE(virt->triggered, triggered);
	atomic_set(&virt->triggers, 0);
	virt->due = 0;
	virt->since_ns = ktime_get_ns();
	resume_timer(virt);
}

/* There must be something to trigger. */
static int trigger(struct virt *virt)
{
	int err = -EBUSY;

	spin_lock_irq(&virt->lock);
	if (virt->running && virt->triggered) {
		atomic_inc(&virt->triggers);
		virt_start_timer(virt, 0);
		err = 0;
	}
	spin_unlock_irq(&virt->lock);
	return err;
}

/* Without a trigger it waits, for as long as it takes. */
bool virt_frame_due(void *hw)
{
	struct virt *virt = hw;

	return !READ_ONCE(virt->triggered);
}

/* -------------------------------------------------------------------- the ops */

static s64 temperature(void)
{
	/* It gets warmer for a minute, and then cools down for one. */
	u32 ms;

	div_u64_rem(ktime_to_ms(ktime_get()), 120 * MSEC_PER_SEC, &ms);
	return TEMPERATURE_MDEG + min(ms, 120 * (u32)MSEC_PER_SEC - ms) / 10;
}

static void get_value(struct virt *virt, enum virt_control control,
		      struct dmaring_hw_value *value)
{
	lockdep_assert_held(&virt->settings);
	switch (control) {
	case VIRT_RATE:
		value->number = hertz_of(virt) ?: virt->hertz;
		dmaring_tell_fraction(virt->stream, value);
		break;
	case VIRT_RATE_ENABLE:
		value->number = !!hertz_of(virt);
		dmaring_tell_fraction(virt->stream, value);
		break;
	case VIRT_PATTERN:
		value->number = virt->pattern;
		break;
	case VIRT_TEMPERATURE:
		value->number = temperature();
		break;
	case VIRT_USER_ID:
		strscpy(value->text, virt->user_id, sizeof(value->text));
		break;
	case VIRT_EXPOSURE:
		value->number = virt->exposure_us;
		break;
	case VIRT_GAIN:
		value->number = virt->gain_percent;
		break;
	case VIRT_TRIGGER_MODE:
		value->number = virt->triggered;
		break;
	default:
		break;
	}
}

/* As a card that talks nonsense. */
static void lie(struct dmaring_hw_value *value)
{
	value->number = S64_MAX;
	memset(value->text, 'x', sizeof(value->text));
}

int virt_get_control(void *hw, u32 control, struct dmaring_hw_value *value)
{
	struct virt *virt = hw;

	mutex_lock(&virt->settings);
	get_value(virt, control, value);
	mutex_unlock(&virt->settings);
	if (READ_ONCE(control_lies))
		lie(value);
	return 0;
}

static int set_value(struct virt *virt, enum virt_control control,
		     const struct dmaring_hw_value *value)
{
	lockdep_assert_held(&virt->settings);
	switch (control) {
	case VIRT_RATE:
		virt->hertz = value->number;
		if (hertz_of(virt))
			set_rate(virt, virt->hertz, value);
		break;
	case VIRT_RATE_ENABLE:
		if (!!hertz_of(virt) != value->number)
			set_rate(virt, value->number ? virt->hertz : 0,
				 value);
		break;
	case VIRT_PATTERN:
		set_pattern(virt, value->number);
		break;
	case VIRT_USER_ID:
		strscpy(virt->user_id, value->text, sizeof(virt->user_id));
		break;
	case VIRT_EXPOSURE:
		set_brightness(virt, value->number, virt->gain_percent);
		break;
	case VIRT_GAIN:
		set_brightness(virt, virt->exposure_us, value->number);
		break;
	case VIRT_TRIGGER_MODE:
		set_trigger_mode(virt, value->number);
		break;
	case VIRT_TRIGGER:
		return trigger(virt);
	default:
		return -EINVAL;
	}
	return 0;
}

int virt_set_control(void *hw, u32 control,
		     const struct dmaring_hw_value *value)
{
	struct virt *virt = hw;
	int err;

	if (READ_ONCE(control_sleep_ms))
		msleep(READ_ONCE(control_sleep_ms));
	if (READ_ONCE(control_refuses) &&
	    (control == VIRT_USER_ID || control == VIRT_TRIGGER))
		return -ENXIO;
	mutex_lock(&virt->settings);
	err = set_value(virt, control, value);
	mutex_unlock(&virt->settings);
	return err;
}

/* --------------------------------------------------------------- by others */

/* The parameter was written; it takes effect with the next start. */
void virt_rate_was_told(struct virt *virt, const struct dmaring_rate *next)
{
	mutex_lock(&virt->settings);
	if (next->denominator)
		virt->hertz = next->numerator;
	mutex_unlock(&virt->settings);
	dmaring_set_rate(virt->stream, next);
	dmaring_control_changed(virt->stream, VIRT_RATE);
	dmaring_control_changed(virt->stream, VIRT_RATE_ENABLE);
}

/* What the parameters say; the pattern is known. */
void virt_init_settings(struct virt *virt, u32 hertz)
{
	mutex_init(&virt->settings);
	virt->hertz = hertz ?: RATE_FIRST;
	virt->exposure_us = EXPOSURE_FIRST_US;
	virt->gain_percent = GAIN_FIRST_PERCENT;
	virt->bright = DMARING_PATTERN_BRIGHT;
}

/* As a card whose power was off; it is stopped. */
void virt_forget(struct virt *virt)
{
	mutex_lock(&virt->settings);
	virt->user_id[0] = '\0';
	set_pattern(virt, DMARING_PATTERN_RAMP);
	set_brightness(virt, EXPOSURE_FIRST_US, GAIN_FIRST_PERCENT);
	set_trigger_mode(virt, false);
	mutex_unlock(&virt->settings);
}
