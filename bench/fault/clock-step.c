// SPDX-License-Identifier: GPL-2.0-or-later
/* clock-step: the wall clock leaps by an hour, either way; no duration of the run may change. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bench/fault/common/common.h"
#include "lib/machine/wall-clock.h"
#include "lib/measure/clock.h"

#define STEP_S		3600
#define LEAST_S		0.4	/* of a run of 0.5 s */

struct data {
	struct vb_fault_mark mark;
	char before[32];
	char id[VB_JOURNAL_ID_SIZE];	/* "": no step was made */
};

static int prepare(struct vb_fault *f)
{
	return vb_fault_mark_data(f, sizeof(struct data));
}

static int inject(struct vb_fault *f)
{
	struct data *d = f->data;
	int step_s = vb_fault_random(f, 2) ? STEP_S : -STEP_S;
	int ret;

	snprintf(d->before, sizeof(d->before), "%" PRId64, vb_wall_ahead_ns());
	ret = vb_wall_step(step_s, d->id);
	return ret ? vb_fault_say(f, ret, "setting the clock: %s", strerror(-ret)) : 0;
}

/* By a clock that nobody sets: the run can't have lasted longer than since prepare(). */
static int judge(struct vb_fault *f)
{
	struct data *d = f->data;
	double most_s = (double)(vb_now_ns() - d->mark.start_ns) / 1e9, measured_s, wall_s;
	json_t *result = vb_fault_result(f);
	int ret;

	if (!result)
		return -ENOENT;
	measured_s = json_number_value(json_object_get(result, "measured_s"));
	wall_s = json_number_value(json_object_get(result, "wall_s"));
	json_decref(result);
	if (measured_s < LEAST_S || wall_s < measured_s || wall_s > most_s)
		return vb_fault_say(f, -EPROTO, "measured %.3f s of %.3f s, at most %.3f s have passed",
				    measured_s, wall_s, most_s);
	ret = vb_fault_check_complete(f);
	return ret ? ret : vb_fault_check_settled(f);
}

static void undo(struct vb_fault *f)
{
	struct data *d = f->data;

	if (d && *d->id && !vb_wall_put_back(d->before))
		vb_journal_end(d->id);
}

const struct vb_fault_ops vb_fault_clock_step = {
	.name = "clock-step",
	.description = "the wall clock leaps by an hour: durations are unchanged",
	.needs = VB_FAULT_NEEDS_ROOT | VB_FAULT_NEEDS_LAB,
	.statuses = 1 << 0,
	.job = "smoke",
	.run_ms = 500,
	.expected_audit = (const char *const []) { NULL },
	.prepare = prepare,
	.inject = inject,
	.judge = judge,
	.undo = undo,
};
