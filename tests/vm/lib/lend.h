/* SPDX-License-Identifier: MIT */
/* An application that lends memory of its own, and what the kernel has pinned of it. */
#ifndef LEND_H
#define LEND_H

#include <sys/utsname.h>
#include "pages.h"
#include "stream.h"

#define LEND_GUARD	64	/* bytes on both sides that are nobody's to write */
#define LEND_GUARD_BYTE	0x5a

static inline struct dmaring_import import_argument(const void *memory, uint64_t length)
{
	struct dmaring_import argument;

	EMPTY_ARGUMENT(argument);
	argument.fd = -1;
	argument.addr = (uintptr_t)memory;
	argument.length = length;
	argument.offset = 0;
	return argument;
}

static inline int import(int fd, const void *memory, uint64_t length)
{
	struct dmaring_import argument = import_argument(memory, length);

	return call(fd, DMARING_IOC_IMPORT, &argument);
}

/* A lossless consumer with nothing mapped, not running.  Ends the test on failure. */
static inline struct stream lender_attach(void)
{
	struct stream stream = { .fd = stream_open(O_RDWR) };

	stream.info = stream_info(stream.fd);
	REQUIRE(stream.info.caps & DMARING_CAP_IMPORT);
	REQUIRE_EQ(stream_attach(stream.fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	return stream;
}

/* As the buffer of that index.  Ends the test on failure. */
static inline void lend(struct stream *stream, uint32_t index, const void *memory,
			uint64_t length)
{
	struct dmaring_import argument = import_argument(memory, length);

	REQUIRE_EQ(call(stream->fd, DMARING_IOC_IMPORT, &argument), 0);
	REQUIRE_EQ(argument.index, index);
	CHECK(argument.segments >= 1);
	stream->map[index] = memory;
}

#define LEND_REACH	(1ULL << 28)	/* of the edu card as QEMU makes it */
#define LEND_CHUNK	(4UL << 20)
#define LEND_CHUNKS	256

/* A page that was touched.  Ends the test on failure. */
static inline int lend_is_in_reach(const void *page)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry;

	REQUIRE(pagemap >= 0);
	REQUIRE_EQ(pread(pagemap, &entry, sizeof(entry),
			 (uintptr_t)page / page_bytes() * sizeof(entry)), sizeof(entry));
	close(pagemap);
	REQUIRE(entry >> 63);
	return (entry & ((1ULL << 55) - 1)) < LEND_REACH / page_bytes();
}

/* A page that every card reaches: memory is given out from the top, and a machine may have
 * more than its card has addresses for.  Not so on arm64, where memory begins above LEND_REACH.
 */
static inline void *lend_page(void)
{
	char *chunks[LEND_CHUNKS];
	int count = 0, low = 0, has_low_memory;
	struct utsname name;

	REQUIRE(!uname(&name));
	has_low_memory = strcmp(name.machine, "aarch64");
	while (!low && count < LEND_CHUNKS) {
		chunks[count] = pages_map(LEND_CHUNK, PROT_READ | PROT_WRITE);
		/* A kernel without huge pages, as the real-time ones are, does not know it. */
		REQUIRE(!madvise(chunks[count], LEND_CHUNK, MADV_NOHUGEPAGE) || errno == EINVAL);
		memset(chunks[count], 1, LEND_CHUNK);
		low = !has_low_memory || lend_is_in_reach(chunks[count]);
		count++;
	}
	REQUIRE(low);
	for (int i = 0; i < count - 1; i++)
		REQUIRE(!munmap(chunks[i], LEND_CHUNK));
	return chunks[count - 1];
}

/*
 * What was lent stays with the card; the page at that address is another one from now on.
 * To lend one twice is no mistake, but DMA API debugging calls it one.
 */
static inline void lend_forget(void *page)
{
	REQUIRE(!madvise(page, page_bytes(), MADV_DONTNEED));
}

/* Memory of malloc(3) that begins at an odd address, within a page, with guards. */
static inline uint8_t *lend_odd_memory(uint32_t bytes)
{
	uint8_t *all = malloc(page_bytes() + 2 * LEND_GUARD + bytes + 64);
	uintptr_t begin = (uintptr_t)all + LEND_GUARD;

	REQUIRE(all);
	/* So that a card that gathers nothing can have it, too. */
	if (begin / page_bytes() != (begin + bytes + 32) / page_bytes() &&
	    bytes + 128 < page_bytes())
		begin = (begin + page_bytes()) / page_bytes() * page_bytes() + LEND_GUARD;
	begin |= 1;
	memset((uint8_t *)begin - LEND_GUARD, LEND_GUARD_BYTE, bytes + 2 * LEND_GUARD);
	return (uint8_t *)begin;
}

static inline int lend_guards_are_whole(const uint8_t *memory, uint32_t bytes)
{
	for (int i = 1; i <= LEND_GUARD; i++)
		if (memory[-i] != LEND_GUARD_BYTE || memory[bytes + i - 1] != LEND_GUARD_BYTE)
			return 0;
	return 1;
}

/*
 * Pages that are pinned in the whole machine.  Each processor counts for itself, until
 * root says that they are to be summed up: as anybody else we do not know.
 */
static inline long long lend_pinned(void)
{
	if (geteuid())
		return 0;
	REQUIRE_EQ(file_write("/proc/sys/vm/stat_refresh", "1"), 0);
	return file_number("/proc/vmstat", "nr_foll_pin_acquired") -
	       file_number("/proc/vmstat", "nr_foll_pin_released");
}

/* KiB that this process has pinned. */
static inline long long lend_vmpin(void)
{
	return file_number("/proc/self/status", "VmPin:");
}

/* Nothing is pinned any more, by anybody. */
static inline void lend_check_unpinned(void)
{
	CHECK_EQ(lend_pinned(), 0);
	CHECK_EQ(lend_vmpin(), 0);
}

#endif /* LEND_H */
