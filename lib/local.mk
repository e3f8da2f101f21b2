# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += libvfiobench.a
libvfiobench_a_SOURCES = \
	lib/machine/counters.c \
	lib/machine/counters.h \
	lib/machine/facts.h \
	lib/machine/klog.c \
	lib/machine/klog.h \
	lib/machine/klog-internal.h \
	lib/machine/klog-scan.c \
	lib/machine/memory.c \
	lib/machine/memory.h \
	lib/machine/memory-room.c \
	lib/machine/memory-room.h \
	lib/machine/stacks.c \
	lib/machine/topology.c \
	lib/machine/topology.h \
	lib/machine/variant.h \
	uapi/vfio_bench.h
