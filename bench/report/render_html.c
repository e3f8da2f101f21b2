// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The document as one page that needs nothing else: no script, no font, no
 * picture from anywhere, and a policy that forbids to load any.
 */
#include <string.h>

#include "bench/report/doc.h"
#include "bench/report/html_style.h"
#include "bench/report/palette.h"

static void put_text(const char *text, FILE *out)
{
	for (; *text; text++)
		switch (*text) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\'': fputs("&#39;", out); break;
		default: fputc(*text, out);
		}
}

static void put_element(const char *name, const char *text, FILE *out)
{
	fprintf(out, "<%s>", name);
	put_text(text, out);
	fprintf(out, "</%.*s>\n", (int)strcspn(name, " "), name);
}

static const char *tone_class(enum vb_tone tone)
{
	static const char *const names[] = {
		[VB_TONE_PLAIN] = "plain", [VB_TONE_GOOD] = "good", [VB_TONE_BAD] = "bad",
		[VB_TONE_UNSURE] = "unsure", [VB_TONE_SAME] = "same", [VB_TONE_WARN] = "warn",
	};

	return names[tone];
}

static void put_badge(enum vb_tone tone, const char *text, FILE *out)
{
	fprintf(out, "<span class=\"badge %s\">", tone_class(tone));
	put_text(text, out);
	fputs("</span>", out);
}

/* The arm's colour, as a dot beside its name. */
static void put_head_text(const char *text, int arm, FILE *out)
{
	if (arm >= 0)
		fprintf(out, "<span class=\"dot a%d\"></span>", arm % VB_PALETTE_COLOURS);
	put_text(text, out);
}

static bool has_bands(const struct vb_table *t)
{
	for (size_t c = 0; c < t->nr_columns; c++)
		if (*t->column[c].band)
			return true;
	return false;
}

static void put_bands(const struct vb_table *t, FILE *out)
{
	if (!has_bands(t))
		return;
	fputs("<tr role=\"row\">", out);
	for (size_t c = 0; c < t->nr_columns; c += vb_table_band(t, c)) {
		const struct vb_column *column = &t->column[c];

		if (*column->band) {
			fprintf(out, "<th role=\"columnheader\" scope=\"colgroup\" colspan=\"%zu\" "
				"class=\"band\">", vb_table_band(t, c));
			put_head_text(column->band, column->arm, out);
			fputs("</th>", out);
		} else {
			fputs("<td role=\"cell\"></td>", out);
		}
	}
	fputs("</tr>\n", out);
}

static void put_heads(const struct vb_table *t, FILE *out)
{
	fputs("<thead role=\"rowgroup\">\n", out);
	put_bands(t, out);
	fputs("<tr role=\"row\">", out);
	for (size_t c = 0; c < t->nr_columns; c++) {
		const struct vb_column *column = &t->column[c];

		fprintf(out, "<th role=\"columnheader\" scope=\"col\"%s>", column->right ? " "
			"class=\"n\"" : "");
		put_head_text(column->head, *column->band ? -1 : column->arm, out);
		fputs("</th>", out);
	}
	fputs("</tr>\n</thead>\n", out);
}

/* What a card says before its value. */
static void put_label(const struct vb_column *column, FILE *out)
{
	fputs(" data-label=\"", out);
	put_text(column->band, out);
	if (*column->band && *column->head)
		fputc(' ', out);
	put_text(column->head, out);
	fputc('"', out);
}

static void put_cells(const struct vb_table *t, const struct vb_row *row, FILE *out)
{
	fprintf(out, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"%s>",
		t->column[0].right ? " class=\"n\"" : "");
	put_text(row->cell[0], out);
	fputs("</th>", out);
	for (size_t c = 1; c < t->nr_columns; c++) {
		const struct vb_column *column = &t->column[c];

		fprintf(out, "<td role=\"cell\"%s", column->right ? " class=\"n\"" : "");
		if (t->cards)
			put_label(column, out);
		fputc('>', out);
		if (row->tone != VB_TONE_PLAIN && c + 1 == t->nr_columns)
			put_badge(row->tone, row->cell[c], out);
		else
			put_text(row->cell[c], out);
		fputs("</td>", out);
	}
	fputs("</tr>\n", out);
}

static void put_row_bands(const struct vb_table *t, const struct vb_row *row, FILE *out)
{
	fputs("<tr role=\"row\" class=\"sub\">", out);
	for (size_t c = 0; c < t->nr_columns; c += vb_table_band(t, c)) {
		fprintf(out, "<td role=\"cell\" colspan=\"%zu\">", vb_table_band(t, c));
		put_text(vb_table_at(t, row, c), out);
		fputs("</td>", out);
	}
	fputs("</tr>\n", out);
}

static void put_row(const struct vb_table *t, size_t r, FILE *out)
{
	const struct vb_row *row = &t->row[r];

	switch (row->kind) {
	case VB_ROW_CELLS:
		put_cells(t, row, out);
		break;
	case VB_ROW_BANDS:
		put_row_bands(t, row, out);
		break;
	case VB_ROW_GROUP:
		fprintf(out, "%s<tr role=\"row\" class=\"group\"><th role=\"rowheader\" "
			"scope=\"rowgroup\" "
			"colspan=\"%zu\"><span>", r ? "</tbody>\n<tbody role=\"rowgroup\">\n" : "",
			t->nr_columns);
		put_text(row->cell[0], out);
		fputs("</span></th></tr>\n", out);
		break;
	}
}

/* Wide ones scroll in a region of their own, which takes the keyboard's focus. */
static void put_table(const struct vb_table *t, FILE *out)
{
	fprintf(out, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
		"aria-labelledby=\"%s\">\n"
		"<table id=\"%s-data\" role=\"table\"%s>\n<caption id=\"%s\">", t->id, t->id,
		t->cards ? " class=\"cards\"" : "", t->id);
	put_text(*t->caption ? t->caption : "Table", out);
	fputs("</caption>\n", out);
	put_heads(t, out);
	fputs("<tbody role=\"rowgroup\">\n", out);
	for (size_t r = 0; r < t->nr_rows; r++)
		put_row(t, r, out);
	fputs("</tbody>\n</table>\n</div>\n", out);
}

static void put_figure(const struct vb_block *block, FILE *out)
{
	fputs("<figure>\n", out);
	if (block->svg) {
		fprintf(out, "<div class=\"plot\">\n%s\n</div>\n", block->svg);
	}
	fputs("<figcaption><b>", out);
	put_text(block->key, out);
	fputs(".</b> ", out);
	put_text(block->text, out);
	fputs("</figcaption>\n</figure>\n", out);
}

static void put_heading(const struct vb_block *block, FILE *out)
{
	fprintf(out, "<h%u id=\"", block->level);
	put_text(block->id, out);
	fputs("\">", out);
	put_text(block->text, out);
	fprintf(out, "</h%u>\n", block->level);
}

static void put_block(const struct vb_block *block, FILE *out)
{
	switch (block->kind) {
	case VB_BLOCK_HEADING:
		put_heading(block, out);
		break;
	case VB_BLOCK_PARAGRAPH:
		put_element("p", block->text, out);
		break;
	case VB_BLOCK_ITEM:
		put_element("li", block->text, out);
		break;
	case VB_BLOCK_VERDICT:
		fprintf(out, "<li class=\"v-%s\">", tone_class(block->tone));
		put_badge(block->tone, block->key, out);
		fputs("<span>", out);
		put_text(block->text, out);
		fputs("</span></li>\n", out);
		break;
	case VB_BLOCK_PAIR:
		put_element("dt", block->key, out);
		put_element("dd", block->text, out);
		break;
	case VB_BLOCK_TABLE:
		put_table(block->table, out);
		break;
	case VB_BLOCK_FIGURE:
		put_figure(block, out);
		break;
	case VB_BLOCK_PRE:
		put_element("pre tabindex=\"0\"", block->text, out);
		break;
	case VB_BLOCK_FOLD:
		fputs("<details>\n", out);
		put_element("summary", block->key, out);
		break;
	case VB_BLOCK_FOLD_END:
		fputs("</details>\n", out);
		break;
	}
}

/* The element around neighbours of one kind; "": none. */
static const char *list_of(const struct vb_block *block)
{
	if (!block)
		return "";
	return block->kind == VB_BLOCK_FIGURE ? "div class=\"figures\"" :
	       block->kind == VB_BLOCK_ITEM ? "ul" : block->kind == VB_BLOCK_PAIR ? "dl" :
	       block->kind == VB_BLOCK_VERDICT ? "ul class=\"verdicts\"" : "";
}

static bool is_section(const struct vb_block *block)
{
	return block->kind == VB_BLOCK_HEADING && block->level == 2;
}

static void put_lists(const struct vb_block *before, const struct vb_block *block, FILE *out)
{
	const char *old = list_of(before), *new = list_of(block);

	if (!strcmp(old, new))
		return;
	if (*old)
		fprintf(out, "</%.*s>\n", (int)strcspn(old, " "), old);
	if (*new)
		fprintf(out, "<%s>\n", new);
}

static void put_body(const struct vb_doc *doc, FILE *out)
{
	const struct vb_block *before = NULL;
	bool section = false;

	for (size_t i = 0; i < doc->nr; i++) {
		const struct vb_block *block = &doc->block[i];

		if (!(block->views & VB_VIEW_HTML) ||
		    (block->kind == VB_BLOCK_HEADING && block->level == 1))
			continue;
		put_lists(before, block, out);
		if (is_section(block)) {
			fprintf(out, "%s<section aria-labelledby=\"",
				section ? "</section>\n" : "");
			put_text(block->id, out);
			fputs("\">\n", out);
			section = true;
		}
		put_block(block, out);
		before = block;
	}
	put_lists(before, NULL, out);
	fputs(section ? "</section>\n" : "", out);
}

static const char *title_of(const struct vb_doc *doc)
{
	for (size_t i = 0; i < doc->nr; i++)
		if (doc->block[i].kind == VB_BLOCK_HEADING && doc->block[i].level == 1)
			return doc->block[i].text;
	return "";
}

static void put_contents(const struct vb_doc *doc, FILE *out)
{
	fputs("<nav aria-label=\"Contents\">\n<ul>\n", out);
	for (size_t i = 0; i < doc->nr; i++) {
		const struct vb_block *block = &doc->block[i];

		if (!(block->views & VB_VIEW_HTML) || !is_section(block))
			continue;
		fputs("<li><a href=\"#", out);
		put_text(block->id, out);
		fputs("\">", out);
		put_text(block->text, out);
		fputs("</a></li>\n", out);
	}
	fputs("</ul>\n</nav>\n", out);
}

static void put_style(FILE *out)
{
	fputs("<style>\n", out);
	for (size_t a = 0; a < VB_PALETTE_COLOURS; a++)
		fprintf(out, ".a%zu{background:%s}", a, vb_palette_colour(a));
	fputc('\n', out);
	fputs(vb_html_style, out);
	fputs("</style>\n", out);
}

void vb_render_html(const struct vb_doc *doc, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      /* Without it a browser asks the server for one. */
	      "<link rel=\"icon\" href=\"data:,\">\n", out);
	put_element("title", title_of(doc), out);
	put_style(out);
	fputs("</head>\n<body>\n<header>\n", out);
	put_element("h1", title_of(doc), out);
	put_contents(doc, out);
	fputs("</header>\n<main>\n", out);
	put_body(doc, out);
	fputs("</main>\n</body>\n</html>\n", out);
}
