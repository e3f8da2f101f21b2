# SPDX-License-Identifier: GPL-2.0-or-later
# Everything but main.c is a library too, so that unit tests reach it.
noinst_LIBRARIES += libbench.a
libbench_a_SOURCES = \
	bench/cmd/cmd.h bench/cmd/cmds.h \
	bench/cmd/list.c \
	bench/cmd/message.c \
	bench/cmd/parse.c

bin_PROGRAMS += vfio-bench
vfio_bench_SOURCES = bench/main.c
vfio_bench_LDADD = libbench.a libvfiobench.a $(VB_LIBS)
