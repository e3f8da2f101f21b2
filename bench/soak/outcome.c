// SPDX-License-Identifier: GPL-2.0-or-later
/* What the run of a cycle has written: numbers, and the first thing that its audit found. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "bench/soak/soak_impl.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static void read_workers(const json_t *result, struct soak_outcome *o)
{
	const json_t *worker;
	size_t i;

	json_array_foreach(json_object_get(result, "workers"), i, worker)
		o->operations += (uint64_t)json_integer_value(json_object_get(worker, "steps"));
}

static void read_p99(const json_t *result, struct soak_outcome *o)
{
	const json_t *metric;
	size_t i;

	json_array_foreach(json_object_get(result, "metrics"), i, metric) {
		const char *name = text_of(metric, "metric");
		double us = json_number_value(json_object_get(metric, "p99")) / 1e3;

		if ((!strcmp(name, "request") || !strcmp(name, "unmap")) && us > o->p99_us)
			o->p99_us = us;
	}
}

/* A check that the fault is meant to make fail. */
static bool expected(const struct vb_fault_ops *fault, const char *check)
{
	static const char *const usual[] = { "ending", "operations", NULL };

	for (const char *const *name = fault && fault->expected_audit ? fault->expected_audit : usual; fault && *name; name++)
		if (!strcmp(*name, check))
			return true;
	return false;
}

static void read_audit(const json_t *result, const struct vb_fault_ops *fault, struct soak_outcome *o)
{
	const json_t *check;
	size_t i;

	json_array_foreach(json_object_get(result, "audit"), i, check) {
		const char *verdict = text_of(check, "verdict");

		if ((strcmp(verdict, "failed") && strcmp(verdict, "untrusted")) ||
		    expected(fault, text_of(check, "check")))
			continue;
		soak_say(o, SOAK_FAILED, "%s: %s", text_of(check, "check"), text_of(check, "text"));
	}
}

/* Is there one that can be read? */
static bool read_run(const char *path, const struct vb_fault_ops *fault, struct soak_outcome *o)
{
	json_t *result = json_load_file(path, 0, NULL);

	if (!result)
		return false;
	read_workers(result, o);
	read_p99(result, o);
	read_audit(result, fault, o);
	/* A fault that costs a boot may be meant to do that, and judges it itself. */
	if (!strcmp(text_of(result, "status"), "hung")) {
		if (fault && fault->needs & VB_FAULT_ENDS_GUEST)
			o->hung = true;
		else
			soak_hung(o, "hung: the kernel holds the run's tasks; reboot needed");
	}
	json_decref(result);
	return true;
}

/* Finished, or under its temporary name.  Who says that all is fine has to show it. */
void soak_outcome_read(const char *output, const struct vb_fault_ops *fault, struct soak_outcome *o)
{
	static const char *const ends[] = { "", ".part" };
	unsigned int nr = 0;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char path[8192];
		struct dirent *entry;
		DIR *dir;

		snprintf(path, sizeof(path), "%s%s/runs", output, ends[i]);
		dir = opendir(path);
		while (dir && (entry = readdir(dir))) {
			if (entry->d_name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "%s%s/runs/%s/result.json", output, ends[i], entry->d_name);
			nr += read_run(path, fault, o);
		}
		if (dir)
			closedir(dir);
	}
	if (!nr && WIFEXITED(o->status) && !WEXITSTATUS(o->status))
		soak_say(o, SOAK_FAILED, "the run ended with exit status 0 and left no result that can be read");
}
