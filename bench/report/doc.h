/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A report as a document, made once and rendered four times: a number becomes
 * text here and nowhere else, so that all four say the same.
 *
 * Text that comes from files (names, kernel log) is made harmless on its way
 * in: what is not UTF-8, control characters and those that turn the direction
 * of writing become '?'.  Quoting for a format is its renderer's task.
 *
 * Where memory runs out the document takes nothing more and says so in
 * vb_doc_failed(): builders need not look at every call.
 */
#ifndef VB_DOC_H
#define VB_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Who is shown a block. */
enum vb_view {
	VB_VIEW_TEXT = 1,		/* a terminal, 100 columns */
	VB_VIEW_LKML = 2,		/* a mail, 75 columns, ASCII */
	VB_VIEW_MARKDOWN = 4,
	VB_VIEW_HTML = 8,
	VB_VIEW_PAGES = VB_VIEW_MARKDOWN | VB_VIEW_HTML,
	VB_VIEW_LONG = VB_VIEW_TEXT | VB_VIEW_PAGES,
	VB_VIEW_ALL = VB_VIEW_LONG | VB_VIEW_LKML,
};

enum vb_tone {
	VB_TONE_PLAIN,
	VB_TONE_GOOD,
	VB_TONE_BAD,
	VB_TONE_UNSURE,
	VB_TONE_SAME,
	VB_TONE_WARN,
};

enum vb_block_kind {
	VB_BLOCK_HEADING, VB_BLOCK_PARAGRAPH, VB_BLOCK_ITEM, VB_BLOCK_VERDICT, VB_BLOCK_PAIR,
	VB_BLOCK_TABLE, VB_BLOCK_FIGURE, VB_BLOCK_PRE, VB_BLOCK_FOLD, VB_BLOCK_FOLD_END,
};

enum vb_row_kind {
	VB_ROW_CELLS,			/* one text a column */
	VB_ROW_BANDS,			/* the first column's text, then one for each band of columns */
	VB_ROW_GROUP,			/* one text: what the rows below have in common */
};

struct vb_column {
	const char *head;
	const char *band;		/* a heading over neighbours that have the same one; "": none */
	int arm;			/* whose colour it has; -1: none */
	bool right;			/* numbers */
};

struct vb_row {
	enum vb_row_kind kind;
	enum vb_tone tone;		/* of its last cell */
	size_t nr;
	const char **cell;
};

struct vb_table {
	struct vb_doc *doc;
	const char *caption, *id;
	bool cards;			/* on a narrow page each row is a card of its own */
	size_t nr_columns, nr_rows;
	struct vb_column *column;
	struct vb_row *row;
};

/* Only what its kind needs is set. */
struct vb_block {
	enum vb_block_kind kind;
	unsigned int views;
	unsigned int level;		/* heading: 1 is the document's */
	enum vb_tone tone;		/* verdict */
	const char *id;			/* heading, table: unique, for links */
	const char *key;		/* pair, verdict's badge, figure's title, fold's summary */
	const char *text;		/* figure: its caption */
	const char *alt;		/* figure */
	const char *svg, *file;		/* figure: the drawing itself, and its name in plots/ */
	struct vb_table *table;
};

struct vb_doc {
	size_t nr, nr_kept;
	struct vb_block *block;
	void **kept;			/* all memory that blocks point to */
	bool failed;
};

struct vb_doc *vb_doc_new(void);	/* NULL: out of memory */
void vb_doc_free(struct vb_doc *doc);
/* Memory ran out, something is missing: don't render. */
bool vb_doc_failed(const struct vb_doc *doc);

/* A text that lives as long as the document; "" where memory ran out. */
const char *vb_doc_str(struct vb_doc *doc, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void vb_doc_heading(struct vb_doc *doc, unsigned int views, unsigned int level, const char *id,
		    const char *format, ...) __attribute__((format(printf, 5, 6)));
void vb_doc_para(struct vb_doc *doc, unsigned int views, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Neighbours make one list. */
void vb_doc_item(struct vb_doc *doc, unsigned int views, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A finding, its name as a badge. */
void vb_doc_verdict(struct vb_doc *doc, unsigned int views, enum vb_tone tone, const char *badge,
		    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Neighbours make one list of keys and values. */
void vb_doc_pair(struct vb_doc *doc, unsigned int views, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Lines as they are. */
void vb_doc_pre(struct vb_doc *doc, unsigned int views, const char *text);
/* What is between may be folded away by who reads a page. */
void vb_doc_fold(struct vb_doc *doc, unsigned int views, const char *summary);
void vb_doc_fold_end(struct vb_doc *doc, unsigned int views);
/* @svg is taken over (malloc'd) and trusted: it goes into a page as it is; may be NULL. */
void vb_doc_figure(struct vb_doc *doc, unsigned int views, char *svg, const char *file,
		   const char *title, const char *caption, const char *alt);

/* Never NULL: where memory ran out it goes nowhere. */
struct vb_table *vb_doc_table(struct vb_doc *doc, unsigned int views, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Columns before rows.  The first column names its row. */
void vb_table_column(struct vb_table *table, const char *band, int arm, bool right,
		     const char *format, ...) __attribute__((format(printf, 5, 6)));
void vb_table_row(struct vb_table *table, enum vb_row_kind kind, enum vb_tone tone);
/* Next cell of the last row; those that are not given are empty. */
void vb_table_cell(struct vb_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* How many neighbouring columns from @column on share its band: at least one. */
size_t vb_table_band(const struct vb_table *table, size_t column);
/* The row's text that stands in @column: of bands it is in their first; "" elsewhere. */
const char *vb_table_at(const struct vb_table *table, const struct vb_row *row, size_t column);

/* Writes what @view is shown to @out; errors are the stream's. */
void vb_render_text(const struct vb_doc *doc, enum vb_view view, FILE *out);
void vb_render_markdown(const struct vb_doc *doc, FILE *out);
void vb_render_html(const struct vb_doc *doc, FILE *out);

#endif /* VB_DOC_H */
