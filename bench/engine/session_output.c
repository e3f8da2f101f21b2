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
#include "bench/engine/session_impl.h"
#include "bench/engine/supervisor.h"
#include "config.h"
#include "lib/machine/facts.h"
#include "lib/machine/pci.h"
#include "lib/result/files.h"

static void made_up_output(const struct session *s, char *path, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;
	char stamp[32];

	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	snprintf(path, size, "vfio-bench-%s-%s", vb_job_name(s->job), stamp);
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

static json_t *device_to_json(const struct session *s)
{
	char name[256];

	if (!s->has_device)
		return json_null();
	vb_pci_name(s->device.vendor, s->device.device, name, sizeof(name));
	return json_pack("{s:s, s:s, s:i, s:i, s:s, s:i, s:i}", "address", s->device.address,
			 "name", name, "vendor", (int)s->device.vendor,
			 "device", (int)s->device.device, "driver", s->device.ops->name,
			 "node", s->device.node, "group", s->device.group);
}

static json_t *arms_to_json(const struct session *s)
{
	json_t *array = json_array();

	for (unsigned int i = 0; i < s->nr_arms; i++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:[]}", "name", s->variants[i].name,
						       "variant", s->variants[i].name, "settings"));
	if (!s->nr_arms)
		json_array_append_new(array, json_pack("{s:s, s:n, s:[]}", "name", "null", "variant",
						       "settings"));
	return array;
}

/* Why times of this run are not a performance figure of the machine; [] : they are. */
static json_t *no_performance_label(const json_t *facts)
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
	if (json_array_size(options))
		json_array_append_new(reasons, json_string("the kernel has debugging options that ruin timing"));
	return reasons;
}

static int write_meta(struct session *s, const char *status)
{
	json_object_set_new(s->meta, "status", json_string(status));
	json_object_set_new(s->meta, "runs_done", json_integer(s->number));
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

int session_make_meta(struct session *s)
{
	json_t *facts = vb_facts_collect();
	time_t now = time(NULL);
	char started[40];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(s->id, sizeof(s->id), "%016llx", (unsigned long long)random_id());
	s->meta = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:i, s:s, s:o, s:o, s:o, s:o}",
			    "schema", VB_RESULT_SCHEMA, "id", s->id, "suite", PACKAGE_VERSION,
			    "command", "run", "job", vb_job_name(s->job),
			    "started", started, "status", "running",
			    "seed", (json_int_t)s->seed,
			    "runs", (int)(s->nr_runs * s->opt->repeat * (s->nr_arms ? s->nr_arms : 1)),
			    "mode", vb_in_exact_mode() ? "exact" : "timing",
			    "no_performance_label", no_performance_label(facts),
			    "arms", arms_to_json(s), "device", device_to_json(s), "machine", facts);
	if (!s->meta)
		return vb_fail(VB_EXIT_UNTRUSTED, "out of memory");
	json_object_set_new(s->meta, "noise", session_noise_before(s));
	return VB_EXIT_OK;
}

int session_write_head(struct session *s)
{
	json_t *plans = session_plans_to_json(s);
	char topology[4200];
	int ret = write_meta(s, "running");

	if (!ret)
		ret = vb_result_write_json(s->dir.fd, "plan.json", plans);
	if (!ret)
		ret = write_job(s);
	json_decref(plans);
	snprintf(topology, sizeof(topology), "%s/topology.xml", s->dir.part);
	if (!ret)
		ret = vb_topology_export(s->topology, topology);
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

int session_write_tail(struct session *s)
{
	bool complete = s->number == json_integer_value(json_object_get(s->meta, "runs")) &&
			!vb_interrupted() && !s->lost;
	size_t length = 0;
	const char *text;
	int ret = 0;

	if (s->klog) {
		vb_klog_poll(s->klog);
		text = vb_klog_text(s->klog, &length);
		ret = vb_result_write(s->dir.fd, "kernel.log", text, length);
	}
	session_noise_end(s);
	json_object_set_new(s->meta, "exit_code", json_integer(s->exit_code));
	if (!ret)
		ret = write_last_meta(s, complete ? "complete" : "incomplete");
	if (!ret)
		ret = vb_result_finish(&s->dir);
	s->dir_made = ret != 0;
	if (ret)
		return vb_fail(VB_EXIT_UNTRUSTED, "%s: writing the result: %s", s->dir.part,
			       strerror(-ret));
	return VB_EXIT_OK;
}
