/* SPDX-License-Identifier: MIT */
/*
 * What an application sees of a card that is gone: ENODEV from every call,
 * EPOLLHUP, SIGBUS from every mapping, and never a byte of anybody else's.
 */
#ifndef GONE_H
#define GONE_H

#include <setjmp.h>
#include "pages.h"
#include "stream.h"

static __thread sigjmp_buf gone_jump;
static __thread volatile int gone_armed;

static inline void gone_sigbus(int number)
{
	if (number == SIGBUS && gone_armed)
		siglongjmp(gone_jump, 1);
	_exit(1);
}

static inline void gone_catch_sigbus(void)
{
	struct sigaction action = { .sa_handler = gone_sigbus, .sa_flags = SA_NODEFER };

	REQUIRE(!sigaction(SIGBUS, &action, NULL));
}

/* Returns the byte at an address, or -EFAULT if touching it raised SIGBUS. */
static inline int gone_touch(const volatile uint8_t *address)
{
	int byte;

	if (sigsetjmp(gone_jump, 1)) {
		gone_armed = 0;
		return -EFAULT;
	}
	gone_armed = 1;
	byte = *address;
	gone_armed = 0;
	return byte;
}

/* Every call on an open file whose card is gone. */
static inline void gone_check_calls(int fd)
{
	struct dmaring_info info = info_argument();
	struct dmaring_stats stats = stats_argument();
	struct dmaring_buffer buffer = buffer_argument(0);
	struct dmaring_eventfd eventfd = eventfd_argument(-1);
	struct dmaring_ring ring = ring_argument();
	struct dmaring_export export = export_argument(0, O_RDWR);
	struct dmaring_region region = region_argument(0);
	struct dmaring_import import = { .size = sizeof(import), .fd = -1, .length = 1 };
	struct dmaring_control_value value = { 0 };
	struct dmaring_controls controls = {
		.size = sizeof(controls), .values = (uintptr_t)&value, .count = 1,
	};
	struct dmaring_frame frame;

	memset(&frame, POISON, sizeof(frame));
	CHECK_EQ(call(fd, DMARING_IOC_CONTROLS, &controls), -ENODEV);
	controls.flags = DMARING_CONTROLS_SET;
	CHECK_EQ(call(fd, DMARING_IOC_CONTROLS, &controls), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_INFO, &info), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_STATS, &stats), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_STATS_OF, &stats), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_BUFFER, &buffer), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_RING, &ring), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_EVENTFD, &eventfd), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_EXPORT, &export), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_REGION, &region), -ENODEV);
	CHECK_EQ(stream_read_region(fd, 0, 0, &frame, 4), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_START, NULL), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_STOP, NULL), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_DETACH, NULL), -ENODEV);
	CHECK_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_IMPORT, &import), -ENODEV);
	CHECK_EQ(stream_take(fd, &frame, 1, 0), -ENODEV);
	CHECK_EQ(stream_take(fd, &frame, 1, FOREVER), -ENODEV);
	CHECK_EQ(stream_give(fd, &frame), -ENODEV);
	CHECK_EQ(call(fd, DMARING_IOC_KICK, NULL), -ENODEV);
	CHECK_EQ(read(fd, &frame, sizeof(frame)), -1);
	CHECK_EQ(errno, ENODEV);
	CHECK(mmap(NULL, page_bytes(), PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENODEV);
	CHECK(stream_poll(fd, -1) & POLLHUP);
	CHECK_EQ(info.driver[0], (char)POISON);		/* nothing was written */
}

/* Pages that are mapped stay the process's. */
static inline int gone_is_cut(const struct stream *stream, const volatile uint8_t *address)
{
	int touched = gone_touch(address);

	return stream->info.memory == DMARING_MEMORY_PAGES ? touched >= 0 : touched == -EFAULT;
}

static inline void gone_check_mappings(const struct stream *stream)
{
	for (uint32_t i = 0; i < stream->info.buffers; i++)
		for (uint64_t at = 0; at < stream->info.buffer_stride; at += page_bytes())
			CHECK(gone_is_cut(stream, stream->map[i] + at));
}

/* -------------------------------------------------------------- unplugged */

/* The QEMU monitor's. */
static inline int gone_monitor(const char *command)
{
	char line[256];

	snprintf(line, sizeof(line), "host '%s' >/dev/null", command);
	return system(line);
}

/* The class device goes first, then the mappings are cut, then the card goes. */
static inline void gone_unplug(const char *id)
{
	char address[CARD_PATH_MAX], path[2 * CARD_PATH_MAX], command[64];

	REQUIRE_EQ(card_address(address), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	snprintf(command, sizeof(command), "device_del %s", id);
	REQUIRE_EQ(gone_monitor(command), 0);
	while (!access(path, F_OK))
		usleep(100000);
	CHECK_EQ(card_count(), 0);
}

/* ---------------------------------------------------- unbind, bind again */

#define GONE_REMEMBERED	"/tmp/card-address"	/* where the card was before it went */

static char gone_address[CARD_PATH_MAX];

static inline void gone_prepare(void)
{
	FILE *remembered = fopen(GONE_REMEMBERED, "w");

	stream_prepare();
	REQUIRE_EQ(card_address(gone_address), 0);
	REQUIRE(remembered);
	fputs(gone_address, remembered);
	fclose(remembered);
	gone_catch_sigbus();
}

static inline void gone_unbind(void)
{
	REQUIRE_EQ(card_unbind(gone_address), 0);
	CHECK_EQ(card_count(), 0);
}

/*
 * To be run after each test: the card comes back and works.  If its old node was
 * still open when it came back, it has another number until now.
 */
static inline void gone_bind_again(void)
{
	REQUIRE_EQ(file_read(GONE_REMEMBERED, gone_address, sizeof(gone_address)), 0);
	if (card_count() && strcmp(card_name(), "dmaring0"))
		gone_unbind();
	if (!card_count())
		REQUIRE_EQ(card_bind(gone_address), 0);
	CHECK(!strcmp(card_name(), "dmaring0"));
	stream_is_healthy();
}

#endif /* GONE_H */
