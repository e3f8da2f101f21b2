// SPDX-License-Identifier: GPL-2.0-or-later
/* One side held against the other, then what each of them is. */
#include <string.h>

#include "bench/report/between.h"
#include "bench/report/build.h"

static const json_t *reasons_of(const struct vb_compare_side *side)
{
	return json_object_get(side->result[0].meta, "no_performance_label");
}

/* Why times are no figures: once for what both sides have in common. */
static void put_label_reasons(struct vb_doc *doc, const struct vb_between *b)
{
	const char *text = "";

	for (size_t i = 0; i < 2; i++) {
		const json_t *reason, *before;
		size_t k, n;

		json_array_foreach(reasons_of(b->side[i]), k, reason) {
			bool told = false;

			json_array_foreach(reasons_of(b->side[0]), n, before)
				told |= i && json_equal(before, reason);
			if (!told)
				text = vb_doc_str(doc, "%s%s%s", text, *text ? "; " : "",
						  json_string_value(reason));
		}
	}
	if (*text)
		vb_doc_verdict(doc, VB_VIEW_ALL, VB_TONE_WARN, "no performance figure", "%s", text);
}

/* Of boots the first stands for all: where they differ a note says so. */
static void put_side(struct vb_doc *doc, const struct vb_between *b, size_t i)
{
	const struct vb_compare_side *side = b->side[i];
	struct vb_source source = { .result = &side->result[0], .path = side->result[0].path };

	vb_report_arms(source.result, &source.arms);
	source.exact = vb_report_exact(source.result);
	vb_doc_heading(doc, VB_VIEW_ALL, 2, i ? "side-b" : "side-a", "%c: %s", i ? 'B' : 'A',
		       side->name);
	if (side->boots)
		vb_doc_pair(doc, VB_VIEW_ALL, "boots", "%zu; what follows is that of the first",
			    side->nr);
	vb_build_setup_pairs(doc, &source);
	vb_doc_pair(doc, VB_VIEW_PAGES, "command", "%s", vb_report_command(doc, &source));
}

struct vb_doc *vb_between_build(const struct vb_between *b)
{
	struct vb_source source = {
		.result = &b->side[0]->result[0], .path = b->side[0]->name,
		.comparison = b->comparison, .nr_comparisons = b->nr_comparisons, .floor = b->floor,
	};
	struct vb_doc *doc = vb_doc_new();

	if (!doc)
		return NULL;
	/* No arms: a column of the tables is a side's, which has none of their colours. */
	source.exact = vb_report_exact(source.result);
	vb_doc_heading(doc, VB_VIEW_ALL, 1, "top", "%s: %s against %s",
		       vb_json_text(source.result->meta, "job"), b->side[1]->name, b->side[0]->name);
	vb_doc_heading(doc, VB_VIEW_PAGES, 2, "summary", "Summary");
	vb_build_findings(doc, &source);
	put_label_reasons(doc, b);
	vb_build_floor(doc, &source);
	vb_build_compare(doc, &source);
	vb_build_method(doc, &source);
	put_side(doc, b, 0);
	put_side(doc, b, 1);
	if (!vb_doc_failed(doc))
		return doc;
	vb_doc_free(doc);
	return NULL;
}
