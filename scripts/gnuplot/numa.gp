# SPDX-License-Identifier: GPL-2.0-or-later
# A worker's throughput by its CPU's node and its memory's node: a block of the data, and a
# panel, for each arm. Columns: arm, CPU's node, memory's node, device's node, value, workers.

# Dark is slow: a ramp of one hue, cut off where neither page would show it.
share(v) = high > low ? (v - low) / (high - low) : 1
shade(v) = (f = share(v), int(20 + 200 * f) * 65536 + int(70 + 140 * f) * 256 + int(120 + 60 * f))
unset key
unset colorbox
set grid noytics
unset border
set xrange [-0.5:nodes - 0.5]
set yrange [nodes - 0.5:-0.5]
set lmargin at screen 0.2
eval 'set xtics ('.node_ticks.') scale 0'
eval 'set ytics ('.node_ticks.') scale 0'
set xlabel ''
set multiplot
do for [i = 1:nr] {
	set tmargin at screen 1 - (66 + (i - 1) * panel) / height
	set bmargin at screen 1 - (66 + i * panel - 66) / height
	set label 3 label[i].', '.unit
	plot data skip 1 index i - 1 \
			using 3:2:($3 - 0.48):($3 + 0.48):($2 - 0.46):($2 + 0.46):(shade($5)) \
			with boxxyerror lc rgb variable fs solid noborder, \
		data skip 1 index i - 1 \
			using 3:2:(sprintf('%.4g', $5 / scale)):(share($5) > 0.55 ? 0x000000 : 0xffffff) \
			with labels tc rgb variable
	unset label 1
	unset label 2
}
unset multiplot
