// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * direct_read: O_DIRECT reads into mapped memory, which is unmapped while the
 * read is under way.  The block layer pins the pages as VFIO does; whoever lets
 * go first, the bytes have to arrive.
 */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/engine/worker.h"
#include "bench/workload/workloads.h"

enum { UNMAPPED_UNDER_WAY };
static const char *const counts[] = { "unmapped_while_reading", NULL };

struct reader {
	struct io_uring ring;
	int file;			/* O_DIRECT */
	char *expected;			/* what the file begins with, read through the page cache */
	bool in_submit;			/* reads were over when they had been submitted */
};

/* The same file again, around the page cache. */
static int open_direct(int cached)
{
	char again[64];
	int fd;

	snprintf(again, sizeof(again), "/proc/self/fd/%d", cached);
	fd = open(again, O_RDONLY | O_DIRECT | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A file without a name in @folder, with a pattern in it. */
static int make_file(struct vb_worker *w, const char *folder)
{
	struct reader *r = w->priv;
	size_t size = w->section->size_bytes;
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < size / sizeof(uint64_t); i++)
		((uint64_t *)r->expected)[i] = vb_random(w);
	if (pwrite(fd, r->expected, size, 0) == (ssize_t)size && !fsync(fd))
		return fd;
	close(fd);
	return -EIO;
}

/*
 * One of our own, or, where temporary files can't be read with O_DIRECT (tmpfs
 * before Linux 6.6), the program's: its bytes are as good.
 */
static int open_own(struct vb_worker *w)
{
	struct reader *r = w->priv;
	const char *folder = getenv("TMPDIR");
	int cached = make_file(w, folder ? folder : "/var/tmp");

	r->file = cached < 0 ? cached : open_direct(cached);
	if (r->file >= 0)
		return cached;
	if (cached >= 0)
		close(cached);
	cached = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	r->file = cached < 0 ? -errno : open_direct(cached);
	return cached;
}

/* Sets r->file, and returns an fd of the same file for reads through the page cache. */
static int open_file(struct vb_worker *w)
{
	struct reader *r = w->priv;
	const char *path = w->container->plan->run->global.direct_file;
	int cached;

	if (!*path)
		return open_own(w);
	cached = open(path, O_RDONLY | O_CLOEXEC);
	r->file = cached < 0 ? -errno : open_direct(cached);
	return cached;
}

static int fill_expected(struct vb_worker *w, int cached)
{
	struct reader *r = w->priv;
	const char *path = w->container->plan->run->global.direct_file;
	ssize_t size = (ssize_t)w->section->size_bytes;

	if (r->file < 0 && *path)
		return vb_step_failed(w, "direct_file=%s: %s", path, r->file == -EINVAL ?
				      "can't be read with O_DIRECT" : strerror(-r->file));
	if (r->file < 0)
		return vb_step_failed(w, "neither a file in $TMPDIR or /var/tmp nor this program's own can be "
				      "read with O_DIRECT: give direct_file= of one that can, or a block device");
	if (pread(cached, r->expected, (size_t)size, 0) != size)
		return vb_step_failed(w, "%s has less than size= bytes%s", *path ? path : "this program's file",
				      *path ? "" : ", and no file in $TMPDIR or /var/tmp can be read with "
				      "O_DIRECT: give direct_file=");
	return 0;
}

static int setup(struct vb_worker *w)
{
	struct reader *r = calloc(1, sizeof(*r));
	int cached, ret;

	if (!r)
		return -ENOMEM;
	w->priv = r;
	r->file = -1;
	r->expected = malloc(w->section->size_bytes);
	if (!r->expected)
		return -ENOMEM;
	cached = open_file(w);
	ret = fill_expected(w, cached);
	if (cached >= 0)
		close(cached);
	return ret ? ret : io_uring_queue_init(2, &r->ring, 0);
}

/*
 * File systems without a block device below (9p, NFS) read while io_uring submits.
 * There a thread of io_uring's has to do it, else no read would ever be under way.
 */
static int start_read(struct vb_worker *w)
{
	struct reader *r = w->priv;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);
	int ret;

	io_uring_prep_read(sqe, r->file, w->memory, (unsigned int)w->section->size_bytes, 0);
	if (r->in_submit)
		io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
	ret = io_uring_submit(&r->ring);
	r->in_submit |= io_uring_cq_ready(&r->ring);
	return ret < 0 ? ret : 0;
}

/* @start: when it began, if nothing else was done meanwhile; else 0, and it gives no time. */
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
	if (start)
		vb_op_sample(w, VB_METRIC_DIRECT_READ, 0, start, end, ret < 0 ? ret : 0);
	if (ret < 0)
		return ret;
	if (start)
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
	ended = end_read(w, under_way ? 0 : start);	/* whatever became of the unmap: it writes to our memory */
	if (!ret)
		ret = ended;
	return ret || under_way ? ret : unmap(w);
}

static int teardown(struct vb_worker *w)
{
	struct reader *r = w->priv;

	if (!r)
		return 0;
	if (r->ring.ring_fd > 0)
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
