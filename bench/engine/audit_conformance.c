// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "bench/engine/audit_conformance.h"

static void note_first(struct vb_audit_conformance *found, const struct vb_promise *promise,
		       const struct vb_answer *answer, const struct vb_judged *judged)
{
	char given[32] = "", expected[32];

	if (*found->first)
		return;
	vb_expected_text(promise->kind, judged->expected, expected, sizeof(expected));
	if (answer->state == VB_ANSWER_GIVEN)
		vb_answer_text(promise->kind, answer->value, given, sizeof(given));
	snprintf(found->first, sizeof(found->first), "%s: %s, expected %s", promise->name,
		 *given ? given : answer->why, expected);
}

bool vb_audit_conformance(const struct vb_run *run, struct vb_audit_conformance *found)
{
	const struct vb_promise *const *list = vb_plan_promises(run->plan);
	const struct vb_answers *answers = &run->shared->answers;

	*found = (struct vb_audit_conformance){ 0 };
	if (!list || !run->conformance)
		return false;
	for (unsigned int i = 0; i < answers->nr; i++) {
		struct vb_judged judged;

		vb_conformance_judge(run->conformance, i, &answers->answer[i], &run->here, &judged);
		found->kept += judged.verdict == VB_CONFORMS;
		found->unasked += judged.verdict == VB_CONFORMS_UNASKED;
		if (judged.verdict != VB_CONFORMS_NOT)
			continue;
		found->wrong++;
		note_first(found, vb_promise_at(list, i), &answers->answer[i], &judged);
	}
	return true;
}
