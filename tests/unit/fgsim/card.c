// SPDX-License-Identifier: MIT
/* The simulated grabber without QEMU: what it makes of its registers, and when. */
#include "card.h"
#include "fill.h"
#include "now.h"

#include <dmaring/pattern.h>
#include "tap.h"

#define BUFFERS		64
#define FRAME_BYTES	64
#define START_NS	(1000 * NS_PER_MS)
#define PERIOD_NS	100000
#define SLACK_NS	(20 * PERIOD_NS)
#define FIRST		5000		/* the number of the first frame */

static struct card card;
static struct link link_to_guest;
static struct ram ram;
static struct fgsim_bar *regs;

static void power_on(void)
{
	static uint8_t memory[BUFFERS * FRAME_BYTES];

	fill_prepare();
	bar_create(&card.bar, 1);
	for (int i = 0; i < FGSIM_VECTORS; i++)
		link_to_guest.vectors[i] = -1;
	ram = (struct ram) { .memory = memory, .bytes = sizeof(memory) };
	card.link = &link_to_guest;
	card.ram = &ram;
	card.source.slack_ns = SLACK_NS;
	card_power_on(&card);
	regs = card.bar.regs;
}

static void start(enum fgsim_source source, uint64_t period_ns)
{
	set32(&regs->driver.frame_bytes, FRAME_BYTES);
	set32(&regs->driver.line_bytes, FRAME_BYTES);
	set32(&regs->driver.source, source);
	set64(&regs->driver.period_ns, period_ns);
	set64(&regs->driver.sequence, FIRST);
	set32(&regs->driver.pattern, FGSIM_PATTERN_STAMP);
	set32(&regs->driver.control, FGSIM_CONTROL_RUN);
	card_work(&card, START_NS);
	REQUIRE_EQ(get32(&regs->card.control_ack), FGSIM_CONTROL_RUN);
	REQUIRE_EQ(get32(&regs->card.state), FGSIM_RUNNING);
}

/* One more buffer, each of its own place. */
static void post(uint32_t count)
{
	uint32_t head = get32(&regs->driver.post_head);

	for (; count--; head++) {
		struct fgsim_post *entry = &regs->post[head % FGSIM_POST_ENTRIES];

		set64(&entry->cookie, head);
		set64(&entry->addr, head % BUFFERS * FRAME_BYTES);
		set32(&entry->bytes, FRAME_BYTES);
		set32(&entry->flags, 0);
	}
	set32(&regs->driver.post_head, head);
}

static uint32_t completed(void)
{
	return get32(&regs->card.cq_head);
}

static uint32_t numbered(void)
{
	return get32(&regs->card.sequence_next) - FIRST;
}

static const struct fgsim_completion *completion(uint32_t at)
{
	return &regs->cq[at % FGSIM_CQ_ENTRIES];
}

/* All that is to be done at that time; it must have an end. */
static void work_at(uint64_t now)
{
	uint32_t before, left = 10 * BUFFERS;

	do {
		before = numbered();
		card_work(&card, now);
	} while (numbered() != before && --left);
	REQUIRE(left);
}

/* --------------------------------------------------------------------- frames */

TEST(a_free_running_card_makes_all_of_its_frames)
{
	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	post(BUFFERS);
	for (uint32_t i = 1; i <= BUFFERS; i++) {
		work_at(START_NS + i * PERIOD_NS);
		CHECK_EQ(completed(), i);
		CHECK_EQ(numbered(), i);
		CHECK_EQ(le64toh(completion(i - 1)->sequence), FIRST + i - 1);
		CHECK_EQ(le64toh(completion(i - 1)->cookie), i - 1);
	}
	CHECK_EQ(get32(&regs->card.slipped), 0);
}

TEST(a_card_that_looks_late_makes_up_for_it)
{
	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	post(BUFFERS);
	work_at(START_NS + 10 * PERIOD_NS);
	CHECK_EQ(completed(), 10);
	work_at(START_NS + 10 * PERIOD_NS + PERIOD_NS / 2);
	CHECK_EQ(completed(), 10);
}

TEST(frames_bear_the_time_when_they_were_due)
{
	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	post(BUFFERS);
	for (uint32_t i = 0; i < BUFFERS; i += 4)
		work_at(START_NS + (i + 4) * PERIOD_NS + i * 100);
	REQUIRE_EQ(completed(), BUFFERS);
	for (uint32_t i = 0; i < BUFFERS; i++)
		CHECK_EQ(le64toh(completion(i)->timestamp_ns), START_NS + (i + 1) * PERIOD_NS);
}

TEST(what_it_is_far_too_late_for_is_numbered_and_lost)
{
	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	post(BUFFERS);
	work_at(START_NS + 1000 * PERIOD_NS);
	CHECK_EQ(numbered(), 1000);
	CHECK_EQ(completed() + get32(&regs->card.slipped), 1000);
	CHECK(completed() > 0);
	CHECK_EQ(le64toh(completion(0)->sequence), FIRST + get32(&regs->card.slipped));
}

TEST(without_a_buffer_a_frame_is_lost)
{
	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	post(2);
	work_at(START_NS + 5 * PERIOD_NS);
	CHECK_EQ(numbered(), 5);
	CHECK_EQ(completed(), 2);
	post(1);
	work_at(START_NS + 6 * PERIOD_NS);
	REQUIRE_EQ(completed(), 3);
	CHECK_EQ(le64toh(completion(2)->sequence), FIRST + 5);
}

TEST(with_no_rate_a_frame_waits_for_its_buffer)
{
	start(FGSIM_SOURCE_FREE, 0);
	for (uint32_t i = 1; i <= 10; i++) {
		work_at(START_NS + i * NS_PER_MS);
		CHECK_EQ(numbered(), 3 * (i - 1));
		post(3);
		work_at(START_NS + i * NS_PER_MS);
		CHECK_EQ(completed(), 3 * i);
		CHECK_EQ(numbered(), 3 * i);
	}
}

TEST(each_trigger_is_a_frame)
{
	start(FGSIM_SOURCE_TRIGGER, 0);
	post(BUFFERS);
	work_at(START_NS + NS_PER_MS);
	CHECK_EQ(numbered(), 0);
	set32(&regs->driver.trigger, 5);
	work_at(START_NS + 2 * NS_PER_MS);
	CHECK_EQ(completed(), 5);
	CHECK_EQ(le64toh(completion(4)->timestamp_ns), START_NS + 2 * NS_PER_MS);
}

TEST(a_frame_is_written_before_it_is_told_of)
{
	uint64_t stamp;

	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	post(BUFFERS);
	work_at(START_NS + 3 * PERIOD_NS);
	for (uint32_t i = 0; i < 3; i++) {
		memcpy(&stamp, ram.memory + i * FRAME_BYTES, sizeof(stamp));
		CHECK_EQ(le64toh(stamp), FIRST + i);
		CHECK_EQ(le32toh(completion(i)->bytes), FRAME_BYTES);
		CHECK_EQ(le32toh(completion(i)->status), FGSIM_STATUS_OK);
	}
}

/* ------------------------------------------------------------------- settings */

/* What the driver does to have them obeyed. */
static void ask(uint64_t now)
{
	uint32_t request = get32(&regs->driver.settings) + 1;

	set32(&regs->driver.settings, request);
	card_work(&card, now);
	CHECK_EQ(get32(&regs->card.settings_ack), request);
}

static void set_light(uint32_t exposure_us, uint32_t gain_percent)
{
	set32(&regs->driver.exposure_us, exposure_us);
	set32(&regs->driver.gain_percent, gain_percent);
}

TEST(settings_are_of_the_next_frame_and_all_at_once)
{
	set_light(500, 200);
	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	post(BUFFERS);
	work_at(START_NS + 2 * PERIOD_NS);
	set_light(700, 300);
	work_at(START_NS + 4 * PERIOD_NS);
	ask(START_NS + 4 * PERIOD_NS);
	work_at(START_NS + 6 * PERIOD_NS);
	REQUIRE_EQ(completed(), 6);
	for (uint32_t i = 0; i < 6; i++) {
		CHECK_EQ(le32toh(completion(i)->exposure_us), i < 4 ? 500 : 700);
		CHECK_EQ(le32toh(completion(i)->gain_percent), i < 4 ? 200 : 300);
	}
}

static uint32_t shown(void)
{
	return le32toh(completion(completed() - 1)->pattern);
}

TEST(more_light_makes_greater_values)
{
	static const struct { uint32_t exposure_us, gain_percent; uint64_t factor; } lights[] = {
		{ 10000, 100, 0x10000 }, { 5000, 100, 0x8000 }, { 0, 100, 0 },
		{ 20000, 150, 0x30000 }, { UINT32_MAX, UINT32_MAX, UINT32_MAX },
		{ 655350000, 100, 0xffff0000 },
	};
	uint64_t was;

	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	set32(&regs->driver.pattern, DMARING_PATTERN_NOISE);
	post(BUFFERS);
	for (uint32_t i = 0; i < sizeof(lights) / sizeof(*lights); i++) {
		set_light(lights[i].exposure_us, lights[i].gain_percent);
		ask(START_NS + i * PERIOD_NS + 1);
		work_at(START_NS + (i + 1) * PERIOD_NS);
		REQUIRE_EQ(completed(), i + 1);
		CHECK_EQ(shown(), i ? DMARING_PATTERN_NONE : DMARING_PATTERN_NOISE);
		for (uint32_t k = 0; k < FRAME_BYTES; k++) {
			was = dmaring_pattern_byte(DMARING_PATTERN_NOISE, FRAME_BYTES, FIRST + i,
						   k) * lights[i].factor >> 16;
			CHECK_EQ(ram.memory[i * FRAME_BYTES + k], was > 255 ? 255 : was);
		}
	}
}

TEST(a_shorter_period_is_not_waited_for)
{
	start(FGSIM_SOURCE_FREE, FGSIM_PERIOD_NS_MAX);
	post(BUFFERS);
	set64(&regs->driver.period_ns, PERIOD_NS);
	ask(START_NS + 7);
	work_at(START_NS + 7 + PERIOD_NS);
	CHECK_EQ(completed(), 1);
	work_at(START_NS + 7 + 3 * PERIOD_NS);
	CHECK_EQ(completed(), 3);
}

TEST(a_period_that_cannot_be_is_not_obeyed)
{
	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	post(BUFFERS);
	set64(&regs->driver.period_ns, 0);
	ask(START_NS);
	set64(&regs->driver.period_ns, FGSIM_PERIOD_NS_MAX + 1);
	ask(START_NS);
	work_at(START_NS + 3 * PERIOD_NS);
	CHECK_EQ(completed(), 3);
}

TEST(without_a_period_there_is_none_to_change)
{
	start(FGSIM_SOURCE_FREE, 0);
	set64(&regs->driver.period_ns, PERIOD_NS);
	ask(START_NS);
	post(5);
	work_at(START_NS);
	CHECK_EQ(completed(), 5);
}

TEST(it_tells_where_it_is_and_how_warm)
{
	start(FGSIM_SOURCE_FREE, 20 * 1000 * NS_PER_MS);
	post(BUFFERS);
	ask(90 * 1000 * NS_PER_MS);
	CHECK_EQ(get32(&regs->card.temperature_mdeg), 38000);
	work_at(91 * 1000 * NS_PER_MS);
	REQUIRE(completed() > 0);
	CHECK_EQ(le64toh(completion(0)->timestamp_ns), 81 * 1000 * NS_PER_MS);
	CHECK_EQ(le32toh(completion(0)->encoder), 810000);
	CHECK_EQ(le32toh(completion(0)->temperature_mdeg), 38900);
}

TEST(a_stopped_card_takes_settings_too)
{
	power_on();
	ask(START_NS);
	CHECK_EQ(completed(), 0);
}

/* ------------------------------------------------------------- stop, and the lease */

TEST(a_stopped_card_makes_no_frame)
{
	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	post(BUFFERS);
	work_at(START_NS + 2 * PERIOD_NS);
	set32(&regs->driver.control, 2);
	CHECK_EQ(card_work(&card, START_NS + 9 * PERIOD_NS), NEVER);
	CHECK_EQ(get32(&regs->card.control_ack), 2);
	CHECK_EQ(get32(&regs->card.state), FGSIM_IDLE);
	CHECK_EQ(completed(), 2);
}

TEST(a_driver_that_gives_no_sign_of_life_is_dead)
{
	set32(&regs->driver.lease_ms, 10);
	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	work_at(START_NS + 10 * NS_PER_MS);
	CHECK_EQ(get32(&regs->card.state), FGSIM_RUNNING);
	set32(&regs->driver.heartbeat, 1);
	work_at(START_NS + 20 * NS_PER_MS);
	CHECK_EQ(get32(&regs->card.state), FGSIM_RUNNING);
	card_work(&card, START_NS + 31 * NS_PER_MS);
	CHECK_EQ(get32(&regs->card.state), FGSIM_HALTED);
	CHECK_EQ(get32(&regs->card.error), FGSIM_ERROR_LEASE);
}

TEST(memory_that_is_not_the_guests_is_not_written)
{
	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	post(1);
	set64(&regs->post[0].addr, BUFFERS * FRAME_BYTES - 1);
	work_at(START_NS + PERIOD_NS);
	CHECK_EQ(le32toh(completion(0)->status), FGSIM_STATUS_ADDRESS);
	CHECK_EQ(le32toh(completion(0)->bytes), 0);
}

/* -------------------------------------------------------------------- playback */

/* One frame more, of a text; its first half is another segment. */
static void post_text(uint32_t at, const char *text)
{
	uint32_t head = get32(&regs->driver.post_head), bytes = strlen(text);

	memcpy(ram.memory + at, text, bytes);
	post(2);
	for (uint32_t i = 0; i < 2; i++) {
		struct fgsim_post *entry = &regs->post[(head + i) % FGSIM_POST_ENTRIES];

		set64(&entry->addr, at + i * (bytes / 2));
		set32(&entry->bytes, i ? bytes - bytes / 2 : bytes / 2);
		set32(&entry->flags, i ? 0 : FGSIM_POST_MORE);
	}
}

/* What draft-eastlake-fnv says of these texts. */
TEST(a_frame_that_is_sent_is_read)
{
	set32(&regs->driver.direction, FGSIM_PLAYBACK);
	start(FGSIM_SOURCE_FREE, 0);
	post_text(100, "a");
	post_text(200, "foobar");
	work_at(START_NS + NS_PER_MS);
	REQUIRE_EQ(completed(), 2);
	for (uint32_t i = 0; i < 2; i++) {
		CHECK_EQ(le32toh(completion(i)->status), FGSIM_STATUS_OK);
		CHECK_EQ(le64toh(completion(i)->sequence), FIRST + i);
	}
	CHECK_EQ(le32toh(completion(0)->bytes), 1);
	CHECK_EQ(le32toh(completion(0)->pattern), 0xe40c292c);
	CHECK_EQ(le32toh(completion(1)->bytes), 6);
	CHECK_EQ(le32toh(completion(1)->pattern), 0xbf9cf968);
	CHECK(!memcmp(ram.memory + 200, "foobar", 7));
}

TEST(what_is_not_the_guests_is_not_read)
{
	set32(&regs->driver.direction, FGSIM_PLAYBACK);
	start(FGSIM_SOURCE_FREE, 0);
	post(2);
	set64(&regs->post[0].addr, BUFFERS * FRAME_BYTES - 1);
	set32(&regs->post[1].bytes, 0);
	work_at(START_NS + NS_PER_MS);
	REQUIRE_EQ(completed(), 2);
	CHECK_EQ(le32toh(completion(0)->status), FGSIM_STATUS_ADDRESS);
	CHECK_EQ(le32toh(completion(1)->status), FGSIM_STATUS_SPACE);
	CHECK_EQ(le32toh(completion(0)->bytes) + le32toh(completion(1)->bytes), 0);
}

TEST(without_a_frame_to_send_one_is_numbered)
{
	set32(&regs->driver.direction, FGSIM_PLAYBACK);
	start(FGSIM_SOURCE_FREE, PERIOD_NS);
	post(2);
	work_at(START_NS + 5 * PERIOD_NS);
	CHECK_EQ(numbered(), 5);
	CHECK_EQ(completed(), 2);
}

TEST(there_are_two_directions)
{
	set32(&regs->driver.frame_bytes, FRAME_BYTES);
	set32(&regs->driver.direction, FGSIM_PLAYBACK + 1);
	set32(&regs->driver.control, FGSIM_CONTROL_RUN);
	card_work(&card, START_NS);
	CHECK_EQ(get32(&regs->card.state), FGSIM_HALTED);
	CHECK_EQ(get32(&regs->card.error), FGSIM_ERROR_CONFIG);
}

int main(void)
{
	return tap_run(power_on, NULL);
}
