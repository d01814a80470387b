/* SPDX-License-Identifier: MIT */
/*
 * The time of a watermark: the timer, and all that starts it anew.
 *
 * Frames are published at any moment for a consumer whose watermark is never
 * reached, and taken through the ring, of which the kernel is not told.  The timer
 * is started by the first frame that waits, for its whole time; its callback starts
 * it anew for what is left to the oldest.  START, one that fails, STOP and the
 * end come at any step.  No frame may wait for longer without being ripe, and
 * the timer must be at rest when the consumer is freed.
 *
 * Time stands still while the timer is late or its callback runs.  How those who
 * sleep are woken then is in wakeup.pml, what a card that starves makes ripe in
 * starve.pml.  Frames have no numbers: ages[0] is the oldest that waits.
 *
 * BROKEN RESTART_WHOLE		the timer is started anew for the whole time
 * BROKEN NO_RESTART		it is not, when the oldest is a younger one
 * BROKEN RIPENING_STAYS	a callback that finds nothing leaves @ripening set
 * BROKEN RIPE_ONE		only the oldest frame is made ripe
 * BROKEN START_KEEPS_RIPENING	START believes that a timer runs that STOP ended
 * BROKEN STOP_LEAVES_TIMER	STOP does not end it
 * BROKEN CANCEL_FIRST		STOP ends it before the last frame is published
 * BROKEN FAILED_START_LEAVES	a START that fails does not, though the card, which
 *				had failed before, completed one more frame
 *
 * CODE RESTART_WHOLE driver/core/wake.c ripen:
 *	ktime_add_ns(ktime_get(), left) ... return HRTIMER_RESTART;
 * CODE NO_RESTART driver/core/queue.c dmaring_queue_ripe_in:
 *	consumer->ripens == consumer->tail ... consumer->ripens = consumer->tail
 * CODE RIPENING_STAYS driver/core/wake.c ripen:
 *	spin_lock_irqsave( ... consumer->ripening = left > 0; ... spin_unlock
 * CODE RIPE_ONE driver/core/wake.c ripen:
 *	WRITE_ONCE(consumer->ripe, consumer->head) ... spin_unlock
 * CODE START_KEEPS_RIPENING driver/core/consumer.c dmaring_consumer_start:
 *	consumer->ripening = false; ... WRITE_ONCE(consumer->running, true)
 * CODE STOP_LEAVES_TIMER driver/core/consumer.c end_run:
 *	dmaring_consumer_drop_all( ... hrtimer_cancel(
 * CODE CANCEL_FIRST driver/core/consumer.c stop:
 *	WRITE_ONCE(consumer->running, false) ... end_run(
 * CODE FAILED_START_LEAVES driver/core/consumer.c dmaring_consumer_start:
 *	dmaring_stream_run( ... WRITE_ONCE(consumer->running, false) ... end_run(
 */

#define SLOTS		3
#define TIME		3		/* watermark_ns */

byte ages[SLOTS], waiting;
byte ripe;				/* of those that wait, the first so many */
bool running, ripening;
bool ripens;				/* the timer was started anew for the oldest */

/* The timer. */
bool queued, runs;
byte left;				/* until it is due */

bool freed;

inline grow(at)
{
	ages[at] = (at < waiting && ages[at] <= TIME -> ages[at] + 1 : ages[at]);
	assert(!running || at >= waiting || ages[at] <= TIME || at < ripe)
}

active proctype clock()
{
end:	do
	:: atomic {
		!(queued && !left) && !runs ->
		left = (queued -> left - 1 : 0);
		grow(0);
		grow(1);
		grow(2)
	   }
	od
}

/* dmaring_queue_publish(), with start_ripener() */
active proctype card()
{
end:	do
	:: atomic {
		running && waiting < SLOTS ->
		ages[waiting] = 0;
		waiting++;
		if
		:: !ripening ->
			assert(!freed);
			ripening = true;
			ripens = false;
			queued = true;			/* hrtimer_start() */
			left = TIME
		:: else
		fi
	   }
	od
}

active proctype user()
{
end:	do
	:: atomic {
		waiting ->
		ages[0] = ages[1];
		ages[1] = ages[2];
		ages[2] = 0;
		waiting--;
		ripe = (ripe -> ripe - 1 : 0);
		ripens = false
	   }
	od
}

/* ripen(), with dmaring_queue_ripe_in() */
active proctype ripen()
{
	byte more;

end:	do
	:: atomic { queued && !left -> queued = false; runs = true };
	   atomic {
		assert(!freed);
		if
		:: waiting && !ripens ->
			ripens = true;
			more = (ages[0] < TIME -> TIME - ages[0] : 0)
		:: else
		fi;
#ifdef RIPENING_STAYS
		ripening = more || !waiting;
#else
		ripening = more > 0;
#endif
		if
		:: waiting && !more ->
#ifdef RIPE_ONE
			ripe = 1
#else
			ripe = waiting
#endif
		:: else
		fi;
#ifdef NO_RESTART
		ripening = false;
		more = 0;
#endif
#ifdef RESTART_WHOLE
		more = (more -> TIME : 0)
#endif
	   };
	   atomic {
		if
		:: more ->
			assert(!queued);	/* hrtimer_set_expires() */
			left = more;
			queued = true;
			more = 0
		:: else
		fi;
		runs = false
	   }
	od
}

inline hrtimer_cancel()
{
	atomic { !runs -> queued = false; left = 0 }
}

/* dmaring_consumer_drop_all() */
inline drop_all()
{
	atomic {
		waiting = 0;
		ages[0] = 0;
		ages[1] = 0;
		ages[2] = 0;
		ripe = 0;
		ripens = false
	}
}

inline end_run()
{
#ifdef CANCEL_FIRST
	hrtimer_cancel();
#endif
	running = false;
	drop_all();
#ifndef CANCEL_FIRST
#ifndef STOP_LEAVES_TIMER
	hrtimer_cancel()
#endif
#endif
}

/* dmaring_consumer_start() */
inline start()
{
	atomic {
		ripe = waiting;
#ifndef START_KEEPS_RIPENING
		ripening = false;
#endif
		running = true
	}
}

inline start_fails()
{
#ifdef FAILED_START_LEAVES
	running = false
#else
	end_run()
#endif
}

active proctype life()
{
	do
	:: start();
	   if
	   :: end_run()				/* dmaring_consumer_stop() */
	   :: start_fails()			/* dmaring_stream_run() did */
	   fi
	:: break
	od;
	freed = true
}

active proctype end_of_all()
{
	timeout ->
	assert(!queued && !runs)
}
