// SPDX-License-Identifier: GPL-2.0-or-later
/* vfio-bench list: what there is to choose from, and why something is not. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmds.h"
#include "bench/engine/job.h"
#include "bench/engine/job_path.h"
#include "bench/engine/published.h"
#include "bench/fault/fault.h"
#include "lib/device/device.h"

/* One kind of thing: collected as JSON, printed from that. */
struct kind {
	const char *name;
	/* A new array, NULL: no memory, or an error that has been told. */
	json_t *(*collect)(int *exit_code);
	void (*print)(const json_t *item);
	/* NULL, or a line above the items for which it is the same. */
	const char *(*heading)(const json_t *item);
};

struct input {
	const struct kind *kind;	/* NULL: all */
	bool json;
};

/* NULL as JSON's null. */
static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static const char *text_of(const json_t *item, const char *name)
{
	const char *text = json_string_value(json_object_get(item, name));

	return text ? text : "";
}

static int is_job(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 4 && entry->d_name[0] != '.' &&
	       !strcmp(entry->d_name + length - 4, ".job");
}

/* How many runs the job expands to; null with the reason in *why: none here. */
static json_t *count_runs(const struct vb_job *job, struct vb_job_error *why, int *exit_code)
{
	struct vb_job_run *runs;
	size_t nr;

	why->text[0] = 0;
	if (vb_job_expand(job, &runs, &nr, why)) {
		*exit_code = VB_EXIT_USAGE;
		return json_null();
	}
	free(runs);
	return json_integer((json_int_t)nr);
}

/* A file that can't be read stays in the list, with the reason. */
static json_t *describe_job(const char *path, const char *name, int *exit_code)
{
	struct vb_global global = { .class = VB_CLASS_STANDARD };
	struct vb_job_error err = { 0 };
	json_t *runs = NULL, *published;
	struct vb_job *job;

	if (vb_job_read(path, &job, &err)) {
		*exit_code = VB_EXIT_USAGE;
		return json_pack("{s:s, s:s, s:s, s:n, s:s, s:s, s:n, s:n, s:s}", "name", name,
				 "path", path, "summary", "", "class", "source", "", "needs", "",
				 "runs", "published", "unavailable", err.text);
	}
	vb_job_global(job, &global);
	runs = count_runs(job, &err, exit_code);
	published = vb_job_published(job) ? vb_published_to_json(vb_job_published(job)) : json_null();
	vb_job_free(job);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o}", "name", name, "path", path,
			 "summary", global.description,
			 "class", vb_job_word("class", global.class), "source", global.source,
			 "needs", global.needs, "runs", runs, "published", published, "unavailable",
			 text_or_null(err.text[0] ? err.text : NULL));
}

static json_t *collect_jobs(int *exit_code)
{
	const char *dir = vb_job_dir();
	json_t *array = json_array();
	struct dirent **entry;
	char path[PATH_MAX];
	int nr = scandir(dir, &entry, is_job, alphasort);

	if (nr < 0) {
		*exit_code = vb_fail(VB_EXIT_USAGE, "%s: can't be read: %s: is vfio-bench "
				     "installed ('make install')?", dir, strerror(errno));
		json_decref(array);
		return NULL;
	}
	for (int i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry[i]->d_name);
		entry[i]->d_name[strlen(entry[i]->d_name) - 4] = 0;
		json_array_append_new(array, describe_job(path, entry[i]->d_name, exit_code));
		free(entry[i]);
	}
	free(entry);
	return array;
}

static json_t *texts(const char *const *text)
{
	json_t *array = json_array();

	while (text && *text)
		json_array_append_new(array, json_string(*text++));
	return array;
}

static json_t *collect_workloads(int *exit_code)
{
	json_t *array = json_array();

	for (const struct vb_workload_ops *const *w = vb_workload_list; *w; w++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:b, s:b, s:b, s:o, s:o}",
			"name", (*w)->name, "summary", (*w)->summary,
			"needs_dma", (*w)->needs_dma, "needs_mdev", (*w)->needs_mdev,
			"pathological", (*w)->pathological, "counts", texts((*w)->counts),
			"unavailable", text_or_null((*w)->unavailable)));
	return array;
}

static json_t *collect_iommus(int *exit_code)
{
	json_t *array = json_array();

	for (const struct vb_iommu_ops *const *i = vb_iommu_list; *i; i++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:o}",
			"name", (*i)->name, "summary", (*i)->summary,
			"unavailable", text_or_null(vb_iommu_unavailable(*i))));
	return array;
}

/* PCI ids, and classes, as lspci -n writes them; empty: any device. */
static json_t *device_ids(const struct vb_device_ops *ops)
{
	json_t *ids = json_array();

	for (const struct vb_pci_id *id = ops->ids; id && (id->vendor || id->class_code); id++)
		json_array_append_new(ids, id->vendor ?
				      json_sprintf("%04x:%04x", id->vendor, id->device) :
				      json_sprintf("class %06x", id->class_code));
	return ids;
}

static json_t *collect_devices(int *exit_code)
{
	json_t *array = json_array();

	for (const struct vb_device_ops *const *d = vb_device_list; *d; d++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:o, s:b, s:b, s:o}",
			"name", (*d)->name, "summary", (*d)->summary, "ids", device_ids(*d),
			"dma", (int)vb_device_does_dma(*d), "irq", (*d)->irq_raise != NULL,
			"unavailable", text_or_null((*d)->unavailable)));
	return array;
}

static json_t *collect_keys(int *exit_code)
{
	json_t *array = json_array();

	for (size_t i = 0; i < vb_nr_job_keys; i++) {
		const struct vb_job_key *key = &vb_job_keys[i];

		json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s, s:o, s:b}",
			"name", key->name, "summary", key->help,
			"section", key->global ? "global" : "worker", "values", key->values,
			"default", text_or_null(key->standard), "list", !key->single));
	}
	return array;
}

static json_t *collect_faults(int *exit_code)
{
	json_t *array = json_array();

	for (const struct vb_fault_ops *const *f = vb_faults; *f; f++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:o, s:s?, s:b, s:b, s:n}",
			"name", (*f)->name, "summary", (*f)->description,
			"needs", texts(vb_fault_needs((*f)->needs)), "job", (*f)->job,
			"own_job", (int)((*f)->needs & VB_FAULT_NEEDS_JOB),
			"ends_guest", (int)((*f)->needs & VB_FAULT_ENDS_GUEST), "unavailable"));
	return array;
}

#define COLUMNS	100

/* A name, empty on further lines about it, and text that is wrapped beside it. */
static void print_text(const char *name, const char *text)
{
	int column = printf("  %-20s", name), indent = column + 1;

	while (*text) {
		int word = (int)strcspn(text, " ");

		if (column + 1 + word > COLUMNS && column >= indent)
			column = printf("\n%*s", indent - 1, "") - 1;
		column += printf(" %.*s", word, text);
		text += word;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void print_further(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void print_further(const char *format, ...)
{
	char text[4096];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	print_text("", text);
}

static void print_plain(const json_t *item)
{
	print_text(text_of(item, "name"), text_of(item, "summary"));
	if (*text_of(item, "unavailable"))
		print_further("not available: %s", text_of(item, "unavailable"));
}

/* "v6.15, backing=shmem: map.mean 294 ms": figures in the units that people read. */
static void print_row(const json_t *row)
{
	const char *version = text_of(row, "version"), *conditions = text_of(row, "conditions");
	const json_t *figure;
	char text[1024];
	size_t i, used;

	used = (size_t)snprintf(text, sizeof(text), "%s%s%s:", version,
				*version && *conditions ? ", " : "", conditions);
	json_array_foreach(json_object_get(row, "figures"), i, figure) {
		double value = json_number_value(json_object_get(figure, "value"));
		const char *unit = text_of(figure, "unit");

		if (used >= sizeof(text))
			break;
		if (!strcmp(unit, "ns"))
			unit = value < 1e3 ? "ns" : value < 1e6 ? "us" : value < 1e9 ? "ms" : "s";
		value /= !strcmp(unit, "us") ? 1e3 : !strcmp(unit, "ms") ? 1e6 :
			 !strcmp(unit, "s") ? 1e9 : 1;
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s %s.%s %.5g %s", i ? "," : "",
					 text_of(figure, "metric"), text_of(figure, "stat"), value, unit);
	}
	print_further("published %s", text);
}

static void print_published(const json_t *published)
{
	const json_t *row;
	size_t i;

	if (!json_is_object(published))
		return;
	print_further("published figures, hardware: %s", text_of(published, "hardware"));
	json_array_foreach(json_object_get(published, "rows"), i, row)
		print_row(row);
	if (*text_of(published, "note"))
		print_further("published too: %s", text_of(published, "note"));
}

static void print_job(const json_t *item)
{
	json_int_t runs = json_integer_value(json_object_get(item, "runs"));

	print_text(text_of(item, "name"), text_of(item, "summary"));
	if (*text_of(item, "class"))
		print_further("class %s, %lld run%s, source: %s", text_of(item, "class"),
			      (long long)runs, runs == 1 ? "" : "s", text_of(item, "source"));
	if (*text_of(item, "needs"))
		print_further("needs %s", text_of(item, "needs"));
	print_published(json_object_get(item, "published"));
	if (*text_of(item, "unavailable"))
		print_further("not available: %s", text_of(item, "unavailable"));
}

static void print_device(const json_t *item)
{
	const json_t *ids = json_object_get(item, "ids");

	print_plain(item);
	for (size_t i = 0; i < json_array_size(ids); i++)
		print_further("%s", json_string_value(json_array_get(ids, i)));
}

/* What a soak of several jobs and faults does with it. */
static void print_mixed(const json_t *item)
{
	if (json_is_true(json_object_get(item, "ends_guest")))
		print_further("not mixed: alone, with --fault");
	else if (json_is_true(json_object_get(item, "own_job")))
		print_further("mixed: its cycles are of its own job, %s", text_of(item, "job"));
	else
		print_further("mixed into the jobs that are named");
}

static void print_fault(const json_t *item)
{
	const json_t *needs = json_object_get(item, "needs");

	print_plain(item);
	for (size_t i = 0; i < json_array_size(needs); i++)
		print_further("needs %s", json_string_value(json_array_get(needs, i)));
	print_mixed(item);
}

static const char *key_heading(const json_t *item)
{
	return strcmp(text_of(item, "section"), "global") ? "a section of workers, [NAME]" :
	       "[global]";
}

static void print_key(const json_t *item)
{
	bool needed = json_is_null(json_object_get(item, "default"));

	print_text(text_of(item, "name"), text_of(item, "summary"));
	print_further("%s; %s%s", text_of(item, "values"), needed ? "must be given" : "default: ",
		      needed ? "" : *text_of(item, "default") ? text_of(item, "default") : "empty");
}

static const struct kind kinds[] = {
	{ "jobs", collect_jobs, print_job, NULL },
	{ "workloads", collect_workloads, print_plain, NULL },
	{ "iommus", collect_iommus, print_plain, NULL },
	{ "devices", collect_devices, print_device, NULL },
	{ "keys", collect_keys, print_key, key_heading },
	{ "faults", collect_faults, print_fault, NULL },
};

#define NR_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "print JSON" },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct input *input = state->input;

	switch (key) {
	case 'j':
		input->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			break;
		for (size_t i = 0; i < NR_KINDS; i++)
			if (!strcmp(kinds[i].name, arg))
				input->kind = &kinds[i];
		if (input->kind)
			return 0;
		vb_fail(VB_EXIT_USAGE, "list: '%s': no such list: give jobs, workloads, iommus, "
			"devices, keys or faults", arg);
		return EINVAL;
	}
	return ARGP_ERR_UNKNOWN;
}

static void print_kind(const struct kind *kind, const json_t *array, bool title)
{
	const char *last = "";

	if (title)
		printf("%s%s:\n", kind == kinds ? "" : "\n", kind->name);
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *item = json_array_get(array, i);
		const char *heading = kind->heading ? kind->heading(item) : last;

		if (strcmp(heading, last))
			printf("%s%s\n", title || *last ? "\n" : "", heading);
		last = heading;
		kind->print(item);
	}
}

static int run(const struct vb_cmd *cmd, int argc, char **argv)
{
	json_t *all = json_object(), *array;
	struct input input = { 0 };
	int exit_code = vb_cmd_parse(cmd, parse, argc, argv, &input);
	bool bad = exit_code != VB_EXIT_OK;

	for (size_t i = 0; i < NR_KINDS && !bad; i++) {
		if (input.kind && input.kind != &kinds[i])
			continue;
		array = kinds[i].collect(&exit_code);
		if (!input.json)
			print_kind(&kinds[i], array, !input.kind);
		json_object_set_new(all, kinds[i].name, array);
	}
	if (input.json && json_object_size(all)) {
		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(all);
	if (fflush(stdout) || ferror(stdout))
		return vb_fail(VB_EXIT_USAGE, "list: can't write: %s", strerror(errno));
	return exit_code;
}

const struct vb_cmd vb_cmd_list_cmd = {
	.name = "list",
	.summary = "show jobs, workloads, IOMMU modes, devices, job keys and faults",
	.args_doc = "[jobs|workloads|iommus|devices|keys|faults]",
	.doc = "Show what there is to choose from, what was not built with the reason, and the "
	       "keys of job files with their limits and defaults. Without an argument: all of "
	       "it. A key with more than one value, separated by commas, makes a run for each; a "
	       "number's list may have sweeps: FROM..TO*FACTOR, as in rate=1000..64000*2, or "
	       "FROM..TO+STEP, as in size=4k..64k+4k. A job file that can't be read is shown with what is wrong in it, and the "
	       "exit status is 1.",
	.options = options,
	.run = run,
};
