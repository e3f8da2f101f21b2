// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * irq_latency: from asking the device for an interrupt to having read the eventfd
 * that it rings.  The eventfd is waited for and read with io_uring, as a virtual
 * machine monitor does: one poll that stays (multishot), and a read after each
 * event.  An interrupt comes once: no more, no less.
 */
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

#define ENTRIES		8
#define LOST_S		5	/* an interrupt that has not come by then */

enum { POLL = 1, READ };	/* user data of completions */
enum { INTERRUPTS, POLLS };
static const char *const counts[] = { "interrupts", "polls_armed_again", NULL };

struct irq {
	struct io_uring ring;
	int eventfd;
	bool armed;			/* the poll stays */
	uint64_t rung;			/* what was read: since the last read */
};

static int arm(struct irq *irq)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&irq->ring);
	int ret;

	if (!sqe)
		return -EBUSY;
	io_uring_prep_poll_multishot(sqe, irq->eventfd, POLLIN);
	sqe->user_data = POLL;
	ret = io_uring_submit(&irq->ring);
	irq->armed = ret == 1;
	return ret < 0 ? ret : 0;
}

static int setup(struct vb_worker *w)
{
	struct irq *irq = calloc(1, sizeof(*irq));
	int ret;

	if (!irq)
		return -ENOMEM;
	ret = io_uring_queue_init(ENTRIES, &irq->ring, 0);
	if (ret) {
		free(irq);
		return ret;
	}
	w->priv = irq;
	irq->eventfd = eventfd(0, EFD_CLOEXEC);
	if (irq->eventfd < 0)
		return -errno;
	ret = arm(irq);
	return ret ? ret : vb_device_irq_on(w->container->device, irq->eventfd);
}

static int teardown(struct vb_worker *w)
{
	struct irq *irq = w->priv;
	int ret;

	if (!irq)
		return 0;
	ret = vb_device_irq_off(w->container->device);
	io_uring_queue_exit(&irq->ring);
	if (irq->eventfd >= 0)
		close(irq->eventfd);
	free(irq);
	w->priv = NULL;
	return ret;
}

/* The next completion, which has to be of @what: its result; -ETIME: it does not come. */
static int wait_for(struct irq *irq, unsigned int what)
{
	struct __kernel_timespec limit = { .tv_sec = LOST_S };
	struct io_uring_cqe *cqe;
	unsigned int is;
	int ret;

	do {	/* rung twice, the poll tells twice: the read's sum says so */
		ret = io_uring_wait_cqe_timeout(&irq->ring, &cqe, &limit);
		if (ret)
			return ret;
		is = (unsigned int)cqe->user_data;
		ret = cqe->res;
		if (is == POLL && !(cqe->flags & IORING_CQE_F_MORE))
			irq->armed = false;
		io_uring_cqe_seen(&irq->ring, cqe);
	} while (is != what && is == POLL);
	return is == what ? ret : -EPROTO;
}

/* Until the eventfd has been read. */
static int receive(struct irq *irq)
{
	struct io_uring_sqe *sqe;
	int ret = wait_for(irq, POLL);

	if (ret < 0)
		return ret;
	sqe = io_uring_get_sqe(&irq->ring);
	if (!sqe)
		return -EBUSY;
	io_uring_prep_read(sqe, irq->eventfd, &irq->rung, sizeof(irq->rung), 0);
	sqe->user_data = READ;
	ret = io_uring_submit(&irq->ring);
	if (ret < 0)
		return ret;
	ret = wait_for(irq, READ);
	return ret == sizeof(irq->rung) ? 0 : ret < 0 ? ret : -EIO;
}

static int step(struct vb_worker *w)
{
	struct vb_device *device = w->container->device;
	struct irq *irq = w->priv;
	uint64_t start, end;
	int ret = 0;

	if (!irq->armed) {	/* the kernel may end a poll (a full ring) */
		w->shared->tally.count[POLLS]++;
		ret = arm(irq);
	}
	if (ret)
		return ret;
	start = vb_now_ns();
	ret = vb_device_irq_raise(device);
	if (!ret)
		ret = receive(irq);
	end = vb_now_ns();
	vb_op_sample(w, VB_METRIC_IRQ, 0, start, end, ret);
	vb_op_verify(w, ret != -ETIME, "an interrupt that was asked for did not come");
	if (ret == -ETIME)
		return 0;
	if (ret)
		return ret;
	vb_hist_add(&w->shared->hist[VB_METRIC_IRQ], end - start);
	w->shared->tally.count[INTERRUPTS] += irq->rung;
	vb_op_verify(w, irq->rung == 1, "the eventfd was rung more than once for one interrupt");
	vb_op_verify(w, !vb_device_irq_done(device), "an interrupt came that the device did not raise");
	return 0;
}

const struct vb_workload_ops vb_workload_irq_latency = {
	.name = "irq_latency",
	.summary = "the assigned device is asked for an interrupt, whose eventfd io_uring polls and reads",
	.counts = counts,
	.needs_irq = true,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
