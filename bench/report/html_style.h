/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page's style sheet. */
#ifndef VB_HTML_STYLE_H
#define VB_HTML_STYLE_H

extern const char vb_html_style[];

#endif /* VB_HTML_STYLE_H */
