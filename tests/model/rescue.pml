/* SPDX-License-Identifier: MIT */
/*
 * A card that starves: feed() with rescue(), and the locks that it drops between.
 *
 * A thread polls for W frames and says no time.  It takes any number of those that
 * wait, by moving the tail, and keeps them or gives them back through the ring,
 * while it polls for more.  It tells the kernel of that only if NEED_KICK asks.
 *
 * kick.pml and starve.pml do a whole refill in one or two steps.  Here it has the
 * steps of the code, the look without the lock that mostly ends it, too; what
 * is looked at after unlocking may have been looked at while the lock was held.
 * Others complete, release, take, sleep and refill in between.  What makes frames
 * ripe goes through a store buffer, as in kick.pml, where releases and NEED_KICK
 * do: barriers are as they should be for these here.  Frames end at any moment.
 *
 * BROKEN NO_RIPEN_BARRIER	what the user took is looked at before it can see
 *				that the rest is ripe
 * BROKEN WAKE_FIRST		sleepers are woken before what waits is ripe
 * BROKEN FEW_BEFORE		whether few are armed is looked at before the
 *				completion that makes them fewer
 * BROKEN FLAG_LATE		the rings are looked at before NEED_KICK is set
 * BROKEN NO_SECOND_TURN	what rescue() finds in the rings stays idle
 *
 * VALUE ARM_ABOVE driver/core/stream.c:
 *	max_t(u32, ARM_AT_ONCE, stream->kick_below + #)
 *
 * CODE NO_RIPEN_BARRIER driver/core/queue.c dmaring_queue_ripen:
 *	consumer->ripe, consumer->head); ... smp_mb(); ... dmaring_queue_sync(
 * CODE WAKE_FIRST driver/core/refill.c rescue:
 *	spin_lock_irqsave( ... dmaring_queue_reap( ... dmaring_queue_ripen( ... spin_unlock_irqrestore(
 * CODE WAKE_FIRST driver/core/refill.c feed:
 *	rescue( ... dmaring_wake(
 * CODE FEW_BEFORE driver/core/refill.c update_kicks:
 *	!READ_ONCE(stream->kick_wanted) && !has_few(stream) ... spin_lock_irqsave( ... starving(
 * CODE FEW_BEFORE driver/core/refill.c dmaring_refill:
 *	arm_some( ... feed(
 * CODE FLAG_LATE driver/core/refill.c feed:
 *	update_kicks( ... rescue(
 * CODE NO_SECOND_TURN driver/core/refill.c feed:
 *	rescue( ... if (dmaring_in_line(stream)) ... return true;
 */

#define BUFFERS		4

byte watermark;
byte kick_below;

/* Under stream->lock, but for what the user does with the ring. */
byte idle = BUFFERS, armed;
byte waiting;			/* from tail to head */
byte ripe;			/* of these, the first so many */
byte ring;			/* releases in it */
bool kick_wanted;		/* and NEED_KICK in the ring */

byte taken;
bool seen_ripe;			/* does the user see that one is? */
bool ripe_stored;		/* it will */
bool queued, woken;		/* the thread is to be woken, and was */

active proctype memory()
{
end:	do
	:: atomic { ripe_stored -> ripe_stored = false; seen_ripe = ripe > 0 }
	od
}

/* Who takes the lock sees what its last holder stored. */
#define may_lock	(!ripe_stored)

#define at_ease		(!kick_wanted && armed > kick_below)
#define starving	(!idle && armed <= kick_below)

inline reap()
{
	idle = idle + ring;
	ring = 0
}

inline wake(whom)
{
	atomic { woken = woken || whom && queued; whom = false }
}

/* update_kicks(): @starved is what it says */
inline update_kicks()
{
	atomic {
#ifndef FEW_BEFORE
		if
		:: ease = at_ease
		:: skip				/* it has looked already */
		fi;
#endif
		starved = !ease;
		ease = false
	};
	if
	:: starved ->
		atomic { may_lock -> starved = starving; kick_wanted = starved }
	:: else
	fi
}

/* rescue(), and the dmaring_wake() for it */
inline rescue()
{
	atomic {
		may_lock ->
		reap();
		was_ripe = ripe > 0;
		ripe = waiting;
		ripe_stored = true;
#ifdef NO_RIPEN_BARRIER
		news = waiting && waiting < watermark && !was_ripe;
		was_ripe = false;
#endif
	};
#ifndef NO_RIPEN_BARRIER
	/* Still under the lock; that others could come between is only harder. */
	atomic {
		ripe_stored = false;
		seen_ripe = ripe > 0;
		news = waiting && waiting < watermark && !was_ripe;
		was_ripe = false
	};
#endif
#ifndef WAKE_FIRST
	wake(news)
#endif
}

/* dmaring_refill() */
inline refill()
{
	do
	:: atomic {
		may_lock ->
		armed = armed + idle;
		idle = 0;
#ifndef FEW_BEFORE
		ease = at_ease
#endif
	   };
#ifdef FLAG_LATE
	   rescue();
	   update_kicks();
#else
	   update_kicks();
#endif
	   if
	   :: !starved -> break
	   :: else ->
		starved = false;
#ifdef WAKE_FIRST
		news = waiting && waiting < watermark && !ripe;
		wake(news);
#endif
#ifndef FLAG_LATE
		rescue();
#endif
#ifdef NO_SECOND_TURN
		break
#else
		if
		:: idle
		:: else -> break
		fi
#endif
	   fi
	od
}

active proctype card()
{
	bool ease, starved, was_ripe, news;

	atomic {
		select (kick_below : 1 .. 2);
		select (watermark : 1 .. BUFFERS)
	};
	refill();
end:	do
	:: armed ->
#ifdef FEW_BEFORE
	   ease = at_ease;
#endif
	   /* dmaring_complete() */
	   atomic {
		may_lock ->
		reap();
		armed--;
		waiting++;
		news = waiting >= watermark || ripe
	   };
	   wake(news);
	   refill()
	:: break				/* no more frames */
	od
}

/* What a thread sees that does not take the lock. */
#define is_ripe		(waiting && (waiting >= watermark || seen_ripe))

active proctype user()
{
	byte n;
	bool ease, starved, was_ripe, news;

	watermark;
end:	do
	:: atomic {					/* it moves the tail */
		waiting ->
		select (n : 1 .. waiting);
		waiting = waiting - n;
		taken = taken + n;
		ripe = (ripe > n -> ripe - n : 0);
		seen_ripe = seen_ripe && ripe;
		n = 0
	   }
	:: taken ->
		atomic {
			taken--;
			ring++;
			starved = kick_wanted
		};
		if
		:: starved ->				/* KICK */
			starved = false;
			atomic { may_lock -> reap(); n = armed };
			if
			:: n < kick_below + ARM_ABOVE -> n = 0; refill()
			:: else -> n = 0
			fi
		:: else
		fi
	:: queued = true;				/* poll() */
		if
		:: is_ripe
		:: else ->
end_sleep:		woken
		fi;
		atomic { queued = false; woken = false }
	od
}

/* Nothing goes on: what does a card that has few buffers wait for? */
active proctype end_of_all()
{
	timeout ->
	assert(armed > kick_below || !waiting && !idle && !ring)
}
