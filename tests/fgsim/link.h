/* SPDX-License-Identifier: MIT */
/*
 * The link to QEMU's ivshmem-doorbell: the server's side of the protocol in QEMU's
 * docs/specs/ivshmem-spec, for one guest.  The card is the guest's only peer.
 */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <hw/fgsim/regs.h>

#define LINK_CARD_PEER	0
#define LINK_GUEST_PEER	1

struct link {
	int listener;
	int socket;			/* to QEMU; -1: no guest */
	int doorbell;			/* readable when the guest rang */
	int vectors[FGSIM_STREAMS_MAX * FGSIM_VECTORS];	/* writing raises that interrupt */
	int vector_count;		/* set once, before all else */
};

void link_listen(struct link *link, const char *path);
bool link_accept(struct link *link, int memory);
bool link_alive(struct link *link);
void link_close(struct link *link);
void link_interrupt(const struct link *link, uint32_t vector);
void link_clear_doorbell(const struct link *link);

#endif /* LINK_H */
