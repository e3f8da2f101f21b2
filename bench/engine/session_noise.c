// SPDX-License-Identifier: GPL-2.0-or-later
/* What a session does about noise: look before it, tell it, gate by it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/noise_watch.h"
#include "bench/engine/session_impl.h"
#include "bench/engine/supervisor.h"
#include "lib/machine/facts.h"

#define LOOK_NS 50000000u	/* who else runs: short beside any session */

static const char *const gating_names[] = {
	[VB_NOISE_GATING_OFF] = "off",
	[VB_NOISE_GATING_HARDWARE] = "hardware",
	[VB_NOISE_GATING_ON] = "on",
};

static void tell(const struct vb_noise *noise, bool events)
{
	for (size_t i = 0; i < noise->nr; i++) {
		const struct vb_noise_finding *f = &noise->finding[i];
		const struct vb_noise_check *check = &vb_noise_checks[f->id];

		if (f->verdict == VB_NOISE_MARK && check->event == events)
			fprintf(stderr, "    noise %s: %s\n", check->name, f->text);
	}
}

json_t *session_noise_before(struct session *s)
{
	struct vb_noise *noise = &s->noise_before;
	struct vb_plan **plans;

	if (vb_in_exact_mode())
		return vb_noise_to_json(noise);
	plans = calloc(s->nr_arms * s->nr_cells + 1, sizeof(*plans));
	/* an arm may have threads= of its own */
	for (size_t a = 0; plans && a < s->nr_arms; a++)
		memcpy(&plans[a * s->nr_cells], s->arm[a].plans, s->nr_cells * sizeof(*plans));
	if (plans)
		vb_noise_watch_settings(plans, s->nr_arms * s->nr_cells, noise);
	free(plans);
	vb_noise_running(LOOK_NS, noise);
	return vb_noise_to_json(noise);
}

void session_noise_tell_before(const struct session *s)
{
	if (!vb_noise_marks(&s->noise_before, false))
		return;
	fprintf(stderr, "before the session:\n");
	tell(&s->noise_before, false);
}

void session_noise_settings(struct vb_run *run)
{
	struct vb_plan *plan = (struct vb_plan *)run->plan;	/* only looked at */

	if (!vb_in_exact_mode())
		vb_noise_watch_settings(&plan, 1, &run->noise);
}

/* After the process has ended: what it saw, behind the settings. */
void session_noise_run(struct session *s, struct vb_run *run, bool warmup)
{
	const struct vb_noise *seen = &run->shared->noise;

	for (size_t i = 0; i < seen->nr && run->noise.nr < VB_NOISE_NR; i++)
		run->noise.finding[run->noise.nr++] = seen->finding[i];
	if (!warmup)
		vb_noise_gate_add(&s->noise_gate, &run->noise);
}

void session_noise_tell(const struct vb_run *run)
{
	tell(&run->noise, true);
}

static bool gates(const struct session *s)
{
	return s->opt->noise_gating == VB_NOISE_GATING_ON ||
	       (s->opt->noise_gating == VB_NOISE_GATING_HARDWARE && !s->in_lab &&
		!vb_in_exact_mode());
}

void session_noise_end(struct session *s)
{
	bool closed = vb_noise_gate_closed(&s->noise_gate), by_default;
	char text[512];

	vb_noise_gate_text(&s->noise_gate, text, sizeof(text));
	json_object_set_new(s->meta, "noise_gate", json_pack("{s:s, s:b, s:i, s:i, s:s}",
		"gating", gating_names[s->opt->noise_gating], "closed", (int)closed,
		"runs", (int)s->noise_gate.runs, "marked", (int)s->noise_gate.marked,
		"text", text));
	if (!closed && *text)
		vb_warn("noise: %s: too few to matter", text);
	if (!closed)
		return;
	by_default = gates(s) && s->opt->noise_gating == VB_NOISE_GATING_HARDWARE;
	vb_warn("noise: %s: 'vfio-bench doctor' says what mends it%s", text,
		by_default ? "; --accept-noise takes the figures as they are" : "");
	if (gates(s))
		session_worse(s, VB_EXIT_UNTRUSTED);
}
