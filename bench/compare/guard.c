// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An arm whose requests took turns against one whose did not.  The wait for the
 * guard is in no time (doc/method.md); without it requests wait for each other in
 * the kernel, and that is in their times.
 */
#include <string.h>

#include "bench/compare/compare_impl.h"

/* How many of the arm's runs had the guard on, and how often it made a worker wait. */
struct turns {
	unsigned int guarded, free;
	double waits;
};

static void look_at_run(const json_t *run, struct turns *t)
{
	const json_t *worker;
	size_t i;

	if (!json_is_true(json_object_get(json_object_get(run, "guard"), "on"))) {
		t->free++;
		return;
	}
	t->guarded++;
	json_array_foreach(json_object_get(run, "workers"), i, worker)
		t->waits += vb_json_number(worker, "guard_waits");
}

static struct turns look_at_arm(const struct cmp_arm *arm)
{
	struct turns t = { 0 };

	for (size_t s = 0; s < arm->nr; s++) {
		const struct vb_result *r = arm->source[s].result;

		for (size_t i = 0; i < r->nr_runs; i++)
			if ((int)vb_json_number(r->run[i], "arm_index") == arm->source[s].arm &&
			    cmp_is_clean(r->run[i]))
				look_at_run(r->run[i], &t);
	}
	return t;
}

int cmp_guard(const struct cmp_arm *a, const struct cmp_arm *b, struct vb_comparison *c)
{
	struct turns x = look_at_arm(a), y = look_at_arm(b);
	const struct cmp_arm *guarded = x.waits > 0 && y.free ? a : y.waits > 0 && x.free ? b : NULL;

	if (!guarded)
		return 0;
	return cmp_note(c, "REQUESTS TOOK TURNS ON %s ALONE (the guard, against its deadlock): that wait "
			"is in no time, waiting for one another in the kernel is; measure all arms with "
			"guard=on for times that compare", guarded->name);
}
