/* SPDX-License-Identifier: MIT */
/*
 * The simulated grabber's registers, seen past its driver; the machine needs
 * iomem=relaxed for that.  Its data sheet is hw/fgsim/regs.h.
 */
#ifndef FGSIM_H
#define FGSIM_H

#include <endian.h>
#include <hw/fgsim/regs.h>
#include "pages.h"
#include "stream.h"

#define FGSIM_RATE	1000	/* frames a second, unless a test wants another rate */

static inline uint32_t reg_get(const __le32 *reg)
{
	return le32toh(__atomic_load_n(reg, __ATOMIC_SEQ_CST));
}

static inline void reg_set(__le32 *reg, uint32_t value)
{
	__atomic_store_n(reg, htole32(value), __ATOMIC_SEQ_CST);
}

/* Where a BAR begins in its first page: a small one need not fill a large page. */
static inline uint64_t fgsim_bar_offset(const char *address, int bar)
{
	char path[2 * CARD_PATH_MAX];
	unsigned long long start = 0;
	FILE *resources;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource", address);
	resources = fopen(path, "re");
	REQUIRE(resources);
	for (int line = 0; line <= bar; line++)
		REQUIRE_EQ(fscanf(resources, "%llx %*x %*x", &start), 1);
	fclose(resources);
	return start % page_bytes();
}

/* A BAR of the card at @address on the bus.  Ends the test on failure. */
static inline void *fgsim_bar(const char *address, int bar, size_t bytes)
{
	uint64_t offset = fgsim_bar_offset(address, bar);
	char path[2 * CARD_PATH_MAX];
	char *map;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource%d", address, bar);
	fd = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0);
	map = mmap(NULL, offset + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		printf("# %s: %s\n", path, strerror(errno));
	REQUIRE(map != MAP_FAILED);
	close(fd);
	return map + offset;
}

/* The registers of the card that has a stream. */
static inline struct fgsim_bar *fgsim_regs(void)
{
	static struct fgsim_bar *regs;
	char address[CARD_PATH_MAX];

	if (!regs) {
		REQUIRE_EQ(card_address(address), 0);
		regs = fgsim_bar(address, FGSIM_BAR_MEMORY, sizeof(*regs));
	}
	return regs;
}

/* What the card tells of a frame that it has read, as the data sheet says. */
static inline uint32_t fgsim_checksum(const uint8_t *at, uint32_t bytes)
{
	uint32_t sum = FGSIM_FNV_BASIS;

	for (uint32_t i = 0; i < bytes; i++)
		sum = (sum ^ at[i]) * FGSIM_FNV_PRIME;
	return sum;
}

/* ---------------------------------------------------------------- faults */

static inline void fault_want(enum fgsim_fault fault, uint32_t count)
{
	__le32 *wanted = &fgsim_regs()->fault.wanted[fault];

	reg_set(wanted, reg_get(wanted) + count);
}

static inline int fault_made(enum fgsim_fault fault)
{
	return reg_get(&fgsim_regs()->fault.wanted[fault]) ==
	       reg_get(&fgsim_regs()->fault.made[fault]);
}

/* How often the driver has counted something. */
static inline long long fgsim_count(const char *counter)
{
	char path[64];

	snprintf(path, sizeof(path), "device/card/%s", counter);
	return card_number(path);
}

/* ---------------------------------------------------------- before and after */

static inline void fgsim_set_rate(uint32_t hertz)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", hertz);
	REQUIRE_EQ(card_write("device/rate", text), 0);
}

static inline void fgsim_prepare(void)
{
	stream_prepare();
	fgsim_set_rate(FGSIM_RATE);
	REQUIRE_EQ(card_write("device/triggered", "0"), 0);
}

/* Whatever it was asked for: the stream is as good as new, and the card honest. */
static inline void fgsim_is_healthy(void)
{
	struct stream stream;
	struct dmaring_stats stats;

	fgsim_prepare();
	for (int i = 0; i < FGSIM_FAULTS; i++)
		CHECK(fault_made(i));
	stream = capture_start();
	capture_frames(&stream, 3);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	stats = stream_stats(stream.fd);
	CHECK_EQ(stats.idle, stream.info.buffers);
}

#endif /* FGSIM_H */
