/* SPDX-License-Identifier: MIT */
/*
 * The life of a buffer: IDLE, ARMED, HELD, QUARANTINED.
 *
 * Consumer A records (LOSSLESS) and is honest, but gives some frame back twice,
 * the second time at any moment later.  Consumer B views (LATEST, one buffer in
 * all) and is hostile: whenever the kernel looks at B's memory, there stands
 * anything, any tail and any cookie.  Both stop, start and die at any step, and
 * the card is removed at any step.  The card may fail to stop, and lie about
 * what it completed.
 *
 * A step is what the code does in one piece under stream->lock; users of the
 * ring in between are in take_drop.pml, who refills when in kick.pml.
 *
 * There are no numbers in the model, so that it goes round for ever: a queue
 * from tail to head is a channel, to move the tail is to receive from it.  Of a
 * cookie only matters whether it names the last publication of its buffer.
 *
 * BROKEN BARE_INDEX	a release names the buffer, not the publication
 * BROKEN TRUST_TAIL	the tail in the ring is believed, whatever it is
 * BROKEN RELEASE_QUEUED	a release is not checked for having been taken
 * BROKEN DETACH_FORGETS	who dies does not give back what it had taken
 * BROKEN DOUBT_IS_IDLE	buffers of a card that did not stop are used again
 * BROKEN ALWAYS_ARMABLE	buffers are armed while the card is being stopped
 * BROKEN BELIEVE_CARD	a completion is not checked for an armed buffer
 * BROKEN NO_RESERVATION	max_held is not looked at
 */

#define BUFFERS		2
#define MOST_OF_B	1		/* depth + max_held */

#define A	0
#define B	1
#define BIT(c)	(1 << (c))

mtype = { IDLE, ARMED, HELD, QUARANTINED };

mtype state[BUFFERS] = IDLE;
byte holders[BUFFERS];			/* one bit per consumer */
byte counted[5];			/* counters.states[], by mtype */
bool card_has[BUFFERS];			/* arm() was called: it may write */

bool armable, hw_running, gone;
bool state_mutex, arm_lock;
byte runners, running;
bool in_doubt;				/* the last stop() failed */

/* struct dmaring_consumer */
bool attached[2], runs[2];
byte refs[2];
chan queue_a = [BUFFERS] of { byte };
chan queue_b = [BUFFERS] of { byte };

bool reads[BUFFERS];			/* A has taken a frame in this buffer, */
bool may_repeat;			/* and has released one of late */
byte repeated;				/* in this one; */
bool repeats_last;			/* its cookie is still the buffer's last */

/* What must be true whenever the lock is free. */
inline check_buffer(b)
{
	assert((holders[b] != 0) == (state[b] == HELD));
	assert(!card_has[b] || state[b] == ARMED || state[b] == QUARANTINED);
	assert(!reads[b] || (holders[b] & BIT(A)))
}

inline check()
{
	check_buffer(0);
	check_buffer(1);
	assert(counted[IDLE] + counted[ARMED] + counted[HELD] +
	       counted[QUARANTINED] == BUFFERS);
	assert(refs[B] <= MOST_OF_B)
}

inline set_state(b, to)
{
	counted[state[b]]--;
	state[b] = to;
	counted[to]++
}

inline put_buf(c, b)
{
	assert(holders[b] & BIT(c));
	holders[b] = holders[b] & ~BIT(c);
	refs[c]--;
	if
	:: holders[b] == 0 -> set_state(b, IDLE)
	:: else
	fi
}

/* dmaring_queue_sync(): B seems to have taken any number of those that wait */
inline sync_b()
{
#ifdef TRUST_TAIL
	/* It rewinds its tail: something seems to wait once more. */
	if
	:: nfull(queue_b) -> queue_b ! 0
	:: skip
	fi;
#endif
	do
	:: queue_b ? b
	:: break
	od
}

#ifdef NO_RESERVATION
#define too_many	false
#else
#define too_many	(refs[B] >= MOST_OF_B)
#endif

/* make_room(), for B: drop what waits, if its tail lets us */
inline make_room(room)
{
	room = true;
	sync_b();
	do
	:: !too_many -> break
	:: too_many && nempty(queue_b) -> queue_b ? b; put_buf(B, b)
	:: too_many -> room = false; break
	od
}

/* publish(), with dmaring_queue_publish() for each consumer */
inline publish(buffer)
{
	assert(!reads[buffer]);
	if
	:: may_repeat && repeated == buffer -> repeats_last = false
	:: else
	fi;
	if
	:: runners & BIT(A) ->
		queue_a ! buffer;
		refs[A]++;
		holders[buffer] = holders[buffer] | BIT(A)
	:: else
	fi;
	if
	:: runners & BIT(B) -> make_room(room)
	:: else
	fi;
	if
	:: room ->
		queue_b ! buffer;
		refs[B]++;
		holders[buffer] = holders[buffer] | BIT(B);
		room = false
	:: else
	fi;
	set_state(buffer, (holders[buffer] -> HELD : IDLE))
}

/*
 * dmaring_complete(), of any buffer.  A card that says that it has filled one of
 * those it was given is believed, nobody can know better.
 */
active proctype card()
{
	byte b, which;
	bool room;

end:	do
	:: atomic {
		hw_running ->
		if
		:: which = 0
		:: which = 1
		fi;
		if
#ifdef BELIEVE_CARD
		:: card_has[which] || state[which] != ARMED ->
			card_has[which] = false;
			publish(which)
#else
		:: state[which] != ARMED	/* bad_completions */
		:: state[which] == ARMED && card_has[which] ->
			card_has[which] = false;
			publish(which)
#endif
		:: state[which] == ARMED && card_has[which] ->
			/* of an impossible length */
			set_state(which, QUARANTINED)
		:: else
		fi;
		check();
		b = 0;
		which = 0
	   }
	od
}

/* dmaring_refill(), whoever calls it: arm_one() */
active proctype refill()
{
	byte b;

end:	do
	:: atomic {
		counted[IDLE] && armable && !arm_lock ->
		arm_lock = true;
		if
		:: state[0] == IDLE -> b = 0
		:: state[1] == IDLE -> b = 1
		fi;
		set_state(b, ARMED)			/* claim_first() */
	   };
	   atomic {
		card_has[b] = true;			/* ops->arm() */
		check();
		arm_lock = false;
		b = 0
	   }
	od
}

/* has_taken(), after dmaring_queue_sync() */
#ifdef RELEASE_QUEUED
#define taken(queue, b)	true
#else
#define taken(queue, b)	(!(queue ?? [eval(b)]))
#endif

#ifdef BARE_INDEX
#define names_last	true
#else
#define names_last	repeats_last
#endif

active proctype user_a()
{
	byte b;

end:	do
	:: atomic {					/* ring_try_take_one() */
		attached[A] && nempty(queue_a) ->
		queue_a ? b;
		reads[b] = true;
		check();
		b = 0
	   }
	:: atomic {					/* dmaring_release() */
		reads[0] || reads[1] ->
		if
		:: reads[0] -> b = 0
		:: reads[1] -> b = 1
		fi;
		assert(taken(queue_a, b));
		reads[b] = false;
		put_buf(A, b);
		may_repeat = true;
		repeated = b;
		repeats_last = true;
		check();
		b = 0
	   }
	:: atomic {					/* once more */
		may_repeat ->
		if
		:: attached[A] && names_last && (holders[repeated] & BIT(A)) &&
		   taken(queue_a, repeated) -> put_buf(A, repeated)
		:: else
		fi;
		may_repeat = false;
		repeated = 0;
		repeats_last = false;
		check()
	   }
	od
}

/* The cookies of B are the right ones: the others change nothing. */
active proctype user_b()
{
	byte b, which;

end:	do
	:: atomic {
		attached[B] && holders[0] + holders[1] ->
		sync_b();
		if
		:: which = 0
		:: which = 1
		fi;
		if
		:: (holders[which] & BIT(B)) && taken(queue_b, which) ->
			put_buf(B, which)
		:: else
		fi;
		check();
		b = 0;
		which = 0
	   }
	od
}

/* hw_stop() */
inline hw_stop()
{
#ifdef ALWAYS_ARMABLE
	skip;
#else
	atomic { !arm_lock -> armable = false };
#endif
	atomic {
		if
		:: card_has[0] = false; card_has[1] = false; in_doubt = false
		:: in_doubt = true
		fi;
		hw_running = false
	};
	i = 0;
	do
	:: i < BUFFERS ->
		atomic {				/* settle_buffers() */
			if
#ifdef DOUBT_IS_IDLE
			:: state[i] == ARMED ->
				set_state(i, IDLE)
#else
			:: state[i] == ARMED ->
				set_state(i, (in_doubt -> QUARANTINED : IDLE))
#endif
			:: state[i] == QUARANTINED && !in_doubt ->
				set_state(i, IDLE)
			:: else
			fi;
			i++;
			check()
		}
	:: else -> break
	od;
	i = 0
}

/* dmaring_stream_recheck() */
inline recheck()
{
	if
	:: !hw_running && counted[QUARANTINED] -> hw_stop()
	:: else
	fi
}

inline lock_mutex()
{
	atomic { !state_mutex -> state_mutex = true }
}

/* start_locked() */
inline start(c)
{
	lock_mutex();
	if
	:: gone || runs[c]
	:: else ->
		atomic { runners = runners | BIT(c); runs[c] = true };
		if
		:: running -> running++
		:: else ->
			recheck();
			atomic {
				if
				:: counted[QUARANTINED] ->	/* -ETIMEDOUT */
					runners = runners & ~BIT(c);
					runs[c] = false
				:: else ->
					running++;
					hw_running = true;
					armable = true
				fi
			}
		fi
	fi;
	state_mutex = false
}

/* dmaring_queue_drop_some() until nothing waits */
inline drop_waiting(queue, c)
{
	do
	:: atomic {
		if
		:: c == B -> sync_b()
		:: else
		fi;
		if
		:: nempty(queue) -> queue ? b; put_buf(c, b); check(); b = 0
		:: empty(queue) -> break
		fi
	   }
	od
}

/* stop_locked() */
inline stop(queue, c)
{
	if
	:: runs[c] ->
		atomic { runners = runners & ~BIT(c); runs[c] = false };
		drop_waiting(queue, c);
		running--;
		if
		:: !running && hw_running -> hw_stop()
		:: else
		fi
	:: else
	fi
}

/* detach_locked(), with dmaring_queue_release_all() */
inline detach(queue, c)
{
	lock_mutex();
	atomic {
		attached[c] = false;
		if
		:: c == A -> reads[0] = false; reads[1] = false
		:: else
		fi
	};
	stop(queue, c);
#ifndef DETACH_FORGETS
	i = 0;
	do
	:: i < BUFFERS ->
		atomic {
			if
			:: holders[i] & BIT(c) -> put_buf(c, i)
			:: else
			fi;
			i++;
			check()
		}
	:: else -> break
	od;
	i = 0;
#endif
	state_mutex = false
}

/* The application: it runs, may stop and run again, and dies at any step. */
inline life(queue, c)
{
	attached[c] = true;
	start(c);
	if
	:: lock_mutex(); stop(queue, c); state_mutex = false;
		if
		:: start(c)
		:: skip
		fi
	:: skip
	fi;
	detach(queue, c)
}

proctype life_a()
{
	byte b, i;

	life(queue_a, A)
}

proctype life_b()
{
	byte b, i;

	life(queue_b, B)
}

/* dmaring_unregister() */
proctype remove()
{
	byte b, i;

	if
	:: gone = true;
		lock_mutex();
		if
		:: hw_running -> hw_stop()
		:: else -> recheck()
		fi;
		state_mutex = false;
		drop_waiting(queue_a, A);
		drop_waiting(queue_b, B)
	:: skip
	fi
}

init
{
	atomic {
		counted[IDLE] = BUFFERS;
		run life_a();
		run life_b();
		run remove()
	}
}

/* All are dead: nothing is lost but what the card may still write. */
active proctype end_of_all()
{
	timeout ->
	assert(!attached[A] && !attached[B] && !runners && !running);
	assert(!counted[HELD] && !counted[ARMED] && !refs[A] && !refs[B]);
	assert(in_doubt || counted[IDLE] == BUFFERS)
}
