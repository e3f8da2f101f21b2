/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When noise makes a session's figures not to be trusted: in more than a quarter
 * of the runs an event was marked, or a setting is wrong with which no time is
 * worth anything.  Warm-up runs don't count.
 */
#ifndef VB_NOISE_GATE_H
#define VB_NOISE_GATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/machine/noise.h"

#define VB_NOISE_GATE_SHARE 0.25	/* of the runs; doc/method.md */

enum vb_noise_gating {
	VB_NOISE_GATING_OFF,		/* noise is told and recorded, no more */
	VB_NOISE_GATING_HARDWARE,	/* on, but for the lab: its figures are none of a machine */
	VB_NOISE_GATING_ON,
};

struct vb_noise_gate {
	unsigned int runs;		/* that were watched */
	unsigned int marked;		/* of them, with an event that is marked */
	unsigned int by_check[VB_NOISE_NR];	/* runs in which that one is */
};

void vb_noise_gate_add(struct vb_noise_gate *gate, const struct vb_noise *noise);
/* The same from a result.json's list, for a session that goes on. */
void vb_noise_gate_add_json(struct vb_noise_gate *gate, const json_t *noise);
bool vb_noise_gate_closed(const struct vb_noise_gate *gate);
/* "3 of 10 runs are marked (steal 3, waiting 1)", or "" when none is. */
void vb_noise_gate_text(const struct vb_noise_gate *gate, char *text, size_t size);

#endif /* VB_NOISE_GATE_H */
