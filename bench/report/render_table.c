// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table as plain text.  One that is too wide is made to fit, by the first of
 * these that does: headings over several lines; columns closer; names of rows
 * on lines of their own; some columns below the others, each with the names.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/report/render_impl.h"

#define KEY_LEAST 8
#define GROUP_INSET 2

struct layout {
	const struct vb_page *page;
	const struct vb_table *table;
	size_t *width;
	bool folded;			/* headings over several lines */
	bool grouped;			/* names of rows are set in below those of groups */
	size_t gap;			/* between columns */
	size_t from, to;		/* columns beside the first one */
};

static bool begins_band(const struct vb_table *t, size_t c)
{
	return c && strcmp(t->column[c].band, t->column[c - 1].band) != 0;
}

static bool has_groups(const struct vb_table *t)
{
	for (size_t r = 0; r < t->nr_rows; r++)
		if (t->row[r].kind == VB_ROW_GROUP)
			return true;
	return false;
}

static bool has_bands(const struct vb_table *t)
{
	for (size_t c = 0; c < t->nr_columns; c++)
		if (*t->column[c].band)
			return true;
	return false;
}

/* What stands before column @c. */
static size_t gap_before(const struct layout *l, size_t c)
{
	return has_bands(l->table) && begins_band(l->table, c) ? 3 : l->gap;
}

/* Bytes of the heading's next line, at most @width characters if it can be broken so. */
static size_t head_piece(const char *head, size_t width)
{
	size_t best = 0, column = 0;

	for (size_t i = 0; head[i]; i++) {
		column += (head[i] & 0xc0) != 0x80;
		if (head[i] == ' ' && (column <= width + 1 || !best))
			best = i;
		else if (head[i] == '-' && head[i + 1] && (column <= width || !best))
			best = i + 1;
		if (column > width && best)
			return best;
	}
	return strlen(head);
}

/* The widest piece that can't be broken. */
static size_t narrowest_head(const char *head)
{
	size_t widest = 0;

	while (*head) {
		size_t bytes = head_piece(head, 1), width = 0;

		for (size_t i = 0; i < bytes; i++)
			width += (head[i] & 0xc0) != 0x80;
		if (width > widest)
			widest = width;
		head += bytes;
		head += strspn(head, " ");
	}
	return widest;
}

static void widen(size_t *width, size_t wanted)
{
	if (wanted > *width)
		*width = wanted;
}

static size_t span_width(const struct layout *l, size_t c, size_t n)
{
	size_t width = l->width[c];

	for (size_t i = c + 1; i < c + n; i++)
		width += gap_before(l, i) + l->width[i];
	return width;
}

/* A band has room for its heading and its rows' texts. */
static void measure_bands(struct layout *l)
{
	const struct vb_table *t = l->table;

	for (size_t c = 0; c < t->nr_columns; c += vb_table_band(t, c)) {
		size_t n = vb_table_band(t, c), need = vb_text_width(t->column[c].band), have;

		for (size_t r = 0; r < t->nr_rows; r++)
			if (t->row[r].kind == VB_ROW_BANDS)
				widen(&need, vb_text_width(vb_table_at(t, &t->row[r], c)));
		have = span_width(l, c, n);
		if (need > have)
			l->width[c] += need - have;
	}
}

static void measure(struct layout *l)
{
	const struct vb_table *t = l->table;

	for (size_t c = 0; c < t->nr_columns; c++) {
		size_t inset = !c && l->grouped ? GROUP_INSET : 0;
		const char *head = t->column[c].head;

		l->width[c] = l->folded ? narrowest_head(head) : vb_text_width(head);
		for (size_t r = 0; r < t->nr_rows; r++)
			if (t->row[r].kind == VB_ROW_CELLS)
				widen(&l->width[c], inset + vb_text_width(t->row[r].cell[c]));
	}
	measure_bands(l);
	/* Whatever is in it, a column stands beside a name. */
	for (size_t c = 1; c < t->nr_columns; c++)
		if (l->width[c] > l->page->width - l->page->indent - KEY_LEAST - 3)
			l->width[c] = l->page->width - l->page->indent - KEY_LEAST - 3;
}

static size_t total(const struct layout *l)
{
	return l->page->indent + span_width(l, 0, l->table->nr_columns);
}

static bool fit_by_narrowing(struct layout *l)
{
	size_t rest;

	measure(l);
	if (total(l) <= l->page->width)
		return true;
	l->folded = true;
	measure(l);
	if (total(l) <= l->page->width)
		return true;
	l->gap = 1;
	measure(l);
	if (total(l) <= l->page->width)
		return true;
	rest = total(l) - l->width[0];
	l->width[0] = rest + KEY_LEAST <= l->page->width ? l->page->width - rest :
		      l->width[0] < 3 * KEY_LEAST ? l->width[0] : KEY_LEAST;
	return total(l) <= l->page->width;
}

/* A number to the right, a text to the left; what is longer is cut. */
static void put_cell(const struct layout *l, const char *text, size_t width, bool right, bool last)
{
	size_t have = vb_text_width(text);

	if (have > width)
		have = width;
	if (right)
		vb_text_pad(l->page, width - have);
	vb_text_put(l->page, text, have);
	if (!right && !last)
		vb_text_pad(l->page, width - have);
}

static void put_gap(const struct layout *l, size_t c)
{
	size_t gap = gap_before(l, c);

	fputs(gap == 3 ? " | " : gap == 2 ? "  " : " ", l->page->out);
}

/* The texts of a line, by column; of bands in their first. */
typedef const char *texts(const struct layout *l, const void *of, size_t column);

static bool all_blank(const struct layout *l, size_t c, texts *text, const void *of)
{
	for (; c < l->to; c++)
		if (*text(l, of, c))
			return false;
	return true;
}

static const char *row_text(const struct layout *l, const void *of, size_t column)
{
	return vb_table_at(l->table, of, column);
}

/* A name that has no room stands above its row. */
static void put_line(const struct layout *l, texts *text, const void *of, bool bands)
{
	const struct vb_table *t = l->table;
	size_t inset = text == row_text && l->grouped ? GROUP_INSET : 0;
	const char *key = text(l, of, 0);

	vb_text_pad(l->page, l->page->indent + inset);
	if (vb_text_width(key) + inset > l->width[0]) {
		vb_text_put(l->page, key, l->page->width - l->page->indent - inset);
		fputc('\n', l->page->out);
		key = "";
		vb_text_pad(l->page, l->page->indent + inset);
	}
	put_cell(l, key, l->width[0] - inset, t->column[0].right, all_blank(l, l->from, text, of));
	for (size_t c = l->from; c < l->to; ) {
		size_t n = bands ? vb_table_band(t, c) : 1;

		if (c + n > l->to)
			n = l->to - c;
		if (all_blank(l, c, text, of))
			break;
		put_gap(l, c);
		put_cell(l, text(l, of, c), span_width(l, c, n), !bands && t->column[c].right,
			 c + n >= l->to || all_blank(l, c + n, text, of));
		c += n;
	}
	fputc('\n', l->page->out);
}

static const char *band_text(const struct layout *l, const void *of, size_t column)
{
	(void)of;
	return l->table->column[column].band;
}

/* One line of the headings: those that need fewer lines stand at the bottom. */
struct head_line {
	size_t lines, line;
	char (*text)[80];
};

static const char *head_text(const struct layout *l, const void *of, size_t column)
{
	const struct head_line *head = of;

	(void)l;
	return head->text[column];
}

static size_t head_lines(const struct layout *l, size_t c)
{
	const char *head = l->table->column[c].head;
	size_t lines = 0;

	for (; *head; lines++) {
		head += l->folded ? head_piece(head, l->width[c]) : strlen(head);
		head += strspn(head, " ");
	}
	return lines;
}

static void set_head(const struct layout *l, struct head_line *h, size_t c)
{
	const char *head = l->table->column[c].head;
	size_t skip = h->lines - head_lines(l, c), bytes = 0;

	h->text[c][0] = '\0';
	for (size_t i = skip; i <= h->line; i++) {
		head += bytes;
		head += strspn(head, " ");
		bytes = l->folded ? head_piece(head, l->width[c]) : strlen(head);
	}
	if (h->line >= skip)
		snprintf(h->text[c], sizeof(h->text[c]), "%.*s", (int)bytes, head);
}

static void put_heads(const struct layout *l)
{
	const struct vb_table *t = l->table;
	struct head_line h = { .text = calloc(t->nr_columns, sizeof(*h.text)) };

	if (!h.text)
		return;
	for (size_t c = 0; c < t->nr_columns; c++)
		widen(&h.lines, head_lines(l, c));
	for (; h.line < h.lines; h.line++) {
		for (size_t c = 0; c < t->nr_columns; c++)
			set_head(l, &h, c);
		put_line(l, head_text, &h, false);
	}
	free(h.text);
}

static void put_columns(const struct layout *l)
{
	const struct vb_table *t = l->table;

	if (has_bands(t))
		put_line(l, band_text, NULL, true);
	put_heads(l);
	for (size_t r = 0; r < t->nr_rows; r++) {
		char head[8];

		snprintf(head, sizeof(head), "%*s", (int)l->page->indent, "");
		if (t->row[r].kind == VB_ROW_GROUP)
			vb_text_fill(l->page, head, t->row[r].cell[0], l->page->indent + 2);
		else
			put_line(l, row_text, &t->row[r], t->row[r].kind == VB_ROW_BANDS);
	}
}

/* As many of the columns from l->from on as have room, bands @whole; one at least. */
static size_t columns_that_fit(const struct layout *l, bool whole)
{
	size_t c = l->from, width = l->page->indent + l->width[0];

	while (c < l->table->nr_columns) {
		size_t n = whole ? vb_table_band(l->table, c) : 1;

		/* A band that has no room on a line of its own is broken. */
		if (whole && c == l->from && width + gap_before(l, c) + span_width(l, c,
										   n) > l->page->width)
			return columns_that_fit(l, false);
		width += gap_before(l, c) + span_width(l, c, n);
		if (width > l->page->width && c > l->from)
			break;
		c += n;
	}
	return c;
}

void vb_text_table(const struct vb_page *page, const struct vb_table *table)
{
	struct layout l = { .page = page, .table = table, .gap = 2, .from = 1,
			    .grouped = has_groups(table) };

	l.width = calloc(table->nr_columns + 1, sizeof(*l.width));
	if (!l.width || !table->nr_columns) {
		free(l.width);
		return;
	}
	if (*table->caption)
		vb_text_fill(page, "", table->caption, 0);
	fputc('\n', page->out);
	l.to = table->nr_columns;
	if (fit_by_narrowing(&l)) {
		put_columns(&l);
	} else {
		for (; l.from < table->nr_columns; l.from = l.to) {
			l.to = columns_that_fit(&l, true);
			if (l.from > 1)
				fputc('\n', page->out);
			put_columns(&l);
		}
	}
	free(l.width);
}
