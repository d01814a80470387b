/* SPDX-License-Identifier: MIT */
/*
 * One DEQUEUE gives back what the last one took, then takes what comes next.
 *
 * A thread does that in a loop, with one array for the cookies that go and the
 * frames that come.  Any access of the kernel to the array and to the argument
 * may fail, and any wait may be interrupted; then the call ends, or begins anew
 * with the argument that stands there.  The thread is honest, or there stands
 * any cookie whenever the kernel looks.
 *
 * Another thread takes frames of the same consumer and gives them back.  What
 * waits may be dropped at any step (LATEST, STOP), the card may be removed, and
 * the consumer is detached, attached again, and dies.
 *
 * A step is what the code does in one piece under stream->lock; how the tail is
 * moved is in take_drop.pml.  There are no numbers, so that it goes round for
 * ever: a cookie that is not the last one of its buffer is STALE.
 *
 * BROKEN ANSWER_LATE	the caller is told of its release when the call ends
 * BROKEN ANSWER_AFTER	it is told after the release, though that may fail
 * BROKEN NO_TAKING_BACK	it is not told that nothing was released after all
 * BROKEN TAKE_FIRST	the frames that come stand where the cookies stood
 * BROKEN HALF_BATCH	what stands before a bad cookie is released
 * BROKEN SAME_TWICE	the same cookie twice in a batch is not found out
 * BROKEN TELL_AFTER	how many frames were taken is told after that
 * BROKEN COUNT_STAYS	a call that begins anew asks for what was told last
 * BROKEN FREE_AT_DETACH	the queue goes with DETACH, though a call uses it
 */

#define BUFFERS		2
#define ROOM		2		/* of the array */
#define STALE		255

mtype = { AWAY, QUEUED, TAKEN };	/* idle or armed; held by the consumer */

mtype state[BUFFERS] = AWAY;
bool mine[BUFFERS];			/* TAKEN, by the thread */
byte refs;
byte order[BUFFERS], waiting;		/* the queue, oldest first */
bool moved;				/* its tail, since the thread copied */

bool attached = true, gone, dead;
bool has_queue = true;			/* consumer->ring and what goes with it */
byte inside;

/* The thread's memory. */
byte array[ROOM] = STALE;
byte release, count = ROOM;
bool honest;

/* The kernel's copy. */
byte cookies[ROOM] = STALE;

#define waits(b)	(waiting > 0 && order[0] == b || waiting > 1 && order[1] == b)

inline check_buffer(b)
{
	assert((state[b] == QUEUED) == waits(b));
	assert(!mine[b] || state[b] == TAKEN)
}

/* What must be true whenever the lock is free. */
inline check()
{
	check_buffer(0);
	check_buffer(1);
	assert(refs == (state[0] != AWAY) + (state[1] != AWAY))
}

inline grow_stale(b)
{
	array[0] = (array[0] == b -> STALE : array[0]);
	array[1] = (array[1] == b -> STALE : array[1]);
	cookies[0] = (cookies[0] == b -> STALE : cookies[0]);
	cookies[1] = (cookies[1] == b -> STALE : cookies[1])
}

/* dmaring_queue_publish() */
inline publish(b)
{
	grow_stale(b);
	state[b] = QUEUED;
	refs++;
	order[waiting] = b;
	waiting++;
	check()
}

active proctype card()
{
end:	do
	:: atomic { attached && !gone && state[0] == AWAY -> publish(0) }
	:: atomic { attached && !gone && state[1] == AWAY -> publish(1) }
	od
}

inline move_tail()
{
	waiting--;
	order[0] = order[1];
	order[1] = 0;
	moved = true
}

inline drop_hold(b)
{
	assert(state[b] == TAKEN);
	state[b] = AWAY;
	mine[b] = false;
	refs--
}

inline drop_oldest()
{
	state[order[0]] = TAKEN;
	drop_hold(order[0]);
	move_tail();
	check()
}

/* It is not always the thread that is faster. */
active proctype others()
{
end:	do
	:: atomic { waiting -> drop_oldest() }
	:: atomic { attached && waiting -> state[order[0]] = TAKEN; move_tail(); check() }
	:: atomic { attached && state[0] == TAKEN && !mine[0] -> drop_hold(0); check() }
	:: atomic { attached && state[1] == TAKEN && !mine[1] -> drop_hold(1); check() }
	od
}

/* dmaring_exchange_leave() */
inline leave()
{
	atomic { inside--; last = !inside && !attached };
	if
	:: last ->
		last = false;
		atomic {
			if
			:: !attached && !inside -> has_queue = false
			:: else
			fi
		}
	:: else
	fi
}

/* find_taken() of the last cookie of a buffer */
#define is_taken(b)	(b != STALE && state[b] == TAKEN)
#ifdef SAME_TWICE
#define is_other	true
#else
#define is_other	(cookies[1] != cookies[0])
#endif

/* dmaring_exchange_release() of one cookie or two */
inline exchange_release()
{
	atomic {
		if
		:: gone || !attached -> bad = true
		:: else ->
			assert(has_queue);
			bad = !is_taken(cookies[0]);
			if
			:: !bad && asked == 2 -> bad = !(is_taken(cookies[1]) && is_other);
#ifdef HALF_BATCH
				given = true;
				drop_hold(cookies[0])
#endif
			:: else
			fi;
			/* An honest thread has what it gives back. */
			assert(!bad || !honest)
		fi;
		if
		:: !bad ->
			given = true;
			assert(!honest || mine[cookies[0]]);
			drop_hold(cookies[0]);
			if
			:: asked == 2 ->
				assert(!honest || mine[cookies[1]]);
				drop_hold(cookies[1])
			:: else
			fi
		:: else
		fi;
		cookies[0] = STALE;
		cookies[1] = STALE;
		check()
	}
}

inline any_cookie(at)
{
	if
	:: honest -> cookies[at] = array[at]
	:: !honest && state[0] != AWAY -> cookies[at] = 0
	:: !honest && state[1] != AWAY -> cookies[at] = 1
	:: !honest -> cookies[at] = STALE		/* or anything else */
	fi
}

inline get_cookies()
{
	atomic {
		any_cookie(0);
		if
		:: asked == 2 -> any_cookie(1)
		:: else
		fi
	}
}

/* put_user() */
inline put(to, value)
{
	if
	:: to = value
	:: fault = true
	fi
}

/* give_back() */
inline give_back()
{
	get_cookies();
#if !defined(ANSWER_LATE) && !defined(ANSWER_AFTER)
	put(release, 0);
#endif
	if
	:: fault -> failed = true
	:: else ->
		exchange_release();
#ifdef ANSWER_AFTER
		put(release, asked * bad);
#endif
		if
#ifndef NO_TAKING_BACK
		:: bad -> put(release, asked)
#endif
		:: else
		fi;
		/* All or nothing, and told. */
		assert(fault || !bad || !given && release == asked);
		failed = bad || fault;
		bad = false
	fi
}

/* commit() */
inline commit()
{
	atomic {
		assert(has_queue);
		if
		:: moved -> copied = 0
		:: else ->
			do
			:: taken < copied ->
				assert(array[taken] == order[0] || !honest);
				state[order[0]] = TAKEN;
				mine[order[0]] = true;
				move_tail();
				taken++
			:: else -> break
			od;
			check()
		fi;
		moved = false
	}
}

/* copy_frames(): some reach the user */
inline copy()
{
	atomic {
		assert(has_queue);
		moved = false;
		if
		:: waiting ->
			array[0] = order[0];
			copied = 1;
			if
			:: waiting > 1 && wanted > 1 -> array[1] = order[1]; copied = 2
			:: skip
			:: fault = true		/* in the midst of it */
			fi
		:: else
		fi
	}
}

/* dmaring_exchange_take(), one that waits */
inline take()
{
	inside++;
	if
	:: !attached -> failed = true
	:: else ->
		do
		:: copy();
			if
			:: fault -> failed = true; break
			:: !fault && !copied ->
				if
				:: waiting
				:: !attached || gone -> failed = true; break
				:: failed = true; break		/* ETIMEDOUT, EINTR */
				:: anew = true; break
				fi
			:: !fault && copied ->
#ifndef TELL_AFTER
				put(count, copied);
#endif
				if
				:: fault -> failed = true; break
				:: else
				fi;
				commit();
#ifdef TELL_AFTER
				put(count, taken);
				failed = fault;
#endif
				if
				:: taken -> break
				:: else
				fi
			fi
		od
	fi;
	copied = 0;
	leave();
#ifndef COUNT_STAYS
	if
	:: !taken -> put(count, wanted)
	:: else
	fi;
#endif
	if
	:: fault -> failed = true; anew = false
	:: else
	fi
}

#define has(b, n)	(n > 0 && array[0] == b || n > 1 && array[1] == b)

/* What a loop does that does as linux/dmaring.h says. */
inline go_on()
{
	atomic {
		assert(fault || failed || count == taken);
		assert(fault || !failed || !honest || count == ROOM);
		if
		:: !failed -> release = taken
		:: else
		fi;
		count = ROOM;
		/* It knows what it has. */
		if
		:: honest && !gone ->
			assert(mine[0] == has(0, release));
			assert(mine[1] == has(1, release))
		:: !honest && mine[0] + mine[1] -> release = mine[0] + mine[1]
		:: else
		fi;
		if
		:: release < 1 -> array[0] = STALE
		:: else
		fi;
		if
		:: release < 2 -> array[1] = STALE
		:: else
		fi;
		cookies[0] = STALE;
		cookies[1] = STALE;
		failed = false;
		fault = false;
		given = false;
		taken = 0
	}
}

active proctype thread()
{
	byte asked, wanted, copied, taken;
	bool bad, fault, failed, anew, given, last;

	if
	:: attached -> honest = true
	:: skip
	fi;
	do
	:: dead -> break
	:: else ->
		do
		:: atomic { asked = release; wanted = count };
			assert(wanted == ROOM);
#ifdef TAKE_FIRST
			take();
			if
			:: asked && !failed && !anew -> give_back()
			:: else
			fi;
#else
			if
			:: asked -> give_back()
			:: else
			fi;
			if
			:: !failed -> take()
			:: else
			fi;
#endif
			if
			:: anew -> anew = false
			:: else -> break
			fi
		od;
#ifdef ANSWER_LATE
		if
		:: given -> put(release, 0)
		:: else
		fi;
#endif
		go_on()
	od
}

/* let_go_of_all() */
inline let_go(b)
{
	atomic {
		if
		:: state[b] == TAKEN -> drop_hold(b)
		:: else
		fi;
		check()
	}
}

/* dmaring_consumer_detach().  The thread does not know: it is as a hostile one. */
inline detach()
{
	inside++;
	atomic { attached = false; honest = false };
	do
	:: atomic {
		if
		:: waiting -> drop_oldest()
		:: else -> break
		fi
	   }
	od;
	let_go(0);
	let_go(1);
#ifdef FREE_AT_DETACH
	has_queue = false;
#endif
	leave()
}

active proctype life()
{
	bool last;

	detach();
	if
	:: atomic { attached = true; has_queue = true }; detach()
	:: skip
	fi;
	dead = true
}

active proctype remove()
{
	if
	:: gone = true
	:: skip
	fi
}

/* Nothing goes on: then nothing is left. */
active proctype end_of_all()
{
	timeout ->
	assert(!refs && !has_queue && !inside)
}
