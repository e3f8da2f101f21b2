/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file of samples.c: blocks written from where they lie.  One thread. */
#ifndef VB_SAMPLES_FILE_H
#define VB_SAMPLES_FILE_H

#include <liburing.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/measure/samples.h"

/* Block @index of @ring has been written (@error 0) or has not (-errno). */
typedef void (*vb_samples_done)(void *arg, unsigned int ring, uint64_t index, int error);

struct vb_samples_file {
	int fd;
	bool uring, fixed, direct;
	struct io_uring io;
	unsigned int under_way;
	uint64_t offset;		/* where the next block goes */
	uint64_t good;			/* end of the last block that is written */
	int error;			/* -errno of the first write that failed: no more are tried */
	vb_samples_done done;
	void *arg;
};

/*
 * @rings' memory is registered where it can be.  0: some way to write was
 * found; -errno otherwise.
 */
int vb_samples_file_open(struct vb_samples_file *f, int fd, enum vb_samples_io io,
			 struct vb_sample_ring *const *rings, unsigned int nr_rings,
			 vb_samples_done done, void *arg);
/* Write the first block, waiting for it.  0 or -errno. */
int vb_samples_file_first(struct vb_samples_file *f, const struct vb_sample_block *block);
/*
 * Begin to write a block; it stays untouched until @done is called for it, in
 * this call or in a later one of any of these.
 */
void vb_samples_file_write(struct vb_samples_file *f, const struct vb_sample_block *block,
			   unsigned int ring, uint64_t index);
/* Hand to the kernel what was begun. */
void vb_samples_file_push(struct vb_samples_file *f);
/* Call @done for what has ended; drain: wait until all has. */
void vb_samples_file_reap(struct vb_samples_file *f);
void vb_samples_file_drain(struct vb_samples_file *f);
/* All is written: cut off what a failed write left.  *bytes of the file. */
void vb_samples_file_finish(struct vb_samples_file *f, uint64_t *bytes, int *error);
/* How it was written; static. */
const char *vb_samples_file_way(const struct vb_samples_file *f);
/* Does not close @fd. */
void vb_samples_file_close(struct vb_samples_file *f);

/* Fill in a block's header (but count, base and lost) and checksum; zero what lies behind. */
void vb_sample_seal(struct vb_sample_block *block, uint32_t worker, uint64_t sequence,
		    unsigned int flags);

#endif /* VB_SAMPLES_FILE_H */
