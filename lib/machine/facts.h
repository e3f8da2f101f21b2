/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a result must say about the machine it comes from. */
#ifndef VB_FACTS_H
#define VB_FACTS_H

#include <jansson.h>
#include <stdbool.h>

/*
 * A new JSON object: kernel release and version, command line, config options
 * that ruin timing (KASAN, lockdep, ... as far as /boot or /proc/config.gz
 * tell), taint, CPU model, microcode, CPUs, SMT, governor, turbo, mitigations,
 * clocksource, NUMA nodes with memory and distances, THP setting, hugepages,
 * IOMMU vendor and mode (strict, lazy; VT-d: scalable, legacy), the module's srcversion,
 * hypervisor.
 * What can't be read is null.  NULL: out of memory, or of file descriptors.
 */
json_t *vb_facts_collect(void);
/* On the kernel's command line: vfio_bench.lab=1, vfio_bench.exact=1. */
bool vb_in_lab(void);
bool vb_in_exact_mode(void);
/* The clocksource is the CPU's own counter, so that times mean something. */
bool vb_clocksource_good(void);

#endif /* VB_FACTS_H */
