// SPDX-License-Identifier: GPL-2.0-or-later
/* The soak's own audit, after each cycle: the machine has to be as it was found. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bench/engine/supervisor.h"
#include "bench/soak/soak_impl.h"
#include "lib/measure/clock.h"

#define SETTLE_NS	10000000000ull	/* for what was held to be given back */
#define HARMLESS_TAINT	(1u << 12 | 1u << 13)	/* out-of-tree, unsigned module */

/* The first thing that is not as it was; false: nothing. */
static bool differs(const struct soak *s, const struct soak_counts *now, char *text, size_t size)
{
	const struct soak_counts *was = &s->base_counts;
	json_t *machine = NULL;
	size_t n = 0;

	*text = '\0';
	/* Elsewhere others pin, too. */
	if (s->in_lab && was->pins_known && now->held_pages != was->held_pages)
		snprintf(text, size, "pages held by pin_user_pages: %llu at the start, %llu now",
			 (unsigned long long)was->held_pages, (unsigned long long)now->held_pages);
	else if (now->fds != was->fds)
		snprintf(text, size, "descriptors open in the soak: %u at the start, %u now", was->fds,
			 now->fds);
	else if (now->locked_bytes != was->locked_bytes)
		snprintf(text, size, "locked and pinned by processes: %llu bytes at the start, %llu now",
			 (unsigned long long)was->locked_bytes, (unsigned long long)now->locked_bytes);
	else if (now->huge_total_kib != was->huge_total_kib ||
		 (s->in_lab && now->huge_free_kib != was->huge_free_kib))
		snprintf(text, size, "huge pages: %llu of %llu KiB free at the start, %llu of %llu KiB now",
			 (unsigned long long)was->huge_free_kib, (unsigned long long)was->huge_total_kib,
			 (unsigned long long)now->huge_free_kib, (unsigned long long)now->huge_total_kib);
	else if ((machine = soak_machine_read()))
		n = soak_machine_compare(s->base, machine, text, size);
	json_decref(machine);
	return *text || n;
}

static void settle(struct soak *s, struct soak_outcome *o)
{
	uint64_t end = vb_now_ns() + SETTLE_NS;
	char text[400];

	for (;;) {
		soak_counts_read(&o->counts);
		if (!differs(s, &o->counts, text, sizeof(text)))
			return;
		if (vb_now_ns() >= end)
			break;
		nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
	}
	soak_say(o, SOAK_FAILED, "10 s after the run: %s", text);
}

void soak_audit(struct soak *s, const struct soak_choice *choice, struct soak_outcome *o)
{
	uint64_t added;

	settle(s, o);
	if (!vb_interrupted())		/* who waits for the end is not kept waiting 6 s more */
		soak_leaks_check(s, s->closing, o);
	soak_log_expect(s, choice, o->injected);
	soak_log_judge(s, "", o);
	added = o->counts.taint & ~s->base_counts.taint & ~(uint64_t)HARMLESS_TAINT;
	if (added)
		soak_say(o, SOAK_FAILED, "new taint flags of the kernel: 0x%llx", (unsigned long long)added);
	s->base_counts.taint |= added;	/* told once */
}
