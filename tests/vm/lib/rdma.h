/* SPDX-License-Identifier: MIT */
/*
 * RDMA without its hardware and its libraries: RoCE in software, above a network card that
 * is none.  A queue pair that is connected to itself reads and writes memory regions by
 * their keys, as another computer would, without a mapping.
 *
 * A machine needs the modules rdma_rxe, ib_uverbs and dummy, and what calls "crc32" in the
 * kernel; its set-up brings up RDMA_NETWORK with the address 10.8.8.1.  Functions return 0 or
 * -errno; those that say so end the test when they fail.
 */
#ifndef RDMA_H
#define RDMA_H

#include <fcntl.h>
#include <linux/netlink.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_ioctl_verbs.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_netlink.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <rdma/rdma_user_rxe.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include "card.h"
#include "now.h"
#include "pages.h"
#include "tap.h"

#define RDMA_NETWORK	"dummy0"
#define RDMA_GID	"0000:0000:0000:0000:0000:ffff:0a08:0801"	/* 10.8.8.1 */
#define RDMA_CARD	"rxe0"
#define RDMA_NODE	"/dev/infiniband/uverbs0"
#define RDMA_ALL	(IB_UVERBS_ACCESS_LOCAL_WRITE | IB_UVERBS_ACCESS_REMOTE_WRITE | \
			 IB_UVERBS_ACCESS_REMOTE_READ)

/* As in the kernel's ib_verbs.h, which is not for programs. */
enum rdma_words {
	RDMA_SIGNALED = 1 << 1,
	RDMA_MTU_1024 = 3,

	RDMA_INIT = 1,		/* states of a queue pair */
	RDMA_READY_TO_RECEIVE = 2,
	RDMA_READY_TO_SEND = 3,

	/* What goes with them: access, partition, port. */
	RDMA_SETS_INIT = 1 << 0 | 1 << 3 | 1 << 4 | 1 << 5,
	/* Path, MTU, first number, timer, reads of the peer, peer. */
	RDMA_SETS_RECEIVE = 1 << 0 | 1 << 7 | 1 << 8 | 1 << 12 | 1 << 15 | 1 << 17 | 1 << 20,
	/* Time-out, retries, retries if it is not ready, reads, first number. */
	RDMA_SETS_SEND = 1 << 0 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 13 | 1 << 16,
};

struct rdma_region {
	uint32_t handle;
	uint32_t key;
};

/**
 * struct rdma - a queue pair that is connected to itself
 * @fd:     whoever has it has the regions; a process that inherits it can make some, too.
 * @domain: that they and the queue pair belong to.
 * @pair:   its handle.
 * @sends:  what it is to do; a queue, which is mapped.
 * @sends_at: where that is in the file.
 * @done:   what it has done.
 * @done_at: where that is in the file.
 * @copy:   memory that it reads into and writes from.
 * @copy_region: the same for it.
 */
struct rdma {
	int fd;
	uint32_t domain;
	uint32_t pair;
	struct rxe_queue_buf *sends;
	struct mminfo sends_at;
	struct rxe_queue_buf *done;
	struct mminfo done_at;
	uint8_t *copy;
	struct rdma_region copy_region;
};

/* -------------------------------------------------------------------- the card */

struct rdma_link_message {
	struct nlmsghdr head;
	char attributes[128];
};

static inline void rdma_link_say(struct rdma_link_message *message, uint16_t type,
				 const char *text)
{
	struct nlattr attribute = { NLA_HDRLEN + strlen(text) + 1, type };
	char *at = (char *)message + message->head.nlmsg_len;

	memcpy(at, &attribute, sizeof(attribute));
	memcpy(at + NLA_HDRLEN, text, strlen(text) + 1);
	message->head.nlmsg_len += NLA_ALIGN(attribute.nla_len);
}

/* Makes the card; once in a machine.  Ends the test on failure. */
static inline void rdma_make(void)
{
	struct rdma_link_message message = {
		.head = {
			.nlmsg_len = NLMSG_HDRLEN,
			.nlmsg_type = RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_NEWLINK),
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr said;
		char more[512];
	} answer;
	int fd;

	if (!access(RDMA_NODE, F_OK))
		return;
	rdma_link_say(&message, RDMA_NLDEV_ATTR_DEV_NAME, RDMA_CARD);
	rdma_link_say(&message, RDMA_NLDEV_ATTR_NDEV_NAME, RDMA_NETWORK);
	rdma_link_say(&message, RDMA_NLDEV_ATTR_LINK_TYPE, "rxe");
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_RDMA);
	REQUIRE(fd >= 0);
	REQUIRE_EQ(send(fd, &message, message.head.nlmsg_len, 0), message.head.nlmsg_len);
	REQUIRE(recv(fd, &answer, sizeof(answer), 0) > 0);
	REQUIRE_EQ(answer.head.nlmsg_type, NLMSG_ERROR);
	REQUIRE_EQ(answer.said.error, 0);
	close(fd);
	while (access(RDMA_NODE, F_OK))
		sleep_ms(1);
}

/* Which of its addresses is that of the network; it gets it a little later. */
static inline uint8_t rdma_address_index(void)
{
	char path[CARD_PATH_MAX], text[64];

	for (uint8_t i = 0;; i = (i + 1) % 16) {
		snprintf(path, sizeof(path), "/sys/class/infiniband/" RDMA_CARD
			 "/ports/1/gids/%u", i);
		if (!file_read(path, text, sizeof(text)) && !strcmp(text, RDMA_GID))
			return i;
		sleep_ms(1);
	}
}

/* ------------------------------------------------------------------- its calls */

static inline struct ib_uverbs_attr rdma_attribute(uint16_t id, const void *bytes, size_t count)
{
	return (struct ib_uverbs_attr) {
		.attr_id = id,
		.len = count,
		.flags = UVERBS_ATTR_F_MANDATORY,
		.data = (uintptr_t)bytes,
	};
}

/* What goes in and fits is in the attribute itself. */
static inline struct ib_uverbs_attr rdma_attribute_in(uint16_t id, const void *bytes,
						      size_t count)
{
	struct ib_uverbs_attr attribute = rdma_attribute(id, bytes, count);

	if (count <= sizeof(attribute.data)) {
		attribute.data = 0;
		memcpy(&attribute.data, bytes, count);
	}
	return attribute;
}

/* The driver says where its @queues are, if it makes some. */
static inline int rdma_call(const struct rdma *rdma, uint64_t command, const void *in,
			    size_t in_bytes, void *out, size_t out_bytes, void *queues,
			    size_t queues_bytes)
{
	union {
		struct ib_uverbs_ioctl_hdr head;
		char bytes[sizeof(struct ib_uverbs_ioctl_hdr) + 4 * sizeof(struct ib_uverbs_attr)];
	} all = {
		.head = {
			.object_id = UVERBS_OBJECT_DEVICE,
			.method_id = UVERBS_METHOD_INVOKE_WRITE,
			.driver_id = RDMA_DRIVER_RXE,
		},
	};
	struct ib_uverbs_attr *next = all.head.attrs;

	*next++ = rdma_attribute_in(UVERBS_ATTR_WRITE_CMD, &command, sizeof(command));
	*next++ = rdma_attribute_in(UVERBS_ATTR_CORE_IN, in, in_bytes);
	if (out)
		*next++ = rdma_attribute(UVERBS_ATTR_CORE_OUT, out, out_bytes);
	if (queues)
		*next++ = rdma_attribute(UVERBS_ATTR_UHW_OUT, queues, queues_bytes);
	all.head.num_attrs = next - all.head.attrs;
	all.head.length = (char *)next - all.bytes;
	return ioctl(rdma->fd, RDMA_VERBS_IOCTL, &all) ? -errno : 0;
}

/* ------------------------------------------------------------------ its regions */

/* Whole pages: its first byte is at 0 for those who have the key. */
static inline int rdma_register(const struct rdma *rdma, const void *memory, size_t bytes,
				uint32_t access, struct rdma_region *region)
{
	struct ib_uverbs_reg_mr in = {
		.start = (uintptr_t)memory,
		.length = bytes,
		.pd_handle = rdma->domain,
		.access_flags = access,
	};
	struct ib_uverbs_reg_mr_resp out;
	int error = rdma_call(rdma, IB_USER_VERBS_CMD_REG_MR, &in, sizeof(in), &out,
			      sizeof(out), NULL, 0);

	if (!error)
		*region = (struct rdma_region){ out.mr_handle, out.rkey };
	return error;
}

static inline int rdma_deregister(const struct rdma *rdma, const struct rdma_region *region)
{
	struct ib_uverbs_dereg_mr in = { region->handle };

	return rdma_call(rdma, IB_USER_VERBS_CMD_DEREG_MR, &in, sizeof(in), NULL, 0, NULL, 0);
}

/* -------------------------------------------------------------- its queue pair */

static inline struct rxe_queue_buf *rdma_queue(const struct rdma *rdma,
					       const struct mminfo *at)
{
	void *map = mmap(NULL, at->size, PROT_READ | PROT_WRITE, MAP_SHARED, rdma->fd,
			 at->offset);

	REQUIRE(map != MAP_FAILED);
	return map;
}

static inline void rdma_make_pair(struct rdma *rdma, uint32_t *number)
{
	struct ib_uverbs_create_cq done = { .cqe = 4, .comp_channel = -1 };
	struct ib_uverbs_create_cq_resp made_done;
	struct ib_uverbs_create_qp pair = {
		.pd_handle = rdma->domain,
		.max_send_wr = 4,
		.max_recv_wr = 1,
		.max_send_sge = 1,
		.max_recv_sge = 1,
		.qp_type = IB_UVERBS_QPT_RC,
	};
	struct ib_uverbs_create_qp_resp made_pair;
	struct rxe_create_cq_resp done_queue;
	struct rxe_create_qp_resp pair_queues;

	REQUIRE_EQ(rdma_call(rdma, IB_USER_VERBS_CMD_CREATE_CQ, &done, sizeof(done), &made_done,
			     sizeof(made_done), &done_queue, sizeof(done_queue)), 0);
	pair.send_cq_handle = made_done.cq_handle;
	pair.recv_cq_handle = made_done.cq_handle;
	REQUIRE_EQ(rdma_call(rdma, IB_USER_VERBS_CMD_CREATE_QP, &pair, sizeof(pair), &made_pair,
			     sizeof(made_pair), &pair_queues, sizeof(pair_queues)), 0);
	rdma->pair = made_pair.qp_handle;
	rdma->done_at = done_queue.mi;
	rdma->sends_at = pair_queues.sq_mi;
	rdma->done = rdma_queue(rdma, &rdma->done_at);
	rdma->sends = rdma_queue(rdma, &rdma->sends_at);
	*number = made_pair.qpn;
}

static inline void rdma_modify(const struct rdma *rdma, struct ib_uverbs_modify_qp *to,
			       uint8_t state, uint32_t sets)
{
	to->qp_handle = rdma->pair;
	to->qp_state = state;
	to->attr_mask = sets;
	REQUIRE_EQ(rdma_call(rdma, IB_USER_VERBS_CMD_MODIFY_QP, to, sizeof(*to), NULL, 0, NULL,
			     0), 0);
}

static inline void rdma_connect_to_itself(const struct rdma *rdma, uint32_t number)
{
	struct ib_uverbs_modify_qp to = {
		.dest = {
			.dgid = { [10] = 0xff, 0xff, 10, 8, 8, 1 },
			.sgid_index = rdma_address_index(),
			.hop_limit = 1,
			.is_global = 1,
			.port_num = 1,
		},
		.dest_qp_num = number,
		.qp_access_flags = RDMA_ALL,
		.path_mtu = RDMA_MTU_1024,
		.max_rd_atomic = 1,
		.max_dest_rd_atomic = 1,
		.min_rnr_timer = 12,
		.port_num = 1,
		.timeout = 14,
		.retry_cnt = 7,
		.rnr_retry = 7,
	};

	rdma_modify(rdma, &to, RDMA_INIT, RDMA_SETS_INIT);
	rdma_modify(rdma, &to, RDMA_READY_TO_RECEIVE, RDMA_SETS_RECEIVE);
	rdma_modify(rdma, &to, RDMA_READY_TO_SEND, RDMA_SETS_SEND);
}

/* @copy_bytes is the size of what is read and written at once.  Ends the test on failure. */
static inline struct rdma rdma_open(size_t copy_bytes)
{
	struct rdma rdma = { .fd = open(RDMA_NODE, O_RDWR | O_CLOEXEC) };
	struct ib_uverbs_get_context get = { 0 };
	struct ib_uverbs_get_context_resp got;
	struct ib_uverbs_alloc_pd alloc = { 0 };
	struct ib_uverbs_alloc_pd_resp domain;
	uint32_t number;

	REQUIRE(rdma.fd >= 0);
	REQUIRE_EQ(rdma_call(&rdma, IB_USER_VERBS_CMD_GET_CONTEXT, &get, sizeof(get), &got,
			     sizeof(got), NULL, 0), 0);
	close(got.async_fd);
	REQUIRE_EQ(rdma_call(&rdma, IB_USER_VERBS_CMD_ALLOC_PD, &alloc, sizeof(alloc), &domain,
			     sizeof(domain), NULL, 0), 0);
	rdma.domain = domain.pd_handle;
	rdma_make_pair(&rdma, &number);
	rdma_connect_to_itself(&rdma, number);
	rdma.copy = pages_map(copy_bytes, PROT_READ | PROT_WRITE);
	REQUIRE_EQ(rdma_register(&rdma, rdma.copy, copy_bytes, RDMA_ALL, &rdma.copy_region), 0);
	return rdma;
}

/* The queues are mapped, and keep the file.  All regions end with it. */
static inline void rdma_close(const struct rdma *rdma)
{
	munmap(rdma->sends, rdma->sends_at.size);
	munmap(rdma->done, rdma->done_at.size);
	close(rdma->fd);
}

static inline void *rdma_entry(struct rxe_queue_buf *queue, uint32_t index)
{
	return queue->data + ((size_t)index << queue->log2_elem_size);
}

/* Waits for its end.  Returns how it ended: 0, or an error of RDMA's own. */
static inline uint32_t rdma_wait(struct rxe_queue_buf *done)
{
	uint32_t index = done->consumer_index, status;

	while (__atomic_load_n(&done->producer_index, __ATOMIC_ACQUIRE) == index)
		sleep_ms(1);
	status = ((struct ib_uverbs_wc *)rdma_entry(done, index))->status;
	__atomic_store_n(&done->consumer_index, (index + 1) & done->index_mask,
			 __ATOMIC_RELEASE);
	return status;
}

static inline uint32_t rdma_move(const struct rdma *rdma, uint32_t what,
				 const struct rdma_region *region, size_t bytes)
{
	struct rxe_queue_buf *sends = rdma->sends;
	uint32_t index = sends->producer_index;
	struct rxe_send_wqe *entry = rdma_entry(sends, index);
	struct ib_uverbs_post_send post = {
		.qp_handle = rdma->pair,
		.wqe_size = sizeof(struct ib_uverbs_send_wr),
	};
	struct ib_uverbs_post_send_resp posted;
	struct rxe_sge here = { .length = bytes, .lkey = rdma->copy_region.key };

	memset(entry, 0, sizeof(*entry));
	entry->wr.opcode = what;
	entry->wr.send_flags = RDMA_SIGNALED;
	entry->wr.wr.rdma.rkey = region->key;
	entry->dma.length = bytes;
	entry->dma.resid = bytes;
	entry->dma.num_sge = 1;
	memcpy(entry->dma.sge, &here, sizeof(here));
	__atomic_store_n(&sends->producer_index, (index + 1) & sends->index_mask,
			 __ATOMIC_RELEASE);
	REQUIRE_EQ(rdma_call(rdma, IB_USER_VERBS_CMD_POST_SEND, &post, sizeof(post), &posted,
			     sizeof(posted), NULL, 0), 0);
	return rdma_wait(rdma->done);
}

/* What is in the region is in @copy then. */
static inline uint32_t rdma_read(const struct rdma *rdma, const struct rdma_region *region,
				 size_t bytes)
{
	return rdma_move(rdma, IB_UVERBS_WR_RDMA_READ, region, bytes);
}

/* What is in @copy is in the region then. */
static inline uint32_t rdma_write(const struct rdma *rdma, const struct rdma_region *region,
				  size_t bytes)
{
	return rdma_move(rdma, IB_UVERBS_WR_RDMA_WRITE, region, bytes);
}

#endif /* RDMA_H */
