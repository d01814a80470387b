// SPDX-License-Identifier: MIT
/* The card sleeps, is reset, and goes away: only with leave, and for root. */
#define _GNU_SOURCE
#include "stream.h"
#include "sysfs.h"
#include "../lib/clock.h"
#include "../lib/interrupt.h"
#include "../lib/monitor.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POWER "/sys/power"
#define BACK_NS (10 * NS_PER_SECOND)	/* until a new node is there */

enum point {
	WORKS = CHECK_WORKS,
	SLEPT,
	RESET,
	GONE,
	BACK,
	AGAIN,
};

static const struct check_point points[] = {
	[WORKS] = { "frames come before all that", "the group \"run\"" },
	[SLEPT] = { "it goes on after the system slept",
		    "driver.pm and dmaring_pci_pm_ops; start()" },
	[RESET] = { "it goes on after a reset of the card",
		    "err_handler and dmaring_pci_error_handlers; check()" },
	[GONE] = { "who uses it is told when the driver is unbound",
		   "remove(): dmaring_unregister() first" },
	[BACK] = { "the driver can be bound again", "probe(), and what remove() left" },
	[AGAIN] = { "frames come again", "probe() and start()" },
};

/* ------------------------------------------------------- what it has to survive */

/* Frames until one is marked: then the stream has noticed. */
static void look_on(struct check *check, struct check_stream *stream,
		    unsigned int point)
{
	uint32_t most = check->info.buffers + 2;
	struct dmaring_frame frame;
	bool marked = false;

	while (!marked && most--) {
		if (!check_take(check, stream, &frame)) {
			check_call(check, point, -1);
			return;
		}
		marked = frame.flags & DMARING_FRAME_DISCONTINUITY;
		check_give(check, stream, &frame);
	}
	if (!check_that(check, point, check_pass(check, stream, 3),
			"no frame comes after that"))
		return;
	/* A source that needs no card may have slept through it. */
	if (!marked)
		check_warn(check, point,
			   "no frame is marked DISCONTINUITY: did the driver hear of it?");
}

/* The kernel's own test of sleep: devices sleep, and wake up at once. */
static void sleep_and_wake(struct check *check, struct check_stream *stream)
{
	char before[PATH_MAX];
	int err;

	if (sysfs_write(POWER, "pm_test", "devices")) {
		check_skip(check, SLEPT, "%s/pm_test: %s", POWER,
			   strerror(errno));
		return;
	}
	if (!sysfs_read("/sys/module/suspend/parameters", "pm_test_delay",
			before))
		sysfs_write("/sys/module/suspend/parameters", "pm_test_delay",
			    "0");
	err = sysfs_write(POWER, "state", "freeze");
	sysfs_write(POWER, "pm_test", "none");
	sysfs_write("/sys/module/suspend/parameters", "pm_test_delay", before);
	if (check_that(check, SLEPT, !err, "%s/state: %s", POWER,
		       strerror(-err)))
		look_on(check, stream, SLEPT);
}

static void be_reset(struct check *check, struct check_stream *stream,
		     const char *device)
{
	int err = sysfs_write(device, "reset", "1");

	if (err == -ENOENT)
		check_skip(check, RESET, "the device cannot be reset");
	else if (check_that(check, RESET, !err, "%s/reset: %s", device,
			    strerror(-err)))
		look_on(check, stream, RESET);
}

/* ---------------------------------------------------------------- unbind and bind */

static void be_told(struct check *check, struct check_stream *stream)
{
	struct dmaring_frame frame;
	int err;

	/* What waits may come first. */
	do
		err = dmaring_next(stream->handle, &frame,
				   check->patience_ns / 1000000);
	while (!err);
	check_that(check, GONE, err == -ENODEV, "it is told \"%s\"",
		   strerror(-err));
}

/* Which of the card's streams is a node's?  False: it cannot be had. */
static bool look_at_node(const char *node, struct dmaring_info *info)
{
	struct dmaring *monitor;
	bool good = !monitor_open(node, &monitor) &&
		    !dmaring_get_info(monitor, info);

	dmaring_close(monitor);
	return good;
}

/* "/sys/devices/…/dmaring/dmaring1" is "/dev/dmaring1".  Find that of our number;
 * or, with @others, one of another number that somebody uses.
 */
static bool find_node(const char *device, const struct check *check, bool others,
		      char node[PATH_MAX])
{
	uint32_t number = check->info.stream;
	char path[PATH_MAX + 16];
	struct dmaring_info info;
	struct dirent *entry;
	bool found = false;
	DIR *folder;

	snprintf(path, sizeof(path), "%s/dmaring", device);
	folder = opendir(path);
	while (folder && !found && (entry = readdir(folder))) {
		snprintf(node, PATH_MAX, "/dev/%s", entry->d_name);
		if (entry->d_name[0] != '.' && look_at_node(node, &info))
			found = others ? info.stream != number && info.consumers :
					 info.stream == number;
	}
	if (folder)
		closedir(folder);
	return found;
}

static bool wait_for_node(const char *device, const struct check *check,
			  char node[PATH_MAX])
{
	uint64_t end_ns = clock_ns() + BACK_NS;

	while (!find_node(device, check, false, node)) {
		if (clock_ns() > end_ns || interrupt_signal())
			return false;
		interrupt_sleep(NS_PER_SECOND / 100);
	}
	return true;
}

static void try_again(struct check *check, const char *device)
{
	static char node[PATH_MAX];
	struct check_stream stream;

	if (!check_that(check, BACK, wait_for_node(device, check, node),
			"there is no stream, see the kernel's log"))
		return;
	check->device = node;
	if (!check_open(check, &stream)) {
		check_call(check, AGAIN, -1);
		return;
	}
	if (check_start(check, &stream) && check_pass(check, &stream, 3))
		check_that(check, AGAIN, true, "-");
	else
		check_call(check, AGAIN, -1);
	dmaring_stop(stream.handle);
	check_close(&stream);
}

static void be_unbound(struct check *check, struct check_stream *stream,
		       const char *device)
{
	char link[PATH_MAX + 16], driver[PATH_MAX];
	const char *name = strrchr(device, '/') + 1;
	int err;

	snprintf(link, sizeof(link), "%s/driver", device);
	if (!realpath(link, driver)) {
		check_skip(check, GONE, "the device has no driver");
		return;
	}
	err = sysfs_write(driver, "unbind", name);
	if (!check_that(check, GONE, !err, "%s/unbind: %s", driver,
			strerror(-err)))
		return;
	be_told(check, stream);
	check_close(stream);
	err = sysfs_write(driver, "bind", name);
	if (check_that(check, BACK, !err, "%s/bind: %s", driver, strerror(-err)))
		try_again(check, device);
}

static void run(struct check *check)
{
	char device[PATH_MAX], node[PATH_MAX];
	struct check_stream stream;

	if (geteuid() || !sysfs_device(check->device, device)) {
		check_give_up(check, "only root can do that");
		return;
	}
	if (find_node(device, check, true, node)) {
		check_give_up(check, "%s is of the same card, and in use", node);
		return;
	}
	if (!check_measure(check) || !check_open(check, &stream))
		return;
	if (check_start(check, &stream) && check_pass(check, &stream, 1)) {
		sleep_and_wake(check, &stream);
		be_reset(check, &stream, device);
		be_unbound(check, &stream, device);
	}
	check_close(&stream);
}

const struct check_group check_life = {
	.name = "life",
	.about = "the card sleeps, is reset, unbound and bound again (--destructive)",
	.points = points,
	.count = CHECK_COUNT(points),
	.needs = CHECK_CAPTURE | CHECK_DESTRUCTIVE,
	.run = run,
};
