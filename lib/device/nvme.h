/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An NVMe controller's admin queue.  "Base" is the NVM Express Base Specification
 * 2.0; sections are its.  For nvme.c, nvme-queue.c and their test only.
 */
#ifndef VB_NVME_H
#define VB_NVME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Base 3.1.3: controller properties. */
#define NVME_CAP		0x00	/* 64 bits: capabilities */
#define NVME_CC			0x14	/* configuration */
#define NVME_CSTS		0x1c	/* status */
#define NVME_AQA		0x24	/* sizes of the admin queues */
#define NVME_ASQ		0x28	/* 64 bits: where the submission queue is */
#define NVME_ACQ		0x30	/* 64 bits: where the completion queue is */
#define NVME_DOORBELLS		0x1000	/* NVMe over PCIe Transport 3.1.2 */

#define NVME_CSTS_READY		0x1u
#define NVME_CSTS_FATAL		0x2u

#define NVME_QUEUE_ENTRIES	16u	/* a power of two */
#define NVME_MAX_COMMANDS	(NVME_QUEUE_ENTRIES - 1)	/* Base 3.3.1.5: a full queue has one free */
#define NVME_PAGE		4096u

/* The driver's own memory: a page each. */
#define NVME_OWN_SUBMISSION	0u
#define NVME_OWN_COMPLETION	NVME_PAGE
#define NVME_OWN_DATA		(2 * NVME_PAGE)
#define NVME_OWN_BYTES		(3 * NVME_PAGE)

/* Base 3.3.3.1: 64 bytes, little endian. */
struct nvme_command {
	uint32_t opcode_id;		/* opcode, and the command's identifier above 16 bits */
	uint32_t nsid;
	uint32_t reserved[2];
	uint64_t metadata;
	uint64_t prp1, prp2;
	uint32_t cdw10, cdw11, cdw12, cdw13, cdw14, cdw15;
};

/* Base 3.3.3.2: 16 bytes. */
struct nvme_completion {
	uint32_t result;
	uint32_t reserved;
	uint32_t queue;			/* submission queue's head, and number above 16 bits */
	uint32_t id_status;		/* identifier; bit 16: phase; above: status */
};

/* One admin queue pair of a controller whose registers are mapped. */
struct nvme_queue {
	volatile void *bar;
	uint64_t cap;
	volatile struct nvme_command *submission;
	volatile struct nvme_completion *completion;
	unsigned int tail, head;
	unsigned int phase;		/* of entries that are new */
	unsigned int under_way;		/* commands */
	uint32_t pending;		/* bit: identifier of a command under way */
	bool dead;			/* timed out, or made no sense: until it is enabled anew */
};

/* How long the controller may take to become ready, or not: CAP.TO.  At least 500 ms. */
uint64_t nvme_ready_ns(uint64_t cap);
/*
 * Base 3.6.2: CC.EN=0, and wait until the controller has stopped: it does no DMA
 * any more.  -EIO: the device is gone; -ETIMEDOUT.
 */
int nvme_disable(struct nvme_queue *q);
/*
 * Base 3.5.1: give it empty queues in @own, which it reaches at @own_iova, and
 * enable it.  It is disabled.  -EOPNOTSUPP: no pages of 4 KiB; -EIO: it failed.
 */
int nvme_enable(struct nvme_queue *q, void *own, uint64_t own_iova);
/*
 * Put @command into the queue; the device is told by nvme_ring().  -EBUSY: full;
 * -EIO: the queue is dead.
 */
int nvme_submit(struct nvme_queue *q, struct nvme_command *command);
void nvme_ring(struct nvme_queue *q);
/* Is there an entry that nvme_finish() would not wait for?  It is in memory before its interrupt. */
bool nvme_completed(const struct nvme_queue *q);
/*
 * Wait until all commands under way have completed.  -EIO: at least one was not
 * successful; -EPROTO: a completion makes no sense; -ETIMEDOUT.
 */
int nvme_finish(struct nvme_queue *q);

#endif /* VB_NVME_H */
