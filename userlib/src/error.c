// SPDX-License-Identifier: LGPL-2.1-or-later
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ANY_STEP 0

/* A failure is put into words only when somebody asks: an application that
 * polls with dmaring_next(…, 0) fails often.
 */
static _Thread_local struct {
	unsigned int step;
	int err;
	const char *detail;
	char device[64];
} last;

static _Thread_local char sentence[384];

static const struct {
	unsigned int step;
	const char *what;
} attempts[] = {
	{ STEP_OPTIONS, "cannot open" },
	{ STEP_OPEN, "cannot open" },
	{ STEP_MAP, "cannot map the buffers" },
	{ DMARING_IOC_INFO, "cannot describe the stream" },
	{ DMARING_IOC_BUFFER, "cannot describe the buffer" },
	{ DMARING_IOC_ATTACH, "cannot attach" },
	{ DMARING_IOC_START, "cannot start" },
	{ DMARING_IOC_STOP, "cannot stop" },
	{ DMARING_IOC_DEQUEUE, "no frame" },
	{ DMARING_IOC_RELEASE, "cannot release the frame" },
	{ DMARING_IOC_KICK, "cannot release the frame" },
	{ DMARING_IOC_SUBMIT, "cannot submit the frame" },
	{ STEP_DRAIN, "not all frames are sent" },
	{ DMARING_IOC_RING, "cannot share a ring" },
	{ DMARING_IOC_EVENTFD, "cannot set the eventfd" },
	{ DMARING_IOC_IMPORT, "cannot lend the memory" },
	{ DMARING_IOC_STATS, "cannot read the counters" },
	{ DMARING_IOC_STATS_OF, "cannot read the consumer's counters" },
	{ DMARING_IOC_EXPORT, "cannot export the buffer" },
	{ DMARING_IOC_REGION, "cannot describe the region" },
	{ DMARING_IOC_READ_REGION, "cannot read the region" },
	{ STEP_MAP_REGION, "cannot map the region" },
	{ DMARING_IOC_FORMAT, "cannot set the format" },
	{ DMARING_IOC_FORMATS, "cannot list the formats" },
	{ STEP_FORMAT, "cannot describe the format" },
	{ DMARING_IOC_META, "cannot read metadata" },
	{ DMARING_IOC_CONTROL_INFO, "cannot describe the control" },
	{ DMARING_IOC_CONTROLS, "cannot set or read the control" },
	{ STEP_FIND_CONTROL, "cannot find the control" },
};

/* The first that fits counts, so the rows of ANY_STEP come last. */
static const struct {
	unsigned int step;
	int err;
	const char *why;
} reasons[] = {
	{ STEP_OPEN, ENOENT,
	  "there is no such device; is the card's driver loaded (lsmod | grep dmaring)?" },
	{ STEP_OPEN, EACCES,
	  "permission denied; join the group the device belongs to (ls -l shows it)" },
	{ STEP_OPEN, ENOTSUP,
	  "it is no dmaring stream, or of another version; name a /dev/dmaringN" },
	{ STEP_MAP, ENOMEM,
	  "no memory or address space left, or more mappings than the sysctl vm.max_map_count" },
	{ STEP_MAP, EAGAIN,
	  "more locked memory than ulimit -l allows; raise it or do not call mlockall" },
	{ DMARING_IOC_BUFFER, EINVAL,
	  "there is no buffer of that index, or no such segment of it" },
	{ DMARING_IOC_ATTACH, EBUSY,
	  "it has all the consumers, or viewers, it can have; close one (fuser -v shows them)" },
	{ DMARING_IOC_ATTACH, ENOSPC,
	  "viewers have no depth + max_held buffers left; raise viewer_buffers= or buffers=" },
	{ DMARING_IOC_ATTACH, EINVAL,
	  "the options do not fit the pool; see depth and watermark in libdmaring(3)" },
	{ DMARING_IOC_START, EALREADY, "it is started" },
	{ DMARING_IOC_START, EBUSY,
	  "the card is not free; of a loop, who is at the other stream has another format" },
	{ DMARING_IOC_START, ETIMEDOUT,
	  "the card does not prove that it is quiet since it was stopped; reset it" },
	{ DMARING_IOC_STOP, EALREADY, "it is stopped" },
	{ DMARING_IOC_STOP, ETIMEDOUT,
	  "the card does not prove that it is quiet; what it may still write is quarantined" },
	{ DMARING_IOC_DEQUEUE, EAGAIN, "none waits; try again later" },
	{ DMARING_IOC_DEQUEUE, ETIMEDOUT,
	  "none came in time; 'dmaring stats' shows whether the card produces any" },
	{ DMARING_IOC_DEQUEUE, EINTR, "a signal came first; try again" },
	{ DMARING_IOC_DEQUEUE, EBADFD, "the stream is stopped; start it first" },
	{ DMARING_IOC_STATS_OF, ENOENT, "there is no consumer of that number" },
	{ DMARING_IOC_RELEASE, ESTALE,
	  "it is not held; it was released before or never taken" },
	{ DMARING_IOC_RELEASE, EINVAL, "it is no frame of this stream" },
	{ DMARING_IOC_EXPORT, EOPNOTSUPP,
	  "only buffers of pages can be; load the card's driver with memory=pages" },
	{ DMARING_IOC_EXPORT, EACCES,
	  "the stream was opened to read only; open it without that flag" },
	{ DMARING_IOC_EXPORT, EBUSY,
	  "others still refer to it who have no right to it any more" },
	{ DMARING_IOC_EXPORT, ENOSPC,
	  "it has all the dma-bufs it can have; close one" },
	{ DMARING_IOC_EXPORT, EINVAL,
	  "there is no buffer of that index, or the flags are not O_RDWR or O_RDONLY" },
	{ DMARING_IOC_REGION, EINVAL, "there is no region of that index" },
	{ DMARING_IOC_READ_REGION, EINVAL,
	  "there is no such region, or it ends before that" },
	{ DMARING_IOC_READ_REGION, EBUSY,
	  "the card sleeps or has other things to do; stop the stream, or try again" },
	{ DMARING_IOC_READ_REGION, EOPNOTSUPP, "it can only be mapped" },
	{ STEP_MAP_REGION, EOPNOTSUPP, "it can only be read" },
	{ DMARING_IOC_CONTROL_INFO, EINVAL,
	  "there is no control of that index, or no such item" },
	{ DMARING_IOC_CONTROLS, EACCES,
	  "it was opened to read only; open it with DMARING_OPEN_CONFIGURE" },
	{ DMARING_IOC_CONTROLS, EBUSY,
	  "it cannot be set while the card runs, or sleeps; stop the stream first" },
	{ DMARING_IOC_CONTROLS, EINVAL,
	  "there is no such control, it is named twice, or two buttons are" },
	{ DMARING_IOC_CONTROLS, EIO, "the card says nothing that makes sense" },
	{ DMARING_IOC_CONTROLS, EPERM, "the control is read-only" },
	{ DMARING_IOC_CONTROLS, ERANGE,
	  "the control cannot have that value; its range and its step are in its description" },
	{ DMARING_IOC_CONTROLS, ENOTTY,
	  "the driver is too old for that; install a newer one" },
	{ DMARING_IOC_CONTROL_INFO, ENOTTY,
	  "the driver is too old for that; install a newer one" },
	{ STEP_FIND_CONTROL, ENOENT, "the card has none of that name" },
	{ DMARING_IOC_SUBMIT, ESTALE,
	  "its buffer is not held; it was submitted before or never taken" },
	{ DMARING_IOC_SUBMIT, EINVAL,
	  "bytes_used is 0, or more than a buffer has; or its buffer is none of this stream" },
	{ DMARING_IOC_SUBMIT, EOPNOTSUPP,
	  "it is a capture stream; use dmaring_next() and dmaring_release()" },
	{ STEP_DRAIN, EINTR, "a signal came first; try again" },
	{ STEP_DRAIN, EBADFD, "the stream is stopped; start it first" },
	{ DMARING_IOC_IMPORT, E2BIG,
	  "it is in more pieces than the card gathers; use huge pages (vm.nr_hugepages)" },
	{ DMARING_IOC_IMPORT, ERANGE,
	  "some of it lies where the card cannot reach it; use an IOMMU, or try other memory" },
	{ DMARING_IOC_IMPORT, ENOMEM,
	  "no memory, or more locked memory than ulimit -l allows; raise it" },
	{ DMARING_IOC_IMPORT, EMSGSIZE,
	  "a frame does not fit; lend at least info.format.frame_bytes" },
	{ DMARING_IOC_IMPORT, EBUSY,
	  "the stream is started or others use it; lend before they do" },
	{ DMARING_IOC_IMPORT, ENOSPC,
	  "as many buffers are lent as the pool has; load the card's driver with more" },
	{ DMARING_IOC_IMPORT, EFAULT,
	  "there is no memory that can be written" },
	{ DMARING_IOC_IMPORT, EOPNOTSUPP,
	  "memory of files and devices cannot be lent" },
	{ DMARING_IOC_IMPORT, ENOTTY,
	  "the driver is too old for that; install a newer one" },
	{ DMARING_IOC_IMPORT, ETIMEDOUT,
	  "the card does not prove that it is quiet since it was stopped; reset it" },
	{ DMARING_IOC_FORMAT, EACCES,
	  "it was opened to read only; open it without that flag" },
	{ DMARING_IOC_FORMAT, EBUSY,
	  "somebody captures, or has the stream alone; 'dmaring stats' shows it" },
	{ DMARING_IOC_FORMAT, EINVAL,
	  "the card has no such pixel format; 'dmaring format' lists those that it has" },
	{ DMARING_IOC_FORMAT, ERANGE,
	  "no width, height, rate or channels that the card has; 'dmaring format' lists them" },
	{ DMARING_IOC_FORMAT, EMSGSIZE,
	  "a frame would not fit; load the card's driver with a larger buffer_size=" },
	{ DMARING_IOC_FORMAT, EOPNOTSUPP, "the card has but one format" },
	{ DMARING_IOC_FORMATS, EINVAL, "the list has no such row" },
	{ STEP_FORMAT, ENOENT, "this library does not know it" },
	{ STEP_FORMAT, EINVAL, "its lines or frames are shorter than its pixels" },
	{ DMARING_IOC_META, EINVAL, "there is no field of that index" },
	{ ANY_STEP, EPROTO,
	  "something wrote into the ring shared with the kernel; stop and start the stream" },
	{ ANY_STEP, EIO,
	  "the card failed (see dmesg); stop and start the stream to try again" },
	{ ANY_STEP, ENODEV,
	  "the card is gone, unbound or unplugged; open it again when it is back" },
	{ ANY_STEP, ENOTCONN,
	  "it was opened as a monitor; open it without that flag" },
};

int error_set_detail(const char *device, unsigned int step, int err,
		     const char *detail)
{
	last.step = step;
	last.err = err;
	last.detail = detail;
	memccpy(last.device, device, '\0', sizeof(last.device) - 1);
	return -err;
}

int error_set_few_buffers(const char *device, uint32_t needs, uint32_t left,
			  uint32_t all)
{
	static _Thread_local char detail[192];

	snprintf(detail, sizeof(detail),
		 "a viewer with this depth and max_held needs %u buffers, and %u of the %u for viewers are left; load the card's driver with a larger %s=",
		 needs, left, all, all ? "viewer_buffers" : "buffers");
	return error_set_detail(device, DMARING_IOC_ATTACH, ENOSPC, detail);
}

int error_set(const char *device, unsigned int step, int err)
{
	return error_set_detail(device, step, err, NULL);
}

static const char *attempt_of(unsigned int step)
{
	size_t i = 0;

	while (attempts[i].step != step)
		i++;
	return attempts[i].what;
}

static const char *reason_for(unsigned int step, int err)
{
	size_t i;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].err == err &&
		    (reasons[i].step == step || reasons[i].step == ANY_STEP))
			return reasons[i].why;
	return NULL;
}

const char *dmaring_error(void)
{
	const char *why;
	char text[128];

	if (!last.err)
		return "";
	why = last.detail ? last.detail : reason_for(last.step, last.err);
	if (!why && strerror_r(last.err, text, sizeof(text)) == 0)
		why = text;
	snprintf(sentence, sizeof(sentence), "%s: %s: %s", last.device,
		 attempt_of(last.step), why ? why : "unknown error");
	return sentence;
}
