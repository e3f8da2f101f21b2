/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A run as JSON: result.json, as doc/results.md describes it. */
#ifndef VB_RECORD_H
#define VB_RECORD_H

#include <jansson.h>

#include "bench/engine/audit.h"
#include "bench/engine/supervisor.h"
#include "lib/machine/variant.h"

struct vb_record {
	const struct vb_run *run;
	const struct vb_audit *audit;
	const struct vb_variant *variant;	/* NULL: the null backend */
	const char *arm;
	unsigned int arm_index;			/* among the session's arms */
	unsigned int number;
	unsigned int cell;			/* among the job's expanded runs */
	unsigned int round, position;		/* from 0; place in the round */
	bool warmup;				/* in no statistic */
	const char *session;			/* "id" of meta.json */
	bool exact;
	const char *guard_reason;		/* static; why it is on or off */
};

/* A new object; NULL: no memory.  The numbers are left out when the audit failed. */
json_t *vb_record_to_json(const struct vb_record *record);

#endif /* VB_RECORD_H */
