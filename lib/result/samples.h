/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading samples.bin back, block by block; memory does not grow with the file. */
#ifndef VB_RESULT_SAMPLES_H
#define VB_RESULT_SAMPLES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/measure/sample-format.h"
#include "uapi/vfio_bench.h"

struct vb_sample_reader;

/* What the whole file held; complete after vb_sample_reader_next() returned 0. */
struct vb_sample_totals {
	uint64_t bytes;
	uint64_t blocks;		/* of samples */
	uint64_t samples;
	uint64_t lost;			/* as the workers counted, to the end of what is there */
	uint64_t missing_blocks;	/* gaps in the sequences: writing failed */
	unsigned int workers;		/* of the text block */
	unsigned int ended;		/* workers whose last block is there */
	uint64_t torn_bytes;		/* behind the last whole block */
};

/*
 * Open @path and read its first block.  0; -EINVAL: not such a file, or damaged
 * there, with the place in @err; -errno of open and read.
 */
int vb_sample_reader_open(struct vb_sample_reader **reader, const char *path, char *err,
			  size_t size);
/* The first block's text: {"metrics": [...], "workers": [...]}; the reader's. */
const json_t *vb_sample_reader_head(const struct vb_sample_reader *reader);
/*
 * The next block of samples, valid until the next call.  1: there is one; 0: the
 * end; -EINVAL: damaged, with the place in @err (checksum, sequence, a number
 * beyond its limit); -errno of read.  Bytes of a torn block at the end are no
 * damage here but counted: a killed run leaves them.
 */
int vb_sample_reader_next(struct vb_sample_reader *reader, const struct vb_sample_block **block,
			  char *err, size_t size);
const struct vb_sample_totals *vb_sample_reader_totals(const struct vb_sample_reader *reader);
void vb_sample_reader_close(struct vb_sample_reader *reader);

/* All durations of one section's metric. */
struct vb_sample_dist {
	const char *section, *metric;	/* the head's */
	uint64_t failed;		/* operations with a result below 0: not in @hist */
	struct vb_hist hist;
};

struct vb_sample_summary {
	struct vb_sample_totals totals;
	json_t *head;
	size_t nr;
	struct vb_sample_dist *dist;	/* those with samples; sorted as the head's lists are */
};

/* The whole file into histograms.  As vb_sample_reader_next(); freed with ..._free(). */
int vb_sample_summary_read(const char *path, struct vb_sample_summary *summary, char *err,
			   size_t size);
void vb_sample_summary_free(struct vb_sample_summary *summary);

#endif /* VB_RESULT_SAMPLES_H */
