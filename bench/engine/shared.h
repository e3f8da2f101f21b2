/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the supervisor and the process that holds the container share (memory
 * that survives either's death).  The container's process writes, the
 * supervisor reads; single 64-bit words may be read while they change.
 */
#ifndef VB_SHARED_H
#define VB_SHARED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/engine/answers.h"
#include "lib/machine/counters.h"
#include "lib/machine/memory.h"
#include "lib/machine/noise.h"
#include "lib/machine/trace.h"
#include "lib/machine/variant.h"
#include "uapi/vfio_bench.h"

#define VB_MAX_MDEVS 16
#define VB_MAX_COUNTS 8

/* What user space measures; each has its histogram (ns). */
enum vb_metric {
	VB_METRIC_MAP,			/* one map */
	VB_METRIC_UNMAP,		/* one unmap of one mapping */
	VB_METRIC_REQUEST,		/* one unmap request over many mappings */
	VB_METRIC_PREFAULT,		/* memory made present before it is mapped */
	VB_METRIC_MAP_ALL,		/* all maps of a window, first start to last end */
	VB_METRIC_UNMAP_ALL,		/* all unmaps of a window, likewise */
	VB_METRIC_MUNMAP,		/* the memory given back to the kernel */
	VB_METRIC_PIN_IOCTL,		/* one VB_IOC_PIN, all its pin calls */
	VB_METRIC_UNPIN_IOCTL,
	VB_METRIC_DMA,			/* one verified transfer, there and back */
	VB_METRIC_DMA_FAULT,		/* one transfer to where nothing is mapped */
	VB_METRIC_IRQ,			/* interrupt asked for -> its eventfd read */
	VB_METRIC_RESET,		/* one VFIO_DEVICE_RESET */
	VB_METRIC_REGION_READ,		/* one read of a device's region */
	VB_METRIC_REGION_WRITE,
	VB_METRIC_DIRTY_GET,		/* one dirty bitmap fetched */
	VB_METRIC_VADDR_INVALIDATE,	/* one unmap of the vaddr alone */
	VB_METRIC_VADDR_UPDATE,		/* one map of a new vaddr */
	VB_METRIC_COPY,			/* one mapping into another address space */
	VB_METRIC_CHANGE_PROCESS,	/* what is charged goes to another process */
	VB_METRIC_UNMAP_COPY,		/* one unmap request over the copies in one of those */
	VB_METRIC_BUFFERS_REGISTER,	/* io_uring: one table of fixed buffers */
	VB_METRIC_BUFFERS_UNREGISTER,
	VB_METRIC_DIRECT_READ,		/* one O_DIRECT read into mapped memory */
	VB_METRIC_MEMORY_OP,		/* one mlock, madvise or the like beside the mapping */
	VB_METRIC_FORK,			/* fork, and the child's exit awaited */
	VB_METRIC_OPEN,			/* one open of an mdev */
	VB_METRIC_CLOSE,
	VB_METRIC_DEVICE_OPEN,		/* one open of an assigned device's fd */
	VB_METRIC_DEVICE_CLOSE,
	VB_METRIC_CONTAINER_OPEN,	/* container, group and IOMMU driver */
	VB_METRIC_CONTAINER_CLOSE,
	VB_METRIC_MDEV_CREATE,		/* one mdev made through sysfs */
	VB_METRIC_MDEV_REMOVE,
	VB_METRIC_EXIT,			/* a process's end, with its mappings */
	VB_METRIC_SERVICE,		/* open loop: one step, start to end */
	VB_METRIC_RESPONSE,		/* open loop: one step, from its intended start */
	VB_NR_METRICS
};

/* Counts for the audit; since the measured part began. */
struct vb_tally {
	uint64_t mapped_bytes;
	uint64_t unmapped_bytes;
	uint64_t maps;
	uint64_t requests;		/* unmap ioctls */
	uint64_t slot_requests;		/* those stamped in a slot */
	uint64_t expected_callbacks;	/* if a callback comes for each pinned mapping */
	uint64_t pinned_pages;		/* by VB_IOC_PIN */
	uint64_t dma_bytes;		/* transferred and verified */
	uint64_t dma_errors;
	uint64_t expected_faults;	/* transfers that the IOMMU had to refuse, each alone */
	uint64_t verified;		/* times that vb_op_verify() looked */
	uint64_t wrong;			/* and did not find what has to be */
	uint64_t count[VB_MAX_COUNTS];	/* the workload's own, see vb_workload_ops.counts */
	uint64_t guard_waits;		/* times the guard made it wait */
	uint64_t guard_wait_ns;
};

enum vb_phase {
	VB_PHASE_SETUP,			/* container, devices, memory, threads */
	VB_PHASE_PROBE,			/* granularity */
	VB_PHASE_WARMUP,
	VB_PHASE_MEASURE,
	VB_PHASE_DRAIN,			/* workers leave nothing behind */
	VB_PHASE_DONE,			/* all is closed */
	VB_NR_PHASES
};

/* One of the operations that a worker did last; for a run that fails. */
struct vb_last_op {
	uint64_t start_ns, end_ns;
	uint64_t iova, size_bytes;	/* size 0: it has none */
	int32_t metric;			/* enum vb_metric */
	int32_t result;			/* 0 or -errno */
};

#define VB_LAST_OPS 64			/* a power of two */

/* One worker's; on the worker's node. */
struct vb_worker_shared {
	_Atomic uint64_t steps;		/* of both warm-up and measured part */
	_Atomic int state;		/* 0 not started, 1 running, 2 done */
	_Atomic int waits;		/* 1: at a gate, for the others; nothing is to be finished */
	pid_t tid;
	_Atomic pid_t child;		/* a process of its own that works for it; 0: none */
	int cpu_seen;			/* where it ran, at start and end */
	int cpu_seen_end;
	int node_seen;
	int mem_node_seen;		/* -1: pages on more than one node */
	uint64_t mem_samples;
	uint64_t own_huge_bytes;	/* of a workload's own memory */
	struct vb_folios own_folios;	/* likewise */
	int error;			/* -errno */
	char error_where[160];
	char wrong_where[160];		/* what vb_op_verify() found first */
	uint64_t start_ns, end_ns;	/* of the measured part */
	uint64_t measured_steps;
	uint64_t offered_steps;		/* open loop: due by the end of the measured part */
	uint64_t samples_lost;
	struct vb_tally tally;
	uint64_t nr_ops;		/* the next one's place in last[], modulo VB_LAST_OPS */
	struct vb_last_op last[VB_LAST_OPS];
	uint64_t request_iova, request_bytes;	/* the unmap request that is on; 0 bytes: none is */
	struct vb_hist hist[VB_NR_METRICS];
};

/* samples=yes: what the recorder did. */
struct vb_samples_seen {
	bool ended;			/* the rest is set, but for cpu_wanted */
	uint64_t written, lost;		/* samples */
	uint64_t bytes;			/* of samples.bin */
	int cpu_wanted;			/* -1: every CPU has a worker */
	int cpu;			/* where the thread was last */
	double cpu_s;			/* CPU time that it took */
	int error;			/* -errno of the first write that failed */
	int fd;				/* in the container's process */
	char io[32];
};

struct vb_pinner_seen {
	unsigned int mdev;
	int requested_node, cpu, node;
	uint64_t pins, unpins;
};

/* The IOMMUs' page tables, all of the machine's, as far as the kernel counts them. */
struct vb_tables_seen {
	bool looked;			/* some workload did */
	int error;			/* -errno: it can't be told */
	uint64_t before_bytes;		/* before the first map */
	uint64_t mapped_bytes;		/* most with all mapped */
	uint64_t left_bytes;		/* after the last unmap */
};

#define VB_MAX_PINNERS_SEEN 64

#define VB_MAX_TRACED_LOCKS 64

struct vb_traced_lock {
	int section;			/* index in the job, -1: no worker's */
	struct vb_lock_wait wait;	/* its tid is any of the section's */
};

/* trace=: what the kernel's tracing counted in the measured part. */
struct vb_traced {
	bool ended;			/* the rest is set */
	struct vb_trace_count before;	/* faults until it began */
	struct vb_trace_count faults;
	unsigned int nr_locks;
	struct vb_traced_lock lock[VB_MAX_TRACED_LOCKS];	/* longest first */
	uint64_t left_out_ns;		/* of places beyond those */
	uint64_t dropped;		/* stretches that the kernel had no room for */
};

/* The ranges of the first callbacks that an mdev got. */
struct vb_callbacks_seen {
	unsigned int nr;
	struct vb_callback_range range[VB_CALLBACK_LOG];
};

struct vb_run_shared {
	_Atomic int phase;		/* enum vb_phase */
	_Atomic int stop;		/* set by the supervisor: end early */
	int error;			/* -errno of what went wrong outside workers */
	char error_where[256];		/* what, and what to do */
	char served_by[80];		/* module whose count rose at VFIO_SET_IOMMU */
	bool served_known;		/* false: no count, or more than one, rose */
	bool stock_builtin;		/* type1 is no module: it has no count */
	enum vb_granularity observed;
	uint64_t clock_cost_ps;
	unsigned int nr_mdevs;		/* those counted: open all the time */
	struct vb_counters counters[VB_MAX_MDEVS];
	struct vb_callbacks_seen callbacks[VB_MAX_MDEVS];
	struct vb_hist module_hist[VB_HIST_NR];	/* of all mdevs */
	uint64_t cold_bytes;		/* that each worker swept its caches with; 0: it did not */
	uint64_t huge_bytes;		/* of the windows' memory, backed by huge pages */
	struct vb_folios folios;	/* behind it */
	struct vb_tables_seen tables;
	struct vb_locked locked_before, locked_after;
	struct vb_noise noise;		/* events of the measured part */
	struct vb_samples_seen samples;
	struct vb_traced traced;
	unsigned int nr_pinners;
	struct vb_pinner_seen pinner[VB_MAX_PINNERS_SEEN];
	struct vb_answers answers;	/* of a workload that asks */
};

const char *vb_metric_name(enum vb_metric metric);
const char *vb_module_hist_name(enum vb_hist_id id);
const char *vb_phase_name(enum vb_phase phase);

#endif /* VB_SHARED_H */
