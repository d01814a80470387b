/* SPDX-License-Identifier: MIT */
/*
 * The life of a frame that is sent: its buffer is HELD, FILLED, ARMED, HELD.
 *
 * A producer takes empty buffers and submits them; it is hostile, and submits any
 * buffer at any time.  It stops, starts, sleeps with the card, and dies at any step,
 * and then there is another one.  The card may fail to stop, and lies about what it has
 * sent, but not about what it still reads.
 *
 * Of the frames that were submitted and not yet sent, given back or thrown away each is
 * in line, the card's, or kept in quarantine: at every step.  And nobody has a buffer
 * that the card reads, or finds in one what a former producer wrote.
 *
 * A step is what the code does in one piece under stream->lock; the ring and its kicks
 * are those of capture: kick.pml.
 *
 * BROKEN SUBMIT_ANY	what is submitted is not checked for being held and taken
 * BROKEN BELIEVE_CARD	a completion is not checked for an armed buffer
 * BROKEN DOUBT_IS_BACK	what a card has that did not stop is given back
 * BROKEN END_LEAVES_LINE	DETACH leaves the line as it is
 * BROKEN END_KEEPS_FRAMES	DETACH does not forget the frames in quarantine
 * BROKEN NO_SCRUB	ATTACH erases nothing
 * BROKEN SETTLE_ALL	who settles what was ARMED does not look whether it is still so
 * BROKEN ALWAYS_ARMABLE	buffers are armed while the card is being stopped
 */

#define BUFFERS	2

mtype = { IDLE, ARMED, HELD, QUARANTINED, FILLED };

mtype state[BUFFERS] = IDLE;
bool frame[BUFFERS];			/* fills[].bytes is not 0 */
bool former[BUFFERS];			/* what a former producer wrote is in it */
bool taken[BUFFERS];			/* HELD, and not on the queue any more */
bool card_has[BUFFERS];			/* arm() was called: it may read */
chan queue = [BUFFERS] of { byte };	/* empty buffers */
chan line = [BUFFERS] of { byte };

byte pending;				/* submitted - sent - unsent */
bool attached, runs, hw_running, armable, arm_lock, in_doubt;

#define in_flight(b)	(state[b] == FILLED || state[b] == ARMED || \
			 (state[b] == QUARANTINED && frame[b]))

/* What must be true whenever the lock is free. */
inline check_buffer(b)
{
	assert(!card_has[b] || state[b] == ARMED || state[b] == QUARANTINED);
	assert(!taken[b] || state[b] == HELD);
	assert(state[b] != HELD || attached);
	assert(!former[b] || state[b] == IDLE || state[b] == QUARANTINED);
	assert((state[b] != FILLED && state[b] != ARMED) || frame[b])
}

inline check()
{
	check_buffer(0);
	check_buffer(1);
	assert(len(line) == (state[0] == FILLED) + (state[1] == FILLED));
	assert(!attached || pending == in_flight(0) + in_flight(1))
}

/* hand_out() */
inline hand_out(b)
{
	frame[b] = false;
	if
	:: attached -> state[b] = HELD; queue ! b
	:: else -> state[b] = IDLE
	fi
}

/* give_back() */
inline give_back(b)
{
	pending--;
	hand_out(b)
}

/* dmaring_complete() */
active proctype card()
{
	byte b;

end:	do
	:: atomic {
		hw_running ->
		if
		:: b = 0
		:: b = 1
		fi;
		if
#ifdef BELIEVE_CARD
		:: attached && nfull(queue) && !(queue ?? [eval(b)]) ->
#else
		:: state[b] == ARMED ->
#endif
			card_has[b] = false;
			if
			:: state[b] == ARMED -> pending--
			:: else
			fi;
			taken[b] = false;
			hand_out(b)
		:: state[b] == ARMED -> state[b] = QUARANTINED
		:: else
		fi;
		check();
		b = 0
	   }
	od
}

/* dmaring_refill(): arm_one() */
active proctype refill()
{
	byte b;

end:	do
	:: atomic {
		armable && !arm_lock && nempty(line) ->
		arm_lock = true;
		line ? b;
		state[b] = ARMED			/* claim_first() */
	   };
	   atomic {
		if
		:: state[b] == ARMED -> card_has[b] = true	/* ops->arm() */
		:: else
		fi;
		check();
		arm_lock = false;
		b = 0
	   }
	od
}

active proctype producer()
{
	byte b;

end:	do
	:: atomic {
		attached && nempty(queue) -> queue ? b;
		taken[b] = true;
		check();
		b = 0
	   }
	:: atomic {					/* dmaring_queue_submit() */
		attached ->
		if
		:: b = 0
		:: b = 1
		fi;
		if
#ifdef SUBMIT_ANY
		:: nfull(line) ->
#else
		:: state[b] == HELD && taken[b] ->
#endif
			taken[b] = false;
			frame[b] = true;
			state[b] = FILLED;
			line ! b;
			pending++
		:: else
		fi;
		check();
		b = 0
	   }
	od
}

/* dmaring_playback_hand_out() */
inline hand_out_idle()
{
	i = 0;
	do
	:: i < BUFFERS ->
		atomic {
			if
			:: attached && state[i] == IDLE ->
				former[i] = false;
				hand_out(i)
			:: else
			fi;
			check();
			i++
		}
	:: else -> break
	od;
	i = 0
}

/* A buffer that was ARMED is the first in line. */
inline line_first(b)
{
	state[b] = FILLED;
	line ! b;
	rotate = len(line);
	do
	:: rotate > 1 -> line ? other; line ! other; rotate--
	:: else -> break
	od;
	rotate = 0;
	other = 0
}

/* take_back(), set_free() */
inline settle(b)
{
	if
#ifdef DOUBT_IS_BACK
	:: state[b] == ARMED -> line_first(b)
#else
	:: state[b] == ARMED && !in_doubt -> line_first(b)
	:: state[b] == ARMED && in_doubt -> state[b] = QUARANTINED
#endif
	:: state[b] == QUARANTINED && !in_doubt && frame[b] -> give_back(b)
	:: state[b] == QUARANTINED && !in_doubt && !frame[b] -> state[b] = IDLE
#ifdef SETTLE_ALL
	:: state[b] == HELD && was[b] -> line_first(b)
#endif
	:: else
	fi
}

/* hw_stop(); the card may complete what it has until ops->stop() returns. */
inline hw_stop()
{
#ifdef ALWAYS_ARMABLE
	skip;
#else
	atomic { !arm_lock -> armable = false };
#endif
	atomic {
		was[0] = state[0] == ARMED;
		was[1] = state[1] == ARMED
	};
	atomic {
		if
		:: card_has[0] = false; card_has[1] = false; in_doubt = false
		:: in_doubt = true
		fi
	};
	i = 0;
	do
	:: i < BUFFERS ->
		atomic { settle(i); check(); i++ }
	:: else -> break
	od;
	i = 0;
	atomic { hw_running = false; was[0] = false; was[1] = false };
	if
	:: !in_doubt -> hand_out_idle()
	:: else
	fi
}

/* dmaring_playback_give_back(): at most as often as there are buffers */
inline empty_line()
{
	i = 0;
	do
	:: i < BUFFERS ->
		atomic {
			if
			:: nempty(line) -> line ? other; give_back(other)
			:: else
			fi;
			other = 0;
			check();
			i++
		}
	:: else -> break
	od;
	i = 0
}

inline stop()
{
	runs = false;
	if
	:: hw_running -> hw_stop()
	:: else
	fi;
	empty_line()
}

inline detach()
{
	if
	:: runs -> stop()
	:: else
	fi;
	atomic {		/* nobody finds it any more: dmaring_playback_end() */
		attached = false;
		i = 0;
		do
		:: i < BUFFERS ->
			taken[i] = false;
			former[i] = true;
			if
			:: state[i] == HELD -> state[i] = IDLE
			:: else
			fi;
#ifndef END_KEEPS_FRAMES
			if
			:: state[i] != FILLED -> frame[i] = false
			:: else
			fi;
#endif
			i++
		:: else -> break
		od;
		do
		:: nempty(queue) -> queue ? other
		:: else -> break
		od;
#ifndef END_LEAVES_LINE
		do
		:: nempty(line) ->
			line ? other;
			frame[other] = false;
			state[other] = IDLE
		:: else -> break
		od;
#endif
		pending = 0;
		other = 0;
		i = 0;
		check()
	}
}

inline attach()
{
	if
	:: in_doubt -> hw_stop()
	:: else
	fi;
	atomic {				/* scrub() */
#ifndef NO_SCRUB
		former[0] = false;
		former[1] = false;
#endif
		attached = true;
		check()
	};
#ifdef NO_SCRUB
	atomic {
		if
		:: state[0] == IDLE -> hand_out(0)
		:: else
		fi;
		check()
	};
#endif
	hand_out_idle()
}

inline start()
{
	if
	:: in_doubt -> hw_stop()
	:: else
	fi;
	if
	:: !in_doubt -> hw_running = true; armable = true; runs = true
	:: else
	fi
}

/* Under state_mutex, one after the other. */
active proctype control()
{
	bool was[BUFFERS];
	byte i, rotate, other;

end:	do
	:: !attached -> attach()
	:: attached && !runs -> start()
	:: attached && runs -> stop()
	:: attached -> detach()
	:: attached && runs && hw_running ->		/* suspend, resume */
		hw_stop();
		if
		:: !in_doubt -> hw_running = true; armable = true
		:: else -> stop()
		fi
	od
}
