/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variants of vfio_iommu_type1: their manifests, loading one beside the stock
 * driver and removing it, and which driver serves a container.
 */
#ifndef VB_VARIANT_H
#define VB_VARIANT_H

#include <stdbool.h>
#include <stddef.h>

#define VB_VARIANT_NAME_MAX 48

enum vb_granularity {
	VB_GRANULARITY_UNKNOWN,
	VB_GRANULARITY_PER_REQUEST,
	VB_GRANULARITY_PER_VFIO_DMA,
	VB_GRANULARITY_PER_AREA,		/* IOMMUFD's: a mapping in which something is pinned */
};

/* Known ways in which a variant can hang or crash the kernel: a bit each. */
enum vb_hazard {
	VB_HAZARD_DEADLOCK = 1 << 0,		/* concurrent unmaps, or unmap and open/close */
	VB_HAZARD_STALE_DMA_READ = 1 << 1,
	VB_HAZARD_CRASH_RACING_PINS = 1 << 2,
	VB_HAZARD_UAF_CONCURRENT_UNMAP = 1 << 3,
	VB_HAZARD_LEAK_LATE_PIN = 1 << 4,
	VB_HAZARD_PINS_LOST = 1 << 5,
};

struct vb_variant {
	char name[VB_VARIANT_NAME_MAX];		/* "per-request"; "stock" */
	char module[80];			/* "vfio_iommu_type1_per_request" */
	char summary[256];
	enum vb_granularity granularity;	/* what the manifest expects */
	unsigned int hazards;			/* on the running kernel */
	char path[4096];			/* the built .ko; "": not built (or stock) */
	/* Module parameters to load it with, "NAME=VALUE NAME=VALUE"; the caller's to set. */
	char params[256];
	bool loaded;
};

/* "deadlock", ...; NULL: no single known bit. */
const char *vb_hazard_name(enum vb_hazard hazard);
const char *vb_granularity_name(enum vb_granularity granularity);

/*
 * Read the manifest of @name ("stock" has a built-in one) from @manifest_dir
 * and look for its module below @built_dir/KERNEL-RELEASE.  A variant without
 * manifest that was built from a user's patch inherits mainline's hazards.
 * -ENOENT: no such variant.
 */
int vb_variant_find(const char *name, const char *manifest_dir, const char *built_dir,
		    struct vb_variant *variant);
/* All that have a manifest or were built; *list is freed with free(). */
int vb_variant_list(const char *manifest_dir, const char *built_dir,
		    struct vb_variant **list, size_t *count);
/*
 * Is @text "NAME=VALUE", as a module takes it?  No blanks or quotes: they would
 * make more than one parameter of it.
 */
bool vb_variant_param_valid(const char *text);
/*
 * Has the module all parameters that @variant->params names?  Loads nothing.
 * -ENODATA: no; else the -errno of reading the module.
 */
int vb_variant_check_params(const struct vb_variant *variant);
/*
 * Load it (stock: the shipped module, which stays).  0: loaded and newest;
 * -EEXIST: it, or another variant, is loaded already; -ENOENT: not built;
 * -ENODATA: @variant->params names a parameter that the module does not have
 * (the kernel would only log that); -EINVAL also for a value that it refuses;
 * -EOPNOTSUPP: parameters for stock, which is not ours to load; else the
 * kernel's -errno.
 */
int vb_variant_load(struct vb_variant *variant);
/* -EBUSY: a container still uses it.  Stock: does nothing. */
int vb_variant_unload(struct vb_variant *variant);
/* Names of variant modules that are loaded now ("" ends the array of @max). */
size_t vb_variant_loaded(char names[][80], size_t max);

/* Reference counts of all vfio_iommu_type1* modules, to see which one rises. */
struct vb_variant_refs {
	size_t count;
	struct { char module[80]; long refs; } entry[32];
};
int vb_variant_refs_read(struct vb_variant_refs *refs);
/*
 * Which module's count rose between the two: its name in @module.  -ENOENT:
 * none did (type1 built in, and no variant serves); -EEXIST:
 * more than one did.
 */
int vb_variant_refs_risen(const struct vb_variant_refs *before,
			  const struct vb_variant_refs *after, char *module, size_t size);

#endif /* VB_VARIANT_H */
