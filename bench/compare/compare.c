// SPDX-License-Identifier: GPL-2.0-or-later
/* One arm against another: the cells, then what needs all of them. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/compare_impl.h"
#include "lib/stats/rank.h"

static struct vb_compare_cell *find_cell(const struct vb_comparison *c, const char *label)
{
	for (size_t i = 0; i < c->nr_cells; i++)
		if (!strcmp(c->cell[i].label, label))
			return &c->cell[i];
	return NULL;
}

static int pools_fill(const struct cmp_arm *a, const struct cmp_arm *b, const char *label,
		      int index, const struct vb_compare_options *o, struct vb_comparison *c,
		      struct cmp_pool pool[2])
{
	size_t all;
	int ret = cmp_pool_fill(a, label, index, o->first_round, o->rounds, &pool[0]);

	if (!ret)
		ret = cmp_pool_fill(b, label, index, o->first_round, o->rounds, &pool[1]);
	if (ret || !c->paired)
		return ret;
	all = pool[0].nr + pool[1].nr;
	cmp_pool_pair(&pool[0], &pool[1]);
	c->rounds_dropped += (unsigned int)(all - pool[0].nr - pool[1].nr);
	return 0;
}

static int add_cell(const struct cmp_arm *a, const struct cmp_arm *b, const json_t *run,
		    const struct cmp_primaries *primaries, const struct vb_compare_options *o,
		    struct vb_comparison *c)
{
	/* Within one result the arms' labels may differ by the arms' own settings. */
	const char *label = vb_json_text(run, "label"), *by = c->paired ? NULL : label;
	struct cmp_pool pool[2] = { 0 };
	struct vb_compare_cell *grown;
	int ret;

	if (find_cell(c, label))
		return 0;
	grown = cmp_grow(c->cell, c->nr_cells, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	c->cell = grown;
	grown += c->nr_cells++;
	memset(grown, 0, sizeof(*grown));
	snprintf(grown->label, sizeof(grown->label), "%s", label);
	ret = pools_fill(a, b, by, (int)vb_json_number(run, "cell"), o, c, pool);
	if (!ret)
		ret = cmp_cell(&pool[0], &pool[1], c, primaries, o, grown);
	free(pool[0].ref);
	free(pool[1].ref);
	return ret;
}

/* Cells in the order of A's runs; those that only B has are no comparison. */
static int add_cells(const struct cmp_arm *a, const struct cmp_arm *b,
		     const struct cmp_primaries *primaries, const struct vb_compare_options *o,
		     struct vb_comparison *c)
{
	for (size_t s = 0; s < a->nr; s++) {
		const struct vb_result *r = a->source[s].result;

		for (size_t i = 0; i < r->nr_runs; i++) {
			int ret = 0;

			if ((int)vb_json_number(r->run[i], "arm_index") == a->source[s].arm)
				ret = add_cell(a, b, r->run[i], primaries, o, c);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* The decisions of all cells, one after another; NULL at the end. */
static struct vb_decision *next(struct vb_comparison *c, size_t *cell, size_t *at)
{
	while (*cell < c->nr_cells && *at >= c->cell[*cell].nr) {
		++*cell;
		*at = 0;
	}
	return *cell < c->nr_cells ? &c->cell[*cell].decision[(*at)++] : NULL;
}

/* What can never be significant for want of pairs is not counted: it would cost the others. */
static bool in_family(const struct vb_decision *d)
{
	return d->primary && d->shown && d->has_p && d->has_interval;
}

/* The members of the family, of all comparisons: their p to @p, or @adjusted to them. */
static size_t exchange(struct vb_comparison *list, size_t nr, double *p, const double *adjusted)
{
	size_t count = 0;

	for (size_t i = 0; i < nr; i++) {
		size_t cell = 0, at = 0;
		struct vb_decision *d;

		while ((d = next(&list[i], &cell, &at))) {
			if (!in_family(d))
				continue;
			if (p)
				p[count] = d->p;
			if (adjusted)
				d->p_holm = adjusted[count];
			count++;
		}
	}
	return count;
}

/* Whoever looks at several arms asks that many times as often: one family. */
static int adjust(struct vb_comparison *list, size_t nr)
{
	size_t family = exchange(list, nr, NULL, NULL);
	double *p = calloc(2 * family + 1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	exchange(list, nr, p, NULL);
	vb_holm(p, family, p + family);
	exchange(list, nr, NULL, p + family);
	free(p);
	for (size_t i = 0; i < nr; i++) {
		size_t cell = 0, at = 0;
		struct vb_decision *d;

		list[i].family = (unsigned int)family;
		list[i].family_comparisons = (unsigned int)nr;
		while ((d = next(&list[i], &cell, &at)))
			cmp_judge(d, list[i].margin_percent, list[i].family);
	}
	return 0;
}

static int note_absent(const struct cmp_primaries *primaries, struct vb_comparison *c)
{
	for (size_t i = 0; i < primaries->nr; i++) {
		const struct vb_stat_name *name = &primaries->name[i];
		size_t cell = 0, at = 0;
		const struct vb_decision *d;
		char text[160];

		while ((d = next(c, &cell, &at)))
			if ((!*name->section || !strcmp(name->section, d->section)) &&
			    !strcmp(name->metric, d->metric) &&
			    !strcmp(vb_stat_text(name->stat), d->stat))
				break;
		if (!d && primaries->declared &&
		    cmp_note(c, "no run has the primary metric %s",
			     vb_stat_name_text(name, text, sizeof(text))))
			return -ENOMEM;
	}
	return 0;
}

static int note_left_out(struct vb_comparison *c)
{
	int ret = 0;

	if (c->withheld)
		ret = cmp_note(c, "%u run%s withheld by the audit: in no number here", c->withheld,
			       c->withheld == 1 ? "" : "s");
	if (!ret && c->interrupted)
		ret = cmp_note(c, "%u run%s interrupted: in no number here", c->interrupted,
			       c->interrupted == 1 ? "" : "s");
	if (!ret && c->rounds_dropped)
		ret = cmp_note(c, "%u round%s without a clean run of both arms: left out as a pair",
			       c->rounds_dropped, c->rounds_dropped == 1 ? "" : "s");
	if (!ret && c->marked)
		ret = cmp_note(c, "%u run%s marked as noisy, and kept", c->marked,
			       c->marked == 1 ? "" : "s");
	return ret;
}

static unsigned int incomplete(const struct cmp_arm *arm)
{
	unsigned int count = 0;

	for (size_t i = 0; i < arm->nr; i++)
		count += strcmp(vb_json_text(arm->source[i].result->meta, "status"), "complete") != 0;
	return count;
}

/* Who ended it may have seen how it stood. */
static int note_incomplete(const struct cmp_arm *a, const struct cmp_arm *b, struct vb_comparison *c)
{
	c->incomplete = incomplete(a) + (c->paired ? 0 : incomplete(b));
	if (!c->incomplete)
		return 0;
	return cmp_note(c, "%u SESSION%s NOT COMPLETE: it ended before all its rounds were measured, so "
			"that p and interval hold only if that had nothing to do with what was measured; no "
			"gate is told by it", c->incomplete, c->incomplete == 1 ? "" : "S");
}

/* What a comparison of two can't tell by itself. */
static int note_sides(const struct cmp_arm *a, const struct cmp_arm *b,
		      const struct vb_compare_options *o, struct vb_comparison *c)
{
	int ret = 0;

	if (!c->paired && o->floor)
		ret = cmp_note(c, "the noise floor is not used: it is of pairs in one session, and sessions "
			       "or boots differ by more");
	if (ret || c->paired || a->boots || b->boots)
		return ret;
	return cmp_note(c, "EACH SIDE IS ONE SESSION: what else differs between two sessions counts as "
			"the difference between the arms; n sessions or boots in a folder each, or ab, tell "
			"them apart");
}

/* Arms of one result pair by round; those of two never saw the same minute. */
static int build(const struct cmp_arm *a, const struct cmp_arm *b, bool paired,
		 const struct vb_compare_options *o, struct vb_comparison *c, char *err, size_t size)
{
	const struct vb_result *first = a->source[0].result;
	struct cmp_primaries primaries;
	int ret;

	snprintf(c->arm_a, sizeof(c->arm_a), "%s", a->name);
	snprintf(c->arm_b, sizeof(c->arm_b), "%s", b->name);
	snprintf(c->job, sizeof(c->job), "%s", vb_json_text(first->meta, "job"));
	c->paired = paired;
	c->exact = cmp_is_exact(first);
	c->boots = a->boots || b->boots;
	c->aa = paired && json_is_true(json_object_get(json_object_get(first->meta, "ab"), "aa"));
	c->margin_percent = o->margin_percent > 0 ? o->margin_percent : VB_COMPARE_MARGIN;
	ret = cmp_primaries_find(a, o, c->exact, &primaries, err, size);
	if (!ret)
		ret = note_incomplete(a, b, c);
	if (!ret)
		ret = note_sides(a, b, o, c);
	if (!ret)
		ret = cmp_environment(a, b, c);
	if (!ret)
		ret = cmp_guard(a, b, c);
	if (!ret)
		ret = add_cells(a, b, &primaries, o, c);
	if (ret)
		return ret;
	cmp_count_left_out(a, o->first_round, o->rounds, c);
	cmp_count_left_out(b, o->first_round, o->rounds, c);
	ret = note_left_out(c);
	return ret ? ret : note_absent(&primaries, c);
}

static int finish(int ret, struct vb_comparison **list, size_t *nr, char *err, size_t size)
{
	if (!ret)
		ret = adjust(*list, *nr);
	if (!ret)
		return 0;
	vb_comparisons_free(*list, *nr);
	*list = NULL;
	*nr = 0;
	if (ret == -ENOMEM)
		snprintf(err, size, "out of memory");
	return ret;
}

/* "mainline #2": the second arm of that name. */
static void label_arm(const struct vb_result *r, int arm, char *text, size_t size)
{
	int same = 1;

	for (int i = 0; i < arm; i++)
		same += !strcmp(cmp_arm_name(r, i), cmp_arm_name(r, arm));
	snprintf(text, size, same > 1 ? "%.60s #%d" : "%.60s", cmp_arm_name(r, arm), same);
}

static int find_arm(const struct vb_result *r, const char *name)
{
	int count = (int)json_array_size(json_object_get(r->meta, "arms"));
	char label[80];

	for (int i = 0; i < count; i++) {
		label_arm(r, i, label, sizeof(label));
		if (!strcmp(label, name))
			return i;
	}
	return -1;
}

static int no_arm(const char *where, const char *name, char *err, size_t size)
{
	return cmp_error(err, size, "%s: no arm '%.60s' in it: 'vfio-bench report' names them", where,
			 name);
}

static int compare_pair(const struct vb_result *r, int a, int b, const struct vb_compare_options *o,
			struct vb_comparison **list, size_t *nr, char *err, size_t size)
{
	const struct cmp_source source[2] = { { r, a }, { r, b } };
	struct vb_comparison *grown = cmp_grow(*list, *nr, sizeof(*grown));
	char name[2][80];
	struct cmp_arm arm[2];

	if (!grown)
		return -ENOMEM;
	*list = grown;
	memset(&grown[*nr], 0, sizeof(*grown));
	label_arm(r, a, name[0], sizeof(name[0]));
	label_arm(r, b, name[1], sizeof(name[1]));
	for (int i = 0; i < 2; i++)
		arm[i] = (struct cmp_arm){ .name = name[i], .nr = 1, .source = &source[i] };
	return build(&arm[0], &arm[1], true, o, &grown[(*nr)++], err, size);
}

int vb_compare_arms(const struct vb_result *r, const struct vb_compare_options *options,
		    struct vb_comparison **list, size_t *nr, char *err, size_t size)
{
	static const struct vb_compare_options none;
	const struct vb_compare_options *o = options ? options : &none;
	int count = (int)json_array_size(json_object_get(r->meta, "arms"));
	int first = o->arm_a ? find_arm(r, o->arm_a) : 0, only = -1, ret = 0;

	*list = NULL;
	*nr = 0;
	if (first < 0)
		return no_arm(r->path, o->arm_a, err, size);
	if (o->arm_b)
		only = find_arm(r, o->arm_b);
	if (o->arm_b && only < 0)
		return no_arm(r->path, o->arm_b, err, size);
	if (count < 2)
		return cmp_error(err, size, "%s: one arm, nothing to compare it with: give another result "
				 "too", r->path);
	for (int i = 0; i < count && !ret; i++)
		if (i != first && (only < 0 || i == only))
			ret = compare_pair(r, first, i, o, list, nr, err, size);
	return finish(ret, list, nr, err, size);
}

/* The arm of every one of the side's results; -1: one lacks it. */
static struct cmp_source *sources(const struct vb_compare_side *side, const char *name)
{
	struct cmp_source *source = calloc(side->nr, sizeof(*source));

	for (size_t i = 0; source && i < side->nr; i++)
		source[i] = (struct cmp_source){
			.result = &side->result[i],
			.arm = name ? find_arm(&side->result[i], name) : 0,
		};
	for (size_t i = 0; source && i < side->nr; i++) {
		if (source[i].arm >= 0)
			continue;
		free(source);
		return NULL;
	}
	return source;
}

static int refuse_job(const struct vb_comparison *c, size_t nr, char *err, size_t size)
{
	const struct vb_difference *d = &c->difference[c->nr_differences - nr];

	return cmp_error(err, size, "different jobs: %s is %.60s here and %.60s there%s: compare runs of "
			 "one job, or give --force", d->what, d->a, d->b, nr > 1 ? ", and more" : "");
}

static int compare_jobs(const struct cmp_arm *a, const struct cmp_arm *b,
			const struct vb_compare_options *o, struct vb_comparison *c, char *err,
			size_t size)
{
	size_t nr = 0;
	int ret = cmp_job_differences(a, b, c, &nr, err, size);

	if (ret || !nr)
		return ret;
	if (!o->force)
		return refuse_job(c, nr, err, size);
	c->forced = true;
	return cmp_note(c, "THE JOBS DIFFER in %zu setting%s, compared because of --force", nr,
			nr == 1 ? "" : "s");
}

static int add_sides(const struct cmp_arm *a, const struct cmp_arm *b,
		     const struct vb_compare_options *o, struct vb_comparison **list, size_t *nr,
		     char *err, size_t size)
{
	struct vb_comparison *grown = cmp_grow(*list, *nr, sizeof(*grown));
	int ret;

	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown += (*nr)++;
	memset(grown, 0, sizeof(*grown));
	ret = compare_jobs(a, b, o, grown, err, size);
	return ret ? ret : build(a, b, false, o, grown, err, size);
}

/* One arm of each side, by name (NULL: the first). */
static int compare_named(const struct vb_compare_side *x, const char *name_x,
			 const struct vb_compare_side *y, const char *name_y,
			 const struct vb_compare_options *o, struct vb_comparison **list, size_t *nr,
			 char *err, size_t size)
{
	struct cmp_source *p = sources(x, name_x), *q = p ? sources(y, name_y) : NULL;
	struct cmp_arm a = { .boots = x->boots, .nr = x->nr, .source = p };
	struct cmp_arm b = { .boots = y->boots, .nr = y->nr, .source = q };
	char label_a[80], label_b[80];
	int ret = 0;

	if (!p || !q) {
		ret = no_arm(p ? y->name : x->name, p ? name_y : name_x, err, size);
	} else {
		label_arm(p[0].result, p[0].arm, label_a, sizeof(label_a));
		label_arm(q[0].result, q[0].arm, label_b, sizeof(label_b));
		a.name = label_a;
		b.name = label_b;
		ret = add_sides(&a, &b, o, list, nr, err, size);
	}
	free(p);
	free(q);
	return ret;
}

/* Not only the two first: every result has to be of one mode, and have arms. */
static int check_modes(const struct vb_compare_side *x, const struct vb_compare_side *y, char *err,
		       size_t size)
{
	bool exact = cmp_is_exact(&x->result[0]);

	for (size_t i = 0; i < x->nr + y->nr; i++) {
		const struct vb_result *r = i < x->nr ? &x->result[i] : &y->result[i - x->nr];

		if (cmp_is_exact(r) != exact)
			return cmp_error(err, size, "%s is of %s mode, %s of %s mode: instructions and times "
					 "are not compared", x->result[0].path, exact ? "exact" : "timing",
					 r->path, exact ? "timing" : "exact");
	}
	return 0;
}

static int compare_matching(const struct vb_compare_side *x, const struct vb_compare_side *y,
			    const struct vb_compare_options *o, struct vb_comparison **list,
			    size_t *nr, char *err, size_t size)
{
	int count = (int)json_array_size(json_object_get(x->result[0].meta, "arms"));
	int other = (int)json_array_size(json_object_get(y->result[0].meta, "arms"));
	int ret = 0;

	if (count == 1 && other == 1)
		return compare_named(x, NULL, y, NULL, o, list, nr, err, size);
	for (int i = 0; i < count && !ret; i++) {
		char name[80];

		label_arm(&x->result[0], i, name, sizeof(name));
		if (find_arm(&y->result[0], name) >= 0)
			ret = compare_named(x, name, y, name, o, list, nr, err, size);
	}
	if (!ret && !*nr)
		return cmp_error(err, size, "no arm of %s is in %s: give --arm A=B, an arm of each", x->name,
				 y->name);
	return ret;
}

int vb_compare_results(const struct vb_compare_side *x, const struct vb_compare_side *y,
		       const struct vb_compare_options *options, struct vb_comparison **list,
		       size_t *nr, char *err, size_t size)
{
	static const struct vb_compare_options none;
	const struct vb_compare_options *o = options ? options : &none;
	int ret = check_modes(x, y, err, size);

	*list = NULL;
	*nr = 0;
	if (ret)
		return ret;
	if (o->arm_a || o->arm_b)
		ret = compare_named(x, o->arm_a ? o->arm_a : o->arm_b, y,
				    o->arm_b ? o->arm_b : o->arm_a, o, list, nr, err, size);
	else
		ret = compare_matching(x, y, o, list, nr, err, size);
	return finish(ret, list, nr, err, size);
}

static void free_cell(struct vb_compare_cell *cell)
{
	for (size_t i = 0; i < cell->nr; i++) {
		free(cell->decision[i].a);
		free(cell->decision[i].b);
		free(cell->decision[i].round);
	}
	for (size_t i = 0; i < cell->nr_shifts; i++)
		free(cell->shifts[i].shift);
	free(cell->decision);
	free(cell->shifts);
}

void vb_comparisons_free(struct vb_comparison *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		for (size_t j = 0; j < list[i].nr_cells; j++)
			free_cell(&list[i].cell[j]);
		for (size_t j = 0; j < list[i].nr_notes; j++)
			free(list[i].note[j]);
		free(list[i].cell);
		free(list[i].note);
		free(list[i].difference);
	}
	free(list);
}

void vb_compare_count(const struct vb_comparison *c, unsigned int count[VB_NR_FINDINGS])
{
	memset(count, 0, VB_NR_FINDINGS * sizeof(*count));
	for (size_t i = 0; i < c->nr_cells; i++)
		for (size_t j = 0; j < c->cell[i].nr; j++)
			if (c->cell[i].decision[j].primary)
				count[c->cell[i].decision[j].finding]++;
}
