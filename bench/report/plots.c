// SPDX-License-Identifier: GPL-2.0-or-later
/* Which plots there are; the runs and cells that they are of. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/report/plot_impl.h"

static void (*const kinds[])(struct vb_plotter *p) = {
	vb_plot_pairs, vb_plot_shift, vb_plot_distributions, vb_plot_span, vb_plot_breakdown,
	vb_plot_listeners, vb_plot_threads, vb_plot_saturation, vb_plot_heatmap, vb_plot_numa,
	vb_plot_topology,
};

int vb_plots_make(const struct vb_result *result, const char *path,
		  const struct vb_comparison *comparisons, size_t nr, const char *out,
		  struct vb_plots *plots, char *err, size_t size)
{
	struct vb_plotter p = {
		.result = result, .path = path, .out = out, .comparison = comparisons,
		.nr_comparisons = comparisons ? nr : 0, .exact = vb_report_exact(result),
		.plots = plots,
	};

	memset(plots, 0, sizeof(*plots));
	if (mkdir(out, 0777) && errno != EEXIST) {
		int ret = -errno;

		snprintf(err, size, "%s: %s", out, strerror(-ret));
		return ret == -ENOENT ? -ENOTDIR : ret;
	}
	vb_report_arms(result, &p.arms);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && !p.error; i++)
		kinds[i](&p);
	if (p.error) {
		snprintf(err, size, "%s", p.err);
		vb_plots_free(plots);
		/* -ENOENT is gnuplot's. */
		return p.error == -ENOENT ? -EIO : p.error;
	}
	return p.no_gnuplot ? -ENOENT : 0;
}

void vb_plots_free(struct vb_plots *plots)
{
	free(plots->plot);
	memset(plots, 0, sizeof(*plots));
}

char *vb_plot_svg(const struct vb_plot *plot, const char *out)
{
	char path[PATH_MAX + 128], *text = NULL;
	size_t length = 0;
	FILE *file;
	int c;

	if (*plot->left_out)
		return NULL;
	snprintf(path, sizeof(path), "%s/%s.svg", out, plot->stem);
	file = fopen(path, "re");
	if (file && getdelim(&text, &length, '\0', file) < 0) {
		free(text);
		text = NULL;
	}
	c = file ? fgetc(file) : EOF;
	if (file)
		fclose(file);
	if (c == EOF)
		return text;
	free(text);	/* a zero byte in it: no SVG */
	return NULL;
}

bool vb_plot_counts(const json_t *run)
{
	return vb_report_standing(run) == VB_STANDING_CLEAN &&
	       !json_is_true(json_object_get(run, "warmup"));
}

bool vb_plot_file_sound(const struct vb_plotter *p, size_t run, const char *name)
{
	char err[512];
	FILE *file;
	int ret = vb_result_open_file(p->result, run, name, &file, err, sizeof(err));

	if (!ret)
		fclose(file);
	/* A result that did not end has no list to hold its files against. */
	return !ret || ret == -ENOENT;
}

size_t *vb_plot_runs(const struct vb_plotter *p, size_t arm, const char *label, size_t *nr)
{
	size_t *runs = calloc(p->result->nr_runs + 1, sizeof(*runs));

	*nr = 0;
	for (size_t i = 0; runs && i < p->result->nr_runs; i++) {
		const json_t *run = p->result->run[i];

		if (vb_plot_counts(run) && vb_report_arm_of(run, &p->arms) == arm &&
		    (!label || !strcmp(vb_json_text(run, "label"), label)))
			runs[(*nr)++] = i;
	}
	return runs;
}

const char **vb_plot_labels(const struct vb_plotter *p, size_t *nr)
{
	const char **labels = calloc(p->result->nr_runs + 1, sizeof(*labels));

	*nr = 0;
	for (size_t i = 0; labels && i < p->result->nr_runs; i++) {
		const char *label = vb_json_text(p->result->run[i], "label");
		size_t j = 0;

		while (j < *nr && strcmp(labels[j], label))
			j++;
		if (j == *nr)
			labels[(*nr)++] = label;
	}
	return labels;
}

const json_t *vb_plot_section(const json_t *run, const char *section)
{
	const json_t *array = json_object_get(run, "sections"), *entry;
	size_t i;

	json_array_foreach(array, i, entry)
		if (!strcmp(vb_json_text(entry, "section"), section))
			return entry;
	return NULL;
}

const char **vb_plot_sections(const struct vb_plotter *p, size_t *nr)
{
	const json_t *section;
	const char **names;
	size_t most = 1, i, j, k;

	*nr = 0;
	for (i = 0; i < p->result->nr_runs; i++)
		most += json_array_size(json_object_get(p->result->run[i], "sections"));
	names = calloc(most, sizeof(*names));
	for (i = 0; names && i < p->result->nr_runs; i++) {
		if (!vb_plot_counts(p->result->run[i]))
			continue;
		json_array_foreach(json_object_get(p->result->run[i], "sections"), j, section) {
			const char *name = vb_json_text(section, "section");

			for (k = 0; k < *nr && strcmp(names[k], name); k++)
				;
			if (k == *nr)
				names[(*nr)++] = name;
		}
	}
	return names;
}

int vb_plot_rank(const char *section, const char *metric)
{
	static const char *const first[] = { "response", "request", "unmap", "service", "dma" };

	if (!strcmp(section, "module"))
		return 100;
	for (int i = 0; i < 5; i++)
		if (!strcmp(metric, first[i]))
			return i;
	return 50;
}

const char *vb_plot_primary(const struct vb_plotter *p, const char *section)
{
	const char *best = NULL;
	const json_t *metric;
	size_t i, j;

	for (i = 0; i < p->result->nr_runs; i++)
		json_array_foreach(json_object_get(p->result->run[i], "metrics"), j, metric) {
			const char *name = vb_json_text(metric, "metric");

			if (!strcmp(vb_json_text(metric, "section"), section) &&
			    !strcmp(vb_json_text(metric, "unit"), "ns") &&
			    (!best || vb_plot_rank(section, name) < vb_plot_rank(section, best)))
				best = name;
		}
	return best;
}

void vb_plot_label_without(const char *label, const char *key, char *rest, size_t size)
{
	size_t used = 0, key_length = strlen(key);

	rest[0] = '\0';
	while (*label) {
		size_t length = strcspn(label, " "), name = strcspn(label, "=");
		/* "section.key=value" where sections differ. */
		bool is_key = name >= key_length && name < length &&
			      !strncmp(label + name - key_length, key, key_length) &&
			      (name == key_length || label[name - key_length - 1] == '.');

		if (!is_key && used + length + 2 < size)
			used += (size_t)snprintf(rest + used, size - used, "%s%.*s",
						 used ? " " : "", (int)length, label);
		label += length + (label[length] == ' ');
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double vb_plot_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

const char *vb_plot_count(double count, char *buf, size_t size)
{
	static const char *const names[] = { "", " thousand", " million", " billion" };
	size_t i = 0;

	for (; count >= (i ? 999.5 : 10000) && i < 3; i++)
		count /= 1000;
	snprintf(buf, size, i ? "%.3g%s" : "%.0f%s", count, names[i]);
	return buf;
}
