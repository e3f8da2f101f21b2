// SPDX-License-Identifier: GPL-2.0-or-later
/* The IOMMU and the modules that take part. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine/facts-internal.h"
#include "lib/machine/sysfs.h"

#define GROUPS_DIR "/sys/kernel/iommu_groups"

/* Intel VT-d specification, capability and extended capability register: CM, SMTS */
#define VTD_CAP_CACHING_MODE	(UINT64_C(1) << 7)
#define VTD_ECAP_SCALABLE	(UINT64_C(1) << 43)

/* How a vendor's units, or the devices behind them, are called in /sys/class/iommu. */
static const char *vendor_by_name(const char *name)
{
	static const struct { const char *prefix, *vendor; } vendors[] = {
		{ "dmar", "intel" }, { "ivhd", "amd" }, { "smmu", "arm" }, { "virtio", "virtio" },
		{ "riscv", "riscv" },
	};

	for (size_t i = 0; i < sizeof(vendors) / sizeof(*vendors); i++)
		if (!strncmp(name, vendors[i].prefix, strlen(vendors[i].prefix)))
			return vendors[i].vendor;
	return NULL;
}

/* virtio's unit has the name of a PCI device, 0000:00:01.0; the device behind it is virtio0. */
static const char *vendor_of(const char *unit)
{
	const char *vendor = vendor_by_name(unit);
	char path[PATH_MAX], device[64];

	snprintf(path, sizeof(path), "/sys/class/iommu/%s/device", unit);
	if (!vendor && !vb_sysfs_read_link_base(path, device, sizeof(device)))
		vendor = vendor_by_name(device);
	return vendor ? vendor : "other";
}

static int add_unit(json_t *to, const char *dir, const char *name)
{
	int err = vb_fact_put(to, "units",
			      json_integer(json_integer_value(json_object_get(to, "units")) + 1));

	return err | vb_fact_put(to, "vendor", json_string(vendor_of(name)));
}

/* "domain_types": {"DMA-FQ": 12}: how many groups have it. */
static int count_type(json_t *to, const char *dir, const char *name)
{
	char path[PATH_MAX], type[64];

	snprintf(path, sizeof(path), "%s/%s/type", dir, name);
	if (vb_sysfs_read(path, type, sizeof(type)) < 0)
		strcpy(type, "unknown");
	return vb_fact_put(to, type,
			   json_integer(json_integer_value(json_object_get(to, type)) + 1));
}

static int capability(const char *file, uint64_t *bits)
{
	char path[PATH_MAX], text[64], *end;

	snprintf(path, sizeof(path), "/sys/class/iommu/dmar0/intel-iommu/%s", file);
	if (vb_sysfs_read(path, text, sizeof(text)) < 0)
		return -ENOENT;
	/* hexadecimal, without 0x */
	*bits = strtoull(text, &end, 16);
	return end == text ? -EINVAL : 0;
}

/*
 * Of a kernel that has no type of its own for lazy domains (before 5.15, when their default
 * could be configured as well): every vendor had its own word against it, and VT-d's driver
 * went without where a hypervisor has to see each change (caching mode).
 */
static const char *mode_by_vendor(const char *vendor)
{
	uint64_t cap;

	if (!strcmp(vendor, "intel")) {
		if (vb_command_line_has("intel_iommu", "strict") ||
		    (!capability("cap", &cap) && cap & VTD_CAP_CACHING_MODE))
			return "strict";
		return "lazy";
	}
	if (!strcmp(vendor, "amd"))
		return vb_command_line_has("amd_iommu", "fullflush") ? "strict" : "lazy";
	return vb_command_line_has("iommu.strict", "0") ? "lazy" : "strict";
}

/*
 * Of host drivers' mappings: DMA-FQ flushes later, DMA at once
 * (Documentation/ABI/testing/sysfs-kernel-iommu_groups).  VFIO's own domains
 * are always strict.
 */
static json_t *mode_of(const json_t *types, const char *vendor)
{
	if (json_object_get(types, "DMA-FQ"))
		return json_string("lazy");
	if (json_object_get(types, "DMA"))
		return json_string(vb_kernel_config_says("CONFIG_IOMMU_DEFAULT_DMA_") ?
				   "strict" : mode_by_vendor(vendor));
	if (json_object_get(types, "identity"))
		return json_string("passthrough");
	return json_null();
}

/* VT-d's two formats of tables, for all domains alike; null: of another vendor, or not known. */
static json_t *tables_of(const char *vendor)
{
	uint64_t ecap;
	int by_default;

	if (strcmp(vendor, "intel") || capability("ecap", &ecap))
		return json_null();
	if (!(ecap & VTD_ECAP_SCALABLE) || vb_command_line_has("intel_iommu", "sm_off"))
		return json_string("legacy");
	if (vb_command_line_has("intel_iommu", "sm_on"))
		return json_string("scalable");
	by_default = vb_kernel_config_says("CONFIG_INTEL_IOMMU_SCALABLE_MODE_DEFAULT_ON=y");
	if (by_default < 0)
		return json_null();
	return json_string(by_default ? "scalable" : "legacy");
}

json_t *vb_facts_iommu(void)
{
	json_t *iommu = json_object(), *types = json_object();
	const char *vendor;
	int err = !iommu || !types;

	if (!err) {
		err |= vb_fact_put(iommu, "vendor", json_null());
		err |= vb_fact_put(iommu, "units", json_integer(0));
		err |= vb_fact_each("/sys/class/iommu", add_unit, iommu);
		err |= vb_fact_each(GROUPS_DIR, count_type, types);
		vendor = json_string_value(json_object_get(iommu, "vendor"));
		err |= vb_fact_put(iommu, "mode", mode_of(types, vendor ? vendor : ""));
		err |= vb_fact_put(iommu, "tables", tables_of(vendor ? vendor : ""));
		err |= json_object_set(iommu, "domain_types", types);
	}
	json_decref(types);
	if (err) {
		json_decref(iommu);
		return NULL;
	}
	return iommu;
}

static bool takes_part(const char *module)
{
	return !strncmp(module, "vfio", strlen("vfio")) || !strcmp(module, "iommufd") ||
	       !strcmp(module, "mdev");
}

static int add_module(json_t *to, const char *dir, const char *name)
{
	char path[PATH_MAX];
	json_t *module;
	int err;

	if (!takes_part(name))
		return 0;
	module = json_object();
	if (!module)
		return -1;
	snprintf(path, sizeof(path), "%s/%s/initstate", dir, name);
	err = vb_fact_put(module, "builtin", json_boolean(!vb_sysfs_exists(path)));
	snprintf(path, sizeof(path), "%s/%s/srcversion", dir, name);
	err |= vb_fact_put(module, "srcversion", vb_fact_text(path));
	snprintf(path, sizeof(path), "%s/%s/version", dir, name);
	err |= vb_fact_put(module, "version", vb_fact_text(path));
	if (err) {
		json_decref(module);
		return -1;
	}
	return vb_fact_put(to, name, module);
}

/* "modules": {"vfio_bench": {"srcversion": ...}}. */
json_t *vb_facts_modules(void)
{
	json_t *modules = json_object();

	if (modules && vb_fact_each("/sys/module", add_module, modules)) {
		json_decref(modules);
		return NULL;
	}
	return modules;
}
