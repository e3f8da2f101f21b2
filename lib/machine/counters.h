/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel counters that must come back to where they were. */
#ifndef VB_COUNTERS_H
#define VB_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Long-term pins by pin_user_pages(), from /proc/vmstat, in pages. */
struct vb_foll_pins {
	bool known;			/* false: this kernel doesn't count them */
	uint64_t acquired;
	uint64_t released;
};

/* Folds the per-CPU counts first (stat_refresh: root only; -EACCES otherwise). */
int vb_foll_pins_read(struct vb_foll_pins *pins);
/*
 * Memory of all IOMMUs' page tables, in bytes.  -EOPNOTSUPP: this kernel doesn't
 * count it (Linux 6.10 and later do).
 */
int vb_iommu_tables_read(uint64_t *bytes);

/* Memory that a process has locked and pinned, in bytes. */
struct vb_locked {
	uint64_t locked_bytes;		/* VmLck */
	uint64_t pinned_bytes;		/* VmPin */
};

/* From /proc/PID/status (0: the caller's): never waits for a lock of the process. */
int vb_locked_read(pid_t pid, struct vb_locked *locked);

/* What a thread is doing, from /proc/PID/task/TID/stat. */
struct vb_thread_stat {
	char state;			/* R, S, D, ... */
	uint64_t cpu_ticks;		/* user + system */
	int cpu;			/* last ran on */
};
int vb_thread_stat_read(pid_t pid, pid_t tid, struct vb_thread_stat *stat);
/* Append the kernel stacks of all tasks (name, pid, state, stack) to @fd; root only. */
int vb_stacks_write(int fd, unsigned int *tasks_in_d);
/* /proc/sys/kernel/tainted. */
int vb_taint_read(uint64_t *taint);

#endif /* VB_COUNTERS_H */
