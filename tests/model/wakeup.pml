/* SPDX-License-Identifier: MIT */
/*
 * Wake-ups: wq_has_sleeper() against the sleeper that queues itself, then looks.
 *
 * One thread polls with any watermark, takes some of what waits, and polls
 * again.  Frames end, or the card goes away, at any moment.  When nothing goes
 * on any more, may the thread still sleep?  Only if no frame waits for it, or
 * too few for its watermark and it said no time (watermark_ns).
 *
 * What a processor stores goes through a store buffer; see kick.pml.
 *
 * BROKEN NO_POLL_BARRIER	no smp_mb() in poll between queueing and looking
 * BROKEN NO_WAKE_BARRIER	waitqueue_active() in the place of wq_has_sleeper()
 * BROKEN LOOK_THEN_QUEUE	the sleeper looks first and queues itself then
 * BROKEN TIMER_ACTIVE		hrtimer_active() decides whether to start the
 *				ripener; it says yes while the callback still runs
 * BROKEN RIPE_WITHOUT_TIMER	the ripener is not started for a frame that finds
 *				the watermark reached, though it may be left behind
 *
 * CODE NO_POLL_BARRIER driver/core/chardev.c dmaring_poll:
 *	poll_wait( ... smp_mb(); ... dmaring_exchange_poll(
 * CODE LOOK_THEN_QUEUE driver/core/exchange.c sleep_until:
 *	prepare_to_wait_event( ... !would_wait( ... schedule_hrtimeout_range(
 * CODE NO_WAKE_BARRIER driver/core/wake.c dmaring_wake_consumer:
 *	if (wq_has_sleeper(&consumer->wait)
 * CODE TIMER_ACTIVE driver/core/queue.c start_ripener:
 *	if (consumer->ripening) ... hrtimer_start(
 */

#define FRAMES	3

byte watermark;
bool watermark_ns;		/* is there one? */

byte head, tail;		/* head: as the holder of the lock sees it */
byte ripe;			/* frames before it have waited long enough */
bool ripening;			/* the ripener was started for what waits */
bool timer_queued, timer_runs;
bool woken, has_left;

/* What others see of it. */
byte seen_head, seen_ripe;
bool seen_queued, seen_gone;

/* On the way there: one processor each. */
chan publisher = [1] of { byte };
chan ripener = [1] of { byte };
chan remover = [1] of { byte };
chan sleeper = [1] of { byte };

active proctype memory()
{
end:	do
	:: publisher ? seen_head
	:: ripener ? seen_ripe
	:: remover ? seen_gone
	:: sleeper ? seen_queued
	od
}

inline barrier(cpu, seen)
{
	atomic {
		if
		:: full(cpu) -> cpu ? seen
		:: empty(cpu)
		fi
	}
}

/* Who takes the lock sees what its last holder stored. */
#define may_lock	(empty(publisher) && empty(ripener))

/* wake_up_interruptible_poll(), if there is somebody to wake */
inline wake(cpu, seen)
{
#ifndef NO_WAKE_BARRIER
	barrier(cpu, seen);
#endif
	if
	:: seen_queued -> woken = true
	:: else
	fi
}

#ifdef TIMER_ACTIVE
#define started	(timer_queued || timer_runs)
#else
#define started	ripening
#endif

/* start_ripener() */
inline start_ripener()
{
	if
	:: watermark_ns && !started -> ripening = true; timer_queued = true
	:: else
	fi
}

#define is_ripe(a_ripe, a_tail, waiting) \
	((waiting) >= watermark || (a_ripe) > (a_tail))

/* dmaring_queue_publish(), then wake() */
active proctype publish()
{
	bool is;

	/* Any watermark */
	atomic {
		if
		:: watermark = 1
		:: watermark = 2
		:: watermark = 3
		fi;
		if
		:: watermark_ns = true
		:: skip
		fi
	};
	do
	:: atomic {
		head < FRAMES && may_lock ->
		head++;
		publisher ! head;
		is = is_ripe(ripe, tail, head - tail);
#ifdef RIPE_WITHOUT_TIMER
		if
		:: !is -> start_ripener()
		:: else
		fi
#else
		start_ripener()
#endif
	   };
	   if
	   :: is -> wake(publisher, seen_head)
	   :: else
	   fi
	:: break
	od
}

/* ripen(), the timer's callback */
active proctype ripen()
{
end:	do
	:: atomic { timer_queued -> timer_queued = false; timer_runs = true };
	   atomic {
		may_lock ->
		ripening = false;
		ripe = head;
		ripener ! ripe
	   };
	   wake(ripener, seen_ripe);
	   timer_runs = false
	od
}

/* mark_gone() */
active proctype remove()
{
	watermark;
	if
	:: remover ! true; wake(remover, seen_gone)
	:: skip
	fi
}

inline queue_up()
{
	sleeper ! true;
#ifndef NO_POLL_BARRIER
	barrier(sleeper, seen_queued)
#endif
}

/* dmaring_queue_status(): no lock */
inline look()
{
	gone = seen_gone;
	t = tail;
	waiting = seen_head - t;
	ready = waiting && is_ripe(seen_ripe, t, waiting)
}

active proctype poll()
{
	bool gone, ready;
	byte t, waiting;

	watermark;
	do
	:: woken = false;
#ifdef LOOK_THEN_QUEUE
	   look();
	   queue_up();
#else
	   queue_up();
	   look();
#endif
	   if
	   :: gone -> break
	   :: !gone && ready ->
		/* It takes any number of them, without a call. */
		atomic {
			tail++;
			do
			:: tail < t + waiting -> tail++
			:: break
			od
		}
	   :: !gone && !ready ->
end:		woken
	   fi;
	   /* To leave the wait queue takes its lock, a barrier. */
	   barrier(sleeper, seen_queued);
	   seen_queued = false
	od;
	has_left = true
}

active proctype end_of_all()
{
	timeout ->
	assert(!seen_gone || has_left);
	assert(seen_gone || tail == head || !watermark_ns && head - tail < watermark)
}
