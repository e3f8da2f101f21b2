// SPDX-License-Identifier: GPL-2.0-or-later
/* Appending through io_uring. */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/measure/recorder.h"

#define DEPTH 32u

struct vb_recorder {
	int fd;
	bool uring;
	struct io_uring ring;
	unsigned int under_way;
	uint64_t offset;
	uint64_t lost;
	int error;			/* -errno of the first write that failed */
};

/* One append under way; its bytes follow. */
struct chunk {
	size_t length;
	char data[];
};

int vb_recorder_open(struct vb_recorder **out, int fd)
{
	struct vb_recorder *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->fd = fd;
	r->uring = io_uring_queue_init(DEPTH, &r->ring, 0) == 0;
	*out = r;
	return 0;
}

static void finish_one(struct vb_recorder *r, struct io_uring_cqe *cqe)
{
	struct chunk *chunk = io_uring_cqe_get_data(cqe);

	if (cqe->res < 0 && !r->error)
		r->error = cqe->res;
	else if ((size_t)cqe->res < chunk->length && !r->error)
		r->error = -EIO;	/* a short write to a file: no space in all likelihood */
	free(chunk);
	r->under_way--;
	io_uring_cqe_seen(&r->ring, cqe);
}

static void reap(struct vb_recorder *r)
{
	struct io_uring_cqe *cqe;

	while (r->under_way && io_uring_peek_cqe(&r->ring, &cqe) == 0)
		finish_one(r, cqe);
}

static int append_now(struct vb_recorder *r, const void *data, size_t length)
{
	ssize_t done = pwrite(r->fd, data, length, (off_t)r->offset);

	if (done < 0 || (size_t)done < length)
		r->error = done < 0 ? -errno : -EIO;
	else
		r->offset += length;
	return r->error;
}

int vb_recorder_append(struct vb_recorder *r, const void *data, size_t length)
{
	struct io_uring_sqe *sqe;
	struct chunk *chunk;
	int ret;

	if (!r->error && !r->uring)
		return append_now(r, data, length);
	reap(r);
	if (r->error)
		return r->error;
	chunk = r->under_way < DEPTH ? malloc(sizeof(*chunk) + length) : NULL;
	sqe = chunk ? io_uring_get_sqe(&r->ring) : NULL;
	if (!sqe) {
		free(chunk);
		r->lost++;
		return -ENOBUFS;
	}
	chunk->length = length;
	memcpy(chunk->data, data, length);
	io_uring_prep_write(sqe, r->fd, chunk->data, (unsigned int)length, r->offset);
	io_uring_sqe_set_data(sqe, chunk);
	ret = io_uring_submit(&r->ring);
	if (ret < 0) {
		r->error = ret;
		return ret;
	}
	r->under_way++;
	r->offset += length;
	return 0;
}

uint64_t vb_recorder_lost(const struct vb_recorder *r)
{
	return r->lost;
}

bool vb_recorder_uses_uring(const struct vb_recorder *r)
{
	return r->uring;
}

int vb_recorder_close(struct vb_recorder *r)
{
	struct io_uring_cqe *cqe;
	int ret;

	while (r->uring && r->under_way) {
		ret = io_uring_wait_cqe(&r->ring, &cqe);
		if (ret == -EINTR)
			continue;
		if (ret) {
			/* What becomes of the rest can't be known. */
			r->error = r->error ? r->error : ret;
			break;
		}
		finish_one(r, cqe);
	}
	if (r->uring)
		io_uring_queue_exit(&r->ring);
	ret = r->error;
	if (close(r->fd) && !ret)
		ret = -errno;
	free(r);
	return ret;
}
