/* SPDX-License-Identifier: MIT */
/*
 * Taken or dropped, never both: A a and B b of the shared ring (linux/dmaring.h).
 *
 * The kernel publishes to a LATEST consumer and drops the oldest frame when too
 * many wait, while two threads take them.  (DEQUEUE is such a thread, too: its
 * commit() moves the tail as they do; more of it is in dequeue.pml.)  At any
 * moment STOP, or the removal of the card, drops what waits.  A slot is copied
 * in two parts, so that one that is written meanwhile is noticed.
 *
 * The model has no store buffers, which order stores anyway.  Where weaker
 * processors could do something else, the variant does it in that other order.
 *
 * BROKEN DROP_WITHOUT_CMPXCHG	the kernel drops by a plain store
 * BROKEN FORCED_DROP		so does STOP or the removal, unprovoked
 * BROKEN PUBLISH_AFTER_GONE	frames are published after what waited was dropped
 * BROKEN TAIL_AFTER_HEAD	A: the user loads the head first: it loads the
 *				tail without acquire
 * BROKEN HEAD_BEFORE_SLOT	a: the head is stored before the slot
 * BROKEN COPY_AFTER_TAKE	B: the slot is read after the tail was moved
 *
 * VALUE DROP_TRIES driver/core/queue.c:
 *	define DROP_TRIES #
 *
 * CODE DROP_WITHOUT_CMPXCHG driver/core/queue.h dmaring_queue_move_tail:
 *	cmpxchg(&
 * CODE TAIL_AFTER_HEAD userlib/src/ring.h ring_try_take_one:
 *	load_acquire(&ring->frames_tail) ... frames_head
 * CODE TAIL_AFTER_HEAD userlib/src/ring.h ring_take:
 *	load_acquire(&ring->frames_tail) ... frames_head
 * CODE TAIL_AFTER_HEAD driver/core/exchange.c peek:
 *	frames_tail); ... smp_rmb(); ... (&consumer->head)
 * CODE HEAD_BEFORE_SLOT driver/core/queue.c dmaring_queue_publish:
 *	= *frame; ... smp_store_release(&ring
 * CODE COPY_AFTER_TAKE userlib/src/ring.h ring_try_take_one:
 *	copy_slot( ... move_release(
 * CODE COPY_AFTER_TAKE userlib/src/ring.h ring_take:
 *	ring_copy( ... move_release(
 */

#define FRAMES	3
#define SLOTS	2		/* as many as buffers */
#define DEPTH	2
#define NOBODY	255

mtype = { NEW, QUEUED, TAKEN, DROPPED };

byte first[SLOTS], second[SLOTS];	/* of a slot: the frame, twice */
byte seen_head, tail;			/* in the ring */
byte head, kernel_tail;			/* consumer->head, ->tail */
byte frame_at[FRAMES + SLOTS] = NOBODY;	/* by index: the frame; order[] */
mtype fate[FRAMES] = NEW;
bool gone;				/* no more publishing, too, after STOP */

#define waits	(head - kernel_tail)

inline becomes(frame, what)
{
	assert(fate[frame] == QUEUED);
	fate[frame] = what
}

/* dmaring_queue_sync() */
inline sync()
{
	assert(tail >= kernel_tail && tail <= head);
	kernel_tail = tail
}

/* drop_oldest(): in two steps, between sync() and which users may take */
inline drop_oldest(force, done)
{
	atomic {
		if
		:: force || tail == kernel_tail ->
			tail = kernel_tail + 1;
			becomes(frame_at[kernel_tail], DROPPED);
			kernel_tail++;
			done = true
		:: else -> done = false
		fi
	}
}

#ifdef DROP_WITHOUT_CMPXCHG
#define FORCE_OF_MAKE_ROOM	true
#else
#define FORCE_OF_MAKE_ROOM	false
#endif
#ifdef FORCED_DROP
#define FORCE_OF_STOP		true
#else
#define FORCE_OF_STOP		false
#endif

/* write_slot(), then the head (a) */
inline publish()
{
	frame_at[head] = frame;
	fate[frame] = QUEUED;
#ifdef HEAD_BEFORE_SLOT
	seen_head = head + 1;
#endif
	first[head % SLOTS] = frame;
	second[head % SLOTS] = frame;
	head++;
	seen_head = head
}

/* One process for all that the kernel does under the lock, one by one. */
active proctype kernel()
{
	byte frame, tries, rounds;
	bool done;

	do
	:: frame < FRAMES ->
		/* dmaring_queue_publish(), with make_room() */
		tries = DROP_TRIES;
		do
		:: tries--;
			sync();
			if
			:: waits < DEPTH -> break
			:: else -> drop_oldest(FORCE_OF_MAKE_ROOM, done)
			fi;
			if
			:: done -> break
			:: else
			fi;
			/* Only a hostile user makes the kernel drop the newest. */
			assert(tries)
		od;
		assert(waits < DEPTH);
		publish();
		frame++
	:: break
	od;

	/* stop_locked(), dmaring_drop_waiting() */
	rounds = SLOTS;
	do
	:: sync();
		if
		:: waits -> drop_oldest(FORCE_OF_STOP, done)
		:: else -> break
		fi;
		if
		:: done
		:: else ->
			/* An honest user takes one each time. */
			assert(rounds);
			rounds--
		fi
	od;
	gone = true;
#ifdef PUBLISH_AFTER_GONE
	if
	:: frame < FRAMES -> publish()
	:: else
	fi;
#endif
	assert(tail == head)
}

/* ring_try_take_one(), again and again */
proctype user()
{
	byte t, h, a, b;

	do
	:: true ->
#ifdef TAIL_AFTER_HEAD
		h = seen_head;
		t = tail;
#else
		t = tail;
		h = seen_head;					/* A */
#endif
again:		if
		:: h == t -> skip
		:: h != t ->
#ifndef COPY_AFTER_TAKE
			a = first[t % SLOTS];
			b = second[t % SLOTS];
#endif
			atomic {
				if
				:: tail == t ->				/* B */
					assert(t < h);
					tail = t + 1;
					assert(frame_at[t] != NOBODY);
					becomes(frame_at[t], TAKEN)
				:: else -> t = tail; h = seen_head; goto again
				fi
			};
#ifdef COPY_AFTER_TAKE
			a = first[t % SLOTS];
			b = second[t % SLOTS];
#endif
			assert(a == frame_at[t] && b == a)
		fi
	:: gone -> break
	od
}

init
{
	run user();
	run user()
}
