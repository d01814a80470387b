// SPDX-License-Identifier: MIT
/*
 * From the card's interrupt until an application knows that has the card by VFIO: its
 * MSI signals an eventfd.  Reading the card's registers, to see what it was, and
 * acknowledging it come later; they are counted in one figure only.
 * Needs the card bound to vfio-pci, behind an IOMMU.
 *
 * usage: latency_vfio [ns|busy]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include "latency.h"

static int device, event;

static int vfio_group(void)
{
	char link[256], path[300], target[256];
	ssize_t length;
	int group;

	snprintf(link, sizeof(link), "%s/iommu_group", latency_device());
	length = readlink(link, target, sizeof(target) - 1);
	REQUIRE(length > 0);
	target[length] = '\0';
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(target, '/') + 1);
	group = open(path, O_RDWR | O_CLOEXEC);
	REQUIRE(group >= 0);
	return group;
}

static int vfio_device(void)
{
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC), group = vfio_group(), fd;

	REQUIRE_EQ(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), 0);
	REQUIRE_EQ(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU), 0);
	fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, strrchr(latency_device(), '/') + 1);
	REQUIRE(fd >= 0);
	return fd;
}

/* MSI is a write to memory: the card must be allowed to. */
static void set_master(void)
{
	struct vfio_region_info config = {
		.argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint16_t command;

	REQUIRE_EQ(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config), 0);
	REQUIRE_EQ(pread(device, &command, 2, config.offset + PCI_COMMAND), 2);
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	REQUIRE_EQ(pwrite(device, &command, 2, config.offset + PCI_COMMAND), 2);
}

/* What an interrupt signals; -1: there is none any more. */
static void signal_by_interrupt(int eventfd)
{
	static union {
		struct vfio_irq_set set;
		char room[sizeof(struct vfio_irq_set) + sizeof(int)];
	} irq;

	irq.set.argsz = sizeof(irq);
	irq.set.flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	irq.set.index = VFIO_PCI_MSI_IRQ_INDEX;
	irq.set.count = 1;
	if (eventfd < 0) {
		irq.set.flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
		irq.set.count = 0;
	}
	memcpy(irq.set.data, &eventfd, sizeof(eventfd));
	REQUIRE_EQ(ioctl(device, VFIO_DEVICE_SET_IRQS, &irq) < 0 ? -errno : 0, 0);
}

static void prepare(void)
{
	device = vfio_device();
	event = eventfd(0, EFD_CLOEXEC);
	set_master();
	signal_by_interrupt(event);
	latency_map();
}

static void wait_in_read(void)
{
	uint64_t count;

	REQUIRE_EQ(read(event, &count, sizeof(count)), sizeof(count));
}

static void wait_in_poll(void)
{
	struct pollfd entry = { .fd = event, .events = POLLIN };

	REQUIRE_EQ(poll(&entry, 1, -1), 1);
	wait_in_read();
}

TEST(poll_of_the_eventfd)
{
	static const struct latency_way way = { wait_in_poll, latency_acknowledge, 0 };

	latency_measure("VFIO poll", &way);
}

static void wait_and_acknowledge(void)
{
	wait_in_poll();
	latency_acknowledge();
}

TEST(poll_of_the_eventfd_and_the_card)
{
	static const struct latency_way way = { wait_and_acknowledge, NULL, 0 };

	latency_measure("VFIO poll and acknowledge", &way);
}

TEST(read_of_the_eventfd)
{
	static const struct latency_way way = { wait_in_read, latency_acknowledge, 0 };

	latency_measure("VFIO read", &way);
}

static void spin_on_the_eventfd(void)
{
	uint64_t count;

	while (read(event, &count, sizeof(count)) < 0)
		;
}

TEST(spinning_on_the_eventfd)
{
	static const struct latency_way way = { spin_on_the_eventfd, latency_acknowledge, 1 };

	REQUIRE(!fcntl(event, F_SETFL, O_NONBLOCK));
	latency_measure("VFIO spinning on the eventfd", &way);
}

static void spin_on_the_card(void)
{
	while (!edu_read(latency_card, EDU_IRQ_STATUS))
		;
}

TEST(spinning_on_the_card)
{
	static const struct latency_way way = { spin_on_the_card, latency_acknowledge, 1 };

	signal_by_interrupt(-1);
	latency_measure("VFIO spinning on the card", &way);
}

int main(int argc, char **argv)
{
	latency_options(argc, argv);
	return tap_run(prepare, NULL);
}
