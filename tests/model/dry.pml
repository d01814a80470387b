/* SPDX-License-Identifier: MIT */
/*
 * Cards that keep completions to themselves, and the threshold for kicks.
 *
 * A card may save interrupts.  A buffer that it has filled and not told of counts
 * as armed.  So it may come to its last empty buffer, or to none, while others
 * lie in the ring, given back in time, and nobody looks: the next frames would
 * be lost.  Frames end at any moment; then that must not be so.
 *
 * The card tells at any moment, and at the latest when it has filled one more
 * than it may keep to itself.  The threshold is any that dmaring/hw.h allows for
 * that.  There is one consumer, which keeps frames as long as it likes and gives
 * them back by a system call or in the ring.  There it looks at the flag in the
 * same step: barriers are as they should be here; see kick.pml.
 *
 * BROKEN ONE_TOO_LOW	the threshold is what the card may keep to itself
 * BROKEN ALWAYS_ONE	the threshold is one, whatever the card is like
 * BROKEN ARM_TOO_LATE	what a system call gives back is not yet armed where the
 *			threshold is reached
 *
 * VALUE ARM_ABOVE driver/core/stream.c:
 *	max_t(u32, ARM_AT_ONCE, stream->kick_below + #)
 */

#define BUFFERS		5
#define UNREPORTED_MOST	2

byte unreported;	/* so many the card may keep to itself */
byte kick_below;
bool ready;

byte idle = BUFFERS, armed, taken, ring;
byte filled;		/* of those armed */
bool kick_wanted;
bool told;		/* an interrupt is on its way, or being served */

/* of a system call: dmaring_refill_if_needed() */
#ifdef ARM_TOO_LATE
#define arm_below	kick_below
#else
#define arm_below	(kick_below + ARM_ABOVE)
#endif

#define starving	(!idle && armed <= kick_below)

/* dmaring_refill(): arm_one(), feed() */
inline refill()
{
	do
	:: armed = armed + idle;
		idle = 0;
		kick_wanted = starving;
		if
		:: kick_wanted && ring -> idle = ring; ring = 0
		:: else -> break
		fi
	od
}

active proctype card()
{
	atomic {
		select (unreported : 0 .. UNREPORTED_MOST);
#ifdef ALWAYS_ONE
		kick_below = 1;
#else
#ifdef ONE_TOO_LOW
		kick_below = unreported;
#else
		select (kick_below : unreported + 1 .. BUFFERS);
#endif
#endif
		refill();
		ready = true
	};
	do
	:: atomic { filled < armed -> filled++; told = told || filled > unreported }
	:: atomic { filled -> told = true }
	:: break				/* no more frames */
	od
}

/* Completions, one by one, and then dmaring_refill(). */
active proctype interrupt()
{
end:	do
	:: atomic {
		told && filled ->				/* dmaring_complete() */
		idle = idle + ring;			/* reap_runners() */
		ring = 0;
		filled--;
		armed--;
		taken++
	   }
	:: atomic { told && !filled -> refill(); told = false }
	od
}

active proctype user()
{
	byte n;

end:	do
	:: atomic {
		ready && taken ->
		select (n : 1 .. taken);
		taken = taken - n;
		if
		:: ring = ring + n;
			if
			:: kick_wanted -> idle = idle + ring; ring = 0; refill()
			:: else
			fi
		:: idle = idle + n;			/* dmaring_exchange_release() */
			if
			:: armed < arm_below -> refill()
			:: else
			fi
		fi;
		n = 0
	   }
	od
}

/*
 * Nothing goes on.  What was given back is with the card, or one of the next two
 * frames tells, and the second one has a buffer.
 */
active proctype end_of_all()
{
	timeout ->
	assert(!idle && !ring || armed - filled > 1)
}
