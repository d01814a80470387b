/* SPDX-License-Identifier: MIT */
/*
 * A page that is not there until it is given: who copies to it waits meanwhile,
 * in the middle of the copy.
 */
#ifndef SLOW_PAGE_H
#define SLOW_PAGE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include "pages.h"

struct slow_page {
	uint8_t *page;
	int faults;	/* tells when somebody waits for the page */
};

static inline struct slow_page slow_page(void)
{
	struct slow_page slow = { pages_map(page_bytes(), PROT_READ | PROT_WRITE), -1 };
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)slow.page, page_bytes() },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};

	slow.faults = syscall(SYS_userfaultfd, O_CLOEXEC);
	if (slow.faults < 0)
		SKIP("no userfaultfd: %s", strerror(errno));
	REQUIRE(!ioctl(slow.faults, UFFDIO_API, &api));
	REQUIRE(!ioctl(slow.faults, UFFDIO_REGISTER, &range));
	return slow;
}

static inline void slow_page_wait(const struct slow_page *slow)
{
	struct uffd_msg message;

	REQUIRE_EQ(read(slow->faults, &message, sizeof(message)), sizeof(message));
	REQUIRE_EQ(message.event, UFFD_EVENT_PAGEFAULT);
}

/* The page comes, all of it this byte. */
static inline void slow_page_give(const struct slow_page *slow, int byte)
{
	void *source = pages_map(page_bytes(), PROT_READ | PROT_WRITE);
	struct uffdio_copy copy = {
		.dst = (uintptr_t)slow->page,
		.src = (uintptr_t)source,
		.len = page_bytes(),
	};

	memset(source, byte, page_bytes());
	REQUIRE(!ioctl(slow->faults, UFFDIO_COPY, &copy));
}

#endif /* SLOW_PAGE_H */
