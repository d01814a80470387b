// SPDX-License-Identifier: MIT
/*
 * Calls made of good arguments with a few words replaced at random, from two
 * threads at once.  Nothing is expected of the results; the kernel must live,
 * the counters must add up, and the next consumer must find a good stream.
 *
 * usage: fuzz [SEED [CALLS]]
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include "control.h"
#include "lend.h"
#include "either.h"

static uint64_t seed = 1;
static int calls = 20000;

#define FILLED	3

struct fuzzer {
	struct stream stream;
	uint64_t random;
	int eventfd;
	void *lent;	/* a page, and nothing behind it */
	struct dmaring_control_value values[4];
	struct dmaring_frame frames[4 + MAPS_MAX];	/* room for all that can wait */
	struct dmaring_filled filled[FILLED];
};

static uint64_t next_random(struct fuzzer *fuzzer)
{
	fuzzer->random += 0x9e3779b97f4a7c15ULL;
	return dmaring_pattern_mix(fuzzer->random);
}

static uint32_t below(struct fuzzer *fuzzer, uint32_t bound)
{
	return next_random(fuzzer) % bound;
}

/* Numbers that anything might take for a time or for an address of ours. */
static void tame(struct fuzzer *fuzzer, struct dmaring_dequeue *dequeue, uint64_t frames)
{
	if (dequeue->timeout_ns < 0 || dequeue->timeout_ns > 500 * MS)
		dequeue->timeout_ns = 0;	/* nobody might ever end that wait */
	if (dequeue->frames != frames)
		dequeue->frames = (uintptr_t)pages_bad_pointer(below(fuzzer, 5));
}

/* The card must not write what we need, but for what is meant for it. */
static void tame_import(struct fuzzer *fuzzer, struct dmaring_import *import)
{
	if (import->addr != (uintptr_t)fuzzer->lent)
		import->addr = (uintptr_t)pages_bad_pointer(below(fuzzer, 5));
}

/* A word that is likely to be at the edge of something. */
static uint32_t odd_word(struct fuzzer *fuzzer)
{
	static const uint32_t words[] = {
		0, 1, 2, 7, 8, 63, 64, 65, 72, 128, 256, 4095, 4096, 4097, 0x7fffffff,
		0x80000000, 0xffffffff, 0xcccccccc, 0xfffff000,
	};

	if (below(fuzzer, 4) == 0)
		return next_random(fuzzer);
	return words[below(fuzzer, sizeof(words) / sizeof(*words))];
}

union any_argument {
	uint32_t words[1024];
	struct dmaring_info info;
	struct dmaring_buffer buffer;
	struct dmaring_attach attach;
	struct dmaring_dequeue dequeue;
	struct dmaring_release release;
	struct dmaring_stats stats;
	struct dmaring_ring ring;
	struct dmaring_eventfd eventfd;
	struct dmaring_export export;
	struct dmaring_region region;
	struct dmaring_read_region read_region;
	struct dmaring_import import;
	struct dmaring_submit submit;
	struct dmaring_control_info control_info;
	struct dmaring_controls controls;
};

/* For what is read of the card, of which no region here has more. */
static char region_room[8192];

/* A frame that may be one to send, with a length that is likely to be at an edge. */
static void fill_one(struct fuzzer *fuzzer, struct dmaring_filled *filled)
{
	uint32_t most = fuzzer->stream.info.buffer_size;

	filled->cookie = fuzzer->frames[below(fuzzer, 4)].cookie;
	filled->bytes = below(fuzzer, 8) ? 1 + below(fuzzer, most) : below(fuzzer, 2) * (most + 1);
	filled->reserved = below(fuzzer, 30) ? 0 : odd_word(fuzzer);
}

static unsigned long good_call(struct fuzzer *fuzzer, union any_argument *argument, size_t *bytes)
{
	struct dmaring_frame *frame = &fuzzer->frames[below(fuzzer, 4)];

	memset(argument, 0, sizeof(*argument));
	switch (below(fuzzer, 24)) {
	case 0:
		argument->info = info_argument();
		*bytes = sizeof(argument->info);
		return DMARING_IOC_INFO;
	case 1:
		argument->buffer = buffer_argument(below(fuzzer, fuzzer->stream.info.buffers));
		*bytes = sizeof(argument->buffer);
		return DMARING_IOC_BUFFER;
	case 2:
		argument->attach = below(fuzzer, 2) ?
			attach_argument(DMARING_POLICY_LOSSLESS, 0, 0) :
			attach_argument(DMARING_POLICY_LATEST, 1 + below(fuzzer, 3), 1);
		*bytes = sizeof(argument->attach);
		return DMARING_IOC_ATTACH;
	case 3:
		return DMARING_IOC_DETACH;
	case 4:
		return DMARING_IOC_STOP;
	case 5:
	case 6:
		return DMARING_IOC_START;
	case 7:
		argument->stats = stats_argument();
		*bytes = sizeof(argument->stats);
		return DMARING_IOC_STATS;
	case 8:
	case 9:
		argument->release = release_argument(&frame->cookie, 1);
		*bytes = sizeof(argument->release);
		return DMARING_IOC_RELEASE;
	case 10:
		argument->ring = ring_argument();
		*bytes = sizeof(argument->ring);
		return DMARING_IOC_RING;
	case 11:
		argument->eventfd = eventfd_argument(fuzzer->eventfd);
		*bytes = sizeof(argument->eventfd);
		return DMARING_IOC_EVENTFD;
	case 12:
		return DMARING_IOC_KICK;
	case 13:
		argument->export = export_argument(below(fuzzer, fuzzer->stream.info.buffers),
						   below(fuzzer, 2) ? O_RDWR : O_RDONLY);
		*bytes = sizeof(argument->export);
		return DMARING_IOC_EXPORT;
	case 14:
		argument->region = region_argument(below(fuzzer, 2));
		*bytes = sizeof(argument->region);
		return DMARING_IOC_REGION;
	case 15:
		argument->read_region = read_region_argument(below(fuzzer, 2), below(fuzzer, 130),
							     region_room, below(fuzzer, 130));
		*bytes = sizeof(argument->read_region);
		return DMARING_IOC_READ_REGION;
	case 16:
		argument->import = import_argument(fuzzer->lent, page_bytes());
		*bytes = sizeof(argument->import);
		return DMARING_IOC_IMPORT;
	case 17:
	case 18:
		for (int i = 0; i < FILLED; i++)
			fill_one(fuzzer, &fuzzer->filled[i]);
		EMPTY_ARGUMENT(argument->submit);
		argument->submit.frames = (uintptr_t)fuzzer->filled;
		argument->submit.count = 1 + below(fuzzer, FILLED);
		*bytes = sizeof(argument->submit);
		return DMARING_IOC_SUBMIT;
	case 19:
		argument->control_info = control_info_argument(below(fuzzer, 2), below(fuzzer, 4));
		*bytes = sizeof(argument->control_info);
		return DMARING_IOC_CONTROL_INFO;
	case 20:
		for (int i = 0; i < 4; i++)
			fuzzer->values[i] = (struct dmaring_control_value){
				.index = below(fuzzer, 2),
				.value = below(fuzzer, 4),
			};
		argument->controls = controls_argument(below(fuzzer, 2), fuzzer->values,
						       1 + below(fuzzer, 3));
		*bytes = sizeof(argument->controls);
		return DMARING_IOC_CONTROLS;
	default:
		argument->dequeue = dequeue_argument(frame, 1, below(fuzzer, 300) * MS);
		argument->dequeue.release = below(fuzzer, 3);
		*bytes = sizeof(argument->dequeue);
		return DMARING_IOC_DEQUEUE;
	}
}

static void one_call(struct fuzzer *fuzzer)
{
	union any_argument argument;
	size_t bytes = 8;
	unsigned long command = good_call(fuzzer, &argument, &bytes);
	void *address = &argument;
	uint64_t frames = argument.dequeue.frames;
	int error;

	for (uint32_t changes = below(fuzzer, 3); changes; changes--)
		argument.words[below(fuzzer, bytes / 4)] = odd_word(fuzzer);
	if (command == DMARING_IOC_DEQUEUE)
		tame(fuzzer, &argument.dequeue, frames);
	if (command == DMARING_IOC_READ_REGION &&
	    argument.read_region.data != (uintptr_t)region_room)
		argument.read_region.data = (uintptr_t)pages_bad_pointer(below(fuzzer, 5));
	if (command == DMARING_IOC_IMPORT)
		tame_import(fuzzer, &argument.import);
	/* More than we have room for would be written elsewhere. */
	if (command == DMARING_IOC_CONTROLS &&
	    (argument.controls.values != (uintptr_t)fuzzer->values || argument.controls.count > 4))
		argument.controls.values = (uintptr_t)pages_bad_pointer(below(fuzzer, 5));
	if (below(fuzzer, 50) == 0)
		address = pages_bad_pointer(below(fuzzer, PAGES_BAD_POINTERS - 1));
	if (below(fuzzer, 50) == 0)
		command ^= 1UL << below(fuzzer, 32);
	error = call(fuzzer->stream.fd, command, address);
	/* Perhaps it is lent, and only the answer had no place. */
	if (command == DMARING_IOC_IMPORT)
		lend_forget(fuzzer->lent);
	if (error)
		return;
	if (command == DMARING_IOC_RING)
		close(argument.ring.fd);
	if (command == DMARING_IOC_EXPORT)
		close(argument.export.fd);
}

static void one_mapping(struct fuzzer *fuzzer)
{
	const struct dmaring_info *info = &fuzzer->stream.info;
	uint64_t pages = info->buffers * info->buffer_stride / page_bytes();
	uint64_t length = (1 + below(fuzzer, 20)) * page_bytes();
	uint64_t offset = below(fuzzer, pages + 8) * page_bytes();
	unsigned char *map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED,
				  fuzzer->stream.fd, offset);

	if (map == MAP_FAILED)
		return;
	/* Pages that somebody still refers to raise SIGBUS. */
	if (info->memory != DMARING_MEMORY_PAGES) {
		map[0] = 1;
		map[length - 1] = 2;
	}
	munmap(map, length);
}

static void *fuzz(void *argument)
{
	struct fuzzer *fuzzer = argument;

	for (int i = 0; i < calls; i++) {
		if (below(fuzzer, 10) == 0)
			one_mapping(fuzzer);
		else
			one_call(fuzzer);
		if (i % 100)
			continue;
		if (fuzzer->stream.info.direction == DMARING_PLAYBACK)
			play_stats(fuzzer->stream.fd);
		else
			stream_stats(fuzzer->stream.fd);
	}
	return NULL;
}

static void fuzz_with(int threads, int flags)
{
	struct fuzzer fuzzers[4];
	pthread_t ids[4];
	int fd = stream_open(flags);

	printf("# seed %llu\n", (unsigned long long)seed);
	for (int i = 0; i < threads; i++) {
		memset(&fuzzers[i], 0, sizeof(fuzzers[i]));
		fuzzers[i].stream.fd = fd;
		fuzzers[i].stream.info = stream_info(fd);
		fuzzers[i].random = seed * 1000 + i;
		fuzzers[i].eventfd = eventfd(0, 0);
		fuzzers[i].lent = pages_before_nothing(page_bytes());
		REQUIRE(!pthread_create(&ids[i], NULL, fuzz, &fuzzers[i]));
	}
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
}

TEST(one_thread) { fuzz_with(1, O_RDWR); }
TEST(two_threads_on_one_file) { fuzz_with(2, O_RDWR); }
TEST(read_only) { fuzz_with(1, O_RDONLY | O_NONBLOCK); }

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		calls = atoi(argv[2]);
	return tap_run(either_prepare, either_is_healthy);
}
