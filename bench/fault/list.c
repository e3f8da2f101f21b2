// SPDX-License-Identifier: GPL-2.0-or-later
/* The faults' list, and what they share. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/fault/fault.h"
#include "bench/fault/faults.h"	/* made by the build */
#include "lib/stats/random.h"

const struct vb_fault_ops *const vb_faults[] = {
	VB_FAULTS
	NULL
};

const struct vb_fault_ops *vb_fault_find(const char *name)
{
	for (const struct vb_fault_ops *const *ops = vb_faults; *ops; ops++)
		if (!strcmp((*ops)->name, name))
			return *ops;
	return NULL;
}

const char *const *vb_fault_needs(unsigned int needs)
{
	/* By the number of the bit; that of VB_FAULT_NEEDS_JOB is nothing that a machine has. */
	static const char *const texts[] = {
		"root", "the companion module", "an assigned device", "a device that does DMA",
		"a variant without the deadlock", "the lab",
		"/proc/PID/fail-nth (CONFIG_FAULT_INJECTION)", "a second CPU that can go offline",
		"a guest that it may end",
	};
	static const char *found[sizeof(texts) / sizeof(*texts) + 1];
	size_t nr = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (needs & 1u << i)
			found[nr++] = texts[i];
	found[nr] = NULL;
	return found;
}

uint64_t vb_fault_random(struct vb_fault *f, uint64_t below)
{
	uint64_t value = vb_random_mix(f->rng);

	return below ? value % below : 0;
}

int vb_fault_say(struct vb_fault *f, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(f->said, sizeof(f->said), format, ap);
	va_end(ap);
	return error;
}
