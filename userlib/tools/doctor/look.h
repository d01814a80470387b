/* SPDX-License-Identifier: MIT */
/* One look at the facts, for one cause: it fits, with this evidence, or it does not. */
#ifndef LOOK_H
#define LOOK_H

#include "causes.h"
#include "../lib/units.h"

#include <inttypes.h>

/* Facts, and where a function puts what it makes of them */
struct look {
	const struct evidence *facts;
	const struct consumer_facts *of;	/* NULL: it is about no consumer */
	int consumer;
	struct finding *finding;
};

/* Behind what is there; FINDING_TEXT bytes */
void look_say(char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#define EVIDENCE(look, ...) look_say((look)->finding->evidence, __VA_ARGS__)
#define CHANGE(look, ...) look_say((look)->finding->change, __VA_ARGS__)

/* Frames a second, as the format says or as they came; 0: nobody knows. */
double look_rate(const struct evidence *facts);

/* Frames that the card makes in this time, rounded up */
uint64_t look_frames(const struct evidence *facts, uint64_t ns);

/* So many buffers, and some more for safety and for the card's hands */
uint64_t look_margin(uint64_t buffers);

const char *look_mib(char text[UNITS_TEXT], double bytes);

/* A quarter of the pool, 1 at least */
uint32_t look_quarter(const struct evidence *facts);

/* The module to load; "DRIVER": nobody knows. */
const char *look_driver(const struct evidence *facts);

/* How to have so many buffers */
void look_change_buffers(const struct look *look, uint64_t buffers);

void look_tell_hog(const struct look *look, uint32_t least_percent);
void look_tell_throttling(const struct look *look);

/* about_consumers.c */
bool find_viewers(const struct look *look);
bool find_watermark(const struct look *look);
bool find_disk(const struct look *look);
bool find_processor(const struct look *look);
bool find_hold(const struct look *look);
bool find_pause(const struct look *look);
bool find_slow(const struct look *look);

/* about_card.c */
bool find_bad(const struct look *look);
bool find_quarantine(const struct look *look);
bool find_moderation(const struct look *look);
bool find_interrupts(const struct look *look);
bool find_card(const struct look *look);
bool find_stall(const struct look *look);
bool find_damage(const struct look *look);
bool find_small_pool(const struct look *look);

/* about_recording.c */
bool find_drops(const struct look *look);
bool find_sleep(const struct look *look);
bool find_split(const struct look *look);
bool find_flush(const struct look *look);
bool find_slow_disk(const struct look *look);
bool find_short_pool(const struct look *look);

#endif /* LOOK_H */
