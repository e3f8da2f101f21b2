// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How large the folios behind memory are.  smaps tells of pages that one entry of
 * the page table maps; /proc/kpageflags also of folios between 4 KiB and 2 MiB.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/memory.h"

#define PRESENT		(1ull << 63)
#define PFN_MASK	((1ull << 55) - 1)
#define COMPOUND_HEAD	(1ull << 15)	/* include/uapi/linux/kernel-page-flags.h */
#define COMPOUND_TAIL	(1ull << 16)

#define BATCH		512		/* pages of one read */
#define STRETCHES	64
#define STRETCH_PAGES	512		/* 2 MiB */

struct looker {
	int pagemap, flags;
	uint64_t head, pages;		/* the folio seen last */
	struct vb_folios *folios;
};

/* 0, or -errno; what lies behind the end is no page. */
static int read_words(int fd, uint64_t index, uint64_t *word, size_t nr)
{
	ssize_t n = pread(fd, word, nr * sizeof(*word), (off_t)(index * sizeof(*word)));

	if (n < 0)
		return -errno;
	memset((char *)word + n, 0, nr * sizeof(*word) - (size_t)n);
	return 0;
}

static int count_tails(const struct looker *l, uint64_t pfn, uint64_t *tails)
{
	uint64_t word[BATCH];

	for (*tails = 0; *tails < 1ull << VB_FOLIO_ORDERS; *tails += BATCH) {
		int err = read_words(l->flags, pfn + *tails, word, BATCH);

		if (err)
			return err;
		for (unsigned int i = 0; i < BATCH; i++) {
			if (word[i] & COMPOUND_TAIL)
				continue;
			*tails += i;
			return 0;
		}
	}
	return 0;
}

/* Memory may begin in the midst of a folio. */
static int find_head(const struct looker *l, uint64_t pfn, uint64_t *head)
{
	uint64_t word[BATCH];

	while (pfn) {
		uint64_t from = pfn >= BATCH ? pfn - BATCH : 0;
		int err = read_words(l->flags, from, word, pfn - from);

		if (err)
			return err;
		for (uint64_t i = pfn - from; i-- > 0;) {
			if (word[i] & COMPOUND_TAIL)
				continue;
			*head = from + i;
			return word[i] & COMPOUND_HEAD ? 0 : -EAGAIN;	/* it has just been split */
		}
		pfn = from;
	}
	return -EAGAIN;
}

static int look_at(struct looker *l, uint64_t pfn, uint64_t flags)
{
	uint64_t head = pfn, tails = 0;
	unsigned int order = 0;
	int err = 0;

	if (l->pages && pfn >= l->head && pfn < l->head + l->pages)
		return 0;
	if (flags & COMPOUND_TAIL)
		err = find_head(l, pfn, &head);
	if (!err && flags & (COMPOUND_HEAD | COMPOUND_TAIL))
		err = count_tails(l, head + 1, &tails);
	if (err)
		return err == -EAGAIN ? 0 : err;
	l->head = head;
	l->pages = tails + 1;
	while (order < VB_FOLIO_ORDERS - 1 && 1ull << order < l->pages)
		order++;
	l->folios->count[order]++;
	return 0;
}

/* Neighbours in memory are often neighbours in the machine: one read for them. */
static int look_at_run(struct looker *l, const uint64_t *entry, size_t nr)
{
	uint64_t first = entry[0] & PFN_MASK, flags[BATCH];
	int err = first ? read_words(l->flags, first, flags, nr) : -EPERM;

	for (size_t i = 0; i < nr && !err; i++)
		err = look_at(l, first + i, flags[i]);
	return err;
}

static int look_at_batch(struct looker *l, uint64_t page, size_t nr)
{
	uint64_t entry[BATCH];
	int err = read_words(l->pagemap, page, entry, nr);
	size_t size = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0, n; i < nr && !err; i += n) {
		n = 1;
		if (!(entry[i] & PRESENT))
			continue;
		while (i + n < nr && entry[i + n] & PRESENT &&
		       (entry[i + n] & PFN_MASK) == (entry[i] & PFN_MASK) + n)
			n++;
		err = look_at_run(l, &entry[i], n);
		if (!err)
			l->folios->looked_at_bytes += n * size;
	}
	return err;
}

int vb_memory_folios(const struct vb_memory *memory, struct vb_folios *folios)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t page = (uintptr_t)memory->addr / size, nr = memory->size_bytes / size;
	struct looker l = {
		.pagemap = vb_memory_open_pagemap(),
		.flags = vb_memory_open_pageflags(),
		.folios = folios,
	};
	uint64_t stretch = nr, step = nr, last = page + nr;
	int err = 0;

	if (l.pagemap < 0 || l.flags < 0)
		err = errno == EACCES ? -EPERM : -errno;
	if (nr > STRETCHES * STRETCH_PAGES) {
		stretch = STRETCH_PAGES;
		step = nr / STRETCHES;
	}
	for (; nr && page + stretch <= last && !err; page += step)
		for (uint64_t done = 0; done < stretch && !err; done += BATCH)
			err = look_at_batch(&l, page + done,
					    stretch - done < BATCH ? stretch - done : BATCH);
	if (l.pagemap >= 0)
		close(l.pagemap);
	if (l.flags >= 0)
		close(l.flags);
	if (err)
		folios->error = err;
	return err;
}

void vb_folios_add(struct vb_folios *sum, const struct vb_folios *more)
{
	if (!sum->error)
		sum->error = more->error;
	sum->looked_at_bytes += more->looked_at_bytes;
	for (unsigned int i = 0; i < VB_FOLIO_ORDERS; i++)
		sum->count[i] += more->count[i];
}
