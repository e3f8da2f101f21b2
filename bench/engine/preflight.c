// SPDX-License-Identifier: GPL-2.0-or-later
/* Checks before a run: root, IOMMU, module, limits, and what may be lost. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/engine/preflight.h"
#include "lib/machine/bind.h"
#include "lib/machine/pci.h"
#include "lib/machine/sysfs.h"
#include "lib/machine/vfio-cdev.h"
#include "lib/machine/vfio-users.h"
#include "lib/mdev/mdev.h"

#define CAP_IPC_LOCK_BIT	14
#define PROBE_MAPPINGS		4	/* the granularity probe's, beside the windows' */
#define ENTRY_LIMIT		65535	/* type1's dma_entry_limit, unless a parameter says else */

/* Kernels that can't take two unmaps at a time, one way or the other. */
#define CONCURRENCY_HAZARDS	(VB_HAZARD_DEADLOCK | VB_HAZARD_UAF_CONCURRENT_UNMAP)
/* What a question of the workload conformance sets off. */
#define ANSWER_HAZARDS		(VB_HAZARD_UAF_CONCURRENT_UNMAP | VB_HAZARD_LEAK_LATE_PIN | \
				 VB_HAZARD_PINS_LOST)

static int refuse(char *err, size_t size, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static int refuse(char *err, size_t size, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(err, size, format, ap);
	va_end(ap);
	return error;
}

static bool has_iommu_groups(void)
{
	DIR *dir = opendir("/sys/kernel/iommu_groups");
	struct dirent *entry;
	bool found = false;

	while (dir && (entry = readdir(dir)))
		found |= entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return found;
}

bool vb_may_lock_any(void)
{
	char line[256];
	unsigned long long caps = 0;
	FILE *f = fopen("/proc/self/status", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "CapEff: %llx", &caps) == 1)
			break;
	if (f)
		fclose(f);
	return caps >> CAP_IPC_LOCK_BIT & 1;
}

static int check_memlock(const struct vb_preflight *p, char *err, size_t size)
{
	struct rlimit limit;

	if (vb_may_lock_any() || getrlimit(RLIMIT_MEMLOCK, &limit) ||
	    limit.rlim_cur == RLIM_INFINITY || p->plan->mapped_bytes <= limit.rlim_cur)
		return 0;
	return refuse(err, size, -ENOMEM,
		      "RLIMIT_MEMLOCK is %llu KiB and the job maps %llu KiB: raise it ('ulimit -l unlimited')",
		      (unsigned long long)limit.rlim_cur >> 10,
		      (unsigned long long)p->plan->mapped_bytes >> 10);
}

/* The most that one container holds at once. */
static uint64_t most_mappings(const struct vb_plan *plan)
{
	uint64_t most = 0, outside = plan->mappings;

	for (unsigned int i = 0; i < plan->nr_windows; i++)
		outside -= plan->window[i].mappings;
	for (unsigned int c = 0; c < plan->run->global.containers; c++) {
		uint64_t sum = outside;

		for (unsigned int i = 0; i < plan->nr_windows; i++)
			sum += plan->window[i].container == c ? plan->window[i].mappings : 0;
		most = sum > most ? sum : most;
	}
	return most;
}

static int check_entry_limit(const struct vb_preflight *p, char *err, size_t size)
{
	char path[256];
	uint64_t limit, most = most_mappings(p->plan);

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/dma_entry_limit",
		 p->variant->module);
	if (vb_sysfs_read_u64(path, &limit)) {
		if (!strcmp(p->variant->name, "stock"))
			return 0;	/* modprobe.d may say else: the kernel checks */
		limit = ENTRY_LIMIT;
	}
	if (most + PROBE_MAPPINGS <= limit)
		return 0;
	return refuse(err, size, -ENOSPC,
		      "the job has %llu mappings at once, %s allows %llu a container: ask for fewer "
		      "(count=, threads=, scale=), or give the module a larger dma_entry_limit=",
		      (unsigned long long)most, p->variant->module,
		      (unsigned long long)limit);
}

/* Why this run may cost the machine; NULL: it does not. */
static const char *danger(const struct vb_preflight *p)
{
	const struct vb_job_run *run = p->plan->run;
	unsigned int hazards = p->variant && run->global.iommu->type1 ? p->variant->hazards : 0;

	if (run->global.class == VB_CLASS_PATHOLOGICAL)
		return "the job is pathological";
	if (run->global.guard == VB_GUARD_OFF && hazards & CONCURRENCY_HAZARDS)
		return "guard=off on a variant that can't take concurrent unmaps";
	if (vb_plan_promises(p->plan) && hazards & ANSWER_HAZARDS)
		return "the job asks for what the variant is known to do wrong";
	if (vb_job_mode_is_hazardous(run->global.module_mode))
		return "the module's mode is wrong on purpose, in its pins or its time";
	if (run->global.discipline == VB_DISCIPLINE_RACING)
		return "discipline=racing lets pins come after the callback";
	return NULL;
}

int vb_preflight_check(const struct vb_preflight *p, char *err, size_t size)
{
	const char *why = danger(p);
	int ret;

	if (!p->plan->run->global.iommu->has_devices)
		return 0;
	if (why && !p->in_lab && !p->accept_loss)
		return refuse(err, size, -EPERM, "%s: it can hang or crash this kernel; run it in the lab "
			      "('scripts/lab -- ...'), or say --accept-loss", why);
	if (!has_iommu_groups() && p->plan->needs_pci)
		return refuse(err, size, -ENODEV, "no IOMMU groups: the IOMMU is off; see 'vfio-bench doctor'");
	if (p->plan->needs_mdev && geteuid())
		return refuse(err, size, -EPERM, "making an mdev needs root: run with sudo");
	if (p->plan->needs_mdev && !vb_mdev_supported())
		return refuse(err, size, -ENODEV, "no mdev to be made: load the companion module "
			      "(vfio_bench.ko, built below kmod/); see 'vfio-bench doctor'");
	ret = check_memlock(p, err, size);
	if (ret || !p->variant || !p->plan->run->global.iommu->type1)
		return ret;
	return check_entry_limit(p, err, size);
}

/* The device of @group that a host driver has. */
static bool find_peer(int group, char *name, size_t name_size, char driver[VB_DRIVER_NAME_SIZE])
{
	char path[512];
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices", group);
	dir = opendir(path);
	while (dir && !found && (entry = readdir(dir))) {
		snprintf(name, name_size, "%.60s", entry->d_name);
		snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%d/devices/%.200s/driver",
			 group, entry->d_name);
		found = entry->d_name[0] != '.' &&
			!vb_sysfs_read_link_base(path, driver, VB_DRIVER_NAME_SIZE) &&
			!vb_pci_driver_shares_group(driver);
	}
	if (dir)
		closedir(dir);
	return found;
}

static int refuse_group(const struct vb_device *device, char *err, size_t size)
{
	char peer[64], driver[VB_DRIVER_NAME_SIZE];

	if (!find_peer(device->group, peer, sizeof(peer), driver))
		return refuse(err, size, -EPERM, "%s: its IOMMU group %d can't be used: a device of it has "
			      "a host driver: bind the whole group, or move the device",
			      device->address, device->group);
	return refuse(err, size, -EPERM, "%s: %s of its IOMMU group %d has the host driver %s: bind the "
		      "whole group ('vfio-bench bind %s %s'), or move the device", device->address,
		      peer, device->group, driver, device->address, peer);
}

/* An open group is not enough: another device of it may be the one that is bound. */
static int check_driver(const struct vb_device *device, char *err, size_t size)
{
	char driver[VB_DRIVER_NAME_SIZE];
	int ret = vb_pci_driver(device->address, driver);

	if (ret)
		return refuse(err, size, ret, "%s: its driver can't be told: %s", device->address,
			      strerror(-ret));
	/* also mlx5-vfio-pci and its like */
	if (strlen(driver) >= strlen(VB_BIND_DRIVER) &&
	    !strcmp(driver + strlen(driver) - strlen(VB_BIND_DRIVER), VB_BIND_DRIVER))
		return 0;
	return refuse(err, size, -ENOENT, "%s: not bound to vfio-pci but to %s: 'vfio-bench bind %s'",
		      device->address, *driver ? driver : "no driver", device->address);
}

static bool has_file(const struct vb_device *device)
{
	char folder[64], path[128];

	snprintf(folder, sizeof(folder), "/sys/bus/pci/devices/%s", device->address);
	return !vb_vfio_cdev_path(folder, path, sizeof(path));
}

int vb_preflight_device(struct vb_device *device, const char *address, char *err, size_t size)
{
	int ret = vb_device_probe(device, address);

	switch (ret) {
	case 0:
		break;
	case -EINVAL:
		return refuse(err, size, ret, "'%s' is not a full PCI address such as 0000:41:00.0",
			      address);
	case -ENODEV:
		return refuse(err, size, ret, "%s: no such PCI device (see 'lspci -D')", address);
	case -ENXIO:
		return refuse(err, size, ret, "%s: in no IOMMU group: the IOMMU is off; see 'vfio-bench doctor'",
			      address);
	default:
		return refuse(err, size, ret, "%s: %s", address, strerror(-ret));
	}
	ret = check_driver(device, err, size);
	if (ret)
		return ret;
	ret = vb_device_open_group(device);
	vb_device_close(device);
	/* A kernel without groups (CONFIG_VFIO_GROUP): the device has a file of its own. */
	if (ret == -ENOENT && has_file(device))
		ret = 0;
	switch (ret) {
	case 0:
		return 0;
	case -EPERM:
		return refuse_group(device, err, size);
	case -EBUSY:
		return refuse(err, size, ret, "%s: /dev/vfio/%d is open elsewhere: end the program that "
			      "has it ('fuser -v /dev/vfio/%d')", address, device->group,
			      device->group);
	case -EACCES:
		return refuse(err, size, ret, "%s: /dev/vfio/%d: permission denied: run with sudo",
			      address, device->group);
	default:
		return refuse(err, size, ret, "%s: /dev/vfio/%d: %s", address, device->group,
			      strerror(-ret));
	}
}

int vb_preflight_abilities(const struct vb_iommu_ops *ops, const struct vb_device *device,
			   unsigned int *can)
{
	struct vb_device copy = *device;
	struct vb_iommu iommu;
	int ret = vb_iommu_open(&iommu, ops);

	if (ret)
		return ret;
	ret = vb_device_join(&copy, &iommu);
	if (!ret)
		ret = vb_iommu_enable(&iommu);
	/* What its IOMMU can is told of a device that is in. */
	if (!ret && ops->join == VB_JOIN_FD)
		ret = vb_device_attach(&copy);
	if (!ret)
		*can = vb_iommu_can(&iommu);
	vb_device_close(&copy);
	vb_iommu_close(&iommu);
	return ret;
}

int vb_preflight_variant(const struct vb_variant *variant, bool acknowledge_others, char *err,
			 size_t size)
{
	char loaded[2][80], users[256];
	size_t nr = vb_variant_loaded(loaded, 2);
	bool stock = !strcmp(variant->name, "stock");

	if (nr && strcmp(loaded[0], variant->module))
		return refuse(err, size, -EEXIST, "variant '%s': %s is loaded and would serve: "
			      "'vfio-bench variant unload --all' first", variant->name, loaded[0]);
	if (stock || nr)
		return 0;
	if (!variant->path[0])
		return refuse(err, size, -ENOENT, "variant '%s': not built for this kernel: 'vfio-bench "
			      "variant build %s'", variant->name, variant->name);
	if (geteuid())
		return refuse(err, size, -EPERM, "variant '%s': loading it needs root: run with sudo",
			      variant->name);
	if (vb_vfio_in_use(users, sizeof(users)) && !acknowledge_others)
		return refuse(err, size, -EBUSY, "variant '%s': VFIO is in use by %s, and their new "
			      "containers would get the variant: end them first, or say "
			      "--acknowledge-others", variant->name, users);
	if (*variant->params && vb_variant_check_params(variant) == -ENODATA)
		return refuse(err, size, -EINVAL, "variant '%s': parameters %s: its module has not all of "
			      "them: 'modinfo -p %s' names those it has", variant->name,
			      variant->params, variant->path);
	return 0;
}

bool vb_guard_needed(const struct vb_plan *plan, const struct vb_variant *variant,
		     const char **reason)
{
	const struct vb_global *g = &plan->run->global;

	if (g->guard != VB_GUARD_AUTO) {
		*reason = g->guard == VB_GUARD_ON ? "asked for by guard=on" : "dropped by guard=off";
		return g->guard == VB_GUARD_ON;
	}
	if (!variant || !plan->needs_mdev) {
		*reason = "nothing is notified";
		return false;
	}
	if (!g->iommu->type1) {
		*reason = "the mode notifies without a lock of type1's";
		return false;
	}
	if (variant->hazards & VB_HAZARD_DEADLOCK) {
		*reason = "the variant deadlocks: one unmap, open or close at a time";
		return true;
	}
	if (variant->hazards & VB_HAZARD_UAF_CONCURRENT_UNMAP) {
		*reason = "the variant crashes on concurrent unmaps: one at a time";
		return true;
	}
	*reason = "the variant declares no such hazard";
	return false;
}
