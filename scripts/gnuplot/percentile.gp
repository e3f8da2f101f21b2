# SPDX-License-Identifier: GPL-2.0-or-later
# Latency by percentile, the x axis as 1 / (1 - p): a block of the data for each arm.
# Columns: arm, quantile, median of the runs, lowest, highest run.

set logscale x
set xrange [1:x_high]
set xtics ('0' 1, '50' 2, '90' 10, '99' 100, '99.9' 1e3, '99.99' 1e4, '99.999' 1e5, \
	'99.9999' 1e6, '99.99999' 1e7)
every_so = 10
if (x_high < 20) {
	set xtics ('0' 1, '50' 2, '75' 4, '90' 10)
	every_so = 3
}
if (y_log) {
	set logscale y
}
eval 'set ytics ('.y_ticks.')'
set yrange [y_low:y_high]
set xlabel 'percentile'
set label 3 unit
set grid xtics
plot for [i = 1:nr] data skip 1 index i - 1 using (1 / (1 - $2)):($4 / scale):($5 / scale) \
		with filledcurves lc rgb colour[i] notitle, \
	for [i = 1:nr] data skip 1 index i - 1 using (1 / (1 - $2)):($3 / scale) \
		with linespoints lc rgb colour[i] lw 2 pt point[i] pi every_so title label[i]
