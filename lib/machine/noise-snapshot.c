// SPDX-License-Identifier: GPL-2.0-or-later
/* Counters of the machine and of the workers at one moment. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/machine/noise-internal.h"
#include "lib/machine/sysfs.h"

#define MSR_SMI_COUNT	0x34	/* Intel SDM vol. 4, table 2-2; no such register elsewhere */
#define MAX_SIBLINGS	16	/* threads of a core; POWER has 8 */

static FILE *open_below_root(const char *path)
{
	char full[PATH_MAX];

	return vb_sysfs_path(full, sizeof(full), path) ? NULL : fopen(full, "re");
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static bool contains(const int *list, size_t nr, int cpu)
{
	for (size_t i = 0; i < nr; i++)
		if (list[i] == cpu)
			return true;
	return false;
}

static void collect_cpus(struct vb_noise_snapshot *s)
{
	for (size_t i = 0; i < s->nr_threads; i++)
		if (!contains(s->cpu, s->nr_cpus, s->thread[i].cpu))
			s->cpu[s->nr_cpus++] = s->thread[i].cpu;
	qsort(s->cpu, s->nr_cpus, sizeof(*s->cpu), by_number);
}

static void collect_siblings(struct vb_noise_snapshot *s)
{
	char path[96];
	int cpus[MAX_SIBLINGS];
	ssize_t nr;

	for (size_t c = 0; c < s->nr_cpus; c++) {
		snprintf(path, sizeof(path),
			 "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", s->cpu[c]);
		nr = vb_noise_cpu_list(path, cpus, MAX_SIBLINGS);
		for (ssize_t i = 0; i < nr; i++)
			if (!contains(s->cpu, s->nr_cpus, cpus[i]) &&
			    !contains(s->sibling, s->nr_siblings, cpus[i]))
				s->sibling[s->nr_siblings++] = cpus[i];
	}
}

/* user nice system idle iowait irq softirq steal; guest time is in user and nice */
static void take_ticks(const char *text, struct vb_cpu_ticks *t)
{
	uint64_t v[8];

	if (sscanf(text, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64, &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6],
		   &v[7]) != 8)
		return;
	t->known = true;
	t->busy = v[0] + v[1] + v[2] + v[5] + v[6];
	t->steal = v[7];
}

static void read_ticks(struct vb_noise_snapshot *s)
{
	FILE *file = open_below_root("/proc/stat");
	char *text = NULL;
	size_t size = 0;
	int cpu, rest;

	if (!file)
		return;
	while (getline(&text, &size, file) > 0) {
		if (sscanf(text, "cpu%d %n", &cpu, &rest) != 1)
			continue;
		for (size_t i = 0; i < s->nr_cpus + s->nr_siblings; i++)
			if ((i < s->nr_cpus ? s->cpu[i] : s->sibling[i - s->nr_cpus]) == cpu)
				take_ticks(text + rest, &s->ticks[i]);
	}
	free(text);
	fclose(file);
}

static void read_vmstat(struct vb_noise_snapshot *s)
{
	static const struct { const char *name; enum vb_vm_count count; } names[] = {
		{ "pgmigrate_success", VB_VM_MIGRATED },
		{ "compact_stall", VB_VM_COMPACT },
		{ "compact_daemon_wake", VB_VM_COMPACT },
		{ "thp_collapse_alloc", VB_VM_COLLAPSE },
		{ "numa_pte_updates", VB_VM_NUMA },
		{ "pswpin", VB_VM_SWAP },
		{ "pswpout", VB_VM_SWAP },
	};
	FILE *file = open_below_root("/proc/vmstat");
	char line[256], name[64];
	uint64_t value;

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %" SCNu64, name, &value) != 2)
			continue;
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (!strcmp(name, names[i].name)) {
				s->vm[names[i].count].known = true;
				s->vm[names[i].count].value += value;
			}
	}
	fclose(file);
}

/* Its core's and its package's; x86 only, and not in virtual machines. */
static void read_throttled(struct vb_noise_snapshot *s, size_t c)
{
	static const char *const files[] = { "core_throttle_count", "package_throttle_count" };
	char path[96];
	uint64_t value;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/thermal_throttle/%s",
			 s->cpu[c], files[i]);
		if (vb_sysfs_read_u64(path, &value))
			continue;
		s->throttled[c].known = true;
		s->throttled[c].value += value;
	}
}

static void read_smi(struct vb_noise_snapshot *s)
{
	char path[64], full[PATH_MAX];
	uint32_t value[2];
	int fd;

	snprintf(path, sizeof(path), "/dev/cpu/%d/msr", s->cpu[0]);
	if (vb_sysfs_path(full, sizeof(full), path))
		return;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		s->smi_forbidden = errno != ENOENT;
		return;
	}
	/* a register is 8 bytes; the count is in the lower 4 */
	s->smi.known = pread(fd, value, sizeof(value), MSR_SMI_COUNT) == sizeof(value);
	s->smi_forbidden = !s->smi.known;
	s->smi.value = s->smi.known ? value[0] : 0;
	close(fd);
}

/* "nonvoluntary_ctxt_switches:\t12" */
static bool read_switches(pid_t tid, uint64_t *switches)
{
	char path[64], line[256];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/status", (int)tid);
	file = open_below_root(path);
	if (!file)
		return false;
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "nonvoluntary_ctxt_switches: %" SCNu64, switches) == 1;
	fclose(file);
	return found;
}

/* ns on the CPU, ns waiting for it, times; all 0 where the kernel keeps none of it */
static bool read_times(pid_t tid, struct vb_thread_count *count)
{
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", (int)tid);
	return vb_sysfs_read(path, text, sizeof(text)) > 0 &&
	       sscanf(text, "%" SCNu64 " %" SCNu64, &count->run_ns, &count->wait_ns) == 2 &&
	       count->run_ns;
}

static struct vb_noise_snapshot *make(const struct vb_noise_thread *threads, size_t nr)
{
	struct vb_noise_snapshot *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->nr_threads = nr;
	s->thread = calloc(nr + 1, sizeof(*s->thread));
	s->count = calloc(nr + 1, sizeof(*s->count));
	s->cpu = calloc(nr + 1, sizeof(*s->cpu));
	s->sibling = calloc(nr * MAX_SIBLINGS + 1, sizeof(*s->sibling));
	s->ticks = calloc(nr * (MAX_SIBLINGS + 1) + 1, sizeof(*s->ticks));
	s->throttled = calloc(nr + 1, sizeof(*s->throttled));
	if (!s->thread || !s->count || !s->cpu || !s->sibling || !s->ticks || !s->throttled) {
		vb_noise_snapshot_free(s);
		return NULL;
	}
	if (nr)
		memcpy(s->thread, threads, nr * sizeof(*threads));
	collect_cpus(s);
	collect_siblings(s);
	return s;
}

void vb_noise_snapshot_free(struct vb_noise_snapshot *s)
{
	if (!s)
		return;
	vb_table_free(&s->interrupts);
	vb_table_free(&s->softirqs);
	free(s->thread);
	free(s->count);
	free(s->cpu);
	free(s->sibling);
	free(s->ticks);
	free(s->throttled);
	free(s);
}

int vb_noise_take(const struct vb_noise_thread *threads, size_t nr_threads,
		  struct vb_noise_snapshot **snapshot)
{
	struct vb_noise_snapshot *s = make(threads, nr_threads);

	*snapshot = NULL;
	if (!s)
		return -ENOMEM;
	if (vb_table_read("/proc/interrupts", s->cpu, s->nr_cpus, &s->interrupts) ||
	    vb_table_read("/proc/softirqs", s->cpu, s->nr_cpus, &s->softirqs)) {
		vb_noise_snapshot_free(s);
		return -ENOMEM;
	}
	read_ticks(s);
	read_vmstat(s);
	for (size_t c = 0; c < s->nr_cpus; c++)
		read_throttled(s, c);
	if (s->nr_cpus)
		read_smi(s);
	for (size_t i = 0; i < nr_threads; i++)
		if (s->thread[i].tid) {
			s->count[i].switches_known = read_switches(s->thread[i].tid,
								   &s->count[i].switches);
			s->count[i].times_known = read_times(s->thread[i].tid, &s->count[i]);
		}
	*snapshot = s;
	return 0;
}
