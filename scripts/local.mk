# SPDX-License-Identifier: GPL-2.0-or-later
dist_pkglibexec_SCRIPTS += scripts/bisect-step scripts/capture-machine scripts/conformance-table scripts/variant-build

EXTRA_DIST += \
	autogen.sh \
	scripts/check \
	scripts/cover-letter \
	scripts/fault-table \
	scripts/findings \
	scripts/install-deps \
	scripts/kernel \
	scripts/kernel-image \
	scripts/kernel-source \
	scripts/kernel-table \
	scripts/kernels/base.config \
	scripts/kernels/debug.config \
	scripts/kernels/faults.config \
	scripts/kernels/fragments.sh \
	scripts/kernels/kcsan.config \
	scripts/kernels/modules.sh \
	scripts/kernels/nomdev.config \
	scripts/kernels/production.config \
	scripts/lab \
	scripts/lab-ab \
	scripts/lab-init \
	scripts/lab-matrix \
	scripts/lab-run \
	scripts/late-pins \
	scripts/quickstart

# Those of the plots are run by "vfio-bench report"; notify-span.gp is for a table of one's own.
gnuplotdir = $(pkgdatadir)/gnuplot
dist_gnuplot_DATA = \
	scripts/gnuplot/breakdown.gp \
	scripts/gnuplot/cumulative.gp \
	scripts/gnuplot/events.gp \
	scripts/gnuplot/heatmap.gp \
	scripts/gnuplot/listeners.gp \
	scripts/gnuplot/matrix.gp \
	scripts/gnuplot/notify-span.gp \
	scripts/gnuplot/numa.gp \
	scripts/gnuplot/pairs.gp \
	scripts/gnuplot/percentile.gp \
	scripts/gnuplot/saturation.gp \
	scripts/gnuplot/shift.gp \
	scripts/gnuplot/span.gp \
	scripts/gnuplot/style.gp \
	scripts/gnuplot/threads.gp \
	scripts/gnuplot/timeline.gp
