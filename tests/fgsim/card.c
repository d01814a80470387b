// SPDX-License-Identifier: MIT
#include "card.h"
#include "fault.h"
#include "frame.h"
#include "now.h"

#include <stdio.h>
#include <string.h>

#define SPIN_NS		50000	/* look for more to do for so long before going to sleep */
#define LATE_BYTES	16
#define TOLD_MAX	10	/* a guest must not fill the host's log */

static void set_state(struct card *card, enum fgsim_state state, enum fgsim_error error)
{
	card->running = state == FGSIM_RUNNING;
	card->late = NULL;
	set32(&card->bar.regs->card.error, error);
	set32(&card->bar.regs->card.state, state);
}

static void halt(struct card *card, enum fgsim_error error)
{
	static const char *const reasons[] = {
		[FGSIM_ERROR_CONFIG] = "a register of the driver page is out of range",
		[FGSIM_ERROR_POST] = "post_head is more than a ring ahead",
		[FGSIM_ERROR_CHAIN] = "a buffer has too many segments or lacks the last one",
		[FGSIM_ERROR_TAIL] = "cq_tail is not between what was completed",
		[FGSIM_ERROR_LEASE] = "the driver gives no sign of life",
	};

	if (card->told++ < TOLD_MAX)
		fprintf(stderr, "fgsim: halted: %s\n", reasons[error]);
	set_state(card, FGSIM_HALTED, error);
	card->irq.event = true;
}

/* ------------------------------------------------------------ power and reset */

void card_power_on(struct card *card)
{
	card->control = 0;
	card->queue.bar = &card->bar;
	card->irq.link = card->link;
	bar_power_on(&card->bar, card->ram->base + card->ram->bytes);
	set_state(card, FGSIM_IDLE, FGSIM_ERROR_NONE);
	queue_reset(&card->queue);
	irq_reset(&card->irq);
}

void card_power_off(struct card *card)
{
	set_state(card, FGSIM_IDLE, FGSIM_ERROR_NONE);
	bar_all_ones(&card->bar);
}

/* -------------------------------------------------------------------- commands */

/* Without a pixel format the lines are of bytes. */
static struct dmaring_format format_of(const struct fgsim_driver_page *page)
{
	struct dmaring_format format = {
		.width = get32(&page->width),
		.height = get32(&page->height),
		.pixelformat = get32(&page->pixelformat),
		.bytes_per_line = get32(&page->line_bytes),
		.frame_bytes = get32(&page->frame_bytes),
		.channels = get32(&page->channels),
	};

	if (!format.pixelformat)
		format.width = format.bytes_per_line;
	return format;
}

static void start(struct card *card, uint64_t now)
{
	const struct fgsim_driver_page *page = &card->bar.regs->driver;

	queue_reset(&card->queue);
	irq_reset(&card->irq);
	card->irq.served = get32(&page->cq_arm);
	source_start(&card->source, &card->bar, now);
	card->frame_bytes = get32(&page->frame_bytes);
	card->format = format_of(page);
	card->direction = get32(&page->direction);
	card->settings = settings_load(&card->bar);
	card->sequence = get64(&page->sequence);
	card->completed = card->sequence - 1;
	card->lease_ns = get32(&page->lease_ms) * NS_PER_MS;
	card->heartbeat = get32(&page->heartbeat);
	card->heard_ns = now;
	card->busy_ns = now;
	card->stalled_until = 0;
	card->deaf_since = 0;
	set32(&card->bar.regs->card.sequence_next, card->sequence);
	if (!card->frame_bytes || card->frame_bytes > FGSIM_FRAME_BYTES_MAX ||
	    card->source.kind > FGSIM_SOURCE_TRIGGER || card->direction > FGSIM_PLAYBACK ||
	    card->source.period_ns > FGSIM_PERIOD_NS_MAX)
		halt(card, FGSIM_ERROR_CONFIG);
	else
		set_state(card, FGSIM_RUNNING, FGSIM_ERROR_NONE);
}

static bool is_deaf(struct card *card, uint64_t now)
{
	if (!card->deaf_since && card->running && fault_now(&card->bar, FGSIM_FAULT_DEAF))
		card->deaf_since = now;
	return card->deaf_since &&
	       now - card->deaf_since < get32(&card->bar.regs->fault.stall_ms) * NS_PER_MS;
}

static void obey(struct card *card, uint64_t now)
{
	uint32_t control = get32(&card->bar.regs->driver.control);

	if (control == card->control)
		return;
	if (!(control & FGSIM_CONTROL_RUN) && is_deaf(card, now))
		return;
	if (control & FGSIM_CONTROL_RUN)
		start(card, now);
	else
		set_state(card, FGSIM_IDLE, FGSIM_ERROR_NONE);
	card->control = control;
	set32(&card->bar.regs->card.control_ack, control);
}

/* After this, frames are made with other settings. */
static void take_settings(struct card *card, uint64_t now)
{
	struct fgsim_card_page *page = &card->bar.regs->card;

	if (get32(&card->bar.regs->driver.settings) == get32(&page->settings_ack))
		return;
	card->settings = settings_load(&card->bar);
	source_change_period(&card->source, &card->bar, now);
	set32(&page->temperature_mdeg, temperature_at(now));
	set32(&page->settings_ack, card->settings.request);
}

static void tell_time(struct card *card)
{
	struct fgsim_card_page *page = &card->bar.regs->card;
	uint32_t request = get32(&card->bar.regs->driver.clock_request);

	if (request == get32(&page->clock_reply))
		return;
	/* Not @now, which may be from before the request. */
	card->asked_ns = now_ns();
	set64(&page->clock_ns, card->asked_ns);
	set32(&page->clock_reply, request);
}

/* A driver that died must not leave a card that writes somebody else's memory. */
static void check_lease(struct card *card, uint64_t now)
{
	uint32_t heartbeat = get32(&card->bar.regs->driver.heartbeat);

	if (heartbeat != card->heartbeat) {
		card->heartbeat = heartbeat;
		card->heard_ns = now;
	} else if (card->lease_ns && now > card->heard_ns + card->lease_ns) {
		halt(card, FGSIM_ERROR_LEASE);
	}
}

/* ---------------------------------------------------------------------- frames */

static void write_late(struct card *card, uint64_t now)
{
	if (!card->late || now < card->late_ns)
		return;
	memset(card->late, 0xee, LATE_BYTES);
	card->late = NULL;
}

/* The source is silent, and nothing is lost by that. */
static void stall(struct card *card, uint64_t until)
{
	card->stalled_until = until;
	source_wait(&card->source, until);
}

static void make_faults(struct card *card, uint64_t now)
{
	struct bar *bar = &card->bar;

	if (fault_now(bar, FGSIM_FAULT_STALL))
		stall(card, now + get32(&bar->regs->fault.stall_ms) * NS_PER_MS);
	if (fault_now(bar, FGSIM_FAULT_SPURIOUS)) {
		irq_raise(&card->irq, FGSIM_VECTOR_FRAMES);
		irq_raise(&card->irq, FGSIM_VECTOR_EVENT);
	}
	if (fault_now(bar, FGSIM_FAULT_HALT))
		halt(card, FGSIM_ERROR_LEASE);
	write_late(card, now);
}

/* Frames that it was too late for are lost: they have numbers, too. */
static void count_skipped(struct card *card, uint64_t frames)
{
	__le32 *slipped = &card->bar.regs->card.slipped;

	card->sequence += frames;
	if (frames)
		set32(slipped, get32(slipped) + frames);
}

/* Make a frame if one is due; returns when to look again. */
static uint64_t produce(struct card *card, uint64_t now)
{
	uint64_t due_ns;

	if (now < card->stalled_until)
		return card->stalled_until;
	if (source_is_patient(&card->source) &&
	    (queue_empty(&card->queue) || !queue_has_room(&card->queue)))
		return now < card->busy_ns + SPIN_NS ? now : NEVER;
	count_skipped(card, source_skip(&card->source, now));
	if (!source_due(&card->source, &card->bar, now, &due_ns))
		return source_next(&card->source);
	card->busy_ns = now;
	frame_make(card, due_ns);
	return now;
}

static uint64_t run(struct card *card, uint64_t now)
{
	uint64_t again;

	check_lease(card, now);
	make_faults(card, now);
	if (!card->running)
		return now;
	again = produce(card, now);
	if (card->queue.error)
		halt(card, card->queue.error);
	if (card->lease_ns)
		again = earlier(again, card->heard_ns + card->lease_ns + 1);
	return card->late ? earlier(again, card->late_ns) : again;
}

uint64_t card_work(struct card *card, uint64_t now)
{
	uint64_t again = NEVER;

	tell_time(card);
	obey(card, now);
	take_settings(card, now);
	if (card->running)
		again = run(card, now);
	/* Who asks for the time asks again, and waking up takes longer than that. */
	if (now < card->asked_ns + SPIN_NS)
		again = now;
	return earlier(again, irq_update(&card->irq, &card->queue, now));
}

bool card_may_sleep(struct card *card)
{
	/* Who waits for time or for a command finds buffers when it wakes. */
	if (!card->running || !source_is_patient(&card->source))
		return true;
	set32(&card->bar.regs->card.post_notify, 1);
	/* b: we see what is posted, or the driver sees that it must ring. */
	full_barrier();
	return queue_empty(&card->queue) || !queue_has_room(&card->queue);
}

void card_wakes(struct card *card)
{
	if (card->running)
		set32(&card->bar.regs->card.post_notify, 0);
}
