// SPDX-License-Identifier: MIT
/*
 * A driver gone mad: whatever the guest writes into the card's registers, the card
 * writes nowhere that it was not told to, says what is wrong, and works again.
 */
#include "fgsim.h"

#define REMEMBERED	"/tmp/card-address"	/* where it is while it has no stream */

static char address[CARD_PATH_MAX];
static struct fgsim_bar *regs;
static volatile uint32_t *doorbell;
static uint32_t control;

static void ring(void)
{
	doorbell[FGSIM_DOORBELL / 4] = reg_get(&regs->card.peer) << FGSIM_DOORBELL_SHIFT;
}

/* Returns when the card has obeyed. */
static void command(uint32_t run)
{
	control = ((control | FGSIM_CONTROL_RUN) + 1) | run;
	reg_set(&regs->driver.control, control);
	ring();
	while (reg_get(&regs->card.control_ack) != control)
		usleep(1000);
}

static void post(uint32_t at, uint64_t addr, uint32_t bytes, uint32_t flags)
{
	struct fgsim_post *entry = &regs->post[at % FGSIM_POST_ENTRIES];

	entry->cookie = htole64(at);
	entry->addr = htole64(addr);
	entry->bytes = htole32(bytes);
	entry->flags = htole32(flags);
}

static uint64_t out_of_reach(void)
{
	return le64toh(regs->card.ram_bytes);
}

/* Good registers, but for what a test changes before it starts the card. */
static void configure(void)
{
	reg_set(&regs->driver.frame_bytes, 4096);
	reg_set(&regs->driver.line_bytes, 64);
	reg_set(&regs->driver.source, FGSIM_SOURCE_FREE);
	regs->driver.period_ns = 0;
	regs->driver.sequence = 0;
	reg_set(&regs->driver.lease_ms, 0);
	reg_set(&regs->driver.pattern, FGSIM_PATTERN_COPY);
	reg_set(&regs->driver.post_head, 0);
	reg_set(&regs->driver.cq_tail, 0);
}

/* There is no driver during a test, so that the card writes nobody's memory. */
static void take_card(void)
{
	FILE *remembered = fopen(REMEMBERED, "w");
	char path[2 * CARD_PATH_MAX];

	REQUIRE_EQ(card_address(address), 0);
	REQUIRE(remembered);
	fputs(address, remembered);
	fclose(remembered);
	REQUIRE_EQ(card_unbind(address), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", address);
	REQUIRE_EQ(file_write(path, "1"), 0);
	regs = fgsim_bar(address, FGSIM_BAR_MEMORY, sizeof(*regs));
	doorbell = fgsim_bar(address, FGSIM_BAR_DOORBELL, 4096);
	control = reg_get(&regs->driver.control);
	for (int i = 0; i < FGSIM_POST_ENTRIES; i++)
		post(i, out_of_reach(), 4096, 0);
	configure();
}

static void give_card_back(void)
{
	char path[2 * CARD_PATH_MAX];

	REQUIRE_EQ(file_read(REMEMBERED, address, sizeof(address)), 0);
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/enable", address);
	REQUIRE_EQ(file_write(path, "0"), 0);
	REQUIRE_EQ(card_bind(address), 0);
	fgsim_is_healthy();
}

static void halts_with(enum fgsim_error error)
{
	ring();
	while (reg_get(&regs->card.state) == FGSIM_RUNNING)
		usleep(1000);
	CHECK_EQ(reg_get(&regs->card.state), FGSIM_HALTED);
	CHECK_EQ(reg_get(&regs->card.error), error);
	command(0);
	CHECK_EQ(reg_get(&regs->card.state), FGSIM_IDLE);
}

TEST(addresses_out_of_its_reach)
{
	const uint64_t end = out_of_reach();
	const struct { uint64_t addr; uint32_t bytes; } bad[] = {
		{ end, 1 }, { end - 1, 2 }, { end - 8, 0xffffffff }, { 1ULL << 32, 4096 },
		{ ~0ULL, 1 }, { ~0ULL - 4095, 4096 }, { 1ULL << 63, 0x80000000 },
	};
	const uint32_t count = sizeof(bad) / sizeof(*bad);

	for (uint32_t i = 0; i < count; i++)
		post(i, bad[i].addr, bad[i].bytes, 0);
	command(FGSIM_CONTROL_RUN);
	reg_set(&regs->driver.post_head, count);
	ring();
	while (reg_get(&regs->card.cq_head) != count)
		usleep(1000);
	for (uint32_t i = 0; i < count; i++) {
		CHECK_EQ(le64toh(regs->cq[i].cookie), i);
		CHECK_EQ(le32toh(regs->cq[i].status), FGSIM_STATUS_ADDRESS);
		CHECK_EQ(le32toh(regs->cq[i].bytes), 0);
	}
	command(0);
}

TEST(a_buffer_without_its_last_segment)
{
	command(FGSIM_CONTROL_RUN);
	post(0, out_of_reach(), 4096, FGSIM_POST_MORE);
	reg_set(&regs->driver.post_head, 1);
	halts_with(FGSIM_ERROR_CHAIN);
}

TEST(a_buffer_with_too_many_segments)
{
	command(FGSIM_CONTROL_RUN);
	for (int i = 0; i <= FGSIM_SEGMENTS_MAX; i++)
		post(i, out_of_reach(), 4096, FGSIM_POST_MORE);
	reg_set(&regs->driver.post_head, FGSIM_SEGMENTS_MAX + 1);
	halts_with(FGSIM_ERROR_CHAIN);
}

TEST(more_buffers_than_the_ring_has)
{
	command(FGSIM_CONTROL_RUN);
	reg_set(&regs->driver.post_head, FGSIM_POST_ENTRIES + 1);
	halts_with(FGSIM_ERROR_POST);
}

TEST(more_completions_read_than_there_are)
{
	command(FGSIM_CONTROL_RUN);
	reg_set(&regs->driver.cq_tail, 1);
	reg_set(&regs->driver.post_head, 1);
	halts_with(FGSIM_ERROR_TAIL);
}

TEST(registers_out_of_range)
{
	__le32 *const fields[] = { &regs->driver.frame_bytes, &regs->driver.frame_bytes,
				   &regs->driver.source };
	const uint32_t values[] = { 0, FGSIM_FRAME_BYTES_MAX + 1, 2 };

	for (int i = 0; i < 3; i++) {
		configure();
		reg_set(fields[i], values[i]);
		command(FGSIM_CONTROL_RUN);
		halts_with(FGSIM_ERROR_CONFIG);
	}
	configure();
	regs->driver.period_ns = htole64(~0ULL);
	command(FGSIM_CONTROL_RUN);
	halts_with(FGSIM_ERROR_CONFIG);
}

TEST(a_driver_without_a_sign_of_life)
{
	reg_set(&regs->driver.lease_ms, 3000);
	command(FGSIM_CONTROL_RUN);
	for (int i = 0; i < 100; i++) {
		reg_set(&regs->driver.heartbeat, i + 1);
		usleep(50000);
	}
	CHECK_EQ(reg_get(&regs->card.state), FGSIM_RUNNING);
	halts_with(FGSIM_ERROR_LEASE);
}

/* Only addresses are not random: within reach there is the kernel. */
static void scribble(void)
{
	__le32 *page = (__le32 *)&regs->driver;
	uint32_t at = rand() % FGSIM_POST_ENTRIES;

	reg_set(&page[rand() % 52], rand() % 2 ? (uint32_t)rand() : (uint32_t)rand() % 2048);
	post(at, out_of_reach() + ((uint64_t)rand() << 20), rand(), rand());
	if (rand() % 4 == 0)
		ring();
}

TEST(noise_in_all_registers)
{
	srand(1);
	for (int round = 0; round < 300; round++) {
		configure();
		command(FGSIM_CONTROL_RUN);
		for (int i = 0; i < 200; i++)
			scribble();
		control = reg_get(&regs->driver.control);
		command(0);
		CHECK_EQ(reg_get(&regs->card.state), FGSIM_IDLE);
	}
	configure();
}

int main(void)
{
	return tap_run(take_card, give_card_back);
}
