// SPDX-License-Identifier: GPL-2.0-or-later
/* The document as plain text: for a terminal, and for a mail to a list. */
#include <string.h>

#include "bench/report/render_impl.h"

#define TERMINAL_COLUMNS 100
#define MAIL_COLUMNS 75
#define KEY_COLUMNS 24

size_t vb_text_width(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

void vb_text_put(const struct vb_page *page, const char *text, size_t length)
{
	while (*text && length--) {
		const char *next = text + 1;

		while ((*next & 0xc0) == 0x80)
			next++;
		if (page->ascii && next > text + 1)
			fputc('?', page->out);
		else
			fwrite(text, 1, (size_t)(next - text), page->out);
		text = next;
	}
}

void vb_text_pad(const struct vb_page *page, size_t count)
{
	fprintf(page->out, "%*s", (int)count, "");
}

/* Skip @count characters. */
static const char *skip(const char *text, size_t count)
{
	while (*text && count--)
		do
			text++;
		while ((*text & 0xc0) == 0x80);
	return text;
}

void vb_text_fill(const struct vb_page *page, const char *head, const char *text, size_t hang)
{
	size_t column = vb_text_width(head);

	vb_text_put(page, head, page->width);
	while (*text) {
		size_t bytes = strcspn(text, " \n"), word = 0;
		bool first = column <= hang;

		for (const char *c = text; c < text + bytes; c++)
			word += (*c & 0xc0) != 0x80;
		if (!first && column + 1 + word > page->width) {
			fputc('\n', page->out);
			vb_text_pad(page, hang);
			column = hang;
			first = true;
		}
		if (!first)
			fputc(' ', page->out);
		column += !first;
		/* What no line takes is cut where the line ends. */
		if (column + word > page->width)
			word = page->width - column;
		vb_text_put(page, text, word);
		column += word;
		text = skip(text, word);
		text += strspn(text, " \n");
	}
	fputc('\n', page->out);
}

static void put_heading(const struct vb_page *page, const struct vb_block *block)
{
	size_t width = vb_text_width(block->text);

	if (block->level > 1)
		fputc('\n', page->out);
	vb_text_fill(page, "", block->text, 0);
	if (block->level > 2)
		return;
	for (size_t i = 0; i < width && i < page->width; i++)
		fputc(block->level == 1 ? '=' : '-', page->out);
	fputc('\n', page->out);
}

static bool shown(const struct vb_page *page, const struct vb_block *block)
{
	return block->views & page->view;
}

/* Values stand below each other, unless a key is too long for that. */
static void put_pair(const struct vb_page *page, const struct vb_doc *doc, size_t at)
{
	const struct vb_block *block = &doc->block[at];
	size_t width = 0, first = at, key = vb_text_width(block->key);
	char head[KEY_COLUMNS + 4];

	while (first && doc->block[first - 1].kind == VB_BLOCK_PAIR)
		first--;
	for (; first < doc->nr && doc->block[first].kind == VB_BLOCK_PAIR; first++) {
		size_t w = vb_text_width(doc->block[first].key);

		if (shown(page, &doc->block[first]) && w > width && w <= KEY_COLUMNS)
			width = w;
	}
	if (key > width || strlen(block->key) >= KEY_COLUMNS) {
		vb_text_fill(page, "", block->key, 2);
		snprintf(head, sizeof(head), "%*s", (int)width + 2, "");
	} else {
		snprintf(head, sizeof(head), "%s%*s", block->key, (int)(width + 2 - key), "");
	}
	vb_text_fill(page, head, block->text, width + 2);
}

static void put_verdict(const struct vb_page *page, const struct vb_block *block)
{
	char head[64];

	snprintf(head, sizeof(head), "* %.50s:", block->key);
	vb_text_fill(page, head, block->text, 2);
}

/* Characters up to the blank behind a word, and an option's argument that goes with it. */
static size_t together(const char *line, size_t bytes)
{
	size_t word = strcspn(line, " \n");

	if (*line == '-' && word + 1 < bytes && line[word] == ' ' && line[word + 1] != '-')
		word += 1 + strcspn(line + word + 1, " \n");
	return word < bytes ? word : bytes;
}

/* A word that no line takes goes on at the next one's very begin: a shell joins the two. */
static size_t put_word(const struct vb_page *page, const char *word, size_t bytes, size_t column)
{
	for (size_t i = 0; i < bytes; column++) {
		size_t next = i + 1;

		while (next < bytes && (word[next] & 0xc0) == 0x80)
			next++;
		if (column + 2 >= page->width) {	/* a blank and a mark may follow */
			fputs("\\\n", page->out);
			column = 0;
		}
		vb_text_put(page, word + i, 1);
		i = next;
	}
	return column;
}

/* A command that is too long for a line goes on in the next one, as a shell takes it. */
static void put_long_line(const struct vb_page *page, const char *line, size_t bytes)
{
	const char *end = line + bytes;
	bool first = true;		/* of its line */
	bool joined = false;		/* the argument of the option before */
	size_t column = 2;

	vb_text_pad(page, 2);
	while (line < end) {
		size_t left = (size_t)(end - line), word = strcspn(line, " \n");
		size_t wanted = joined ? word : together(line, left);

		if (!first && column + 1 + wanted + 2 > page->width) {
			fputs(" \\\n    ", page->out);
			column = 4;
			first = true;
		}
		if (!first)
			column += (size_t)fprintf(page->out, " ");
		column = put_word(page, line, word, column);
		first = false;
		joined = !joined && together(line, left) > word;
		line += word;
		line += strspn(line, " ");
	}
	fputc('\n', page->out);
}

static void put_pre(const struct vb_page *page, const char *text)
{
	while (*text) {
		size_t bytes = strcspn(text, "\n");

		put_long_line(page, text, bytes);
		text += bytes + (text[bytes] == '\n');
	}
}

static void put_block(const struct vb_page *page, const struct vb_doc *doc, size_t at)
{
	const struct vb_block *block = &doc->block[at];

	switch (block->kind) {
	case VB_BLOCK_HEADING:
		put_heading(page, block);
		break;
	case VB_BLOCK_PARAGRAPH:
		vb_text_fill(page, "", block->text, 0);
		break;
	case VB_BLOCK_ITEM:
		vb_text_fill(page, "- ", block->text, 2);
		break;
	case VB_BLOCK_VERDICT:
		put_verdict(page, block);
		break;
	case VB_BLOCK_PAIR:
		put_pair(page, doc, at);
		break;
	case VB_BLOCK_TABLE:
		vb_text_table(page, block->table);
		break;
	case VB_BLOCK_PRE:
		put_pre(page, block->text);
		break;
	case VB_BLOCK_FIGURE:
	case VB_BLOCK_FOLD:
	case VB_BLOCK_FOLD_END:
		break;
	}
}

/* Lists stand close; an empty line before what is of another kind. */
static bool wants_gap(enum vb_block_kind before, const struct vb_block *block)
{
	if (block->kind == VB_BLOCK_HEADING || before == VB_BLOCK_HEADING)
		return false;
	if (block->kind == VB_BLOCK_TABLE || block->kind == VB_BLOCK_PARAGRAPH)
		return true;
	return before != block->kind;
}

void vb_render_text(const struct vb_doc *doc, enum vb_view view, FILE *out)
{
	struct vb_page page = {
		.out = out, .view = view, .ascii = view == VB_VIEW_LKML,
		.width = view == VB_VIEW_LKML ? MAIL_COLUMNS : TERMINAL_COLUMNS,
		.indent = view == VB_VIEW_LKML ? 0 : 2,
	};
	enum vb_block_kind before = VB_BLOCK_HEADING;

	for (size_t i = 0; i < doc->nr; i++) {
		const struct vb_block *block = &doc->block[i];

		if (!shown(&page, block) || block->kind >= VB_BLOCK_FOLD ||
		    block->kind == VB_BLOCK_FIGURE)
			continue;
		if (wants_gap(before, block))
			fputc('\n', out);
		put_block(&page, doc, i);
		before = block->kind;
	}
}
