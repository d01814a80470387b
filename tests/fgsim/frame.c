// SPDX-License-Identifier: MIT
#include "frame.h"
#include "fault.h"
#include "fill.h"
#include "now.h"

#define FAR_FUTURE_NS	(1000000 * NS_PER_MS)
#define NEVER_POSTED	(1ULL << 62)

/* Can all of the buffer be written, or read? */
static bool in_reach(const struct ram *ram, const struct posted *posted)
{
	for (uint32_t i = 0; i < posted->segments; i++)
		if (!ram_at(ram, posted->addr[i], posted->bytes[i]))
			return false;
	return true;
}

/* Write the frame; returns how much of it had room. */
static uint32_t transfer(const struct card *card, const struct posted *posted,
			 const struct fill *fill)
{
	uint32_t done = 0, part;

	for (uint32_t i = 0; i < posted->segments && done < card->frame_bytes; i++) {
		part = card->frame_bytes - done;
		if (part > posted->bytes[i])
			part = posted->bytes[i];
		fill_write(fill, ram_at(card->ram, posted->addr[i], part), done, part);
		done += part;
	}
	return done;
}

static void spoil(struct card *card, struct fgsim_completion *completion)
{
	struct bar *bar = &card->bar;

	if (fault_now(bar, FGSIM_FAULT_LENGTH))
		completion->bytes = htole32(0xfffffff0);
	if (fault_now(bar, FGSIM_FAULT_SHORT))
		completion->bytes = htole32(le32toh(completion->bytes) - 1);
	if (fault_now(bar, FGSIM_FAULT_COOKIE))
		completion->cookie ^= htole64(NEVER_POSTED);
	if (fault_now(bar, FGSIM_FAULT_STALE))
		completion->cookie = htole64(le64toh(completion->cookie) - 1);
	if (fault_now(bar, FGSIM_FAULT_SEQUENCE))
		completion->sequence = htole64(card->completed);
	if (fault_now(bar, FGSIM_FAULT_TIMESTAMP))
		completion->timestamp_ns =
			htole64(le64toh(completion->timestamp_ns) + FAR_FUTURE_NS);
	if (fault_now(bar, FGSIM_FAULT_HEAD))
		card->queue.skew = 0x40000000;
}

static void tell(struct card *card, struct fgsim_completion *completion)
{
	if (fault_now(&card->bar, FGSIM_FAULT_DROP))
		return;
	spoil(card, completion);
	card->completed = le64toh(completion->sequence);
	queue_complete(&card->queue, completion);
	if (fault_now(&card->bar, FGSIM_FAULT_DUPLICATE))
		queue_complete(&card->queue, completion);
}

static void fill_buffer(struct card *card, const struct posted *posted, uint64_t due_ns)
{
	const struct settings *settings = &card->settings;
	struct fill fill = {
		.pattern = settings->pattern,
		.bright = settings->bright,
		.format = &card->format,
		.sequence = card->sequence,
	};
	struct fgsim_completion completion = {
		.cookie = htole64(posted->cookie),
		.sequence = htole64(card->sequence),
		.timestamp_ns = htole64(due_ns),
		.pattern = htole32(fill_shows(&fill)),
		.exposure_us = htole32(settings->exposure_us),
		.gain_percent = htole32(settings->gain_percent),
		.temperature_mdeg = htole32(temperature_at(due_ns)),
		.encoder = htole32(due_ns / FGSIM_ENCODER_NS),
	};
	bool reached = in_reach(card->ram, posted);
	uint32_t bytes = reached ? transfer(card, posted, &fill) : 0;
	enum fgsim_status status = !reached ? FGSIM_STATUS_ADDRESS :
				   bytes < card->frame_bytes ? FGSIM_STATUS_SPACE :
							       FGSIM_STATUS_OK;

	completion.bytes = htole32(bytes);
	completion.status = htole32(status);
	if (bytes && fault_now(&card->bar, FGSIM_FAULT_LATE_WRITE)) {
		card->late = ram_at(card->ram, posted->addr[0], 16);
		card->late_ns = due_ns + NS_PER_MS;
	}
	tell(card, &completion);
}

static uint64_t posted_bytes(const struct posted *posted)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < posted->segments; i++)
		bytes += posted->bytes[i];
	return bytes;
}

static uint32_t checksum(uint32_t sum, const uint8_t *at, uint32_t bytes)
{
	while (bytes--)
		sum = (sum ^ *at++) * FGSIM_FNV_PRIME;
	return sum;
}

/* Read the frame, which is in reach: its checksum. */
static uint32_t read_frame(const struct card *card, const struct posted *posted)
{
	uint32_t sum = FGSIM_FNV_BASIS;

	for (uint32_t i = 0; i < posted->segments; i++)
		sum = checksum(sum, ram_at(card->ram, posted->addr[i], posted->bytes[i]),
			       posted->bytes[i]);
	return sum;
}

static void send_buffer(struct card *card, const struct posted *posted, uint64_t due_ns)
{
	uint64_t bytes = posted_bytes(posted);
	enum fgsim_status status = !in_reach(card->ram, posted) ? FGSIM_STATUS_ADDRESS :
				   !bytes || bytes > FGSIM_FRAME_BYTES_MAX ? FGSIM_STATUS_SPACE :
									     FGSIM_STATUS_OK;
	struct fgsim_completion completion = {
		.cookie = htole64(posted->cookie),
		.sequence = htole64(card->sequence),
		.timestamp_ns = htole64(due_ns),
		.status = htole32(status),
	};

	if (status == FGSIM_STATUS_OK) {
		completion.bytes = htole32(bytes);
		completion.pattern = htole32(read_frame(card, posted));
	}
	tell(card, &completion);
}

void frame_make(struct card *card, uint64_t due_ns)
{
	static struct posted posted;

	if (!queue_has_room(&card->queue) || !queue_take(&card->queue, &posted))
		card->irq.event = true;
	else if (card->direction == FGSIM_PLAYBACK)
		send_buffer(card, &posted, due_ns);
	else
		fill_buffer(card, &posted, due_ns);
	card->sequence++;
	set32(&card->bar.regs->card.sequence_next, card->sequence);
}
