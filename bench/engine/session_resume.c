// SPDX-License-Identifier: GPL-2.0-or-later
/* Going on with a session that was interrupted or killed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/job_path.h"
#include "bench/engine/session_impl.h"
#include "lib/machine/facts.h"
#include "lib/result/files.h"
#include "lib/result/load.h"

#define OVERRIDDEN "; overridden on the command line: "

static int refuse_other(const struct session *s, const char *what)
{
	return vb_fail(VB_EXIT_USAGE, "%s: %s: a session goes on with what it began: begin another one",
		       s->opt->resume, what);
}

/* "DIR.part", or DIR where it was left so; s->dir gets both names. */
static int find_directory(struct session *s)
{
	size_t length = strlen(s->opt->resume);
	char *path = s->dir.path;

	if (length + sizeof(".part") > sizeof(s->dir.path))
		return vb_fail(VB_EXIT_USAGE, "--resume: longer than %zu bytes", sizeof(s->dir.path) - 6);
	strcpy(path, s->opt->resume);
	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	if (length > 5 && !strcmp(path + length - 5, ".part"))
		path[length - 5] = '\0';
	if ((size_t)snprintf(s->dir.part, sizeof(s->dir.part), "%s.part", path) >= sizeof(s->dir.part))
		return vb_fail(VB_EXIT_USAGE, "--resume: too long");
	return VB_EXIT_OK;
}

/* Where it is now: under its temporary name, or, if it was interrupted, its last one. */
static const char *directory(const struct session *s)
{
	return access(s->dir.part, F_OK) ? s->dir.path : s->dir.part;
}

static char *read_path(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *f = fopen(path, "re");

	if (!f)
		return NULL;
	n = getdelim(&text, &size, '\0', f);
	fclose(f);
	if (n >= 0)
		return text;
	free(text);
	return calloc(1, 1);
}

static char *read_file(const char *dir, const char *name)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return read_path(path);
}

/* The job that was given is the one of the session. */
static int check_job(struct session *s)
{
	char path[4096], *given = NULL, *kept;
	const char *text;
	bool same;

	if (vb_job_locate(s->opt->job, path, sizeof(path)))
		return vb_fail(VB_EXIT_USAGE, "'%s': no such job: 'vfio-bench list jobs' names them",
			       s->opt->job);
	given = read_path(path);
	kept = read_file(directory(s), "job.ini");
	for (text = kept; text && !strncmp(text, OVERRIDDEN, strlen(OVERRIDDEN)); text++)
		text = strchrnul(text, '\n');
	same = given && text && !strcmp(given, text);
	free(given);
	free(kept);
	return same ? VB_EXIT_OK : refuse_other(s, "another job, or it was changed since");
}

/* --set: what the session had, also when it is not given again. */
static int take_settings(struct session *s)
{
	const json_t *list = json_object_get(s->meta, "settings");
	size_t nr = json_array_size(list);
	const char **set;

	if (s->opt->nr_set) {
		bool same = nr == s->opt->nr_set;

		for (size_t i = 0; same && i < nr; i++)
			same = !strcmp(s->opt->set[i], json_string_value(json_array_get(list, i)));
		return same ? VB_EXIT_OK : refuse_other(s, "it has other settings (--set)");
	}
	set = calloc(nr + 1, sizeof(*set));
	if (!set)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	for (size_t i = 0; i < nr; i++)
		set[i] = json_string_value(json_array_get(list, i));
	s->resumed.set = s->own_set = set;
	s->resumed.nr_set = (unsigned int)nr;
	return VB_EXIT_OK;
}

/* An arm of meta.json as the command line would give it. */
static int take_arm(const json_t *from, struct vb_arm *arm)
{
	const json_t *variant = json_object_get(from, "variant"), *setting;
	char text[4096], err[512];
	size_t i;
	int used = snprintf(text, sizeof(text), "%s=%s", json_string_value(json_object_get(from, "name")),
			    json_is_string(variant) ? json_string_value(variant) : "null");

	json_array_foreach(json_object_get(from, "settings"), i, setting)
		if (used < (int)sizeof(text))
			used += snprintf(text + used, sizeof(text) - (size_t)used, ",%s",
					 json_string_value(setting));
	if (used >= (int)sizeof(text))
		return vb_fail(VB_EXIT_USAGE, "meta.json: arms: too long");
	if (vb_arm_parse(text, arm, err, sizeof(err)))
		return vb_fail(VB_EXIT_USAGE, "meta.json: arms: %s", err);
	return VB_EXIT_OK;
}

static int take_arms(struct session *s)
{
	const json_t *list = json_object_get(s->meta, "arms");
	size_t nr = json_array_size(list);
	struct vb_arm *arm;
	int ret = VB_EXIT_OK;

	if (s->opt->nr_arms)	/* session_resume_check() holds them against meta.json */
		return VB_EXIT_OK;
	if (nr > VB_MAX_ARMS)
		return vb_fail(VB_EXIT_USAGE, "meta.json: arms: more than %d", VB_MAX_ARMS);
	arm = calloc(nr, sizeof(*arm));
	if (!arm)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	for (size_t i = 0; i < nr && !ret; i++)
		ret = take_arm(json_array_get(list, i), &arm[i]);
	s->resumed.arm = s->own_arm = arm;
	s->resumed.nr_arms = (unsigned int)nr;
	return ret;
}

static unsigned int number_of(const json_t *object, const char *key)
{
	return (unsigned int)json_integer_value(json_object_get(object, key));
}

static int take_compare(struct session *s)
{
	const json_t *ab = json_object_get(s->meta, "ab");
	const struct vb_session_compare *given = s->opt->compare;
	struct vb_session_compare *c = calloc(1, sizeof(*c));

	if (!c)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	c->pairs = number_of(ab, "pairs");
	c->comparisons = number_of(ab, "comparisons");
	c->warmup_rounds = number_of(ab, "warmup_rounds");
	c->aa = json_is_true(json_object_get(ab, "aa"));
	s->resumed.compare = s->own_compare = c;
	if (!json_is_object(ab) || !c->pairs || !c->comparisons)
		return vb_fail(VB_EXIT_USAGE, "%s: meta.json: ab: pairs and comparisons are wanted",
			       s->opt->resume);
	if ((given->pairs && given->pairs != c->pairs) ||
	    (given->comparisons && given->comparisons != c->comparisons) ||
	    (given->warmup_rounds != VB_WARMUP_ROUNDS_AUTO && given->warmup_rounds != c->warmup_rounds) ||
	    (given->aa && !c->aa))
		return refuse_other(s, "it has other rounds (--pairs, --comparisons, --warmup-rounds, --aa)");
	return VB_EXIT_OK;
}

static int take_seed_and_device(struct session *s)
{
	const json_t *device = json_object_get(s->meta, "device");
	const char *address = json_string_value(json_object_get(device, "address"));
	const json_t *all = json_object_get(s->meta, "devices");
	unsigned int nr = address ? 1 : 0;

	s->seed = (uint64_t)json_integer_value(json_object_get(s->meta, "seed"));
	if (s->opt->seed && (*s->opt->seed & INT64_MAX) != s->seed)
		return refuse_other(s, "it has another seed");
	s->resumed.seed = &s->seed;
	s->own_device[0] = address;
	for (; nr < json_array_size(all) && nr < VB_MAX_CONTAINERS; nr++)
		s->own_device[nr] = json_string_value(json_array_get(all, nr));
	for (unsigned int i = 0; i < s->opt->nr_devices; i++)
		if (s->opt->nr_devices != nr || !s->own_device[i] ||
		    strcmp(s->opt->device[i], s->own_device[i]))
			return refuse_other(s, "it has another device");
	s->resumed.device = s->own_device;
	s->resumed.nr_devices = nr;
	return VB_EXIT_OK;
}

static int load(struct session *s)
{
	char err[512], *text;
	int ret = vb_result_load(directory(s), &s->old, err, sizeof(err));

	if (ret)
		return vb_fail(VB_EXIT_USAGE, "--resume %s: %s", s->opt->resume, ret == -ENOENT ?
			       "no result of a session" : err);
	s->has_old = true;
	s->meta = json_incref(s->old.meta);
	if (strcmp(vb_json_text(s->meta, "command"), "ab"))
		return vb_fail(VB_EXIT_USAGE, "--resume %s: made by 'run': only a session of ab goes on",
			       s->opt->resume);
	if (!strcmp(vb_json_text(s->meta, "status"), "complete"))
		return vb_fail(VB_EXIT_USAGE, "--resume %s: complete: there is nothing left to do",
			       s->opt->resume);
	text = read_file(directory(s), "plan.json");
	if (text && !vb_files_check_text(text, strlen(text)))
		s->old_plans = json_loads(text, 0, NULL);
	free(text);
	if (!s->old_plans)
		return vb_fail(VB_EXIT_USAGE, "--resume %s: plan.json: cut off or changed", s->opt->resume);
	snprintf(s->id, sizeof(s->id), "%s", vb_json_text(s->meta, "id"));
	snprintf(s->job_name, sizeof(s->job_name), "%s", vb_json_text(s->meta, "job"));
	return VB_EXIT_OK;
}

int session_resume_read(struct session *s)
{
	int (*const steps[])(struct session *s) = {
		find_directory, load, take_settings, take_arms, take_compare, take_seed_and_device,
	};
	int ret = VB_EXIT_OK;

	if (!s->opt->resume)
		return ret;
	s->resumed = *s->opt;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !ret; i++)
		ret = steps[i](s);
	if (!ret && s->opt->job)
		ret = check_job(s);
	if (ret)
		return ret;
	if ((size_t)snprintf(s->job_path, sizeof(s->job_path), "%s/job.ini", directory(s)) >=
	    sizeof(s->job_path))
		return vb_fail(VB_EXIT_USAGE, "--resume: too long");
	s->opt = &s->resumed;
	return VB_EXIT_OK;
}

/* Kernel, mode, device and arms are those that the runs so far had. */
static int check_surroundings(struct session *s)
{
	const json_t *old = json_object_get(json_object_get(s->meta, "machine"), "kernel");
	json_t *facts = vb_facts_collect(), *arms = session_arms_to_json(s);
	json_t *device = session_device_to_json(s);
	const json_t *kernel = json_object_get(facts, "kernel");
	const char *mode = vb_in_exact_mode() ? "exact" : "timing";
	int ret = VB_EXIT_OK;

	if (!json_equal(json_object_get(old, "release"), json_object_get(kernel, "release")) ||
	    !json_equal(json_object_get(old, "version"), json_object_get(kernel, "version")))
		ret = refuse_other(s, "this is another kernel");
	else if (strcmp(vb_json_text(s->meta, "mode"), mode))
		ret = refuse_other(s, "one part in exact mode, one in timing mode");
	else if (!json_equal(json_object_get(s->meta, "arms"), arms))
		ret = refuse_other(s, "it has other arms");
	else if (!json_equal(json_object_get(s->meta, "device"), device))
		ret = refuse_other(s, "it had another device");
	json_decref(facts);
	json_decref(arms);
	json_decref(device);
	return ret;
}

/* Job, machine, seed and order all show in the plans. */
static int check_plans(struct session *s)
{
	json_t *plans = session_plans_to_json(s);
	int ret = VB_EXIT_OK;

	json_object_del(s->old_plans, "checksum");
	if (!json_equal(s->old_plans, plans))
		ret = refuse_other(s, "its plan was another one (plan.json), as on a machine with other CPUs or "
				   "with a changed job");
	json_decref(plans);
	return ret;
}

/* What the audit of a run that is there made of it. */
static void judge_again(struct session *s, const json_t *run)
{
	const json_t *check;
	size_t i;

	json_array_foreach(json_object_get(run, "audit"), i, check)
		if (!strcmp(vb_json_text(check, "verdict"), "failed"))
			session_worse(s, VB_EXIT_INCORRECT);
	if (json_is_true(json_object_get(run, "withheld")))
		session_worse(s, VB_EXIT_UNTRUSTED);
}

static int mark_done(struct session *s, const json_t *run)
{
	size_t number = (size_t)json_integer_value(json_object_get(run, "number"));
	const struct vb_turn *turn = number < s->nr_turns ? &s->turn[number] : NULL;

	if (!turn || number_of(run, "cell") != turn->cell || number_of(run, "arm_index") != turn->arm ||
	    number_of(run, "round") != turn->round || number_of(run, "position") != turn->position ||
	    json_is_true(json_object_get(run, "warmup")) != turn->warmup)
		return refuse_other(s, "a run in it has another place than the order says");
	if (!strcmp(vb_json_text(run, "status"), "interrupted"))
		return VB_EXIT_OK;
	if (!s->done[number])
		s->nr_done++;
	s->done[number] = true;
	if (!turn->warmup)
		vb_noise_gate_add_json(&s->noise_gate, json_object_get(run, "noise"));
	judge_again(s, run);
	return VB_EXIT_OK;
}

int session_resume_check(struct session *s)
{
	int ret;

	if (!s->opt->resume)
		return VB_EXIT_OK;
	ret = check_surroundings(s);
	if (!ret)
		ret = check_plans(s);
	if (ret)
		return ret;
	s->done = calloc(s->nr_turns + 1, sizeof(*s->done));
	if (!s->done)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	for (size_t i = 0; i < s->old.nr_runs && !ret; i++)
		ret = mark_done(s, s->old.run[i]);
	return ret;
}

/* What a run left that has no result of its own, or was interrupted. */
static void remove_run(struct session *s, size_t number)
{
	char name[128];
	struct dirent *entry;
	DIR *dir;
	int fd;

	snprintf(name, sizeof(name), "%03zu-%s", number, s->arm[s->turn[number].arm].spec.name);
	fd = openat(s->dir.runs_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			unlinkat(fd, entry->d_name, 0);
	closedir(dir);
	if (unlinkat(s->dir.runs_fd, name, AT_REMOVEDIR))
		vb_warn("%s/runs/%s: can't be removed: %s", s->dir.part, name, strerror(errno));
	else
		fprintf(stderr, "runs/%s: it had not ended: made again\n", name);
}

int session_resume_output(struct session *s)
{
	int ret = vb_result_reopen(&s->dir);

	if (ret == -EWOULDBLOCK)
		return vb_fail(VB_EXIT_USAGE, "%s: a session is still writing there: wait for its end",
			       s->dir.part);
	if (ret)
		return vb_fail(VB_EXIT_USAGE, "%s: can't go on in it: %s", s->dir.part, strerror(-ret));
	s->dir_made = s->begun = true;
	s->old_log = read_file(s->dir.part, "kernel.log");
	for (size_t n = 0; n < s->nr_turns; n++)
		if (!s->done[n])
			remove_run(s, n);
	json_object_del(s->meta, "checksum");
	json_object_del(s->meta, "files");
	json_object_del(s->meta, "exit_code");
	fprintf(stderr, "%s: %zu of %zu runs are there\n", s->dir.part, s->nr_done, s->nr_turns);
	return VB_EXIT_OK;
}
