/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text from files, made fit for a terminal and for a page. */
#ifndef VB_DOC_CLEAN_H
#define VB_DOC_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Length of the UTF-8 character at @s: 1 to 4; 0 if there is none, or one that
 * is a control character or turns the direction of writing.
 */
size_t vb_clean_char(const char *s);

/* In place: what is none becomes '?'; newlines and tabs stay with @lines, else are blanks. */
void vb_clean_text(char *text, bool lines);

#endif /* VB_DOC_CLEAN_H */
