/* SPDX-License-Identifier: MIT */
/* The controls of a card, and how people write their values. */
#ifndef CONTROL_LIST_H
#define CONTROL_LIST_H

#include "json.h"

#include <libdmaring.h>
#include <stdio.h>

/* One control, the names of its items, and its value unless @err says why not. */
struct control {
	struct dmaring_control_info info;
	char (*items)[DMARING_CONTROL_TEXT];
	struct dmaring_control_value value;
	int err;
};

struct control_list {
	struct control *controls;
	uint32_t count;
	uint32_t control_seq;
};

/* All of them.  Return: 0; -1, all said.  control_list_free() in either case. */
int control_list_load(struct control_list *list, const struct dmaring *stream);
void control_list_free(struct control_list *list);

/* NULL: there is none, and that is said. */
const struct control *control_list_find(const struct control_list *list,
					const char *name);

/* Understands "yes", "20000", "noise": whatever a control of that type is given.
 * Return: 0; -1, all said.
 */
int control_parse(const struct control *control, const char *text,
		  struct dmaring_control_value *value);

void control_list_print(FILE *out, const struct control_list *list);
void control_list_write(struct json *json, const struct control_list *list);

#endif /* CONTROL_LIST_H */
