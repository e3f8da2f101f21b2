# SPDX-License-Identifier: GPL-2.0-or-later
# Which fault was injected when, a row each, the lowest for cycles without one.
# Columns: time, row, 1 if it failed.

set xrange [x_low:x_high]
eval 'set xtics ('.x_ticks.')'
set yrange [-0.6:rows - 0.4]
eval 'set ytics ('.row_ticks.')'
set lmargin at screen 0.3
unset grid
set xlabel 'time, '.time_unit
set label 3 ''
set key maxrows 2
plot data skip 1 using (column(1) / time_scale):(column(3) > 0 ? NaN : column(2)) \
		with points lc rgb 0x0072B2 pt 7 ps dot title 'clean', \
	data skip 1 using (column(1) / time_scale):(column(3) > 0 ? column(2) : NaN) \
		with points lc rgb 0xD55E00 pt 2 ps 1 lw 1.5 title 'failed'
