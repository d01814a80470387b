/* SPDX-License-Identifier: MIT */
/*
 * Sees that a wake-up is missing by its cause: there is something to be told of the
 * stream, and who waits for it sleeps on, though more frames have come since.  No
 * clock decides that: a machine that stands still makes a sleeper late, but lets
 * nobody who was woken sleep on.
 *
 *	struct watch watch;
 *
 *	watch_begin(&watch, fd);
 *	... a system call of this thread that may sleep ...
 *	watch_end(&watch);
 */
#ifndef WATCH_H
#define WATCH_H

#include <linux/dmaring.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include "card.h"
#include "tap.h"

#define WATCH_MS	1	/* between two looks: others run, too */
#define WATCH_MS_MAX	64	/* while there is nothing to be told */
#define WATCH_FRAMES	10	/* and so many looks: that many wake-ups are not under way */
#define WATCH_LOOKS	500	/* where no frame comes, as after a failure */

struct watch {
	int fd;		/* of the stream */
	int over;	/* an eventfd */
	pid_t sleeper;
	pthread_t thread;
};

/* What the sleeper waits for, and what it has had of it. */
struct watch_look {
	int news;
	uint64_t delivered;
	uint64_t produced;
};

static inline struct watch_look watch_look(int fd)
{
	struct dmaring_stats stats = { .size = sizeof(stats) };
	struct dmaring_info info = { .size = sizeof(info) };

	if (ioctl(fd, DMARING_IOC_STATS, &stats) || ioctl(fd, DMARING_IOC_INFO, &info))
		return (struct watch_look) { .news = 1 };	/* it is gone */
	return (struct watch_look) {
		.news = stats.consumer_waiting || !stats.consumer_running ||
			info.state & DMARING_STATE_FAILED,
		.delivered = stats.consumer_delivered,
		.produced = stats.produced,
	};
}

/* Who was woken does not, though it may have to wait for a processor. */
static inline int watch_sleeps(const struct watch *watch)
{
	char path[64], text[512];
	const char *state;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", watch->sleeper);
	if (file_read(path, text, sizeof(text)))
		return 0;
	state = strrchr(text, ')');
	return state && state[2] == 'S';
}

static inline void *watch_run(void *argument)
{
	const struct watch *watch = argument;
	struct pollfd over = { .fd = watch->over, .events = POLLIN };
	struct watch_look first = { 0 }, now;
	int looks = 0, ms = WATCH_MS;

	for (; !poll(&over, 1, ms); looks++) {
		now = watch_look(watch->fd);
		if (!now.news || now.delivered != first.delivered || !watch_sleeps(watch))
			looks = 0;
		if (!looks)
			first = now;
		ms = now.news ? WATCH_MS : ms < WATCH_MS_MAX ? 2 * ms : ms;
		if (looks > WATCH_LOOKS ||
		    (looks > WATCH_FRAMES && now.produced - first.produced > WATCH_FRAMES)) {
			printf("# asleep, though %llu frames came after what it waits for\n",
			       (unsigned long long)(now.produced - first.produced));
			REQUIRE(!"a wake-up is missing");
		}
	}
	return NULL;
}

/* From here on it may sleep, for one frame or for the end of all. */
static inline void watch_begin(struct watch *watch, int fd)
{
	*watch = (struct watch) {
		.fd = fd,
		.over = eventfd(0, EFD_CLOEXEC),
		.sleeper = syscall(SYS_gettid),
	};
	REQUIRE(watch->over >= 0);
	REQUIRE(!pthread_create(&watch->thread, NULL, watch_run, watch));
}

static inline void watch_end(struct watch *watch)
{
	const uint64_t one = 1;

	REQUIRE_EQ(write(watch->over, &one, sizeof(one)), sizeof(one));
	pthread_join(watch->thread, NULL);
	close(watch->over);
}

#endif /* WATCH_H */
