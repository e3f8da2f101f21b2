// SPDX-License-Identifier: GPL-2.0-or-later
/* The report's parts in their order: what matters first, what proves it after. */
#include <string.h>

#include "bench/report/build.h"

static void put_title(struct vb_doc *doc, const struct vb_source *s)
{
	const char *arms = "", *job = vb_json_text(s->result->meta, "job");

	for (size_t a = 1; a < s->arms.count; a++)
		arms = vb_doc_str(doc, "%s%s%s", arms, a > 1 ? ", " : "", s->arms.label[a]);
	if (s->arms.count > 1)
		vb_doc_heading(doc, VB_VIEW_ALL, 1, "top", "%s: %s against %s", job, arms,
			       s->arms.label[0]);
	else
		vb_doc_heading(doc, VB_VIEW_ALL, 1, "top", "%s: %s", job,
			       s->arms.count ? s->arms.label[0] : "");
}

void vb_build_plots(struct vb_doc *doc, const struct vb_source *s)
{
	if (!s->plots && !s->no_plots)
		return;
	vb_doc_heading(doc, VB_VIEW_PAGES, 2, "plots", "Plots");
	if (s->no_plots)
		vb_doc_para(doc, VB_VIEW_PAGES, "%s", s->no_plots);
	for (size_t i = 0; s->plots && i < s->plots->nr; i++) {
		const struct vb_plot *plot = &s->plots->plot[i];
		const char *file = vb_doc_str(doc, "%s.svg", plot->stem);

		if (!*plot->left_out)
			vb_doc_figure(doc, VB_VIEW_PAGES, vb_plot_svg(plot, s->plots_dir), file,
				      plot->title,
				      plot->caption, plot->alt);
	}
	for (size_t i = 0; s->plots && i < s->plots->nr; i++)
		if (*s->plots->plot[i].left_out)
			vb_doc_item(doc, VB_VIEW_PAGES, "left out: %s: %s", s->plots->plot[i].title,
				    s->plots->plot[i].left_out);
}

struct vb_doc *vb_report_build(struct vb_source *s)
{
	struct vb_doc *doc = vb_doc_new();

	if (!doc)
		return NULL;
	vb_report_arms(s->result, &s->arms);
	s->exact = vb_report_exact(s->result);
	put_title(doc, s);
	vb_build_summary(doc, s);
	vb_build_setup(doc, s);
	vb_build_conformance(doc, s);
	vb_build_compare(doc, s);
	vb_build_span(doc, s);
	vb_build_metrics(doc, s);
	vb_build_published(doc, s);
	vb_build_saturation(doc, s);
	vb_build_steady(doc, s);
	vb_build_plots(doc, s);
	vb_build_caveats(doc, s);
	vb_build_audit(doc, s);
	vb_build_noise(doc, s);
	vb_build_runs(doc, s);
	vb_build_environment(doc, s);
	vb_build_reproduce(doc, s);
	if (!vb_doc_failed(doc))
		return doc;
	vb_doc_free(doc);
	return NULL;
}
