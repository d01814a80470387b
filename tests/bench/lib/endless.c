// SPDX-License-Identifier: MIT
/*
 * A stream of which frames are always there, for programs that are to be measured without a
 * card: preloaded, it answers the system calls of /dev/dmaring7 and passes on all others.
 * It copies nothing; what is left is the library, and what is above it.
 */
#define _FILE_OFFSET_BITS 64

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <libdmaring.h>

#define DEVICE		"/dev/dmaring7"
#define FD		1000
#define BUFFERS		64
#define BUFFER_BYTES	65536

int stat(const char *path, struct stat *status)
{
	if (strcmp(path, DEVICE))
		return (int)syscall(SYS_newfstatat, AT_FDCWD, path, status, 0);
	memset(status, 0, sizeof(*status));
	status->st_mode = S_IFCHR | 0660;
	return 0;
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	int mode;

	if (!strcmp(path, DEVICE))
		return FD;
	va_start(arguments, flags);
	mode = va_arg(arguments, int);
	va_end(arguments);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int close(int fd)
{
	return fd == FD ? 0 : (int)syscall(SYS_close, fd);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	if (fd == FD) {
		flags = MAP_PRIVATE | MAP_ANONYMOUS;
		fd = -1;
		offset = 0;
	}
	return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

static const struct dmaring_info info = {
	.size = sizeof(info),
	.features = DMARING_FEATURE_ZEROES,
	.buffers = BUFFERS,
	.buffer_size = BUFFER_BYTES,
	.buffer_stride = BUFFER_BYTES,
	.max_segments = 1,
	.viewer_buffers = BUFFERS / 2,
	.memory = DMARING_MEMORY_PAGES,
	.format = {
		.width = 256, .height = 128, .bytes_per_line = 512, .frame_bytes = BUFFER_BYTES,
		.pixelformat = DMARING_FOURCC('Y', '1', '6', ' '), .channels = 1,
	},
};

static int dequeue(struct dmaring_dequeue *asked)
{
	struct dmaring_frame *frame = (void *)(uintptr_t)asked->frames;
	static uint64_t sequence;

	*frame = (struct dmaring_frame){
		.cookie = sequence + 1,
		.sequence = sequence,
		.buffer = sequence % BUFFERS,
		.bytes_used = BUFFER_BYTES,
	};
	sequence++;
	asked->count = 1;
	return 0;
}

int ioctl(int fd, unsigned long command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (fd != FD)
		return (int)syscall(SYS_ioctl, fd, command, argument);
	switch (command) {
	case DMARING_IOC_INFO:
		memcpy(argument, &info, sizeof(info));
		return 0;
	case DMARING_IOC_BUFFER:
		((struct dmaring_buffer *)argument)->length = BUFFER_BYTES;
		return 0;
	case DMARING_IOC_STATS:
		((struct dmaring_stats *)argument)->consumer_running = 1;
		return 0;
	case DMARING_IOC_DEQUEUE:
		return dequeue(argument);
	}
	return 0;
}

/* What the library alone takes, seconds of the processor for each frame; -1: it fails. */
double measure_library(long frames);

double measure_library(long frames)
{
	struct timespec begin, end;
	struct dmaring_frame frame;
	struct dmaring *stream;
	long i;

	if (dmaring_open(DEVICE, NULL, &stream))
		return -1;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
	for (i = 0; i < frames; i++)
		if (dmaring_next(stream, &frame, -1) || !dmaring_data(stream, &frame) ||
		    dmaring_release(stream, &frame))
			return -1;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	dmaring_close(stream);
	return ((double)(end.tv_sec - begin.tv_sec) + (end.tv_nsec - begin.tv_nsec) / 1e9) /
	       (double)frames;
}
