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

	capture_frames(&stream, 100);
	gone_catch_sigbus();
	gone_unplug("fgsim0");
	gone_check_calls(stream.fd);
	gone_check_mappings(&stream);
}

int main(void)
{
	return tap_run(fgsim_prepare, NULL);
}
