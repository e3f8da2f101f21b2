// SPDX-License-Identifier: GPL-2.0-or-later
/* Options, floor, output and exit status of what compares. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cmd/cmd.h"
#include "bench/cmd/verdict.h"

int vb_verdict_percent(const char *option, const char *text, double *percent)
{
	char *end;

	*percent = strtod(text, &end);
	if (end == text || strspn(text, "0123456789.") != (size_t)(end - text) ||
	    (*end && strcmp(end, "%")) || !(*percent > 0) || *percent > 100)
		return vb_fail(EINVAL, "--%s=%s: give a percentage above 0 and up to 100, such as 3%%",
			       option, text);
	return 0;
}

static int add_gate(struct vb_verdict *v, const char *text)
{
	char err[256];

	if (v->options.nr_gates == VB_MAX_GATES)
		return vb_fail(EINVAL, "--gate: more than %d: leave some out", VB_MAX_GATES);
	if (vb_gate_parse(text, &v->gate[v->options.nr_gates], err, sizeof(err)))
		return vb_fail(EINVAL, "--gate=%s", err);
	v->options.nr_gates++;
	return 0;
}

error_t vb_verdict_parse(int key, char *arg, struct vb_verdict *v)
{
	switch (key) {
	case VB_OPT_FLOOR:
		v->floor_path = arg;
		return 0;
	case VB_OPT_GATE:
		return add_gate(v, arg);
	case VB_OPT_MARGIN:
		return vb_verdict_percent("margin", arg, &v->options.margin_percent);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int find_asked(struct vb_verdict *v, const struct vb_result *r)
{
	char err[5000] = "";
	int ret = vb_floor_load(v->floor_path, &v->floor, err, sizeof(err));

	if (!ret)
		ret = vb_floor_fits(v->floor, r, err, sizeof(err));
	return ret ? vb_fail(VB_EXIT_USAGE, "--floor: %s", *err ? err : strerror(-ret)) : VB_EXIT_OK;
}

int vb_verdict_find_floor(struct vb_verdict *v, const struct vb_result *r)
{
	char err[5000] = "";
	int ret;

	if (v->floor_path) {
		ret = find_asked(v, r);
		v->options.floor = v->floor;
		return ret;
	}
	ret = vb_floor_find(json_object_get(r->meta, "machine"), vb_json_text(r->meta, "job"),
			    vb_json_text(r->meta, "mode"), &v->floor, err, sizeof(err));
	if (!ret)
		ret = vb_floor_fits(v->floor, r, err, sizeof(err));
	if (ret && *err)
		vb_warn("%s: not used", err);
	if (ret)
		vb_verdict_free(v);
	v->options.floor = v->floor;
	return VB_EXIT_OK;
}

void vb_verdict_free(struct vb_verdict *v)
{
	vb_floor_free(v->floor);
	v->floor = NULL;
	v->options.floor = NULL;
}

static int print_json(const struct vb_verdict *v, const struct vb_comparison *list, size_t nr)
{
	json_t *all = json_array(), *out;

	for (size_t i = 0; i < nr; i++)
		json_array_append_new(all, vb_comparison_to_json(&list[i]));
	out = json_pack("{s:i, s:o, s:o}", "schema", 1, "floor",
			v->floor ? json_string(v->floor->where) : json_null(), "comparisons", all);
	json_dumpf(out, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
	putchar('\n');
	json_decref(out);
	return 0;
}

static void print_text(const struct vb_verdict *v, const struct vb_comparison *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (i)
			putchar('\n');
		vb_compare_text(&list[i], v->all, stdout);
	}
	if (v->floor)
		printf("noise floor: %s\n", v->floor->where);
}

/* A gate on no metric at all would pass for ever. */
static int check_gate(const struct vb_gate *gate, const struct vb_comparison *c)
{
	enum vb_gate_verdict verdict = VB_GATE_PASSED;
	const struct vb_compare_cell *cell;
	const struct vb_decision *d;
	char name[160], shift[80], why[400];
	int ret = vb_gate_find(gate, c, &verdict, &d, &cell);

	vb_stat_name_text(&gate->name, name, sizeof(name));
	if (ret == -EINVAL)
		return vb_fail(VB_EXIT_USAGE, "--gate=%s: more of it is neither better nor worse: give a "
			       "time, or a rate of a section of workers", name);
	if (ret)
		return vb_fail(VB_EXIT_USAGE, "--gate=%s: no run has it: 'vfio-bench compare --all' shows "
			       "what there is", name);
	if (verdict == VB_GATE_PASSED)
		return VB_EXIT_OK;
	if (verdict == VB_GATE_UNKNOWN)
		return vb_fail(VB_EXIT_UNTRUSTED, "--gate=%s:%g%%: can't tell%s%s: %s", name, gate->percent,
			       *cell->label ? " at " : "", cell->label,
			       vb_gate_reason(gate->percent, d, why, sizeof(why)));
	return vb_fail(VB_EXIT_REGRESSION, "--gate=%s:%g%%: worse%s%s: %s", name, gate->percent,
		       *cell->label ? " at " : "", cell->label,
		       vb_decision_shift_text(d, shift, sizeof(shift)));
}

int vb_verdict_exit(const struct vb_verdict *v, const struct vb_comparison *list, size_t nr)
{
	static const int order[] = { VB_EXIT_USAGE, VB_EXIT_INCORRECT, VB_EXIT_REGRESSION,
				     VB_EXIT_UNTRUSTED };
	bool seen[VB_EXIT_REGRESSION + 1] = { false };

	for (size_t i = 0; i < nr; i++) {
		seen[VB_EXIT_INCORRECT] |= list[i].failed > 0;
		seen[VB_EXIT_UNTRUSTED] |= list[i].withheld > list[i].failed;
		if (v->options.nr_gates && list[i].incomplete) {
			seen[VB_EXIT_UNTRUSTED] = true;
			vb_fail(VB_EXIT_UNTRUSTED, "--gate: can't tell by a session that is not complete: go on "
				"with it: 'vfio-bench ab --resume'");
			continue;
		}
		for (size_t g = 0; g < v->options.nr_gates; g++)
			seen[check_gate(&v->gate[g], &list[i])] = true;
	}
	if (seen[VB_EXIT_INCORRECT])
		vb_warn("runs whose audit failed are in no number: 'vfio-bench report' says what it found");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (seen[order[i]])
			return order[i];
	return VB_EXIT_OK;
}

int vb_verdict_print(const struct vb_verdict *v, const struct vb_comparison *list, size_t nr)
{
	if (v->json)
		print_json(v, list, nr);
	else
		print_text(v, list, nr);
	if (fflush(stdout) || ferror(stdout))
		return vb_fail(VB_EXIT_UNTRUSTED, "writing the comparison failed");
	return vb_verdict_exit(v, list, nr);
}
