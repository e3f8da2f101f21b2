// SPDX-License-Identifier: GPL-2.0-or-later
/* The IOMMU and the modules that take part. */
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/machine/facts-internal.h"
#include "lib/machine/sysfs.h"

#define GROUPS_DIR "/sys/kernel/iommu_groups"

/* How a vendor's units are called in /sys/class/iommu. */
static const char *vendor_of(const char *unit)
{
	static const struct { const char *prefix, *vendor; } vendors[] = {
		{ "dmar", "intel" }, { "ivhd", "amd" }, { "smmu", "arm" }, { "virtio", "virtio" },
		{ "riscv", "riscv" },
	};

	for (size_t i = 0; i < sizeof(vendors) / sizeof(*vendors); i++)
		if (!strncmp(unit, vendors[i].prefix, strlen(vendors[i].prefix)))
			return vendors[i].vendor;
	return "other";
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

/*
 * Of host drivers' mappings: DMA-FQ flushes later, DMA at once
 * (Documentation/ABI/testing/sysfs-kernel-iommu_groups).  VFIO's own domains
 * are always strict.
 */
static json_t *mode_of(const json_t *types)
{
	if (json_object_get(types, "DMA-FQ"))
		return json_string("lazy");
	if (json_object_get(types, "DMA"))
		return json_string("strict");
	if (json_object_get(types, "identity"))
		return json_string("passthrough");
	return json_null();
}

json_t *vb_facts_iommu(void)
{
	json_t *iommu = json_object(), *types = json_object();
	int err = !iommu || !types;

	if (!err) {
		err |= vb_fact_put(iommu, "vendor", json_null());
		err |= vb_fact_put(iommu, "units", json_integer(0));
		err |= vb_fact_each("/sys/class/iommu", add_unit, iommu);
		err |= vb_fact_each(GROUPS_DIR, count_type, types);
		err |= vb_fact_put(iommu, "mode", mode_of(types));
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
