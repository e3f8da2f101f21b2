// SPDX-License-Identifier: GPL-2.0-or-later
/* Is a number that a job names one that its runs can have? */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bench/engine/job_stat.h"
#include "bench/engine/shared.h"

static bool is_metric(const char *name, bool module)
{
	for (int m = 0; m < VB_NR_METRICS && !module; m++)
		if (!strcmp(vb_metric_name(m), name))
			return true;
	for (int id = 0; id < VB_HIST_NR && module; id++)
		if (!strcmp(vb_module_hist_name(id), name))
			return true;
	return false;
}

static bool is_section(const struct vb_job *job, const char *name)
{
	for (unsigned int i = 0; i < job->nr_sections; i++)
		if (!strcmp(job->section[i].name, name))
			return true;
	return false;
}

int job_stat_check(const struct vb_job *job, const struct vb_stat_name *name, char *why,
		   size_t size)
{
	bool module = !strcmp(name->section, "module");

	*why = 0;
	if (*name->section && !module && !is_section(job, name->section))
		snprintf(why, size, "the job has no section '%s': give one of its own, or module",
			 name->section);
	else if (!is_metric(name->metric, module) &&
		 (*name->section || !is_metric(name->metric, true)))
		snprintf(why, size, "no metric '%s' in %s: doc/results.md lists them",
			 name->metric, module ? "the module" : "a section of workers");
	else if (name->stat == VB_STAT_SHARE && strcmp(name->metric, "callback"))
		snprintf(why, size, "only module.callback has a share: give mean");
	return *why ? -EINVAL : 0;
}
