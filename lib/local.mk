# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libvfiobench.a
libvfiobench_a_SOURCES = \
	uapi/vfio_bench.h
