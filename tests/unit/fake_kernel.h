/* SPDX-License-Identifier: MIT */
/*
 * A stream without a kernel: defines the system calls the library uses, so that
 * they can be watched and made to fail.  Include it first.
 *
 * The one stream is /dev/dmaring7.  Its frames are fake.frames, handed out in
 * order; when they are used up, DEQUEUE waits as the kernel does, or fails with
 * fake.when_empty.  After fake_offer_ring() it has a shared ring, too.  A test fills
 * it with fake_publish() and empties it with fake_reap(), or leaves it to the card,
 * fake_complete(), which has only so many buffers and asks for kicks.  What the
 * kernel would refuse it refuses with EINVAL.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#define _FILE_OFFSET_BITS 64

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/dmaring.h>

#define FAKE_DEVICE	"/dev/dmaring7"
#define FAKE_FD		1000
#define FAKE_RING_FD	1001
#define FAKE_RING_SLOTS	4
#define FAKE_BUFFERS	4
#define FAKE_KICK_BELOW	1
#define FAKE_STRIDE	0x400000000ULL	/* offsets need more than 32 bits */
#define FAKE_REGION_OFFSET (FAKE_BUFFERS * FAKE_STRIDE)
#define FAKE_REGION_BYTES 8192		/* of "memory", whose bytes are fake.memory */
#define FAKE_META_OFFSET (FAKE_REGION_OFFSET + FAKE_STRIDE)
#define FAKE_META_STRIDE 64
#define FAKE_REGISTERS_BYTES 20		/* of "registers", the same but not mapped */
#define FAKE_CONTROLS	5		/* one of each type */
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
	char *meta;				/* blocks of metadata, while they are mapped */
	unsigned int mapped;			/* mappings of buffers */
	uint64_t mapping_max;			/* bytes; 0: as many as one likes */
	bool gone;				/* mappings raise SIGBUS */
	bool gone_meta;				/* so do those of metadata alone */

	struct dmaring_frame frames[FAKE_FRAMES_MAX];
	unsigned int frame_count;
	unsigned int delivered;
	void (*on_deliver)(const struct dmaring_frame *frame);
	int when_empty;				/* an errno; 0: wait */
	int raise_when_empty;			/* a signal, or 0 */
	int64_t timeout_ns;			/* of the last DEQUEUE */
	uint64_t released[FAKE_FRAMES_MAX];
	unsigned int release_count;

	struct dmaring_eventfd eventfd;		/* as it was asked for */
	struct dmaring_export export;		/* the same */
	uint8_t memory[FAKE_REGION_BYTES];
	struct dmaring_control_value controls[FAKE_CONTROLS];
	uint32_t refused_control;		/* by the card: its index + 1 */

	struct fake_ring *ring;			/* while it is mapped */
	uint32_t ring_frame_bytes;
	bool card_runs;				/* it has made a frame */
	uint64_t held[FAKE_BUFFERS];		/* cookies; 0: armed  (fake_lock) */
	uint32_t events;			/* that end a wait; its futex */
	pid_t sleeper;				/* thread that waited last */
	unsigned int sleeps;			/* odd: it is asleep */
	unsigned int others;			/* threads of fake_thread() */
	bool joined;				/* fake_join() waits for one */

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
		.regions = 2,
		.stream = 1,
		.controls = FAKE_CONTROLS,
		.control_seq = 3,
	};
	for (uint32_t i = 0; i < FAKE_CONTROLS; i++)
		fake.controls[i].index = i;
	fake.controls[0].value = 20;
}

static inline void fake_offer_ring(void)
{
	fake.info.features = DMARING_FEATURE_RING;
	fake.ring_frame_bytes = sizeof(struct dmaring_frame);
}

/* See fake_meta. */
static inline void fake_offer_meta(uint32_t fields)
{
	fake.info.caps |= DMARING_CAP_META;
	fake.info.features |= DMARING_FEATURE_META;
	fake.info.meta_fields = fields;
	fake.info.meta_bytes = FAKE_META_STRIDE;
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

/* ------------------------------------------------------------------- what waits */

static inline void fake_wake(void)
{
	__atomic_add_fetch(&fake.events, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &fake.events, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}

/* Sleep until an event after the @seen ones.  A signal ends it as one ends a sleep in
 * driver/core/exchange.c: with SA_RESTART it goes on, but only if it is endless.
 */
static bool fake_sleep(uint32_t seen, const struct timespec *deadline)
{
	bool alone = !__atomic_load_n(&fake.others, __ATOMIC_SEQ_CST);
	long err;

	/* Nobody is there to end it. */
	if (!deadline && alone) {
		errno = EDEADLK;
		return false;
	}
	__atomic_store_n(&fake.sleeper, syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&fake.sleeps, 1, __ATOMIC_SEQ_CST);
	err = syscall(SYS_futex, &fake.events, FUTEX_WAIT_BITSET_PRIVATE, seen, deadline, NULL,
		      FUTEX_BITSET_MATCH_ANY);
	__atomic_add_fetch(&fake.sleeps, 1, __ATOMIC_SEQ_CST);
	return !err || errno == EAGAIN;
}

static struct timespec fake_deadline(int64_t timeout_ns)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += timeout_ns / 1000000000;
	time.tv_nsec += timeout_ns % 1000000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_nsec -= 1000000000;
		time.tv_sec++;
	}
	return time;
}

/* For other threads: is the one that calls the library asleep in the kernel, and in the
 * same sleep before and after we look?
 */
static inline bool fake_is_asleep(void)
{
	unsigned int sleeps = __atomic_load_n(&fake.sleeps, __ATOMIC_SEQ_CST);
	pid_t thread = __atomic_load_n(&fake.sleeper, __ATOMIC_SEQ_CST);
	char path[64], line[256] = "", *state;
	int file;

	if (sleeps % 2 == 0)
		return false;
	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
	file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
	if (file < 0 || read(file, line, sizeof(line) - 1) <= 0)
		abort();
	close(file);
	state = strrchr(line, ')');
	return state && state[2] == 'S' &&
	       sleeps == __atomic_load_n(&fake.sleeps, __ATOMIC_SEQ_CST);
}

/* False if it did not sleep, and is in fake_join(). */
static inline bool fake_await_sleeper(void)
{
	while (!fake_is_asleep()) {
		if (__atomic_load_n(&fake.joined, __ATOMIC_SEQ_CST))
			return false;
		sched_yield();
	}
	return true;
}

static inline void *fake_thread_main(void *run)
{
	((void (*)(void))run)();
	__atomic_sub_fetch(&fake.others, 1, __ATOMIC_SEQ_CST);
	/* Who waits for it waits for nothing. */
	fake_wake();
	return NULL;
}

/* A thread that ends what others wait for. */
static inline pthread_t fake_thread(void (*run)(void))
{
	pthread_t thread;

	__atomic_add_fetch(&fake.others, 1, __ATOMIC_SEQ_CST);
	if (pthread_create(&thread, NULL, fake_thread_main, (void *)run))
		abort();
	return thread;
}

static inline void fake_join(pthread_t thread)
{
	__atomic_store_n(&fake.joined, true, __ATOMIC_SEQ_CST);
	pthread_join(thread, NULL);
	__atomic_store_n(&fake.joined, false, __ATOMIC_SEQ_CST);
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
	__atomic_add_fetch(&fake.frame_count, 1, __ATOMIC_RELEASE);
	fake_wake();
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
	bool gone;
	int file;

	if (fd == FAKE_RING_FD)
		return fake_map_ring(length, protection, flags, offset);
	if (fd != FAKE_FD)
		return (void *)syscall(SYS_mmap, address, length, protection,
				       flags, fd, offset);
	if (fake_enter(FAKE_MMAP))
		return MAP_FAILED;
	/* In capture only "dmaring check" has a mapping to write. */
	if (flags != (MAP_SHARED | (address ? MAP_FIXED : 0)) || offset % FAKE_STRIDE ||
	    (protection != (PROT_READ | PROT_WRITE) &&
	     (protection != PROT_READ || fake.info.direction == DMARING_PLAYBACK)))
		abort();
	if (fake.mapping_max && length > fake.mapping_max) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	if (offset == FAKE_REGION_OFFSET)
		return (void *)syscall(SYS_mmap, NULL, length, PROT_READ,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0L);
	gone = fake.gone || (fake.gone_meta && offset == FAKE_META_OFFSET);
	file = syscall(SYS_memfd_create, "fake", 0);
	if (ftruncate(file, gone ? 0 : length))
		abort();
	map = (void *)syscall(SYS_mmap, address, length, PROT_READ | PROT_WRITE, flags, file,
			      0L);
	syscall(SYS_close, file);
	if (offset == FAKE_META_OFFSET) {
		fake.meta = map;
		return map;
	}
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

static void fake_describe_region(struct dmaring_region *region)
{
	const char *name = region->index ? "memory" : "registers";

	strcpy(region->name, name);
	region->length = region->index ? FAKE_REGION_BYTES : FAKE_REGISTERS_BYTES;
	region->width = region->index ? 1 : 4;
	region->flags = DMARING_REGION_READ;
	if (region->index) {
		region->flags |= DMARING_REGION_MAP | DMARING_REGION_CACHED;
		region->mmap_offset = FAKE_REGION_OFFSET;
	}
}

/* One of each type, and of one that a later kernel may have; with a hostile unit. */
static const struct dmaring_meta fake_meta[] = {
	{ .name = "FrameCounter", .type = DMARING_META_U64, .offset = 0 },
	{ .name = "EncoderValue", .type = DMARING_META_S32, .offset = 8 },
	{ .name = "ExposureTime", .type = DMARING_META_U32, .offset = 12, .unit = "ns" },
	{ .name = "Drift", .type = DMARING_META_S64, .offset = 16, .unit = "ns" },
	{ .name = "Temperature", .type = DMARING_META_F32, .offset = 24, .unit = "\u00b0C" },
	{ .name = "Later", .type = DMARING_META_F64 + 1, .offset = 28 },
	{ .name = "Position", .type = DMARING_META_F64, .offset = 32, .unit = "\"mm\", abs" },
};

#define FAKE_META_FIELDS (sizeof(fake_meta) / sizeof(fake_meta[0]))

static void fake_describe_meta(struct dmaring_meta *field)
{
	uint32_t index = field->index;

	*field = fake_meta[index];
	field->size = sizeof(*field);
	field->index = index;
	field->stride = FAKE_META_STRIDE;
	field->mmap_offset = FAKE_META_OFFSET;
	field->length = FAKE_PAGE;
}

static bool fake_refuses_read(const struct dmaring_read_region *read)
{
	uint64_t bytes = read->index ? FAKE_REGION_BYTES : FAKE_REGISTERS_BYTES;

	return read->size != sizeof(*read) || read->flags || read->reserved0 ||
	       read->reserved || read->index >= 2 || read->offset > bytes ||
	       read->length > bytes - read->offset;
}

static void fake_read_region(const struct dmaring_read_region *read)
{
	memcpy((void *)(uintptr_t)read->data, fake.memory + read->offset, read->length);
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

/* ------------------------------------------------------- the ring and its card */

/* The caller sees to it that there is room. */
static inline void fake_put(uint64_t sequence, uint32_t buffer)
{
	struct dmaring_ring_header *header = &fake.ring->header;
	uint32_t head = header->frames_head;

	fake.ring->frames[head % FAKE_RING_SLOTS] = (struct dmaring_frame){
		.cookie = 0x100 + sequence,
		.sequence = sequence,
		.buffer = buffer,
		.bytes_used = fake.info.format.frame_bytes,
	};
	__atomic_store_n(&header->frames_head, head + 1, __ATOMIC_RELEASE);
}

/* As the kernel does, whatever buffers there are. */
static inline void fake_publish(uint64_t sequence)
{
	fake_put(sequence, sequence % FAKE_BUFFERS);
	fake_wake();
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

static pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;

static inline bool fake_has_few(void)
{
	unsigned int armed = 0;

	for (int i = 0; i < FAKE_BUFFERS; i++)
		armed += !fake.held[i];
	return armed <= FAKE_KICK_BELOW;
}

/* Buffers that came back; the card has them at once. */
static inline unsigned int fake_reap_all(void)
{
	unsigned int count = 0;
	uint64_t cookie;

	for (; (cookie = fake_reap()); count++)
		for (int i = 0; i < FAKE_BUFFERS; i++)
			if (fake.held[i] == cookie)
				fake.held[i] = 0;
	return count;
}

/* As dmaring_refill() does: set or clear NEED_KICK and then look once more. */
static inline void fake_refill(void)
{
	uint32_t *flags = &fake.ring->header.flags;
	bool few;

	do {
		few = fake_has_few();
		if (few)
			__atomic_or_fetch(flags, DMARING_RING_NEED_KICK, __ATOMIC_SEQ_CST);
		else
			__atomic_and_fetch(flags, ~DMARING_RING_NEED_KICK, __ATOMIC_SEQ_CST);
		/* d: we see the release, or the library sees NEED_KICK. */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
	} while (few && fake_reap_all());
}

/* What system calls do on their way; where the card has no frame yet, the test reaps. */
static void fake_reap_and_refill(void)
{
	if (!fake.ring || !fake.card_runs)
		return;
	pthread_mutex_lock(&fake_lock);
	if (fake_reap_all())
		fake_wake();
	fake_refill();
	pthread_mutex_unlock(&fake_lock);
}

/* The card has made a frame; false if it had no buffer for it, and so does not even look
 * whether some came back.
 */
static inline bool fake_complete(uint64_t sequence)
{
	uint32_t buffer = 0;

	pthread_mutex_lock(&fake_lock);
	fake.card_runs = true;
	while (buffer < FAKE_BUFFERS && fake.held[buffer])
		buffer++;
	if (buffer < FAKE_BUFFERS) {
		fake_reap_all();
		fake.held[buffer] = 0x100 + sequence;
		fake_put(sequence, buffer);
		fake_refill();
	}
	pthread_mutex_unlock(&fake_lock);
	if (buffer < FAKE_BUFFERS)
		fake_wake();
	return buffer < FAKE_BUFFERS;
}

/* Ask the thread that releases: has it left a release in the ring though the card waits? */
static inline bool fake_is_owed_a_kick(void)
{
	struct dmaring_ring_header *header = &fake.ring->header;
	bool owed;

	pthread_mutex_lock(&fake_lock);
	owed = (header->flags & DMARING_RING_NEED_KICK) &&
	       header->releases_head != header->releases_tail;
	pthread_mutex_unlock(&fake_lock);
	return owed;
}

/* As the library takes one; the frame is whole, or somebody else has it. */
static bool fake_take_from_ring(struct dmaring_frame *to)
{
	struct dmaring_ring_header *header = &fake.ring->header;
	uint32_t tail = __atomic_load_n(&header->frames_tail, __ATOMIC_ACQUIRE);

	while (__atomic_load_n(&header->frames_head, __ATOMIC_ACQUIRE) != tail) {
		*to = fake.ring->frames[tail % FAKE_RING_SLOTS];
		if (__atomic_compare_exchange_n(&header->frames_tail, &tail, tail + 1, false,
						__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
			return true;
	}
	return false;
}

static bool fake_take_one(struct dmaring_frame *to)
{
	if (fake.delivered == __atomic_load_n(&fake.frame_count, __ATOMIC_ACQUIRE))
		return fake.ring && fake_take_from_ring(to);
	*to = fake.frames[fake.delivered++];
	return true;
}

static unsigned int fake_waiting(void)
{
	unsigned int count = __atomic_load_n(&fake.frame_count, __ATOMIC_ACQUIRE) -
			     fake.delivered;

	if (fake.ring)
		count += __atomic_load_n(&fake.ring->header.frames_head, __ATOMIC_ACQUIRE) -
			 __atomic_load_n(&fake.ring->header.frames_tail, __ATOMIC_ACQUIRE);
	return count;
}

static unsigned int fake_enough(void)
{
	return fake.attach.watermark ? fake.attach.watermark : 1;
}

/* Until the watermark is reached or the time is over, which is no failure here. */
static bool fake_wait(int64_t timeout_ns)
{
	struct timespec deadline = fake_deadline(timeout_ns < 0 ? 0 : timeout_ns);
	uint32_t seen;

	for (;;) {
		seen = __atomic_load_n(&fake.events, __ATOMIC_SEQ_CST);
		fake_reap_and_refill();
		if (fake_waiting() >= fake_enough() || !timeout_ns)
			return true;
		/* A frame that came with a signal counts more. */
		if (!fake_sleep(seen, timeout_ns < 0 ? NULL : &deadline))
			return errno == ETIMEDOUT || fake_waiting() >= fake_enough();
	}
}

/* What it says when its time is over and no frame came. */
static int fake_nothing(int64_t timeout_ns)
{
	if (fake.raise_when_empty)
		raise(fake.raise_when_empty);
	if (fake.when_empty)
		return fake.when_empty;
	return timeout_ns ? ETIMEDOUT : EAGAIN;
}

static int fake_dequeue(struct dmaring_dequeue *dequeue)
{
	struct dmaring_frame *to = (void *)(uintptr_t)dequeue->frames;
	unsigned int count = 0;

	fake.timeout_ns = dequeue->timeout_ns;
	if (!fake.when_empty && !fake_wait(dequeue->timeout_ns))
		return -1;
	while (count < dequeue->count && fake_take_one(&to[count])) {
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
	errno = fake_nothing(dequeue->timeout_ns);
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

/* ------------------------------------------------------------------- controls */

static const struct dmaring_control_info fake_controls[FAKE_CONTROLS] = {
	{ .type = DMARING_CONTROL_INTEGER, .minimum = -10, .maximum = 100, .step = 5,
	  .default_value = 20, .name = "ExposureTime", .unit = "\u00b5s" },
	{ .type = DMARING_CONTROL_BOOLEAN, .flags = DMARING_CONTROL_WHEN_STOPPED, .maximum = 1,
	  .step = 1, .name = "ReverseX" },
	{ .type = DMARING_CONTROL_MENU, .items = 3, .maximum = 2, .step = 1,
	  .name = "TestPattern" },
	{ .type = DMARING_CONTROL_BUTTON, .step = 1, .name = "TriggerSoftware" },
	{ .type = DMARING_CONTROL_STRING, .maximum = 8, .step = 1, .name = "DeviceUserID" },
};

/* There is no item 1. */
static const char *const fake_items[] = { "Off", "", "Ramp" };

static bool fake_refuses_control_info(const struct dmaring_control_info *info)
{
	return FAKE_IS_ODD(info) || info->index >= fake.info.controls ||
	       (info->item && info->item >= fake_controls[info->index].items);
}

static bool fake_refuses_controls(const struct dmaring_controls *controls)
{
	const struct dmaring_control_value *values = (void *)(uintptr_t)controls->values;

	for (uint32_t i = 0; i < controls->count; i++)
		if (values[i].index >= fake.info.controls || values[i].reserved)
			return true;
	return FAKE_IS_ODD(controls) || controls->reserved0 || !controls->count ||
	       controls->count > DMARING_CONTROLS_MAX;
}

static void fake_describe_control(struct dmaring_control_info *info)
{
	uint32_t index = info->index, item = info->item;

	*info = fake_controls[index];
	info->size = sizeof(*info);
	info->index = index;
	info->item = item;
	if (info->items)
		snprintf(info->text, sizeof(info->text), "%s", fake_items[item]);
}

/* It checks no ranges: who asks for a value that cannot be has a fault of its own. */
static int fake_exchange_controls(struct dmaring_controls *controls)
{
	struct dmaring_control_value *values = (void *)(uintptr_t)controls->values;
	bool set = controls->flags & DMARING_CONTROLS_SET;

	if (set && (fake.open_flags & O_ACCMODE) == O_RDONLY) {
		errno = EACCES;
		return -1;
	}
	for (uint32_t i = 0; i < controls->count; i++) {
		if (values[i].index + 1 == fake.refused_control) {
			controls->bad = i;
			errno = set ? EBUSY : EIO;
			return -1;
		}
	}
	for (uint32_t i = 0; i < controls->count; i++) {
		if (set)
			fake.controls[values[i].index] = values[i];
		else
			values[i] = fake.controls[values[i].index];
		values[i].index = fake.controls[values[i].index].index;
	}
	fake.info.control_seq += set;
	controls->control_seq = fake.info.control_seq;
	controls->bad = controls->count;
	return 0;
}

static bool fake_refuses(unsigned int command, const void *argument)
{
	const struct dmaring_info *info = argument;
	const struct dmaring_buffer *buffer = argument;
	const struct dmaring_stats *stats = argument;
	const struct dmaring_ring *ring = argument;
	const struct dmaring_eventfd *eventfd = argument;
	const struct dmaring_export *export = argument;
	const struct dmaring_region *region = argument;
	const struct dmaring_meta *meta = argument;

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
		return stats->size != sizeof(*stats) || stats->flags;
	case DMARING_IOC_RING:
		return FAKE_IS_ODD(ring) || ring->flags;
	case DMARING_IOC_EVENTFD:
		return FAKE_IS_ODD(eventfd) || eventfd->flags;
	case DMARING_IOC_EXPORT:
		return FAKE_IS_ODD(export) || export->fd;
	case DMARING_IOC_REGION:
		return FAKE_IS_ODD(region) || region->index >= 2;
	case DMARING_IOC_META:
		return FAKE_IS_ODD(meta) || meta->index >= fake.info.meta_fields;
	case DMARING_IOC_READ_REGION:
		return fake_refuses_read(argument);
	case DMARING_IOC_CONTROL_INFO:
		return fake_refuses_control_info(argument);
	case DMARING_IOC_CONTROLS:
		return fake_refuses_controls(argument);
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
	case DMARING_IOC_KICK:
		fake_reap_and_refill();
		return 0;
	case DMARING_IOC_EVENTFD:
		memcpy(&fake.eventfd, argument, sizeof(fake.eventfd));
		return 0;
	case DMARING_IOC_EXPORT:
		memcpy(&fake.export, argument, sizeof(fake.export));
		((struct dmaring_export *)argument)->fd = 44;
		return 0;
	case DMARING_IOC_REGION:
		fake_describe_region(argument);
		return 0;
	case DMARING_IOC_META:
		fake_describe_meta(argument);
		return 0;
	case DMARING_IOC_READ_REGION:
		fake_read_region(argument);
		return 0;
	case DMARING_IOC_CONTROL_INFO:
		fake_describe_control(argument);
		return 0;
	case DMARING_IOC_CONTROLS:
		return fake_exchange_controls(argument);
	default:
		return 0;
	}
}

/* Its own name, because compilers believe that poll(2) reads nothing of @entries. */
int fake_poll(struct pollfd *entries, nfds_t count, int timeout_ms) __asm__("poll");

/* Of our stream, if it is the only one; a signal ends it, SA_RESTART or not. */
int fake_poll(struct pollfd *entries, nfds_t count, int timeout_ms)
{
	const struct timespec time = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };
	const int64_t for_ever = INT64_MAX / 4;

	if (count != 1 || entries->fd != FAKE_FD)
		return syscall(SYS_ppoll, entries, count, timeout_ms < 0 ? NULL : &time, NULL, 0);
	if (!fake_wait(timeout_ms < 0 ? for_ever : timeout_ms * 1000000LL))
		return -1;
	entries->revents = fake_waiting() < fake_enough() ? 0 :
			   entries->events & (POLLIN | POLLRDNORM);
	return !!entries->revents;
}

#endif /* FAKE_KERNEL_H */
