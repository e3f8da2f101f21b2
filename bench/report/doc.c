// SPDX-License-Identifier: GPL-2.0-or-later
/* The report's document: blocks in their order, tables, and the memory of both. */
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bench/report/doc.h"
#include "bench/report/doc_clean.h"
#include "lib/result/lost.h"

/* What blocks point to where memory ran out: never shown, the document is not rendered. */
static struct vb_table nowhere;

struct vb_doc *vb_doc_new(void)
{
	return calloc(1, sizeof(struct vb_doc));
}

static void free_table(struct vb_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->nr_rows; i++)
		free(table->row[i].cell);
	free(table->row);
	free(table->column);
	free(table);
}

void vb_doc_free(struct vb_doc *doc)
{
	if (!doc)
		return;
	for (size_t i = 0; i < doc->nr; i++)
		free_table(doc->block[i].table);
	for (size_t i = 0; i < doc->nr_kept; i++)
		free(doc->kept[i]);
	free(doc->kept);
	free(doc->block);
	free(doc);
}

bool vb_doc_failed(const struct vb_doc *doc)
{
	if (doc->failed)
		vb_lost_memory();
	return doc->failed;
}

/* Room for one more at the end of *@array; doubles at powers of two. */
static bool grow(void **array, size_t nr, size_t size)
{
	void *more;

	if (nr & (nr - 1) || (nr && nr < 8))
		return true;
	more = reallocarray(*array, nr ? nr * 2 : 8, size);
	if (more)
		*array = more;
	return more != NULL;
}

static const char *keep(struct vb_doc *doc, char *memory)
{
	if (memory && grow((void **)&doc->kept, doc->nr_kept, sizeof(*doc->kept))) {
		doc->kept[doc->nr_kept++] = memory;
		return memory;
	}
	free(memory);
	doc->failed = true;
	return "";
}

static const char *format_text(struct vb_doc *doc, const char *format, va_list ap)
{
	char *text;

	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	if (text)
		vb_clean_text(text, false);
	return keep(doc, text);
}

#define FORMAT(doc, text, last) do {				\
	va_list ap_;						\
								\
	va_start(ap_, last);					\
	text = format_text(doc, last, ap_);		\
	va_end(ap_);						\
} while (0)

const char *vb_doc_str(struct vb_doc *doc, const char *format, ...)
{
	const char *text;

	FORMAT(doc, text, format);
	return text;
}

static struct vb_block *add(struct vb_doc *doc, enum vb_block_kind kind, unsigned int views)
{
	static struct vb_block lost;
	struct vb_block *block = &lost;

	if (!doc->failed && grow((void **)&doc->block, doc->nr, sizeof(*doc->block)))
		block = &doc->block[doc->nr++];
	else
		doc->failed = true;
	*block = (struct vb_block){
		.kind = kind, .views = views, .id = "", .key = "", .text = "", .alt = "",
		.file = "",
	};
	return block;
}

void vb_doc_heading(struct vb_doc *doc, unsigned int views, unsigned int level, const char *id,
		    const char *format, ...)
{
	const char *text;
	struct vb_block *block;

	FORMAT(doc, text, format);
	id = vb_doc_str(doc, "%s", id);
	block = add(doc, VB_BLOCK_HEADING, views);
	block->level = level;
	block->id = id;
	block->text = text;
}

void vb_doc_para(struct vb_doc *doc, unsigned int views, const char *format, ...)
{
	const char *text;

	FORMAT(doc, text, format);
	add(doc, VB_BLOCK_PARAGRAPH, views)->text = text;
}

void vb_doc_item(struct vb_doc *doc, unsigned int views, const char *format, ...)
{
	const char *text;

	FORMAT(doc, text, format);
	add(doc, VB_BLOCK_ITEM, views)->text = text;
}

void vb_doc_verdict(struct vb_doc *doc, unsigned int views, enum vb_tone tone, const char *badge,
		    const char *format, ...)
{
	struct vb_block *block;
	const char *text;

	FORMAT(doc, text, format);
	badge = vb_doc_str(doc, "%s", badge);
	block = add(doc, VB_BLOCK_VERDICT, views);
	block->tone = tone;
	block->key = badge;
	block->text = text;
}

void vb_doc_pair(struct vb_doc *doc, unsigned int views, const char *key, const char *format, ...)
{
	struct vb_block *block;
	const char *text;

	FORMAT(doc, text, format);
	key = vb_doc_str(doc, "%s", key);
	block = add(doc, VB_BLOCK_PAIR, views);
	block->key = key;
	block->text = text;
}

void vb_doc_pre(struct vb_doc *doc, unsigned int views, const char *text)
{
	char *copy = strdup(text);

	if (copy)
		vb_clean_text(copy, true);
	text = keep(doc, copy);
	add(doc, VB_BLOCK_PRE, views)->text = text;
}

void vb_doc_fold(struct vb_doc *doc, unsigned int views, const char *summary)
{
	summary = vb_doc_str(doc, "%s", summary);
	add(doc, VB_BLOCK_FOLD, views)->key = summary;
}

void vb_doc_fold_end(struct vb_doc *doc, unsigned int views)
{
	add(doc, VB_BLOCK_FOLD_END, views);
}

void vb_doc_figure(struct vb_doc *doc, unsigned int views, char *svg, const char *file,
		   const char *title, const char *caption, const char *alt)
{
	struct vb_block block = {
		.key = vb_doc_str(doc, "%s", title), .text = vb_doc_str(doc, "%s", caption),
		.alt = vb_doc_str(doc, "%s", alt), .file = vb_doc_str(doc, "%s", file), .id = "",
		.svg = svg ? keep(doc, svg) : NULL, .kind = VB_BLOCK_FIGURE, .views = views,
	};

	*add(doc, VB_BLOCK_FIGURE, views) = block;
}

struct vb_table *vb_doc_table(struct vb_doc *doc, unsigned int views, const char *format, ...)
{
	struct vb_table *table = calloc(1, sizeof(*table));
	const char *caption, *id;

	FORMAT(doc, caption, format);
	id = vb_doc_str(doc, "table-%zu", doc->nr);
	if (!table || doc->failed) {
		free(table);
		doc->failed = true;
		nowhere = (struct vb_table){ .doc = doc };
		return &nowhere;
	}
	table->doc = doc;
	table->caption = caption;
	table->id = id;
	add(doc, VB_BLOCK_TABLE, views)->table = table;
	if (!doc->failed)
		return table;
	free(table);
	nowhere = (struct vb_table){ .doc = doc };
	return &nowhere;
}

void vb_table_column(struct vb_table *table, const char *band, int arm, bool right,
		     const char *format, ...)
{
	const char *head;

	FORMAT(table->doc, head, format);
	band = vb_doc_str(table->doc, "%s", band);
	if (table->doc->failed || !grow((void **)&table->column, table->nr_columns,
					sizeof(*table->column))) {
		table->doc->failed = true;
		return;
	}
	table->column[table->nr_columns++] = (struct vb_column){
		.head = head, .band = band, .arm = arm, .right = right,
	};
}

void vb_table_row(struct vb_table *table, enum vb_row_kind kind, enum vb_tone tone)
{
	const char **cell;

	if (table->doc->failed)
		return;
	cell = calloc(table->nr_columns, sizeof(*cell));
	if (!cell || !grow((void **)&table->row, table->nr_rows, sizeof(*table->row))) {
		free(cell);
		table->doc->failed = true;
		return;
	}
	for (size_t i = 0; i < table->nr_columns; i++)
		cell[i] = "";
	table->row[table->nr_rows++] = (struct vb_row){ .kind = kind, .tone = tone, .cell = cell };
}

void vb_table_cell(struct vb_table *table, const char *format, ...)
{
	struct vb_row *row;
	const char *text;

	FORMAT(table->doc, text, format);
	if (table->doc->failed || !table->nr_rows)
		return;
	row = &table->row[table->nr_rows - 1];
	if (row->nr < table->nr_columns)
		row->cell[row->nr++] = text;
}

size_t vb_table_band(const struct vb_table *table, size_t column)
{
	size_t n = 1;

	if (!*table->column[column].band)
		return 1;
	while (column + n < table->nr_columns &&
	       !strcmp(table->column[column + n].band, table->column[column].band))
		n++;
	return n;
}

const char *vb_table_at(const struct vb_table *table, const struct vb_row *row, size_t column)
{
	size_t index = 0;

	if (row->kind == VB_ROW_CELLS)
		return row->cell[column];
	if (row->kind == VB_ROW_GROUP)
		return column ? "" : row->cell[0];
	for (size_t c = 0; c < column; c += vb_table_band(table, c))
		index++;
	/* Only the band's first column has its text. */
	if (column && *table->column[column].band &&
	    !strcmp(table->column[column - 1].band, table->column[column].band))
		return "";
	return row->cell[index];
}
