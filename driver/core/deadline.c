// SPDX-License-Identifier: GPL-2.0-only
/*
 * When a wait ends, kept while the system call begins anew.
 *
 * A stop, a debugger, a frozen cgroup or a suspend end a sleep as a signal
 * does, but no handler runs: the call begins anew with the time that it was
 * given at first, and must not wait for all of it once more.
 *
 * The restart block of the thread is the place for that.  But its function,
 * which sys_restart_syscall() calls whenever a program likes, must not be one
 * of a module that may be gone then.  So it says "no restart", the call begins
 * anew with -ERESTARTNOHAND, and finds here what it has left.
 */
#include <linux/restart_block.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

#include "internal.h"

/**
 * struct note - what a call leaves to the one that begins anew
 * @consumer:   whose frames; no program can make this address up.
 * @to:         where they go.
 * @timeout_ns: what the call was given.
 * @deadline:   when its wait ends.
 */
struct note {
	const struct dmaring_consumer *consumer;
	const void __user *to;
	s64 timeout_ns;
	ktime_t deadline;
};

static struct note *note_of(struct restart_block *block)
{
	BUILD_BUG_ON(sizeof(struct note) > sizeof(block->futex));
	return (struct note *)&block->futex;
}

/* Is a signal on its way whose handler will end the call? */
static bool handler_is_due(void)
{
	/* Our own, which lives as long as we do. */
	struct sighand_struct *sighand = rcu_dereference_raw(current->sighand);
	bool due = false;
	sigset_t pending;
	int sig;

	spin_lock_irq(&sighand->siglock);
	sigorsets(&pending, &current->pending.signal,
		  &current->signal->shared_pending.signal);
	sigandnsets(&pending, &pending, &current->blocked);
	for (sig = 1; sig <= _NSIG && !due; sig++)
		due = sigismember(&pending, sig) &&
		      sighand->action[sig - 1].sa.sa_handler != SIG_DFL &&
		      sighand->action[sig - 1].sa.sa_handler != SIG_IGN;
	spin_unlock_irq(&sighand->siglock);
	return due;
}

/* The call was interrupted and may begin anew. */
void dmaring_deadline_keep(const struct dmaring_consumer *consumer,
			   const void __user *to, s64 timeout_ns,
			   ktime_t deadline)
{
	struct restart_block *block = &current->restart_block;

	/* The next one will be another call, with all its time. */
	if (handler_is_due())
		return;
	/* What the kernel itself left here must not take this for its own. */
	block->fn = init_task.restart_block.fn;
	*note_of(block) = (struct note) {
		.consumer = consumer,
		.to = to,
		.timeout_ns = timeout_ns,
		.deadline = deadline,
	};
}

/* When does the wait of a call end that begins now, perhaps anew? */
ktime_t dmaring_deadline(const struct dmaring_consumer *consumer,
			 const void __user *to, s64 timeout_ns)
{
	struct note *note = note_of(&current->restart_block);
	bool same = note->consumer == consumer && note->to == to &&
		    note->timeout_ns == timeout_ns;

	if (note->consumer == consumer)
		note->consumer = NULL;
	return same ? note->deadline :
		      ktime_add_safe(ktime_get(), ns_to_ktime(timeout_ns));
}
