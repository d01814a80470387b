/* SPDX-License-Identifier: GPL-2.0-only */
/* What of the card applications can set. */
#ifndef DMARING_CONTROL_H
#define DMARING_CONTROL_H

#include <dmaring/hw.h>

struct device;
struct dmaring_consumer;
struct dmaring_stream;
union dmaring_argument;

/**
 * struct dmaring_card_control - one control
 * @name:    what applications know it by.
 * @unit:    of its value.
 * @type:    enum dmaring_control_type.
 * @flags:   DMARING_CONTROL_*.
 * @minimum: least value, or fewest bytes.
 * @maximum: greatest value, or most bytes.
 * @step:    between two values, at least 1.
 * @first:   its default.
 * @items:   names of the values of a MENU.
 * @item_count: how many there are.
 *
 * @now:     what was set or believed last.
 *
 * @asked:   what is in @now need not be asked for.
 */
struct dmaring_card_control {
	/* Constant after creation. */
	char name[DMARING_CONTROL_NAME];
	char unit[sizeof_field(struct dmaring_control_info, unit)];
	u32 type;
	u32 flags;
	s64 minimum;
	s64 maximum;
	s64 step;
	struct dmaring_hw_value first;
	char (*items)[DMARING_CONTROL_TEXT];
	u32 item_count;

	/* control_mutex */
	struct dmaring_hw_value now;

	/* stream->lock */
	bool asked;
};

/* control_table.c */
int dmaring_controls_init(struct dmaring_stream *stream, struct device *dev,
			  const struct dmaring_config *config);
void dmaring_controls_free(struct dmaring_stream *stream);
bool dmaring_control_trim(const struct dmaring_card_control *control,
			  struct dmaring_hw_value *value);
bool dmaring_control_can_be(const struct dmaring_card_control *control,
			    const struct dmaring_hw_value *value);

/* control.c */
void dmaring_controls_init_stream(struct dmaring_stream *stream);
void dmaring_controls_keep(struct dmaring_stream *stream);
void dmaring_controls_restore(struct dmaring_stream *stream);
/* Commands. */
int dmaring_get_control_info(struct dmaring_consumer *consumer,
			     union dmaring_argument *argument);
int dmaring_controls(struct dmaring_consumer *consumer,
		     union dmaring_argument *argument);

#endif /* DMARING_CONTROL_H */
