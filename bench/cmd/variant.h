/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the actions of "vfio-bench variant" share. */
#ifndef VB_CMD_VARIANT_H
#define VB_CMD_VARIANT_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/cmd/cmd.h"
#include "lib/machine/manifest.h"
#include "lib/machine/variant.h"

#define VB_VARIANT_MAX_ARGS 64

struct variant_args {
	const char *action;
	const char *arg[VB_VARIANT_MAX_ARGS];
	unsigned int nr_args;
	const char *name;		/* --name */
	const char *kernel_dir;		/* --kernel-dir; NULL: found */
	const char *source;		/* --source; NULL: found */
	const char *variant_dir;	/* --variant-dir, or the usual one */
	char params[256];		/* every --param, a blank between two */
	bool all;
	bool json;
	bool acknowledge_others;
};

/* Each returns an enum vb_exit. */
int variant_list(const struct variant_args *args);
int variant_current(const struct variant_args *args);
int variant_build(const struct variant_args *args);
int variant_load(const struct variant_args *args);
int variant_unload(const struct variant_args *args);

/* Say what is wrong with @name's manifest, or that there is no such variant. */
int variant_fail_find(const char *name, int err);
/* Say which of the manifests (or what else) kept vb_variant_list() from its work. */
int variant_fail_list(const struct variant_args *args, int err);
/* The variant's name of a module: "vfio_iommu_type1_per_request" -> "per-request". */
void variant_name_of_module(const char *module, char *name, size_t size);

#endif /* VB_CMD_VARIANT_H */
