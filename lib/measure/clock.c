// SPDX-License-Identifier: GPL-2.0-or-later
/* How the clock is read, and what that costs. */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "lib/measure/clock.h"

#define BATCHES 8
#define READS	1000

int (*vb_clock_gettime)(clockid_t clock, struct timespec *ts) = clock_gettime;

/* The vDSO's own function falls back to the system call where it must (vdso(7)). */
void vb_clock_init(void)
{
	static const char *const names[] = { "__vdso_clock_gettime", "__kernel_clock_gettime" };
	void *vdso = dlopen("linux-vdso.so.1", RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
	int (*found)(clockid_t, struct timespec *);
	struct timespec ts;

	for (size_t i = 0; vdso && i < sizeof(names) / sizeof(*names); i++) {
		void *symbol = dlsym(vdso, names[i]);

		if (!symbol)
			continue;
		memcpy(&found, &symbol, sizeof(found));
		if (!found(CLOCK_MONOTONIC_RAW, &ts))
			vb_clock_gettime = found;
		break;
	}
	if (vdso)
		dlclose(vdso);
}

uint64_t vb_clock_cost_ps(void)
{
	uint64_t best = UINT64_MAX;

	for (int b = 0; b < BATCHES; b++) {
		uint64_t start = vb_now_ns(), end = start;

		for (int i = 0; i < READS; i++)
			end = vb_now_ns();
		if (end - start < best)
			best = end - start;
	}
	return best * 1000 / READS;
}
