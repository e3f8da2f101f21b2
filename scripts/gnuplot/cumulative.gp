# SPDX-License-Identifier: GPL-2.0-or-later
# The share of operations that took no longer: a block of the data for each arm.
# Columns: arm, quantile, median of the runs, lowest, highest run.

if (x_log) {
	set logscale x
}
eval 'set xtics ('.x_ticks.')'
set xrange [x_low:x_high]
set yrange [0:1]
set ytics ('0' 0, '25%%' 0.25, '50%%' 0.5, '75%%' 0.75, '100%%' 1)
set xlabel unit
set label 3 'share of operations'
set grid xtics
plot for [i = 1:nr] data skip 1 index i - 1 using ($4 / scale):2 \
		with lines lc rgb colour[i] lw 0.5 notitle, \
	for [i = 1:nr] data skip 1 index i - 1 using ($5 / scale):2 \
		with lines lc rgb colour[i] lw 0.5 notitle, \
	for [i = 1:nr] data skip 1 index i - 1 using ($3 / scale):2 \
		with linespoints lc rgb colour[i] lw 2 pt point[i] pi 25 title label[i]
