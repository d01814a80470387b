/* SPDX-License-Identifier: MIT */
/*
 * Watermarks and a card that runs out of buffers.
 *
 * A thread polls for W frames and says no time (watermark_ns).  It may take
 * only some of those that wait, and keep frames while it polls for more.  With
 * the others on its queue the card can be left without a buffer, and then the
 * watermark is never reached: it has to be woken for what there is.
 *
 * Locks and barriers are as they should be here; see kick.pml and wakeup.pml.
 *
 * BROKEN NO_RESCUE	the watermark is the only reason to wake
 * BROKEN RESCUE_ONCE	what waits is made ripe when the card begins to starve,
 *			but not what is published while it goes on starving
 */

#define BUFFERS		3
#define KICK_BELOW	1

byte watermark;
byte idle = BUFFERS, armed, waiting, taken;
byte ripe;		/* of those that wait, the first so many */
bool kick_wanted, woken = true;

#define is_ripe		(waiting && (waiting >= watermark || ripe))
#define starving	(!idle && armed <= KICK_BELOW)

/* dmaring_refill(): arm_one(), update_kicks() with rescue() */
inline refill()
{
	armed = armed + idle;
	idle = 0;
#ifdef RESCUE_ONCE
	if
	:: starving && !kick_wanted ->
#else
	if
	:: starving ->
#endif
#ifndef NO_RESCUE
		ripe = waiting;				/* dmaring_queue_ripen() */
		woken = woken || waiting
#else
		skip
#endif
	:: else
	fi;
	kick_wanted = starving
}

active proctype card()
{
	atomic {
		if
		:: watermark = 1
		:: watermark = 2
		:: watermark = 3
		fi;
		refill()
	};
end:	do
	:: atomic {
		armed ->
		armed--;
		waiting++;
		woken = woken || is_ripe;
		refill()
	   }
	od
}

active proctype user()
{
	byte n;

	watermark;
end:	do
	:: atomic {
		woken ->				/* poll() */
		if
		:: is_ripe
		:: else -> woken = false		/* sleep */
		fi
	   }
	:: atomic {
		woken && waiting ->			/* any number, or nothing */
		select (n : 1 .. waiting);
		waiting = waiting - n;
		taken = taken + n;
		ripe = (ripe > n -> ripe - n : 0);
		n = 0
	   }
	:: atomic {
		woken && taken ->			/* RELEASE, or a kick */
		select (n : 1 .. taken);
		taken = taken - n;
		idle = idle + n;
		n = 0;
		refill()
	   }
	od
}

/* Asleep for ever with a frame that waits, and with a card that starves? */
active proctype end_of_all()
{
	timeout ->
	assert(waiting == 0)
}
