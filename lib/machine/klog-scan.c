// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of alarms: what the kernel prints when something is wrong.  The
 * words are those of kernels 5.10 to 7.2; each pattern names the function that
 * prints it, where that isn't plain.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/machine/klog.h"

enum where {
	START,				/* the line begins so */
	ANYWHERE,
};

struct alarm {
	const char *what;
	enum where where;
	const char *pattern;
	const char *also;		/* and contains this, behind the pattern; NULL: nothing */
};

/* The first that matches names the hit: the particular before the general. */
static const struct alarm alarms[] = {
	{ "KASAN",		ANYWHERE, "BUG: KASAN:" },
	{ "KCSAN",		ANYWHERE, "BUG: KCSAN:" },
	{ "KMSAN",		ANYWHERE, "BUG: KMSAN:" },
	{ "KFENCE",		ANYWHERE, "BUG: KFENCE:" },
	{ "UBSAN",		ANYWHERE, "UBSAN:" },
	/* lib/dump_stack users in kernel/rcu, lockdep_rcu_suspicious() */
	{ "suspicious RCU",	ANYWHERE, "suspicious RCU usage" },
	/* kernel/locking/lockdep.c */
	{ "lockdep",		START, "WARNING: possible " },
	{ "lockdep",		START, "WARNING: inconsistent lock state" },
	{ "lockdep",		START, "WARNING: bad unlock balance" },
	{ "lockdep",		START, "WARNING: bad contention" },
	{ "lockdep",		START, "WARNING: held lock freed" },
	{ "lockdep",		START, "WARNING: lock held when returning" },
	{ "lockdep",		START, "WARNING: Nested lock was not taken" },
	{ "lockdep",		START, "WARNING: chain cache collision" },
	{ "lockdep",		ANYWHERE, "-safe -> ", "-unsafe lock order detected" },
	{ "lockdep",		START, "INFO: trying to register non-static key" },
	{ "lockdep",		START, "DEBUG_LOCKS_WARN_ON(" },
	{ "lockdep",		START, "BUG: MAX_LOCK" },
	{ "lockdep",		START, "[ BUG: " },
	{ "atomic sleep",	ANYWHERE, "BUG: sleeping function called from invalid context" },
	{ "atomic sleep",	ANYWHERE, "BUG: scheduling while atomic" },
	{ "hung task",		START, "INFO: task ", " blocked " },
	{ "hung task",		START, "Kernel panic - not syncing: hung_task" },
	{ "lockup",		ANYWHERE, "BUG: soft lockup" },
	{ "lockup",		ANYWHERE, "detected hard LOCKUP" },
	{ "lockup",		ANYWHERE, "BUG: workqueue lockup" },
	{ "lockup",		ANYWHERE, "BUG: spinlock lockup" },
	{ "RCU stall",		ANYWHERE, "self-detected stall" },
	{ "RCU stall",		ANYWHERE, "INFO: rcu", " stall" },
	{ "RCU stall",		ANYWHERE, "rcu: ", " starved for " },
	{ "refcount",		START, "refcount_t: " },
	{ "slab",		ANYWHERE, "Objects remaining in " },
	{ "slab",		ANYWHERE, "Slab cache still has objects" },
	{ "slab",		START, "BUG ", " remaining" },
	{ "slab",		START, "Slab corruption" },
	{ "list corruption",	START, "list_add corruption" },
	{ "list corruption",	START, "list_del corruption" },
	{ "debugobjects",	START, "ODEBUG: " },
	{ "kmemleak",		START, "kmemleak: ", "new suspected memory leaks" },
	{ "kmemleak",		START, "unreferenced object 0x" },
	/* kmemleak_disable(), as it does when it gets no memory: from then on it finds nothing */
	{ "kmemleak",		START, "kmemleak: Kernel memory leak detector disabled" },
	{ "bad page",		START, "BUG: Bad page" },
	{ "bad page",		START, "BUG: Bad rss-counter" },
	{ "bad page",		START, "BUG: non-zero pgtables_bytes" },
	{ "oom-kill",		ANYWHERE, "invoked oom-killer" },
	{ "oom-kill",		START, "oom-kill:" },
	{ "oom-kill",		ANYWHERE, "ut of memory: Killed process" },
	/* dmar_fault_do_one(), dmar_fault(), qi_check_fault() */
	{ "IOMMU fault",	ANYWHERE, "DMAR: [" },
	{ "IOMMU fault",	ANYWHERE, "DMAR: DRHD: handling fault" },
	{ "IOMMU fault",	ANYWHERE, "DMAR: ERROR" },
	{ "IOMMU fault",	ANYWHERE, "DMAR: VT-d detected " },
	{ "IOMMU fault",	ANYWHERE, "DMAR: No free slot" },
	/* iommu_print_event(), amd_iommu_report_page_fault(), wait_on_sem() */
	{ "IOMMU fault",	ANYWHERE, "AMD-Vi: Event logged" },
	{ "IOMMU fault",	ANYWHERE, "AMD-Vi: Completion-Wait loop timed out" },
	/* viommu_fault_handler() */
	{ "IOMMU fault",	ANYWHERE, "viommu: ", " fault from EP" },
	{ "IOMMU fault",	ANYWHERE, "virtio_iommu", " fault from EP" },
	/* arm_smmu_handle_evt(), arm_smmu_context_fault() */
	{ "IOMMU fault",	ANYWHERE, "arm-smmu", "received:" },
	{ "IOMMU fault",	ANYWHERE, "Unhandled context fault" },
	/* aer_print_port_info(), aer_print_error() */
	{ "AER",		ANYWHERE, "AER: ", "rror" },
	{ "AER",		ANYWHERE, "AER: aer_status" },
	{ "AER",		ANYWHERE, "PCIe Bus Error" },
	{ "hardware error",	ANYWHERE, "[Hardware Error]" },
	{ "panic",		ANYWHERE, "Kernel panic - not syncing" },
	{ "general protection",	START, "general protection fault" },
	{ "general protection",	START, "Oops: general protection" },
	{ "BUG",		ANYWHERE, "kernel BUG at " },
	{ "BUG",		START, "BUG: " },
	{ "BUG",		START, "BUG " },
	{ "BUG",		START, "watchdog: BUG: " },
	{ "Oops",		START, "Oops" },
	{ "Oops",		ANYWHERE, "Internal error: " },
	{ "Oops",		START, "Unable to handle kernel " },
	{ "Oops",		START, "invalid opcode: " },
	{ "Oops",		START, "divide error: " },
	{ "Oops",		START, "stack segment: " },
	{ "Oops",		START, "int3: " },
	{ "Oops",		START, "traps: PANIC" },
	{ "WARNING",		START, "WARNING: " },
};

/* memmem() for a C string. */
static const char *find(const char *s, const char *end, const char *word)
{
	return memmem(s, (size_t)(end - s), word, strlen(word));
}

static bool begins(const char *s, const char *end, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(end - s) >= length && !memcmp(s, word, length);
}

static bool matches(const struct alarm *alarm, const char *s, const char *end)
{
	const char *at = s;

	if (alarm->where == START && !begins(s, end, alarm->pattern))
		return false;
	if (alarm->where == ANYWHERE)
		at = find(s, end, alarm->pattern);
	if (!at)
		return false;
	return !alarm->also || find(at + strlen(alarm->pattern), end, alarm->also);
}

/*
 * printk escapes nothing for people: the caller's id "[    T123] " (PRINTK_CALLER)
 * may stand before the text when it comes from a console instead of /dev/kmsg.
 */
static const char *skip_stamps(const char *s, const char *end, uint64_t *time_us)
{
	uint64_t seconds, micros;
	const char *close;
	char stamp[40];

	*time_us = 0;
	while (s < end && *s == '[') {
		close = memchr(s, ']', (size_t)(end - s));
		if (!close || (size_t)(close - s) >= sizeof(stamp))
			break;
		memcpy(stamp, s + 1, (size_t)(close - s - 1));
		stamp[close - s - 1] = '\0';
		if (strspn(stamp, " 0123456789.TC") != strlen(stamp))
			break;
		if (sscanf(stamp, " %" SCNu64 ".%6" SCNu64, &seconds, &micros) == 2)
			*time_us = seconds * 1000000 + micros;
		s = close + 1;
		if (s < end && *s == ' ')
			s++;
	}
	return s;
}

static bool is_expected(const char *s, const char *end, const char *const *expected)
{
	for (; expected && *expected; expected++)
		if (**expected && find(s, end, *expected))
			return true;
	return false;
}

static const struct alarm *find_alarm(const char *s, const char *end)
{
	for (size_t i = 0; i < sizeof(alarms) / sizeof(*alarms); i++)
		if (matches(&alarms[i], s, end))
			return &alarms[i];
	return NULL;
}

static void fill_hit(struct vb_klog_hit *hit, const char *what, uint64_t time_us,
		     const char *s, const char *end)
{
	size_t length = (size_t)(end - s);

	if (length >= sizeof(hit->text))
		length = sizeof(hit->text) - 1;
	hit->what = what;
	hit->time_us = time_us;
	memcpy(hit->text, s, length);
	hit->text[length] = '\0';
}

size_t vb_klog_scan_text(const char *text, size_t length, const char *const *expected,
			 struct vb_klog_hit *hits, size_t max)
{
	const char *end = text + length, *eol;
	size_t found = 0;

	for (const char *line = text; line < end; line = eol + 1) {
		const struct alarm *alarm;
		const char *s;
		uint64_t time_us;

		eol = memchr(line, '\n', (size_t)(end - line));
		if (!eol)
			eol = end;
		s = skip_stamps(line, eol, &time_us);
		alarm = find_alarm(s, eol);
		if (!alarm || is_expected(s, eol, expected))
			continue;
		if (found < max)
			fill_hit(&hits[found], alarm->what, time_us, s, eol);
		found++;
	}
	return found;
}
