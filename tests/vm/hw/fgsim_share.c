// SPDX-License-Identifier: MIT
/*
 * An ordinary process gets its share of the processor beside a simulated grabber at
 * full speed.  A viewer that takes no frame gives the card all buffers back at once,
 * so that frames never end.  What passes between two steps of the process is counted
 * in frames: a host that is busy makes fewer of them.
 */
#include <time.h>
#include "fgsim.h"

#define FRAMES		200000
#define GAP_MAX		(FRAMES / 12)	/* between two steps */
#define SHARE_MIN	15		/* percent of the time; half of it would be fair */
#define STEP		1000		/* of a loop that does nothing else */

/* Frames that the driver has looked at since START. */
static uint32_t passed(void)
{
	return reg_get(&fgsim_regs()->driver.cq_tail);
}

static long long used_ns(void)
{
	struct timespec time;

	REQUIRE_EQ(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time), 0);
	return time.tv_sec * 1000 * MS + time.tv_nsec;
}

static void step(void)
{
	for (volatile int i = 0; i < STEP; i++)
		;
}

static void run_at_full_speed(void)
{
	int fd;

	fgsim_prepare();
	fgsim_set_rate(0);
	fgsim_regs();
	fd = stream_open(O_RDWR);
	REQUIRE_EQ(stream_attach(fd, DMARING_POLICY_LATEST, 1, 1), 0);
	REQUIRE_EQ(call(fd, DMARING_IOC_START, NULL), 0);
}

TEST(an_ordinary_process_gets_its_share)
{
	uint32_t before = 0, now, gap = 0;
	long long ns, used, share;

	run_at_full_speed();
	ns = -now_ns();
	used = -used_ns();
	do {
		step();
		now = passed();
		if (now - before > gap)
			gap = now - before;
		before = now;
	} while (now < FRAMES);
	used += used_ns();
	ns += now_ns();
	share = 100 * used / ns;
	printf("# %lld %% of the time; at most %u of %u frames between two steps, %lld/s\n",
	       share, gap, now, now * 1000 * MS / ns);
	CHECK(share >= SHARE_MIN);
	CHECK(gap <= GAP_MAX);
}

int main(void)
{
	return tap_run(NULL, NULL);
}
