// SPDX-License-Identifier: MIT
/*
 * From the card's interrupt until an application knows that waits in read(2) of
 * uio_pci_generic, which masks the interrupt line.  Acknowledging the card and
 * unmasking come later and are not counted.
 *
 * usage: latency_uio [ns|busy]
 */
#define _GNU_SOURCE
#include <linux/pci_regs.h>
#include "latency.h"

static int uio, config;

static void prepare(void)
{
	char path[300];

	latency_map();
	uio = open("/dev/uio0", O_RDWR | O_CLOEXEC);
	REQUIRE(uio >= 0);
	snprintf(path, sizeof(path), "%s/config", latency_device());
	config = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE(config >= 0);
}

static void unmask(void)
{
	uint16_t command;

	latency_acknowledge();
	REQUIRE_EQ(pread(config, &command, 2, PCI_COMMAND), 2);
	command &= ~PCI_COMMAND_INTX_DISABLE;
	REQUIRE_EQ(pwrite(config, &command, 2, PCI_COMMAND), 2);
}

static void wait_in_read(void)
{
	uint32_t count;

	REQUIRE_EQ(read(uio, &count, sizeof(count)), sizeof(count));
}

TEST(blocking_read)
{
	static const struct latency_way way = { wait_in_read, unmask, 0 };

	latency_measure("UIO read", &way);
}

int main(int argc, char **argv)
{
	latency_options(argc, argv);
	return tap_run(prepare, NULL);
}
