/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the plain-text renderer share. */
#ifndef VB_RENDER_IMPL_H
#define VB_RENDER_IMPL_H

#include "bench/report/doc.h"

struct vb_page {
	FILE *out;
	enum vb_view view;
	size_t width;			/* columns; no line of text is longer */
	size_t indent;			/* of tables */
	bool ascii;
};

/* Characters, which is columns: there are no wide ones in a report. */
size_t vb_text_width(const char *text);
/* @length characters at most; what the page can't show becomes '?'. */
void vb_text_put(const struct vb_page *page, const char *text, size_t length);
void vb_text_pad(const struct vb_page *page, size_t count);
/* @head, then @text in lines that fit, those after the first behind @hang blanks. */
void vb_text_fill(const struct vb_page *page, const char *head, const char *text, size_t hang);
void vb_text_table(const struct vb_page *page, const struct vb_table *table);

#endif /* VB_RENDER_IMPL_H */
