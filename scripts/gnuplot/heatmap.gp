# SPDX-License-Identifier: GPL-2.0-or-later
# Latency over time: a block of the data, and a panel, for each arm.
# Columns: arm, interval from, to (s), bucket from, to (ns), share of the interval, count.

# One in 10,000 to all of them; viridis without its darkest third, which a dark page hides.
set palette defined (0 '#31688e', 1 '#21918c', 2 '#35b779', 3 '#90d743', 4 '#fde725')
set logscale cb
set cbrange [1e-4:1]
set colorbox horizontal noborder user origin screen 0.16, screen 30. / height \
	size screen 0.78, screen 10. / height
set cbtics ('0.01%%' 1e-4, '0.1%%' 1e-3, '1%%' 1e-2, '10%%' 0.1, 'all' 1) \
	offset 0, 0.5 scale 0 textcolor rgb ink
foot = 96.
panel = (height - head + 34 - foot) / nr
unset key
set logscale y
set yrange [y_low:y_high]
eval 'set ytics ('.y_ticks.')'
set xrange [0:seconds]
eval 'set xtics ('.x_ticks.')'
set style fill solid noborder
set multiplot
do for [i = 1:nr] {
	set tmargin at screen 1 - (head + (i - 1) * panel) / height
	set bmargin at screen 1 - (head - 34 + i * panel) / height
	set label 3 label[i].', '.unit
	if (i == nr) {
		set xlabel 'seconds; colour: share of the operations at that time'
		eval 'set xtics ('.x_ticks.')'
	} else {
		set xlabel ''
		set xtics ('' -1e9)
	}
	plot data skip 1 index i - 1 using 2:4:2:3:($4 / scale):($5 / scale):(log10($6) > -4 ? $6 : 1e-4) \
		with boxxyerror lc palette fs solid noborder
	unset colorbox
	unset label 1
	unset label 2
}
unset multiplot
