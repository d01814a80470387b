// SPDX-License-Identifier: GPL-2.0-only
/* The card's clock, which tells its time on request. */
#include <linux/ktime.h>

#include "fgsim.h"

#define REPLY_WAIT_NS	500000

/* The card reads it between the request and our seeing the answer. */
int fgsim_read_clock(void *hw, u64 *ticks)
{
	struct fgsim *fgsim = hw;
	struct fgsim_bar *regs = fgsim->regs;
	u64 end = ktime_get_ns() + REPLY_WAIT_NS;
	u32 request = ++fgsim->sync_request;

	fgsim_set32(regs->driver.clock_request, request);
	fgsim_ring(fgsim);
	while (fgsim_get32(regs->card.clock_reply) != request) {
		if (ktime_get_ns() > end)
			return -ETIMEDOUT;
		cpu_relax();
	}
	dma_rmb();
	*ticks = fgsim_get64(regs->card.clock_ns);
	return 0;
}

/* When a frame was due; 0 if that is not known, or makes no sense. */
u64 fgsim_frame_time(struct fgsim *fgsim, u64 card_ns)
{
	u64 ns;
	int err = dmaring_card_time(fgsim->stream, card_ns, &ns);

	lockdep_assert_held(&fgsim->lock);
	if (err == -ERANGE)
		fgsim_fault(fgsim, &fgsim->counters.bad_timestamps,
			    "bad_timestamps", card_ns);
	return err ? 0 : ns;
}
