// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * uring_buffers: the same pages pinned twice, by a VFIO mapping and as an
 * io_uring table of fixed buffers.  The two let go in turns, one first in one
 * step and the other first in the next; what is read into the buffers has to be
 * there while either of them holds the pages.
 */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench/engine/own.h"
#include "bench/workload/workloads.h"

enum { VFIO_FIRST, URING_FIRST };
static const char *const counts[] = { "vfio_let_go_first", "uring_let_go_first", NULL };

struct buffers {
	struct io_uring ring;
	int file;			/* with a pattern in it, as long as a buffer */
	char *pattern;
	struct iovec *iov;
};

static int make_file(struct vb_worker *w, struct buffers *b)
{
	size_t size = w->section->size_bytes;

	b->pattern = malloc(size);
	b->file = memfd_create("vfio-bench pattern", MFD_CLOEXEC);
	if (!b->pattern || b->file < 0)
		return b->pattern ? -errno : -ENOMEM;
	for (size_t i = 0; i < size / sizeof(uint64_t); i++)
		((uint64_t *)b->pattern)[i] = vb_random(w);
	return pwrite(b->file, b->pattern, size, 0) == (ssize_t)size ? 0 : -EIO;
}

static int setup(struct vb_worker *w)
{
	unsigned int count = w->section->count;
	struct buffers *b = calloc(1, sizeof(*b));
	int ret;

	if (!b)
		return -ENOMEM;
	b->iov = calloc(count, sizeof(*b->iov));
	ret = b->iov ? make_file(w, b) : -ENOMEM;
	if (!ret)
		ret = io_uring_queue_init(2, &b->ring, 0);
	for (unsigned int i = 0; i < count && !ret; i++)
		b->iov[i] = (struct iovec){ w->memory + i * w->section->size_bytes,
					    w->section->size_bytes };
	w->priv = b;
	return ret;
}

static int timed(struct vb_worker *w, enum vb_metric metric, bool registers)
{
	struct buffers *b = w->priv;
	uint64_t start = vb_now_ns(), end;
	int ret = registers ? io_uring_register_buffers(&b->ring, b->iov, w->section->count) :
			      io_uring_unregister_buffers(&b->ring);

	end = vb_now_ns();
	vb_op_sample(w, metric, 0, start, end, ret);
	if (!ret)
		vb_hist_add(&w->shared->hist[metric], end - start);
	return ret;
}

static int unmap_all(struct vb_worker *w)
{
	uint64_t unmapped;
	int ret;

	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, w->window->plan->size_bytes, VB_METRIC_REQUEST, &unmapped);
	return ret ? ret : vb_op_request_end(w);
}

/* Read the pattern into one buffer through the fixed table, and look at it. */
static int read_fixed(struct vb_worker *w)
{
	struct buffers *b = w->priv;
	unsigned int at = (unsigned int)(vb_random(w) % w->section->count);
	size_t size = w->section->size_bytes;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&b->ring);
	struct io_uring_cqe *cqe;
	int ret;

	memset(b->iov[at].iov_base, 0xa5, size);
	io_uring_prep_read_fixed(sqe, b->file, b->iov[at].iov_base, (unsigned int)size, 0, (int)at);
	ret = io_uring_submit_and_wait(&b->ring, 1);
	if (ret >= 0)
		ret = io_uring_wait_cqe(&b->ring, &cqe);
	if (ret < 0)
		return ret;
	ret = cqe->res;
	io_uring_cqe_seen(&b->ring, cqe);
	if (ret < 0)
		return ret;
	vb_op_verify(w, ret == (int)size && !memcmp(b->iov[at].iov_base, b->pattern, size),
		     "what was read into a fixed buffer is not there");
	return 0;
}

/* Only a worker that is alone knows whose pins the kernel counts. */
static void verify_pins(struct vb_worker *w, uint64_t before, unsigned int times)
{
	uint64_t pages = w->window->plan->size_bytes / VB_JOB_PAGE, now;

	if (before == UINT64_MAX || w->container->plan->nr_workers > 1 || w->slot)
		return;
	now = vb_own_foll_pins();
	vb_op_verify(w, now - before == times * pages,
		     "the kernel does not hold each page as often as it was pinned");
}

static int step(struct vb_worker *w)
{
	bool vfio_first = !(w->cursor++ & 1);
	uint64_t before = vb_own_foll_pins();
	int ret = vb_op_map_window(w);

	if (!ret)
		ret = timed(w, VB_METRIC_BUFFERS_REGISTER, true);
	if (ret)
		return ret;
	verify_pins(w, before, 2);
	ret = read_fixed(w);
	if (!ret)
		ret = vfio_first ? unmap_all(w) : timed(w, VB_METRIC_BUFFERS_UNREGISTER, false);
	if (ret)
		return ret;
	verify_pins(w, before, 1);
	ret = vfio_first ? read_fixed(w) : 0;
	if (!ret)
		ret = vfio_first ? timed(w, VB_METRIC_BUFFERS_UNREGISTER, false) : unmap_all(w);
	verify_pins(w, before, 0);
	w->shared->tally.count[vfio_first ? VFIO_FIRST : URING_FIRST]++;
	return ret;
}

static int teardown(struct vb_worker *w)
{
	struct buffers *b = w->priv;

	if (!b)
		return 0;
	io_uring_queue_exit(&b->ring);
	close(b->file);
	free(b->pattern);
	free(b->iov);
	free(b);
	return vb_op_unmap_window(w);
}

const struct vb_workload_ops vb_workload_uring_buffers = {
	.name = "uring_buffers",
	.summary = "pages pinned by VFIO and as fixed buffers of io_uring, let go in both orders",
	.counts = counts,
	.pinners_allowed = true,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
