// SPDX-License-Identifier: MIT
/*
 * The card is unplugged in the middle of a capture (the QEMU monitor's
 * device_del) and plugged in again.
 */
#include "gone.h"

#define PATIENCE_S	60

/* A card with as many address bits as its driver thinks it has. */
static int plug_in_at(const char *bus)
{
	char bits[16], command[128];

	REQUIRE_EQ(file_read("/sys/module/dmaring_edu/parameters/dma_bits", bits, sizeof(bits)), 0);
	snprintf(command, sizeof(command), "device_add edu,id=edu0,bus=%s,dma_mask=%#llx", bus,
		 (1ULL << atoi(bits)) - 1);
	return gone_monitor(command);
}

/* The port's name is that of scripts/vm/boot on q35; there are none on -machine pc. */
static void plug_in(void)
{
	int i, on_port = 0;

	if (card_count())
		return;
	for (i = 0; i < PATIENCE_S; i++) {
		on_port = !plug_in_at("port0");
		if (on_port || !plug_in_at("pci.0"))
			break;
		sleep(1);	/* QEMU has not let go of the old one yet */
	}
	/* The class knows a device before it has its attributes, and those before the node. */
	for (i = 0; i < PATIENCE_S * 10 && access(card_node(), F_OK); i++)
		usleep(100000);
	REQUIRE_EQ(card_count(), 1);
}

static void plug_in_again(void)
{
	plug_in();
	gone_bind_again();
}

TEST(unplugged_while_nobody_looks)
{
	gone_unplug("edu0");
}

TEST(unplugged_mid_stream)
{
	struct stream stream = capture_start();

	capture_frames(&stream, 3);
	gone_unplug("edu0");
	gone_check_calls(stream.fd);
	gone_check_mappings(&stream);
}

TEST(unplugged_while_a_process_reads)
{
	struct stream stream = capture_start();
	pid_t pid = fork();
	struct dmaring_frame frame;
	int status;

	if (!pid) {
		while (read(stream.fd, &frame, sizeof(frame)) == sizeof(frame))
			if (stream_give(stream.fd, &frame))
				break;
		_exit(errno == ENODEV ? 0 : 1);
	}
	usleep(500000);
	gone_unplug("edu0");
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	gone_check_mappings(&stream);
}

TEST(plugged_in_again_while_the_old_file_is_open)
{
	struct stream old = capture_start(), new;

	capture_frames(&old, 1);
	gone_unplug("edu0");
	plug_in();
	REQUIRE_EQ(card_write("format", "32x32"), 0);
	new = capture_start();
	capture_frames(&new, 3);
	gone_check_calls(old.fd);
	gone_check_mappings(&old);
}

int main(void)
{
	return tap_run(gone_prepare, plug_in_again);
}
