// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * direct_read: O_DIRECT reads into mapped memory, which is unmapped while the
 * read is under way.  The block layer pins the pages as VFIO does; whoever lets
 * go first, the bytes have to arrive.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

enum { UNMAPPED_UNDER_WAY };
static const char *const counts[] = { "unmapped_while_reading", NULL };

struct reader {
	struct io_uring ring;
	int file;			/* O_DIRECT */
	char *expected;			/* what the file begins with, read through the page cache */
};

/* The job's file, or one of our own with a pattern in it, without a name. */
static int open_file(struct vb_worker *w, struct reader *r, int *cached)
{
	const char *path = w->container->plan->run->global.direct_file, *folder = getenv("TMPDIR");
	size_t size = w->section->size_bytes;
	char again[64];

	if (*path) {
		*cached = open(path, O_RDONLY | O_CLOEXEC);
	} else {
		*cached = open(folder ? folder : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		for (size_t i = 0; i < size / sizeof(uint64_t); i++)
			((uint64_t *)r->expected)[i] = vb_random(w);
		if (*cached >= 0 && (pwrite(*cached, r->expected, size, 0) != (ssize_t)size ||
				     fsync(*cached)))
			return -EIO;
	}
	if (*cached < 0)
		return -errno;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", *cached);
	r->file = open(again, O_RDONLY | O_DIRECT | O_CLOEXEC);
	return r->file < 0 ? -errno : 0;
}

static int setup(struct vb_worker *w)
{
	struct reader *r = calloc(1, sizeof(*r));
	size_t size = w->section->size_bytes;
	int cached = -1, ret;

	if (!r)
		return -ENOMEM;
	w->priv = r;
	r->file = -1;
	r->expected = malloc(size);
	ret = r->expected ? open_file(w, r, &cached) : -ENOMEM;
	if (ret)
		vb_step_failed(w, "%s: can't be read with O_DIRECT here: give direct_file= of a file or block "
			       "device that can",
			       *w->container->plan->run->global.direct_file ?
			       w->container->plan->run->global.direct_file : "a file in $TMPDIR or /var/tmp");
	else if (pread(cached, r->expected, size, 0) != (ssize_t)size)
		ret = vb_step_failed(w, "direct_file= has less than size= bytes");
	if (cached >= 0)
		close(cached);
	return ret ? ret : io_uring_queue_init(2, &r->ring, 0);
}

static int start_read(struct vb_worker *w)
{
	struct reader *r = w->priv;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);
	int ret;

	io_uring_prep_read(sqe, r->file, w->memory, (unsigned int)w->section->size_bytes, 0);
	ret = io_uring_submit(&r->ring);
	return ret < 0 ? ret : 0;
}

static int end_read(struct vb_worker *w, uint64_t start)
{
	struct reader *r = w->priv;
	struct io_uring_cqe *cqe;
	int ret = io_uring_wait_cqe(&r->ring, &cqe);
	uint64_t end = vb_now_ns();

	if (ret)
		return ret;
	ret = cqe->res;
	io_uring_cqe_seen(&r->ring, cqe);
	vb_op_sample(w, VB_METRIC_DIRECT_READ, 0, start, end, ret < 0 ? ret : 0);
	if (ret < 0)
		return ret;
	vb_hist_add(&w->shared->hist[VB_METRIC_DIRECT_READ], end - start);
	vb_op_verify(w, ret == (int)w->section->size_bytes &&
		     !memcmp(w->memory, r->expected, w->section->size_bytes),
		     "what an O_DIRECT read brought is not what the file holds");
	return 0;
}

static int unmap(struct vb_worker *w)
{
	uint64_t unmapped;
	int ret;

	w->window->mapped = false;
	ret = vb_op_unmap(w, 0, w->section->size_bytes, VB_METRIC_UNMAP, &unmapped);
	return ret ? ret : vb_op_request_end(w);
}

static int step(struct vb_worker *w)
{
	uint64_t size = w->section->size_bytes, start;
	bool under_way = !(w->cursor++ & 1);
	int ret, ended;

	memset(w->memory, 0xa5, size);
	ret = vb_op_map(w, 0, size);
	if (ret)
		return ret;
	w->window->mapped = true;
	ret = vb_op_open_range(w, 0, size);
	start = vb_now_ns();
	if (!ret)
		ret = start_read(w);
	if (ret)
		return ret;
	if (under_way) {
		struct reader *r = w->priv;

		w->shared->tally.count[UNMAPPED_UNDER_WAY] += !io_uring_cq_ready(&r->ring);
		ret = unmap(w);
	}
	ended = end_read(w, start);	/* whatever became of the unmap: it writes to our memory */
	if (!ret)
		ret = ended;
	return ret || under_way ? ret : unmap(w);
}

static int teardown(struct vb_worker *w)
{
	struct reader *r = w->priv;

	if (!r)
		return 0;
	if (r->ring.ring_fd)
		io_uring_queue_exit(&r->ring);
	if (r->file >= 0)
		close(r->file);
	free(r->expected);
	free(r);
	return vb_op_unmap_window(w);
}

const struct vb_workload_ops vb_workload_direct_read = {
	.name = "direct_read",
	.summary = "O_DIRECT reads into mapped memory that is unmapped meanwhile",
	.counts = counts,
	.pinners_allowed = true,
	.buffers = 1,
	.at_once = 1,
	.setup = setup,
	.step = step,
	.teardown = teardown,
};
