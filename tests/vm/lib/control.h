/* SPDX-License-Identifier: MIT */
/* Controls by their names.  Functions return 0 or -errno; those that find one end the test. */
#ifndef CONTROL_H
#define CONTROL_H

#include "stream.h"

static inline struct dmaring_control_info control_info_argument(uint32_t index, uint32_t item)
{
	struct dmaring_control_info argument;

	memset(&argument, POISON, sizeof(argument));
	memset(argument.reserved, 0, sizeof(argument.reserved));
	argument.size = sizeof(argument);
	argument.index = index;
	argument.item = item;
	return argument;
}

static inline struct dmaring_controls controls_argument(uint32_t flags,
							struct dmaring_control_value *values,
							uint32_t count)
{
	struct dmaring_controls argument = {
		.size = sizeof(argument),
		.flags = flags,
		.values = (uintptr_t)values,
		.count = count,
		.bad = 0xcccccccc,
		.control_seq = 0xcccccccc,
	};

	return argument;
}

/* Ends the test if there is none. */
static inline struct dmaring_control_info control_info(int fd, uint32_t index)
{
	struct dmaring_control_info info = control_info_argument(index, 0);

	REQUIRE_EQ(call(fd, DMARING_IOC_CONTROL_INFO, &info), 0);
	return info;
}

/* Ends the test if there is none. */
static inline struct dmaring_control_info control_find(int fd, const char *name)
{
	struct dmaring_control_info info;

	for (uint32_t i = 0;; i++) {
		info = control_info(fd, i);
		if (!strcmp(info.name, name))
			return info;
	}
}

static inline struct dmaring_control_value control_value(int fd, const char *name,
							 long long value)
{
	struct dmaring_control_value answer = {
		.index = control_find(fd, name).index,
		.value = value,
	};

	return answer;
}

static inline struct dmaring_control_value control_text(int fd, const char *name,
							const char *text)
{
	struct dmaring_control_value answer = control_value(fd, name, 0);

	snprintf(answer.text, sizeof(answer.text), "%s", text);
	return answer;
}

/* Sets several or none; *@seq is the number since then, *@bad which one was wrong. */
static inline int controls_set(int fd, struct dmaring_control_value *values, uint32_t count,
			       uint32_t *seq, uint32_t *bad)
{
	struct dmaring_controls argument = controls_argument(DMARING_CONTROLS_SET, values, count);
	int error = call(fd, DMARING_IOC_CONTROLS, &argument);

	if (seq)
		*seq = argument.control_seq;
	if (bad)
		*bad = argument.bad;
	CHECK_EQ(argument.size, sizeof(argument));
	CHECK(!error || argument.control_seq == 0xcccccccc);
	return error;
}

static inline int control_set_value(int fd, struct dmaring_control_value value)
{
	return controls_set(fd, &value, 1, NULL, NULL);
}

static inline int control_set(int fd, const char *name, long long number)
{
	return control_set_value(fd, control_value(fd, name, number));
}

static inline int control_get_value(int fd, struct dmaring_control_value *value)
{
	struct dmaring_controls argument = controls_argument(0, value, 1);

	memset(&value->value, POISON, sizeof(value->value));
	memset(value->text, POISON, sizeof(value->text));
	return call(fd, DMARING_IOC_CONTROLS, &argument);
}

/* Ends the test if it cannot be read. */
static inline long long control_get(int fd, const char *name)
{
	struct dmaring_control_value value = control_value(fd, name, 0);

	REQUIRE_EQ(control_get_value(fd, &value), 0);
	for (size_t i = 0; i < sizeof(value.text); i++)
		CHECK_EQ(value.text[i], 0);
	return value.value;
}

/* What poll says to who asks for nothing else. */
static inline short control_poll(int fd, int timeout_ms)
{
	struct pollfd entry = { .fd = fd, .events = POLLPRI };

	REQUIRE(poll(&entry, 1, timeout_ms) >= 0);
	return entry.revents;
}

/* Takes the next frame that has this number of the controls.  Ends the test if none comes. */
static inline struct dmaring_frame control_take_of(const struct stream *stream, uint32_t number)
{
	uint32_t left = 4 * stream->info.buffers;
	struct dmaring_frame frame;

	for (;;) {
		REQUIRE_EQ(stream_await(stream->fd, &frame), 1);
		if (frame.control_seq == number)
			return frame;
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
		REQUIRE(left--);
	}
}

#endif /* CONTROL_H */
