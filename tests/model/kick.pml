/* SPDX-License-Identifier: MIT */
/*
 * The kick: D and d of the shared ring (linux/dmaring.h).
 *
 * Can the card run dry although buffers were released?  Users only write into
 * their rings here and never poll, which would hide the fault.  Consumer A
 * always runs.  Consumer B stops at any moment, may give back what it has
 * while it is stopped, may start again, and may keep frames for ever.
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
 * BROKEN RECHECK_SOME		only a few releases of each are
 * BROKEN STOP_CLEARS_FLAG	STOP takes NEED_KICK out of the ring
 * BROKEN STOP_WITHOUT_REFILL	what STOP drops stays idle
 */

#define BUFFERS		2
#define KICK_BELOW	1

#define A	0
#define B	1
#define BIT(c)	(1 << (c))

#ifdef RECHECK_SOME
#define RECHECK_MOST	1		/* DMARING_BATCH, made small */
#else
#define RECHECK_MOST	BUFFERS
#endif
#define REAP_MOST	1		/* DMARING_REAP_MAX, made small */

mtype = { IDLE, ARMED, HELD };

mtype state[BUFFERS] = IDLE;
byte holders[BUFFERS];		/* one bit per consumer */
byte idle = BUFFERS, armed;	/* counters.states[] */
byte runners;
bool kick_wanted;
bool lock;			/* stream->lock, where it is kept over steps */

/* NEED_KICK in the rings: as users see it, and on its way to there. */
bool seen_flag[2];
chan kernel_stores = [1] of { bool };

/* Releases: as the kernel sees them, and on their way to there. */
chan ring[2] = [BUFFERS] of { byte };
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
	:: full(kernel_stores) -> kernel_stores ? flag; show_flag(flag)
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

/* dmaring_queue_reap() of at most @most; the lock is held. */
inline reap(c, most)
{
	n = 0;
	do
	:: n < most && len(ring[c]) > 0 -> ring[c] ? b; put_buf(c, b); n++
	:: else -> break
	od;
	n = 0;
	b = 0
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
 * dmaring_refill(): each turn is arm_one() for what is idle, and then
 * update_kicks().
 */
inline refill()
{
	do
	:: atomic {
		!lock ->
		arm_all();
		if
		:: starving == kick_wanted -> break
		:: else ->
			lock = true;
			kick_wanted = starving;
			kernel_stores ! kick_wanted;
#ifndef NO_KERNEL_BARRIER
			kernel_barrier()			/* d */
#endif
		fi
	   };
	   /* Users go on, but nobody gets the lock. */
	   atomic {
#ifndef NO_RECHECK
		if
		:: kick_wanted ->
			reap(A, RECHECK_MOST);
#ifdef RECHECK_RUNNERS
			if
			:: runners & BIT(B) -> reap(B, RECHECK_MOST)
			:: else
			fi
#else
			reap(B, RECHECK_MOST)
#endif
		:: else
		fi;
#endif
		again = kick_wanted && idle
	   };
	   /* The store that unlocks comes after all others. */
	   atomic {
		empty(kernel_stores) -> lock = false;
		if
		:: again -> again = false
		:: else -> break
		fi
	   }
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
	:: runners & BIT(c) -> reap(c, REAP_MOST)
	:: else
	fi
}

/* dmaring_complete() of one or two frames, then dmaring_refill() */
active proctype card()
{
	byte b, n;
	bool again, flag;

	/* START of A, when nobody else runs */
	runners = BIT(A);
	refill();
end:	do
	:: atomic {
		armed && !lock ->
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

/* ring_put() of any frame that the user has */
inline ring_put(c)
{
	atomic {
		if
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
	:: seen_flag[c] ->
		/* dmaring_consumer_kick(): to take a lock is a barrier */
		atomic { !lock -> user_barrier(c); reap(c, BUFFERS) };
		refill()
	:: else
	fi
}

active proctype user_a()
{
	byte b, n;
	bool again, flag;

end:	do
	:: has(A) -> release(A)
	od
}

/* dmaring_consumer_start(), while the card runs for A */
inline start()
{
	atomic { !lock -> reap(B, BUFFERS) };
	atomic { !lock -> runners = runners | BIT(B) }
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
		!lock ->
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
	bool again, flag;

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
	assert(len(ring[A]) == 0 && len(ring[B]) == 0 && !idle)
}
