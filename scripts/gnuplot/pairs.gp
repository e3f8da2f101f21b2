# SPDX-License-Identifier: GPL-2.0-or-later
# Differences of pairs in the order in which they ran, in percent of the first arm's median.
# Columns: pair, round, a, b, difference, percent.

set xrange [0.4:pairs + 0.6]
set xtics 1, pairs > 20 ? 10 : pairs > 12 ? 2 : 1
set yrange [y_low:y_high]
eval 'set ytics ('.y_ticks.')'
set xlabel 'pair, in the order of running'
set label 3 'difference, %'
set arrow 1 from graph 0, first 0 to graph 1, first 0 nohead lc rgb ink lw 1
if (has_interval) {
	set object 1 rect from graph 0, first shift_low to graph 1, first shift_high \
		fc rgb colour[1] fs transparent solid 0.2 noborder behind
}
set key maxrows 3
plot data skip 1 using 1:6 with impulses lc rgb colour[1] lw 1 notitle, \
	data skip 1 using 1:6 with points lc rgb colour[1] pt point[1] title label[1].', one pair', \
	shift with lines lc rgb colour[1] lw 2 title has_interval ? 'shift and its 95% interval' : 'shift', \
	margin with lines lc rgb ink dt 2 lw 0.7 title sprintf('margin, %g%%', margin), \
	-margin with lines lc rgb ink dt 2 lw 0.7 notitle
