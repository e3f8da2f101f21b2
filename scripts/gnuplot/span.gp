# SPDX-License-Identifier: GPL-2.0-or-later
# Callbacks, and what a request costs, by how many of its mappings are pinned: a block
# of the data for each arm. Columns: arm, place on the x axis, pins a request, callbacks
# a request (lowest, highest run), time a mapping (middle, lowest, highest run), time in
# callbacks a request, runs.

foot = 60. + 19 * nr
panel = (height - head + 34 - foot) / panels
set xrange [-0.4:places - 0.6]
shift(i) = (i - (nr + 1) / 2.) * 0.1
unset key
set multiplot
do for [k = 1:panels] {
	set tmargin at screen 1 - (head + (k - 1) * panel) / height
	set bmargin at screen 1 - (head - 34 + k * panel) / height
	if (k == panels) {
		set xlabel 'mappings pinned, of '.mappings
		set key at screen 0.02, screen 4. / height left bottom Left reverse maxrows nr vertical
		eval 'set xtics ('.place_ticks.')'
	} else {
		set xlabel ''
		set xtics ('' -1e9)
	}
	if (k == 1) {
		set label 3 'callbacks a request'
		set logscale y
		set yrange [0.4:calls_high]
		eval 'set ytics ("0" 0.4, '.calls_ticks.')'
		plot for [i = 1:nr] data skip 1 index i - 1 \
			using ($2 + shift(i)):($5 > 0 ? $5 : $5 == 0 ? 0.4 : NaN) \
			with linespoints lc rgb colour[i] pt point[i] title label[i]
	}
	if (k == 2) {
		set label 3 unit.' for each mapping'
		unset logscale y
		set yrange [span_low:span_high]
		eval 'set ytics ('.span_ticks.')'
		plot for [i = 1:nr] data skip 1 index i - 1 \
				using ($2 + shift(i)):($7 / scale):(0):(($8 - $7) / scale) \
				with vectors nohead lc rgb colour[i] notitle, \
			for [i = 1:nr] data skip 1 index i - 1 using ($2 + shift(i)):($6 / scale) \
				with linespoints lc rgb colour[i] pt point[i] title label[i]
	}
	if (k == 3) {
		set label 3 call_unit.' in callbacks, a request'
		set yrange [call_low:call_high]
		eval 'set ytics ('.call_ticks.')'
		plot for [i = 1:nr] data skip 1 index i - 1 using ($2 + shift(i)):($9 / call_scale) \
			with linespoints lc rgb colour[i] pt point[i] title label[i]
	}
	unset label 1
	unset label 2
}
unset multiplot
