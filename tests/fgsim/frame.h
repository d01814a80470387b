/* SPDX-License-Identifier: MIT */
#ifndef FRAME_H
#define FRAME_H

#include "card.h"

/* Fill or send the next posted buffer with the frame that was due then, or lose the frame. */
void frame_make(struct card *card, uint64_t due_ns);

#endif /* FRAME_H */
