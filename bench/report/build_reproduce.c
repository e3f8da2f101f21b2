// SPDX-License-Identifier: GPL-2.0-or-later
/* The command that makes the result again, from what the result says of itself. */
#include <stdlib.h>
#include <string.h>

#include "bench/report/build.h"

#define OVERRIDE "; overridden on the command line: "

/* As a shell takes it for one word. */
static const char *quoted(struct vb_doc *doc, const char *word)
{
	const char *out = "'";

	if (*word && !word[strspn(word,
				  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				  "_./:=,@%+-")])
		return word;
	for (; *word; word++)
		out = *word == '\'' ? vb_doc_str(doc, "%s'\\''", out) : vb_doc_str(doc, "%s%c", out,
										   *word);
	return vb_doc_str(doc, "%s'", out);
}

/* What --set changed stands at the head of job.ini. */
static const char *overrides(struct vb_doc *doc, const struct vb_source *s)
{
	char line[4096], err[300];
	const char *list = "";
	FILE *file;

	if (vb_result_open_file(s->result, VB_RESULT_TOP, "job.ini", &file, err, sizeof(err)))
		return "";
	while (fgets(line, sizeof(line), file) && !strncmp(line, OVERRIDE, strlen(OVERRIDE))) {
		const char *set = line + strlen(OVERRIDE);

		line[strcspn(line, "\n")] = '\0';
		list = vb_doc_str(doc, "%s --set %s", list, quoted(doc, vb_doc_str(doc, "%s",
										   set)));
	}
	fclose(file);
	return list;
}

static const char *run_arms(struct vb_doc *doc, const struct vb_source *s)
{
	const char *list = "";

	for (size_t a = 0; a < s->arms.count; a++)
		list = vb_doc_str(doc, "%s%s%s", list, a ? "," : "", s->arms.variant[a]);
	return *s->arms.variant[0] ? vb_doc_str(doc, " --variant %s", quoted(doc, list)) : "";
}

/* With --aa the one that was given became NAME-1 and NAME-2. */
static const char *ab_arms(struct vb_doc *doc, const struct vb_source *s, bool aa)
{
	const char *list = aa ? " --aa" : "";

	for (size_t a = 0; a < (aa && s->arms.count ? 1 : s->arms.count); a++) {
		const char *variant = *s->arms.variant[a] ? s->arms.variant[a] : "null";
		size_t name = strlen(s->arms.name[a]);
		const char *arm;

		name -= aa && name > 2 ? strlen("-1") : 0;
		arm = vb_doc_str(doc, "%.*s=%s", (int)name, s->arms.name[a], variant);
		const json_t *setting;
		size_t i;

		json_array_foreach(s->arms.settings[a], i, setting)
			arm = vb_doc_str(doc, "%s,%s", arm, json_string_value(setting));
		list = vb_doc_str(doc, "%s --arm %s", list, quoted(doc, arm));
	}
	return list;
}

static unsigned int repeats(const struct vb_result *r)
{
	unsigned int most = 1;

	for (size_t i = 0; i < r->nr_runs; i++) {
		unsigned int n = (unsigned int)vb_json_number(r->run[i], "round") + 1;

		most = n > most ? n : most;
	}
	return most;
}

/* What differs from what 'ab' takes by itself; the pairs always, which are what costs time. */
static const char *ab_shape(struct vb_doc *doc, const struct vb_source *s, const json_t *ab)
{
	bool aa = json_is_true(json_object_get(ab, "aa"));
	double comparisons = vb_json_number(ab, "comparisons");
	double warmup = vb_json_number(ab, "warmup_rounds");
	const char *shape = vb_doc_str(doc, " --pairs %.0f", vb_json_number(ab, "pairs"));

	if (aa || comparisons > 1)
		shape = vb_doc_str(doc, "%s --comparisons %.0f", shape, comparisons);
	if (warmup != (s->exact ? 0 : 1))
		shape = vb_doc_str(doc, "%s --warmup-rounds %.0f", shape, warmup);
	return shape;
}

static const char *how(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *ab = json_object_get(s->result->meta, "ab");

	if (json_is_object(ab))
		return vb_doc_str(doc, "%s%s", ab_arms(doc, s, json_is_true(json_object_get(ab, "aa"))),
				  ab_shape(doc, s, ab));
	return vb_doc_str(doc, "%s%s", run_arms(doc, s), repeats(s->result) > 1 ?
			  vb_doc_str(doc, " --repeat %u", repeats(s->result)) : "");
}

/* Of a list as "0-3,8"; 0: it is not known. */
static unsigned long count_cpus(const char *list)
{
	unsigned long n = 0;

	while (*list >= '0' && *list <= '9') {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		n += last < first ? 0 : last - first + 1;
		list = end + (*end == ',');
	}
	return n;
}

/* The virtual machine, as far as a result knows it. */
static const char *lab(struct vb_doc *doc, const struct vb_source *s, bool ab)
{
	const json_t *machine = json_object_get(s->result->meta, "machine");
	unsigned long cpus = count_cpus(vb_json_text(json_object_get(machine, "cpu"), "online"));
	const json_t *iommu = json_object_get(machine, "iommu");
	const char *vendor = vb_json_text(iommu, "vendor"), *options = "";

	if (s->exact)		/* it has one CPU */
		options = " --exact";
	else if (cpus)
		options = vb_doc_str(doc, " --cpus %lu", cpus);
	if (!strcmp(vb_json_text(iommu, "tables"), "scalable"))
		vendor = "intel-scalable";
	if (*vendor && strcmp(vendor, "intel"))
		options = vb_doc_str(doc, "%s --iommu %s", options, quoted(doc, vendor));
	if (strstr(vb_json_text(json_object_get(machine, "kernel"), "command_line"), "iommu.strict="))
		options = vb_doc_str(doc, "%s --iommu-mode %s", options,
				     quoted(doc, vb_json_text(iommu, "mode")));
	return vb_doc_str(doc, "scripts/lab%s -- scripts/lab-run%s", options, ab ? " ab" : "");
}

const char *vb_report_command(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *meta = s->result->meta, *machine = json_object_get(meta, "machine");
	const json_t *device = json_object_get(meta, "device");
	bool ab = json_is_object(json_object_get(meta, "ab"));
	const char *command = ab ? "vfio-bench ab" : "vfio-bench run";

	if (json_is_true(json_object_get(machine, "lab")))
		command = lab(doc, s, ab);
	else if (json_is_object(device))
		command = vb_doc_str(doc, "%s --device %s", command, vb_json_text(device,
										  "address"));
	/* Order and layouts follow from the session's seed, which a job's own seed= leaves alone. */
	return vb_doc_str(doc, "%s %s%s%s --seed %" JSON_INTEGER_FORMAT, command,
			  quoted(doc, vb_json_text(meta, "job")), how(doc, s), overrides(doc, s),
			  json_integer_value(json_object_get(meta, "seed")));
}

void vb_build_reproduce(struct vb_doc *doc, const struct vb_source *s)
{
	vb_doc_heading(doc, VB_VIEW_ALL, 2, "reproduce", "To reproduce");
	vb_doc_pre(doc, VB_VIEW_ALL, vb_report_command(doc, s));
	vb_doc_para(doc, VB_VIEW_PAGES, "The job as it was given is job.ini in the result "
		    "directory; "
		    "runs/NNN-ARM/job.ini is the expanded job of one run, seed included.");
}
