/* SPDX-License-Identifier: MIT */
/* The fault page: mistakes on request. */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include "bar.h"

/* Is one of these wanted?  It is then as good as made. */
static inline bool fault_now(struct bar *bar, enum fgsim_fault fault)
{
	struct fgsim_fault_page *page = &bar->regs->fault;
	uint32_t made = get32(&page->made[fault]);

	if (get32(&page->wanted[fault]) == made)
		return false;
	set32(&page->made[fault], made + 1);
	return true;
}

#endif /* FAULT_H */
