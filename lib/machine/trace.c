// SPDX-License-Identifier: GPL-2.0-or-later
/* An instance of tracefs, and counting the faults that an IOMMU reports. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/machine/sysfs.h"
#include "lib/machine/trace-internal.h"

/*
 * Entered once for each report of a fault, before any rate limit, and global, so
 * that no compiler puts them into their caller.  dmar_fault() and
 * viommu_event_handler() are for interrupts, in which several faults may be
 * told: they count faults that don't come faster than they are handled.
 * (drivers/iommu: intel/dmar.c, iommu.c, virtio-iommu.c, arm/arm-smmu-v3)
 */
static const char *const fault_handlers[] = {
	"dmar_fault",			/* VT-d; tried */
	"report_iommu_fault",		/* AMD, ARM SMMU v1 and v2; read */
	"viommu_event_handler",		/* virtio; read */
	"arm_smmu_evtq_thread",		/* ARM SMMU v3; read */
};

_Static_assert(sizeof(fault_handlers) / sizeof(*fault_handlers) <= VB_TRACE_MAX_PROBES,
	       "struct vb_trace holds them all");

int vb_trace_path(char *path, size_t size, const char *format, ...)
{
	static const char *const roots[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	char file[VB_TRACE_PATH_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(file, sizeof(file), format, ap);
	va_end(ap);
	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		char probe[VB_TRACE_PATH_MAX];

		snprintf(probe, sizeof(probe), "%s/instances", roots[i]);
		if (!vb_sysfs_exists(probe))
			continue;
		return snprintf(path, size, "%s/%s", roots[i], file) < (int)size ? 0 : -ENAMETOOLONG;
	}
	return -ENODEV;
}

int vb_trace_command(const char *path, const char *text)
{
	char full[PATH_MAX];
	int ret = vb_sysfs_path(full, sizeof(full), path);
	int fd = ret ? -1 : open(full, O_WRONLY | O_APPEND | O_CLOEXEC);

	if (ret || fd < 0)
		return ret ? ret : -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

char *vb_trace_read(const char *path)
{
	char full[PATH_MAX], *text = NULL;
	FILE *in, *out;
	size_t size, n;
	char buf[4096];

	if (vb_sysfs_path(full, sizeof(full), path))
		return NULL;
	in = fopen(full, "re");
	if (!in)
		return NULL;
	out = open_memstream(&text, &size);
	while (out && (n = fread(buf, 1, sizeof(buf), in)) > 0)
		fwrite(buf, 1, n, out);
	if (ferror(in) || !out || fclose(out)) {
		free(text);
		text = NULL;
	}
	fclose(in);
	return text;
}

/* Of fault_handlers[@i]; one word, as the kernel takes it. */
static void probe_name(char *probe, size_t size, const char *name, size_t i)
{
	snprintf(probe, size, "%s_fault%zu", name, i);
}

/* 0, or -ENOENT: this kernel has no such function. */
static int add_probe(struct vb_trace *trace, size_t i)
{
	char path[VB_TRACE_PATH_MAX], probe[64], text[VB_TRACE_COMMAND_MAX];
	int ret = vb_trace_path(path, sizeof(path), "kprobe_events");

	if (ret)
		return ret;
	probe_name(probe, sizeof(probe), trace->name, i);
	snprintf(text, sizeof(text), "p:%s/%s %s", trace->name, probe, fault_handlers[i]);
	ret = vb_trace_command(path, text);
	if (ret)
		return ret;
	ret = vb_trace_path(path, sizeof(path), "instances/%s/events/%s/%s/enable", trace->name,
			    trace->name, probe);
	if (!ret)
		ret = vb_trace_command(path, "1");
	if (!ret)
		trace->function[trace->nr_functions++] = fault_handlers[i];
	return ret;
}

static int start_faults(struct vb_trace *trace)
{
	for (size_t i = 0; i < sizeof(fault_handlers) / sizeof(*fault_handlers); i++) {
		int ret = add_probe(trace, i);

		/* 5.10 answers -EINVAL where later kernels answer -ENOENT. */
		if (ret && ret != -ENOENT && ret != -EINVAL)
			return ret;
	}
	return trace->nr_functions ? 0 : -ENOENT;
}

static int make_instance(const char *name)
{
	char path[VB_TRACE_PATH_MAX], full[PATH_MAX];
	int ret = vb_trace_path(path, sizeof(path), "instances/%s", name);

	if (!ret)
		ret = vb_sysfs_path(full, sizeof(full), path);
	if (!ret && mkdir(full, 0700))
		ret = -errno;
	return ret == -EACCES || ret == -EPERM ? -ENODEV : ret;
}

static int start(struct vb_trace *trace)
{
	int ret = make_instance(trace->name);

	if (ret)
		return ret;
	return trace->mode == VB_TRACE_FAULTS ? start_faults(trace) : vb_trace_locks_start(trace);
}

void vb_trace_name(char *name, size_t size, pid_t owner)
{
	snprintf(name, size, "vfio_bench_%d", (int)owner);
}

int vb_trace_start(struct vb_trace *trace, enum vb_trace_mode mode, pid_t owner)
{
	int ret;

	*trace = (struct vb_trace){ .mode = mode };
	if (mode == VB_TRACE_NONE)
		return 0;
	vb_trace_name(trace->name, sizeof(trace->name), owner);
	if (vb_sysfs_read("/proc/self/comm", trace->comm, sizeof(trace->comm)) < 0)
		snprintf(trace->comm, sizeof(trace->comm), "vfio-bench");
	ret = start(trace);
	if (ret) {
		vb_trace_remove(trace->name);
		*trace = (struct vb_trace){ 0 };
	}
	return ret;
}

static void remove_probes(const char *name, bool disable)
{
	char path[VB_TRACE_PATH_MAX], probe[64], text[VB_TRACE_COMMAND_MAX];

	for (size_t i = 0; i < sizeof(fault_handlers) / sizeof(*fault_handlers); i++) {
		probe_name(probe, sizeof(probe), name, i);
		if (disable && !vb_trace_path(path, sizeof(path), "instances/%s/events/%s/%s/enable",
					      name, name, probe))
			vb_trace_command(path, "0");
		snprintf(text, sizeof(text), "-:%s/%s", name, probe);
		if (!disable && !vb_trace_path(path, sizeof(path), "kprobe_events"))
			vb_trace_command(path, text);
	}
}

static int remove_instance(const char *name)
{
	char path[VB_TRACE_PATH_MAX], full[PATH_MAX];
	int ret = vb_trace_path(path, sizeof(path), "instances/%s", name);

	if (!ret)
		ret = vb_sysfs_path(full, sizeof(full), path);
	if (ret)
		return ret == -ENODEV ? 0 : ret;
	return rmdir(full) && errno != ENOENT ? -errno : 0;
}

static bool names(const char *control, const char *name)
{
	char path[VB_TRACE_PATH_MAX], *text = NULL;
	size_t length = strlen(name);
	bool found = false;

	if (!vb_trace_path(path, sizeof(path), "%s", control))
		text = vb_trace_read(path);
	/* vfio_bench_12 is not vfio_bench_123. */
	for (const char *at = text; at && (at = strstr(at, name)); at += length)
		found |= at[length] < '0' || at[length] > '9';
	free(text);
	return found;
}

bool vb_trace_exists(const char *name)
{
	char path[VB_TRACE_PATH_MAX];

	if (!vb_trace_path(path, sizeof(path), "instances/%s", name) && vb_sysfs_exists(path))
		return true;
	return names("kprobe_events", name) || names("synthetic_events", name);
}

/* What is enabled, or has a trigger, is busy: in the opposite order of making. */
int vb_trace_remove(const char *name)
{
	int ret, events;

	remove_probes(name, true);
	vb_trace_locks_remove_triggers(name);
	ret = remove_instance(name);
	remove_probes(name, false);
	events = vb_trace_locks_remove_events(name);
	return ret ? ret : events;
}

/* Lines "  NAME   HITS   MISSED". */
static void add_profile(const char *text, const char *probe, struct vb_trace_count *count)
{
	unsigned long long hits, missed;
	char name[64];

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, " %63s %llu %llu", name, &hits, &missed) != 3 || strcmp(name, probe))
			continue;
		count->hits += hits;
		count->missed += missed;
	}
}

/*
 * kprobe_profile counts on each CPU in the probe itself: nothing that can
 * overflow is between the fault and the count.
 */
int vb_trace_faults(const struct vb_trace *trace, struct vb_trace_count *count)
{
	char path[VB_TRACE_PATH_MAX], probe[64], *text;
	int ret = vb_trace_path(path, sizeof(path), "kprobe_profile");

	*count = (struct vb_trace_count){ 0 };
	if (ret)
		return ret;
	text = vb_trace_read(path);
	if (!text)
		return errno ? -errno : -EIO;
	for (size_t i = 0; i < sizeof(fault_handlers) / sizeof(*fault_handlers); i++) {
		probe_name(probe, sizeof(probe), trace->name, i);
		add_profile(text, probe, count);
	}
	free(text);
	return 0;
}
