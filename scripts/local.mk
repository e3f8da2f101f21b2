# SPDX-License-Identifier: GPL-2.0-or-later
dist_pkglibexec_SCRIPTS += scripts/variant-build

EXTRA_DIST += \
	autogen.sh \
	scripts/check \
	scripts/gnuplot/notify-span.gp \
	scripts/install-deps \
	scripts/kernel-image \
	scripts/lab \
	scripts/lab-init \
	scripts/lab-run \
	scripts/quickstart
