/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine beside a soak: what must be the same after every cycle, and what must not grow. */
#ifndef VB_SOAK_MACHINE_H
#define VB_SOAK_MACHINE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers whose trend is told. */
struct soak_counts {
	uint64_t held_pages;		/* by pin_user_pages: acquired - released */
	int pins_known;
	uint64_t locked_bytes;		/* VmLck and VmPin of all processes, in the lab; else 0 */
	uint64_t slab_kib;		/* SUnreclaim */
	uint64_t available_kib;		/* MemAvailable */
	uint64_t huge_free;		/* pages of the default size */
	uint64_t huge_total_kib, huge_free_kib;	/* of every size */
	unsigned int fds;		/* open here */
	uint64_t taint;
};

void soak_counts_read(struct soak_counts *counts);

/*
 * Drivers and driver_override of every PCI device, mdevs, variants that are
 * loaded, parameters of type1, CPUs online, huge pages asked for, users of the
 * companion module: "path": "value".  NULL: no memory.
 */
json_t *soak_machine_read(void);
/* 0: the same.  Else how many differ, with the first in @text. */
size_t soak_machine_compare(const json_t *before, const json_t *after, char *text, size_t size);

#endif /* VB_SOAK_MACHINE_H */
