# SPDX-License-Identifier: GPL-2.0-or-later
# A soak's cycles along its time, one quantity: cycles that failed have a line from top
# to bottom. Columns: time, value (NaN: none), 1 if a fault was injected, 1 if it failed.

set xrange [x_low:x_high]
eval 'set xtics ('.x_ticks.')'
if (y_log) { set logscale y }
set yrange [y_low:y_high]
eval 'set ytics ('.y_ticks.')'
set xlabel 'time, '.time_unit
set label 3 unit
set key maxrows 3
plot data skip 1 using (column(4) > 0 ? column(1) / time_scale : NaN):(y_low):(0):(y_high - y_low) \
		with vectors nohead lc rgb 0xD55E00 lw 1 title 'failed', \
	data skip 1 using (column(1) / time_scale):(column(3) > 0 ? NaN : column(2) / scale) \
		with points lc rgb 0x0072B2 pt 7 ps dot title 'cycles', \
	data skip 1 using (column(1) / time_scale):(column(3) > 0 ? column(2) / scale : NaN) \
		with points lc rgb 0xE69F00 pt 9 ps dot title 'with a fault'
