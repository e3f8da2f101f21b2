// SPDX-License-Identifier: GPL-2.0-or-later
/* The document as Markdown with GitHub's tables. */
#include <string.h>

#include "bench/report/doc.h"

/* What would be markup stands for itself; a table's cell is one line. */
static void put_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (strchr("\\`*_{}[]<>#|~&", *text))
			fputc('\\', out);
		fputc(*text == '\n' ? ' ' : *text, out);
	}
}

/* A line that would begin a list or a heading of its own does not. */
static void put_line(const char *text, FILE *out)
{
	if (strchr("+-=0123456789", *text) && *text) {
		size_t digits = strspn(text, "0123456789");

		if (text[digits] == '.' || text[digits] == ')') {
			fwrite(text, 1, digits, out);
			text += digits;
		}
		if (strchr("+-=.)", *text) && *text) {
			fputc('\\', out);
			fputc(*text++, out);
		}
	}
	put_text(text, out);
}

static void put_head(const struct vb_column *column, FILE *out)
{
	if (*column->band) {
		put_text(column->band, out);
		fputs(*column->head ? ": " : "", out);
	}
	put_text(column->head, out);
}

static void put_row(const struct vb_table *table, const struct vb_row *row, FILE *out)
{
	const char *mark = row->kind == VB_ROW_GROUP ? "**" : "";

	for (size_t c = 0; c < table->nr_columns; c++) {
		fputs(c ? " | " : "| ", out);
		fputs(c ? "" : mark, out);
		put_text(vb_table_at(table, row, c), out);
		fputs(c ? "" : mark, out);
	}
	fputs(" |\n", out);
}

static void put_table(const struct vb_table *table, FILE *out)
{
	if (*table->caption) {
		fputs("**", out);
		put_text(table->caption, out);
		fputs("**\n\n", out);
	}
	for (size_t c = 0; c < table->nr_columns; c++) {
		fputs(c ? " | " : "| ", out);
		put_head(&table->column[c], out);
	}
	fputs(" |\n", out);
	for (size_t c = 0; c < table->nr_columns; c++)
		fputs(table->column[c].right ? "| ---: " : "| --- ", out);
	fputs("|\n", out);
	for (size_t r = 0; r < table->nr_rows; r++)
		put_row(table, &table->row[r], out);
}

/* A fence is longer than any run of its kind inside. */
static void put_pre(const char *text, FILE *out)
{
	size_t longest = 2, length = strlen(text);

	for (const char *c = text; (c = strchr(c, '`')); ) {
		size_t run = strspn(c, "`");

		longest = run > longest ? run : longest;
		c += run;
	}
	for (int end = 0; end < 2; end++) {
		for (size_t i = 0; i <= longest; i++)
			fputc('`', out);
		fputs(end ? "\n" : "text\n", out);
		if (!end)
			fprintf(out, "%s%s", text, length && text[length - 1] == '\n' ? "" : "\n");
	}
}

static void put_figure(const struct vb_block *block, FILE *out)
{
	if (!*block->file) {
		put_line(block->text, out);
		fputc('\n', out);
		return;
	}
	fputs("![", out);
	put_text(*block->alt ? block->alt : block->key, out);
	fprintf(out, "](plots/%s)\n\n*", block->file);
	put_text(block->text, out);
	fputs("*\n", out);
}

static void put_named(const char *before, const char *key, const char *text, FILE *out)
{
	fputs(before, out);
	put_text(key, out);
	fputs("**: ", out);
	put_text(text, out);
	fputc('\n', out);
}

static void put_block(const struct vb_block *block, FILE *out)
{
	switch (block->kind) {
	case VB_BLOCK_HEADING:
		fprintf(out, "%.*s ", (int)block->level, "######");
		put_text(block->text, out);
		fputc('\n', out);
		break;
	case VB_BLOCK_PARAGRAPH:
		put_line(block->text, out);
		fputc('\n', out);
		break;
	case VB_BLOCK_ITEM:
		fputs("- ", out);
		put_line(block->text, out);
		fputc('\n', out);
		break;
	case VB_BLOCK_VERDICT:
	case VB_BLOCK_PAIR:
		put_named("- **", block->key, block->text, out);
		break;
	case VB_BLOCK_TABLE:
		put_table(block->table, out);
		break;
	case VB_BLOCK_FIGURE:
		put_figure(block, out);
		break;
	case VB_BLOCK_PRE:
		put_pre(block->text, out);
		break;
	case VB_BLOCK_FOLD:
		fputs("<details><summary>", out);
		put_text(block->key, out);
		fputs("</summary>\n", out);
		break;
	case VB_BLOCK_FOLD_END:
		fputs("</details>\n", out);
		break;
	}
}

static bool is_list(enum vb_block_kind kind)
{
	return kind == VB_BLOCK_ITEM || kind == VB_BLOCK_VERDICT || kind == VB_BLOCK_PAIR;
}

void vb_render_markdown(const struct vb_doc *doc, FILE *out)
{
	const struct vb_block *before = NULL;

	for (size_t i = 0; i < doc->nr; i++) {
		const struct vb_block *block = &doc->block[i];

		if (!(block->views & VB_VIEW_MARKDOWN))
			continue;
		if (before && !(is_list(block->kind) && before->kind == block->kind))
			fputc('\n', out);
		put_block(block, out);
		before = block;
	}
}
