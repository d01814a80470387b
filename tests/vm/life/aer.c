// SPDX-License-Identifier: MIT
/*
 * The port above the card reports a fatal error: the kernel resets the link, the
 * card forgets its BARs and its MSI, and the capture goes on.
 */
#include <endian.h>
#include <linux/pci_regs.h>
#include "interlude.h"

/* A port reports no error without SERR, which the firmware of a PC sets, and no other. */
static void let_port_report(void)
{
	char path[CARD_PATH_MAX];
	uint16_t command;
	int fd;

	snprintf(path, sizeof(path), CARD_CLASS "/%s/device/../config", card_name());
	fd = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE(fd >= 0);
	REQUIRE_EQ(pread(fd, &command, sizeof(command), PCI_COMMAND), sizeof(command));
	command |= htole16(PCI_COMMAND_SERR);
	REQUIRE_EQ(pwrite(fd, &command, sizeof(command), PCI_COMMAND), sizeof(command));
	close(fd);
}

static void prepare(void)
{
	stream_prepare();
	let_port_report();
}

static void inject_fatal_error(void)
{
	REQUIRE_EQ(system("host pcie_aer_inject_error port0 MALF_TLP >/dev/null"), 0);
}

TEST(a_capture_goes_on)
{
	struct stream stream = capture_start();
	struct dmaring_frame before = capture_take(&stream), held = before;
	uint8_t config[INTERLUDE_CONFIG_BYTES], now[INTERLUDE_CONFIG_BYTES];

	interlude_config(config);
	for (int i = 0; i < 5; i++) {
		usleep(i * 37000);
		inject_fatal_error();
		before = interlude_over(&stream, before);
		capture_frames(&stream, 3);
	}
	capture_verify(&stream, &held);
	interlude_config(now);
	CHECK(!memcmp(now, config, sizeof(config)));
	CHECK_EQ(stream_info(stream.fd).state, DMARING_STATE_RUNNING);
	CHECK_EQ(stream_stats(stream.fd).quarantined, 0);
}

TEST(a_stream_that_is_stopped)
{
	struct stream stream = capture_start();
	struct dmaring_frame before = capture_take(&stream);

	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	inject_fatal_error();
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_START, NULL), 0);
	interlude_over(&stream, before);
	capture_frames(&stream, 3);
}

/* Both put back what was saved of the card, and with that it is used up. */
static void recovers_after(void (*interlude)(void))
{
	struct stream stream = capture_start();
	struct dmaring_frame before = capture_take(&stream);

	interlude();
	before = interlude_over(&stream, before);
	inject_fatal_error();
	interlude_over(&stream, before);
	capture_frames(&stream, 3);
}

TEST(after_a_reset) { recovers_after(interlude_reset); }
TEST(after_sleep) { recovers_after(interlude_sleep); }

int main(void)
{
	return tap_run(prepare, interlude_is_healthy);
}
