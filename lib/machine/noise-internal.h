/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of noise.h share. */
#ifndef VB_NOISE_INTERNAL_H
#define VB_NOISE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/machine/noise.h"

/* Would that be a mark? */
bool vb_noise_above(enum vb_noise_id id, double value, double count);
/*
 * Add a finding whose @value is held against its limit; @count is what the
 * check's "least" is about.  @mend is kept only for a mark; NULL: none.
 */
void vb_noise_add(struct vb_noise *noise, enum vb_noise_id id, double value, double count,
		  const char *mend, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
/* Add one that this machine does not tell. */
void vb_noise_add_unknown(struct vb_noise *noise, enum vb_noise_id id, const char *mend,
			  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The finding added last: if it is a mark, it was to be expected, and why. */
void vb_noise_expected(struct vb_noise *noise, const char *why);

/* /proc/interrupts or /proc/softirqs, the columns of some CPUs. */
enum vb_line_kind { VB_LINE_OTHER, VB_LINE_TICK, VB_LINE_IPI };

struct vb_line {
	char id[24];			/* "36", "LOC", "NET_RX" */
	char name[48];			/* what it is for people; may be "" */
	enum vb_line_kind kind;
};

struct vb_table {
	int error;			/* -errno: nothing of it is known */
	size_t nr_lines, nr_cpus;
	struct vb_line *line;
	uint64_t *count;		/* [line * nr_cpus + cpu] */
};

/* Errors but -ENOMEM are kept in @table, which is freed in any case. */
int vb_table_read(const char *path, const int *cpus, size_t nr_cpus, struct vb_table *table);
void vb_table_free(struct vb_table *table);
/* How much line @line of @after has grown on the CPU at @cpu since @before. */
uint64_t vb_table_grown(const struct vb_table *before, const struct vb_table *after,
			size_t line, size_t cpu);

/* A line "cpuN" of /proc/stat, in ticks of 1 / sysconf(_SC_CLK_TCK) s. */
struct vb_cpu_ticks {
	bool known;
	uint64_t busy;			/* all but idle, waiting for I/O, and steal */
	uint64_t steal;
};

/* Of /proc/vmstat; several names make one. */
enum vb_vm_count { VB_VM_MIGRATED, VB_VM_COMPACT, VB_VM_COLLAPSE, VB_VM_NUMA, VB_VM_SWAP, VB_VM_NR };

struct vb_thread_count {
	bool switches_known, times_known;
	uint64_t switches;		/* involuntary */
	uint64_t run_ns, wait_ns;	/* ran; could have run and waited for the CPU */
};

struct vb_number {
	bool known;
	uint64_t value;
};

struct vb_noise_snapshot {
	size_t nr_threads, nr_cpus, nr_siblings;
	struct vb_noise_thread *thread;
	struct vb_thread_count *count;	/* of each thread */
	int *cpu;			/* of the threads, sorted, none twice */
	int *sibling;			/* CPUs of the same cores that are not in cpu[] */
	struct vb_cpu_ticks *ticks;	/* of cpu[], then of sibling[] */
	struct vb_table interrupts, softirqs;
	struct vb_number vm[VB_VM_NR];
	struct vb_number *throttled;	/* of cpu[] */
	struct vb_number smi;		/* of cpu[0]: it stops all */
	bool smi_forbidden;		/* the MSR can't be read; else: no such device */
};

#endif /* VB_NOISE_INTERNAL_H */
