/* SPDX-License-Identifier: MIT */
/*
 * A stream without a kernel: defines the system calls the library uses, so that
 * they can be watched and made to fail.  Include it first.
 *
 * The one stream is /dev/dmaring7.  Its frames are fake.frames, handed out in
 * order; when they are used up, DEQUEUE fails with fake.when_empty.  After
 * fake_offer_ring() it has a shared ring, too, which fake_publish() fills.  What the
 * kernel would refuse it refuses with EINVAL.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#define _FILE_OFFSET_BITS 64

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/dmaring.h>

#define FAKE_DEVICE	"/dev/dmaring7"
#define FAKE_FD		1000
#define FAKE_RING_FD	1001
#define FAKE_RING_SLOTS	4
#define FAKE_BUFFERS	4
#define FAKE_STRIDE	0x400000000ULL	/* offsets need more than 32 bits */
#define FAKE_LOG_MAX	256
#define FAKE_FRAMES_MAX	16

/* Steps are ioctl commands, or one of these. */
enum fake_step {
	FAKE_STAT	= 1,
	FAKE_OPEN	= 2,
	FAKE_MMAP	= 3,
	FAKE_MUNMAP	= 4,
	FAKE_CLOSE	= 5,
	FAKE_RING_MMAP	= 6,
	FAKE_RING_MUNMAP = 7,
	FAKE_RING_CLOSE	= 8,
};

#define FAKE_PAGE	4096

/* The last release's cookie ends a page, and its turn begins the next one. */
struct fake_ring {
	struct dmaring_ring_header header;
	struct dmaring_frame frames[FAKE_RING_SLOTS];
	char gap[FAKE_PAGE - offsetof(struct dmaring_ring_release, turn) -
		 (FAKE_RING_SLOTS - 1) * sizeof(struct dmaring_ring_release) -
		 sizeof(struct dmaring_ring_header) -
		 FAKE_RING_SLOTS * sizeof(struct dmaring_frame)];
	struct dmaring_ring_release releases[FAKE_RING_SLOTS];
};

static struct {
	mode_t mode;
	int open_flags;
	struct dmaring_info info;
	struct dmaring_stats stats;
	struct dmaring_stats of[2];		/* of consumers; those with a policy are there */
	unsigned int interrupt_at;		/* STATS calls; SIGINT at this one */
	unsigned int raise_twice_at;		/* and at this one two SIGINT */
	struct dmaring_attach attach;		/* as it was asked for */
	void *buffers[FAKE_BUFFERS];
	unsigned int mapped;			/* mappings of them */
	uint64_t mapping_max;			/* bytes; 0: as many as one likes */
	bool gone;				/* mappings raise SIGBUS */

	struct dmaring_frame frames[FAKE_FRAMES_MAX];
	unsigned int frame_count;
	unsigned int delivered;
	void (*on_deliver)(const struct dmaring_frame *frame);
	int when_empty;
	int raise_when_empty;			/* a signal, or 0 */
	int64_t timeout_ns;			/* of the last DEQUEUE */
	uint64_t released[FAKE_FRAMES_MAX];
	unsigned int release_count;

	struct dmaring_eventfd eventfd;		/* as it was asked for */

	struct fake_ring *ring;			/* while it is mapped */
	uint32_t ring_frame_bytes;

	unsigned int log[FAKE_LOG_MAX];		/* steps, in order */
	unsigned int steps;
	unsigned int fail_step;			/* 0: none */
	unsigned int fail_skip;			/* so many of them pass */
	int fail_errno;
} fake;

static void fake_reset(void)
{
	memset(&fake, 0, sizeof(fake));
	fake.mode = S_IFCHR | 0660;
	fake.when_empty = ETIMEDOUT;
	fake.info = (struct dmaring_info){
		.size = sizeof(fake.info),
		.caps = DMARING_CAP_TEST_PATTERN,
		.buffers = FAKE_BUFFERS,
		.buffer_size = 4096,
		.buffer_stride = FAKE_STRIDE,
		.max_segments = 1,
		.consumers_max = 1,
		.format = {
			.width = 16,
			.height = 8,
			.pixelformat = DMARING_PIXELFORMAT_GREY,
			.bytes_per_line = 16,
			.frame_bytes = 128,
		},
		.pool_limit = DMARING_LIMIT_DMA_MASK,
		.pool_asked_size = 4096,
		.pool_alloc_ns = 1500,
		.driver = "fake",
		.card = "fake card",
		.bus_info = "nowhere",
		.viewer_buffers = 2,
		.viewer_reserved = 1,
	};
}

static inline void fake_offer_ring(void)
{
	fake.info.features = DMARING_FEATURE_RING;
	fake.ring_frame_bytes = sizeof(struct dmaring_frame);
}

static inline void fake_fail(unsigned int step, unsigned int skip, int error)
{
	fake.fail_step = step;
	fake.fail_skip = skip;
	fake.fail_errno = error;
}

static inline unsigned int fake_count(unsigned int step)
{
	unsigned int i, count = 0;

	for (i = 0; i < fake.steps; i++)
		count += fake.log[i] == step;
	return count;
}

/* A frame like that of a test card, complete with its content. */
static inline void fake_push(uint64_t sequence, uint64_t overruns_total)
{
	fake.frames[fake.frame_count] = (struct dmaring_frame){
		.cookie = 0x100 + sequence,
		.sequence = sequence,
		.overruns_total = overruns_total,
		.buffer = fake.frame_count % FAKE_BUFFERS,
		.bytes_used = fake.info.format.frame_bytes,
	};
	fake.frame_count++;
}

/* Return: true if the step shall fail, with errno set. */
static bool fake_enter(unsigned int step)
{
	if (fake.steps < FAKE_LOG_MAX)
		fake.log[fake.steps++] = step;
	if (step != fake.fail_step || fake.fail_skip-- > 0)
		return false;
	fake.fail_step = 0;
	errno = fake.fail_errno;
	return true;
}

int stat(const char *restrict path, struct stat *restrict status)
{
	(void)path;
	memset(status, 0, sizeof(*status));
	status->st_mode = fake.mode;
	return fake_enter(FAKE_STAT) ? -1 : 0;
}

int open(const char *path, int flags, ...)
{
	if (strcmp(path, FAKE_DEVICE))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0666);
	if (fake_enter(FAKE_OPEN))
		return -1;
	fake.open_flags = flags;
	return FAKE_FD;
}

int close(int fd)
{
	if (fd == FAKE_RING_FD)
		return fake_enter(FAKE_RING_CLOSE) ? -1 : 0;
	if (fd != FAKE_FD)
		return syscall(SYS_close, fd);
	return fake_enter(FAKE_CLOSE) ? -1 : 0;
}

/* With nothing in it, and started. */
static void *fake_map_ring(size_t length, int protection, int flags, off_t offset)
{
	if (fake_enter(FAKE_RING_MMAP))
		return MAP_FAILED;
	if (length != sizeof(struct fake_ring) || flags != MAP_SHARED ||
	    protection != (PROT_READ | PROT_WRITE) || offset)
		abort();
	fake.ring = (void *)syscall(SYS_mmap, NULL, length, protection,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0L);
	return fake.ring;
}

/* Of a file, which is empty when the card is to be gone. */
void *mmap(void *address, size_t length, int protection, int flags, int fd,
	   off_t offset)
{
	uint64_t first = offset / FAKE_STRIDE, at;
	char *map;
	int file;

	if (fd == FAKE_RING_FD)
		return fake_map_ring(length, protection, flags, offset);
	if (fd != FAKE_FD)
		return (void *)syscall(SYS_mmap, address, length, protection,
				       flags, fd, offset);
	if (fake_enter(FAKE_MMAP))
		return MAP_FAILED;
	if (flags != MAP_SHARED || protection != PROT_READ ||
	    offset % FAKE_STRIDE)
		abort();
	if (fake.mapping_max && length > fake.mapping_max) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	file = syscall(SYS_memfd_create, "fake", 0);
	if (ftruncate(file, fake.gone ? 0 : length))
		abort();
	map = (void *)syscall(SYS_mmap, NULL, length, PROT_READ | PROT_WRITE,
			      MAP_SHARED, file, 0L);
	syscall(SYS_close, file);
	for (at = 0; at < length; at += FAKE_STRIDE)
		fake.buffers[first + at / FAKE_STRIDE] = map + at;
	fake.mapped++;
	return map;
}

static void fake_forget_buffers(unsigned int first, size_t length)
{
	for (uint64_t at = 0; at < length; at += FAKE_STRIDE)
		fake.buffers[first + at / FAKE_STRIDE] = NULL;
}

int munmap(void *address, size_t length)
{
	unsigned int i;

	for (i = 0; i < FAKE_BUFFERS; i++)
		if (fake.buffers[i] == address) {
			fake_forget_buffers(i, length);
			fake.mapped--;
			fake_enter(FAKE_MUNMAP);
		}
	if (fake.ring && address == fake.ring) {
		fake.ring = NULL;
		fake_enter(FAKE_RING_MUNMAP);
	}
	return syscall(SYS_munmap, address, length);
}

static void fake_describe(struct dmaring_buffer *buffer)
{
	buffer->mmap_offset = buffer->index * FAKE_STRIDE;
	buffer->length = 4096;
	buffer->segments = 1;
	buffer->segment_bytes = 4096;
	buffer->bus_addr = 0x1000;
	buffer->flags = DMARING_BUFFER_BUS_SHOWN;
}

static inline void fake_interrupt(unsigned int calls)
{
	if (fake.interrupt_at && calls == fake.interrupt_at)
		raise(SIGINT);
	if (fake.raise_twice_at && calls == fake.raise_twice_at) {
		raise(SIGINT);
		raise(SIGINT);
	}
}

static inline int fake_stats_of(struct dmaring_stats *stats)
{
	uint32_t consumer = stats->consumer;

	if (consumer >= 2 || !fake.of[consumer].consumer_policy) {
		errno = ENOENT;
		return -1;
	}
	*stats = fake.of[consumer];
	return 0;
}

static int fake_dequeue(struct dmaring_dequeue *dequeue)
{
	struct dmaring_frame *to = (void *)(uintptr_t)dequeue->frames;
	unsigned int count = 0;

	fake.timeout_ns = dequeue->timeout_ns;
	while (fake.delivered < fake.frame_count && count < dequeue->count) {
		to[count] = fake.frames[fake.delivered++];
		if (fake.on_deliver)
			fake.on_deliver(&to[count]);
		fake.stats.consumer_delivered++;
		count++;
	}
	dequeue->count = count;
	if (count)
		return 0;
	/* As if the frame was gone at the last moment. */
	to->cookie = ~0ULL;
	to->buffer = ~0U;
	if (fake.raise_when_empty)
		raise(fake.raise_when_empty);
	errno = fake.when_empty;
	return -1;
}

static void fake_release(const struct dmaring_release *release)
{
	const uint64_t *cookies = (void *)(uintptr_t)release->cookies;

	unsigned int i;

	for (i = 0; i < release->count; i++)
		fake.released[fake.release_count++] = cookies[i];
}

static void fake_describe_ring(struct dmaring_ring *ring)
{
	ring->fd = FAKE_RING_FD;
	ring->map_bytes = sizeof(struct fake_ring);
	ring->frames_offset = offsetof(struct fake_ring, frames);
	ring->frame_bytes = fake.ring_frame_bytes;
	ring->frame_slots = FAKE_RING_SLOTS;
	ring->releases_offset = offsetof(struct fake_ring, releases);
	ring->release_slots = FAKE_RING_SLOTS;
}

/* As the kernel does; the caller sees to it that there is room. */
static inline void fake_publish(uint64_t sequence)
{
	struct dmaring_ring_header *header = &fake.ring->header;
	uint32_t head = header->frames_head;

	fake.ring->frames[head % FAKE_RING_SLOTS] = (struct dmaring_frame){
		.cookie = 0x100 + sequence,
		.sequence = sequence,
		.buffer = sequence % FAKE_BUFFERS,
		.bytes_used = fake.info.format.frame_bytes,
	};
	__atomic_store_n(&header->frames_head, head + 1, __ATOMIC_RELEASE);
}

/* The cookie of the next release, if there is one; else 0. */
static inline uint64_t fake_reap(void)
{
	struct dmaring_ring_header *header = &fake.ring->header;
	uint32_t tail = header->releases_tail;
	struct dmaring_ring_release *release =
		&fake.ring->releases[tail % FAKE_RING_SLOTS];

	if (__atomic_load_n(&release->turn, __ATOMIC_ACQUIRE) != tail + 1)
		return 0;
	__atomic_store_n(&header->releases_tail, tail + 1, __ATOMIC_RELEASE);
	return release->cookie;
}

/* ------------------------------------------------- what the kernel refuses, too */

static bool fake_is_zero(const void *from, size_t bytes)
{
	const char *byte = from;

	while (bytes && !*byte)
		byte++, bytes--;
	return !bytes;
}

#define FAKE_IS_ODD(argument)						\
	((argument)->size != sizeof(*(argument)) ||			\
	 !fake_is_zero(&(argument)->reserved, sizeof((argument)->reserved)))

static bool fake_refuses_attach(const struct dmaring_attach *attach)
{
	bool latest = attach->policy == DMARING_POLICY_LATEST;
	uint32_t stride = attach->frame_stride;

	return FAKE_IS_ODD(attach) || attach->flags || attach->policy > DMARING_POLICY_LATEST ||
	       !attach->policy || !attach->depth == latest || !attach->max_held == latest ||
	       (stride && (stride < DMARING_FRAME_SIZE_VER0 || stride % 8 ||
			   stride > DMARING_FRAME_STRIDE_MAX)) ||
	       attach->watermark > (latest ? attach->depth : FAKE_BUFFERS) ||
	       (!latest && (fake.open_flags & O_ACCMODE) != O_RDWR);
}

static bool fake_refuses_dequeue(const struct dmaring_dequeue *dequeue)
{
	return dequeue->size != sizeof(*dequeue) || dequeue->flags || !dequeue->count ||
	       dequeue->release > DMARING_RELEASE_MAX || !dequeue->frames;
}

static bool fake_refuses_release(const struct dmaring_release *release)
{
	return FAKE_IS_ODD(release) || release->flags || !release->cookies || !release->count ||
	       release->count > DMARING_RELEASE_MAX;
}

static bool fake_refuses(unsigned int command, const void *argument)
{
	const struct dmaring_info *info = argument;
	const struct dmaring_buffer *buffer = argument;
	const struct dmaring_stats *stats = argument;
	const struct dmaring_ring *ring = argument;
	const struct dmaring_eventfd *eventfd = argument;

	switch (command) {
	case DMARING_IOC_INFO:
		return info->size != sizeof(*info) || info->flags;
	case DMARING_IOC_BUFFER:
		return FAKE_IS_ODD(buffer) || buffer->segment || buffer->index >= FAKE_BUFFERS;
	case DMARING_IOC_ATTACH:
		return fake_refuses_attach(argument);
	case DMARING_IOC_DEQUEUE:
		return fake_refuses_dequeue(argument);
	case DMARING_IOC_RELEASE:
		return fake_refuses_release(argument);
	case DMARING_IOC_STATS:
	case DMARING_IOC_STATS_OF:
		return FAKE_IS_ODD(stats) || stats->flags;
	case DMARING_IOC_RING:
		return FAKE_IS_ODD(ring) || ring->flags;
	case DMARING_IOC_EVENTFD:
		return FAKE_IS_ODD(eventfd) || eventfd->flags;
	default:
		return argument;
	}
}

int ioctl(int fd, unsigned long command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	if (fd != FAKE_FD)
		return syscall(SYS_ioctl, fd, command, argument);
	if (fake_enter(command))
		return -1;
	if (fake_refuses(command, argument)) {
		errno = EINVAL;
		return -1;
	}
	switch (command) {
	case DMARING_IOC_INFO:
		memcpy(argument, &fake.info, sizeof(fake.info));
		return 0;
	case DMARING_IOC_STATS:
		fake_interrupt(fake_count(DMARING_IOC_STATS));
		memcpy(argument, &fake.stats, sizeof(fake.stats));
		return 0;
	case DMARING_IOC_STATS_OF:
		return fake_stats_of(argument);
	case DMARING_IOC_BUFFER:
		fake_describe(argument);
		return 0;
	case DMARING_IOC_ATTACH:
		memcpy(&fake.attach, argument, sizeof(fake.attach));
		return 0;
	case DMARING_IOC_DEQUEUE:
		return fake_dequeue(argument);
	case DMARING_IOC_RELEASE:
		fake_release(argument);
		return 0;
	case DMARING_IOC_RING:
		fake_describe_ring(argument);
		return 0;
	case DMARING_IOC_EVENTFD:
		memcpy(&fake.eventfd, argument, sizeof(fake.eventfd));
		return 0;
	default:
		return 0;
	}
}

#endif /* FAKE_KERNEL_H */
