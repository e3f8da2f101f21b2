// SPDX-License-Identifier: GPL-2.0-or-later
/* The keys of job files: one table for the parser, the help and the man page. */
#include <string.h>

#include "bench/engine/job_impl.h"

#define SECOND		1000000000ull
#define HOUR		(3600 * SECOND)
#define KIB		1024ull
#define TIB		(KIB * KIB * KIB * KIB)

#define WIDTH(type, field)	sizeof(((type *)NULL)->field)
#define IN_GLOBAL(field)	.global = true, .offset = offsetof(struct vb_global, field), \
				.width = WIDTH(struct vb_global, field)
#define IN_SECTION(field)	.offset = offsetof(struct vb_section, field), \
				.width = WIDTH(struct vb_section, field)
#define RANGE(low, high)	.min = (low), .max = (high)
#define NODE_WORD(node)		((uint64_t)(int64_t)(node))

static const struct vb_job_word advices[] = {
	{ "dontneed", VB_ADVICE_DONTNEED },
	{ "pageout", VB_ADVICE_PAGEOUT },
	{ "collapse", VB_ADVICE_COLLAPSE },
	{ "move", VB_ADVICE_MOVE },
	{ "compact", VB_ADVICE_COMPACT },
	{ NULL }
};

static const struct vb_job_word arrivals[] = {
	{ "fixed", VB_ARRIVAL_FIXED },
	{ "poisson", VB_ARRIVAL_POISSON },
	{ NULL }
};

static const struct vb_job_word backings[] = {
	{ "anonymous", VB_BACKING_ANONYMOUS },
	{ "anonymous_hugetlb_2mb", VB_BACKING_ANONYMOUS_HUGETLB_2MB },
	{ "anonymous_hugetlb_1gb", VB_BACKING_ANONYMOUS_HUGETLB_1GB },
	{ "shmem", VB_BACKING_SHMEM },
	{ "memfd", VB_BACKING_MEMFD },
	{ "memfd_hugetlb_2mb", VB_BACKING_MEMFD_HUGETLB_2MB },
	{ "memfd_hugetlb_1gb", VB_BACKING_MEMFD_HUGETLB_1GB },
	{ "file", VB_BACKING_FILE },
	{ "bar", VB_BACKING_BAR },
	{ NULL }
};

static const struct vb_job_word classes[] = {
	{ "smoke", VB_CLASS_SMOKE },
	{ "standard", VB_CLASS_STANDARD },
	{ "stress", VB_CLASS_STRESS },
	{ "pathological", VB_CLASS_PATHOLOGICAL },
	{ NULL }
};

static const struct vb_job_word colds[] = {
	{ "auto", VB_COLD_AUTO },
	{ "no", VB_COLD_NO },
	{ "yes", VB_COLD_YES },
	{ NULL }
};

static const struct vb_job_word disciplines[] = {
	{ "fenced", VB_DISCIPLINE_FENCED },
	{ "racing", VB_DISCIPLINE_RACING },
	{ NULL }
};

static const struct vb_job_word ends[] = {
	{ "exit", VB_END_EXIT },
	{ "kill", VB_END_KILL },
	{ NULL }
};

static const struct vb_job_word guards[] = {
	{ "auto", VB_GUARD_AUTO },
	{ "on", VB_GUARD_ON },
	{ "off", VB_GUARD_OFF },
	{ NULL }
};

static const struct vb_job_word layouts[] = {
	{ "auto", VB_LAYOUT_AUTO },
	{ "fixed", VB_LAYOUT_FIXED },
	{ "random", VB_LAYOUT_RANDOM },
	{ NULL }
};

static const struct vb_job_word module_modes[] = {
	{ "normal", VB_MODE_NORMAL },
	{ "bare", VB_MODE_BARE },
	{ "counting", VB_MODE_COUNTING },
	{ "busted-skip-unpin", VB_MODE_BUSTED_SKIP_UNPIN },
	{ "busted-miscount", VB_MODE_BUSTED_MISCOUNT },
	{ "busted-double-unpin", VB_MODE_BUSTED_DOUBLE_UNPIN },
	{ "busted-unpin-after-return", VB_MODE_BUSTED_UNPIN_AFTER_RETURN },
	{ "busted-sleep", VB_MODE_BUSTED_SLEEP },
	{ "busted-lock", VB_MODE_BUSTED_LOCK },
	{ NULL }
};

static const struct vb_job_word noes[] = { { "no", false }, { "yes", true }, { NULL } };
static const struct vb_job_word nones[] = { { "none", 0 }, { NULL } };
static const struct vb_job_word nevers[] = { { "never", 0 }, { NULL } };
static const struct vb_job_word alls[] = { { "all", 0 }, { NULL } };
static const struct vb_job_word eaches[] = { { "each", 0 }, { NULL } };

static const struct vb_job_word nodes[] = {
	{ "any", NODE_WORD(VB_NODE_ANY) },
	{ "all", NODE_WORD(VB_NODE_ALL) },
	{ NULL }
};

static const struct vb_job_word mem_nodes[] = {
	{ "any", NODE_WORD(VB_NODE_ANY) },
	{ "local", NODE_WORD(VB_NODE_LOCAL) },
	{ NULL }
};

static const struct vb_job_word patterns[] = {
	{ "linear", VB_PATTERN_LINEAR },
	{ "reverse", VB_PATTERN_REVERSE },
	{ "random", VB_PATTERN_RANDOM },
	{ "interleaved", VB_PATTERN_INTERLEAVED },
	{ NULL }
};

static const struct vb_job_word pinner_nodes[] = {
	{ "any", NODE_WORD(VB_NODE_ANY) },
	{ NULL }
};

static const struct vb_job_word pinner_modes[] = {
	{ "steady", VB_PINNER_STEADY },
	{ "churn", VB_PINNER_CHURN },
	{ "racing", VB_PINNER_RACING },
	{ NULL }
};

static const struct vb_job_word prefaults[] = {
	{ "populate", VB_PREFAULT_POPULATE },
	{ "none", VB_PREFAULT_NONE },
	{ "touch", VB_PREFAULT_TOUCH },
	{ "memset", VB_PREFAULT_MEMSET },
	{ "parallel", VB_PREFAULT_PARALLEL },
	{ NULL }
};

static const struct vb_job_word samples_ios[] = {
	{ "uring", VB_SAMPLES_URING },
	{ "pwrite", VB_SAMPLES_PWRITE },
	{ NULL }
};

static const struct vb_job_word targets[] = {
	{ "pci", VB_TARGET_PCI },
	{ "mdev", VB_TARGET_MDEV },
	{ "both", VB_TARGET_BOTH },
	{ NULL }
};

static const struct vb_job_word thps[] = {
	{ "default", VB_THP_DEFAULT },
	{ "always", VB_THP_ALWAYS },
	{ "never", VB_THP_NEVER },
	{ NULL }
};

static const struct vb_job_word traces[] = {
	{ "none", VB_TRACE_NONE },
	{ "faults", VB_TRACE_FAULTS },
	{ "locks", VB_TRACE_LOCKS },
	{ NULL }
};

/* [global] first, then the worker sections' keys; each sorted by name. */
static const struct vb_job_key keys[] = {
	{ "callback_delay", IN_GLOBAL(callback_delay_ns), .type = VB_JOB_TIME,
	  RANGE(0, VB_MAX_DELAY_NS),
	  .values = "time, 0s..1s", .standard = "0s",
	  .help = "each callback of an mdev sleeps so long after it has unpinned, as a vendor driver "
		  "does that waits for its hardware" },
	{ "class", IN_GLOBAL(class), .type = VB_JOB_CHOICE, .words = classes, .single = true,
	  .values = "smoke, standard, stress or pathological", .standard = "standard",
	  .help = "how hard it is on the kernel; pathological: may hang or crash it" },
	{ "cold", IN_GLOBAL(cold), .type = VB_JOB_CHOICE, .words = colds,
	  .values = "auto, no or yes", .standard = "auto",
	  .help = "each worker sweeps its CPU's caches before it starts; auto: in ab outside the lab" },
	{ "containers", IN_GLOBAL(containers), .type = VB_JOB_NUMBER, RANGE(1, VB_MAX_CONTAINERS),
	  .values = "number, 1..16", .standard = "1",
	  .help = "containers that the windows are shared out over in turn; each with an assigned device of "
		  "its own (--device, as often), or mdevs of its own" },
	{ "description", IN_GLOBAL(description), .type = VB_JOB_TEXT, .single = true,
	  .values = "text", .standard = "",
	  .help = "one line for lists and reports" },
	{ "direct_file", IN_GLOBAL(direct_file), .type = VB_JOB_TEXT, .single = true,
	  .values = "path", .standard = "",
	  .help = "file or block device that workload direct_read reads; empty: a file of its own in $TMPDIR "
		  "or /var/tmp, or the program's own where those can't be read with O_DIRECT" },
	{ "discipline", IN_GLOBAL(discipline), .type = VB_JOB_CHOICE, .words = disciplines,
	  .values = "fenced or racing", .standard = "fenced",
	  .help = "how the mdev pins around a callback; racing: late pins can happen" },
	{ "duration", IN_GLOBAL(duration_ns), .type = VB_JOB_TIME, RANGE(0, 744 * HOUR),
	  .values = "time, 0s..744h", .standard = "10s",
	  .help = "length of the measured part; 0s: until every worker that has ops= has done them" },
	{ "guard", IN_GLOBAL(guard), .type = VB_JOB_CHOICE, .words = guards,
	  .values = "auto, on or off", .standard = "auto",
	  .help = "one unmap at a time; auto: on variants that can deadlock" },
	{ "iommu_mode", IN_GLOBAL(iommu), .type = VB_JOB_IOMMU,
	  .values = "an IOMMU mode ('vfio-bench list iommus')",
	  .standard = "vfio_type1v2_iommu",
	  .help = "how memory is mapped; null: measures the suite itself" },
	{ "label", IN_GLOBAL(label), .type = VB_JOB_TEXT, .single = true,
	  .values = "text", .standard = "",
	  .help = "name of the run, put before the values of its lists" },
	{ "last_ops", IN_GLOBAL(last_ops), .type = VB_JOB_CHOICE, .words = noes,
	  .values = "no or yes", .standard = "no",
	  .help = "each worker remembers what it did last, for last-ops.csv of a run that fails: a soak asks "
		  "for it" },
	{ "layout", IN_GLOBAL(layout), .type = VB_JOB_CHOICE, .words = layouts,
	  .values = "auto, fixed or random", .standard = "auto",
	  .help = "where windows lie in IOVA space, and who allocates first; random: from the run's "
		  "seed; auto: random in ab, else fixed" },
	{ "mdevs", IN_GLOBAL(mdevs), .type = VB_JOB_NUMBER, RANGE(0, 16),
	  .values = "number, 0..16", .standard = "1",
	  .help = "mdevs in each container, where a section uses one" },
	{ "module_mode", IN_GLOBAL(module_mode), .type = VB_JOB_CHOICE, .words = module_modes,
	  .values = "normal, bare, counting, busted-skip-unpin, busted-miscount, busted-double-unpin, "
		    "busted-unpin-after-return, busted-sleep or busted-lock", .standard = "normal",
	  .help = "mode of the companion module; counting: its callback reads no clock; bare: it only "
		  "unpins; busted-*: wrong on purpose" },
	{ "needs", IN_GLOBAL(needs), .type = VB_JOB_TEXT, .single = true,
	  .values = "text", .standard = "",
	  .help = "what the machine must have, for people: memory, huge pages, a device" },
	{ "op_timeout", IN_GLOBAL(op_timeout_ns), .type = VB_JOB_TIME,
	  RANGE(SECOND, 24 * HOUR),
	  .values = "time, 1s..24h", .standard = "10m",
	  .help = "an operation that takes longer counts as hung" },
	{ "oversubscribe", IN_GLOBAL(oversubscribe), .type = VB_JOB_CHOICE, .words = noes,
	  .values = "no or yes", .standard = "no",
	  .help = "allow more threads than CPUs" },
	{ "primary", IN_GLOBAL(primary), .type = VB_JOB_TEXT, .single = true,
	  .values = "names with commas, [SECTION.]METRIC.STAT, such as request.mean, request.p99",
	  .standard = "",
	  .help = "what comparisons of this job decide by; all else is exploratory; empty: mean and p99 of "
		  "each section's main metric" },
	{ "samples", IN_GLOBAL(samples), .type = VB_JOB_CHOICE, .words = noes,
	  .values = "no or yes", .standard = "no",
	  .help = "record every operation of the measured part in samples.bin, 16 bytes each" },
	{ "samples_io", IN_GLOBAL(samples_io), .type = VB_JOB_CHOICE, .words = samples_ios,
	  .values = "uring or pwrite", .standard = "uring",
	  .help = "how samples are written; uring: io_uring, around the page cache, where both can be "
		  "had" },
	{ "scale", IN_GLOBAL(scale), .type = VB_JOB_NUMBER, RANGE(1, 1u << 20),
	  .values = "number, 1..1048576", .standard = "1",
	  .help = "divides the windows, for machines with less memory: count= where it is more than 1, "
		  "else size=; and buffers=" },
	{ "seed", IN_GLOBAL(seed), .type = VB_JOB_NUMBER, RANGE(0, UINT64_MAX),
	  .values = "number, 0..18446744073709551615", .standard = "0",
	  .help = "start of the random choices; 0: chosen and recorded" },
	{ "shuffle", IN_GLOBAL(shuffle_ns), .type = VB_JOB_TIME, RANGE(0, HOUR),
	  .values = "time, 0s..1h", .standard = "0s",
	  .help = "workers are moved to other CPUs so often (at most ten times a second); 0s: each stays on "
		  "its own" },
	{ "source", IN_GLOBAL(source), .type = VB_JOB_TEXT, .single = true,
	  .values = "text", .standard = "",
	  .help = "where the scenario comes from" },
	{ "trace", IN_GLOBAL(trace), .type = VB_JOB_CHOICE, .words = traces,
	  .values = "none, faults or locks", .standard = "none",
	  .help = "let the kernel count in the measured part, for a run whose times are no figure; "
		  "faults: those that IOMMUs report; locks: where workers waited for which lock" },
	{ "warmup", IN_GLOBAL(warmup_ns), .type = VB_JOB_TIME, RANGE(0, HOUR),
	  .values = "time, 0s..1h", .standard = "1s",
	  .help = "before the measured part; the same work, not recorded" },

	{ "advice", IN_SECTION(advice), .type = VB_JOB_CHOICE, .words = advices,
	  .values = "dontneed, pageout, collapse, move or compact", .standard = "dontneed",
	  .help = "what workload memory_advise asks the kernel to do with pages that are mapped" },
	{ "arrival", IN_SECTION(arrival), .type = VB_JOB_CHOICE, .words = arrivals,
	  .values = "fixed or poisson", .standard = "fixed",
	  .help = "with rate=: even gaps between intended starts, or those of a Poisson process" },
	{ "backing", IN_SECTION(backing), .type = VB_JOB_CHOICE, .words = backings,
	  .values = "anonymous, anonymous_hugetlb_2mb, anonymous_hugetlb_1gb, shmem, memfd, "
		    "memfd_hugetlb_2mb, memfd_hugetlb_1gb, file or bar",
	  .standard = "anonymous",
	  .help = "kind of memory behind the window; file: page cache of a file in $TMPDIR or /var/tmp; "
		  "bar: the assigned device's largest" },
	{ "batch", IN_SECTION(batch), .type = VB_JOB_NUMBER, RANGE(1, 1u << 24),
	  .words = alls,
	  .values = "number, 1..16777216 or all", .standard = "all",
	  .help = "mappings that a thread maps before it unmaps them one by one, and maps the next; all: "
		  "the window is mapped as a whole before it is unmapped" },
	{ "buffers", IN_SECTION(job_buffers), .type = VB_JOB_NUMBER, RANGE(1, 1u << 24),
	  .words = nones,
	  .values = "number, 1..16777216 or none", .standard = "none",
	  .help = "mappings' worth of memory behind the window, mapped again and again: mapping N has "
		  "buffer N modulo so many; none: each mapping has its own" },
	{ "count", IN_SECTION(job_count), .type = VB_JOB_NUMBER, RANGE(1, 1u << 24),
	  .values = "number, 1..16777216", .standard = "1",
	  .help = "mappings in the window" },
	{ "device", IN_SECTION(device), .type = VB_JOB_CHOICE, .words = targets,
	  .values = "pci, mdev or both", .standard = "pci",
	  .help = "what the section needs in the container" },
	{ "end", IN_SECTION(end), .type = VB_JOB_CHOICE, .words = ends,
	  .values = "exit or kill", .standard = "exit",
	  .help = "how a process ends that a workload (exit_mapped) ends; kill: by SIGKILL" },
	{ "mem_node", IN_SECTION(mem_node), .type = VB_JOB_NODE, RANGE(0, 1023),
	  .words = mem_nodes,
	  .values = "number, 0..1023, any or local", .standard = "local",
	  .help = "NUMA node of the window's memory; local: that of the worker's CPU" },
	{ "node", IN_SECTION(node), .type = VB_JOB_NODE, RANGE(0, 1023), .words = nodes,
	  .values = "number, 0..1023, any or all", .standard = "any",
	  .help = "NUMA node of the worker's CPU; all: threads in turn on every node" },
	{ "ops", IN_SECTION(ops), .type = VB_JOB_NUMBER, RANGE(0, 1ull << 40),
	  .values = "number, 0..1099511627776", .standard = "0",
	  .help = "operations (rounds) after which a worker is done; 0: no bound" },
	{ "pattern", IN_SECTION(pattern), .type = VB_JOB_CHOICE, .words = patterns,
	  .values = "linear, reverse, random or interleaved", .standard = "linear",
	  .help = "order in which the mappings of the window come and, with unmaps=each, go; "
		  "interleaved: each fourth, from the first, the second, the fourth, the third" },
	{ "pin_every", IN_SECTION(pin_every), .type = VB_JOB_NUMBER, RANGE(1, 1u << 24),
	  .words = nones,
	  .values = "number, 1..16777216 or none", .standard = "none",
	  .help = "the mdev pins one mapping in so many" },
	{ "pin_pages", IN_SECTION(pin_pages), .type = VB_JOB_NUMBER,
	  RANGE(1, VB_MAX_BATCH_PAGES),
	  .values = "number, 1..512", .standard = "1",
	  .help = "pages of one pin call" },
	{ "pinner_hold", IN_SECTION(pinner_hold_ns), .type = VB_JOB_TIME, RANGE(0, SECOND),
	  .values = "time, 0s..1s", .standard = "0s",
	  .help = "how long a pinner of mode churn or racing holds a pin" },
	{ "pinner_mode", IN_SECTION(pinner_mode), .type = VB_JOB_CHOICE,
	  .words = pinner_modes,
	  .values = "steady, churn or racing", .standard = "churn",
	  .help = "steady: pins what is open; churn: pins and unpins; racing: "
		  "churn without the fence" },
	{ "pinner_node", IN_SECTION(pinner_node), .type = VB_JOB_NODE, RANGE(0, 1023),
	  .words = pinner_nodes,
	  .values = "number, 0..1023 or any", .standard = "any",
	  .help = "NUMA node of the pinners' CPUs" },
	{ "pinners", IN_SECTION(pinners), .type = VB_JOB_NUMBER, RANGE(0, VB_MAX_PINNERS),
	  .values = "number, 0..64", .standard = "0",
	  .help = "kthreads of the companion module for each worker's window" },
	{ "prefault", IN_SECTION(prefault), .type = VB_JOB_CHOICE, .words = prefaults,
	  .values = "populate, none, touch, memset or parallel", .standard = "populate",
	  .help = "how the window's memory is made present before it is mapped; none: whoever pins it "
		  "faults it in; parallel: a write to each page by prefault_threads=" },
	{ "prefault_threads", IN_SECTION(prefault_threads), .type = VB_JOB_NUMBER,
	  RANGE(1, VB_PREFAULT_THREADS_MAX),
	  .values = "number, 1..256", .standard = "1",
	  .help = "threads of prefault=parallel, on the CPUs of the memory's node" },
	{ "rate", IN_SECTION(rate_per_s), .type = VB_JOB_NUMBER, RANGE(1, VB_JOB_RATE_MAX),
	  .words = nones,
	  .values = "number, 1..10000000 or none", .standard = "none",
	  .help = "open loop: steps a second that each worker is to start, whether or not the last has "
		  "ended in time; none: the next starts when the last has ended" },
	{ "remap_every", IN_SECTION(remap_every), .type = VB_JOB_NUMBER, RANGE(1, 1u << 30),
	  .words = nevers,
	  .values = "number, 1..1073741824 or never", .standard = "1",
	  .help = "rounds after which the memory is given back and got anew" },
	{ "size", IN_SECTION(job_size_bytes), .type = VB_JOB_SIZE, RANGE(4 * KIB, TIB),
	  .values = "size, 4k..1t", .standard = "4k",
	  .help = "bytes of one mapping" },
	{ "spaces", IN_SECTION(spaces), .type = VB_JOB_NUMBER, RANGE(1, VB_MAX_SPACES),
	  .values = "number, 1..64", .standard = "1",
	  .help = "address spaces that workload iommufd_copy copies each mapping into" },
	{ "stride", IN_SECTION(stride_bytes), .type = VB_JOB_SIZE, RANGE(4 * KIB, TIB),
	  .words = nones, .values = "size, 4k..1t or none", .standard = "none",
	  .help = "from one mapping's IOVA to the next one's; none: they follow each other" },
	{ "thp", IN_SECTION(thp), .type = VB_JOB_CHOICE, .words = thps,
	  .values = "default, always or never", .standard = "default",
	  .help = "transparent huge pages for the window's memory (MADV_HUGEPAGE, MADV_NOHUGEPAGE); "
		  "default: as the system is set" },
	{ "threads", IN_SECTION(threads), .type = VB_JOB_NUMBER, RANGE(1, 1024),
	  .values = "number, 1..1024", .standard = "1",
	  .help = "workers of the section" },
	{ "unmaps", IN_SECTION(unmaps), .type = VB_JOB_NUMBER, RANGE(1, 1u << 24),
	  .words = eaches,
	  .values = "number, 1..16777216 or each", .standard = "1",
	  .help = "requests that unmap the window, each over the same share of its mappings; each: one a "
		  "mapping" },
	{ "workload", IN_SECTION(workload), .type = VB_JOB_WORKLOAD,
	  .values = "a workload ('vfio-bench list workloads')",
	  .help = "what a worker does in its loop" },
};

const struct vb_job_key *const vb_job_keys = keys;
const size_t vb_nr_job_keys = sizeof(keys) / sizeof(keys[0]);

const struct vb_job_key *job_key_find(const char *name)
{
	for (size_t i = 0; i < vb_nr_job_keys; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

const char *vb_job_word(const char *key, uint64_t value)
{
	const struct vb_job_key *k = job_key_find(key);

	for (const struct vb_job_word *word = k ? k->words : NULL; word && word->name; word++)
		if (word->value == value)
			return word->name;
	return NULL;
}
