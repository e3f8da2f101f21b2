# SPDX-License-Identifier: GPL-2.0-or-later
#
# What operations cost, by kernel: drawn by scripts/lab-matrix.
#
# data: a table, a line a kernel, a column an operation, heads in the first line; out: a
# .svg or .png file; unit: the axis' label; heading.
# Colours: those of bench/report/palette.h, which colour-blind readers tell apart.

if (out[strlen(out) - 3:] eq ".png") {
	set terminal pngcairo size 900,600 font "sans,11" noenhanced
} else {
	set terminal svg size 900,600 font "sans,12" background "#ffffff" noenhanced
}
set output out
set title heading
set datafile separator "\t"
set linetype 1 lc rgb "#0072B2" lw 2 pt 7
set linetype 2 lc rgb "#D55E00" lw 2 pt 5
set linetype 3 lc rgb "#009E73" lw 2 pt 9
set linetype 4 lc rgb "#CC79A7" lw 2 pt 13
set linetype 5 lc rgb "#E69F00" lw 2 pt 11
set linetype 6 lc rgb "#56B4E9" lw 2 pt 4
set linetype 7 lc rgb "#000000" lw 2 pt 6
set linetype 8 lc rgb "#999999" lw 2 pt 8
set ylabel unit
set yrange [0:*]
set offsets 0.3, 0.3, 0, 0
set grid ytics
set key below

operations = words(system(sprintf("head -n 1 '%s' | tr ' \\t' '_ '", data))) - 1
name(i) = system(sprintf("head -n 1 '%s' | cut -f %d", data, 1 + i))
plot for [i = 1:operations] data skip 1 using 0:(column(1 + i)):xtic(1) \
	with linespoints lt i title name(i)
