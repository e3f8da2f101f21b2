// SPDX-License-Identifier: GPL-2.0-or-later
/* samples.bin: blocks checked one by one. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "lib/result/samples.h"

#define BUFFER_BLOCKS	16u		/* 1 MiB a read */
#define MAX_WORKERS	1024u

struct vb_sample_reader {
	int fd;
	char path[4096];
	struct vb_sample_block *buffer;
	size_t have, at;		/* whole blocks in it, the next one */
	uint64_t offset;		/* in the file, of the next block */
	json_t *head;
	size_t nr_metrics;
	uint64_t *next_sequence;	/* of each worker */
	uint64_t *lost;
	bool *ended;
	struct vb_sample_totals totals;
};

static int bad(const struct vb_sample_reader *r, char *err, size_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int bad(const struct vb_sample_reader *r, char *err, size_t size, const char *format, ...)
{
	int n = snprintf(err, size, "%s: at byte %" PRIu64 ": ", r->path, r->offset);
	va_list ap;

	va_start(ap, format);
	if (n >= 0 && (size_t)n < size)
		vsnprintf(err + n, size - (size_t)n, format, ap);
	va_end(ap);
	return -EINVAL;
}

/* As much as there is, to the buffer's end. */
static int refill(struct vb_sample_reader *r)
{
	const size_t room = BUFFER_BLOCKS * VB_SAMPLE_BLOCK_BYTES;
	size_t got = 0;

	while (got < room) {
		ssize_t n = read(r->fd, (char *)r->buffer + got, room - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		got += (size_t)n;
	}
	r->totals.bytes += got;
	r->have = got / VB_SAMPLE_BLOCK_BYTES;
	r->at = 0;
	if (got % VB_SAMPLE_BLOCK_BYTES)
		r->totals.torn_bytes = got % VB_SAMPLE_BLOCK_BYTES;
	return 0;
}

static bool is_hole(const struct vb_sample_block *b)
{
	const char *bytes = (const char *)b;

	return !bytes[0] && !memcmp(bytes, bytes + 1, sizeof(*b) - 1);
}

static int check_block(const struct vb_sample_reader *r, struct vb_sample_block *b, char *err,
		       size_t size)
{
	const struct vb_sample_header *h = &b->header;
	uint32_t crc = h->crc32;

	if (h->magic != VB_SAMPLE_MAGIC)
		return bad(r, err, size, "no block of samples begins here: damaged");
	if (h->version != VB_SAMPLE_VERSION)
		return bad(r, err, size, "version %u, this program reads %u", h->version,
			   VB_SAMPLE_VERSION);
	b->header.crc32 = 0;
	b->header.crc32 = (uint32_t)crc32(0, (const Bytef *)b, sizeof(*b));
	if (b->header.crc32 != crc)
		return bad(r, err, size, "the block's checksum is %08x, not %08x: damaged", crc,
			   b->header.crc32);
	if (h->count > (h->worker == VB_SAMPLE_NO_WORKER ? VB_SAMPLE_TEXT_MAX : VB_SAMPLES_PER_BLOCK))
		return bad(r, err, size, "count: %u is more than a block holds", h->count);
	return 0;
}

/* 1: *block is whole and right; 0: the end. */
static int next_block(struct vb_sample_reader *r, struct vb_sample_block **block, char *err,
		      size_t size)
{
	int ret;

	do {
		if (r->at == r->have) {
			ret = refill(r);
			if (ret) {
				snprintf(err, size, "%s: %s", r->path, strerror(-ret));
				return ret;
			}
			if (!r->have)
				return 0;
		}
		*block = &r->buffer[r->at++];
		/* Where a block could not be written; its worker's sequence tells which. */
	} while (!(*block)->header.magic && is_hole(*block) && (r->offset += sizeof(**block)));
	ret = check_block(r, *block, err, size);
	return ret ? ret : 1;
}

static int read_head(struct vb_sample_reader *r, char *err, size_t size)
{
	struct vb_sample_block *b;
	json_error_t where;
	const json_t *metrics, *workers;
	int ret = next_block(r, &b, err, size);

	if (ret < 0)
		return ret;
	if (!ret || b->header.worker != VB_SAMPLE_NO_WORKER)
		return bad(r, err, size, "no first block: not a file of samples, or cut off");
	r->head = json_loadb(b->text, b->header.count, JSON_REJECT_DUPLICATES, &where);
	metrics = json_object_get(r->head, "metrics");
	workers = json_object_get(r->head, "workers");
	r->nr_metrics = json_array_size(metrics);
	if (!r->nr_metrics || r->nr_metrics > 256 || !json_array_size(workers) ||
	    json_array_size(workers) > MAX_WORKERS)
		return bad(r, err, size, "the first block names no metrics and workers");
	for (size_t i = 0; i < r->nr_metrics; i++)
		if (!json_is_string(json_array_get(metrics, i)))
			return bad(r, err, size, "metrics[%zu]: a text is wanted", i);
	for (size_t i = 0; i < json_array_size(workers); i++)
		if (!json_is_string(json_object_get(json_array_get(workers, i), "section")))
			return bad(r, err, size, "workers[%zu].section: a text is wanted", i);
	r->totals.workers = (unsigned int)json_array_size(workers);
	r->offset += sizeof(*b);
	return 0;
}

int vb_sample_reader_open(struct vb_sample_reader **out, const char *path, char *err, size_t size)
{
	struct vb_sample_reader *r = calloc(1, sizeof(*r));
	struct stat st;
	int ret = -ENOMEM;

	*out = NULL;
	if (!r)
		goto fail;
	snprintf(r->path, sizeof(r->path), "%s", path);
	r->fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ret = r->fd < 0 ? -errno : 0;
	if (!ret && (fstat(r->fd, &st) || !S_ISREG(st.st_mode)))
		ret = -EINVAL;
	r->buffer = aligned_alloc(64, BUFFER_BLOCKS * sizeof(*r->buffer));
	r->next_sequence = calloc(MAX_WORKERS, sizeof(*r->next_sequence));
	r->lost = calloc(MAX_WORKERS, sizeof(*r->lost));
	r->ended = calloc(MAX_WORKERS, sizeof(*r->ended));
	if (!ret && (!r->buffer || !r->next_sequence || !r->lost || !r->ended))
		ret = -ENOMEM;
fail:
	if (ret)
		snprintf(err, size, "%s: %s", path, ret == -EINVAL ? "not an ordinary file" :
			 strerror(-ret));
	else
		ret = read_head(r, err, size);
	if (ret)
		vb_sample_reader_close(r);
	else
		*out = r;
	return ret;
}

const json_t *vb_sample_reader_head(const struct vb_sample_reader *r)
{
	return r->head;
}

/* One thread begins to write a worker's blocks in their order: so they stand. */
static int follow(struct vb_sample_reader *r, const struct vb_sample_header *h, char *err,
		  size_t size)
{
	uint32_t w = h->worker;

	if (w >= r->totals.workers)
		return bad(r, err, size, "worker: %u, and there are %u", w, r->totals.workers);
	if (r->ended[w] || h->sequence < r->next_sequence[w])
		return bad(r, err, size, "sequence: block %" PRIu64 " of worker %u after block %" PRIu64,
			   h->sequence, w, r->next_sequence[w] - 1);
	if (h->lost < r->lost[w])
		return bad(r, err, size, "lost: %" PRIu64 " after %" PRIu64, h->lost, r->lost[w]);
	r->totals.missing_blocks += h->sequence - r->next_sequence[w];
	r->totals.lost += h->lost - r->lost[w];
	r->totals.blocks++;
	r->totals.samples += h->count;
	r->next_sequence[w] = h->sequence + 1;
	r->lost[w] = h->lost;
	r->ended[w] = h->flags & VB_SAMPLE_LAST;
	r->totals.ended += r->ended[w];
	return 0;
}

int vb_sample_reader_next(struct vb_sample_reader *r, const struct vb_sample_block **out,
			  char *err, size_t size)
{
	struct vb_sample_block *b;
	int ret = next_block(r, &b, err, size);

	if (ret <= 0)
		return ret;
	ret = follow(r, &b->header, err, size);
	if (ret)
		return ret;
	for (uint32_t i = 0; i < b->header.count; i++)
		if (b->sample[i].metric >= r->nr_metrics)
			return bad(r, err, size, "sample %u: metric %u, and there are %zu", i,
				   b->sample[i].metric, r->nr_metrics);
	r->offset += sizeof(*b);
	*out = b;
	return 1;
}

const struct vb_sample_totals *vb_sample_reader_totals(const struct vb_sample_reader *r)
{
	return &r->totals;
}

void vb_sample_reader_close(struct vb_sample_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	json_decref(r->head);
	free(r->buffer);
	free(r->next_sequence);
	free(r->lost);
	free(r->ended);
	free(r);
}
