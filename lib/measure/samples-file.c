// SPDX-License-Identifier: GPL-2.0-or-later
/* Blocks to a file: io_uring with registered buffers and O_DIRECT, or less of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "lib/measure/samples-file.h"

#define DEPTH 128u			/* 8 MiB under way */

/* Pinned once, not for each write.  The kernel may refuse: RLIMIT_MEMLOCK. */
static bool register_rings(struct vb_samples_file *f, struct vb_sample_ring *const *rings,
			   unsigned int nr)
{
	struct iovec *v = calloc(nr, sizeof(*v));
	int ret = v ? 0 : -ENOMEM;

	for (unsigned int i = 0; v && i < nr; i++) {
		v[i].iov_base = rings[i]->block;
		v[i].iov_len = rings[i]->nr_blocks * VB_SAMPLE_BLOCK_BYTES;
	}
	if (!ret)
		ret = io_uring_register_buffers(&f->io, v, nr);
	free(v);
	return !ret;
}

static bool set_direct(int fd, bool direct)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return false;
	return !fcntl(fd, F_SETFL, direct ? flags | O_DIRECT : flags & ~O_DIRECT);
}

int vb_samples_file_open(struct vb_samples_file *f, int fd, enum vb_samples_io io,
			 struct vb_sample_ring *const *rings, unsigned int nr_rings,
			 vb_samples_done done, void *arg)
{
	*f = (struct vb_samples_file){ .fd = fd, .done = done, .arg = arg };
	if (io == VB_SAMPLES_PWRITE)
		return 0;
	f->uring = !io_uring_queue_init(DEPTH, &f->io, 0);
	if (!f->uring)
		return 0;
	f->fixed = register_rings(f, rings, nr_rings);
	f->direct = set_direct(fd, true);
	return 0;
}

static ssize_t write_whole(int fd, const void *data, size_t length, uint64_t offset)
{
	size_t done = 0;

	while (done < length) {
		ssize_t n = pwrite(fd, (const char *)data + done, length - done,
				   (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

/* Some file systems take the flag and refuse the write. */
int vb_samples_file_first(struct vb_samples_file *f, const struct vb_sample_block *block)
{
	int ret = (int)write_whole(f->fd, block, sizeof(*block), 0);

	if (ret == -EINVAL && f->direct && set_direct(f->fd, false)) {
		f->direct = false;
		ret = (int)write_whole(f->fd, block, sizeof(*block), 0);
	}
	if (!ret)
		f->offset = f->good = sizeof(*block);
	return ret;
}

static void finished(struct vb_samples_file *f, unsigned int ring, uint64_t index, uint64_t offset,
		     int error)
{
	if (error && !f->error)
		f->error = error;
	if (!error && offset + VB_SAMPLE_BLOCK_BYTES > f->good)
		f->good = offset + VB_SAMPLE_BLOCK_BYTES;
	f->done(f->arg, ring, index, error);
}

/* What a completion is about, in its 64 bits: ring 10, index 22, block of the file 32. */
static uint64_t tag_of(unsigned int ring, uint64_t index, uint64_t offset)
{
	return (uint64_t)ring << 54 | index << 32 | (offset / VB_SAMPLE_BLOCK_BYTES & 0xffffffffu);
}

static void complete(struct vb_samples_file *f, struct io_uring_cqe *cqe)
{
	uint64_t tag = cqe->user_data;
	int res = cqe->res;

	io_uring_cqe_seen(&f->io, cqe);
	f->under_way--;
	if (res >= 0)	/* a short write: no space, in all likelihood */
		res = res == (int)VB_SAMPLE_BLOCK_BYTES ? 0 : -ENOSPC;
	finished(f, (unsigned int)(tag >> 54), tag >> 32 & 0x3fffff,
		 (tag & 0xffffffffu) * VB_SAMPLE_BLOCK_BYTES, res);
}

void vb_samples_file_reap(struct vb_samples_file *f)
{
	struct io_uring_cqe *cqe;

	while (f->under_way && !io_uring_peek_cqe(&f->io, &cqe))
		complete(f, cqe);
}

/* A kernel short of memory is asked again, for a second. */
static bool submitted(struct vb_samples_file *f)
{
	static const struct timespec pause = { 0, 1000000 };
	int ret = io_uring_submit(&f->io);

	for (int i = 0; i < 1000 && (ret == -EINTR || ret == -EAGAIN || ret == -EBUSY); i++) {
		nanosleep(&pause, NULL);
		ret = io_uring_submit(&f->io);
	}
	if (ret < 0 && !f->error)
		f->error = ret;
	return ret >= 0;
}

void vb_samples_file_push(struct vb_samples_file *f)
{
	if (f->uring)
		submitted(f);
}

/* Wait for one; false: the ring itself failed, and nothing is known of what is under way. */
static bool wait_one(struct vb_samples_file *f)
{
	struct io_uring_cqe *cqe;
	int ret;

	if (!submitted(f))
		return false;
	do
		ret = io_uring_wait_cqe(&f->io, &cqe);
	while (ret == -EINTR);
	if (ret) {
		f->error = f->error ? f->error : ret;
		return false;
	}
	complete(f, cqe);
	return true;
}

void vb_samples_file_drain(struct vb_samples_file *f)
{
	while (f->under_way)
		if (!wait_one(f))
			return;
}

static void begin_write(struct vb_samples_file *f, const struct vb_sample_block *block,
			unsigned int ring, uint64_t index, uint64_t offset)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&f->io);

	if (!sqe) {
		finished(f, ring, index, offset, -EBUSY);
		return;
	}
	if (f->fixed)
		io_uring_prep_write_fixed(sqe, f->fd, block, sizeof(*block), offset, (int)ring);
	else
		io_uring_prep_write(sqe, f->fd, block, sizeof(*block), offset);
	io_uring_sqe_set_data64(sqe, tag_of(ring, index, offset));
	f->under_way++;
}

void vb_samples_file_write(struct vb_samples_file *f, const struct vb_sample_block *block,
			   unsigned int ring, uint64_t index)
{
	uint64_t offset = f->offset;

	while (f->uring && f->under_way >= DEPTH && !f->error)
		wait_one(f);
	if (f->error) {
		f->done(f->arg, ring, index, f->error);
		return;
	}
	f->offset += sizeof(*block);
	if (f->uring)
		begin_write(f, block, ring, index, offset);
	else
		finished(f, ring, index, offset,
			 (int)write_whole(f->fd, block, sizeof(*block), offset));
}

void vb_samples_file_finish(struct vb_samples_file *f, uint64_t *bytes, int *error)
{
	if (f->direct)	/* whatever reads or checks the file next */
		set_direct(f->fd, false);
	if (f->error && ftruncate(f->fd, (off_t)f->good) && errno != EINVAL)
		f->error = f->error ? f->error : -errno;
	*bytes = f->good;
	*error = f->error;
}

const char *vb_samples_file_way(const struct vb_samples_file *f)
{
	if (!f->uring)
		return "pwrite";
	if (f->fixed)
		return f->direct ? "io_uring fixed O_DIRECT" : "io_uring fixed";
	return f->direct ? "io_uring O_DIRECT" : "io_uring";
}

void vb_samples_file_close(struct vb_samples_file *f)
{
	if (!f->uring)
		return;
	/* The ring itself ends later, by a work of the kernel: the pins end now. */
	if (f->fixed)
		io_uring_unregister_buffers(&f->io);
	io_uring_queue_exit(&f->io);
	f->uring = false;
}
