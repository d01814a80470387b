// SPDX-License-Identifier: MIT
/*
 * The first touch of a buffer maps all of it, for no more than remap_pfn_range() takes:
 * that maps, in mmap() itself, the memory of a PCI card which QEMU has for tests.
 */
#include "price.h"
#include "virt.h"

#define ROUNDS		9
#define TEST_CARD	"0x1b36 0x0005"		/* pci-testdev, its memory BAR is number 2 */
#define PCI_DEVICES	"/sys/bus/pci/devices/"

static uint64_t bytes;

static void prepare(void)
{
	virt_prepare();
	bytes = stream_info(stream_open(O_RDONLY)).buffer_size;
}

/* Maps it, touches it if that is asked for, unmaps it: the price of the first two. */
static double map_once(int fd, int touch)
{
	long long start = now_ns();
	volatile uint8_t *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	double price;

	REQUIRE(map != MAP_FAILED);
	if (touch)
		(void)*map;
	price = price_each(start, 1);
	REQUIRE(!munmap((void *)map, bytes));
	return price;
}

static double map_price(int fd, int touch)
{
	double values[ROUNDS];

	for (int round = 0; round < ROUNDS; round++)
		values[round] = map_once(fd, touch);
	return price_least(values, ROUNDS);
}

static int is_test_card(const char *address)
{
	char path[CARD_PATH_MAX], vendor[16], device[16], both[40];

	snprintf(path, sizeof(path), PCI_DEVICES "%s/vendor", address);
	REQUIRE_EQ(file_read(path, vendor, sizeof(vendor)), 0);
	snprintf(path, sizeof(path), PCI_DEVICES "%s/device", address);
	REQUIRE_EQ(file_read(path, device, sizeof(device)), 0);
	snprintf(both, sizeof(both), "%s %s", vendor, device);
	return !strcmp(both, TEST_CARD);
}

static int open_test_card(void)
{
	DIR *devices = opendir(PCI_DEVICES);
	char path[CARD_PATH_MAX];
	struct dirent *entry;
	int fd = -1;

	REQUIRE(devices);
	while (fd < 0 && (entry = readdir(devices))) {
		if (entry->d_name[0] == '.' || !is_test_card(entry->d_name))
			continue;
		snprintf(path, sizeof(path), PCI_DEVICES "%s/resource2", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	closedir(devices);
	REQUIRE(fd >= 0);
	return fd;
}

TEST(it_costs_what_remap_pfn_range_would)
{
	int fd = stream_open(O_RDWR);
	double mapped, touched, remapped;
	char what[64];

	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LOSSLESS, 0, 0), 0);
	mapped = map_price(fd, 0);
	touched = map_price(fd, 1);
	remapped = map_price(open_test_card(), 0);
	snprintf(what, sizeof(what), "first touch of a buffer of %llu MiB",
		 (unsigned long long)bytes >> 20);
	price_print(touched - mapped, what);
	price_print(mapped, "mmap of it before");
	price_print(remapped, "mmap of as much by remap_pfn_range()");
	CHECK(touched <= remapped);
}

int main(int argc, char **argv)
{
	price_options(argc, argv);
	return tap_run(prepare, virt_is_healthy);
}
