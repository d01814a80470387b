/* SPDX-License-Identifier: MIT */
/*
 * A card without room: arm() answers -EBUSY, or queue_length says so before.
 *
 * Its queue takes any number up to queue_length.  A place in it is free again
 * before the completion, or after all of a handler, or already when the card
 * has filled the buffer; then the driver calls dmaring_refill() for that, as
 * dmaring/hw.h asks.  Two threads take frames and give them back by system calls,
 * or keep them.  Frames end at any moment.
 *
 * A step is what the code does under stream->lock, or a look without it.  Who
 * looks without it may see what is stored under it late, each value as it was
 * or as it is; and who has just unlocked may have looked already while he had the
 * lock.  What a refill does for a card that starves is in kick.pml and rescue.pml.
 *
 * BROKEN LAST_IN_LINE		a buffer that the card did not take is the last one
 * BROKEN NO_CARD_FULL		system calls try although the card has no room
 * BROKEN FULL_FOR_EVER		card_full stays when the card took all there was
 * BROKEN LOOK_FIRST		a system call looks first and releases then
 * BROKEN NO_QUEUE_LENGTH	arm() is called for more than queue_length
 * BROKEN NO_ARM_LOCK		two processors call arm() at the same time
 * BROKEN IDLE_BEFORE_LOCK	whether a buffer is idle is looked at without
 *				arm_lock, while somebody has claimed it in vain
 * BROKEN REFILL_BEFORE_ROOM	the handler refills first and makes room then
 *
 * VALUE ARM_AT_ONCE driver/core/stream.c:
 *	define ARM_AT_ONCE #
 *
 * CODE LAST_IN_LINE driver/core/refill.c unclaim:
 *	dmaring_set_line_first(
 * CODE NO_CARD_FULL driver/core/internal.h dmaring_refill_if_needed:
 *	!READ_ONCE(stream->card_full) ... dmaring_refill(
 * CODE FULL_FOR_EVER driver/core/refill.c arm_one:
 *	dmaring_in_line(stream) && !READ_ONCE(stream->card_full)) ... claim_first(
 * CODE FULL_FOR_EVER driver/core/refill.c claim_first:
 *	spin_lock(&stream->lock) ... } else { ... card_full, false) ... spin_unlock(
 * CODE LOOK_FIRST driver/core/exchange.c dmaring_exchange_release:
 *	dmaring_queue_release( ... spin_unlock_irq( ... dmaring_refill_if_needed(
 * CODE LOOK_FIRST driver/core/exchange.c reap_and_refill:
 *	dmaring_exchange_reap( ... dmaring_refill_if_needed(
 * CODE NO_QUEUE_LENGTH driver/core/refill.c arm_one:
 *	>= READ_ONCE(stream->queue_room) ... claim_first(
 * CODE NO_ARM_LOCK driver/core/refill.c arm_some:
 *	spin_lock_irqsave(&stream->arm_lock ... arm_one( ... spin_unlock_irqrestore(&stream->arm_lock
 * CODE IDLE_BEFORE_LOCK driver/core/refill.c arm_one:
 *	lockdep_assert_held(&stream->arm_lock); ... dmaring_in_line(stream)
 */

#define BUFFERS		3
#define QUEUE_LENGTH	2
#define ARM_BELOW	(ARM_AT_ONCE < QUEUE_LENGTH -> ARM_AT_ONCE : QUEUE_LENGTH)

mtype = { BEFORE, AFTER, FILLED };	/* when a place is free */

/* The card and its driver. */
mtype frees;
byte places;				/* in its queue */
byte used;				/* of these */
byte has, filled;			/* buffers; of these it has filled */

/* Under stream->lock. */
byte idle = BUFFERS, armed;
bool card_full;
bool same;				/* the sequence, since arm_one() looked */

byte waiting;				/* frames that nobody has taken */
bool arm_lock, arming;
bool refused;				/* the card had no room for one, */
byte ahead;				/* and so many are in line before it */
byte know_full;				/* who knows that, one bit per process */

/* Whose stores others may not see, 0: all do; what they see until then. */
byte owner;
bool arm_unlock;			/* it is one of these stores */
byte old_idle, old_armed;
bool old_full;
bool old_sequence;

active proctype memory()
{
end:	do
	:: atomic {
		owner ->
		owner = 0;
		arm_unlock = false;
		old_idle = 0;
		old_armed = 0;
		old_full = false;
		old_sequence = false
	   }
	od
}

/* Who takes the lock sees what its last holder stored. */
#define may_lock	(!owner || owner == _pid)

inline lock()
{
	may_lock ->
	owner = _pid;
	arm_unlock = false;
	old_idle = idle;
	old_armed = armed;
	old_full = card_full;
	old_sequence = false
}

/* Without the lock. */
inline look(to, now, old)
{
	atomic {
		if
		:: to = now
		:: !may_lock -> to = old
		fi
	}
}

/* arm_one(): @err is true when it did not arm one */
inline arm_one()
{
	atomic {
		look(same, true, !old_sequence);
		look(a, idle, old_idle);
		look(err, card_full, old_full);
#ifdef FULL_FOR_EVER
		err = false;
#endif
		err = !a && !err;
#ifndef NO_QUEUE_LENGTH
		look(a, armed, old_armed);
		err = err || a >= QUEUE_LENGTH;
#endif
		a = 0
	};
	if
	:: err
	:: else ->
		/* claim_first(); then arm() begins */
		atomic {
			lock();
			if
			:: !idle ->
				err = true;
#ifndef FULL_FOR_EVER
				card_full = false;
				know_full = 0
#endif
			:: else ->
				idle--;
				armed++;
				assert(!refused || !ahead);
				refused = false;
				assert(!arming);
				assert(!(know_full & 1 << _pid));
				assert(has < QUEUE_LENGTH);
				arming = true
			fi
		};
		if
		:: err
		:: else ->
			/* ops->arm() */
			atomic {
				arming = false;
				err = used >= places;
				if
				:: err
				:: else -> used++; has++; same = false
				fi
			};
			if
			:: err ->
				/* unclaim() */
				atomic {
					lock();
					card_full = same;
					same = false;
					armed--;
					refused = true;
#ifdef LAST_IN_LINE
					ahead = idle;
#endif
					idle++
				}
			:: else
			fi
		fi
	fi
}

/* dmaring_refill(); a card that starves is in rescue.pml */
inline refill()
{
#ifdef IDLE_BEFORE_LOCK
	look(a, idle, old_idle);
	if
	:: !a
	:: else ->
	a = 0;
#endif
#ifndef NO_ARM_LOCK
	atomic { !arm_lock && (!arm_unlock || may_lock) -> arm_lock = true };
#endif
	do
	:: arm_one();
		if
		:: err -> break
		:: else
		fi
	od;
	atomic {
		err = false;
		same = false;
#ifndef NO_ARM_LOCK
		arm_lock = false;
		arm_unlock = owner == _pid
#endif
	}
#ifdef IDLE_BEFORE_LOCK
	fi
#endif
}

/* The hardware. */
active proctype card()
{
	atomic {
		select (places : 1 .. QUEUE_LENGTH);
		if
		:: frees = BEFORE
		:: frees = AFTER
		:: frees = FILLED
		fi
	};
	do
	:: atomic {
		filled < has ->
		filled++;
		if
		:: frees == FILLED -> used--
		:: else
		fi
	   }
	:: break				/* no more frames */
	od
}

active proctype handler()
{
	byte a, done;
	bool err;

	places -> refill();			/* START */
end:	do
	:: filled ->				/* an interrupt */
	   do
	   :: filled ->
		used = used - (frees == BEFORE);
		/* dmaring_complete() */
		atomic {
			lock();
			has--;
			filled--;
			done = done + (frees == AFTER);
			armed--;
			waiting++;
			card_full = false;
			know_full = 0;
			same = false;
			old_sequence = true
		}
	   :: else -> break
	   od;
#ifdef REFILL_BEFORE_ROOM
	   refill();
#endif
	   atomic {
		used = used - done;
		done = 0
	   };
#ifndef REFILL_BEFORE_ROOM
	   refill()
#endif
	od
}

/* Perhaps looked at while it still had the lock, perhaps later. */
inline look_at_card()
{
	atomic {
		if
		:: look(enough, card_full, old_full)
		:: skip
		fi;
		if
		:: look(a, armed, old_armed)
		:: skip
		fi
	}
}

/* dmaring_exchange_release(), with dmaring_refill_if_needed() */
inline release()
{
#ifdef LOOK_FIRST
	atomic { enough = card_full; a = armed };
	look_at_card();
#endif
	atomic {
		lock();
		idle++;
#ifndef LOOK_FIRST
		know_full = know_full | card_full << _pid;
		enough = card_full;
		a = armed
#endif
	};
	atomic {
#ifndef LOOK_FIRST
		look_at_card();
#endif
#ifdef NO_CARD_FULL
		enough = false;
#endif
		enough = enough || a >= ARM_BELOW;
		a = 0
	};
	if
	:: enough
	:: else -> refill()
	fi;
	atomic { enough = false; know_full = know_full & ~(1 << _pid) }
}

active [2] proctype user()
{
	byte a;
	bool err, enough;

end:	do
	:: atomic { waiting -> waiting-- };		/* DEQUEUE */
		if
		:: release()
		:: break				/* it keeps this one */
		fi
	od
}

/* Nothing goes on: is a buffer idle although the card has room and few others? */
active proctype end_of_all()
{
	timeout ->
	assert(!idle || used >= places || armed >= ARM_BELOW)
}
