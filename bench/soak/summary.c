// SPDX-License-Identifier: GPL-2.0-or-later
/* summary.txt and summary.html: what was run, whether anything went wrong, and how one sees it again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/engine/supervisor.h"
#include "bench/report/doc.h"
#include "bench/soak/soak_impl.h"
#include "bench/soak/timeline.h"
#include "config.h"
#include "lib/machine/sysfs.h"
#include "lib/result/dir.h"

struct summary {
	struct soak *s;
	struct soak_row *rows;
	size_t nr;
	struct soak_trend trend[SOAK_NR_TRENDS];
	struct vb_plots plots;
	char plots_dir[4200];
};

static void put_verdict(struct vb_doc *doc, const struct summary *m)
{
	const struct soak *s = m->s;

	if (s->failed)
		vb_doc_verdict(doc, VB_VIEW_LONG, VB_TONE_BAD, "failed", "%llu of %llu cycles, the first is %lld: %s",
			       (unsigned long long)s->failed, (unsigned long long)s->cycles,
			       (long long)s->first_failed, s->first_failure);
	else if (*s->late)
		vb_doc_verdict(doc, VB_VIEW_LONG, VB_TONE_BAD, "failed", "%s", s->late);
	else if (s->cycles == s->skipped)
		vb_doc_verdict(doc, VB_VIEW_LONG, VB_TONE_UNSURE, "skipped", "no cycle could be made here");
	else
		vb_doc_verdict(doc, VB_VIEW_LONG, VB_TONE_GOOD, "clean", "%llu cycles, nothing went wrong",
			       (unsigned long long)s->clean);
	if (s->skipped && s->skipped != s->cycles)
		vb_doc_verdict(doc, VB_VIEW_LONG, VB_TONE_UNSURE, "skipped", "%llu of %llu cycles could not be made "
			       "here: of them nothing is known", (unsigned long long)s->skipped,
			       (unsigned long long)s->cycles);
	if (s->drift[0])
		vb_doc_verdict(doc, VB_VIEW_LONG, VB_TONE_BAD, "drift", "%s", s->drift);
	if (s->hung)
		vb_doc_verdict(doc, VB_VIEW_LONG, VB_TONE_BAD, "hung", "the kernel holds tasks that can't be "
			       "killed: reboot needed");
	if (!s->ended)
		vb_doc_verdict(doc, VB_VIEW_LONG, VB_TONE_UNSURE, "not at its end", "it can go on: vfio-bench soak "
			       "--resume %s", s->dir);
}

static void put_facts(struct vb_doc *doc, const struct summary *m)
{
	const struct soak *s = m->s;
	char kernel[256] = "?";

	vb_sysfs_read("/proc/sys/kernel/osrelease", kernel, sizeof(kernel));
	vb_doc_pair(doc, VB_VIEW_LONG, "kernel", "%s", kernel);
	vb_doc_pair(doc, VB_VIEW_LONG, "suite", "%s", PACKAGE_STRING);
	vb_doc_pair(doc, VB_VIEW_LONG, "seed", "%llu", (unsigned long long)s->seed);
	vb_doc_pair(doc, VB_VIEW_LONG, "time", "%.0f s%s", soak_elapsed_s(s), s->resumed ? ", in more than one go" : "");
	vb_doc_pair(doc, VB_VIEW_LONG, "cycles", "%llu: %llu clean, %llu skipped, %llu failed",
		    (unsigned long long)s->cycles, (unsigned long long)s->clean,
		    (unsigned long long)s->skipped, (unsigned long long)s->failed);
	vb_doc_pair(doc, VB_VIEW_LONG, "faults", "%llu injected", (unsigned long long)s->injected);
	vb_doc_pair(doc, VB_VIEW_LONG, "operations", "%llu steps of workers, in cycles whose run could tell",
		    (unsigned long long)s->operations);
	vb_doc_pair(doc, VB_VIEW_LONG, "kernel log", s->klog ? "%llu alarms" : "could not be read",
		    (unsigned long long)s->log_hits);
	if (s->has_kmemleak)
		vb_doc_pair(doc, VB_VIEW_LONG, "kmemleak", "%llu scans%s", (unsigned long long)s->leak_scans,
			    s->leaks_off ? ", then it had turned itself off" : "");
	else
		vb_doc_pair(doc, VB_VIEW_LONG, "kmemleak", "this kernel has none, or it can't be reached");
	if (s->failed)
		vb_doc_pair(doc, VB_VIEW_LONG, "once more", "vfio-bench soak --replay %s/failure", s->dir);
}

static void put_faults(struct vb_doc *doc, const struct soak *s)
{
	struct vb_table *t;

	vb_doc_heading(doc, VB_VIEW_LONG, 2, "faults", "Faults");
	if (!s->nr_faults) {
		vb_doc_para(doc, VB_VIEW_LONG, "None were asked for.");
		return;
	}
	t = vb_doc_table(doc, VB_VIEW_LONG, "Each fault: how often it was injected, how often the cycle failed");
	vb_table_column(t, "", -1, false, "fault");
	vb_table_column(t, "", -1, true, "injected");
	vb_table_column(t, "", -1, true, "failures");
	vb_table_column(t, "", -1, true, "not injected");
	vb_table_column(t, "", -1, false, "why not");
	for (unsigned int i = 0; i < s->nr_faults; i++) {
		const struct soak_fault *f = &s->fault[i];

		vb_table_row(t, VB_ROW_CELLS, VB_TONE_PLAIN);
		vb_table_cell(t, "%s", f->ops->name);
		vb_table_cell(t, "%llu", (unsigned long long)f->injected);
		vb_table_cell(t, "%llu", (unsigned long long)f->failures);
		vb_table_cell(t, "%llu", (unsigned long long)(f->begun - f->injected));
		vb_table_cell(t, "%s", *f->why_not ? f->why_not : f->begun > f->injected ?
			      "the run ended first" : "");
	}
}

/* The cycle was of its fault's own job, as that of another may have been, too. */
static bool of_own_job(const struct soak *s, const struct soak_row *row)
{
	for (unsigned int i = 0; i < s->nr_faults; i++)
		if (!strcmp(s->fault[i].ops->name, row->fault))
			return s->fault[i].own_job;
	return false;
}

static void put_job(struct vb_table *t, const struct summary *m, const struct soak_job *job, bool own)
{
	unsigned long cycles = 0, skipped = 0, failed = 0;
	double steps = 0;

	for (size_t i = 0; i < m->nr; i++) {
		if (strcmp(m->rows[i].job, job->name) || of_own_job(m->s, &m->rows[i]) != own)
			continue;
		cycles++;
		skipped += !strcmp(m->rows[i].verdict, "skipped");
		failed += m->rows[i].failed;
		steps += m->rows[i].operations;
	}
	vb_table_row(t, VB_ROW_CELLS, VB_TONE_PLAIN);
	vb_table_cell(t, "%s%s", job->name, own ? ", for faults" : "");
	if (own)
		vb_table_cell(t, " ");
	else
		vb_table_cell(t, "%u", job->weight);
	vb_table_cell(t, "%lu", cycles);
	vb_table_cell(t, "%lu", skipped);
	vb_table_cell(t, "%lu", failed);
	vb_table_cell(t, "%.0f", steps);
}

/* Several faults may have the same. */
static bool own_job_was(const struct soak *s, unsigned int job)
{
	for (unsigned int i = s->nr_jobs; i < job; i++)
		if (!strcmp(s->job[i].name, s->job[job].name))
			return true;
	return false;
}

static void put_jobs(struct vb_doc *doc, const struct summary *m)
{
	const struct soak *s = m->s;
	struct vb_table *t;

	vb_doc_heading(doc, VB_VIEW_LONG, 2, "jobs", "Jobs");
	t = vb_doc_table(doc, VB_VIEW_LONG, "What ran: cycles of each job");
	vb_table_column(t, "", -1, false, "job");
	vb_table_column(t, "", -1, true, "weight");
	vb_table_column(t, "", -1, true, "cycles");
	vb_table_column(t, "", -1, true, "skipped");
	vb_table_column(t, "", -1, true, "failed");
	vb_table_column(t, "", -1, true, "steps");
	for (unsigned int j = 0; j < s->nr_jobs; j++)
		put_job(t, m, &s->job[j], false);
	for (unsigned int j = s->nr_jobs; j < s->nr_jobs + s->nr_own_jobs; j++)
		if (!own_job_was(s, j))
			put_job(t, m, &s->job[j], true);
}

/* Others use memory, too, and outside the lab they pin. */
static bool told_only(const struct soak *s, enum soak_trend_id id)
{
	return id == SOAK_TREND_AVAILABLE || (id == SOAK_TREND_PINS && !s->in_lab);
}

static void put_trends(struct vb_doc *doc, const struct summary *m)
{
	struct vb_table *t;

	vb_doc_heading(doc, VB_VIEW_LONG, 2, "trends", "Trends");
	vb_doc_para(doc, VB_VIEW_LONG, "The slope for each cycle, over all but the first quarter of a boot's "
		    "cycles: the median of the slopes between all pairs, with its 95%% interval.");
	t = vb_doc_table(doc, VB_VIEW_LONG, "What must not grow");
	vb_table_column(t, "", -1, false, "what");
	vb_table_column(t, "", -1, true, "cycles");
	vb_table_column(t, "", -1, true, "median");
	vb_table_column(t, "", -1, true, "slope a cycle");
	vb_table_column(t, "", -1, true, "95%% interval");
	vb_table_column(t, "", -1, false, "verdict");
	for (int i = 0; i < SOAK_NR_TRENDS; i++) {
		const struct soak_trend *r = &m->trend[i];

		vb_table_row(t, VB_ROW_CELLS, r->drifts ? VB_TONE_BAD : !r->known ? VB_TONE_UNSURE :
			     told_only(m->s, i) ? VB_TONE_SAME : VB_TONE_GOOD);
		vb_table_cell(t, "%s, %s", r->name, r->unit);
		vb_table_cell(t, "%zu", r->nr);
		if (!r->known) {
			vb_table_cell(t, " ");
			vb_table_cell(t, " ");
			vb_table_cell(t, " ");
			vb_table_cell(t, "too few cycles");
			continue;
		}
		vb_table_cell(t, "%.0f", r->level);
		vb_table_cell(t, "%+.3g", r->slope.estimate + 0.0);
		vb_table_cell(t, "%+.3g to %+.3g", r->slope.lo + 0.0, r->slope.hi + 0.0);
		vb_table_cell(t, "%s", told_only(m->s, i) ? "told only" : r->drifts ? "drift" : "no drift");
	}
}

static void put_plots(struct vb_doc *doc, const struct summary *m)
{
	vb_doc_heading(doc, VB_VIEW_PAGES, 2, "timeline", "Timeline");
	for (size_t i = 0; i < m->plots.nr; i++) {
		const struct vb_plot *p = &m->plots.plot[i];

		if (*p->left_out)
			vb_doc_item(doc, VB_VIEW_PAGES, "%s: %s", p->title, p->left_out);
		else
			vb_doc_figure(doc, VB_VIEW_PAGES, vb_plot_svg(p, m->plots_dir), p->stem, p->title,
				      p->caption, p->alt);
	}
}

static void note_drift(struct summary *m)
{
	for (int i = 0; i < SOAK_NR_TRENDS; i++) {
		const struct soak_trend *t = &m->trend[i];

		if (t->drifts && !*m->s->drift)
			snprintf(m->s->drift, sizeof(m->s->drift), "%s grows by %.3g %s a cycle (95%%: %.3g to %.3g) "
				 "over %zu cycles", t->name, t->slope.estimate, t->unit, t->slope.lo, t->slope.hi,
				 t->nr);
	}
}

static struct vb_doc *build(const struct summary *m)
{
	struct vb_doc *doc = vb_doc_new();

	if (!doc)
		return NULL;
	vb_doc_heading(doc, VB_VIEW_LONG, 1, "soak", "Soak");
	put_verdict(doc, m);
	put_facts(doc, m);
	put_plots(doc, m);
	put_faults(doc, m->s);
	put_jobs(doc, m);
	put_trends(doc, m);
	return doc;
}

static int write_form(const struct summary *m, const struct vb_doc *doc, bool html)
{
	size_t length = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &length);
	int ret;

	if (!out)
		return -ENOMEM;
	if (html)
		vb_render_html(doc, out);
	else
		vb_render_text(doc, VB_VIEW_TEXT, out);
	ret = fclose(out) ? -ENOMEM : vb_result_write(m->s->dir_fd, html ? "summary.html" : "summary.txt", text,
						      length);
	free(text);
	return ret;
}

static int find_trends(struct summary *m)
{
	size_t nr = json_array_size(m->s->boots), *later = calloc(nr + 1, sizeof(*later));
	int ret;

	if (!later)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		later[i] = (size_t)json_integer_value(json_array_get(m->s->boots, i));
	ret = soak_trends(m->rows, m->nr, later, nr, !m->s->in_lab, m->trend);
	free(later);
	return ret;
}

int soak_summary(struct soak *s)
{
	struct summary m = { .s = s };
	struct vb_doc *doc = NULL;
	char path[4200];
	int ret;

	snprintf(path, sizeof(path), "%s/cycles.csv", s->dir);
	snprintf(m.plots_dir, sizeof(m.plots_dir), "%s/plots", s->dir);
	ret = soak_rows_read(path, s->csv_bytes, &m.rows, &m.nr);
	if (!ret)
		ret = find_trends(&m);
	if (!ret) {
		note_drift(&m);
		/* Plots that can't be drawn are no reason for no summary. */
		soak_plots(m.rows, m.nr, m.plots_dir, &m.plots);
		doc = build(&m);
		ret = !doc || vb_doc_failed(doc) ? -ENOMEM : write_form(&m, doc, false);
	}
	if (!ret)
		ret = write_form(&m, doc, true);
	if (doc)
		vb_doc_free(doc);
	vb_plots_free(&m.plots);
	free(m.rows);
	return ret;
}
