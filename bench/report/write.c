// SPDX-License-Identifier: GPL-2.0-or-later
/* Reports as files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/compare/compare.h"
#include "bench/report/published.h"
#include "bench/report/write.h"
#include "lib/result/dir.h"

int vb_report_open(const char *path, struct vb_report *r, char *err, size_t size)
{
	int ret;

	memset(r, 0, sizeof(*r));
	ret = vb_result_load(path, &r->result, err, size);
	r->source.result = &r->result;
	r->source.path = path;
	return ret;
}

int vb_report_compare(struct vb_report *r, const struct vb_compare_options *options, char *err,
		      size_t size)
{
	struct vb_compare_options all = { 0 };
	char why[300];
	int ret;

	if (json_array_size(json_object_get(r->result.meta, "arms")) < 2)
		return 0;
	if (options)
		all = *options;
	all.no_shifts = false;		/* a page shows them */
	ret = vb_compare_arms(&r->result, &all, &r->comparison, &r->nr_comparisons, why,
			      sizeof(why));
	if (ret == -EINVAL) {
		snprintf(r->no_comparison, sizeof(r->no_comparison), "%s", why);
		r->source.no_comparison = r->no_comparison;
		return 0;
	}
	if (ret) {
		snprintf(err, size, "comparing its arms: %s", strerror(-ret));
		return ret;
	}
	r->source.comparison = r->comparison;
	r->source.nr_comparisons = r->nr_comparisons;
	r->source.floor = all.floor;
	return 0;
}

int vb_report_draw(struct vb_report *r, const char *out, char *err, size_t size)
{
	int ret = vb_plots_make(&r->result, r->source.path, r->comparison, r->nr_comparisons, out,
				&r->plots, err, size);

	if (ret && ret != -ENOENT)
		return ret;
	r->source.plots = &r->plots;
	r->source.plots_dir = out;
	if (ret) {
		snprintf(r->no_plots, sizeof(r->no_plots), "There are no plots: gnuplot was not "
			 "installed where "
			 "this report was made.");
		r->source.no_plots = r->no_plots;
	}
	return 0;
}

void vb_report_close(struct vb_report *r)
{
	if (r->source.plots)
		vb_plots_free(&r->plots);
	vb_comparisons_free(r->comparison, r->nr_comparisons);
	vb_result_free(&r->result);
	memset(r, 0, sizeof(*r));
}

int vb_report_render(struct vb_report *r, enum vb_view view, FILE *out)
{
	struct vb_doc *doc = vb_report_build(&r->source);

	if (!doc)
		return -ENOMEM;
	if (view == VB_VIEW_HTML)
		vb_render_html(doc, out);
	else if (view == VB_VIEW_MARKDOWN)
		vb_render_markdown(doc, out);
	else
		vb_render_text(doc, view, out);
	vb_doc_free(doc);
	return 0;
}

int vb_report_json(const struct vb_report *r, FILE *out)
{
	json_t *runs = json_array(), *comparisons = json_array(), *all;
	int ret;

	for (size_t i = 0; i < r->result.nr_runs; i++)
		json_array_append(runs, r->result.run[i]);
	for (size_t i = 0; i < r->nr_comparisons; i++)
		json_array_append_new(comparisons, vb_comparison_to_json(&r->comparison[i]));
	all = json_pack("{s:O, s:o, s:o, s:o, s:o}", "meta", r->result.meta, "runs", runs, "comparisons",
			comparisons, "metrics", vb_report_metrics_json(&r->result),
			"published", vb_report_published_json(&r->result));
	ret = all ? json_dumpf(all, out, JSON_INDENT(1)) : -1;
	fputc('\n', out);
	json_decref(all);
	return ret ? -ENOMEM : 0;
}

/* In one piece: a reader never sees half a report. */
static int write_one(struct vb_report *r, int dir_fd, const char *name, enum vb_view view)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int ret = out ? vb_report_render(r, view, out) : -ENOMEM;

	if (out && fclose(out) && !ret)
		ret = -ENOMEM;
	if (!ret)
		ret = vb_result_write(dir_fd, name, text, size);
	free(text);
	return ret;
}

static int write_files(struct vb_report *r, const char *dir, char *err, size_t size)
{
	static const struct {
		const char *name;
		enum vb_view view;
	} files[] = {
		{ "report.txt", VB_VIEW_TEXT }, { "report.md", VB_VIEW_MARKDOWN },
		{ "report.html", VB_VIEW_HTML },
	};
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret = fd < 0 ? -errno : 0;

	if (ret)
		snprintf(err, size, "%s: %s", dir, strerror(-ret));
	for (size_t i = 0; i < sizeof(files) / sizeof(*files) && !ret; i++) {
		ret = write_one(r, fd, files[i].name, files[i].view);
		if (ret)
			snprintf(err, size, "%s/%s: %s", dir, files[i].name, strerror(-ret));
	}
	if (fd >= 0)
		close(fd);
	return ret;
}

int vb_report_write_all(const char *dir, const struct vb_compare_options *options, char *err,
			size_t size)
{
	struct vb_report r;
	char *plots = NULL;
	int ret = vb_report_open(dir, &r, err, size);

	if (!ret)
		ret = vb_report_compare(&r, options, err, size);
	if (!ret && asprintf(&plots, "%s/plots", dir) < 0) {
		plots = NULL;
		ret = -ENOMEM;
		snprintf(err, size, "out of memory");
	}
	if (!ret)
		ret = vb_report_draw(&r, plots, err, size);
	if (!ret)
		ret = write_files(&r, dir, err, size);
	if (!ret)
		snprintf(err, size, "%s", r.no_plots);
	vb_report_close(&r);
	free(plots);
	return ret;
}
