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
static const char *overrides(struct vb_doc *doc, const struct vb_source *s, bool *seed)
{
	char line[4096], err[300];
	const char *list = "";
	FILE *file;

	if (vb_result_open_file(s->result, VB_RESULT_TOP, "job.ini", &file, err, sizeof(err)))
		return "";
	while (fgets(line, sizeof(line), file) && !strncmp(line, OVERRIDE, strlen(OVERRIDE))) {
		const char *set = line + strlen(OVERRIDE);

		line[strcspn(line, "\n")] = '\0';
		*seed |= !strncmp(set, "seed=", 5);
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

static const char *how(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *meta = s->result->meta, *ab = json_object_get(meta, "ab");

	if (json_is_object(ab)) {
		bool aa = json_is_true(json_object_get(ab, "aa"));
		double comparisons = vb_json_number(ab, "comparisons");

		return vb_doc_str(doc, "%s --pairs %.0f%s", ab_arms(doc, s, aa),
				  vb_json_number(ab, "pairs"),
				  aa || comparisons > 1 ?
				  vb_doc_str(doc, " --comparisons %.0f", comparisons) : "");
	}
	return vb_doc_str(doc, "%s%s", run_arms(doc, s), repeats(s->result) > 1 ?
			  vb_doc_str(doc, " --repeat %u", repeats(s->result)) : "");
}

void vb_build_reproduce(struct vb_doc *doc, const struct vb_source *s)
{
	const json_t *meta = s->result->meta, *machine = json_object_get(meta, "machine");
	const json_t *device = json_object_get(meta, "device");
	bool lab = json_is_true(json_object_get(machine, "lab")), seed = false;
	bool ab = json_is_object(json_object_get(meta, "ab"));
	const char *sets = overrides(doc, s, &seed), *command;

	command = ab ? "vfio-bench ab" : "vfio-bench run";
	if (lab)
		command = vb_doc_str(doc, "scripts/lab%s -- scripts/lab-run%s", s->exact ? " "
				     "--exact" : "",
				     ab ? " ab" : "");
	if (!lab && json_is_object(device))
		command = vb_doc_str(doc, "%s --device %s", command, vb_json_text(device,
										  "address"));
	command = vb_doc_str(doc, "%s %s%s%s", command, quoted(doc, vb_json_text(meta, "job")),
			     how(doc, s),
			     sets);
	if (!seed)
		command = vb_doc_str(doc, "%s --set seed=%" JSON_INTEGER_FORMAT, command,
				     json_integer_value(json_object_get(meta, "seed")));
	vb_doc_heading(doc, VB_VIEW_ALL, 2, "reproduce", "To reproduce");
	vb_doc_pre(doc, VB_VIEW_ALL, command);
	vb_doc_para(doc, VB_VIEW_PAGES, "The job as it was given is job.ini in the result "
		    "directory; "
		    "runs/NNN-ARM/job.ini is the expanded job of one run, seed included.");
}
