# SPDX-License-Identifier: GPL-2.0-or-later
# What all plots share; vfio-bench puts it before the script of each kind.
#
# 440 units wide: on a page of 360 pixels the letters are still 9 pixels high.
# Ink is a colour that no data has: in an SVG it becomes the page's text colour.

reset
height = 1. * height		# gnuplot cuts quotients of whole numbers
set encoding utf8
svg = picture eq 'svg'
ink = svg ? 0x010203 : 0x202020
if (svg) {
	set terminal svg size 440, height dynamic font 'sans-serif,13' noenhanced
} else {
	set terminal pngcairo size 880, 2 * height font 'sans,10' fontscale 2 linewidth 2 \
		pointscale 2 noenhanced background '#ffffff'
}
set output stem.'.'.picture
set datafile separator "\t"
set border 3 lc rgb ink
set tics nomirror out scale 0.5 textcolor rgb ink
set grid ytics lc rgb ink lw (svg ? 1 : 0.25) dt 1
set key below left Left reverse samplen 2 textcolor rgb ink
set xlabel ' ' offset 0, (svg ? 0.7 : 0.3) textcolor rgb ink
set style fill transparent solid 0.25 noborder
set pointsize 0.7

# Heading and a line of what it is made of, at the top left; what the y axis is,
# above it, as nobody reads sideways on a phone: label 3, y_name.
head = 66.
set label 1 heading at screen 0.02, screen 1 - 13. / height left textcolor rgb ink
set label 2 note at screen 0.02, screen 1 - 30. / height left textcolor rgb ink font (svg ? ',11' : ',8.5')
set label 3 '' at screen 0.02, graph 1 left offset 0, 0.8 textcolor rgb ink
set tmargin at screen 1 - head / height
set lmargin at screen 0.16
set rmargin at screen 0.94

data = stem.'.tsv'
