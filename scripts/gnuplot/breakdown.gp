# SPDX-License-Identifier: GPL-2.0-or-later
# A request's mean time, a stacked bar for each arm, in the arm's colour: the parts are
# darker and lighter. Columns: arm, place, before, in callbacks, between, after, total, runs.

array shade[4] = [0.45, 1, 0.7, 0.15]
array part[4] = ['before the first callback', 'in callbacks', \
	'between callbacks, or without any', 'after the last']
set xrange [0:x_high]
eval 'set xtics ('.x_ticks.')'
set yrange [nr - 0.4:-0.75]
unset ytics
set grid noytics xtics
set border 1
set lmargin at screen 0.04
set rmargin at screen 0.93
set bmargin at screen 138. / height
set tmargin at screen 1 - 44. / height
set xlabel unit.' a request, mean'
set key at screen 0.02, screen 4. / height left bottom Left reverse maxrows 4
set style fill transparent solid 1 border
plot for [i = 1:nr] for [k = 1:4] data skip 1 every ::i - 1::i - 1 \
		using (0):2:((sum [j = 3:k + 1] column(j)) / scale): \
			((sum [j = 3:k + 2] column(j)) / scale):($2 - 0.02):($2 + 0.38) \
		with boxxyerror lc rgb colour[i] \
		fs transparent solid shade[k] border lc rgb colour[i] notitle, \
	for [i = 1:nr] data skip 1 every ::i - 1::i - 1 \
		using (0):($2 - 0.24):(sprintf('%s  %.4g %s', label[i], $7 / scale, unit)) \
		with labels left tc rgb ink notitle, \
	for [k = 1:4] keyentry with boxes lc rgb 0x7f7f7f \
		fs transparent solid shade[k] border lc rgb 0x7f7f7f \
		title part[k]
