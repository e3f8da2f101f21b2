/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * samples.bin: every operation of a run, as writer and reader share it and
 * doc/results.md describes it.  The file is a row of blocks of one size, each
 * readable by itself: a block is a header and samples of one worker.  The
 * first block holds text (JSON) instead: what workers and metrics are.
 * Numbers are little endian.
 */
#ifndef VB_SAMPLE_FORMAT_H
#define VB_SAMPLE_FORMAT_H

#include <stdint.h>

#define VB_SAMPLE_MAGIC		0x4c504d53u	/* "SMPL" */
#define VB_SAMPLE_VERSION	1u
#define VB_SAMPLE_BLOCK_BYTES	65536u
#define VB_SAMPLE_HEADER_BYTES	64u
#define VB_SAMPLES_PER_BLOCK	((VB_SAMPLE_BLOCK_BYTES - VB_SAMPLE_HEADER_BYTES) / 16u)
#define VB_SAMPLE_TEXT_MAX	(VB_SAMPLE_BLOCK_BYTES - VB_SAMPLE_HEADER_BYTES)
/* Durations have 40 bits; this one stands for itself and all that are longer. */
#define VB_SAMPLE_DURATION_MAX	((1ull << 40) - 1)

/* The worker of the text block. */
#define VB_SAMPLE_NO_WORKER	0xffffffffu

enum vb_sample_flag {
	VB_SAMPLE_LAST = 1,		/* the worker's last block: it came to its end */
};

/*
 * Samples stand in the order in which they ended: a sample ended @end_delta_ns
 * after the one before it, the first of a block after the block's @base_ns.
 */
struct vb_sample {
	uint32_t end_delta_ns;
	uint32_t duration_low;		/* ns */
	uint32_t page;			/* of 4 KiB, from the start of the worker's window */
	uint8_t duration_high;
	uint8_t metric;			/* index in the text block's "metrics" */
	int16_t result;			/* 0 or -errno */
};

struct vb_sample_header {
	uint32_t magic;
	uint16_t version;
	uint16_t flags;			/* enum vb_sample_flag */
	uint32_t worker;		/* or VB_SAMPLE_NO_WORKER */
	uint32_t count;			/* of samples; bytes in the text block */
	uint64_t sequence;		/* of the worker's blocks, from 0: a gap is a lost block */
	uint64_t base_ns;		/* of CLOCK_MONOTONIC_RAW */
	uint64_t lost;			/* samples of this worker lost before the block's end, in all */
	uint32_t crc32;			/* zlib's, of the whole block with this field zero */
	uint32_t reserved[5];
};

struct vb_sample_block {
	struct vb_sample_header header;
	union {
		struct vb_sample sample[VB_SAMPLES_PER_BLOCK];
		char text[VB_SAMPLE_TEXT_MAX];
	};
};

_Static_assert(sizeof(struct vb_sample) == 16, "a sample has no holes");
_Static_assert(sizeof(struct vb_sample_header) == VB_SAMPLE_HEADER_BYTES, "nor has a header");
_Static_assert(sizeof(struct vb_sample_block) == VB_SAMPLE_BLOCK_BYTES, "nor has a block");

static inline uint64_t vb_sample_duration(const struct vb_sample *s)
{
	return (uint64_t)s->duration_high << 32 | s->duration_low;
}

#endif /* VB_SAMPLE_FORMAT_H */
