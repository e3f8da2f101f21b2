// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain-text report. */
#include <stdlib.h>
#include <string.h>

#include "bench/report/report.h"

static bool is_exact(const struct vb_result *r)
{
	return !strcmp(vb_json_text(r->meta, "mode"), "exact");
}

static void print_head(const struct vb_result *r, const char *path, FILE *out)
{
	const json_t *machine = json_object_get(r->meta, "machine");
	const json_t *reasons = json_object_get(r->meta, "no_performance_label"), *reason;
	size_t i;

	fprintf(out, "%s: job %s, %s, %zu runs, %s\n", path, vb_json_text(r->meta, "job"),
		is_exact(r) ? "exact mode" : "timing mode", r->nr_runs,
		vb_json_text(r->meta, "status"));
	fprintf(out, "kernel %s, %s\n", vb_json_text(json_object_get(machine, "kernel"), "release"),
		vb_json_text(json_object_get(machine, "cpu"), "model"));
	if (json_array_size(reasons)) {
		fputs("not a performance figure of a machine: ", out);
		json_array_foreach(reasons, i, reason)
			fprintf(out, "%s%s", i ? "; " : "", json_string_value(reason));
		fputc('\n', out);
	}
}

static void print_failed_checks(const json_t *run, FILE *out)
{
	const json_t *audit = json_object_get(run, "audit"), *check;
	size_t i;

	json_array_foreach(audit, i, check)
		if (!strcmp(vb_json_text(check, "verdict"), "failed"))
			fprintf(out, "    %s: %s\n", vb_json_text(check, "check"),
				vb_json_text(check, "text"));
}

static void print_audit(const struct vb_result *r, FILE *out)
{
	size_t clean = 0;

	for (size_t i = 0; i < r->nr_runs; i++)
		clean += !strcmp(vb_json_text(r->run[i], "status"), "ok");
	fprintf(out, "audit: %zu of %zu runs clean%s\n", clean, r->nr_runs,
		clean < r->nr_runs ? "; the numbers of the others are withheld:" : "");
	for (size_t i = 0; i < r->nr_runs; i++) {
		if (!strcmp(vb_json_text(r->run[i], "status"), "ok"))
			continue;
		fprintf(out, "  run %.0f, %s%s%s: %s\n", vb_json_number(r->run[i], "number"),
			vb_json_text(r->run[i], "arm"), *vb_json_text(r->run[i], "label") ? ", " : "",
			vb_json_text(r->run[i], "label"), vb_json_text(r->run[i], "status"));
		print_failed_checks(r->run[i], out);
	}
}

static const char *place(int pin_every, char *buf, size_t size)
{
	if (pin_every)
		snprintf(buf, size, "1 in %d", pin_every);
	else
		snprintf(buf, size, "none");
	return pin_every == 1 ? "every" : buf;
}

static void print_span_row(const struct vb_span_row *row, const struct vb_arms *arms, FILE *out)
{
	double first = row->arm[0].known ? row->arm[0].ns_per_mapping : 0;
	char buf[32];

	fprintf(out, "  %6d  %-8s", row->count, place(row->pin_every, buf, sizeof(buf)));
	for (size_t a = 0; a < arms->count; a++) {
		double ns = row->arm[a].ns_per_mapping;

		if (!row->arm[a].known) {
			fprintf(out, " |%*s", a ? 25 : 17, "withheld");
			continue;
		}
		fprintf(out, " | %8.1f %7.6g", ns, row->arm[a].callbacks_per_request);
		if (a && first > 0)
			fprintf(out, " %+6.1f%%", (ns - first) / first * 100);
		else if (a)
			fputs("       -", out);
	}
	fputc('\n', out);
}

static void print_span(const struct vb_result *r, FILE *out)
{
	struct vb_span_row *rows;
	struct vb_arms arms;
	size_t nr;

	vb_report_arms(r, &arms);
	if (vb_report_span(r, &arms, &rows, &nr) || !nr)
		return;
	fprintf(out, "\nOne unmap request over N mappings, some of them pinned by the mdev: %s a mapping\n"
		"(%s), callbacks a request, difference to %s\n\n",
		is_exact(r) ? "instructions as ns" : "ns",
		is_exact(r) ? "the best round" : "the median round", arms.name[0]);
	fprintf(out, "  %6s  %-8s", "", "");
	for (size_t a = 0; a < arms.count; a++)
		fprintf(out, " | %-*.*s", a ? 24 : 16, a ? 24 : 16, arms.name[a]);
	fprintf(out, "\n  %6s  %-8s", "N", "pinned");
	for (size_t a = 0; a < arms.count; a++)
		fprintf(out, " | %8s %7s%s", "ns", "calls", a ? "    diff" : "");
	fputc('\n', out);
	for (size_t i = 0; i < nr; i++) {
		if (*rows[i].rest && (!i || strcmp(rows[i].rest, rows[i - 1].rest)))
			fprintf(out, "  %s\n", rows[i].rest);
		print_span_row(&rows[i], &arms, out);
	}
	free(rows);
}

/* A quantile wants ten samples beyond it: with fewer it is a handful of outliers. */
static void print_quantile(const json_t *m, const char *key, double wanted, FILE *out)
{
	bool ns = !strcmp(vb_json_text(m, "unit"), "ns");

	if (vb_json_number(m, "count") < wanted)
		fprintf(out, " %9s", "-");
	else
		fprintf(out, " %9.*f", ns ? 2 : 0, vb_json_number(m, key) / (ns ? 1e3 : 1));
}

static void print_metric(const json_t *m, FILE *out)
{
	const char *unit = vb_json_text(m, "unit");
	bool ns = !strcmp(unit, "ns");

	if (!strcmp(unit, "bytes"))
		return;
	fprintf(out, "  %-10s %-28s %10.0f /s %12.0f ", vb_json_text(m, "section"),
		vb_json_text(m, "metric"), vb_json_number(m, "rate_per_s"),
		vb_json_number(m, "count"));
	print_quantile(m, "p50", 20, out);
	print_quantile(m, "p99", 1000, out);
	print_quantile(m, "p999", 10000, out);
	fprintf(out, " %10.*f%s\n", ns ? 1 : 0, vb_json_number(m, "max") / (ns ? 1e3 : 1),
		ns ? " us" : "");
}

static double sum_of(const json_t *array, const char *key)
{
	const json_t *entry;
	double sum = 0;
	size_t i;

	json_array_foreach(array, i, entry)
		sum += vb_json_number(entry, key);
	return sum;
}

static void print_totals(const json_t *run, FILE *out)
{
	const json_t *workers = json_object_get(run, "workers");
	const json_t *mdevs = json_object_get(json_object_get(run, "module"), "mdevs");
	const json_t *guard = json_object_get(run, "guard");
	double seconds = vb_json_number(run, "measured_s");

	if (seconds > 0 && json_array_size(mdevs))
		fprintf(out, "  pages pinned %.0f (%.0f /s), unpinned %.0f (%.0f /s), %.0f of them in "
			"callbacks; pins refused by the fence %.0f, late %.0f\n",
			sum_of(mdevs, "pinned_pages"), sum_of(mdevs, "pinned_pages") / seconds,
			sum_of(mdevs, "unpinned_pages"), sum_of(mdevs, "unpinned_pages") / seconds,
			sum_of(mdevs, "callback_unpinned_pages"), sum_of(mdevs, "fenced_pins"),
			sum_of(mdevs, "late_pins"));
	if (sum_of(workers, "dma_bytes") > 0)
		fprintf(out, "  %.0f bytes moved by DMA and verified\n", sum_of(workers, "dma_bytes"));
	fprintf(out, "  guard %s: %s; %.0f waits, %.3f s in all, in no time above\n",
		json_is_true(json_object_get(guard, "on")) ? "on" : "off",
		vb_json_text(guard, "reason"), sum_of(workers, "guard_waits"),
		sum_of(workers, "guard_wait_ns") / 1e9);
}

/* Every metric of a run; where rows of notify_span say it already, nothing. */
static void print_run(const json_t *run, FILE *out)
{
	const json_t *metrics = json_object_get(run, "metrics"), *m;
	const json_t *variant = json_object_get(run, "variant");
	size_t i;

	if (!metrics)
		return;
	fprintf(out, "\n%s%s%s, %.1f s measured", vb_json_text(run, "arm"),
		*vb_json_text(run, "label") ? ", " : "", vb_json_text(run, "label"),
		vb_json_number(run, "measured_s"));
	if (json_is_object(variant))
		fprintf(out, ", served by %s, notifies %s", vb_json_text(variant, "served_by"),
			vb_json_text(variant, "granularity_observed"));
	fputc('\n', out);
	fprintf(out, "  %-10s %-28s %13s %12s %10s %9s %9s %10s\n", "section", "metric", "rate",
		"count", "p50", "p99", "p99.9", "max");
	json_array_foreach(metrics, i, m)
		print_metric(m, out);
	print_totals(run, out);
}

/* A matrix over one notify_span section is told by its table alone. */
static bool table_tells_all(const struct vb_result *r)
{
	const json_t *sections = r->nr_runs ? json_object_get(r->run[0], "sections") : NULL;

	return json_array_size(sections) == 1 && r->nr_runs > 1 &&
	       !strcmp(vb_json_text(json_array_get(sections, 0), "workload"), "notify_span");
}

void vb_report_text(const struct vb_result *r, const char *path, FILE *out)
{
	print_head(r, path, out);
	print_audit(r, out);
	if (table_tells_all(r)) {
		print_span(r, out);
		return;
	}
	for (size_t i = 0; i < r->nr_runs; i++)
		print_run(r->run[i], out);
}
