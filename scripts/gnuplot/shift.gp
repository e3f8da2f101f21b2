# SPDX-License-Identifier: GPL-2.0-or-later
# How each quantile moved against the first arm: a block of the data for each other arm.
# Columns: arm, quantile, value of the first arm, of this one, shift in percent, its interval.

set xrange [0:100]
set xtics 0, 25
set yrange [y_low:y_high]
eval 'set ytics ('.y_ticks.')'
set xlabel 'percentile'
set label 3 'shift, %'
set arrow 1 from graph 0, first 0 to graph 1, first 0 nohead lc rgb ink lw 1
plot for [i = 1:nr] data skip 1 index i - 1 using (100 * $2):6:7 \
		with filledcurves lc rgb colour[i] notitle, \
	for [i = 1:nr] data skip 1 index i - 1 using (100 * $2):5 \
		with linespoints lc rgb colour[i] lw 1.5 pt point[i] title label[i]
