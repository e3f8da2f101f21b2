/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An arm has one colour, by its place in meta.json, in every plot and table.
 * Okabe and Ito's set ("Color Universal Design", 2008), which colour-blind
 * readers tell apart, without its black and its yellow: neither is seen on both
 * a dark and a light page.  Colour is never alone: arms differ in marks, too.
 */
#ifndef VB_PALETTE_H
#define VB_PALETTE_H

#include <stddef.h>

#define VB_PALETTE_COLOURS 7

/* "#rrggbb"; the eighth arm begins again with the first one's. */
static inline const char *vb_palette_colour(size_t arm)
{
	static const char *const colours[VB_PALETTE_COLOURS] = {
		"#0072B2",	/* blue */
		"#D55E00",	/* vermillion */
		"#009E73",	/* bluish green */
		"#CC79A7",	/* reddish purple */
		"#56B4E9",	/* sky blue */
		"#E69F00",	/* orange */
		"#7F7F7F",	/* a grey that both pages show, in black's stead */
	};

	return colours[arm % VB_PALETTE_COLOURS];
}

/* gnuplot's point type: disc, square, triangle, diamond, upside-down triangle, circle, pentagon. */
static inline int vb_palette_point(size_t arm)
{
	static const int points[VB_PALETTE_COLOURS] = { 7, 5, 9, 13, 11, 6, 15 };

	return points[arm % VB_PALETTE_COLOURS];
}

#endif /* VB_PALETTE_H */
