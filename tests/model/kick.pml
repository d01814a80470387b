/* SPDX-License-Identifier: MIT */
/*
 * The kick: D and d of the shared ring (linux/dmaring.h).
 *
 * Can the card run dry although buffers were released?  Users only write into
 * their rings here and never poll, which would hide the fault.  Consumer A
 * always runs.  Consumer B stops at any moment, may give back what it has
 * while it is stopped, may start again, and may keep frames for ever.  It
 * may write a bad release, too, and does not kick any more.
 *
 * Whoever refills looks at a bounded number of releases of each consumer.  Good
 * ones that are more go to a work item.  Bad ones end the looking: nobody waits
 * for what is behind them, but for what is idle and for what A gave back.  Cards
 * that keep completions to themselves are in dry.pml.
 *
 * Spin executes one step after the other.  A real processor keeps stores back
 * while it goes on loading, so the two stores that matter (a release; the
 * flags) go through store buffers of one entry, which the process "memory"
 * empties at any time.  A full barrier empties them at once.
 *
 * BROKEN NO_USER_BARRIER	D is missing: the flags are loaded too early
 * BROKEN NO_KERNEL_BARRIER	d is missing: the rings are looked at too early
 * BROKEN NO_RECHECK		the rings are not looked at after NEED_KICK is set
 * BROKEN RECHECK_RUNNERS	only those of consumers that run are
 * BROKEN NO_FEEDER		releases that are too many to look at then stay there
 * BROKEN BAD_IS_FREE		bad releases do not end the looking
 * BROKEN START_WITHOUT_REFILL	what START finds in the ring stays idle
 * BROKEN STOP_CLEARS_FLAG	STOP takes NEED_KICK out of the ring
 * BROKEN STOP_WITHOUT_REFILL	what STOP drops stays idle
 *
 * VALUE DMARING_REAP_MAX driver/core/queue.h:
 *	define DMARING_REAP_MAX #
 * VALUE DMARING_BAD_COST driver/core/queue.h:
 *	define DMARING_BAD_COST #
 *
 * CODE NO_USER_BARRIER userlib/src/barrier.h store_full:
 *	__ATOMIC_SEQ_CST
 * CODE NO_USER_BARRIER userlib/src/barrier.h load_full:
 *	__ATOMIC_SEQ_CST
 * CODE NO_USER_BARRIER userlib/src/ring.h ring_put_last:
 *	store_full( ... load_full(
 * CODE NO_USER_BARRIER userlib/src/frame.c release_through_ring:
 *	ring_put_first( ... ring_put_last(
 * CODE NO_KERNEL_BARRIER driver/core/refill.c feed:
 *	update_kicks( ... smp_mb(); ... rescue(
 */

#define BUFFERS		2
#define KICK_BELOW	1

#define A	0
#define B	1
#define BIT(c)	(1 << (c))

#define BAD		BUFFERS		/* a release of nothing */

#define RECHECK_MOST	1		/* DMARING_BATCH, made small */
#define REAP_MOST	1		/* DMARING_REAP_MAX, made small, */
#define REAP_ALL	(BUFFERS + 1)
#ifdef BAD_IS_FREE
#define BAD_COST	0
#else
#define BAD_COST	(DMARING_BAD_COST / DMARING_REAP_MAX)	/* and this as much */
#endif

mtype = { IDLE, ARMED, HELD };

mtype state[BUFFERS] = IDLE;
byte holders[BUFFERS];		/* one bit per consumer */
byte idle = BUFFERS, armed;	/* counters.states[] */
byte runners;
bool kick_wanted;
bool feeder_due;		/* the work item is queued */
bool wrote_bad;			/* B has */

/* NEED_KICK in the rings: as users see it, and on its way to there. */
bool seen_flag[2];
chan kernel_stores = [1] of { bool };

/* Releases: as the kernel sees them, and on their way to there. */
chan ring[2] = [BUFFERS + 1] of { byte };
chan user_stores[2] = [1] of { byte };

bool has_0[2], has_1[2];	/* does the user have the buffer? */
#define has(c)	(has_0[c] || has_1[c])

inline show_flag(flag)
{
	seen_flag[A] = flag;
	seen_flag[B] = flag
}

/* Stores become visible, sooner or later. */
active proctype memory()
{
	byte b;
	bool flag;

end:	do
	:: atomic { user_stores[A] ? b -> ring[A] ! b; b = 0 }
	:: atomic { user_stores[B] ? b -> ring[B] ! b; b = 0 }
	:: atomic { kernel_stores ? flag -> show_flag(flag); flag = 0 }
	od
}

inline user_barrier(c)
{
	if
	:: full(user_stores[c]) -> user_stores[c] ? b; ring[c] ! b
	:: empty(user_stores[c])
	fi
}

inline kernel_barrier()
{
	if
	:: full(kernel_stores) -> kernel_stores ? flag; show_flag(flag); flag = 0
	:: empty(kernel_stores)
	fi
}

inline set_state(b, to)
{
	if
	:: state[b] == IDLE -> idle--
	:: state[b] == ARMED -> armed--
	:: else
	fi;
	if
	:: to == IDLE -> idle++
	:: to == ARMED -> armed++
	:: else
	fi;
	state[b] = to
}

inline put_buf(c, b)
{
	assert(holders[b] & BIT(c));
	holders[b] = holders[b] & ~BIT(c);
	if
	:: holders[b] == 0 -> set_state(b, IDLE)
	:: else
	fi
}

/* Who takes the lock sees what its last holder stored. */
#define may_lock	empty(kernel_stores)

/*
 * dmaring_queue_reap() of at most @most; the lock is held.  More of them were good
 * than there is to look at: then somebody is to look once more.
 */
inline reap(c, most, bad_cost)
{
	n = 0;
	do
	:: n < most && len(ring[c]) > 0 ->
		ring[c] ? b;
		if
		:: b == BAD ->
			n = n + bad_cost;
			bad = true
		:: else ->
			/* Behind a bad one only its writer looks. */
			assert(!bad || most == REAP_ALL);
			put_buf(c, b);
			n++
		fi
	:: else -> break
	od;
	full_batch = n == most && !bad;
	n = 0;
	b = 0;
	bad = false
}

/* rescue() */
inline rescue(c)
{
	reap(c, RECHECK_MOST, BAD_COST);
	more = more || full_batch;
	full_batch = false
}

/* arm_one() until no buffer is idle; this card has always room. */
inline arm_all()
{
	b = 0;
	do
	:: b < BUFFERS ->
		if
		:: state[b] == IDLE -> set_state(b, ARMED)
		:: else
		fi;
		b++
	:: else -> break
	od;
	b = 0
}

#define starving	(runners && !idle && armed <= KICK_BELOW)

/*
 * dmaring_refill(): each turn is arm_one() for what is idle, and then feed():
 * update_kicks(), rescue(), feed_later().
 */
inline refill()
{
	do
	:: atomic {
		may_lock ->
		arm_all();
		if
		:: starving != kick_wanted ->
			kick_wanted = starving;
			kernel_stores ! kick_wanted
		:: else
		fi;
#ifndef NO_KERNEL_BARRIER
		kernel_barrier();				/* d */
#endif
		if
		:: kick_wanted
		:: else -> break
		fi
	   };
	   /* Users go on, and others get the lock. */
	   atomic {
#ifndef NO_RECHECK
		rescue(A);
#ifdef RECHECK_RUNNERS
		if
		:: runners & BIT(B) -> rescue(B)
		:: else
		fi;
#else
		rescue(B);
#endif
#endif
#ifndef NO_FEEDER
		feeder_due = feeder_due || more && !idle;
#endif
		more = false;
		if
		:: idle
		:: else -> break
		fi
	   }
	od
}

/* feeder_work() */
active proctype feeder()
{
	byte b, n;
	bool flag, more, bad, full_batch;

end:	do
	:: feeder_due -> feeder_due = false; refill()
	od
}

/* publish() to a consumer; it takes at once, see take_drop.pml for how */
inline give(c)
{
	if
	:: runners & BIT(c) ->
		has_0[c] = has_0[c] || b == 0;
		has_1[c] = has_1[c] || b == 1
	:: else
	fi
}

/* reap_runners() */
inline reap_runner(c)
{
	if
	:: runners & BIT(c) -> reap(c, REAP_MOST, BAD_COST); full_batch = false
	:: else
	fi
}

/* dmaring_complete() of one or two frames, then dmaring_refill() */
active proctype card()
{
	byte b, n;
	bool flag, more, bad, full_batch;

	/* START of A, when nobody else runs */
	runners = BIT(A);
	refill();
end:	do
	:: atomic {
		armed && may_lock ->
		reap_runner(A);
		reap_runner(B);
		if
		:: state[0] == ARMED -> b = 0
		:: state[1] == ARMED -> b = 1
		fi;
		assert(!has_0[A] && !has_0[B] || b == 1);
		assert(!has_1[A] && !has_1[B] || b == 0);
		holders[b] = runners;
		set_state(b, HELD);
		give(A);
		give(B);
		b = 0
	   };
	   if
	   :: refill()
	   :: armed
	   fi
	od
}

/* ring_put() of any frame that the user has, or of none */
inline ring_put(c)
{
	atomic {
		if
		:: c == B && !wrote_bad -> wrote_bad = true; b = BAD
		:: has_0[c] -> has_0[c] = false; b = 0
		:: has_1[c] -> has_1[c] = false; b = 1
		fi;
		user_stores[c] ! b;
#ifndef NO_USER_BARRIER
		user_barrier(c);				/* D */
#endif
		b = 0
	}
}

/* A release or a batch, then a look at the flags: dmaring_release_batch() */
inline release(c)
{
	ring_put(c);
	if
	:: has(c) -> ring_put(c)
	:: skip
	fi;
	if
	:: seen_flag[c] && !(c == B && wrote_bad) ->
		/* dmaring_consumer_kick(): to take a lock is a barrier */
		atomic { may_lock -> user_barrier(c); reap(c, REAP_ALL, 1); full_batch = false };
		refill()
	:: else
	fi
}

active proctype user_a()
{
	byte b, n;
	bool flag, more, bad, full_batch;

end:	do
	:: has(A) -> release(A)
	od
}

/* dmaring_consumer_start(), while the card runs for A */
inline start()
{
	atomic { may_lock -> reap(B, REAP_ALL, 1); full_batch = false };
	atomic { may_lock -> runners = runners | BIT(B) };
#ifndef START_WITHOUT_REFILL
	refill()
#endif
}

/* A frame that STOP drops: this one was still on the queue. */
inline drop(has_it, b)
{
	if
	:: has_it -> has_it = false; put_buf(B, b)
	:: skip
	fi
}

/* dmaring_consumer_stop() */
inline stop()
{
	atomic {
		may_lock ->
		runners = runners & ~BIT(B);
#ifdef STOP_CLEARS_FLAG
		seen_flag[B] = false;
#endif
		drop(has_0[B], 0);
		drop(has_1[B], 1)
	};
#ifndef STOP_WITHOUT_REFILL
	refill()
#endif
}

active proctype user_b()
{
	byte b, n;
	bool flag, more, bad, full_batch;

	runners -> start();
	if
	:: has(B) -> release(B)
	:: skip
	fi;
	stop();
	/* Stopped: frames still come back, but it makes no call of its own. */
	if
	:: has(B) -> release(B)
	:: skip
	fi;
	if
	:: start()
	:: skip
	fi;
end:	do
	:: has(B) -> release(B)
	:: has(B) -> break		/* it keeps them */
	od
}

/* Nothing goes on: then no release was overlooked, and the card has the rest. */
active proctype end_of_all()
{
	timeout ->
	assert(len(ring[A]) == 0 && (len(ring[B]) == 0 || wrote_bad) && !idle)
}
