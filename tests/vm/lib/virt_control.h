/* SPDX-License-Identifier: MIT */
/* The controls of the source without a card, and its faults. */
#ifndef VIRT_CONTROL_H
#define VIRT_CONTROL_H

#include "control.h"
#include "virt.h"

static inline void set_parameter(const char *name, const char *value)
{
	char path[CARD_PATH_MAX];

	snprintf(path, sizeof(path), VIRT_PARAMETERS "%s", name);
	REQUIRE_EQ(file_write(path, value), 0);
}

static inline void set_to_default(int fd, uint32_t index)
{
	struct dmaring_control_info info = control_info(fd, index);
	struct dmaring_control_value value = { .index = index, .value = info.default_value };

	if (info.type == DMARING_CONTROL_BUTTON || info.flags & DMARING_CONTROL_READ_ONLY)
		return;
	if (info.type == DMARING_CONTROL_STRING)
		memcpy(value.text, info.text, sizeof(value.text));
	REQUIRE_EQ(control_set_value(fd, value), 0);
}

/* To be run before each test: all as it is at first, no faults, a thousand frames a second. */
static inline void virt_control_prepare(void)
{
	uint32_t controls;
	int fd;

	virt_prepare();
	set_parameter("control_lies", "0");
	set_parameter("control_refuses", "0");
	virt_set("control_sleep_ms", 0);
	fd = stream_open(O_RDWR);
	controls = stream_info(fd).controls;
	for (uint32_t i = 0; i < controls; i++)
		set_to_default(fd, i);
	close(fd);
	virt_prepare();
}

/* To be run after each test. */
static inline void virt_control_is_healthy(void)
{
	virt_control_prepare();
	virt_is_healthy();
}

#endif /* VIRT_CONTROL_H */
