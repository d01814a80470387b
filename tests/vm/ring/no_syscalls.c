// SPDX-License-Identifier: MIT
/*
 * While frames keep coming, the library takes and releases them without the kernel:
 * proved by a filter that kills the process at its first system call.
 *
 * usage: no_syscalls [FRAMES [FRAMES-PER-SECOND]]
 */
#include <libdmaring.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>
#include "virt.h"

#define BATCH		16

static unsigned int frames_wanted = 100000, rate = 20000;

/* What the process without system calls leaves for the one that waits for it. */
struct proof {
	uint64_t frames;
	uint64_t bytes_seen;
	uint64_t overruns;
	uint64_t drops;
	uint64_t empty;		/* times that nothing was there */
	int finished;
};

static struct proof *shared_proof(void)
{
	struct proof *proof = mmap(NULL, sizeof(*proof), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(proof != MAP_FAILED);
	return proof;
}

/* From here on any system call kills, even exit and what a signal handler does. */
static void forbid_system_calls(void)
{
	struct sock_filter kill = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
	struct sock_fprog program = { .len = 1, .filter = &kill };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		_exit(2);
}

static struct dmaring *open_stream(uint32_t flags)
{
	struct dmaring_options options = { .size = sizeof(options), .flags = flags };
	struct dmaring *stream;

	if (dmaring_open(card_node(), &options, &stream) || dmaring_start(stream)) {
		printf("# %s\n", dmaring_error());
		_exit(3);
	}
	return stream;
}

/* Counts a frame and looks at it, so that it was really there. */
static void use(struct dmaring *stream, const struct dmaring_frame *frame,
		struct dmaring_frame *last, struct proof *proof)
{
	const volatile uint8_t *data = dmaring_data(stream, frame);
	struct dmaring_loss loss;

	for (uint32_t i = 0; i < frame->bytes_used; i += DMARING_CACHE_LINE) {
		(void)data[i];
		proof->bytes_seen++;
	}
	if (proof->frames++) {
		dmaring_loss_between(last, frame, &loss);
		proof->overruns += loss.overruns;
		proof->drops += loss.drops;
	}
	*last = *frame;
}

static void one_by_one(struct dmaring *stream, struct proof *proof)
{
	struct dmaring_frame frame, last;

	while (proof->frames < frames_wanted) {
		if (dmaring_next(stream, &frame, 0)) {
			proof->empty++;
			continue;
		}
		use(stream, &frame, &last, proof);
		if (dmaring_release(stream, &frame))
			break;
	}
}

static void in_batches(struct dmaring *stream, struct proof *proof)
{
	struct dmaring_frame frames[BATCH], last;

	while (proof->frames < frames_wanted) {
		int taken = dmaring_next_batch(stream, frames, BATCH, 0);

		if (taken < 0) {
			proof->empty++;
			continue;
		}
		for (int i = 0; i < taken; i++)
			use(stream, &frames[i], &last, proof);
		if (dmaring_release_batch(stream, frames, taken))
			break;
	}
}

/* Never returns; it cannot even end: it is killed, by the call that ends it. */
static void run_without_calls(void (*capture)(struct dmaring *, struct proof *), uint32_t flags,
			      struct proof *proof)
{
	struct dmaring *stream = open_stream(flags);

	forbid_system_calls();
	capture(stream, proof);
	proof->finished = proof->frames >= frames_wanted;
	_exit(0);
}

static struct proof outcome(void (*capture)(struct dmaring *, struct proof *), uint32_t flags)
{
	struct proof *proof = shared_proof();
	int status;
	pid_t pid;

	virt_set("rate", rate);
	pid = fork();
	if (!pid)
		run_without_calls(capture, flags, proof);
	REQUIRE_EQ(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	return *proof;
}

static void prove(void (*capture)(struct dmaring *, struct proof *))
{
	struct proof proof = outcome(capture, 0);

	printf("## %llu frames taken, read and released, 0 system calls; nothing was there %llu times\n",
	       (unsigned long long)proof.frames, (unsigned long long)proof.empty);
	printf("# lost: %llu by the card, %llu dropped\n", (unsigned long long)proof.overruns,
	       (unsigned long long)proof.drops);
	CHECK(proof.finished);
	CHECK(proof.frames >= frames_wanted);
	CHECK_EQ(proof.drops, 0);
	CHECK_EQ(proof.overruns, 0);
}

TEST(frames_one_by_one) { prove(one_by_one); }
TEST(frames_in_batches) { prove(in_batches); }

/* The proof is worth something: with a call for each frame none comes through. */
TEST(the_filter_does_kill)
{
	struct proof proof = outcome(one_by_one, DMARING_OPEN_NO_RING);

	CHECK(!proof.finished);
	CHECK_EQ(proof.frames, 0);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		frames_wanted = atoi(argv[1]);
	if (argc > 2)
		rate = atoi(argv[2]);
	return tap_run(virt_prepare, virt_is_healthy);
}
