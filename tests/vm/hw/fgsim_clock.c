// SPDX-License-Identifier: MIT
/*
 * Time stamps are the card's, when the frame was due, on this machine's clock.  This asks
 * the card for its time itself, and compares each stamp with what the card has written
 * into the completion; one of them is told of late, so that now is no good answer.
 *
 * The machine may be busy, and an answer of the card take long: then nothing can be said
 * of that round.  One good round is enough, because a wrong stamp is wrong in each.
 */
#include "fgsim.h"

#define ROUNDS		100
#define ASK		200		/* so often for each round */
#define PATIENT_NS	(5 * MS)	/* with one answer */
#define WIDTH_NS	100000		/* we know the card's time as well as that */
#define ERROR_NS	150000		/* and the driver; less than half of 0.5 ms */
#define FRAMES		30
#define LATE_NS		(2 * MS)
#define OURS		0x80000000	/* requests that are not the driver's */

/* This clock minus the card's is between these. */
struct bounds {
	long long least;
	long long most;
};

static volatile uint32_t *doorbell;

/* The driver may ask meanwhile: then this is not answered. */
static void ask(struct bounds *bounds)
{
	static uint32_t request = OURS;
	struct fgsim_bar *regs = fgsim_regs();
	long long before = now_ns(), after = before, card;

	reg_set(&regs->driver.clock_request, ++request);
	doorbell[FGSIM_DOORBELL / 4] = reg_get(&regs->card.peer) << FGSIM_DOORBELL_SHIFT;
	while (reg_get(&regs->card.clock_reply) != request && after - before < PATIENT_NS)
		after = now_ns();
	if (reg_get(&regs->card.clock_reply) != request)
		return;
	after = now_ns();
	card = le64toh(regs->card.clock_ns);
	if (before - card > bounds->least)
		bounds->least = before - card;
	if (after - card < bounds->most)
		bounds->most = after - card;
}

static void narrow(struct bounds *bounds)
{
	for (int i = 0; i < ASK && bounds->most - bounds->least > WIDTH_NS / 4; i++)
		ask(bounds);
}

/* What the card says of the completion with that number since START. */
static long long card_time(uint32_t number, const struct dmaring_frame *frame)
{
	const struct fgsim_completion *entry = &fgsim_regs()->cq[number % FGSIM_CQ_ENTRIES];

	REQUIRE_EQ(le64toh(entry->sequence), frame->sequence);
	return le64toh(entry->timestamp_ns);
}

/* What one round has seen, in ns. */
struct round {
	long long least, most;	/* stamps minus the card's own time */
	long long oldest;	/* when it was taken */
};

static void look_at(struct round *round, uint32_t number, const struct dmaring_frame *frame,
		    long long asked)
{
	long long now = now_ns(), stamp = frame->timestamp_ns;
	long long offset = stamp - card_time(number, frame);

	CHECK_EQ(frame->flags, DMARING_FRAME_HW_TIMESTAMP);
	CHECK(stamp <= now);
	CHECK(stamp > asked - MS);	/* the driver's clock may be as bad as that */
	if (offset < round->least)
		round->least = offset;
	if (offset > round->most)
		round->most = offset;
	if (now - stamp > round->oldest)
		round->oldest = now - stamp;
}

/* True if all of it was right; prints why not. */
static int is_right(const struct round *round, const struct bounds *bounds)
{
	long long middle = bounds->least + (bounds->most - bounds->least) / 2;
	long long early = round->least - middle, late = round->most - middle;

	if (bounds->most < bounds->least || bounds->most - bounds->least > WIDTH_NS) {
		printf("# nothing to be said: the card's time is known to %lld us\n",
		       (bounds->most - bounds->least) / 1000);
		return 0;
	}
	printf("# stamps are %lld to %lld us late, frames up to %lld us old\n", early / 1000,
	       late / 1000, round->oldest / 1000);
	return early > -ERROR_NS && late < ERROR_NS && round->oldest > LATE_NS;
}

/* The driver asks the card for its time at START. */
static int try_once(const struct stream *stream)
{
	struct bounds bounds = { LLONG_MIN / 2, LLONG_MAX / 2 };
	struct round round = { .least = LLONG_MAX, .most = LLONG_MIN };
	struct dmaring_frame frame;
	long long asked;

	narrow(&bounds);
	asked = now_ns();
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_START, NULL), 0);
	for (uint32_t i = 0; i < FRAMES; i++) {
		frame = capture_take(stream);
		look_at(&round, i, &frame, asked);
		if (i == FRAMES / 2)
			fault_want(FGSIM_FAULT_LOST_IRQ, 1);
		CHECK_EQ(stream_give(stream->fd, &frame), 0);
	}
	REQUIRE_EQ(call(stream->fd, DMARING_IOC_STOP, NULL), 0);
	narrow(&bounds);
	return is_right(&round, &bounds);
}

TEST(a_stamp_is_the_cards_time_on_this_clock)
{
	struct stream stream = capture_start();
	char address[CARD_PATH_MAX];
	int right = 0;

	REQUIRE_EQ(card_address(address), 0);
	doorbell = fgsim_bar(address, FGSIM_BAR_DOORBELL, 4096);
	REQUIRE_EQ(call(stream.fd, DMARING_IOC_STOP, NULL), 0);
	for (int i = 0; i < ROUNDS && !right; i++)
		right = try_once(&stream);
	CHECK(right);
}

int main(void)
{
	return tap_run(fgsim_prepare, fgsim_is_healthy);
}
