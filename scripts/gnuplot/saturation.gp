# SPDX-License-Identifier: GPL-2.0-or-later
# Offered load against load done and response time: a block of the data for each series.
# Columns: arm, offered, runs, achieved and its interval, response p99 and its interval,
# service p99 and its interval.

foot = 60. + 19 * (nr + 1)
panel = (height - head + 34 - foot) / 2
unset key
set xrange [0:x_high]
eval 'set xtics ('.x_ticks.')'
set multiplot
set bmargin at screen 1 - (head - 34 + panel) / height
set label 3 rate_unit.'steps a second, done'
set xlabel ''
set xtics ('' -1e9)
set yrange [0:rate_high]
eval 'set ytics ('.rate_ticks.')'
plot x with lines lc rgb ink dt 2 lw 0.7, \
	for [i = 1:nr] data skip 1 index i - 1 \
		using ($2 / rate_scale):($5 / rate_scale):(0):(($6 - $5) / rate_scale) \
		with vectors nohead lc rgb colour[i], \
	for [i = 1:nr] data skip 1 index i - 1 using ($2 / rate_scale):($4 / rate_scale) \
		with linespoints lc rgb colour[i] pt point[i]
unset label 1
unset label 2
set tmargin at screen 1 - (head + panel) / height
set bmargin at screen 1 - (head - 34 + 2 * panel) / height
set label 3 'p99 of response time, '.unit
set xlabel rate_unit.'steps a second, offered'
eval 'set xtics ('.x_ticks.')'
set logscale y
set yrange [y_low:y_high]
eval 'set ytics ('.y_ticks.')'
set key at screen 0.02, screen 4. / height left bottom Left reverse maxrows nr + 1 vertical
plot for [i = 1:nr] data skip 1 index i - 1 using ($2 / rate_scale):($10 / scale) \
		with linespoints lc rgb colour[i] lw 0.7 dt 3 pt 6 notitle, \
	for [i = 1:nr] data skip 1 index i - 1 using ($2 / rate_scale):($8 / scale):(0):(($9 - $8) / scale) \
		with vectors nohead lc rgb colour[i] notitle, \
	for [i = 1:nr] data skip 1 index i - 1 using ($2 / rate_scale):($7 / scale) \
		with linespoints lc rgb colour[i] pt point[i] title label[i], \
	keyentry with linespoints lc rgb ink lw 0.7 dt 3 pt 6 title 'service time'
unset multiplot
