// SPDX-License-Identifier: GPL-2.0-or-later
/* What a run is to the report: its arm, whether its numbers stand; and times as text. */
#include <string.h>

#include "bench/report/report.h"

void vb_report_arms(const struct vb_result *result, struct vb_arms *arms)
{
	const json_t *list = json_object_get(result->meta, "arms"), *arm;
	size_t i;

	arms->count = 0;
	json_array_foreach(list, i, arm) {
		size_t a = arms->count, same = 1;

		if (a == VB_REPORT_MAX_ARMS)
			break;
		arms->name[a] = vb_json_text(arm, "name");
		arms->variant[a] = vb_json_text(arm, "variant");
		arms->summary[a] = vb_json_text(arm, "summary");
		arms->settings[a] = json_object_get(arm, "settings");
		for (size_t before = 0; before < a; before++)
			same += !strcmp(arms->name[before], arms->name[a]);
		if (same > 1)
			snprintf(arms->label[a], sizeof(arms->label[a]), "%.50s #%zu", arms->name[a], same);
		else
			snprintf(arms->label[a], sizeof(arms->label[a]), "%s", arms->name[a]);
		arms->count++;
	}
}

/* The loader has checked that it is one of them. */
size_t vb_report_arm_of(const json_t *run, const struct vb_arms *arms)
{
	size_t a = (size_t)json_integer_value(json_object_get(run, "arm_index"));

	return a < arms->count ? a : arms->count;
}

const char *vb_report_arm_label(const json_t *run, const struct vb_arms *arms)
{
	size_t a = vb_report_arm_of(run, arms);

	return a < arms->count ? arms->label[a] : vb_json_text(run, "arm");
}

enum vb_standing vb_report_standing(const json_t *run)
{
	const char *status = vb_json_text(run, "status");

	if (!strcmp(status, "ok"))
		return VB_STANDING_CLEAN;
	return strcmp(status, "interrupted") ? VB_STANDING_WITHHELD : VB_STANDING_INTERRUPTED;
}

bool vb_report_exact(const struct vb_result *result)
{
	return !strcmp(vb_json_text(result->meta, "mode"), "exact");
}

bool vb_report_callbacks_known(const json_t *run)
{
	bool bare = !strcmp(vb_json_text(run, "module_mode"), "bare");

	return !bare && json_array_size(json_object_get(run, "sections")) == 1;
}

const char *vb_report_time(double ns, char *buf, size_t size)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	size_t unit = 0;

	while (ns >= 999.5 && unit < 3) {
		ns /= 1000;
		unit++;
	}
	snprintf(buf, size, "%.*f %s", !unit || ns >= 99.95 ? 0 : ns >= 9.995 ? 1 : 2, ns, units[unit]);
	return buf;
}
