// SPDX-License-Identifier: MIT
/*
 * The machine is reset in the middle of a capture, so that nobody tells the card to
 * stop.  The test runs twice: it resets the machine, and then looks at the card.
 */
#include "fgsim.h"

#define MODULE	"dmaring_fgsim buffers=16 buffer_size=64K width=32 height=32 rate=1000"

/* Where the card is; nobody but us has enabled it. */
static void enable_card(char address[CARD_PATH_MAX])
{
	FILE *found = popen("cd /sys/bus/pci/devices; grep -l 0x1110 */device", "r");
	char line[32] = "", path[CARD_PATH_MAX];

	REQUIRE(found);
	REQUIRE(fgets(line, sizeof(line), found));
	pclose(found);
	line[strcspn(line, "/")] = '\0';
	snprintf(address, CARD_PATH_MAX, "%s", line);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", line);
	REQUIRE_EQ(file_write(path, "1"), 0);
}

static void reset_machine(void)
{
	struct stream stream;

	REQUIRE_EQ(system("modprobe " MODULE), 0);
	stream = capture_start();
	capture_frames(&stream, 100);
	/* As a crash would: no driver is asked. */
	REQUIRE_EQ(file_write("/proc/sysrq-trigger", "b"), 0);
	pause();
}

TEST(the_card_forgets_what_it_was_told)
{
	char address[CARD_PATH_MAX];
	struct fgsim_bar *regs;
	struct stream stream;

	enable_card(address);
	regs = fgsim_bar(address, FGSIM_BAR_MEMORY, sizeof(*regs));
	REQUIRE_EQ(reg_get(&regs->card.magic), FGSIM_MAGIC);
	if (!reg_get(&regs->card.resets))
		reset_machine();
	CHECK_EQ(reg_get(&regs->card.state), FGSIM_IDLE);
	CHECK_EQ(reg_get(&regs->driver.control), 0);
	REQUIRE_EQ(system("modprobe " MODULE), 0);
	stream = capture_start();
	capture_frames(&stream, 100);
	CHECK_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	CHECK_EQ(stream_stats(stream.fd).idle, stream.info.buffers);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
