# SPDX-License-Identifier: GPL-2.0-or-later
# What a request costs by the number of mdevs that listen: a block of the data for each arm.
# Columns: arm, listeners, runs, ns (or instructions), its interval's ends.

set xrange [x_low - 0.06 * (x_high - x_low):x_high + 0.06 * (x_high - x_low)]
set xtics 0, (x_high > 8 ? 2 : 1)
set yrange [y_low:y_high]
eval 'set ytics ('.y_ticks.')'
set xlabel 'mdevs in the container'
set label 3 unit
set key maxrows nr
plot for [i = 1:nr] data skip 1 index i - 1 using 2:($5 / scale):(0):(($6 - $5) / scale) \
		with vectors nohead lc rgb colour[i] lw 1.5 notitle, \
	for [i = 1:nr] data skip 1 index i - 1 using 2:($4 / scale) \
		with linespoints lc rgb colour[i] pt point[i] title label[i]
