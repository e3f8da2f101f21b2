/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A variant's manifest.ini (kmod/variants/README.md lists its keys). */
#ifndef VB_MANIFEST_H
#define VB_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/machine/variant.h"

#define VB_NR_HAZARDS		6
#define VB_KERNELS_SIZE		64
/* With the prefix "vfio_iommu_type1_" a module name is at most 55 characters. */
#define VB_VARIANT_NAME_LONGEST	38

struct vb_manifest {
	char name[VB_VARIANT_NAME_MAX];
	char summary[256];
	char kernels[VB_KERNELS_SIZE];		/* series it was tried on: "6.1", "any" */
	enum vb_granularity granularity;
	unsigned int hazards;			/* declared, for whatever kernel */
	/* Where hazard number i (1 << i) exists; "": on every kernel. */
	char hazard_kernels[VB_NR_HAZARDS][VB_KERNELS_SIZE];
};

/* What is wrong, where. */
struct vb_manifest_error {
	unsigned int line;			/* 0: the file as a whole */
	char text[200];
};

/*
 * Read @manifest_dir/@name/manifest.ini.  -ENOENT etc.: can't be opened;
 * -EINVAL: *error says what is wrong with it.
 */
int vb_manifest_read(const char *manifest_dir, const char *name, struct vb_manifest *manifest,
		     struct vb_manifest_error *error);
/* The same from memory; the folder's name isn't looked at. */
int vb_manifest_parse(const char *text, size_t length, struct vb_manifest *manifest,
		      struct vb_manifest_error *error);
/* The hazards on kernel @major.@minor. */
unsigned int vb_manifest_hazards(const struct vb_manifest *manifest, unsigned int major,
				 unsigned int minor);

/* Is @name a variant's name: small letters, digits and single '-' between them? */
bool vb_variant_name_valid(const char *name);
/* The hazard (enum vb_hazard) of that name; 0: none. */
unsigned int vb_hazard_find(const char *name, size_t length);

/*
 * Kernel series, separated by commas: "any", "6.1", "6.0-", "-5.19",
 * "5.14-6.0", ends included.
 */
bool vb_kernels_valid(const char *kernels);
bool vb_kernels_include(const char *kernels, unsigned int major, unsigned int minor);
/* "6.1.0-56-amd64" -> 6 and 1.  -EINVAL: no such start. */
int vb_kernel_series(const char *release, unsigned int *major, unsigned int *minor);

#endif /* VB_MANIFEST_H */
