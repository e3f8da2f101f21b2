// SPDX-License-Identifier: GPL-2.0-or-later
/* The result directory's own files. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "bench/cmd/cmd.h"
#include "bench/engine/published.h"
#include "bench/engine/session_impl.h"
#include "bench/engine/supervisor.h"
#include "config.h"
#include "lib/machine/facts.h"
#include "lib/machine/pci.h"
#include "lib/stats/order.h"
#include "lib/result/files.h"

static void made_up_output(const struct session *s, char *path, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;
	char stamp[32];

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	snprintf(path, size, "vfio-bench-%s-%s", s->job_name, stamp);
}

int session_make_output(struct session *s)
{
	char path[4096];
	size_t length;
	int ret;

	if (s->opt->output && strlen(s->opt->output) < sizeof(path))
		snprintf(path, sizeof(path), "%s", s->opt->output);
	else if (s->opt->output)
		return vb_fail(VB_EXIT_USAGE, "--output: longer than %zu bytes: give a shorter one",
			       sizeof(path) - 1);
	else
		made_up_output(s, path, sizeof(path));
	/* "DIR/" is DIR, and its temporary name DIR.part */
	for (length = strlen(path); length > 1 && path[length - 1] == '/'; length--)
		path[length - 1] = '\0';
	if (!length)
		return vb_fail(VB_EXIT_USAGE, "--output: no name: give a directory that does not exist");
	ret = vb_result_create(&s->dir, path);
	if (ret == -EEXIST && access(path, F_OK))
		return vb_fail(VB_EXIT_USAGE, "%s.part: left by a run that was ended, or of one that goes on: "
			       "move it away, or give another --output", path);
	if (ret == -EEXIST)
		return vb_fail(VB_EXIT_USAGE, "%s: exists already: give another --output", path);
	if (ret)
		return vb_fail(VB_EXIT_USAGE, "%s: can't make the result directory: %s: give another --output",
			       path, strerror(-ret));
	s->dir_made = true;
	return VB_EXIT_OK;
}

json_t *session_device_to_json(const struct session *s)
{
	char name[256];

	if (!s->nr_devices)
		return json_null();
	vb_pci_name(s->device->vendor, s->device->device, name, sizeof(name));
	return json_pack("{s:s, s:s, s:i, s:i, s:s, s:i, s:i}", "address", s->device->address,
			 "name", name, "vendor", (int)s->device->vendor,
			 "device", (int)s->device->device, "driver", s->device->ops->name,
			 "node", s->device->node, "group", s->device->group);
}

static json_t *devices_to_json(const struct session *s)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < s->nr_devices; i++)
		json_array_append_new(list, json_string(s->device[i].address));
	return list;
}

/* "param.NAME=VALUE" of each of the module's parameters. */
static void add_params(json_t *settings, const char *params)
{
	while (*params) {
		size_t length = strcspn(params, " ");

		json_array_append_new(settings, json_sprintf("param.%.*s", (int)length, params));
		params += length + (params[length] == ' ');
	}
}

json_t *session_arms_to_json(const struct session *s)
{
	json_t *array = json_array();

	for (unsigned int a = 0; a < s->nr_arms; a++) {
		const struct vb_arm *spec = &s->arm[a].spec;
		json_t *settings = json_array();

		for (unsigned int i = 0; i < spec->nr_settings; i++)
			json_array_append_new(settings, json_string(spec->setting[i]));
		add_params(settings, spec->params);
		json_array_append_new(array, json_pack("{s:s, s:o, s:o, s:o}", "name", spec->name,
			"variant", s->arm[a].null ? json_null() : json_string(spec->variant),
			"summary", s->arm[a].null ? json_null() : json_string(s->arm[a].variant.summary),
			"settings", settings));
	}
	return array;
}

static const char *layouts(const struct session *s)
{
	const char *layout = NULL, *other;

	for (unsigned int a = 0; a < s->nr_arms; a++)
		for (size_t i = 0; i < s->nr_cells; i++) {
			other = vb_job_word("layout", s->arm[a].runs[i].global.layout);
			if (layout && strcmp(layout, other))
				return "mixed";
			layout = other;
		}
	return layout;
}

static json_t *compare_to_json(const struct session *s)
{
	const struct vb_session_compare *c = s->opt->compare;

	return json_pack("{s:i, s:i, s:i, s:b, s:s, s:i, s:s}", "pairs", (int)c->pairs,
			 "comparisons", (int)c->comparisons, "warmup_rounds", (int)s->warmup_rounds,
			 "aa", (int)c->aa, "order", s->nr_arms > 2 ? "Williams" : "ABBA",
			 "block_rounds", (int)vb_order_block(s->nr_arms), "layout", layouts(s));
}

static json_t *settings_to_json(const struct session *s)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < s->opt->nr_set; i++)
		json_array_append_new(array, json_string(s->opt->set[i]));
	return array;
}

static bool traced(const struct session *s)
{
	for (unsigned int a = 0; a < s->nr_arms; a++)
		for (size_t i = 0; i < s->nr_cells; i++)
			if (s->arm[a].runs[i].global.trace != VB_TRACE_NONE)
				return true;
	return false;
}

/* Why times of this run are not a performance figure of the machine; [] : they are. */
static json_t *no_performance_label(const struct session *s, const json_t *facts)
{
	json_t *reasons = json_array();
	const json_t *options = json_object_get(json_object_get(facts, "kernel"), "slow_options");

	if (vb_in_exact_mode())
		json_array_append_new(reasons, json_string("exact mode counts instructions, not time"));
	if (!vb_clocksource_good())
		json_array_append_new(reasons, json_string("the clocksource is not the CPU's counter"));
	if (vb_in_lab())
		json_array_append_new(reasons, json_string("an emulated machine: neither times nor "
							   "their ratios are those of hardware"));
	if (traced(s))
		json_array_append_new(reasons, json_string("runs with trace= are slowed by what counts in them"));
	if (json_array_size(options))
		json_array_append_new(reasons, json_string("the kernel has debugging options that ruin timing"));
	return reasons;
}

static int write_meta(struct session *s, const char *status)
{
	json_object_set_new(s->meta, "status", json_string(status));
	json_object_set_new(s->meta, "runs_done", json_integer((json_int_t)s->nr_done));
	return vb_result_write_json(s->dir.fd, "meta.json", s->meta);
}

int session_copy_job(struct session *s, int dir_fd, const char *name, const struct vb_job_run *run)
{
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	int ret;

	if (fd < 0)
		return -errno;
	ret = vb_job_run_write(run, fd);
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

/* The job as it was given, with what the command line changed as comments. */
static int write_job(struct session *s)
{
	FILE *job = fopen(s->job_path, "re"), *text;
	char *data = NULL, line[4096];
	size_t size = 0;
	int ret;

	if (!job)
		return -errno;
	text = open_memstream(&data, &size);
	if (!text) {
		fclose(job);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < s->opt->nr_set; i++)
		fprintf(text, "; overridden on the command line: %s\n", s->opt->set[i]);
	while (fgets(line, sizeof(line), job))
		fputs(line, text);
	fclose(job);
	ret = fclose(text) ? -ENOMEM : vb_result_write(s->dir.fd, "job.ini", data, size);
	free(data);
	return ret;
}

/* Tells a run of this session from another's, also where both have one seed. */
static uint64_t random_id(void)
{
	uint64_t id;

	return getrandom(&id, sizeof(id), GRND_NONBLOCK) == sizeof(id) ? id :
	       (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32;
}

static void date_and_time(char *text, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* Of every arm the runs that the row tells of. */
static json_t *published_runs(const struct session *s, const struct vb_published_row *row)
{
	json_t *runs = json_array();

	for (unsigned int a = 0; a < s->nr_arms; a++)
		for (size_t i = 0; i < s->nr_cells; i++)
			if (vb_published_fits(row, &s->arm[a].runs[i]))
				json_array_append_new(runs, json_pack("{s:i, s:i}", "arm_index", (int)a,
								      "cell", (int)i));
	return runs;
}

static json_t *published_to_json(const struct session *s, const struct vb_published *published)
{
	json_t *json = vb_published_to_json(published), *rows = json_object_get(json, "rows");

	for (unsigned int i = 0; i < published->nr_rows; i++)
		json_object_set_new(json_array_get(rows, i), "runs",
				    published_runs(s, &published->row[i]));
	return json;
}

int session_make_meta(struct session *s)
{
	json_t *facts = vb_facts_collect();
	char started[40];

	if (!facts)
		return vb_fail(VB_EXIT_UNTRUSTED, "what machine this is could not be read: "
			       "out of memory, or of file descriptors");
	date_and_time(started, sizeof(started));
	snprintf(s->id, sizeof(s->id), "%016llx", (unsigned long long)random_id());
	s->meta = json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:I, s:i, s:s, s:o, s:o, s:o, s:o}",
			    "schema", VB_RESULT_SCHEMA, "id", s->id, "suite", PACKAGE_VERSION,
			    "command", s->opt->compare ? "ab" : "run", "job", s->job_name,
			    "settings", settings_to_json(s),
			    "started", started, "status", "running",
			    "seed", (json_int_t)s->seed, "runs", (int)s->nr_turns,
			    "mode", vb_in_exact_mode() ? "exact" : "timing",
			    "no_performance_label", no_performance_label(s, facts),
			    "arms", session_arms_to_json(s), "device", session_device_to_json(s),
			    "machine", facts);
	if (!s->meta)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	json_object_set_new(s->meta, "noise", session_noise_before(s));
	if (s->opt->compare)
		json_object_set_new(s->meta, "ab", compare_to_json(s));
	if (s->nr_devices > 1)
		json_object_set_new(s->meta, "devices", devices_to_json(s));
	if (s->skipped)
		json_object_set(s->meta, "skipped", s->skipped);
	if (vb_job_published(s->job))
		json_object_set_new(s->meta, "published",
				    published_to_json(s, vb_job_published(s->job)));
	return VB_EXIT_OK;
}

/* When, and before which run, the session went on: a pair that it parts is told by it. */
static int note_resumed(struct session *s)
{
	json_t *list = json_object_get(s->meta, "resumed");
	char now[40];
	size_t next = 0;

	while (next < s->nr_turns && s->done[next])
		next++;
	if (!list) {
		list = json_array();
		json_object_set_new(s->meta, "resumed", list);
	}
	date_and_time(now, sizeof(now));
	json_array_append_new(list, json_pack("{s:i, s:s}", "number", (int)next, "at", now));
	return write_meta(s, "running");
}

int session_write_head(struct session *s)
{
	json_t *plans = session_plans_to_json(s);
	char topology[4200];
	int ret;

	if (s->opt->resume) {
		json_decref(plans);
		ret = note_resumed(s);
		goto out;
	}
	ret = write_meta(s, "running");
	if (!ret)
		ret = vb_result_write_json(s->dir.fd, "plan.json", plans);
	if (!ret)
		ret = write_job(s);
	json_decref(plans);
	snprintf(topology, sizeof(topology), "%s/topology.xml", s->dir.part);
	if (!ret)
		ret = vb_topology_export(s->topology, topology);
out:
	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: writing the result: %s", s->dir.part,
			       strerror(-ret));
	return VB_EXIT_OK;
}

/* With what guards them, from here on: the files beside it are written. */
static int write_last_meta(struct session *s, const char *status)
{
	json_t *files;
	int ret = vb_files_list(s->dir.fd, &files);

	if (ret)
		return ret;
	json_object_set_new(s->meta, "files", files);
	return write_meta(s, status);
}

/* All that was logged while the session ran, also before it was ended and went on. */
static int write_log(struct session *s)
{
	const char *text;
	size_t length = 0;
	char *all;
	int ret;

	vb_klog_poll(s->klog);
	text = vb_klog_text(s->klog, &length);
	if (!s->old_log)
		return vb_result_write(s->dir.fd, "kernel.log", text, length);
	if (asprintf(&all, "%s%.*s", s->old_log, (int)length, text) < 0)
		return -ENOMEM;
	ret = vb_result_write(s->dir.fd, "kernel.log", all, strlen(all));
	free(all);
	return ret;
}

/* To whom the result belongs, when it was made by sudo. */
void session_give(struct session *s)
{
	uid_t uid;
	gid_t gid;
	int ret = vb_calling_user(&uid, &gid) ? vb_result_give(&s->dir, uid, gid) : 0;

	if (ret)
		vb_warn("%s: can't be given to user %u: %s: it stays root's", s->dir.path, (unsigned int)uid,
			strerror(-ret));
}

int session_write_tail(struct session *s)
{
	bool complete = s->nr_done == s->nr_turns && !vb_interrupted() && !s->lost;
	int ret = s->klog ? write_log(s) : 0;

	session_noise_end(s);
	json_object_set_new(s->meta, "exit_code", json_integer(s->exit_code));
	if (!ret)
		ret = write_last_meta(s, complete ? "complete" : "incomplete");
	if (!ret)
		session_give(s);
	if (!ret)
		ret = vb_result_finish(&s->dir);
	s->dir_made = ret != 0;
	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: writing the result: %s", s->dir.part,
			       strerror(-ret));
	return VB_EXIT_OK;
}
