# SPDX-License-Identifier: GPL-2.0-or-later
#
# Time per mapping of one unmap request, by how many of its mappings are pinned.
#
#   vfio-bench report --tsv DIR >span.tsv
#   gnuplot -e "data='span.tsv'; n=4096" scripts/gnuplot/notify-span.gp
#
# data: the table; n: which N; out (optional): a .svg or .png file, else the
# terminal gets characters; unit (optional): the axis' label.
# Colours: those of bench/report/palette.h, which colour-blind readers tell apart.

if (!exists("unit")) unit = "ns per mapping"
if (exists("out")) {
	if (out[strlen(out) - 3:] eq ".png") {
		set terminal pngcairo size 900,540 font "sans,11"
	} else {
		set terminal svg size 900,540 font "sans,12" background "#ffffff"
	}
	set output out
	set title sprintf("One unmap request over %d mappings of 4 KiB", n)
} else {
	set terminal dumb 78 24
	set title sprintf("one unmap request over %d mappings: %s", n, unit)
}

set datafile separator "\t"
set linetype 1 lc rgb "#0072B2" lw 2 pt 7
set linetype 2 lc rgb "#D55E00" lw 2 pt 5
set linetype 3 lc rgb "#009E73" lw 2 pt 9
set linetype 4 lc rgb "#CC79A7" lw 2 pt 13
set xlabel "of the mappings, pinned: one in"
set ylabel unit
set grid ytics

# Columns 3, 5, ... are the arms; their heads name them.
arms = (words(system(sprintf("head -n 1 '%s' | tr ' \\t' '_ '", data))) - 3) / 2
name(i) = system(sprintf("head -n 1 '%s' | cut -f %d", data, 1 + 2 * i))
# The rows of this N, most pins first as they come, "none" last.
rows = sprintf("< awk -F '\\t' '$1 == %d' '%s'", n, data)

if (exists("out")) {
	# Bars start at zero: their length is the value.
	set key top right
	set yrange [0:*]
	set style data histograms
	set style histogram clustered gap 1
	set style fill solid noborder
	plot for [i = 1:arms] rows using (column(1 + 2 * i)):xtic(2) lt i title name(i)
} else {
	# Characters can't show arms side by side; lines that meet hide each other.
	set key below samplen 3
	set offsets graph 0.05, graph 0.05, graph 0.1, 0
	plot for [i = 1:arms] rows using 0:(column(1 + 2 * i)):xtic(2) \
		with linespoints lt i title name(i)
}
