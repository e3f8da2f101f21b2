// SPDX-License-Identifier: GPL-2.0-or-later
/* A soak that goes on, or a cycle once more: what was saved, read back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/soak/soak_impl.h"
#include "lib/machine/sysfs.h"
#include "lib/result/dir.h"
#include "lib/result/files.h"
#include "lib/stats/random.h"

static int load(const char *path, json_t **json)
{
	char *text = NULL;
	size_t length = 0;
	int ret = soak_read_text(path, &text, &length);

	*json = NULL;
	if (ret)
		return ret;
	ret = vb_files_check_text(text, length);
	if (!ret)
		*json = json_loadb(text, length, 0, NULL);
	free(text);
	return ret ? ret : *json ? 0 : -EINVAL;
}

static uint64_t number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

static bool truth(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static unsigned int take_texts(const json_t *array, const char **texts, unsigned int max)
{
	unsigned int nr = 0;
	const json_t *text;
	size_t i;

	json_array_foreach(array, i, text)
		if (nr < max && json_is_string(text))
			texts[nr++] = json_string_value(text);
	return nr;
}

/* A job file of the folder, freed with the soak. */
static const char *copy_of_job(struct soak *s, const char *folder, const json_t *file)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, json_string_value(file) ?: "") < 0)
		return NULL;
	return s->own_path[s->nr_own_paths++] = path;
}

/* The jobs as they were: the soak has copies. */
static int take_jobs(struct soak *s, const json_t *array, const char *folder)
{
	struct vb_soak_options *o = s->opt;
	const json_t *job;
	size_t i;

	json_array_foreach(array, i, job) {
		const char *path = o->nr_jobs == VB_SOAK_MAX_JOBS ? NULL :
				   copy_of_job(s, folder, json_object_get(job, "file"));

		if (!path)
			return -EINVAL;
		o->job[o->nr_jobs++] = (struct vb_soak_job){ path, (unsigned int)number(job, "weight") ?: 1 };
	}
	return o->nr_jobs ? 0 : -EINVAL;
}

/* Of one whose cycles are of its own job there has to be the copy of that. */
static int take_fault(struct soak *s, const json_t *json, const char *folder, struct vb_soak_fault *fault)
{
	const json_t *job = json_object_get(json, "job");

	fault->weight = (unsigned int)number(json, "weight") ?: 1;
	fault->left_out = truth(json, "left_out");
	if (fault->left_out || s->opt->one_fault || !(fault->ops->needs & VB_FAULT_NEEDS_JOB))
		return 0;
	fault->job_path = job ? copy_of_job(s, folder, job) : NULL;
	return fault->job_path ? 0 : -EINVAL;
}

static int take_faults(struct soak *s, const json_t *array, const char *folder)
{
	struct vb_soak_options *o = s->opt;
	const json_t *fault;
	size_t i;

	json_array_foreach(array, i, fault) {
		const char *name = json_string_value(json_object_get(fault, "fault"));
		const struct vb_fault_ops *ops = name ? vb_fault_find(name) : NULL;

		if (!ops || o->nr_faults == VB_SOAK_MAX_FAULTS)
			return -EINVAL;
		o->fault[o->nr_faults] = (struct vb_soak_fault){ .ops = ops };
		if (take_fault(s, fault, folder, &o->fault[o->nr_faults++]))
			return -EINVAL;
	}
	return 0;
}

/* What may be done to this machine: who goes on here said so here. */
static void take_consent(struct vb_soak_options *o, const json_t *j)
{
	o->accept_loss |= truth(j, "accept_loss");
	o->acknowledge_others |= truth(j, "acknowledge_others");
	if (!o->variant_dir)
		o->variant_dir = json_string_value(json_object_get(j, "variant_dir"));
}

/*
 * A failure's folder may come from another machine or person: what could cost data, and modules
 * that are loaded, are never taken from it, but asked for.
 */
static int check_consent(const struct vb_soak_options *o, const json_t *j)
{
	const char *dir = json_string_value(json_object_get(j, "variant_dir"));
	bool loss = truth(j, "accept_loss") && !o->accept_loss;
	bool others = truth(j, "acknowledge_others") && !o->acknowledge_others;

	if (o->variant_dir)
		dir = NULL;
	if (!loss && !others && !dir)
		return VB_EXIT_OK;
	return vb_fail(VB_EXIT_USAGE, "%s: the soak was told%s%s%s%s: --replay takes that from you only: give it too, "
		       "if it is right for this machine", o->replay, loss ? " --accept-loss" : "",
		       others ? " --acknowledge-others" : "", dir ? " --variant-dir " : "", dir ? dir : "");
}

static int take_options(struct soak *s, const char *folder)
{
	const json_t *j = json_object_get(s->saved, "options");
	struct vb_soak_options *o = s->opt;
	int ret = take_jobs(s, json_object_get(j, "jobs"), folder);

	o->one_fault = truth(j, "one_fault");
	if (!ret)
		ret = take_faults(s, json_object_get(s->saved, "faults"), folder);
	if (ret)
		return ret;
	o->nr_set = take_texts(json_object_get(j, "set"), s->own_set, VB_SOAK_MAX_SET);
	o->set = s->own_set;
	o->nr_variants = take_texts(json_object_get(j, "variants"), o->variant, VB_SOAK_MAX_VARIANTS);
	o->nr_devices = take_texts(json_object_get(j, "devices"), s->own_device, VB_MAX_CONTAINERS);
	o->device = s->own_device;
	s->new_end = o->for_ns || o->repeat;
	if (!s->new_end) {
		o->for_ns = number(j, "for_ns");
		o->repeat = number(j, "repeat");
	}
	o->cycle_min_ns = number(j, "cycle_min_ns");
	o->cycle_max_ns = number(j, "cycle_max_ns");
	o->limit_ns = number(j, "limit_ns");
	o->fault_percent = (unsigned int)number(j, "fault_percent");
	o->all_faults = truth(j, "all_faults");
	o->fault_job = truth(j, "fault_job");
	o->steady = truth(j, "steady");
	o->keep |= truth(j, "keep");
	o->stop_on_failure |= !o->replay && truth(j, "stop_on_failure");
	if (!o->replay)
		take_consent(o, j);
	o->seed = number(s->saved, "seed");
	o->has_seed = true;
	return o->cycle_min_ns && o->cycle_max_ns >= o->cycle_min_ns ? 0 : -EINVAL;
}

int soak_state_load(struct soak *s, const char *folder, const char *name)
{
	char path[4200];
	int ret;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	ret = load(path, &s->saved);
	if (!ret)
		ret = number(s->saved, "schema") == 1 ? take_options(s, folder) : -EINVAL;
	if (ret)
		return vb_fail(VB_EXIT_USAGE, "%s: %s", path, ret == -EINVAL || ret == -ENODATA ?
			       "not what a soak of this version wrote, or changed since" : strerror(-ret));
	return s->opt->replay ? check_consent(s->opt, json_object_get(s->saved, "options")) : VB_EXIT_OK;
}

/* What could be then has to be now: the stream of cycles depends on it. */
static int check_faults(struct soak *s)
{
	const json_t *saved = json_object_get(s->saved, "faults");

	for (unsigned int i = 0; i < s->nr_faults; i++) {
		const json_t *f = json_array_get(saved, i);

		if (s->fault[i].left_out && !truth(f, "left_out"))
			return vb_fail(VB_EXIT_SKIPPED, "fault '%s': %s, which it had before", s->fault[i].ops->name,
				       s->fault[i].why_not);
		if (!s->opt->resume)
			continue;
		s->fault[i].begun = number(f, "begun");
		s->fault[i].injected = number(f, "injected");
		s->fault[i].not_tried = number(f, "not_tried");
		s->fault[i].failures = number(f, "failures");
		snprintf(s->fault[i].why_not, sizeof(s->fault[i].why_not), "%s",
			 json_string_value(json_object_get(f, "why_not")) ?: "");
	}
	return VB_EXIT_OK;
}

static bool same_boot(const struct soak *s)
{
	const char *then = json_string_value(json_object_get(s->saved, "boot_id"));
	char now[64];

	return then && *then && vb_sysfs_read("/proc/sys/kernel/random/boot_id", now, sizeof(now)) > 0 &&
	       !strcmp(then, now);
}

static void take_totals(struct soak *s)
{
	const json_t *t = json_object_get(s->saved, "totals");

	s->next = number(t, "next");
	s->elapsed_ns = number(t, "elapsed_ns");
	s->cycles = number(t, "cycles");
	s->clean = number(t, "clean");
	s->skipped = number(t, "skipped");
	s->failed = number(t, "failed");
	s->operations = number(t, "operations");
	s->log_hits = number(t, "log_alarms");
	s->injected = number(t, "injected");
	s->csv_bytes = number(t, "csv_bytes");
	s->resumed = (unsigned int)number(t, "resumed") + 1;
	snprintf(s->late, sizeof(s->late), "%s", json_string_value(json_object_get(t, "late")) ?: "");
	s->first_failed = json_integer_value(json_object_get(s->saved, "first_failed"));
	snprintf(s->first_failure, sizeof(s->first_failure), "%s",
		 json_string_value(json_object_get(t, "first_failure")) ?: "");
}

/* States of before this was noted say nothing. */
static enum soak_stop how_it_stopped(const struct soak *s)
{
	const json_t *in_order = json_object_get(s->saved, "stopped");

	if (!json_is_false(in_order))
		return SOAK_IN_ORDER;
	if (same_boot(s))
		return SOAK_KILLED;
	/* A run hung, which is counted: a reboot was needed. */
	return truth(s->saved, "hung") ? SOAK_IN_ORDER : SOAK_MACHINE_DOWN;
}

/* Trends are those of one boot. */
static void take_boots(struct soak *s)
{
	const json_t *saved = json_object_get(s->saved, "boots");

	s->boots = json_is_array(saved) ? json_deep_copy(saved) : json_array();
	if (!same_boot(s))
		json_array_append_new(s->boots, json_integer((json_int_t)s->cycles));
}

int soak_go_on(struct soak *s)
{
	int ret = check_faults(s);

	if (ret || !s->opt->resume)
		return ret;
	if (truth(s->saved, "hung") && same_boot(s))
		return vb_fail(VB_EXIT_INCORRECT, "%s: a run hung: reboot first", s->dir);
	if (truth(s->saved, "ended") && !s->new_end)
		return vb_fail(VB_EXIT_USAGE, "%s: has ended: --for or --repeat makes it longer", s->dir);
	take_totals(s);
	s->stopped = how_it_stopped(s);
	s->closing = truth(s->saved, "closing");
	s->running = json_is_integer(json_object_get(s->saved, "running")) ?
		     json_integer_value(json_object_get(s->saved, "running")) : -1;
	take_boots(s);
	if (!same_boot(s))
		return VB_EXIT_OK;	/* of this boot nothing is known */
	s->base = json_incref(json_object_get(s->saved, "machine"));
	s->held_then = number(s->saved, "held_pages");
	s->taint_then = number(s->saved, "taint");
	s->same_boot = true;
	if (s->stopped == SOAK_KILLED)
		s->log_sequence = number(s->saved, "log_sequence");
	return VB_EXIT_OK;
}
