// SPDX-License-Identifier: GPL-2.0-only
/*
 * Controls: reading them, setting several or none, and who is told.
 *
 * The driver sets and reads, one call at a time, under control_mutex.  That is not
 * state_mutex: START and ATTACH can hold that one for long, and a trigger or an
 * exposure must not wait for them.  Only who sets what is WHEN_STOPPED takes both,
 * so that no START comes between.  As in region.c, the driver is asked in an SRCU
 * section, in which no memory of a user's is touched: removal and suspend wait for
 * the end of that, and of nothing else.
 */
#include <linux/export.h>
#include <linux/nospec.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "control.h"
#include "internal.h"
#include "trace.h"

/**
 * struct batch - values that one call sets
 * @stream: whose.
 * @values: as the application gave them.
 * @old:    what is put back if one is refused.
 * @count:  how many.
 * @bad:    the one that is the reason of a failure.
 * @button: the position of the button; @count: there is none.
 * @news:   something is not what it was.
 */
struct batch {
	struct dmaring_stream *stream;
	const struct dmaring_control_value *values;
	struct dmaring_hw_value *old;
	u32 count;
	u32 *bad;
	u32 button;
	bool news;
};

/* NULL: there is none of that number. */
static struct dmaring_card_control *find(struct dmaring_stream *stream,
					 u32 index)
{
	if (index >= stream->control_count)
		return NULL;
	return &stream->controls[array_index_nospec(index,
						    stream->control_count)];
}

static u32 number_of(const struct dmaring_stream *stream,
		     const struct dmaring_card_control *control)
{
	return control - stream->controls;
}

/* In an SRCU section: may an op be called? */
static int may_call(const struct dmaring_stream *stream)
{
	if (dmaring_is_gone(stream))
		return -ENODEV;
	/* dmaring_suspend() waits for us, or we see it here. */
	return READ_ONCE(stream->suspended) ? -EBUSY : 0;
}

static bool set_asked(struct dmaring_stream *stream,
		      struct dmaring_card_control *control, bool asked)
{
	bool was;

	spin_lock_irq(&stream->lock);
	was = control->asked;
	control->asked = asked;
	spin_unlock_irq(&stream->lock);
	return was;
}

/* ------------------------------------------------------------- who is told */

static void control_work(struct work_struct *work)
{
	struct dmaring_stream *stream =
		container_of(work, struct dmaring_stream, control_news);

	dmaring_wake_for_controls(stream);
	put_device(&stream->dev);
}

/* There may be any number of files: not here. */
static void tell(struct dmaring_stream *stream)
{
	dmaring_stream_work_later(stream, &stream->control_news);
}

/* From here on frames have another number. */
static u32 count_change(struct dmaring_stream *stream)
{
	u32 number;

	spin_lock_irq(&stream->lock);
	number = ++stream->control_seq;
	spin_unlock_irq(&stream->lock);
	tell(stream);
	return number;
}

void dmaring_control_changed(struct dmaring_stream *stream, u32 control)
{
	unsigned long flags;

	if (WARN_ON_ONCE(control >= stream->control_count))
		return;
	spin_lock_irqsave(&stream->lock, flags);
	stream->controls[control].asked = false;
	stream->control_seq++;
	spin_unlock_irqrestore(&stream->lock, flags);
	tell(stream);
}
EXPORT_SYMBOL_GPL(dmaring_control_changed);

/* ------------------------------------------------------------- asking the card */

static int get(struct dmaring_stream *stream,
	       const struct dmaring_card_control *control,
	       struct dmaring_hw_value *value)
{
	u32 number = number_of(stream, control);
	int err;

	lockdep_assert_held(&stream->control_mutex);
	*value = (struct dmaring_hw_value) { };
	err = dmaring_checked(stream->ops->get_control(stream->hw, number,
						       value));
	if (err)
		return err;
	if (!dmaring_control_trim(control, value) ||
	    !dmaring_control_can_be(control, value)) {
		dmaring_card_fault(stream, "control", number);
		return -EIO;
	}
	return 0;
}

/* Ask for what is not known.  In an SRCU section, and the card is there. */
static int refresh(struct dmaring_stream *stream,
		   struct dmaring_card_control *control)
{
	struct dmaring_hw_value value;
	int err;

	/* First: what changes while we ask is to be asked for again. */
	if (set_asked(stream, control, true) &&
	    !(control->flags & DMARING_CONTROL_VOLATILE))
		return 0;
	err = get(stream, control, &value);
	if (err) {
		set_asked(stream, control, false);
		return err;
	}
	control->now = value;
	return 0;
}

static bool is_known(struct dmaring_stream *stream,
		     const struct dmaring_card_control *control)
{
	return control->type == DMARING_CONTROL_BUTTON ||
	       (READ_ONCE(control->asked) &&
		!(control->flags & DMARING_CONTROL_VOLATILE));
}

static int read_one(struct dmaring_stream *stream,
		    struct dmaring_control_value *value)
{
	struct dmaring_card_control *control = find(stream, value->index);
	int err, idx;

	if (!control || value->reserved)
		return -EINVAL;
	if (!is_known(stream, control)) {
		idx = srcu_read_lock(&stream->srcu);
		err = may_call(stream);
		if (!err)
			err = refresh(stream, control);
		srcu_read_unlock(&stream->srcu, idx);
		if (err)
			return err;
	}
	value->value = control->now.number;
	memcpy(value->text, control->now.text, sizeof(value->text));
	return 0;
}

static int read_all(struct dmaring_stream *stream,
		    struct dmaring_controls *arg,
		    struct dmaring_control_value *values, u32 *control_seq)
{
	int err;
	u32 i;

	err = mutex_lock_killable(&stream->control_mutex);
	if (err)
		return err;
	/*
	 * Before they are read: what changes meanwhile is news.  Under the lock: with
	 * a new number comes that it is to be asked for.
	 */
	spin_lock_irq(&stream->lock);
	*control_seq = stream->control_seq;
	spin_unlock_irq(&stream->lock);
	for (i = 0; !err && i < arg->count; i++) {
		err = read_one(stream, &values[i]);
		if (err)
			arg->bad = i;
	}
	mutex_unlock(&stream->control_mutex);
	return err;
}

/* -------------------------------------------------------------------- setting */

/* Is it one that the control can have?  @to becomes what the driver is given. */
static int take(const struct dmaring_card_control *control,
		const struct dmaring_control_value *from,
		struct dmaring_hw_value *to)
{
	/* All of it: applications give no rate. */
	*to = (struct dmaring_hw_value) { .number = from->value };
	memcpy(to->text, from->text, sizeof(to->text));
	if (control->flags & DMARING_CONTROL_READ_ONLY)
		return -EPERM;
	if (!dmaring_control_trim(control, to))
		return -EINVAL;
	return dmaring_control_can_be(control, to) ? 0 : -ERANGE;
}

/* Before anything is set, or waited for. */
static int check_one(struct batch *batch, u32 at)
{
	const struct dmaring_control_value *value = &batch->values[at];
	struct dmaring_card_control *control =
		find(batch->stream, value->index);
	struct dmaring_hw_value taken;
	u32 i;

	if (!control || value->reserved)
		return -EINVAL;
	for (i = 0; i < at; i++)
		if (batch->values[i].index == value->index)
			return -EINVAL;
	if (control->type == DMARING_CONTROL_BUTTON) {
		if (batch->button < batch->count)
			return -EINVAL;
		batch->button = at;
	}
	return take(control, value, &taken);
}

static int check_all(struct batch *batch)
{
	int err = 0;
	u32 i;

	batch->button = batch->count;
	for (i = 0; !err && i < batch->count; i++) {
		err = check_one(batch, i);
		if (err)
			*batch->bad = i;
	}
	return err;
}

/* The first that cannot be set while the card runs; @count: there is none. */
static u32 first_when_stopped(const struct batch *batch)
{
	u32 i;

	for (i = 0; i < batch->count; i++)
		if (find(batch->stream, batch->values[i].index)->flags &
		    DMARING_CONTROL_WHEN_STOPPED)
			break;
	return i;
}

static int give(struct dmaring_stream *stream,
		struct dmaring_card_control *control,
		const struct dmaring_hw_value *value)
{
	lockdep_assert_held(&stream->control_mutex);
	return dmaring_checked(stream->ops->set_control(stream->hw,
							number_of(stream, control),
							value));
}

/* What is put back, if it must be: of a card that talks nonsense, the default. */
static int remember(struct batch *batch, u32 at,
		    struct dmaring_card_control *control)
{
	int err;

	if (control->type == DMARING_CONTROL_BUTTON)
		return 0;
	err = refresh(batch->stream, control);
	batch->old[at] = err ? control->first : control->now;
	return err == -EIO ? 0 : err;
}

static int set_one(struct batch *batch, u32 at)
{
	struct dmaring_stream *stream = batch->stream;
	struct dmaring_card_control *control =
		find(stream, batch->values[at].index);
	struct dmaring_hw_value value;
	int err;

	/* Once more: to fill it. */
	err = take(control, &batch->values[at], &value);
	if (!err)
		err = remember(batch, at, control);
	if (err)
		return err;
	/* First: what the card makes of it meanwhile is to be asked for. */
	set_asked(stream, control, true);
	err = give(stream, control, &value);
	if (err) {
		set_asked(stream, control,
			  control->type == DMARING_CONTROL_BUTTON);
		return err;
	}
	batch->news |= control->type == DMARING_CONTROL_BUTTON ||
		       memcmp(&value, &batch->old[at], sizeof(value));
	control->now = value;
	return 0;
}

/* What was set before the one that was refused; it has no button. */
static void put_back(struct batch *batch, u32 count)
{
	struct dmaring_stream *stream = batch->stream;
	struct dmaring_card_control *control;

	batch->news = false;
	while (count--) {
		if (count == batch->button)
			continue;
		control = find(stream, batch->values[count].index);
		if (!give(stream, control, &batch->old[count])) {
			control->now = batch->old[count];
			continue;
		}
		/* Whatever it has now, it is news. */
		dev_err_ratelimited(&stream->dev,
				    "control %s cannot be put back\n",
				    control->name);
		set_asked(stream, control, false);
		batch->news = true;
	}
}

/* The button is pushed when all others are set: it cannot be put back. */
static int set_in_order(struct batch *batch)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < batch->count; i++) {
		if (i == batch->button)
			continue;
		err = set_one(batch, i);
		if (err) {
			*batch->bad = i;
			put_back(batch, i);
		}
	}
	if (err || batch->button == batch->count)
		return err;
	err = set_one(batch, batch->button);
	if (err) {
		*batch->bad = batch->button;
		put_back(batch, batch->count);
	}
	return err;
}

static int set_under_mutex(struct batch *batch, u32 *control_seq)
{
	struct dmaring_stream *stream = batch->stream;
	int err, idx;

	lockdep_assert_held(&stream->control_mutex);
	idx = srcu_read_lock(&stream->srcu);
	err = may_call(stream);
	if (!err)
		err = set_in_order(batch);
	srcu_read_unlock(&stream->srcu, idx);
	*control_seq = batch->news ? count_change(stream) :
				     READ_ONCE(stream->control_seq);
	return err;
}

static int set_while_stopped(struct batch *batch, u32 first, u32 *control_seq)
{
	struct dmaring_stream *stream = batch->stream;
	int err;

	err = mutex_lock_killable(&stream->state_mutex);
	if (err)
		return err;
	err = mutex_lock_killable(&stream->control_mutex);
	if (err)
		goto out_unlock_state;
	if (stream->running || stream->hw_running || stream->in_doubt) {
		*batch->bad = first;
		err = -EBUSY;
	} else {
		err = set_under_mutex(batch, control_seq);
	}
	mutex_unlock(&stream->control_mutex);
out_unlock_state:
	mutex_unlock(&stream->state_mutex);
	return err;
}

static int set_all(struct batch *batch, u32 *control_seq)
{
	struct dmaring_stream *stream = batch->stream;
	u32 first;
	int err;

	err = check_all(batch);
	if (err)
		return err;
	first = first_when_stopped(batch);
	if (first < batch->count)
		return set_while_stopped(batch, first, control_seq);
	err = mutex_lock_killable(&stream->control_mutex);
	if (err)
		return err;
	err = set_under_mutex(batch, control_seq);
	mutex_unlock(&stream->control_mutex);
	return err;
}

static int set(struct dmaring_stream *stream, struct dmaring_controls *arg,
	       const struct dmaring_control_value *values)
{
	struct batch batch = {
		.stream = stream,
		.values = values,
		.count = arg->count,
		.bad = &arg->bad,
	};
	u32 control_seq;
	int err;

	batch.old = kcalloc(arg->count, sizeof(*batch.old), GFP_KERNEL_ACCOUNT);
	if (!batch.old)
		return -ENOMEM;
	err = set_all(&batch, &control_seq);
	kfree(batch.old);
	if (!err)
		arg->control_seq = control_seq;
	return err;
}

/* --------------------------------------------------------------- sleep, reset */

void dmaring_controls_init_stream(struct dmaring_stream *stream)
{
	mutex_init(&stream->control_mutex);
	INIT_WORK(&stream->control_news, control_work);
}

static bool is_kept(const struct dmaring_card_control *control)
{
	return control->type != DMARING_CONTROL_BUTTON &&
	       !(control->flags & (DMARING_CONTROL_READ_ONLY |
				   DMARING_CONTROL_VOLATILE));
}

/**
 * dmaring_controls_keep() - the card will forget what was set: ask for it
 * @stream: the stream; not yet suspended.
 */
void dmaring_controls_keep(struct dmaring_stream *stream)
{
	u32 i;

	lockdep_assert_held(&stream->state_mutex);
	if (stream->suspended || dmaring_is_gone(stream) || !stream->registered)
		return;
	/* It would answer all ones, which it would get back after the reset. */
	if (dev_is_pci(stream->dev.parent) &&
	    pci_channel_offline(to_pci_dev(stream->dev.parent)))
		return;
	mutex_lock(&stream->control_mutex);
	for (i = 0; i < stream->control_count; i++)
		/* If it says nothing, it gets what it had when it did. */
		if (is_kept(&stream->controls[i]))
			refresh(stream, &stream->controls[i]);
	mutex_unlock(&stream->control_mutex);
}

/**
 * dmaring_controls_restore() - the card is there again: give it what was set
 * @stream: the stream; its card is stopped.
 */
void dmaring_controls_restore(struct dmaring_stream *stream)
{
	struct dmaring_card_control *control;
	bool news = false;
	u32 i;

	lockdep_assert_held(&stream->state_mutex);
	mutex_lock(&stream->control_mutex);
	for (i = 0; i < stream->control_count; i++) {
		control = &stream->controls[i];
		if (!is_kept(control) || !give(stream, control, &control->now))
			continue;
		dev_err(&stream->dev, "control %s: the card does not take its value back\n",
			control->name);
		set_asked(stream, control, false);
		news = true;
	}
	mutex_unlock(&stream->control_mutex);
	if (news)
		count_change(stream);
}

/* ------------------------------------------------------------------ the commands */

static const char *text_of(const struct dmaring_card_control *control, u32 item)
{
	if (control->type != DMARING_CONTROL_MENU)
		return control->first.text;
	return control->items[array_index_nospec(item, control->item_count)];
}

/* CONTROL_INFO. */
int dmaring_get_control_info(struct dmaring_consumer *consumer,
			     union dmaring_argument *argument)
{
	struct dmaring_control_info *arg = &argument->control_info;
	const struct dmaring_card_control *control =
		find(consumer->stream, arg->index);

	if (!dmaring_is_zero(arg->reserved) || !control ||
	    arg->item >= max(control->item_count, 1U))
		return -EINVAL;
	*arg = (struct dmaring_control_info) {
		.index = arg->index,
		.item = arg->item,
		.type = control->type,
		.flags = control->flags,
		.items = control->item_count,
		.minimum = control->minimum,
		.maximum = control->maximum,
		.step = control->step,
		.default_value = control->first.number,
	};
	strscpy(arg->name, control->name, sizeof(arg->name));
	strscpy(arg->unit, control->unit, sizeof(arg->unit));
	strscpy(arg->text, text_of(control, arg->item), sizeof(arg->text));
	return 0;
}

static int get_to_user(struct dmaring_consumer *consumer,
		       struct dmaring_controls *arg,
		       struct dmaring_control_value *values)
{
	u32 control_seq;
	int err;

	err = read_all(consumer->stream, arg, values, &control_seq);
	if (err)
		return err;
	if (copy_to_user(u64_to_user_ptr(arg->values), values,
			 arg->count * sizeof(*values)))
		return -EFAULT;
	WRITE_ONCE(consumer->controls_seen, control_seq);
	arg->control_seq = control_seq;
	return 0;
}

/* CONTROLS. */
int dmaring_controls(struct dmaring_consumer *consumer,
		     union dmaring_argument *argument)
{
	struct dmaring_controls *arg = &argument->controls;
	struct dmaring_control_value *values;
	u32 count = arg->count;
	int err;

	if (arg->flags & ~DMARING_CONTROLS_SET || arg->reserved0 ||
	    !dmaring_is_zero(arg->reserved) || !count ||
	    count > DMARING_CONTROLS_MAX)
		return -EINVAL;
	if (arg->flags & DMARING_CONTROLS_SET && !consumer->writable)
		return -EACCES;
	values = kmalloc_array(count, sizeof(*values), GFP_KERNEL_ACCOUNT);
	if (!values)
		return -ENOMEM;
	if (copy_from_user(values, u64_to_user_ptr(arg->values),
			   count * sizeof(*values)))
		err = -EFAULT;
	else if (arg->flags & DMARING_CONTROLS_SET)
		err = set(consumer->stream, arg, values);
	else
		err = get_to_user(consumer, arg, values);
	kfree(values);
	if (!err)
		arg->bad = count;
	return err;
}
