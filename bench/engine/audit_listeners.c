// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Were all devices that take notifications told the same, and what was requested?
 *
 * A kernel calls them one after the other for each notification, whichever of
 * them has something pinned.  The probe sees the ranges of four mappings, the
 * counts see no ranges; this is what sees a wrong one later on.  A worker
 * stamps its request for the first mdev alone: what the others were told is as
 * right as that.
 */
#include "bench/engine/audit_listeners.h"

static bool alike(const struct vb_callback_range *a, const struct vb_callback_range *b)
{
	return a->iova == b->iova && a->size == b->size;
}

/* From 1; 0: none. */
static unsigned int first_difference(const struct vb_callbacks_seen *a,
				     const struct vb_callbacks_seen *b)
{
	unsigned int nr = a->nr < b->nr ? a->nr : b->nr;

	for (unsigned int i = 0; i < nr; i++)
		if (!alike(&a->range[i], &b->range[i]))
			return i + 1;
	return a->nr == b->nr ? 0 : nr + 1;
}

bool vb_audit_listeners(const struct vb_run *run, unsigned int *mdev, unsigned int *callback)
{
	const struct vb_run_shared *sh = run->shared;
	unsigned int containers = run->plan->run->global.containers;
	/* Of several containers each has as many. */
	unsigned int listeners = sh->nr_mdevs / (containers ? containers : 1);

	if (listeners < 2)
		return false;
	for (*mdev = 0; *mdev < sh->nr_mdevs; ++*mdev) {
		*callback = first_difference(&sh->callbacks[*mdev - *mdev % listeners],
					     &sh->callbacks[*mdev]);
		if (*callback)
			break;
	}
	return true;
}

/* A size of 2^64 - 1 from 0 on is everything. */
static bool lies_in_request(const struct vb_callback_range *range)
{
	uint64_t from = range->iova - range->request_iova;

	return range->iova >= range->request_iova && range->size && from < range->request_size &&
	       range->size <= range->request_size - from;
}

static bool is_request(const struct vb_callback_range *range)
{
	return range->iova == range->request_iova && range->size == range->request_size;
}

bool vb_audit_ranges(const struct vb_run *run, bool exact, unsigned int *mdev,
		     unsigned int *callback, struct vb_callback_range *range)
{
	const struct vb_run_shared *sh = run->shared;
	bool known = false;

	*callback = 0;
	for (*mdev = 0; *mdev < sh->nr_mdevs; ++*mdev) {
		const struct vb_callbacks_seen *seen = &sh->callbacks[*mdev];

		for (unsigned int i = 0; i < seen->nr; i++) {
			*range = seen->range[i];
			if (!range->request_size)
				continue;
			known = true;
			if (exact ? is_request(range) : lies_in_request(range))
				continue;
			*callback = i + 1;
			return true;
		}
	}
	return known;
}
