// SPDX-License-Identifier: GPL-2.0-or-later
/* An NVMe controller's registers, and its admin queue pair. */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#include "lib/device/nvme.h"
#include "lib/measure/clock.h"

/* Base 3.1.3.1 */
#define CAP_TO(cap)		((cap) >> 24 & 0xff)	/* in 500 ms */
#define CAP_STRIDE(cap)		((cap) >> 32 & 0xf)	/* doorbells are 4 << n bytes apart */
#define CAP_NVM(cap)		((cap) >> 37 & 1)	/* CSS: the NVM command set */
#define CAP_NO_IO(cap)		((cap) >> 44 & 1)	/* CSS: none but the admin one */
#define CAP_PAGE_MIN(cap)	((cap) >> 48 & 0xf)	/* MPSMIN: 4096 << n bytes */
/* Base 3.1.3.5 */
#define CC_ENABLE		0x1u
#define CC_CSS_ALL		(6u << 4)
#define CC_CSS_ADMIN_ONLY	(7u << 4)
#define CC_ENTRY_SIZES		(4u << 20 | 6u << 16)	/* 2^4 and 2^6 bytes; CC.MPS 0: 4 KiB */

#define TO_UNIT_NS		500000000ull
/* Of an admin command.  The kernel's driver allows a minute; identify takes micros. */
#define COMMAND_NS		10000000000ull
#define SPINS			200
#define NAP_NS			50000

static uint32_t read32(const struct nvme_queue *q, unsigned int offset)
{
	return le32toh(*(volatile uint32_t *)((volatile char *)q->bar + offset));
}

static void write32(struct nvme_queue *q, unsigned int offset, uint32_t value)
{
	*(volatile uint32_t *)((volatile char *)q->bar + offset) = htole32(value);
}

/* As two of 32 bits, lower first: Base 3.1.3 lets a controller know no others. */
static uint64_t read64(const struct nvme_queue *q, unsigned int offset)
{
	uint32_t low = read32(q, offset);

	return (uint64_t)read32(q, offset + 4) << 32 | low;
}

static void write64(struct nvme_queue *q, unsigned int offset, uint64_t value)
{
	write32(q, offset, (uint32_t)value);
	write32(q, offset + 4, (uint32_t)(value >> 32));
}

/* Transport 3.1.2: of queue 0, the submission queue's tail or the completion queue's head. */
static unsigned int doorbell(const struct nvme_queue *q, bool completion)
{
	return NVME_DOORBELLS + (completion ? 4u << CAP_STRIDE(q->cap) : 0);
}

/* 0 is told by controllers that are quick. */
uint64_t nvme_ready_ns(uint64_t cap)
{
	uint64_t units = CAP_TO(cap);

	return (units ? units : 1) * TO_UNIT_NS;
}

static void nap(unsigned int tries)
{
	struct timespec pause = { 0, NAP_NS };

	if (tries > SPINS)
		nanosleep(&pause, NULL);
}

/* Until CSTS.RDY is @ready.  A disabled controller may have failed before: no matter. */
static int wait_ready(struct nvme_queue *q, uint32_t ready)
{
	uint64_t deadline_ns = vb_now_ns() + nvme_ready_ns(q->cap);

	for (unsigned int tries = 0;; tries++) {
		bool late = vb_now_ns() > deadline_ns;
		uint32_t status = read32(q, NVME_CSTS);

		if (status == UINT32_MAX)	/* what a device that is gone reads as */
			return -EIO;
		if (ready && status & NVME_CSTS_FATAL)
			return -EIO;
		if ((status & NVME_CSTS_READY) == ready)
			return 0;
		if (late)
			return -ETIMEDOUT;
		nap(tries);
	}
}

int nvme_disable(struct nvme_queue *q)
{
	uint32_t config = read32(q, NVME_CC);

	q->dead = true;
	if (config == UINT32_MAX)
		return -EIO;
	q->cap = read64(q, NVME_CAP);
	/* Base 3.1.3.5: EN is not cleared before a CC.EN=1 has become CSTS.RDY=1, unless it failed. */
	if (config & CC_ENABLE && !(read32(q, NVME_CSTS) & NVME_CSTS_FATAL))
		wait_ready(q, NVME_CSTS_READY);
	write32(q, NVME_CC, config & ~CC_ENABLE);
	return wait_ready(q, 0);
}

static uint32_t command_set(uint64_t cap)
{
	if (CAP_NVM(cap))
		return 0;
	return CAP_NO_IO(cap) ? CC_CSS_ADMIN_ONLY : CC_CSS_ALL;
}

int nvme_enable(struct nvme_queue *q, void *own, uint64_t own_iova)
{
	int ret;

	if (CAP_PAGE_MIN(q->cap))
		return -EOPNOTSUPP;
	memset(own, 0, NVME_OWN_BYTES);	/* phase bits start at 0: Base 3.3.3.2 */
	q->submission = (volatile struct nvme_command *)((char *)own + NVME_OWN_SUBMISSION);
	q->completion = (volatile struct nvme_completion *)((char *)own + NVME_OWN_COMPLETION);
	q->tail = q->head = q->under_way = 0;
	q->pending = 0;
	q->phase = 1;
	write32(q, NVME_AQA, (NVME_QUEUE_ENTRIES - 1) << 16 | (NVME_QUEUE_ENTRIES - 1));
	write64(q, NVME_ASQ, own_iova + NVME_OWN_SUBMISSION);
	write64(q, NVME_ACQ, own_iova + NVME_OWN_COMPLETION);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	write32(q, NVME_CC, CC_ENTRY_SIZES | command_set(q->cap) | CC_ENABLE);
	ret = wait_ready(q, NVME_CSTS_READY);
	q->dead = ret != 0;
	return ret;
}

/* No other command under way is in the same slot: the slot's number is its identifier. */
int nvme_submit(struct nvme_queue *q, struct nvme_command *command)
{
	if (q->dead)
		return -EIO;
	if (q->under_way == NVME_MAX_COMMANDS || q->pending >> q->tail & 1)
		return -EBUSY;
	command->opcode_id = htole32((command->opcode_id & 0xff) | q->tail << 16);
	memcpy((void *)&q->submission[q->tail], command, sizeof(*command));
	q->pending |= 1u << q->tail;
	q->under_way++;
	q->tail = (q->tail + 1) % NVME_QUEUE_ENTRIES;
	return 0;
}

void nvme_ring(struct nvme_queue *q)
{
	/* the entries are in memory before the device is told */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	write32(q, doorbell(q, false), q->tail);
}

/* Wait for the next entry: the one whose phase bit has changed (Base 3.3.3.2.1). */
static int wait_completion(struct nvme_queue *q, struct nvme_completion *entry)
{
	volatile struct nvme_completion *next = &q->completion[q->head];
	uint64_t deadline_ns = vb_now_ns() + COMMAND_NS;

	for (unsigned int tries = 0;; tries++) {
		bool late = vb_now_ns() > deadline_ns;

		entry->id_status = le32toh(next->id_status);
		if ((entry->id_status >> 16 & 1) == q->phase)
			break;
		if (read32(q, NVME_CSTS) & NVME_CSTS_FATAL)	/* or all ones: gone */
			return -EIO;
		if (late)
			return -ETIMEDOUT;
		nap(tries);
	}
	/* what came with it is read after it */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return 0;
}

bool nvme_completed(const struct nvme_queue *q)
{
	return (le32toh(q->completion[q->head].id_status) >> 16 & 1) == q->phase;
}

static int take_completion(struct nvme_queue *q)
{
	struct nvme_completion entry;
	uint32_t id;
	int ret = wait_completion(q, &entry);

	if (ret)
		return ret;
	id = entry.id_status & 0xffff;
	q->head = (q->head + 1) % NVME_QUEUE_ENTRIES;
	if (!q->head)
		q->phase ^= 1;
	write32(q, doorbell(q, true), q->head);
	if (id >= NVME_QUEUE_ENTRIES || !(q->pending >> id & 1))
		return -EPROTO;
	q->pending &= ~(1u << id);
	q->under_way--;
	return entry.id_status >> 17 ? -EIO : 0;
}

int nvme_finish(struct nvme_queue *q)
{
	int first = q->dead ? -EIO : 0;

	while (q->under_way && !q->dead) {
		unsigned int before = q->under_way;
		int ret = take_completion(q);

		q->dead = ret && before == q->under_way;
		if (ret && (!first || q->dead))
			first = ret;
	}
	return first;
}
