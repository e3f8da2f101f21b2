// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain-text report. */
#include <string.h>

#include "bench/report/report.h"

static void print_head(const struct vb_result *r, const char *path, FILE *out)
{
	const json_t *machine = json_object_get(r->meta, "machine");
	const json_t *device = json_object_get(r->meta, "device");
	const json_t *reasons = json_object_get(r->meta, "no_performance_label"), *reason;
	size_t i;

	fprintf(out, "%s: job %s, %s, %zu run%s, %s\n", path, vb_json_text(r->meta, "job"),
		vb_report_exact(r) ? "exact mode" : "timing mode", r->nr_runs,
		r->nr_runs == 1 ? "" : "s", vb_json_text(r->meta, "status"));
	fprintf(out, "kernel %s, %s\n", vb_json_text(json_object_get(machine, "kernel"), "release"),
		vb_json_text(json_object_get(machine, "cpu"), "model"));
	if (json_is_object(device))
		fprintf(out, "device %s on node %.0f, %s%sdriver %s\n", vb_json_text(device, "address"),
			vb_json_number(device, "node"), vb_json_text(device, "name"),
			*vb_json_text(device, "name") ? ", " : "", vb_json_text(device, "driver"));
	json_array_foreach(reasons, i, reason)
		fprintf(out, "%s%s\n", i ? "                                        " :
			"not a performance figure of a machine: ", json_string_value(reason));
}

/* A quantile wants ten samples beyond it: with fewer it is a handful of outliers. */
static void print_value(const json_t *m, const char *key, double wanted, FILE *out)
{
	char text[48] = "-", unit[4] = "";

	if (vb_json_number(m, "count") >= wanted && !strcmp(vb_json_text(m, "unit"), "ns"))
		sscanf(vb_report_time(vb_json_number(m, key), text, sizeof(text)), "%*s %3s", unit);
	else if (vb_json_number(m, "count") >= wanted)
		snprintf(text, sizeof(text), "%.0f", vb_json_number(m, key));
	fprintf(out, " %5.*s %-2s", (int)strcspn(text, " "), text, unit);
}

static void print_metric(const json_t *m, FILE *out)
{
	fprintf(out, "  %-10s %-28s %9.0f/s %10.0f", vb_json_text(m, "section"),
		vb_json_text(m, "metric"), vb_json_number(m, "rate_per_s"),
		vb_json_number(m, "count"));
	print_value(m, "p50", 20, out);
	print_value(m, "p99", 1000, out);
	print_value(m, "p999", 10000, out);
	print_value(m, "max", 1, out);
	fputc('\n', out);
}

/* Lengths of ranges are no times; what was not counted is not zero. */
static bool wants_line(const json_t *run, const json_t *metric)
{
	return strcmp(vb_json_text(metric, "unit"), "bytes") &&
	       (strcmp(vb_json_text(metric, "unit"), "callbacks") ||
		strcmp(vb_json_text(run, "module_mode"), "bare"));
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

static void print_pages(const json_t *run, FILE *out)
{
	const json_t *mdevs = json_object_get(json_object_get(run, "module"), "mdevs");
	double seconds = vb_json_number(run, "measured_s");

	if (seconds <= 0 || !json_array_size(mdevs))
		return;
	fprintf(out, "  pages pinned %.0f (%.0f/s), ", sum_of(mdevs, "pinned_pages"),
		sum_of(mdevs, "pinned_pages") / seconds);
	if (!strcmp(vb_json_text(run, "module_mode"), "bare"))
		fputs("unpinned in callbacks that do not count (module_mode=bare)", out);
	else
		fprintf(out, "unpinned %.0f (%.0f/s), %.0f of them in callbacks",
			sum_of(mdevs, "unpinned_pages"), sum_of(mdevs, "unpinned_pages") / seconds,
			sum_of(mdevs, "callback_unpinned_pages"));
	if (sum_of(mdevs, "fenced_pins") + sum_of(mdevs, "late_pins") > 0)
		fprintf(out, ";\n  pins refused by the fence %.0f, late %.0f",
			sum_of(mdevs, "fenced_pins"), sum_of(mdevs, "late_pins"));
	fputc('\n', out);
}

static void print_totals(const json_t *run, FILE *out)
{
	const json_t *workers = json_object_get(run, "workers");
	const json_t *guard = json_object_get(run, "guard");

	print_pages(run, out);
	if (sum_of(workers, "dma_bytes") > 0)
		fprintf(out, "  %.0f bytes moved by DMA and verified\n", sum_of(workers, "dma_bytes"));
	fprintf(out, "  guard %s: %s", json_is_true(json_object_get(guard, "on")) ? "on" : "off",
		vb_json_text(guard, "reason"));
	if (sum_of(workers, "guard_waits") > 0)
		fprintf(out, "; %.0f waits, %.3f s in all, in no time above",
			sum_of(workers, "guard_waits"), sum_of(workers, "guard_wait_ns") / 1e9);
	fputc('\n', out);
}

/* Every metric of a clean run. */
static void print_run(const json_t *run, const struct vb_arms *arms, FILE *out)
{
	const json_t *metrics = json_object_get(run, "metrics"), *m;
	const json_t *variant = json_object_get(run, "variant");
	const char *label = vb_json_text(run, "label");
	char seconds[32];
	size_t i;

	if (!metrics || vb_report_standing(run) != VB_STANDING_CLEAN)
		return;
	fprintf(out, "\nrun %.0f, %s%s%s, %s measured", vb_json_number(run, "number"),
		vb_report_arm_label(run, arms), *label ? ", " : "", label,
		vb_report_time(vb_json_number(run, "measured_s") * 1e9, seconds, sizeof(seconds)));
	if (json_is_object(variant))
		fprintf(out, ",\nserved by %s, notifies %s",
			*vb_json_text(variant, "served_by") ? vb_json_text(variant, "served_by") :
			"the kernel's own", vb_json_text(variant, "granularity_observed"));
	fputc('\n', out);
	fprintf(out, "  %-10s %-28s %11s %10s %8s %8s %8s %8s\n", "section", "metric", "rate",
		"count", "p50   ", "p99   ", "p99.9   ", "max   ");
	json_array_foreach(metrics, i, m)
		if (wants_line(run, m))
			print_metric(m, out);
	print_totals(run, out);
}

/* A matrix over one notify_span section is told by its table alone. */
static bool table_tells_all(const struct vb_result *r)
{
	for (size_t i = 0; i < r->nr_runs; i++) {
		const json_t *sections = json_object_get(r->run[i], "sections");

		if (json_array_size(sections) != 1 ||
		    strcmp(vb_json_text(json_array_get(sections, 0), "workload"), "notify_span"))
			return false;
	}
	return r->nr_runs > 1;
}

void vb_report_text(const struct vb_result *r, const char *path, FILE *out)
{
	struct vb_arms arms;

	vb_report_arms(r, &arms);
	print_head(r, path, out);
	vb_report_audit_text(r, &arms, out);
	if (table_tells_all(r)) {
		vb_report_span_text(r, &arms, out);
		return;
	}
	for (size_t i = 0; i < r->nr_runs; i++)
		print_run(r->run[i], &arms, out);
}
