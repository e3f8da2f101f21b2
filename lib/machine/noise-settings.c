// SPDX-License-Identifier: GPL-2.0-or-later
/* Settings of the machine that make times vary, as they bear on the workers' CPUs. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/machine/facts.h"
#include "lib/machine/noise-internal.h"
#include "lib/machine/sysfs.h"

#define CPU_DIR		"/sys/devices/system/cpu"
#define CLOCKSOURCE	"/sys/devices/system/clocksource/clocksource0/current_clocksource"
#define MANY_CPUS	4096
#define LOOKS		5	/* of vb_noise_running() */

struct settings {
	const int *cpus;
	size_t nr_cpus;
	struct vb_noise *noise;
};

static bool is_workers(const struct settings *s, int cpu)
{
	for (size_t i = 0; i < s->nr_cpus; i++)
		if (s->cpus[i] == cpu)
			return true;
	return false;
}

static int read_of_cpu(int cpu, const char *what, char *text, size_t size)
{
	char path[256];

	snprintf(path, sizeof(path), CPU_DIR "/cpu%d/%s", cpu, what);
	return vb_sysfs_read(path, text, size);
}

static void look_governor(const struct settings *s)
{
	char governor[64], other[64] = "";
	size_t known = 0, others = 0;

	for (size_t i = 0; i < s->nr_cpus; i++) {
		if (read_of_cpu(s->cpus[i], "cpufreq/scaling_governor", governor,
				sizeof(governor)) <= 0)
			continue;
		known++;
		/* userspace: a fixed rate that somebody chose */
		if (strcmp(governor, "performance") && strcmp(governor, "userspace")) {
			others++;
			strcpy(other, governor);
		}
	}
	if (!known)
		vb_noise_add_unknown(s->noise, VB_NOISE_GOVERNOR, NULL, "no cpufreq here: firmware or "
				     "hypervisor decide on the clock rate");
	else if (others)
		vb_noise_add(s->noise, VB_NOISE_GOVERNOR, (double)others, 0,
			     "cpupower frequency-set -g performance", "%s on %zu of %zu CPUs", other,
			     others, known);
	else
		vb_noise_add(s->noise, VB_NOISE_GOVERNOR, 0, 0, NULL, "the clock rate is held "
			     "(performance)");
}

static void look_turbo(const struct settings *s)
{
	uint64_t value;

	if (!vb_sysfs_read_u64(CPU_DIR "/intel_pstate/no_turbo", &value))
		vb_noise_add(s->noise, VB_NOISE_TURBO, !value, 0,
			     "echo 1 > " CPU_DIR "/intel_pstate/no_turbo", value ? "off" : "on");
	else if (!vb_sysfs_read_u64(CPU_DIR "/cpufreq/boost", &value))
		vb_noise_add(s->noise, VB_NOISE_TURBO, value != 0, 0,
			     "echo 0 > " CPU_DIR "/cpufreq/boost", value ? "on" : "off");
	else
		vb_noise_add_unknown(s->noise, VB_NOISE_TURBO, NULL, "the kernel has no switch for it");
}

/* The first other worker's CPU on the same core; -1: none, -2: not known. */
static int core_mate(const struct settings *s, int cpu)
{
	char path[128];
	int cpus[16];
	ssize_t nr;

	snprintf(path, sizeof(path), CPU_DIR "/cpu%d/topology/thread_siblings_list", cpu);
	nr = vb_noise_cpu_list(path, cpus, 16);
	for (ssize_t i = 0; i < nr; i++)
		if (cpus[i] != cpu && is_workers(s, cpus[i]))
			return cpus[i];
	return nr < 0 ? -2 : -1;
}

static void look_smt(const struct settings *s)
{
	size_t sharing = 0, known = 0;
	int first = -1, mate, with = -1;

	for (size_t i = 0; i < s->nr_cpus; i++) {
		mate = core_mate(s, s->cpus[i]);
		known += mate != -2;
		if (mate < 0)
			continue;
		if (!sharing++) {
			first = s->cpus[i];
			with = mate;
		}
	}
	if (!known)
		vb_noise_add_unknown(s->noise, VB_NOISE_SMT, NULL, "the kernel does not tell which CPUs "
				     "share a core");
	else if (sharing)
		vb_noise_add(s->noise, VB_NOISE_SMT, (double)sharing, 0, "fewer threads, or: echo off > "
			     CPU_DIR "/smt/control", "%zu CPUs to be used share a core with another, "
			     "such as %d and %d", sharing, first, with);
	else
		vb_noise_add(s->noise, VB_NOISE_SMT, 0, 0, NULL, "no two of the CPUs to be used share "
			     "a core");
}

/* What a program asks for by holding /dev/cpu_dma_latency open: us, -1: not known. */
static int64_t allowed_latency(void)
{
	char full[PATH_MAX];
	int32_t value = -1;
	int fd;

	if (vb_sysfs_path(full, sizeof(full), "/dev/cpu_dma_latency"))
		return -1;
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (read(fd, &value, sizeof(value)) != sizeof(value))
		value = -1;
	close(fd);
	return value;
}

/* Exit latency of the deepest state that CPU may enter; false: it has none. */
static bool deepest(int cpu, int64_t allowed, uint64_t *latency, char *name, size_t size)
{
	bool any = false;
	uint64_t us, off;

	*latency = 0;
	for (int state = 0; state < 32; state++) {
		char path[128], text[64];

		snprintf(path, sizeof(path), CPU_DIR "/cpu%d/cpuidle/state%d/latency", cpu, state);
		if (vb_sysfs_read_u64(path, &us))
			break;
		any = true;
		snprintf(path, sizeof(path), CPU_DIR "/cpu%d/cpuidle/state%d/disable", cpu, state);
		if ((!vb_sysfs_read_u64(path, &off) && off) || (allowed >= 0 && us > (uint64_t)allowed))
			continue;
		snprintf(path, sizeof(path), "cpuidle/state%d/name", state);
		if (us >= *latency && read_of_cpu(cpu, path, text, sizeof(text)) > 0) {
			*latency = us;
			snprintf(name, size, "%s", text);
		}
	}
	return any;
}

static void look_idle_states(const struct settings *s)
{
	char name[64], worst_name[64] = "";
	int64_t allowed = allowed_latency();
	uint64_t latency, worst = 0;
	bool known = false;

	for (size_t i = 0; i < s->nr_cpus; i++) {
		if (!deepest(s->cpus[i], allowed, &latency, name, sizeof(name)))
			continue;
		known = true;
		if (latency >= worst) {
			worst = latency;
			strcpy(worst_name, name);
		}
	}
	if (!known)
		vb_noise_add_unknown(s->noise, VB_NOISE_IDLE_STATES, NULL, "no cpuidle here: firmware or "
				     "hypervisor decide how deep a CPU sleeps");
	else
		vb_noise_add(s->noise, VB_NOISE_IDLE_STATES, (double)worst, 0, "cpupower idle-set -D 10",
			     "the deepest that may be entered is %s, %" PRIu64 " us to wake up",
			     worst_name[0] ? worst_name : "none", worst);
}

static void look_clocksource(const struct settings *s)
{
	char name[64];

	if (vb_sysfs_read(CLOCKSOURCE, name, sizeof(name)) <= 0)
		vb_noise_add_unknown(s->noise, VB_NOISE_CLOCKSOURCE, NULL, "the kernel does not tell");
	else
		vb_noise_add(s->noise, VB_NOISE_CLOCKSOURCE, !vb_clocksource_good(), 0,
			     "boot with tsc=reliable, if the machine's TSC is",
			     vb_clocksource_good() ? "%s" : "%s is not the CPU's counter", name);
}

static int is_process(const struct dirent *entry)
{
	return isdigit((unsigned char)entry->d_name[0]);
}

/* 1: runs, 0: does not, -errno.  /proc/PID/comm takes no lock of the process. */
static int runs(const char *program)
{
	char real[PATH_MAX], path[300], comm[64];
	struct dirent **entries;
	int found = 0, nr = vb_sysfs_path(real, sizeof(real), "/proc");

	if (nr)
		return nr;
	nr = scandir(real, &entries, is_process, NULL);
	if (nr <= 0)
		return nr ? -errno : -ENOENT;	/* at least we run */
	for (int i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entries[i]->d_name);
		found |= vb_sysfs_read(path, comm, sizeof(comm)) > 0 && !strcmp(comm, program);
		free(entries[i]);
	}
	free(entries);
	return found;
}

static void look_irqbalance(const struct settings *s)
{
	int found = runs("irqbalance");

	if (found < 0)
		vb_noise_add_unknown(s->noise, VB_NOISE_IRQBALANCE, NULL, "processes can't be listed: %s",
				     strerror(-found));
	else
		vb_noise_add(s->noise, VB_NOISE_IRQBALANCE, found, 0, "systemctl stop irqbalance",
			     found ? "runs" : "does not run");
}

static void look_numa_balancing(const struct settings *s)
{
	static const char path[] = "/proc/sys/kernel/numa_balancing";
	uint64_t value;
	int ret = vb_sysfs_read_u64(path, &value), nodes[2];
	bool several = vb_noise_cpu_list("/sys/devices/system/node/online", nodes, 2) > 1;

	if (ret == -ENOENT)
		vb_noise_add(s->noise, VB_NOISE_NUMA_BALANCING, 0, 0, NULL, "this kernel has none");
	else if (ret)
		vb_noise_add_unknown(s->noise, VB_NOISE_NUMA_BALANCING, NULL, "%s: %s", path,
				     strerror(-ret));
	else
		vb_noise_add(s->noise, VB_NOISE_NUMA_BALANCING, value && several, 0,
			     "sysctl kernel.numa_balancing=0", !value ? "off" : several ? "on" :
			     "on, without effect: there is one node");
}

static void look_ksm(const struct settings *s)
{
	static const char path[] = "/sys/kernel/mm/ksm/run";
	uint64_t value;
	int ret = vb_sysfs_read_u64(path, &value);

	if (ret == -ENOENT)
		vb_noise_add(s->noise, VB_NOISE_KSM, 0, 0, NULL, "this kernel has none");
	else if (ret)
		vb_noise_add_unknown(s->noise, VB_NOISE_KSM, NULL, "%s: %s", path, strerror(-ret));
	else
		vb_noise_add(s->noise, VB_NOISE_KSM, value == 1, 0, "echo 0 > /sys/kernel/mm/ksm/run",
			     value == 1 ? "same pages are merged" : "off");
}

/* How many of the workers' CPUs are in the list at @path. */
static size_t covered(const struct settings *s, const char *path, int *list)
{
	ssize_t nr = vb_noise_cpu_list(path, list, MANY_CPUS);
	size_t covered = 0;

	for (ssize_t i = 0; i < nr; i++)
		covered += is_workers(s, list[i]);
	return covered;
}

/* Nothing is wrong without them; who has them wants to know that they are used. */
static void look_isolation(const struct settings *s)
{
	int *list = malloc(MANY_CPUS * sizeof(*list));
	size_t isolated, no_tick;

	if (!list || !vb_sysfs_exists(CPU_DIR "/isolated")) {
		vb_noise_add_unknown(s->noise, VB_NOISE_ISOLATION, NULL, "the kernel does not tell");
	} else {
		isolated = covered(s, CPU_DIR "/isolated", list);
		no_tick = covered(s, CPU_DIR "/nohz_full", list);
		vb_noise_add(s->noise, VB_NOISE_ISOLATION, (double)isolated, 0, NULL,
			     "of %zu CPUs to be used %zu are isolated (isolcpus=), %zu without tick "
			     "(nohz_full=)", s->nr_cpus, isolated, no_tick);
	}
	free(list);
}

void vb_noise_settings(const int *cpus, size_t nr_cpus, struct vb_noise *noise)
{
	struct settings s = { cpus, nr_cpus, noise };

	look_governor(&s);
	look_turbo(&s);
	look_smt(&s);
	look_idle_states(&s);
	look_clocksource(&s);
	look_irqbalance(&s);
	look_numa_balancing(&s);
	look_ksm(&s);
	look_isolation(&s);
}

/* procs_running of /proc/stat: tasks that run or want to; -1: not known. */
static int running(void)
{
	char path[PATH_MAX], *text = NULL;
	FILE *file = vb_sysfs_path(path, sizeof(path), "/proc/stat") ? NULL : fopen(path, "re");
	size_t size = 0;
	int count = -1;

	if (!file)
		return -1;
	while (count < 0 && getline(&text, &size, file) > 0)
		if (sscanf(text, "procs_running %d", &count) != 1)
			count = -1;
	free(text);
	fclose(file);
	return count;
}

void vb_noise_running(uint64_t for_ns, struct vb_noise *noise)
{
	struct timespec pause = { (time_t)(for_ns / LOOKS / 1000000000u),
				  (long)(for_ns / LOOKS % 1000000000u) };
	double others = 0;
	int count;

	for (int i = 0; i < LOOKS; i++) {
		nanosleep(&pause, NULL);
		count = running();
		if (count < 0) {
			vb_noise_add_unknown(noise, VB_NOISE_RUNNING_TASKS, NULL,
					     "/proc/stat does not tell");
			return;
		}
		others += count > 1 ? count - 1 : 0;	/* who looks runs */
	}
	others /= LOOKS;
	vb_noise_add(noise, VB_NOISE_RUNNING_TASKS, others, 0, "top, and end what need not run",
		     "%.1f others run, on average", others);
}
