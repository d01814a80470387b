// SPDX-License-Identifier: MIT
/*
 * The simulated grabber is unplugged in the middle of a capture.  It cannot be
 * plugged in again: its process knows one machine, which it has told everything.
 */
#include "fgsim.h"
#include "gone.h"

TEST(unplugged_mid_stream)
{
	struct stream stream = capture_start();
	char address[CARD_PATH_MAX], path[2 * CARD_PATH_MAX];

	REQUIRE_EQ(card_address(address), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s", address);
	capture_frames(&stream, 100);
	gone_catch_sigbus();
	REQUIRE_EQ(system("host device_del fgsim0 >/dev/null"), 0);
	/* Mappings are cut after the stream is gone and before the card is. */
	while (!access(path, F_OK))
		usleep(100000);
	CHECK_EQ(card_count(), 0);
	gone_check_calls(stream.fd);
	gone_check_mappings(&stream);
}

int main(void)
{
	return tap_run(fgsim_prepare, NULL);
}
