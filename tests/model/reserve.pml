/* SPDX-License-Identifier: MIT */
/*
 * What viewers reserve: buffers that they hold cost no recorder a frame.
 *
 * Two viewers (LATEST) attach, start, stop and detach, again and again, each with
 * any queue and any frames to take.  The memory for a queue may fail to come, and
 * START may fail.  They are hostile: they take and give back whatever they
 * like, also while STOP and DETACH go on, buffer by buffer.
 *
 * What they hold in all is never more than viewer_buffers: the rest is the
 * card's and the recorders', who reserve nothing.  How one frame is dropped is in
 * take_drop.pml, the state of a buffer in buffers.pml.
 *
 * BROKEN NO_MUTEX		ATTACH looks at what is reserved, and adds to it later
 * BROKEN FAILURE_KEEPS		an ATTACH that fails keeps what it had reserved
 * BROKEN FAILURE_GIVES		one that could not reserve gives back nevertheless
 * BROKEN STOP_GIVES		STOP gives back what is reserved, not DETACH
 * BROKEN GIVE_TOO_EARLY	DETACH does without the mutex what comes after that
 * BROKEN DEPTH_ONLY		only the queue is reserved
 * BROKEN WAITING_ONLY		a frame is published though too many are taken
 * BROKEN ONE_HOLDS_TWO		where there is one buffer, who reserves it holds two
 *
 * VALUE SMALLEST driver/core/consumer.c:
 *	return most == # && stream->viewer_buffers == 1 ? 1 : most;
 *
 * CODE NO_MUTEX driver/core/consumer.c dmaring_consumer_attach:
 *	lockdep_assert_held(&stream->state_mutex); ... claim(
 * CODE FAILURE_KEEPS driver/core/consumer.c dmaring_consumer_attach:
 *	dmaring_queue_alloc( ... unclaim(stream, most);
 * CODE FAILURE_GIVES driver/core/consumer.c claim:
 *	return -ENOSPC; ... try_module_get( ... return -ENODEV; ... stream->viewer_reserved + buffers
 * CODE STOP_GIVES driver/core/consumer.c detach:
 *	stop(consumer); ... unclaim(stream, consumer->most);
 * CODE GIVE_TOO_EARLY driver/core/consumer.c dmaring_consumer_detach:
 *	lockdep_assert_held(&consumer->stream->state_mutex); ... detach(
 * CODE GIVE_TOO_EARLY driver/core/consumer.c detach:
 *	let_go_of_all(consumer); ... unclaim(
 * CODE DEPTH_ONLY driver/core/consumer.c reserved_by:
 *	attach->depth + attach->max_held;
 * CODE WAITING_ONLY driver/core/queue.c has_room:
 *	< consumer->depth && ... consumer->refs < consumer->most
 * CODE ONE_HOLDS_TWO driver/core/consumer.c dmaring_consumer_attach:
 *	most = reserved_by( ... claim(stream, most); ... consumer->most = most;
 */

#define VIEWERS		2
#define MOST		2		/* depth, and max_held */

byte viewer_buffers, reserved;
bool state_mutex;

/* struct dmaring_consumer, of viewers */
byte depth[VIEWERS], most[VIEWERS];
byte waiting[VIEWERS], refs[VIEWERS];
bool attached[VIEWERS], running[VIEWERS];

/* What must be true whenever the lock is free. */
inline check()
{
	assert(refs[0] <= most[0] && refs[1] <= most[1]);
	assert(refs[0] + refs[1] <= viewer_buffers)
}

/* dmaring_queue_publish(), with make_room(): the user may keep it from dropping */
active proctype card()
{
	byte c;

end:	do
	:: atomic {
		running[0] || running[1] ->
		if
		:: running[0] -> c = 0
		:: running[1] -> c = 1
		fi;
		if
#ifdef WAITING_ONLY
		:: waiting[c] < depth[c] ->
#else
		:: waiting[c] < depth[c] && refs[c] < most[c] ->
#endif
			waiting[c]++;
			refs[c]++
		:: else				/* drop the oldest, or the new one */
		fi;
		check();
		c = 0
	   }
	od
}

/* It takes and releases, in whatever way. */
proctype user(byte c)
{
end:	do
	:: atomic { waiting[c] -> waiting[c]-- }
	:: atomic { refs[c] > waiting[c] && attached[c] -> refs[c]--; check() }
	od
}

inline lock_mutex()
{
#ifdef NO_MUTEX
	skip
#else
	atomic { !state_mutex -> state_mutex = true }
#endif
}

inline unlock_mutex()
{
	state_mutex = false
}

/* dmaring_consumer_attach(), with claim() */
inline attach()
{
	lock_mutex();
	atomic {
		select (wants : 1 .. MOST);		/* depth */
		select (buffers : 1 .. MOST);		/* max_held */
#ifndef DEPTH_ONLY
		more = buffers;
#endif
		more = more + wants;
		buffers = buffers + wants;
		/* reserved_by() */
		if
		:: buffers == SMALLEST && viewer_buffers == 1 ->
#ifndef ONE_HOLDS_TWO
			buffers = 1;
#endif
			more = 1
		:: else
		fi;
		fails = more > viewer_buffers - reserved
	};
	if
	:: fails ->					/* ENOSPC */
#ifdef FAILURE_GIVES
		reserved = (reserved > more -> reserved - more : 0)
#else
		skip
#endif
	:: else ->
		reserved = reserved + more;
		if
		:: fails = true;			/* ENOMEM */
#ifndef FAILURE_KEEPS
			reserved = reserved - more
#endif
		:: skip
		fi
	fi;
	if
	:: fails
	:: else ->
		atomic { depth[c] = wants; most[c] = buffers; attached[c] = true }
	fi;
	atomic { wants = 0; buffers = 0; more = 0 };
	unlock_mutex()
}

/* dmaring_consumer_drop_all() */
inline stop()
{
	atomic { running[c] = false };
	do
	:: atomic {
		if
		:: waiting[c] -> waiting[c]--; refs[c]--; check()
		:: else -> break
		fi
	   }
	od
}

/* detach() */
inline detach()
{
	lock_mutex();
	attached[c] = false;
	if
	:: running[c] -> stop()
	:: else
	fi;
#ifdef GIVE_TOO_EARLY
	reserved = reserved - most[c];
	unlock_mutex();
#endif
	/* let_go_of_all(), buffer by buffer */
	do
	:: atomic {
		if
		:: refs[c] -> refs[c]--; check()
		:: else -> break
		fi
	   }
	od;
#ifndef GIVE_TOO_EARLY
#ifndef STOP_GIVES
	reserved = reserved - most[c];
#endif
	unlock_mutex();
#endif
	most[c] = 0
}

proctype viewer(byte c)
{
	byte wants, buffers, more;
	bool fails;

end:	do
	:: attach();
	   if
	   :: fails -> fails = false
	   :: else ->
		do
		:: !running[c] ->
			lock_mutex();
			running[c] = true;
			if
			:: skip
			:: stop()			/* START fails */
			fi;
			unlock_mutex()
		:: running[c] ->
			lock_mutex();
			stop();
#ifdef STOP_GIVES
			atomic { reserved = (reserved > most[c] -> reserved - most[c] : 0) };
#endif
			unlock_mutex()
		:: break
		od;
		detach()
	   fi
	:: break
	od
}

init
{
	atomic {
		select (viewer_buffers : 1 .. 4);
		run user(0);
		run user(1);
		run viewer(0);
		run viewer(1)
	}
}

/* All are detached: nothing is reserved. */
active proctype end_of_all()
{
	timeout ->
	assert(!reserved && !refs[0] && !refs[1] && !state_mutex)
}
